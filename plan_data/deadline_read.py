"""How the points themselves are written: dates, months, quarters, weeks, parts and lists of them."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import time

from core.plan import Recurrence
from plan_data.deadline_phrases import EVERY_WORDS, RHYTHM_UNITS
from plan_data.deadline_points import CURRENT, Kind, Part, Point
from plan_data.deadline_tokens import Cursor


@dataclass(frozen=True, slots=True)
class Named:
    """Points as written: one, a list, or the first and last (`to`) of a range; `every` when the words make a series."""

    points: tuple[Point, ...]
    to: Point | None = None
    every: Recurrence | None = None
    loose: bool = False


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
_WEEKDAYS = {"hai": 1, "ba": 2, "tu": 3, "nam": 4, "sau": 5, "bay": 6}
_PARTS: dict[tuple[str, ...], Part] = {
    ("thuong", "tuan"): Part.EARLY,
    ("trung", "tuan"): Part.MIDDLE,
    ("ha", "tuan"): Part.LATE,
    ("nua", "dau"): Part.FIRST_HALF,
    ("nua", "cuoi"): Part.SECOND_HALF,
    ("dau",): Part.EARLY,
    ("giua",): Part.MIDDLE,
    ("cuoi",): Part.LATE,
}


def named_points(cursor: Cursor, *, after_word: bool = False) -> Named | None:
    """The points that stand here. `after_word`: "trước", "từ" … stood before, so a bare "20" or "năm" counts too."""
    rules: tuple[Callable[[Cursor], Named | None], ...] = (
        _week,
        _part,
        _half,
        _quarters,
        _months,
        _day,
        _date,
        _year,
    )
    return _first_of(cursor, *rules) or (_first_of(cursor, _bare) if after_word else None)


def _first_of(cursor: Cursor, *rules: Callable[[Cursor], Named | None]) -> Named | None:
    """What the first fitting rule reads; nothing is taken when none fits."""
    place = cursor.place
    for rule in rules:
        if (found := rule(cursor)) is not None:
            return found
        cursor.place = place
    return None


def weekday(cursor: Cursor) -> int | None:
    """ "thứ Sáu", "thứ 6", "chủ nhật" as an ISO weekday."""
    place = cursor.place
    cursor.take("ngay", "sang", "chieu")
    if cursor.take_phrase(("chu", "nhat")):
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


def _week(cursor: Cursor) -> Named | None:
    """ "tuần 2 tháng 9", "tuần thứ hai của tháng 9/2026", "tuần đầu tháng 9", "tuần cuối tháng 9"."""
    if not cursor.take("tuan"):
        return None
    week, part = 0, None
    if cursor.take("dau"):
        week = 1
    elif cursor.take("cuoi"):
        part = Part.LAST_WEEK
    else:
        cursor.take("thu")
        # Beyond the fifth no month goes on: an impossible week, not an unknown word.
        week = cursor.take_numeral() or 0
    cursor.take("cua", "trong")
    month = _months(cursor) if week or part else None
    if month is None or len(month.points) != 1 or month.to:
        return None
    return Named((replace(month.points[0], week=week, part=part),))


def _part(cursor: Cursor) -> Named | None:
    """ "đầu năm", "cuối tháng 6", "giữa quý III", "cuối mỗi quý", "nửa cuối tháng 9"."""
    words = cursor.take_phrase(*sorted(_PARTS, key=len, reverse=True))
    if words is None:
        return None
    part = _PARTS[words]
    place = cursor.place
    cursor.take("cua")
    if cursor.take(*EVERY_WORDS) and (unit := cursor.take(*RHYTHM_UNITS)):
        kind = {"nam": Kind.YEAR, "quy": Kind.QUARTER, "thang": Kind.MONTH}.get(unit)
        return Named((Point(kind, _this(kind), part=part),), every=RHYTHM_UNITS[unit]) if kind else None
    cursor.place = place
    found = _first_of(cursor, _quarters, _months, _year, _bare_unit)
    if found is None or len(found.points) != 1 or found.to:
        return None
    return replace(found, points=(replace(found.points[0], part=part),))


def _half(cursor: Cursor) -> Named | None:
    """ "6 tháng đầu năm 2026", "9 tháng đầu năm", "06 tháng cuối năm"."""
    months = cursor.take_numeral()
    if not months or not cursor.take("thang"):
        return None
    where = cursor.take("dau", "cuoi")
    if where is None:
        return None
    cursor.take("cua")
    if not cursor.take("nam"):
        return None
    kind = Kind.FIRST_MONTHS if where == "dau" else Kind.LAST_MONTHS
    return Named((Point(kind, months, year=_year_number(cursor)),))


def _quarters(cursor: Cursor) -> Named | None:
    return _counted(cursor, Kind.QUARTER, ("quy", "q"), _quarter_number)


def _months(cursor: Cursor) -> Named | None:
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
    return None if n is None else Point(kind, n, year=_year_behind(cursor))


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
            return Point(kind, n, year=_year_behind(cursor))
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
            return Point(kind, n, year=_year_behind(cursor))
    cursor.place = place
    return None


def _one_year(points: list[Point]) -> tuple[Point, ...]:
    year, made = None, []
    for point in reversed(points):
        year = point.year or year
        made.append(replace(point, year=year))
    return tuple(reversed(made))


def _year_behind(cursor: Cursor) -> int | None:
    """ "/2026", "-2026", ", 2026", "năm 2026", "của năm 2026", " 2026"."""
    place = cursor.place
    cursor.take("/", "-", ",", "(", "cua")
    cursor.take("nam")
    year = _year_number(cursor)
    if year is None:
        cursor.place = place
    return year


def _year_number(cursor: Cursor) -> int | None:
    return cursor.take_number(1000, 9999)


def _day(cursor: Cursor) -> Named | None:
    """ "ngày 30/11/2026", "ngày 30 tháng 11 năm 2026", "ngày 1-15/6", "ngày 20" (of each month)."""
    if not cursor.take("ngay"):
        return None
    return _first_of(cursor, _date, _day_alone)


def _day_alone(cursor: Cursor) -> Named | None:
    return _day_with_month(cursor, alone=True)


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
    if words := cursor.take_phrase(*_SERIES_MONTHS):
        month, every = _SERIES_MONTHS[words]
        return Named((Point(Kind.DAY, day, month),), every=every)
    if cursor.take("thang", "/") and (number := cursor.take_number(0, 99)) is not None:
        return Named((Point(Kind.DAY, day, number, _year_behind(cursor)),))
    cursor.place = place
    return None


def _date(cursor: Cursor) -> Named | None:
    """Numbers alone: 30/11/2026, 30-11-2026, 30.11.2026, 2026-11-30, 30/11, 11/2026, and "30 tháng 11"."""
    if _is_cited(cursor):
        return None
    place = cursor.place
    numbers, mark = _number_group(cursor)
    if (named := _as_date(numbers, mark)) and not _goes_on(cursor):
        if len(numbers) == 2 and named.points[0].kind is Kind.DAY:
            return Named((replace(named.points[0], year=_year_behind(cursor)),), loose=named.loose)
        return named
    cursor.place = place
    found = _day_with_month(cursor, alone=False)
    return None if found is None or _goes_on(cursor) else found


def _is_cited(cursor: Cursor) -> bool:
    """A number behind "số" is a document's."""
    return cursor.sees("so", ahead=-1)


def _goes_on(cursor: Cursor) -> bool:
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


def _year(cursor: Cursor) -> Named | None:
    """ "năm 2026", "cả năm", "trong năm 2026", "2026", "các năm 2026, 2027", "2027-2030"."""
    cursor.take_phrase(("giai", "doan"), ("nhung",), ("cac",))
    whole = cursor.take("ca", "trong", "suot", "toan", "het", "quanh")
    named = cursor.take("nam")
    token = cursor.peek()
    if token is not None and token.is_number and len(token.text) >= 4 and (named or len(token.text) == 4):
        if _is_cited(cursor):
            return None
        cursor.place += 1
        # "năm 20026" is no year, but certainly meant as one.
        year = int(token.text[:6])
        if not named and year not in range(1990, 2200):
            return None
        return None if _goes_on(cursor) else _years(cursor, year)
    if named and whole:
        return Named((Point(Kind.YEAR),))
    return None


def _years(cursor: Cursor, first: int) -> Named:
    points = [Point(Kind.YEAR, year=first)]
    while True:
        place = cursor.place
        if not cursor.take(",", "va"):
            break
        cursor.take("nam")
        more = cursor.take_number(1990, 2200)
        if more is None or _goes_on(cursor) or cursor.sees("/", "-"):
            cursor.place = place
            break
        points.append(Point(Kind.YEAR, year=more))
    return Named(tuple(points))


def _bare_unit(cursor: Cursor) -> Named | None:
    """ "năm", "quý", "tháng" without a number: this one."""
    unit = cursor.take("nam", "quy", "thang")
    if unit is None:
        return None
    kind = {"nam": Kind.YEAR, "quy": Kind.QUARTER, "thang": Kind.MONTH}[unit]
    return Named((Point(kind, _this(kind)),))


def _this(kind: Kind) -> int:
    """A year without a number is the plan's; a month or quarter needs its series."""
    return 0 if kind is Kind.YEAR else CURRENT


def _bare(cursor: Cursor) -> Named | None:
    """Behind "trước", "từ", "trong": "20", "năm", "quý"."""
    found = _bare_unit(cursor)
    if found is not None:
        return found
    token, after = cursor.peek(), cursor.peek(1)
    if token is None or not token.is_number or _is_cited(cursor) or len(token.text) > 2:
        return None
    if (
        after is not None
        and (after.is_word or after.text == "%")
        and after.text not in ("den", "hang", "moi")
    ):
        return None  # "đến 5 mô hình", "trên 90%"
    cursor.place += 1
    return None if _goes_on(cursor) else Named((Point(Kind.DAY, int(token.text)),), loose=True)
