"""When a deadline is reminded, how far up, and in which colour: working days, holidays, swapped Saturdays."""

from dataclasses import replace
from datetime import date, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core import reminders
from core.calendar import TZ
from core.office import NationalDays, OfficeCalendar
from core.plan import legal_end, working_due
from core.reminders import Level, ReminderSettings
from core.task import Relevance, Task, TaskId, TaskStatus

CULTURE_DAY = date(2026, 11, 24)
OFFICE = OfficeCalendar(NationalDays(off=frozenset({CULTURE_DAY}), worked=frozenset({date(2026, 8, 22)})))
AUTUMN = datetime(2026, 10, 1, 9, 0, tzinfo=TZ)
SETTINGS = ReminderSettings()


def a_task(due: date | None = date(2026, 11, 29), **more: object) -> Task:
    dates = {}
    if due is not None:
        dates = {"due_on": due, "due_at": legal_end(due), "working_due_at": working_due(due, OFFICE)}
    return Task(TaskId(1), 1, "plan", "1", "Báo cáo", Relevance.LEADS, unit="VP", **{**dates, **more})  # type: ignore[arg-type]


def mornings(stages: dict[str, datetime]) -> dict[str, str]:
    return {stage: f"{at.astimezone(TZ):%d/%m %H:%M}" for stage, at in stages.items()}


def test_the_ladder_counts_working_days_back_from_the_working_due() -> None:
    assert mornings(dict(reminders.stages(a_task(), AUTUMN, OFFICE))) == {
        "T-30": "15/10 07:45",
        "T-14": "06/11 07:45",
        "T-7": "17/11 07:45",
        "T-3": "23/11 07:45",
        "T-1": "26/11 07:45",
        "T-0": "27/11 07:45",
        "overdue": "29/11 23:59",
        "first": "02/10 07:45",
    }


def test_what_is_past_is_left_out() -> None:
    late = datetime(2026, 11, 20, 12, tzinfo=TZ)
    assert set(reminders.stages(a_task(), late, OFFICE)) == {"first", "T-3", "T-1", "T-0", "overdue"}


def test_a_task_applied_on_its_last_day_is_heard_of_at_once() -> None:
    friday = datetime(2026, 11, 27, 10, tzinfo=TZ)
    monday = datetime(2026, 11, 30, 7, 45, tzinfo=TZ)
    assert reminders.stages(a_task(), friday, OFFICE)["first"] == friday
    assert reminders.stages(a_task(date(2026, 12, 1)), friday, OFFICE)["first"] == monday


@pytest.mark.parametrize(
    "task",
    [
        a_task(overdue_at_import=True),
        replace(a_task(), relevance=Relevance.OTHER),
        replace(a_task(), unit=None),
        replace(a_task(), status=TaskStatus.DONE),
    ],
)
def test_what_is_not_reminded_has_no_timers(task: Task) -> None:
    assert reminders.stages(task, AUTUMN, OFFICE) == {}


def test_work_of_a_whole_year_is_asked_after_by_quarter_or_month() -> None:
    year = a_task(date(2026, 12, 31), start_on=date(2026, 1, 1))
    spring = datetime(2026, 3, 1, 9, tzinfo=TZ)
    asked = {stage for stage in reminders.stages(year, spring, OFFICE) if stage.startswith("checkin")}
    assert asked == {"checkin-2026-03", "checkin-2026-06", "checkin-2026-09"}
    monthly = reminders.stages(year, spring, OFFICE, ReminderSettings(checkins="monthly"))
    assert mornings(dict(monthly))["checkin-2026-10"] == "30/10 07:45"
    assert not [
        s for s in reminders.stages(year, spring, OFFICE, ReminderSettings(checkins="none")) if "checkin" in s
    ]


def test_what_has_no_date_is_asked_after_until_the_year_ends() -> None:
    undated = reminders.stages(a_task(None), AUTUMN, OFFICE)
    assert mornings(dict(undated)) == {"checkin-2026-12": "31/12 07:45", "first": "02/10 07:45"}


def test_each_time_of_a_series_is_reminded_in_its_own_time() -> None:
    november = a_task(date(2026, 11, 20), occurrence="2026-11-20", start_on=date(2026, 10, 21))
    assert set(reminders.stages(november, AUTUMN, OFFICE)) == {"T-14", "T-7", "T-3", "T-1", "T-0", "overdue"}


def test_after_downtime_the_last_that_fell_due_speaks() -> None:
    at = datetime(2026, 11, 26, 7, 45, tzinfo=TZ)
    assert reminders.newest([("T-7", at - timedelta(days=8)), ("T-1", at), ("first", at)]) == "T-1"
    assert reminders.newest([]) is None


@pytest.mark.parametrize(
    ("at", "speaks"),
    [
        ("2026-11-27 07:44", "2026-11-27 07:45"),
        ("2026-11-27 07:45", "2026-11-27 07:45"),
        ("2026-11-27 16:59", "2026-11-27 16:59"),
        ("2026-11-27 17:00", "2026-11-30 07:45"),
        ("2026-11-28 10:00", "2026-11-30 07:45"),
        ("2026-11-24 10:00", "2026-11-25 07:45"),
        ("2026-08-22 10:00", "2026-08-22 10:00"),
    ],
)
def test_nobody_is_disturbed_outside_of_office_hours(at: str, speaks: str) -> None:
    now, wanted = (datetime.fromisoformat(text).replace(tzinfo=TZ) for text in (at, speaks))
    assert reminders.speaks_at(now, OFFICE) == wanted


def test_the_week_begins_on_its_first_working_day() -> None:
    tet = frozenset(date(2026, 2, 14) + timedelta(n) for n in range(9))
    office = OfficeCalendar(NationalDays(off=tet | {date(2026, 8, 31), date(2026, 9, 1), date(2026, 9, 2)}))
    friday = datetime(2026, 8, 28, 9, tzinfo=TZ)
    assert reminders.weekly_at(friday, office) == datetime(2026, 9, 3, 7, 45, tzinfo=TZ)
    before_tet = datetime(2026, 2, 12, 9, tzinfo=TZ)
    assert reminders.weekly_at(before_tet, office) == datetime(2026, 2, 23, 7, 45, tzinfo=TZ)


def test_unheard_it_climbs_and_heard_it_comes_down() -> None:
    levels = [reminders.level_of(a_task(unheard=n)) for n in range(6)]
    assert levels == [Level.OFFICERS, Level.UNIT_HEAD, Level.OFFICE, *[Level.LEADERS] * 3]
    assert reminders.level_of(a_task(unheard=9, acknowledged_at=AUTUMN)) is Level.OFFICERS


def test_overdue_is_the_offices_matter_at_once_and_a_leaders_after_a_week() -> None:
    over = a_task(overdue_at=legal_end(date(2026, 11, 29)), acknowledged_at=AUTUMN)
    monday = datetime(2026, 11, 30, 7, 45, tzinfo=TZ)
    assert reminders.overdue_level(over, monday) is Level.OFFICE
    assert reminders.overdue_level(over, monday + timedelta(days=8)) is Level.LEADERS


def test_the_leader_who_heard_of_it_before_the_deadline_hears_that_it_passed() -> None:
    over = a_task(overdue_at=legal_end(date(2026, 11, 29)), unheard=5)
    monday = datetime(2026, 11, 30, 7, 45, tzinfo=TZ)
    assert reminders.overdue_level(over, monday) is Level.LEADERS


@pytest.mark.parametrize(
    ("now", "more", "colour"),
    [
        ("2026-10-01", {}, "green"),
        ("2026-10-16", {"unheard": 1}, "orange"),
        ("2026-11-16", {"acknowledged_at": AUTUMN}, "orange"),
        ("2026-11-26", {"acknowledged_at": AUTUMN}, "red"),
        ("2026-11-26", {"acknowledged_at": AUTUMN, "progress": 80}, "orange"),
        ("2026-11-30", {"progress": 80}, "red"),
        ("2026-11-30", {"status": TaskStatus.DONE}, "green"),
    ],
)
def test_colours(now: str, more: dict[str, object], colour: str) -> None:
    at = datetime.combine(date.fromisoformat(now), time(9), TZ)
    assert reminders.colour(a_task(**more), at, OFFICE) == colour


def test_settings_come_back_as_they_were_stored() -> None:
    settings = ReminderSettings((20, 5), 3, time(8, 0), "monthly")
    assert reminders.settings_of(reminders.settings_values(settings)) == settings
    assert reminders.settings_of({}) == SETTINGS
    for nonsense in ({"checkins": "daily"}, {"overdue_every": 0}, {"overdue_every": "often"}):
        with pytest.raises(ValueError):
            reminders.settings_of(nonsense)


@given(
    due=st.dates(date(2026, 1, 5), date(2027, 12, 31)),
    start=st.none() | st.dates(date(2026, 1, 1), date(2026, 12, 31)),
    now=st.datetimes(datetime(2026, 1, 5), datetime(2027, 12, 31)),  # noqa: DTZ001 - Hypothesis wants them naive
)
def test_every_reminder_falls_on_an_office_morning_to_come_and_none_after_the_deadline(
    due: date, start: date | None, now: datetime
) -> None:
    at = now.replace(tzinfo=TZ)
    task = a_task(
        due, start_on=start if start and start <= due else None, overdue_at_import=legal_end(due) < at
    )
    stages = reminders.stages(task, at, OFFICE)
    for stage, when in stages.items():
        assert when >= at
        if stage == reminders.OVERDUE:
            assert when == legal_end(due) + timedelta(microseconds=1)
            continue
        assert when <= legal_end(due)
        if when != at:
            local = when.astimezone(TZ)
            assert (local.hour, local.minute) == (7, 45)
            assert OFFICE.is_working_day(local.date())
