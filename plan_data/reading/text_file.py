"""Plain text and Markdown: lines of words, rows of cells between tabs (as text comes out of a PDF) or between bars."""

import re
from collections.abc import Iterator

from plan_data.plain_text import clean
from plan_data.reading.source import MAX_CELL_CHARACTERS, MAX_ROWS, BadPlan, Paragraph, Row, Source

MAX_TEXT_BYTES = 5_000_000
TABS_OF_A_ROW = 2  # a line with so many tabs is a row of a table
_UTF16 = (b"\xff\xfe", b"\xfe\xff")
_TAG = re.compile(r"</?[a-zA-Z][^<>\n]{0,200}>|<!--.{0,1000}?-->", re.DOTALL)
_LINE_BREAK = re.compile(r"<br\s*/?>", re.IGNORECASE)
_STARS = re.compile(r"\*{1,3}|(?<!\w)_{1,3}(?=\w)|(?<=\w)_{1,3}(?!\w)|`")
_HEADING = re.compile(r"(#{1,6})\s+")
_RULE = re.compile(r"[\s|:\-=_*]*")
_NUMBER_FIRST = re.compile(r"\d{1,4}\s*\Z|\d{1,4}\s+\S")
_ENTITIES = {"&nbsp;": " ", "&amp;": "&", "&lt;": "<", "&gt;": ">", "&quot;": '"'}


def text_of(data: bytes) -> str:
    """The text of a file in UTF-8 (with or without a mark) or marked UTF-16, every line ended by "\\n". Raises BadPlan."""
    if len(data) > MAX_TEXT_BYTES:
        raise BadPlan(f"Tệp chữ dài quá {MAX_TEXT_BYTES // 1_000_000} MB: không phải một kế hoạch.")
    marked = data[:2] in _UTF16
    try:
        text = data.decode("utf-16" if marked else "utf-8-sig")
    except UnicodeDecodeError as error:
        if not marked and error.end == len(data) and "unexpected end" in error.reason:
            raise BadPlan("Tệp bị cắt cụt: ký tự cuối cùng không đủ.") from None
        raise BadPlan("Tệp không phải chữ UTF-8: hãy lưu lại bằng UTF-8 hoặc gửi bản Word, Excel.") from None
    if "\x00" in text or _strange(text) > len(text) // 200:
        raise BadPlan("Tệp không phải văn bản chữ: bên trong là dữ liệu nhị phân.")
    if not text.strip():
        raise BadPlan("Tệp trống: không có chữ nào.")
    return text.replace("\r\n", "\n").replace("\r", "\n")


def read_text(data: bytes, file_format: str) -> Source:
    """The lines of a .txt or .md file. Raises BadPlan."""
    return Source(file_format, tuple(_blocks(text_of(data))))


def without_markup(text: str) -> str:
    """`text` without HTML tags and without Markdown's marks of emphasis; line breaks stay line breaks."""
    if "<" in text:
        text = _TAG.sub("", _LINE_BREAK.sub("\n", text))
    if "&" in text:
        for entity, character in _ENTITIES.items():
            text = text.replace(entity, character)
    return _STARS.sub("", text).replace("\\", "") if any(mark in text for mark in "*_`\\") else text


def _strange(text: str) -> int:
    return sum(1 for c in text if c < " " and c not in "\n\r\t\f\v") + text.count("\ufffd")


def _blocks(text: str) -> Iterator[Paragraph | Row]:
    lines = text.split("\n")
    if len(lines) > MAX_ROWS:
        raise BadPlan(f"Tệp có {len(lines)} dòng, nhiều hơn mức {MAX_ROWS} dòng đọc được.")
    apart, table, in_table, after_a_row = True, 0, False, False
    for number, line in enumerate(lines, start=1):
        place = f"dòng {number}"
        # A row that the end of a broken file has cut has fewer tabs, or only its number.
        cut = after_a_row and ("\t" in line or (number == len(lines) and bool(_NUMBER_FIRST.match(line))))
        cells = tuple(map(_cell, line.split("\t"))) if cut else _cells(line)
        if cells is not None:
            # Blank lines are page breaks within one table.
            table += not in_table
            in_table = after_a_row = True
            if not _RULE.fullmatch("".join(cells)) or not any(cells):
                yield Row(cells, place, table)
            continue
        after_a_row = False
        bare = clean(without_markup(line))
        if not bare or _RULE.fullmatch(bare):
            apart = True
            continue
        in_table = False
        level, words = _heading(line, bare)
        yield Paragraph(words[:MAX_CELL_CHARACTERS], place, level, apart or level > 0)
        apart = level > 0


def _cell(written: str) -> str:
    return clean(without_markup(written))[:MAX_CELL_CHARACTERS]


def _cells(line: str) -> tuple[str, ...] | None:
    """The cells of a row between tabs or bars; None for a line of words."""
    if line.count("\t") >= TABS_OF_A_ROW:
        return tuple(map(_cell, line.split("\t")))
    bare = line.strip()
    if bare.startswith("|") and bare.endswith("|") and bare.count("|") > TABS_OF_A_ROW:
        return tuple(map(_cell, bare[1:-1].split("|")))
    return None


def _heading(line: str, bare: str) -> tuple[int, str]:
    mark = _HEADING.match(line.lstrip())
    return (len(mark[1]), bare.lstrip("# ")) if mark else (0, bare)
