"""Statements that are built once, when a module is read: to build one takes three times as long as to run it.

Measured on one row by its key (docs/performance.md): built for every call 87 µs, built once 25, sqlite3 itself 5.
"""

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from sqlalchemy.dialects import postgresql, sqlite

T = TypeVar("T")


def of_each(build: Callable[[Any], T]) -> Mapping[str, T]:
    """The statement as the `insert` of each kind of database makes it (ON CONFLICT is their own), by `db.dialect.name`."""
    return {"sqlite": build(sqlite.insert), "postgresql": build(postgresql.insert)}
