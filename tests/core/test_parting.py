"""Tách phiếu, the rule: whatever was laid together by mistake, each gets back what it was promised."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core import joining, lifecycle
from core.errors import Refused
from core.events import Event, EventKind
from core.ids import TicketId
from core.parting import Side, part
from core.sla import Kind, Promise
from core.ticket import HELD, Closure, Status, Ticket, TicketClass
from tests.core.test_joining import AN, BINH, DRIVER, NOW, TRADER, tickets

LATER = NOW + timedelta(minutes=5)
NEXT_DAY = NOW + timedelta(days=1)
mains, others, thirds = tickets(1, DRIVER, AN), tickets(2, TRADER, BINH), tickets(3, DRIVER, BINH)


def joined(
    main: Ticket, other: Ticket, told: Sequence[Event] = (), along: Sequence[Ticket] = ()
) -> tuple[Ticket, list[Event], Ticket, list[Event]]:
    assert main.due_at is not None
    assert other.due_at is not None
    (held, more), (gone, ended) = joining.join(main, other, AN, NOW, (main.due_at, other.due_at), along)
    return held, [*told, *more], gone, list(ended)


def parted(main: Side, other: Side, at: datetime = LATER) -> tuple[Ticket, list[Event], Ticket]:
    (kept, told), (back, _) = part(main, other, AN, at, resumed_due=NEXT_DAY)
    return kept, [*main.told, *told], back


def promise_of(ticket: Ticket) -> tuple[object, ...]:
    return (ticket.due_at, ticket.ticket_class, ticket.promise_kind, ticket.amber, ticket.agency)


def breach_fits(after: Ticket, before: Ticket) -> bool:
    """As it was; or its own due time, which passed with that of the other."""
    return after.breached_at == before.breached_at or after.breached_at == after.due_at


@given(mains, others)
def test_each_gets_back_its_own_promise(main: Ticket, other: Ticket) -> None:
    main, other = replace(main, joined_count=0), replace(other, joined_count=0)
    held, told, gone, ended = joined(main, other)
    kept, _, back = parted(Side(held, told), Side(gone, ended))
    assert promise_of(kept) == promise_of(main)
    assert breach_fits(kept, main)
    assert breach_fits(back, other)
    assert kept.promise_no > held.promise_no > main.promise_no
    if other.status is Status.WAITING_SENDER:
        assert back.due_at == max(other.due_at or NOW, NEXT_DAY), "the pause counts as answered now"
    else:
        assert promise_of(back) == promise_of(other)


@given(mains, others)
def test_both_are_open_and_in_the_hands_that_held_them(main: Ticket, other: Ticket) -> None:
    main, other = replace(main, joined_count=0), replace(other, joined_count=0)
    held, told, gone, ended = joined(main, other)
    kept, _, back = parted(Side(held, told), Side(gone, ended))
    assert kept.is_open
    assert back.is_open
    assert (back.holder_id, back.joined_to, back.closure, back.closed_at) == (
        other.holder_id,
        None,
        None,
        None,
    )
    assert (back.status in HELD) == (back.holder_id is not None)
    assert (back.status is Status.WAITING_AGENCY) == other.amber
    assert (kept.joined_count, back.joined_count) == (0, 0)


@given(mains, others, thirds, st.booleans())
def test_what_stays_keeps_its_part_of_the_promise(
    main: Ticket, other: Ticket, third: Ticket, first_goes: bool
) -> None:
    main, other, third = (replace(one, joined_count=0) for one in (main, other, third))
    held, told, gone, ended = joined(main, other)
    held, told, gone3, ended3 = joined(held, third, told)
    leaving, history, staying = (gone, ended, gone3) if first_goes else (gone3, ended3, gone)
    kept, told, _ = parted(Side(held, told, [staying]), Side(leaving, history))
    assert kept.due_at == min(main.due_at or NOW, staying.due_at or NOW)
    assert kept.amber in ({True} if main.amber else {False, staying.amber})
    last, _, _ = parted(Side(kept, told), Side(staying, ended3 if first_goes else ended))
    assert promise_of(last) == promise_of(main)
    assert breach_fits(last, main)


def plain(number: int, hours: int, **more: object) -> Ticket:
    ticket = Ticket(
        TicketId(number),
        f"DDLS-261122-{number:04d}",
        "K",
        Status.IN_PROGRESS,
        TicketClass.NORMAL,
        DRIVER if number == 1 else TRADER,
        NOW,
        NOW,
        NOW + timedelta(hours=hours),
        "same-day",
        holder_id=AN,
        claimed_at=NOW,
    )
    return replace(ticket, **more)  # type: ignore[arg-type]


def test_a_promise_that_was_issued_anew_since_holds_for_both() -> None:
    held, told, gone, ended = joined(plain(1, 2), plain(2, 1))
    fresh = Promise(LATER, NEXT_DAY, Kind.SAME_DAY, LATER, LATER, None, ())
    waiting = replace(held.moved(Status.WAITING_SENDER), waiting_since=NOW)
    answered, more = lifecycle.sender_answered(waiting, LATER, fresh)
    kept, _, back = parted(Side(answered, [*told, *more]), Side(gone, ended))
    assert kept.due_at == NEXT_DAY
    assert kept.promise_no == answered.promise_no
    assert back.due_at == NEXT_DAY


def test_the_breach_goes_with_whose_time_had_passed() -> None:
    held, told, gone, ended = joined(plain(1, 9), plain(2, 1))
    late = NOW + timedelta(hours=2)
    broken, more = lifecycle.breach(held, late)
    kept, _, back = parted(Side(broken, [*told, *more]), Side(gone, ended), late)
    assert kept.breached_at is None
    assert (back.breached_at, back.breach_noticed_at) == (back.due_at, late)


def test_a_word_that_the_other_sender_read_meanwhile_was_a_word_to_them() -> None:
    held, told, gone, ended = joined(plain(1, 2), plain(2, 1))
    _, (back, _) = part(Side(held, told), Side(gone, ended), AN, LATER, resumed_due=NEXT_DAY, heard_at=LATER)
    assert back.first_reply_at == LATER


def test_both_histories_tell_of_it() -> None:
    held, told, gone, ended = joined(plain(1, 2), plain(2, 1))
    (_, here), (_, there) = part(Side(held, told), Side(gone, ended), AN, LATER, resumed_due=NEXT_DAY)
    assert [event.kind for event in here] == [EventKind.PARTED, EventKind.PROMISED]
    assert here[0].data["from"] == gone.code
    assert there[0].data == {"out_of": held.code}


def test_nothing_parts_from_what_is_over_or_never_held_it() -> None:
    held, told, gone, ended = joined(plain(1, 2), plain(2, 1))
    over = replace(held, status=Status.CLOSED, closed_at=NOW, closure=Closure.RATED)
    for main, code in ((over, "ticket_closed"), (plain(7, 1), "not_joined")):
        with pytest.raises(Refused) as refused:
            part(Side(main, told), Side(gone, ended), AN, LATER, resumed_due=NEXT_DAY)
        assert refused.value.code == code
