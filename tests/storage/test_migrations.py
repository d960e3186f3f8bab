"""The revisions lead to storage/schema.py, on both databases, in one piece or not at all."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy.engine import Connection

from storage.database import writer_engine
from storage.migrate import Age, CannotMigrate, State, file_of, state_of, upgrade, upgrade_connection
from storage.schema import metadata


@pytest.fixture
def url(tmp_path: Path) -> str:
    return f"sqlite+aiosqlite:///{tmp_path}/new/hotline.db"


@pytest.fixture
def connection(url: str) -> Iterator[Connection]:
    engine = writer_engine(sa.make_url(url))
    with engine.begin() as connection:
        yield connection
    engine.dispose()


def tables_as_said(connection: Connection) -> dict[str, set[str]]:
    """Each table and index with the parts of its CREATE statement, in whatever order and spacing."""
    said = connection.exec_driver_sql("SELECT name, sql FROM sqlite_master WHERE sql IS NOT NULL").all()
    return {
        name: {re.sub(r"\s+", " ", part).strip(" ,") for part in re.split(r",\s*\n|\n", sql)}
        for name, sql in said
        if name != "alembic_version"
    }


async def test_an_empty_file_becomes_the_schema(url: str) -> None:
    before = await upgrade(url)

    engine = writer_engine(sa.make_url(url))
    with engine.connect() as connection:
        differences = compare_metadata(MigrationContext.configure(connection), metadata)
        assert state_of(connection).age is Age.CURRENT
    engine.dispose()
    assert before == State(Age.EMPTY, None)
    assert differences == []


def test_checks_indexes_and_defaults_are_those_of_the_schema(connection: Connection, tmp_path: Path) -> None:
    upgrade_connection(connection)

    engine = writer_engine(sa.make_url(f"sqlite:///{tmp_path}/made.db"))
    with engine.begin() as made:
        metadata.create_all(made)
        expected = tables_as_said(made)
    engine.dispose()
    migrated = tables_as_said(connection)
    assert migrated.keys() == expected.keys()
    for name in expected:
        assert migrated[name] == expected[name], name


async def test_a_second_start_finds_nothing_to_do(url: str) -> None:
    await upgrade(url)

    assert (await upgrade(url)).age is Age.CURRENT


async def test_a_database_from_a_newer_program_is_left_alone(url: str) -> None:
    await upgrade(url)
    engine = writer_engine(sa.make_url(url))
    with engine.begin() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")

    with pytest.raises(CannotMigrate) as refused:
        await upgrade(url)

    engine.dispose()
    assert refused.value.state == State(Age.NEWER, "9999")


async def test_a_foreign_database_is_left_alone(url: str) -> None:
    engine = writer_engine(sa.make_url(url))
    with engine.begin() as connection:
        connection.exec_driver_sql("CREATE TABLE somebody_elses (id INTEGER)")

    with pytest.raises(CannotMigrate) as refused:
        await upgrade(url)

    with engine.connect() as connection:
        assert sa.inspect(connection).get_table_names() == ["somebody_elses"]
    engine.dispose()
    assert refused.value.state.age is Age.FOREIGN


async def test_a_migration_that_fails_leaves_nothing_behind(
    url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*args: object, **kwargs: object) -> None:
        raise OSError("disk full")

    monkeypatch.setattr("alembic.operations.Operations.create_index", fail, raising=True)
    with pytest.raises(OSError, match="disk full"):
        await upgrade(url)

    engine = writer_engine(sa.make_url(url))
    with engine.connect() as connection:
        assert sa.inspect(connection).get_table_names() == []
    engine.dispose()


def test_every_revision_follows_the_one_before() -> None:
    folder = Path(__file__).parents[2] / "storage" / "migrations" / "versions"
    numbers = sorted(path.name[:4] for path in folder.glob("[0-9]*.py"))

    assert numbers == [f"{n:04d}" for n in range(1, len(numbers) + 1)]


def test_the_file_of_an_address_is_told() -> None:
    assert file_of("sqlite+aiosqlite:///var/hotline.db") == Path("var/hotline.db")
    assert file_of("postgresql+asyncpg://board@db/hotline") is None
