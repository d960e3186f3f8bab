"""The legal and the working end of a plan deadline, and the days of a series."""

from datetime import date, datetime, time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.office import NationalDays, OfficeCalendar
from core.plan import (
    Confidence,
    Deadline,
    Problem,
    ProblemCode,
    Recurrence,
    SubDeadline,
    legal_end,
    occurrences,
    with_working_due,
    working_due,
)
from core.windows import TZ

OFFICE = OfficeCalendar(
    NationalDays(off=frozenset({date(2026, 11, 24)}), worked=frozenset({date(2026, 8, 22)}))
)


def a_deadline(due: date, recurrence: Recurrence | None = None, until: date | None = None) -> Deadline:
    return Deadline("…", None, due, recurrence, Confidence.SURE, until=until, trouble=None)


def test_the_report_due_on_a_sunday_has_to_be_ready_on_friday() -> None:
    assert legal_end(date(2026, 11, 29)) == datetime(2026, 11, 29, 23, 59, tzinfo=TZ)
    assert working_due(date(2026, 11, 29), OFFICE) == datetime(2026, 11, 27, 17, tzinfo=TZ)


@pytest.mark.parametrize(
    ("due", "works_until"),
    [
        (date(2026, 11, 30), datetime(2026, 11, 30, 17, tzinfo=TZ)),  # a Monday
        (date(2026, 11, 24), datetime(2026, 11, 23, 17, tzinfo=TZ)),  # Ngày Văn hóa Việt Nam
        (date(2026, 8, 22), datetime(2026, 8, 22, 17, tzinfo=TZ)),  # a Saturday that is worked
        (date(2026, 8, 23), datetime(2026, 8, 22, 17, tzinfo=TZ)),
    ],
)
def test_the_working_end_is_the_last_office_hour_not_after_the_legal_one(
    due: date, works_until: datetime
) -> None:
    assert working_due(due, OFFICE) == works_until


def test_an_hour_in_the_document_ends_the_office_day_earlier() -> None:
    assert working_due(date(2026, 6, 15), OFFICE, time(10)) == datetime(2026, 6, 15, 10, tzinfo=TZ)
    assert working_due(date(2026, 6, 15), OFFICE, time(12)) == datetime(2026, 6, 15, 11, 30, tzinfo=TZ)


def test_parts_of_a_deadline_get_working_ends_of_their_own() -> None:
    whole = Deadline(
        "…", trouble=None, due=date(2026, 12, 31), parts=(SubDeadline("a", a_deadline(date(2026, 5, 31))),)
    )
    worked = with_working_due(whole, OFFICE)
    assert worked.working_due == datetime(2026, 12, 31, 17, tzinfo=TZ)
    assert worked.parts[0].deadline.working_due == datetime(2026, 5, 29, 17, tzinfo=TZ)


def test_a_deadline_without_a_day_has_no_working_end() -> None:
    assert with_working_due(Deadline("khi có hướng dẫn"), OFFICE).working_due is None


@given(st.dates(date(2021, 1, 1), date(2099, 12, 31)))
def test_the_working_end_is_never_after_the_legal_end(due: date) -> None:
    assert working_due(due, OFFICE) <= legal_end(due)


@pytest.mark.parametrize(
    ("first", "recurrence", "days"),
    [
        (date(2026, 1, 31), Recurrence.MONTHLY, [date(2026, 1, 31), date(2026, 2, 28), date(2026, 3, 31)]),
        (date(2026, 1, 19), Recurrence.MONTHLY, [date(2026, 1, 19), date(2026, 2, 19), date(2026, 3, 19)]),
        (date(2026, 1, 30), Recurrence.MONTHLY, [date(2026, 1, 30), date(2026, 2, 28), date(2026, 3, 30)]),
        (date(2026, 3, 31), Recurrence.QUARTERLY, [date(2026, 3, 31)]),
        (date(2026, 1, 4), Recurrence.WEEKLY, [date(2026, 1, 4 + 7 * n) for n in range(4)]),
        (date(2026, 2, 1), Recurrence.PERIODIC, [date(2026, 2, 1)]),
        (date(2026, 2, 1), None, [date(2026, 2, 1)]),
    ],
)
def test_a_series_keeps_its_day(first: date, recurrence: Recurrence | None, days: list[date]) -> None:
    last = date(2026, 1, 31) if recurrence is Recurrence.WEEKLY else date(2026, 3, 31)
    assert list(occurrences(a_deadline(first, recurrence), last)) == days


def test_a_quarterly_series_ends_with_its_quarters() -> None:
    days = occurrences(a_deadline(date(2026, 3, 31), Recurrence.QUARTERLY), date(2026, 12, 31))
    assert days == (date(2026, 3, 31), date(2026, 6, 30), date(2026, 9, 30), date(2026, 12, 31))


def test_a_yearly_series_knows_leap_years() -> None:
    days = occurrences(a_deadline(date(2026, 2, 28), Recurrence.YEARLY), date(2028, 12, 31))
    assert days == (date(2026, 2, 28), date(2027, 2, 28), date(2028, 2, 29))


def test_a_series_stops_at_its_own_end() -> None:
    monthly = a_deadline(date(2026, 10, 15), Recurrence.MONTHLY, until=date(2026, 11, 30))
    assert occurrences(monthly, date(2030, 1, 1)) == (date(2026, 10, 15), date(2026, 11, 15))


def test_without_a_day_there_are_no_occurrences() -> None:
    assert occurrences(Deadline("…", recurrence=Recurrence.MONTHLY), date(2030, 1, 1)) == ()


def test_a_missing_product_holds_up_nothing_but_an_impossible_date_does() -> None:
    assert not Problem("10", ProblemCode.MISSING_OUTPUT, "…").serious
    assert Problem("10", ProblemCode.IMPOSSIBLE_DATE, "…").serious
