"""The grammar of Vietnamese administrative time: which words make a point, a range, a bound, a series."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import time
from enum import Enum, auto

from core.plan import Recurrence
from plan_data.deadline_dates import a_clock, weekday
from plan_data.deadline_named import Named
from plan_data.deadline_phrases import (
    BEFORE,
    EVERY_WORDS,
    FROM,
    ONGOING,
    OPEN,
    RHYTHM_UNITS,
    TIMES_A,
    UNTIL,
    WITHIN,
)
from plan_data.deadline_points import Kind, Point
from plan_data.deadline_read import named_points
from plan_data.deadline_tokens import Cursor, phrases, tokens_of

_SCHOOL_YEAR = phrases("nam hoc")
_ONCE = phrases("/ 1 lan", "/ lan", "mot lan", "1 lan")
_SIX_MONTHS = phrases("6 thang", "06 thang", "sau thang")


class Bound(Enum):
    """How the words stand to their point: on it, before it (exclusive), up to it (inclusive), from it on, after it."""

    AT = auto()
    BEFORE = auto()
    UNTIL = auto()
    FROM = auto()
    AFTER = auto()


@dataclass(frozen=True, slots=True)
class Time:
    """One expression of time at text[start:end].

    `points` are one or a list ("Quý I, III/2027"); `to` ends a range, excluded when `to_before`. `every` makes it a series.
    `open`: words that name no day ("sau khi có hướng dẫn"). `marked`: a word like "trước", "trong" or "từ" led to it.
    `loose`: it needed an unusual reading.
    """

    bound: Bound = Bound.AT
    points: tuple[Point, ...] = ()
    to: Point | None = None
    to_before: bool = False
    every: Recurrence | None = None
    clock: time | None = None
    open: bool = False
    marked: bool = False
    loose: bool = False
    start: int = 0
    end: int = 0


def times_in(text: str) -> tuple[Time, ...]:
    """The expressions of time in an NFC text, in order; they do not overlap."""
    cursor = Cursor(tokens_of(text))
    return tuple(_scan(cursor))


def _scan(cursor: Cursor) -> Iterator[Time]:
    while (token := cursor.peek()) is not None:
        place = cursor.place
        found = _time(cursor)
        if found is None:
            cursor.place = place + 1
        else:
            yield replace(found, start=token.start, end=cursor.tokens[cursor.place - 1].end)


def _time(cursor: Cursor) -> Time | None:
    rules: tuple[Callable[[Cursor], Time | None], ...] = (_open, _ongoing, _rhythm, _every_first, _bounded)
    for rule in rules:
        place = cursor.place
        found = rule(cursor)
        if found is not None:
            return found
        cursor.place = place
    return None


def _open(cursor: Cursor) -> Time | None:
    """ "sau khi có hướng dẫn …", "trong vòng 10 ngày kể từ …": a person has to say when."""
    if cursor.take_phrase(_SCHOOL_YEAR):  # its years are no calendar years
        while cursor.take_number(1990, 2200) or cursor.take("-"):
            pass
        return Time(open=True)
    return Time(open=True) if cursor.take_phrase(OPEN) else None


def _ongoing(cursor: Cursor) -> Time | None:
    """ "thường xuyên", "định kỳ", and how often behind it: "định kỳ hằng quý", "định kỳ 6 tháng"."""
    words = cursor.take_phrase(ONGOING)
    if words is None:
        return None
    every = _every(cursor) or _count_of_months(cursor, times_said=words == ("dinh", "ky"))
    if every is None and words == ("dinh", "ky") and (unit := cursor.take(*RHYTHM_UNITS)):
        every = RHYTHM_UNITS[unit]
    return Time(every=every or Recurrence.PERIODIC)


def _rhythm(cursor: Cursor) -> Time | None:
    """ "6 tháng/lần", "1 lần/quý", "hai lần một năm"."""
    every = _count_of_months(cursor) or _so_often(cursor)
    return Time(every=every) if every else None


_EVERY_N_MONTHS = {
    1: Recurrence.MONTHLY,
    3: Recurrence.QUARTERLY,
    6: Recurrence.HALF_YEARLY,
    12: Recurrence.YEARLY,
}


def _count_of_months(cursor: Cursor, *, times_said: bool = False) -> Recurrence | None:
    """ "6 tháng/lần", "ba tháng một lần"; behind "định kỳ" also "6 tháng" alone."""
    place = cursor.place
    months = cursor.take_numeral()
    unit = cursor.take("thang", "quy", "nam", "tuan") if months else None
    once = cursor.take_phrase(_ONCE)
    if unit and (once or times_said):
        if unit == "thang":
            return _EVERY_N_MONTHS.get(months or 0, Recurrence.PERIODIC)
        return RHYTHM_UNITS[unit] if months == 1 else Recurrence.PERIODIC
    cursor.place = place
    return None


def _so_often(cursor: Cursor) -> Recurrence | None:
    place = cursor.place
    count = cursor.take_numeral()
    if count and cursor.take("lan"):
        if not cursor.take("/"):
            cursor.take("mot", "1", "moi", "trong")
        if unit := cursor.take(*RHYTHM_UNITS):
            return TIMES_A.get((unit, count), Recurrence.PERIODIC)
    cursor.place = place
    return None


def _every(cursor: Cursor) -> Recurrence | None:
    """ "hằng tháng", "mỗi quý"; "hằng ngày" comes back without a date of its own."""
    place = cursor.place
    if cursor.take(*EVERY_WORDS):
        if cursor.take("ngay"):
            return Recurrence.PERIODIC
        if cursor.take_phrase(_SIX_MONTHS):
            return Recurrence.HALF_YEARLY
        if unit := cursor.take(*RHYTHM_UNITS):
            return RHYTHM_UNITS[unit]
    cursor.place = place
    return None


def _every_first(cursor: Cursor) -> Time | None:
    """ "hằng tháng", and what narrows it: "hằng tháng, trước ngày 20"."""
    every = _every(cursor)
    if every is None:
        return None
    place = cursor.place
    cursor.take(",", ":", "(")
    inner = _bounded(cursor)
    if inner is None or inner.every not in (None, every) or not _narrows(inner, every):
        cursor.place = place
        return Time(every=every)
    return replace(inner, every=every)


def _narrows(inner: Time, every: Recurrence) -> bool:
    if inner.to is not None or len(inner.points) != 1:
        return False
    point = inner.points[0]
    match every:
        case Recurrence.YEARLY:
            return point.kind is not Kind.WEEKDAY and point.year is None
        case Recurrence.WEEKLY:
            return point.kind is Kind.WEEKDAY
        case Recurrence.MONTHLY:
            return point.kind is Kind.DAY and (point.month is None or inner.every is every)
        case _:
            return point.kind is Kind.DAY


def _bounded(cursor: Cursor) -> Time | None:
    """[bound] [hour] points [to …] [every …]"""
    bound, marked = _bound(cursor)
    clock = a_clock(cursor)
    named = _cyclic(cursor) or named_points(cursor, after_word=marked)
    if named is None:
        return None
    made = Time(
        bound, named.points, named.to, every=named.every, clock=clock, marked=marked, loose=named.loose
    )
    return _with_tail(_with_end(made, cursor), cursor)


def _bound(cursor: Cursor) -> tuple[Bound, bool]:
    for bound, words in (
        (Bound.BEFORE, BEFORE),
        (Bound.UNTIL, UNTIL),
        (Bound.FROM, FROM),
        (Bound.AT, WITHIN),
    ):
        if cursor.take_phrase(words):
            return bound, True
    sixth = cursor.sees("thang", ahead=1) and cursor.sees("dau", "cuoi", ahead=2)  # "sáu tháng đầu năm"
    if not sixth and cursor.take("sau"):
        return Bound.AFTER, True
    return Bound.AT, False


def _cyclic(cursor: Cursor) -> Named | None:
    """ "thứ Sáu", "ngày cuối tháng" of a series: points that need their series to be days."""
    if day := weekday(cursor):
        return Named((Point(Kind.WEEKDAY, day),))
    return None


_TO = phrases("den", "toi", "cho den", "cho toi", "-", "- den")


def _with_end(made: Time, cursor: Cursor) -> Time:
    """The range that begins with `made`, when an end follows; `made` otherwise."""
    if made.to is not None or len(made.points) != 1 or made.bound not in (Bound.AT, Bound.FROM):
        return made
    place = cursor.place
    if cursor.take_phrase(_TO):
        before = bool(cursor.take_phrase(BEFORE))
        if not before:
            cursor.take_phrase(UNTIL)
        end = named_points(cursor, after_word=True)
        if end is not None and len(end.points) == 1 and end.to is None:
            return replace(made, to=end.points[0], to_before=before, loose=made.loose or end.loose)
    cursor.place = place
    return made


def _with_tail(made: Time, cursor: Cursor) -> Time:
    """ "… hằng năm" behind a point; a year that stands behind a comma."""
    place = cursor.place
    cursor.take("cua", ",", "(")
    if every := _every(cursor):
        return replace(made, every=every)
    cursor.place = place
    return made
