"""What could not be sent: sent once when the person writes again, unless somebody has telephoned; never said to be sent before."""

import pytest

from bot.payloads import SURE, Action, write
from core.ticket import Status
from services.sender import GiveUp
from tests.town import Citizen, Town

RESULT = "Đã điều tiết xong, xe của anh đã qua."
CALLED = "Đã gọi 0912345678, anh Nam nghe, đã báo nội dung."
SHUT = GiveUp("the interaction window is shut", elsewhere=True, window_shut=True)
BLOCKED = GiveUp("bot was blocked by the user", unreachable=True)
AFTER_ALL = "nay đã tới nơi"


async def held(town: Town) -> tuple[Citizen, Citizen]:
    """(the driver, the officer who holds the ticket)"""
    driver, an = town.citizen("Lái xe"), await town.staff("An", gate="HN")
    await driver.says("Hữu Nghị: xe chờ lâu")
    await an.presses("Nhận xử lý")
    return driver, an


async def in_vain(town: Town, button: str, words: str, why: GiveUp = SHUT) -> tuple[Citizen, Citizen]:
    """As held; what the officer wrote did not arrive."""
    driver, an = await held(town)
    town.channel.verdicts[driver.chat_id] = [why]
    await an.presses(button)
    await an.says(words)
    assert not driver.sees(words)
    return driver, an


def times(reader: Citizen, words: str) -> int:
    return sum(words in text for text in reader.reads())


@pytest.mark.parametrize("why", [SHUT, BLOCKED], ids=["shut", "blocked"])
async def test_an_answer_that_did_not_arrive_is_sent_once_when_the_driver_writes_again(
    town: Town, why: GiveUp
) -> None:
    driver, an = await in_vain(town, "Trả lời", "Xe sẽ qua ngay.", why)
    assert not an.sees(AFTER_ALL)
    await driver.says("Có tin gì chưa?")
    await driver.says("Alô?")
    assert times(driver, "Xe sẽ qua ngay.") == 1
    assert times(an, AFTER_ALL) == 1


async def test_an_answer_to_somebody_who_had_blocked_us_is_sent_when_they_write_again(town: Town) -> None:
    driver, an = await held(town)
    await driver.blocks()
    await an.presses("Trả lời")
    await an.says("Xe sẽ qua ngay.")
    assert not driver.sees("Xe sẽ qua ngay.")
    await driver.says("Có tin gì chưa?")
    assert times(driver, "Xe sẽ qua ngay.") == 1
    assert an.sees(AFTER_ALL)


@pytest.mark.parametrize("how", ["blocked before", "shut"])
async def test_a_result_that_is_sent_after_all_resolves_the_ticket(town: Town, how: str) -> None:
    driver, an = await held(town)
    if how == "shut":
        town.channel.verdicts[driver.chat_id] = [SHUT]
    else:
        await driver.blocks()
    await an.presses("Đóng phiếu")
    await an.says(RESULT)
    assert (await town.ticket()).status is Status.IN_PROGRESS
    await driver.says("Có tin gì chưa?")
    assert times(driver, RESULT) == 1
    assert (await town.ticket()).status is Status.RESOLVED
    await driver.presses("Hài lòng")
    assert (await town.ticket()).status is Status.CLOSED


async def test_a_result_after_which_the_officer_wrote_otherwise_is_not_sent_any_more(town: Town) -> None:
    driver, an = await in_vain(town, "Đóng phiếu", RESULT)
    await an.presses("Trả lời")
    await an.says("Xin lỗi, xe vẫn phải chờ.")
    await driver.says("Có tin gì chưa?")
    assert not driver.sees(RESULT)
    assert (await town.ticket()).status is Status.IN_PROGRESS


async def test_a_question_that_is_sent_after_all_pauses_the_clock(town: Town) -> None:
    driver, _ = await in_vain(town, "Hỏi thêm", "Anh đang đỗ ở bãi nào?")
    await driver.says("Có tin gì chưa?")
    assert driver.sees("Anh đang đỗ ở bãi nào?")
    assert (await town.ticket()).status is Status.WAITING_SENDER


@pytest.mark.parametrize("button", ["Đã gọi điện", "Ghi kết quả cuộc gọi"])
async def test_what_was_told_by_telephone_is_not_sent_any_more(town: Town, button: str) -> None:
    driver, an = await in_vain(town, "Trả lời", "Xe sẽ qua ngay.")
    await an.presses(button)
    await an.says(CALLED)
    await driver.says("Cảm ơn, tôi nghe rồi, còn bãi xe thì sao?")
    assert not driver.sees("Xe sẽ qua ngay.")


@pytest.mark.parametrize(("button", "words"), [("Trả lời", "Xe sẽ qua ngay."), ("Đóng phiếu", RESULT)])
async def test_whoever_was_joined_is_sent_theirs_when_they_write_again(
    town: Town, button: str, words: str
) -> None:
    driver, an = await held(town)
    lan = town.citizen("Chị Lan")
    await lan.says("Hữu Nghị: đường vào bãi tắc cứng")
    first, second = await town.tickets()
    await an.presses_payload(write(Action.JOIN, second.id, f"{first.id}{SURE}"))
    town.channel.verdicts[lan.chat_id] = [SHUT]
    await an.presses_payload(write(Action.REPLY if button == "Trả lời" else Action.RESOLVE, first.id))
    await an.says(words)
    assert driver.sees(words)
    assert not lan.sees(words)
    await lan.says("Có tin gì chưa?")
    assert times(lan, words) == 1
    assert times(driver, words) == 1


async def test_a_call_that_nobody_answered_is_noted_and_stays_owed(town: Town) -> None:
    driver, an = await in_vain(town, "Trả lời", "Xe sẽ qua ngay.")
    await an.presses("Không gọi được")
    assert "Vẫn phải gọi lại" in an.reads()[-1]
    ticket = await town.ticket()
    assert ticket.status is Status.IN_PROGRESS
    assert "call_missed" in await town.events(ticket)
    await driver.says("Có tin gì chưa?")
    assert times(driver, "Xe sẽ qua ngay.") == 1


async def test_whoever_is_to_write_a_call_down_reads_what_it_does_and_may_say_that_nobody_answered(
    town: Town,
) -> None:
    _, an = await in_vain(town, "Trả lời", "Xe sẽ qua ngay.")
    await an.presses("Đã gọi điện")
    assert "phiếu được ĐÓNG" in an.newest("Ghi lại cuộc gọi").text
    await an.presses("Không gọi được")
    await an.says("Ngoài lề: bãi số hai đã đầy xe chờ.")
    assert (await town.ticket()).status is Status.IN_PROGRESS


@pytest.mark.parametrize(("why", "said"), [(SHUT, "48 giờ"), (BLOCKED, "đã chặn")], ids=["shut", "blocked"])
async def test_the_call_says_why_and_knows_the_number_of_another_ticket(
    town: Town, why: GiveUp, said: str
) -> None:
    driver, an = town.citizen("Lái xe"), await town.staff("An", gate="HN")
    await driver.says("Hữu Nghị: xe chờ lâu, gọi tôi 0912 345 678")
    await an.presses("Nhận xử lý")
    await an.presses("Đóng phiếu")
    await an.says(RESULT)
    await driver.presses("Hài lòng")
    await driver.presses("Bỏ qua")
    await driver.says("Hữu Nghị: mất điện ở bãi xe")
    await an.presses("Nhận xử lý")
    town.channel.verdicts[driver.chat_id] = [why]
    await an.presses("Trả lời")
    await an.says("Điện sẽ có ngay.")
    task = an.newest("Gọi điện cho người phản ánh").text
    assert said in task
    assert "84912345678 (số người này để lại ở phiếu khác)" in task


@pytest.mark.parametrize(
    ("button", "words", "claim"),
    [("Trả lời", "Xe sẽ qua ngay.", "Đã gửi trả lời"), ("Đóng phiếu", RESULT, "Đã gửi kết quả")],
)
async def test_nothing_is_said_to_have_been_sent_to_whoever_blocked_us(
    town: Town, button: str, words: str, claim: str
) -> None:
    driver, an = await held(town)
    await driver.blocks()
    await an.presses(button)
    await an.says(words)
    assert not an.sees(claim)
    assert an.sees("CHƯA gửi được cho người phản ánh")


@pytest.mark.parametrize("how", ["blocked", "shut"])
async def test_a_breach_says_that_no_apology_could_be_sent(town: Town, how: str) -> None:
    driver, an = await held(town)
    if how == "blocked":
        await driver.blocks()
    else:
        town.channel.verdicts[driver.chat_id] = [SHUT] * 5
    await town.passes(hours=11)
    assert (await town.ticket()).breached_at is not None
    card = an.newest("lời xin lỗi").text
    assert "CHƯA gửi được lời xin lỗi" in card


async def test_a_breach_says_that_an_apology_goes_out(town: Town) -> None:
    driver, an = await held(town)
    await town.passes(hours=11)
    assert "CHƯA gửi được" not in an.newest("lời xin lỗi").text
    assert driver.sees("xin lỗi")
