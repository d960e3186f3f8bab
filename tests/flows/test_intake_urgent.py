"""What cannot wait, what was marked as urgent, and what is no complaint at all: spam needs two people."""

from datetime import timedelta

import pytest

from core.people import Role
from core.ticket import Closure, Status, TicketClass
from storage.people import update_person
from tests.town import Town

EMERGENCY = "113 (công an) · 114 (cứu hỏa, cứu nạn) · 115 (cấp cứu)"


@pytest.mark.parametrize(
    "words",
    [
        "Hữu Nghị cháy xe container",
        "huu nghi co tai nan, nguoi bi thuong",
        "Đánh nhau ở bãi",
        "sầu riêng hỏng hết rồi",
    ],
)
async def test_an_emergency_begins_with_the_three_numbers(town: Town, words: str) -> None:
    driver = town.citizen("Lái xe")
    await driver.says(words)
    ticket = await town.ticket()
    assert ticket.ticket_class is TicketClass.URGENT
    assert EMERGENCY in driver.newest().text.splitlines()[0]
    assert ticket.due_at == ticket.received_at + timedelta(hours=4)


@pytest.mark.parametrize(
    "words", ["Hữu Nghị: bình chữa cháy ở đâu", "Hàng bán cháy hàng", "không có ai bị thương"]
)
async def test_words_that_only_sound_so_are_no_emergency(town: Town, words: str) -> None:
    driver = town.citizen("Lái xe")
    await driver.says(words)
    assert (await town.ticket()).ticket_class is not TicketClass.URGENT
    assert EMERGENCY not in driver.newest().text


async def test_later_words_can_make_it_urgent_and_everybody_hears(town: Town) -> None:
    driver, an = town.citizen("Lái xe"), await town.staff("An", gate="HN")
    await driver.says("Hữu Nghị: xe chờ lâu")
    due = (await town.ticket()).due_at
    await driver.says("xe đang bốc khói, cháy rồi")
    ticket = await town.ticket()
    assert ticket.ticket_class is TicketClass.URGENT
    assert ticket.due_at is not None
    assert due is not None
    assert ticket.due_at < due
    assert driver.newest().text.startswith("🔴")
    assert an.sees("KHẨN")


async def test_up_is_immediate_and_down_needs_a_second_person(town: Town) -> None:
    driver, an = town.citizen("Lái xe"), await town.staff("An", gate="HN")
    leader = await town.staff("Lãnh", Role.LEADER)
    await driver.says("Hữu Nghị: xe chờ lâu")
    await an.presses("Nhận xử lý")
    await an.presses("Khẩn")
    ticket = await town.ticket()
    assert ticket.ticket_class is TicketClass.URGENT
    number = an.newest("Đang xử lý").button("Trả lời").payload.split(":")[1]  # type: ignore[union-attr]
    down = f"nu:{number}"
    await an.presses_payload(down)
    assert an.sees("người thứ hai")
    assert (await town.ticket()).ticket_class is TicketClass.URGENT
    await leader.presses_payload(down)
    assert (await town.ticket()).ticket_class is TicketClass.NORMAL


async def test_down_cannot_move_a_due_time_that_has_passed(town: Town) -> None:
    driver, an = town.citizen("Lái xe"), await town.staff("An", gate="HN")
    leader = await town.staff("Lãnh", Role.LEADER)
    await driver.says("Hữu Nghị: cháy xe")
    await an.presses("Nhận xử lý")
    number = an.newest("DDLS").button("Trả lời").payload.split(":")[1]  # type: ignore[union-attr]
    await town.passes(hours=5)
    await leader.presses_payload(f"nu:{number}")
    assert leader.sees("đã quá hạn")
    assert (await town.ticket()).ticket_class is TicketClass.URGENT


async def test_spam_ends_only_by_a_second_persons_word(town: Town) -> None:
    spammer, an, hoa = (
        town.citizen("Bán hàng"),
        await town.staff("An", gate="HN"),
        await town.staff("Hoa", Role.OFFICE),
    )
    await spammer.says("Hữu Nghị: vay tiền nhanh lãi thấp")
    await an.presses("Rác")
    ticket = await town.ticket()
    assert ticket.status is Status.NEW
    number = hoa.newest("vay tiền").button("Đúng là rác")
    assert number is not None
    await an.presses_payload(number.payload)
    assert an.sees("người thứ hai")
    await hoa.presses("Đúng là rác")
    ticket = await town.ticket()
    assert (ticket.status, ticket.closure) == (Status.CLOSED, Closure.SPAM)
    assert spammer.sees("Nếu nhầm, Anh/Chị nhắn lại tại đây")


async def test_a_mark_that_was_wrong_leaves_the_promise_as_it_was(town: Town) -> None:
    driver, an, hoa = (
        town.citizen("Lái xe"),
        await town.staff("An", gate="HN"),
        await town.staff("Hoa", Role.OFFICE),
    )
    await driver.says("Hữu Nghị: vay tiền nhanh lãi thấp")
    before = await town.ticket()
    await an.presses("Rác")
    await town.passes(minutes=30)
    await hoa.presses("Không phải rác")
    after = await town.ticket()
    assert (after.received_at, after.due_at, after.spam_marked_by) == (
        before.received_at,
        before.due_at,
        None,
    )
    await hoa.presses("Không phải rác")
    assert hoa.sees("không có dấu rác")


async def test_who_was_taken_for_spam_and_writes_again_gets_a_ticket_like_anybody(town: Town) -> None:
    driver, an, hoa = (
        town.citizen("Lái xe"),
        await town.staff("An", gate="HN"),
        await town.staff("Hoa", Role.OFFICE),
    )
    await driver.says("Hữu Nghị abc")
    await an.presses("Rác")
    await hoa.presses("Đúng là rác")
    await driver.says("Hữu Nghị: xe chờ thật mà")
    ticket = (await town.tickets())[-1]
    assert (ticket.status, ticket.previous_id) == (Status.NEW, None)


async def test_a_second_person_who_has_left_confirms_nothing(town: Town) -> None:
    driver, an, hoa = (
        town.citizen("Lái xe"),
        await town.staff("An", gate="HN"),
        await town.staff("Hoa", Role.OFFICE),
    )
    await driver.says("Hữu Nghị abc")
    await an.presses("Rác")
    await town.db.write(lambda db: update_person(db, hoa.person_id, active=False))  # type: ignore[arg-type]
    await hoa.presses("Đúng là rác")
    assert (await town.ticket()).is_open
    assert hoa.sees("không có quyền")


async def test_whoever_names_it_an_accident_by_a_button_is_believed_at_once(town: Town) -> None:
    driver, an = town.citizen("Lái xe"), await town.staff("An", gate="HN")
    await driver.says("Hữu Nghị: nhanh lên")
    await driver.presses("Tai nạn")
    ticket = await town.ticket()
    assert (ticket.ticket_class, ticket.category) == (TicketClass.URGENT, "AT")
    assert driver.newest().text.startswith("🔴")
    assert an.sees("KHẨN")
