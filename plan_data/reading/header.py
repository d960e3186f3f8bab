"""The header of a table: found by its words, in one row or in two, and recognised when a page repeats it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

from plan_data.plain_text import flat, plain
from plan_data.reading.columns import (
    HEADER_CHARACTERS,
    Column,
    Columns,
    columns_of,
    known_columns,
    missing_from,
)
from plan_data.reading.source import Row


@dataclass(frozen=True, slots=True)
class Header:
    """`rows` many rows that name the columns of `table`; `width` is how many columns there are."""

    columns: Columns
    width: int
    table: int
    rows: int
    keys: frozenset[str]
    title: str  # the words above the tasks

    def names_title(self, cell: str) -> bool:
        """Whether a cell says what the column of tasks is called."""
        return len(cell) == len(self.title) and cell == self.title

    @property
    def firsts(self) -> frozenset[str]:
        """The first words of the header rows: nearly every other row differs there."""
        return _firsts(self.keys)

    def repeats(self, row: Row) -> bool:
        """Whether `row` is (one of) the header rows again."""
        first = next((cell for cell in row.cells if cell), "")
        return (
            len(first) <= HEADER_CHARACTERS and plain(flat(first)) in self.firsts and _key(row) in self.keys
        )

    def cells_of(self, row: Row) -> dict[Column, str]:
        """The cells by what they hold."""
        return {column: row.cells[place] for column, place in self.columns.items() if place < len(row.cells)}


def find_header(rows: Sequence[Row], place: int) -> Header | None:
    """The header that begins at `place`, None when none does."""
    row = rows[place]
    alone = columns_of(row.cells)
    below = rows[place + 1] if place + 1 < len(rows) and rows[place + 1].table == row.table else None
    if below is not None and (row.spans or below.carried) and _is_second(row, below):
        texts = _together(row, below)
        both = columns_of(texts)
        # Below a title over all columns stands the whole header in one row; below a split one, its carried half.
        enough = max(len(alone or ()), len(columns_of(below.cells) or ()) + (not below.carried))
        if both and len(both) >= enough:
            keys = frozenset((_key(row), _key(below)))
            return Header(both, len(texts), row.table, 2, keys, texts[both[Column.TITLE]])
    if alone is None or _counts(row, alone):
        return None
    keys = frozenset((_key(row),))
    return Header(alone, _width(row.cells), row.table, 1, keys, row.cells[alone[Column.TITLE]])


def headers_in(rows: Sequence[Row]) -> Iterator[Header]:
    """All headers, the repeated ones too."""
    for place in range(len(rows)):
        if (found := find_header(rows, place)) is not None:
            yield found


def lacking(rows: Sequence[Row]) -> str:
    """What a person is told when no row is a header."""
    best = max(rows, key=lambda row: known_columns(row.cells), default=None)
    if best is None or known_columns(best.cells) < 2:
        return "Không thấy bảng nhiệm vụ: cần dòng tiêu đề có cột Nội dung, Chủ trì, Thời gian thực hiện."
    missing = ", ".join(missing_from(best.cells)) or "Nội dung, Chủ trì, Thời gian thực hiện"
    return f"Bảng thiếu cột bắt buộc: {missing} (dòng tiêu đề ở {best.place})."


def _is_second(row: Row, below: Row) -> bool:
    """A second header row fills what the first leaves open, in few words, and is no task."""
    filled = [cell for cell in below.cells if cell]
    short = all(len(cell) <= 60 for cell in filled)
    starts_a_task = bool(below.cells and below.cells[0][:1].isdecimal() and 0 not in below.carried)
    return short and not starts_a_task and known_columns(_together(row, below)) > 1


def _together(row: Row, below: Row) -> tuple[str, ...]:
    """Each column under the merged cell above it: "Đơn vị" over "Chủ trì", "Phối hợp"."""
    width = max(_width(row.cells), _width(below.cells), max((start + n for start, n in row.spans), default=0))
    upper = list(row.cells) + [""] * (width - len(row.cells))
    for start, count in row.spans:
        upper[start : start + count] = [upper[start]] * min(count, width - start)
    lower = list(below.cells) + [""] * (width - len(below.cells))
    return tuple(
        flat(one if place in below.carried or not other else f"{one} {other}")
        for place, (one, other) in enumerate(zip(upper, lower, strict=False))
    )


def _counts(row: Row, columns: Columns) -> bool:
    place = columns.get(Column.NUMBER)
    return place is not None and row.cells[place].strip(".)( ").isdecimal()


def _width(cells: Sequence[str]) -> int:
    """Columns up to the last with words; a page break may leave empty cells behind."""
    end = len(cells)
    while end and not cells[end - 1]:
        end -= 1
    return end


@lru_cache(maxsize=64)
def _firsts(keys: frozenset[str]) -> frozenset[str]:
    return frozenset(key.partition("|")[0] for key in keys)


def _key(row: Row) -> str:
    return "|".join(plain(flat(cell)) for cell in row.cells if cell)
