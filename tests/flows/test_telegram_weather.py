"""Bad weather on the way to Telegram: blocked chats, waits that Telegram asks for, lost answers, long texts, the pace."""

import math
from itertools import pairwise
from pathlib import Path

import pytest

from bot.telegram.sender import TELEGRAM
from core.ticket import Status
from tests.doubles.botapi import BotApiDouble
from tests.doubles.botapi_people import Person
from tests.doubles.botapi_weather import FloodLimits
from tests.telegram_line import Line, open_line, until


@pytest.mark.parametrize("how", ["tells", "is silent"])
async def test_an_answer_that_cannot_arrive_becomes_a_call(line: Line, how: str) -> None:
    khue, driver = await _claimed(line)
    if how == "tells":
        await driver.blocks()
    else:
        driver.vanishes()
    await line.rests()
    await _presses_and_writes(khue, "Trả lời", "Xe sẽ qua trong 30 phút.")
    task = await khue.waits_for("Gọi điện cho người phản ánh")
    assert "Xe sẽ qua trong 30 phút." in task.text
    await khue.presses("Đã gọi điện")
    await khue.waits_for("Ghi lại cuộc gọi")
    await khue.says("Gọi 0912345678, anh Nam nghe máy, đã báo xe qua được.")
    await line.becomes(lambda ticket: ticket.status is Status.RESOLVED)


async def test_an_answer_that_waits_when_the_sender_blocks_becomes_a_call(line: Line) -> None:
    khue, driver = await _claimed(line)
    line.double.breaks("too_many", method="sendMessage", chat=driver, seconds=30)
    await _presses_and_writes(khue, "Trả lời", "Xe sẽ qua trong 30 phút.")
    await khue.waits_for("Đã gửi trả lời")
    await line.rests()
    await driver.blocks()
    assert "Xe sẽ qua trong 30 phút." in (await khue.waits_for("Gọi điện cho người phản ánh")).text


async def test_a_resolution_that_cannot_arrive_leaves_the_ticket_unresolved(line: Line) -> None:
    khue, driver = await _claimed(line)
    driver.vanishes()
    await _presses_and_writes(khue, "Đóng phiếu", "Đã kiểm tra, đường thông, không thấy xe bị kẹt.")
    await khue.waits_for("Gọi điện cho người phản ánh")
    ticket = await line.becomes(lambda ticket: ticket.status is Status.IN_PROGRESS)
    assert ticket.resolved_at is None


async def test_one_chat_that_has_to_wait_delays_no_other(line: Line) -> None:
    khue = await line.staff("Khuê")
    slow, quick = line.double.user("Lái xe Chậm"), line.double.user("Lái xe Nhanh")
    line.double.breaks("too_many", method="sendMessage", chat=slow, seconds=2)
    await slow.says("Hữu Nghị: kẹt xe ở barie")
    await khue.waits_for("kẹt xe")
    await quick.says("Hữu Nghị: thu phí sai")
    await quick.waits_for("Mã phiếu", seconds=1)
    assert not slow.messages()
    await slow.waits_for("Mã phiếu")
    first, *again = line.double.calls("sendMessage", slow)
    assert first.status == 429
    assert [call.status for call in again] == [200]
    assert again[0].at - first.at >= 2


async def test_when_the_whole_bot_is_told_to_wait_nobody_is_written_to(line: Line) -> None:
    drivers = [line.double.user(f"Lái xe {n}") for n in range(8)]
    line.double.breaks("too_many_bot", method="sendMessage", seconds=2)
    for driver in drivers:
        await driver.says("Hữu Nghị: kẹt xe ở barie")
    for driver in drivers:
        await driver.waits_for("Mã phiếu")
    refused = [call for call in line.double.calls("sendMessage") if call.status == 429]
    assert len(refused) <= len(drivers)  # each learns it at most once


async def test_a_button_that_telegram_is_slow_to_release_holds_up_nobody(line: Line) -> None:
    khue, driver = await line.staff("Khuê"), line.double.user("Lái xe Nam")
    await driver.says("Hữu Nghị: kẹt xe ở barie")
    await khue.waits_for("kẹt xe")
    line.double.breaks("slow", method="answerCallbackQuery", seconds=3)
    pressed = await khue.presses("Nhận xử lý")
    await khue.waits_for("Đang xử lý: Khuê", seconds=1)
    await line.double.user("Lái xe hai").says("Hữu Nghị: thu phí sai")
    await khue.waits_for("thu phí sai", seconds=1)
    await until(lambda: pressed.answered)
    assert len(await line.tickets()) == 2


async def test_what_was_received_before_the_token_was_taken_away_is_still_handled(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    async with BotApiDouble() as double, open_line(tmp_path, double) as line:
        line.program.worker.handle_waiting = _nothing  # type: ignore[method-assign]  # it dies before it handles it
        await double.user("Lái xe Nam").says("Hữu Nghị: kẹt xe ở barie")
        await until(lambda: not double.world.updates)
        async with open_line(tmp_path, double, telegram_token=None) as later:
            await later.becomes(lambda ticket: ticket.gate == "HN")
            assert len(await later.tickets()) == 1


async def test_a_lost_reply_is_the_only_way_to_a_second_copy(line: Line) -> None:
    driver = line.double.user("Lái xe Nam")
    line.double.breaks("reply_lost", method="sendMessage", chat=driver)
    await driver.says("Hữu Nghị: kẹt xe ở barie")
    await driver.waits_for("Mã phiếu")
    await until(lambda: len(driver.messages()) == 2)
    await line.rests()
    assert len(driver.messages()) == 2
    assert len(await line.tickets()) == 1


async def test_a_failing_server_is_tried_again(line: Line) -> None:
    drivers = []
    for kind in ("server_error", "bad_gateway", "reset", "garbage"):
        driver = line.double.user(kind)
        line.double.breaks(kind, method="sendMessage", chat=driver)
        await driver.says("Hữu Nghị: kẹt xe ở barie")
        drivers.append(driver)
    for driver in drivers:
        await driver.waits_for("Mã phiếu")
    await line.rests()
    assert [len(driver.messages()) for driver in drivers] == [1, 1, 1, 1]


async def test_a_long_answer_is_cut_with_the_code_on_every_part(line: Line) -> None:
    khue, driver = await _claimed(line)
    words = "Đoạn đường tránh đã thông 👨‍👩‍👧‍👦. " * 260
    since = driver.mark()
    await _presses_and_writes(khue, "Trả lời", words[:4096].rsplit(" ", 1)[0] + " HẾT")
    await khue.waits_for("Đã gửi trả lời")
    await _presses_and_writes(khue, "Ghi chú nội bộ", "x")
    await driver.waits_for("HẾT")
    parts = driver.messages(since)
    assert len(parts) == 2
    assert all("DDLS-261122-0001" in part for part in parts)
    assert all(len(part.encode("utf-16-le")) // 2 <= 4096 for part in parts)


async def test_the_pace_of_production_never_meets_telegrams_limits(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    # The double shares our event loop and counts what it gets to: a tenth is its own unevenness, not the program's.
    limits = FloodLimits(overall_per_second=33)
    async with BotApiDouble(limits=limits) as double, open_line(tmp_path, double, TELEGRAM) as line:
        group = double.group("Tổ trực Hữu Nghị")
        khue = await line.staff("Khuê")
        drivers = [double.user(f"Lái xe {n}") for n in range(40)]
        for driver in drivers:
            await driver.says("Hữu Nghị: kẹt xe ở barie")
        for driver in drivers:
            await driver.waits_for("Mã phiếu")
        await double.settles()
        assert not group.messages()
        assert not [call for call in double.requests if call.status == 429]
        gaps = [b - a for a, b in _pairs(double.sent_times(khue))]
        assert min(gaps) > 0.9


async def _claimed(line: Line) -> tuple[Person, Person]:
    """(the officer who holds it, the driver) of a ticket at Hữu Nghị."""
    khue, driver = await line.staff("Khuê"), line.double.user("Lái xe Nam")
    await driver.says("Hữu Nghị: kẹt xe ở barie")
    await khue.waits_for("kẹt xe")
    await khue.presses("Nhận xử lý")
    await khue.waits_for("Đang xử lý: Khuê")
    await driver.waits_for("Mã phiếu")
    return khue, driver


async def _presses_and_writes(officer: Person, button: str, words: str) -> None:
    since = officer.mark()
    await officer.presses(button)
    await officer.waits_for("Viết", since=since)
    await officer.says(words)


def _pairs(times: list[float]) -> list[tuple[float, float]]:
    return list(pairwise(times)) or [(0.0, math.inf)]


async def _nothing() -> int:
    return 0
