"""The table that a person reviews before a plan goes into service, as plain values: in the chat, at a terminal, as JSON."""

from collections import Counter
from datetime import datetime
from typing import Any

from core.calendar import TZ
from core.plan_diff import key_of
from core.reminders import spans_year
from core.task import Task
from services import planning
from services.reference import Reference
from storage.database import Connection

Facts = dict[str, Any]


def review(db: Connection, ref: Reference, document_id: int, now: datetime) -> Facts:
    """The table that a person reviews before a plan is applied (also `plan import`, and its --json)."""
    read = planning.reading(db, document_id, now)
    states = {key_of(change.after): "changed" for change in read.diff.changed}
    states |= {key_of(task): "added" for task in read.diff.added}
    document = read.document
    return {
        "document_id": document.id,
        "status": document.status,
        "number": document.number,
        "title": document.title,
        "version": document.version,
        "source_name": document.source_name,
        "checkins": document.settings.get("checkins"),
        "counts": {
            **Counter(str(task.relevance) for task in read.wanted),
            "total": len(read.wanted),
            "added": len(read.diff.added),
            "changed": len(read.diff.changed),
            "removed": len(read.diff.removed),
            "same": len(read.diff.same),
        },
        "tasks": [
            {**_reviewed(ref, task), "change": states.get(key_of(task), "same")} for task in read.wanted
        ],
        "changes": [
            {"number": change.after.number, "title": change.after.title, "fields": list(change.fields)}
            for change in read.diff.changed
        ],
        "removed": [{"number": task.number, "title": task.title} for task in read.diff.removed],
        "unlinked": [unit_name(ref, code) for code in read.unlinked],
        "questions": [dict(asked) for asked in planning.questions(read.wanted, read.draft.document.form)],
        "problems": [
            {"row": one.row, "code": str(one.code), "message": one.message, "serious": one.serious}
            for one in read.draft.problems
        ],
    }


def unit_name(ref: Reference, code: str | None) -> str:
    known = ref.units.get(code or "")
    return known.name if known else (code or "")


def units_name(ref: Reference, task: Task) -> str:
    """Every unit that answers for the task; "" when none of the board's does."""
    return ", ".join(unit_name(ref, code) for code in task.units)


def _reviewed(ref: Reference, task: Task) -> Facts:
    return {
        "number": task.number,
        "part": task.part,
        "occurrence": task.occurrence,
        "title": task.title,
        "relevance": str(task.relevance),
        "unit": task.unit,
        "co_units": list(task.co_units),
        "unit_name": units_name(ref, task) or None,
        "lead_units": list(task.lead_units),
        "period_text": task.period_text,
        "start_on": task.start_on.isoformat() if task.start_on else None,
        "due_on": task.due_on.isoformat() if task.due_on else None,
        "working_due_at": task.working_due_at.astimezone(TZ).isoformat() if task.working_due_at else None,
        "recurrence": task.recurrence,
        "checkins": spans_year(task),
        "overdue_at_import": task.overdue_at_import,
        "expected_output": task.expected_output,
    }
