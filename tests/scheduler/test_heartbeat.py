"""The heartbeat: nobody who wakes it is forgotten, whatever it is doing just then."""

import asyncio
import time
from datetime import UTC, datetime

import pytest
import structlog

from scheduler.heartbeat import SAFETY_SECONDS, Heartbeat
from storage.database import Unavailable


def wall() -> datetime:
    return datetime.now(UTC)


async def test_whoever_wakes_it_during_a_beat_gets_a_beat_of_their_own(
    caplog: pytest.LogCaptureFixture,
) -> None:
    begun, go_on, beats = asyncio.Event(), asyncio.Event(), []

    async def tick() -> int:
        beats.append(time.monotonic())
        begun.set()
        await go_on.wait()
        return 0

    async def next_in() -> float | None:
        return 10.0

    heart = Heartbeat(tick, next_in, wall)
    heart.start()
    await begun.wait()
    heart.wake()
    await asyncio.sleep(0.1)  # the woken beat comes and finds the first one still at work
    go_on.set()
    await asyncio.sleep(0.2)
    heart.stop()

    assert len(beats) == 2
    assert beats[1] - beats[0] < SAFETY_SECONDS / 10
    assert "skipped" not in caplog.text


async def test_it_sleeps_until_the_next_timer() -> None:
    beats, third = [], asyncio.Event()

    async def tick() -> int:
        beats.append(time.monotonic())
        if len(beats) == 3:
            third.set()
        return 0

    async def next_in() -> float | None:
        return 0.05

    heart = Heartbeat(tick, next_in, wall)
    heart.start()
    await asyncio.wait_for(third.wait(), 5)
    heart.stop()

    assert beats[2] - beats[1] >= 0.04


async def test_a_beat_that_fails_is_not_the_last_one() -> None:
    beats, failed, second = [], asyncio.Event(), asyncio.Event()

    async def tick() -> int:
        beats.append(1)
        if len(beats) == 1:
            failed.set()
            raise RuntimeError("a bug in one timer")
        second.set()
        return 0

    async def next_in() -> float | None:
        return None

    heart = Heartbeat(tick, next_in, wall)
    heart.start()
    await asyncio.wait_for(failed.wait(), 5)
    await asyncio.sleep(0.05)
    heart.wake()
    await asyncio.wait_for(second.wait(), 5)
    heart.stop()

    assert len(beats) == 2


async def test_a_beat_that_hangs_or_fails_is_silence(monkeypatch: pytest.MonkeyPatch) -> None:
    loop, beaten = asyncio.get_running_loop(), asyncio.Event()
    fails = False

    async def tick() -> int:
        beaten.set()
        if fails:
            raise OSError("disk")
        return 0

    async def next_in() -> float | None:
        return None

    heart = Heartbeat(tick, next_in, wall)
    before_the_start = heart.silent_seconds()
    heart.start()
    await asyncio.wait_for(beaten.wait(), 5)
    heart.stop()
    fails, hour_later = True, loop.time() + 3600
    monkeypatch.setattr(loop, "time", lambda: hour_later)
    await heart.beat()

    assert before_the_start == 0
    assert 3590 < heart.silent_seconds() < 3700


async def test_a_database_that_is_away_is_no_failure_of_a_timer_and_makes_the_heart_silent() -> None:
    async def tick() -> int:
        raise Unavailable("ConnectionRefusedError")

    async def next_in() -> float | None:
        return None

    heart = Heartbeat(tick, next_in, wall)
    with structlog.testing.capture_logs() as said:
        await heart.beat()
    assert heart.last_beat is None
    assert [(line["event"], line["log_level"]) for line in said] == [
        ("the database is unavailable", "warning")
    ]
