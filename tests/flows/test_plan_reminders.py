"""A deadline of the plan, from the import to the head's "Chấp nhận": reminded, acknowledged or escalated, done with evidence."""

from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from core.calendar import TZ
from core.task import TaskStatus
from tests.plan_cast import (
    REPORT,
    Office,
    applies,
    draft,
    due,
    hanoi,
    history,
    kinds,
    office,
    row,
    the_task,
    to_come,
)
from tests.town import Town, opened_town

# "trước ngày 30/11/2026": legal Sunday 29/11 23:59, working Friday 27/11 17:00; Tuesday 24/11 is a holiday.
BEFORE_30_NOVEMBER = due(date(2026, 11, 29))
AUTUMN = datetime(2026, 10, 1, 2, 0, tzinfo=UTC)


@pytest.fixture
async def autumn(tmp_path: Path):
    """Thursday 1/10/2026, 09:00."""
    async with opened_town(tmp_path, AUTUMN) as town:
        yield town


async def report_is_due(town: Town) -> Office:
    people = await office(town)
    await applies(town, draft(row("1", REPORT, BEFORE_30_NOVEMBER)))
    return people


async def test_the_ladder_counts_working_days_back_from_the_last_office_hours(autumn: Town) -> None:
    await report_is_due(autumn)

    task = await the_task(autumn)

    assert hanoi(task.due_at) == "29/11 23:59"
    assert hanoi(task.working_due_at) == "27/11 17:00"
    assert await to_come(autumn, task) == {
        "first": "02/10 07:45",
        "T-30": "15/10 07:45",
        "T-14": "06/11 07:45",
        "T-7": "17/11 07:45",
        "T-3": "23/11 07:45",
        "T-1": "26/11 07:45",
        "T-0": "27/11 07:45",
        "overdue": "29/11 23:59",
    }


async def test_reminded_acknowledged_done_with_evidence_and_accepted(autumn: Town) -> None:
    people = await report_is_due(autumn)

    await autumn.until(7, 46, days=1)
    assert people.officer.sees("Đề nghị Trung tâm Quản lý cửa khẩu thực hiện trước ngày 30/11/2026")
    assert people.officer.sees("Hạn: hết Chủ nhật 29/11/2026 · theo giờ làm việc: 17:00 thứ Sáu 27/11/2026")
    assert not people.head.sees(REPORT)

    await people.officer.presses("Đã nhận")
    assert (await the_task(autumn)).acknowledged_by == people.officer.person_id

    await people.officer.presses("Cập nhật tiến độ")
    await people.officer.says("60% đã xong phần số liệu")
    assert (await the_task(autumn)).progress == 60

    await people.officer.presses("Hoàn thành")
    await people.officer.says("Báo cáo số 45/BC-BQLKKTCK đã gửi ngày 20/11.")
    assert (await the_task(autumn)).status is TaskStatus.SUBMITTED
    assert people.head.sees("Báo cáo số 45/BC-BQLKKTCK")

    await people.head.presses("Chấp nhận")
    done = await the_task(autumn)
    assert (done.status, done.progress) == (TaskStatus.DONE, 100)
    assert people.officer.sees("Đã được chấp nhận hoàn thành")
    assert await to_come(autumn, done) == {}
    assert (await kinds(autumn, done))[-3:] == ["progressed", "submitted", "accepted"]


async def test_what_nobody_acknowledges_climbs_to_the_head_the_office_and_a_leader(autumn: Town) -> None:
    people = await report_is_due(autumn)

    await autumn.goes_on_until(datetime(2026, 10, 15, 8, tzinfo=TZ))
    assert people.head.sees(REPORT)
    assert people.head.sees("Chưa có ai ở Trung tâm Quản lý cửa khẩu bấm «Đã nhận»")
    assert not people.clerk.sees("⏰")
    await autumn.goes_on_until(datetime(2026, 11, 8, tzinfo=TZ))
    assert people.clerk.sees("⏰")
    assert not people.leader.sees(REPORT)
    await autumn.goes_on_until(datetime(2026, 11, 18, tzinfo=TZ))
    assert people.leader.sees(REPORT)

    await people.colleague.presses("Đã nhận")
    before = len(people.leader.reads())
    await autumn.goes_on_until(datetime(2026, 11, 27, 12, tzinfo=TZ))
    assert len(people.leader.reads()) == before
    assert people.officer.sees("Hôm nay là ngày làm việc cuối cùng trước hạn")


async def test_overdue_is_a_fact_at_the_legal_minute_and_heard_of_in_the_morning(autumn: Town) -> None:
    people = await report_is_due(autumn)
    await autumn.goes_on_until(datetime(2026, 11, 29, 12, tzinfo=TZ))
    before = len(people.officer.reads())

    await autumn.goes_on_until(datetime(2026, 11, 30, 7, 0, tzinfo=TZ))
    late = await the_task(autumn)
    assert hanoi(late.overdue_at) == "29/11 23:59"
    assert len(people.officer.reads()) == before

    await autumn.goes_on_until(datetime(2026, 11, 30, 8, 0, tzinfo=TZ))
    assert people.officer.newest("🔴 Đã quá hạn")
    assert people.clerk.sees("🔴 Đã quá hạn 1 ngày")
    assert await to_come(autumn, late) == {"nag": "02/12 07:45"}


async def test_after_downtime_only_the_newest_rung_speaks_and_says_since_when(autumn: Town) -> None:
    people = await report_is_due(autumn)
    autumn.clock.at = datetime(2026, 11, 17, 9, 30, tzinfo=TZ)
    await autumn.beats()

    assert sum(REPORT in text for text in people.officer.reads()) == 1
    assert people.officer.sees("đáng lẽ lúc 07:45 17/11/2026")
    reminded = [event for event in await history(autumn, await the_task(autumn)) if event.kind == "reminded"]
    assert [(event.data["stage"], hanoi(event.at), hanoi(event.noticed_at)) for event in reminded] == [
        ("T-7", "17/11 07:45", "17/11 09:30")
    ]
