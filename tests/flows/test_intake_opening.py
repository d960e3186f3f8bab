"""The first message opens a ticket before anything is asked; the gate, the category, the plate and the phone come after."""

import pytest

from core.ticket import Status, TicketClass
from tests.town import Town
from tests.witness import words_of


async def test_start_with_a_gate_greets_and_opens_nothing(town: Town) -> None:
    driver = town.citizen("Lái xe")
    await driver.says("/start gate_TT")
    assert driver.sees("Địa điểm: Tân Thanh")
    assert not await town.tickets()


async def test_start_without_a_gate_greets_too(town: Town) -> None:
    driver = town.citizen("Lái xe")
    await driver.says("/start")
    assert "Địa điểm" not in driver.newest("Xin chào").text
    assert not await town.tickets()


@pytest.mark.parametrize("payload", ["gate_XX", "gate_", "rác", "gate_HN; DROP TABLE", "x" * 64])
async def test_start_with_a_payload_of_nobody_is_a_plain_greeting(town: Town, payload: str) -> None:
    driver = town.citizen("Lái xe")
    await driver.says(f"/start {payload}")
    assert driver.sees("Xin chào")
    assert "Địa điểm" not in driver.newest("Xin chào").text


async def test_the_first_message_is_a_ticket_before_anything_is_asked(town: Town) -> None:
    driver = town.citizen("Lái xe")
    await driver.says("Bãi thu tiền gửi xe không có hóa đơn")
    ticket = await town.ticket()
    assert (ticket.status, ticket.gate) == (Status.NEW, None)
    assert await words_of(town, ticket) == ["Bãi thu tiền gửi xe không có hóa đơn"]
    receipt = driver.newest().text
    assert ticket.code in receipt
    assert ticket.key in receipt
    assert "Hẹn trả lời: trước 19:00 hôm nay, 22/11/2026 (giờ Hà Nội)" in receipt
    assert "Việc xảy ra ở cửa khẩu nào?" in receipt


async def test_the_gate_of_the_poster_holds_when_the_words_name_none(town: Town) -> None:
    driver = town.citizen("Lái xe")
    await driver.says("/start gate_CM")
    await driver.says("Nhà vệ sinh bẩn quá")
    assert (await town.ticket()).gate == "CM"


async def test_the_words_win_over_the_poster(town: Town) -> None:
    driver = town.citizen("Lái xe")
    await driver.says("/start gate_CM")
    await driver.says("Tôi đang ở Tân Thanh, đèn đường tắt hết")
    assert (await town.ticket()).gate == "TT"


async def test_two_gates_in_one_message_are_a_question(town: Town) -> None:
    driver = town.citizen("Lái xe")
    await driver.says("/start gate_CM")
    await driver.says("Từ Tân Thanh sang Cốc Nam phải chờ 3 tiếng")
    assert (await town.ticket()).gate is None
    gates = [label for label in driver.buttons() if "Tân Thanh" in label or "Cốc Nam" in label]
    assert len(gates) == 2
    assert "Nơi khác…" in driver.buttons()
    await driver.presses("Cốc Nam")
    assert (await town.ticket()).gate == "CN"


async def test_the_three_best_categories_are_offered_and_all_others_are_near(town: Town) -> None:
    driver = town.citizen("Lái xe")
    await driver.says("/start gate_HN")
    await driver.says("xe cho lau ko ai dieu tiet, bai xe thu phi ko hoa don, cks loi")
    offered = [bubble for bubble in driver.bubbles() if "loại nào" in bubble.text][-1].buttons
    assert len(offered) == 4
    await driver.presses("Loại khác…")
    assert len(driver.newest("loại nào").buttons) > 4
    await driver.presses("Lỗi Cửa khẩu số")
    assert (await town.ticket()).category == "CKS"


async def test_after_the_gate_the_category_is_still_suggested_from_the_words(town: Town) -> None:
    driver = town.citizen("Lái xe")
    await driver.says("Xe chờ 4 tiếng không ai điều tiết")
    await driver.presses("Tân Thanh")
    asked = driver.newest("loại nào")
    assert asked.button("Ùn tắc") is not None
    assert len(asked.buttons) <= 3


async def test_everything_that_is_asked_can_be_skipped(town: Town) -> None:
    driver = town.citizen("Lái xe")
    await driver.says("Cho hỏi giờ mở cửa")
    for question in ("cửa khẩu nào", "loại nào", "Biển số xe", "Số điện thoại"):
        assert question in driver.newest().text
        await driver.presses("Bỏ qua")
    ticket = await town.ticket()
    assert (ticket.gate, ticket.plate, ticket.phone) == (None, None, None)
    assert not driver.newest().buttons


async def test_plate_and_phone_are_kept_as_details_when_they_are_typed(town: Town) -> None:
    driver, an = town.citizen("Lái xe"), await town.staff("An", gate="HN")
    await driver.says("Hữu Nghị: xe chờ lâu")
    await driver.presses("Bỏ qua")
    await driver.says("12c 12345")
    await driver.says("0912 345 678")
    ticket = await town.ticket()
    assert (ticket.plate, ticket.phone) == ("12C-123.45", "+84912345678")
    assert await words_of(town, ticket) == ["Hữu Nghị: xe chờ lâu"]
    assert an.sees("Biển số: 12C-123.45")


async def test_a_complaint_typed_while_we_ask_for_the_plate_is_a_message(town: Town) -> None:
    driver = town.citizen("Lái xe")
    await driver.says("Hữu Nghị: xe chờ lâu")
    await driver.presses("Bỏ qua")
    await driver.says("Đã 5 tiếng rồi vẫn không ai ra")
    ticket = await town.ticket()
    assert ticket.plate is None
    assert (await words_of(town, ticket))[-1] == "Đã 5 tiếng rồi vẫn không ai ra"
    await driver.says("12C-123.45")
    assert (await town.ticket()).plate == "12C-123.45", "the question still stands after the other words"


async def test_words_beside_the_plate_are_never_swallowed_with_it(town: Town) -> None:
    driver, an = town.citizen("Lái xe"), await town.staff("An", gate="HN")
    await driver.says("Hữu Nghị: xe chờ lâu")
    await driver.presses("Bỏ qua")
    await driver.says("Xe 12C-123.45 đang cháy")
    ticket = await town.ticket()
    assert ticket.plate == "12C-123.45"
    assert ticket.ticket_class is TicketClass.URGENT
    assert driver.sees("114")
    assert an.sees("đang cháy")


async def test_the_privacy_notice_is_shown_once(town: Town) -> None:
    driver = town.citizen("Lái xe")
    await driver.says("Hữu Nghị: xe chờ lâu")
    await driver.says("vẫn chờ")
    await driver.presses("Việc khác: mở phiếu mới")
    await driver.says("Tân Thanh: đèn đường tắt")
    shown = [text for text in driver.reads() if "91/2025/QH15" in text]
    assert len(shown) == 1
    assert "/xoadulieu" in shown[0]
    assert len(await town.tickets()) == 2


async def test_the_same_update_twice_is_one_ticket(town: Town) -> None:
    driver = town.citizen("Lái xe")
    message = driver._message("Hữu Nghị: xe chờ lâu")
    await town.stores(message)
    await town.stores(message)
    await town.settles()
    await town.receives(message)
    assert len(driver.reads()) == 1
    assert await words_of(town, await town.ticket()) == ["Hữu Nghị: xe chờ lâu"]
