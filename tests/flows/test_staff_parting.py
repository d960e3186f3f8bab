"""Tách phiếu: what was joined by mistake parts again – each with its own promise, and senders told only what was told wrongly."""

import pytest

from bot.payloads import SURE, Action, write
from core.people import Role
from core.ticket import Status, Ticket
from services import joining, parting
from services.casework import Act
from services.reports import counted
from services.verify import verify
from storage import messages, people
from storage.database import Connection
from tests.clock_cast import hanoi
from tests.flows.test_staff_joining import DONE, JAM, SAME, Jam, answer, jam, resolve, told_of
from tests.town import Citizen, Town

FEE = "Hữu Nghị: bãi xe thu phí không có hóa đơn"


async def parts(officer: Citizen, main: Ticket, other: Ticket) -> None:
    await officer.presses_payload(write(Action.PART, main.id))
    await officer.presses(f"Tách …{other.code[5:]}")


async def joined_jam(town: Town, second: str = FEE) -> Jam:
    told = await jam(town, second)
    await told.join()
    return told


async def test_a_joining_by_mistake_is_undone_from_the_card(town: Town) -> None:
    told = await joined_jam(town)
    main, other = await told.both()
    await told.an.presses("Tách phiếu")
    assert "thu phí không có hóa đơn" in told.an.newest("bị gộp nhầm").text
    before = len(told.an.bubbles())
    await told.an.presses(f"Tách …{other.code[5:]}")
    cards = [one.text for one in told.an.bubbles()[before:] if one.button("Nhận xử lý")]
    assert len(cards) == 1

    main, other = await told.both()
    assert (other.status, other.joined_to, main.joined_count) == (Status.NEW, None, 0)
    assert f"Phiếu {other.code} được xử lý riêng trở lại" in told.lan.reads()[-1]
    assert "Hẹn trả lời: trước 19:00 hôm nay" in told.lan.reads()[-1]
    assert not told.nam.sees(other.code), "the first driver never heard of the second"
    assert (await town.events(main))[-1] == "promised"
    assert "parted" in await town.events(main)
    assert "parted" in await town.events(other)

    await told.an.presses_payload(write(Action.CLAIM, other.id))
    await answer(told.an, other, "Bãi đã xuất hóa đơn cho Anh/Chị.")
    assert not told.nam.sees("Bãi đã xuất hóa đơn")
    await resolve(told.an, main)
    assert not told.lan.sees(DONE)
    assert not (await town.db.read(verify)).findings


async def test_each_is_due_when_it_was(town: Town) -> None:
    an = await town.staff("Cán bộ An", gate="HN")
    nam, lan = town.citizen("Nam"), town.citizen("Lan")
    await town.until(16, 30)
    await nam.says(SAME)
    await town.until(17, 30)
    await lan.says(JAM)
    early, late = await town.tickets()
    await an.presses_payload(write(Action.JOIN, early.id, f"{late.id}{SURE}"))
    assert hanoi((await town.tickets())[1].due_at) == "22/11 19:00"
    await parts(an, late, early)
    early, late = await town.tickets()
    assert (hanoi(early.due_at), hanoi(late.due_at)) == ("22/11 19:00", "23/11 11:00")
    await town.until(19, 1)
    early, late = await town.tickets()
    assert (early.breached_at, late.breached_at) == (early.due_at, None)
    assert nam.sees("xin lỗi")
    assert not lan.sees("xin lỗi")


async def test_words_and_answers_of_the_meantime_stay_with_whom_they_concern(town: Town) -> None:
    told = await joined_jam(town)
    await told.lan.says("Biên lai số 12, thu 200 nghìn")
    main, other = await told.both()
    await answer(told.an, main, "Trung tâm đang kiểm tra.")
    await town.passes(minutes=1)
    await parts(told.an, main, other)
    words = await town.db.read(lambda db: [one.text for one in messages.of_ticket(db, other.id, "in")])
    assert words == [FEE, "Biên lai số 12, thu 200 nghìn"]
    assert (await told.both())[1].first_reply_at is not None
    await told.lan.says(f"/tracuu {other.code} {other.key}")
    assert "Trung tâm đang kiểm tra." in told.lan.reads()[-1]
    await town.passes(minutes=1)
    await answer(told.an, main, "Riêng cho lái xe Nam.")
    await told.lan.says(f"/tracuu {other.code} {other.key}")
    assert "Riêng cho" not in told.lan.reads()[-1]
    copy = await told_of(town, told.lan)
    assert "Biên lai số 12" in copy
    assert "Trung tâm đang kiểm tra." in copy
    assert JAM not in copy
    assert "Riêng cho" not in copy
    assert "Biên lai" not in await told_of(town, told.nam)


async def test_a_sender_who_was_not_told_yet_hears_nothing(town: Town) -> None:
    """Joined and parted before the notice went out (a slow line)."""
    told = await jam(town, FEE)
    main, other = await told.both()
    read = len(told.lan.reads())

    def by_mistake(db: Connection) -> None:
        person, chat = (
            people.person(db, told.an.person_id),
            people.identity(db, "town", "bot", told.an.chat_id),
        )
        assert person is not None
        assert chat is not None
        now = town.clock.now()
        joining.join(db, town.cfg, Act(chat, person, other.id), main.id, now)
        parting.part(db, town.cfg, Act(chat, person, main.id), other.id, now)

    await town.db.write(by_mistake)
    await town.settles()
    assert told.lan.reads()[read:] == []
    assert (await told.both())[1].joined_to is None


@pytest.mark.parametrize("role", [Role.OFFICE, Role.LEADER])
async def test_whoever_leads_may_part_what_others_hold_and_the_holder_hears_of_it(
    town: Town, role: Role
) -> None:
    boss = await town.staff("Đồng chí Giang", role)
    told = await joined_jam(town)
    main, other = await told.both()
    await parts(boss, main, other)
    assert (await told.both())[1].joined_to is None
    assert told.an.sees(f"Phiếu {other.code} và phiếu {main.code} đã được tách ra")


async def test_a_colleague_may_not_part_what_somebody_holds(town: Town) -> None:
    binh = await town.staff("Bình", gate="HN")
    told = await joined_jam(town)
    main, other = await told.both()
    await binh.presses_payload(write(Action.PART, main.id, other.id))
    assert (await told.both())[1].joined_to == main.id
    assert "Cán bộ An" in binh.reads()[-1]


async def test_after_the_end_nothing_parts(town: Town) -> None:
    told = await joined_jam(town)
    main, other = await told.both()
    await resolve(told.an, main)
    await told.an.presses_payload(write(Action.PART, main.id, other.id))
    assert (await told.both())[1].joined_to == main.id


async def test_an_old_button_parts_nothing_twice(town: Town) -> None:
    told = await joined_jam(town)
    main, other = await told.both()
    await parts(told.an, main, other)
    await told.an.presses_payload(write(Action.PART, main.id, other.id))
    assert "đã được tách ra" in told.an.reads()[-1]


async def test_what_had_been_joined_before_goes_along(town: Town) -> None:
    an = await town.staff("Cán bộ An", gate="HN")
    drivers = [town.citizen(f"Lái xe {n}") for n in range(3)]
    for driver, words in zip(drivers, (FEE, FEE + " gì cả", JAM), strict=True):
        await driver.says(words)
    fee, more, main = await town.tickets()
    await an.presses_payload(write(Action.JOIN, more.id, f"{fee.id}{SURE}"))
    await town.passes(minutes=1)
    await an.presses_payload(write(Action.JOIN, fee.id, f"{main.id}{SURE}"))
    await town.passes(minutes=1)
    await parts(an, main, fee)
    fee, more, main = await town.tickets()
    assert (fee.joined_to, more.joined_to) == (None, fee.id)
    assert (fee.joined_count, main.joined_count) == (1, 0)
    assert f"phiếu {fee.code} cùng một việc" in drivers[1].reads()[-1]


async def test_an_agency_that_was_taken_over_goes_with_its_ticket(town: Town) -> None:
    leader = await town.staff("Lãnh đạo Giang", Role.LEADER)
    told = await jam(town, FEE)
    main, other = await told.both()
    await told.an.presses_payload(write(Action.CLAIM, other.id))
    await told.an.presses_payload(write(Action.AGENCY, other.id))
    await told.an.says("Chi cục Thuế")
    await told.an.says("24/11/2026")
    await told.an.presses(leader.name)
    await told.join()
    main, other = await told.both()
    assert (main.amber, main.agency, main.status) == (True, "Chi cục Thuế", Status.WAITING_AGENCY)
    assert "Chi cục Thuế" in told.nam.reads()[-1]
    assert "24/11/2026" in told.nam.reads()[-1]

    (counted_once,) = (await town.db.read(lambda db: counted(db, town.cfg)))[0]
    assert counted_once.amber, "never green, and not lost from the figures"

    await parts(told.an, main, other)
    main, other = await told.both()
    assert (main.amber, main.agency, main.status) == (False, None, Status.IN_PROGRESS)
    assert (other.amber, other.status) == (True, Status.WAITING_AGENCY)
    assert f"Phiếu {main.code} không chờ Chi cục Thuế như đã báo" in told.nam.reads()[-1]
    await town.until(19, 5)
    main, other = await told.both()
    assert main.breached_at == main.due_at
    assert other.breached_at is None
    await town.until(8, 0, days=2)
    assert told.an.sees(f"Phiếu {other.code}: đến ngày hẹn 24/11/2026 của Chi cục Thuế")
    assert not told.an.sees(f"Phiếu {main.code}: đến ngày hẹn")


async def test_a_time_that_passed_in_a_pause_is_not_answered_for_by_the_agency_of_another(town: Town) -> None:
    leader = await town.staff("Lãnh đạo Giang", Role.LEADER)
    told = await jam(town, FEE)
    main, other = await told.both()
    await told.an.presses_payload(write(Action.ASK, main.id))
    await told.an.says("Đoàn xe bắt đầu từ đâu?")
    await town.passes(minutes=1)
    await told.an.presses_payload(write(Action.CLAIM, other.id))
    await told.an.presses_payload(write(Action.AGENCY, other.id))
    await told.an.says("Chi cục Thuế")
    await told.an.says("24/11/2026")
    await told.an.presses(leader.name)
    await town.until(19, 30)
    assert (await told.both())[0].status is Status.WAITING_SENDER
    await told.an.presses_payload(write(Action.JOIN, other.id, f"{main.id}{SURE}"))
    await town.passes(minutes=1)
    main, _ = await told.both()
    assert (main.amber, main.breached_at) == (False, main.due_at)


async def test_a_question_from_before_the_parting_joins_nothing_until_it_is_asked_again(town: Town) -> None:
    told = await joined_jam(town)
    main, other = await told.both()
    offered = [choice.payload for bubble in told.an.bubbles() for row in bubble.buttons for choice in row]
    old = next(payload for payload in offered if SURE in payload)
    await parts(told.an, main, other)
    await told.an.presses_payload(old)
    assert (await told.both())[1].joined_to is None
    again = told.an.newest(f"vào phiếu {main.code}?").button("Gộp")
    assert again is not None
    assert again.payload != old
    await told.an.presses_payload(again.payload)
    assert (await told.both())[1].joined_to == main.id
