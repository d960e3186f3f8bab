"""From the rows of a table to tasks: sections, repeated headers, rows split by a page, merged cells, rows below a task."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from core.plan import Problem, ProblemCode
from plan_data.plain_text import flat, plain
from plan_data.reading.columns import Column, is_counting
from plan_data.reading.header import Header, find_header, headers_in, lacking
from plan_data.reading.source import BadPlan, Row

_NUMBER = re.compile(r"\(?(\d{1,4}(?:\.\d{1,3}){0,4}|[IVXLC]{1,6}(?:\.\d{1,3}){1,4})[.)]?")
_LETTER = re.compile(r"([a-zđ])[.)]?")
_SECTION = re.compile(r"(?:phần|mục)?\s*([IVXLC]{1,6}|[A-HĐ])[.)]?", re.IGNORECASE)
_SECTION_LINE = re.compile(r"(?:(?:phần|mục)\s+)?([IVXLC]{1,6}|[A-HĐ]|\d{1,2})\s*[.)/:-]\s*(\S.*)", re.DOTALL)
_NUMBERED_TITLE = re.compile(r"(\d{1,4}(?:\.\d{1,3}){0,4})[.)]\s+(\S.*)", re.DOTALL)
_FOOT = re.compile(r"(?:ghi chu|noi nhan|nguoi lap|tong cong|tong so|luu y)\b")
_TEXT_FORMATS = frozenset(["csv", "txt", "md"])
_FIELDS = (
    Column.TITLE,
    Column.LEAD,
    Column.COOPERATING,
    Column.PERIOD,
    Column.STARTS,
    Column.ENDS,
    Column.OUTPUT,
)


@dataclass(slots=True)
class RawTask:
    """A task as its cells stand. Mutable: rows split across pages are joined into it."""

    number: str
    section: str
    section_title: str
    place: str
    numbered: bool = True
    cells: dict[Column, str] = field(default_factory=dict)

    def text(self, column: Column) -> str:
        """What the column holds, "" when there is none."""
        return self.cells.get(column, "")


@dataclass(slots=True)
class TableRead:
    """The tasks of all tables of a plan, and what was odd about their rows. `columns`: what the tables tell at all."""

    tasks: list[RawTask] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    columns: frozenset[Column] = frozenset()


def tasks_in(rows: Sequence[Row], file_format: str) -> TableRead:
    """The tasks of the tables that have a plan's header. Raises BadPlan when no table has, or when rows cannot be trusted."""
    if not any(True for _ in headers_in(rows)):
        raise BadPlan(lacking(rows))
    reader = _Tables(rows, strict_width=file_format in _TEXT_FORMATS)
    reader.read()
    if not reader.made.tasks:
        raise BadPlan("Bảng có tiêu đề nhưng không có nhiệm vụ nào.")
    return reader.made


def has_plan_table(rows: Sequence[Row]) -> bool:
    """Whether some table has the header of a plan."""
    return any(True for _ in headers_in(rows))


class _Tables:
    """Walks all rows once. What it remembers: the header in force, the section, the task that may go on."""

    def __init__(self, rows: Sequence[Row], *, strict_width: bool) -> None:
        self.rows = rows
        self.strict_width = strict_width
        self.made = TableRead()
        self.header: Header | None = None
        self.section = ("", "")
        self.chapter = ("", "")  # the section without its numbered group
        self.fresh = False  # the page has just turned: a row without a number goes on with the last one
        self.parent = ""
        self.below = 0
        self.short: list[Row] = []

    def read(self) -> None:
        place = 0
        while place < len(self.rows):
            row = self.rows[place]
            header = None if self._goes_on_in(row) else find_header(self.rows, place)
            if header is not None:
                self._begin(header)
                place += header.rows
                continue
            if self.header is not None and self._is_ours(row) and not self._is_repeated(row):
                self._read(row, place)
            place += 1
        self._check_short()

    def _begin(self, header: Header) -> None:
        self.fresh = self.header is not None
        self.header = header
        self.made.columns |= frozenset(header.columns)

    def _goes_on_in(self, row: Row) -> bool:
        # Within a table only the very same header comes again: a task may well speak of "nhiệm vụ" and "chủ trì".
        return self.header is not None and row.table == self.header.table

    def _is_ours(self, row: Row) -> bool:
        assert self.header is not None
        if row.table == self.header.table:
            return True
        # The rest of a table on the next page has the same columns and no header.
        return len(row.cells) == self.header.width

    def _is_repeated(self, row: Row) -> bool:
        assert self.header is not None
        if self.header.repeats(row):
            self.fresh = True
            return True
        # What is left of a header in a file that was cut, or with one word changed.
        named = self.header.columns[Column.TITLE]
        if named < len(row.cells) and self.header.names_title(row.cells[named]):
            return True
        return is_counting(row.cells)

    def _read(self, row: Row, place: int) -> None:
        assert self.header is not None
        if not any(row.cells):
            return
        if any(row.cells[self.header.width :]):
            raise BadPlan(
                f"Ở {row.place} có {len(row.cells)} ô, nhưng tiêu đề chỉ có {self.header.width} cột: các cột bị lệch."
            )
        if row.new_page:
            self.fresh = True
        if self.strict_width and len(row.cells) < self.header.width:
            self.short.append(row)
        cells = self.header.cells_of(row)
        section = self._section_of(row, cells)
        if section is not None:
            self.section = self.chapter = section
            self.parent, self.below = "", 0
        elif not self._is_foot(row, cells):
            self._task(row, cells, place)
            self.fresh = False

    def _section_of(self, row: Row, cells: dict[Column, str]) -> tuple[str, str] | None:
        others = [cells[column] for column in _FIELDS[1:] if cells.get(column)]
        number, title = cells.get(Column.NUMBER, ""), cells.get(Column.TITLE, "")
        if not others and title and number and _SECTION.fullmatch(number) and not _LETTER.fullmatch(number):
            found = _SECTION.fullmatch(number)
            return (found[1].upper() if found else number), flat(title)
        filled = [cell for cell in row.cells if cell]
        if len(filled) != 1:
            return None
        line = _SECTION_LINE.fullmatch(filled[0])
        wide = row.wide >= max(3, (self.header.width if self.header else 3) - 2)
        in_number = bool(number) and not _NUMBER.fullmatch(number) and not _LETTER.fullmatch(number)
        if line and (wide or in_number or not line[1].isdecimal()) and not self.fresh:
            return line[1].upper(), flat(line[2])
        alone = title == filled[0] and not self.fresh and (_is_shouted(title) or not self.made.tasks)
        if (wide or in_number or alone) and len(filled[0]) > 3 and not _FOOT.match(plain(filled[0])):
            return "", flat(filled[0])
        return None

    def _is_foot(self, row: Row, cells: dict[Column, str]) -> bool:
        first = next((cell for cell in row.cells if cell), "")
        return not _NUMBER.fullmatch(cells.get(Column.NUMBER, "")) and bool(_FOOT.match(plain(first)))

    def _task(self, row: Row, cells: dict[Column, str], place: int) -> None:
        number = self._number_of(row, cells)
        if number is None:
            self._without_number(row, cells)
        elif self._heads_others(number, cells, place):
            self._open_subsection(number, cells)
        else:
            self.below = 0
            if self.parent and not number.startswith(f"{self.parent}."):
                self.section, self.parent = self.chapter, ""
            self._add(number, row, cells)

    def _number_of(self, row: Row, cells: dict[Column, str]) -> str | None:
        """The number as tasks are named by: "3", "3.1", "3.a"; None when the row has none of its own."""
        assert self.header is not None
        if Column.NUMBER not in self.header.columns:
            found = _NUMBERED_TITLE.fullmatch(cells.get(Column.TITLE, ""))
            if found:
                cells[Column.TITLE] = found[2]
                return found[1]
            # Without any numbers the order counts.
            return str(len(self.made.tasks) + 1) if cells.get(Column.TITLE) and not self.fresh else None
        if self.header.columns[Column.NUMBER] in row.carried:
            return None
        written = flat(cells.get(Column.NUMBER, ""))
        if found := _NUMBER.fullmatch(written):
            return _plain_number(found[1])
        if found := _LETTER.fullmatch(written):
            return f"{self._whole_number()}.{found[1]}" if self._whole_number() else found[1]
        return None

    def _whole_number(self) -> str:
        last = self.parent or (self.made.tasks[-1].number if self.made.tasks else "")
        return re.split(r"\.[a-zđ]$", last)[0]

    def _heads_others(self, number: str, cells: dict[Column, str], place: int) -> bool:
        """A row with a title alone whose next row is numbered below it: the name of a group."""
        if any(cells.get(column) for column in _FIELDS[1:]) or not cells.get(Column.TITLE):
            return False
        following = self._next_number(place)
        return following.startswith(f"{number}.") or bool(_LETTER.fullmatch(following))

    def _next_number(self, place: int) -> str:
        assert self.header is not None
        column = self.header.columns.get(Column.NUMBER)
        for row in self.rows[place + 1 : place + 6]:
            if (
                column is not None
                and column < len(row.cells)
                and row.cells[column]
                and not self.header.repeats(row)
            ):
                return flat(row.cells[column])
        return ""

    def _open_subsection(self, number: str, cells: dict[Column, str]) -> None:
        self.section = (f"{self.chapter[0]}.{number}".strip("."), flat(cells[Column.TITLE]))
        self.parent = number

    def _without_number(self, row: Row, cells: dict[Column, str]) -> None:
        last = self.made.tasks[-1] if self.made.tasks else None
        own = [column for column in _FIELDS if cells.get(column) and not self._is_carried(column, row)]
        if last is None:
            self._add_below(row, cells)
        elif self.fresh and not (Column.TITLE in own and len(own) >= 3 and cells[Column.TITLE][:1].isupper()):
            _join(last, cells, own, " ")
        elif Column.TITLE in own and len(own) > 1:
            self._add_below(row, cells)
        else:
            _join(last, cells, own, "; " if row.carried else " ")

    def _is_carried(self, column: Column, row: Row) -> bool:
        assert self.header is not None
        return self.header.columns.get(column) in row.carried

    def _add_below(self, row: Row, cells: dict[Column, str]) -> None:
        """A task without a number of its own, below the last numbered one."""
        self.below += 1
        above = self.made.tasks[-1].number if self.made.tasks else "0"
        if self.below > 1:
            above = above.rpartition(".")[0]
        self._add(f"{above}.{self.below}", row, cells)
        self.made.tasks[-1].numbered = False

    def _add(self, number: str, row: Row, cells: dict[Column, str]) -> None:
        held = {column: cells[column] for column in _FIELDS if cells.get(column)}
        self.made.tasks.append(RawTask(number, *self.section, row.place, True, held))

    def _check_short(self) -> None:
        """One short row at the very end: the file was cut. Others lack cells for another reason, which a person must see."""
        assert self.header is not None
        if not self.short:
            return
        last = next((row for row in reversed(self.rows) if any(row.cells)), None)
        if last is not None and self.short == [last] and len(self.made.tasks) > 1:
            raise BadPlan(
                f"Tệp bị cắt cụt: {last.place} chỉ có {len(last.cells)} trong {self.header.width} cột."
            )
        for row in self.short:
            task = next((one for one in self.made.tasks if one.place == row.place), None)
            if task is not None:
                words = (
                    f"{row.place} chỉ có {len(row.cells)} trong {self.header.width} cột: cần kiểm tra các ô."
                )
                self.made.problems.append(Problem(task.number, ProblemCode.SHORT_ROW, words))


def _is_shouted(text: str) -> bool:
    letters = [c for c in text if c.isalpha()]
    return len(letters) >= 6 and all(c.isupper() for c in letters)


def _plain_number(number: str) -> str:
    return ".".join(part.lstrip("0") or "0" for part in number.split("."))


def _join(task: RawTask, cells: dict[Column, str], columns: Sequence[Column], mark: str) -> None:
    for column in columns:
        before, more = task.cells.get(column, ""), cells[column]
        task.cells[column] = f"{before}{mark}{more}" if before else more
