"""Reminders reach whoever must act, one that counts for each ticket in a chat; and nobody judges or follows what is not theirs."""

from datetime import timedelta

from bot.payloads import Action, write
from core.ids import PersonId
from core.notices import NoticeKind
from core.people import Role
from core.ticket import Status
from services.sender import TryAgain
from storage import people, tickets
from tests.clock_cast import reminded
from tests.town import Citizen, Town

JAM = "Hữu Nghị: kẹt xe từ sáng, không ai điều tiết"


async def moves(town: Town, somebody: Citizen, gate: str) -> None:
    await town.db.write(lambda db: people.update_person(db, PersonId(somebody.person_id), gate=gate))


async def test_a_ticket_that_a_unit_has_reminds_the_unit_and_not_the_shift(town: Town) -> None:
    driver, an = town.citizen("Lái xe"), await town.staff("An", gate="HN")
    phuc = await town.staff("Phúc", Role.OFFICER, unit="PCM")
    await driver.says(JAM)
    await an.presses("Nhận xử lý")
    ticket = await town.ticket()
    await an.presses_payload(write(Action.TRANSFER, ticket.id, "unit=PCM"))
    await town.passes(minutes=11)
    assert await reminded(town, phuc, NoticeKind.RUNG) == 1
    assert await reminded(town, an, NoticeKind.RUNG) == 0
    await town.until(19, 1)
    assert await reminded(town, phuc, NoticeKind.BREACH) == 1


async def test_what_lies_with_van_phong_as_a_unit_is_shown_to_its_people(town: Town) -> None:
    driver, an = town.citizen("Lái xe"), await town.staff("An", gate="HN")
    office = await town.staff("Chị Dung", Role.OFFICE)
    await driver.says(JAM)
    await an.presses("Nhận xử lý")
    await an.presses_payload(write(Action.TRANSFER, (await town.ticket()).id, "unit=VP"))
    assert office.newest("kẹt xe").button("Nhận xử lý") is not None


async def test_of_one_ticket_only_the_newest_reminder_stays(town: Town) -> None:
    driver, an = town.citizen("Lái xe"), await town.staff("An", gate="HN")
    await driver.says(JAM)
    await town.until(18, 1)
    assert await reminded(town, an, NoticeKind.RUNG) == 3  # unclaimed; two hours; one hour
    assert sum("còn 1 giờ là hết hạn" in text for text in an.reads()) == 1
    assert not an.sees("Nhắc lần 1")
    assert not an.sees("còn 2 giờ")
    left = [bubble for bubble in an.bubbles() if "đã nhắc lại ở tin bên dưới" in bubble.text]
    assert len(left) == 2
    assert not any(bubble.buttons for bubble in left)


async def test_a_reminder_is_drawn_anew_with_its_ticket(town: Town) -> None:
    driver, an = town.citizen("Lái xe"), await town.staff("An", gate="HN")
    binh = await town.staff("Bình", gate="HN")
    await driver.says(JAM)
    await town.passes(minutes=11)
    assert binh.newest("Nhắc lần 1").button("Nhận xử lý") is not None
    before = len(binh.reads())
    await an.presses("Nhận xử lý")
    assert binh.newest("đã có người nhận").button("Nhận xử lý") is None
    assert "Đang xử lý: An" in binh.newest("đã có người nhận").text
    assert len(binh.reads()) == before, "nothing new rings"


async def test_reminders_that_piled_up_behind_a_slow_chat_become_one(town: Town) -> None:
    driver, an = town.citizen("Lái xe"), await town.staff("An", gate="HN")
    await driver.says(JAM)
    town.channel.verdicts[an.chat_id] = [TryAgain(timedelta(hours=9, minutes=2), "slow")]
    await town.until(18, 2)
    assert await reminded(town, an, NoticeKind.RUNG) == 0
    await town.until(18, 15)
    assert await reminded(town, an, NoticeKind.RUNG) == 2, (
        "the one that was tried, and the newest of two behind it"
    )


async def test_staff_do_not_take_the_ticket_that_they_wrote(town: Town) -> None:
    an, binh = await town.staff("An", gate="HN"), await town.staff("Bình", gate="HN")
    boss = await town.staff("Lãnh đạo", Role.LEADER)
    await an.says("Hữu Nghị: phòng trực mất điện từ sáng")
    await an.presses("Phiếu mới")
    ticket = await town.ticket()
    assert ticket.sender_id == an.person_id
    assert an.newest("mất điện").button("Nhận xử lý") is None
    await an.presses_payload(write(Action.CLAIM, ticket.id))
    assert "không tự xử lý phiếu" in an.reads()[-1]
    await boss.presses_payload(write(Action.ASSIGN, ticket.id, str(an.person_id)))
    assert (await town.ticket()).status is Status.NEW
    await boss.presses_payload(write(Action.ASSIGN, ticket.id))
    assert boss.newest().button("An") is None
    await binh.presses_payload(write(Action.CLAIM, ticket.id))
    assert (await town.ticket()).holder_id == binh.person_id


async def test_whoever_moved_to_another_gate_reads_nothing_more_of_it(town: Town) -> None:
    driver, an = town.citizen("Lái xe"), await town.staff("An", gate="HN")
    binh = await town.staff("Bình", gate="HN")
    await driver.says(JAM)
    await moves(town, an, "CM")
    await driver.says("Gọi tôi số 0912345678")
    assert not an.sees("0912345678")
    assert binh.sees("0912345678")


async def test_a_ticket_that_went_to_another_gate_leaves_no_button_behind(town: Town) -> None:
    driver, an = town.citizen("Lái xe"), await town.staff("An", gate="HN")
    binh = await town.staff("Bình", gate="HN")
    await driver.says(JAM)
    await an.presses("Nhận xử lý")
    await an.presses_payload(write(Action.TRANSFER, (await town.ticket()).id, "gate=CM"))
    assert "Chi Ma" in binh.newest("kẹt xe").text
    assert binh.newest("kẹt xe").button("Nhận xử lý") is None
    await driver.says("Gọi tôi số 0912345678")
    assert not binh.sees("0912345678")
    assert len(await town.db.read(lambda db: tickets.listed(db))) == 1
