"""The first crash test: a real process is killed at every named point; after the restart the rows are those of a quiet run."""

import asyncio
import signal
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from services.verify import verify
from storage.database import Database
from tests.crash.child import started
from tests.crash.rows import left_to_do, picture, receipts_marked
from tests.doubles.botapi import BotApiDouble
from tests.doubles.botapi_people import Person
from tests.telegram_line import MORNING, open_line, until

pytestmark = pytest.mark.kill

ANSWER = "Xe sẽ qua trong 30 phút."
AFTER_THE_DUE_TIME = "2026-11-22T21:00:00+07:00"
RECEIVING = [
    "stored",
    "stored > before commit",
    "stored > after commit",  # stored, and Telegram not told: the offset has not moved
    "claimed",
    "claimed > before commit",
    "claimed > after commit",
    "claimed > after commit > claimed > claimed > before commit",
    "before send",
    "after send",
    "after send > before commit",
    "after send > after send > after send > after send > after commit",
]
_quiet: dict[str, dict[str, Any]] = {}
"""What runs that nobody killed have left, by the clock they ended at: the same for all tests."""

FIRING = [
    "fired",
    "fired > fired > fired",
    "fired > before commit",
    "fired > after commit",
    "fired > after send",
]


@dataclass
class Scene:
    """A folder, the people, and what they said while nobody listened."""

    folder: Path
    double: BotApiDouble
    drivers: Sequence[Person]
    nam: Person

    @property
    def database(self) -> str:
        return f"sqlite+aiosqlite:///{self.folder / 'hotline.db'}"

    def receipts(self) -> int:
        return sum("Mã phiếu" in text for driver in self.drivers for text in driver.messages())

    def answers(self) -> int:
        return sum(ANSWER in text for text in self.nam.messages())


@pytest.mark.parametrize("point", RECEIVING)
async def test_nothing_is_lost_or_doubled_when_the_process_dies_while_it_receives(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, point: str
) -> None:
    monkeypatch.chdir(tmp_path)
    expected = await _undisturbed(tmp_path, MORNING)
    async with _scene(tmp_path / "killed") as scene:
        known = await receipts_marked(scene.database)
        await _dies(scene, point, MORNING)
        in_flight = scene.receipts() - (await receipts_marked(scene.database) - known)
        await _lives(scene, MORNING)
        assert await picture(scene.database) == expected
        assert len(scene.drivers) <= scene.receipts() <= len(scene.drivers) + in_flight
        assert 1 <= scene.answers() <= 2
        await _verifies(scene)


@pytest.mark.parametrize("point", FIRING)
async def test_every_timer_fires_once_when_the_process_dies_while_it_fires_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, point: str
) -> None:
    monkeypatch.chdir(tmp_path)
    expected = await _undisturbed(tmp_path, AFTER_THE_DUE_TIME)
    assert any(status == "fired" for _, _, _, status, _ in expected["timers"])
    assert any(kind == "breached" for _, kind, _ in expected["events"])
    async with _scene(tmp_path / "killed") as scene:
        await _lives(scene, MORNING)
        await _dies(scene, point, AFTER_THE_DUE_TIME)
        await _lives(scene, AFTER_THE_DUE_TIME)
        assert await picture(scene.database) == expected
        await _verifies(scene)


async def _undisturbed(folder: Path, until: str) -> dict[str, Any]:
    if until not in _quiet:
        async with _scene(folder / "quiet") as scene:
            for clock in dict.fromkeys((MORNING, until)):
                await _lives(scene, clock)
            assert (scene.receipts(), scene.answers()) == (len(scene.drivers), 1)
            _quiet[until] = await picture(scene.database)
    return _quiet[until]


@asynccontextmanager
async def _scene(folder: Path) -> AsyncIterator[Scene]:
    """An officer who was asked for the words of an answer; then, with nobody listening: the words, and five new drivers."""
    async with BotApiDouble() as double:
        async with open_line(folder, double) as line:
            khue, nam = await line.staff("Khuê"), double.user("Nam")
            await nam.says("Hữu Nghị: thu phí sai")
            await khue.waits_for("thu phí sai")
            await khue.presses("Nhận xử lý")
            await khue.waits_for("Đang xử lý: Khuê")
            await khue.presses("Trả lời")
            await khue.waits_for("Viết trả lời")
            await line.rests()
        drivers = [double.user(f"Lái xe {number}") for number in range(5)]
        for driver in drivers:
            await driver.says(f"Hữu Nghị: kẹt xe, {driver.user['first_name']}")
        await khue.says(ANSWER)
        for number in range(3):
            await drivers[0].says(f"Thêm {number}")
        yield Scene(folder, double, drivers, nam)


async def _dies(scene: Scene, point: str, clock: str) -> None:
    process = started(_settings(scene, clock), point)
    await until(lambda: not process.is_alive(), seconds=30)
    assert process.exitcode == -signal.SIGKILL, f"the process never passed {point!r}"


async def _lives(scene: Scene, clock: str) -> None:
    """The program runs until there is nothing left to do, and is stopped politely."""
    process = started(_settings(scene, clock))
    try:
        async with asyncio.timeout(30):
            while await _busy(scene, clock):
                assert process.is_alive(), "the program died by itself"
    finally:
        process.terminate()
        await until(lambda: not process.is_alive(), seconds=30)
    assert process.exitcode == 0


async def _busy(scene: Scene, clock: str) -> bool:
    """Whether something happens still: looked at for a while, for one thing leads to another."""
    for _ in range(4):
        polled = scene.double.calls("getUpdates")
        if scene.double.world.updates or await left_to_do(scene.database, clock) or not polled:
            await asyncio.sleep(0.05)
            return True
        await asyncio.sleep(0.1)
    return False


def _settings(scene: Scene, clock: str) -> dict[str, object]:
    scene.double.requests.clear()
    return {
        "data_dir": scene.folder,
        "telegram_token": scene.double.token,
        "telegram_base_url": scene.double.base_url,
        "clock_start": clock,
    }


async def _verifies(scene: Scene) -> None:
    async with Database(scene.database) as db:
        verdict = await db.read(verify)
    assert not verdict.findings
