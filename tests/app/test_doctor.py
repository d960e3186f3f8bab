"""`hotline doctor`: what is missing and what lies undone, in words, and nothing of anybody's words."""

import json
import os
import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from typer.testing import Result

from app.doctor import examine
from app.doctor_data import Check, Level
from app.lock import Lock
from app.settings import load_settings
from core.calendar import TZ
from tests.doubles.botapi import TOKEN, BotApiDouble
from tests.doubles.zalobot import SECRET as ZALO_SECRET
from tests.doubles.zalobot import ZaloBotDouble

Run = Callable[..., Result]
LONG_AGO = "2020-01-01 00:00:00"


async def checked(**settings: Any) -> dict[str, Check]:
    return {check.name: check for check in await examine(load_settings(**settings))}


@pytest.fixture
def started(hotline: Run) -> Run:
    """A database with one person in it."""
    assert hotline("people", "add", "--name", "A", "--role", "duty").exit_code == 0
    return hotline


def execute(statement: str) -> None:
    with closing(sqlite3.connect("var/hotline.db")) as raw:
        raw.execute(statement)
        raw.commit()


async def test_an_empty_folder_is_nothing_bad(here: Path) -> None:
    found = await checked()

    assert all(check.level is not Level.BAD for check in found.values())
    assert found["database"].level is Level.WARN
    assert os.listdir(here) == []


async def test_mistyped_settings_are_told(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOTLINE_TELEGRAM_TOKE", "1:secret")

    found = await checked()

    assert found["settings"].level is Level.WARN
    assert "HOTLINE_TELEGRAM_TOKE" in found["settings"].message
    assert "secret" not in found["settings"].message


async def test_telegram_is_asked_only_with_a_token(here: Path) -> None:
    async with BotApiDouble() as double:
        given = {"telegram_token": TOKEN, "telegram_base_url": double.base_url}
        reached, refused = await checked(**given), await checked(**{**given, "telegram_token": "1:wrong"})
        silent = await checked()

    assert [found["telegram"].level for found in (reached, refused, silent)] == [
        Level.OK,
        Level.BAD,
        Level.OK,
    ]
    assert reached["telegram"].message.startswith("Telegram trả lời: @")
    assert (reached["telegram_webhook"].level, reached["telegram_clock"].level) == (Level.OK, Level.OK)
    assert not {"telegram_webhook", "telegram_clock"} & {*refused, *silent}


async def test_whoever_else_gets_the_bots_updates_is_told(here: Path) -> None:
    async with BotApiDouble() as double:
        polled = {"telegram_token": TOKEN, "telegram_base_url": double.base_url}
        pushed = {
            **polled,
            "telegram_mode": "webhook",
            "telegram_webhook_secret": "s3cret",
            "public_url": "https://gate.example",
        }
        unset = await checked(**pushed)
        double.delivery.webhook.url = "https://gate.example/hooks/telegram"
        good = await checked(**pushed)
        double.delivery.webhook.last_error = "Wrong response from the webhook: 503"
        failing = await checked(**pushed)
        double.delivery.webhook.url = "https://thief.example/hooks/telegram"
        taken, lost = await checked(**pushed), await checked(**polled)

    levels = [found["telegram_webhook"].level for found in (unset, good, failing, taken, lost)]
    assert levels == [Level.WARN, Level.OK, Level.WARN, Level.BAD, Level.WARN]
    assert "503" in failing["telegram_webhook"].message
    assert "thief.example" in taken["telegram_webhook"].message


async def test_zalo_is_asked_for_its_name_its_webhook_and_its_time(here: Path) -> None:
    async with ZaloBotDouble() as double:
        given = {
            "zalo_bot_token": double.token,
            "zalo_bot_base_url": double.base_url,
            "zalo_bot_secret": ZALO_SECRET,
            "public_url": "https://gate.example",
        }
        unset = await checked(**given)
        double.webhook_url = "https://gate.example/hooks/zalo"
        good = await checked(**given)
        double.webhook_url = "https://thief.example/hooks/zalo"
        taken = await checked(**given)
        refused = await checked(**{**given, "zalo_bot_token": "1:wrong"})

    assert (good["zalo"].level, good["zalo_clock"].level) == (Level.OK, Level.OK)
    levels = [found["zalo_webhook"].level for found in (unset, good, taken)]
    assert levels == [Level.WARN, Level.OK, Level.BAD]
    assert refused["zalo"].level is Level.BAD
    assert "401" in refused["zalo"].message
    assert "1:wrong" not in refused["zalo"].message


async def test_the_months_messages_of_zalo_are_told(started: Run) -> None:
    month = datetime.now(UTC).astimezone(TZ).strftime("%Y-%m")
    execute(f"INSERT INTO meta (key, value) VALUES ('sent-zalo-{month}', '85')")
    given = {"zalo_bot_token": "1:x", "zalo_bot_mode": "poll", "zalo_bot_base_url": "http://127.0.0.1:1"}

    near, far = await checked(**given, zalo_bot_quota=100), await checked(**given)

    assert (near["zalo_quota"].level, far["zalo_quota"].level) == (Level.WARN, Level.OK)
    assert "85 trong 100" in near["zalo_quota"].message


async def test_an_error_of_telegram_never_shows_the_token(here: Path) -> None:
    found = await checked(telegram_token=TOKEN, telegram_base_url=f"http://127.0.0.1:1/{TOKEN}")

    assert found["telegram"].level is Level.BAD
    assert TOKEN not in found["telegram"].message


@pytest.mark.parametrize(
    ("statement", "name"),
    [
        (
            "INSERT INTO timers (id, subject, subject_id, stage, cycle, due_at, data)"
            f" VALUES (1, 'ticket', 1, 'rung1', 1, '{LONG_AGO}', '{{}}')",
            "timers",
        ),
        (
            "INSERT INTO inbox (id, channel, bot, update_id, chat_id, raw, received_at)"
            f" VALUES (1, 'web', 'web', 'u', 'c', '{{}}', '{LONG_AGO}')",
            "inbox",
        ),
    ],
)
async def test_late_work_is_a_fault_while_the_program_runs(started: Run, statement: str, name: str) -> None:
    execute(statement)

    at_rest = await checked()
    with Lock(load_settings().lock_file):
        running = await checked()

    assert at_rest[name].level is Level.WARN or name == "timers"
    assert running[name].level is Level.BAD


async def test_poison_is_told(started: Run) -> None:
    execute(
        "INSERT INTO inbox (id, channel, bot, update_id, chat_id, raw, received_at, status, handled_at)"
        f" VALUES (1, 'web', 'web', 'u', 'c', '{{}}', '{LONG_AGO}', 'poison', '{LONG_AGO}')"
    )

    found = await checked()

    assert found["inbox"].level is Level.WARN
    assert "1 bị gạt ra" in found["inbox"].message


async def test_a_gate_that_never_opens_is_bad(started: Run) -> None:
    closed = '[[gate]]\ncode = "HN"\nname = "Hữu Nghị"\n[[gate.notice]]\nnumber = "1"\n'
    closed += "from = 2020-01-01\nto = 2099-12-31\nhotline_open = false\n"
    with closing(sqlite3.connect("var/hotline.db")) as raw:
        values = (9 * 10**18, "gates", closed, LONG_AGO)
        raw.execute("INSERT INTO data_files (id, kind, text, stored_at) VALUES (?, ?, ?, ?)", values)
        raw.commit()

    found = await checked()

    assert found["gates"].level is Level.BAD
    assert "HN" in found["gates"].message


async def test_a_broken_database_is_bad(started: Run) -> None:
    content = bytearray(_bytes("var/hotline.db"))
    content[4096 * 3 : 4096 * 6] = b"\xff" * (4096 * 3)
    _write("var/hotline.db", bytes(content))

    found = await checked()

    assert found["database"].level is Level.BAD


async def test_a_clock_behind_the_data_is_bad(started: Run) -> None:
    execute("UPDATE people SET created_at = '2099-01-01 00:00:00'")

    assert (await checked())["clock"].level is Level.BAD


async def test_a_full_disk_is_bad(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda path: SimpleNamespace(free=10**6))

    assert (await checked())["disk"].level is Level.BAD


async def test_a_key_that_others_can_read_is_told(started: Run) -> None:
    from app.sealing import FileSeal

    key = load_settings().key_file
    FileSeal(key).close("x")
    key.chmod(0o644)

    assert (await checked())["sealing_key"].level is Level.WARN


async def test_sealed_readers_that_nobody_is_are_bad(started: Run) -> None:
    assert (await checked(sealed_readers=(7,)))["sealed_readers"].level is Level.BAD


async def test_a_drill_database_without_its_clock_is_bad(started: Run) -> None:
    execute("INSERT INTO meta (key, value) VALUES ('drill', '2026-12-01T00:00:00+00:00')")

    assert (await checked())["drill"].level is Level.BAD


def test_the_sizes_of_the_tables_are_told(started: Run) -> None:
    checks = json.loads(started("doctor", "--json").stdout)["checks"]
    (size,) = (check for check in checks if check["name"] == "size")
    assert size["level"] == "ok"
    for said in ("tickets 0", "outbox 0", "web_feed 0", " MB", "chưa lần nào"):
        assert said in size["message"]


def test_an_old_backup_is_told(started: Run) -> None:
    assert started("backup").exit_code == 0
    fresh = started("doctor").stdout
    backup = next(Path("var/backups").iterdir())
    long_ago = datetime(2020, 1, 1, tzinfo=UTC).timestamp()
    os.utime(backup, (long_ago, long_ago))

    assert "✓ backup" in fresh
    assert "! backup" in started("doctor").stdout


def _bytes(path: str) -> bytes:
    return Path(path).read_bytes()


def _write(path: str, content: bytes) -> None:
    Path(path).write_bytes(content)


async def test_a_channel_that_its_platform_makes_wait_is_told_with_since_when(started: Run) -> None:
    now = datetime.now(UTC)
    held = {
        "since": (now - timedelta(seconds=120)).isoformat(),
        "until": (now + timedelta(seconds=180)).isoformat(),
        "waits": 3,
    }
    execute(f"INSERT INTO meta (key, value) VALUES ('held-telegram', '{json.dumps(held)}')")

    found = (await checked())["held_telegram"]

    assert found.level is Level.WARN
    assert "đang bị nền tảng bắt chờ" in found.message
    assert "được 2 phút; 3 lần trong ngày" in found.message


async def test_times_are_hanois(started: Run) -> None:
    said = [check.message for check in (await checked()).values()]

    assert any("giờ Hà Nội" in message for message in said)
    assert not any("UTC" in message for message in said)
