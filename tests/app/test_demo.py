"""`hotline demo`: a day that the program itself has produced, a clock that goes on, a folder that is made anew."""

import json
import re
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from app.demo import MARK, DemoClock, demo_start, rehearsed, remake, scratch_settings
from app.demo_news import line
from app.demo_script import SENDERS, Verb, read_script, script
from app.refusal import Refusal
from app.settings import Settings, load_settings
from core.calendar import TZ
from core.ticket import Closure, Status, TicketClass
from services.verify import verify
from storage import tickets
from storage.news import news_after
from storage.survey import inbox_backlog, poison
from tests.app.running import running

AFTERNOON = datetime(2026, 11, 22, 15, 30, tzinfo=TZ)


@pytest.fixture
def settings(tmp_path: Path, here: Path) -> Settings:
    return load_settings(data_dir=tmp_path / "demo")


async def test_the_afternoon_begins_with_a_day_of_every_kind_of_ticket(settings: Settings) -> None:
    clock = DemoClock(AFTERNOON.replace(hour=6, minute=30), 1)

    async with rehearsed(settings, clock, AFTERNOON) as player:
        db = player.program.db
        found = await db.read(lambda db: list(tickets.listed(db)))
        told = await db.read(lambda db: [line(db, news) for news in news_after(db, 0, 10_000)])
        broken = await db.read(verify)
        ill, left = await db.read(poison), await db.read(inbox_backlog)
        yours = [player.persons[one.key] for one in player.script.members if one.yours]

    assert clock.now() == AFTERNOON
    assert len([one for one in found if one.opened_at.astimezone(TZ).date() == AFTERNOON.date()]) >= 40
    assert {one.status for one in found} == set(Status)
    assert {one.ticket_class for one in found} == set(TicketClass)
    assert {Closure.RATED, Closure.SPAM, Closure.PETITION} <= {one.closure for one in found}
    assert {"HN", "HN-1119", "TT", "CN", "DD", "CM", "NH", None} <= {one.gate for one in found}
    assert len({one.category for one in found}) >= 10
    assert any(one.late_message for one in found)
    assert any(one.spam_marked_by and one.is_open for one in found)
    assert any(one.amber for one in found)
    assert any(one.cycle == 2 and one.is_open for one in found)
    assert any(one.breached_at and one.is_open for one in found)
    assert len([one for one in found if one.holder_id in yours and one.is_open]) >= 3
    assert broken.findings == ()
    assert (list(ill), left.waiting) == ([], 0)
    assert any("trễ hẹn" in text for text in told)
    words = [scene.says for scene in script().scenes] + [one.name for one in script().members]
    assert not any(word in text for word in words for text in told)


def test_a_day_is_watched_at_speed_and_is_new_the_next_time(tmp_path: Path) -> None:
    given = {"HOTLINE_CLOCK_START": "2026-11-22T06:50", "HOTLINE_CLOCK_SPEED": "600"}
    codes = []
    for _ in range(2):
        with running(tmp_path, "demo", **given, HOTLINE_TELEGRAM_TOKEN="123456:" + "A" * 35) as hotline:
            hotline.prints("Xem cả một ngày")
            hotline.prints("nhận xử lý · ")
            text = hotline.text()
            code, seconds = hotline.stops()
        codes.append(set(re.findall(r"/in/(\w+)", text)))
        assert (code, seconds < 5) == (0, True)
        assert "Telegram, Zalo: tắt" in text
        assert re.search(r"22/11 0\d:\d\d  HN +DDLS-261122-0002  mở phiếu · người gửi", hotline.text())
        # Six hundred times as fast: a slow machine prints it some minutes later.
        assert re.search(r"0[67]:\d\d 22/11/2026", text)
        assert hotline.err.read_text() == ""

    assert len(codes[0]) == len(codes[1]) == 5
    assert not codes[0] & codes[1]
    assert [path.name for path in (tmp_path / "var").iterdir()] == ["demo"]


def test_the_demo_is_never_the_real_database(tmp_path: Path, here: Path) -> None:
    real = load_settings(
        data_dir=tmp_path,
        database_url="sqlite+aiosqlite:///real.db",
        telegram_token="123456:secret",
        sealed_readers=(7,),
    )

    scratch = scratch_settings(real)

    assert scratch.database == f"sqlite+aiosqlite:///{tmp_path / 'demo' / 'hotline.db'}"
    assert (scratch.telegram_token, scratch.sealed_readers) == (None, ())


def test_only_a_folder_of_its_own_is_emptied(tmp_path: Path) -> None:
    (tmp_path / "hotline.db").write_text("somebody's")

    with pytest.raises(Refusal, match="không phải của buổi chạy thử"):
        remake(tmp_path)
    assert (tmp_path / "hotline.db").exists()

    (tmp_path / MARK).touch()
    (tmp_path / "files").mkdir()
    remake(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == [MARK]


@pytest.mark.parametrize(
    ("given", "begins"),
    [
        ({}, "2026-11-23 15:30"),
        ({"clock_speed": 72}, "2026-11-23 06:50"),
        ({"clock_start": "2026-02-14T10:00"}, "2026-02-14 10:00"),
    ],
)
def test_when_a_demo_begins(here: Path, given: dict[str, Any], begins: str) -> None:
    now = datetime(2026, 11, 23, 1, 0, tzinfo=UTC)

    start = demo_start(load_settings(**given), now)

    assert f"{start.astimezone(TZ):%Y-%m-%d %H:%M}" == begins


def test_its_clock_is_moved_by_hand_and_then_runs() -> None:
    clock = DemoClock(AFTERNOON, 3600)
    clock.moves_to(AFTERNOON + timedelta(hours=1))
    clock.moves_to(AFTERNOON)
    assert clock.now() == AFTERNOON + timedelta(hours=1)

    clock.runs()
    clock.moves_to(AFTERNOON + timedelta(days=9))

    assert AFTERNOON + timedelta(hours=1) <= clock.now() < AFTERNOON + timedelta(days=1)


def test_the_script_is_whole() -> None:
    acts = Counter(step.verb for scene in script().scenes for step in scene.steps)

    assert set(acts) == set(Verb)
    assert Verb.LEAVES in SENDERS
    assert Verb.CLAIM not in SENDERS
    assert len(script().scenes) >= 45
    assert {scene.language for scene in script().scenes} == {"vi", "en", "zh"}


@pytest.mark.parametrize("step", ["claim", "+1 dances", "+5 claim @nobody"])
def test_a_script_that_cannot_be_played_is_refused_when_it_is_read(step: str) -> None:
    text = f'member = []\nshift = []\n[[scene]]\nat = "07:00"\nsays = "…"\nsteps = [{json.dumps(step)}]\n'

    with pytest.raises(ValueError):
        read_script(text)
