"""A task of a plan: what a unit has to do by when, and what became of it. Rules as in core/lifecycle.py: (task, events) out."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from enum import StrEnum
from typing import NewType

from core.errors import Refused
from core.events import Datum
from core.ids import PersonId

TaskId = NewType("TaskId", int)


class TaskStatus(StrEnum):
    """SUBMITTED: said to be done, with evidence; the unit head has not accepted it yet. REMOVED: gone from the newest version."""

    OPEN = "open"
    SUBMITTED = "submitted"
    DONE = "done"
    REMOVED = "removed"


class Relevance(StrEnum):
    """Whose task it is, seen from the board: it leads; it is named; it is one of "các sở, ban, ngành"; none of its business."""

    LEADS = "leads"
    NAMED = "named"
    GROUP = "group"
    OTHER = "other"


class TaskEventKind(StrEnum):
    """What can happen to a task; docs/states.md gives the Vietnamese."""

    APPLIED = "applied"
    CHANGED = "changed"
    REMOVED = "removed"
    REMINDED = "reminded"
    ACKNOWLEDGED = "acknowledged"
    PROGRESSED = "progressed"
    SUBMITTED = "submitted"
    ACCEPTED = "accepted"
    RETURNED = "returned"
    OBSTRUCTED = "obstructed"
    EXTENSION_ASKED = "extension_asked"
    EXTENSION_DECIDED = "extension_decided"
    OVERDUE = "overdue"
    QUESTIONED = "questioned"


@dataclass(frozen=True, slots=True)
class TaskEvent:
    """As core.events.Event: words are never in it, only the id and digest of the message that holds them."""

    kind: TaskEventKind
    at: datetime
    actor: PersonId | None = None
    noticed_at: datetime | None = None
    data: Mapping[str, Datum] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Task:
    """The present state. `due_at` is the legal due (overdue is judged by it), `working_due_at` what reminders count back from.

    `part` tells the labelled deadlines of one row apart, `occurrence` the instances of a series (the ISO date of each).
    `deadline_no` counts the due times this task ever had; `unheard` the reminders since it last changed hands or dates
    that nobody acknowledged. `unit` is the code of the board's own unit that is reminded, `co_units` are those that lead
    it together with that one: each is reminded, what any of them reports counts once, for the task.
    """

    id: TaskId
    document_id: int
    document_key: str
    number: str
    title: str
    relevance: Relevance
    part: str = ""
    occurrence: str = ""
    section: str = ""
    section_title: str = ""
    criteria_group: int | None = None
    lead_units: tuple[str, ...] = ()
    cooperating_units: tuple[str, ...] = ()
    unit: str | None = None
    co_units: tuple[str, ...] = ()
    period_text: str = ""
    start_on: date | None = None
    due_on: date | None = None
    due_at: datetime | None = None
    working_due_at: datetime | None = None
    recurrence: str | None = None
    expected_output: str = ""
    quote: str = ""
    status: TaskStatus = TaskStatus.OPEN
    progress: int = 0
    deadline_no: int = 1
    overdue_at_import: bool = False
    unheard: int = 0
    acknowledged_at: datetime | None = None
    acknowledged_by: PersonId | None = None
    submitted_at: datetime | None = None
    submitted_by: PersonId | None = None
    completed_at: datetime | None = None
    accepted_by: PersonId | None = None
    asked_due_on: date | None = None
    overdue_at: datetime | None = None
    overdue_noticed_at: datetime | None = None

    @property
    def units(self) -> tuple[str, ...]:
        """Every unit of the board's that answers for it, the one named first in front."""
        return () if self.unit is None else (self.unit, *self.co_units)

    @property
    def is_open(self) -> bool:
        """Somebody still owes something: work, or the head's acceptance."""
        return self.status in {TaskStatus.OPEN, TaskStatus.SUBMITTED}

    @property
    def is_reminded(self) -> bool:
        """Tasks that are none of the board's business are stored, never reminded."""
        return self.is_open and self.relevance is not Relevance.OTHER and self.unit is not None


Decided = tuple[Task, tuple[TaskEvent, ...]]


def remind(task: Task, now: datetime, stage: str, reached: int, at: datetime) -> Decided:
    """One reminder went out at `now` that was due at `at`. Not acknowledged, it makes the next one climb a level."""
    heard = task.acknowledged_at is not None
    noticed = now if now != at else None
    event = TaskEvent(
        TaskEventKind.REMINDED, at, noticed_at=noticed, data={"stage": stage, "reached": reached}
    )
    return replace(task, unheard=0 if heard else task.unheard + 1), (event,)


def acknowledge(task: Task, by: PersonId, now: datetime) -> Decided:
    """Đã nhận. Raises `already_acknowledged` when somebody of the unit has, `task_over` when it is done."""
    _must_be_open(task)
    if task.acknowledged_at is not None:
        raise Refused("already_acknowledged", number=task.number)
    known = replace(task, acknowledged_at=now, acknowledged_by=by, unheard=0)
    return known, (TaskEvent(TaskEventKind.ACKNOWLEDGED, now, by),)


def report_progress(
    task: Task, by: PersonId, now: datetime, percent: int, message: int, digest: str
) -> Decided:
    """Cập nhật tiến độ: 0–100 percent and words. Who reports has acknowledged. Raises `bad_percentage`."""
    _must_be_open(task)
    if not 0 <= percent <= 100:
        raise Refused("bad_percentage")
    told = TaskEvent(
        TaskEventKind.PROGRESSED, now, by, data={"percent": percent, "message": message, "digest": digest}
    )
    return replace(_heard(task, by, now), progress=percent), (told,)


def submit(task: Task, by: PersonId, now: datetime, message: int, digest: str) -> Decided:
    """Hoàn thành, with evidence (words, a picture or a file, kept as `message`): waits for the unit head."""
    _must_be_open(task)
    if task.status is TaskStatus.SUBMITTED:
        raise Refused("already_submitted", number=task.number)
    waiting = replace(_heard(task, by, now), status=TaskStatus.SUBMITTED, submitted_at=now, submitted_by=by)
    return waiting, (
        TaskEvent(TaskEventKind.SUBMITTED, now, by, data={"message": message, "digest": digest}),
    )


def accept(task: Task, by: PersonId, now: datetime) -> Decided:
    """The head accepts: done, as of when it was submitted. Raises `not_submitted`, `second_person_needed`."""
    _must_be_submitted(task, by)
    done = replace(
        task,
        status=TaskStatus.DONE,
        progress=100,
        completed_at=task.submitted_at,
        accepted_by=by,
        asked_due_on=None,
    )
    return done, (TaskEvent(TaskEventKind.ACCEPTED, now, by),)


def send_back(task: Task, by: PersonId, now: datetime, message: int, digest: str) -> Decided:
    """The head returns it, with a reason: open again, the deadline is what it was."""
    _must_be_submitted(task, by)
    back = replace(task, status=TaskStatus.OPEN, submitted_at=None, submitted_by=None)
    return back, (TaskEvent(TaskEventKind.RETURNED, now, by, data={"message": message, "digest": digest}),)


def obstruct(task: Task, by: PersonId, now: datetime, message: int, digest: str) -> Decided:
    """Vướng mắc: told to a leader; no date moves."""
    _must_be_open(task)
    return _heard(task, by, now), (
        TaskEvent(TaskEventKind.OBSTRUCTED, now, by, data={"message": message, "digest": digest}),
    )


def ask_extension(task: Task, by: PersonId, now: datetime, until: date, message: int, digest: str) -> Decided:
    """Xin lùi hạn to a later date: a leader decides; until then the old deadline holds. Raises `extension_not_later`."""
    _must_be_open(task)
    if task.due_on is None or until <= task.due_on:
        raise Refused("extension_not_later")
    asked = TaskEvent(
        TaskEventKind.EXTENSION_ASKED,
        now,
        by,
        data={"until": until.isoformat(), "message": message, "digest": digest},
    )
    return replace(_heard(task, by, now), asked_due_on=until), (asked,)


def decide_extension(
    task: Task, by: PersonId, now: datetime, granted: bool, due_at: datetime, working_due_at: datetime
) -> Decided:
    """A leader's word; both dates stay in the history. Raises `nothing_asked`."""
    _must_be_open(task)
    until = task.asked_due_on
    if until is None:
        raise Refused("nothing_asked")
    old = task.due_on.isoformat() if task.due_on else None
    data: dict[str, Datum] = {"granted": granted, "from": old, "until": until.isoformat()}
    decided = TaskEvent(TaskEventKind.EXTENSION_DECIDED, now, by, data=data)
    if not granted:
        return replace(task, asked_due_on=None), (decided,)
    return replace(with_deadline(task, until, due_at, working_due_at), asked_due_on=None), (decided,)


def set_day(
    task: Task, by: PersonId, now: datetime, due_on: date, due_at: datetime, working_due_at: datetime
) -> Decided:
    """The answer to "no day is written": a person says it. Raises `bad_date`; `has_a_day`, for a later one is a leader's."""
    _must_be_open(task)
    if task.due_on is not None:
        raise Refused("has_a_day", number=task.number)
    if due_at < now:
        raise Refused("bad_date")
    data: dict[str, Datum] = {"fields": "due_on", "from": None, "to": due_on.isoformat()}
    told = TaskEvent(TaskEventKind.CHANGED, now, by, data=data)
    return with_deadline(task, due_on, due_at, working_due_at), (told,)


def set_output(task: Task, by: PersonId, now: datetime, text: str, message: int, digest: str) -> Decided:
    """The answer to "no product is written"."""
    _must_be_open(task)
    data: dict[str, Datum] = {"fields": "expected_output", "message": message, "digest": digest}
    return replace(task, expected_output=text), (TaskEvent(TaskEventKind.CHANGED, now, by, data=data),)


def at_other_office_days(task: Task, now: datetime, working_due_at: datetime) -> Decided:
    """A holiday or a swapped day was entered: the legal deadline stays, the last office hours before it are others.

    Nobody has to acknowledge anew: what is owed, and until when by law, is what it was.
    """
    if not task.is_open or task.working_due_at in (None, working_due_at):
        return task, ()
    was = task.working_due_at.isoformat() if task.working_due_at else None
    data: dict[str, Datum] = {"fields": "working_due_at", "from": was, "to": working_due_at.isoformat()}
    moved = TaskEvent(TaskEventKind.CHANGED, now, data=data)
    return replace(task, working_due_at=working_due_at), (moved,)


def with_deadline(
    task: Task, due_on: date | None, due_at: datetime | None, working_due_at: datetime | None
) -> Task:
    """The task with another deadline: reminders begin anew, and it has to be acknowledged anew."""
    return replace(
        task,
        due_on=due_on,
        due_at=due_at,
        working_due_at=working_due_at,
        deadline_no=task.deadline_no + 1,
        unheard=0,
        acknowledged_at=None,
        acknowledged_by=None,
        overdue_at=None,
        overdue_noticed_at=None,
        overdue_at_import=False,
    )


def mark_overdue(task: Task, now: datetime) -> Decided:
    """The legal due has passed: overdue since then, noticed now. Nothing when submitted, done or known."""
    if task.status is not TaskStatus.OPEN or task.due_at is None or now <= task.due_at or task.overdue_at:
        return task, ()
    late = replace(task, overdue_at=task.due_at, overdue_noticed_at=now)
    return late, (TaskEvent(TaskEventKind.OVERDUE, task.due_at, noticed_at=now),)


def _must_be_open(task: Task) -> None:
    if not task.is_open:
        raise Refused("task_over", number=task.number)


def _must_be_submitted(task: Task, by: PersonId) -> None:
    if task.status is not TaskStatus.SUBMITTED:
        raise Refused("not_submitted", number=task.number)
    if task.submitted_by == by:
        raise Refused("second_person_needed")


def _heard(task: Task, by: PersonId, now: datetime) -> Task:
    """Whoever reports on a task has taken note of it."""
    if task.acknowledged_at is not None:
        return task
    return replace(task, acknowledged_at=now, acknowledged_by=by, unheard=0)
