"""The clock: real time, drills, and the guard between them."""

import re
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from app.clock import Clock, note_drill_time, reading_clock, start_clock
from app.refusal import Refusal
from app.settings import Settings, load_settings
from core.people import Role
from storage import people
from storage.data_files import fact
from storage.database import Database
from storage.migrate import upgrade

NOON = datetime(2026, 11, 22, 5, 0, tzinfo=UTC)
DRILL_START = "2026-12-01T06:30:00+07:00"


class Wall:
    """A wall clock and a monotonic one, moved by hand together."""

    def __init__(self) -> None:
        self.at, self.ticks = NOON, 100.0

    def passes(self, seconds: float) -> None:
        self.at += timedelta(seconds=seconds)
        self.ticks += seconds

    def clock(self, start: datetime | None = None, speed: float = 1.0) -> Clock:
        return Clock(start, speed, lambda: self.at, lambda: self.ticks)


@pytest.fixture
async def db(here: Path) -> AsyncIterator[Database]:
    url = load_settings().database
    await upgrade(url)
    async with Database(url) as opened:
        yield opened


def test_real_time_is_the_walls() -> None:
    wall = Wall()
    clock = wall.clock()

    wall.passes(61)

    assert clock.now() == NOON + timedelta(seconds=61)
    assert clock.stretch(timedelta(seconds=3)) == timedelta(seconds=3)
    assert clock.from_platform(NOON) == NOON


def test_a_small_step_back_is_waited_for_and_a_large_one_believed() -> None:
    wall = Wall()
    clock = wall.clock()
    wall.passes(10)
    clock.now()

    wall.at -= timedelta(seconds=5)
    assert clock.now() == NOON + timedelta(seconds=10)

    wall.at -= timedelta(hours=5)
    assert clock.now() == wall.at


def test_a_drill_runs_from_its_start_and_faster() -> None:
    wall = Wall()
    start = datetime(2026, 12, 1, 0, 0, tzinfo=UTC)
    clock = wall.clock(start, 72)

    wall.passes(10)

    assert clock.now() == start + timedelta(minutes=12)
    assert clock.stretch(timedelta(seconds=1)) == timedelta(seconds=72)
    assert clock.shrink(timedelta(seconds=72)) == timedelta(seconds=1)


def test_a_platforms_real_time_is_told_in_the_drills() -> None:
    wall = Wall()
    start = datetime(2026, 12, 1, 0, 0, tzinfo=UTC)
    clock = wall.clock(start, 60)
    wall.passes(30)

    assert clock.from_platform(NOON + timedelta(seconds=10)) == start + timedelta(minutes=10)
    assert clock.from_platform(NOON - timedelta(hours=1)) == start


async def test_a_drill_marks_its_database_for_ever(db: Database) -> None:
    await start_clock(db, drill())

    with pytest.raises(Refusal, match="diễn tập"):
        await start_clock(db, load_settings())

    assert await db.read(lambda c: fact(c, "drill")) == "2026-11-30T23:30:00+00:00"


async def test_a_drill_on_a_database_with_people_is_refused(db: Database) -> None:
    await db.write(lambda c: people.add_person(c, "Một người", Role.DUTY, NOON))

    with pytest.raises(Refusal, match="dữ liệu thật"):
        await start_clock(db, drill())

    assert await db.read(lambda c: fact(c, "drill")) is None


async def test_real_time_leaves_no_mark(db: Database) -> None:
    clock = await start_clock(db, load_settings())

    assert not clock.is_drill
    assert await db.read(lambda c: fact(c, "drill")) is None


async def test_a_drill_goes_on_from_where_its_clock_was(db: Database) -> None:
    clock = await start_clock(db, drill())
    late = clock.now() + timedelta(hours=9)
    await db.write(lambda c: people.add_person(c, "Một người", Role.DUTY, late))

    again = await start_clock(db, drill())

    assert again.now() >= late


async def test_a_drill_goes_on_from_the_time_that_was_noted(db: Database) -> None:
    await start_clock(db, drill())
    ahead = Clock(datetime(2026, 12, 5, tzinfo=UTC))
    await db.write(lambda c: note_drill_time(c, ahead))

    again = await start_clock(db, drill())
    looked = await db.read(lambda c: reading_clock(c, load_settings()))

    assert again.now() >= datetime(2026, 12, 5, tzinfo=UTC)
    assert looked.now() >= datetime(2026, 12, 5, tzinfo=UTC)


def test_nothing_but_the_clock_reads_the_clock() -> None:
    """pytest, the doubles and storage/ids.py take times as arguments; `time.monotonic` only paces."""
    root = Path(__file__).parents[2]
    reading = re.compile(
        r"datetime\.(now|utcnow|today)\(|date\.today\(|\btime\.time\(|time_ns\(|\blocaltime\(|\bgmtime\("
    )
    packages = ("app", "bot", "core", "plan_data", "scheduler", "services", "storage")
    found = [
        f"{path.relative_to(root)}:{n}"
        for package in packages
        for path in sorted((root / package).rglob("*.py"))
        if path != root / "app" / "clock.py"
        for n, line in enumerate(path.read_text("utf-8").splitlines(), start=1)
        if reading.search(line)
    ]

    assert found == []


def drill() -> Settings:
    return load_settings(clock_start=DRILL_START, clock_speed=72)
