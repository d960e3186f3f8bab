"""How much of everything there is right now, counted for a monitor: index searches only, for they are asked every few seconds."""

from collections.abc import Mapping
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from core.ticket import Status
from storage.schema import outbox, ticket_cycles, tickets


def given_up(db: Connection) -> Mapping[str, int]:
    """Channel → notices that could not be delivered."""
    query = sa.select(outbox.c.channel, sa.func.count()).where(outbox.c.status == "failed")
    return {row[0]: row[1] for row in db.execute(query.group_by(outbox.c.channel))}


def open_tickets(db: Connection, now: datetime) -> tuple[int, int]:
    """(tickets that are neither resolved nor closed, those of them whose due time has passed while it ran)."""
    is_open = sa.and_(tickets.c.closed_at.is_(None), tickets.c.status != Status.RESOLVED)
    # A pause that was not broken before is re-issued with the sender's answer: nothing is overdue yet.
    runs = sa.or_(tickets.c.status != Status.WAITING_SENDER, tickets.c.breached_at.is_not(None))
    late = sa.func.count(sa.case((sa.and_(tickets.c.due_at < now, runs), 1)))
    count, overdue = db.execute(sa.select(sa.func.count(), late).where(is_open)).one()
    return count, overdue


def breaches(db: Connection) -> int:
    """Promises that were ever broken: a reopened ticket can break several."""
    return db.execute(sa.select(sa.func.count()).where(ticket_cycles.c.breached_at.is_not(None))).scalar_one()
