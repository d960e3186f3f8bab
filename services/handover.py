"""What happens on a shift: it begins and is confirmed, its holders are asked, it ends; and an officer leaves (promise.md, Shifts).

The clock never resets: a ticket that changes hands keeps its due time and its ladder.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from core import access
from core.errors import Refused
from core.ids import PersonId
from core.notices import NoticeKind
from core.people import Person, Role
from core.roster import Shift, confirm_by
from core.ticket import Ticket
from services import duty, roster, telling
from services.casework import Act
from services.config import Config
from services.reference import Reference, reference
from services.roster import check_roster as check_roster
from services.roster import enter_shift as enter_shift
from services.roster import remove_shift as remove_shift
from services.shift_end import hand_over_ended, leaving, release, show_card, tell_of_ending
from services.timers import handles
from storage import people, shifts, tickets, timers
from storage.database import Connection
from storage.timers import Timer

_LATE = timedelta(minutes=1)


def register() -> None:
    """Makes services/timers.py know the shifts' timers; called when this module is imported, and by app/ to say so."""
    handles(roster.SHIFT, fire)
    handles(roster.ROSTER, roster.fire)
    handles(roster.STOOD_DOWN, stood_down)


def fire(db: Connection, cfg: Config, ref: Reference, timer: Timer, now: datetime) -> None:
    """One timer of a shift; nothing when the shift is gone or the timer was moved meanwhile."""
    if _was_moved(db, timer, now) or not timers.fired(db, timer.id, now):
        return
    shift = shifts.get(db, timer.subject_id)
    if shift is None:
        return
    match timer.stage:
        case roster.BEGINS:
            _begins(db, cfg, ref, shift, now)
        case roster.CONFIRM:
            _unconfirmed(db, ref, shift, now)
        case roster.HANDOVER:
            tell_of_ending(db, ref, shift, now)
        case roster.ENDS:
            hand_over_ended(db, cfg, ref, shift.gate, now, ending=shift.id)


def stood_down(db: Connection, cfg: Config, ref: Reference, timer: Timer, now: datetime) -> None:
    """Somebody was taken off a running shift: what they hold returns to the pool, unless they are on another one for it."""
    if not timers.fired(db, timer.id, now):
        return
    person = PersonId(timer.subject_id)
    for ticket in leaving(db, ref, person, now):
        release(db, cfg, ref, ticket, now, "stood_down")


def keep(db: Connection, cfg: Config, act: Act, now: datetime) -> Ticket:
    """Tôi giữ tiếp: the ticket stays with its holder when the present shift ends.

    Raises `not_held` unless the presser holds it, `old_button` when no shift of theirs runs.
    """
    ticket = tickets.load(db, act.ticket_id)
    person = people.person(db, act.person.id)
    if ticket is None or person is None or not access.may_work_on(person, ticket):
        raise Refused("not_held", **({"code": ticket.code} if ticket else {}))
    mine = [shift for shift in shifts.running(db, now) if person.id in shift.people]
    if not mine:
        raise Refused("old_button")
    for shift in mine:
        shifts.keep(db, shift.id, ticket.id)
    return ticket


def confirm(db: Connection, person: Person, shift_id: int, now: datetime) -> bool:
    """Đã nhận ca: True at the first press. Raises `not_allowed` to whoever is not on the shift, `old_button` after its end."""
    shift = shifts.get(db, shift_id)
    if shift is None or shift.ends_at <= now:
        raise Refused("old_button")
    if person.id not in shift.people:
        raise Refused("not_allowed")
    return shifts.confirm(db, shift_id, person.id, now)


def officer_left(db: Connection, cfg: Config, person: Person, now: datetime) -> int:
    """The account is closed: off every shift to come, all that they hold back to the pool; how many tickets that were."""
    ref = reference(db)
    people.update_person(db, person.id, active=False)
    if shifts.stand_down(db, person.id, now):
        roster.look_soon(db, now)
    held = tickets.held_by(db, person.id)
    for ticket in held:
        release(db, cfg, ref, ticket, now, "officer_left")
    return len(held)


def _was_moved(db: Connection, timer: Timer, now: datetime) -> bool:
    """Whether an earlier timer of the same sweep gave this one another time."""
    known = timers.of_subject(db, timer.subject, timer.subject_id)
    return any(stage == timer.stage and due_at > now for stage, _, due_at, _ in known)


def _begins(db: Connection, cfg: Config, ref: Reference, shift: Shift, now: datetime) -> None:
    """The incoming people get the number and a fresh card of everything that waits for them; who has confirmed knows already."""
    if now >= shift.ends_at:
        return
    hand_over_ended(db, cfg, ref, shift.gate, now, beginning=shift.id)
    told = shifts.unconfirmed(db, shift.id)
    waiting = _pool(db, ref, shift, now)
    telling.tell_people(
        db, told, NoticeKind.SHIFT_BEGINS, now, shift_id=shift.id, gate=shift.gate, count=len(waiting)
    )
    for ticket in waiting:
        show_card(db, told, ticket, now)
    if now - shift.starts_at > _LATE:
        again = confirm_by(replace(shift, starts_at=now), cfg.sla)
        timers.put(db, roster.SHIFT, shift.id, 1, roster.CONFIRM, again, now)


def _pool(db: Connection, ref: Reference, shift: Shift, now: datetime) -> list[Ticket]:
    """The tickets that nobody holds and that fall to the people of this shift."""
    known: dict[str | None, set[PersonId]] = {}
    found = []
    for ticket in tickets.unclaimed(db, ref.family(shift.gate), limit=200):
        if ticket.gate not in known:
            known[ticket.gate] = {person.id for person in duty.on_shift(db, ref, ticket.gate, now)}
        if known[ticket.gate] & set(shift.people):
            found.append(ticket)
    return found


def _unconfirmed(db: Connection, ref: Reference, shift: Shift, now: datetime) -> None:
    """15 minutes on, nobody has pressed "Đã nhận ca": the heads and Văn phòng hear of it."""
    if not shift.people or now >= shift.ends_at or shifts.confirmed(db, shift.id):
        return
    told = [*_heads(db, ref, shift.gate), *people.staff(db, Role.OFFICE)]
    telling.tell_people(
        db,
        [person.id for person in told],
        NoticeKind.SHIFT_UNCONFIRMED,
        now,
        shift_id=shift.id,
        gate=shift.gate,
        starts_at=shift.starts_at.isoformat(),
    )


def _heads(db: Connection, ref: Reference, gate: str) -> Sequence[Person]:
    """The heads of the gate, else those of the centre."""
    known = [person for person in people.staff(db, Role.DUTY, Role.OFFICER) if person.is_head]
    near = [head for head in known if head.gate and gate in ref.family(head.gate)]
    return near or [head for head in known if head.unit == duty.CENTRE] or known


register()
