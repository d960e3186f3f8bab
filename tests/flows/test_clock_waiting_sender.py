"""Waiting for the sender (promise.md): the only pause there is, from the delivery of our question to the sender's next message."""

from datetime import timedelta

import pytest

from bot.payloads import Action, write
from core.events import EventKind
from core.ticket import Closure, Status
from services.sender import TryAgain
from tests.clock_cast import BURNING, CALM, Cast, cast, cycles, edits_gate, hanoi, happened, rungs, to_come
from tests.town import Town


@pytest.fixture
async def people(town: Town) -> Cast:
    """An has taken the driver's complaint of 09:00 and asked a first question at 10:00: due 19:00."""
    known = await cast(town)
    await known.driver.says(CALM)
    await known.takes()
    await town.until(10)
    await known.asks()
    return known


async def test_the_pause_begins_when_the_question_was_delivered_not_when_it_was_asked(town: Town) -> None:
    people = await cast(town)
    await people.driver.says(CALM)
    await people.takes()
    town.channel.verdicts[people.driver.chat_id] = [TryAgain(timedelta(minutes=20))]
    await people.asks()
    assert (await town.ticket()).status is Status.IN_PROGRESS
    assert "rung7" in await to_come(town)
    await town.passes(minutes=20)
    ticket = await town.ticket()
    assert (ticket.status, hanoi(ticket.waiting_since)) == (Status.WAITING_SENDER, "22/11 09:20")
    [delivered] = await happened(town, EventKind.QUESTION_DELIVERED)
    assert hanoi(delivered.at) == "22/11 09:20"


async def test_a_question_that_never_arrives_pauses_nothing(town: Town) -> None:
    people = await cast(town)
    await people.driver.says(CALM)
    await people.takes()
    await people.driver.blocks()
    await people.asks()
    assert (await town.ticket()).status is Status.IN_PROGRESS
    assert people.an.sees("Gọi điện cho người phản ánh")
    await town.until(19, 1)
    assert hanoi((await town.ticket()).breached_at) == "22/11 19:00"


async def test_while_the_sender_owes_us_an_answer_no_rung_fires_and_nothing_is_broken(
    town: Town, people: Cast
) -> None:
    await town.until(20)
    assert await rungs(town) == ["3 22/11 09:30"]  # from before the question
    assert (await town.ticket()).breached_at is None
    assert set(await to_come(town)) == {"unanswered"}


async def test_an_answer_before_the_cut_off_leaves_the_due_time_where_it_was(
    town: Town, people: Cast
) -> None:
    await town.until(15)
    await people.driver.says("Làn 3, biển số 12C-123.45")
    ticket = await town.ticket()
    assert (ticket.status, hanoi(ticket.due_at)) == (Status.IN_PROGRESS, "22/11 19:00")
    assert people.an.sees("Làn 3")
    assert (await to_come(town))["rung4"] == "22/11 17:00"


async def test_a_late_answer_re_issues_the_promise_with_a_new_ladder(town: Town, people: Cast) -> None:
    await town.until(18)
    await people.driver.says("Làn 3")
    ticket = await town.ticket()
    assert hanoi(ticket.due_at) == "23/11 11:00"
    assert people.driver.sees("11:00 ngày mai, 23/11/2026")
    assert await to_come(town) == {
        "rung1": "22/11 18:10",
        "rung2": "22/11 18:20",
        "rung3": "22/11 18:30",
        "human_reply": "22/11 19:00",
        "rung4": "23/11 09:00",
        "rung5": "23/11 10:00",
        "rung6": "23/11 10:45",
        "rung7": "23/11 11:00",
    }


async def test_a_re_issued_promise_is_never_earlier_than_the_old_one(town: Town, people: Cast) -> None:
    await edits_gate(town, "HN", '[[gate.day]]\ndate = 2026-11-22\nwindows = [["07:00", "15:00"]]\n')
    await people.driver.says("Làn 3")
    ticket = await town.ticket()
    assert (ticket.promise_no, hanoi(ticket.due_at)) == (2, "22/11 19:00")
    assert (await to_come(town))["rung7"] == "22/11 19:00"


async def test_the_sender_is_asked_twice_and_never_a_third_time(town: Town, people: Cast) -> None:
    await people.driver.says("Làn 3")
    await people.asks("Anh/Chị chở hàng gì?")
    await people.driver.says("Thanh long")
    assert people.an.newest("Thanh long").button("Hỏi thêm") is None
    await people.an.presses_payload(write(Action.ASK, (await town.ticket()).id))
    await people.an.says("Câu hỏi thứ ba?")
    assert people.an.sees("đã hỏi thêm hai lần")
    ticket = await town.ticket()
    assert (ticket.asked_count, ticket.status) == (2, Status.IN_PROGRESS)
    assert not people.driver.sees("Câu hỏi thứ ba")


async def test_a_reopened_ticket_has_no_new_questions_to_spend(town: Town, people: Cast) -> None:
    await people.driver.says("Làn 3")
    await people.asks("Anh/Chị chở hàng gì?")
    await people.driver.says("Thanh long")
    await people.resolves()
    await people.driver.says("Vẫn chưa giải quyết")
    await people.takes()
    await people.an.presses_payload(write(Action.ASK, (await town.ticket()).id))
    await people.an.says("Câu hỏi thứ ba?")
    ticket = await town.ticket()
    assert (ticket.cycle, ticket.asked_count, ticket.status) == (2, 2, Status.IN_PROGRESS)
    assert not people.driver.sees("Câu hỏi thứ ba")


async def test_a_transfer_gives_no_time_away(town: Town, people: Cast) -> None:
    await town.until(15)
    await people.an.presses("Chuyển")
    await people.an.presses("Cửa khẩu")
    await people.an.presses("Chi Ma")
    ticket = await town.ticket()
    assert (ticket.gate, ticket.status, hanoi(ticket.due_at)) == ("CM", Status.NEW, "22/11 19:00")
    assert (await to_come(town))["rung7"] == "22/11 19:00"
    await town.until(19, 1)
    assert hanoi((await town.ticket()).breached_at) == "22/11 19:00"


async def test_being_handed_to_somebody_else_gives_no_time_away(town: Town, people: Cast) -> None:
    await people.driver.says("Làn 3")
    await people.an.presses("Chuyển")
    await people.an.presses("Người")
    await people.an.presses("Cán bộ Bình")
    ticket = await town.ticket()
    assert (ticket.holder_id, hanoi(ticket.due_at)) == (people.binh.person_id, "22/11 19:00")


async def test_the_senders_cry_for_help_ends_the_pause(town: Town, people: Cast) -> None:
    await people.driver.says(BURNING)
    ticket = await town.ticket()
    assert (ticket.status, hanoi(ticket.due_at)) == (Status.IN_PROGRESS, "22/11 14:00")


async def test_an_officers_urgent_ends_the_pause(town: Town, people: Cast) -> None:
    await people.binh.presses_payload(write(Action.URGENT, (await town.ticket()).id))
    ticket = await town.ticket()
    assert (ticket.status, hanoi(ticket.due_at)) == (Status.IN_PROGRESS, "22/11 14:00")
    await town.until(14, 1)
    assert (await town.ticket()).breached_at is not None


async def test_closing_for_want_of_an_answer_has_to_wait_for_the_end_of_the_next_service_day(
    town: Town, people: Cast
) -> None:
    code = (await town.ticket()).code
    await town.until(18, 59, days=1)
    assert not people.an.sees("chưa trả lời câu hỏi đến hết ngày phục vụ kế tiếp")
    await town.until(19)
    silent = people.an.newest("chưa trả lời câu hỏi đến hết ngày phục vụ kế tiếp")
    assert silent.button("Đóng: chưa đủ thông tin")
    await people.an.presses("Đóng: chưa đủ thông tin")
    ticket = await town.ticket()
    assert (ticket.status, ticket.closure) == (Status.CLOSED, Closure.INSUFFICIENT)
    assert people.driver.sees(f"Phiếu {code} tạm đóng vì chưa đủ thông tin")


async def test_closing_for_want_of_an_answer_a_minute_early_is_refused(town: Town, people: Cast) -> None:
    await town.until(19, days=1)
    button = people.an.newest("chưa trả lời câu hỏi").button("Đóng: chưa đủ thông tin")
    assert button
    await people.driver.says("Làn 3")
    await people.asks("Anh/Chị chở hàng gì?")
    await town.until(18, 59, days=1)
    await people.an.presses_payload(button.payload)
    assert people.an.sees("Chưa đóng được: còn chờ người phản ánh trả lời đến")
    assert (await town.ticket()).status is Status.WAITING_SENDER


@pytest.mark.parametrize(("days", "reopened"), [(29, True), (31, False)])
async def test_an_answer_within_thirty_days_reopens_what_was_closed_for_want_of_it(
    town: Town, people: Cast, days: int, reopened: bool
) -> None:
    await town.until(19, days=1)
    await people.an.presses("Đóng: chưa đủ thông tin")
    town.clock.passes(days=days)
    await people.driver.says("Xe tôi ở làn 3, biển số 12C-123.45")
    found = await town.tickets()
    if reopened:
        [ticket] = found
        assert (ticket.cycle, ticket.status) == (2, Status.NEW)
        assert ticket.due_at is not None
        assert ticket.due_at > town.clock.now()
        assert [row.cycle for row in await cycles(town)] == [1, 2]
    else:
        assert len(found) == 2
        assert found[0].status is Status.CLOSED
