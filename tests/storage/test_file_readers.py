"""The readers of an SQLite file: what waits together is asked in one snapshot, and everybody is answered for themselves."""

import asyncio
import threading
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from storage.database import Connection, Database, writer_engine
from storage.file_readers import THREADS
from storage.schema import meta, metadata


@pytest.fixture
async def db(tmp_path: Path) -> AsyncIterator[Database]:
    url = f"sqlite+aiosqlite:///{tmp_path / 'hotline.db'}"
    engine = writer_engine(sa.make_url(url))
    metadata.create_all(engine)
    engine.dispose()
    async with Database(url) as opened:
        yield opened


def keys(connection: Connection) -> list[str]:
    return list(connection.execute(sa.select(meta.c.key)).scalars())


def fails(connection: Connection) -> None:
    connection.execute(sa.select(meta))
    raise LookupError("this question alone")


def puts(key: str) -> sa.Insert:
    return sa.insert(meta).values(key=key, value="")


async def test_a_question_that_fails_is_nobody_elses_trouble(db: Database) -> None:
    await db.write(lambda connection: connection.execute(puts("k")))
    answers = await asyncio.gather(
        db.read(keys), db.read(fails), db.read(keys), db.read(fails), return_exceptions=True
    )
    assert answers[0] == answers[2] == ["k"]
    assert [type(answer) for answer in answers[1::2]] == [LookupError, LookupError]
    assert await db.read(keys) == ["k"]


async def test_what_was_written_before_the_question_is_seen_whoever_else_is_being_answered(
    db: Database,
) -> None:
    reached, may_end = threading.Event(), threading.Event()

    def slow(connection: Connection) -> list[str]:
        seen = keys(connection)
        reached.set()
        assert may_end.wait(10)
        return seen

    waiting = asyncio.create_task(db.read(slow))
    assert await asyncio.to_thread(reached.wait, 10)
    await db.write(lambda connection: connection.execute(puts("new")))
    assert await db.read(keys) == ["new"]
    may_end.set()
    assert await waiting == []


async def test_a_caller_that_gave_up_is_not_asked_for(db: Database) -> None:
    may_go, asked = threading.Event(), []

    def holds(connection: Connection) -> None:
        assert may_go.wait(10)

    held = [asyncio.create_task(db.read(holds)) for _ in range(THREADS)]
    await asyncio.sleep(0)
    given_up = asyncio.create_task(db.read(asked.append))
    await asyncio.sleep(0)
    given_up.cancel()
    await asyncio.sleep(0)
    may_go.set()
    await asyncio.gather(*held)
    assert await db.read(keys) == []
    assert asked == []


async def test_what_was_asked_before_the_end_is_answered_and_nothing_after_it(db: Database) -> None:
    asked = [asyncio.create_task(db.read(keys)) for _ in range(50)]
    await asyncio.sleep(0)
    await db.__aexit__()
    assert await asyncio.gather(*asked) == [[]] * 50
    with pytest.raises(RuntimeError, match="closed"):
        await db.read(keys)
