"""The report on the plans: its figures are what units pressed and wrote; Văn phòng and leaders get it as files in the chat."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from bot.inbound import File
from core.calendar import TZ
from core.ids import PersonId
from core.people import Role
from core.plan_report import Extension, Outcome, PlanReport, TaskLine
from services import evidence, plan_papers
from services.plan_report import plan_report
from storage import people as storage_people
from storage import plans
from storage.data_files import DRILL, remember
from storage.database import Connection
from tests.papers_cast import opened, texts
from tests.plan_cast import ANNEX, FINANCE, OWN_PLAN, Office, applies, draft, due, office, row, seed
from tests.telegram_line import Line
from tests.town import Bubble, Citizen, Town, opened_town

Desk = tuple[Town, Office]


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Desk]:
    """Thursday 1/10/2026, 09:00: a plan of the centre's with four rows, one of them another agency's."""
    async with opened_town(tmp_path, datetime(2026, 10, 1, 2, 0, tzinfo=UTC)) as town:
        people = await office(town)
        plan = draft(
            row("1", "Nâng cấp camera", due(date(2026, 10, 30)), criteria_groups=(8, 9)),
            row("2", "Mở thêm làn", due(date(2026, 11, 10))),
            row("3", "Mô hình Dân vận khéo", due(None), section="II", section_title="MỤC TIÊU"),
            row("4", "Thu ngân sách", due(date(2026, 12, 31)), FINANCE),
            number="12/KH-UBND",
        )
        # Not the board's own plan: a row of another agency is none of its business.
        await applies(town, replace(plan, document=replace(plan.document, issuer="UBND tỉnh Lạng Sơn")))
        yield town, people


async def told(town: Town, first: date | None = None, last: date | None = None) -> PlanReport:
    now = town.clock.now()
    return await town.db.read(lambda db: plan_report(db, town.cfg, now, first, last))


async def task_line(town: Town, number: str) -> TaskLine:
    return next(task for task in (await told(town)).every if task.number == number)


async def does(citizen: Citizen, number: str, button: str, *words: str) -> None:
    await citizen.says(f"/nhiemvu {number}")
    await citizen.presses(button)
    for one in words:
        await citizen.says(one)


async def asks(citizen: Citizen, words: str = "") -> list[Bubble]:
    """What /baocao brings."""
    before = len(citizen.bubbles())
    await citizen.says(f"/baocao {words}".strip())
    return citizen.bubbles()[before:]


async def test_only_what_is_the_boards_counts_and_the_rest_is_told_as_a_number(desk: Desk) -> None:
    town, _ = desk
    report = await told(town)
    assert [task.number for task in report.tasks] == ["1", "2", "3"]
    assert [task.number for task in report.every] == ["1", "2", "3", "4"]
    assert [(plan.number, plan.not_ours) for plan in report.plans] == [("12/KH-UBND", 1)]
    assert report.tasks[0].groups == (8, 9)
    assert report.tasks[2].is_target


async def test_done_and_accepted_it_is_on_time_with_its_evidence(desk: Desk) -> None:
    town, people = desk
    town.channel.files["doc"] = b"%PDF-1.7"
    await people.officer.says("/nhiemvu 1")
    await people.officer.presses("Hoàn thành")
    file = File("document", "doc", "bien-ban-45.pdf", "application/pdf", 8)
    await people.officer.sends("document", "Đã nghiệm thu", files=(file,))
    assert (await task_line(town, "1")).outcome is Outcome.SUBMITTED

    await people.head.presses("Chấp nhận")

    done = await task_line(town, "1")
    assert (done.outcome, done.completed_on, done.late_days) == (Outcome.DONE_ON_TIME, date(2026, 10, 1), 0)
    assert [(said.text, said.files) for said in done.evidence] == [("Đã nghiệm thu", ("bien-ban-45.pdf",))]


async def test_what_was_returned_is_no_evidence(desk: Desk) -> None:
    town, people = desk
    await does(people.officer, "1", "Hoàn thành", "Xong rồi")
    await people.head.presses("Trả lại")
    await people.head.says("Thiếu biên bản")
    back = await task_line(town, "1")
    assert (back.outcome, back.evidence) == (Outcome.RUNNING, ())


async def test_handed_in_again_the_files_sent_before_count_with_the_new_ones(desk: Desk) -> None:
    town, people = desk
    town.channel.files |= {"one": b"%PDF-1.7 one", "two": b"%PDF-1.7 two"}
    await does(people.officer, "1", "Hoàn thành")
    await people.officer.sends("document", files=(File("document", "one", "mot.pdf", "application/pdf", 12),))
    await people.head.presses("Trả lại")
    await people.head.says("Thiếu biên bản")
    await does(people.officer, "1", "Hoàn thành")
    await people.officer.sends("document", files=(File("document", "two", "hai.pdf", "application/pdf", 12),))
    assert [said.files for said in (await task_line(town, "1")).evidence] == [("mot.pdf",), ("hai.pdf",)]


async def test_what_was_over_before_anybody_followed_it_is_counted_apart(desk: Desk) -> None:
    town, people = desk
    old = draft(row("8", "Việc tháng hai", due(date(2026, 2, 28))), number="13/KH-BQLKKTCK")
    await applies(town, old)
    assert (await task_line(town, "8")).late_days == 0
    report, _ = await asks(people.clerk)
    assert report.document is not None
    paper = texts(opened(report.document.read()))
    assert "Ngoài ra có 1 nhiệm vụ đã quá hạn trước khi theo dõi, không tính số ngày chậm." in paper
    assert not any("chậm 215 ngày" in line for line in paper)


async def test_late_it_is_told_with_the_days_and_the_obstacle_of_the_unit(desk: Desk) -> None:
    town, people = desk
    await does(people.officer, "2", "Vướng mắc", "Chưa có <kinh phí> & mặt bằng")
    await town.goes_on_until(datetime(2026, 11, 20, 9, tzinfo=TZ))
    late = await task_line(town, "2")
    assert (late.outcome, late.late_days, late.colour) == (Outcome.OVERDUE, 10, "red")
    assert late.obstacles[-1].text == "Chưa có <kinh phí> & mặt bằng"


async def test_an_extension_keeps_both_days(desk: Desk) -> None:
    town, people = desk
    await does(people.officer, "2", "Xin lùi hạn", "30/11/2026 chờ mặt bằng")
    assert (await task_line(town, "2")).asked_until == date(2026, 11, 30)
    await people.leader.presses("Đồng ý")
    moved = await task_line(town, "2")
    assert moved.due_on == date(2026, 11, 30)
    assert moved.extensions == (Extension(date(2026, 11, 10), date(2026, 11, 30), date(2026, 10, 1)),)


async def test_moved_out_of_the_period_it_is_still_told_as_moved(desk: Desk) -> None:
    town, people = desk
    before = len((await told(town, date(2026, 10, 1), date(2026, 12, 31))).tasks)
    await does(people.officer, "2", "Xin lùi hạn", "15/01/2027 chờ mặt bằng")
    await people.leader.presses("Đồng ý")
    after = (await told(town, date(2026, 10, 1), date(2026, 12, 31))).tasks
    assert len(after) == before
    assert [task.number for task in after if task.extensions] == ["2"]


async def test_a_quarter_that_is_over_is_told_as_it_ended(desk: Desk) -> None:
    town, people = desk
    await town.goes_on_until(datetime(2027, 1, 5, 9, tzinfo=TZ))
    await does(people.officer, "2", "Hoàn thành", "Đã mở làn mới")
    await people.head.presses("Chấp nhận")
    past = await told(town, date(2026, 10, 1), date(2026, 12, 31))
    now = await told(town, date(2027, 1, 1), date(2027, 3, 31))
    assert [task.outcome for task in past.tasks if task.number == "2"] == [Outcome.OVERDUE]
    assert [task.outcome for task in now.tasks if task.number == "2"] == [Outcome.DONE_LATE]


async def test_the_tickets_of_the_period_are_in_it_and_no_others(desk: Desk) -> None:
    town, _ = desk
    await town.citizen("Lái xe Nam").says("Hữu Nghị: xe chờ bốn tiếng")
    assert (await told(town)).hotline.cycles == 1
    assert (await told(town, date(2026, 7, 1), date(2026, 9, 30))).hotline.cycles == 0


async def test_both_seed_plans_stand_in_their_order_the_boards_own_first(tmp_path: Path) -> None:
    async with opened_town(tmp_path, datetime(2026, 6, 11, 2, 0, tzinfo=UTC)) as town:
        for name in (ANNEX, OWN_PLAN):
            await applies(town, seed(name))
        report = await told(town)
    assert [plan.own for plan in report.plans] == [True, False]
    own = [task.number for task in report.tasks if task.document_id == report.plans[0].id]
    assert (len(own), own[0], own[-1]) == (32, "II.2", "IV.4b")
    assert report.plans[1].not_ours == 18
    assert all(question.plan_id in {plan.id for plan in report.plans} for question in report.questions)


async def test_a_question_that_was_answered_since_is_asked_no_more(desk: Desk) -> None:
    town, people = desk
    first = seed(OWN_PLAN)
    await applies(town, first)
    asked = len((await told(town)).questions)
    await people.clerk.says("/nhiemvu II.2")
    await people.clerk.presses("Đặt hạn")
    await people.clerk.says("15/12/2026")
    assert len((await told(town)).questions) == asked - 1


async def test_the_office_gets_both_papers_as_files(desk: Desk) -> None:
    town, people = desk
    await town.citizen("Lái xe Nam").says("Hữu Nghị: xe chờ bốn tiếng")

    report, table = await asks(people.clerk)

    assert report.document is not None
    assert table.document is not None
    assert (report.document.name, table.document.name) == (
        "du-thao-bao-cao-2026-10-01.docx",
        "ke-hoach-2026-10-01.xlsx",
    )
    assert "kỳ 01/01/2026 – 01/10/2026" in report.text
    paper = texts(opened(report.document.read()))
    assert "Số lượt phản ánh, kiến nghị tiếp nhận trong kỳ: 1." in paper
    assert "Nâng cấp camera" in paper
    assert table.document.read()[:2] == b"PK"


async def test_a_leader_asks_for_a_quarter(desk: Desk) -> None:
    _, people = desk
    report, _ = await asks(people.leader, "IV/2026")
    assert "kỳ 01/10/2026 – 31/12/2026, số liệu đến 01/10/2026" in report.text
    assert report.document is not None
    assert report.document.name == "du-thao-bao-cao-2026-10-01.docx"
    assert "(Kỳ báo cáo: Quý IV năm 2026)" in texts(opened(report.document.read()))


async def test_what_is_no_quarter_is_asked_again(desk: Desk) -> None:
    _, people = desk
    (answer,) = await asks(people.clerk, "quý sau")
    assert "/baocao IV/2026" in answer.text


async def test_officers_duty_and_strangers_get_no_report(desk: Desk) -> None:
    town, people = desk
    duty = await town.staff("An", Role.DUTY, gate="HN")
    driver = town.citizen("Lái xe Nam")
    for one in (people.officer, people.head, duty, driver):
        answers = await asks(one)
        assert answers
        assert all(bubble.document is None for bubble in answers)
        assert "quyền" in answers[-1].text


async def test_who_lost_the_right_between_asking_and_sending_reads_why_no_paper_comes(desk: Desk) -> None:
    town, people = desk
    clerk = await town.identity_of(people.clerk)

    def asked_then_moved(db: Connection) -> None:
        known = storage_people.person(db, people.clerk.person_id)
        assert known is not None
        plan_papers.ask(db, clerk.id, known, "", town.clock.now())
        storage_people.update_person(db, known.id, role=Role.DUTY)

    await town.db.write(asked_then_moved)
    before = len(people.clerk.bubbles())
    await town.settles()
    brought = people.clerk.bubbles()[before:]
    assert [one.document for one in brought] == [None, None]
    assert {one.text for one in brought} == {"Anh/Chị không còn quyền xem tài liệu này."}


async def test_evidence_goes_to_nobody_who_left_the_unit_while_it_was_on_its_way(desk: Desk) -> None:
    town, people = desk
    town.channel.files["doc"] = b"%PDF-1.4 so lieu"
    file = File("document", "doc", "bao-cao.pdf", "application/pdf", 16)
    await people.officer.says("/nhiemvu 1")
    await people.officer.presses("Cập nhật tiến độ")
    await people.officer.sends("document", "40%", files=(file,))
    (task,) = [one for one in await town.db.read(plans.all_tasks) if one.number == "1"]
    colleague = await town.identity_of(people.colleague)

    def asked_then_left(db: Connection) -> None:
        evidence.files_to(db, task.id, colleague.id, town.clock.now())
        storage_people.update_person(db, PersonId(people.colleague.person_id), unit="VP")

    await town.db.write(asked_then_left)
    await town.settles()
    assert people.colleague.bubbles()[-1].document is None
    assert "không còn quyền" in people.colleague.reads()[-1]


async def test_a_drill_says_so_on_paper(desk: Desk) -> None:
    town, people = desk
    await town.db.write(lambda db: remember(db, DRILL, "2026-10-01"))
    report, _ = await asks(people.clerk)
    assert report.document is not None
    assert "SỐ LIỆU DIỄN TẬP" in texts(opened(report.document.read()))


async def test_over_telegram_they_arrive_as_documents_under_their_names(line: Line) -> None:
    clerk = await line.staff("Dung Văn phòng", Role.OFFICE, gate=None)
    await clerk.says("/baocao")
    await clerk.waits_for("Bảng theo dõi nhiệm vụ kế hoạch")
    await line.rests()
    sent = [call.uploads["document"] for call in line.double.calls("sendDocument")]
    assert [upload.name.rpartition(".")[2] for upload in sent] == ["docx", "xlsx"]
    assert any("Chưa có kế hoạch nào" in text for text in texts(opened(sent[0].content)))
