"""Tách phiếu: two tickets that were joined by mistake part again, each with the promise that it had; values in, values out."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from core.errors import Refused
from core.events import Datum, Event, EventKind
from core.ids import PersonId
from core.joining import PRESSING
from core.lifecycle import Decision
from core.ticket import HELD, Status, Ticket, TicketClass

LINKS = (EventKind.JOINED, EventKind.PARTED)


@dataclass(frozen=True, slots=True)
class Side:
    """One of the two: the ticket, its history (oldest first), and what goes on under it afterwards."""

    ticket: Ticket
    told: Sequence[Event]
    others: Sequence[Ticket] = ()


@dataclass(frozen=True, slots=True)
class Alone:
    """What a ticket is promised by itself. `beside`: the codes whose joining changed that promise since it was last issued;
    none when it was issued anew after them, because then it was for all of them."""

    due_at: datetime | None
    ticket_class: TicketClass
    kind: str
    human_reply_by: datetime | None
    breached: bool
    amber: bool
    beside: frozenset[str] = frozenset()


def alone(ticket: Ticket, told: Sequence[Event]) -> Alone:
    """The promise of `ticket` as if nothing went on under it, read from its history.

    Every joining and parting is a link with the number of the promise before it; a promise issued in between breaks the chain.
    """
    number, first, beside = ticket.promise_no, None, set[str]()
    for event in reversed(told):
        if event.kind in LINKS and event.data.get("promise_no") == number - 1:
            number -= 1
            first = event if event.kind is EventKind.JOINED else first
            beside |= _named(event) if event.kind is EventKind.JOINED else set()
    if first is None:
        return _as_it_is(ticket)
    awaited = any(event.kind is EventKind.AGENCY_AWAITED and event.at >= first.at for event in told)
    return Alone(
        due_at=_instant(first.data["due_at"]),
        ticket_class=TicketClass(str(first.data["class"])),
        kind=str(first.data["kind"]),
        human_reply_by=_instant(first.data["human_reply_by"]),
        breached=bool(first.data["breached"]),
        amber=bool(first.data["amber"]) or awaited,
        beside=frozenset(beside),
    )


def stays(told: Sequence[Event]) -> list[tuple[datetime, datetime | None, str]]:
    """From when until when a ticket went on under which code, oldest first: a carrier may be joined once more, and what was
    joined by mistake parts again."""
    moves = [event for event in told if "into" in event.data or "out_of" in event.data]
    ends = [*(event.at for event in moves[1:]), None]
    return [
        (event.at, until, str(event.data["into"]))
        for event, until in zip(moves, ends, strict=False)
        if "into" in event.data
    ]


def due_of(joined: Ticket, main: Ticket, by_itself: Alone) -> datetime | None:
    """When the outcome of what goes on under `main` is owed by itself: its own due time, or the later one that was promised to
    all of them since."""
    if joined.code in by_itself.beside or joined.due_at is None or main.due_at is None:
        return joined.due_at
    return max(joined.due_at, main.due_at)


def part(
    main: Side,
    other: Side,
    by: PersonId,
    now: datetime,
    *,
    resumed_due: datetime,
    heard_at: datetime | None = None,
) -> tuple[Decision, Decision]:
    """`other` goes on by itself again. Each gets back its own promise: due time, class, breach, another agency's date.

    A pause does not come back: it counts as answered now, `resumed_due` being what a message received now is owed.
    `heard_at`: the first word of a person that the sender of `other` read meanwhile. Raises `ticket_closed` when the matter is
    over, `not_joined` when `other` does not go on there.
    """
    held, gone = main.ticket, other.ticket
    if not held.is_open:
        raise Refused("ticket_closed", code=held.code)
    if gone.joined_to != held.id:
        raise Refused("not_joined", code=gone.code)
    by_itself = alone(held, main.told)
    kept, again = _left_behind(main, by_itself, now), _parted(main, other, by_itself, now, resumed_due)
    again = replace(again, first_reply_at=again.first_reply_at or heard_at)
    told: dict[str, Datum] = {"from": gone.code, "promise_no": _link(held, kept)}
    return (
        (kept, (Event(EventKind.PARTED, now, by, data=told), *_promised(held, kept, now))),
        (
            again,
            (Event(EventKind.PARTED, now, by, data={"out_of": held.code}), *_promised(gone, again, now)),
        ),
    )


def _left_behind(main: Side, by_itself: Alone, now: datetime) -> Ticket:
    """What is left of the one that goes on: nothing has changed when its promise was issued anew since."""
    held = replace(main.ticket, joined_count=len(main.others))
    if not by_itself.beside:
        return held
    return _promised_together(held, by_itself, main.others, now)


def _promised_together(ticket: Ticket, by_itself: Alone, others: Sequence[Ticket], now: datetime) -> Ticket:
    """The ticket with its own promise and those of what goes on under it: the earliest due time, the most pressing class."""
    beside = [one for one in others if one.code in by_itself.beside and one.due_at is not None]
    nearest = min(beside, key=lambda one: one.due_at or now, default=None)
    due, kind, reply_by = by_itself.due_at, by_itself.kind, by_itself.human_reply_by
    if nearest is not None and due is not None and nearest.due_at is not None and nearest.due_at < due:
        due, kind, reply_by = nearest.due_at, nearest.promise_kind, nearest.human_reply_by
    promised = replace(
        ticket,
        due_at=due,
        promise_kind=kind,
        human_reply_by=reply_by,
        ticket_class=min((by_itself.ticket_class, *(one.ticket_class for one in beside)), key=PRESSING.index),
        promise_no=ticket.promise_no + 1,
    )
    if not (by_itself.breached or any(one.breached_at for one in beside)):
        promised = _own_breach(promised)
    return promised if by_itself.amber or any(one.amber for one in beside) else _without_agency(promised)


def _own_breach(ticket: Ticket) -> Ticket:
    """Of a breach that was found together only what its own due time has to do with it."""
    if ticket.breached_at is None or ticket.due_at is None:
        return ticket
    if ticket.due_at <= ticket.breached_at:
        return replace(ticket, breached_at=ticket.due_at)
    return replace(ticket, breached_at=None, breach_noticed_at=None, breach_reason=None)


def _without_agency(ticket: Ticket) -> Ticket:
    if not ticket.amber:
        return ticket
    worked_on = ticket
    if ticket.status is Status.WAITING_AGENCY:
        worked_on = ticket.moved(Status.NEW).moved(Status.IN_PROGRESS)
    return replace(worked_on, amber=False, agency=None, agency_promise_on=None, agency_approver=None)


def _parted(main: Side, other: Side, by_itself: Alone, now: datetime, resumed_due: datetime) -> Ticket:
    """The other, open again as it was: in the hands that held it, or in the pool; waiting for its agency, if it did."""
    gone = other.ticket
    back = replace(gone, joined_to=None, joined_count=len(other.others), closed_at=None, closure=None).moved(
        Status.NEW
    )
    if gone.holder_id is not None:
        back = back.moved(Status.IN_PROGRESS)
    if back.status in HELD and gone.amber:
        back = back.moved(Status.WAITING_AGENCY)
    promised = _promised_together(back, alone(gone, other.told), other.others, now)
    due = due_of(promised, main.ticket, by_itself) if promised.due_at else None
    if due is not None and _was_paused(other.told):
        due = max(due, resumed_due)
    return _breached_there(replace(promised, due_at=due), main.ticket)


def _was_paused(told: Sequence[Event]) -> bool:
    """As it was joined, not as it went along when its carrier was joined once more."""
    paused = [event.data["paused"] for event in told if "paused" in event.data]
    return bool(paused and paused[-1])


def _breached_there(back: Ticket, main: Ticket) -> Ticket:
    """A due time that passed while it went on under the other was missed there, and its sender has read the apology."""
    known = back.breached_at is not None or main.breached_at is None
    if known or back.due_at is None or main.breached_at is None or main.breached_at < back.due_at:
        return back
    return replace(back, breached_at=back.due_at, breach_noticed_at=main.breach_noticed_at)


def _link(before: Ticket, after: Ticket) -> int | None:
    """Only what took the number of the promise on is a link of its chain."""
    return before.promise_no if after.promise_no != before.promise_no else None


def _promised(before: Ticket, after: Ticket, now: datetime) -> tuple[Event, ...]:
    if after.promise_no == before.promise_no or after.due_at is None:
        return ()
    told: dict[str, Datum] = {"due_at": after.due_at.isoformat(), "promise_no": after.promise_no}
    return (Event(EventKind.PROMISED, now, data=told),)


def _as_it_is(ticket: Ticket) -> Alone:
    return Alone(
        ticket.due_at,
        ticket.ticket_class,
        ticket.promise_kind,
        ticket.human_reply_by,
        ticket.breached_at is not None,
        ticket.amber,
    )


def _named(event: Event) -> set[str]:
    return {str(event.data.get("from")), *str(event.data.get("along") or "").split()}


def _instant(told: Datum) -> datetime | None:
    return datetime.fromisoformat(str(told)) if told else None
