"""What was said in one chat of a person shows in the others, where it costs nothing: only shown, never counted."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.payloads import Action, write
from core.ticket import Status
from services.sender import TryAgain
from tests.chats_cast import (
    ANSWER,
    BLOCKED,
    QUESTION,
    RESULT,
    answers,
    closes,
    links,
    taken,
    town_with_a_page,
)
from tests.town import Citizen, Town
from tests.witness import picture_with_place


@pytest.fixture
async def town(tmp_path: Path) -> AsyncIterator[Town]:
    async with town_with_a_page(tmp_path) as opened:
        yield opened


async def phone_and_page(town: Town) -> tuple[Citizen, Citizen, Citizen]:
    """(the telephone, which is preferred; the page, which shows everything; An who has the ticket)."""
    phone, page = town.citizen("Lái xe"), town.citizen("Lái xe", channel="web")
    an = await taken(town, phone)
    await links(phone, page)
    await phone.says("/kenh")
    await phone.presses("Ưu tiên 1.")
    return phone, page, an


async def test_an_answer_to_the_telephone_shows_on_the_page(town: Town) -> None:
    phone, page, an = await phone_and_page(town)
    await answers(an)
    assert phone.newest(ANSWER).text == page.newest(ANSWER).text
    assert sum(ANSWER in text for text in page.reads()) == 1


async def test_an_answer_to_the_page_does_not_cost_a_message(town: Town) -> None:
    phone, page, an = await phone_and_page(town)
    await phone.says("/kenh")
    await phone.presses("Ưu tiên 2.")
    await answers(an)
    assert page.sees(ANSWER)
    assert not phone.sees(ANSWER)
    await phone.says(f"/tracuu {(await town.ticket()).code}")
    assert ANSWER in phone.newest("Tình trạng").text, "there, looking the ticket up shows the newest answer"
    await phone.says("/phieu")
    await phone.presses("Xem …")
    assert ANSWER in phone.newest().text


async def test_what_the_sender_writes_shows_with_what_it_was_answered(town: Town) -> None:
    phone, page, _ = await phone_and_page(town)
    await phone.says("Biển số 12C-123.45")
    own = page.newest("Anh/Chị đã viết ở")
    assert "Biển số 12C-123.45" in own.text
    shown = [text for text in page.reads() if "Biển số" in text or "đã thêm" in text.lower()]
    assert shown[0] == own.text
    assert len(shown) == 2
    await page.says("Vẫn chưa thấy ai")
    assert not phone.sees("Vẫn chưa thấy ai"), "never to a metered channel"


async def test_a_first_message_shows_with_its_receipt(town: Town) -> None:
    phone, page = town.citizen("Lái xe"), town.citizen("Lái xe", channel="web")
    await links(page, phone)
    await phone.says("Hữu Nghị: xe chờ lâu")
    ticket = await town.ticket()
    assert page.newest("Anh/Chị đã viết ở").text.endswith("Hữu Nghị: xe chờ lâu")
    assert ticket.key in page.newest("Mã phiếu").text
    assert [ticket.code in text for text in phone.reads()].count(True) == 1


async def test_a_copy_delivers_nothing(town: Town) -> None:
    phone, page, an = await phone_and_page(town)
    town.channel.verdicts[phone.chat_id] = [TryAgain(reason="down")]
    await an.presses("Hỏi thêm")
    await an.says(QUESTION)
    assert not page.sees(QUESTION), "what has not arrived anywhere shows nowhere"
    assert (await town.ticket()).status is Status.IN_PROGRESS
    town.clock.passes(minutes=1)
    await town.settles()
    assert page.sees(QUESTION)
    ticket, history = await town.ticket(), await town.events(await town.ticket())
    assert ticket.status is Status.WAITING_SENDER
    assert history.count("question_delivered") <= 1


async def test_a_copy_that_cannot_be_shown_is_owed_to_nobody(town: Town) -> None:
    phone, page, an = await phone_and_page(town)
    town.channels["web"].verdicts[page.chat_id] = [BLOCKED]
    await closes(an)
    assert phone.sees(RESULT)
    assert sum(RESULT in text for text in phone.reads()) == 1, "it does not come back as a second message"
    ticket = await town.ticket()
    assert ticket.status is Status.RESOLVED
    assert not an.sees("Gọi điện")
    assert not (await town.identity_of(page)).reachable


async def test_a_copys_buttons_work_and_work_once(town: Town) -> None:
    phone, page, an = await phone_and_page(town)
    await closes(an)
    await page.presses("Không hài lòng")
    await page.presses("Mở lại")
    assert (await town.ticket()).cycle == 2
    await phone.presses("Hài lòng")
    ticket = await town.ticket()
    assert (ticket.cycle, ticket.status.value) == (2, "new"), "what was reopened there is not rated here"


async def test_a_reply_to_a_copy_is_about_its_ticket(town: Town) -> None:
    _, page, an = await phone_and_page(town)
    await answers(an)
    await page.says("Cảm ơn, xe đã qua", reply_to=page.newest(ANSWER).id)
    assert len(await town.tickets()) == 1


async def test_nothing_of_a_sealed_matter_shows_elsewhere(town: Town) -> None:
    phone, page = town.citizen("Lái xe"), town.citizen("Lái xe", channel="web")
    await links(page, phone)
    seen = len(page.reads())
    await phone.says("Tôi tố cáo cán bộ nhận phong bì tại Hữu Nghị")
    assert (await town.ticket()).sealed
    assert page.reads()[seen:] == []


async def desk_and_phone(town: Town) -> tuple[Citizen, Citizen]:
    """(the telephone of An, preferred; the page that stands open on An's desk)."""
    an, page = await town.staff("An", gate="HN"), town.citizen("An", channel="web")
    await links(an, page)
    await an.says("/kenh")
    await an.presses("Ưu tiên 1.")
    return an, page


async def test_a_card_to_an_officers_telephone_shows_on_their_page(town: Town) -> None:
    an, page = await desk_and_phone(town)
    await town.citizen("Lái xe").says("Hữu Nghị: xe chờ lâu")
    for chat in (an, page):
        assert sum("xe chờ lâu" in text for text in chat.reads()) == 1
    await page.presses("Nhận xử lý")
    assert (await town.ticket()).holder_id == an.person_id
    assert "Đang xử lý: An" in an.newest("xe chờ lâu").text


async def test_what_a_sender_adds_shows_on_the_holders_page(town: Town) -> None:
    an, page = await desk_and_phone(town)
    driver = town.citizen("Lái xe")
    await driver.says("Hữu Nghị: xe chờ lâu")
    await an.presses("Nhận xử lý")
    await driver.says("Biển số 12C-123.45")
    assert an.sees("12C-123.45")
    assert sum("viết thêm" in text for text in page.reads()) == 1
    await page.says("Đã rõ", reply_to=page.newest("viết thêm").id)
    assert page.newest("Đã rõ").button("Gửi") is not None


async def test_a_burst_shows_on_the_page_as_the_list_that_the_telephone_has(town: Town) -> None:
    an, page = await desk_and_phone(town)
    colleague = await town.staff("Bình", gate="HN")
    drivers = [town.citizen(f"Lái xe {number}") for number in range(6)]
    await town.receives(*(one._message(f"Hữu Nghị: xe thứ {n} chờ lâu") for n, one in enumerate(drivers)))
    assert sum("Có 6 phiếu mới chờ nhận" in text for text in page.reads()) == 1
    assert page.newest("6 phiếu mới").text == an.newest("6 phiếu mới").text
    ticket = (await town.tickets())[4]
    await colleague.presses_payload(write(Action.CLAIM, ticket.id))
    await town.passes(minutes=2)
    line = next(one for one in page.newest("phiếu mới").text.splitlines() if ticket.code[-4:] in one)
    assert "Bình" in line


async def test_a_lost_page_of_an_officer_sends_no_ticket_up_the_ladder(town: Town) -> None:
    an, page = await desk_and_phone(town)
    head = await town.staff("Trưởng", gate="HN", is_head=True)
    town.channels["web"].verdicts[page.chat_id] = [BLOCKED]
    await town.citizen("Lái xe").says("Hữu Nghị: xe chờ lâu")
    assert an.sees("xe chờ lâu")
    assert not page.sees("xe chờ lâu")
    assert not head.sees("Nhắc")


async def test_an_officers_claim_changes_the_cards_in_all_their_chats(town: Town) -> None:
    an, page = await town.staff("An", gate="HN"), town.citizen("An", channel="web")
    await town.citizen("Lái xe").says("Hữu Nghị: xe chờ lâu")
    await links(an, page)
    await page.presses("Nhận xử lý")
    for chat in (an, page):
        assert "Đang xử lý: An" in chat.newest("xe chờ lâu").text


async def test_whoever_presses_is_answered_where_they_press_whatever_they_prefer(town: Town) -> None:
    phone, page, an = await phone_and_page(town)
    await closes(an)
    await page.presses("Không hài lòng")
    seen = len(phone.reads())
    await page.presses("Mở lại")
    assert "mở lại" in page.newest().text
    assert len(phone.reads()) == seen, "it costs a message there"


async def test_an_officer_who_claims_on_the_page_works_on_the_page(town: Town) -> None:
    an, page = await town.staff("An", gate="HN"), town.citizen("An", channel="web")
    await links(an, page)
    await an.says("/kenh")
    await an.presses("Ưu tiên 1.")
    await town.citizen("Lái xe").says("Hữu Nghị: xe chờ lâu")
    await page.says("/viec")
    await page.presses("Nhận xử lý")
    assert page.newest("xe chờ lâu").button("Trả lời") is not None


async def test_the_pictures_of_a_ticket_are_shown_to_its_holder_once(town: Town) -> None:
    phone, _, an = await phone_and_page(town)
    also = town.citizen("An", channel="web")
    await links(an, also)
    await an.says("/kenh")
    await an.presses("Ưu tiên 1.")
    await phone.sends_photo(picture_with_place())
    assert any(bubble.photo for bubble in an.bubbles())
    assert not any(bubble.photo for bubble in also.bubbles())
