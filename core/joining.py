"""Gộp phiếu: how two tickets about the same matter become one; as in core/lifecycle.py, values in and values out."""

from collections.abc import Sequence
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
    main: Ticket,
    other: Ticket,
    by: PersonId,
    now: datetime,
    dues: tuple[datetime, datetime],
    along: Sequence[Ticket] = (),
) -> tuple[Decision, Decision]:
    """Gộp phiếu: `other` goes on under `main`. Joined tickets take the earliest due time (promise.md, Waiting).

    `dues`: when the outcome of each is owed, seen from `now`; `along`: what goes on under `other` already. The more pressing
    class holds, a breach of either stays known, what another agency answers for stays amber, and a pause lasts only when both
    wait for their senders. The history keeps what `main` was promised by itself: core/parting.py gives it back.
    Raises `join_itself`, `ticket_closed`, `not_joinable` (sealed).
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
    answered_for = _agency_of_either(classed, other, now)
    broken, missed = _breach_of_either(answered_for, other, now)
    due = joined_due(dues)
    promised = replace(broken, due_at=due, promise_no=main.promise_no + 1)
    changed = pressing is not main.ticket_class
    told = (
        Event(EventKind.JOINED, now, by, data=_kept_for_parting(main, other, along)),
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


def _kept_for_parting(main: Ticket, other: Ticket, along: Sequence[Ticket]) -> dict[str, Datum]:
    return {
        "from": other.code,
        "along": " ".join(one.code for one in along),
        "promise_no": main.promise_no,
        "due_at": main.due_at.isoformat() if main.due_at else None,
        "class": str(main.ticket_class),
        "kind": main.promise_kind,
        "human_reply_by": main.human_reply_by.isoformat() if main.human_reply_by else None,
        "breached": main.breached_at is not None,
        "amber": main.amber,
    }


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


def _agency_of_either(main: Ticket, other: Ticket, now: datetime) -> Ticket:
    """What another agency answers for is amber whichever way the two are laid: its day goes on being looked at, and the figures
    never count it green. A time that has passed unnoticed, or in a pause that ends here, is not answered for by it."""
    missed = main.status is not Status.WAITING_SENDER and main.due_at is not None and main.due_at < now
    if main.amber or not other.amber or (missed and main.breached_at is None):
        return main
    awaited = replace(
        main,
        amber=True,
        agency=other.agency,
        agency_promise_on=other.agency_promise_on,
        agency_approver=other.agency_approver,
    )
    stands = other.status is Status.WAITING_AGENCY and main.status is Status.IN_PROGRESS
    return awaited.moved(Status.WAITING_AGENCY) if stands else awaited


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
    paused = other.status is Status.WAITING_SENDER
    return closed, (
        Event(EventKind.JOINED, now, by, data={"into": main.code, "paused": paused}),
        Event(EventKind.CLOSED, now, by, data={"closure": str(Closure.JOINED)}),
    )
