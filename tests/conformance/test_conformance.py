"""What every channel must do, the same for all: a person at the gate must not notice which one it is."""

import asyncio
import re
from collections.abc import AsyncIterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from core.people import Role
from core.reminders import DEFAULTS
from core.ticket import Status
from services import planning
from storage.database import Connection
from tests.conformance.channels import CHANNELS
from tests.conformance.stage import Somebody, Stage
from tests.plan_cast import REPORT, draft, due, row


@pytest.fixture(params=CHANNELS, ids=lambda channel: channel.name)
async def stage(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Stage]:
    """Sunday 22/11/2026, 09:00 in Hanoi; gates as seeded; nobody is there yet."""
    monkeypatch.chdir(tmp_path)  # no .env of the developer's
    async with request.param(tmp_path / "var") as opened:
        yield opened


async def test_complaint_claim_answer_close_rate(stage: Stage) -> None:
    khue, bich = await stage.staff("Khuê"), await stage.staff("Bích")
    driver = await stage.citizen("Nam")

    await driver.says("Xe chờ 4 tiếng ở Hữu Nghị, không ai điều tiết")
    await driver.waits_for("Mã phiếu: DDLS-261122-0001")
    for officer in (khue, bich):
        await officer.waits_for("Xe chờ 4 tiếng")

    await khue.presses("Nhận xử lý")
    for officer in (khue, bich):
        await officer.waits_for("Đang xử lý: Khuê")
    await writes(khue, "Trả lời", "Trung tâm đã cử người điều tiết.")
    await driver.waits_for("Trung tâm đã cử người điều tiết.")

    await writes(khue, "Đóng phiếu", "Đã điều tiết xong làn xe, xe chờ đã thông quan lúc 9 giờ 30.")
    await driver.waits_for("báo kết quả xử lý")
    await driver.presses("Hài lòng")
    await driver.waits_for("Cảm ơn Anh/Chị đã đánh giá")
    assert (await stage.becomes(lambda ticket: ticket.status is Status.CLOSED)).cycle == 1


async def test_reminder_acknowledge(stage: Stage) -> None:
    officer = await stage.staff("Minh", Role.OFFICER, unit="TTQLCK")
    now = stage.program.clock.now()

    def applies(db: Connection) -> None:
        plan = draft(row("1", REPORT, due(date(2027, 1, 29))))
        kept = planning.keep_draft(db, plan, "ke-hoach.docx", DEFAULTS, None, now)
        planning.apply(db, stage.program.cfg, kept.id, None, now)

    await stage.program.db.write(applies)
    await stage.passes(hours=23)  # Monday, 08:00
    await officer.waits_for("Đề nghị Trung tâm Quản lý cửa khẩu thực hiện trước ngày 30/01/2027", seconds=10)
    await officer.presses("Đã nhận")
    await officer.waits_for("Đã nhận")
    assert await acknowledged(stage)


async def test_one_message_delivered_three_times_is_one_ticket(stage: Stage) -> None:
    driver = await stage.citizen("Nam")
    await stage.says_thrice(driver, "Hữu Nghị: kẹt xe ở barie")
    await driver.waits_for("Mã phiếu")
    await stage.becomes(lambda ticket: ticket.gate == "HN")
    assert await stage.words() == ["Hữu Nghị: kẹt xe ở barie"]


async def test_a_long_answer_arrives_whole_in_parts_that_fit(stage: Stage) -> None:
    khue, driver = await claimed(stage)
    sentence = "Trung tâm đã kiểm tra làn xe số hai. "
    await writes(khue, "Trả lời", sentence * 90 + "Hết.")
    last = await driver.waits_for("Hết.")
    parts = -(-len(sentence) * 90 // stage.text_limit)
    assert parts == 1 or f"({parts}/{parts})" in text_of(last)


async def test_what_cannot_be_delivered_any_more_becomes_a_call(stage: Stage) -> None:
    khue, driver = await claimed(stage)
    lost = stage.loses(driver)
    await writes(khue, "Trả lời", "Barie đã mở lại.")
    if lost:
        await khue.waits_for("gọi điện")
    else:  # a page of our own loses nobody
        await driver.waits_for("Barie đã mở lại.")


async def test_a_passing_failure_costs_nothing(stage: Stage) -> None:
    driver = await stage.citizen("Nam")
    stage.stumbles()  # on a channel where nothing leaves the house there is nothing to stumble over
    await driver.says("Hữu Nghị: kẹt xe ở barie")
    await stage.becomes(lambda ticket: ticket.gate == "HN")
    async with stage.goes_on():
        await driver.waits_for("Mã phiếu", seconds=10)


async def test_what_was_offered_before_a_restart_can_be_pressed_after_it(stage: Stage) -> None:
    khue, driver = await stage.staff("Khuê"), await stage.citizen("Nam")
    await driver.says("Hữu Nghị: kẹt xe ở barie")
    await khue.waits_for("kẹt xe")
    await stage.restarts()
    await khue.presses("Nhận xử lý")
    await khue.waits_for("Đang xử lý: Khuê")
    await stage.becomes(lambda ticket: ticket.status is Status.IN_PROGRESS)


async def test_a_stranger_claims_nothing(stage: Stage) -> None:
    _, driver = await stage.staff("Khuê"), await stage.citizen("Nam")
    await driver.says("Hữu Nghị: kẹt xe ở barie")
    await driver.waits_for("Mã phiếu")
    await driver.says("Nhận xử lý")
    await driver.waits_for("DDLS-261122-0001")
    assert (await stage.becomes(lambda ticket: True)).holder_id is None


async def claimed(stage: Stage) -> tuple[Somebody, Somebody]:
    """(the officer who holds it, the driver) of a ticket at Hữu Nghị."""
    khue, driver = await stage.staff("Khuê"), await stage.citizen("Nam")
    await driver.says("Hữu Nghị: kẹt xe ở barie")
    await khue.waits_for("kẹt xe")
    await khue.presses("Nhận xử lý")
    await khue.waits_for("Đang xử lý: Khuê")
    return khue, driver


async def writes(officer: Somebody, button: str, words: str) -> None:
    since = officer.mark()
    await officer.presses(button)
    await officer.waits_for("Viết", since=since)
    await officer.says(words)


async def acknowledged(stage: Stage) -> bool:
    """Whether the only task becomes so within two seconds."""
    for _ in range(100):
        if (await stage.task()).acknowledged_by is not None:
            return True
        await asyncio.sleep(0.02)
    return False


def text_of(seen: object) -> str:
    return seen["text"] if isinstance(seen, dict) else seen.text  # type: ignore[attr-defined]


async def test_a_person_with_two_chats_is_reached_in_the_other_when_one_is_lost(stage: Stage) -> None:
    khue, first, second = await stage.staff("Khuê"), await stage.citizen("Nam"), await stage.citizen("Nam")
    await first.says("/kenh")
    await first.waits_for("Các kênh")
    await first.presses("Thêm kênh: lấy mã")
    code = re.search(r"/lienket ([2-9B-Z]{10})", words_of(await first.waits_for("Mã liên kết")))
    assert code
    await second.says(f"/lienket {code[1]}")
    await second.waits_for("Đã liên kết")
    await first.waits_for("vừa được liên kết")

    await second.says("Xe chờ 4 tiếng ở Hữu Nghị, không ai điều tiết")
    await second.waits_for("Mã phiếu: DDLS-261122-0001")
    await second.says("/kenh")
    shown = words_of(await second.waits_for("Các kênh"))
    here = re.search(r"^(?:• )?(.+) – từ .*đang dùng tin nhắn này", shown, re.MULTILINE)
    assert here, shown
    await second.presses(f"Ưu tiên {here[1]}")
    await second.waits_for("được ưu tiên")
    await khue.waits_for("Xe chờ 4 tiếng")
    await khue.presses("Nhận xử lý")
    await khue.waits_for("Đang xử lý: Khuê")

    is_lost = stage.loses(second)
    await writes(khue, "Trả lời", "Trung tâm đã cử người điều tiết.")
    await (first if is_lost else second).waits_for("Trung tâm đã cử người điều tiết.")
    await writes(khue, "Đóng phiếu", "Đã điều tiết xong làn xe, xe chờ đã thông quan lúc 9 giờ 30.")
    await (first if is_lost else second).waits_for("báo kết quả xử lý")
    await (first if is_lost else second).presses("Hài lòng")
    await stage.becomes(lambda ticket: ticket.status is Status.CLOSED)


def words_of(seen: Any) -> str:
    """A message's words, as each channel's people hold it."""
    return str(seen["text"] if isinstance(seen, dict) else seen.text)
