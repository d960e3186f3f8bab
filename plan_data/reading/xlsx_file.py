"""Excel workbooks: the sheet that holds the plan, its merged cells, and dates as they are shown, not as they are stored."""

import io
import re
import warnings
import zipfile
from collections.abc import Iterator, Sequence
from datetime import date, datetime, time
from typing import Any

from openpyxl import load_workbook
from openpyxl.utils.cell import range_boundaries
from openpyxl.utils.exceptions import InvalidFileException

from plan_data.plain_text import clean
from plan_data.reading.columns import columns_of, known_columns
from plan_data.reading.packed import opened, part_stream
from plan_data.reading.source import (
    MAX_CELL_CHARACTERS,
    MAX_CHARACTERS,
    MAX_COLUMNS,
    MAX_ROWS,
    BadPlan,
    Row,
    Source,
)

_MERGED = re.compile(rb'<(?:\w+:)?mergeCell\s[^>]{0,200}?ref="([A-Z]{1,3}[0-9]{1,7}:[A-Z]{1,3}[0-9]{1,7})"')
_CHUNK = 1 << 20
_OVERLAP = 300
_EMPTY_ROWS = 2_000  # so many in a row, and the sheet has ended, whatever it claims
_HEADER_ROWS = 60
_DAY_FORMAT = re.compile(r"d", re.IGNORECASE)
_LITERAL = re.compile(r'"[^"]*"|\[[^\]]*\]|\\.')
_Merges = dict[int, list[tuple[int, int, int, int]]]  # by first row: columns and rows, counted from 0 and 1


def read_xlsx(data: bytes) -> Source:
    """The rows of the first visible sheet that holds a plan; other sheets that hold one too are named in `unread`.

    Raises BadPlan.
    """
    with opened(data, "Excel") as archive:
        if not any(name.startswith("xl/") for name in archive.namelist()):
            raise BadPlan("Tệp không phải bảng tính Excel: bên trong không có trang tính.")
        try:
            return _read(data, archive)
        except BadPlan:
            raise
        except (
            KeyError,
            SyntaxError,
            ValueError,
            TypeError,
            IndexError,
            AttributeError,
            InvalidFileException,
        ):
            # What openpyxl and its XML parser say of sheets whose parts are wrong or contradict each other.
            raise BadPlan("Tệp Excel bị hỏng: các phần bên trong không khớp nhau.") from None


def _read(data: bytes, archive: zipfile.ZipFile) -> Source:
    with warnings.catch_warnings():
        warnings.simplefilter(
            "ignore"
        )  # styles and extensions that openpyxl leaves out are no part of a plan
        book = load_workbook(io.BytesIO(data), read_only=True, data_only=True)
        sheets = [sheet for sheet in book.worksheets if sheet.sheet_state == "visible"]
        plans = [sheet for sheet in sheets if _looks_like_a_plan(sheet)]
        if not sheets:
            raise BadPlan("Tệp Excel không có trang tính nào để đọc.")
        chosen = plans[0] if plans else sheets[0]
        merges = _merges(archive, chosen)
        rows = tuple(_rows(chosen, merges))
        return Source("xlsx", rows, tuple(sheet.title for sheet in plans[1:]))


def _looks_like_a_plan(sheet: Any) -> bool:
    # A sheet may claim a size that it has not; read what is there.
    sheet.reset_dimensions()
    head = sheet.iter_rows(max_row=_HEADER_ROWS, max_col=MAX_COLUMNS, values_only=True)
    before: list[str] = []
    for cells in head:
        texts = [cell if isinstance(cell, str) else "" for cell in cells]
        both = [f"{one} {other}".strip() for one, other in zip(before, texts, strict=False)]
        if columns_of(texts) or (known_columns(texts) >= 2 and columns_of(both)):
            return True
        before = texts
    return False


def _merges(archive: zipfile.ZipFile, sheet: Any) -> _Merges:
    """The merged cells of a sheet; openpyxl leaves them out when it reads row by row."""
    made: _Merges = {}
    for reference in sorted(_references(archive, sheet._worksheet_path.lstrip("/"))):
        left, top, right, bottom = range_boundaries(reference)
        if left and top and right and bottom and left <= MAX_COLUMNS and bottom - top < MAX_ROWS:
            made.setdefault(top, []).append((left - 1, min(right, MAX_COLUMNS) - 1, top, bottom))
    return made


def _references(archive: zipfile.ZipFile, path: str) -> set[str]:
    # They stand behind all the rows: looking for them is ten times as fast as parsing the rows again.
    found: set[str] = set()
    with part_stream(archive, path) as stream:
        kept = b""
        while chunk := stream.read(_CHUNK):
            found.update(match[1].decode("ascii") for match in _MERGED.finditer(kept + chunk))
            kept = chunk[-_OVERLAP:]
    return found


def _rows(sheet: Any, merges: _Merges) -> Iterator[Row]:
    below: dict[int, tuple[str, int]] = {}  # column → text that goes on, and its last row
    characters = empty = 0
    for number, cells in enumerate(sheet.iter_rows(max_col=MAX_COLUMNS), start=1):
        texts = [_text(cell) for cell in cells]
        starting = merges.get(number, ())
        if not any(texts) and not below and not starting:
            empty += 1
            if empty > _EMPTY_ROWS:
                return
            continue
        empty = 0
        characters += sum(map(len, texts))
        if number > MAX_ROWS or characters > MAX_CHARACTERS:
            raise BadPlan(f"Trang tính có quá nhiều dòng hoặc chữ (đọc được {MAX_ROWS} dòng).")
        carried = _carry(texts, below, number)
        spans = tuple((left, right - left + 1) for left, right, _, _ in starting if right > left)
        for left, _, top, bottom in starting:
            if bottom > top and left < len(texts):
                below[left] = (texts[left], bottom)
        wide = max((width for _, width in spans), default=1)
        yield Row(_trimmed(texts), f"dòng {number}", 0, wide, carried, False, spans)


def _carry(texts: list[str], below: dict[int, tuple[str, int]], number: int) -> tuple[int, ...]:
    carried = []
    for column, (text, last) in list(below.items()):
        if number > last:
            del below[column]
        else:
            texts.extend([""] * (column + 1 - len(texts)))
            texts[column] = text
            carried.append(column)
    return tuple(carried)


def _trimmed(texts: Sequence[str]) -> tuple[str, ...]:
    end = len(texts)
    while end and not texts[end - 1]:
        end -= 1
    return tuple(texts[:end])


def _text(cell: Any) -> str:
    """What a person sees in the cell."""
    value = cell.value
    if value is None:
        return ""
    if isinstance(value, str):
        return clean(value)[:MAX_CELL_CHARACTERS]
    if isinstance(value, bool):
        return "x" if value else ""
    if isinstance(value, datetime | date):
        return _shown(value, str(cell.number_format or ""))
    if isinstance(value, time):
        return f"{value:%H:%M}"
    if isinstance(value, int | float):
        return _number(value, str(cell.number_format or ""))
    return clean(str(value))[:MAX_CELL_CHARACTERS]


def _shown(value: datetime | date, number_format: str) -> str:
    """ "05/2026" that Excel took for the first of May is still shown, and meant, as a month."""
    pattern = _LITERAL.sub("", number_format)
    if not _DAY_FORMAT.search(pattern) and pattern.casefold() != "general":
        return f"{value:%m/%Y}" if "m" in pattern.casefold() else f"{value:%Y}"
    return f"{value:%d/%m/%Y}" if "y" in pattern.casefold() or not pattern else f"{value:%d/%m}"


def _number(value: int | float, number_format: str) -> str:
    if "%" in number_format:
        return f"{value * 100:g}%"
    return str(int(value)) if isinstance(value, int) or value.is_integer() else f"{value:.10g}"
