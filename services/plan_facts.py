"""What the words about tasks and plans are made of, as plain values; loaded when a notice is sent, so never stale."""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from core import access
from core.calendar import TZ
from core.ids import PersonId
from core.notices import NoticeKind
from core.people import Person, Role
from core.reminders import colour, spans_year
from core.task import Task, TaskStatus
from services.plan_review import review, units_name
from services.reference import Reference
from storage import messages, people, plans
from storage.database import Connection
from storage.outbox import Row

SOON = timedelta(days=14)
_REMINDING = {NoticeKind.TASK_REMINDER, NoticeKind.TASK_DIGEST}
Facts = dict[str, Any]


def facts(db: Connection, ref: Reference, row: Row, viewer: Person | None, now: datetime) -> Facts:
    """What a notice of this kind names, beside its own data. {} for everything that is about no task and no plan."""
    known: Facts = {}
    if task_id := row.data.get("task_id"):
        task = plans.find_task(db, int(task_id))
        known["task"] = one(db, ref, task, viewer, now) if task is not None else {}
    match row.kind:
        case NoticeKind.TASK_DIGEST:
            known["items"] = _digest(db, ref, row.data.get("items", ()), viewer, now)
        case NoticeKind.MY_TASKS:
            mine = plans.open_tasks(db)
            if wanted := row.data.get("task_ids"):
                mine = list(plans.tasks_by_id(db, [int(one) for one in wanted]).values())
            known["items"] = many(db, ref, _of_viewer(mine, viewer, row.data.get("scope")), viewer, now)
        case NoticeKind.PLAN_DIGEST:
            known |= weekly(db, ref, now)
        case NoticeKind.PLAN_DRAFT:
            known["review"] = review(db, ref, int(row.data["document_id"]), now)
        case NoticeKind.PLAN_APPLIED:
            known["plan"] = _document(db, row.data.get("document_id"))
    return known


def has_nothing_to_say(db: Connection, row: Row) -> bool:
    """A reminder of what was done or removed while it waited. One that stands there already is drawn anew: its buttons go."""
    if row.kind not in _REMINDING or row.part or "edits" in row.data:
        return False
    items = row.data.get("items") or [row.data]
    known = plans.tasks_by_id(db, [int(item["task_id"]) for item in items])
    return not any(task.is_open for task in known.values())


def may_still_read(db: Connection, row: Row, person: Person | None) -> bool:
    """Whether a paper or a piece of evidence may be read by whoever is in this chat now: between asking and sending somebody may
    have left or changed places, and the chat may be another's."""
    match row.kind:
        case NoticeKind.PLAN_PAPER:
            return person is not None and access.may_see_figures(person)
        case NoticeKind.TASK_FILE | NoticeKind.TASK_PHOTO:
            task = plans.find_task(db, int(row.data["task_id"]))
            return person is not None and task is not None and access.may_see_task(person, task)
    return True


def owes_tasks(db: Connection, person: Person) -> bool:
    """Whether /nhiemvu would show this person an open task of their own or of their unit."""
    return bool(_of_viewer(plans.open_tasks(db), person, "unit"))


def one(db: Connection, ref: Reference, task: Task, viewer: Person | None, now: datetime) -> Facts:
    """A task with its names and what this reader may do with it."""
    return {
        **_named(ref, task, plans.titles(db, [task.document_id]), now),
        "days_left": _days_left(ref, task, now),
        "evidence": _evidence(db, task),
        "submitted_by_name": _name(db, task.submitted_by),
        "acknowledged_by_name": _name(db, task.acknowledged_by),
        "accepted_by_name": _name(db, task.accepted_by),
        "may_acknowledge": bool(
            viewer and task.acknowledged_at is None and access.may_acknowledge(viewer, task)
        ),
        "may_report": bool(viewer and access.may_report_on(viewer, task)),
        "may_accept": bool(viewer and access.may_accept(viewer, task)),
        "may_fill_in": bool(viewer and access.may_fill_in(viewer)),
        "may_extend": bool(viewer and access.may_extend(viewer)),
    }


def many(
    db: Connection, ref: Reference, tasks: Sequence[Task], viewer: Person | None, now: datetime
) -> list[Facts]:
    """Tasks for a list: red first, then by deadline; what was overdue before its plan was imported stands last."""
    titles = plans.titles(db, {task.document_id for task in tasks})
    rank = {"red": 0, "orange": 1, "green": 2}
    listed = [
        {
            **_named(ref, task, titles, now),
            "may_acknowledge": bool(
                viewer and task.acknowledged_at is None and access.may_acknowledge(viewer, task)
            ),
        }
        for task in tasks
    ]
    return sorted(
        listed,
        key=lambda item: (
            item["overdue_at_import"],
            rank[item["colour"]],
            item["due_at"] or now + timedelta(9999),
        ),
    )


def weekly(db: Connection, ref: Reference, now: datetime) -> Facts:
    """Monday's digest: what is overdue, unacknowledged, due in 14 days, waits for acceptance; and the units' counts."""
    listed = many(db, ref, plans.open_tasks(db), None, now)
    units: dict[str, Counter[str]] = {}
    for item in listed:
        units.setdefault(item["unit_name"], Counter())[item["colour"]] += 1
    return {
        "total": len(listed),
        "overdue": [item for item in listed if item["is_overdue"] and not item["overdue_at_import"]],
        "late_at_import": sum(item["is_overdue"] and item["overdue_at_import"] for item in listed),
        "unacknowledged": [item for item in listed if item["unheard"] and item["acknowledged_at"] is None],
        "soon": [item for item in listed if item["due_at"] and now <= item["due_at"] <= now + SOON],
        "submitted": [item for item in listed if item["status"] == TaskStatus.SUBMITTED],
        "undated": [item for item in listed if item["due_at"] is None],
        "units": [{"name": name, **dict(counts)} for name, counts in sorted(units.items())],
    }


def _named(ref: Reference, task: Task, titles: Mapping[int, tuple[str | None, str]], now: datetime) -> Facts:
    number, title = titles.get(task.document_id, (None, ""))
    values = {name: getattr(task, name) for name in Task.__dataclass_fields__}
    return {
        **values,
        "unit_name": units_name(ref, task),
        "document_number": number,
        "document_title": title,
        "colour": colour(task, now, ref.office()),
        "is_overdue": task.is_open and task.due_at is not None and now > task.due_at,
        "spans_year": spans_year(task),
    }


def _days_left(ref: Reference, task: Task, now: datetime) -> int:
    """Working days from today to the last one before the deadline; 0 on that day and after it."""
    if task.working_due_at is None:
        return 0
    return ref.office().working_days_until(
        now.astimezone(TZ).date(), task.working_due_at.astimezone(TZ).date()
    )


def _digest(
    db: Connection, ref: Reference, items: Sequence[Mapping[str, Any]], viewer: Person | None, now: datetime
) -> list[Facts]:
    """What is still open of the gathered reminders; a task that was reminded of twice is told once, as the later one says."""
    last = {int(item["task_id"]): item for item in items}
    known = plans.tasks_by_id(db, last)
    listed = many(db, ref, [task for task in known.values() if task.is_open], viewer, now)
    return [
        {**item, "stage": last[item["id"]]["stage"], "level": last[item["id"]]["level"]} for item in listed
    ]


def _of_viewer(tasks: Sequence[Task], viewer: Person | None, scope: object) -> Sequence[Task]:
    if viewer is None:
        return []
    if scope in {"all", "number"} and viewer.role in access.MANAGERS | {Role.ADMIN}:
        return tasks
    return [task for task in tasks if access.is_of_task(viewer, task)]


def _evidence(db: Connection, task: Task) -> list[Facts]:
    return [
        {"kind": file.kind, "name": file.name or "", "status": file.status}
        for file in messages.attachments_of_task(db, task.id)
    ]


def _document(db: Connection, document_id: Any) -> Facts:
    known = plans.document(db, int(document_id)) if document_id else None
    return {"number": known.number, "title": known.title, "version": known.version} if known else {}


def _name(db: Connection, person_id: PersonId | None) -> str:
    known = people.person(db, person_id) if person_id is not None else None
    return known.name if known else ""
