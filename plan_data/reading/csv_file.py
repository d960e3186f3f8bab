"""Comma-, semicolon- and tab-separated tables, as spreadsheets save them."""

import csv
import io
import re
from collections.abc import Sequence

from plan_data.plain_text import clean
from plan_data.reading.columns import columns_of
from plan_data.reading.source import MAX_CELL_CHARACTERS, MAX_COLUMNS, BadPlan, Row, Source
from plan_data.reading.text_file import text_of, without_markup

_DELIMITERS = (";", ",", "\t", "|")
_TRIED_ROWS = 40


def read_csv(data: bytes) -> Source:
    """The rows of a .csv file with whichever mark its header row is separated by. Raises BadPlan."""
    text = text_of(data)
    if text[:4].casefold() == "sep=":  # a first line that Excel writes and reads for itself
        text = text.partition("\n")[2]
    return Source("csv", tuple(_rows(text, _delimiter(text))))


def _delimiter(text: str) -> str:
    head = "\n".join(text.split("\n")[: _TRIED_ROWS * 4])
    with_header = [mark for mark in _DELIMITERS if any(columns_of(row) for row in _tried(head, mark))]
    if with_header:
        return with_header[0]
    first = next((line for line in head.split("\n") if line.strip()), "")
    return max(_DELIMITERS, key=re.sub(r'"[^"]*"', "", first).count)


def _tried(head: str, mark: str) -> Sequence[tuple[str, ...]]:
    rows = []
    try:
        for cells in csv.reader(io.StringIO(head), delimiter=mark):
            rows.append(tuple(cells))
            if len(rows) >= _TRIED_ROWS:
                break
    except csv.Error:
        pass  # the whole file is read strictly afterwards
    return rows


def _rows(text: str, mark: str) -> list[Row]:
    reader = csv.reader(io.StringIO(text), delimiter=mark, strict=True)
    rows = []
    line = 1
    try:
        for cells in reader:
            if any(cell.strip() for cell in cells):
                rows.append(Row(_cleaned(cells, line), f"dòng {line}"))
            line = reader.line_num + 1
    except csv.Error as error:
        if "unexpected end" in str(error):
            raise BadPlan(f"Tệp bị cắt cụt: dấu ngoặc kép mở ở dòng {line} không đóng.") from None
        raise BadPlan(f"Dòng {line} của tệp CSV không đọc được: sai dấu ngoặc kép hoặc ô quá dài.") from None
    return rows


def _cleaned(cells: Sequence[str], line: int) -> tuple[str, ...]:
    while cells and not cells[-1].strip() and len(cells) > MAX_COLUMNS:
        cells = cells[:-1]
    if len(cells) > MAX_COLUMNS:
        raise BadPlan(f"Dòng {line} có {len(cells)} cột, nhiều hơn mức {MAX_COLUMNS} cột của một kế hoạch.")
    return tuple(clean(without_markup(cell))[:MAX_CELL_CHARACTERS] for cell in cells)
