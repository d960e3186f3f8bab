"""The machine fails under the real program: it is said in words, nothing is lost, and it goes on by itself afterwards."""

import asyncio
import sqlite3
import subprocess
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, closing
from datetime import datetime, timedelta
from pathlib import Path

import httpx
import pytest

from core.people import Role
from storage import database
from storage.backup import back_up, restore
from storage.reading import open_read_only
from tests.app.running import environment, free_port
from tests.doubles.botapi import BotApiDouble
from tests.telegram_line import MORNING, Line, open_line, until
from tests.web_page import HERE, Window

LONG = "Hữu Nghị: kẹt xe ở barie. " + "Xe nối nhau tới tận cây xăng. " * 100
A_DAY_AND_MORE_LATER = "2026-11-23T15:00:00+07:00"


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of four megabytes. Needs root, as CI has; without it these tests fail rather than say nothing."""
    place = tmp_path / "disk"
    place.mkdir()
    _mount("mount", "-t", "tmpfs", "-o", "size=4m", "tmpfs", str(place))
    yield place
    _mount("umount", "--lazy", str(place))


@pytest.fixture(autouse=True)
def _no_env_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


async def test_on_a_full_disk_nothing_is_acknowledged_and_nothing_is_lost(
    small_disk: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("services.waiting.TROUBLE_SECONDS", 0.1)
    async with _line(small_disk) as line, _page(line) as page:
        khue, driver = await line.staff("Khuê"), line.double.user("Lái xe Nam")
        ballast = _fills(small_disk)
        said = []
        while line.program.ears[0].trouble is None:
            said.append(f"{LONG}{len(said)}")
            assert len(said) < 200, "the disk takes everything"
            await driver.says(said[-1])
            await line.double.world.wait(0.1)
        refused = await page.says(LONG)
        not_ready = await page.browser.get("/readyz")
        waiting = len(line.double.world.updates)

        ballast.unlink()
        await driver.waits_for("Mã phiếu", seconds=60)
        await khue.waits_for("kẹt xe ở barie", seconds=60)
        await until(lambda: not line.double.world.updates, seconds=60)
        await line.rests()
        taken = await page.says(LONG)
        await until(lambda: line.program.trouble() is None, seconds=30)
        kept = await line.words((await line.tickets())[0], "in")
        ready = await page.browser.get("/readyz")

    assert refused.status_code == 503
    assert refused.json()["code"] == "web.error.storage"
    assert not_ready.status_code == 503
    assert waiting
    assert (taken.status_code, ready.status_code) == (200, 200)
    assert sorted(kept) == sorted(said)


async def test_a_database_that_another_program_locks_is_waited_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database, "_prepare_writer", _impatient(database._prepare_writer))
    monkeypatch.setattr("services.waiting.TROUBLE_SECONDS", 0.1)
    async with _line(tmp_path) as line, _page(line) as page:
        khue, driver = await line.staff("Khuê"), line.double.user("Lái xe Nam")
        await line.rests()
        with closing(sqlite3.connect(tmp_path / "hotline.db")) as other:
            other.execute("BEGIN IMMEDIATE")
            await driver.says("Hữu Nghị: kẹt xe ở barie")
            await until(lambda: line.program.ears[0].trouble == "not stored")
            refused = await page.says("Hữu Nghị: thu phí sai")
            waiting = len(line.double.world.updates)
            other.rollback()
        await driver.waits_for("Mã phiếu", seconds=30)
        await khue.waits_for("kẹt xe ở barie", seconds=30)
        await line.rests()
        assert (refused.status_code, waiting) == (503, 1)
        assert len(driver.messages()) == 1
        assert len(await line.tickets()) == 1


async def test_a_notice_that_was_sent_while_the_disk_filled_up_is_not_sent_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Telegram has taken it, and that cannot be written down: it is kept in mind until it can."""
    monkeypatch.setattr("services.waiting.TROUBLE_SECONDS", 0.05)
    async with _line(tmp_path) as line:
        driver, refused = line.double.user("Lái xe Nam"), []
        real = line.program.db.write

        async def full(errand, **more):  # type: ignore[no-untyped-def]
            if line.double.calls("sendMessage", driver) and len(refused) < 20:
                refused.append(errand)
                raise database.Unavailable("OperationalError")
            return await real(errand, **more)

        monkeypatch.setattr(line.program.db, "write", full)
        await driver.says("Hữu Nghị: kẹt xe ở barie")
        await driver.waits_for("Mã phiếu")
        await until(lambda: len(refused) == 20, seconds=30)
        line.program.clock._start += timedelta(minutes=5)  # every lease has run out
        await line.rests()
        assert len(driver.messages()) == 1


def test_a_folder_that_cannot_be_written_is_refused_in_words_and_served_when_it_can(small_disk: Path) -> None:
    _mount("mount", "-o", "remount,ro", str(small_disk))
    refused = _hotline(small_disk, "run")
    seen = _hotline(small_disk, "doctor")
    _mount("mount", "-o", "remount,rw", str(small_disk))
    after = _hotline(small_disk, "people", "add", "--name", "An", "--role", "duty")

    assert refused.returncode == seen.returncode == 1
    assert "đĩa chỉ cho đọc" in refused.stderr
    assert "Traceback" not in refused.stderr + seen.stderr
    assert "✗ data_dir: Không ghi được" in seen.stdout
    assert after.returncode == 0


async def test_after_an_outage_of_more_than_a_day_leaders_read_what_may_be_missing(tmp_path: Path) -> None:
    async with BotApiDouble() as double:
        async with open_line(tmp_path, double) as line:
            leader = await line.staff("Giang", Role.LEADER, None)
            khue = await line.staff("Khuê")
            await _heard(line)
        since = leader.mark()
        async with open_line(tmp_path, double, clock_start=A_DAY_AND_MORE_LATER) as later:
            banner = await leader.waits_for("Có thể thiếu tin", seconds=30, since=since)
            await later.rests()
    assert "từ 09:00 22/11/2026 đến 15:00 22/11/2026" in banner.text
    assert not [text for text in khue.messages() if "thiếu tin" in text]


async def test_what_waited_in_a_restored_backup_is_not_sent_and_leaders_read_what_is_missing(
    tmp_path: Path,
) -> None:
    database_file, backup = tmp_path / "hotline.db", tmp_path / "backups" / "b.tar.gz"
    async with BotApiDouble() as double:
        async with open_line(tmp_path, double) as line:
            leader, driver = await line.staff("Giang", Role.LEADER, None), double.user("Lái xe Nam")
            double.breaks("too_many", method="sendMessage", chat=driver, seconds=60)
            await driver.says("Hữu Nghị: kẹt xe ở barie")
            await line.becomes(lambda ticket: ticket.gate == "HN")
            await _heard(line)
            await asyncio.to_thread(
                back_up, database_file, tmp_path / "files", backup, line.program.clock.now()
            )
        half_an_hour_later = datetime.fromisoformat("2026-11-22T09:30:00+07:00")
        await asyncio.to_thread(restore, backup, database_file, tmp_path, half_an_hour_later)
        double.heals()
        async with open_line(tmp_path, double, clock_start="2026-11-22T09:40:00+07:00") as later:
            banner = await leader.waits_for("khôi phục từ bản sao lưu", seconds=30)
            await later.rests()
    assert "từ 09:00 22/11/2026 đến 09:30 22/11/2026" in banner.text
    assert not driver.messages()


async def _heard(line: Line) -> None:
    """Until the program has noted that it hears Telegram."""
    await until(lambda: _fact(line, "heard_at") is not None, seconds=30)


def _fact(line: Line, name: str) -> str | None:
    with closing(open_read_only(line.program.settings.data_dir / "hotline.db")) as raw:
        row = raw.execute("SELECT value FROM meta WHERE key = ?", (name,)).fetchone()
    return row[0] if row else None


@asynccontextmanager
async def _line(folder: Path) -> AsyncIterator[Line]:
    async with BotApiDouble() as double, open_line(folder, double, clock_start=MORNING) as line:
        yield line
        await line.rests()


@asynccontextmanager
async def _page(line: Line) -> AsyncIterator[Window]:
    """A sender's page, before anything has gone wrong."""
    way = httpx.ASGITransport(line.program.http, client=("10.0.0.1", 40000))
    async with httpx.AsyncClient(transport=way, base_url=HERE) as browser:
        yield await Window.opens(browser, "/chat?gate=HN")


def _fills(disk: Path) -> Path:
    """A file that leaves no byte free."""
    ballast = disk / "ballast"
    with ballast.open("wb", buffering=0) as file:
        for size in (2**16, 2**12, 1):
            try:
                while True:
                    file.write(bytes(size))
            except OSError:
                continue
    return ballast


def _impatient(prepare: Callable[..., None]) -> Callable[..., None]:
    """A writer that waits a tenth of a second for a lock, not fifteen."""

    def prepared(raw, record):  # type: ignore[no-untyped-def]
        prepare(raw, record)
        raw.execute("PRAGMA busy_timeout=100").close()

    return prepared


def _hotline(folder: Path, *words: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-m", "app", *words],
        env=environment(free_port(), HOTLINE_DATA_DIR=str(folder / "var")),
        capture_output=True,
        encoding="utf-8",
        timeout=60,
        check=False,
    )


def _mount(*words: str) -> None:
    subprocess.run(words, check=True, capture_output=True)
