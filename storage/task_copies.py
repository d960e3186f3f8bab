"""Copies of a task in chats: reminders, digests, cards and requests that stand there and can be drawn anew."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from core.notices import NoticeKind
from storage.schema import identities, outbox

KINDS = (
    NoticeKind.TASK_REMINDER,
    NoticeKind.TASK_DIGEST,
    NoticeKind.TASK_CARD,
    NoticeKind.TASK_SUBMITTED,
    NoticeKind.TASK_RETURNED,
    NoticeKind.EXTENSION_ASKED,
)


@dataclass(frozen=True, slots=True)
class Copy:
    """A message in a private chat that shows a task, perhaps among others; `part` when it is the last of several."""

    identity_id: int
    kind: NoticeKind
    data: Mapping[str, Any]
    provider_id: str
    part: int


# By the index of cards (ticket, chat, kind): a task is a notice about no ticket.
_OF_TASKS = (
    sa.select(outbox.c.identity_id, outbox.c.kind, outbox.c.data, outbox.c.provider_id, outbox.c.part)
    .join(identities, identities.c.id == outbox.c.identity_id)
    .where(
        outbox.c.ticket_id.is_(None),
        outbox.c.kind.in_([str(kind) for kind in KINDS]),
        identities.c.person_id.in_(sa.bindparam("persons", expanding=True)),
        identities.c.reachable,
    )
    .order_by(outbox.c.id)
)
_SENT = _OF_TASKS.where(
    outbox.c.status == "sent",
    outbox.c.provider_id != "",  # nor NULL: there is no message that could be drawn anew
    outbox.c.sent_at >= sa.bindparam("since", type_=outbox.c.sent_at.type),
)
_EDITS = _OF_TASKS.where(outbox.c.status == "waiting", outbox.c.lease_until.is_(None))


def newest(
    db: Connection, task_ids: Collection[int], persons: Sequence[int], since: datetime
) -> Sequence[Copy]:
    """In each chat of these people the newest message, not older than `since`, that shows one of the tasks; what will be drawn
    anew anyway is left out."""
    last = {}
    for row in db.execute(_SENT, {"persons": list(persons), "since": since}):
        for task in _shown(row.data) & set(task_ids):
            last[row.identity_id, task] = row
    coming = {
        (row.identity_id, row.data["edits"])
        for row in db.execute(_EDITS, {"persons": list(persons)})
        if "edits" in row.data
    }
    found = {(row.identity_id, row.provider_id): row for row in last.values()}
    return [
        Copy(row.identity_id, NoticeKind(row.kind), row.data, row.provider_id, row.part)
        for place, row in found.items()
        if place not in coming
    ]


def _shown(data: Mapping[str, Any]) -> set[int]:
    return {int(item["task_id"]) for item in (data.get("items") or [data]) if "task_id" in item}
