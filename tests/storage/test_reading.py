"""Looking from outside: one snapshot, and nothing is written."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy.engine import Connection

from core.people import Role
from storage import people
from storage.database import writer_engine
from storage.migrate import Age, upgrade
from storage.reading import NotReady, look, state

NOW = datetime(2026, 11, 22, 2, 0, tzinfo=UTC)


def add(connection: Connection, name: str) -> None:
    people.add_person(connection, name, Role.DUTY, NOW)


def names(connection: Connection) -> list[str]:
    return [person.name for person in people.staff(connection)]


def content_of(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


async def test_looking_changes_neither_the_file_nor_the_folder(tmp_path: Path) -> None:
    url = f"sqlite+aiosqlite:///{tmp_path}/h.db"
    await upgrade(url)
    before = content_of(tmp_path)

    found = await look(url, names)

    assert found == []
    assert content_of(tmp_path) == before


async def test_what_a_running_program_has_just_committed_is_seen(tmp_path: Path) -> None:
    url = f"sqlite+aiosqlite:///{tmp_path}/h.db"
    await upgrade(url)
    engine = writer_engine(sa.make_url(url))
    with engine.connect() as busy:
        with busy.begin():
            add(busy, "Trần B")
        found = await look(url, names)
    engine.dispose()

    assert found == ["Trần B"]


async def test_one_look_is_one_instant(tmp_path: Path) -> None:
    url = f"sqlite+aiosqlite:///{tmp_path}/h.db"
    await upgrade(url)
    engine = writer_engine(sa.make_url(url))

    def look_twice(connection: Connection) -> tuple[list[str], list[str]]:
        first = names(connection)
        with engine.begin() as other:
            add(other, "Người mới")
        return first, names(connection)

    with engine.connect() as busy:
        with busy.begin():
            add(busy, "Trần B")
        found = await look(url, look_twice)
    engine.dispose()

    assert found == (["Trần B"], ["Trần B"])


async def test_a_look_cannot_write(tmp_path: Path) -> None:
    url = f"sqlite+aiosqlite:///{tmp_path}/h.db"
    await upgrade(url)

    with pytest.raises(sa.exc.OperationalError, match="readonly"):
        await look(url, lambda connection: add(connection, "X"))


async def test_where_there_is_nothing_nothing_is_made(tmp_path: Path) -> None:
    url = f"sqlite+aiosqlite:///{tmp_path}/deep/h.db"

    with pytest.raises(NotReady) as refused:
        await look(url, names)

    assert refused.value.state.age is Age.EMPTY
    assert (await state(url)).age is Age.EMPTY
    assert content_of(tmp_path) == {}
