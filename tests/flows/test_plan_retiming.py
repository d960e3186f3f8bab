"""Reminders counted anew: a holiday that is entered later, a document's own settings; and tasks that two units lead."""

from collections.abc import AsyncIterator
from datetime import UTC, date, datetime, time
from pathlib import Path

import pytest

from core.calendar import TZ
from core.errors import Refused
from core.people import Role
from services import editing, retiming
from services.editing import BadData
from services.verify import verify
from storage.database import Connection
from tests.plan_cast import (
    CENTRE,
    OFFICE,
    REPORT,
    applies,
    count,
    draft,
    due,
    hanoi,
    history,
    office,
    row,
    the_task,
    to_come,
)
from tests.town import Town, opened_town


@pytest.fixture
async def autumn(tmp_path: Path) -> AsyncIterator[Town]:
    """Thursday 1/10/2026, 09:00."""
    async with opened_town(tmp_path, datetime(2026, 10, 1, 2, 0, tzinfo=UTC)) as town:
        yield town


async def is_off(town: Town, *days: date, kind: str = "off") -> None:
    now = town.clock.now()

    def errand(db: Connection) -> None:
        rows = "".join(f'\n[[{kind}]]\ndate = {day}\nname = "Thêm"\n' for day in days)
        editing.store_text(db, "holidays", editing.text_of(db, "holidays") + rows, now)

    await town.db.write(errand)


async def changes(town: Town, **wanted: object) -> None:
    now = town.clock.now()
    await town.db.write(lambda db: retiming.change_settings(db, "12/kh-bqlkktck", now, **wanted))


async def test_a_holiday_on_the_last_day_moves_the_working_deadline_back_and_the_legal_one_not(
    autumn: Town,
) -> None:
    await office(autumn)
    await applies(autumn, draft(row("1", REPORT, due(date(2026, 11, 29)))))

    await is_off(autumn, date(2026, 11, 27))

    task = await the_task(autumn)
    assert (hanoi(task.due_at), hanoi(task.working_due_at)) == ("29/11 23:59", "26/11 17:00")
    assert (await to_come(autumn, task))["T-0"] == "26/11 07:45"
    told = (await history(autumn, task))[-1]
    assert (told.data["fields"], told.data["from"][:10], told.data["to"][:10]) == (
        "working_due_at",
        "2026-11-27",
        "2026-11-26",
    )
    assert await autumn.db.read(lambda db: list(verify(db).findings)) == []


async def test_a_swapped_saturday_moves_it_forward_but_never_past_the_legal_day(autumn: Town) -> None:
    await office(autumn)
    await applies(autumn, draft(row("1", REPORT, due(date(2026, 11, 29)))))
    await is_off(autumn, date(2026, 11, 28), kind="worked")
    assert hanoi((await the_task(autumn)).working_due_at) == "28/11 17:00"
    await is_off(autumn, date(2026, 11, 29), kind="worked")
    assert hanoi((await the_task(autumn)).working_due_at) == "29/11 17:00"


async def test_who_acknowledged_need_not_again_and_hears_nothing_twice(autumn: Town) -> None:
    people = await office(autumn)
    await applies(autumn, draft(row("1", REPORT, due(date(2026, 11, 29)))))
    await autumn.goes_on_until(datetime(2026, 10, 2, 8, tzinfo=TZ))
    await people.officer.presses("Đã nhận")
    heard = len(people.officer.reads())

    await is_off(autumn, date(2026, 11, 27))
    await autumn.goes_on_until(datetime(2026, 10, 5, 18, tzinfo=TZ))

    assert (await the_task(autumn)).acknowledged_by == people.officer.person_id
    assert len(people.officer.reads()) == heard


async def test_what_is_overdue_goes_on_being_nagged_about(autumn: Town) -> None:
    people = await office(autumn)
    await applies(autumn, draft(row("1", REPORT, due(date(2026, 10, 9)))))
    await autumn.goes_on_until(datetime(2026, 10, 12, 8, tzinfo=TZ))
    assert people.officer.sees("uá hạn")
    before = count(people.officer, "uá hạn")

    await is_off(autumn, date(2026, 11, 27))
    await changes(autumn, overdue_every=1)

    await autumn.goes_on_until(datetime(2026, 10, 14, 8, tzinfo=TZ))
    assert count(people.officer, "uá hạn") > before


async def test_a_month_without_a_working_day_is_refused_and_nothing_moves(autumn: Town) -> None:
    await office(autumn)
    await applies(autumn, draft(row("1", REPORT, due(date(2026, 11, 29)))))
    before = await the_task(autumn)
    weeks = [date(2026, 10, 25 + n) for n in range(7)] + [date(2026, 11, n) for n in range(1, 31) if n != 24]
    with pytest.raises(BadData, match="30 ngày liền"):
        await is_off(autumn, *weeks)
    assert await the_task(autumn) == before
    assert "2026-10-26" not in await autumn.db.read(lambda db: editing.text_of(db, "holidays"))


async def test_a_documents_settings_count_what_is_left_anew(autumn: Town) -> None:
    people = await office(autumn)
    await applies(autumn, draft(row("1", REPORT, due(date(2026, 11, 29)))))
    await autumn.goes_on_until(datetime(2026, 10, 2, 8, tzinfo=TZ))
    heard = len(people.officer.reads())

    await changes(autumn, days_before=(5, 2), morning=time(8, 15))

    assert await to_come(autumn, await the_task(autumn)) == {
        "T-5": "19/11 08:15",
        "T-2": "25/11 08:15",
        "T-0": "27/11 08:15",
        "overdue": "29/11 23:59",
    }
    await autumn.goes_on_until(datetime(2026, 10, 5, 18, tzinfo=TZ))
    assert len(people.officer.reads()) == heard


@pytest.mark.parametrize(
    ("wanted", "code"),
    [
        ({"days_before": ()}, "bad_days_before"),
        ({"days_before": (3, 3)}, "bad_days_before"),
        ({"days_before": (0,)}, "bad_days_before"),
        ({"overdue_every": 0}, "bad_overdue_every"),
        ({"morning": time(17)}, "bad_morning"),
        ({"morning": time(4, 59)}, "bad_morning"),
    ],
)
async def test_settings_that_would_remind_nobody_are_refused(
    autumn: Town, wanted: dict[str, object], code: str
) -> None:
    await applies(autumn, draft(row("1", REPORT, due(date(2026, 11, 29)))))
    before = await to_come(autumn, await the_task(autumn))
    with pytest.raises(Refused, match=code):
        await changes(autumn, **wanted)
    assert await to_come(autumn, await the_task(autumn)) == before


async def test_every_unit_that_leads_is_reminded_and_progress_counts_once(autumn: Town) -> None:
    people = await office(autumn)
    await applies(autumn, draft(row("1", REPORT, due(date(2026, 11, 29)), CENTRE, OFFICE)))
    task = await the_task(autumn)
    assert task.units == ("TTQLCK", "VP")

    await autumn.goes_on_until(datetime(2026, 10, 2, 8, tzinfo=TZ))
    assert people.officer.sees("Đề nghị Trung tâm Quản lý cửa khẩu, Văn phòng thực hiện")
    assert people.clerk.sees(REPORT)

    await people.clerk.presses("Đã nhận")
    await people.officer.says("/nhiemvu 1")
    await people.officer.presses("Cập nhật tiến độ")
    await people.officer.says("60% phần của Trung tâm")

    task = await the_task(autumn)
    assert (task.progress, task.acknowledged_by) == (60, people.clerk.person_id)
    await people.clerk.says("/nhiemvu")
    assert people.clerk.sees("Tất cả nhiệm vụ đang mở: 1")


async def test_of_two_leads_the_one_without_anybody_is_named_at_import(autumn: Town) -> None:
    await autumn.staff("Minh", Role.OFFICER, unit="TTQLCK")
    applied = await applies(autumn, draft(row("1", REPORT, due(date(2026, 11, 29)), CENTRE, OFFICE)))
    assert applied.unlinked == ("Văn phòng",)


async def test_a_unit_that_still_shares_a_task_cannot_be_left_out_of_the_data(autumn: Town) -> None:
    await applies(autumn, draft(row("1", REPORT, due(date(2026, 11, 29)), CENTRE, OFFICE)))
    now = autumn.clock.now()

    def leaves_out(db: Connection) -> None:
        text = editing.text_of(db, "units")
        kept = [line for line in text.splitlines() if not line.startswith("VP,")]
        assert len(kept) < len(text.splitlines())
        editing.store_text(db, "units", "\n".join(kept) + "\n", now)

    with pytest.raises(Refused):
        await autumn.db.write(leaves_out)
