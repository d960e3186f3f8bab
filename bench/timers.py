"""B5 and B6: a million open timers cost what a thousand cost, and none of them is late."""

import asyncio
import random
import statistics
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import sqlalchemy as sa

from bench.table import Line
from scheduler.heartbeat import Heartbeat
from storage import timers
from storage.database import Connection, Database, writer_engine
from storage.schema import metadata

FEW, MANY = 1_000, 1_000_000
DUE = 100
WITHIN = 15.0
"""Seconds in which the timers of B6 fall due, at times drawn at random."""


def lines() -> list[Line]:
    """The table's lines."""
    with tempfile.TemporaryDirectory() as folder:
        few, many = _filled(Path(folder) / "few.db", FEW), _filled(Path(folder) / "many.db", MANY)
        idle = _median(many, _idle, 400) / _median(few, _idle, 400)
        small, large = _median(few, _claim, 15), _median(many, _claim, 15)
        plan = _plan(many)
        late, polled = asyncio.run(_lateness(Path(folder) / "many.db"))
    return [
        Line("B5 idle sweep", idle, "≤ 1.1", "", f"{MANY} against {FEW} waiting", idle <= 1.1),
        Line(
            f"B5 claiming {DUE}",
            large / small,
            "≤ 1.6",
            "",
            f"{1000 * large:.2f} and {1000 * small:.2f} ms; {plan}",
            large <= 1.6 * small and plan.startswith("SEARCH"),
        ),
        Line(
            "B6 lateness p99 / poll",
            late / polled,
            "≤ 0.02",
            "0.01",
            f"{1000 * late:.1f} and {1000 * polled:.0f} ms at {MANY} open",
            late <= 0.02 * polled,
        ),
    ]


def _filled(file: Path, count: int) -> sa.Engine:
    engine = writer_engine(sa.make_url(f"sqlite:///{file}"))
    metadata.create_all(engine)
    now = datetime.now(UTC)
    later = [(now + timedelta(days=1, seconds=n)).strftime("%Y-%m-%d %H:%M:%S.%f") for n in range(count)]
    rows = ((n + 1, "ticket", n + 1, "rung7", 1, at, "{}", "waiting") for n, at in enumerate(later))
    with engine.begin() as db:
        raw = db.connection.driver_connection
        assert raw is not None
        raw.executemany(
            "INSERT INTO timers (id, subject, subject_id, stage, cycle, due_at, data, status)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            rows,
        )
    return engine


def _median(engine: sa.Engine, errand: Callable[[Connection], None], rounds: int) -> float:
    """Seconds of one `errand`; what it writes is taken back."""
    took = []
    for _ in range(rounds):
        with engine.connect() as db:
            began = db.begin()
            if errand is _claim:
                _make_due(db, datetime.now(UTC) - timedelta(seconds=1), DUE)
            started = time.perf_counter()
            errand(db)
            took.append(time.perf_counter() - started)
            began.rollback()
    return statistics.median(took)


def _idle(db: Connection) -> None:
    timers.next_due_at(db)


def _claim(db: Connection) -> None:
    now = datetime.now(UTC)
    found = timers.due(db, now)
    assert len(found) == DUE
    for timer in found:
        assert timers.fired(db, timer.id, now)


def _make_due(db: Connection, at: datetime, count: int, apart: float = 0.0) -> None:
    for number in range(count):
        stages = {f"bench{at.timestamp()}": at + timedelta(seconds=number * apart)}
        timers.add(db, "bench", number, 1, stages, at)


def _plan(engine: sa.Engine) -> str:
    """What SQLite says of the sweep: SEARCH, or SCAN when an index is missing."""
    query = "SELECT id FROM timers WHERE status = 'waiting' AND due_at <= '2026-01-01' ORDER BY due_at, id"
    with engine.connect() as db:
        return str(db.execute(sa.text(f"EXPLAIN QUERY PLAN {query}")).all()[0][3])


async def _lateness(file: Path) -> tuple[float, float]:
    """The 99th percentile of seconds late: by the heartbeat, and by somebody who looks once a second."""
    async with Database(f"sqlite+aiosqlite:///{file}") as db:
        late = await _beaten(db)
        polled = await _polled(db)
    return _p99(late), _p99(polled)


async def _beaten(db: Database) -> list[float]:
    late: list[float] = []
    all_fired = asyncio.Event()

    async def tick() -> int:
        found = await db.write(_fire)
        late.extend(found)
        if len(late) >= DUE:
            all_fired.set()
        return len(found)

    async def seconds_to_next() -> float | None:
        due_at = await db.read(timers.next_due_at)
        return (due_at - datetime.now(UTC)).total_seconds() if due_at else None

    await db.write(_strewn)
    heartbeat = Heartbeat(tick, seconds_to_next, lambda: datetime.now(UTC))
    heartbeat.start()
    await all_fired.wait()
    heartbeat.stop()
    return late


async def _polled(db: Database) -> list[float]:
    await db.write(_strewn)
    late: list[float] = []
    while len(late) < DUE:
        late += await db.write(_fire)
        await asyncio.sleep(1)
    return late


def _strewn(db: Connection) -> None:
    now = datetime.now(UTC)
    for number in range(DUE):
        at = now + timedelta(seconds=0.5 + random.uniform(0, WITHIN))
        timers.add(db, "bench", number, 1, {f"strewn{now.timestamp()}": at}, now)


def _fire(db: Connection) -> list[float]:
    now = datetime.now(UTC)
    found = timers.due(db, now)
    for timer in found:
        timers.fired(db, timer.id, now)
    return [(now - timer.due_at).total_seconds() for timer in found]


def _p99(values: list[float]) -> float:
    return sorted(values)[int(0.99 * len(values)) - 1]
