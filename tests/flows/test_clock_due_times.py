"""Due time (promise.md): what the person at the gate is promised, by the clock on the wall and the gate's calendar."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from core.events import EventKind
from core.ticket import TicketClass
from tests.clock_cast import CALM, cast, cycles, edits_gate, hanoi, happened, rungs, to_come
from tests.town import Town, opened_town

TET = """
[[gate.day]]
date = 2026-02-15
windows = []
[[gate.day]]
date = 2026-02-16
windows = []
[[gate.day]]
date = 2026-02-17
windows = []
[[gate.day]]
date = 2026-02-18
windows = []
[[gate.day]]
date = 2026-02-19
windows = [["09:00", "14:00"]]
"""


@pytest.fixture
async def winter(tmp_path: Path) -> AsyncIterator[Town]:
    """Saturday 14/2/2026, 15:00 in Hanoi, two days before Tết."""
    async with opened_town(tmp_path, datetime(2026, 2, 14, 8, 0, tzinfo=UTC)) as opened:
        yield opened


async def test_the_receipt_promises_the_same_day_up_to_the_cut_off_and_the_next_morning_after_it(
    town: Town,
) -> None:
    town.clock.at -= timedelta(hours=2, minutes=50)  # 06:10
    for clock, day, due in (
        ((6, 10), 22, "19:00 hôm nay, 22/11/2026"),
        ((16, 59), 22, "19:00 hôm nay, 22/11/2026"),
        ((17, 0), 22, "19:00 hôm nay, 22/11/2026"),
        ((17, 1), 22, "11:00 ngày mai, 23/11/2026"),
        ((18, 59), 22, "11:00 ngày mai, 23/11/2026"),
        ((19, 0), 22, "19:00 ngày mai, 23/11/2026"),
        ((23, 59), 22, "19:00 ngày mai, 23/11/2026"),
        ((0, 1), 23, "19:00 hôm nay, 23/11/2026"),
    ):
        town.clock.is_now(*clock, day=day)
        driver = town.citizen(f"Lái xe {clock}")
        await driver.says(CALM)
        assert f"Hẹn trả lời: trước {due} (giờ Hà Nội)" in driver.newest("Mã phiếu").text, clock


async def test_the_receipt_after_the_cut_off_also_says_until_when_a_person_answers(town: Town) -> None:
    driver = town.citizen("Lái xe")
    town.clock.is_now(17, 30)
    await driver.says(CALM)
    assert driver.sees("Tin đến sau giờ chốt trong ngày")
    assert driver.sees("Cán bộ trả lời ban đầu trước 19:00 hôm nay, 22/11/2026")
    assert (await town.ticket()).promise_kind == "after-cut-off"


async def test_tet_is_promised_by_the_gates_own_closed_and_short_days(winter: Town) -> None:
    await edits_gate(winter, "HN", TET)
    for at, due in (
        ((16, 0, 14), "14/02 19:00"),
        ((18, 0, 14), "19/02 13:00"),
        ((10, 0, 16), "19/02 14:00"),
        ((12, 40, 19), "19/02 14:00"),
        ((12, 50, 19), "20/02 11:00"),
    ):
        winter.clock.is_now(at[0], at[1], day=at[2])
        await winter.citizen(f"Lái xe {at}").says(CALM)
        assert hanoi((await winter.tickets())[-1].due_at) == due


async def test_a_holiday_added_on_the_day_itself_moves_no_promise_but_hushes_the_ladder(town: Town) -> None:
    people = await cast(town)
    await people.driver.says(CALM)
    await people.takes()
    await people.answers()
    await town.until(12)
    await edits_gate(town, "HN", "[[gate.day]]\ndate = 2026-11-22\nwindows = []\n")
    late = town.citizen("Lái xe đến sau")
    await late.says(CALM)
    assert [hanoi(ticket.due_at) for ticket in await town.tickets()] == ["22/11 19:00", "23/11 19:00"]
    await town.until(19)
    assert not people.an.sees("là hết hạn")
    assert not any(ticket.breached_at for ticket in await town.tickets())
    await town.passes(minutes=1)
    first = (await town.tickets())[0]
    assert hanoi(first.breached_at) == "22/11 19:00"
    # What was put off until the morning says nothing any more: rung 7 has spoken.
    await town.until(7, 30, days=1)
    assert not people.an.sees("là hết hạn")


async def test_a_gate_nobody_named_is_promised_by_the_boards_windows_and_sorted_within_15_minutes(
    town: Town,
) -> None:
    people = await cast(town)
    await people.driver.says("Xe chờ 3 tiếng rồi")
    ticket = await town.ticket()
    assert (ticket.gate, hanoi(ticket.due_at)) == (None, "22/11 19:00")
    assert people.driver.newest("Mã phiếu").button("Hữu Nghị")
    await town.passes(minutes=14)
    assert not people.office.sees("Chưa rõ cửa khẩu: đề nghị Văn phòng phân loại")
    await town.passes(minutes=1)
    assert people.office.sees("Chưa rõ cửa khẩu: đề nghị Văn phòng phân loại")


async def test_a_gate_named_in_time_needs_no_sorting_and_keeps_its_due_time(town: Town) -> None:
    people = await cast(town)
    await edits_gate(town, "CM", '[[gate.day]]\ndate = 2026-11-22\nwindows = [["07:00", "10:00"]]\n')
    await people.driver.says("Xe chờ 3 tiếng rồi")
    await people.driver.presses("Chi Ma")
    await town.passes(minutes=20)
    assert hanoi((await town.ticket()).due_at) == "22/11 19:00"
    assert not people.office.sees("đề nghị Văn phòng phân loại")


async def test_a_message_of_the_day_before_yesterday_counts_from_now_and_is_flagged(town: Town) -> None:
    people = await cast(town)
    await people.driver.says(CALM, at=town.clock.now() - timedelta(hours=30))
    ticket = await town.ticket()
    assert (ticket.late_message, ticket.received_at) == (True, town.clock.now())
    assert people.driver.sees("Tin này được gửi từ hơn 24 giờ trước")
    assert people.an.sees("Tin trễ")


async def test_a_message_that_waited_on_the_platform_is_promised_from_its_own_time(town: Town) -> None:
    people = await cast(town)
    sent_at = town.clock.now()
    town.clock.is_now(20)
    await people.driver.says(CALM, at=sent_at)
    ticket = await town.ticket()
    assert (ticket.received_at, hanoi(ticket.due_at)) == (sent_at, "22/11 19:00")
    [opened] = await happened(town, EventKind.OPENED)
    assert (opened.at, opened.noticed_at) == (sent_at, town.clock.now())
    await town.beats()
    assert hanoi((await town.ticket()).breached_at) == "22/11 19:00"


async def test_a_timestamp_from_the_future_counts_as_now(town: Town) -> None:
    driver = town.citizen("Lái xe ở Bằng Tường")
    await driver.says(CALM, at=town.clock.now() + timedelta(hours=1))
    ticket = await town.ticket()
    assert (ticket.received_at, ticket.late_message) == (town.clock.now(), False)


async def test_an_album_across_midnight_is_one_ticket_of_the_day_it_began(town: Town) -> None:
    people = await cast(town)
    town.clock.is_now(23, 59)
    await people.driver.sends("photo", "Hữu Nghị: bãi xe ngập rác", album="a1")
    town.clock.passes(minutes=2)
    await people.driver.sends("photo", album="a1")
    ticket = await town.ticket()
    assert ticket.code.startswith("DDLS-261122-")
    assert hanoi(ticket.due_at) == "23/11 19:00"
    assert len(people.driver.reads()) == 1


async def test_two_messages_one_second_apart_are_one_ticket(town: Town) -> None:
    people = await cast(town)
    await people.driver.says("Hữu Nghị: xe tôi")
    town.clock.passes(seconds=1)
    await people.driver.says("đứng đây từ sáng mà không ai điều tiết")
    assert len(await town.tickets()) == 1
    assert people.an.sees("đứng đây từ sáng")


async def test_a_day_of_two_windows_hushes_the_ladder_at_noon(town: Town) -> None:
    people = await cast(town)
    await edits_gate(
        town, "HN", '[[gate.day]]\ndate = 2026-11-22\nwindows = [["07:00", "11:30"], ["13:00", "17:30"]]\n'
    )
    town.clock.is_now(11, 15)
    await people.driver.says(CALM)
    assert hanoi((await town.ticket()).due_at) == "22/11 17:30"
    await town.until(13, 5)
    assert await rungs(town) == ["1 22/11 11:25", "2 22/11 13:05"]


async def test_praise_is_answered_within_three_service_days(town: Town) -> None:
    people = await cast(town)
    await people.driver.says("Cảm ơn cán bộ cửa khẩu Hữu Nghị rất nhiệt tình, xin khen ngợi anh em")
    ticket = await town.ticket()
    assert (ticket.ticket_class, hanoi(ticket.due_at)) == (TicketClass.SUGGESTION, "25/11 19:00")
    assert people.driver.sees("được trả lời trong 3 ngày phục vụ")


async def test_a_petition_has_no_clock_at_all(town: Town) -> None:
    people = await cast(town)
    await people.driver.says("Tôi tố cáo cán bộ cửa khẩu Hữu Nghị nhận tiền bôi trơn")
    ticket = await town.ticket()
    assert (ticket.ticket_class, ticket.due_at) == (TicketClass.PETITION, None)
    assert await to_come(town) == {}
    await town.passes(days=3)
    assert not (await town.ticket()).breached_at
    assert (await cycles(town))[0].due_at is None
