"""Reading plan documents: a file in, a draft of tasks, deadlines, units and questions out. Nothing is stored."""

from functools import cache

from core.office import OfficeCalendar
from core.plan import Draft
from plan_data.holiday_calendar import national_days
from plan_data.reading.draft import Known, draft_of
from plan_data.reading.files import FORMATS, read_source
from plan_data.reading.source import MAX_FILE_BYTES, BadPlan, Source
from plan_data.unit_gazetteer import Gazetteer, seed_gazetteer

__all__ = [
    "FORMATS",
    "MAX_FILE_BYTES",
    "BadPlan",
    "Known",
    "Source",
    "draft_of",
    "read_plan",
    "read_source",
    "seed_office",
]

_YEARS = range(2020, 2051)


def read_plan(
    data: bytes,
    file_name: str,
    *,
    names: Gazetteer | None = None,
    office: OfficeCalendar | None = None,
    year: int | None = None,
) -> Draft:
    """The draft of a plan document; the ending of `file_name` says its format (FORMATS).

    `names` and `office` default to the data that ships with the program; `year` overrides the year that the document names.
    Raises BadPlan with one Vietnamese sentence. Files of strangers are read by `plan_data.reading.apart.read_plan_apart`.
    """
    known = Known(names or seed_gazetteer(), office or seed_office(), year)
    return draft_of(read_source(data, file_name), data, file_name, known)


@cache
def seed_office() -> OfficeCalendar:
    """The office's working days by the holidays that ship with the program."""
    return OfficeCalendar(national_days(_YEARS))
