"""Named stretches of time – a day, a month, a quarter, the second week of a month – and the days they cover."""

from calendar import monthrange
from dataclasses import dataclass, replace
from datetime import date, timedelta
from enum import Enum, auto

YEARS = range(2000, 2101)
CURRENT = -1  # the month or quarter that a series is in: "cuối mỗi quý"


class Kind(Enum):
    """What a point counts in. FIRST_MONTHS and LAST_MONTHS: "6 tháng đầu năm", "6 tháng cuối năm"."""

    DAY = auto()
    WEEKDAY = auto()
    MONTH = auto()
    QUARTER = auto()
    FIRST_MONTHS = auto()
    LAST_MONTHS = auto()
    YEAR = auto()


class Part(Enum):
    """A named part of a month, a quarter or a year."""

    EARLY = auto()
    MIDDLE = auto()
    LATE = auto()
    FIRST_HALF = auto()
    SECOND_HALF = auto()
    LAST_WEEK = auto()


class Impossible(Exception):
    """The calendar has no such day, month, quarter or year."""


class Unbound(Exception):
    """The words leave out what no plan can supply: "trước ngày 20" of which month?"""


class NoYear(Unbound):
    """No year is written and the plan names none."""


@dataclass(frozen=True, slots=True)
class Point:
    """`n` counts in `kind` (day, month, quarter, months, ISO weekday; CURRENT = "this one").

    `month` and `year` belong to a day, a month …; None when not written. `week` is the n-th week of a month.
    """

    kind: Kind
    n: int = 0
    month: int | None = None
    year: int | None = None
    part: Part | None = None
    week: int = 0


@dataclass(frozen=True, slots=True)
class Stretch:
    """The days from `first` to `last`, both included. `by_convention`: the words leave their exact border open."""

    first: date
    last: date
    by_convention: bool = False


def days_of(point: Point, plan_year: int | None) -> Stretch:
    """The days that `point` covers, in the plan's year unless it says another one.

    đầu/giữa/cuối tháng = 1–10, 11–20, 21–end; of a quarter = its months; of a year = quarters I, II and IV; "tuần 2" = the
    days 8–14. Raises Impossible, Unbound (a day without its month), NoYear.
    """
    year = point.year if point.year is not None else plan_year
    if point.n == CURRENT:
        raise Unbound
    if year is None:
        raise NoYear
    if year not in YEARS:
        raise Impossible
    match point.kind:
        case Kind.DAY:
            return _day(point, year)
        case Kind.MONTH:
            return _part_of_month(point, _months(year, point.n, point.n))
        case Kind.QUARTER:
            return _quarter(point, year)
        case Kind.FIRST_MONTHS:
            return _months(year, 1, point.n)
        case Kind.LAST_MONTHS:
            return _months(year, 13 - point.n, 12)
        case Kind.YEAR:
            return _part_of_year(point, year)
        case Kind.WEEKDAY:
            raise Unbound


def in_year(point: Point, year: int | None) -> Point:
    """The same point, in `year` unless it says another one."""
    return point if point.year is not None or year is None else replace(point, year=year)


def _day(point: Point, year: int) -> Stretch:
    if not 1 <= point.n <= 31:
        raise Impossible
    if point.month is None:
        raise Unbound
    try:
        day = date(year, point.month, point.n)
    except ValueError:
        raise Impossible from None
    return Stretch(day, day)


def _months(year: int, first: int, last: int) -> Stretch:
    if not 1 <= first <= last <= 12:
        raise Impossible
    return Stretch(date(year, first, 1), date(year, last, monthrange(year, last)[1]))


_TENTHS = {Part.EARLY: (1, 10), Part.MIDDLE: (11, 20), Part.LATE: (21, 31)}
_HALVES = {Part.FIRST_HALF: (1, 15), Part.SECOND_HALF: (16, 31)}


def _part_of_month(point: Point, month: Stretch) -> Stretch:
    end = month.last.day
    if point.week:
        first, last = point.week * 7 - 6, point.week * 7
    elif point.part is Part.LAST_WEEK:
        first, last = end - 6, end
    elif point.part:
        first, last = (_TENTHS | _HALVES)[point.part]
    else:
        return month
    if not 1 <= first <= end:
        raise Impossible
    # Nearly nobody means these borders to the day: a person sees that they are a convention.
    return Stretch(month.first.replace(day=first), month.first.replace(day=min(last, end)), True)


_MONTH_OF_QUARTER = {Part.EARLY: (0, 0), Part.MIDDLE: (1, 1), Part.LATE: (2, 2)}


def _quarter(point: Point, year: int) -> Stretch:
    if not 1 <= point.n <= 4:
        raise Impossible
    start = point.n * 3 - 2
    if point.part is None:
        return _months(year, start, start + 2)
    if point.part not in _MONTH_OF_QUARTER:
        raise Unbound
    first, last = _MONTH_OF_QUARTER[point.part]
    return _by_convention(_months(year, start + first, start + last))


_MONTHS_OF_YEAR = {
    Part.EARLY: (1, 3),
    Part.MIDDLE: (4, 6),
    Part.LATE: (10, 12),
    Part.FIRST_HALF: (1, 6),
    Part.SECOND_HALF: (7, 12),
}


def _part_of_year(point: Point, year: int) -> Stretch:
    if point.part is None:
        return _months(year, 1, 12)
    if point.part not in _MONTHS_OF_YEAR:
        raise Unbound
    stretch = _months(year, *_MONTHS_OF_YEAR[point.part])
    return stretch if point.part in (Part.FIRST_HALF, Part.SECOND_HALF) else _by_convention(stretch)


def _by_convention(stretch: Stretch) -> Stretch:
    return replace(stretch, by_convention=True)


def first_weekday(year: int, weekday: int) -> date:
    """The first ISO `weekday` of `year`."""
    first = date(year, 1, 1)
    return first + timedelta((weekday - first.isoweekday()) % 7)
