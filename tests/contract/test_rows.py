"""Tickets, people and pages, as errands that meet leave them: nothing lost, nothing twice, and who only looks disturbs nobody."""

import asyncio
import threading
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
import sqlalchemy as sa
from sqlalchemy.util import await_only
from sqlalchemy.util.concurrency import in_greenlet

from core.events import Event, EventKind
from core.ids import PersonId, TicketId
from core.people import Role
from core.ticket import Status, Ticket, TicketClass
from services import directory
from services.directory import Chat
from storage import handing, linking, people, plans, tickets, web_feed
from storage.data_files import fact, remember
from storage.database import Conflict, Connection, Database, Unavailable
from storage.ids import new_id
from storage.schema import tickets as table
from storage.web_feed import Session

pytestmark = pytest.mark.two_databases

NOW = datetime(2026, 11, 22, 2, 0, tzinfo=UTC)


async def a_ticket(db: Database) -> Ticket:
    def errand(connection: Connection) -> Ticket:
        sender = people.add_person(connection, "Lái xe", Role.SENDER, NOW)
        number = tickets.next_number(connection, "ticket-261122")
        made = Ticket(
            id=TicketId(new_id(NOW)),
            code=f"DDLS-261122-{number:04d}",
            key="ABCD",
            status=Status.NEW,
            ticket_class=TicketClass.NORMAL,
            sender_id=sender,
            received_at=NOW,
            opened_at=NOW,
            promise_kind="same-day",
            due_at=NOW + timedelta(hours=10),
        )
        tickets.add(connection, made, [Event(EventKind.OPENED, NOW, sender)])
        return made

    return await db.write(errand)


async def test_codes_are_gapless_however_many_are_wanted_at_once(db: Database, other: Database) -> None:
    made = await asyncio.gather(*(a_ticket(one) for one in (db, other) * 10))
    assert sorted(ticket.code[-4:] for ticket in made) == [f"{n:04d}" for n in range(1, 21)]


async def test_of_ten_who_add_to_a_loaded_ticket_everyone_is_in_its_history(
    db: Database, other: Database
) -> None:
    ticket = await a_ticket(db)

    def note(connection: Connection) -> None:
        found = tickets.load(connection, ticket.id)
        assert found is not None
        tickets.record(connection, found, found, [Event(EventKind.NOTED, NOW)])

    await asyncio.gather(*(one.write(note) for one in (db, other) * 5))
    history = await db.read(lambda c: tickets.history(c, ticket.id))
    assert [stored.seq for stored in history] == list(range(1, 12))
    assert all(one.hash == two.previous_hash for one, two in pairwise(history))


async def test_an_errand_that_looked_before_somebody_wrote_sees_it_the_second_time(
    db: Database, other: Database
) -> None:
    """Where errands run side by side. In a file they run one after another, and there is no second time."""
    ticket = await a_ticket(db)
    looked: list[Ticket | None] = []

    def hurries(connection: Connection) -> None:
        looked.append(found := tickets.find(connection, ticket.id))
        assert found is not None
        changed = replace(found, plate=f"12C-{len(looked)}", promise_no=found.promise_no)
        tickets.record(connection, found, changed, [Event(EventKind.NOTED, NOW)])

    await asyncio.gather(*(one.write(hurries) for one in (db, other) * 3))
    assert len(await db.read(lambda c: tickets.history(c, ticket.id))) == 7


async def test_a_change_of_what_is_no_longer_so_is_refused(db: Database) -> None:
    ticket = await a_ticket(db)

    def writes_over(connection: Connection) -> None:
        stale = replace(ticket, plate="12C-000.00")
        tickets.record(connection, stale, replace(stale, plate="12C-123.45"), [])

    with pytest.raises(Conflict):
        await db.write(writes_over)
    assert (await db.read(lambda c: tickets.find(c, ticket.id))) == ticket


async def test_who_only_looks_waits_for_nobody(db: Database, other: Database) -> None:
    ticket, looked, held = await a_ticket(db), asyncio.Event(), threading.Event()
    loop = asyncio.get_running_loop()

    def holds(connection: Connection) -> None:
        tickets.load(connection, ticket.id)
        connection.execute(sa.update(table).where(table.c.id == ticket.id).values(plate="12C-1"))
        held.set()
        _wait_here(loop, looked)

    writing = asyncio.create_task(db.write(holds))
    assert await asyncio.to_thread(held.wait, 5)
    found = await asyncio.wait_for(other.read(lambda c: tickets.by_code(c, ticket.code)), 5)
    looked.set()
    await asyncio.wait_for(writing, 5)
    assert found == ticket


async def test_who_only_looks_can_neither_write_nor_lock(db: Database) -> None:
    ticket = await a_ticket(db)
    with pytest.raises(Unavailable):
        await db.read(lambda c: remember(c, "by", "a reader"))
    if not db.is_sqlite:
        with pytest.raises(Unavailable):
            await db.read(lambda c: tickets.load(c, ticket.id))
        with pytest.raises(Unavailable):
            await db.read(lambda c: plans.task(c, 1))
    assert await db.read(lambda c: fact(c, "by")) is None


async def test_what_is_read_together_is_of_one_moment(db: Database, other: Database) -> None:
    await a_ticket(db)
    written, loop = asyncio.Event(), asyncio.get_running_loop()

    def looks_twice(connection: Connection) -> tuple[int, int]:
        first = len(tickets.codes(connection))
        _wait_here(loop, written)
        return first, len(tickets.codes(connection))

    looking = asyncio.create_task(other.read(looks_twice))
    await asyncio.sleep(0.05)
    await a_ticket(db)
    written.set()
    assert await asyncio.wait_for(looking, 5) in {(1, 1), (2, 2)}


async def test_two_who_make_the_same_row_at_once_both_find_it_made(db: Database, other: Database) -> None:
    def known(connection: Connection) -> int:
        found = people.identity(connection, "town", "bot", "7")
        if found is None:
            person = people.add_person(connection, "Lái xe", Role.SENDER, NOW)
            found = people.add_identity(connection, person, "town", "bot", "7", NOW)
        return found.id

    assert len(set(await asyncio.gather(*(one.write(known) for one in (db, other) * 4)))) == 1


async def test_a_one_time_code_is_used_once(db: Database, other: Database) -> None:
    def makes(connection: Connection) -> tuple[int, int]:
        person = people.add_person(connection, "Khuê", Role.DUTY, NOW)
        chat = people.add_identity(connection, person, "town", "bot", "7", NOW)
        linking.add_link_code(connection, person, "hash", NOW, NOW + timedelta(days=1))
        code = linking.link_code(connection, "hash")
        assert code is not None
        return code.id, chat.id

    code, chat = await db.write(makes)
    used = await asyncio.gather(
        *(one.write(lambda c: linking.use_link_code(c, code, chat, NOW)) for one in (db, other) * 4)
    )
    assert sum(used) == 1


async def test_the_bubbles_of_a_page_are_numbered_without_gap_or_double(
    db: Database, other: Database
) -> None:
    session = Session("page", "hash", "sender", NOW)
    await db.write(lambda c: web_feed.open_session(c, session, NOW))
    await asyncio.gather(
        *(
            one.write(lambda c, n=number: web_feed.append_once(c, "page", f"{n}", {"kind": "notice"}, NOW))
            for number, one in enumerate((db, other) * 8)
        )
    )
    rows = await db.read(lambda c: web_feed.after(c, "page", 0))
    assert [row.seq for row in rows] == list(range(1, 17))


async def test_the_same_notice_again_is_the_same_bubble(db: Database, other: Database) -> None:
    await db.write(lambda c: web_feed.open_session(c, Session("page", "hash", "sender", NOW), NOW))
    rows = await asyncio.gather(
        *(
            one.write(lambda c: web_feed.append_once(c, "page", "5:0", {"kind": "notice"}, NOW))
            for one in (db, other) * 3
        )
    )
    assert len({row.id for row in rows if row}) == 1


async def test_whoever_writes_while_the_chat_is_linked_writes_as_the_person_it_was_linked_to(
    db: Database, other: Database
) -> None:
    """Else the ticket would be that of a person who has no chat any more: no answer could reach them."""
    wrote, linked, loop = asyncio.Event(), asyncio.Event(), asyncio.get_running_loop()
    chat = Chat("town", "bot", "7", "7")

    def first(connection: Connection) -> tuple[PersonId, PersonId]:
        page = people.add_person(connection, "Lái xe", Role.SENDER, NOW)
        known = directory.identify(connection, chat, NOW).person
        assert known is not None
        return known.id, page

    former, page = await db.write(first)

    def writes(connection: Connection) -> PersonId | None:
        known = people.identity(connection, "town", "bot", "7")
        if not wrote.is_set():
            loop.call_soon_threadsafe(wrote.set)
            if in_greenlet():  # on a file nobody can come in between
                _wait_here(loop, linked)
        assert known is not None
        people.seen(connection, known, "", NOW)
        return known.person_id

    writing = asyncio.create_task(db.write(writes))
    await asyncio.wait_for(wrote.wait(), 10)
    await other.write(lambda connection: handing.hand_chats(connection, former, page))
    linked.set()
    assert await writing == (former if db.is_sqlite else page)


def _wait_here(loop: asyncio.AbstractEventLoop, event: asyncio.Event) -> None:
    """Stays inside an errand until `event` is set: in the thread of SQLite's writer, or in SQLAlchemy's greenlet."""
    if in_greenlet():
        await_only(event.wait())
    else:
        asyncio.run_coroutine_threadsafe(event.wait(), loop).result(10)
