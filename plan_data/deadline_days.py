"""From an expression of time to its days: bounds, ranges, lists and the first time of a series."""

from calendar import monthrange
from dataclasses import replace
from datetime import date, timedelta

from core.plan import Confidence, Deadline, Recurrence, Trouble
from plan_data.deadline_grammar import Bound, Time
from plan_data.deadline_points import (
    CURRENT,
    Impossible,
    Kind,
    NoYear,
    Point,
    Stretch,
    Unbound,
    days_of,
    first_weekday,
    in_year,
)

_DAY = timedelta(1)


def reading_of(one: Time, quote: str, plan_year: int | None) -> tuple[Deadline, ...]:
    """The deadlines that an expression says: one, or one for each point of a list. Words without a day carry a trouble."""
    try:
        if one.open:
            return (_without_a_day(quote, Trouble.OPEN),)
        if one.every:
            return _all_series(one, quote, plan_year)
        if one.to is not None:
            return (_range(one, quote, plan_year),)
        if one.bound in (Bound.FROM, Bound.AFTER):
            return (_from(one, quote, plan_year),)
        return tuple(_single(one, point, quote, plan_year) for point in one.points)
    except Impossible:
        return (_without_a_day(quote, Trouble.IMPOSSIBLE),)
    except NoYear:
        return (_without_a_day(quote, Trouble.NO_YEAR),)
    except Unbound:
        return (_without_a_day(quote, Trouble.UNREADABLE),)


def _without_a_day(quote: str, trouble: Trouble) -> Deadline:
    return Deadline(quote, trouble=trouble, trouble_quote=quote)


def _single(one: Time, point: Point, quote: str, plan_year: int | None) -> Deadline:
    stretch = days_of(point, plan_year)
    start, due = _within(one, stretch)
    text = quote if len(one.points) == 1 else _name_of(point, stretch.last.year)
    return Deadline(text, start, due, confidence=_confidence(one, stretch), due_time=one.clock, trouble=None)


def _within(one: Time, stretch: Stretch) -> tuple[date | None, date]:
    match one.bound:
        case Bound.BEFORE if one.clock is None:
            return None, stretch.first - _DAY
        # "trước 17h00 ngày 15/6" is still that day.
        case Bound.BEFORE | Bound.UNTIL:
            return None, stretch.last
        case _:
            return stretch.first, stretch.last


def _confidence(one: Time, *stretches: Stretch) -> Confidence:
    by_rule = one.loose or any(stretch.by_convention for stretch in stretches)
    return Confidence.LIKELY if by_rule else Confidence.SURE


def _name_of(point: Point, year: int | None) -> str:
    behind = f"/{year}" if year else ""
    match point.kind:
        case Kind.QUARTER:
            return f"Quý {('I', 'II', 'III', 'IV')[point.n - 1]}{behind}"
        case Kind.MONTH:
            return f"Tháng {point.n}{behind}"
        case Kind.YEAR:
            return f"Năm {year or ''}".strip()
        case _:
            return f"Ngày {point.n}/{point.month}{behind}"


def _from(one: Time, quote: str, plan_year: int | None) -> Deadline:
    """ "Từ tháng 3/2026", "sau ngày 15/6": when it begins is known, when it ends is a question."""
    stretch = days_of(one.points[0], plan_year)
    start = stretch.last + _DAY if one.bound is Bound.AFTER else stretch.first
    return replace(_without_a_day(quote, Trouble.OPEN), start=start)


def _range(one: Time, quote: str, plan_year: int | None) -> Deadline:
    first, last = one.points[0], one.to
    assert last is not None
    first = _month_of(first, last)
    end = days_of(in_year(last, first.year), plan_year)
    begin = days_of(in_year(first, end.first.year), plan_year)
    due = end.first - _DAY if one.to_before else end.last
    if begin.first > due and first.year is None and due.year != plan_year:
        # "từ tháng 11 đến tháng 3/2027"; within the plan's own year the two are rather confused.
        begin = days_of(replace(first, year=end.first.year - 1), plan_year)
    if begin.first > due:
        raise Impossible
    return Deadline(
        quote, begin.first, due, confidence=_confidence(one, begin, end), due_time=one.clock, trouble=None
    )


def _month_of(first: Point, last: Point) -> Point:
    """ "từ 01 đến 15/6": the first day takes its month from the last."""
    if first.kind is Kind.DAY and first.month is None and last.kind is Kind.DAY:
        return replace(first, month=last.month)
    return first


_MONTHS_IN = {
    Recurrence.MONTHLY: 1,
    Recurrence.QUARTERLY: 3,
    Recurrence.HALF_YEARLY: 6,
    Recurrence.YEARLY: 12,
    Recurrence.PERIODIC: 12,
}


def _all_series(one: Time, quote: str, plan_year: int | None) -> tuple[Deadline, ...]:
    """ "Quý I, III hằng năm" are two series."""
    if len(one.points) < 2 or all(point.kind is Kind.YEAR for point in one.points):
        return (_series(one, quote, plan_year),)
    each = ((point, replace(one, points=(point,))) for point in one.points)
    return tuple(_series(time, _name_of(point, None), plan_year) for point, time in each)


def _series(one: Time, quote: str, plan_year: int | None) -> Deadline:
    """A series by its first time in the plan's year, or in the years the words give ("giai đoạn 2027-2030, hằng năm")."""
    recurrence = one.every
    assert recurrence is not None
    within = _years_said(one, plan_year)
    year = within.first.year if within else _first_year(one, plan_year)
    until = within.last if within else _until(recurrence, year)
    points = () if within else one.points
    start, due = _first_time(one, recurrence, points, year)
    return Deadline(
        quote,
        start,
        due,
        recurrence=recurrence,
        confidence=Confidence.LIKELY if one.loose or _needs_a_rule(points, recurrence) else Confidence.SURE,
        due_time=one.clock,
        until=until,
        trouble=None,
    )


def _years_said(one: Time, plan_year: int | None) -> Stretch | None:
    if not one.points or any(point.kind is not Kind.YEAR or point.part for point in one.points):
        return None
    first = days_of(one.points[0], plan_year)
    last = days_of(one.to or one.points[-1], plan_year)
    if first.first > last.first:
        raise Impossible
    return Stretch(first.first, last.last)


def _first_year(one: Time, plan_year: int | None) -> int:
    said = next((point.year for point in one.points if point.year), None)
    year = said or plan_year
    if year is None:
        raise NoYear
    return year


def _until(recurrence: Recurrence, year: int) -> date | None:
    """A yearly series goes on; a shorter one is asked for in the plan's year only."""
    return None if recurrence is Recurrence.YEARLY else date(year, 12, 31)


def _needs_a_rule(points: tuple[Point, ...], recurrence: Recurrence) -> bool:
    """ "hằng quý, trước ngày 20" – of the quarter's last month, as is usual."""
    bare = any(point.kind is Kind.DAY and point.month is None for point in points)
    return bare and recurrence is not Recurrence.MONTHLY


def _first_time(
    one: Time, recurrence: Recurrence, points: tuple[Point, ...], year: int
) -> tuple[date | None, date]:
    if recurrence is Recurrence.WEEKLY:
        return _first_week(one, points, year)
    months = _MONTHS_IN[recurrence]
    if not points:
        last = date(year, months, monthrange(year, months)[1])
        return date(year, 1, 1), last
    point = _placed(points[0], recurrence, year)
    start, due = _within(one, days_of(point, year))
    if due.year < year and recurrence is not Recurrence.YEARLY:  # "trước ngày 01 hằng tháng"
        start, due = _within(one, days_of(replace(point, month=(point.month or 1) + months), year))
    return start, due


def _placed(point: Point, recurrence: Recurrence, year: int) -> Point:
    """The point within the first period of the series."""
    months = _MONTHS_IN[recurrence]
    if point.kind is Kind.DAY and point.month is None:
        if recurrence is Recurrence.YEARLY:
            raise Unbound
        last = monthrange(year, months)[1]
        if not 1 <= point.n <= 31:
            raise Impossible
        return replace(point, month=months, n=min(point.n, last))
    if point.n == CURRENT:
        first = 1 if point.kind is Kind.QUARTER or recurrence is Recurrence.MONTHLY else months
        return replace(point, n=first)
    return point


def _first_week(one: Time, points: tuple[Point, ...], year: int) -> tuple[date | None, date]:
    if not points or points[0].kind is not Kind.WEEKDAY:
        return date(year, 1, 1), first_weekday(year, 7)
    day = first_weekday(year, points[0].n)
    if one.bound is Bound.BEFORE and one.clock is None:
        return None, day - _DAY if day.day > 1 else day + timedelta(6)
    return (day if one.bound is Bound.AT else None), day
