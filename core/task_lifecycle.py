"""What can be done with a task of a plan; as in core/lifecycle.py, values in and values out."""

from dataclasses import replace
from datetime import date, datetime

from core.errors import Refused
from core.events import Datum
from core.ids import PersonId
from core.task import Task, TaskEvent, TaskEventKind, TaskStatus

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
