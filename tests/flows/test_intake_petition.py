"""Khiếu nại and tố cáo: sealed, told the formal way, read by two people at most, decided by a person – domain.md."""

from dataclasses import replace

import pytest
import structlog

from core.people import Role
from core.ticket import Closure, Status, Ticket, TicketClass
from services import directory
from storage import messages
from tests.town import Citizen, Town
from tests.witness import everything_read, group_reads, in_the_clear, picture_with_place, words_of

VI = "Cán bộ bãi Xuân Cương ở Hữu Nghị vòi tiền bồi dưỡng 500 nghìn mới cho xe qua"
ZH = "我要举报友谊关口岸有人索贿五百元"
PRIVATE = ("vòi tiền bồi dưỡng", "500 nghìn", "有人索贿", "五百元")


async def gate_with_office(town: Town) -> tuple[Citizen, Citizen, Citizen, Citizen]:
    """An on duty, a leader, and Hoa and Lan of Văn phòng, who read what is sealed."""
    an = await town.staff("An", gate="HN")
    hoa, lan = await town.staff("Hoa", Role.OFFICE), await town.staff("Lan", Role.OFFICE)
    return an, await town.staff("Lãnh", Role.LEADER), hoa, lan


def knows(reader: Citizen) -> bool:
    return any(word in everything_read(reader) for word in PRIVATE)


async def newest(town: Town) -> Ticket:
    return (await town.tickets())[-1]


@pytest.mark.parametrize("words", [VI, ZH])
async def test_it_is_sealed_and_the_formal_way_is_told(town: Town, words: str) -> None:
    driver = town.citizen("Lái xe", "zh-hans" if words == ZH else "vi")
    await driver.says(words)
    ticket = await town.ticket()
    assert ticket.sealed
    assert ticket.due_at is None
    (said,) = driver.reads()
    assert ticket.code in said
    assert ("不能代替" in said or "不代替" in said) if words == ZH else "không thay cho đơn khiếu nại" in said
    assert not any(word in said for word in PRIVATE)
    assert not driver.buttons(), "nothing more is asked"


@pytest.mark.parametrize("words", [VI, ZH])
async def test_its_words_are_on_no_card_in_no_group_in_no_log_and_in_no_column(
    town: Town, words: str
) -> None:
    an, leader, hoa, lan = await gate_with_office(town)
    admin, third = await town.staff("Quản", Role.ADMIN), await town.staff("Mai", Role.OFFICE)
    await hoa.says("/nhom HN", group="-100")
    driver = town.citizen("Lái xe")
    with structlog.testing.capture_logs() as logs:
        await driver.says(words)
    assert knows(hoa)
    assert knows(lan)
    assert not any(knows(other) for other in (an, leader, admin, third))
    assert not any(word in group_reads(town, "-100") for word in PRIVATE)
    assert not any(word in str(logs) for word in PRIVATE)
    stored = await in_the_clear(town)
    assert not any(word in stored for word in PRIVATE)


async def test_later_words_stay_sealed_and_go_to_the_same_readers(town: Town) -> None:
    an, leader, hoa, lan = await gate_with_office(town)
    driver = town.citizen("Lái xe")
    await driver.says(VI)
    await driver.says("Người đó tên Tuấn, mặc áo xanh")
    ticket = await town.ticket()
    assert await words_of(town, ticket) == ["", ""]
    assert hoa.sees("áo xanh")
    assert lan.sees("áo xanh")
    assert "áo xanh" not in everything_read(an, leader, driver)
    assert "áo xanh" not in await in_the_clear(town)


async def test_a_denunciation_is_never_added_to_a_ticket_that_others_read(town: Town) -> None:
    an, _, hoa, _ = await gate_with_office(town)
    driver = town.citizen("Lái xe")
    await driver.says("Hữu Nghị: xe chờ lâu")
    await an.presses("Nhận xử lý")
    await driver.says(VI)
    open_one, sealed = await town.tickets()
    assert (open_one.sealed, sealed.sealed) == (False, True)
    assert not knows(an)
    assert knows(hoa)


async def test_an_edit_that_denounces_is_sealed_too(town: Town) -> None:
    an, _, hoa, _ = await gate_with_office(town)
    driver = town.citizen("Lái xe")
    await driver.says("Hữu Nghị: xe chờ lâu", message_id="m-1")
    await an.presses("Nhận xử lý")
    await driver.edits("m-1", VI)
    assert [ticket.sealed for ticket in await town.tickets()] == [False, True]
    assert not knows(an)
    assert knows(hoa)
    stored = await in_the_clear(town)
    assert not any(word in stored for word in PRIVATE)


async def test_it_lies_in_nobodys_queue_and_can_be_neither_taken_nor_shown(town: Town) -> None:
    an, leader, hoa, _ = await gate_with_office(town)
    driver = town.citizen("Lái xe")
    await driver.says(VI)
    ticket = await town.ticket()
    for person in (an, leader):
        await person.says("/viec")
        assert ticket.code not in person.newest().text
    button = hoa.newest(ticket.code).button("Là đơn")
    assert button is not None
    for action in ("c", "sh", "n", "as", "t", "p", "f", "u", "s"):
        payload = f"{action}:{button.payload.split(':')[1]}"
        for person in (an, leader):
            await person.presses_payload(payload)
    assert not knows(an)
    assert not knows(leader)
    assert await town.ticket() == ticket


async def test_its_named_readers_find_it_in_their_queue_and_open_it_again(town: Town) -> None:
    an, leader, hoa, lan = await gate_with_office(town)
    await hoa.says("/nhom HN", group="-100")
    await town.citizen("Lái xe").says(VI)
    ticket = await town.ticket()
    await hoa.says("/viec")
    assert "Niêm phong" in hoa.newest().text
    assert ticket.code in hoa.newest().text
    assert "vòi tiền" not in hoa.newest().text
    await hoa.presses("Mở …261122-0001")
    assert "vòi tiền bồi dưỡng" in hoa.newest().text
    assert ticket.code not in group_reads(town, "-100")
    await hoa.presses("Là đơn")
    await lan.says("/viec")
    assert ticket.code not in lan.newest().text, "decided: nothing waits any more"
    assert not knows(an)
    assert not knows(leader)


async def test_a_reader_cannot_hurry_or_take_it_either(town: Town) -> None:
    _, _, hoa, _ = await gate_with_office(town)
    driver = town.citizen("Lái xe")
    await driver.says(VI)
    ticket = await town.ticket()
    number = hoa.newest(ticket.code).button("Là đơn").payload.split(":")[1]  # type: ignore[union-attr]
    for action in ("c", "u", "re", "cl", "as", "t:gate=TT", "nu"):
        head, _, argument = action.partition(":")
        await hoa.presses_payload(":".join(part for part in (head, number, argument) if part))
    assert await town.ticket() == ticket


async def test_decided_as_a_petition_it_ends_without_rating_and_the_sender_is_told(town: Town) -> None:
    _, _, hoa, lan = await gate_with_office(town)
    driver = town.citizen("Lái xe")
    await driver.says(VI)
    await hoa.presses("Là đơn")
    ticket = await town.ticket()
    assert (ticket.status, ticket.closure) == (Status.CLOSED, Closure.PETITION)
    assert driver.sees("gửi đơn theo đường chính thức")
    assert "Hài lòng" not in driver.buttons()
    await lan.presses("Là phản ánh")
    assert await town.ticket() == ticket
    assert lan.sees("đã có người quyết định")
    stored = await in_the_clear(town)
    assert not any(word in stored for word in PRIVATE)


async def test_decided_as_feedback_it_is_promised_from_its_first_minute(town: Town) -> None:
    an, _, hoa, _ = await gate_with_office(town)
    driver = town.citizen("Lái xe")
    await driver.says("Hữu Nghị: xin hỏi mức xử phạt chở quá tải, khiếu nại ở đâu")
    received = (await town.ticket()).received_at
    await town.passes(hours=3)
    await hoa.presses("Là phản ánh")
    ticket = await town.ticket()
    assert (ticket.ticket_class, ticket.sealed) == (TicketClass.NORMAL, False)
    assert ticket.received_at == received
    assert an.sees("mức xử phạt")
    assert driver.sees("được xác định là phản ánh")
    assert await words_of(town, ticket) == ["Hữu Nghị: xin hỏi mức xử phạt chở quá tải, khiếu nại ở đâu"]


async def test_nothing_ends_it_by_itself(town: Town) -> None:
    await gate_with_office(town)
    driver = town.citizen("Lái xe")
    await driver.says(VI)
    before = await town.ticket()
    await town.passes(days=20)
    assert await town.ticket() == before
    assert "Hài lòng" not in driver.buttons()


async def test_its_pictures_are_never_shown_and_have_no_readable_copy(town: Town) -> None:
    an, leader, hoa, _ = await gate_with_office(town)
    driver = town.citizen("Lái xe")
    await driver.sends_photo(picture_with_place(), VI)
    ticket = await town.ticket()
    (file,) = await town.db.read(lambda db: messages.attachments_of(db, ticket.id))
    assert (file.status, file.public_sha256) == ("stored", None)
    assert all(bubble.photo is None for person in (an, leader, hoa) for bubble in person.bubbles())
    await hoa.presses("Là phản ánh")
    assert any(bubble.photo for bubble in an.bubbles()), "unsealed, its pictures are shown like any other's"


@pytest.mark.parametrize("later", ["Người đó tên Tuấn", "Tôi gửi đơn ở đâu?"])
async def test_words_just_after_the_decision_are_sealed_as_it_was(town: Town, later: str) -> None:
    an, leader, hoa, _ = await gate_with_office(town)
    driver = town.citizen("Lái xe")
    await driver.says(VI)
    await hoa.presses("Là đơn")
    await driver.says(later)
    assert (await newest(town)).sealed
    assert later not in everything_read(an, leader)
    assert hoa.sees(later)


async def test_a_new_matter_of_another_day_is_an_ordinary_ticket(town: Town) -> None:
    an, _, hoa, _ = await gate_with_office(town)
    driver = town.citizen("Lái xe")
    await driver.says(VI)
    await hoa.presses("Là đơn")
    await town.passes(hours=3)
    await driver.says("Hữu Nghị: đèn đường tắt")
    ticket = await newest(town)
    assert (ticket.sealed, ticket.previous_id) == (False, None)
    assert an.sees("đèn đường")


async def test_its_stage_is_told_without_its_words(town: Town) -> None:
    await gate_with_office(town)
    driver, stranger = town.citizen("Lái xe"), town.citizen("Người lạ")
    await driver.says(VI)
    ticket = await town.ticket()
    await driver.says("/phieu")
    await driver.says(f"/tracuu {ticket.code}")
    await stranger.says(f"/tracuu {ticket.code} {ticket.key}")
    assert driver.sees("đã niêm phong")
    assert stranger.sees("đã niêm phong")
    assert not knows(driver)
    assert not knows(stranger)


async def test_a_named_reader_who_has_left_reads_no_more(town: Town) -> None:
    _, leader, hoa, lan = await gate_with_office(town)
    town.worker.cfg = replace(town.cfg, sealed_readers=(leader.person_id, hoa.person_id))
    await town.db.write(lambda db: directory.people.update_person(db, hoa.person_id, active=False))
    driver = town.citizen("Lái xe")
    await driver.says(VI)
    assert knows(leader)
    assert not knows(hoa)
    assert not knows(lan), "only who is named reads"


async def test_with_no_reader_at_all_the_administrator_hears_of_it(town: Town) -> None:
    an, admin = await town.staff("An", gate="HN"), await town.staff("Quản", Role.ADMIN)
    driver = town.citizen("Lái xe")
    await driver.says(VI)
    assert admin.sees((await town.ticket()).code)
    assert not knows(admin)
    assert not knows(an)
