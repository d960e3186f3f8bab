"""What a report on plans counts: what became of each task by a certain moment, and how many of each (no words, no layout)."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum

from core.calendar import TZ
from core.figures import Figures
from core.folding import fold
from core.task import Relevance, Task

CRITERIA_GROUPS = range(1, 10)  # HPI: domain.md, "The two plan documents"
_QUARTER = re.compile(r"(?:q|quý )?(i{1,3}|iv|[1-4])[/-](20[0-9]{2})")
_ROMAN = {"i": 1, "ii": 2, "iii": 3, "iv": 4}
_TARGETS = "muc tieu"  # the heading under which a plan states them


class Outcome(StrEnum):
    """SUBMITTED: reported as done, not accepted yet. DONE_UNDATED: done, and no deadline to be on time for."""

    DONE_ON_TIME = "done_on_time"
    DONE_LATE = "done_late"
    DONE_UNDATED = "done_undated"
    SUBMITTED = "submitted"
    OVERDUE = "overdue"
    RUNNING = "running"


@dataclass(frozen=True, slots=True)
class Said:
    """What a unit wrote about a task, as it was kept ("" when it sent only files, or was erased since); `files` by name."""

    on: date
    text: str
    files: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Extension:
    """A later deadline that a leader granted on `decided_on`. Both dates are kept: `was` is None when there was none."""

    was: date | None
    until: date
    decided_on: date


@dataclass(frozen=True, slots=True)
class TaskLine:
    """One task as a report tells it. Days are Hanoi's.

    `clause` is its place in the document ("III.1"), `groups` are HPI groups 1–9 (a clause may serve two). `late_days`:
    calendar days after the legal due, 0 when on time. `acknowledged`: somebody of the unit has taken note.
    `colour`: "red", "orange", "green" as in the chat, "" when nothing is owed. `obstacles` and `evidence`: oldest first.
    """

    document_id: int
    number: str
    part: str
    occurrence: str
    title: str
    clause: str
    clause_title: str
    groups: tuple[int, ...]
    relevance: Relevance
    unit: str
    leads: tuple[str, ...]
    cooperating: tuple[str, ...]
    period_text: str
    expected_output: str
    start_on: date | None
    due_on: date | None
    outcome: Outcome
    progress: int
    acknowledged: bool
    late_at_import: bool
    completed_on: date | None
    late_days: int
    colour: str
    extensions: tuple[Extension, ...] = ()
    asked_until: date | None = None
    obstacles: tuple[Said, ...] = ()
    evidence: tuple[Said, ...] = ()

    @property
    def is_target(self) -> bool:
        """Whether it stands among the targets ("MỤC TIÊU") of its document."""
        return _TARGETS in fold(self.clause_title)

    @property
    def label(self) -> str:
        """ "4 – KH công tác" where a row has several deadlines, "20 (29/11/2026)" in a series."""
        day = f" ({date.fromisoformat(self.occurrence):%d/%m/%Y})" if self.occurrence else ""
        return f"{self.number}{f' – {self.part}' if self.part else ''}{day}"


@dataclass(frozen=True, slots=True)
class ReportedPlan:
    """A plan in force. `own`: the board issued it. `not_ours`: rows that are none of the board's business."""

    id: int
    number: str | None
    title: str
    version: int
    own: bool
    not_ours: int
    issued_on: date | None = None


@dataclass(frozen=True, slots=True)
class Question:
    """Something a person has to look at: `row` of the plan `plan_id`, None when about all of it; `message` as it was read."""

    plan_id: int
    row: str | None
    message: str
    serious: bool


@dataclass(frozen=True, slots=True)
class PlanReport:
    """All that a report on the plans in force says of `first`–`last` (both included), as things stood at `at` (aware).

    `tasks` are the board's in that time, `every` also what is none of its business and what lies outside of that time.
    `petitions` are only counted. `drill`: the figures come from an exercise.
    """

    first: date
    last: date
    at: datetime
    plans: tuple[ReportedPlan, ...]
    tasks: tuple[TaskLine, ...]
    every: tuple[TaskLine, ...]
    questions: tuple[Question, ...]
    hotline: Figures
    petitions: int
    drill: bool = False


@dataclass(frozen=True, slots=True)
class Tally:
    """How many tasks came to what; the six outcomes make up `total`. `obstructed` and `extended` are among them."""

    total: int
    outcomes: Mapping[Outcome, int]
    obstructed: int
    extended: int

    @property
    def done(self) -> int:
        return sum(
            self.outcomes[one] for one in (Outcome.DONE_ON_TIME, Outcome.DONE_LATE, Outcome.DONE_UNDATED)
        )

    @property
    def done_with_day(self) -> int:
        """The denominator of "on time": done, and there was a deadline."""
        return self.outcomes[Outcome.DONE_ON_TIME] + self.outcomes[Outcome.DONE_LATE]


def outcome(task: Task, at: datetime) -> Outcome:
    """What had become of `task` by `at`. Equal is on time; what was handed in before its deadline is not overdue after it."""
    if task.completed_at is not None and task.completed_at <= at:
        if task.due_at is None:
            return Outcome.DONE_UNDATED
        return Outcome.DONE_ON_TIME if task.completed_at <= task.due_at else Outcome.DONE_LATE
    if task.completed_at is None and task.submitted_at is not None and task.submitted_at <= at:
        return Outcome.SUBMITTED
    return Outcome.OVERDUE if task.due_at is not None and at > task.due_at else Outcome.RUNNING


def late_days(task: Task, at: datetime) -> int:
    """Calendar days between the legal due and the end of the work, or `at` while it goes on; 0 when not late, and for what
    was over before anybody followed it ("quá hạn khi nhập"): nobody was late by those days."""
    if (
        task.overdue_at_import
        or task.due_on is None
        or outcome(task, at) not in (Outcome.DONE_LATE, Outcome.OVERDUE)
    ):
        return 0
    ended = task.completed_at if task.completed_at is not None and task.completed_at <= at else at
    return max((ended.astimezone(TZ).date() - task.due_on).days, 1)


def is_of_period(task: Task, first: date, last: date) -> bool:
    """Whether work on `task` falls into these days: begun by the last one, and not done before the first one.

    What was due earlier and is still owed belongs to every later period, until it is done.
    """
    if task.start_on is not None and task.start_on > last:
        return False
    return task.completed_at is None or task.completed_at.astimezone(TZ).date() >= first


def quarter(text: str) -> tuple[date, date] | None:
    """First and last day of "IV/2026", "4/2026", "Quý IV/2026" or "Q4-2026"; None for anything else."""
    found = _QUARTER.fullmatch(" ".join(text.split()).casefold())
    if found is None:
        return None
    number, year = _ROMAN.get(found[1]) or int(found[1]), int(found[2])
    following = date(year + number // 4, number % 4 * 3 + 1, 1)
    return date(year, number * 3 - 2, 1), following - timedelta(days=1)


def tally(tasks: Iterable[TaskLine]) -> Tally:
    """The counts of `tasks`; every outcome has one, 0 too."""
    known = list(tasks)
    return Tally(
        len(known),
        {one: sum(task.outcome is one for task in known) for one in Outcome},
        sum(bool(task.obstacles) for task in known),
        sum(bool(task.extensions) for task in known),
    )


def by_clause(tasks: Sequence[TaskLine]) -> dict[tuple[str, str], Tally]:
    """(clause, its title) → counts, in the order of the document; of one plan."""
    return {
        key: tally(task for task in tasks if (task.clause, task.clause_title) == key)
        for key in dict.fromkeys((task.clause, task.clause_title) for task in tasks)
    }


def by_group(tasks: Sequence[TaskLine]) -> dict[int | None, Tally]:
    """HPI group → counts; None: of no group. A task of two groups counts in both. Groups without a task are there, with 0."""
    counted: dict[int | None, Tally] = {
        group: tally(task for task in tasks if group in task.groups) for group in CRITERIA_GROUPS
    }
    others = [task for task in tasks if not task.groups]
    if others:
        counted[None] = tally(others)
    return counted
