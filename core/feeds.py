"""Plan deadlines as a calendar shows them: who may follow which, and what stands on which day (RFC 5545 without its syntax)."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum

from core import access
from core.calendar import TZ
from core.office import OfficeCalendar
from core.people import Person
from core.plan import MONTHS_OF, Recurrence, days_of_series
from core.reminders import ReminderSettings, ladder
from core.task import Relevance, Task, TaskStatus

# What is longer past than a quarter no telephone has to carry any more.
KEPT_DAYS = 92
# A calendar of more is cut at its far end: telephones load it again and again, and writing it takes 3 ms an entry.
MOST = 400


class FeedScope(StrEnum):
    """Whose deadlines: those that the person took note of or reported on, those of the person's unit, those of every unit."""

    MINE = "mine"
    UNIT = "unit"
    ALL = "all"


@dataclass(frozen=True, slots=True)
class Dated:
    """A task with the length of its history and the time of its last event."""

    task: Task
    changes: int
    changed_at: datetime


@dataclass(frozen=True, slots=True)
class Rule:
    """How a series comes back: every `interval` weeks, months or years (`every`), up to `until` (included; None = for good).

    `month_days`: the days of the month of which the last that exists counts; () = the day of the first time.
    """

    every: str  # WEEKLY, MONTHLY, YEARLY
    interval: int = 1
    month_days: tuple[int, ...] = ()
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Occasion:
    """One entry of a calendar, at the end of the last office hours before the legal deadline.

    A series is one entry with a `rule`, from its legal days, without those of `left_out`; and one of the same `uid` for each
    time of it, which `stands_for` that legal day. `alarms` are told before `at`.
    """

    uid: str
    at: datetime
    task: Task
    changes: int
    changed_at: datetime
    alarms: tuple[timedelta, ...] = ()
    rule: Rule | None = None
    left_out: tuple[datetime, ...] = ()
    stands_for: datetime | None = None


def scopes_of(person: Person) -> tuple[FeedScope, ...]:
    """Which calendars this person may follow; () for senders and for staff of no unit."""
    unit = person.is_staff and (person.unit is not None or person.role in access.UNIT_ROLES.values())
    own = (FeedScope.UNIT, FeedScope.MINE) if unit else ()
    return (*own, FeedScope.ALL) if access.may_lead(person) else own


def concerns(person: Person, scope: FeedScope, task: Task) -> bool:
    """Whether a task stands in this calendar: asked at each reading, a person may have moved to another unit since."""
    if scope not in scopes_of(person) or task.relevance is Relevance.OTHER or not task.units:
        return False
    if scope is FeedScope.ALL:
        return True
    if scope is FeedScope.UNIT:
        return access.is_of_task(person, task)
    return access.may_see_task(person, task) and person.id in (task.acknowledged_by, task.submitted_by)


def occasions(
    known: Iterable[Dated],
    settings: Mapping[int, ReminderSettings],
    office: OfficeCalendar,
    today: date,
) -> tuple[Occasion, ...]:
    """The calendar of these tasks: series first, then by time; at most MOST entries. `settings` by document.

    Tasks without a day are left out, and what ended more than KEPT_DAYS before `today`.
    """
    rows: dict[tuple[str, ...], list[Dated]] = {}
    for dated in known:
        if dated.task.working_due_at is not None and dated.task.due_on is not None:
            rows.setdefault(_row_of(dated.task), []).append(dated)
    oldest = today - timedelta(days=KEPT_DAYS)
    wanted = [row for row in rows.values() if max(_due(dated) for dated in row) >= oldest]
    # Cut before the work is done (a row has at least one entry): first what is still to come.
    wanted.sort(
        key=lambda row: (max(_due(dated) for dated in row) < today, min(_due(dated) for dated in row))
    )
    made = [occasion for row in wanted[:MOST] for occasion in _of_row(row, settings, office)]
    made.sort(key=lambda one: (one.at.date() < today and one.rule is None, one.at, one.uid))
    nearest = sorted(made[:MOST], key=lambda one: (one.at, one.uid))
    # A reader should know a series before the times of it that stand elsewhere.
    return tuple(sorted(nearest, key=lambda one: one.rule is None))


def _due(dated: Dated) -> date:
    return dated.task.due_on or date.min


def _row_of(task: Task) -> tuple[str, ...]:
    """All times of a series are one row; everything else stands for itself."""
    if task.recurrence is None or task.recurrence == Recurrence.PERIODIC:
        return (str(task.id),)
    return (task.document_key, task.number, task.part, task.recurrence)


def _of_row(
    row: Sequence[Dated], settings: Mapping[int, ReminderSettings], office: OfficeCalendar
) -> list[Occasion]:
    times = sorted(row, key=lambda dated: _legal_time(dated.task, office))
    rule = _rule(times, office)
    if rule is None:
        return [_single(dated, settings, office) for dated in times]
    uid = _uid(min(times, key=lambda dated: dated.task.id))
    days = [_legal_time(dated.task, office) for dated in times]
    series = Occasion(
        uid=uid,
        at=days[0],
        task=_nearest(times).task,
        changes=sum(dated.changes for dated in times),
        changed_at=max(dated.changed_at for dated in times),
        rule=rule,
        left_out=tuple(at for at in _legal_times(times, office) if at not in days),
    )
    return [
        series,
        *(_single(dated, settings, office, uid, day) for dated, day in zip(times, days, strict=True)),
    ]


def _single(
    dated: Dated,
    settings: Mapping[int, ReminderSettings],
    office: OfficeCalendar,
    uid: str = "",
    stands_for: datetime | None = None,
) -> Occasion:
    task = dated.task
    assert task.working_due_at is not None
    at = task.working_due_at.astimezone(TZ)
    told = settings.get(task.document_id, ReminderSettings())
    mornings = ladder(at, datetime.min.replace(tzinfo=TZ), office, told).values()
    wanted = task.status is TaskStatus.OPEN and not task.overdue_at_import
    alarms = tuple(sorted({at - morning for morning in mornings}, reverse=True)) if wanted else ()
    return Occasion(
        uid or _uid(dated), at, task, dated.changes, dated.changed_at, alarms, stands_for=stands_for
    )


def _rule(times: Sequence[Dated], office: OfficeCalendar) -> Rule | None:
    """The rule that these days follow; None when they follow none (a single time, or days that somebody moved)."""
    first, last = times[0].task, times[-1].task
    recurrence = Recurrence(first.recurrence) if first.recurrence else None
    if recurrence is None or (len(times) == 1 and recurrence is not Recurrence.YEARLY):
        return None
    days = {_legal_time(dated.task, office) for dated in times}
    if len(days) < len(times) or not days <= set(_legal_times(times, office)):
        return None
    until = _legal_time(last, office) if len(times) > 1 else None
    if recurrence is Recurrence.WEEKLY:
        return Rule("WEEKLY", until=until)
    day = _legal_time(first, office).day
    # A rule for the 31st would pass over the shorter months; the last day that there is counts.
    month_days = tuple(range(28, day + 1)) if day > 28 else ()
    if recurrence is Recurrence.YEARLY:
        return Rule("YEARLY", 1, (), until)
    at_the_end = _is_last(_legal_time(first, office).date())
    return Rule("MONTHLY", MONTHS_OF[recurrence], (-1,) if at_the_end else month_days, until)


def _legal_times(times: Sequence[Dated], office: OfficeCalendar) -> list[datetime]:
    """Every time of the series from its first to its last known one, as the words of the plan have it."""
    first, last = _legal_time(times[0].task, office), _legal_time(times[-1].task, office)
    recurrence = Recurrence(times[0].task.recurrence or "")
    days = days_of_series(first.date(), recurrence, last.date())
    return [datetime.combine(day, first.time(), TZ) for day in days]


def _legal_time(task: Task, office: OfficeCalendar) -> datetime:
    """The legal day at the end of office hours: what the occurrence was when the plan was applied, wherever it moved since."""
    day = date.fromisoformat(task.occurrence) if task.occurrence else task.due_on
    assert day is not None
    return datetime.combine(day, office.hours[-1][1], TZ)


def _nearest(times: Sequence[Dated]) -> Dated:
    """Whose words the series carries: the next that is open, else the last."""
    return next((dated for dated in times if dated.task.is_open), times[-1])


def _uid(dated: Dated) -> str:
    return f"task-{dated.task.id}@hotline"


def _is_last(day: date) -> bool:
    return (day + timedelta(days=1)).month != day.month
