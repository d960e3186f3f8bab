"""Importing plans: what is whose, what is only flagged, who cannot be reached, and what a second version changes."""

from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from core.calendar import TZ
from core.errors import Refused
from core.people import Role
from core.task import Relevance, TaskStatus
from services import linking, planning
from tests.plan_cast import (
    AGENCIES,
    ANNEX,
    BOARD,
    CENTRE,
    FINANCE,
    OFFICE,
    OWN_PLAN,
    applies,
    count,
    draft,
    due,
    hanoi,
    history,
    kinds,
    office,
    row,
    seed,
    the_task,
    the_tasks,
    to_come,
)
from tests.town import Citizen, Town, opened_town

YEAR_END = due(date(2026, 12, 31), date(2026, 1, 1))


@pytest.fixture
async def june(tmp_path: Path):
    """Thursday 11/6/2026, 09:00: the annex of 29/5 has just come."""
    async with opened_town(tmp_path, datetime(2026, 6, 11, 2, 0, tzinfo=UTC)) as town:
        yield town


async def new_chat_of(town: Town, officer: Citizen) -> Citizen:
    """The same person after a lost telephone or an ended page: a new code, an empty chat."""
    assert officer.person_id is not None
    now, known = town.clock.now(), officer.person_id
    code, _ = await town.db.write(lambda db: linking.new_link_code(db, known, now))
    again = town.citizen("Điện thoại mới")
    await again.says(f"/start link_{code}")
    return again


async def test_the_annex_reminds_only_of_what_concerns_the_board_and_floods_nobody(june: Town) -> None:
    people = await office(june)
    before = {one.name: len(one.reads()) for one in (people.clerk, people.officer, people.leader)}

    applied = await applies(june, seed(ANNEX))

    tasks = await the_tasks(june)
    board = [task for task in tasks if task.relevance is Relevance.LEADS]
    assert len({task.number for task in tasks}) == 59
    assert [task.number for task in board] == ["10"]
    assert board[0].unit == "VP"
    assert applied.unlinked == ()
    assert applied.late > 0
    silent = [task for task in tasks if task.relevance is Relevance.OTHER or task.overdue_at_import]
    assert [await to_come(june, task) for task in silent] == [{}] * len(silent)

    await june.goes_on_until(datetime(2026, 6, 12, 12, tzinfo=TZ))
    # One message about the import, and one digest in the morning, so long that it takes two messages: not forty.
    assert len(people.clerk.reads()) == before["Dung Văn phòng"] + 3
    digest = people.clerk.newest("Nhắc việc sáng nay")
    assert "Triển khai các giải pháp phát triển kinh tế cửa khẩu" in digest.text
    assert len(people.officer.reads()) == before["Minh"]
    assert len(people.leader.reads()) == before["Lãnh đạo Giang"]

    await june.goes_on_until(datetime(2026, 6, 30, 12, tzinfo=TZ))
    assert count(people.clerk, "Nhắc việc sáng nay") == 2  # the quarter's check-in


async def test_a_digest_is_acknowledged_with_one_press(june: Town) -> None:
    people = await office(june)
    await applies(june, seed(ANNEX))
    await june.goes_on_until(datetime(2026, 6, 12, 12, tzinfo=TZ))

    await people.clerk.presses("Đã nhận tất cả")

    reminded = [task for task in await the_tasks(june) if task.is_reminded and not task.overdue_at_import]
    assert reminded
    assert {task.acknowledged_by for task in reminded} == {people.clerk.person_id}
    assert people.clerk.sees(f"Đã ghi nhận {len(reminded)} nhiệm vụ")


async def test_a_unit_with_nobody_linked_is_told_to_the_office_at_import(june: Town) -> None:
    clerk = await june.staff("Dung Văn phòng", Role.OFFICE)

    applied = await applies(june, seed(OWN_PLAN))

    assert set(applied.unlinked) == {"Các phòng chuyên môn", "Trung tâm Quản lý cửa khẩu", "Chi đoàn"}
    assert clerk.sees("Chưa có ai liên kết để nhận nhắc việc: Chi đoàn")


async def test_missing_products_and_days_are_questions_to_the_office(june: Town) -> None:
    people = await office(june)
    plan = draft(row("1", "Việc một", YEAR_END, expected_output=""), row("2", "Việc hai", due(None)))

    await applies(june, plan)

    assert people.clerk.sees("❓ Chưa ghi sản phẩm, đề nghị Văn phòng bổ sung: 1.")
    assert people.clerk.sees("❓ Chưa rõ hạn, đề nghị Văn phòng bổ sung: 2.")
    assert await kinds(june, await the_task(june, "1")) == ["applied", "questioned"]


async def test_what_was_overdue_at_import_is_flagged_not_blasted(june: Town) -> None:
    people = await office(june)
    await applies(june, draft(row("1", "Việc tháng năm", due(date(2026, 5, 31)))))
    seen = len(people.officer.reads())

    await june.goes_on_until(datetime(2026, 7, 1, tzinfo=TZ))

    late = await the_task(june)
    assert late.overdue_at_import
    assert late.overdue_at is None
    assert len(people.officer.reads()) == seen
    await people.officer.says("/nhiemvu")
    assert people.officer.sees("(quá hạn khi nhập)")


async def test_a_new_chat_of_an_officer_shows_the_open_tasks_at_once(june: Town) -> None:
    people = await office(june)
    await applies(june, draft(row("1", "Việc của phòng", YEAR_END)))

    again = await new_chat_of(june, people.officer)

    assert again.sees("Việc của phòng")


async def test_a_new_chat_of_an_officer_without_tasks_shows_no_list_of_tasks(june: Town) -> None:
    people = await office(june)

    again = await new_chat_of(june, people.officer)

    assert again.sees("Đã liên kết tài khoản")
    assert not again.sees("Nhiệm vụ")
    assert not again.sees("Không có nhiệm vụ")


async def test_a_second_version_keeps_progress_and_moves_only_what_changed(june: Town) -> None:
    people = await office(june)
    first = draft(
        row("1", "Báo cáo quý hai", due(date(2026, 7, 31))),
        row("2", "Sửa đèn chiếu sáng", due(date(2026, 8, 31))),
        row("3", "Họp với doanh nghiệp", due(date(2026, 9, 30))),
        number=None,
    )
    await applies(june, first)
    await june.goes_on_until(datetime(2026, 6, 12, 8, tzinfo=TZ))
    await people.officer.presses("Đã nhận tất cả")
    await people.officer.presses("Mở 2")
    await people.officer.presses("Cập nhật tiến độ")
    await people.officer.presses("50%")
    timers_before = await to_come(june, await the_task(june, "2"))

    second = draft(
        row("1", "Báo cáo quý hai", due(date(2026, 8, 15))),
        row("2", "Lắp camera ở bãi", due(date(2026, 8, 20))),
        row("3", "Sửa đèn chiếu sáng", due(date(2026, 8, 31))),
        number="12/KH-BQLKKTCK",
    )
    applied = await applies(june, second)

    assert (applied.version, applied.added, applied.changed, applied.removed) == (2, 1, 2, 1)
    lights = await the_task(june, "3")
    assert (lights.title, lights.progress, lights.acknowledged_by) == (
        "Sửa đèn chiếu sáng",
        50,
        people.officer.person_id,
    )
    assert await to_come(june, lights) == timers_before
    report = await the_task(june, "1")
    assert (report.deadline_no, report.acknowledged_at) == (2, None)
    moved = (await history(june, report))[-1]
    assert (moved.data["from"], moved.data["to"]) == ("2026-07-31", "2026-08-15")
    assert hanoi(report.working_due_at) == "14/08 17:00"
    assert "Họp với doanh nghiệp" not in [task.title for task in await the_tasks(june)]


async def test_a_day_that_a_leader_granted_stands_when_the_document_does_not_move(june: Town) -> None:
    people = await office(june)
    plan = draft(row("1", "Báo cáo quý hai", due(date(2026, 7, 31))))
    await applies(june, plan)
    await june.goes_on_until(datetime(2026, 6, 12, 8, tzinfo=TZ))
    await people.officer.presses("Xin lùi hạn")
    await people.officer.says("15/8/2026 vì chờ số liệu của các phòng")
    await people.leader.presses("Đồng ý")

    applied = await applies(june, plan)

    assert applied.same == 1
    assert (await the_task(june)).due_on == date(2026, 8, 15)


async def test_relevance_tells_leading_named_and_meant_apart(june: Town) -> None:
    await office(june)
    province = draft(
        row("1", "Ban chủ trì", YEAR_END, BOARD),
        row("2", "Sở chủ trì, Trung tâm phối hợp", YEAR_END, FINANCE, cooperating=(CENTRE, OFFICE)),
        row("3", "Sở chủ trì, các sở phối hợp", YEAR_END, FINANCE, cooperating=(AGENCIES,)),
        row("4", "Chỉ của Sở", YEAR_END, FINANCE),
        title="Phụ lục của tỉnh năm 2026",
        number="215/KH-UBND",
    )
    province = planning.Draft(
        planning.PlanDocument(
            "Phụ lục của tỉnh năm 2026",
            "215/KH-UBND",
            "UBND tỉnh Lạng Sơn",
            None,
            2026,
            planning.Form.TABLE,
            "txt",
            "0",
        ),
        province.tasks,
        (),
    )
    await applies(june, province)

    found = {task.number: (str(task.relevance), task.unit) for task in await the_tasks(june)}
    assert found == {
        "1": ("leads", "VP"),
        "2": ("named", "TTQLCK"),
        "3": ("group", "VP"),
        "4": ("other", None),
    }


async def test_a_draft_is_applied_once_and_reminds_nobody_before(june: Town) -> None:
    people = await office(june)
    plan = draft(row("1", "Báo cáo", due(date(2026, 7, 31))))
    now = june.clock.now()
    kept = await june.db.write(
        lambda db: planning.keep_draft(db, plan, "a.docx", planning.ReminderSettings(), None, now)
    )
    await june.goes_on_until(datetime(2026, 6, 13, tzinfo=TZ))
    assert await the_tasks(june) == []
    assert not people.officer.sees("Báo cáo")

    await june.db.write(lambda db: planning.apply(db, june.cfg, kept.id, None, now))
    with pytest.raises(Refused, match="plan_settled"):
        await june.db.write(lambda db: planning.apply(db, june.cfg, kept.id, None, now))
    assert (await the_task(june)).status is TaskStatus.OPEN
