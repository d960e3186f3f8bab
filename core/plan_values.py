"""A draft as plain values that JSON can carry, and back: nothing is lost on the way, so what was reviewed is what is applied."""

from collections.abc import Mapping
from datetime import date, datetime, time
from typing import Any

from core.plan import (
    Confidence,
    Deadline,
    Draft,
    DraftTask,
    Form,
    NamedUnit,
    PlanDocument,
    Problem,
    ProblemCode,
    Recurrence,
    SubDeadline,
    Trouble,
)

Values = dict[str, Any]


def to_values(draft: Draft) -> Values:
    """`draft` in text, numbers, lists and mappings."""
    return {
        "document": _plain(draft.document),
        "tasks": [_task_out(task) for task in draft.tasks],
        "problems": [
            {"row": one.row, "code": str(one.code), "message": one.message} for one in draft.problems
        ],
    }


def from_values(values: Mapping[str, Any]) -> Draft:
    """The draft of `to_values`. Raises KeyError, TypeError or ValueError when the values are none of those."""
    known = values["document"]
    document = PlanDocument(
        **{**known, "issued_on": _day(known["issued_on"]), "form": Form(known["form"])},
    )
    return Draft(
        document,
        tuple(_task_in(task) for task in values["tasks"]),
        tuple(Problem(one["row"], ProblemCode(one["code"]), one["message"]) for one in values["problems"]),
    )


def _task_out(task: DraftTask) -> Values:
    return {
        **_plain(task),
        "criteria_groups": list(task.criteria_groups),
        "leads": [_plain(unit) for unit in task.leads],
        "cooperating": [_plain(unit) for unit in task.cooperating],
        "deadline": _deadline_out(task.deadline),
    }


def _task_in(values: Mapping[str, Any]) -> DraftTask:
    return DraftTask(
        **{
            **values,
            "criteria_groups": tuple(values["criteria_groups"]),
            "leads": tuple(NamedUnit(**unit) for unit in values["leads"]),
            "cooperating": tuple(NamedUnit(**unit) for unit in values["cooperating"]),
            "deadline": _deadline_in(values["deadline"]),
        }
    )


def _deadline_out(deadline: Deadline) -> Values:
    parts = [{"label": part.label, "deadline": _deadline_out(part.deadline)} for part in deadline.parts]
    return {**_plain(deadline), "parts": parts}


def _deadline_in(values: Mapping[str, Any]) -> Deadline:
    at, until = values["due_time"], values["working_due"]
    return Deadline(
        **{
            **values,
            "start": _day(values["start"]),
            "due": _day(values["due"]),
            "until": _day(values["until"]),
            "recurrence": Recurrence(values["recurrence"]) if values["recurrence"] else None,
            "confidence": Confidence(values["confidence"]),
            "trouble": Trouble(values["trouble"]) if values["trouble"] else None,
            "due_time": time.fromisoformat(at) if at else None,
            "working_due": datetime.fromisoformat(until) if until else None,
            "parts": tuple(
                SubDeadline(part["label"], _deadline_in(part["deadline"])) for part in values["parts"]
            ),
        }
    )


def _plain(value: Any) -> Values:
    """The fields of a frozen value that are plain by themselves, or have an ISO spelling."""
    fields = {name: getattr(value, name) for name in type(value).__dataclass_fields__}
    return {name: _spelt(field) for name, field in fields.items()}


def _spelt(value: Any) -> Any:
    if isinstance(value, date | time):  # a datetime is a date
        return value.isoformat()
    return str(value) if isinstance(value, str) else value


def _day(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None
