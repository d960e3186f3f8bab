"""The flat roster: who is on shift at a gate, where nobody is, and what happens when a shift ends.

No primary and no backup (the plan, III.2: "không phân định chế độ trực chính – trực phụ"); promise.md, Shifts.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from core.calendar import TZ, GateCalendar
from core.ids import PersonId, TicketId
from core.sla_settings import DEFAULTS, SlaSettings
from core.windows import Window, without


@dataclass(frozen=True, slots=True)
class Shift:
    """People who share the duty at one gate during [starts_at, ends_at), aware; all of them equal. Nobody = unstaffed."""

    id: int
    gate: str
    starts_at: datetime
    ends_at: datetime
    people: tuple[PersonId, ...]

    @property
    def span(self) -> Window:
        """Its time, in Hanoi time."""
        return Window(self.starts_at.astimezone(TZ), self.ends_at.astimezone(TZ))


@dataclass(frozen=True, slots=True)
class OnShift:
    """The people on duty, in order and each once. `roster_empty`: no shift was ever entered for the gate, so all with the
    role duty there count, and Văn phòng is told once."""

    people: tuple[PersonId, ...]
    roster_empty: bool = False


def on_shift(
    gate: str, at: datetime, shifts: Sequence[Shift], duty_people_of_gate: Sequence[PersonId]
) -> OnShift:
    """Who gets a card of `gate` at `at`.

    `shifts` must hold every shift ever entered for the gate (or at least one of them, besides those around `at`): an
    empty roster and an unstaffed hour are different things. Nobody on shift gives no people, and the next rung's turn.
    """
    own = _of_gate(gate, shifts)
    if not own:
        return OnShift(tuple(sorted(set(duty_people_of_gate))), roster_empty=True)
    present = {person for shift in own if shift.span.holds(at) for person in shift.people}
    return OnShift(tuple(sorted(present)))


def unstaffed(gate: str, day: date, shifts: Sequence[Shift], calendar: GateCalendar) -> tuple[Window, ...]:
    """The service time of `day` with nobody on shift; () while the roster is empty, for then everyone counts.

    `shifts` as in `on_shift`.
    """
    own = _of_gate(gate, shifts)
    staffed = [shift.span for shift in own if shift.people]
    return without(calendar.windows_on(day), staffed) if own else ()


def unstaffed_alarm_at(gap: Window, settings: SlaSettings = DEFAULTS) -> datetime:
    """When an unstaffed gap is alarmed: 24 hours ahead, not when it opens."""
    return gap.start - timedelta(hours=settings.unstaffed_alarm_hours)


def handover_at(shift: Shift, settings: SlaSettings = DEFAULTS) -> datetime:
    """When the holders of a shift get their list: 30 minutes before it ends, or at its start when it is shorter."""
    return max(shift.starts_at, shift.ends_at - timedelta(minutes=settings.handover_minutes))


def confirm_by(incoming: Shift, settings: SlaSettings = DEFAULTS) -> datetime:
    """By when the incoming shift confirms "Đã nhận ca (n phiếu)": 15 minutes after it starts."""
    return incoming.starts_at + timedelta(minutes=settings.handover_confirm_minutes)


@dataclass(frozen=True, slots=True)
class Held:
    """A ticket in somebody's hands at the end of a shift, and what its sender has got so far."""

    ticket: TicketId
    holder: PersonId
    has_outcome: bool = False
    has_interim_answer: bool = False
    is_breached: bool = False

    @property
    def may_stay_overnight(self) -> bool:
        """What the day's last shift may hand over: an outcome, an interim answer, or a breach."""
        return self.has_outcome or self.has_interim_answer or self.is_breached


@dataclass(frozen=True, slots=True)
class Handover:
    """What becomes of the held tickets. `refused` stay with their holders until answered or breached; no clock resets."""

    to_pool: tuple[TicketId, ...]
    kept: tuple[TicketId, ...]
    refused: tuple[TicketId, ...] = ()


def handover(
    shift: Shift, held: Iterable[Held], keeping: frozenset[TicketId], *, last_of_day: bool = False
) -> Handover:
    """The end of `shift`: tickets of its people return to the pool unless marked "Tôi giữ tiếp" (`keeping`).

    On the day's last shift only what may stay overnight goes to the pool; the rest is refused.
    """
    own = [item for item in held if item.holder in shift.people]
    leaving = [item for item in own if item.ticket not in keeping]
    stuck = {item.ticket for item in leaving if last_of_day and not item.may_stay_overnight}
    return Handover(
        to_pool=tuple(item.ticket for item in leaving if item.ticket not in stuck),
        kept=tuple(item.ticket for item in own if item.ticket in keeping),
        refused=tuple(item.ticket for item in leaving if item.ticket in stuck),
    )


def is_last_of_day(shift: Shift, shifts: Iterable[Shift], calendar: GateCalendar) -> bool:
    """Whether no other shift of the gate serves any later window time of the service day in which `shift` ends."""
    last_instant = shift.span.end - timedelta(microseconds=1)
    later = [
        window
        for window in calendar.windows_on(last_instant.date())
        if window.end > shift.ends_at
        for other in _of_gate(shift.gate, shifts)
        if other.id != shift.id and other.ends_at > shift.ends_at and other.starts_at < window.end
    ]
    return not later


def _of_gate(gate: str, shifts: Iterable[Shift]) -> tuple[Shift, ...]:
    return tuple(shift for shift in shifts if shift.gate == gate)
