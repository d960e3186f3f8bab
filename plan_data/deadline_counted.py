"""Months and quarters: alone, in a list ("Quý I, III/2027"), or from one to another ("tháng 8-12/2026")."""

from collections.abc import Callable
from dataclasses import replace

from plan_data.deadline_named import Named, year_behind
from plan_data.deadline_points import Kind, Point
from plan_data.deadline_tokens import Cursor


def quarters(cursor: Cursor) -> Named | None:
    return _counted(cursor, Kind.QUARTER, ("quy", "q"), _quarter_number)


def months(cursor: Cursor) -> Named | None:
    return _counted(cursor, Kind.MONTH, ("thang", "t"), lambda at: at.take_number(0, 99))


def _quarter_number(cursor: Cursor) -> int | None:
    roman = cursor.take_roman()
    return roman if roman is not None else cursor.take_number(0, 99)


def _counted(
    cursor: Cursor, kind: Kind, words: tuple[str, str], number: Callable[[Cursor], int | None]
) -> Named | None:
    """A unit word and its number, or a list or range of numbers; the last year said counts for all."""
    first = _numbered(cursor, kind, words, number)
    if first is None:
        return None
    points = [first]
    while (more := _more(cursor, kind, words, number)) is not None:
        points.append(more)
    if len(points) == 1 and (last := _upper(cursor, kind, number)) is not None:
        return Named((replace(first, year=first.year or last.year),), last)
    return Named(_one_year(points))


def _numbered(
    cursor: Cursor, kind: Kind, words: tuple[str, str], number: Callable[[Cursor], int | None]
) -> Point | None:
    word = cursor.take(*words)
    if word is None:
        return None
    cursor.take(".")
    token = cursor.peek()
    # "t" and "q" are short for tháng and quý only in front of their number: "T5", "Q.II".
    if token is None or (len(word) == 1 and not token.glued):
        return None
    n = number(cursor)
    return None if n is None else Point(kind, n, year=year_behind(cursor))


def _more(
    cursor: Cursor, kind: Kind, words: tuple[str, str], number: Callable[[Cursor], int | None]
) -> Point | None:
    place = cursor.place
    if cursor.take(",", "va", "&", ";"):
        spelt = _numbered(cursor, kind, words, number)
        if spelt is not None:
            return spelt
        token = cursor.peek()
        n = number(cursor) if token and (not token.is_number or len(token.text) <= 2) else None
        # "tháng 5, 15/6": the second number is a day.
        if n is not None and not _begins_a_date(cursor):
            return Point(kind, n, year=year_behind(cursor))
    cursor.place = place
    return None


def _begins_a_date(cursor: Cursor) -> bool:
    number = cursor.peek(1)
    return cursor.sees("/", "-") and number is not None and number.is_number and len(number.text) <= 2


def _upper(cursor: Cursor, kind: Kind, number: Callable[[Cursor], int | None]) -> Point | None:
    """The end of "tháng 8-12/2026", "quý I-III"."""
    place = cursor.place
    if cursor.take("-"):
        token = cursor.peek()
        n = number(cursor) if token and (not token.is_number or len(token.text) <= 2) else None
        if n is not None and not _begins_a_date(cursor):
            return Point(kind, n, year=year_behind(cursor))
    cursor.place = place
    return None


def _one_year(points: list[Point]) -> tuple[Point, ...]:
    year, made = None, []
    for point in reversed(points):
        year = point.year or year
        made.append(replace(point, year=year))
    return tuple(reversed(made))
