"""What staff write: answers only when they are meant as answers, notes that stay inside, loose words that are never lost."""

import pytest

from core.people import Role
from core.ticket import Status
from tests.town import Citizen, Town
from tests.witness import everything_read, words_of

GROUP = "-100"


async def taken(town: Town) -> tuple[Citizen, Citizen]:
    """A driver's ticket in An's hands."""
    driver, an = town.citizen("Lái xe"), await town.staff("An", gate="HN")
    await driver.says("Hữu Nghị: xe chờ lâu")
    await an.presses("Nhận xử lý")
    return driver, an


async def test_a_plain_reply_to_the_card_is_a_note_until_it_is_pressed(town: Town) -> None:
    driver, an = await taken(town)
    await an.says("Xe sẽ qua ngay bây giờ", reply_to=an.newest("xe chờ").id)
    assert not driver.sees("ngay bây giờ")
    assert await words_of(town, await town.ticket(), "internal") == ["Xe sẽ qua ngay bây giờ"]
    await an.presses("Gửi cho người phản ánh")
    assert driver.sees("Xe sẽ qua ngay bây giờ")
    assert (await town.ticket()).first_reply_at == town.clock.now()


async def test_pressed_twice_it_is_sent_once(town: Town) -> None:
    driver, an = await taken(town)
    await an.says("Xe sẽ qua ngay bây giờ", reply_to=an.newest("xe chờ").id)
    payload = an.newest("ngay bây giờ").button("Gửi cho").payload  # type: ignore[union-attr]
    await an.presses_payload(payload)
    await an.presses_payload(payload)
    assert sum("ngay bây giờ" in text for text in driver.reads()) == 1
    assert an.sees("Nút này đã cũ")


async def test_somebody_else_cannot_send_it(town: Town) -> None:
    driver, an = await taken(town)
    binh = await town.staff("Bình", gate="HN")
    leader = await town.staff("Lãnh", Role.LEADER)
    await an.says("Xe sẽ qua ngay bây giờ", reply_to=an.newest("xe chờ").id)
    payload = an.newest("ngay bây giờ").button("Gửi cho").payload  # type: ignore[union-attr]
    for other in (binh, leader, driver, town.citizen("Người lạ")):
        await other.presses_payload(payload)
    assert not driver.sees("ngay bây giờ")


async def test_the_next_holder_cannot_send_the_last_ones_note(town: Town) -> None:
    driver, an = await taken(town)
    binh = await town.staff("Bình", gate="HN")
    await an.says("Xe sẽ qua ngay bây giờ", reply_to=an.newest("xe chờ").id)
    payload = an.newest("ngay bây giờ").button("Gửi cho").payload  # type: ignore[union-attr]
    await an.presses("Chuyển")
    await an.presses("Người")
    await an.presses("Bình")
    await binh.presses_payload(payload)
    await an.presses_payload(payload)
    assert not driver.sees("ngay bây giờ")


async def test_kept_as_a_note_it_stays_inside(town: Town) -> None:
    driver, an = await taken(town)
    await an.says("Lái xe này hay gọi", reply_to=an.newest("xe chờ").id)
    await an.presses("Giữ làm ghi chú")
    assert not driver.sees("hay gọi")


async def test_a_colleagues_reply_is_a_note_that_the_holder_reads(town: Town) -> None:
    driver, an = town.citizen("Lái xe"), await town.staff("An", gate="HN")
    binh = await town.staff("Bình", gate="HN")
    await driver.says("Hữu Nghị: xe chờ lâu")
    await an.presses("Nhận xử lý")
    await binh.says("Làn 3 đang trống", reply_to=binh.newest("xe chờ").id)
    assert an.sees("Làn 3 đang trống")
    assert "Gửi cho người phản ánh" not in binh.buttons()
    assert not driver.sees("Làn 3")


async def test_a_reply_in_the_group_is_a_note_and_the_question_comes_in_private(town: Town) -> None:
    office = await town.staff("Hoa", Role.OFFICE)
    await office.says("/nhom HN", group=GROUP)
    driver, an = await taken(town)
    card = town.channel.chats[GROUP][-1].id
    await an.says("Xe sẽ qua ngay bây giờ", group=GROUP, reply_to=card)
    assert an.newest("ngay bây giờ").button("Gửi cho người phản ánh") is not None
    assert not driver.sees("ngay bây giờ")
    assert all("ngay bây giờ" not in bubble.text for bubble in town.channel.chats[GROUP])


async def test_strangers_replies_in_the_group_are_not_ours(town: Town) -> None:
    office = await town.staff("Hoa", Role.OFFICE)
    await office.says("/nhom HN", group=GROUP)
    _driver, _an = await taken(town)
    await town.citizen("Người lạ").says(
        "tôi biết rồi", group=GROUP, reply_to=town.channel.chats[GROUP][-1].id
    )
    assert await words_of(town, await town.ticket(), "internal") == []


@pytest.mark.parametrize("way", ["button", "reply", "place"])
@pytest.mark.parametrize(
    "note", ["Lái xe này từng gây rối", "ạ?", "Gửi cho người phản ánh", "🙂" * 50, "x" * 9000]
)
async def test_an_internal_note_never_reaches_the_sender(town: Town, way: str, note: str) -> None:
    driver, an = await taken(town)
    before = len(driver.bubbles())
    if way == "button":
        await an.presses("Ghi chú nội bộ")
        await an.says(note)
    elif way == "reply":
        await an.says(note, reply_to=an.newest("xe chờ").id)
        await an.presses("Giữ làm ghi chú")
    else:
        await an.says(note)
        await an.presses("Ghi vào")
    assert await words_of(town, await town.ticket(), "internal") == [note]
    ticket = await town.ticket()
    await driver.says(f"/tracuu {ticket.code}")
    await driver.says("/phieu")
    assert len(driver.bubbles()) == before + 2
    assert note not in everything_read(driver)
    assert (await town.ticket()).first_reply_at is None, "a note answers nobody"


async def test_loose_words_ask_where_they_belong_and_land_once(town: Town) -> None:
    _driver, an = await taken(town)
    await an.says("Đã gọi cho bãi xe")
    place = an.newest().button("Ghi vào")
    assert place is not None
    await an.presses_payload(place.payload)
    await an.presses_payload(place.payload)
    assert await words_of(town, await town.ticket(), "internal") == ["Đã gọi cho bãi xe"]
    assert an.sees("Nút này đã cũ")


async def test_somebody_elses_loose_words_cannot_be_placed(town: Town) -> None:
    _driver, an = await taken(town)
    binh = await town.staff("Bình", gate="HN")
    await an.says("Đã gọi cho bãi xe")
    await binh.presses_payload(an.newest().button("Ghi vào").payload)  # type: ignore[union-attr]
    assert await words_of(town, await town.ticket(), "internal") == []


async def test_staff_complain_too(town: Town) -> None:
    an, binh = await town.staff("An", gate="HN"), await town.staff("Bình", gate="HN")
    await an.says("Hữu Nghị: phòng trực không có nước uống")
    assert not await town.tickets()
    await an.presses("Phiếu mới")
    assert await words_of(town, await town.ticket()) == ["Hữu Nghị: phòng trực không có nước uống"]
    assert an.sees("Ban Quản lý đã nhận phản ánh")
    await binh.presses("Nhận xử lý")
    await binh.presses("Hỏi thêm")
    await binh.says("Phòng số mấy?")
    assert (await town.ticket()).status is Status.WAITING_SENDER
    await an.says("Phòng số 2", reply_to=an.newest("Phòng số mấy?").id)
    assert (await town.ticket()).status is Status.IN_PROGRESS
    assert binh.sees("Phòng số 2")


async def test_staff_who_complained_are_offered_their_own_ticket_for_loose_words(town: Town) -> None:
    an = await town.staff("An", gate="HN")
    await an.says("Hữu Nghị: phòng trực không có nước uống")
    await an.presses("Phiếu mới")
    await an.says("và không có quạt")
    await an.presses("Ghi vào")
    assert (await words_of(town, await town.ticket()))[-1] == "và không có quạt"


@pytest.mark.parametrize("button", ["Trả lời", "Hỏi thêm", "Đóng phiếu"])
async def test_an_answer_with_nothing_in_it_is_asked_for_again(town: Town, button: str) -> None:
    driver, an = await taken(town)
    await an.presses(button)
    before = len(driver.bubbles())
    await an.sends("sticker")
    await an.says("  ")
    assert len(driver.bubbles()) == before
    await an.says("Đã điều tiết xong, xe của anh đã qua.")
    assert driver.sees("Đã điều tiết xong")


async def test_a_resolution_that_is_too_short_can_be_written_again(town: Town) -> None:
    _driver, an = await taken(town)
    await an.presses("Đóng phiếu")
    await an.says("xong")
    assert an.sees("ít nhất 20 ký tự")
    await an.says("Đã điều tiết xong, xe của anh đã qua.")
    assert (await town.ticket()).status is Status.RESOLVED


async def test_words_for_a_ticket_that_went_to_somebody_else_are_asked_a_place_for(town: Town) -> None:
    driver, an = await taken(town)
    binh, leader = await town.staff("Bình", gate="HN"), await town.staff("Lãnh", Role.LEADER)
    await an.presses("Trả lời")
    number = an.newest("xe chờ").button("Trả lời").payload.split(":")[1]  # type: ignore[union-attr]
    await leader.presses_payload(f"as:{number}:{binh.person_id}")
    await an.says("Xe sẽ qua ngay bây giờ")
    assert an.sees("đã do Bình nhận xử lý")
    assert not driver.sees("ngay bây giờ")
    assert an.newest().button("Phiếu mới") is not None
    await an.says("/huy")
    assert an.sees("Không có việc nào đang dở")


async def test_cancel_forgets_the_dialogue(town: Town) -> None:
    driver, an = await taken(town)
    await an.presses("Trả lời")
    await an.presses("Hủy")
    await an.says("Xe sẽ qua ngay bây giờ")
    assert not driver.sees("ngay bây giờ")
