"""The tables of the floors below, as they were at each revision: read by Alembic as data, imported by nobody."""
