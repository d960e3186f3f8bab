"""Zalo in bad weather: pushed twice, forged, refused, used up, unreachable; and what is lost by none of it."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from core.people import Role
from core.ticket import Status
from services import quota
from storage import choices
from storage import outbox as outbox_rows
from storage.database import Connection, Unavailable
from tests.doubles.zalobot import SECRET, TOKEN, Person, ZaloBotDouble
from tests.telegram_line import until
from tests.zalo_line import ZaloLine, open_zalo_line


@pytest.fixture
async def double(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> AsyncIterator[ZaloBotDouble]:
    monkeypatch.chdir(tmp_path)  # no .env of the developer's
    async with ZaloBotDouble() as opened:
        yield opened


@pytest.fixture
async def zalo(double: ZaloBotDouble, tmp_path: Path) -> AsyncIterator[ZaloLine]:
    async with open_zalo_line(tmp_path, double) as opened:
        yield opened


async def test_a_message_pushed_again_is_handled_once_wrapped_or_bare(zalo: ZaloLine) -> None:
    update = _update(zalo.double.user("Nam"), "m1", "Hữu Nghị: kẹt xe ở barie")
    for body in (update, {"ok": True, "result": update}, update):
        assert await zalo.double.push(body) == 200
    await zalo.becomes(lambda ticket: ticket.gate == "HN")
    await zalo.rests()
    assert await zalo.words(await zalo.ticket()) == ["Hữu Nghị: kẹt xe ở barie"]


@pytest.mark.parametrize("secret", ["", "sai", SECRET[:-1], "x" * 300])
async def test_without_the_secret_nothing_is_stored(zalo: ZaloLine, secret: str) -> None:
    update = _update(zalo.double.user("Nam"), "m1", "Giả mạo")
    assert await zalo.double.push(update, secret) == 403
    assert await zalo.program.db.read(_stored) == 0


async def test_what_is_no_update_is_refused_and_unknown_events_are_acknowledged(zalo: ZaloLine) -> None:
    for nothing in (
        {},
        {"ok": True},
        {"event_name": 5},
        {"event_name": "message.text.received", "message": {}},
    ):
        assert await zalo.double.push(nothing) == 400
    assert await zalo.double.push({"event_name": "bot.renamed"}) == 200
    strange = _update(zalo.double.user("Nam"), "m1", "x") | {"event_name": "message.poll.received"}
    assert await zalo.double.push(strange) == 200
    await zalo.rests()
    assert await zalo.tickets() == []


async def test_an_update_that_cannot_be_stored_is_not_acknowledged_and_comes_again(
    zalo: ZaloLine, monkeypatch: pytest.MonkeyPatch
) -> None:
    driver = zalo.double.user("Nam")
    with monkeypatch.context() as broken:
        broken.setattr("storage.inbox.store", _disk_full)
        await driver.says("Hữu Nghị: kẹt xe ở barie")
        assert await zalo.double.push(zalo.double.pushed[-1]) == 503
        assert zalo.double.waiting
    await driver.waits_for("Mã phiếu")
    assert len(await zalo.tickets()) == 1


async def test_after_a_restart_the_numbers_of_before_still_press(
    double: ZaloBotDouble, tmp_path: Path
) -> None:
    async with open_zalo_line(tmp_path, double) as before:
        khue, driver = await before.staff("Khuê"), double.user("Nam")
        await driver.says("Hữu Nghị: kẹt xe ở barie")
        await khue.waits_for("kẹt xe")
        await before.rests()
    double.webhook_url = ""
    async with open_zalo_line(tmp_path, double) as after:
        await khue.says("1")
        await khue.waits_for("Đang xử lý: Khuê")
        assert (await after.ticket()).status is Status.IN_PROGRESS


async def test_poll_mode_takes_one_update_at_a_time(double: ZaloBotDouble, tmp_path: Path) -> None:
    async with open_zalo_line(tmp_path, double, zalo_bot_mode="poll") as line:
        drivers = [double.user(f"Lái xe {number}") for number in range(3)]
        for driver in drivers:
            await driver.says("Hữu Nghị: kẹt xe ở barie")
        for driver in drivers:
            await driver.waits_for("Mã phiếu")
        assert len(await line.tickets()) == 3
        assert line.program.trouble() is None


async def test_a_passing_trouble_is_tried_again(zalo: ZaloLine) -> None:
    driver = zalo.double.user("Nam")
    zalo.double.refuses("sendMessage", 500, 408)
    await driver.says("Hữu Nghị: kẹt xe ở barie")
    await driver.waits_for("Mã phiếu", seconds=15)
    assert sum("Mã phiếu" in text for text in driver.messages()) == 1


async def test_a_used_up_plan_is_left_alone_and_told_once(zalo: ZaloLine) -> None:
    admin = await zalo.staff("Quản trị", Role.ADMIN, gate=None)
    first, second = zalo.double.user("Nam"), zalo.double.user("Lan")
    await zalo.rests()
    sent = len(zalo.double.sent())
    zalo.double.refuses("sendMessage", *[429] * 50)
    await first.says("Hữu Nghị: kẹt xe ở barie")
    await until(lambda: len(zalo.double.sent()) > sent)
    await second.says("Hữu Nghị: mất điện ở bãi xe")
    await _all_wait(zalo)
    assert len(zalo.double.sent()) - sent <= 4  # what was on its way already, and nothing after it
    assert await zalo.program.db.read(_quota_notices) == 1
    assert not any("hạn mức" in text for text in admin.messages())  # it waits like everything else here
    assert len(await zalo.tickets()) == 2


async def test_the_month_is_counted_and_told_near_its_end(double: ZaloBotDouble, tmp_path: Path) -> None:
    async with open_zalo_line(tmp_path, double, zalo_bot_quota=5) as line:
        admin = await line.staff("Quản trị", Role.ADMIN, gate=None)
        await admin.says("trogiup")
        await admin.says("viec")
        await admin.says("trogiup")
        await admin.waits_for("trong 5 tin của gói tháng này")
        await line.rests()
        now = line.program.clock.now()
        for _ in range(
            200
        ):  # the count is written after the platform's answer, and the last may be on its way still
            counted = await line.program.db.read(lambda db: quota.used(db, "zalo", now).sent)
            if counted == (taken := len(double.sent())):
                return
            await asyncio.sleep(0.01)
        raise AssertionError(f"{taken} were sent, {counted} counted")


async def test_what_was_sent_and_could_not_be_noted_is_not_sent_again(
    zalo: ZaloLine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("services.waiting.TROUBLE_SECONDS", 0.01)
    tries, keep = list[None](), choices.keep

    def fails_thrice(*given: Any, **named: Any) -> None:
        tries.append(None)
        if len(tries) <= 3:
            raise Unavailable("disk full")
        keep(*given, **named)

    monkeypatch.setattr("storage.choices.keep", fails_thrice)
    driver = zalo.double.user("Nam")
    await driver.says("Hữu Nghị: kẹt xe ở barie")
    await driver.waits_for("Mã phiếu")
    await until(lambda: len(tries) > 3)
    await zalo.rests()
    assert sum("Mã phiếu" in text for text in driver.messages()) == 1


async def test_who_cannot_be_written_to_becomes_a_call(zalo: ZaloLine) -> None:
    khue, driver = await zalo.staff("Khuê"), zalo.double.user("Nam")
    await driver.says("Hữu Nghị: kẹt xe ở barie")
    await khue.waits_for("kẹt xe")
    await khue.presses("Nhận xử lý")
    await khue.waits_for("Đang xử lý: Khuê")
    driver.blocked = True
    await khue.presses("Trả lời")
    await khue.waits_for("Viết trả lời")
    await khue.says("Barie đã mở lại.")
    await khue.waits_for("gọi điện")


async def test_a_refused_token_is_told_and_never_shown(
    double: ZaloBotDouble,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    caplog: pytest.LogCaptureFixture,
) -> None:
    double.token = "1:another-token"
    async with open_zalo_line(tmp_path, double, zalo_bot_token=TOKEN, zalo_bot_mode="poll") as line:
        await until(lambda: line.program.trouble() is not None)
        assert line.program.trouble() == "401: Zalo refuses the token"
    told = capsys.readouterr()
    assert "zalo_cannot_receive" in told.out + told.err + caplog.text
    assert TOKEN not in told.out + told.err + caplog.text


async def _all_wait(zalo: ZaloLine) -> None:
    """Until both matters are tickets and everything that was to be said waits for an hour."""
    hour = timedelta(minutes=50)
    for _ in range(500):
        now = zalo.program.clock.now()
        due = await zalo.program.db.read(lambda db, now=now: outbox_rows.next_try_at(db, now))
        if len(await zalo.tickets()) == 2 and due is not None and due > now + hour:
            return
        await asyncio.sleep(0.02)
    raise AssertionError("something is still tried")


def _update(person: Person, number: str, text: str) -> dict[str, Any]:
    person.double.known[person.id] = person
    message = {
        "message_id": number,
        "date": 1_795_300_000_000,
        "from": {"id": person.id, "display_name": person.name, "is_bot": False},
        "chat": {"id": person.id, "chat_type": "PRIVATE"},
        "text": text,
    }
    return {"event_name": "message.text.received", "message": message}


def _disk_full(*given: object) -> bool:
    raise OSError("disk full")


def _stored(db: Connection) -> int:
    return int(db.exec_driver_sql("SELECT count(*) FROM inbox").scalar_one())


def _quota_notices(db: Connection) -> int:
    return int(db.exec_driver_sql("SELECT count(*) FROM outbox WHERE kind = 'channel_quota'").scalar_one())
