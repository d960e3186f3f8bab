"""The queues, as several processes use them: whatever waits is taken once, in the order of its chat, and never forgotten."""

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import pytest

from core.ids import IdentityId
from core.notices import Notice, NoticeKind
from core.people import Role
from storage import inbox, leases, outbox, people, timers
from storage.database import Connection, Database

pytestmark = pytest.mark.two_databases

NOW = datetime(2026, 11, 22, 2, 0, tzinfo=UTC)
SECOND = timedelta(seconds=1)
LEASE = 10 * SECOND


async def says(db: Database, *updates: str, chat: str = "7") -> None:
    def errand(connection: Connection) -> None:
        for update in updates:
            inbox.store(connection, "town", "bot", update, chat, {"of": update}, NOW)

    await db.write(errand)


async def claims(db: Database, at: datetime = NOW, limit: int = 32) -> list[str]:
    return [row.update_id for row in await db.write(lambda c: inbox.claim(c, at, LEASE, limit))]


async def chat(db: Database, name: str = "7", channel: str = "town") -> IdentityId:
    def errand(connection: Connection) -> IdentityId:
        person = people.add_person(connection, "Lái xe", Role.SENDER, NOW)
        return people.add_identity(connection, person, channel, "bot", name, NOW).id

    return await db.write(errand)


async def is_told(db: Database, to: IdentityId, times: int = 1) -> None:
    await db.write(lambda c: outbox.add(c, [Notice(NoticeKind.HELP, to)] * times, NOW))


async def takes(
    db: Database, at: datetime = NOW, limit: int = 64, but: Sequence[str] = ()
) -> Sequence[outbox.Row]:
    return await db.write(lambda c: outbox.claim(c, at, LEASE, limit, but))


async def test_an_update_is_stored_once_whoever_receives_it(db: Database, other: Database) -> None:
    def store(connection: Connection) -> bool:
        return inbox.store(connection, "town", "bot", "1", "7", {}, NOW)

    stored = await asyncio.gather(*(one.write(store) for one in (db, other) * 4))
    assert sum(stored) == 1


async def test_a_chat_in_hand_is_left_to_whoever_has_it_with_all_that_it_says_meanwhile(
    db: Database, other: Database
) -> None:
    await says(db, "1", "2")
    assert await claims(db) == ["1", "2"]
    await says(db, "3")
    await says(db, "4", chat="8")
    assert await claims(other) == ["4"]


async def test_only_a_part_of_a_chat_is_claimed_and_the_rest_still_left_alone(
    db: Database, other: Database
) -> None:
    await says(db, "1", "2", "3")
    assert await claims(db, limit=2) == ["1", "2"]
    assert await claims(other) == []


async def test_what_a_dead_process_had_in_hand_is_free_when_its_lease_is_over(
    db: Database, other: Database
) -> None:
    await says(db, "1", "2")
    await claims(db)
    assert await claims(other, NOW + LEASE - SECOND) == []
    assert await claims(other, NOW + LEASE) == ["1", "2"]


async def test_what_was_claimed_and_put_down_is_free_at_once(db: Database, other: Database) -> None:
    await says(db, "1", "2")
    rows = await db.write(lambda c: inbox.claim(c, NOW, LEASE, 32))
    await db.write(lambda c: inbox.mark_done(c, rows[0].id, NOW))
    await db.write(lambda c: inbox.release(c, [rows[1].id]))
    assert await claims(other) == ["2"]


async def test_of_all_who_try_one_update_one_has_it(db: Database, other: Database) -> None:
    await says(db, "1")
    (row,) = await db.read(inbox.waiting)
    taken = await asyncio.gather(
        *(one.write(lambda c: inbox.mark_done(c, row.id, NOW)) for one in (db, other) * 4)
    )
    assert sum(taken) == 1


async def test_claims_at_the_same_moment_share_the_chats_and_split_none(
    db: Database, other: Database
) -> None:
    for number in range(20):
        await says(db, f"{number}a", f"{number}b", chat=f"c{number}")
    found = await asyncio.gather(*(claims(one, limit=7) for one in (db, other) * 5))
    hands = [{update[:-1] for update in batch} for batch in found]
    assert sum(map(len, hands)) == len(set().union(*hands)) == 20


async def test_a_notice_is_leased_to_one_and_the_next_of_its_chat_waits(
    db: Database, other: Database
) -> None:
    await is_told(db, await chat(db), times=2)
    found = await asyncio.gather(*(takes(one) for one in (db, other) * 4))
    (row,) = [row for rows in found for row in rows]
    assert await takes(other) == []
    await db.write(lambda c: outbox.sent(c, row, "m1", NOW))
    assert len(await takes(other)) == 1


async def test_a_renewed_lease_keeps_what_is_slow_and_frees_what_was_settled(
    db: Database, other: Database
) -> None:
    slow, quick = await chat(db, "slow"), await chat(db, "quick")
    await is_told(db, slow)
    await is_told(db, quick)
    rows = {row.identity_id: row.id for row in await takes(db)}
    await db.write(lambda c: outbox.retry(c, rows[quick], NOW, "429"))
    later = NOW + 9 * SECOND
    await db.write(lambda c: outbox.renew(c, list(rows.values()), later, LEASE))
    assert [row.id for row in await takes(other, NOW + 11 * SECOND)] == [rows[quick]]
    assert [row.id for row in await takes(other, later + LEASE)] == [rows[slow]]


async def test_whoever_was_frozen_until_its_lease_was_over_undoes_nothing_that_another_has_settled(
    db: Database, other: Database
) -> None:
    await is_told(db, await chat(db))
    (frozen,) = await takes(db)
    (taken,) = await takes(other, NOW + LEASE)
    assert taken.id == frozen.id
    later = NOW + LEASE + SECOND
    assert await other.write(lambda c: outbox.part_sent(c, taken, 1, later))
    assert await other.write(lambda c: outbox.part_sent(c, taken, 2, later))
    # The first one comes back, with what it was about to write down.
    assert not await db.write(lambda c: outbox.part_sent(c, frozen, frozen.part + 1, later))
    (goes_on,) = await takes(other, later)
    assert goes_on.part == 2
    assert await other.write(lambda c: outbox.sent(c, taken, "m-3", later))
    assert not await db.write(lambda c: outbox.sent(c, frozen, "m-0", later))
    assert not await db.write(lambda c: outbox.retry(c, frozen.id, later, "timeout"))
    assert not await db.write(lambda c: outbox.failed(c, frozen.id, "blocked"))
    assert not await takes(db, later + LEASE)


async def test_a_channel_that_somebody_else_serves_is_neither_claimed_nor_waited_for(
    db: Database,
) -> None:
    await is_told(db, await chat(db, channel="telegram"))
    assert await takes(db, but=["telegram"]) == []
    assert await db.read(lambda c: outbox.next_try_at(c, NOW, ["telegram"])) is None
    (row,) = await takes(db)
    assert await db.write(lambda c: outbox.release(c, row.id))
    assert [one.id for one in await takes(db)] == [row.id]


async def test_a_timer_fires_once_whoever_tries(db: Database, other: Database) -> None:
    await db.write(lambda c: timers.add(c, "ticket", 1, 1, {"rung1": NOW}, NOW))
    (timer,) = await db.read(lambda c: timers.due(c, NOW))
    fired = await asyncio.gather(
        *(one.write(lambda c: timers.fired(c, timer.id, NOW)) for one in (db, other) * 4)
    )
    assert sum(fired) == 1


async def test_a_lease_has_one_holder_until_it_is_over_or_given_back(db: Database, other: Database) -> None:
    def wants(holder: str, at: datetime = NOW) -> "asyncio.Future[bool]":
        door = db if holder == "a" else other
        return asyncio.ensure_future(door.write(lambda c: leases.take(c, "telegram", holder, at, LEASE)))

    assert sorted(await asyncio.gather(wants("a"), wants("b"))) == [False, True]
    first = "a" if await wants("a") else "b"
    second = "b" if first == "a" else "a"
    assert await wants(first, NOW + 5 * SECOND)
    assert not await wants(second, NOW + LEASE)
    assert await wants(second, NOW + 15 * SECOND)
    await db.write(lambda c: leases.give_back(c, "telegram", first))
    assert not await wants(first, NOW + 15 * SECOND), "only its holder gives a lease back"
    await db.write(lambda c: leases.give_back(c, "telegram", second))
    assert await wants(first, NOW + 15 * SECOND)
