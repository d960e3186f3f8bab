"""Nhận xử lý: one of many wins, everybody's card says who, in private and in the group."""

import asyncio
from datetime import timedelta

import pytest

from bot.inbound import Press
from core.people import Role
from storage import inbox
from tests.town import Citizen, Town
from tests.witness import group_reads

pytestmark = pytest.mark.two_databases

GROUP = "-100200"


async def test_five_at_the_same_moment_and_one_of_them_has_it(town: Town) -> None:
    driver = town.citizen("Lái xe")
    team = [await town.staff(f"Cán bộ {number}", gate="HN") for number in range(5)]
    await driver.says("Hữu Nghị: xe chờ lâu")
    payload = team[0].newest("xe chờ").button("Nhận xử lý").payload  # type: ignore[union-attr]
    await town.stores(*(Press(member._origin(None), None, payload) for member in team))
    waiting = await town.db.read(lambda db: inbox.waiting(db))
    await asyncio.gather(*(town.worker._one(row) for row in waiting))
    await town.settles()
    holder = (await town.ticket()).holder_id
    winners = [member for member in team if member.person_id == holder]
    assert len(winners) == 1
    assert (await town.events(await town.ticket())).count("claimed") == 1
    losers = [member for member in team if member is not winners[0]]
    assert all(loser.sees(f"đã do {winners[0].name} nhận xử lý") for loser in losers)
    assert all("Nhận xử lý" not in member.buttons() for member in team)


async def test_two_workers_on_the_same_rows_handle_each_press_once(town: Town) -> None:
    driver, an = town.citizen("Lái xe"), await town.staff("An", gate="HN")
    await driver.says("Hữu Nghị: xe chờ lâu")
    payload = an.newest("xe chờ").button("Nhận xử lý").payload  # type: ignore[union-attr]
    await town.stores(Press(an._origin(None), None, payload))
    rows = await town.db.read(lambda db: inbox.waiting(db))
    await asyncio.gather(*(town.worker._one(row) for row in rows * 5))
    await town.settles()
    assert (await town.events(await town.ticket())).count("claimed") == 1
    assert not an.sees("đang giữ phiếu"), "the second handling of the same press says nothing"


async def test_every_copy_of_the_card_changes(town: Town) -> None:
    driver, an, binh = (
        town.citizen("Lái xe"),
        await town.staff("An", gate="HN"),
        await town.staff("Bình", gate="HN"),
    )
    await driver.says("Hữu Nghị: xe chờ lâu")
    copies = len(binh.bubbles())
    await an.presses("Nhận xử lý")
    assert len(binh.bubbles()) == copies, "the card is edited, not sent again"
    assert "Đang xử lý: An" in binh.newest("xe chờ").text
    assert an.newest("xe chờ").button("Trả lời") is not None


async def test_pressing_twice_is_told_and_changes_nothing(town: Town) -> None:
    driver, an = town.citizen("Lái xe"), await town.staff("An", gate="HN")
    await driver.says("Hữu Nghị: xe chờ lâu")
    payload = an.newest("xe chờ").button("Nhận xử lý").payload  # type: ignore[union-attr]
    await an.presses_payload(payload)
    before = await town.ticket()
    await an.presses_payload(payload)
    assert an.sees("Anh/Chị đang giữ phiếu")
    assert await town.ticket() == before


async def test_people_of_another_gate_neither_see_nor_take_it(town: Town) -> None:
    driver, an, cam = (
        town.citizen("Lái xe"),
        await town.staff("An", gate="HN"),
        await town.staff("Cẩm", gate="CM"),
    )
    await driver.says("Hữu Nghị: xe chờ lâu")
    assert not cam.sees("xe chờ")
    await cam.presses_payload(an.newest("xe chờ").button("Nhận xử lý").payload)  # type: ignore[union-attr]
    assert cam.sees("không có quyền")
    assert (await town.ticket()).holder_id is None


async def test_the_people_of_the_parent_gate_serve_its_yards(town: Town) -> None:
    driver, an = town.citizen("Lái xe"), await town.staff("An", gate="HN")
    await driver.says("Cốc Nam: xe chờ lâu")
    await an.presses("Nhận xử lý")
    assert (await town.ticket()).holder_id == an.person_id


@pytest.mark.parametrize("role", [Role.OFFICE, Role.LEADER, Role.ADMIN])
async def test_who_leads_links_a_group_to_a_gate(town: Town, role: Role) -> None:
    boss = await town.staff("Hoa", role)
    await boss.says("/nhom HN", group=GROUP)
    await town.citizen("Lái xe").says("Hữu Nghị: xe chờ lâu")
    assert "xe chờ lâu" in group_reads(town, GROUP)


async def test_nobody_else_links_a_group(town: Town) -> None:
    an, officer = await town.staff("An", gate="HN"), await town.staff("Phúc", Role.OFFICER, unit="PCM")
    passer_by = town.citizen("Khách")
    for person in (an, officer, passer_by):
        await person.says("/nhom HN", group=GROUP)
    await town.citizen("Lái xe").says("Hữu Nghị: xe chờ lâu")
    assert group_reads(town, GROUP) == ""
    assert an.sees("không có quyền")
    assert passer_by.reads() == []


async def test_a_gate_that_does_not_exist_and_a_private_chat_are_told(town: Town) -> None:
    hoa = await town.staff("Hoa", Role.OFFICE)
    await hoa.says("/nhom XX", group=GROUP)
    assert hoa.sees("Không có cửa khẩu «XX»")
    await hoa.says("/nhom HN")
    assert hoa.sees("chỉ dùng trong nhóm")


async def test_a_claim_in_the_group_brings_the_work_into_the_private_chat(town: Town) -> None:
    driver, an = town.citizen("Lái xe"), await town.staff("An", gate="HN")
    hoa = await town.staff("Hoa", Role.OFFICE)
    await hoa.says("/nhom HN", group=GROUP)
    await driver.says("Hữu Nghị: xe chờ lâu")
    await an.presses("Nhận xử lý", group=GROUP)
    assert (await town.ticket()).holder_id == an.person_id
    assert "Đang xử lý: An" in group_reads(town, GROUP)
    assert town.channel.chats[GROUP][-1].buttons == ()
    assert an.newest("xe chờ").button("Trả lời") is not None


async def test_who_is_only_in_the_group_gets_the_card_in_private_when_taking_it(town: Town) -> None:
    driver, chief = town.citizen("Lái xe"), await town.staff("Trưởng", Role.LEADER)
    await chief.says("/nhom HN", group=GROUP)
    await town.staff("An", gate="HN")
    await driver.says("Hữu Nghị: xe chờ lâu")
    await chief.presses("Nhận xử lý", group=GROUP)
    assert chief.newest("xe chờ").button("Trả lời") is not None


async def test_strangers_and_senders_in_the_group_take_nothing_and_are_not_shouted_at(town: Town) -> None:
    driver = town.citizen("Lái xe")
    hoa = await town.staff("Hoa", Role.OFFICE)
    await hoa.says("/nhom HN", group=GROUP)
    await driver.says("Hữu Nghị: xe chờ lâu")
    before = group_reads(town, GROUP)
    for person in (town.citizen("Người lạ"), driver):
        await person.presses("Nhận xử lý", group=GROUP)
        await person.says("cho hỏi chút", group=GROUP)
    assert (await town.ticket()).holder_id is None
    assert group_reads(town, GROUP) == before
    assert driver.sees("không có quyền")


async def test_the_queue_is_in_the_order_of_due_times(town: Town) -> None:
    an = await town.staff("An", gate="HN")
    senders = [town.citizen(f"Lái xe {number}") for number in range(3)]
    for sender, words in zip(senders, ("đèn đường tắt", "xe bốc cháy", "xe chờ lâu"), strict=True):
        await sender.says(f"Hữu Nghị: {words}")
        await an.presses("Nhận xử lý")
        town.clock.at += timedelta(minutes=1)
    await an.says("/viec")
    listed = an.newest("DDLS").text
    codes = [
        ticket.code
        for ticket in sorted(await town.tickets(), key=lambda ticket: ticket.due_at or town.clock.at)
    ]
    assert [listed.index(code) for code in codes] == sorted(listed.index(code) for code in codes)
    await an.says("/ca")
    assert all(code in an.newest("DDLS").text for code in codes)


async def test_the_queue_counts_all_that_waits_not_only_what_it_lists(town: Town) -> None:
    an = await town.staff("An", gate="HN")
    drivers = [town.citizen(f"Lái xe {number}") for number in range(55)]
    await town.receives(*(driver._message("Hữu Nghị kẹt xe") for driver in drivers))
    await an.says("/viec")
    shown = [an.reads()[-1]]
    for label in ("Trang 2", "Trang 3"):
        await an.presses(label)
        shown.append(an.reads()[-1])
    assert all("Chờ nhận: 55 phiếu" in text for text in shown)
    assert [text.count("DDLS-") for text in shown] == [20, 20, 15]
    assert all(sum(f"-{n:04}" in text for text in shown) == 1 for n in range(1, 56))

    await an.says("/viec 2")
    assert an.reads()[-1] == shown[1]
    await an.says("/viec 99")
    assert an.reads()[-1] == shown[2]


async def test_a_sender_has_no_queue(town: Town) -> None:
    driver: Citizen = town.citizen("Lái xe")
    await driver.says("/viec")
    await driver.says("/ca")
    assert driver.reads() == ["Anh/Chị không có quyền làm việc này."] * 2
