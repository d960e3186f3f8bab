"""The working table of the plans in force (.xlsx): every task a row with real dates and numbers, and what has to be looked at.

Colours follow the rule of core/reminders.py. Texts go in as texts: a title that begins with "=" is no formula.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, date
from io import BytesIO
from math import ceil
from typing import Any

from openpyxl import Workbook
from openpyxl.cell import Cell
from openpyxl.formatting.rule import Rule
from openpyxl.styles import Alignment, Border, Font, PatternFill, Side
from openpyxl.styles.differential import DifferentialStyle
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.page import PageMargins
from openpyxl.worksheet.properties import PageSetupProperties
from openpyxl.worksheet.worksheet import Worksheet

from core.plan_report import PlanReport, ReportedPlan, TaskLine
from plan_data.papers import words
from plan_data.papers.layout import FONT, printable

COLOURS = {"red": "Đỏ", "orange": "Cam", "green": "Xanh"}
FILLS = {"Đỏ": "F4B6B6", "Cam": "FCE0B0", "Xanh": "CDEBC8"}
TASKS, QUESTIONS = "Nhiệm vụ", "Cần xem lại"
DATE, PERCENT = "dd/mm/yyyy", "0%"
TITLE = 28  # characters
LINE_HEIGHT, TALLEST, HEADING_HEIGHT = 15.0, 405.0, 48.0  # points; Excel allows 409
LETTERS = 1.1  # of this font in one unit of width
A4 = 9
CELL_LIMIT = 32_767  # characters; Excel refuses the file otherwise

Value = str | int | float | date | None
Column = tuple[str, int, Callable[[TaskLine, ReportedPlan], Value]]
# What one reads on paper comes first; the rest would make the letters too small to read.
_PRINTED: Sequence[Column] = (
    ("Kế hoạch", 14, lambda task, plan: _short(plan)),
    ("Số", 9, lambda task, plan: task.label),
    ("Nhiệm vụ", 54, lambda task, plan: task.title),
    ("Đơn vị được nhắc", 17, lambda task, plan: task.unit),
    ("Chủ trì", 22, lambda task, plan: "; ".join(task.leads)),
    ("Thời hạn ghi trong kế hoạch", 14, lambda task, plan: task.period_text),
    ("Hạn cuối", 11, lambda task, plan: task.due_on),
    ("Tiến độ", 8, lambda task, plan: task.progress / 100),
    ("Kết quả", 17, lambda task, plan: words.OUTCOMES[task.outcome]),
    ("Số ngày chậm", 8, lambda task, plan: task.late_days or None),
    ("Vướng mắc", 22, lambda task, plan: task.obstacles[-1].text if task.obstacles else None),
    ("Màu", 7, lambda task, plan: COLOURS.get(task.colour)),
)
_COLUMNS: Sequence[Column] = (
    *_PRINTED,
    ("Mục", 50, lambda task, plan: f"{task.clause} {task.clause_title}".strip()),
    ("Nhóm tiêu chí", 9, lambda task, plan: _groups(task)),
    ("Liên quan", 13, lambda task, plan: words.RELEVANCES[task.relevance]),
    ("Phối hợp", 40, lambda task, plan: "; ".join(task.cooperating)),
    ("Sản phẩm", 36, lambda task, plan: task.expected_output),
    ("Bắt đầu", 11, lambda task, plan: task.start_on),
    ("Hạn trước khi lùi", 11, lambda task, plan: task.extensions[0].was if task.extensions else None),
    ("Đang xin lùi tới", 11, lambda task, plan: task.asked_until),
    ("Ngày hoàn thành", 11, lambda task, plan: task.completed_on),
    ("Số lần gửi minh chứng", 9, lambda task, plan: len(task.evidence)),
)
_COLOURED = ("Số", "Hạn cuối", "Màu")
_THIN = Side(style="thin", color="999999")
_EDGE = Border(left=_THIN, right=_THIN, top=_THIN, bottom=_THIN)


def plan_workbook(report: PlanReport) -> bytes:
    """The table as an .xlsx file: all tasks of all plans in force, and the open questions of their reading."""
    book = Workbook()
    plans = {plan.id: plan for plan in report.plans}
    sheet: Worksheet = book.worksheets[0]
    sheet.title = TASKS
    _fill(sheet, [(name, width) for name, width, _ in _COLUMNS], _task_rows(report, plans))
    _coloured(sheet)
    sheet.print_area = f"A1:{get_column_letter(len(_PRINTED))}{sheet.max_row}"
    asked = book.create_sheet(QUESTIONS)
    columns = (("Kế hoạch", 18), ("Số", 9), ("Mức độ", 14), ("Nội dung cần xem lại", 100))
    _fill(asked, columns, _question_rows(report, plans))
    drill = f" – {words.DRILL}" if report.drill else ""
    for one in book.worksheets:
        _print_setup(one, f"{one.title} – tính đến {words.moment(report.at)}{drill}")
    book.properties.title, book.properties.creator = "Bảng theo dõi nhiệm vụ kế hoạch", ""
    book.properties.created = book.properties.modified = report.at.astimezone(UTC).replace(tzinfo=None)
    made = BytesIO()
    book.save(made)
    return made.getvalue()


def _task_rows(report: PlanReport, plans: Mapping[int, ReportedPlan]) -> list[list[Value]]:
    return [
        [value(task, plan) for _, _, value in _COLUMNS]
        for plan in report.plans
        for task in words.tasks_of(report, plan, every=True)
    ]


def _question_rows(report: PlanReport, plans: Mapping[int, ReportedPlan]) -> list[list[Value]]:
    return [
        [
            _short(plans[one.plan_id]),
            one.row,
            "Phải sửa" if one.serious else "Nên xem",
            one.message,
        ]
        for one in report.questions
    ]


def _fill(sheet: Worksheet, columns: Sequence[tuple[str, int]], lines: Sequence[Sequence[Value]]) -> None:
    """Heading, rows, widths; the heading stays in sight, and every column can be filtered."""
    for n, (name, width) in enumerate(columns, start=1):
        cell = sheet.cell(1, n)
        _put(cell, name)
        cell.font = Font(name=FONT, size=11, bold=True)
        cell.fill = PatternFill("solid", fgColor="DDE6F0")
        cell.alignment = Alignment(horizontal="center", vertical="center", wrap_text=True)
        sheet.column_dimensions[get_column_letter(n)].width = width
    sheet.row_dimensions[1].height = HEADING_HEIGHT
    for row, values in enumerate(lines, start=2):
        for n, value in enumerate(values, start=1):
            _put(sheet.cell(row, n), value)
        sheet.row_dimensions[row].height = _height(values, [width for _, width in columns])
    sheet.freeze_panes = "C2"
    sheet.auto_filter.ref = f"A1:{get_column_letter(len(columns))}{len(lines) + 1}"


def _put(cell: Any, value: Value) -> None:
    """A value as what it is: a date stays a date, a share a number, and a text never becomes a formula."""
    assert isinstance(cell, Cell)
    cell.font, cell.border = _PLAIN, _EDGE
    if isinstance(value, str):
        cell.value = printable(value)[:CELL_LIMIT] or None
        cell.data_type = "s" if cell.value else "n"
        cell.alignment = _WRAPPED
        return
    cell.value = value
    cell.alignment = _CENTRED
    if isinstance(value, date):
        cell.number_format = DATE
    elif isinstance(value, float):
        cell.number_format = PERCENT


_PLAIN = Font(name=FONT, size=11)
_WRAPPED = Alignment(vertical="top", wrap_text=True)
_CENTRED = Alignment(horizontal="center", vertical="top")


def _height(values: Sequence[Value], widths: Sequence[int]) -> float:
    """Room for the longest text: a spreadsheet program reckons it only when somebody edits the row."""
    longest = (
        ceil(len(value) / (width * LETTERS))
        for value, width in zip(values, widths, strict=True)
        if isinstance(value, str)
    )
    return min(LINE_HEIGHT * max([1, *longest]), TALLEST)


def _coloured(sheet: Worksheet) -> None:
    """The colour follows the word in the column of that name, also when somebody sorts the rows or changes it."""
    letters = {name: get_column_letter(n) for n, (name, _, _) in enumerate(_COLUMNS, start=1)}
    last = max(sheet.max_row, 2)
    where = " ".join(f"{letters[name]}2:{letters[name]}{last}" for name in _COLOURED)
    for word, colour in FILLS.items():
        fill = PatternFill("solid", bgColor=colour, fgColor=colour)
        rule = Rule("expression", dxf=DifferentialStyle(fill=fill), formula=[f'${letters["Màu"]}2="{word}"'])
        sheet.conditional_formatting.add(where, rule)


def _print_setup(sheet: Worksheet, words_on_top: str) -> None:
    """A4 landscape, as wide as the page, the heading on every page, pages counted."""
    sheet.page_setup.orientation, sheet.page_setup.paperSize = "landscape", A4
    sheet.page_setup.fitToWidth, sheet.page_setup.fitToHeight = 1, 0  # as many pages down as it takes
    sheet.sheet_properties.pageSetUpPr = PageSetupProperties(fitToPage=True)
    sheet.print_title_rows = "1:1"
    sheet.page_margins = PageMargins(left=0.4, right=0.4, top=0.7, bottom=0.5)  # inches
    header, footer = sheet.oddHeader, sheet.oddFooter
    assert header is not None
    assert footer is not None
    header.center.text = words_on_top.replace("&", "&&")  # "&" begins a code there
    footer.center.text = "Trang &P/&N"


def _groups(task: TaskLine) -> Value:
    """One group is a number to sort by; several can only be a text."""
    return task.groups[0] if len(task.groups) == 1 else ", ".join(map(str, task.groups))


def _short(plan: ReportedPlan) -> str:
    title = words.titled(plan)
    return plan.number or (title if len(title) <= TITLE else f"{title[:TITLE]}…")
