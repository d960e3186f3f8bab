"""Later words: they join the open ticket, open a new one, follow an old one – and none is ever lost."""

import pytest

from core.ticket import Status, TicketClass
from services.verify import verify
from tests.town import Citizen, Town
from tests.witness import everything_read, words_of

ANSWER = "Đã mở thêm làn, xe Anh/Chị đã qua lúc 10 giờ."


async def resolved(town: Town, driver: Citizen, an: Citizen) -> None:
    await driver.says("Hữu Nghị: xe chờ lâu quá")
    await an.presses("Nhận xử lý")
    await an.presses("Đóng phiếu")
    await an.says(ANSWER)
    assert driver.sees(ANSWER)


async def test_later_words_join_and_reach_the_holder(town: Town) -> None:
    driver, an = town.citizen("Lái xe"), await town.staff("An", gate="HN")
    await driver.says("Hữu Nghị: xe chờ lâu quá")
    await an.presses("Nhận xử lý")
    await driver.says("Vẫn chưa ai ra điều tiết")
    assert await words_of(town, await town.ticket()) == [
        "Hữu Nghị: xe chờ lâu quá",
        "Vẫn chưa ai ra điều tiết",
    ]
    assert driver.sees("Đã thêm tin nhắn vào phiếu")
    assert an.newest("viết thêm").button("Trả lời") is not None


async def test_a_button_opens_a_new_ticket_for_the_next_message(town: Town) -> None:
    driver = town.citizen("Lái xe")
    await driver.says("Hữu Nghị: xe chờ lâu quá")
    await driver.says("thêm nữa")
    await driver.presses("Việc khác: mở phiếu mới")
    await driver.says("   ")
    await driver.says("Tân Thanh: đèn đường tắt")
    first, second = await town.tickets()
    assert (first.gate, second.gate) == ("HN", "TT")
    await driver.says("gần trạm cân")
    assert "gần trạm cân" in await words_of(town, second)


async def test_a_reply_to_an_old_receipt_goes_to_that_ticket(town: Town) -> None:
    driver = town.citizen("Lái xe")
    await driver.says("Hữu Nghị: xe chờ lâu quá")
    receipt = driver.newest("DDLS").id
    await driver.says("thêm nữa")
    await driver.presses("Việc khác: mở phiếu mới")
    await driver.says("Tân Thanh: đèn đường tắt")
    await driver.says("hôm qua cũng vậy", reply_to=receipt)
    first, second = await town.tickets()
    assert "hôm qua cũng vậy" in await words_of(town, first)
    assert await words_of(town, second) == ["Tân Thanh: đèn đường tắt"]


async def test_somebody_elses_receipt_is_no_address(town: Town) -> None:
    driver, other = town.citizen("Lái xe"), town.citizen("Người khác")
    await driver.says("Hữu Nghị: xe chờ lâu quá")
    await other.says("Tân Thanh: đèn đường tắt", reply_to=driver.newest("DDLS").id)
    first, second = await town.tickets()
    assert await words_of(town, first) == ["Hữu Nghị: xe chờ lâu quá"]
    assert second.sender_id != first.sender_id


async def test_a_message_after_the_end_opens_a_new_ticket_that_names_the_old_one(town: Town) -> None:
    driver, an = town.citizen("Lái xe"), await town.staff("An", gate="HN")
    await resolved(town, driver, an)
    await driver.presses("Hài lòng")
    await driver.presses("Bỏ qua")
    await driver.says("Hữu Nghị: nhà vệ sinh bẩn")
    first, second = await town.tickets()
    assert first.status is Status.CLOSED
    assert second.previous_id == first.id
    assert an.newest("nhà vệ sinh").text.count(first.code) == 1


async def test_not_solved_reopens_also_a_ticket_that_was_closed_meanwhile(town: Town) -> None:
    driver, an = town.citizen("Lái xe"), await town.staff("An", gate="HN")
    await resolved(town, driver, an)
    await town.passes(hours=25)
    assert (await town.ticket()).status is Status.CLOSED
    await driver.says("Chưa giải quyết, xe vẫn đứng đó")
    ticket = await town.ticket()
    assert (ticket.status, ticket.cycle) == (Status.NEW, 2)


async def test_thanks_after_the_end_open_nothing(town: Town) -> None:
    driver, an = town.citizen("Lái xe"), await town.staff("An", gate="HN")
    await resolved(town, driver, an)
    await driver.presses("Hài lòng")
    await driver.presses("Bỏ qua")
    await driver.says("Cảm ơn các anh nhiều")
    await driver.sends("sticker")
    ticket = await town.ticket()
    assert (ticket.status, ticket.cycle) == (Status.CLOSED, 1)


async def test_a_remark_after_the_rating_is_kept_and_the_holder_reads_it(town: Town) -> None:
    driver, an = town.citizen("Lái xe"), await town.staff("An", gate="HN")
    await resolved(town, driver, an)
    await driver.presses("Chấp nhận được")
    await driver.says("Lần sau nhanh hơn thì tốt")
    assert driver.sees("Đã ghi nhận xét")
    assert an.sees("Lần sau nhanh hơn thì tốt")
    assert len(await town.tickets()) == 1


async def test_a_new_matter_taken_for_a_remark_becomes_a_ticket_by_one_press(town: Town) -> None:
    driver, an = town.citizen("Lái xe"), await town.staff("An", gate="HN")
    await resolved(town, driver, an)
    await driver.presses("Hài lòng")
    await driver.says("Tân Thanh: bãi thu phí không có hóa đơn")
    await driver.presses("Việc khác: mở phiếu mới")
    _, second = await town.tickets()
    assert await words_of(town, second) == ["Tân Thanh: bãi thu phí không có hóa đơn"]
    payload = driver.newest("Đã ghi nhận xét").button("Việc khác")
    assert payload is not None
    await driver.presses_payload(payload.payload)
    assert len(await town.tickets()) == 2


@pytest.mark.parametrize(
    "words", ["Cháy xe ở bãi, cứu với", "Cán bộ vòi tiền 500 nghìn", "Chưa giải quyết gì cả"]
)
async def test_what_cannot_wait_is_never_taken_for_a_remark(town: Town, words: str) -> None:
    driver, an = town.citizen("Lái xe"), await town.staff("An", gate="HN")
    await resolved(town, driver, an)
    await driver.presses("Không hài lòng")
    await driver.says(words)
    newest = (await town.tickets())[-1]
    assert newest.is_open
    assert not driver.sees("Đã ghi nhận xét")
    await driver.says("ở gần cổng số 2")
    assert not driver.sees("Đã ghi nhận xét"), "what follows belongs to the new matter"


async def test_an_edit_is_kept_beside_the_original_and_shown_on_the_card(town: Town) -> None:
    driver, an = town.citizen("Lái xe"), await town.staff("An", gate="HN")
    await driver.says("Hữu Nghị: xe chờ 3 tiếng", message_id="m-1")
    await driver.edits("m-1", "Hữu Nghị: xe chờ 13 tiếng")
    assert await words_of(town, await town.ticket()) == [
        "Hữu Nghị: xe chờ 3 tiếng",
        "Hữu Nghị: xe chờ 13 tiếng",
    ]
    assert "13 tiếng" in everything_read(an)
    assert not (await town.db.read(verify)).findings


async def test_an_edit_that_tells_of_an_emergency_makes_the_ticket_urgent(town: Town) -> None:
    driver, an = town.citizen("Lái xe"), await town.staff("An", gate="HN")
    await driver.says("Hữu Nghị: xe chờ lâu", message_id="m-1")
    await an.presses("Nhận xử lý")
    await driver.edits("m-1", "Hữu Nghị: xe bốc cháy")
    assert (await town.ticket()).ticket_class is TicketClass.URGENT
    assert driver.sees("114")
    assert an.sees("bốc cháy")


async def test_a_mistyped_command_that_was_edited_is_a_command(town: Town) -> None:
    driver = town.citizen("Lái xe")
    await driver.says("/phieux", message_id="m-1")
    await driver.edits("m-1", "/phieu")
    assert driver.sees("chưa có phiếu nào")
    assert not await town.tickets()


async def test_an_edit_of_words_that_were_never_a_ticket_opens_one(town: Town) -> None:
    driver = town.citizen("Lái xe")
    await driver.says("  ", message_id="m-1")
    assert driver.sees("chưa có nội dung")
    await driver.edits("m-1", "Hữu Nghị: xe chờ lâu")
    assert await words_of(town, await town.ticket()) == ["Hữu Nghị: xe chờ lâu"]
