"""The end of a shift: which tickets leave their holders, and their way back into the pool (promise.md, Shifts)."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from core import lifecycle
from core.calendar import TZ
from core.ids import PersonId
from core.notices import NoticeKind, Priority
from core.roster import Held, Shift, handover, is_last_of_day
from core.ticket import Status, Ticket, TicketClass
from services import duty, promises, roster, telling
from services.config import Config
from services.reference import Reference
from storage import shifts, tickets, timers
from storage.database import Connection

# No holiday is longer: how far back a shift may lie whose holders still have something to hand over.
_REMEMBERED = timedelta(days=14)


def tell_of_ending(db: Connection, ref: Reference, shift: Shift, now: datetime) -> None:
    """Half an hour before the end each holder gets the list of what will leave them."""
    if now >= shift.ends_at:
        return
    is_last = _is_last(db, ref, shift)
    for person in shift.people:
        going = leaving(db, ref, person, shift.ends_at)
        if going:
            _tell_holder(db, ref, shift, person, going, now, is_last=is_last, refused=False)


def hand_over_ended(
    db: Connection,
    cfg: Config,
    ref: Reference,
    gate: str,
    now: datetime,
    ending: int | None = None,
    beginning: int | None = None,
) -> None:
    """Applies the rule to every shift of the gate that has ended: the one that ends now, and those of which something was left.

    A ticket that had to stay with its holder overnight goes when it is answered or breached; it is looked at again
    whenever a shift of the gate begins or ends. Each person's last shift counts.
    """
    ended = [shift for shift in shifts.between(db, now - _REMEMBERED, now) if shift.ends_at <= now]
    last = {
        person: shift.id
        for shift in sorted(ended, key=lambda shift: shift.ends_at)
        for person in shift.people
    }
    for shift in ended:
        own = tuple(person for person in shift.people if last[person] == shift.id)
        if shift.gate == gate and own:
            refused = _hand_over(db, cfg, ref, replace(shift, people=own), now, beginning)
            if shift.id == ending:
                for holder in {ticket.holder_id for ticket in refused if ticket.holder_id is not None}:
                    stuck = [ticket for ticket in refused if ticket.holder_id == holder]
                    _tell_holder(db, ref, shift, holder, stuck, now, is_last=True, refused=True)


def release(
    db: Connection,
    cfg: Config,
    ref: Reference,
    ticket: Ticket,
    now: datetime,
    why: str,
    told_later: frozenset[PersonId] = frozenset(),
) -> None:
    """Back to the pool: every copy of the card changes, and whoever is on shift gets a fresh one.

    `told_later` are people whose own shift begins right now: they get all their cards then.
    """
    pooled, events = lifecycle.release(ticket, None, now, why)
    tickets.record(db, ticket, pooled, events)
    promises.resume_clock(db, ticket, pooled, now)
    telling.refresh_cards(db, pooled, now, before=ticket)
    present = [person.id for person in duty.on_shift(db, ref, pooled.gate, now)]
    reached = show_card(db, [person for person in present if person not in told_later], pooled, now)
    if reached == 0 and not told_later & set(present) and _cannot_wait(db, ref, pooled, now):
        promises.nobody_reachable(db, cfg, ref, pooled, 0, now)


def leaving(db: Connection, ref: Reference, person: PersonId, at: datetime) -> list[Ticket]:
    """What this person holds and is off duty for at `at`.

    Whoever goes straight on in another shift for the same gate keeps what they hold. A ticket that waits for its sender
    stays too: in the pool the pause would end, and the sender's silence would count against us.
    """
    rostered = any(person in shift.people for shift in shifts.running(db, at))
    return [
        ticket
        for ticket in tickets.held_by(db, person)
        if ticket.status is not Status.WAITING_SENDER
        and not (rostered and _is_on_shift(db, ref, person, ticket.gate, at))
    ]


def show_card(db: Connection, persons: Iterable[PersonId], ticket: Ticket, now: datetime) -> int:
    priority = Priority.NOW if ticket.ticket_class is TicketClass.URGENT else Priority.CARD
    return telling.tell_people(db, persons, NoticeKind.CARD, now, ticket, priority, fresh=True)


def _hand_over(
    db: Connection, cfg: Config, ref: Reference, shift: Shift, now: datetime, beginning: int | None
) -> list[Ticket]:
    """Releases what leaves; answers what was refused."""
    held = {
        ticket.id: ticket
        for person in shift.people
        for ticket in leaving(db, ref, person, now)
        # What was taken after the end was taken knowingly.
        if ticket.claimed_at is not None and ticket.claimed_at < shift.ends_at
    }
    day_end = _day_end(ref, shift)
    decided = handover(
        shift,
        [_held(ticket, day_end) for ticket in held.values()],
        shifts.keeps(db, shift.id),
        last_of_day=_is_last(db, ref, shift),
    )
    told_later = _not_begun(db, now, beginning) if decided.to_pool else frozenset()
    for ticket_id in decided.to_pool:
        release(db, cfg, ref, held[ticket_id], now, "shift_end", told_later)
    return [held[ticket_id] for ticket_id in decided.refused]


def _is_on_shift(db: Connection, ref: Reference, person: PersonId, gate: str | None, at: datetime) -> bool:
    return any(present.id == person for present in duty.on_shift(db, ref, gate, at))


def _held(ticket: Ticket, day_end: datetime) -> Held:
    """An interim answer: another agency's date was told; or the sender was answered and the outcome is due on a later day."""
    is_later = ticket.due_at is not None and ticket.due_at > day_end
    return Held(
        ticket.id,
        ticket.holder_id or PersonId(0),
        has_outcome=ticket.resolved_at is not None,
        has_interim_answer=ticket.amber or (is_later and ticket.first_reply_at is not None),
        is_breached=ticket.breached_at is not None,
    )


def _day_end(ref: Reference, shift: Shift) -> datetime:
    """When the service day in which the shift ends is over."""
    day = (shift.ends_at - timedelta(microseconds=1)).astimezone(TZ).date()
    windows = ref.calendar(shift.gate).windows_on(day)
    return max([shift.ends_at, *(window.end for window in windows)])


def _is_last(db: Connection, ref: Reference, shift: Shift) -> bool:
    near = shifts.around(db, shift.gate, shift.starts_at, shift.ends_at + timedelta(days=1))
    return is_last_of_day(shift, near, ref.calendar(shift.gate))


def _tell_holder(
    db: Connection,
    ref: Reference,
    shift: Shift,
    holder: PersonId,
    held: Iterable[Ticket],
    now: datetime,
    *,
    is_last: bool,
    refused: bool,
) -> None:
    """`refused`: the shift has ended and these stay; `is_last`: only what is answered for may be handed over."""
    kept = shifts.keeps(db, shift.id)
    day_end = _day_end(ref, shift)
    items = [
        _item(ticket, kept=ticket.id in kept, may_leave=_held(ticket, day_end).may_stay_overnight)
        for ticket in held
    ]
    telling.tell_people(
        db,
        [holder],
        NoticeKind.SHIFT_ENDING,
        now,
        shift_id=shift.id,
        gate=shift.gate,
        ends_at=shift.ends_at.isoformat(),
        items=items,
        is_last=is_last,
        refused=refused,
    )


def _item(ticket: Ticket, **how: bool) -> dict[str, Any]:
    return {
        "ticket_id": ticket.id,
        "code": ticket.code,
        "status": str(ticket.status),
        "ticket_class": str(ticket.ticket_class),
        "gate": ticket.gate,
        "category": ticket.category,
        "due_at": ticket.due_at.isoformat() if ticket.due_at else None,
        "breached_at": ticket.breached_at.isoformat() if ticket.breached_at else None,
        "amber": ticket.amber,
        **how,
    }


def _not_begun(db: Connection, now: datetime, beginning: int | None) -> frozenset[PersonId]:
    """The people of running shifts that begin in this very sweep."""
    return frozenset(
        person
        for shift in shifts.running(db, now)
        if shift.id == beginning or _begin_waits(db, shift)
        for person in shift.people
    )


def _begin_waits(db: Connection, shift: Shift) -> bool:
    known = timers.of_subject(db, roster.SHIFT, shift.id)
    return any(stage == roster.BEGINS and status == "waiting" for stage, _, _, status in known)


def _cannot_wait(db: Connection, ref: Reference, ticket: Ticket, now: datetime) -> bool:
    """Outside the service windows the pool waits for the next shift, if there is a roster at all; urgent never waits."""
    if ticket.ticket_class is TicketClass.URGENT or ref.calendar(ticket.gate).is_open(now):
        return True
    return ticket.gate is None or duty.roster_is_empty(db, ref, ticket.gate, now)
