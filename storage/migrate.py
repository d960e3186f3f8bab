"""Brings a database to the schema of this program: Alembic's revisions in storage/migrations, run without any ini file."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy.engine import Connection
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

from storage.database import writer_engine

# Two replicas that start together: the second waits for the first, and then finds nothing to do.
_LOCK = 0x486F746C696E65


class Age(StrEnum):
    """How a database stands to the program. FOREIGN: it holds tables that the program did not make."""

    EMPTY = "empty"
    BEHIND = "behind"
    CURRENT = "current"
    NEWER = "newer"
    FOREIGN = "foreign"


@dataclass(frozen=True, slots=True)
class State:
    """`revision` is the database's own, None before the first migration."""

    age: Age
    revision: str | None


class CannotMigrate(Exception):
    """The database is NEWER than the program, or FOREIGN to it: it is left as it is."""

    def __init__(self, state: State) -> None:
        super().__init__(f"{state.age} {state.revision}")
        self.state = state


class NotReached(Exception):
    """No database server answers at `where` (a host, or the folder of its socket)."""

    def __init__(self, address: sa.URL) -> None:
        self.where = str(address.host or address.query.get("host", "localhost"))
        super().__init__(self.where)


@contextmanager
def reached(address: sa.URL) -> Iterator[None]:
    """What the network refuses inside is NotReached: a bare "connection refused" would not say by whom."""
    try:
        yield
    except OSError as error:  # TimeoutError is one
        raise NotReached(address) from error


async def upgrade(url: str) -> State:
    """Runs what is missing, all of it in one transaction or nothing; answers what it found before. Raises CannotMigrate,
    NotReached."""
    address = sa.make_url(url)
    if address.get_backend_name() == "sqlite":
        return await asyncio.to_thread(_upgrade_sqlite, address)
    engine = create_async_engine(address, poolclass=NullPool)
    try:
        with reached(address):
            async with engine.begin() as connection:
                await connection.execute(sa.select(sa.func.pg_advisory_xact_lock(_LOCK)))
                return await connection.run_sync(upgrade_connection)
    finally:
        await engine.dispose()


def upgrade_connection(connection: Connection) -> State:
    """As `upgrade`, in the caller's transaction."""
    before = state_of(connection)
    if before.age in {Age.NEWER, Age.FOREIGN}:
        raise CannotMigrate(before)
    if before.age is not Age.CURRENT:
        config = _config()
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
    return before


def state_of(connection: Connection) -> State:
    """How this database stands; reads only."""
    tables = set(sa.inspect(connection).get_table_names())
    revision = MigrationContext.configure(connection).get_current_revision()
    if revision is None:
        return State(Age.FOREIGN if tables - {"alembic_version"} else Age.EMPTY, None)
    script = ScriptDirectory.from_config(_config())
    known = {one.revision for one in script.walk_revisions()}
    if revision not in known:
        return State(Age.NEWER, revision)
    return State(Age.CURRENT if revision == script.get_current_head() else Age.BEHIND, revision)


def file_of(url: str) -> Path | None:
    """The file of an SQLite database; None for PostgreSQL."""
    address = sa.make_url(url)
    return Path(address.database or "") if address.get_backend_name() == "sqlite" else None


def _upgrade_sqlite(url: sa.URL) -> State:
    engine = writer_engine(url)
    try:
        with engine.begin() as connection:
            return upgrade_connection(connection)
    finally:
        engine.dispose()


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations").replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    return config
