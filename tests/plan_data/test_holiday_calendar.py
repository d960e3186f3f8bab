"""The nation's days off and swapped days, with the override table on top."""

from datetime import date, datetime, time

import pytest

from core.calendar import TZ, OfficeCalendar
from plan_data.holiday_calendar import (
    BadHolidayFile,
    Holiday,
    national_days,
    office_holidays,
    read_overrides,
    worked_days,
)

OFFICE = OfficeCalendar(national_days([2026, 2027]))


@pytest.mark.parametrize(
    "day",
    [
        *(date(2026, 1, n) for n in (1, 2)),
        *(date(2026, 2, n) for n in range(14, 23)),
        date(2026, 4, 27),
        date(2026, 4, 30),
        date(2026, 5, 1),
        date(2026, 8, 31),
        date(2026, 9, 1),
        date(2026, 9, 2),
        date(2026, 11, 24),
    ],
)
def test_the_official_days_off_of_2026(day: date) -> None:
    assert not OFFICE.is_working_day(day)


@pytest.mark.parametrize("day", [date(2026, 1, 10), date(2026, 8, 22)])
def test_the_swapped_saturdays_of_2026_are_worked(day: date) -> None:
    assert OFFICE.is_working_day(day)
    assert day in worked_days(2026)


def test_no_working_day_of_2026_is_lost() -> None:
    off = [day for day in office_holidays(2026) if day.isoweekday() <= 5]
    assert len(off) == 14


def test_a_report_due_before_the_thirtieth_is_worked_on_until_friday() -> None:
    legal = datetime.combine(date(2026, 11, 29), time(23, 59), TZ)
    assert OFFICE.last_office_minute_not_after(legal) == datetime(2026, 11, 27, 17, tzinfo=TZ)
    assert OFFICE.working_day_before(date(2026, 11, 27), 3) == date(2026, 11, 23)


def test_formula_days_of_2027_are_expected_and_fixed_dates_are_not() -> None:
    days = office_holidays(2027)
    assert days[date(2027, 2, 6)].expected
    assert str(days[date(2027, 2, 6)]) == "Tết Nguyên Đán (dự kiến)"
    assert days[date(2027, 9, 2)].expected
    assert days[date(2027, 9, 3)].expected
    assert not days[date(2027, 1, 1)].expected
    assert not any(day.expected for day in office_holidays(2026).values())


def test_the_days_of_a_year_come_in_order_and_only_of_that_year() -> None:
    days = list(office_holidays(2027))
    assert days == sorted(days)
    assert {day.year for day in days} == {2027}


def test_an_edited_table_confirms_and_removes_days() -> None:
    table = read_overrides(
        "confirmed_through = 2026\n"
        '[[off]]\ndate = 2027-09-01\nname = "Quốc khánh"\n'
        '[[worked]]\ndate = 2027-09-03\nname = "Không nghỉ ngày 3/9"\n'
    )
    days = office_holidays(2027, table)
    assert days[date(2027, 9, 1)] == Holiday("Quốc khánh")
    assert date(2027, 9, 3) not in days


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (
            "off = 1\nconfirmed_through = 2026",
            "Bảng ngày nghỉ: “off” phải viết thành các mục [[off]] với hai ngoặc vuông.",
        ),
        ("", "Bảng ngày nghỉ: “confirmed_through” phải là một năm, ví dụ 2026."),
        ("[[off]", "Bảng ngày nghỉ: sai cú pháp TOML"),
        ("confirmed_through = 2026\n[[off]]\nname = 'A'", "Bảng ngày nghỉ, ngày nghỉ thứ 1: thiếu “date”."),
        (
            "confirmed_through = 2026\n" + 2 * "[[off]]\ndate = 2026-01-01\nname = 'A'\n",
            "Bảng ngày nghỉ, ngày nghỉ thứ 2: ngày 01/01/2026 được ghi hai lần.",
        ),
        (
            "confirmed_through = 2026\n[[off]]\ndate = 2026-01-03\nname = 'A'\n[[worked]]\ndate = 2026-01-03\nname = 'B'",
            "Bảng ngày nghỉ: ngày 03/01/2026 vừa nghỉ vừa làm bù.",
        ),
    ],
)
def test_a_badly_edited_table_is_refused_in_words(text: str, sentence: str) -> None:
    with pytest.raises(BadHolidayFile) as refused:
        read_overrides(text)
    assert str(refused.value).startswith(sentence)
