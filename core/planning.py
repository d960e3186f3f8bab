"""From a draft to tasks: whose each is, seen from the board, which of its units is reminded, and which dates it gives."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from core.folding import fold
from core.office import OfficeCalendar
from core.plan import Deadline, Draft, DraftTask, NamedUnit, Recurrence, legal_end, occurrences, working_due
from core.task import Relevance, Task, TaskId

UNSTORED = TaskId(0)
_YEAR = re.compile(r"\b20\d\d\b")
_SERIES = frozenset(Recurrence) - {Recurrence.PERIODIC}


@dataclass(frozen=True, slots=True)
class Board:
    """The board among the units, by code: all of its own, itself as a whole, its Văn phòng, and the groups that mean it too.

    "Các sở, ban, ngành" and "các cơ quan, đơn vị" mean the board, an agency of the province; "UBND các xã" does not.
    """

    units: frozenset[str]
    whole: str = "BQLKKTCK"
    office: str = "VP"
    meant: frozenset[str] = frozenset({"CSBN", "CCQDV"})


def same_document(number: str | None, title: str, other_number: str | None, other_title: str) -> bool:
    """Whether two files are versions of one document: a draft has no number yet, a revised plan may have another one.

    The same title, unless the numbers are of different issuers ("/KH-UBND", "/KH-BQLKKTCK"); or the same number, unless the
    titles name different years.
    """
    if fold(title) == fold(other_title):
        return number is None or other_number is None or _issuer(number) == _issuer(other_number)
    if number is None or other_number is None or fold(number) != fold(other_number):
        return False
    years, other_years = set(_YEAR.findall(title)), set(_YEAR.findall(other_title))
    return not years or not other_years or bool(years & other_years)


def relevance(task: DraftTask, board: Board, own: bool) -> Relevance:
    """Whose task it is. `own`: the board issued the document itself, so what names nobody is its own too."""
    leads, others = _codes(task.leads), _codes(task.cooperating)
    if leads & board.units:
        return Relevance.LEADS
    if others & board.units:
        return Relevance.NAMED
    if own:
        return Relevance.LEADS
    return Relevance.GROUP if (leads | others) & board.meant else Relevance.OTHER


def reminded_units(task: DraftTask, board: Board, own: bool) -> tuple[str, ...]:
    """The board's units that are reminded: all that lead, in their order; else the first that is named beside the leads;
    Văn phòng for the board as a whole. (): none of the board's business.
    """
    if relevance(task, board, own) is Relevance.OTHER:
        return ()
    leads, others = (_of_board(units, board) for units in (task.leads, task.cooperating))
    return leads or others[:1] or (board.office,)


def tasks_of(
    draft: Draft, board: Board, own: bool, office: OfficeCalendar, now: datetime
) -> tuple[Task, ...]:
    """Every task that the draft makes, in its order, not stored yet (`id` and `document_id` are 0).

    A cell with several deadlines gives one task each (`part`), a series one for each time it is due in the plan's year
    (`occurrence`). What was due before `now` is `overdue_at_import`. Raises NoServiceDay as core.plan.working_due does.
    """
    made = (_tasks_of_row(row, draft.document.year, board, own) for row in draft.tasks)
    return tuple(_timed(task, due_time, office, now) for tasks in made for task, due_time in tasks)


def _tasks_of_row(
    row: DraftTask, year: int | None, board: Board, own: bool
) -> Iterator[tuple[Task, Deadline]]:
    units = reminded_units(row, board, own)
    base = Task(
        id=UNSTORED,
        document_id=0,
        document_key="",
        number=row.number,
        title=row.title,
        relevance=relevance(row, board, own),
        section=row.section,
        section_title=row.section_title,
        criteria_group=row.criteria_groups[0] if row.criteria_groups else None,
        lead_units=tuple(unit.name for unit in row.leads),
        cooperating_units=tuple(unit.name for unit in row.cooperating),
        unit=units[0] if units else None,
        co_units=units[1:],
        expected_output=row.expected_output,
        quote=row.quote,
    )
    for label, deadline in _cells(row.deadline):
        for occurrence, start, due in _times(deadline, year):
            task = replace(
                base,
                part=label,
                occurrence=occurrence,
                period_text=deadline.text or row.deadline.text,
                start_on=start,
                due_on=due,
                recurrence=str(deadline.recurrence) if deadline.recurrence else None,
            )
            yield task, deadline


def _cells(deadline: Deadline) -> Iterator[tuple[str, Deadline]]:
    """The deadlines of one cell under labels that tell them apart."""
    if not deadline.parts:
        yield "", deadline
        return
    seen: dict[str, int] = {}
    for number, part in enumerate(deadline.parts, start=1):
        label = part.label or f"({number})"
        seen[label] = seen.get(label, 0) + 1
        yield (label if seen[label] == 1 else f"{label} ({seen[label]})"), part.deadline


def _times(deadline: Deadline, year: int | None) -> Iterator[tuple[str, date | None, date | None]]:
    """(occurrence, start, due) of each; the occurrences of a series begin on the day after the one before."""
    if deadline.due is None or deadline.recurrence not in _SERIES:
        yield "", deadline.start, deadline.due
        return
    days = occurrences(deadline, date(year or deadline.due.year, 12, 31)) or (deadline.due,)
    start = deadline.start
    for day in days:
        yield (day.isoformat() if len(days) > 1 else ""), start, day
        start = day + timedelta(days=1)


def _timed(task: Task, deadline: Deadline, office: OfficeCalendar, now: datetime) -> Task:
    if task.due_on is None:
        return task
    due_at = legal_end(task.due_on, deadline.due_time)
    return replace(
        task,
        due_at=due_at,
        working_due_at=working_due(task.due_on, office, deadline.due_time),
        overdue_at_import=due_at < now,
    )


def _issuer(number: str) -> str:
    return fold(number.partition("/")[2])


def _of_board(units: Sequence[NamedUnit], board: Board) -> tuple[str, ...]:
    codes = (unit.code for unit in units if unit.code in board.units - {board.whole})
    return tuple(dict.fromkeys(code for code in codes if code is not None))


def _codes(units: Sequence[NamedUnit]) -> frozenset[str]:
    return frozenset(unit.code for unit in units if unit.code is not None)
