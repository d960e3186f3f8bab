"""Looking at a database from outside the running program: one snapshot, and not a byte is written."""

import asyncio
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar
from urllib.parse import quote

import sqlalchemy as sa
from sqlalchemy.engine import Connection
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

from storage.migrate import Age, State, reached, state_of

T = TypeVar("T")
# What the drivers raise when a database does not answer, is locked or cannot be written.
DATABASE_TROUBLE = (sa.exc.DBAPIError, sqlite3.Error)


class NotReady(Exception):
    """There is no database of this program's schema here; `state` tells what there is."""

    def __init__(self, state: State) -> None:
        super().__init__(state.age)
        self.state = state


async def look(url: str, query: Callable[[Connection], T]) -> T:
    """What `query` finds. Raises NotReady when the database is not there or has another schema, NotReached when no server is."""
    return await _look(url, lambda connection: query(_ready(connection)))


async def state(url: str) -> State:
    """How the database stands; EMPTY when there is none."""
    try:
        return await _look(url, state_of)
    except NotReady as missing:
        return missing.state


async def _look(url: str, query: Callable[[Connection], T]) -> T:
    address = sa.make_url(url)
    if address.get_backend_name() == "sqlite":
        return await asyncio.to_thread(_look_at_file, Path(address.database or ""), query)
    engine = create_async_engine(address, poolclass=NullPool)
    try:
        with reached(address):
            async with engine.connect() as connection:
                # Not READ ONLY: errands' own queries lock the row that they load.
                steady = await connection.execution_options(isolation_level="REPEATABLE READ")
                return await steady.run_sync(query)
    finally:
        await engine.dispose()


def _look_at_file(path: Path, query: Callable[[Connection], T]) -> T:
    if not path.exists() or path.stat().st_size == 0:
        raise NotReady(State(Age.EMPTY, None))
    engine = sa.create_engine("sqlite://", creator=lambda: open_read_only(path), poolclass=NullPool)
    # Without a BEGIN every SELECT would see a later state than the one before it.
    sa.event.listen(engine, "begin", lambda connection: connection.exec_driver_sql("BEGIN"))
    try:
        with engine.connect() as connection:
            return query(connection)
    finally:
        engine.dispose()


def open_read_only(path: Path) -> sqlite3.Connection:
    """A raw connection that changes neither the file nor the folder beside it."""
    log = path.with_name(f"{path.name}-wal")
    # Where no process has the database open, SQLite would make -wal and -shm files only to read.
    quiet = "&immutable=1" if not log.exists() or log.stat().st_size == 0 else ""
    address = f"file:{quote(str(path.absolute()))}?mode=ro{quiet}"
    raw = sqlite3.connect(address, uri=True, timeout=15, isolation_level=None, check_same_thread=False)
    raw.execute("PRAGMA query_only=ON").close()
    return raw


def _ready(connection: Connection) -> Connection:
    found = state_of(connection)
    if found.age is not Age.CURRENT:
        raise NotReady(found)
    return connection
