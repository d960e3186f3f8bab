"""What every format is read into: paragraphs and rows in the document's order. Also the one way a file is refused."""

from dataclasses import dataclass

MAX_FILE_BYTES = 20_000_000
MAX_UNPACKED_BYTES = 80_000_000  # 10,000 rows of a Word table unpack to about 30 MB
MAX_ROWS = 30_000
MAX_COLUMNS = 40
MAX_CELL_CHARACTERS = 20_000
MAX_CHARACTERS = 20_000_000  # of all text


class BadPlan(Exception):
    """The file cannot be read as a plan; `str()` is one Vietnamese sentence."""


@dataclass(frozen=True, slots=True)
class Paragraph:
    """One paragraph or line. `level` is its heading level, 0 for text; `apart`: a blank line or a new paragraph before it."""

    text: str
    place: str
    level: int = 0
    apart: bool = True


@dataclass(frozen=True, slots=True)
class Row:
    """One row of a table. `cells` stand in grid columns: a merged cell has its text in the first and "" in the others.

    `table` tells tables apart. `wide` is how many columns the widest cell covers; `carried` are the columns whose cell goes
    on from the row above (their text is repeated); `new_page`: the first row of a table on a new page.
    """

    cells: tuple[str, ...]
    place: str
    table: int = 0
    wide: int = 1
    carried: tuple[int, ...] = ()
    new_page: bool = False
    spans: tuple[tuple[int, int], ...] = ()  # (first column, columns) of each merged cell


@dataclass(frozen=True, slots=True)
class Source:
    """A file taken apart. `unread` names parts that were left out (other sheets)."""

    file_format: str
    blocks: tuple[Paragraph | Row, ...]
    unread: tuple[str, ...] = ()
    cuts_lines: bool = False  # text lines are cut by the page, not by the writer (PDF)


def checked(source: Source) -> Source:
    """`source`, unless it is larger than any plan. Raises BadPlan."""
    rows = sum(1 for block in source.blocks if isinstance(block, Row))
    if rows > MAX_ROWS:
        raise BadPlan(f"Tệp có {rows} dòng bảng, nhiều hơn mức {MAX_ROWS} dòng đọc được.")
    return source
