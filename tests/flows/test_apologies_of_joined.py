"""A missed promise is apologised for to those whose time it was: of several who told one matter not to the others – yet."""

from bot.payloads import SURE, Action, write
from core.ticket import Status
from tests.clock_cast import hanoi
from tests.town import Citizen, Town

JAM = "Hữu Nghị: kẹt xe từ sáng, không ai điều tiết"
SAME = "Hữu Nghị: đường vào bãi tắc cứng"


def apologies(sender: Citizen) -> int:
    return sum("xin lỗi" in text and "Hẹn trả lời mới" in text for text in sender.reads())


async def test_a_time_that_passed_in_a_pause_concerns_only_whose_it_was(town: Town) -> None:
    an = await town.staff("Cán bộ An", gate="HN")
    nam, lan = town.citizen("Lái xe Nam"), town.citizen("Chị Lan")
    await nam.says(JAM)
    await an.presses("Nhận xử lý")
    await an.presses("Hỏi thêm")
    await an.says("Đoàn xe bắt đầu từ đâu?")
    await town.until(19, 30)
    await lan.says(SAME)
    first, second = await town.tickets()
    assert hanoi(second.due_at) == "23/11 19:00"

    await an.presses_payload(write(Action.JOIN, first.id, f"{second.id}{SURE}"))
    await town.passes(minutes=1)
    joined = (await town.tickets())[1]
    assert joined.breached_at == joined.due_at == first.due_at
    assert nam.sees("xin lỗi")
    assert not lan.sees("xin lỗi"), "nothing that she was promised has passed"

    await town.until(19, 1, days=1)
    assert lan.sees("xin lỗi"), "now it has"
    assert apologies(nam) == 1
    assert apologies(lan) == 1


async def test_whoever_read_the_earlier_time_is_apologised_to_when_it_passes(town: Town) -> None:
    an = await town.staff("Cán bộ An", gate="HN")
    nam, lan = town.citizen("Nam"), town.citizen("Lan")
    await town.until(16, 30)
    await nam.says(JAM)
    await town.until(17, 30)
    await lan.says(SAME)
    early, late = await town.tickets()
    await an.presses_payload(write(Action.JOIN, late.id, f"{early.id}{SURE}"))
    assert "19:00 hôm nay" in lan.reads()[-1]
    await town.until(19, 1)
    assert nam.sees("xin lỗi")
    assert lan.sees("xin lỗi")


async def test_nobody_is_apologised_to_for_a_time_that_was_kept(town: Town) -> None:
    an = await town.staff("Cán bộ An", gate="HN")
    nam, lan = town.citizen("Nam"), town.citizen("Lan")
    await town.until(16, 30)
    await nam.says(JAM)
    await town.until(17, 30)
    await lan.says(SAME)
    early, late = await town.tickets()
    await an.presses_payload(write(Action.JOIN, early.id, f"{late.id}{SURE}"))
    await town.until(19, 1)
    assert nam.sees("xin lỗi")
    assert not lan.sees("xin lỗi")
    await an.presses_payload(write(Action.CLAIM, late.id))
    await an.presses_payload(write(Action.RESOLVE, late.id))
    await an.says("Đã điều tiết xong làn xe, các xe chờ đã thông quan hết.")
    assert (await town.tickets())[1].status is Status.RESOLVED
    await town.until(12, 0, days=1)
    assert not lan.sees("xin lỗi")


async def test_whoever_is_joined_to_a_late_matter_is_not_told_of_a_time_that_was_not_theirs(
    town: Town,
) -> None:
    an = await town.staff("Cán bộ An", gate="HN")
    nam, lan = town.citizen("Nam"), town.citizen("Lan")
    await nam.says(JAM)
    await town.until(19, 30)
    await lan.says(SAME)
    late, fresh = await town.tickets()
    await an.presses_payload(write(Action.JOIN, fresh.id, f"{late.id}{SURE}"))
    assert "cùng một việc" in lan.reads()[-1]
    assert not lan.sees("Đã quá giờ hẹn")
    await town.until(19, 1, days=1)
    assert (apologies(nam), apologies(lan)) == (1, 1)


async def test_after_downtime_the_later_apology_is_still_made_and_once(town: Town) -> None:
    an = await town.staff("Cán bộ An", gate="HN")
    nam, lan = town.citizen("Nam"), town.citizen("Lan")
    await town.until(16, 30)
    await nam.says(JAM)
    await town.until(17, 30)
    await lan.says(SAME)
    early, late = await town.tickets()
    await an.presses_payload(write(Action.JOIN, early.id, f"{late.id}{SURE}"))
    await town.until(19, 1)
    assert (apologies(nam), apologies(lan)) == (1, 0)
    town.clock.passes(days=1, hours=3)  # nobody beats: 22:01 of the next day, the gate is shut
    await town.beats()
    await town.until(12, 0, days=1)
    assert (apologies(nam), apologies(lan)) == (1, 1)
