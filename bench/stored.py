"""B7 and B9: what a million stored tickets, and a burst of ten thousand messages, do to speed and memory."""

import sqlite3
import statistics
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import psutil

from bench.bots import hotline, wait_for
from bench.stub import Stub
from bench.table import Line

STORED = 1_000_000
BURST = 10_000
MEGABYTE = 1024 * 1024
# A million cards in the last two minutes would be a jam on three telephones, not a store.
YESTERDAY = "strftime('%Y-%m-%d %H:%M:%f000', created_at, '-1 day')"


def lines() -> Iterator[Line]:
    """The table's lines; filling the million takes minutes."""
    yield from _stored()
    yield from _memory()


def _stored() -> list[Line]:
    with tempfile.TemporaryDirectory() as folder:
        empty, full = Path(folder) / "empty", Path(folder) / "full"
        for one in (empty, full):
            _one_ticket(one)
        _multiply(full / "hotline.db", STORED)
        start, intake = _measured(empty)
        full_start, full_intake = _measured(full)
    return [
        Line(
            "B7 intake p50",
            full_intake / intake,
            "≤ 1.3",
            "1.1",
            _ms(full_intake, intake),
            full_intake <= 1.3 * intake,
        ),
        Line(
            "B7 start-up",
            full_start / start,
            "≤ 1.2",
            "1.1",
            _ms(full_start, start),
            full_start <= 1.2 * start,
        ),
    ]


def _one_ticket(folder: Path) -> None:
    with Stub() as stub:
        stub.people_write([1])
        with hotline(stub, folder) as process:
            wait_for(4, stub)
            process.terminate()
            process.wait(30)


def _multiply(file: Path, count: int) -> None:
    """Copies the one ticket, its history, its messages and its notices, as closed ones with other numbers."""
    db = sqlite3.connect(file)
    db.execute("PRAGMA foreign_keys=OFF")
    closed = {
        "status": "'closed'",
        "closed_at": "received_at",
        "closure": "'system'",
        "resolved_at": "received_at",
    }
    _copied(
        db,
        "tickets",
        count,
        {"code": "code || '-' || n", "holder_id": "sender_id", "claimed_at": "received_at", **closed},
    )
    for table in ("ticket_events", "ticket_cycles", "messages"):
        _copied(db, table, count, {"ticket_id": "ticket_id - n"})
    _copied(
        db,
        "outbox",
        count,
        {"ticket_id": "ticket_id - n", "status": "'sent'", "sent_at": YESTERDAY, "lease_until": "NULL"},
        "ticket_id IS NOT NULL",
    )
    _copied(db, "timers", count, {"subject_id": "subject_id - n", "status": "'superseded'"})
    db.execute("ANALYZE")
    db.commit()
    # A start must not be charged with what the filling left undone.
    db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    db.close()


def _copied(
    db: sqlite3.Connection, table: str, count: int, changed: dict[str, str], where: str = "1"
) -> None:
    """Ids go down from the original's, so that new ones still come last."""
    names = [row[1] for row in db.execute(f"PRAGMA table_info({table})")]
    # Each copy of the rows lies below the one before as a whole: no two can meet.
    span = db.execute(f"SELECT max(id) - min(id) + 1 FROM {table} WHERE {where}").fetchone()[0]
    chosen = ", ".join(f"id - n * {span}" if name == "id" else changed.get(name, name) for name in names)
    db.execute(
        f"WITH RECURSIVE numbers(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < {count})"
        f" INSERT INTO {table} ({', '.join(names)}) SELECT {chosen} FROM {table}, numbers WHERE {where}"
    )


def _measured(folder: Path) -> tuple[float, float]:
    """(seconds from the start to the first receipt, median seconds of one message after another)."""
    with Stub() as stub:
        stub.people_write([2])
        began = time.monotonic()
        with hotline(stub, folder):
            wait_for(1, stub)
            start = time.monotonic() - began
            wait_for(4, stub)
            took = [_one_message(stub, 100 + number) for number in range(60)]
    return start, statistics.median(took)


def _one_message(stub: Stub, chat: int, seconds: float = 60) -> float:
    """Until the receipt; the officers have the cards one by one at first, then as lists."""
    before, ends = stub.count(), time.monotonic() + seconds
    stub.people_write([chat])
    while not (receipts := [one.at for one in stub.accepted(before) if one.chat_id == chat]):
        if time.monotonic() > ends:
            raise TimeoutError(f"no receipt after {seconds:g} s")
        time.sleep(0.02)
    return receipts[0] - stub.written_at()[chat]


def _memory() -> list[Line]:
    with Stub() as stub, tempfile.TemporaryDirectory() as folder, hotline(stub, Path(folder)) as process:
        stub.people_write([1])
        wait_for(4, stub)
        time.sleep(2)
        idle = _resident(process)
        stub.people_write(range(2, BURST + 2))
        wait_for(BURST, stub, since=4, seconds=900)
        time.sleep(5)
        after = _resident(process)
    return [
        Line(
            "B9 memory over a burst",
            after / idle,
            "≤ 1.1",
            "",
            f"{after:.0f} MB after {BURST} messages",
            after <= 1.1 * idle,
        ),
        Line("B9 memory idle", idle, "≤ 110 MB", "80 MB", "", idle <= 110, " MB"),
    ]


def _resident(process: psutil.Process) -> float:
    return float(process.memory_info().rss) / MEGABYTE


def _ms(full: float, empty: float) -> str:
    return f"{1000 * full:.0f} and {1000 * empty:.0f} ms with {STORED} and 1 stored"
