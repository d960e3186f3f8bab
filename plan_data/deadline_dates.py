"""Days: dates in figures and in words, days of a series, weekdays, and the hour before them."""

from dataclasses import replace
from datetime import time

from core.plan import Recurrence
from plan_data.deadline_named import Named, first_of, goes_on, is_cited, year_behind
from plan_data.deadline_points import Kind, Point
from plan_data.deadline_tokens import Cursor, phrases

# "tháng cuối quý", "tháng sau" as months of the first quarter or of the first two months of a series.
_SERIES_MONTHS: dict[tuple[str, ...], tuple[int, Recurrence]] = {
    ("thang", "cuoi", "cua", "moi", "quy"): (3, Recurrence.QUARTERLY),
    ("thang", "cuoi", "moi", "quy"): (3, Recurrence.QUARTERLY),
    ("thang", "cuoi", "cua", "quy"): (3, Recurrence.QUARTERLY),
    ("thang", "cuoi", "quy"): (3, Recurrence.QUARTERLY),
    ("thang", "dau", "cua", "quy", "sau"): (4, Recurrence.QUARTERLY),
    ("thang", "dau", "quy", "sau"): (4, Recurrence.QUARTERLY),
    ("thang", "dau", "cua", "quy"): (1, Recurrence.QUARTERLY),
    ("thang", "dau", "quy"): (1, Recurrence.QUARTERLY),
    ("thang", "sau", "lien", "ke"): (2, Recurrence.MONTHLY),
    ("thang", "ke", "tiep"): (2, Recurrence.MONTHLY),
    ("thang", "tiep", "theo"): (2, Recurrence.MONTHLY),
    ("thang", "sau"): (2, Recurrence.MONTHLY),
}
_SERIES_WORDS = phrases(*(" ".join(words) for words in _SERIES_MONTHS))
_WEEKDAYS = {"hai": 1, "ba": 2, "tu": 3, "nam": 4, "sau": 5, "bay": 6}
_SUNDAY = phrases("chu nhat")


def a_day(cursor: Cursor) -> Named | None:
    """ "ngày 30/11/2026", "ngày 30 tháng 11 năm 2026", "ngày 1-15/6", "ngày 20" (of each month)."""
    if not cursor.take("ngay"):
        return None
    return first_of(cursor, a_date, _day_alone)


def _day_alone(cursor: Cursor) -> Named | None:
    return _day_with_month(cursor, alone=True)


def a_date(cursor: Cursor) -> Named | None:
    """Numbers alone: 30/11/2026, 30-11-2026, 30.11.2026, 2026-11-30, 30/11, 11/2026, and "30 tháng 11"."""
    if is_cited(cursor):
        return None
    place = cursor.place
    numbers, mark = _number_group(cursor)
    if (named := _as_date(numbers, mark)) and not goes_on(cursor):
        if len(numbers) == 2 and named.points[0].kind is Kind.DAY:
            return Named((replace(named.points[0], year=year_behind(cursor)),), loose=named.loose)
        return named
    cursor.place = place
    found = _day_with_month(cursor, alone=False)
    return None if found is None or goes_on(cursor) else found


def weekday(cursor: Cursor) -> int | None:
    """ "thứ Sáu", "thứ 6", "chủ nhật" as an ISO weekday."""
    place = cursor.place
    cursor.take("ngay", "sang", "chieu")
    if cursor.take_phrase(_SUNDAY):
        return 7
    if cursor.take("thu"):
        if word := cursor.take(*_WEEKDAYS):
            return _WEEKDAYS[word]
        if number := cursor.take_number(2, 7):
            return number - 1
    cursor.place = place
    return None


def a_clock(cursor: Cursor) -> time | None:
    """ "17h00", "17 giờ 30", "16h" in front of a day."""
    place = cursor.place
    hour = cursor.take_number(0, 23)
    if hour is not None and cursor.take("h", "gio", "g", ":"):
        minute = cursor.take_number(0, 59)
        cursor.take("phut")
        cursor.take(",")
        return time(hour, minute or 0)
    cursor.place = place
    return None


def _day_with_month(cursor: Cursor, *, alone: bool) -> Named | None:
    day = cursor.take_number(0, 99)
    if day is None:
        return None
    place = cursor.place
    if cursor.take("-", "den") and (last := cursor.take_number(1, 31)) is not None:
        end = _month_behind(cursor, last)
        if end is not None:
            return Named((replace(end.points[0], n=day),), end.points[0], end.every)
    cursor.place = place
    return _month_behind(cursor, day) or (Named((Point(Kind.DAY, day),)) if alone else None)


def _month_behind(cursor: Cursor, day: int) -> Named | None:
    """The month of a day whose number has been read."""
    place = cursor.place
    cursor.take("cua")
    if words := cursor.take_phrase(_SERIES_WORDS):
        month, every = _SERIES_MONTHS[words]
        return Named((Point(Kind.DAY, day, month),), every=every)
    if cursor.take("thang", "/") and (number := cursor.take_number(0, 99)) is not None:
        return Named((Point(Kind.DAY, day, number, year_behind(cursor)),))
    cursor.place = place
    return None


def _number_group(cursor: Cursor) -> tuple[list[str], str]:
    """Up to three numbers with one mark between: "/" with or without blanks, "-" and "." without."""
    first = cursor.peek()
    if first is None or not first.is_number:
        return [], ""
    cursor.place += 1
    numbers, mark = [first.text], ""
    while len(numbers) < 3:
        sign, number = cursor.peek(), cursor.peek(1)
        if sign is None or number is None or sign.text not in (mark or "/-.") or not number.is_number:
            break
        if sign.text != "/" and not (sign.glued and number.glued):
            break
        mark = sign.text
        numbers.append(number.text)
        cursor.place += 2
    return numbers, mark


def _as_date(numbers: list[str], mark: str) -> Named | None:
    lengths = [len(number) for number in numbers]
    match lengths:
        case [4, 1 | 2, 1 | 2] if mark == "-":
            year, month, day = map(int, numbers)
            return Named((Point(Kind.DAY, day, month, year),))
        case [1 | 2, 1 | 2, 4]:
            day, month, year = map(int, numbers)
            return Named((Point(Kind.DAY, day, month, year),))
        case [1 | 2, 1 | 2, 2]:
            day, month, short = map(int, numbers)
            return Named((Point(Kind.DAY, day, month, 2000 + short),), loose=True)
        case [1 | 2, 4] if mark in ("/", "-"):
            month, year = map(int, numbers)
            return Named((Point(Kind.MONTH, month, year=year),))
        case [1 | 2, 1 | 2] if mark == "/":
            day, month = map(int, numbers)
            return Named((Point(Kind.DAY, day, month),))
    return None
