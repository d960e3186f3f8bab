"""What a plan document asks for: tasks, responsible units, deadlines, and the questions a person has to answer first."""

from calendar import monthrange
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from enum import StrEnum

from core.office import OfficeCalendar
from core.windows import TZ

END_OF_DAY = time(23, 59)  # "hết ngày": promise.md, "Plan deadlines"


class Recurrence(StrEnum):
    """How often a task comes back. PERIODIC: "định kỳ", "thường xuyên" – it comes back, nobody says how often."""

    YEARLY = "yearly"
    HALF_YEARLY = "half-yearly"
    QUARTERLY = "quarterly"
    MONTHLY = "monthly"
    WEEKLY = "weekly"
    PERIODIC = "periodic"


class Confidence(StrEnum):
    """SURE: the words say these days. LIKELY: a convention or the plan's year was needed. ASK: a person must say."""

    SURE = "sure"
    LIKELY = "likely"
    ASK = "ask"


class Trouble(StrEnum):
    """Why a deadline has no date."""

    MISSING = "missing"  # nothing is written
    IMPOSSIBLE = "impossible"  # "31/02", "tháng 13", "Quý V", an end before its start
    OPEN = "open"  # "sau khi có hướng dẫn", "từ tháng 3/2026": the words name no last day
    NO_YEAR = "no_year"  # a date without a year in a plan that names none
    UNREADABLE = "unreadable"  # words that are no time


class ProblemCode(StrEnum):
    """What a person is told about a draft."""

    IMPOSSIBLE_DATE = "impossible_date"
    MISSING_DEADLINE = "missing_deadline"
    OPEN_DEADLINE = "open_deadline"
    NO_YEAR = "no_year"
    UNREADABLE_DEADLINE = "unreadable_deadline"
    UNKNOWN_UNIT = "unknown_unit"
    GUESSED_UNIT = "guessed_unit"
    MISSING_LEAD = "missing_lead"
    UNIT_TWICE = "unit_twice"
    MISSING_OUTPUT = "missing_output"
    MISSING_NUMBER = "missing_number"
    NUMBER_GAP = "number_gap"
    SHORT_ROW = "short_row"
    UNREAD_PART = "unread_part"


# Only these leave the reminders without a day or a receiver that could be trusted.
SERIOUS = frozenset(
    {
        ProblemCode.IMPOSSIBLE_DATE,
        ProblemCode.UNREADABLE_DEADLINE,
        ProblemCode.NO_YEAR,
        ProblemCode.UNKNOWN_UNIT,
        ProblemCode.UNREAD_PART,
        ProblemCode.SHORT_ROW,
    }
)


@dataclass(frozen=True, slots=True)
class Deadline:
    """When a task is due, as `text` says it (the words as written).

    `start` and `due` are days in Hanoi, both included; `due` is the legal one. `due_time` is set only when the words give
    an hour. For a series they are its first occurrence in the plan's year, and `until` is the last day it may come back.
    `working_due` is aware; None until `with_working_due`. `trouble` is set exactly when `due` is None; `trouble_quote`
    holds the words in question. `parts` are the single deadlines of a cell with several.
    """

    text: str = ""
    start: date | None = None
    due: date | None = None
    recurrence: Recurrence | None = None
    confidence: Confidence = Confidence.ASK
    due_time: time | None = None
    until: date | None = None
    working_due: datetime | None = None
    trouble: Trouble | None = Trouble.MISSING
    trouble_quote: str = ""
    parts: "tuple[SubDeadline, ...]" = ()


@dataclass(frozen=True, slots=True)
class SubDeadline:
    """One of several deadlines in a cell: `label` names what is due then ("KH công tác")."""

    label: str
    deadline: Deadline


@dataclass(frozen=True, slots=True)
class NamedUnit:
    """A unit as a document names it: `written` there, `name` canonical ("written" again while unknown).

    `code` is its code in units.csv or unit_groups.csv, None when unknown. `group`: a collective name, nobody's own.
    `sure` is False for a guess by rule (an unlisted abbreviation) and for an unknown name.
    """

    written: str
    name: str
    code: str | None
    group: bool = False
    sure: bool = True


class Form(StrEnum):
    """A table of tasks, or prose under headings."""

    TABLE = "table"
    PROSE = "prose"


@dataclass(frozen=True, slots=True)
class PlanDocument:
    """Where the tasks come from. What the document leaves blank is None (a draft has no number and no date).

    `year` is the year its dates without a year belong to. `sha256` is of the file's bytes.
    """

    title: str
    number: str | None
    issuer: str | None
    issued_on: date | None
    year: int | None
    form: Form
    file_format: str
    sha256: str


@dataclass(frozen=True, slots=True)
class DraftTask:
    """One task as read, before a person has reviewed it.

    `number` is unique in the document ("10", "II.3", "IV.1.2"); `criteria_groups` are HPI groups 1–9; `quote` holds the
    words of the source from which the deadline (a table) or the whole task (prose) was read; `place` says where ("dòng 24").
    """

    number: str
    section: str
    section_title: str
    criteria_groups: tuple[int, ...]
    title: str
    leads: tuple[NamedUnit, ...]
    cooperating: tuple[NamedUnit, ...]
    deadline: Deadline
    expected_output: str
    quote: str
    place: str


@dataclass(frozen=True, slots=True)
class Problem:
    """Something a person has to look at. `row` is the task's number, None when it is about the whole document."""

    row: str | None
    code: ProblemCode
    message: str

    @property
    def serious(self) -> bool:
        """Whether the task must not be reminded of before this is settled."""
        return self.code in SERIOUS


@dataclass(frozen=True, slots=True)
class Draft:
    """A document as read: nothing of it is stored yet."""

    document: PlanDocument
    tasks: tuple[DraftTask, ...]
    problems: tuple[Problem, ...]


def legal_end(due: date, due_time: time | None = None) -> datetime:
    """The last minute that is on time: 23:59 of the legal due day in Hanoi, or the hour the document gives."""
    return datetime.combine(due, due_time or END_OF_DAY, TZ)


def working_due(due: date, office: OfficeCalendar, due_time: time | None = None) -> datetime:
    """The end of the last office hours not after the legal due (promise.md): 29/11/2026, a Sunday → 27/11/2026 17:00.

    Raises NoServiceDay when the offices do not work once in the 30 days before.
    """
    return office.last_office_minute_not_after(legal_end(due, due_time))


def with_working_due(deadline: Deadline, office: OfficeCalendar) -> Deadline:
    """The same deadline, its parts too, with `working_due` told. Raises NoServiceDay as `working_due` does."""
    parts = tuple(SubDeadline(part.label, with_working_due(part.deadline, office)) for part in deadline.parts)
    if deadline.due is None:
        return replace(deadline, parts=parts)
    return replace(deadline, working_due=working_due(deadline.due, office, deadline.due_time), parts=parts)


MONTHS_OF = {
    Recurrence.MONTHLY: 1,
    Recurrence.QUARTERLY: 3,
    Recurrence.HALF_YEARLY: 6,
    Recurrence.YEARLY: 12,
}


def occurrences(deadline: Deadline, last: date) -> tuple[date, ...]:
    """The legal due days of a series up to `last` and to its own `until`, both included; one day when it is no series.

    PERIODIC has only its one `due`: how often is chosen at review. A series due on the last day of a month keeps to last
    days. () when there is no date.
    """
    if deadline.due is None:
        return ()
    end = min(last, deadline.until) if deadline.until else last
    return days_of_series(deadline.due, deadline.recurrence, end)


def days_of_series(first: date, recurrence: Recurrence | None, last: date) -> tuple[date, ...]:
    """`first` and the days on which it comes back, up to `last` included."""
    return tuple(_up_to(_series(first, recurrence), last))


def _series(first: date, recurrence: Recurrence | None) -> Iterator[date]:
    if recurrence is Recurrence.WEEKLY:
        yield from (first + timedelta(weeks=n) for n in range(5300))
        return
    step = MONTHS_OF.get(recurrence) if recurrence else None
    if step is None:
        yield first
        return
    at_the_end = first.day == monthrange(first.year, first.month)[1]
    for n in range(0, 1200, step):
        yield _months_later(first, n, at_the_end)


def _months_later(first: date, months: int, at_the_end: bool) -> date:
    years, month = divmod(first.month - 1 + months, 12)
    length = monthrange(first.year + years, month + 1)[1]
    return date(first.year + years, month + 1, length if at_the_end else min(first.day, length))


def _up_to(days: Iterator[date], end: date) -> Iterator[date]:
    for day in days:
        if day > end:
            return
        yield day
