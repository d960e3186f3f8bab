"""The grouping writer: errands share a commit, and nothing else."""

import asyncio
import sqlite3
import threading
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from storage import points
from storage.database import GROUP, Connection, Database, Errand, Unavailable, wake, writer_engine
from storage.schema import identities, meta, metadata


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "hotline.db"
    engine = writer_engine(sa.make_url(f"sqlite+aiosqlite:///{path}"))
    metadata.create_all(engine)
    engine.dispose()
    return path


@pytest.fixture
async def db(file: Path) -> AsyncIterator[Database]:
    async with Database(f"sqlite+aiosqlite:///{file}") as opened:
        yield opened


@pytest.fixture
def commits() -> Iterator[list[str]]:
    """The points that the writer passes, as they are passed."""
    passed: list[str] = []
    points.hook = passed.append
    yield passed
    points.hook = points._pass_by


class Gate:
    """An errand that holds the writer until somebody lets it go: what is asked meanwhile becomes one group."""

    def __init__(self) -> None:
        self.reached, self.open = threading.Event(), threading.Event()

    def __call__(self, connection: Connection) -> None:
        self.reached.set()
        assert self.open.wait(10)

    async def holds(self, db: Database) -> "asyncio.Task[None]":
        task = asyncio.create_task(db.write(self))
        assert await asyncio.to_thread(self.reached.wait, 10)
        return task


def puts(key: str, value: str = "") -> Errand[str]:
    def errand(connection: Connection) -> str:
        connection.execute(sa.insert(meta).values(key=key, value=value))
        return key

    return errand


def fails(connection: Connection) -> None:
    puts("half done")(connection)
    raise LookupError("this errand alone")


def points_nowhere(connection: Connection) -> None:
    """Breaks a foreign key that is looked at only when the group is committed: the commit itself fails."""
    connection.exec_driver_sql("PRAGMA defer_foreign_keys=ON")
    connection.execute(
        sa.text(
            "INSERT INTO drafts (identity_id, kind, data, expires_at) VALUES (404, 'reply', '{}', '2026-11-22 00:00:00')"
        )
    )


def seen_from_outside(file: Path) -> list[str]:
    with sqlite3.connect(file) as other:
        return [key for (key,) in other.execute("SELECT key FROM meta ORDER BY rowid")]


async def test_a_failing_errand_takes_back_its_own_writes_and_nobody_elses(db: Database, file: Path) -> None:
    gate = Gate()
    held = await gate.holds(db)
    asked = [asyncio.create_task(db.write(one)) for one in (puts("before"), fails, puts("after"))]
    await asyncio.sleep(0)
    gate.open.set()
    answers = await asyncio.gather(*asked, held, return_exceptions=True)
    assert answers[0] == "before"
    assert isinstance(answers[1], LookupError)
    assert answers[2] == "after"
    assert seen_from_outside(file) == ["before", "after"]


async def test_errands_that_wait_together_share_one_commit_of_at_most_64(
    db: Database, commits: list[str]
) -> None:
    gate = Gate()
    held = await gate.holds(db)
    asked = [asyncio.create_task(db.write(puts(f"k{n}"))) for n in range(GROUP + 10)]
    await asyncio.sleep(0)
    gate.open.set()
    await asyncio.gather(held, *asked)
    assert commits == ["before commit", "after commit"] * 2


async def test_errands_run_in_the_order_they_were_asked_for(db: Database, file: Path) -> None:
    gate = Gate()
    held = await gate.holds(db)
    asked = [asyncio.create_task(db.write(puts(f"{n:03d}"))) for n in range(150)]
    await asyncio.sleep(0)
    gate.open.set()
    await asyncio.gather(held, *asked)
    assert seen_from_outside(file) == [f"{n:03d}" for n in range(150)]


async def test_a_caller_goes_on_only_when_its_commit_is_on_the_disk(db: Database, file: Path) -> None:
    for n in range(5):
        await db.write(puts(f"k{n}"))
        assert f"k{n}" in seen_from_outside(file)


async def test_when_the_commit_fails_nobodys_errand_happened_and_everybody_hears_it(
    db: Database, file: Path
) -> None:
    gate = Gate()
    held = await gate.holds(db)
    asked = [asyncio.create_task(db.write(one)) for one in (puts("innocent"), points_nowhere, puts("also"))]
    await asyncio.sleep(0)
    gate.open.set()
    answers = await asyncio.gather(held, *asked, return_exceptions=True)
    assert [type(answer).__name__ for answer in answers] == ["IntegrityError"] * 4
    assert seen_from_outside(file) == []
    assert await db.write(puts("the next one")) == "the next one"


async def test_a_database_that_somebody_else_locks_is_told_to_the_caller(db: Database, file: Path) -> None:
    def be_impatient(connection: Connection) -> None:
        connection.exec_driver_sql("PRAGMA busy_timeout=50")

    await db.write(be_impatient)
    other = sqlite3.connect(file, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(Unavailable):
        await asyncio.wait_for(db.write(puts("too early")), 5)
    other.execute("ROLLBACK")
    other.close()
    assert await asyncio.wait_for(db.write(puts("in time")), 5) == "in time"


def is_put(file: Path, where: Path) -> None:
    file.replace(where)


def is_there(file: Path) -> bool:
    return file.exists()


def is_another(file: Path) -> None:
    file.write_bytes(b"another file")


async def test_nothing_is_acknowledged_into_a_file_that_was_taken_away_and_it_goes_on_when_it_is_put_back(
    db: Database, file: Path
) -> None:
    await db.write(puts("before"))
    elsewhere = file.with_name("elsewhere.db")
    is_put(file, elsewhere)
    for _ in range(2):
        with pytest.raises(Unavailable, match="taken away"):
            await db.write(puts("meanwhile"))
    assert not is_there(file), "an empty one would be taken for ours"
    is_another(file)
    with pytest.raises(Unavailable, match="taken away"):
        await db.write(puts("into another file"))
    is_put(elsewhere, file)
    await db.write(puts("after"))
    with sqlite3.connect(file) as looker:
        kept = looker.execute("SELECT key FROM meta WHERE key IN ('before', 'meanwhile', 'after')").fetchall()
    assert sorted(key for (key,) in kept) == ["after", "before"]


async def test_readers_cannot_write(db: Database, file: Path) -> None:
    with pytest.raises(Unavailable):
        await db.read(puts("by a reader"))
    assert seen_from_outside(file) == []


async def test_readers_see_what_was_committed_before_they_asked(db: Database) -> None:
    await db.write(puts("seen", "yes"))
    assert await db.read(lambda connection: connection.execute(sa.select(meta.c.value)).scalars().all()) == [
        "yes"
    ]


async def test_foreign_keys_are_kept(db: Database) -> None:
    def points_at_nobody(connection: Connection) -> None:
        connection.execute(sa.update(identities).values(person_id=404))
        connection.execute(
            sa.text(
                "INSERT INTO drafts (identity_id, kind, data, expires_at) VALUES (404, 'reply', '{}', '2026-11-22 00:00:00')"
            )
        )

    with pytest.raises(sa.exc.IntegrityError):
        await db.write(points_at_nobody)


async def test_sleepers_are_woken_after_the_commit_and_only_then(file: Path) -> None:
    woken: list[tuple[set[str], list[str]]] = []
    async with Database(
        f"sqlite+aiosqlite:///{file}", lambda names: woken.append((names, seen_from_outside(file)))
    ) as db:

        def errand(connection: Connection) -> None:
            puts("written")(connection)
            wake(connection, "outbox", "timers")

        await db.write(errand)
    assert ({"outbox", "timers"}, ["written"]) in woken


async def test_a_failed_commit_wakes_nobody(file: Path) -> None:
    woken: list[set[str]] = []
    async with Database(f"sqlite+aiosqlite:///{file}", woken.append) as db:

        def errand(connection: Connection) -> None:
            wake(connection, "outbox")
            points_nowhere(connection)

        with pytest.raises(sa.exc.IntegrityError):
            await db.write(errand)
        await db.write(puts("k"))
    assert not any(woken)


async def test_a_caller_that_gave_up_before_its_turn_leaves_nothing_and_holds_up_nobody(
    db: Database, file: Path
) -> None:
    gate = Gate()
    held = await gate.holds(db)
    first = asyncio.create_task(db.write(puts("first")))
    impatient = asyncio.create_task(db.write(puts("given up")))
    last = asyncio.create_task(db.write(puts("last")))
    await asyncio.sleep(0)
    impatient.cancel()
    await asyncio.sleep(0)
    gate.open.set()
    answers = await asyncio.wait_for(asyncio.gather(held, first, last), 5)
    assert answers == [None, "first", "last"]
    assert impatient.cancelled()
    assert seen_from_outside(file) == ["first", "last"]


async def test_a_caller_that_gives_up_while_its_errand_runs_does_not_undo_it(
    db: Database, file: Path
) -> None:
    gate = Gate()
    running = await gate.holds(db)
    behind = asyncio.create_task(db.write(puts("behind")))
    await asyncio.sleep(0)
    running.cancel()
    await asyncio.sleep(0)
    gate.open.set()
    assert await asyncio.wait_for(behind, 5) == "behind"
    assert seen_from_outside(file) == ["behind"]


async def test_what_was_asked_before_the_end_is_still_written(file: Path) -> None:
    async with Database(f"sqlite+aiosqlite:///{file}") as db:
        asked = [asyncio.create_task(db.write(puts(f"k{n}"))) for n in range(100)]
        await asyncio.sleep(0)
    assert len(await asyncio.gather(*asked)) == 100
    assert len(seen_from_outside(file)) == 100


async def test_after_the_end_a_write_is_refused_not_kept_waiting(file: Path) -> None:
    async with Database(f"sqlite+aiosqlite:///{file}") as db:
        await db.write(puts("k"))
    with pytest.raises(RuntimeError, match="closed"):
        await asyncio.wait_for(db.write(puts("too late")), 5)


async def test_a_writer_that_cannot_open_its_file_says_so_to_every_caller(tmp_path: Path) -> None:
    (tmp_path / "a folder").mkdir()
    async with Database(f"sqlite+aiosqlite:///{tmp_path / 'a folder'}") as db:
        for _ in range(2):
            with pytest.raises(Unavailable):
                await asyncio.wait_for(db.write(puts("k")), 5)


async def test_a_folder_that_cannot_be_looked_into_is_trouble_too_and_ends_nothing(tmp_path: Path) -> None:
    """A mount that is gone, a file in the folder's place: "not found" is not all that can be answered."""
    folder, elsewhere = tmp_path / "data", tmp_path / "elsewhere"
    async with Database(f"sqlite+aiosqlite:///{folder / 'hotline.db'}") as db:
        await db.write(
            lambda connection: connection.exec_driver_sql("CREATE TABLE meta (key TEXT, value TEXT)")
        )
        is_put(folder, elsewhere)
        is_another(folder)
        for _ in range(3):
            with pytest.raises(Unavailable):
                await asyncio.wait_for(db.write(puts("meanwhile")), 10)
        folder.unlink()
        is_put(elsewhere, folder)
        await asyncio.wait_for(db.write(puts("after")), 10)


async def test_who_is_woken_soon_asks_right_behind_the_errand_and_shares_its_commit(
    file: Path, commits: list[str]
) -> None:
    asked: list[asyncio.Task[list[str]]] = []

    def ask(names: set[str]) -> None:
        if "outbox" in names:
            asked.append(asyncio.create_task(db.write(keys)))

    async with Database(f"sqlite+aiosqlite:///{file}", ask) as db:
        gate = Gate()
        holding = await gate.holds(db)
        telling = asyncio.create_task(db.write(puts("told"), soon=("outbox",)))
        await asyncio.sleep(0)  # it is queued, and whoever listens has heard
        await asyncio.sleep(0)
        gate.open.set()
        await asyncio.gather(holding, telling)
        assert await asked[0] == ["told"]
    assert commits.count("after commit") == 1


def keys(connection: Connection) -> list[str]:
    return list(connection.execute(sa.select(meta.c.key)).scalars())
