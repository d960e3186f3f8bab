"""What every test may ask for: a town (the whole program over a chat of its own, a real SQLite file, a clock moved by hand)."""

import os
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from tests import postgres
from tests.town import Town, new_file, opened_town

settings.register_profile("ci", deadline=None, suppress_health_check=[HealthCheck.too_slow], derandomize=True)
settings.register_profile("here", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("ci" if os.environ.get("CI") else "here")


@pytest.fixture(scope="session", autouse=True)
def postgres_ends_with_the_run() -> Iterator[None]:
    yield
    postgres.stop()


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Tests marked `two_databases` that ask for a database (or a town) run on SQLite and on PostgreSQL."""
    if "database" in metafunc.fixturenames and metafunc.definition.get_closest_marker("two_databases"):
        metafunc.parametrize("database", ["sqlite", "postgresql"], indirect=True)


@pytest.fixture
async def database(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[str]:
    """The address of a fresh database with the program's tables."""
    if getattr(request, "param", "postgresql" if postgres.WANTED else "sqlite") == "sqlite":
        yield new_file(tmp_path / "town.db")
        return
    async with postgres.fresh_database() as address:
        yield address


@pytest.fixture
async def town(tmp_path: Path, database: str) -> AsyncIterator[Town]:
    """Sunday 22/11/2026, 09:00 in Hanoi; gates as seeded; nobody is there yet."""
    async with opened_town(tmp_path, database=database) as opened:
        yield opened
