"""Gộp phiếu: how two tickets about the same matter become one; as in core/lifecycle.py, values in and values out."""

from dataclasses import replace
from datetime import datetime

from core.errors import Refused
from core.events import Datum, Event, EventKind
from core.ids import PersonId
from core.lifecycle import Decision
from core.sla import joined_due
from core.ticket import Closure, Status, Ticket, TicketClass

PRESSING = (TicketClass.URGENT, TicketClass.NORMAL, TicketClass.SUGGESTION)


def join(
    main: Ticket, other: Ticket, by: PersonId, now: datetime, dues: tuple[datetime, datetime]
) -> tuple[Decision, Decision]:
    """Gộp phiếu: `other` goes on under `main`. Joined tickets take the earliest due time (promise.md, Waiting).

    `dues`: when the outcome of each is owed, seen from `now`. The more pressing class holds, a breach of either stays known,
    and a pause lasts only when both wait for their senders. Raises `join_itself`, `ticket_closed`, `not_joinable` (sealed).
    """
    _must_be_joinable(main, other)
    held, taken = _held_together(main, other, by, now)
    pressing = min(main.ticket_class, other.ticket_class, key=PRESSING.index)
    nearer = other if dues[1] < dues[0] else main
    classed = replace(
        held,
        ticket_class=pressing,
        promise_kind=nearer.promise_kind,
        human_reply_by=nearer.human_reply_by,
        joined_count=main.joined_count + other.joined_count + 1,
    )
    broken, missed = _breach_of_either(classed, other, now)
    due = joined_due(dues)
    promised = replace(broken, due_at=due, promise_no=main.promise_no + 1)
    changed = pressing is not main.ticket_class
    told = (
        Event(EventKind.JOINED, now, by, data={"from": other.code}),
        *taken,
        *((Event(EventKind.CLASS_CHANGED, now, by, data={"to": str(pressing)}),) if changed else ()),
        *missed,
        Event(EventKind.PROMISED, now, data={"due_at": due.isoformat(), "promise_no": promised.promise_no}),
    )
    return (promised, told), _joined_to(main, other, by, now)


def follow(joined: Ticket, main: Ticket, by: PersonId, now: datetime) -> Decision:
    """What was joined to a ticket goes along when that one is joined to `main`: nobody has to look twice."""
    moved = replace(joined, joined_to=main.id)
    return moved, (Event(EventKind.JOINED, now, by, data={"into": main.code}),)


def _must_be_joinable(main: Ticket, other: Ticket) -> None:
    """Open work on both sides; what is sealed or a petition is never laid beside anything."""
    if main.id == other.id:
        raise Refused("join_itself", code=main.code)
    for ticket in (main, other):
        if ticket.sealed or ticket.ticket_class is TicketClass.PETITION:
            raise Refused("not_joinable")
        if not ticket.is_open:
            raise Refused("ticket_closed", code=ticket.code)


def _held_together(main: Ticket, other: Ticket, by: PersonId, now: datetime) -> Decision:
    """In nobody's hands → in those of whoever holds the other (never its own sender's). Of a pause both must be part."""
    if main.status is Status.NEW and other.holder_id not in {None, main.sender_id}:
        taken = replace(
            main.moved(Status.IN_PROGRESS), holder_id=other.holder_id, claimed_at=other.claimed_at
        )
        return taken, (Event(EventKind.ASSIGNED, now, by, data={"to": other.holder_id}),)
    urgent = TicketClass.URGENT in {main.ticket_class, other.ticket_class}
    if main.status is Status.WAITING_SENDER and (urgent or other.status is not Status.WAITING_SENDER):
        return replace(main.moved(Status.IN_PROGRESS), waiting_since=None), ()
    return main, ()


def _breach_of_either(main: Ticket, other: Ticket, now: datetime) -> Decision:
    """A promise that was missed is not forgotten by laying its ticket beside another."""
    if main.breached_at is not None or other.breached_at is None:
        return main, ()
    broken = replace(
        main,
        breached_at=other.breached_at,
        breach_noticed_at=other.breach_noticed_at,
        breach_reason=other.breach_reason,
    )
    told: dict[str, Datum] = {"cycle": main.cycle, "from": other.code}
    return broken, (Event(EventKind.BREACHED, other.breached_at, noticed_at=now, data=told),)


def _joined_to(main: Ticket, other: Ticket, by: PersonId, now: datetime) -> Decision:
    moved = replace(other, waiting_since=None, joined_to=main.id, joined_count=0)
    closed = replace(moved.moved(Status.CLOSED), closed_at=now, closure=Closure.JOINED)
    return closed, (
        Event(EventKind.JOINED, now, by, data={"into": main.code}),
        Event(EventKind.CLOSED, now, by, data={"closure": str(Closure.JOINED)}),
    )
