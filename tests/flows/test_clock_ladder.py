"""The ladder (promise.md): who hears of a ticket, and when, as its due time comes nearer; each rung once."""

import pytest

from core.events import EventKind
from core.notices import NoticeKind
from core.people import Role
from tests.clock_cast import BURNING, CALM, cast, count, edits_gate, hanoi, happened, reminded, rungs, to_come
from tests.town import Town

pytestmark = pytest.mark.two_databases

UNCLAIMED, HEAD, UNANSWERED = "Nhắc lần 1", "Báo phụ trách cửa khẩu", "chưa có trả lời nào của cán bộ"


async def test_rung_0_everyone_on_shift_gets_the_card_at_once_and_nobody_else(town: Town) -> None:
    people = await cast(town)
    elsewhere = await town.staff("Cán bộ Chi Ma", gate="CM")
    await people.driver.says(CALM)
    assert people.an.newest(CALM).button("Nhận xử lý")
    assert people.binh.newest(CALM).button("Nhận xử lý")
    for other in (people.head, people.office, people.leader, people.admin, elsewhere):
        assert not other.sees(CALM)


async def test_rung_1_everyone_on_shift_again_after_ten_minutes(town: Town) -> None:
    people = await cast(town)
    await people.driver.says(CALM)
    await town.passes(minutes=9, seconds=59)
    assert not people.an.sees(UNCLAIMED)
    await town.passes(seconds=1)
    assert (count(people.an, UNCLAIMED), count(people.binh, UNCLAIMED)) == (1, 1)
    assert not people.head.sees(UNCLAIMED)
    assert await rungs(town) == ["1 22/11 09:10"]


async def test_rung_2_the_head_of_the_gate_after_twenty_minutes(town: Town) -> None:
    people = await cast(town)
    await people.driver.says(CALM)
    await town.passes(minutes=20)
    assert people.head.newest(HEAD).button("Nhận xử lý")
    assert not people.an.sees(HEAD)
    assert not people.office.sees(HEAD)


async def test_the_head_who_is_called_can_hand_the_ticket_to_somebody_or_take_it(town: Town) -> None:
    people = await cast(town)
    await people.driver.says(CALM)
    await town.passes(minutes=20)
    await people.head.presses("Giao người khác")
    await people.head.presses(people.binh.name)
    assert (await town.ticket()).holder_id == people.binh.person_id
    await town.citizen("Lái xe khác").says("Hữu Nghị: bãi xe ngập rác")
    await town.passes(minutes=20)
    await people.head.presses("Nhận xử lý")
    assert (await town.tickets())[-1].holder_id == people.head.person_id


async def test_without_a_head_at_the_gate_the_head_of_the_centre_is_called_and_nobody_elses(
    town: Town,
) -> None:
    await town.staff("Cán bộ", gate="HN")
    centre = await town.staff("Giám đốc Trung tâm", Role.OFFICER, unit="TTQLCK", is_head=True)
    chi_ma = await town.staff("Trưởng Chi Ma", Role.OFFICER, gate="CM", unit="TTQLCK", is_head=True)
    procedures = await town.staff("Trưởng phòng", Role.OFFICER, unit="PCM", is_head=True)
    await town.citizen("Lái xe").says(CALM)
    await town.passes(minutes=20)
    assert centre.newest(HEAD).button("Nhận xử lý")
    assert not chi_ma.sees(HEAD)
    assert not procedures.sees(HEAD)


async def test_a_claimed_ticket_is_quiet_until_somebody_owes_an_answer(town: Town) -> None:
    people = await cast(town)
    await people.driver.says(CALM)
    await people.takes()
    await town.passes(minutes=29)
    assert await rungs(town) == []
    await town.passes(minutes=1)
    assert await rungs(town) == ["3 22/11 09:30"]
    assert people.an.sees(UNANSWERED)
    assert people.head.sees(UNANSWERED)
    assert not people.binh.sees(UNANSWERED)


async def test_an_answer_within_thirty_minutes_leaves_rung_3_silent(town: Town) -> None:
    people = await cast(town)
    await people.driver.says(CALM)
    await people.takes()
    await people.answers()
    await town.passes(hours=1)
    assert await rungs(town) == []
    assert hanoi((await town.ticket()).first_reply_at) == "22/11 09:00"


async def test_claims_and_notes_are_no_answer(town: Town) -> None:
    people = await cast(town)
    await people.driver.says(CALM)
    await people.takes()
    await people.an.presses("Ghi chú nội bộ")
    await people.an.says("Đã gọi đội điều tiết")
    await people.driver.says("Có ai không?")
    await town.passes(minutes=30)
    assert people.an.sees(UNANSWERED)
    assert (await town.ticket()).first_reply_at is None


async def test_rungs_4_to_6_call_more_and_more_people_as_the_due_time_comes(town: Town) -> None:
    people = await cast(town)
    await people.driver.says(CALM)
    await people.takes()
    await people.answers()
    await town.until(17)
    assert people.an.sees("còn 2 giờ là hết hạn")
    assert people.binh.sees("còn 2 giờ là hết hạn")
    assert not people.office.sees("là hết hạn")
    await town.until(18)
    assert people.office.sees("Báo Văn phòng: phiếu")
    assert not people.leader.sees("là hết hạn")
    await town.until(18, 45)
    last = people.leader.newest("còn 15 phút là hết hạn")
    assert all(last.button(words) for words in ("Giao người khác", "Chấp nhận hẹn", "Gọi"))
    assert await rungs(town) == ["4 22/11 17:00", "5 22/11 18:00", "6 22/11 18:45"]
    assert await reminded(town, people.an, NoticeKind.RUNG) == 3
    assert count(people.an, "là hết hạn") == 1, "the newest reminder takes the older ones back"


async def test_each_rung_stores_its_receipt_and_fires_once(town: Town) -> None:
    people = await cast(town)
    await people.driver.says(CALM)
    await town.until(18, 50)
    receipts = await happened(town, EventKind.RUNG)
    assert [event.data["rung"] for event in receipts] == [1, 2, 3, 4, 5, 6]
    assert [event.data["reached"] for event in receipts] == [2, 1, 1, 2, 3, 4]
    assert await town.beats() == 0
    assert len(await rungs(town)) == 6
    assert await to_come(town) == {"rung7": "22/11 19:00"}


async def test_a_leader_accepts_the_due_time_or_hands_the_ticket_on(town: Town) -> None:
    people = await cast(town)
    await people.driver.says(CALM)
    await people.takes()
    await people.answers()
    await town.until(18, 45)
    await people.leader.presses("Chấp nhận hẹn")
    assert len(await happened(town, EventKind.ACCEPTED_DUE)) == 1
    assert people.an.sees("lãnh đạo chấp nhận hẹn")
    await people.leader.presses("Giao người khác")
    await people.leader.presses(people.binh.name)
    assert (await town.ticket()).holder_id == people.binh.person_id


async def test_a_rung_already_past_when_the_promise_is_made_is_skipped_but_never_the_card(town: Town) -> None:
    people = await cast(town)
    sent_at = town.clock.now()
    town.clock.passes(minutes=25)
    await people.driver.says(CALM, at=sent_at)
    assert people.an.sees(CALM)
    await town.passes(minutes=10)
    assert await rungs(town) == ["3 22/11 09:30"]


async def test_with_no_shift_and_no_duty_officer_the_card_falls_through_to_the_head_and_the_admin_hears(
    town: Town,
) -> None:
    head = await town.staff("Trưởng", Role.OFFICER, gate="HN", is_head=True)
    office, admin = await town.staff("Văn phòng", Role.OFFICE), await town.staff("Quản trị", Role.ADMIN)
    await town.citizen("Lái xe").says(CALM)
    assert head.newest(CALM).button("Nhận xử lý")
    assert admin.sees("mốc nhắc 0 không liên hệ được ai")
    assert not office.sees(CALM)


async def test_with_no_head_it_falls_to_the_office_and_at_last_to_a_leader(town: Town) -> None:
    leader = await town.staff("Lãnh đạo", Role.LEADER)
    await town.citizen("Lái xe").says(CALM)
    assert leader.sees(CALM)
    await town.staff("Văn phòng", Role.OFFICE)
    await town.citizen("Lái xe khác").says("Hữu Nghị: bãi xe ngập rác")
    assert not leader.sees("ngập rác")


async def test_a_rung_whose_people_blocked_the_bot_falls_through_at_once(town: Town) -> None:
    people = await cast(town)
    await people.driver.says(CALM)
    await people.head.blocks()
    await town.passes(minutes=20)
    assert people.admin.sees("mốc nhắc 2 không liên hệ được ai")
    assert people.office.sees(CALM)
    [_, second] = await happened(town, EventKind.RUNG)
    assert (second.data["rung"], second.data["reached"]) == (2, 0)


async def test_the_group_of_the_gate_gets_the_card_too_but_answers_for_nobody(town: Town) -> None:
    people = await cast(town)
    await people.office.says("/nhom HN", group="nhóm HN")
    await people.an.blocks()
    await people.binh.blocks()
    await people.driver.says(CALM)
    assert any(CALM in bubble.text for bubble in town.channel.chats["nhóm HN"])
    assert people.head.sees(CALM)
    assert people.admin.sees("mốc nhắc 0 không liên hệ được ai")


async def test_a_re_issued_promise_supersedes_the_old_ladder(town: Town) -> None:
    people = await cast(town)
    await people.driver.says(CALM)
    await people.takes()
    await people.asks()
    await town.until(18, 10)
    await people.driver.says("Làn 3")  # due 11:00 tomorrow now
    await town.until(19, 30)
    assert await rungs(town) == []
    assert (await town.ticket()).breached_at is None
    await town.until(10, 50, days=1)
    assert await rungs(town) == ["4 23/11 09:00", "5 23/11 10:00", "6 23/11 10:45"]


async def test_after_a_transfer_the_ladder_rests_while_the_new_gate_is_shut(town: Town) -> None:
    people = await cast(town)
    await edits_gate(town, "CM", '[[gate.day]]\ndate = 2026-11-22\nwindows = [["07:00", "12:00"]]\n')
    await people.driver.says(CALM)
    await people.takes()
    await people.answers()
    await people.an.presses("Chuyển")
    await people.an.presses("Cửa khẩu")
    await people.an.presses("Chi Ma")
    await town.until(8, days=1)
    assert await rungs(town) == ["1 22/11 09:10", "2 22/11 09:20"]
    assert not people.an.sees("là hết hạn")
    assert hanoi((await town.ticket()).breached_at) == "22/11 19:00"


async def test_urgent_climbs_faster_and_by_the_wall_clock(town: Town) -> None:
    people = await cast(town)
    await people.driver.says(BURNING)
    await town.passes(minutes=31)
    assert await rungs(town) == ["1 22/11 09:05", "2 22/11 09:10", "3 22/11 09:30"]
