"""The layout of an official paper (Nghị định 30/2020/NĐ-CP, phụ lục I) in terms of python-docx: page, fonts, rules, tables.

Sizes are points, lengths millimetres. Every text goes in as text: nothing a person wrote can become markup or a field.
"""

from collections.abc import Collection, Sequence
from datetime import UTC, datetime

from docx import Document
from docx.document import Document as Paper
from docx.enum.section import WD_ORIENT
from docx.enum.table import WD_TABLE_ALIGNMENT
from docx.enum.text import WD_ALIGN_PARAGRAPH, WD_BREAK, WD_TAB_ALIGNMENT, WD_TAB_LEADER
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.oxml.xmlchemy import BaseOxmlElement
from docx.shared import Mm, Pt
from docx.table import Table, _Cell, _Row
from docx.text.paragraph import Paragraph
from docx.text.run import Run

from core.folding import clean

FONT = "Times New Roman"
BODY, SMALL, TABLE = 14, 12, 11
TOP, BOTTOM, LEFT, RIGHT = 20, 20, 30, 15
TEXT_WIDTH = 210 - LEFT - RIGHT
INDENT = 10  # the first line of a paragraph of the body
LEFT_ALIGNED, CENTRED, JUSTIFIED = (
    WD_ALIGN_PARAGRAPH.LEFT,
    WD_ALIGN_PARAGRAPH.CENTER,
    WD_ALIGN_PARAGRAPH.JUSTIFY,
)


def new_paper(title: str, author: str, made_at: datetime) -> Paper:
    """An empty A4 page: margins, Times New Roman throughout, the page number centred at the top from page 2 on."""
    paper = Document()
    _language_and_font(paper)
    section = paper.sections[0]
    section.orientation = WD_ORIENT.PORTRAIT
    section.page_width, section.page_height = Mm(210), Mm(297)
    section.top_margin, section.bottom_margin = Mm(TOP), Mm(BOTTOM)
    section.left_margin, section.right_margin = Mm(LEFT), Mm(RIGHT)
    section.header_distance = section.footer_distance = Mm(10)
    section.different_first_page_header_footer = True
    number = section.header.paragraphs[0]
    number.alignment = CENTRED
    _field(number, "PAGE")
    about = paper.core_properties
    about.title, about.author, about.last_modified_by = printable(title)[:255], printable(author)[:255], ""
    about.comments, about.language = "", "vi-VN"
    about.created = about.modified = made_at.astimezone(UTC).replace(tzinfo=None)
    return paper


def printable(text: str) -> str:
    """`text` as XML can carry it: clean, and without the two characters that are none there."""
    return clean(text).replace("\ufffe", "").replace("\uffff", "")


def write(
    paragraph: Paragraph, text: str, size: float = BODY, *, bold: bool = False, italic: bool = False
) -> Run:
    """A run of `text` at the end of `paragraph`."""
    run = paragraph.add_run(printable(text))
    run.font.size, run.bold, run.italic = Pt(size), bold, italic
    return run


def body(paper: Paper, text: str, *, bold: bool = False, italic: bool = False) -> Paragraph:
    """A justified paragraph whose first line is indented."""
    paragraph = paper.add_paragraph()
    paragraph.alignment = JUSTIFIED
    paragraph.paragraph_format.first_line_indent = Mm(INDENT)
    paragraph.paragraph_format.space_after = Pt(6)
    write(paragraph, text, bold=bold, italic=italic)
    return paragraph


def heading(paper: Paper, text: str, level: int = 1) -> Paragraph:
    """A bold heading that stays with what follows, and shows in the outline of the document."""
    paragraph = body(paper, text, bold=True)
    paragraph.paragraph_format.keep_with_next = True
    paragraph.paragraph_format.space_before = Pt(6 if level == 1 else 0)
    outline = OxmlElement("w:outlineLvl")
    outline.set(qn("w:val"), str(level - 1))
    paragraph._p.get_or_add_pPr().append(outline)
    return paragraph


def centred(
    where: Paper | _Cell, text: str, size: float = BODY, *, bold: bool = False, italic: bool = False
) -> Paragraph:
    """A centred line of its own; in a cell the first one takes the empty paragraph that every cell has."""
    fresh = isinstance(where, _Cell) and len(where.paragraphs) == 1 and not where.paragraphs[0].runs
    paragraph = where.paragraphs[0] if fresh else where.add_paragraph()
    paragraph.alignment = CENTRED
    paragraph.paragraph_format.space_after = Pt(0)
    write(paragraph, text, size, bold=bold, italic=italic)
    return paragraph


def rule(where: Paper | _Cell, width: float, line: float) -> None:
    """A centred line of `line` mm where `width` mm are free: the border of an empty paragraph, never typed dashes."""
    paragraph = where.add_paragraph()
    form = paragraph.paragraph_format
    form.left_indent = form.right_indent = Mm((width - line) / 2)
    form.space_before, form.space_after, form.line_spacing = Pt(3), Pt(6), Pt(4)
    borders = OxmlElement("w:pBdr")
    borders.append(_border("w:top"))
    # pBdr has its place in the schema: before shading, tabs, spacing and indents.
    paragraph._p.get_or_add_pPr().insert_element_before(
        borders, "w:shd", "w:tabs", "w:spacing", "w:ind", "w:jc"
    )


def blank_lines(paper: Paper, count: int) -> None:
    """Dotted lines for a person to fill in: a tab with a dot leader, so they stay lines whatever is typed."""
    for _ in range(count):
        paragraph = paper.add_paragraph()
        paragraph.paragraph_format.space_after = Pt(6)
        stops = paragraph.paragraph_format.tab_stops
        stops.add_tab_stop(Mm(TEXT_WIDTH), WD_TAB_ALIGNMENT.RIGHT, WD_TAB_LEADER.DOTS)
        write(paragraph, "").add_tab()


def new_page(paper: Paper) -> None:
    paper.add_paragraph().add_run().add_break(WD_BREAK.PAGE)


def two_columns(paper: Paper, left: float, right: float) -> tuple[_Cell, _Cell]:
    """A table without borders of one row, as the head and the signature of a paper want it; widths in mm."""
    table = _table(paper, 1, (left, right))
    _whole(table.rows[0])
    return table.cell(0, 0), table.cell(0, 1)


def grid(
    paper: Paper,
    columns: Sequence[tuple[str, float]],
    lines: Sequence[Sequence[str]],
    centred_columns: Collection[int] = (0,),
) -> Table:
    """A bordered table: (heading, width in mm) of each column, then its lines. The heading is repeated on every page, and no
    line is torn apart."""
    table = _table(paper, 1 + len(lines), [width for _, width in columns])
    table.style = "Table Grid"
    _repeated(table)
    rows = table.rows
    for cell, (words, _) in zip(rows[0].cells, columns, strict=True):
        centred(cell, words, TABLE, bold=True)
    for row, values in zip(list(rows)[1:], lines, strict=True):
        _whole(row)
        for n, (cell, value) in enumerate(zip(row.cells, values, strict=True)):
            paragraph = cell.paragraphs[0]
            paragraph.alignment = CENTRED if n in centred_columns else LEFT_ALIGNED
            write(paragraph, value, TABLE)
    paper.add_paragraph().paragraph_format.space_after = Pt(0)
    return table


def _table(paper: Paper, rows: int, widths: Sequence[float]) -> Table:
    table: Table = paper.add_table(rows=rows, cols=len(widths))
    table.alignment, table.autofit = WD_TABLE_ALIGNMENT.CENTER, False
    for column, width in zip(table.columns, widths, strict=True):
        column.width = Mm(width)
        for cell in column.cells:
            cell.width = Mm(width)
    return table


def _whole(row: _Row) -> None:
    """Never on two pages."""
    row._tr.get_or_add_trPr().append(OxmlElement("w:cantSplit"))


def _repeated(table: Table) -> None:
    table.rows[0]._tr.get_or_add_trPr().append(OxmlElement("w:tblHeader"))


def _language_and_font(paper: Paper) -> None:
    normal = paper.styles["Normal"]
    normal.font.name, normal.font.size = FONT, Pt(BODY)
    normal.paragraph_format.space_after = Pt(0)
    for fonts in paper.styles.element.iter(qn("w:rFonts")):
        # A theme font would win over the named one.
        fonts.attrib.clear()
        for script in ("ascii", "hAnsi", "cs", "eastAsia"):
            fonts.set(qn(f"w:{script}"), FONT)
    for language in paper.styles.element.iter(qn("w:lang")):
        language.set(qn("w:val"), "vi-VN")


def _field(paragraph: Paragraph, code: str) -> None:
    """A field that Word reckons ("PAGE"): begin, code, end."""
    for kind, text in (("begin", ""), ("", code), ("end", "")):
        run = write(paragraph, "", BODY)
        if kind:
            mark = OxmlElement("w:fldChar")
            mark.set(qn("w:fldCharType"), kind)
        else:
            mark = OxmlElement("w:instrText")
            mark.text = text
        run._r.append(mark)


def _border(side: str) -> BaseOxmlElement:
    border = OxmlElement(side)
    for name, value in (("val", "single"), ("sz", "6"), ("space", "0"), ("color", "auto")):
        border.set(qn(f"w:{name}"), value)
    return border
