"""Whatever is done to a ticket in whatever order: it stays in the diagram, fits the tables, and its history adds up."""

import random
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st

from core import lifecycle
from core.errors import Refused
from core.events import Event, EventKind
from core.ids import PersonId, TicketId
from core.lifecycle import Decision
from core.people import Role
from core.sla import Kind, Promise
from core.ticket import TRANSITIONS, Closure, Score, Status, Ticket, TicketClass
from services.verify import verify
from storage import people, tickets
from storage.database import Connection, writer_engine
from storage.schema import metadata

START = datetime(2026, 11, 22, 2, 0, tzinfo=UTC)
RESULT = "Đã điều tiết xong, xe đã qua."
Rule = Callable[[Ticket, PersonId, datetime], Decision]


def promise(now: datetime) -> Promise:
    return Promise(now, now + timedelta(hours=3), Kind.SAME_DAY, now, now, None, ())


RULES: dict[str, Rule] = {
    "claim": lifecycle.claim,
    "assign": lambda t, by, now: lifecycle.assign(t, by, by, now),
    "release": lambda t, by, now: lifecycle.release(t, by, now, "shift"),
    "to a gate": lambda t, by, now: lifecycle.transfer(t, by, now, gate="CM"),
    "to a unit": lambda t, by, now: lifecycle.transfer(t, by, now, unit="VP"),
    "reply": lambda t, by, now: lifecycle.reply(t, by, now, 1, "d"),
    "note": lambda t, by, now: lifecycle.note(t, by, now, 1, "d"),
    "ask": lambda t, by, now: lifecycle.ask(t, by, now, 1, "d"),
    "question arrives": lambda t, by, now: lifecycle.question_delivered(t, now),
    "sender answers": lambda t, by, now: lifecycle.sender_answered(t, now, promise(now)),
    "agency": lambda t, by, now: lifecycle.await_agency(t, by, now, "Hải quan", date(2026, 11, 24), "Lãnh"),
    "resolve": lambda t, by, now: lifecycle.resolve(t, by, now, RESULT, 1, "d"),
    "call": lambda t, by, now: lifecycle.resolve(t, by, now, RESULT, 1, "d", called=True),
    "result arrives": lambda t, by, now: lifecycle.resolution_delivered(t, now),
    "result is lost": lambda t, by, now: lifecycle.resolution_undeliverable(t, now),
    "rate good": lambda t, by, now: lifecycle.rate(t, by, now, Score.GOOD),
    "rate bad": lambda t, by, now: lifecycle.rate(t, by, now, Score.BAD),
    "let it rest": lifecycle.decline_reopening,
    "silence": lambda t, by, now: lifecycle.close_silent(t, now, now),
    "not enough": lambda t, by, now: lifecycle.close_insufficient(t, by, now, now),
    "reopen": lambda t, by, now: lifecycle.reopen(t, by, now, now, promise(now)),
    "breach": lambda t, by, now: lifecycle.breach(t, now),
    "explain": lambda t, by, now: lifecycle.explain_breach(t, by, now, "overload"),
    "waive": lambda t, by, now: lifecycle.waive(t, by, now, "mưa", "12/QĐ"),
    "up": lambda t, by, now: lifecycle.raise_urgency(t, by, now, promise(now)),
    "down": lambda t, by, now: lifecycle.lower_urgency(t, by, now, promise(now)),
    "a petition": lambda t, by, now: lifecycle.decide_petition(t, by, now, True, promise(now)),
    "feedback": lambda t, by, now: lifecycle.decide_petition(t, by, now, False, promise(now)),
    "spam?": lifecycle.mark_spam,
    "spam!": lambda t, by, now: lifecycle.decide_spam(t, by, now, True),
    "no spam": lambda t, by, now: lifecycle.decide_spam(t, by, now, False),
    "gate": lambda t, by, now: lifecycle.set_detail(t, by, now, "gate", "TT"),
    "plate": lambda t, by, now: lifecycle.set_detail(t, by, now, "plate", "12C-123.45"),
}
PEOPLE = (PersonId(1), PersonId(2), PersonId(3))
# After these a ticket stays closed for ever.
ENDINGS = {"spam!", "a petition"}
steps = st.lists(
    st.tuples(st.sampled_from(sorted(RULES)), st.sampled_from(PEOPLE), st.integers(0, 300)), max_size=40
)


@pytest.fixture(scope="module")
def db(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Connection]:
    """A real SQLite file with three people in it; every example is rolled back."""
    path: Path = tmp_path_factory.mktemp("walks") / "walks.db"
    engine = writer_engine(sa.make_url(f"sqlite+aiosqlite:///{path}"))
    metadata.create_all(engine)
    with engine.connect() as connection, connection.begin():
        for person in PEOPLE:
            made = people.add_person(connection, "x", Role.DUTY, START)
            connection.execute(
                sa.text("UPDATE people SET id = :new WHERE id = :old"), {"new": person, "old": made}
            )
        yield connection
        connection.rollback()
    engine.dispose()


def opened(ticket_class: TicketClass) -> Ticket:
    petition = ticket_class is TicketClass.PETITION
    return Ticket(
        id=TicketId(1),
        code="DDLS-261122-0001",
        key="K7QP",
        status=Status.NEW,
        ticket_class=ticket_class,
        sender_id=PEOPLE[2],
        received_at=START,
        opened_at=START,
        due_at=None if petition else START + timedelta(hours=3),
        promise_kind="same-day",
        sealed=petition,
    )


def check(before: Ticket, after: Ticket, events: tuple[Event, ...], now: datetime) -> None:
    assert before.status is after.status or (before.status, after.status) in TRANSITIONS
    assert events or before == after, "no change without an event that tells of it"
    assert after.promise_no >= before.promise_no
    assert after.cycle - before.cycle in {0, 1}
    assert (before.received_at == after.received_at) or after.cycle > before.cycle
    assert after.holder_id is None or not after.sealed, "a petition is in nobody's hands"
    if after.closure is Closure.SILENT and before.closure is None:
        assert before.status is Status.RESOLVED
    if before.breached_at and after.cycle == before.cycle:
        assert after.breached_at == before.breached_at
    assert all(event.at <= now for event in events)


@given(
    st.sampled_from([TicketClass.NORMAL, TicketClass.URGENT, TicketClass.SUGGESTION, TicketClass.PETITION]),
    steps,
)
def test_no_sequence_of_rules_leaves_the_diagram_or_breaks_a_table(
    db: Connection, ticket_class: TicketClass, walk: list[tuple[str, PersonId, int]]
) -> None:
    savepoint = db.begin_nested()
    try:
        ticket, now = opened(ticket_class), START
        tickets.next_number(db, "ticket-261122")
        tickets.add(db, ticket, [Event(EventKind.OPENED, now, ticket.sender_id)])
        for name, by, minutes in walk:
            now += timedelta(minutes=minutes)
            try:
                after, events = RULES[name](ticket, by, now)
            except Refused:
                continue
            check(ticket, after, events, now)
            tickets.record(db, ticket, after, events)
            assert tickets.load(db, ticket.id) == after
            ticket = after
        assert not [found for found in verify(db).findings if "message" not in found.problem]
    finally:
        savepoint.rollback()


@pytest.mark.parametrize("seed", range(8))
def test_a_long_life_sees_every_state_and_fits_the_tables_all_along(db: Connection, seed: int) -> None:
    """As above, but only steps that the present state allows: 300 of them."""
    chance, seen = random.Random(seed), set()
    # Urgent once, urgent nearly for ever, and then it never waits for the sender.
    spared = ENDINGS | {"up"} if seed % 2 else ENDINGS
    savepoint = db.begin_nested()
    try:
        tickets.next_number(db, "ticket-261122")
        ticket, now = opened(TicketClass.NORMAL), START
        tickets.add(db, ticket, [Event(EventKind.OPENED, now, ticket.sender_id)])
        for _ in range(300):
            now += timedelta(minutes=chance.randrange(90))
            ticket = allowed_step(db, ticket, now, chance, spared)
            seen.add(ticket.status)
        assert seen >= set(Status) - (set() if "up" in spared else {Status.WAITING_SENDER})
        assert not [found for found in verify(db).findings if "message" not in found.problem]
    finally:
        savepoint.rollback()


def allowed_step(
    db: Connection, ticket: Ticket, now: datetime, chance: random.Random, spared: set[str]
) -> Ticket:
    names = sorted(RULES.keys() - spared)
    for name in chance.sample(names, len(names)):
        try:
            after, events = RULES[name](ticket, chance.choice(PEOPLE), now)
        except Refused:
            continue
        if events:
            check(ticket, after, events, now)
            tickets.record(db, ticket, after, events)
            assert tickets.load(db, ticket.id) == after
            return after
    raise AssertionError(f"nothing can be done in {ticket.status}")


@given(st.sampled_from(sorted(RULES)), st.sampled_from(list(Status)))
def test_a_rule_answers_or_refuses_in_any_state_and_never_breaks(name: str, status: Status) -> None:
    before = replace(
        opened(TicketClass.NORMAL), status=status, holder_id=None if status is Status.NEW else PEOPLE[0]
    )
    copy = replace(before)
    with suppress(Refused):
        RULES[name](before, PEOPLE[1], START + timedelta(hours=1))
    assert before == copy
