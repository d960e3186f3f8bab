"""What the disk and SQLite alone can do: one durable commit per ticket through the plain driver, nothing else."""

import sqlite3
import time
from pathlib import Path


def commits_a_second(folder: Path, tickets: int = 5000) -> float:
    """Tickets stored a second: a ticket, an event and a notice each, WAL, synchronous=FULL, one commit per ticket."""
    db = sqlite3.connect(folder / "raw.db", isolation_level=None)
    db.executescript(
        "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;"
        "CREATE TABLE tickets (id INTEGER PRIMARY KEY, code TEXT UNIQUE, text TEXT, due_at TEXT);"
        "CREATE TABLE events (id INTEGER PRIMARY KEY, ticket_id INTEGER, kind TEXT);"
        "CREATE TABLE outbox (id INTEGER PRIMARY KEY, ticket_id INTEGER, kind TEXT, status TEXT);"
    )
    began = time.perf_counter()
    for number in range(tickets):
        db.execute("BEGIN IMMEDIATE")
        db.execute("INSERT INTO tickets VALUES (?, ?, ?, ?)", (number, f"DDLS-{number}", "kẹt xe", "19:00"))
        db.execute("INSERT INTO events VALUES (?, ?, 'opened')", (number, number))
        db.execute("INSERT INTO outbox VALUES (?, ?, 'receipt', 'waiting')", (number, number))
        db.execute("COMMIT")
    took = time.perf_counter() - began
    db.close()
    return tickets / took
