"""Word documents: paragraphs with their typed or automatic numbers, and tables with merged cells, read bit by bit.

python-docx holds the whole tree and walks every table again for each cell; here a row is read once and let go.
"""

import zipfile
from collections.abc import Iterator
from typing import Any

from lxml import etree

from plan_data.plain_text import clean
from plan_data.reading.packed import SAFE, opened, part_stream, tree
from plan_data.reading.source import (
    MAX_CELL_CHARACTERS,
    MAX_CHARACTERS,
    MAX_COLUMNS,
    MAX_ROWS,
    BadPlan,
    Paragraph,
    Row,
    Source,
)
from plan_data.reading.word_numbers import Numbering, Styles

_W = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
_STRICT = "http://purl.oclc.org/ooxml/wordprocessingml/main"
_FALLBACK = "{http://schemas.openxmlformats.org/markup-compatibility/2006}Fallback"
_DOCUMENT = "word/document.xml"


def read_docx(data: bytes) -> Source:
    """The paragraphs and table rows of a .docx file, in order. Raises BadPlan."""
    with opened(data, "Word") as archive:
        main = _main_part(archive)
        numbering = Numbering(tree(archive, "word/numbering.xml"))
        styles = Styles(tree(archive, "word/styles.xml"))
        blocks = tuple(_Reader(numbering, styles).blocks(archive, main))
    return Source("docx", blocks)


def _main_part(archive: zipfile.ZipFile) -> str:
    names = set(archive.namelist())
    rels = tree(archive, "_rels/.rels")
    for rel in rels if rels is not None else ():
        if str(rel.get("Type", "")).endswith("/officeDocument"):
            target = str(rel.get("Target", "")).lstrip("/")
            if target in names and target.startswith("word/"):
                return target
    if _DOCUMENT in names:
        return _DOCUMENT
    raise BadPlan("Tệp không phải văn bản Word: bên trong không có nội dung văn bản.")


class _Names:
    """The tags of one of the two namespaces that Word writes."""

    def __init__(self, namespace: str) -> None:
        def tag(name: str) -> str:
            return f"{{{namespace}}}{name}"

        self.tbl, self.tr, self.tc, self.p = tag("tbl"), tag("tr"), tag("tc"), tag("p")
        self.t, self.tab, self.br, self.cr = tag("t"), tag("tab"), tag("br"), tag("cr")
        self.hyphen = tag("noBreakHyphen")
        self.tc_pr, self.tr_pr, self.p_pr, self.num_pr = tag("tcPr"), tag("trPr"), tag("pPr"), tag("numPr")
        self.span, self.v_merge, self.before = tag("gridSpan"), tag("vMerge"), tag("gridBefore")
        self.num_id, self.level, self.style, self.val = tag("numId"), tag("ilvl"), tag("pStyle"), tag("val")
        self.sdt, self.sdt_content = tag("sdt"), tag("sdtContent")
        self.words = (self.t, self.tab, self.br, self.cr, self.hyphen)
        self.marks = {self.tab: " ", self.br: "\n", self.cr: "\n", self.hyphen: "-"}


class _Reader:
    """Walks the main part once. What it remembers: the table it is in, and the cells that go on downwards."""

    def __init__(self, numbering: Numbering, styles: Styles) -> None:
        self.numbering = numbering
        self.styles = styles
        self.table = 0
        self.row = 0
        self.paragraph = 0
        self.above: dict[int, str] = {}
        self.characters = 0

    def blocks(self, archive: zipfile.ZipFile, main: str) -> Iterator[Paragraph | Row]:
        with part_stream(archive, main) as stream:
            names, depth, root = None, 0, None
            # Paragraphs are taken when the next table begins: asking for each costs as much as all the rest.
            tags = [f"{{{space}}}{name}" for space in (_W, _STRICT) for name in ("tbl", "tr", "document")]
            for event, element in etree.iterparse(stream, events=("start", "end"), tag=tags, **SAFE):
                if names is None:
                    names, root = _Names(etree.QName(element).namespace), element
                if element.tag == names.tbl:
                    depth += 1 if event == "start" else -1
                    if event == "start" and depth == 1:
                        self.table, self.above = self.table + 1, {}
                        yield from self._paragraphs(root, element, names)
                elif event == "end" and depth == 1 and element.tag == names.tr:
                    yield self._row(element, names)
                    _let_go(element)
            if names is not None:
                yield from self._paragraphs(root, None, names)

    def _paragraphs(self, root: Any, table: Any, names: _Names) -> Iterator[Paragraph]:
        """The paragraphs since the last table, up to `table` (None: to the end). What was read is let go."""
        inside = set(table.iterancestors()) if table is not None else set()
        for element in list(root.iter(names.p, names.tbl)):
            if element is table:
                break
            parent = element.getparent()
            if element.tag == names.p and next(element.iterancestors(names.p), None) is None:
                paragraph = self._paragraph(element, names)
                if paragraph is not None:
                    yield paragraph
            if element not in inside:
                parent.remove(element)

    def _paragraph(self, element: Any, names: _Names) -> Paragraph | None:
        self.paragraph += 1
        etree.strip_elements(element, _FALLBACK)  # the words of a text box, a second time for old programs
        text = self._count(clean(self._line(element, names)))
        if not text:
            return None
        level = self.styles.heading_level(_style(element, names))
        return Paragraph(text, f"đoạn {self.paragraph}", level)

    def _row(self, element: Any, names: _Names) -> Row:
        self.row += 1
        if self.row > MAX_ROWS:
            raise BadPlan(f"Tệp có hơn {MAX_ROWS} dòng bảng: không phải một kế hoạch.")
        cells: list[str] = []
        spans: list[tuple[int, int]] = []
        carried: list[int] = []
        above: dict[int, str] = {}
        cells.extend([""] * _grid_before(element, names))
        for cell in _cells_of(element, names):
            place = len(cells)
            width, going_on, merged = _shape(cell, names)
            if going_on:
                text = self.above.get(place, "")
                carried.append(place)
            else:
                text = self._count(clean(self._text(cell, names))[:MAX_CELL_CHARACTERS])
            if merged:
                above[place] = text
            cells.append(text)
            if width > 1:
                spans.append((place, width))
                cells.extend([""] * (width - 1))
            if len(cells) > MAX_COLUMNS:
                raise BadPlan(f"Bảng ở dòng {self.row} có hơn {MAX_COLUMNS} cột: không phải một kế hoạch.")
        self.above = above
        wide = max((width for _, width in spans), default=1)
        where = f"bảng {self.table}, dòng {self.row}"
        return Row(tuple(cells), where, self.table, wide, tuple(carried), False, tuple(spans))

    def _text(self, cell: Any, names: _Names) -> str:
        """The words of a cell; paragraphs on lines of their own, automatic numbers in front of them."""
        size = len(cell)
        if size == 1 or (size == 2 and cell[0].tag == names.tc_pr):
            only = cell[size - 1]
            if only.tag == names.p:
                return self._line(only, names)
        # Tables within the cell and content controls hide paragraphs deeper.
        return "\n".join(self._line(one, names) for one in cell.iter(names.p))

    def _line(self, paragraph: Any, names: _Names) -> str:
        if not len(paragraph):
            return ""
        # An element without text is a tab, a line break or a hyphen.
        words = [one.text or names.marks.get(one.tag, "") for one in paragraph.iter(*names.words)]
        first = paragraph[0]
        number = self._number(first, names) if first.tag == names.p_pr else ""
        return number + (words[0] if len(words) == 1 else "".join(words))

    def _number(self, properties: Any, names: _Names) -> str:
        """The automatic number that the properties of a paragraph call for."""
        style = None
        for one in properties:
            tag = one.tag
            if tag == names.num_pr:
                number, level = one.find(names.num_id), one.find(names.level)
                if number is None:
                    return ""
                at = level.get(names.val) if level is not None else "0"
                return self.numbering.next(number.get(names.val), at)
            if tag == names.style:
                style = one.get(names.val)
        linked = self.styles.numbering(style) if style else None
        return self.numbering.next(*linked) if linked else ""

    def _count(self, text: str) -> str:
        self.characters += len(text)
        if self.characters > MAX_CHARACTERS:
            raise BadPlan("Tệp chứa quá nhiều chữ: không phải một kế hoạch.")
        return text


def _let_go(element: Any) -> None:
    """Frees what has been read, also the emptied elements before it."""
    element.clear()
    parent = element.getparent()
    if parent is not None:
        while element.getprevious() is not None:
            del parent[0]


def _style(paragraph: Any, names: _Names) -> str | None:
    style = paragraph.find(f"{names.p_pr}/{names.style}")
    return None if style is None else style.get(names.val)


def _cells_of(row: Any, names: _Names) -> Iterator[Any]:
    """The cells of the row itself, also those inside content controls; not those of tables within cells."""
    for child in row:
        if child.tag == names.tc:
            yield child
        elif child.tag == names.sdt:
            content = child.find(names.sdt_content)
            if content is not None:
                yield from _cells_of(content, names)


def _shape(cell: Any, names: _Names) -> tuple[int, bool, bool]:
    """(columns covered, goes on from above, is part of a downward merge)"""
    width, going_on, merged = 1, False, False
    if len(cell) and cell[0].tag == names.tc_pr:
        for one in cell[0]:
            tag = one.tag
            if tag == names.span:
                width = max(1, _whole(one.get(names.val)))
            elif tag == names.v_merge:
                merged, going_on = True, one.get(names.val) != "restart"
    return width, going_on, merged


def _grid_before(row: Any, names: _Names) -> int:
    properties = row.find(names.tr_pr)
    before = properties.find(names.before) if properties is not None else None
    return min(_whole(before.get(names.val)), MAX_COLUMNS) if before is not None else 0


def _whole(written: str | None) -> int:
    return int(written) if written and written.isdecimal() and len(written) < 4 else 0
