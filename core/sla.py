"""The promise: what a message received now is owed, and by when (plan III.3, "giải quyết ngay trong ngày"; promise.md)."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from enum import StrEnum

from core.calendar import TZ, GateCalendar
from core.sla_settings import DEFAULTS as DEFAULTS
from core.sla_settings import SlaSettings as SlaSettings
from core.ticket import TicketClass

BREACH_RUNG = 7


class Kind(StrEnum):
    """How a due time came about; the receipt words it accordingly."""

    SAME_DAY = "same-day"
    AFTER_CUT_OFF = "after-cut-off"
    URGENT = "urgent"
    SUGGESTION = "suggestion"


@dataclass(frozen=True, slots=True)
class Rung:
    """One step of the ladder, stored as a timer row: `number` 0–7, `stage` its stable name "rung0" … "rung7"."""

    number: int
    stage: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Promise:
    """What one message is owed. All times aware; `rungs` in order of time.

    `human_reply_by` is set only after the cut-off: the end of the day on which a person still owes a word.
    """

    received_at: datetime
    due_at: datetime
    kind: Kind
    claim_by: datetime
    first_reply_by: datetime
    human_reply_by: datetime | None
    rungs: tuple[Rung, ...]


def promise(
    received_at: datetime,
    calendar: GateCalendar,
    ticket_class: TicketClass,
    settings: SlaSettings = DEFAULTS,
    made_at: datetime | None = None,
) -> Promise:
    """The promise to a message received at `received_at` (aware), made at `made_at` (default: at once).

    Rungs 1–6 already past when it is made are left out; 0 (the card) and 7 (the breach) never are, see docs/adr/0002.
    Raises ValueError for a petition, which has no clock, and NoServiceDay when the gate does not open within 30 days.
    """
    received = received_at.astimezone(TZ)
    made = max(received, (made_at or received).astimezone(TZ))
    match ticket_class:
        case TicketClass.URGENT:
            return _urgent(received, made, settings)
        case TicketClass.NORMAL:
            due, kind = _same_day_due(received, calendar, settings)
        case TicketClass.SUGGESTION:
            due, kind = (
                _end_of_service_day(received, calendar, settings.suggestion_service_days),
                Kind.SUGGESTION,
            )
        case TicketClass.PETITION:
            raise ValueError("a petition has no same-day clock")
    return _in_service_time(received, due, kind, calendar, settings, made)


def _same_day_due(received: datetime, calendar: GateCalendar, settings: SlaSettings) -> tuple[datetime, Kind]:
    begins = calendar.first_service_instant(received)
    day_end = _day_end(begins.date(), calendar)
    if calendar.service_time(begins, day_end) >= _cut(begins.date(), calendar, settings):
        return day_end, Kind.SAME_DAY
    next_day = calendar.next_service_day(begins.date())
    opening = calendar.windows_on(next_day)[0].start
    worked = calendar.add_service_minutes(opening, settings.next_day_minutes)
    return min(worked, _day_end(next_day, calendar)), Kind.AFTER_CUT_OFF


def _cut(day: date, calendar: GateCalendar, settings: SlaSettings) -> timedelta:
    total = sum((window.length for window in calendar.windows_on(day)), timedelta())
    return min(timedelta(minutes=settings.cut_minutes), total / settings.cut_share)


def _day_end(day: date, calendar: GateCalendar) -> datetime:
    return calendar.windows_on(day)[-1].end


def _end_of_service_day(after: datetime, calendar: GateCalendar, n: int) -> datetime:
    """The end of the `n`-th service day after the date of `after`, which is not counted, as in legal terms."""
    day = after.astimezone(TZ).date()
    for _ in range(n):
        day = calendar.next_service_day(day)
    return _day_end(day, calendar)


def _in_service_time(
    received: datetime,
    due: datetime,
    kind: Kind,
    calendar: GateCalendar,
    settings: SlaSettings,
    made: datetime,
) -> Promise:
    reply_by = calendar.add_service_minutes(received, settings.first_reply_minutes)
    steps = [
        *enumerate((calendar.add_service_minutes(received, m) for m in settings.unclaimed_minutes), start=1),
        (3, reply_by),
        *enumerate((calendar.subtract_service_minutes(due, m) for m in settings.before_due_minutes), start=4),
    ]
    return Promise(
        received_at=received,
        due_at=due,
        kind=kind,
        claim_by=calendar.add_service_minutes(received, settings.claim_minutes),
        first_reply_by=reply_by,
        human_reply_by=_human_reply_by(received, calendar, settings) if kind is Kind.AFTER_CUT_OFF else None,
        rungs=_ladder(calendar.first_service_instant(made), steps, due, made),
    )


def _human_reply_by(received: datetime, calendar: GateCalendar, settings: SlaSettings) -> datetime | None:
    day_end = _day_end(calendar.first_service_instant(received).date(), calendar)
    left = calendar.service_minutes(received, day_end)
    return day_end if left >= settings.human_reply_floor_minutes else None


def _urgent(received: datetime, made: datetime, settings: SlaSettings) -> Promise:
    """Wall clock, day and night: no window, no cut-off. Its ladder is the usual one on a shorter measure."""
    due = _later(received, settings.urgent_outcome_minutes)
    reply_by = _later(received, settings.urgent_reply_minutes)
    steps = [
        *enumerate((_later(received, m) for m in settings.urgent_unclaimed_minutes), start=1),
        (3, reply_by),
        *enumerate((_later(due, -m) for m in settings.before_due_minutes), start=4),
    ]
    claim_by = _later(received, settings.urgent_claim_minutes)
    return Promise(received, due, Kind.URGENT, claim_by, reply_by, None, _ladder(made, steps, due, made))


def _later(at: datetime, minutes: int) -> datetime:
    return at + timedelta(minutes=minutes)


def _ladder(
    first: datetime, steps: Iterable[tuple[int, datetime]], due: datetime, made: datetime
) -> tuple[Rung, ...]:
    kept = [(number, at) for number, at in steps if at > made]
    rungs = (Rung(number, f"rung{number}", at) for number, at in [(0, first), *kept, (BREACH_RUNG, due)])
    return tuple(sorted(rungs, key=lambda rung: (rung.at, rung.number)))


def accepted_received_at(
    platform_at: datetime, now: datetime, settings: SlaSettings = DEFAULTS
) -> tuple[datetime, bool]:
    """The `received_at` to believe, and whether the message is late ("tin trễ").

    The platform's own timestamp; `now` when that lies in the future, or – flagged – more than 24 hours back.
    """
    if platform_at > now:
        return now, False
    late = now - platform_at > timedelta(hours=settings.late_message_hours)
    return (now, True) if late else (platform_at, False)


def reissued(
    old_due: datetime,
    now: datetime,
    calendar: GateCalendar,
    ticket_class: TicketClass = TicketClass.NORMAL,
    settings: SlaSettings = DEFAULTS,
) -> Promise:
    """The promise after the sender answered our question at `now`: due = max(old due, due(now)), with a new ladder.

    An urgent ticket never paused: its due time stays, only the ladder is told anew.
    """
    old = old_due.astimezone(TZ)
    if ticket_class is TicketClass.URGENT:
        return _urgent(_later(old, -settings.urgent_outcome_minutes), now.astimezone(TZ), settings)
    fresh = promise(now, calendar, ticket_class, settings)
    if old <= fresh.due_at:
        return fresh
    return _in_service_time(fresh.received_at, old, fresh.kind, calendar, settings, fresh.received_at)


def towards(
    due_at: datetime,
    promised: Promise,
    calendar: GateCalendar,
    ticket_class: TicketClass,
    settings: SlaSettings = DEFAULTS,
    made_at: datetime | None = None,
) -> Promise:
    """`promised` with a due time that stands whatever a new promise would give: its last rungs are told before `due_at`.

    A class that changes never moves the due time later (promise.md, Waiting); its ladder has to lead to the earlier one.
    """
    due, made = due_at.astimezone(TZ), (made_at or promised.received_at).astimezone(TZ)
    if due == promised.due_at:
        return promised
    is_urgent = ticket_class is TicketClass.URGENT
    before_due = (
        (number, _later(due, -m) if is_urgent else calendar.subtract_service_minutes(due, m))
        for number, m in enumerate(settings.before_due_minutes, start=4)
    )
    first, *_ = (rung.at for rung in promised.rungs if rung.number == 0)
    early = ((rung.number, rung.at) for rung in promised.rungs if 0 < rung.number < 4)
    return replace(promised, due_at=due, rungs=_ladder(first, (*early, *before_due), due, made))


def may_close_unanswered_from(question_delivered_at: datetime, calendar: GateCalendar) -> datetime:
    """When "chưa đủ thông tin" may close: the end of the service day after our question was DELIVERED."""
    return _end_of_service_day(question_delivered_at, calendar, 1)


def late_answer_reopens_until(closed_at: datetime, settings: SlaSettings = DEFAULTS) -> datetime:
    """Until when an answer reopens a ticket closed "chưa đủ thông tin": 30 days of 24 hours."""
    return closed_at + timedelta(days=settings.late_answer_reopens_days)


def may_wait_for_sender(
    asked_count: int, ticket_class: TicketClass = TicketClass.NORMAL, settings: SlaSettings = DEFAULTS
) -> bool:
    """Whether the clock may pause once more: at most twice a ticket, never when it is urgent."""
    return ticket_class is not TicketClass.URGENT and asked_count < settings.waits_for_sender


def reopen_until(resolved_at: datetime, calendar: GateCalendar, settings: SlaSettings = DEFAULTS) -> datetime:
    """The last instant to reopen: the end of the third service day after the date of the resolution."""
    return _end_of_service_day(resolved_at, calendar, settings.reopen_service_days)


def reopening_goes_to_leader(reopening: int, settings: SlaSettings = DEFAULTS) -> bool:
    """Whether this `reopening` (1 = the first) goes to a leader: the third does, and any later one."""
    return reopening >= settings.leader_reopening


def auto_close_at(resolved_at: datetime, settings: SlaSettings = DEFAULTS) -> datetime:
    """When silence closes a resolved ticket: 24 hours of wall clock."""
    return resolved_at + timedelta(hours=settings.auto_close_hours)


def breach_reason_by(
    breached_at: datetime, calendar: GateCalendar, settings: SlaSettings = DEFAULTS
) -> datetime:
    """By when the holder owes a reason code: 30 service minutes after the breach."""
    return calendar.add_service_minutes(breached_at, settings.breach_reason_minutes)


def next_nag_at(after: datetime, calendar: GateCalendar, settings: SlaSettings = DEFAULTS) -> datetime:
    """The next reminder of a breach later than `after`: a window start, or 120 service minutes on, whichever is first."""
    on_the_way = calendar.add_service_minutes(after, settings.nag_minutes)
    start = calendar.next_window_start(after)
    return on_the_way if on_the_way < start and calendar.is_open(on_the_way) else start


def fire_at(rung: Rung, now: datetime, calendar: GateCalendar, ticket_class: TicketClass) -> datetime:
    """When `rung` fires at the earliest, seen from `now`: its own time, not before now, inside a window if it needs one."""
    earliest = max(rung.at, now)
    if ticket_class is TicketClass.URGENT or rung.number == BREACH_RUNG:
        return earliest
    return calendar.first_service_instant(earliest)


def highest(rungs: Iterable[Rung]) -> Rung | None:
    """The only rung of a ticket that fires after downtime; None when none is due. The others go into one digest."""
    return max(rungs, key=lambda rung: rung.number, default=None)


def leader_hold_until(at: datetime, urgent: bool, settings: SlaSettings = DEFAULTS) -> datetime:
    """When a leader's text due at `at` may go: between 21:00 and 06:00 at 06:00, unless urgent."""
    local = at.astimezone(TZ)
    if urgent or settings.quiet_until <= local.time() < settings.quiet_from:
        return local
    morning = datetime.combine(local.date(), settings.quiet_until, TZ)
    return morning if local < morning else morning + timedelta(days=1)


def kept(resolved_at: datetime | None, due_at: datetime) -> bool:
    """Kept ⇔ resolved not later than due; equal is on time."""
    return resolved_at is not None and resolved_at <= due_at


def joined_due(dues: Iterable[datetime]) -> datetime:
    """Joined tickets take the earliest due time. Raises ValueError when there is none."""
    return min(dues)


def downgraded_due(old_due: datetime, new_due: datetime, now: datetime) -> datetime:
    """The due time after a change of class downwards: never later, and one already past stays where it is."""
    return old_due if old_due <= now or new_due <= now else min(old_due, new_due)
