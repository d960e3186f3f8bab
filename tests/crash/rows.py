"""What a run left behind, in a form in which two runs can be compared: no ids, no times."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import cache
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from sqlalchemy.pool import NullPool

from storage.schema import UtcTime

_MESSAGES = """
SELECT p.name, t.cycle, t.status, m.direction, m.kind, m.text FROM messages m
JOIN tickets t ON t.id = m.ticket_id JOIN people p ON p.id = t.sender_id ORDER BY p.name, m.text
"""
_EVENTS = """
SELECT p.name, e.kind, count(*) FROM ticket_events e
JOIN tickets t ON t.id = e.ticket_id JOIN people p ON p.id = t.sender_id GROUP BY 1, 2 ORDER BY 1, 2
"""
_TIMERS = """
SELECT p.name, i.stage, i.cycle, i.status, count(*) FROM timers i
JOIN tickets t ON t.id = i.subject_id JOIN people p ON p.id = t.sender_id
WHERE i.subject = 'ticket' GROUP BY 1, 2, 3, 4 ORDER BY 1, 2, 3, 4
"""
# Of a burst how many cards share a list, and in how many, is a matter of the moment: that cards were shown is not.
_NOTICES = """
SELECT i.chat_id, CASE WHEN o.kind = 'cards_list' THEN 'card' ELSE o.kind END,
    t.code IS NOT NULL OR o.kind = 'cards_list',
    count(DISTINCT CASE WHEN o.kind IN ('card', 'cards_list') THEN 1 ELSE coalesce(o.ticket_id, o.id) END) FROM outbox o
JOIN identities i ON i.id = o.identity_id LEFT JOIN tickets t ON t.id = o.ticket_id
WHERE o.status = 'sent' GROUP BY 1, 2, 3 ORDER BY 1, 2, 3
"""
_LEFT = """
SELECT (SELECT count(*) FROM inbox WHERE status <> 'done')
    + (SELECT count(*) FROM outbox WHERE status NOT IN ('sent', 'superseded') AND next_try_at <= :soon)
    + (SELECT count(*) FROM timers WHERE status = 'waiting' AND due_at <= :now)
"""
_RECEIPTS = "SELECT count(*) FROM outbox WHERE kind = 'receipt' AND status = 'sent'"
A_WHILE = timedelta(hours=1)
"""Longer than any pause between two tries; what is held back on purpose (a leader's night) waits longer."""


async def rows(database: str, query: str, **times: datetime) -> Sequence[tuple[Any, ...]]:
    """What the query finds on either database; `database` is its address. Nothing on the disk is touched by asking."""
    asked = sa.text(query).bindparams(*(sa.bindparam(name, at, UtcTime()) for name, at in times.items()))
    async with _engine(database).connect() as connection:
        return [tuple(row) for row in await connection.execute(asked)]


@cache
def _engine(database: str) -> AsyncEngine:
    """Without a pool: nothing is held of a database that the program is killed on, or that is dropped."""
    url = sa.make_url(database)
    if url.get_backend_name() == "sqlite":
        # A reader that may write would tidy the log of a killed program away when it closes.
        url = url.set(database=f"file:{url.database}", query={"mode": "ro", "uri": "true"})
    return create_async_engine(url, poolclass=NullPool)


async def left_to_do(database: str, clock: str) -> int:
    """Updates not handled, notices not sent, timers that were due at `clock` (ISO) and have not fired."""
    now = datetime.fromisoformat(clock)
    return int((await rows(database, _LEFT, now=now, soon=now + A_WHILE))[0][0])


async def receipts_marked(database: str) -> int:
    """Receipts that the program knows to be sent."""
    return int((await rows(database, _RECEIPTS))[0][0])


async def picture(database: str) -> dict[str, Sequence[tuple[Any, ...]]]:
    """Every message on its ticket, every kind of event, every timer, every kind of notice to every chat – counted."""
    return {
        "messages": await rows(database, _MESSAGES),
        "events": await rows(database, _EVENTS),
        "timers": await rows(database, _TIMERS),
        "notices": await rows(database, _NOTICES),
        "updates": await rows(database, "SELECT status, count(*) FROM inbox GROUP BY 1"),
    }
