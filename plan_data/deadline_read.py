"""Which points may stand in a text: weeks, parts of periods, halves, quarters, months, days and years."""

from collections.abc import Callable
from dataclasses import replace

from plan_data.deadline_counted import months, quarters
from plan_data.deadline_dates import a_date, a_day
from plan_data.deadline_named import Named, first_of, goes_on, is_cited, year_number
from plan_data.deadline_phrases import EVERY_WORDS, RHYTHM_UNITS
from plan_data.deadline_points import CURRENT, Kind, Part, Point
from plan_data.deadline_tokens import Cursor, phrases

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
_PART_WORDS = phrases(*(" ".join(words) for words in _PARTS))
_LEADING = phrases("giai doan", "nhung", "cac")


def named_points(cursor: Cursor, *, after_word: bool = False) -> Named | None:
    """The points that stand here. `after_word`: "trước", "từ" … stood before, so a bare "20" or "năm" counts too."""
    rules: tuple[Callable[[Cursor], Named | None], ...] = (
        _week,
        _part,
        _half,
        quarters,
        months,
        a_day,
        a_date,
        _year,
    )
    return first_of(cursor, *rules) or (first_of(cursor, _bare) if after_word else None)


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
    month = months(cursor) if week or part else None
    if month is None or len(month.points) != 1 or month.to:
        return None
    return Named((replace(month.points[0], week=week, part=part),))


def _part(cursor: Cursor) -> Named | None:
    """ "đầu năm", "cuối tháng 6", "giữa quý III", "cuối mỗi quý", "nửa cuối tháng 9"."""
    words = cursor.take_phrase(_PART_WORDS)
    if words is None:
        return None
    part = _PARTS[words]
    place = cursor.place
    cursor.take("cua")
    if cursor.take(*EVERY_WORDS) and (unit := cursor.take(*RHYTHM_UNITS)):
        kind = {"nam": Kind.YEAR, "quy": Kind.QUARTER, "thang": Kind.MONTH}.get(unit)
        return Named((Point(kind, _this(kind), part=part),), every=RHYTHM_UNITS[unit]) if kind else None
    cursor.place = place
    found = first_of(cursor, quarters, months, _year, _bare_unit)
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
    return Named((Point(kind, months, year=year_number(cursor)),))


def _year(cursor: Cursor) -> Named | None:
    """ "năm 2026", "cả năm", "trong năm 2026", "2026", "các năm 2026, 2027", "2027-2030"."""
    cursor.take_phrase(_LEADING)
    whole = cursor.take("ca", "trong", "suot", "toan", "het", "quanh")
    named = cursor.take("nam")
    token = cursor.peek()
    if token is not None and token.is_number and len(token.text) >= 4 and (named or len(token.text) == 4):
        if is_cited(cursor):
            return None
        cursor.place += 1
        # "năm 20026" is no year, but certainly meant as one.
        year = int(token.text[:6])
        if not named and year not in range(1990, 2200):
            return None
        return None if goes_on(cursor) else _years(cursor, year)
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
        if more is None or goes_on(cursor) or cursor.sees("/", "-"):
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
    if token is None or not token.is_number or is_cited(cursor) or len(token.text) > 2:
        return None
    if (
        after is not None
        and (after.is_word or after.text == "%")
        and after.text not in ("den", "hang", "moi")
    ):
        return None  # "đến 5 mô hình", "trên 90%"
    cursor.place += 1
    return None if goes_on(cursor) else Named((Point(Kind.DAY, int(token.text)),), loose=True)
