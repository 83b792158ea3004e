"""Lists of keys in statements: for PostgreSQL one array however many they are.

A parameter for each key makes another text for every number of them, which is written, read and planned anew; psycopg
keeps nothing of statements with more than 50 parameters. SQLite, which knows no arrays, is near enough not to mind.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import ARRAY, Boolean, Integer, bindparam
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement


class Among(FunctionElement[bool]):
    """Whether a column is one of the keys of a parameter."""

    type = Boolean()
    inherit_cache = True

    def self_group(self, against: Any = None) -> Among:
        """Stay as it is: SQLite, which has no truth values, would be told to compare it with 1, without its indexes."""
        return self


def among(column: Any, name: str) -> Among:
    """Tell rows whose column is among the keys that a statement is given by that name."""
    return Among(column, bindparam(name, type_=ARRAY(Integer)))


@compiles(Among, "postgresql")
def _in_array(element: Among, compiler: SQLCompiler, **options: Any) -> str:
    column, keys = element.clauses
    return f"{compiler.process(column, **options)} = ANY ({compiler.process(keys, **options)})"


@compiles(Among, "sqlite")
def _in_list(element: Among, compiler: SQLCompiler, **options: Any) -> str:
    column, keys = element.clauses
    return compiler.process(column.in_(bindparam(keys.key, expanding=True)), **options)
