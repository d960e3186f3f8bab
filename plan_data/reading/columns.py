"""Which column holds what, by the words of the header and never by position."""

import re
from collections.abc import Mapping, Sequence
from enum import IntEnum, auto

from plan_data.plain_text import flat, plain

HEADER_CHARACTERS = 80  # a longer cell is no heading of a column


class Column(IntEnum):  # hashed ten times a row: an Enum takes three times as long
    """What a column of a plan holds."""

    NUMBER = auto()
    TITLE = auto()
    LEAD = auto()
    COOPERATING = auto()
    PERIOD = auto()
    STARTS = auto()
    ENDS = auto()
    OUTPUT = auto()


Columns = Mapping[Column, int]

# In this order: "Đơn vị phối hợp thực hiện" is no lead, "Thời gian thực hiện" no unit, "Kết quả thực hiện" no task.
_WORDS: tuple[tuple[Column, re.Pattern[str]], ...] = tuple(
    (column, re.compile(words))
    for column, words in (
        (Column.NUMBER, r"^(?:stt|tt|so tt|so thu tu|thu tu|no|#|s\.?t\.?t\.?)$"),
        (Column.LEAD, r"chu tri"),
        (Column.COOPERATING, r"phoi hop"),
        (Column.OUTPUT, r"^(?:san pham|ket qua|dau ra)"),
        (Column.STARTS, r"bat dau|^tu ngay"),
        (Column.ENDS, r"ket thuc|^den ngay"),
        (Column.PERIOD, r"thoi gian|thoi han|thoi diem|tien do|\bhan\b|ngay hoan thanh|hoan thanh$|^thoi ky"),
        (Column.OUTPUT, r"san pham|ket qua|dau ra"),
        (
            Column.LEAD,
            r"tham muu|dau moi|phu trach|trach nhiem|giao cho|duoc giao|phan cong"
            r"|(?:don vi|co quan|nguoi|bo phan)(?: .*)? thuc hien|^(?:don vi|co quan)$",
        ),
        (Column.TITLE, r"noi dung|nhiem vu|cong viec|giai phap|hoat dong|dau viec|ten viec"),
    )
)


def columns_of(cells: Sequence[str]) -> Columns | None:
    """The columns of a header row; None when the row is no header: it needs the task, and who or when."""
    found: dict[Column, tuple[int, int]] = {}
    for place, cell in enumerate(cells):
        rank = _rank(cell)
        if rank is not None:
            # "Đơn vị chủ trì" is the lead even when "Lãnh đạo phụ trách" stands before it.
            column = _WORDS[rank][0]
            found[column] = min(found.get(column, (rank, place)), (rank, place))
    columns = {column: place for column, (_, place) in found.items()}
    return columns if _is_header(columns) else None


def is_counting(cells: Sequence[str]) -> bool:
    """Whether the row only counts the columns: (1) (2) (3), or A B 1 2 3."""
    if not cells or len(cells[0]) > 4:
        return False
    words = [cell.strip(" ()[]") for cell in cells if cell.strip()]
    numbers = [word for word in words if word.isdecimal()]
    short = all(re.fullmatch(r"\d{1,2}|[A-Z]|\d{1,2}\s*=.{0,20}", word) for word in words)
    return len(words) >= 3 and len(numbers) >= 2 and short and numbers == sorted(set(numbers), key=int)


def missing_from(cells: Sequence[str]) -> tuple[str, ...]:
    """The names of the columns that the best row for a header still lacks."""
    found = {column for cell in cells if (column := _column(cell)) is not None}
    lacking = [] if Column.TITLE in found else ["Nội dung, nhiệm vụ"]
    if not found & {Column.LEAD, Column.PERIOD, Column.ENDS}:
        lacking.append("Chủ trì hoặc Thời gian thực hiện")
    return tuple(lacking)


def known_columns(cells: Sequence[str]) -> int:
    """How many columns of a plan the row names."""
    return len({column for cell in cells if (column := _column(cell)) is not None})


def _column(cell: str) -> Column | None:
    rank = _rank(cell)
    return None if rank is None else _WORDS[rank][0]


def _rank(cell: str) -> int | None:
    """Which of _WORDS the cell says first."""
    if not cell or len(cell) > HEADER_CHARACTERS:
        return None
    words = plain(flat(cell)).strip(" .:*-")
    return next((rank for rank, (_, pattern) in enumerate(_WORDS) if pattern.search(words)), None)


def _is_header(found: Mapping[Column, int]) -> bool:
    when = Column.PERIOD in found or Column.ENDS in found
    return (
        Column.TITLE in found
        and (Column.LEAD in found or when)
        and len(found) >= 3 - (Column.NUMBER in found)
    )
