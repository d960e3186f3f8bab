"""Gộp phiếu loses nothing: no finished cycle, no missed promise, no rating, and nobody's words under another's code."""

from collections.abc import Sequence

import pytest

from bot.payloads import SURE, Action, write
from core.figures import CycleFact, figures
from core.people import Role
from core.ticket import Score, Status, Ticket
from services.reports import counted
from tests.clock_cast import hanoi
from tests.town import Citizen, Town

JAM = "Hữu Nghị: kẹt xe từ sáng, không ai điều tiết"
SAME = "Hữu Nghị: đường vào bãi tắc cứng"
THIRD = "Hữu Nghị: xe đứng yên hai tiếng rồi"
DONE = "Đã điều tiết xong làn xe, các xe chờ đã thông quan hết."


async def says(officer: Citizen, action: Action, ticket: Ticket, words: str) -> None:
    await officer.presses_payload(write(action, ticket.id))
    await officer.says(words)


async def join(officer: Citizen, ticket: Ticket, into: Ticket) -> None:
    await officer.presses_payload(write(Action.JOIN, ticket.id, f"{into.id}{SURE}"))
    await officer.town.passes(minutes=1)


async def facts(town: Town) -> Sequence[CycleFact]:
    return (await town.db.read(lambda db: counted(db, town.cfg)))[0]


async def held(town: Town, *words: str) -> tuple[Citizen, list[Citizen], list[Ticket]]:
    """An holds what each of as many drivers wrote."""
    an, drivers = await town.staff("Cán bộ An", gate="HN"), []
    for number, text in enumerate(words):
        drivers.append(town.citizen(f"Lái xe {number + 1}"))
        await drivers[-1].says(text)
        await an.presses_payload(write(Action.CLAIM, (await town.tickets())[-1].id))
    return an, drivers, list(await town.tickets())


async def test_a_finished_cycle_its_rating_and_its_reopening_stay_counted(town: Town) -> None:
    an, (nam, _), (first, second) = await held(town, JAM, SAME)
    await says(an, Action.RESOLVE, first, DONE)
    await nam.presses("Không hài lòng")
    await nam.presses("Mở lại")
    before = await facts(town)
    await join(an, (await town.tickets())[0], second)
    after = await facts(town)
    assert len(before) == 3
    assert len(after) == 2, "only the cycle that goes on under the other code is not counted twice"
    (kept,) = [fact for fact in after if fact.resolved_at is not None]
    assert kept.ratings == (Score.BAD,)
    assert kept.reopened_in_time


async def test_a_due_time_that_passed_in_a_pause_is_undecided_until_joining_ends_the_pause(
    town: Town,
) -> None:
    an, _, (first,) = await held(town, JAM)
    await says(an, Action.ASK, first, "Đoàn xe bắt đầu từ đâu?")
    await town.until(19, 30)
    (paused,) = await facts(town)
    seen = figures([paused] * 5, town.clock.now())
    assert (seen.same_day.of, seen.open_overdue) == (0, 0)
    await an.says("/viec")
    assert first.code in an.reads()[-1]
    assert "🔴" not in an.reads()[-1]

    await town.citizen("Chị Lan").says(SAME)
    second = (await town.tickets())[1]
    await join(an, first, second)
    joined = (await town.tickets())[1]
    assert hanoi(joined.due_at) == "22/11 19:00"
    assert joined.breached_at == joined.due_at
    (missed,) = await facts(town)
    assert figures([missed] * 5, town.clock.now()).open_overdue == 5


async def test_while_both_wait_for_their_senders_the_pause_protects_both(town: Town) -> None:
    an, (nam, _), (first, second) = await held(town, JAM, SAME)
    await says(an, Action.ASK, first, "Đoàn xe bắt đầu từ đâu?")
    await says(an, Action.ASK, second, "Bãi số mấy?")
    await town.until(19, 30)
    await join(an, *(await town.tickets()))
    joined = (await town.tickets())[1]
    assert (joined.status, joined.breached_at) == (Status.WAITING_SENDER, None)
    await nam.says("Từ cây xăng")
    joined = (await town.tickets())[1]
    assert (hanoi(joined.due_at), joined.breached_at) == ("23/11 19:00", None)


async def test_a_pause_after_the_breach_does_not_undo_the_miss(town: Town) -> None:
    an, (nam,), (first,) = await held(town, JAM)
    await town.until(19, 30)
    await says(an, Action.ASK, first, "Đoàn xe bắt đầu từ đâu?")
    await nam.says("Từ cây xăng")
    await says(an, Action.RESOLVE, first, DONE)
    (fact,) = await facts(town)
    assert hanoi((await town.tickets())[0].due_at) == "23/11 19:00"
    assert figures([fact] * 5, town.clock.now()).same_day.kept == 0


async def test_a_carrier_that_is_joined_once_more_keeps_what_each_sender_had_read(town: Town) -> None:
    an, _, (own, carrier, last) = await held(town, JAM, SAME, THIRD)
    await town.passes(minutes=5)
    await join(an, own, carrier)
    await says(an, Action.REPLY, carrier, "Đã cử người điều tiết.")
    await says(an, Action.REPLY, last, "Chuyện riêng của lái xe thứ ba.")
    await town.passes(minutes=1)
    await join(an, carrier, last)
    await says(an, Action.REPLY, last, "Làn số 2 đã thông.")
    stranger = town.citizen("Chủ hàng")
    await stranger.says(f"/tracuu {own.code} {own.key}")
    shown = stranger.reads()[-1]
    assert "Đã cử người điều tiết." in shown
    assert "Làn số 2 đã thông." in shown
    assert "Chuyện riêng" not in shown


async def test_a_ticket_of_its_own_shows_what_was_answered(town: Town) -> None:
    an, (nam,), (own,) = await held(town, JAM)
    await says(an, Action.REPLY, own, "Đã cử người điều tiết.")
    await nam.says(f"/tracuu {own.code} {own.key}")
    assert own.code in nam.reads()[-1]
    assert "Đã cử người điều tiết." in nam.reads()[-1]


async def test_a_joined_code_shows_its_own_time_of_receipt(town: Town) -> None:
    an, _, (first,) = await held(town, JAM)
    await town.until(15, 32)
    lan = town.citizen("Chị Lan")
    await lan.says(SAME)
    second = (await town.tickets())[1]
    await join(an, second, first)
    await lan.says(f"/tracuu {second.code} {second.key}")
    assert "15:32" in lan.reads()[-1]


async def test_the_card_opens_with_its_own_words_and_tells_whose_the_newest_are(town: Town) -> None:
    an, (nam, lan), (first, second) = await held(town, f"{JAM}, xe 12C-123.45", SAME)
    await join(an, first, second)
    await an.presses_payload(write(Action.SHOW, second.id))
    card = an.reads()[-1]
    assert card.index("tắc cứng") < card.index("kẹt xe từ sáng")
    assert f"của người phản ánh {first.code}" in card
    await nam.says("Thêm một xe chết máy")
    assert f"mang mã {first.code}" in an.newest("chết máy").text
    await lan.says("Bãi đầy rồi")
    assert f"mang mã {second.code}" in an.newest("Bãi đầy rồi").text


async def test_the_plate_of_the_second_sender_stands_on_the_card(town: Town) -> None:
    an, (nam, _), (first, second) = await held(town, JAM, SAME)
    await nam.presses_payload(write(Action.DETAIL, first.id, "plate"))
    await nam.says("12C-123.45")
    plate = (await town.tickets())[0].plate
    await join(an, first, second)
    await an.presses_payload(write(Action.SHOW, second.id))
    assert f"{first.code} (xe {plate})" in an.reads()[-1]


async def test_each_sender_has_a_rating_of_their_own_and_each_counts(town: Town) -> None:
    an, (nam, lan), (first, second) = await held(town, JAM, SAME)
    await join(an, second, first)
    await says(an, Action.RESOLVE, first, DONE)
    await nam.presses("Không hài lòng")
    await lan.presses("Hài lòng")
    (fact,) = await facts(town)
    assert fact.ratings == (Score.BAD, Score.GOOD)
    await nam.presses("Chấp nhận được")
    (fact,) = await facts(town)
    assert sorted(fact.ratings) == [Score.FAIR, Score.GOOD], "of each sender the last word holds"


@pytest.mark.parametrize(("button", "joins"), [("Gộp", True), ("Không", False)])
async def test_it_is_asked_once_more_before_two_tickets_become_one(
    town: Town, button: str, joins: bool
) -> None:
    an, _, (first, second) = await held(town, JAM, SAME)
    await an.presses_payload(write(Action.JOIN, second.id))
    await an.presses(f"Gộp vào …{first.code[5:]}")
    assert (await town.tickets())[1].joined_to is None
    assert f"Gộp phiếu {second.code} vào phiếu {first.code}?" in an.reads()[-1]
    await an.presses(button)
    assert ((await town.tickets())[1].joined_to == first.id) is joins


@pytest.mark.parametrize("foreign", [0, 1])
async def test_what_a_colleague_holds_is_joined_only_by_who_may_hand_it_on(town: Town, foreign: int) -> None:
    an, binh = await town.staff("Cán bộ An", gate="HN"), await town.staff("Bình", gate="HN")
    for number, text in enumerate((JAM, SAME)):
        await town.citizen(f"Lái xe {number}").says(text)
        ticket = (await town.tickets())[-1]
        await (binh if number == foreign else an).presses_payload(write(Action.CLAIM, ticket.id))
    first, second = await town.tickets()
    for argument in (f"{second.id}", f"{second.id}{SURE}"):
        await an.presses_payload(write(Action.JOIN, first.id, argument))
        assert "Bình" in an.reads()[-1]
    assert (await town.tickets())[0].joined_to is None
    head = await town.staff("Trưởng ca Hoa", gate="HN", is_head=True)
    await join(head, first, second)
    assert (await town.tickets())[0].joined_to == second.id


async def test_a_leader_may_join_what_others_hold(town: Town) -> None:
    _, _, (first, second) = await held(town, JAM, SAME)
    await join(await town.staff("Lãnh đạo Giang", Role.LEADER), first, second)
    assert (await town.tickets())[0].joined_to == second.id
