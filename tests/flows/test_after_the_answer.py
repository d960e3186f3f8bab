"""What comes after an answer: thanks that reopen nothing, a reopening that tells what was wrong, a leader's telephone call."""

import pytest

from core.people import Role
from core.ticket import Closure, Status
from tests.town import Citizen, Town

ANSWER = "Đã điều tiết xong làn xe, các xe chờ đã thông quan."


async def answered(town: Town) -> tuple[Citizen, Citizen]:
    """A driver whose ticket An has resolved."""
    driver, an = town.citizen("Lái xe"), await town.staff("An", gate="HN")
    await driver.says("Hữu Nghị: xe chờ 4 tiếng")
    await an.presses("Nhận xử lý")
    await an.presses("Đóng phiếu")
    await an.says(ANSWER)
    return driver, an


@pytest.mark.parametrize("words", ["Cảm ơn", "👍", "cam on nhieu"])
async def test_thanks_after_a_closed_ticket_are_asked_about_with_two_buttons(town: Town, words: str) -> None:
    driver, _ = await answered(town)
    await driver.presses("Hài lòng")
    await driver.presses("Bỏ qua")
    await driver.says(words)
    asked = driver.newest("mở lại")
    assert asked.button("Mở lại") is not None
    assert asked.button("Không") is not None
    assert (await town.ticket()).status is Status.CLOSED

    await driver.presses("Không")

    ticket = await town.ticket()
    assert (ticket.status, ticket.closure) == (Status.CLOSED, Closure.RATED)
    assert "giữ nguyên kết quả" in driver.newest().text


async def test_thanks_after_a_silent_end_can_still_reopen(town: Town) -> None:
    driver, _ = await answered(town)
    await town.passes(hours=25)
    assert (await town.ticket()).closure is Closure.SILENT
    await driver.sends("sticker")
    await driver.presses("Mở lại")
    ticket = await town.ticket()
    assert (ticket.status, ticket.cycle) == (Status.NEW, 2)


async def test_thanks_too_late_to_reopen_are_kept_and_nothing_is_asked(town: Town) -> None:
    driver, _ = await answered(town)
    await driver.presses("Hài lòng")
    await driver.presses("Bỏ qua")
    await town.passes(days=6)
    await driver.says("Cảm ơn")
    assert driver.bubbles()[-1].button("Mở lại") is None


async def test_a_reopened_card_tells_what_was_wrong(town: Town) -> None:
    driver, an = await answered(town)
    binh = await town.staff("Bình", gate="HN")
    await driver.presses("Không hài lòng")
    await driver.says("Trả lời chung chung, bãi vẫn giữ 300 nghìn của tôi")
    await driver.presses("Mở lại")
    for member in (an, binh):
        card = member.newest("Lần trước người phản ánh đánh giá: Không hài lòng").text
        assert "bãi vẫn giữ 300 nghìn của tôi" in card
        assert "xe chờ 4 tiếng" in card


async def test_words_right_after_reopening_are_on_the_card(town: Town) -> None:
    driver, an = await answered(town)
    await driver.presses("Không hài lòng")
    await driver.presses("Mở lại")
    await driver.says("Xe số 2 của tôi còn kẹt ở cổng B")
    card = an.newest("Lần trước người phản ánh đánh giá").text
    assert "kẹt ở cổng B" in card


async def test_what_a_first_cycle_was_rated_is_no_news_while_it_lasts(town: Town) -> None:
    driver, an = await answered(town)
    await driver.presses("Không hài lòng")
    assert not any("Lần trước người phản ánh đánh giá" in text for text in an.reads())


async def leader_called(town: Town) -> tuple[Citizen, Citizen]:
    """A held ticket fifteen minutes before its due time: An holds it, the leader reads rung 6."""
    driver, an = town.citizen("Lái xe"), await town.staff("An", gate="HN")
    leader = await town.staff("Lãnh", Role.LEADER)
    await driver.says("Hữu Nghị: xe chờ 4 tiếng, gọi tôi 0912 345 678")
    await an.presses("Nhận xử lý")
    await an.presses("Trả lời")
    await an.says("Trung tâm đang kiểm tra.")
    await town.until(18, 46)
    return an, leader


async def test_a_leaders_call_is_in_the_history_and_the_holder_hears_of_it(town: Town) -> None:
    an, leader = await leader_called(town)
    await leader.presses("Gọi")
    assert "0912" in leader.newest("Điện thoại").text or "912" in leader.newest("Điện thoại").text
    assert "call_asked" in await town.events(await town.ticket())
    assert an.sees("lãnh đạo sẽ gọi cho người phản ánh")


async def test_what_was_said_on_the_telephone_is_documented_and_stays_inside(town: Town) -> None:
    an, leader = await leader_called(town)
    await leader.presses("Gọi")
    await leader.presses("Ghi kết quả cuộc gọi")
    await leader.says("Đã gọi 18:50, lái xe đồng ý chờ tới 19:30.")
    assert (await town.events(await town.ticket())).count("call_noted") == 1
    assert "Đã ghi kết quả cuộc gọi" in leader.newest().text
    assert an.sees("lái xe đồng ý chờ tới 19:30")
    told = town.channel.chats
    driver = next(chat for chat, bubbles in told.items() if any("Mã phiếu" in b.text for b in bubbles))
    assert not any("đồng ý chờ" in bubble.text for bubble in told[driver])


async def test_only_who_leads_may_ask_for_the_call(town: Town) -> None:
    an, leader = await leader_called(town)
    payload = leader.newest("còn").button("Gọi").payload  # type: ignore[union-attr]
    await an.presses_payload(payload)
    assert "call_asked" not in await town.events(await town.ticket())
