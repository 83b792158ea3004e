"""Recruiters behind one contract: each file ends in `RECRUITER = Recruiter(...)`."""
