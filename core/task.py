"""A task of a plan: what a unit has to do by when, and what became of it. Its rules are in core/task_lifecycle.py."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import NewType

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
