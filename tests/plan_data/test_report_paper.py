"""The draft report, read back: the layout of Nghị định 30/2020/NĐ-CP as domain.md states it, and every figure from the rows."""

import re
from datetime import date

import pytest
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.oxml.ns import qn
from docx.shared import Length, Pt
from docx.table import Table

from core.figures import figures
from plan_data.papers.letterhead import letterhead
from plan_data.papers.report import report_docx
from plan_data.papers.words import period
from tests.papers_cast import (
    AT,
    LINES,
    NASTY,
    cells_under,
    cycles,
    empty,
    opened,
    report,
    texts,
)

PAPER = opened(report_docx(report()))
LEFT, RIGHT = PAPER.tables[0].row_cells(0)


def millimetres(length: Length | None) -> float:
    assert length is not None
    return round(length.mm, 1)


def test_the_page_is_a4_with_the_prescribed_margins() -> None:
    page = PAPER.sections[0]
    assert (millimetres(page.page_width), millimetres(page.page_height)) == (210, 297)
    assert 20 <= millimetres(page.top_margin) <= 25
    assert 20 <= millimetres(page.bottom_margin) <= 25
    assert 30 <= millimetres(page.left_margin) <= 35
    assert 15 <= millimetres(page.right_margin) <= 20


def test_every_letter_is_times_new_roman() -> None:
    named = {value for fonts in PAPER.styles.element.iter(qn("w:rFonts")) for value in fonts.attrib.values()}
    assert named == {"Times New Roman"}
    assert not list(PAPER.element.iter(qn("w:rFonts")))


def test_pages_are_counted_at_the_top_in_the_middle_from_the_second_on() -> None:
    page = PAPER.sections[0]
    assert page.different_first_page_header_footer
    (number,) = page.header.paragraphs
    assert number.alignment == WD_ALIGN_PARAGRAPH.CENTER
    assert [mark.text for mark in number._p.iter(qn("w:instrText"))] == ["PAGE"]
    assert page.first_page_header.paragraphs[0].text == ""


def test_the_head_names_country_and_issuer_and_leaves_number_and_day_blank() -> None:
    right, left = [p.text for p in RIGHT.paragraphs], [p.text for p in LEFT.paragraphs]
    assert right[:2] == ["CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM", "Độc lập - Tự do - Hạnh phúc"]
    assert " ".join(left[1:4]) == letterhead().issuer.upper()
    assert "Số:      /BC-BQLKKTCK" in left
    assert "DỰ THẢO" in left
    dated = RIGHT.paragraphs[-1]
    assert re.fullmatch(r"Lạng Sơn, ngày +tháng +năm *", dated.text)
    assert all(run.italic for run in dated.runs)
    assert not any(re.search(r"Số: *\d", text) for text in texts(PAPER))


def test_rules_are_borders_of_paragraphs_and_nobody_typed_dashes() -> None:
    in_head = [p for cell in (LEFT, RIGHT) for p in cell.paragraphs if list(p._p.iter(qn("w:pBdr")))]
    assert len(in_head) == 2
    assert all(not p.text for p in in_head)
    assert not any(re.search(r"[-–_]{3}", text) for text in texts(PAPER))


def test_head_and_signature_are_tables_without_borders_and_the_signature_is_blank() -> None:
    for table in (PAPER.tables[0], signature()):
        assert table.style is not None
        assert table.style.name != "Table Grid"
        assert not list(table._tbl.iter(qn("w:tblBorders")))
    assert signature().cell(0, 1).text.strip() == ""


def test_those_who_receive_it_are_listed_under_a_bold_italic_heading() -> None:
    heading = signature().cell(0, 0).paragraphs[0]
    assert heading.text == "Nơi nhận:"
    assert [(run.bold, run.italic, run.font.size) for run in heading.runs] == [(True, True, Pt(12))]
    assert signature().cell(0, 0).paragraphs[-1].text.endswith(".")


def test_title_and_subject_are_bold_and_centred_and_the_addressee_follows() -> None:
    title = next(n for n, p in enumerate(PAPER.paragraphs) if p.text == "BÁO CÁO")
    named = PAPER.paragraphs[title : title + 2]
    assert named[1].text == "Kết quả thực hiện Kế hoạch triển khai nâng cao Chỉ số hạnh phúc năm 2026"
    for paragraph in named:
        assert paragraph.alignment == WD_ALIGN_PARAGRAPH.CENTER
        assert all(run.bold for run in paragraph.runs)
    assert "Kính gửi: Sở Văn hóa, Thể thao và Du lịch" in texts(PAPER)


def test_the_body_is_justified_in_13_or_14_points() -> None:
    told = [p for p in PAPER.paragraphs if p.alignment == WD_ALIGN_PARAGRAPH.JUSTIFY]
    assert len(told) > 20
    assert {run.font.size for p in told for run in p.runs} <= {Pt(13), Pt(14)}


def test_the_text_ends_with_its_mark() -> None:
    assert [text for text in texts(PAPER) if text.endswith("./.")] == [
        "Trên đây là báo cáo kết quả thực hiện Kế hoạch triển khai nâng cao Chỉ số hạnh phúc năm 2026 "
        "của Ban Quản lý Khu kinh tế cửa khẩu Đồng Đăng – Lạng Sơn./."
    ]


def test_the_counts_are_those_of_the_rows_with_their_denominators() -> None:
    told = "\n".join(texts(PAPER))
    assert "Ban Quản lý có 6 nhiệm vụ: chủ trì 6, được nêu tên phối hợp 0" in told
    assert "Hoàn thành: 2/6 (33,3%). Trong số nhiệm vụ có hạn đã hoàn thành: đúng hạn 1/2 (50,0%)" in told
    assert "Quá hạn, chưa hoàn thành: 1/6 (16,7%)" in told
    assert "Đang thực hiện: 3/6 (50,0%)." in told
    assert "18 mục của kế hoạch không thuộc trách nhiệm" in told


def test_clauses_and_groups_add_up_to_the_tasks() -> None:
    own, province = cells_under(PAPER, "Mục"), cells_under(PAPER, "Mục", 1)
    assert [row[:2] for row in own[1:]] == [
        ["II MỤC TIÊU", "1"],
        ["III.1 Phát triển kinh tế cửa khẩu", "3"],
        ["IV Văn phòng", "1"],
    ]
    assert sum(int(row[1]) for row in (*own[1:], *province[1:])) == len(LINES)
    for row in (*own[1:], *province[1:]):
        assert int(row[1]) == sum(map(int, row[2:]))
    groups = {row[0]: row[1] for row in cells_under(PAPER, "Nhóm tiêu chí")[1:]}
    assert [groups[name] for name in groups if name[0] in "135"] == ["4", "1", "1"]
    assert groups["Không gắn với nhóm nào"] == "1"


def test_targets_extensions_delays_and_evidence_are_told_one_by_one() -> None:
    told = [row for table in PAPER.tables for row in ([c.text for c in r.cells] for r in table.rows)]
    assert ["II.2", "100% các phòng", "Đang thực hiện, tiến độ 40%", "chưa có"] in told
    assert ["IV.1", "Việc IV.1", "29/11/2026", "15/12/2026", "02/10/2026"] in told
    assert ["III.1.3", "Việc III.1.3", "Văn phòng", "29/11/2026", "3", ""] in told
    assert ["IV.1", "Việc IV.1", "Văn phòng", "01/09/2026", "Chưa có kinh phí"] in told
    handed_in = next(row for row in told if row[0] == "III.1.2" and row[2] == "20/11/2026")
    assert handed_in[3] == "Đã gửi [bao-cao.pdf; ảnh]"


def test_the_hotline_is_told_with_n_and_ratings_only_for_reference() -> None:
    rows = {row[0]: row[1] for row in cells_under(PAPER, "Nội dung")[1:]}
    assert rows["Giải quyết ngay trong ngày"] == "7/7 (100,0%)"
    assert rows["Người gửi có đánh giá (tỷ lệ phản hồi)"] == "1/7 (14,3%)"
    assert rows["Hài lòng (tham khảo)"] == "không nêu tỷ lệ (n = 1)"
    told = "\n".join(texts(PAPER))
    assert "Số lượt phản ánh, kiến nghị tiếp nhận trong kỳ: 7." in told
    assert "(chỉ đếm): 1." in told
    assert "không phải kết quả đo lường SIPAS, PAPI hay PCI" in told


def test_what_a_person_must_say_is_dotted_lines() -> None:
    heads = [
        n for n, p in enumerate(PAPER.paragraphs) if p.text.startswith(("V. ", "IV. P", "4. Nguyên nhân"))
    ]
    assert len(heads) == 3
    for head in heads:
        after = PAPER.paragraphs[head + 1]
        assert after.text == "\t"
        assert [stop.leader.name for stop in after.paragraph_format.tab_stops] == ["DOTS"]  # type: ignore[union-attr]


def test_long_tables_repeat_their_heading_and_tear_no_line() -> None:
    for table in PAPER.tables:
        if table.style is not None and table.style.name == "Table Grid":
            assert list(table.rows[0]._tr.iter(qn("w:tblHeader")))
            assert all(list(row._tr.iter(qn("w:cantSplit"))) for row in list(table.rows)[1:])


def test_markup_in_a_title_stays_the_text_that_it_is() -> None:
    shown = [text for text in texts(PAPER) if text.startswith("=HYPERLINK")]
    assert shown
    assert set(shown) == {NASTY.replace("\x0b", "\n").replace("\ufffe", "")}


def test_with_nothing_in_it_the_report_says_so_and_divides_by_nothing() -> None:
    paper = opened(report_docx(empty()))
    told = "\n".join(texts(paper))
    assert "Chưa có kế hoạch nào được đưa vào theo dõi" in told
    assert "Hoàn thành: 0/0." in told
    assert "Chưa có minh chứng nào được gửi." in told
    assert "tiếp nhận trong kỳ: 0." in told
    assert "%" not in told


def test_few_tickets_are_told_by_their_number_only() -> None:
    paper = opened(report_docx(report(hotline=figures(cycles(3), AT))))
    rows = {row[0]: row[1] for row in cells_under(paper, "Nội dung")[1:]}
    assert rows["Giải quyết ngay trong ngày"] == "không nêu tỷ lệ (n = 3)"


def test_an_exercise_is_marked_as_one() -> None:
    assert "SỐ LIỆU DIỄN TẬP" in texts(opened(report_docx(report(drill=True))))
    assert "SỐ LIỆU DIỄN TẬP" not in texts(PAPER)


@pytest.mark.parametrize(
    ("first", "last", "words"),
    [
        (date(2026, 1, 1), date(2026, 12, 31), "năm 2026"),
        (date(2026, 10, 1), date(2026, 12, 31), "Quý IV năm 2026"),
        (date(2026, 2, 1), date(2026, 2, 28), "tháng 2 năm 2026"),
        (date(2026, 2, 1), date(2026, 4, 30), "từ ngày 01/02/2026 đến ngày 30/04/2026"),
        (date(2026, 1, 1), date(2026, 11, 22), "từ ngày 01/01/2026 đến ngày 22/11/2026"),
    ],
)
def test_a_period_is_called_by_its_name_where_it_has_one(first: date, last: date, words: str) -> None:
    assert period(first, last) == words


def signature() -> Table:
    return next(table for table in PAPER.tables if table.cell(0, 0).text.startswith("Nơi nhận:"))
