"""The nation's days off and swapped working days: the `holidays` package, corrected by the override table holidays.toml."""

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from importlib.resources import files

import holidays

from core.errors import Refused
from core.office import NationalDays
from plan_data.cells import BadCell, Cells


class BadHolidayFile(Refused):
    """The override table cannot be read; `str()` is one Vietnamese sentence naming the row."""

    def __init__(self, sentence: str) -> None:
        super().__init__("bad_holiday_file", sentence=sentence)

    def __str__(self) -> str:
        return str(self.data["sentence"])


@dataclass(frozen=True, slots=True)
class Holiday:
    """A day off. `expected`: by formula, not announced yet; people see "(dự kiến)"."""

    name: str
    expected: bool = False

    def __str__(self) -> str:
        marked = "dự kiến" in self.name  # the package marks some far years itself
        return f"{self.name} (dự kiến)" if self.expected and not marked else self.name


@dataclass(frozen=True, slots=True)
class Overrides:
    """The edited table. Days of years after `confirmed_through` are expected only, but for `fixed_days` ("04-30")."""

    confirmed_through: int
    fixed_days: frozenset[str]
    off: Mapping[date, str]
    worked: Mapping[date, str]


def office_holidays(year: int, overrides: Overrides | None = None) -> Mapping[date, Holiday]:
    """The days off of `year` in order of date, weekends that are holidays too; without days that are worked after all."""
    table = overrides or seed_overrides()
    days = {day: Holiday(name, _is_expected(day, table)) for day, name in _by_formula(year).items()}
    days |= {day: Holiday(name) for day, name in table.off.items() if day.year == year}
    return {day: days[day] for day in sorted(days) if day not in table.worked}


def worked_days(year: int, overrides: Overrides | None = None) -> Mapping[date, str]:
    """The days of `year` that are worked against the calendar (swapped Saturdays), with the reason."""
    table = overrides or seed_overrides()
    return {day: name for day, name in sorted(table.worked.items()) if day.year == year}


def national_days(years: Iterable[int], overrides: Overrides | None = None) -> NationalDays:
    """Days off and swapped days of all `years` as the calendars of core want them."""
    asked = tuple(years)
    return NationalDays(
        off=frozenset(day for year in asked for day in office_holidays(year, overrides)),
        worked=frozenset(day for year in asked for day in worked_days(year, overrides)),
    )


@cache
def seed_overrides() -> Overrides:
    """The table a new database starts with."""
    return read_overrides(files("plan_data").joinpath("holidays.toml").read_text(encoding="utf-8"))


def read_overrides(text: str) -> Overrides:
    """Read an override table. Raises BadHolidayFile with a sentence."""
    try:
        return _overrides(Cells("Bảng ngày nghỉ", tomllib.loads(text.removeprefix("\ufeff"))))
    except tomllib.TOMLDecodeError as error:
        raise BadHolidayFile(f"Bảng ngày nghỉ: sai cú pháp TOML ({error}).") from error
    except BadCell as bad:
        raise BadHolidayFile(str(bad)) from bad


def _overrides(table: Cells) -> Overrides:
    table.only("confirmed_through", "fixed_days", "off", "worked")
    year = table.cells.get("confirmed_through")
    if not isinstance(year, int):
        table.refuse("“confirmed_through” phải là một năm, ví dụ 2026")
    off, worked = _days(table, "off", "ngày nghỉ"), _days(table, "worked", "ngày làm bù")
    for day in off.keys() & worked.keys():
        table.refuse(f"ngày {day:%d/%m/%Y} vừa nghỉ vừa làm bù")
    return Overrides(year, frozenset(table.texts("fixed_days")), off, worked)


def _days(table: Cells, key: str, noun: str) -> Mapping[date, str]:
    rows = table.cells.get(key, [])
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        table.refuse(f"“{key}” phải viết thành các mục [[{key}]] với hai ngoặc vuông")
    days: dict[date, str] = {}
    for n, cells in enumerate(rows, start=1):
        row = Cells(f"{table.where}, {noun} thứ {n}", cells)
        row.only("date", "name")
        day = row.day("date")
        if day in days:
            row.refuse(f"ngày {day:%d/%m/%Y} được ghi hai lần")
        days[day] = row.text("name")
    return days


def _by_formula(year: int) -> Mapping[date, str]:
    return dict(holidays.country_holidays("VN", years=year, language="vi"))


def _is_expected(day: date, table: Overrides) -> bool:
    return day.year > table.confirmed_through and f"{day:%m-%d}" not in table.fixed_days
