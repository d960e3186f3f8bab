"""A plan that arrives in a chat: read apart from every errand, reviewed, applied by a press; and Monday's digest."""

from collections.abc import AsyncIterator
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
import sqlalchemy as sa

from bot.inbound import File
from core.calendar import TZ
from core.people import Role
from services import editing
from storage import plans
from tests.plan_cast import (
    ANNEX,
    DOCUMENTS,
    OWN_PLAN,
    REPORT,
    applies,
    count,
    draft,
    due,
    hanoi,
    kinds,
    office,
    row,
    the_task,
    the_tasks,
    to_come,
)
from tests.town import Citizen, Town, opened_town


@pytest.fixture
async def june(tmp_path: Path) -> AsyncIterator[Town]:
    """Thursday 11/6/2026, 09:00."""
    async with opened_town(tmp_path, datetime(2026, 6, 11, 2, 0, tzinfo=UTC)) as town:
        yield town


async def sends_plan(citizen: Citizen, content: bytes, name: str) -> None:
    file_id = f"plan{len(citizen.town.channel.files)}"
    citizen.town.channel.files[file_id] = content
    file = File("document", file_id, name, size=len(content))
    await citizen.sends("document", files=(file,))


async def test_the_office_sends_the_file_reviews_and_applies_it(june: Town) -> None:
    clerk = await june.staff("Dung Văn phòng", Role.OFFICE)

    await sends_plan(clerk, (DOCUMENTS / ANNEX).read_bytes(), ANNEX)

    assert clerk.sees(f"Đang đọc tệp «{ANNEX}»")
    review = clerk.newest("Dự thảo nhiệm vụ từ tệp")
    assert "60 nhiệm vụ: Ban Quản lý chủ trì 1" in review.text
    assert clerk.sees("Số 10 (dòng 24): chưa ghi sản phẩm")
    assert await the_tasks(june) == []

    await clerk.presses("Nhắc hằng tháng")
    assert clerk.sees("Việc cả năm: nhắc cập nhật hằng tháng")
    offering = [
        one for one in clerk.bubbles() if any("Áp dụng" in b.label for row in one.buttons for b in row)
    ]
    assert len(offering) == 1  # the message that was pressed is the one that changed
    await clerk.presses("Áp dụng")

    assert clerk.sees("✅ Đã áp dụng: 215/KH-UBND")
    assert not any("Áp dụng" in b.label for one in clerk.bubbles() for row in one.buttons for b in row)
    applied = await june.db.read(plans.applied)
    assert [(one.status, one.settings["checkins"]) for one in applied] == [("applied", "monthly")]
    assert "checkin-2026-07" in await to_come(june, await the_task(june, "10"))


async def test_an_administrator_may_too_and_dropping_changes_nothing(june: Town) -> None:
    admin = await june.staff("Quản trị Hải", Role.ADMIN)
    await sends_plan(admin, (DOCUMENTS / OWN_PLAN).read_bytes(), OWN_PLAN)
    offered = [button for bubble in admin.bubbles() for row in bubble.buttons for button in row]
    apply = next(button for button in offered if button.label == "Áp dụng")
    await admin.presses("Bỏ")
    assert admin.sees("Đã bỏ dự thảo")
    assert "Áp dụng" not in admin.buttons()
    await admin.presses_payload(apply.payload)
    assert admin.sees("đã được áp dụng hoặc đã bỏ")
    assert await the_tasks(june) == []


@pytest.mark.parametrize(
    ("content", "name"), [(b"", "rong.docx"), (b"PK\x03\x04junk", "hong.xlsx"), (b"a,b\n1,2\n", "bang.csv")]
)
async def test_a_bad_file_is_one_clear_sentence_and_nothing_is_stored(
    june: Town, content: bytes, name: str
) -> None:
    clerk = await june.staff("Dung Văn phòng", Role.OFFICE)
    await sends_plan(clerk, content, name)
    assert clerk.sees(f"Không đọc được tệp «{name}»:")
    assert (
        await june.db.read(lambda db: db.execute(sa.text("SELECT count(*) FROM plan_documents")).scalar())
        == 0
    )


async def test_a_document_of_somebody_else_is_no_plan(june: Town) -> None:
    officer = await june.staff("Minh", Role.OFFICER, unit="TTQLCK")
    driver = june.citizen("Lái xe Nam")
    for one in (officer, driver):
        await sends_plan(one, (DOCUMENTS / ANNEX).read_bytes(), ANNEX)
        assert not one.sees("Đang đọc tệp")
    assert len(await june.tickets()) == 1  # the driver's


async def test_a_file_that_never_comes_is_told(june: Town) -> None:
    clerk = await june.staff("Dung Văn phòng", Role.OFFICE)
    await clerk.sends("document", files=(File("document", "nowhere", "ke-hoach.docx"),))
    for _ in range(8):
        await june.passes(minutes=2)
    assert clerk.sees("Không đọc được tệp «ke-hoach.docx»: tệp không tải về được")


async def test_mondays_digest_tells_the_office_what_is_late_unheard_and_due(june: Town) -> None:
    people = await office(june)
    await applies(
        june,
        draft(
            row("1", "Việc đã quá hạn", due(date(2026, 6, 30))),
            row("2", "Việc sắp tới hạn", due(date(2026, 7, 14))),
            row("3", "Việc còn xa", due(date(2026, 12, 31))),
        ),
    )
    await june.goes_on_until(datetime(2026, 7, 6, 8, tzinfo=TZ))

    assert count(people.clerk, "Nhiệm vụ kế hoạch, tuần từ") == 4
    digest = people.clerk.newest("Nhiệm vụ kế hoạch, tuần từ 06/07/2026").text
    assert "Quá hạn: 1\n🔴 1. Việc đã quá hạn" in digest
    assert "Đến hạn trong 14 ngày: 1\n" in digest
    assert "• Trung tâm Quản lý cửa khẩu: 🔴 1" in digest
    assert not people.officer.sees("tuần từ")


async def test_the_week_begins_after_a_holiday_monday(june: Town) -> None:
    people = await office(june)
    await applies(june, draft(row("1", REPORT, due(date(2026, 12, 31)))))
    # 31/8–2/9/2026 are days off: that week begins on Thursday 3/9.
    await june.goes_on_until(datetime(2026, 9, 2, 23, tzinfo=TZ))
    assert not people.clerk.sees("tuần từ 31/08/2026")
    await june.goes_on_until(datetime(2026, 9, 3, 8, tzinfo=TZ))
    assert people.clerk.sees("tuần từ 31/08/2026")  # named by its Monday


async def test_a_swapped_saturday_is_a_morning_like_any_other(june: Town) -> None:
    people = await office(june)
    # Saturday 22/8/2026 is worked for 31/8: T-1 of Monday 24/8 falls on it.
    await applies(june, draft(row("1", REPORT, due(date(2026, 8, 24)))))
    assert (await to_come(june, await the_task(june)))["T-1"] == "22/08 07:45"
    await june.goes_on_until(datetime(2026, 8, 22, 8, tzinfo=TZ))
    assert people.officer.sees("⏰ Còn 1 ngày làm việc")


async def test_a_holiday_added_later_silences_the_morning(june: Town) -> None:
    people = await office(june)
    await applies(june, draft(row("1", REPORT, due(date(2026, 7, 31)))))
    await june.goes_on_until(datetime(2026, 6, 12, 8, tzinfo=TZ))
    await people.officer.presses("Đã nhận")
    stages = await to_come(june, await the_task(june))
    assert stages["T-3"] == "28/07 07:45"
    now = june.clock.now()

    def adds_holiday(db: sa.Connection) -> None:
        text = editing.text_of(db, "holidays")
        editing.store_text(db, "holidays", text + '\n[[off]]\ndate = 2026-07-28\nname = "Lễ"\n', now)

    await june.db.write(adds_holiday)
    assert (await to_come(june, await the_task(june)))["T-3"] == "27/07 07:45"
    await june.goes_on_until(datetime(2026, 7, 27, 18, tzinfo=TZ))
    assert people.officer.sees("⏰ Còn 3 ngày làm việc")
    before = len(people.officer.reads())
    await june.goes_on_until(datetime(2026, 7, 28, 18, tzinfo=TZ))
    assert people.officer.reads()[before:] == []
    await june.goes_on_until(datetime(2026, 7, 30, 8, tzinfo=TZ))
    assert people.officer.sees("⏰ Còn 1 ngày làm việc")


async def test_downtime_over_the_deadline_keeps_both_times(june: Town) -> None:
    await office(june)
    await applies(june, draft(row("1", REPORT, due(date(2026, 7, 31)))))
    june.clock.at = datetime(2026, 8, 3, 3, 0, tzinfo=UTC)  # Monday 10:00
    while await june.beats():
        pass

    late = await the_task(june)
    assert (hanoi(late.overdue_at), hanoi(late.overdue_noticed_at)) == ("31/07 23:59", "03/08 10:00")
    assert (await kinds(june, late))[-2:] == ["overdue", "reminded"]
