"""In which order the tasks of one number are shown: what somebody can do something about stands first."""

from collections.abc import Iterable
from datetime import datetime

from core.task import Task

CURRENT, LATE, LATER, OVER, LATE_AT_IMPORT = range(5)


def most_urgent_first(tasks: Iterable[Task], now: datetime) -> list[Task]:
    """Of each series the occurrence that runs now or comes next; what is overdue; what comes later; what is done; and at the
    very end what was overdue before its plan was imported ("quá hạn khi nhập")."""
    seen: set[tuple[str, str]] = set()
    ranked = [(_rank(task, now, seen), task) for task in sorted(tasks, key=_due)]
    return [task for _, task in sorted(ranked, key=lambda one: one[0])]


def _rank(task: Task, now: datetime, seen: set[tuple[str, str]]) -> int:
    if task.overdue_at_import:
        return LATE_AT_IMPORT
    if not task.is_open:
        return OVER
    if task.due_at is not None and task.due_at < now:
        return LATE
    series = (task.document_key, task.part)
    if series in seen:
        return LATER
    seen.add(series)
    return CURRENT


def _due(task: Task) -> tuple[bool, float]:
    """What has no deadline stands behind what has one."""
    return task.due_at is None, task.due_at.timestamp() if task.due_at is not None else 0.0
