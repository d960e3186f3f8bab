"""What storage promises is promised by both databases: every test of this folder that asks for one runs on each."""

from collections.abc import AsyncIterator

import pytest

from storage.database import Database
from tests import postgres


@pytest.fixture
async def db(database: str) -> AsyncIterator[Database]:
    """One process's door to the database."""
    async with Database(database) as opened:
        yield opened


@pytest.fixture
async def other(database: str) -> AsyncIterator[Database]:
    """Another process's door to the same database."""
    async with Database(database) as opened:
        yield opened


@pytest.fixture
async def server() -> AsyncIterator[str]:
    """The address of a fresh database on PostgreSQL: for what SQLite has no need of."""
    async with postgres.fresh_database() as address:
        yield address
