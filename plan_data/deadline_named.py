"""Points as they are written, and what every reader of them needs: alternatives, and the year behind."""

from collections.abc import Callable
from dataclasses import dataclass

from core.plan import Recurrence
from plan_data.deadline_points import Point
from plan_data.deadline_tokens import Cursor


@dataclass(frozen=True, slots=True)
class Named:
    """Points as written: one, a list, or the first and last (`to`) of a range; `every` when the words make a series."""

    points: tuple[Point, ...]
    to: Point | None = None
    every: Recurrence | None = None
    loose: bool = False


def first_of(cursor: Cursor, *rules: Callable[[Cursor], Named | None]) -> Named | None:
    """What the first fitting rule reads; nothing is taken when none fits."""
    place = cursor.place
    for rule in rules:
        if (found := rule(cursor)) is not None:
            return found
        cursor.place = place
    return None


def year_behind(cursor: Cursor) -> int | None:
    """ "/2026", "-2026", ", 2026", "năm 2026", "của năm 2026", " 2026"."""
    place = cursor.place
    cursor.take("/", "-", ",", "(", "cua")
    cursor.take("nam")
    year = year_number(cursor)
    if year is None:
        cursor.place = place
    return year


def year_number(cursor: Cursor) -> int | None:
    return cursor.take_number(1000, 9999)


def is_cited(cursor: Cursor) -> bool:
    """A number behind "số" is a document's."""
    return cursor.sees("so", ahead=-1)


def goes_on(cursor: Cursor) -> bool:
    """ "12/2026/QH15", "215/KH-UBND": the number of a document, no date."""
    mark, after = cursor.peek(), cursor.peek(1)
    return (
        mark is not None
        and mark.text in "/-"
        and mark.glued
        and after is not None
        and after.glued
        and (after.is_word or mark.text == "/")
    )
