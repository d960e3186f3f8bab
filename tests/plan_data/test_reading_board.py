"""The board's own plan in prose: every obligation, read by hand."""

import unicodedata
from datetime import date, datetime
from pathlib import Path

import pytest
from docx import Document

from core.plan import Confidence, Draft, DraftTask, Form, ProblemCode
from core.windows import TZ
from plan_data.documents import BOARD_PLAN, document
from plan_data.reading import read_plan
from tests.fixtures.plan import made

FIELDS = ("number", "section", "section_title", "groups", "lead", "title", "measure", "recurrence")
GOLDEN = [
    dict(zip(FIELDS, (cell if cell != "-" else "" for cell in line.split("\t")), strict=True))
    for line in (Path(made.__file__).parent / "board.tsv").read_text("utf-8").splitlines()
]
TEXT = document(BOARD_PLAN).decode()


@pytest.fixture(scope="module")
def plan() -> Draft:
    return read_plan(document(BOARD_PLAN), BOARD_PLAN)


def as_read(task: DraftTask) -> dict[str, str]:
    return {
        "number": task.number,
        "section": task.section,
        "section_title": task.section_title,
        "groups": ",".join(map(str, task.criteria_groups)),
        "lead": "; ".join(unit.name for unit in task.leads),
        "title": task.title,
        "measure": task.expected_output,
        "recurrence": str(task.deadline.recurrence or ""),
    }


def by_number(draft: Draft) -> dict[str, DraftTask]:
    return {task.number: task for task in draft.tasks}


def test_every_obligation_is_there_and_nothing_else(plan: Draft) -> None:
    assert [as_read(task) for task in plan.tasks] == GOLDEN


def test_the_one_hard_date_is_the_report_before_30_november(plan: Draft) -> None:
    dated = [task for task in plan.tasks if task.deadline.due]
    assert [task.number for task in dated] == ["IV.1.2"]
    deadline = dated[0].deadline
    assert (deadline.text, deadline.due, deadline.confidence) == (
        "trước ngày 30/11/2026",
        date(2026, 11, 29),
        Confidence.SURE,
    )
    assert deadline.working_due == datetime(2026, 11, 27, 17, tzinfo=TZ)
    assert "Sở Văn hoá Thể Thao và Du lịch trước ngày 30/11/2026" in dated[0].quote


def test_the_draft_has_no_number_and_no_day(plan: Draft) -> None:
    about = plan.document
    assert about.title.startswith("KẾ HOẠCH Triển khai thực hiện Kế hoạch nâng cao Chỉ số hạnh phúc")
    assert (about.number, about.issued_on, about.year, about.form) == (None, None, 2026, Form.PROSE)
    assert about.issuer == "Ban Quản lý Khu kinh tế cửa khẩu Đồng Đăng – Lạng Sơn"


def test_what_the_plan_leaves_open_is_asked(plan: Draft) -> None:
    codes = {code: [p.row for p in plan.problems if p.code is code] for code in ProblemCode}
    undated = [task.number for task in plan.tasks if not task.deadline.due]
    assert codes[ProblemCode.MISSING_DEADLINE] == undated
    assert codes[ProblemCode.MISSING_LEAD] == [
        row["number"] for row in GOLDEN if row["section"].startswith("III")
    ]
    assert len(plan.problems) == len(undated) + len(codes[ProblemCode.MISSING_LEAD])


def test_what_comes_back_every_year_is_not_called_timeless(plan: Draft) -> None:
    asked = next(problem.message for problem in plan.problems if problem.row == "II.2")
    assert "văn bản ghi “hàng năm”, không ghi ngày cuối" in asked


def test_the_departments_told_to_carry_out_chapter_iii_are_a_hint_not_a_lead(plan: Draft) -> None:
    hotline = next(p for p in plan.problems if p.row == "III.3.1b" and p.code is ProblemCode.MISSING_LEAD)
    assert "Mục IV.2 giao Các phòng chuyên môn" in hotline.message
    assert by_number(plan)["III.3.1b"].leads == ()


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(unicodedata.normalize("NFD", TEXT), id="NFD"),
        pytest.param(TEXT.replace("\n", "\r\n"), id="CRLF"),
        pytest.param(TEXT.replace(" ", "\u00a0"), id="non-breaking spaces"),
    ],
)
def test_other_encodings_read_alike(text: str) -> None:
    assert [as_read(task) for task in read_plan(text.encode(), BOARD_PLAN).tasks] == GOLDEN


def plain_lines() -> list[str]:
    """The plan without Markdown, its two split paragraphs whole."""
    bare = TEXT.replace("pháp\n\nluật", "pháp luật").replace("hạnh phúc\n\ncủa", "hạnh phúc của")
    return [line.replace("*", "").lstrip("# ").strip() for line in bare.splitlines() if line.strip(" *#")]


def test_the_plan_in_word_reads_alike() -> None:
    word = Document()
    for line in plain_lines():
        word.add_paragraph(line)
    assert [as_read(task) for task in read_plan(made.saved(word), "ke-hoach.docx").tasks] == GOLDEN


@pytest.mark.skipif(made.font() is None, reason="no font with Vietnamese letters")
def test_the_plan_in_pdf_names_the_same_duties() -> None:
    read = read_plan(made.prose_pdf(plain_lines()), "ke-hoach.pdf")
    assert [as_read(task) for task in read.tasks] == GOLDEN


PROSE = """KẾ HOẠCH
Công tác năm 2027
I. MỤC TIÊU
1. Đạt trên 95% hồ sơ giải quyết đúng hạn.
2. Giữ vững đoàn kết nội bộ.
II. TỔ CHỨC THỰC HIỆN
1. Văn phòng: chủ trì, phối hợp với Trung tâm Quản lý cửa khẩu và các phòng chuyên môn xây dựng kế hoạch trước ngày 15/01.
2. Giao Trung tâm Quản lý cửa khẩu báo cáo hằng quý, trước ngày 20 của tháng cuối quý.
3. Sở Bóng đá
- Tổ chức giải; báo cáo trước ngày 31/02.
Trên đây là Kế hoạch công tác năm 2027./.
"""


def test_another_plan_of_another_year_is_read_by_the_same_rules() -> None:
    tasks = by_number(read_plan(PROSE.encode(), "khac.txt"))
    assert list(tasks) == ["I.1", "II.1", "II.2", "II.3a", "II.3b"]
    assert tasks["I.1"].expected_output == "trên 95%"
    assert [unit.code for unit in tasks["II.1"].leads] == ["VP"]
    assert [unit.code for unit in tasks["II.1"].cooperating] == ["TTQLCK", "PCM"]
    assert tasks["II.1"].deadline.due == date(2027, 1, 14)
    assert (tasks["II.2"].deadline.due, str(tasks["II.2"].deadline.recurrence)) == (
        date(2027, 3, 19),
        "quarterly",
    )


def test_an_impossible_date_and_an_unknown_unit_in_prose_are_problems() -> None:
    draft = read_plan(PROSE.encode(), "khac.txt")
    codes = {(problem.row, problem.code) for problem in draft.problems}
    assert ("II.3b", ProblemCode.IMPOSSIBLE_DATE) in codes
    assert ("II.3a", ProblemCode.UNKNOWN_UNIT) in codes
    assert by_number(draft)["II.3b"].deadline.due is None


def test_a_plan_without_its_end_is_asked_about() -> None:
    draft = read_plan(PROSE.partition("Trên đây")[0].encode(), "khac.txt")
    assert draft.problems[0].code is ProblemCode.UNREAD_PART
