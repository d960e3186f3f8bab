"""The roster as it is entered: shifts with their timers, and the alarm for service time that nobody covers (promise.md, Shifts)."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime, time, timedelta

from core.calendar import TZ, Window
from core.errors import Refused
from core.ids import PersonId
from core.notices import NoticeKind
from core.people import Role
from core.roster import Shift, confirm_by, handover_at, unstaffed, unstaffed_alarm_at
from core.sla_settings import DEFAULTS, SlaSettings
from services import telling
from services.config import Config
from services.reference import Reference
from storage import people, shifts, timers
from storage.database import Connection
from storage.timers import Timer

SHIFT = "shift"
ROSTER = "roster"
STOOD_DOWN = "stood_down"
BEGINS, CONFIRM, HANDOVER, ENDS = "begins", "confirm", "handover", "ends"
# A day's last tickets are due when the day's last shift ends: first they are breached (one microsecond later, as
# services/promises.py has it), then handed over, then the next shift begins and counts what it got.
_END_COMES_AFTER_BREACH = timedelta(microseconds=2)
_BEGIN_COMES_AFTER_END = timedelta(microseconds=3)

LOOK = "look"
LOOK_AT = time(8)
# A daily look this far ahead sees every gap before its alarm, which is 24 hours ahead of the gap.
LOOK_AHEAD = timedelta(hours=48)
# Whoever enters a roster does it shift by shift: what is missing is judged when the typing has stopped.
ENTERING = timedelta(minutes=15)


def enter_shift(
    db: Connection,
    ref: Reference,
    gate: str,
    starts_at: datetime,
    ends_at: datetime,
    persons: Iterable[PersonId],
    now: datetime,
    settings: SlaSettings = DEFAULTS,
) -> int:
    """Stores a shift [starts_at, ends_at) of equals with its timers; its id. Nobody in it = known to be unstaffed.

    The same gate and start again changes that shift in place; who is taken off while it runs hands over.
    Raises `unknown_gate`, `unknown_person` (only active staff stand on a roster), `bad_date` (it ends before it starts).
    """
    code = ref.known_gate(gate).code
    wanted = _known_staff(db, persons)
    if ends_at <= starts_at:
        raise Refused("bad_date")
    known = shifts.starting(db, code, starts_at)
    if known is None:
        shift_id = shifts.add(db, code, starts_at, ends_at, wanted, now)
        known = Shift(shift_id, code, starts_at, ends_at, tuple(wanted))
    elif known.ends_at == ends_at and set(known.people) == set(wanted):
        return known.id
    else:
        shifts.change(db, known, ends_at, wanted)
        _stand_down(db, known, set(known.people) - set(wanted), now)
        known = replace(known, ends_at=ends_at, people=tuple(wanted))
    _set_timers(db, known, now, settings)
    look_soon(db, now)
    return known.id


def remove_shift(db: Connection, shift_id: int, now: datetime) -> bool:
    """Takes a shift off the roster; if it runs, its people hand over. False when there is no such shift (any more)."""
    shift = shifts.get(db, shift_id)
    if shift is None:
        return False
    _stand_down(db, shift, shift.people, now)
    timers.supersede(db, SHIFT, shift_id)
    shifts.remove(db, shift_id)
    look_soon(db, now)
    return True


def check_roster(db: Connection, cfg: Config, ref: Reference, now: datetime) -> None:
    """The daily look: every unstaffed gap of the next 48 hours gets its alarm, 24 hours ahead (at once, if it is nearer).

    Only gates that have a roster: without one everybody counts as on shift. Safe to call at any time, as often as one likes.
    """
    for gate in shifts.gates_with_shifts(db):
        for gap in _gaps(db, ref, gate, now, now + LOOK_AHEAD):
            _watch(db, cfg, gate, gap, now)
    timers.put(db, ROSTER, 0, 0, LOOK, _next_look(now), now)


def look_soon(db: Connection, now: datetime) -> None:
    """The roster has changed: look at it a quarter of an hour from now, and daily from then on."""
    timers.put(db, ROSTER, 0, 0, LOOK, now + ENTERING, now)


def fire(db: Connection, cfg: Config, ref: Reference, timer: Timer, now: datetime) -> None:
    """What the timers of the roster do: the daily look, and the alarm of one gap (`stage` is the gate's code)."""
    if timer.stage == LOOK:
        if timers.fired(db, timer.id, now):
            check_roster(db, cfg, ref, now)
        return
    ahead = _gaps(db, ref, timer.stage, now, now + LOOK_AHEAD)
    gap = next((gap for gap in ahead if _mark(gap) == timer.subject_id), None)
    if gap is None:
        # Somebody was found; should the gap open again, it is alarmed again.
        timers.supersede(db, ROSTER, timer.subject_id, [timer.stage])
    elif timers.fired(db, timer.id, now):
        _alarm(db, timer.stage, gap, now)


def _known_staff(db: Connection, persons: Iterable[PersonId]) -> list[PersonId]:
    wanted = list(dict.fromkeys(persons))
    for person_id in wanted:
        person = people.person(db, person_id)
        if person is None or not person.is_staff:
            raise Refused("unknown_person")
    return wanted


def _set_timers(db: Connection, shift: Shift, now: datetime, settings: SlaSettings) -> None:
    """The four instants of a shift; of a running one what lies ahead, and it begins (again) now. A past one is only a record."""
    timers.supersede(db, SHIFT, shift.id)
    if shift.ends_at <= now:
        return
    from_now = replace(shift, starts_at=max(shift.starts_at, now))
    stages = {
        BEGINS: from_now.starts_at + _BEGIN_COMES_AFTER_END,
        CONFIRM: confirm_by(from_now, settings),
        HANDOVER: handover_at(shift, settings),
        ENDS: shift.ends_at + _END_COMES_AFTER_BREACH,
    }
    for stage, at in stages.items():
        if at >= now:
            timers.put(db, SHIFT, shift.id, 1, stage, at, now)


def _stand_down(db: Connection, shift: Shift, persons: Iterable[PersonId], now: datetime) -> None:
    """ "Claimed, then sick": whoever is taken off a running shift hands over at once (services/handover.py)."""
    if shift.starts_at <= now < shift.ends_at:
        for person in persons:
            timers.put(db, STOOD_DOWN, person, 0, "left", now, now)


def _gaps(db: Connection, ref: Reference, gate: str, now: datetime, until: datetime) -> Sequence[Window]:
    """The unstaffed service time of the gate that is not over and starts before `until`, each gap whole."""
    if gate not in ref.gates:
        return ()
    today = datetime.combine(now.astimezone(TZ).date(), time(0), TZ)
    days = (today + timedelta(n) for n in range((until - today).days + 1))
    found = (
        gap
        for day in days
        for gap in unstaffed(
            gate, day.date(), shifts.around(db, gate, day, day + timedelta(1)), ref.calendar(gate)
        )
    )
    return [gap for gap in found if gap.end > now and gap.start < until]


def _watch(db: Connection, cfg: Config, gate: str, gap: Window, now: datetime) -> None:
    """One timer per gate and start of a gap; one that has fired says that Văn phòng knows."""
    known = timers.of_subject(db, ROSTER, _mark(gap))
    if not any(stage == gate and status == "fired" for stage, _, _, status in known):
        alarm_at = max(now, unstaffed_alarm_at(gap, cfg.sla))
        timers.put(db, ROSTER, _mark(gap), 0, gate, alarm_at, now)


def _alarm(db: Connection, gate: str, gap: Window, now: datetime) -> None:
    """Văn phòng hears of the gap; when nobody there can be reached, the administrators do."""
    starts_at, ends_at = gap.start.isoformat(), gap.end.isoformat()
    for role in (Role.OFFICE, Role.ADMIN):
        staff = [person.id for person in people.staff(db, role)]
        if telling.tell_people(
            db, staff, NoticeKind.SHIFT_UNSTAFFED, now, gate=gate, starts_at=starts_at, ends_at=ends_at
        ):
            return


def _mark(gap: Window) -> int:
    return int(gap.start.timestamp())


def _next_look(now: datetime) -> datetime:
    today = datetime.combine(now.astimezone(TZ).date(), LOOK_AT, TZ)
    return today if today > now else today + timedelta(1)
