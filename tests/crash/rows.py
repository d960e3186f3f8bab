"""What a run left behind, in a form in which two runs can be compared: no ids, no times."""

import sqlite3
from collections.abc import Mapping, Sequence
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

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
_NOTICES = """
SELECT i.chat_id, o.kind, t.code IS NOT NULL, count(DISTINCT coalesce(o.ticket_id, o.id)) FROM outbox o
JOIN identities i ON i.id = o.identity_id LEFT JOIN tickets t ON t.id = o.ticket_id
WHERE o.status = 'sent' GROUP BY 1, 2, 3 ORDER BY 1, 2, 3
"""
_LEFT = """
SELECT (SELECT count(*) FROM inbox WHERE status <> 'done')
    + (SELECT count(*) FROM outbox WHERE status NOT IN ('sent', 'superseded') AND next_try_at <= :soon)
    + (SELECT count(*) FROM timers WHERE status = 'waiting' AND due_at <= :now)
"""
A_WHILE = timedelta(hours=1)
"""Longer than any pause between two tries; what is held back on purpose (a leader's night) waits longer."""


def rows(database: Path, query: str, given: Mapping[str, str] | None = None) -> Sequence[tuple[Any, ...]]:
    with closing(sqlite3.connect(f"file:{database}?mode=ro", uri=True, timeout=10)) as db:
        return db.execute(query, given or {}).fetchall()


def left_to_do(database: Path, clock: str) -> int:
    """Updates not handled, notices not sent, timers that were due at `clock` (ISO) and have not fired."""
    now = datetime.fromisoformat(clock)
    return int(rows(database, _LEFT, {"now": _as_stored(now), "soon": _as_stored(now + A_WHILE)})[0][0])


def _as_stored(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S.%f")


def receipts_marked(database: Path) -> int:
    """Receipts that the program knows to be sent."""
    return int(rows(database, "SELECT count(*) FROM outbox WHERE kind = 'receipt' AND status = 'sent'")[0][0])


def picture(database: Path) -> dict[str, Sequence[tuple[Any, ...]]]:
    """Every message on its ticket, every kind of event, every timer, every kind of notice to every chat – counted."""
    return {
        "messages": rows(database, _MESSAGES),
        "events": rows(database, _EVENTS),
        "timers": rows(database, _TIMERS),
        "notices": rows(database, _NOTICES),
        "updates": rows(database, "SELECT status, count(*) FROM inbox GROUP BY 1"),
    }
