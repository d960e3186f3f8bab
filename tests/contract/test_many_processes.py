"""Several processes on one PostgreSQL: they hear of each other, make no two things alike, and one speaks for a bot."""

import asyncio
import threading
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import asyncpg
import pytest
import sqlalchemy as sa

from services import line as lines
from services import outbox
from services.line import Line
from services.outbox import Post
from services.sender import Delivery, Verdict
from storage import ids
from storage.data_files import fact, remember
from storage.database import Connection, Database, Unavailable, wake
from storage.hearing import QUEUES
from storage.migrate import Age, upgrade
from tests import postgres
from tests.telegram_line import until
from tests.town import Channel, opened_town

NOW = datetime(2026, 11, 22, 2, 0, tzinfo=UTC)


@asynccontextmanager
async def ears(server: str) -> AsyncIterator[tuple[Database, list[str]]]:
    """Another process that notes what it hears."""
    heard: list[str] = []
    async with Database(server, heard.extend) as db:
        heard.clear()  # everybody is woken when the line stands
        yield db, heard


def cries(*names: str) -> Callable[[Connection], None]:
    return lambda connection: wake(connection, *names)


async def cut_off(server: str) -> None:
    """Ends every connection to the database, as a restart of the server does."""
    address = sa.make_url(server)
    connection = await asyncpg.connect(
        user="postgres", host=str(address.query["host"]), database=address.database
    )
    ended = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND datname = $1"
    await connection.execute(ended, address.database)
    await connection.close()


async def test_a_commit_is_heard_by_every_other_process_and_an_errand_that_failed_by_nobody(
    server: str,
) -> None:
    def fails(connection: Connection) -> None:
        wake(connection, "timers")
        raise LookupError

    async with Database(server) as db, ears(server) as (_, first), ears(server) as (_, second):
        with pytest.raises(LookupError):
            await db.write(fails)
        await db.write(cries("outbox", "feed page-1"))
        await until(lambda: len(first) == len(second) == 2)
    assert set(first) == set(second) == {"outbox", "feed page-1"}


async def test_nobody_is_woken_twice_by_itself(server: str) -> None:
    async with ears(server) as (db, heard), ears(server) as (_, other):
        await db.write(cries("inbox"))
        await until(lambda: other == ["inbox"])
        await db.write(cries("outbox"))
        await until(lambda: other == ["inbox", "outbox"])
    assert heard == ["inbox", "outbox"]


async def test_after_a_broken_line_everybody_looks_and_hears_again(
    server: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("storage.hearing._LOOK_SECONDS", 0.05)
    monkeypatch.setattr("storage.hearing._AGAIN_SECONDS", 0.05)
    async with Database(server) as db, ears(server) as (_, heard):
        await cut_off(server)
        await until(lambda: set(heard) >= QUEUES)
        heard.clear()
        await _until_it_writes(db, cries("outbox"))
        await until(lambda: "outbox" in heard)


async def test_a_server_that_is_away_is_no_fault_of_the_errand(server: str) -> None:
    async with Database(server) as db:
        await db.write(lambda c: remember(c, "k", "before"))
        await cut_off(server)
        with pytest.raises(Unavailable):
            await db.write(lambda c: remember(c, "k", "while"))
        await _until_it_writes(db, lambda c: remember(c, "k", "after"))
        assert await db.read(lambda c: fact(c, "k")) == "after"


async def test_errands_that_wait_for_each_other_are_both_done(server: str) -> None:
    async with Database(server) as one, Database(server) as two:
        for key in ("a", "b"):
            await one.write(lambda c, key=key: remember(c, key, "0"))  # type: ignore[misc]
        met = threading.Barrier(2)

        def touches(first: str, second: str) -> Callable[[Connection], None]:
            tries: list[int] = []

            def errand(connection: Connection) -> None:
                remember(connection, first, "1")
                tries.append(1)
                if len(tries) == 1:
                    meeting = asyncio.get_running_loop().run_in_executor(None, met.wait, 5)
                    sa.util.await_only(meeting)
                remember(connection, second, "1")

            return errand

        await asyncio.gather(one.write(touches("a", "b")), two.write(touches("b", "a")))
        assert await one.read(lambda c: (fact(c, "a"), fact(c, "b"))) == ("1", "1")


async def test_processes_that_start_together_migrate_once() -> None:
    async with postgres.fresh_database(migrated=False) as server:
        found = await asyncio.gather(*(upgrade(server) for _ in range(3)))
    assert sorted(state.age for state in found) == [Age.CURRENT, Age.CURRENT, Age.EMPTY]


async def test_no_two_processes_end_their_ids_alike(server: str, monkeypatch: pytest.MonkeyPatch) -> None:
    numbers: list[int] = []
    monkeypatch.setattr(ids, "be_process", numbers.append)
    monkeypatch.setattr(ids, "PROCESSES", 3)
    async with AsyncExitStack() as stack:
        for _ in range(3):
            await stack.enter_async_context(Database(server))
        assert sorted(numbers) == [0, 1, 2]
    async with Database(server):
        assert len(numbers) == 4, "a number is free again when its process is gone"


async def test_a_bots_line_is_held_by_one_and_taken_over_within_five_seconds(server: str) -> None:
    async with Database(server) as one, Database(server) as two:
        ticks = [100.0]
        first, second = Line(one, "telegram", lambda: ticks[0]), Line(two, "telegram", lambda: ticks[0])
        assert await first.try_once()
        assert not await second.try_once()
        assert (first.is_held, second.is_held) == (True, False)
        # The first is frozen: it renews nothing, and knows by itself that it may not speak any more.
        ticks[0] += lines.LENGTH_SECONDS - lines.MARGIN_SECONDS
        assert not first.is_held
        taken = asyncio.create_task(second.keep())
        await asyncio.wait_for(second.taken.wait(), 5)
        taken.cancel()
        assert not await first.try_once()
    assert lines.LENGTH_SECONDS + lines.RENEW_SECONDS < 5


async def test_a_line_that_is_given_back_is_free_at_once(server: str) -> None:
    async with Database(server) as one, Database(server) as two:
        first, second = Line(one, "telegram"), Line(two, "telegram")
        await first.try_once()
        await first.give_back()
        assert not first.is_held
        assert await second.try_once()


async def test_what_a_line_is_for_runs_as_long_as_it_is_held_and_again(server: str) -> None:
    runs: list[str] = []

    async def work() -> None:
        runs.append("began")
        try:
            await asyncio.Event().wait()
        finally:
            runs.append("ended")

    async with Database(server) as db:
        line = Line(db, "telegram")
        serving = asyncio.create_task(line.while_held(work))
        for _ in range(2):
            await line.try_once()
            await until(lambda: runs[-1:] == ["began"])
            await line.give_back()
            await until(lambda: runs[-1:] == ["ended"])
        serving.cancel()
    assert runs == ["began", "ended"] * 2


async def test_only_whoever_holds_a_bots_line_sends_for_it(server: str, tmp_path: Path) -> None:
    async with opened_town(tmp_path, database=server) as town, Database(server) as other:
        ours, theirs = Line(town.db, "town"), Line(other, "town")
        town.post = Post(
            town.db, town.cfg, {"town": town.channel}, outbox.Clock(town.clock.now), {"town": ours}
        )
        assert await theirs.try_once()
        assert not await ours.try_once()
        driver = town.citizen("Lái xe")
        await driver.says("Hữu Nghị: kẹt xe")
        assert not driver.reads()
        await theirs.give_back()
        assert await ours.try_once()
        await town.settles()
        assert driver.sees("Mã phiếu")


async def test_what_is_sent_for_longer_than_a_lease_is_not_sent_by_another_one(
    server: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outbox, "LEASE", timedelta(seconds=1))
    monkeypatch.setattr(outbox, "RENEW_SECONDS", 0.1)
    async with opened_town(tmp_path, database=server) as town, Database(server) as other:
        slow = Slow(town.channel)
        stop, began = asyncio.Event(), datetime.now(UTC)
        clock = outbox.Clock(lambda: town.clock.at + (datetime.now(UTC) - began))
        first = Post(town.db, town.cfg, {"town": slow}, clock)
        second = Post(other, town.cfg, {"town": slow}, clock)
        driver = town.citizen("Lái xe")
        await town.stores(driver._message("Hữu Nghị: kẹt xe"))
        await town.worker.handle_waiting()
        both = [asyncio.create_task(post.run(stop)) for post in (first, second)]
        await until(lambda: slow.sends == 1)
        await asyncio.sleep(2)
        slow.may_end.set()
        await until(lambda: len(driver.reads()) > 0)
        stop.set()
        await asyncio.gather(*both)
        assert len(driver.reads()) == len(set(driver.reads())) == slow.sends


class Slow:
    """A platform that takes a message and does not answer for a long while."""

    def __init__(self, channel: Channel) -> None:
        self.facts, self.channel = channel.facts, channel
        self.sends, self.may_end = 0, asyncio.Event()

    async def send(self, delivery: Delivery) -> Verdict:
        self.sends += 1
        await self.may_end.wait()
        return await self.channel.send(delivery)


async def _until_it_writes(db: Database, errand: Callable[[Connection], None]) -> None:
    async with asyncio.timeout(5):
        while True:
            try:
                await db.write(errand)
                return
            except Unavailable:
                await asyncio.sleep(0.01)
