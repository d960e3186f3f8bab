"""Resolve, rate, reopen (promise.md): what counts as an end, who may undo it and for how long, and what stays as it was."""

from datetime import timedelta

import pytest

from core.events import EventKind
from core.ticket import Closure, Status
from services import verify
from services.sender import GiveUp, TryAgain
from tests.clock_cast import CALM, DONE, Cast, cast, count, cycles, hanoi, happened, scores
from tests.town import Town


@pytest.fixture
async def held(town: Town) -> Cast:
    known = await cast(town)
    await known.driver.says(CALM)
    await known.takes()
    return known


@pytest.fixture
async def people(held: Cast) -> Cast:
    """Sunday 22/11, 09:00: resolved; the sender sees the result and the three buttons."""
    await held.resolves()
    return held


async def test_a_resolution_needs_twenty_characters(town: Town, held: Cast) -> None:
    await held.resolves("Đã xong việc.")
    assert held.an.sees("cần ít nhất 20 ký tự")
    assert (await town.ticket()).status is Status.IN_PROGRESS
    assert not held.driver.sees("Đã xong việc.")


async def test_twenty_characters_of_blanks_are_no_resolution(town: Town, held: Cast) -> None:
    await held.resolves("Đã xong." + " " * 30)
    assert (await town.ticket()).status is Status.IN_PROGRESS


async def test_the_day_of_silence_begins_when_the_channel_accepted_the_resolution(
    town: Town, held: Cast
) -> None:
    town.channel.verdicts[held.driver.chat_id] = [TryAgain(timedelta(hours=2))]
    await held.resolves()
    assert (await town.ticket()).resolution_delivered_at is None
    await town.until(11, 1)
    assert hanoi((await town.ticket()).resolution_delivered_at) == "22/11 11:01"
    await town.until(11, 0, days=1)
    assert (await town.ticket()).status is Status.RESOLVED
    await town.until(11, 2)
    assert (await town.ticket()).closure is Closure.SILENT


async def test_silence_for_a_day_closes_and_only_what_is_resolved(town: Town, people: Cast) -> None:
    other = town.citizen("Lái xe khác")
    await other.says("Hữu Nghị: bãi xe ngập rác")
    await town.until(8, 59, days=1)
    assert (await town.tickets())[0].status is Status.RESOLVED
    await town.until(9)
    resolved, waiting = await town.tickets()
    assert (resolved.status, resolved.closure, hanoi(resolved.closed_at)) == (
        Status.CLOSED,
        Closure.SILENT,
        "23/11 09:00",
    )
    assert waiting.is_open


async def test_a_silent_close_noticed_late_carries_both_times(town: Town, people: Cast) -> None:
    town.clock.passes(days=2)
    await town.beats()
    [closed] = await happened(town, EventKind.CLOSED)
    assert (hanoi(closed.at), hanoi(closed.noticed_at)) == ("23/11 09:00", "24/11 09:00")


async def test_an_unreachable_sender_makes_it_unresolved_until_a_documented_call(
    town: Town, held: Cast
) -> None:
    town.channel.verdicts[held.driver.chat_id] = [GiveUp("blocked", unreachable=True)]
    await held.resolves()
    ticket = await town.ticket()
    assert (ticket.status, ticket.resolved_at) == (Status.IN_PROGRESS, None)
    assert DONE in held.an.newest("Gọi điện cho người phản ánh").text
    await held.an.presses("Đã gọi điện")
    await held.an.says("Đã gọi số 0912 345 678, anh Nam nghe máy và đồng ý.")
    ticket = await town.ticket()
    assert (ticket.status, ticket.resolution_delivered_at) == (Status.RESOLVED, town.clock.now())
    assert len(await happened(town, EventKind.CALLED)) == 1
    await town.passes(hours=24)
    assert (await town.ticket()).closure is Closure.SILENT


async def test_a_rating_closes_and_the_last_of_many_counts(town: Town, people: Cast) -> None:
    await people.driver.presses("Chấp nhận được")
    assert (await town.ticket()).closure is Closure.RATED
    town.clock.passes(days=1)
    await people.driver.presses("Hài lòng")
    assert await scores(town) == [(1, "fair"), (1, "good")]
    assert (await town.db.read(verify.verify)).findings == ()


async def test_a_bad_rating_offers_to_reopen_and_reopening_starts_a_second_cycle(
    town: Town, people: Cast
) -> None:
    code = (await town.ticket()).code
    town.clock.is_now(10)
    await people.driver.presses("Không hài lòng")
    assert (await town.ticket()).status is Status.RESOLVED
    await people.driver.presses("Mở lại")
    ticket = await town.ticket()
    assert (ticket.code, ticket.cycle, ticket.status) == (code, 2, Status.NEW)
    assert (hanoi(ticket.received_at), hanoi(ticket.due_at)) == ("22/11 10:00", "22/11 19:00")
    assert people.driver.sees(f"Đã mở lại phiếu {code}")
    assert people.binh.newest("Mở lại lần 1").button("Nhận xử lý")


async def test_no_to_the_offer_lets_it_rest(town: Town, people: Cast) -> None:
    await people.driver.presses("Không hài lòng")
    await people.driver.presses("Không")
    assert (await town.ticket()).status in {Status.RESOLVED, Status.CLOSED}
    assert (await town.ticket()).cycle == 1


async def test_the_first_cycle_stays_as_it_was(town: Town, people: Cast) -> None:
    town.clock.is_now(17, 30)
    await people.driver.says("Vẫn chưa giải quyết")
    await town.until(12, days=1)  # the second cycle is broken at 11:00
    first, second = await cycles(town)
    assert (hanoi(first.due_at), hanoi(first.resolved_at), first.breached_at) == (
        "22/11 19:00",
        "22/11 09:00",
        None,
    )
    assert (hanoi(second.due_at), hanoi(second.breached_at)) == ("23/11 11:00", "23/11 11:00")
    assert (hanoi(first.first_reply_at), second.first_reply_at) == ("22/11 09:00", None)


async def test_the_old_cycles_rating_button_is_refused(town: Town, people: Cast) -> None:
    old = people.driver.newest(DONE).button("Hài lòng")
    assert old
    await people.driver.says("Vẫn chưa giải quyết")
    await people.takes()
    await people.resolves("Lần này đã giải quyết xong hoàn toàn.")
    await people.driver.presses_payload(old.payload)
    assert people.driver.sees("Nút này đã cũ")
    assert await scores(town) == []
    await people.driver.presses("Hài lòng")
    assert await scores(town) == [(2, "good")]


@pytest.mark.parametrize(
    ("hour", "days", "reopened"), [(18, 3, True), (20, 3, False), (9, 4, False)], ids=str
)
async def test_reopening_is_possible_until_the_end_of_the_third_service_day(
    town: Town, people: Cast, hour: int, days: int, reopened: bool
) -> None:
    await town.until(hour, days=days)
    await people.driver.says("Vẫn chưa giải quyết")
    found = await town.tickets()
    if reopened:
        assert [ticket.cycle for ticket in found] == [2]
    else:
        assert [ticket.cycle for ticket in found] == [1, 1]
        assert found[1].previous_id == found[0].id


async def test_an_old_reopening_button_is_refused_after_three_service_days(town: Town, people: Cast) -> None:
    await people.driver.presses("Không hài lòng")
    await town.until(9, days=5)
    await people.driver.presses("Mở lại")
    assert people.driver.sees("Đã quá 3 ngày phục vụ nên không mở lại phiếu")
    assert (await town.ticket()).cycle == 1


@pytest.mark.parametrize("words", ["Cảm ơn", "cam on nhe", "Ok cảm ơn anh", "谢谢", "👍"])
async def test_thanks_reopen_nothing_and_open_nothing(town: Town, people: Cast, words: str) -> None:
    await people.driver.says(words)
    assert (await town.ticket()).status is Status.RESOLVED
    offer = people.driver.newest("Anh/Chị có muốn mở lại để xử lý tiếp không?")
    assert offer.button("Mở lại")
    assert offer.button("Không")


async def test_a_sticker_reopens_nothing_and_the_bot_asks(town: Town, people: Cast) -> None:
    await people.driver.sends("sticker")
    assert (await town.ticket()).status is Status.RESOLVED
    assert people.driver.sees("Anh/Chị có muốn mở lại để xử lý tiếp không?")
    await people.driver.presses("Không")
    assert (await town.ticket()).status is Status.CLOSED


async def test_an_edit_after_the_resolution_is_a_revision_and_a_note_and_reopens_nothing(
    town: Town, people: Cast
) -> None:
    first = next(said.message_id for said in town.said.values() if getattr(said, "text", "") == CALM)
    await people.driver.edits(first, CALM + " – sửa: chưa giải quyết")
    ticket = await town.ticket()
    assert (ticket.status, ticket.cycle) == (Status.RESOLVED, 1)
    assert len(await happened(town, EventKind.MESSAGE_REVISED)) == 1
    assert people.an.sees("Người phản ánh sửa tin")
    assert not people.driver.sees("Anh/Chị có muốn mở lại")


async def test_the_third_reopening_goes_to_a_leader(town: Town, people: Cast) -> None:
    for turn in (1, 2, 3):
        assert not people.leader.sees("được mở lại lần thứ")
        await people.driver.says(f"Vẫn chưa giải quyết, lần {turn}")
        if turn < 3:
            await people.takes()
            await people.resolves()
    assert people.leader.sees("được mở lại lần thứ 3")
    assert (await town.ticket()).cycle == 4
    assert count(people.leader, "được mở lại lần thứ") == 1


async def test_the_promise_of_a_reopening_at_night_waits_for_the_morning(town: Town, people: Cast) -> None:
    town.clock.is_now(22)
    await people.driver.says("Vẫn chưa giải quyết")
    assert hanoi((await town.ticket()).due_at) == "23/11 19:00"
    assert not people.binh.sees("Mở lại lần 1")
    await town.until(7, days=1)
    assert people.binh.newest("Mở lại lần 1").button("Nhận xử lý")
