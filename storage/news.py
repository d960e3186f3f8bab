"""What has happened lately, over all tickets: the newest events in the order in which they were stored."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from core.events import Event, EventKind
from core.ids import PersonId
from storage.schema import ticket_events, tickets


@dataclass(frozen=True, slots=True)
class News:
    """One event with the ticket that it belongs to; `id` is where the next reading goes on."""

    id: int
    code: str
    gate: str | None
    event: Event


def news_after(db: Connection, event_id: int, limit: int = 200) -> Sequence[News]:
    """The events that were stored after this one, oldest first."""
    columns = [ticket_events.c[name] for name in ("id", "kind", "at", "noticed_at", "actor_id", "data")]
    query = (
        sa.select(*columns, tickets.c.code, tickets.c.gate)
        .join(tickets, tickets.c.id == ticket_events.c.ticket_id)
        .where(ticket_events.c.id > event_id)
        .order_by(ticket_events.c.id)
        .limit(limit)
    )
    return [News(row.id, row.code, row.gate, _event(row)) for row in db.execute(query)]


def newest(db: Connection) -> int:
    """The id of the newest event; 0 when nothing has happened yet."""
    return int(db.execute(sa.select(sa.func.coalesce(sa.func.max(ticket_events.c.id), 0))).scalar_one())


def _event(row: Any) -> Event:
    actor = PersonId(row.actor_id) if row.actor_id is not None else None
    return Event(EventKind(row.kind), row.at, actor, row.noticed_at, row.data)
