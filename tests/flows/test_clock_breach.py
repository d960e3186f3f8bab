"""Breach (promise.md): the ticket stays open, everybody is told, it nags until it is resolved, and no excuse changes the figure."""

from datetime import timedelta

import pytest

from core.events import EventKind
from core.notices import NoticeKind
from core.ticket import Status
from services.sender import GiveUp, TryAgain
from tests.clock_cast import CALM, DONE, Cast, cast, count, cycles, hanoi, happened, reminded, to_come
from tests.town import Town

NAG = "vẫn quá hạn"


@pytest.fixture
async def people(town: Town) -> Cast:
    """A complaint of 09:00, due 19:00, that An has taken and answered once."""
    known = await cast(town)
    await known.driver.says(CALM)
    await known.takes()
    await known.answers()
    return known


async def test_resolved_at_the_due_minute_is_on_time(town: Town, people: Cast) -> None:
    await town.until(18, 59)
    town.clock.is_now(19)
    await town.beats()
    await people.resolves()
    await town.passes(hours=1)
    ticket = await town.ticket()
    assert (ticket.breached_at, ticket.resolved_at) == (None, ticket.due_at)


async def test_an_instant_later_it_is_broken_at_the_due_time_and_stays_open(town: Town, people: Cast) -> None:
    await town.until(19)
    assert (await town.ticket()).breached_at is None
    await town.passes(seconds=1)
    ticket = await town.ticket()
    assert (ticket.status, hanoi(ticket.breached_at)) == (Status.IN_PROGRESS, "22/11 19:00")
    assert ticket.holder_id == people.an.person_id
    assert "Trả lời" in people.an.buttons()


async def test_holder_shift_head_and_leader_are_told_and_the_sender_gets_an_apology_with_a_new_promise(
    town: Town, people: Cast
) -> None:
    await town.until(19, 1)
    for member in (people.an, people.binh, people.head, people.leader):
        assert member.sees("quá hạn từ 19:00"), member.name
    apology = people.driver.newest("Ban Quản lý xin lỗi Anh/Chị").text
    assert "Hẹn trả lời mới: trước 19:00 ngày mai, 23/11/2026" in apology
    assert hanoi((await town.ticket()).due_at) == "22/11 19:00"
    assert count(people.driver, "xin lỗi") == 1


async def test_after_downtime_it_is_broken_at_the_due_time_and_noticed_now(town: Town, people: Cast) -> None:
    town.clock.is_now(20, 20)
    await town.beats()
    ticket = await town.ticket()
    assert (hanoi(ticket.breached_at), hanoi(ticket.breach_noticed_at)) == ("22/11 19:00", "22/11 20:20")
    [broken] = await happened(town, EventKind.BREACHED)
    assert (hanoi(broken.at), hanoi(broken.noticed_at)) == ("22/11 19:00", "22/11 20:20")
    assert people.an.sees("Hệ thống ghi nhận lúc 20:20")


async def test_the_holder_is_asked_for_a_reason_and_once_more_after_thirty_service_minutes(
    town: Town, people: Cast
) -> None:
    await town.until(19, 1)
    assert people.an.newest("quá hạn từ").button("Quá tải")
    assert not people.binh.newest("quá hạn từ").button("Quá tải")
    await town.until(7, 29, days=1)
    assert await reminded(town, people.head, NoticeKind.BREACH) == 1
    await town.until(7, 31)
    assert await reminded(town, people.an, NoticeKind.BREACH) == 2
    assert await reminded(town, people.head, NoticeKind.BREACH) == 2
    await people.an.presses("Quá tải")
    assert (await town.ticket()).breach_reason == "overload"
    assert len(await happened(town, EventKind.BREACH_EXPLAINED)) == 1


async def test_after_downtime_the_reason_is_not_asked_twice_in_one_breath(town: Town, people: Cast) -> None:
    town.clock.is_now(9, day=23)
    while await town.beats():
        pass
    assert await reminded(town, people.an, NoticeKind.BREACH) == 1
    await town.until(9, 31)
    assert await reminded(town, people.an, NoticeKind.BREACH) == 2


async def test_a_given_reason_is_not_asked_for_again(town: Town, people: Cast) -> None:
    await town.until(19, 1)
    await people.an.presses("Thiếu người trực")
    await town.until(8, days=1)
    assert await reminded(town, people.an, NoticeKind.BREACH) == 1


async def test_it_nags_when_a_window_opens_and_every_two_hours_of_service_until_resolved(
    town: Town, people: Cast
) -> None:
    await town.until(6, 59, days=1)
    assert await reminded(town, people.an, NoticeKind.BREACH_NAG) == 0
    for hour, nags in ((7, 1), (9, 2), (11, 3), (13, 4)):
        await town.until(hour)
        assert await reminded(town, people.an, NoticeKind.BREACH_NAG) == nags
    await people.resolves()
    await town.until(12, days=1)
    assert await reminded(town, people.an, NoticeKind.BREACH_NAG) == 4


async def test_a_question_hushes_the_nagging_only_until_the_answer(town: Town, people: Cast) -> None:
    await town.until(7, 30, days=1)
    assert await reminded(town, people.an, NoticeKind.BREACH_NAG) == 1
    await people.asks()
    await town.until(12)
    assert await reminded(town, people.an, NoticeKind.BREACH_NAG) == 1
    await people.driver.says("Làn 3")
    ticket = await town.ticket()
    assert hanoi(ticket.breached_at) == "22/11 19:00"
    assert hanoi(ticket.due_at) == "23/11 19:00"
    await town.until(13)
    assert await reminded(town, people.an, NoticeKind.BREACH_NAG) == 2


async def test_a_nag_survives_a_change_of_class_and_of_hands(town: Town, people: Cast) -> None:
    await town.until(19, 1)
    await people.leader.presses("Giao người khác")
    await people.leader.presses(people.binh.name)
    await town.until(7, days=1)
    assert (count(people.binh, NAG), count(people.an, NAG)) == (1, 0)


async def test_an_unclaimed_breach_nags_everyone_on_shift(town: Town) -> None:
    people = await cast(town)
    await people.driver.says(CALM)
    await town.until(7, days=1)
    assert (count(people.an, NAG), count(people.binh, NAG)) == (1, 1)


async def test_a_waiver_is_an_event_of_its_own_and_leaves_the_raw_figure(town: Town, people: Cast) -> None:
    await town.until(19, 1)
    await people.leader.presses("Miễn trừ")
    await people.leader.says("Mất điện toàn cửa khẩu từ 18 giờ")
    await people.leader.says("125/QĐ-BQLKKTCK")
    ticket = await town.ticket()
    assert hanoi(ticket.breached_at) == "22/11 19:00"
    [cycle] = await cycles(town)
    assert (hanoi(cycle.breached_at), cycle.waived_by) == ("22/11 19:00", people.leader.person_id)
    [waived] = await happened(town, EventKind.WAIVED)
    assert (waived.actor, waived.data["document"]) == (people.leader.person_id, "125/QĐ-BQLKKTCK")


async def test_only_a_leader_waives(town: Town, people: Cast) -> None:
    await town.until(19, 1)
    button = people.leader.newest("quá hạn từ").button("Miễn trừ")
    assert button
    await people.an.presses_payload(button.payload)
    assert people.an.sees("không có quyền")
    assert not await happened(town, EventKind.WAIVED)


async def test_resolved_after_the_due_time_is_late_for_ever(town: Town, people: Cast) -> None:
    await town.until(20)
    await people.resolves()
    ticket = await town.ticket()
    assert (ticket.status, hanoi(ticket.breached_at)) == (Status.RESOLVED, "22/11 19:00")
    [cycle] = await cycles(town)
    assert cycle.resolved_at > cycle.due_at


async def test_a_resolution_that_is_still_on_its_way_at_the_due_time_and_arrives_was_in_time(
    town: Town, people: Cast
) -> None:
    await town.until(18, 58)
    town.channel.verdicts[people.driver.chat_id] = [TryAgain(timedelta(minutes=5))]
    await people.resolves()
    await town.passes(minutes=10)
    assert people.driver.sees(DONE)
    ticket = await town.ticket()
    assert (ticket.status, ticket.breached_at) == (Status.RESOLVED, None)


async def test_a_resolution_that_never_arrives_is_broken_after_all(town: Town, people: Cast) -> None:
    await town.until(18, 58)
    town.channel.verdicts[people.driver.chat_id] = [
        TryAgain(timedelta(minutes=5)),
        GiveUp("blocked", unreachable=True),
    ]
    await people.resolves()
    await town.passes(minutes=10)
    await town.beats()
    ticket = await town.ticket()
    assert (ticket.status, hanoi(ticket.breached_at)) == (Status.IN_PROGRESS, "22/11 19:00")
    assert people.an.sees("Gọi điện cho người phản ánh")


async def test_an_apology_that_cannot_arrive_becomes_a_call_even_when_nobody_holds_the_ticket(
    town: Town,
) -> None:
    people = await cast(town)
    await people.driver.says(CALM)
    town.channel.verdicts[people.driver.chat_id] = [GiveUp("blocked", unreachable=True)]
    await town.until(19, 1)
    assert people.an.sees("Gọi điện cho người phản ánh")


async def test_a_broken_promise_has_no_more_rungs_only_nags(town: Town, people: Cast) -> None:
    await town.until(19, 1)
    assert set(await to_come(town)) == {"nag", "breach_reason"}
