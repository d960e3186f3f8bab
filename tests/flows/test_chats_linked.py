"""One person, several chats: a code links them, tickets and rights follow, and nobody gets what is another's."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.payloads import Action, write
from core.people import Person, Role
from core.ticket import Status
from services import chats, linking, privacy
from storage import people, tickets
from tests.chats_cast import ANSWER, answers, closes, code_of, links, taken, town_with_a_page
from tests.town import Citizen, Town


@pytest.fixture
async def town(tmp_path: Path) -> AsyncIterator[Town]:
    async with town_with_a_page(tmp_path) as opened:
        yield opened


async def person_of(town: Town, citizen: Citizen) -> Person:
    chat = await town.identity_of(citizen)
    found = await town.db.read(lambda db: people.person(db, chat.person_id or 0))
    assert found is not None
    return found


async def test_a_chat_alone_is_shown_with_the_way_to_add_another(town: Town) -> None:
    driver = town.citizen("Lái xe")
    await driver.says("/kenh")
    shown = driver.newest("Các kênh")
    assert "đang dùng tin nhắn này" in shown.text
    assert "22/11/2026" in shown.text
    assert [button.label for row in shown.buttons for button in row] == ["Thêm kênh: lấy mã"]


async def test_the_code_comes_with_the_very_words_to_send(town: Town) -> None:
    driver = town.citizen("Lái xe")
    code = await code_of(driver)
    told = driver.newest("Mã liên kết").text
    assert f"/lienket {code}" in told
    assert "12:00" not in told
    assert "09:00" in told, "it says until when"
    stored = await town.db.read(lambda db: db.exec_driver_sql("SELECT data FROM outbox").scalars().all())
    assert not any(code in str(row) for row in stored), "nobody reads a code out of the database"


async def test_a_driver_who_wrote_in_two_chats_is_one_person_with_both_tickets(town: Town) -> None:
    page, phone = town.citizen("Lái xe", channel="web"), town.citizen("Lái xe")
    await page.says("Hữu Nghị: xe chờ lâu")
    await phone.says("Tân Thanh: đèn đường hỏng")
    await links(page, phone)
    assert phone.sees("Đã liên kết")
    assert (await person_of(town, page)).id == (await person_of(town, phone)).id
    for chat in (page, phone):
        await chat.says("/phieu")
        listed = chat.newest("Phiếu của Anh/Chị").text
        assert all(ticket.code in listed for ticket in await town.tickets())
        for ticket in await town.tickets():
            await chat.says(f"/tracuu {ticket.code}")
            assert "Tình trạng" in chat.newest(ticket.code).text


async def test_chats_that_were_linked_before_come_along(town: Town) -> None:
    page, phone, other = (
        town.citizen("Lái xe", channel="web"),
        town.citizen("Lái xe"),
        town.citizen("Lái xe"),
    )
    await links(phone, other)
    await links(page, phone)
    assert len({(await person_of(town, chat)).id for chat in (page, phone, other)}) == 1
    await other.says("/kenh")
    assert other.newest("Các kênh").text.count("từ 22/11/2026") == 3


async def test_the_rating_of_a_linked_chat_counts_for_the_ticket(town: Town) -> None:
    page, phone = town.citizen("Lái xe", channel="web"), town.citizen("Lái xe")
    an = await taken(town, page)
    await closes(an)
    await links(page, phone)
    await phone.says(f"/tracuu {(await town.ticket()).code}")
    await page.presses("Hài lòng")
    assert (await town.ticket()).status is Status.CLOSED


async def test_whoever_has_the_code_in_the_chat_it_came_from_is_told_where_it_belongs(town: Town) -> None:
    driver, phone = town.citizen("Lái xe"), town.citizen("Lái xe")
    code = await code_of(driver)
    await driver.says(f"/lienket {code}")
    assert driver.sees("gửi mã từ kênh muốn thêm")
    await phone.says(f"/lienket {code}")
    assert phone.sees("Đã liên kết"), "it was not used up by that"


async def test_a_link_is_told_in_the_other_chat_too(town: Town) -> None:
    driver, thief = town.citizen("Lái xe", channel="web"), town.citizen("Kẻ nhặt được")
    await links(driver, thief)
    assert driver.sees("vừa được liên kết với Anh/Chị")


async def test_a_senders_code_in_a_chat_of_staff_is_refused_and_changes_nothing(town: Town) -> None:
    driver, an = town.citizen("Lái xe"), await town.staff("An", gate="HN")
    code = await code_of(driver)
    await an.says(f"/lienket {code}")
    assert (
        an.newest().text
        == "Đây là kênh làm việc của cán bộ: mã của người gửi phản ánh không dùng được ở đây."
    )
    assert (await person_of(town, an)).role is Role.DUTY
    assert (await person_of(town, driver)).role is Role.SENDER


async def test_an_officer_adds_a_chat_and_works_in_both(town: Town) -> None:
    an, page = await town.staff("An", gate="HN"), town.citizen("An", channel="web")
    await links(an, page)
    assert page.sees("Đã liên kết tài khoản: An")
    await page.says("/kenh")
    assert page.newest("Các kênh").text.count("từ 22/11/2026") == 2
    await town.citizen("Lái xe").says("Hữu Nghị: xe chờ lâu")
    await page.presses("Nhận xử lý")
    assert (await town.ticket()).holder_id == an.person_id


async def test_staff_rights_go_to_the_one_chat_that_sent_the_code(town: Town) -> None:
    an, phone, page = (
        await town.staff("An", gate="HN"),
        town.citizen("Người lạ"),
        town.citizen("Người lạ", channel="web"),
    )
    await links(phone, page)
    await links(an, phone)
    assert (await person_of(town, phone)).is_staff
    assert not (await person_of(town, page)).is_staff


async def test_only_so_many_codes_are_given_out_at_a_time(town: Town) -> None:
    driver = town.citizen("Lái xe")
    await driver.says("/kenh")
    for _ in range(6):
        await driver.presses("lấy mã")
    assert "vừa lấy nhiều mã" in driver.newest().text
    assert sum("Mã liên kết (" in text for text in driver.reads()) == 5


async def test_who_waits_to_be_erased_is_mixed_with_nobody(town: Town) -> None:
    driver, phone = town.citizen("Lái xe"), town.citizen("Lái xe")
    await taken(town, driver)
    await driver.says("/xoadulieu")
    await driver.presses("Xóa")
    code = await code_of(driver)
    await phone.says(f"/lienket {code}")
    assert phone.sees("chờ xóa")
    assert (await person_of(town, phone)).id != (await person_of(town, driver)).id


async def test_codes_of_the_former_person_still_link(town: Town) -> None:
    page, phone, late = (
        town.citizen("Lái xe", channel="web"),
        town.citizen("Lái xe"),
        town.citizen("Lái xe"),
    )
    code = await code_of(phone)
    await links(page, phone)
    await late.says(f"/lienket {code}")
    assert (await person_of(town, late)).id == (await person_of(town, page)).id


# --- giving a chat up


async def test_a_chat_that_was_given_up_is_a_strangers_and_the_tickets_stay(town: Town) -> None:
    page, phone = town.citizen("Lái xe", channel="web"), town.citizen("Lái xe")
    an = await taken(town, page)
    await links(page, phone)
    await phone.says("/kenh")
    await phone.presses("Tách 2. trang chat")
    assert "Tách kênh trang chat?" in phone.newest().text
    await phone.presses("Đồng ý tách")
    assert phone.sees("Đã tách kênh trang chat")
    seen = len(page.reads())
    await answers(an)
    assert phone.sees(ANSWER)
    await page.says(f"/tracuu {(await town.ticket()).code}")
    assert not any(ANSWER in text or "Tình trạng" in text for text in page.reads()[seen:])
    assert (await person_of(town, page)).id != (await person_of(town, phone)).id


async def test_what_waits_for_a_chat_that_is_given_up_goes_to_another(town: Town) -> None:
    page, phone = town.citizen("Lái xe", channel="web"), town.citizen("Lái xe")
    an = await taken(town, phone)
    await links(phone, page)
    await an.presses("Trả lời")
    await phone.says("/kenh")
    await town.stores(an._message(ANSWER))
    await town.worker.handle_waiting()
    chat = await town.identity_of(page)
    person, here = await person_of(town, phone), await town.identity_of(phone)
    await town.db.write(lambda db: chats.drop(db, town.cfg, person, here, chat.id, town.clock.now()))
    await town.settles()
    assert phone.sees(ANSWER)
    assert not page.sees(ANSWER)


async def test_the_last_chat_cannot_be_given_up_nor_another_persons(town: Town) -> None:
    driver, other = town.citizen("Lái xe"), town.citizen("Người khác")
    await driver.says("/kenh")
    await other.says("/kenh")
    own, foreign = await town.identity_of(driver), await town.identity_of(other)
    await driver.presses_payload(write(Action.DROP_CHAT, own.id, "y"))
    assert driver.sees("kênh duy nhất")
    for action in (Action.DROP_CHAT, Action.PREFER_CHAT):
        await driver.presses_payload(write(action, foreign.id, "y" if action is Action.DROP_CHAT else ""))
        assert driver.sees("không còn là của Anh/Chị")
    assert (await town.identity_of(other)).person_id == foreign.person_id


async def test_a_buttons_chat_in_a_group_is_no_place_for_it(town: Town) -> None:
    an = await town.staff("An", Role.OFFICE)
    await an.says("/nhom HN", group="-100")
    await an.presses_payload(write(Action.CHAT_CODE), group="-100")
    assert not any("Mã liên kết" in bubble.text for bubble in town.channel.chats.get("-100", []))


async def test_a_stolen_telephone_cannot_come_back_by_a_code_that_it_asked_for(town: Town) -> None:
    an, stolen, thief = await town.staff("An", gate="HN"), town.citizen("An"), town.citizen("Kẻ trộm")
    await links(an, stolen)
    code = await code_of(stolen)
    gone = await town.identity_of(stolen)
    await town.db.write(lambda db: chats.unlink(db, town.cfg, gone.id, town.clock.now()))
    await thief.says(f"/lienket {code}")
    assert not (await person_of(town, thief)).is_staff
    assert not (await person_of(town, stolen)).is_staff
    assert (await person_of(town, an)).is_staff


async def test_a_code_of_somebody_who_was_erased_links_nobody(town: Town) -> None:
    driver, late = town.citizen("Lái xe"), town.citizen("Lái xe")
    code = await code_of(driver)
    await driver.says("/xoadulieu")
    await driver.presses("Xóa")
    await late.says(f"/lienket {code}")
    assert late.sees("Mã liên kết không đúng")


# --- by law


async def test_erasing_and_copying_cover_every_chat(town: Town) -> None:
    page, phone = town.citizen("Lái xe", channel="web"), town.citizen("Lái xe")
    await links(page, phone)
    person = await person_of(town, page)
    copy = await town.db.read(lambda db: privacy.export(db, person))
    assert copy.count('"last_seen_at"') == 2
    await phone.says("/xoadulieu")
    await phone.presses("Xóa")
    owners = {(await person_of(town, chat)).id for chat in (page, phone)}
    assert person.id not in owners
    assert len(owners) == 2, "the chats have nothing to do with each other any more"
    for chat in (page, phone):
        known = await town.identity_of(chat)
        assert (known.preferred, known.linked_at) == (False, None)


async def test_nobody_loses_tickets_to_a_code_of_a_person_with_none(town: Town) -> None:
    page, phone = town.citizen("Lái xe", channel="web"), town.citizen("Lái xe")
    await phone.says("Hữu Nghị: xe chờ lâu")
    now = town.clock.now()
    await page.says("/trogiup")
    owner = await person_of(town, page)
    code, _ = await town.db.write(lambda db: linking.new_link_code(db, owner.id, now))
    await phone.says(f"/lienket {code}")
    found = await town.db.read(lambda db: tickets.of_sender(db, owner.id))
    assert [ticket.id for ticket in found] == [(await town.ticket()).id]


# --- a code of staff in the wrong hands


async def test_a_thief_with_a_leaked_code_cannot_cut_off_the_owner(town: Town) -> None:
    an, thief = await town.staff("An", gate="HN"), town.citizen("Kẻ nhặt được", channel="web")
    await links(an, thief)
    owners = await town.identity_of(an)
    for asked in ("", "y"):
        await thief.presses_payload(write(Action.DROP_CHAT, owners.id, asked))
        assert "chưa đủ 24 giờ" in thief.newest().text
    await an.says("/kenh")
    await an.presses("Tách 2. trang chat")
    await an.presses("Đồng ý tách")
    assert not (await person_of(town, thief)).is_staff
    assert (await person_of(town, an)).is_staff


async def test_what_a_chat_was_linked_to_before_makes_it_no_older(town: Town) -> None:
    thief, page = town.citizen("Kẻ nhặt được"), town.citizen("Kẻ nhặt được", channel="web")
    await links(page, thief)
    town.clock.passes(days=7)
    an = await town.staff("An", gate="HN")
    town.clock.passes(minutes=1)
    await links(an, thief)
    await thief.presses_payload(write(Action.DROP_CHAT, (await town.identity_of(an)).id, "y"))
    assert "chưa đủ 24 giờ" in thief.newest().text


async def test_after_a_day_a_new_telephone_may_give_up_the_old_one(town: Town) -> None:
    an, page = await town.staff("An", gate="HN"), town.citizen("An", channel="web")
    await links(an, page)
    town.clock.passes(hours=24)
    await page.presses_payload(write(Action.DROP_CHAT, (await town.identity_of(an)).id, "y"))
    assert page.sees("Đã tách kênh")
    assert not (await person_of(town, an)).is_staff


async def test_a_driver_may_give_up_the_old_chat_at_once(town: Town) -> None:
    page, phone = town.citizen("Lái xe", channel="web"), town.citizen("Lái xe")
    await links(page, phone)
    await phone.presses_payload(write(Action.DROP_CHAT, (await town.identity_of(page)).id, "y"))
    assert phone.sees("Đã tách kênh trang chat")


async def test_administrators_hear_of_a_second_chat_of_an_officer_and_of_no_first_one(town: Town) -> None:
    chief = await town.staff("Quản trị", Role.ADMIN)
    an, page = await town.staff("An", gate="HN"), town.citizen("An", channel="web")
    assert not chief.sees("vừa có thêm một kênh")
    await links(an, page)
    chat = await town.identity_of(page)
    assert "An vừa có thêm một kênh: trang chat" in chief.newest("vừa có thêm").text
    assert f"hotline people unlink {chat.id}" in chief.newest("vừa có thêm").text
    await links(town.citizen("Lái xe", channel="web"), town.citizen("Lái xe"))
    assert sum("vừa có thêm một kênh" in text for text in chief.reads()) == 1, (
        "senders are none of their business"
    )


async def test_giving_a_chat_up_is_told_in_every_other_one(town: Town) -> None:
    an, page, phone = await town.staff("An", gate="HN"), town.citizen("An", channel="web"), town.citizen("An")
    await links(an, page)
    await links(an, phone)
    await an.presses_payload(write(Action.DROP_CHAT, (await town.identity_of(phone)).id, "y"))
    assert "của đồng chí vừa được tách" in page.newest("vừa được tách").text
    assert not an.sees("vừa được tách"), "it is answered there"
    assert not phone.sees("vừa được tách"), "a stranger's by now"


async def test_a_driver_reads_of_it_in_words_for_senders(town: Town) -> None:
    phone, page, other = town.citizen("Lái xe"), town.citizen("Lái xe", channel="web"), town.citizen("Lái xe")
    await links(phone, page)
    await links(phone, other)
    await phone.presses_payload(write(Action.DROP_CHAT, (await town.identity_of(other)).id, "y"))
    assert "các kênh của Anh/Chị" in page.newest("vừa được tách").text
