"""Gộp phiếu, the rule: whatever two tickets are laid together, nothing that was owed is lost by it."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core import joining
from core.errors import Refused
from core.events import EventKind
from core.ids import PersonId, TicketId
from core.ticket import OPEN, TRANSITIONS, Closure, Status, Ticket, TicketClass

NOW = datetime(2026, 11, 22, 2, 0, tzinfo=UTC)
AN, BINH, DRIVER, TRADER = PersonId(1), PersonId(2), PersonId(8), PersonId(9)
WORK = [TicketClass.URGENT, TicketClass.NORMAL, TicketClass.SUGGESTION]

states = st.sampled_from(sorted(OPEN))
hours = st.integers(-5, 30)


@st.composite
def tickets(draw: st.DrawFn, number: int, sender: PersonId, holder: PersonId) -> Ticket:
    """An open ticket as the rules may have left it."""
    status, due = draw(states), NOW + timedelta(hours=draw(hours))
    breached = due if due < NOW and draw(st.booleans()) else None
    return Ticket(
        id=TicketId(number),
        code=f"DDLS-261122-{number:04d}",
        key="K7QP",
        status=status,
        ticket_class=draw(st.sampled_from(WORK)),
        sender_id=sender,
        received_at=NOW - timedelta(hours=6),
        opened_at=NOW - timedelta(hours=6),
        due_at=due,
        promise_kind="same-day",
        holder_id=None if status is Status.NEW else holder,
        claimed_at=None if status is Status.NEW else NOW,
        waiting_since=NOW if status is Status.WAITING_SENDER else None,
        agency="Hải quan" if status is Status.WAITING_AGENCY else None,
        agency_promise_on=date(2026, 11, 24) if status is Status.WAITING_AGENCY else None,
        agency_approver="Lãnh" if status is Status.WAITING_AGENCY else None,
        amber=status is Status.WAITING_AGENCY,
        breached_at=breached,
        breach_noticed_at=breached,
        joined_count=draw(st.integers(0, 2)),
    )


mains, others = tickets(1, DRIVER, AN), tickets(2, TRADER, BINH)


def laid_together(main: Ticket, other: Ticket) -> tuple[Ticket, Ticket]:
    assert main.due_at is not None
    assert other.due_at is not None
    (joined, _), (closed, _) = joining.join(main, other, AN, NOW, (main.due_at, other.due_at))
    return joined, closed


@given(mains, others)
def test_joined_tickets_take_the_earliest_due_and_the_more_pressing_class(
    main: Ticket, other: Ticket
) -> None:
    joined, _ = laid_together(main, other)
    assert joined.due_at == min(main.due_at or NOW, other.due_at or NOW)
    assert joined.ticket_class is min((main.ticket_class, other.ticket_class), key=WORK.index)


@given(mains, others)
def test_one_goes_on_and_the_other_ends_there(main: Ticket, other: Ticket) -> None:
    joined, closed = laid_together(main, other)
    assert joined.is_open
    steps = {(main.status, joined.status), (main.status, Status.IN_PROGRESS)}
    assert joined.status is main.status or steps & TRANSITIONS
    assert (closed.status, closed.closure, closed.joined_to) == (Status.CLOSED, Closure.JOINED, main.id)
    assert (joined.code, joined.key, joined.sender_id) == (main.code, main.key, main.sender_id)
    assert joined.joined_count == main.joined_count + other.joined_count + 1


@given(mains, others)
def test_no_breach_is_forgotten_and_none_is_moved(main: Ticket, other: Ticket) -> None:
    joined, closed = laid_together(main, other)
    assert joined.breached_at == (main.breached_at or other.breached_at)
    assert (joined.breached_at is None) == (joined.breach_noticed_at is None)
    assert closed.breached_at == other.breached_at


@given(mains, others)
def test_what_another_agency_answers_for_stays_amber_whichever_way_they_are_laid(
    main: Ticket, other: Ticket
) -> None:
    joined, _ = laid_together(main, other)
    paused = joined.status is Status.WAITING_SENDER
    missed = main.due_at is not None and main.due_at < NOW and main.breached_at is None and not paused
    taken_over = other.amber and not missed
    assert joined.amber == (main.amber or taken_over)
    expected = main if main.amber or not taken_over else other
    assert (joined.agency, joined.agency_promise_on) == (expected.agency, expected.agency_promise_on)


@given(mains, others)
def test_a_pause_lasts_only_while_both_wait_and_never_for_an_urgent_matter(
    main: Ticket, other: Ticket
) -> None:
    joined, closed = laid_together(main, other)
    paused = {main.status, other.status} == {Status.WAITING_SENDER}
    may_wait = paused and joined.ticket_class is not TicketClass.URGENT
    assert (joined.status is Status.WAITING_SENDER) == may_wait
    assert (joined.waiting_since is not None) == may_wait
    assert closed.waiting_since is None


@given(mains, others)
def test_work_keeps_a_holder_who_is_not_its_sender(main: Ticket, other: Ticket) -> None:
    joined, _ = laid_together(main, replace(other, holder_id=other.holder_id and DRIVER))
    assert (joined.status is Status.NEW) == (joined.holder_id is None)
    assert joined.holder_id in {main.holder_id, None}
    held, _ = laid_together(main, other)
    assert held.holder_id == (main.holder_id or other.holder_id)


@given(mains, others)
def test_both_histories_tell_of_it(main: Ticket, other: Ticket) -> None:
    assert main.due_at is not None
    assert other.due_at is not None
    (joined, told), (_, ended) = joining.join(main, other, AN, NOW, (main.due_at, other.due_at))
    assert told[0].data["from"] == other.code
    assert [event.kind for event in ended] == [EventKind.JOINED, EventKind.CLOSED]
    assert ended[0].data == {"into": main.code, "paused": other.status is Status.WAITING_SENDER}
    assert told[-1].data["promise_no"] == joined.promise_no == main.promise_no + 1


@pytest.mark.parametrize("wrong", ["main", "other"])
def test_what_is_sealed_or_over_is_laid_beside_nothing(wrong: str) -> None:
    plain = Ticket(TicketId(1), "A", "K", Status.NEW, TicketClass.NORMAL, DRIVER, NOW, NOW, NOW, "same-day")
    sealed = replace(plain, id=TicketId(2), sealed=True, ticket_class=TicketClass.PETITION, due_at=None)
    over = replace(
        plain, id=TicketId(3), status=Status.CLOSED, closed_at=NOW, closure=Closure.RATED, resolved_at=NOW
    )
    for bad, code in ((sealed, "not_joinable"), (over, "ticket_closed"), (plain, "join_itself")):
        main, other = (bad, plain) if wrong == "main" else (plain, bad)
        with pytest.raises(Refused) as refused:
            joining.join(main, other, AN, NOW, (NOW, NOW))
        assert refused.value.code == code


def test_what_was_joined_before_goes_along() -> None:
    plain = Ticket(TicketId(1), "A", "K", Status.NEW, TicketClass.NORMAL, DRIVER, NOW, NOW, NOW, "same-day")
    earlier = replace(
        plain, status=Status.CLOSED, closed_at=NOW, closure=Closure.JOINED, joined_to=TicketId(5)
    )
    moved, (event,) = joining.follow(earlier, replace(plain, id=TicketId(7), code="C"), AN, NOW)
    assert moved == replace(earlier, joined_to=TicketId(7))
    assert event.data == {"into": "C"}


def test_a_sender_knows_the_matter_by_their_own_code_alone() -> None:
    main = Ticket(
        TicketId(1), "A", "KA", Status.RESOLVED, TicketClass.NORMAL, DRIVER, NOW, NOW, NOW, "x", plate="12C-1"
    )
    own = replace(
        main, id=TicketId(2), code="B", key="KB", sender_id=TRADER, plate=None, status=Status.CLOSED
    )
    known = main.known_as(own)
    assert (known.id, known.code, known.key, known.sender_id, known.plate) == (2, "B", "KB", TRADER, None)
    assert known.status is Status.RESOLVED
