"""A ticket: what became of a message at the gate. Values only; core/lifecycle.py decides how they change."""

from dataclasses import dataclass, replace
from datetime import date, datetime
from enum import StrEnum

from core.ids import PersonId, TicketId


class TicketClass(StrEnum):
    """promise.md "Classes": which clock runs. A petition (khiếu nại, tố cáo) has none."""

    URGENT = "urgent"
    NORMAL = "normal"
    SUGGESTION = "suggestion"
    PETITION = "petition"


class Status(StrEnum):
    """Where a ticket stands; docs/states.md draws the arrows, `TRANSITIONS` is their source."""

    NEW = "new"
    IN_PROGRESS = "in_progress"
    WAITING_SENDER = "waiting_sender"
    WAITING_AGENCY = "waiting_agency"
    RESOLVED = "resolved"
    CLOSED = "closed"


TRANSITIONS: frozenset[tuple[Status, Status]] = frozenset(
    {
        (Status.NEW, Status.IN_PROGRESS),
        (Status.NEW, Status.CLOSED),
        (Status.IN_PROGRESS, Status.NEW),
        (Status.IN_PROGRESS, Status.WAITING_SENDER),
        (Status.IN_PROGRESS, Status.WAITING_AGENCY),
        (Status.IN_PROGRESS, Status.RESOLVED),
        (Status.IN_PROGRESS, Status.CLOSED),
        (Status.WAITING_SENDER, Status.IN_PROGRESS),
        (Status.WAITING_SENDER, Status.NEW),
        (Status.WAITING_SENDER, Status.WAITING_AGENCY),
        (Status.WAITING_SENDER, Status.RESOLVED),
        (Status.WAITING_SENDER, Status.CLOSED),
        (Status.WAITING_AGENCY, Status.NEW),
        (Status.WAITING_AGENCY, Status.WAITING_SENDER),
        (Status.WAITING_AGENCY, Status.RESOLVED),
        (Status.WAITING_AGENCY, Status.CLOSED),
        (Status.RESOLVED, Status.CLOSED),
        (Status.RESOLVED, Status.IN_PROGRESS),
        (Status.RESOLVED, Status.NEW),
        (Status.CLOSED, Status.NEW),
    }
)
OPEN = frozenset({Status.NEW, Status.IN_PROGRESS, Status.WAITING_SENDER, Status.WAITING_AGENCY})
HELD = OPEN - {Status.NEW}


class Closure(StrEnum):
    """Why a ticket is closed. SILENT: nobody rated for 24 h. INSUFFICIENT: "chưa đủ thông tin"."""

    RATED = "rated"
    SILENT = "silent"
    INSUFFICIENT = "insufficient"
    PETITION = "petition"
    SPAM = "spam"
    JOINED = "joined"


class Score(StrEnum):
    """The sender's rating of one cycle."""

    GOOD = "good"
    FAIR = "fair"
    BAD = "bad"


@dataclass(frozen=True, slots=True)
class Ticket:
    """The present state. Times are aware; `cycle` counts reopenings from 1, `promise_no` every due time ever issued.

    `received_at` is the start of the present cycle. `due_at` is None only for a petition. `breached_at` equals the due time
    that was missed and never changes within a cycle; `breach_noticed_at` tells when the program saw it.
    `joined_to` names the ticket under which a joined one goes on, `joined_count` how many go on under this one.
    """

    id: TicketId
    code: str
    key: str
    status: Status
    ticket_class: TicketClass
    sender_id: PersonId
    received_at: datetime
    opened_at: datetime
    due_at: datetime | None
    promise_kind: str
    human_reply_by: datetime | None = None
    sealed: bool = False
    gate: str | None = None
    category: str | None = None
    unit: str | None = None
    plate: str | None = None
    phone: str | None = None
    late_message: bool = False
    cycle: int = 1
    promise_no: int = 1
    holder_id: PersonId | None = None
    claimed_at: datetime | None = None
    first_reply_at: datetime | None = None
    asked_count: int = 0
    waiting_since: datetime | None = None
    agency: str | None = None
    agency_promise_on: date | None = None
    agency_approver: str | None = None
    amber: bool = False
    resolved_at: datetime | None = None
    resolution_delivered_at: datetime | None = None
    closed_at: datetime | None = None
    closure: Closure | None = None
    breached_at: datetime | None = None
    breach_noticed_at: datetime | None = None
    breach_reason: str | None = None
    spam_marked_by: PersonId | None = None
    previous_id: TicketId | None = None
    joined_to: TicketId | None = None
    joined_count: int = 0

    @property
    def is_open(self) -> bool:
        return self.status in OPEN

    def moved(self, status: Status) -> "Ticket":
        """The ticket in another status. Raises ValueError for an arrow that the diagram does not have: a bug, no refusal."""
        if status is not self.status and (self.status, status) not in TRANSITIONS:
            raise ValueError(f"no arrow from {self.status} to {status}")
        return replace(self, status=status)

    def known_as(self, own: "Ticket") -> "Ticket":
        """This ticket as the sender of `own`, which was joined to it, knows it: under the code and key of their own."""
        return replace(
            self,
            id=own.id,
            code=own.code,
            key=own.key,
            sender_id=own.sender_id,
            received_at=own.received_at,
            plate=own.plate,
            phone=own.phone,
            joined_to=own.joined_to,
        )
