"""When a plan's deadline is reminded, and how far up (promise.md, "Plan deadlines"; the board's plan, IV.1 "theo dõi, đôn đốc")."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import IntEnum

from core.calendar import TZ
from core.errors import NoServiceDay, Refused
from core.office import OfficeCalendar
from core.task import Task


class Level(IntEnum):
    """Who hears of it; each level hears with those below it."""

    OFFICERS = 1
    UNIT_HEAD = 2
    OFFICE = 3
    LEADERS = 4


@dataclass(frozen=True, slots=True)
class ReminderSettings:
    """Of one document. `days_before` are working days before `working_due`; `checkins` is "monthly", "quarterly" or "none"."""

    days_before: tuple[int, ...] = (30, 14, 7, 3, 1)
    overdue_every: int = 2
    morning: time = time(7, 45)
    checkins: str = "quarterly"


DEFAULTS = ReminderSettings()
EARLIEST = time(5)  # nobody is reminded in the night


FIRST, CHECKIN, RUNG, OVERDUE, NAG = "first", "checkin-", "T-", "overdue", "nag"
WEEKS = 5  # no search through any calendar looks further
EVERY = {"monthly": 1, "quarterly": 3}  # months from one check-in to the next
# Equal is on time: at the due minute itself nothing is overdue yet.
JUST_AFTER = timedelta(microseconds=1)
LONG = timedelta(days=100)
_RANKS = (FIRST, CHECKIN, RUNG, OVERDUE, NAG)


def stages(
    task: Task, now: datetime, calendar: OfficeCalendar, settings: ReminderSettings = DEFAULTS
) -> Mapping[str, datetime]:
    """Everything that is to come for this task, stage → when (aware). {} for what is not reminded: none of the board's
    business, done, or overdue before it was imported ("quá hạn khi nhập" is flagged, not blasted).

    Of a series each occurrence is reminded in its own time, and heard of for the first time by its first rung.
    """
    if not task.is_reminded or task.overdue_at_import:
        return {}
    known: dict[str, datetime] = {}
    if task.working_due_at is not None and task.due_at is not None:
        known |= ladder(task.working_due_at, now, calendar, settings)
        known |= {OVERDUE: task.due_at + JUST_AFTER} if task.due_at + JUST_AFTER > now else {}
    if task.due_on is None or spans_year(task):
        known |= checkins(task, now, calendar, settings)
    begins = morning_of(task.start_on, settings) if task.occurrence and task.start_on else now
    own = {stage: at for stage, at in known.items() if at >= begins}
    return own if begins > now else own | {FIRST: _first(task, now, calendar, settings)}


def newest(due: Iterable[tuple[str, datetime]]) -> str | None:
    """The one stage of a task that speaks when several are due at once (after downtime): the last that fell due."""
    return max(due, key=lambda one: (one[1], _rank(one[0])), default=("", None))[0] or None


def may_speak(now: datetime, calendar: OfficeCalendar, settings: ReminderSettings = DEFAULTS) -> bool:
    """Whether a reminder may go out now: on a working day, from the morning until the offices close."""
    local = now.astimezone(TZ)
    return calendar.is_working_day(local.date()) and settings.morning <= local.time() < calendar.hours[-1][1]


def speaks_at(now: datetime, calendar: OfficeCalendar, settings: ReminderSettings = DEFAULTS) -> datetime:
    """Now, when somebody may be reminded now; else the next office morning."""
    return now if may_speak(now, calendar, settings) else first_notice(now, calendar, settings)


def weekly_at(now: datetime, calendar: OfficeCalendar, settings: ReminderSettings = DEFAULTS) -> datetime:
    """The next Monday digest: the morning of a week's first working day; a week without one (Tết) is passed over."""
    today = now.astimezone(TZ).date()
    monday = today - timedelta(days=today.weekday())
    for week in range(WEEKS):
        days = [monday + timedelta(weeks=week, days=n) for n in range(7)]
        first = next((day for day in days if calendar.is_working_day(day)), None)
        if first is not None and morning_of(first, settings) > now:
            return morning_of(first, settings)
    raise NoServiceDay("office")


def settings_of(values: Mapping[str, object]) -> ReminderSettings:
    """The settings as a document stores them; what is not there is the default. Raises ValueError for nonsense."""
    days, every = values.get("days_before"), values.get("overdue_every", DEFAULTS.overdue_every)
    checkin = values.get("checkins", DEFAULTS.checkins)
    if checkin not in {*EVERY, "none"} or not isinstance(every, int) or every < 1:
        raise ValueError("reminder settings")
    return ReminderSettings(
        tuple(int(n) for n in days) if isinstance(days, list | tuple) else DEFAULTS.days_before,
        every,
        time.fromisoformat(str(values.get("morning", DEFAULTS.morning.isoformat()))),
        str(checkin),
    )


def check_settings(settings: ReminderSettings, office: OfficeCalendar) -> None:
    """Raises `bad_days_before` (1 to 10 different numbers from 1 to 90), `bad_overdue_every` (1 to 30 working days) or
    `bad_morning` (an hour at which the offices are still open that day, or nobody would ever be reminded)."""
    days = settings.days_before
    if not 1 <= len(days) <= 10 or len(set(days)) != len(days) or not all(1 <= n <= 90 for n in days):
        raise Refused("bad_days_before")
    if not 1 <= settings.overdue_every <= 30:
        raise Refused("bad_overdue_every")
    opens, closes = EARLIEST, office.hours[-1][1]
    if not opens <= settings.morning < closes:
        raise Refused("bad_morning", opens=f"{opens:%H:%M}", closes=f"{closes:%H:%M}")


def settings_values(settings: ReminderSettings) -> dict[str, object]:
    """As JSON carries them; `settings_of` reads them back."""
    return {
        "days_before": list(settings.days_before),
        "overdue_every": settings.overdue_every,
        "morning": settings.morning.isoformat(),
        "checkins": settings.checkins,
    }


def ladder(
    working_due_at: datetime, now: datetime, calendar: OfficeCalendar, settings: ReminderSettings = DEFAULTS
) -> Mapping[str, datetime]:
    """Stage → morning (aware): "T-30" … "T-1" and "T-0", the day itself. What is past at `now` is left out.

    A rung earlier than the first day of the work is no matter: somebody who hears early is not late.
    """
    due_day = working_due_at.astimezone(TZ).date()
    days = {f"{RUNG}{n}": calendar.working_day_before(due_day, n) for n in settings.days_before} | {
        f"{RUNG}0": due_day
    }
    mornings = {stage: morning_of(day, settings) for stage, day in days.items()}
    return {stage: at for stage, at in mornings.items() if at > now}


def first_notice(now: datetime, calendar: OfficeCalendar, settings: ReminderSettings = DEFAULTS) -> datetime:
    """When an officer first hears of a task that was just applied: the next office morning."""
    today = now.astimezone(TZ).date()
    at = morning_of(today, settings)
    if calendar.is_working_day(today) and at > now:
        return at
    return morning_of(calendar.working_day_after(today), settings)


def next_nag(now: datetime, calendar: OfficeCalendar, settings: ReminderSettings = DEFAULTS) -> datetime:
    """Overdue: again after every second working day, in the morning."""
    return morning_of(calendar.working_day_after(now.astimezone(TZ).date(), settings.overdue_every), settings)


def checkins(
    task: Task, now: datetime, calendar: OfficeCalendar, settings: ReminderSettings
) -> Mapping[str, datetime]:
    """ "Cả năm": the last working day of each month or quarter up to the deadline, instead of one date at the end.

    What has no deadline at all (a person was asked for one) is looked after in the same way to the end of this year.
    """
    if settings.checkins not in EVERY:
        return {}
    this_year = now.astimezone(TZ).year
    last = task.due_on or date(this_year + 1, 1, 1)
    start = task.start_on or date(min(this_year, last.year), 1, 1)
    ends = [
        _last_day(year, month)
        for year in range(start.year, last.year + 1)
        for month in range(EVERY[settings.checkins], 13, EVERY[settings.checkins])
    ]
    days = {end: _working_day_at_or_before(end, calendar) for end in ends if start <= end < last}
    mornings = {f"{CHECKIN}{end:%Y-%m}": morning_of(day, settings) for end, day in days.items()}
    return {stage: at for stage, at in mornings.items() if at > now}


def spans_year(task: Task) -> bool:
    """Whether the work runs so long (over three months) that one date at the end would remind nobody in time."""
    if task.start_on is None or task.due_on is None:
        return False
    return task.due_on - task.start_on > LONG


def level_of(task: Task) -> Level:
    """Not acknowledged → each further reminder climbs: the officers, their head, Văn phòng, a leader."""
    if task.acknowledged_at is not None:
        return Level.OFFICERS
    return Level(min(task.unheard + 1, Level.LEADERS))


def overdue_level(task: Task, now: datetime) -> Level:
    """An overdue task is the head's matter at once and Văn phòng's; after a week a leader's.

    Who heard of it before the deadline, because nobody acknowledged, goes on hearing of it.
    """
    if task.overdue_at is None:
        return level_of(task)
    late = Level.LEADERS if now - task.overdue_at > timedelta(days=7) else Level.OFFICE
    return max(late, level_of(task))


def colour(task: Task, now: datetime, calendar: OfficeCalendar) -> str:
    """red: overdue, or due within 3 working days and nothing reported; orange: due in 14 days, or not acknowledged; else green."""
    if task.due_at is None or not task.is_open:
        return "green"
    if now > task.due_at:
        return "red"
    today = now.astimezone(TZ).date()
    close = task.working_due_at is not None and task.working_due_at.astimezone(
        TZ
    ).date() <= calendar.working_day_after(today, 3)
    if close and task.progress < 50:
        return "red"
    soon = task.due_at - now <= timedelta(days=14)
    return "orange" if soon or (task.unheard and task.acknowledged_at is None) else "green"


def morning_of(day: date, settings: ReminderSettings = DEFAULTS) -> datetime:
    """07:45 office time of a day."""
    return datetime.combine(day, settings.morning, TZ)


def _first(task: Task, now: datetime, calendar: OfficeCalendar, settings: ReminderSettings) -> datetime:
    """The next office morning; at once when that would be after the deadline, whatever the hour."""
    morning = first_notice(now, calendar, settings)
    return now if task.due_at is not None and morning > task.due_at else morning


def _rank(stage: str) -> int:
    return next((rank for rank, name in enumerate(_RANKS) if stage.startswith(name)), 0)


def _last_day(year: int, month: int) -> date:
    return (date(year + month // 12, month % 12 + 1, 1)) - timedelta(days=1)


def _working_day_at_or_before(day: date, calendar: OfficeCalendar) -> date:
    return day if calendar.is_working_day(day) else calendar.working_day_before(day)
