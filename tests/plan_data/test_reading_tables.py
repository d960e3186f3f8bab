"""Tables as offices really make them: merged cells, two header rows, rows below rows, numbers written by Word, dates by Excel."""

from collections.abc import Sequence
from datetime import date

import pytest
from docx import Document
from openpyxl import Workbook

from core.plan import Draft, DraftTask, ProblemCode
from plan_data.reading import read_plan
from plan_data.reading.columns import Column, columns_of
from tests.fixtures.plan import made

HEADER = ["STT", "Nội dung", "Chủ trì", "Phối hợp", "Thời gian", "Sản phẩm"]


def task_row(
    number: str, title: str = "Xây dựng kế hoạch", lead: str = "Sở Nội vụ", period: str = "Quý II/2026"
) -> list[str]:
    return [number, title, lead, "", period, "Kế hoạch"]


def tsv(*rows: list[str], header: list[str] = HEADER, title: str = "KẾ HOẠCH CÔNG TÁC NĂM 2026") -> Draft:
    lines = [title, "", *("\t".join(row) for row in (header, *rows))]
    return read_plan("\n".join(lines).encode(), "a.txt")


def sheet(
    *rows: Sequence[object], merged: tuple[str, ...] = (), formats: dict[str, str] | None = None
) -> Draft:
    book = Workbook()
    page = book.active
    assert page is not None
    for row in rows:
        page.append(list(row))
    for cells in merged:
        page.merge_cells(cells)
    for place, shown in (formats or {}).items():
        page[place].number_format = shown
    return read_plan(made.saved(book), "a.xlsx")


def word(rows: list[list[str]], *merges: tuple[tuple[int, int], tuple[int, int]]) -> Draft:
    """A Word table; each merge joins the cells from (row, column) to (row, column) and keeps the text of the first."""
    document = Document()
    document.add_paragraph("KẾ HOẠCH CÔNG TÁC NĂM 2026")
    table = document.add_table(rows=len(rows), cols=len(rows[0]))
    for row, texts in zip(table.rows, rows, strict=True):
        for cell, text in zip(row.cells, texts, strict=True):
            cell.text = text
    for (top, left), (bottom, right) in merges:
        text = table.cell(top, left).text
        for row in range(top, bottom + 1):
            for column in range(left, right + 1):
                table.cell(row, column).text = ""
        table.cell(top, left).merge(table.cell(bottom, right)).text = text
    return read_plan(made.saved(document), "a.docx")


def numbers(draft: Draft) -> list[str]:
    return [task.number for task in draft.tasks]


def one(draft: Draft, number: str) -> DraftTask:
    return next(task for task in draft.tasks if task.number == number)


def codes(draft: Draft, row: str | None) -> list[ProblemCode]:
    return [problem.code for problem in draft.problems if problem.row == row]


def test_a_cell_merged_downwards_belongs_to_each_row() -> None:
    rows = [HEADER, task_row("1"), task_row("2", lead=""), task_row("3", lead="Sở Y tế")]
    draft = word(rows, ((1, 2), (2, 2)))
    assert [[unit.name for unit in task.leads] for task in draft.tasks] == [
        ["Sở Nội vụ"],
        ["Sở Nội vụ"],
        ["Sở Y tế"],
    ]


def test_a_number_and_title_merged_over_two_rows_are_one_task_with_both_leads() -> None:
    rows = [HEADER, task_row("1"), ["", "", "Sở Y tế", "", "", ""], task_row("2")]
    draft = word(rows, ((1, 0), (2, 0)), ((1, 1), (2, 1)), ((1, 4), (2, 4)))
    assert numbers(draft) == ["1", "2"]
    assert [unit.name for unit in one(draft, "1").leads] == ["Sở Nội vụ", "Sở Y tế"]


def test_a_header_of_two_rows_is_read_as_one() -> None:
    rows = [
        ["STT", "Nội dung", "Đơn vị thực hiện", "", "Thời gian", "Sản phẩm"],
        ["", "", "Chủ trì", "Phối hợp", "", ""],
        ["1", "Xây dựng kế hoạch", "Sở Nội vụ", "Sở Y tế", "Quý II/2026", "Kế hoạch"],
    ]
    merges = (((0, 2), (0, 3)), ((0, 0), (1, 0)), ((0, 1), (1, 1)), ((0, 4), (1, 4)), ((0, 5), (1, 5)))
    task = one(word(rows, *merges), "1")
    assert ([unit.name for unit in task.leads], [unit.name for unit in task.cooperating]) == (
        ["Sở Nội vụ"],
        ["Sở Y tế"],
    )


def test_two_columns_from_and_to_are_one_period() -> None:
    header = ["STT", "Nội dung", "Chủ trì", "Bắt đầu", "Kết thúc"]
    draft = tsv(["1", "Xây dựng kế hoạch", "Sở Nội vụ", "01/6/2026", "30/9/2026"], header=header)
    deadline = one(draft, "1").deadline
    assert (deadline.start, deadline.due) == (date(2026, 6, 1), date(2026, 9, 30))


def test_numbers_that_word_writes_by_itself_are_read() -> None:
    rows = [row for row in made.whole_rows() if not made.is_section(row)][:12]
    draft = read_plan(made.numbered_docx(rows), "a.docx")
    assert numbers(draft) == [str(n) for n in range(1, 13)]
    assert one(draft, "10").title.startswith("Triển khai các giải pháp phát triển kinh tế cửa khẩu")


def test_paragraphs_and_tables_within_a_cell_are_its_words() -> None:
    document = Document()
    document.add_paragraph("KẾ HOẠCH NĂM 2026")
    table = document.add_table(rows=2, cols=6)
    for cell, text in zip(table.rows[0].cells, HEADER, strict=True):
        cell.text = text
    for cell, text in zip(table.rows[1].cells, task_row("1"), strict=True):
        cell.text = text
    table.cell(1, 2).add_paragraph("Sở Y tế")
    table.cell(1, 5).add_table(1, 1).cell(0, 0).text = "Báo cáo"
    task = one(read_plan(made.saved(document), "a.docx"), "1")
    assert [unit.name for unit in task.leads] == ["Sở Nội vụ", "Sở Y tế"]
    assert task.expected_output.split() == ["Kế", "hoạch", "Báo", "cáo"]


def test_a_letterhead_table_is_no_plan_and_a_table_going_on_needs_no_header() -> None:
    document = Document()
    head = document.add_table(rows=1, cols=2)
    head.cell(0, 0).text, head.cell(0, 1).text = "UBND TỈNH", "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM"
    document.add_paragraph("KẾ HOẠCH NĂM 2026")
    for rows in ([HEADER, task_row("1")], [task_row("2")]):
        table = document.add_table(rows=len(rows), cols=6)
        for row, texts in zip(table.rows, rows, strict=True):
            for cell, text in zip(row.cells, texts, strict=True):
                cell.text = text
        document.add_paragraph("")
    assert numbers(read_plan(made.saved(document), "a.docx")) == ["1", "2"]


def test_dates_that_excel_stores_are_read_as_they_are_shown() -> None:
    draft = sheet(
        ["KẾ HOẠCH NĂM 2026"],
        HEADER,
        [1, "Báo cáo", "Sở Nội vụ", "", date(2026, 11, 30), "Báo cáo"],
        [2, "Kế hoạch", "Sở Nội vụ", "", date(2026, 5, 1), "Kế hoạch"],
        formats={"E3": "dd/mm/yyyy", "E4": "mm/yyyy"},
    )
    assert one(draft, "1").deadline.due == date(2026, 11, 30)
    assert (one(draft, "2").deadline.text, one(draft, "2").deadline.due) == ("05/2026", date(2026, 5, 31))


def test_merged_cells_of_a_sheet_reach_all_their_rows() -> None:
    draft = sheet(
        ["KẾ HOẠCH NĂM 2026"],
        HEADER,
        [1, "Báo cáo", "Sở Nội vụ", "", "Quý II/2026", "Báo cáo"],
        [2, "Kế hoạch", None, "", "Quý III/2026", "Kế hoạch"],
        merged=("C3:C4", "A1:F1"),
    )
    assert [unit.name for unit in one(draft, "2").leads] == ["Sở Nội vụ"]


def test_a_second_sheet_with_a_plan_is_named_not_dropped() -> None:
    book = Workbook()
    for title in ("Kế hoạch", "Phụ lục"):
        page = book.create_sheet(title)
        page.append(HEADER)
        page.append([*task_row("1")])
    draft = read_plan(made.saved(book), "a.xlsx")
    assert [(p.row, p.code) for p in draft.problems if p.code is ProblemCode.UNREAD_PART] == [
        (None, ProblemCode.UNREAD_PART)
    ]
    assert "Phụ lục" in next(p.message for p in draft.problems if p.code is ProblemCode.UNREAD_PART)


def test_rows_split_by_a_page_are_joined_again() -> None:
    draft = tsv(
        task_row(
            "1", "Nâng cao chất lượng của đội ngũ cán bộ, công chức, viên", "Công an tỉnh, Bộ Chỉ huy Quân sự"
        ),
        HEADER,
        ["", "chức", "tỉnh", "", "", ""],
        task_row("2"),
    )
    assert one(draft, "1").title.endswith("công chức, viên chức")
    assert [unit.name for unit in one(draft, "1").leads] == ["Công an tỉnh", "Bộ Chỉ huy Quân sự tỉnh"]
    assert codes(draft, "1") == []


def test_a_row_that_only_counts_the_columns_is_no_task() -> None:
    assert numbers(tsv(["(1)", "(2)", "(3)", "(4)", "(5)", "(6)"], task_row("1"))) == ["1"]


def test_sections_give_their_number_title_and_criteria_group() -> None:
    draft = tsv(
        ["I", "Công tác chung", "", "", "", ""],
        task_row("1"),
        ["II", "Cải thiện (tiêu chí nhóm 1)", "", "", "", ""],
        task_row("2"),
    )
    assert (one(draft, "1").section, one(draft, "1").criteria_groups) == ("I", ())
    assert (one(draft, "2").section, one(draft, "2").section_title) == ("II", "Cải thiện (tiêu chí nhóm 1)")
    assert one(draft, "2").criteria_groups == (1,)


def test_a_section_without_a_number_is_known_by_its_place_or_its_capitals() -> None:
    draft = tsv(
        ["", "Công tác chung", "", "", "", ""],
        task_row("1"),
        ["", "NHIỆM VỤ TRỌNG TÂM", "", "", "", ""],
        task_row("2"),
    )
    assert [task.section_title for task in draft.tasks] == ["Công tác chung", "NHIỆM VỤ TRỌNG TÂM"]
    assert numbers(draft) == ["1", "2"]


def test_numbers_with_their_section_in_front_are_numbers() -> None:
    assert numbers(tsv(task_row("I.1"), task_row("I.2"), task_row("II.1"))) == ["I.1", "I.2", "II.1"]


def test_where_every_section_counts_from_one_the_section_is_part_of_the_number() -> None:
    sections = (["I", "Một", "", "", "", ""], task_row("1"), ["II", "Hai", "", "", "", ""], task_row("1"))
    assert numbers(tsv(*sections)) == ["I.1", "II.1"]


def test_numbers_below_numbers_are_kept() -> None:
    draft = tsv(
        ["1", "Nhóm việc chung", "", "", "", ""],
        task_row("1.1"),
        task_row("1.2"),
        task_row("2"),
        task_row("a)"),
        task_row("b)"),
    )
    assert numbers(draft) == ["1.1", "1.2", "2", "2.a", "2.b"]
    assert (one(draft, "1.2").section, one(draft, "1.2").section_title) == ("1", "Nhóm việc chung")


def test_a_task_without_a_number_is_asked_about() -> None:
    draft = tsv(task_row("1"), task_row("", "Việc kèm theo"), task_row("2"))
    assert numbers(draft) == ["1", "1.1", "2"]
    assert codes(draft, "1.1") == [ProblemCode.MISSING_NUMBER]


def test_a_missing_number_in_between_is_told() -> None:
    assert codes(tsv(task_row("1"), task_row("2"), task_row("4")), None) == [ProblemCode.NUMBER_GAP]


def test_a_table_without_a_number_column_counts_its_rows() -> None:
    draft = tsv(*(task_row("")[1:] for _ in range(3)), header=HEADER[1:])
    assert numbers(draft) == ["1", "2", "3"]


def test_an_impossible_date_is_a_problem_named_by_row() -> None:
    draft = tsv(
        task_row("1"),
        task_row("2", period="31/02/2026"),
        task_row("3", period="tháng 13"),
        task_row("4", period="Quý V"),
    )
    for number in ("2", "3", "4"):
        assert codes(draft, number) == [ProblemCode.IMPOSSIBLE_DATE]
        assert one(draft, number).deadline.due is None
    message = next(problem.message for problem in draft.problems if problem.row == "2")
    assert message.startswith("Số 2 (dòng 5): “31/02/2026” không có trong lịch")


def test_an_unknown_unit_comes_with_its_nearest_names() -> None:
    draft = tsv(task_row("1", lead="Sở Tài chánh"))
    (problem,) = draft.problems
    assert problem.code is ProblemCode.UNKNOWN_UNIT
    assert "Sở Tài chính" in problem.message


def test_a_guessed_unit_is_shown_as_a_guess() -> None:
    draft = tsv(task_row("1", lead="VHTTDL"))
    (problem,) = draft.problems
    assert problem.code is ProblemCode.GUESSED_UNIT
    assert "Sở Văn hóa, Thể thao và Du lịch" in problem.message


def test_a_missing_deadline_lead_and_product_are_asked_for() -> None:
    draft = tsv(["1", "Xây dựng kế hoạch", "", "Sở Y tế", "", ""], task_row("2"))
    assert codes(draft, "1") == [
        ProblemCode.MISSING_DEADLINE,
        ProblemCode.MISSING_LEAD,
        ProblemCode.MISSING_OUTPUT,
    ]


def test_the_year_of_the_title_serves_dates_without_one() -> None:
    draft = tsv(task_row("1", period="trước ngày 15/6"), title="KẾ HOẠCH CÔNG TÁC NĂM 2027")
    assert one(draft, "1").deadline.due == date(2027, 6, 14)


def test_a_year_given_by_hand_wins() -> None:
    data = ("\t".join(HEADER) + "\n" + "\t".join(task_row("1", period="Cả năm"))).encode()
    assert read_plan(data, "a.txt", year=2028).tasks[0].deadline.due == date(2028, 12, 31)
    assert codes(read_plan(data, "a.txt"), "1") == [ProblemCode.NO_YEAR]


def test_quoted_cells_of_a_csv_may_hold_lines_and_marks() -> None:
    text = (
        'STT;Nội dung;Chủ trì;Thời gian\r\n1;"Xây dựng; ban hành\r\n""kế hoạch""";Sở Nội vụ;Quý II/2026\r\n'
    )
    draft = read_plan(("\ufeff" + text).encode(), "a.csv")
    assert draft.tasks[0].title == 'Xây dựng; ban hành "kế hoạch"'


def test_foot_notes_are_no_tasks() -> None:
    assert numbers(tsv(task_row("1"), ["Ghi chú: các đơn vị báo cáo hằng quý", "", "", "", "", ""])) == ["1"]


@pytest.mark.parametrize(
    ("header", "columns"),
    [
        (
            [
                "TT",
                "Nội dung công việc",
                "Đơn vị chủ trì",
                "Đơn vị phối hợp",
                "Thời hạn hoàn thành",
                "Kết quả",
            ],
            "NTLCPO",
        ),
        (
            ["STT", "Nhiệm vụ", "Cơ quan, đơn vị thực hiện", "Thời gian thực hiện", "Sản phẩm hoàn thành"],
            "NTLPO",
        ),
        (["Số TT", "Nhiệm vụ, giải pháp", "Lãnh đạo phụ trách", "Đơn vị chủ trì", "Tiến độ"], "NT.LP"),
        (["Tên nhiệm vụ", "Người thực hiện", "Hạn"], "TLP"),
        (["STT", "Nội dung", "Chủ trì/\nTham mưu", "Ghi chú", "Kinh phí", "Thời gian\nhoàn thành"], "NTL..P"),
        (["stt", "noi dung", "chu tri", "phoi hop", "thoi gian", "san pham"], "NTLCPO"),
    ],
)
def test_headers_are_known_by_their_words(header: list[str], columns: str) -> None:
    short = {"N": Column.NUMBER, "T": Column.TITLE, "L": Column.LEAD, "C": Column.COOPERATING}
    short |= {"P": Column.PERIOD, "O": Column.OUTPUT}
    assert columns_of(header) == {
        short[letter]: place for place, letter in enumerate(columns) if letter != "."
    }


def test_a_row_of_a_task_is_no_header() -> None:
    assert columns_of(["3", "Kiểm tra", "Sở Nội vụ", "Các sở", "Quý II", "Báo cáo"]) is None
