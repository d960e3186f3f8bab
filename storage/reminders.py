"""Reminders in chats: of one ticket only the newest counts in a chat, and it can be drawn anew."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from core.notices import REMINDERS, NoticeKind
from storage.schema import outbox

_TOLD = [str(kind) for kind in (*REMINDERS, NoticeKind.REMINDED_AGAIN)]


@dataclass(frozen=True, slots=True)
class Reminder:
    """The newest reminder of one ticket that a chat was sent; `provider_id` is its message there."""

    identity_id: int
    kind: NoticeKind
    data: Mapping[str, Any]
    provider_id: str


def standing(db: Connection, ticket_id: int) -> Sequence[Reminder]:
    """Each chat's newest reminder of this ticket, unless it was taken back."""
    query = (
        sa.select(outbox.c.identity_id, outbox.c.kind, outbox.c.data, outbox.c.provider_id)
        .where(outbox.c.ticket_id == ticket_id, outbox.c.kind.in_(_TOLD), outbox.c.status == "sent")
        .order_by(outbox.c.id)
    )
    newest = {row.identity_id: row for row in db.execute(query)}
    return [
        Reminder(row.identity_id, NoticeKind(row.kind), row.data, row.provider_id)
        for row in newest.values()
        if row.kind != NoticeKind.REMINDED_AGAIN and row.provider_id is not None
    ]


def overtake(db: Connection, ticket_id: int, identity_ids: Collection[int]) -> None:
    """What still waits to remind these chats of the ticket says nothing any more: a newer reminder stands behind it.

    What was tried stays: it holds its chat's turn until the platform takes it.
    """
    waits = sa.and_(
        outbox.c.ticket_id == ticket_id,
        outbox.c.identity_id.in_(identity_ids),
        outbox.c.kind.in_(_TOLD),
        outbox.c.status == "waiting",
        outbox.c.part == 0,
        outbox.c.lease_until.is_(None),
        outbox.c.error.is_(None),
    )
    db.execute(sa.update(outbox).where(waits).values(status="superseded"))
