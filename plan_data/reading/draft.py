"""From a source to a draft: tasks with their units and deadlines under canonical names, and what a person must look at."""

import hashlib
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

from core.office import OfficeCalendar
from core.plan import (
    Deadline,
    Draft,
    DraftTask,
    Form,
    NamedUnit,
    PlanDocument,
    Problem,
    ProblemCode,
    Trouble,
    with_working_due,
)
from plan_data.deadlines import find_deadline, read_deadline
from plan_data.plain_text import plain
from plan_data.reading.columns import Column
from plan_data.reading.document import Description, described
from plan_data.reading.header import headers_in
from plan_data.reading.numbers import numbers_of
from plan_data.reading.outline import ChapterKind, outline_of
from plan_data.reading.prose import ProseTask, referred_chapters, tasks_of
from plan_data.reading.questions import not_closed, questions_about, unread_parts
from plan_data.reading.source import BadPlan, Paragraph, Row, Source
from plan_data.reading.table import RawTask, has_plan_table, tasks_in
from plan_data.unit_gazetteer import Gazetteer
from plan_data.unit_names import unit_named, units_in

_GROUPS = re.compile(r"(?:nhom tieu chi|tieu chi nhom|tieu chi so|nhom)\s*((?:\d\s*(?:,|&|va|-)?\s*)+)")
_YEAR = re.compile(r"(?<!\d)(20\d{2})(?!\d)")
_PERIOD_CHARACTERS = 60
MAX_NONSENSE = 1_500
MAX_PARAGRAPHS = 3_000


@dataclass(frozen=True, slots=True)
class Known:
    """What reading needs to know: the units, the office's working days, the year when the document names none."""

    names: Gazetteer
    office: OfficeCalendar
    year: int | None = None


def draft_of(source: Source, data: bytes, file_name: str, known: Known) -> Draft:
    """The draft of a source. Raises BadPlan when it holds no plan or cannot be trusted."""
    rows = [block for block in source.blocks if isinstance(block, Row)]
    paragraphs = [block for block in source.blocks if isinstance(block, Paragraph)]
    about = described(_head(source), known.names, file_name)
    year = known.year or about.year or _year_in(rows, file_name)
    if has_plan_table(rows):
        form, tasks, problems = Form.TABLE, *_from_table(rows, source, year, known)
        chapters = outline_of(paragraphs, known.names, cut_lines=source.cuts_lines)
        problems += unread_parts(source, [one for one in chapters if one.kind is ChapterKind.DUTIES])
    else:
        form, tasks, problems = Form.PROSE, *_from_prose(paragraphs, rows, source, about, year, known)
    document = _document(about, year, form, source, data)
    return Draft(document, tuple(tasks), tuple(problems))


def _year_in(rows: Sequence[Row], file_name: str) -> int | None:
    """Without a head (a CSV file): the one year that all its dates name, or that the file is named by."""
    years = {
        year
        for row in rows
        for cell in row.cells
        if len(cell) < _PERIOD_CHARACTERS
        for year in _YEAR.findall(cell)
    }
    if len(years) == 1:
        return int(years.pop())
    named = _YEAR.findall(file_name)
    return int(named[-1]) if len(set(named)) == 1 else None


def criteria_groups(title: str) -> tuple[int, ...]:
    """The HPI groups that a title names: "(Gắn với Tiêu chí nhóm 2 & 4)" → (2, 4)."""
    found = _GROUPS.search(plain(title))
    return tuple(int(digit) for digit in re.findall(r"[1-9]", found[1])) if found else ()


def _head(source: Source) -> list[str]:
    """The lines above the first table of tasks; all lines of a plan in prose."""
    first = next(headers_in([block for block in source.blocks if isinstance(block, Row)]), None)
    lines: list[str] = []
    for block in source.blocks:
        if isinstance(block, Paragraph):
            lines.extend(block.text.split("\n"))
            continue
        if first is not None and block.table == first.table and first.repeats(block):
            break
        lines.extend(dict.fromkeys(cell for cell in block.cells if cell))
    return lines


def _document(about: Description, year: int | None, form: Form, source: Source, data: bytes) -> PlanDocument:
    return PlanDocument(
        title=about.title,
        number=about.number,
        issuer=about.issuer,
        issued_on=about.issued_on,
        year=year,
        form=form,
        file_format=source.file_format,
        sha256=hashlib.sha256(data).hexdigest(),
    )


def _from_table(
    rows: Sequence[Row], source: Source, year: int | None, known: Known
) -> tuple[list[DraftTask], list[Problem]]:
    read = tasks_in(rows, source.file_format)
    tasks: list[DraftTask] = []
    problems = list(read.problems)
    nonsense: set[str] = set()
    for raw, number in numbers_of(read.tasks):
        task = _table_task(raw, number, year, known)
        tasks.append(task)
        asks_output = Column.OUTPUT in read.columns
        problems.extend(questions_about(task, known.names, numbered=raw.numbered, asks_output=asks_output))
        _note_nonsense(task, nonsense)
    problems.extend(_gaps(tasks))
    return tasks, problems


def _note_nonsense(task: DraftTask, nonsense: set[str]) -> None:
    """Collects what is neither unit nor time. Raises BadPlan when there is more of it than any plan holds."""
    nonsense.update(unit.written for unit in (*task.leads, *task.cooperating) if unit.code is None)
    if task.deadline.trouble is Trouble.UNREADABLE:
        nonsense.add(task.deadline.text)
    if len(nonsense) > MAX_NONSENSE:
        raise BadPlan(
            f"Tệp có hơn {MAX_NONSENSE} tên đơn vị, thời hạn không hiểu được: có lẽ không phải kế hoạch, hoặc cột bị lệch."
        )


def _table_task(raw: RawTask, number: str, year: int | None, known: Known) -> DraftTask:
    named = units_in(raw.text(Column.LEAD), known.names)
    helping = units_in(raw.text(Column.COOPERATING), known.names)
    period = _period(raw)
    return DraftTask(
        number=number,
        section=raw.section,
        section_title=raw.section_title,
        criteria_groups=_groups(raw.section_title),
        title=_one_line(raw.text(Column.TITLE)),
        leads=named.leads,
        cooperating=_each_once((*named.cooperating, *helping.leads, *helping.cooperating)),
        deadline=_deadline(period, year, known.office),
        expected_output=_one_line(raw.text(Column.OUTPUT)),
        quote=_one_line(period),
        place=raw.place,
    )


def _one_line(cell: str) -> str:
    return cell.replace("\n", " ")  # cells are clean: the readers saw to that


@lru_cache(maxsize=256)
def _groups(title: str) -> tuple[int, ...]:
    return criteria_groups(title)


def _period(raw: RawTask) -> str:
    """The words of the period column; of two columns "from" and "to" as one range."""
    starts, ends = raw.text(Column.STARTS), raw.text(Column.ENDS)
    if not starts and not ends:
        return raw.text(Column.PERIOD)
    both = f"từ {starts} đến {ends}" if starts and ends else (ends and f"đến {ends}") or f"từ {starts}"
    return f"{raw.text(Column.PERIOD)} {both}".strip()


@lru_cache(maxsize=4096)
def _deadline(period: str, year: int | None, office: OfficeCalendar) -> Deadline:
    return with_working_due(read_deadline(period, year), office)


def _each_once(units: Sequence[NamedUnit]) -> tuple[NamedUnit, ...]:
    return tuple({unit.code or unit.name: unit for unit in reversed(units)}.values())[::-1]


def _gaps(tasks: Sequence[DraftTask]) -> Iterator[Problem]:
    """Numbers that are missing in a document that counts from one end to the other."""
    numbers = [int(task.number) for task in tasks if task.number.isdecimal()]
    missing = sorted(set(range(1, max(numbers, default=0) + 1)) - set(numbers))
    if missing and len(missing) <= max(3, len(numbers)):
        shown = ", ".join(map(str, missing[:10])) + (" …" if len(missing) > 10 else "")
        words = f"Không thấy số thứ tự {shown}: kiểm tra tệp có thiếu dòng không."
        yield Problem(None, ProblemCode.NUMBER_GAP, words)


def _from_prose(
    paragraphs: Sequence[Paragraph],
    rows: Sequence[Row],
    source: Source,
    about: Description,
    year: int | None,
    known: Known,
) -> tuple[list[DraftTask], list[Problem]]:
    if len(paragraphs) > MAX_PARAGRAPHS:
        raise BadPlan(f"Văn bản có {len(paragraphs)} đoạn, nhiều hơn mức {MAX_PARAGRAPHS} đoạn đọc được.")
    chapters = outline_of(paragraphs, known.names, cut_lines=source.cuts_lines)
    issuer = unit_named(about.issuer, known.names) if about.issuer else None
    found = tasks_of(chapters, issuer, known.names)
    if not found:
        raise _no_plan(rows, source)
    tasks = [_prose_task(one, year, known.office) for one in _differently_numbered(found)]
    hints = referred_chapters(chapters, known.names)
    problems = [] if _is_closed(paragraphs) else [not_closed()]
    for one, task in zip(found, tasks, strict=True):
        problems.extend(
            questions_about(task, known.names, hint=hints.get(one.chapter), asks_output=False, year=year)
        )
    return tasks, problems


def _is_closed(paragraphs: Sequence[Paragraph]) -> bool:
    """Every document of an office ends with "./." or with its receivers."""
    return any("./." in one.text or plain(one.text).startswith("noi nhan") for one in paragraphs)


def _no_plan(rows: Sequence[Row], source: Source) -> BadPlan:
    if any(any(row.cells) for row in rows):
        try:
            tasks_in(rows, source.file_format)
        except BadPlan as bad:
            return bad
    return BadPlan(
        "Không thấy nhiệm vụ nào: tệp không có bảng nhiệm vụ, cũng không có các mục Mục tiêu, Nhiệm vụ, Tổ chức thực hiện."
    )


def _prose_task(one: ProseTask, year: int | None, office: OfficeCalendar) -> DraftTask:
    deadline = find_deadline(one.title, year)
    if deadline.trouble is Trouble.MISSING and deadline.recurrence is None:
        deadline = replace(deadline, text="")
    return DraftTask(
        number=one.number,
        section=one.section,
        section_title=one.section_title,
        criteria_groups=criteria_groups(one.criteria_from),
        title=one.title,
        leads=one.leads,
        cooperating=one.cooperating,
        deadline=with_working_due(deadline, office),
        expected_output=one.expected_output,
        quote=one.item,
        place=one.place,
    )


def _differently_numbered(tasks: Sequence[ProseTask]) -> Iterator[ProseTask]:
    """Writers of prose often count from 1 twice: the second "III.1" is "III.1-2"."""
    seen: Counter[str] = Counter()
    for task in tasks:
        seen[task.number] += 1
        again = seen[task.number]
        yield replace(task, number=f"{task.number}-{again}") if again > 1 else task
