"""The working table, read back: real dates and numbers, texts that stay texts, colours by rule, a page that can be printed."""

from datetime import date, datetime
from io import BytesIO

from openpyxl import Workbook, load_workbook
from openpyxl.worksheet.worksheet import Worksheet

from core.plan_report import PlanReport
from plan_data.papers.workbook import plan_workbook
from tests.papers_cast import NASTY, empty, line, report


def made(of: PlanReport) -> Workbook:
    return load_workbook(BytesIO(plan_workbook(of)))


BOOK = made(report())
SHEET: Worksheet = BOOK["Nhiệm vụ"]
HEADINGS = [cell.value for cell in SHEET[1]]


def column(name: str, sheet: Worksheet = SHEET) -> list[object]:
    place = [cell.value for cell in sheet[1]].index(name)
    return [row[place].value for row in sheet.iter_rows(min_row=2)]


def day(value: object) -> date:
    """A cell's date, which is one and no text."""
    assert isinstance(value, datetime)
    return value.date()


def test_every_task_of_every_plan_has_a_row_also_what_is_not_the_boards() -> None:
    assert column("Số") == ["II.2", "III.1.1", "III.1.2", "III.1.3", "IV.1", "6", "7"]
    assert column("Liên quan")[-1] == "Không thuộc Ban"


def test_dates_are_dates_and_shares_are_numbers() -> None:
    place = HEADINGS.index("Hạn cuối") + 1
    cell = SHEET.cell(3, place)
    assert (day(cell.value), cell.number_format) == (date(2026, 11, 29), "dd/mm/yyyy")
    progress = SHEET.cell(3, HEADINGS.index("Tiến độ") + 1)
    assert (progress.value, progress.number_format) == (0.4, "0%")
    assert column("Số ngày chậm")[3] == 3
    assert day(column("Hạn trước khi lùi")[4]) == date(2026, 11, 29)


def test_a_title_that_looks_like_a_formula_is_a_text() -> None:
    cell = SHEET.cell(7, HEADINGS.index("Nhiệm vụ") + 1)
    assert cell.data_type == "s"
    assert cell.value == NASTY.replace("\x0b", "\n").replace("\ufffe", "")


def test_a_title_as_long_as_a_book_is_cut_to_what_a_cell_can_hold() -> None:
    book = made(report(every=(line("1", title="x" * 40_000),)))
    cell = book["Nhiệm vụ"].cell(2, HEADINGS.index("Nhiệm vụ") + 1)
    assert len(str(cell.value)) == 32_767


def test_the_heading_stays_in_sight_and_every_column_can_be_filtered() -> None:
    assert SHEET.freeze_panes == "C2"
    assert SHEET.auto_filter.ref == SHEET.dimensions


def test_colours_follow_the_word_of_the_rule() -> None:
    assert column("Màu") == ["Xanh", "Cam", None, None, "Cam", "Đỏ", None]
    formulas = [rule.formula for area in SHEET.conditional_formatting for rule in area.rules]
    letter = SHEET.cell(1, HEADINGS.index("Màu") + 1).column_letter
    assert formulas == [[f'${letter}2="{word}"'] for word in ("Đỏ", "Cam", "Xanh")]


def test_it_prints_on_a4_across_with_its_heading_on_every_page() -> None:
    for sheet in BOOK.worksheets:
        assert (sheet.page_setup.orientation, sheet.page_setup.paperSize) == ("landscape", 9)
        assert (sheet.page_setup.fitToWidth, sheet.page_setup.fitToHeight) == (1, 0)
        assert sheet.sheet_properties.pageSetUpPr.fitToPage
        assert sheet.print_title_rows == "$1:$1"


def test_what_has_to_be_looked_at_is_a_sheet_of_its_own() -> None:
    rows = [[cell.value for cell in row] for row in BOOK["Cần xem lại"].iter_rows(min_row=2)]
    assert rows == [["215/KH-UBND", "10", "Nên xem", "Số 10 (dòng 24): chưa ghi sản phẩm"]]


def test_without_plans_there_are_two_empty_sheets() -> None:
    book = made(empty())
    assert [sheet.max_row for sheet in book.worksheets] == [1, 1]
