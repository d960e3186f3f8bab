"""Lists and cards of plan tasks that drown nobody: what matters first, no more to press than is shown, nothing pressed twice."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from core.calendar import TZ
from core.plan import Confidence, Deadline, Recurrence
from tests.plan_cast import FINANCE, REPORT, Office, applies, draft, due, office, row
from tests.town import Bubble, Town, opened_town

Desk = tuple[Town, Office]


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Desk]:
    """Friday 2/10/2026, 08:00: the first notice of the report has just arrived."""
    async with opened_town(tmp_path, datetime(2026, 10, 1, 2, 0, tzinfo=UTC)) as town:
        people = await office(town)
        await applies(town, draft(row("1", REPORT, due(date(2026, 11, 29)))))
        await town.goes_on_until(datetime(2026, 10, 2, 8, 0, tzinfo=TZ))
        yield town, people


def labels(bubble: Bubble) -> list[str]:
    return [button.label for row in bubble.buttons for button in row]


async def test_the_pressed_reminder_shows_who_took_note(desk: Desk) -> None:
    _, people = desk
    await people.officer.presses("Đã nhận")
    reminder = people.officer.newest("Nhiệm vụ trong kế hoạch")
    assert "Đã nhận: Minh" in reminder.text
    assert "Chưa có ai bấm" not in reminder.text
    assert "Đã nhận" not in labels(reminder)


async def test_what_was_accepted_can_not_be_accepted_again(desk: Desk) -> None:
    _, people = desk
    await people.officer.presses("Hoàn thành")
    await people.officer.says("Xong, biên bản số 45")
    await people.head.presses("Chấp nhận")
    assert "Chấp nhận" not in labels(people.head.newest("báo hoàn thành"))


async def test_of_a_monthly_series_the_current_month_comes_first_and_the_rest_is_a_list(desk: Desk) -> None:
    town, people = desk
    months = Deadline(
        "ngày 28 hằng tháng", date(2026, 1, 1), date(2026, 1, 28), Recurrence.MONTHLY, Confidence.SURE
    )
    await applies(town, draft(row("3", "Báo cáo tháng", replace(months, until=date(2026, 12, 31)))))
    before = len(people.officer.bubbles())

    await people.officer.says("/nhiemvu 3")

    *cards, rest = people.officer.bubbles()[before:]
    assert ["trước ngày 29/10/2026" in one.text for one in cards] == [True, False, False]
    assert "… và 9 mục khác cùng số 3" in rest.text
    assert labels(rest)[0] == "Mở 3 (28/01)"
    assert len(set(labels(rest))) == len(labels(rest)) == 9


async def test_mondays_digest_counts_what_was_late_at_import_apart(desk: Desk) -> None:
    town, people = desk
    late = [row(str(n), f"Việc cũ {n}", due(date(2026, 8, n))) for n in range(10, 25)]
    await applies(
        town, draft(*late, row("30", "Việc trễ thật", due(date(2026, 10, 4))), number="13/KH-BQLKKTCK")
    )
    await town.goes_on_until(datetime(2026, 10, 5, 8, tzinfo=TZ))
    digest = people.clerk.newest("Nhiệm vụ kế hoạch, tuần từ 05/10/2026").text
    assert "Quá hạn: 1\n🔴 30. Việc trễ thật" in digest
    assert "Đã quá hạn trước khi theo dõi: 15" in digest
    assert "Việc cũ" not in digest


async def test_one_press_takes_note_of_no_more_than_is_shown(desk: Desk) -> None:
    town, people = desk
    many = [row(str(n), f"Việc số {n}", due(date(2026, 12, 20))) for n in range(100, 145)]
    await applies(town, draft(*many, number="13/KH-BQLKKTCK"))
    before = len(people.officer.bubbles())
    await town.goes_on_until(datetime(2026, 10, 5, 8, tzinfo=TZ))
    shown = "\n".join(one.text for one in people.officer.bubbles()[before:])

    await people.officer.presses("Đã nhận tất cả (45)")

    assert all(f"Việc số {n}" in shown for n in range(100, 145))
    assert people.officer.sees("Đã ghi nhận 45 nhiệm vụ")
    assert not any("Đã nhận tất cả" in one for bubble in people.officer.bubbles() for one in labels(bubble))


async def test_a_row_of_another_agency_says_whose_it_is_and_offers_nothing(desk: Desk) -> None:
    town, people = desk
    plan = draft(row("77", "Thu ngân sách", due(date(2026, 12, 31)), FINANCE), number="215/KH-UBND")
    await applies(town, replace(plan, document=replace(plan.document, issuer="UBND tỉnh Lạng Sơn")))
    await people.clerk.says("/nhiemvu 77")
    card = people.clerk.newest("Nhiệm vụ 77")
    assert "Không thuộc nhiệm vụ của Ban Quản lý. Đơn vị chủ trì: Sở Tài chính" in card.text
    assert "Đề nghị" not in card.text
    assert card.buttons == ()


async def test_a_period_without_a_last_day_is_named_as_it_is_written(desk: Desk) -> None:
    town, people = desk
    yearly = Deadline("hàng năm", recurrence=Recurrence.YEARLY)
    await applies(town, draft(row("9", "Gắn vào nhiệm vụ", yearly), number="13/KH-BQLKKTCK"))
    await people.clerk.says("/nhiemvu 9")
    assert "văn bản ghi «hàng năm», chưa ghi ngày cuối" in people.clerk.newest("Gắn vào nhiệm vụ").text
