"""The ladder outside the windows, in a leader's night and after the program was down (promise.md, The ladder)."""

import pytest

from core.notices import NoticeKind
from core.people import Role
from services import duty
from tests.clock_cast import BURNING, CALM, Cast, cast, count, hanoi, reminded, rungs, to_come
from tests.town import Town


async def test_a_message_at_night_wakes_nobody_and_its_cards_go_out_when_the_window_opens(town: Town) -> None:
    people = await cast(town)
    town.clock.is_now(22)
    await people.driver.says(CALM)
    assert people.driver.sees("19:00 ngày mai, 23/11/2026")
    await town.until(6, 59, days=1)
    for member in (people.an, people.binh, people.head, people.office, people.leader, people.admin):
        assert not member.sees(CALM)
        assert not member.sees("không liên hệ được ai")
    await town.until(7)
    assert people.an.newest(CALM).button("Nhận xử lý")
    assert people.binh.sees(CALM)
    assert await to_come(town) == {
        "rung1": "23/11 07:10",
        "rung2": "23/11 07:20",
        "rung3": "23/11 07:30",
        "rung4": "23/11 17:00",
        "rung5": "23/11 18:00",
        "rung6": "23/11 18:45",
        "rung7": "23/11 19:00",
    }


async def test_the_cards_of_the_night_show_all_that_was_written_in_it(town: Town) -> None:
    people = await cast(town)
    town.clock.is_now(22)
    await people.driver.says("Xe chờ lâu, không ai điều tiết")
    await people.driver.presses("Chi Ma")
    await people.driver.says("Thêm: có 20 xe nữa")
    guard = await town.staff("Cán bộ Chi Ma", gate="CM")
    assert not guard.sees("không ai điều tiết")
    await town.until(7, days=1)
    assert guard.newest("không ai điều tiết").button("Nhận xử lý")
    assert guard.sees("có 20 xe nữa")
    assert not people.an.sees("không ai điều tiết")


async def test_whoever_looks_into_the_queue_at_night_may_take_it_and_then_no_card_follows(
    town: Town,
) -> None:
    people = await cast(town)
    town.clock.is_now(22)
    await people.driver.says(CALM)
    await people.an.says("/viec")
    await people.takes()
    assert (await town.ticket()).holder_id == people.an.person_id
    await town.until(7, days=1)
    assert not people.binh.sees(CALM)


async def test_urgent_at_night_rings_at_once(town: Town) -> None:
    people = await cast(town)
    town.clock.is_now(2, day=23)
    await people.driver.says(BURNING)
    assert people.an.sees("bốc cháy")
    assert people.driver.sees("113")
    assert hanoi((await town.ticket()).due_at) == "23/11 06:00"
    await town.until(6, 1)
    assert await rungs(town) == [
        "1 23/11 02:05",
        "2 23/11 02:10",
        "3 23/11 02:30",
        "4 23/11 04:00",
        "5 23/11 05:00",
        "6 23/11 05:45",
    ]
    assert await reminded(town, people.leader, NoticeKind.RUNG) == 1
    assert hanoi((await town.ticket()).breached_at) == "23/11 06:00"


async def test_words_that_make_it_urgent_at_night_ring_at_once(town: Town) -> None:
    people = await cast(town)
    town.clock.is_now(22)
    await people.driver.says(CALM)
    assert not people.an.sees(CALM)
    await people.driver.says("Xe tôi bốc cháy rồi, có người bị thương")
    assert people.an.sees("bốc cháy")


async def test_a_leaders_text_waits_for_six_oclock_and_holds_nothing_else_up(town: Town) -> None:
    people = await cast(town)
    await people.driver.says(CALM)
    await people.takes()
    await people.answers()
    town.clock.is_now(22)  # down since the afternoon
    await town.beats()
    assert people.an.sees("quá hạn từ")
    assert not people.leader.sees("quá hạn từ")
    await people.leader.says("/trogiup")
    answered = len(people.leader.reads())
    assert answered > 1
    await town.citizen("Lái xe khác").says(BURNING)
    await town.passes(hours=3, minutes=46)  # 01:46: rung 6 of the fire
    assert people.leader.sees("Báo lãnh đạo Ban")
    await town.until(5, 59)
    assert count(people.leader, "quá hạn từ") == 1  # the fire, at 02:00
    await town.until(6)
    assert count(people.leader, "quá hạn từ") == 2


async def test_nobody_on_shift_at_night_lets_leaders_sleep(town: Town) -> None:
    leader = await town.staff("Lãnh đạo", Role.LEADER)
    admin = await town.staff("Quản trị", Role.ADMIN)
    town.clock.is_now(23)
    await town.citizen("Lái xe").says(CALM)
    await town.until(6, 30, days=1)
    assert not leader.sees(CALM)
    assert not admin.sees("không liên hệ được ai")
    await town.until(7)
    assert leader.sees(CALM)
    assert admin.sees("mốc nhắc 0 không liên hệ được ai")


async def calm_at(town: Town, hour: int, minute: int = 0) -> Cast:
    people = await cast(town)
    town.clock.is_now(hour, minute)
    await people.driver.says(CALM)
    return people


async def test_after_three_hours_down_only_the_highest_rung_fires_and_one_digest_tells_the_rest(
    town: Town,
) -> None:
    people = await calm_at(town, 15)
    other = town.citizen("Lái xe khác")
    await other.says("Hữu Nghị: bãi xe ngập rác")
    town.clock.passes(hours=3, minutes=5)  # 18:05: rungs 1 to 5 are due, of both
    await town.beats()
    assert count(people.an, "là hết hạn") == 2
    assert not people.an.sees("Nhắc lần 1")
    assert not people.head.sees("chưa có trả lời nào")
    assert count(people.office, "Hệ thống đã chạy lại") == 1
    digest = people.office.newest("Hệ thống đã chạy lại").text
    assert digest.count("mốc 1 ") == 2
    assert digest.count("mốc 4 ") == 2
    assert "mốc 5" not in digest
    await town.passes(minutes=30)
    assert count(people.office, "Hệ thống đã chạy lại") == 1


async def test_many_tickets_after_a_long_outage_still_fire_one_rung_each(town: Town) -> None:
    people = await cast(town)
    for n in range(40):
        await town.citizen(f"Lái xe {n}").says(CALM)
    town.clock.passes(hours=9, minutes=50)  # 18:50: six rungs are due of each, more than one sweep takes
    await town.beats()
    assert count(people.leader, "là hết hạn") == 40
    assert not people.head.sees("Báo phụ trách")
    assert count(people.office, "Hệ thống đã chạy lại") == 1


async def test_a_breach_in_the_outage_takes_the_place_of_every_rung(town: Town) -> None:
    people = await calm_at(town, 15)
    town.clock.is_now(20, 30)
    await town.beats()
    ticket = await town.ticket()
    assert (hanoi(ticket.breached_at), hanoi(ticket.breach_noticed_at)) == ("22/11 19:00", "22/11 20:30")
    assert not people.an.sees("là hết hạn")
    assert await rungs(town) == []


async def test_a_program_that_comes_back_at_night_wakes_nobody_for_what_was_missed(town: Town) -> None:
    people = await calm_at(town, 18, 45)  # due 11:00 tomorrow; rungs 1 and 2 in the next hour of service
    town.clock.is_now(3, day=23)
    while await town.beats():
        pass
    assert await rungs(town) == []
    assert not people.office.sees("Hệ thống đã chạy lại")
    assert not people.head.sees("DDLS")
    await town.until(7, 30)
    assert await rungs(town) == ["1 23/11 07:00", "2 23/11 07:05", "3 23/11 07:15"]


async def test_the_digest_waits_for_the_morning_too(town: Town) -> None:
    people = await calm_at(town, 16, 59)
    await people.takes()
    town.clock.is_now(3, day=23)
    while await town.beats():
        pass
    assert hanoi((await town.ticket()).breached_at) == "22/11 19:00"
    assert not people.office.sees("Hệ thống đã chạy lại")
    await town.until(7)
    assert people.office.sees("Hệ thống đã chạy lại")


async def test_a_short_stop_needs_no_digest(town: Town) -> None:
    people = await calm_at(town, 15)
    town.clock.passes(minutes=10, seconds=30)
    await town.beats()
    assert await rungs(town) == ["1 22/11 15:10"]
    assert not people.office.sees("Hệ thống đã chạy lại")


async def test_one_broken_timer_does_not_stop_the_clock_of_the_others(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    people = await calm_at(town, 15)
    shown = duty.on_shift

    def breaks(*_: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(duty, "on_shift", breaks)  # rung 1 trips over it, the sorting does not
    town.clock.passes(minutes=10)
    await town.beats()
    assert await rungs(town) == []
    monkeypatch.setattr(duty, "on_shift", shown)
    await town.passes(minutes=5)
    assert await rungs(town) == ["1 22/11 15:15"]
    assert people.an.sees("Nhắc lần 1")
