"""Facts of a ticket's history. Words of people are never in them: an event names a message by its id and its digest."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from typing import Protocol

from core.ids import PersonId

Datum = str | int | bool | None


class EventKind(StrEnum):
    """What can happen to a ticket; docs/states.md gives the Vietnamese of each."""

    OPENED = "opened"
    MESSAGE_ADDED = "message_added"
    MESSAGE_REVISED = "message_revised"
    DETAIL_SET = "detail_set"
    CLASS_CHANGED = "class_changed"
    CLAIMED = "claimed"
    RELEASED = "released"
    ASSIGNED = "assigned"
    TRANSFERRED = "transferred"
    REPLIED = "replied"
    NOTED = "noted"
    ASKED = "asked"
    QUESTION_DELIVERED = "question_delivered"
    SENDER_ANSWERED = "sender_answered"
    AGENCY_AWAITED = "agency_awaited"
    RESOLVED = "resolved"
    RESOLUTION_DELIVERED = "resolution_delivered"
    CALLED = "called"
    CALL_ASKED = "call_asked"
    CALL_NOTED = "call_noted"
    CALL_MISSED = "call_missed"
    RATED = "rated"
    CLOSED = "closed"
    JOINED = "joined"
    PARTED = "parted"
    REOPENED = "reopened"
    PROMISED = "promised"
    RUNG = "rung"
    BREACHED = "breached"
    BREACH_EXPLAINED = "breach_explained"
    WAIVED = "waived"
    ACCEPTED_DUE = "accepted_due"
    UNREACHABLE = "unreachable"
    PETITION_DECIDED = "petition_decided"
    SPAM_MARKED = "spam_marked"
    SPAM_DECIDED = "spam_decided"
    ERASED = "erased"


@dataclass(frozen=True, slots=True)
class Event:
    """`at` is when it became true, `noticed_at` when the program saw it, if that was later. `actor` None is the system."""

    kind: EventKind
    at: datetime
    actor: PersonId | None = None
    noticed_at: datetime | None = None
    data: Mapping[str, Datum] = field(default_factory=dict)


class Fact(Protocol):
    """What every event of the house tells, whatever it happened to."""

    @property
    def kind(self) -> str: ...

    @property
    def at(self) -> datetime: ...

    @property
    def actor(self) -> PersonId | None: ...

    @property
    def noticed_at(self) -> datetime | None: ...

    @property
    def data(self) -> Mapping[str, Datum]: ...


def event_hash(previous: str, ticket_id: int, seq: int, event: Event) -> str:
    """`chained_hash` of a ticket's event."""
    return chained_hash(previous, "ticket", ticket_id, seq, event)


def chained_hash(previous: str, subject: str, subject_id: int, seq: int, event: Fact) -> str:
    """SHA-256 over the previous hash and the event in one canonical spelling: a changed, lost or moved event breaks the chain."""
    fact = {
        subject: subject_id,
        "seq": seq,
        "kind": str(event.kind),
        "at": _instant(event.at),
        "noticed_at": _instant(event.noticed_at),
        "actor": event.actor,
        "data": dict(event.data),
    }
    spelling = json.dumps(fact, sort_keys=True, ensure_ascii=True, separators=(",", ":"))
    return hashlib.sha256(f"{previous}\n{spelling}".encode()).hexdigest()


def _instant(at: datetime | None) -> str | None:
    return at.astimezone(UTC).isoformat(timespec="microseconds") if at else None
