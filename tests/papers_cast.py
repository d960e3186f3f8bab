"""Made-up reports for the tests of papers, and what one reads out of a .docx."""

from dataclasses import replace
from datetime import date, datetime, timedelta
from io import BytesIO

from docx import Document
from docx.document import Document as Paper

from core.calendar import TZ
from core.figures import CycleFact, figures
from core.plan_report import (
    Extension,
    Outcome,
    PlanReport,
    Question,
    ReportedPlan,
    Said,
    TaskLine,
)
from core.sla import Kind
from core.task import Relevance
from core.ticket import Score

AT = datetime(2026, 11, 22, 15, 30, tzinfo=TZ)
OWN = ReportedPlan(1, None, "KẾ HOẠCH Triển khai nâng cao Chỉ số hạnh phúc năm 2026", 1, True, 0)
PROVINCE = ReportedPlan(2, "215/KH-UBND", "Các nhiệm vụ trọng tâm", 1, False, 18, date(2026, 5, 29))
NASTY = '=HYPERLINK("http://x") <b>đậm</b> & "nháy" </w:t>\x0b\ufffe{{ }}'


def line(number: str, **more: object) -> TaskLine:
    known = TaskLine(
        document_id=1,
        number=number,
        part="",
        occurrence="",
        title=f"Việc {number}",
        clause="III.1",
        clause_title="Phát triển kinh tế cửa khẩu",
        groups=(1,),
        relevance=Relevance.LEADS,
        unit="Văn phòng",
        leads=("Văn phòng",),
        cooperating=("Trung tâm Quản lý cửa khẩu",),
        period_text="trước ngày 30/11/2026",
        expected_output="Báo cáo",
        start_on=date(2026, 1, 1),
        due_on=date(2026, 11, 29),
        outcome=Outcome.RUNNING,
        progress=40,
        acknowledged=True,
        late_at_import=False,
        completed_on=None,
        late_days=0,
        colour="orange",
    )
    return replace(known, **more)  # type: ignore[arg-type]


LINES = (
    line(
        "II.2",
        clause="II",
        clause_title="MỤC TIÊU",
        groups=(),
        due_on=None,
        title="100% các phòng",
        colour="green",
    ),
    line("III.1.1"),
    line(
        "III.1.2",
        outcome=Outcome.DONE_ON_TIME,
        progress=100,
        completed_on=date(2026, 11, 20),
        colour="",
        evidence=(Said(date(2026, 11, 20), "Đã gửi", ("bao-cao.pdf", "photo")),),
    ),
    line(
        "III.1.3",
        outcome=Outcome.DONE_LATE,
        progress=100,
        completed_on=date(2026, 12, 2),
        late_days=3,
        colour="",
    ),
    line(
        "IV.1",
        clause="IV",
        clause_title="Văn phòng",
        groups=(3, 5),
        due_on=date(2026, 12, 15),
        extensions=(Extension(date(2026, 11, 29), date(2026, 12, 15), date(2026, 10, 2)),),
        obstacles=(Said(date(2026, 9, 1), "Chưa có kinh phí"),),
    ),
    line("6", document_id=2, outcome=Outcome.OVERDUE, late_days=52, colour="red", title=NASTY),
)
STRANGER = line("7", document_id=2, relevance=Relevance.OTHER, unit="", colour="")


def cycles(count: int) -> list[CycleFact]:
    """So many tickets of one morning, each ended within the hour; the first of them rated."""
    received = datetime(2026, 11, 20, 9, 0, tzinfo=TZ)
    return [
        CycleFact(
            gate="HN",
            category="UT",
            shift=None,
            received_at=received,
            service_day=received.date(),
            due_at=received.replace(hour=19),
            kind=Kind.SAME_DAY,
            first_reply_by=received + timedelta(minutes=30),
            resolved_at=received + timedelta(hours=1),
            human_replied_at=received + timedelta(minutes=5),
            ratings=(Score.GOOD,) if n == 0 else (),
        )
        for n in range(count)
    ]


def report(**more: object) -> PlanReport:
    known = PlanReport(
        first=date(2026, 1, 1),
        last=AT.date(),
        at=AT,
        plans=(OWN, PROVINCE),
        tasks=LINES,
        every=(*LINES, STRANGER),
        questions=(Question(2, "10", "Số 10 (dòng 24): chưa ghi sản phẩm", False),),
        hotline=figures(cycles(7), AT),
        petitions=1,
    )
    return replace(known, **more)  # type: ignore[arg-type]


def empty() -> PlanReport:
    return report(plans=(), tasks=(), every=(), questions=(), hotline=figures([], AT), petitions=0)


def opened(content: bytes) -> Paper:
    return Document(BytesIO(content))


def texts(paper: Paper) -> list[str]:
    """Every paragraph, those in tables too, in no particular order."""
    cells = [cell for table in paper.tables for row in table.rows for cell in row.cells]
    return [p.text for p in (*paper.paragraphs, *(p for cell in cells for p in cell.paragraphs))]


def cells_under(paper: Paper, first_heading: str, nth: int = 0) -> list[list[str]]:
    """The lines of the nth table whose first column has this heading."""
    found = [table for table in paper.tables if table.cell(0, 0).text == first_heading]
    return [[cell.text for cell in row.cells] for row in found[nth].rows]
