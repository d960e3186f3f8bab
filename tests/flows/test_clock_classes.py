"""Classes (promise.md): urgent runs on the wall clock, up at once, down by a second person; praise has three service days."""

from datetime import timedelta

import pytest

from bot.payloads import Action, write
from core.events import EventKind
from core.ticket import Status, TicketClass
from services.sender import TryAgain
from tests.clock_cast import BURNING, CALM, Cast, cast, hanoi, happened, to_come
from tests.town import Citizen, Town


@pytest.fixture
async def people(town: Town) -> Cast:
    """Bình, too, is on shift; An holds a calm complaint of 09:00, due 19:00."""
    known = await cast(town)
    await known.driver.says(CALM)
    await known.takes()
    return known


async def presses(town: Town, member: Citizen, action: Action) -> None:
    """A button that stood on some card, whether it still does or not."""
    await member.presses_payload(write(action, (await town.ticket()).id))


async def test_up_is_immediate_by_anybody_who_sees_the_ticket(town: Town, people: Cast) -> None:
    await presses(town, people.binh, Action.URGENT)
    ticket = await town.ticket()
    assert (ticket.ticket_class, hanoi(ticket.due_at)) == (TicketClass.URGENT, "22/11 13:00")
    assert {stage: at for stage, at in (await to_come(town)).items() if stage > "rung3"} == {
        "rung4": "22/11 11:00",
        "rung5": "22/11 12:00",
        "rung6": "22/11 12:45",
        "rung7": "22/11 13:00",
    }


async def test_up_never_moves_a_nearer_due_time_and_its_ladder_leads_to_that_one(
    town: Town, people: Cast
) -> None:
    await people.answers()
    await town.until(17, 30)
    await presses(town, people.binh, Action.URGENT)
    assert hanoi((await town.ticket()).due_at) == "22/11 19:00"
    waiting = {stage: at for stage, at in (await to_come(town)).items() if stage > "rung3"}
    assert waiting == {"rung5": "22/11 18:00", "rung6": "22/11 18:45", "rung7": "22/11 19:00"}


async def test_the_holder_cannot_calm_it_down_alone(town: Town, people: Cast) -> None:
    await presses(town, people.an, Action.URGENT)
    await presses(town, people.an, Action.NOT_URGENT)
    assert people.an.sees("Việc này cần người thứ hai")
    assert (await town.ticket()).ticket_class is TicketClass.URGENT


async def test_a_second_person_calms_it_down_and_the_due_time_is_not_extended(
    town: Town, people: Cast
) -> None:
    await presses(town, people.an, Action.URGENT)
    await presses(town, people.head, Action.NOT_URGENT)
    ticket = await town.ticket()
    assert (ticket.ticket_class, hanoi(ticket.due_at)) == (TicketClass.NORMAL, "22/11 13:00")
    waiting = {stage: at for stage, at in (await to_come(town)).items() if stage > "rung3"}
    assert waiting == {
        "rung4": "22/11 11:00",
        "rung5": "22/11 12:00",
        "rung6": "22/11 12:45",
        "rung7": "22/11 13:00",
    }


async def test_whoever_said_that_it_is_urgent_needs_a_second_person_to_take_it_back(
    town: Town, people: Cast
) -> None:
    await presses(town, people.office, Action.URGENT)
    await presses(town, people.office, Action.NOT_URGENT)
    assert (await town.ticket()).ticket_class is TicketClass.URGENT
    assert "cần người thứ hai" in people.office.reads()[-1]
    await presses(town, people.leader, Action.NOT_URGENT)
    assert (await town.ticket()).ticket_class is TicketClass.NORMAL


async def test_down_does_not_move_a_due_time_already_past(town: Town, people: Cast) -> None:
    await presses(town, people.binh, Action.URGENT)
    await town.until(13, 5)
    await presses(town, people.head, Action.NOT_URGENT)
    assert people.head.sees("đã quá hạn nên không đổi mức khẩn")
    ticket = await town.ticket()
    assert (ticket.ticket_class, hanoi(ticket.breached_at)) == (TicketClass.URGENT, "22/11 13:00")


async def test_urgent_never_waits_for_the_sender(town: Town, people: Cast) -> None:
    await presses(town, people.an, Action.URGENT)
    await presses(town, people.an, Action.ASK)
    await people.an.says("Xe ở làn nào?")
    assert people.an.sees("không tạm dừng để hỏi thêm")
    assert not people.driver.sees("Xe ở làn nào?")


async def test_a_question_on_its_way_when_it_becomes_urgent_pauses_nothing(town: Town, people: Cast) -> None:
    town.channel.verdicts[people.driver.chat_id] = [TryAgain(timedelta(minutes=5))]
    await people.asks()
    await presses(town, people.binh, Action.URGENT)
    await town.passes(minutes=6)
    assert people.driver.sees("Xe của Anh/Chị đang ở làn nào?")
    assert (await town.ticket()).status is Status.IN_PROGRESS
    assert "rung7" in await to_come(town)


async def test_urgent_words_show_113_114_115_at_once_day_and_night(town: Town) -> None:
    people = await cast(town)
    town.clock.is_now(23, 30)
    await people.driver.says(BURNING)
    receipt = people.driver.reads()[0]
    assert all(number in receipt for number in ("113", "114", "115"))
    assert "Phiếu khẩn: được xử lý cả ngoài giờ" in receipt
    assert "Hẹn trả lời: trước 03:30 ngày mai, 23/11/2026" in receipt
    assert people.an.newest("bốc cháy").button("Nhận xử lý")


async def test_an_urgent_ticket_is_broken_at_night_too(town: Town) -> None:
    people = await cast(town)
    town.clock.is_now(23, 30)
    await people.driver.says(BURNING)
    await people.takes()
    await town.until(3, 31, days=1)
    assert hanoi((await town.ticket()).breached_at) == "23/11 03:30"
    assert people.leader.sees("quá hạn từ 03:30")


async def test_later_words_make_a_calm_ticket_urgent_and_everybody_on_shift_hears(
    town: Town, people: Cast
) -> None:
    await town.until(10)
    await people.driver.says("Xe tôi đang bốc cháy, có người bị thương")
    ticket = await town.ticket()
    assert (ticket.ticket_class, hanoi(ticket.due_at)) == (TicketClass.URGENT, "22/11 14:00")
    [change] = await happened(town, EventKind.CLASS_CHANGED)
    assert (change.actor, change.data["to"]) == (None, "urgent")
    assert people.binh.sees("bốc cháy")


async def test_praise_has_its_ladder_before_its_own_due_time(town: Town) -> None:
    people = await cast(town)
    await people.driver.says("Cảm ơn cán bộ cửa khẩu Hữu Nghị rất nhiệt tình, xin khen ngợi anh em")
    waiting = await to_come(town)
    assert waiting["rung3"] == "22/11 09:30"
    assert {stage: at for stage, at in waiting.items() if stage > "rung3"} == {
        "rung4": "25/11 17:00",
        "rung5": "25/11 18:00",
        "rung6": "25/11 18:45",
        "rung7": "25/11 19:00",
    }


async def test_a_petition_that_was_feedback_after_all_is_promised_from_its_own_time(town: Town) -> None:
    people = await cast(town)
    await people.driver.says("Tôi khiếu nại: cửa khẩu Hữu Nghị để xe chờ quá lâu")
    received = (await town.ticket()).received_at
    await town.until(12)
    await people.office.presses("Là phản ánh")
    ticket = await town.ticket()
    assert (ticket.received_at, hanoi(ticket.due_at)) == (received, "22/11 19:00")
    assert people.an.sees("để xe chờ quá lâu")
    assert (await to_come(town))["rung4"] == "22/11 17:00"
    assert "rung1" not in await to_come(town)


async def test_spam_stops_the_clock_only_when_a_second_person_confirms(town: Town, people: Cast) -> None:
    await presses(town, people.an, Action.SPAM)
    assert "rung7" in await to_come(town)
    await presses(town, people.an, Action.SPAM_YES)
    assert (await town.ticket()).is_open
    await people.office.presses("Đúng là rác")
    assert (await town.ticket()).status is Status.CLOSED
    assert await to_come(town) == {}


async def test_wrongly_marked_as_spam_nothing_about_the_promise_has_changed(town: Town, people: Cast) -> None:
    before = await town.ticket()
    await presses(town, people.an, Action.SPAM)
    await town.until(11)
    await people.office.presses("Không phải rác")
    after = await town.ticket()
    assert (after.received_at, after.due_at, after.promise_no) == (
        before.received_at,
        before.due_at,
        before.promise_no,
    )
    assert (await to_come(town))["rung7"] == "22/11 19:00"
