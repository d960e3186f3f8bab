"""Reminders counted anew when what they are counted by changes: the office's days, or a document's own settings."""

from dataclasses import replace
from datetime import datetime
from typing import Any

from core import task_lifecycle
from core.errors import Refused
from core.folding import fold
from core.office import OfficeCalendar
from core.reminders import check_settings, settings_of, settings_values
from core.task import Task
from services import reminding
from services.reference import reference
from storage import plans
from storage.database import Connection
from storage.plans import Document


def office_days_changed(db: Connection, now: datetime) -> int:
    """Working deadlines of open tasks by the calendar as it is now, never later than the legal ones; how many moved.

    The reminders of what is open are counted anew, also where the deadline itself stays: the days before it are others.
    Raises NoServiceDay when the offices do not work once in the 30 days before a deadline.
    """
    office, moved = reference(db).office(), 0
    documents: dict[int, list[Task]] = {}
    for known in plans.open_tasks(db):
        after = _at_office_days(db, office, known, now)
        documents.setdefault(after.document_id, []).append(after)
        moved += after != known
    for document, tasks in documents.items():
        reminding.count_anew(db, office, tasks, reminding.settings_of(db, document), now)
    return moved


def _at_office_days(db: Connection, office: OfficeCalendar, known: Task, now: datetime) -> Task:
    if known.due_at is None:
        return known
    last = office.last_office_minute_not_after(known.due_at)
    after, events = task_lifecycle.at_other_office_days(known, now, last)
    plans.record(db, known, after, events)
    return after


def change_settings(db: Connection, name: str, now: datetime, **changes: Any) -> Document:
    """How a document in force is reminded of, from now on; `changes` are fields of ReminderSettings.

    Raises `no_such_plan`, `several_plans`, or what core.reminders.check_settings raises.
    """
    document, office = in_force(db, name), reference(db).office()
    settings = replace(settings_of(document.settings), **changes)
    check_settings(settings, office)
    plans.set_document(db, document.id, settings=settings_values(settings))
    known = [one for one in plans.of_document(db, document.key) if one.is_reminded]
    reminding.count_anew(db, office, known, settings, now)
    return replace(document, settings=settings_values(settings))


def in_force(db: Connection, name: str) -> Document:
    """The document in force that goes by this number, key or title. Raises `no_such_plan`, `several_plans`."""
    found = [
        one
        for one in plans.applied(db)
        if fold(name) in {fold(one.key), fold(one.number or ""), fold(one.title)}
    ]
    if not found:
        raise Refused("no_such_plan", value=name[:60])
    if len(found) > 1:
        raise Refused("several_plans", value=name[:60])
    return found[0]
