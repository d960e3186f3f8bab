"""Three real processes share a PostgreSQL and a bot; under load one after another is killed, and nobody outside can tell."""

import asyncio
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import pytest
import sqlalchemy as sa

from services.verify import verify
from storage import inbox, tickets, web_feed
from storage.database import Connection, Database
from storage.schema import leases as lease_rows
from storage.schema import messages as message_rows
from storage.schema import outbox as outbox_rows
from tests.contract.replicas import Replicas
from tests.doubles.botapi import BotApiDouble
from tests.doubles.botapi_people import Person
from tests.doubles.botapi_weather import FloodLimits
from tests.telegram_line import open_line, until

DRIVERS, KILLS = 60, 4
IN_FLIGHT = 32


@pytest.mark.kill
async def test_three_replicas_killed_in_turn_lose_nothing_and_double_only_what_was_in_flight(
    server: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    async with BotApiDouble(limits=FloodLimits()) as double, Database(server) as db:
        replicas = Replicas(
            {
                "data_dir": tmp_path,
                "database_url": server,
                "telegram_token": double.token,
                "telegram_base_url": double.base_url,
                "log_level": "error",
            }
        )
        await replicas.begin()
        drivers = [double.user(f"Lái xe {number}") for number in range(DRIVERS)]
        crowd = asyncio.create_task(_everybody_writes(drivers))
        taken_over = []
        for part in range(1, KILLS + 1):
            await _are_answered(drivers, part * DRIVERS // (2 * KILLS))
            speaks = await db.read(_speaker)
            victim = next(one for one in replicas.living if (one.pid == speaks) is (part % 2 == 1))
            killed_at = time.monotonic()
            await replicas.kill(victim)
            if victim.pid == speaks:
                taken_over.append(await _polled_after(double, killed_at) - killed_at)
        await crowd
        await _comes_to_rest(db, double)
        assert await replicas.stop() == [0, 0, 0]

        told = await db.read(_words)
        assert Counter(told.values()) == {1: 2 * DRIVERS}, "every message is on a ticket, once"
        assert len(await db.read(tickets.codes)) == DRIVERS
        receipts = [_receipts(driver) for driver in drivers]
        assert min(receipts) == 1
        assert sum(receipts) - DRIVERS <= KILLS * IN_FLIGHT
        assert max(taken_over) < 5
        assert not (await db.read(verify)).findings
        # What left in time may arrive in a heap on a busy machine; a pace for each process would be refused by the dozen.
        assert sum(call.status == 429 for call in double.requests) < 10, "the pace is one for all"
        double.assert_clean()


async def test_a_page_that_one_process_serves_shows_at_once_what_another_writes(
    server: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    async with (
        BotApiDouble() as double,
        open_line(tmp_path / "one", double, database_url=server) as one,
        open_line(tmp_path / "two", double, database_url=server) as two,
    ):
        here, there = one.program, two.program
        session = web_feed.Session("page", "hash", "sender", here.clock.now())
        await here.db.write(lambda c: web_feed.open_session(c, session, here.clock.now()))
        with here.feed.listen("page") as page:
            page.rung.clear()
            body = {"kind": "notice", "text": "Đã nhận"}
            await there.db.write(lambda c: web_feed.append_once(c, "page", "1:0", body, there.clock.now()))
            await asyncio.wait_for(page.rung.wait(), 2)
            rows = await here.db.read(lambda c: web_feed.after(c, "page", 0))
            assert [row.body["text"] for row in rows] == ["Đã nhận"]
            await there.db.write(lambda c: web_feed.end_session(c, "hash"))
            await until(lambda: page.over)


async def _everybody_writes(drivers: Sequence[Person]) -> None:
    for driver in drivers:
        await driver.says(f"Hữu Nghị: kẹt xe, {driver.user['first_name']}")
        await driver.says(f"Thêm của {driver.user['first_name']}")
        await asyncio.sleep(0.1)


async def _are_answered(drivers: Sequence[Person], count: int) -> None:
    await until(lambda: sum(map(_receipts, drivers)) >= count, seconds=40)


def _receipts(driver: Person) -> int:
    return sum("Mã phiếu" in text for text in driver.messages())


async def _polled_after(double: BotApiDouble, instant: float) -> float:
    """When somebody asked for updates next."""
    await until(lambda: double.calls("getUpdates")[-1].at > instant, seconds=10)
    return next(call.at for call in double.calls("getUpdates") if call.at > instant)


async def _comes_to_rest(db: Database, double: BotApiDouble) -> None:
    """Until every update is handled and every notice is out."""
    async with asyncio.timeout(40):
        while double.world.updates or await db.read(_left):  # noqa: ASYNC110 - what happens is in other processes
            await asyncio.sleep(0.1)


def _speaker(db: Connection) -> int:
    """The process that holds the bot's line."""
    holder: str = db.execute(sa.select(lease_rows.c.holder)).scalar_one()
    return int(holder.partition("-")[0])


def _left(db: Connection) -> int:
    waiting = len(inbox.waiting(db))
    unsent = sa.select(sa.func.count()).where(outbox_rows.c.status == "waiting")
    return waiting + int(db.execute(unsent).scalar_one())


def _words(db: Connection) -> dict[str, int]:
    """How often each thing that was said stands on a ticket."""
    rows = db.execute(
        sa.select(message_rows.c.text, sa.func.count())
        .where(message_rows.c.direction == "in")
        .group_by(message_rows.c.text)
    )
    return {row.text: row[1] for row in rows}
