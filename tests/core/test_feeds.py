"""Plan deadlines as a calendar shows them: who may follow which, series and their single times, alarms, what is too old."""

from dataclasses import replace
from datetime import date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.calendar import TZ
from core.feeds import MOST, Dated, FeedScope, Occasion, Rule, concerns, occasions, scopes_of
from core.ids import PersonId
from core.office import NationalDays, OfficeCalendar
from core.people import Person, Role
from core.plan import MONTHS_OF, Recurrence, days_of_series, legal_end, working_due
from core.reminders import ReminderSettings
from core.task import Relevance, Task, TaskId, TaskStatus

OFFICE = OfficeCalendar(NationalDays(off=frozenset({date(2026, 11, 24)})))
TODAY = date(2026, 10, 1)
CHANGED = datetime(2026, 10, 1, 9, tzinfo=TZ)
OFFICER = Person(PersonId(1), "Minh", Role.OFFICER, unit="TTQLCK")
CLERK = Person(PersonId(2), "Dung", Role.OFFICE)
LEADER = Person(PersonId(3), "Giang", Role.LEADER)
ADMIN = Person(PersonId(4), "Hà", Role.ADMIN)
DUTY = Person(PersonId(5), "An", Role.DUTY, gate="HN")
DRIVER = Person(PersonId(6), "Nam", Role.SENDER)


def a_task(number: int, due: date | None = date(2026, 11, 29), **more: object) -> Task:
    dates = {}
    if due is not None:
        dates = {"due_on": due, "due_at": legal_end(due), "working_due_at": working_due(due, OFFICE)}
    known: dict[str, object] = {"unit": "TTQLCK", **dates, **more}
    return Task(TaskId(number), 1, "plan", str(number), "Báo cáo", Relevance.LEADS, **known)  # type: ignore[arg-type]


def a_series(first: date, recurrence: Recurrence, last: date) -> list[Task]:
    days = days_of_series(first, recurrence, last)
    same = {"number": "7", "recurrence": str(recurrence)}
    return [
        replace(a_task(n, day, occurrence=day.isoformat() if len(days) > 1 else ""), **same)  # type: ignore[arg-type]
        for n, day in enumerate(days, start=1)
    ]


def shown(
    *tasks: Task, today: date = TODAY, settings: ReminderSettings | None = None
) -> tuple[Occasion, ...]:
    known = [Dated(task, 3, CHANGED) for task in tasks]
    return occasions(known, {1: settings or ReminderSettings()}, OFFICE, today)


def hanoi(at: datetime | None) -> str:
    assert at is not None
    return f"{at.astimezone(TZ):%d/%m/%Y %H:%M}"


@pytest.mark.parametrize(
    ("person", "scopes"),
    [
        (OFFICER, ["unit", "mine"]),
        (CLERK, ["unit", "mine", "all"]),
        (LEADER, ["unit", "mine", "all"]),
        (ADMIN, ["all"]),
        (DUTY, []),
        (DRIVER, []),
        (replace(OFFICER, active=False), []),
    ],
)
def test_who_may_follow_which_calendar(person: Person, scopes: list[str]) -> None:
    assert list(scopes_of(person)) == scopes


def test_a_unit_sees_its_own_tasks_and_those_that_it_leads_with_another() -> None:
    own, shared, other = a_task(1), a_task(2, unit="VP", co_units=("TTQLCK",)), a_task(3, unit="VP")
    assert [concerns(OFFICER, FeedScope.UNIT, task) for task in (own, shared, other)] == [True, True, False]
    assert [concerns(CLERK, FeedScope.ALL, task) for task in (own, shared, other)] == [True, True, True]
    assert not concerns(OFFICER, FeedScope.ALL, own)


def test_ones_own_calendar_holds_what_one_took_note_of_and_may_still_see() -> None:
    mine, other = a_task(1, acknowledged_by=OFFICER.id), a_task(2, acknowledged_by=PersonId(9))
    assert concerns(OFFICER, FeedScope.MINE, mine)
    assert not concerns(OFFICER, FeedScope.MINE, other)
    assert not concerns(replace(OFFICER, unit="VP"), FeedScope.MINE, mine)


def test_what_is_none_of_the_boards_business_is_in_no_calendar() -> None:
    assert not concerns(CLERK, FeedScope.ALL, replace(a_task(1), relevance=Relevance.OTHER))


def test_before_30_november_stands_on_the_last_office_hour_before_it() -> None:
    (entry,) = shown(a_task(1))
    assert hanoi(entry.at) == "27/11/2026 17:00"
    assert (entry.uid, entry.changes, entry.changed_at, entry.rule) == ("task-1@hotline", 3, CHANGED, None)


def test_alarms_are_the_documents_ladder_over_a_day_off() -> None:
    (entry,) = shown(a_task(1), settings=ReminderSettings(days_before=(3, 1)))
    # Three working days before Friday the 27th: the 24th is a day off, so Monday the 23rd.
    assert [hanoi(entry.at - before) for before in entry.alarms] == [
        "23/11/2026 07:45",
        "26/11/2026 07:45",
        "27/11/2026 07:45",
    ]


@pytest.mark.parametrize(
    "state",
    [
        {"status": TaskStatus.DONE},
        {"status": TaskStatus.SUBMITTED},
        {"status": TaskStatus.REMOVED},
        {"overdue_at_import": True},
    ],
)
def test_nobody_is_alarmed_of_what_is_not_owed(state: dict[str, object]) -> None:
    assert shown(a_task(1, **state))[0].alarms == ()


def test_a_series_is_one_rule_and_each_time_of_it_at_its_own_working_day() -> None:
    series, *times = shown(*a_series(date(2026, 9, 20), Recurrence.MONTHLY, date(2026, 12, 31)))
    until = datetime(2026, 12, 20, 17, tzinfo=TZ)
    assert series.rule == Rule("MONTHLY", 1, (), until)
    assert [hanoi(one.stands_for) for one in times] == [
        f"20/{month:02}/2026 17:00" for month in (9, 10, 11, 12)
    ]
    # The 20th of September and of December are Sundays.
    assert [hanoi(one.at)[:10] for one in times] == ["18/09/2026", "20/10/2026", "20/11/2026", "18/12/2026"]
    assert {one.uid for one in (series, *times)} == {"task-1@hotline"}


@pytest.mark.parametrize(
    ("first", "recurrence", "rule"),
    [
        (date(2026, 3, 31), Recurrence.QUARTERLY, ("MONTHLY", 3, (-1,))),
        (date(2026, 6, 30), Recurrence.HALF_YEARLY, ("MONTHLY", 6, (-1,))),
        (date(2026, 1, 30), Recurrence.MONTHLY, ("MONTHLY", 1, (28, 29, 30))),
        (date(2026, 10, 5), Recurrence.WEEKLY, ("WEEKLY", 1, ())),
    ],
)
def test_rules_of_the_ends_of_months_quarters_and_weeks(
    first: date, recurrence: Recurrence, rule: tuple[str, int, tuple[int, ...]]
) -> None:
    entry = next(one for one in shown(*a_series(first, recurrence, date(2026, 12, 31))) if one.rule)
    assert entry.rule is not None
    assert (entry.rule.every, entry.rule.interval, entry.rule.month_days) == rule


def test_once_a_year_goes_on_for_good() -> None:
    entries = shown(*a_series(date(2026, 11, 29), Recurrence.YEARLY, date(2026, 12, 31)))
    assert [one.rule for one in entries if one.rule] == [Rule("YEARLY")]


def test_a_series_leaves_out_the_times_that_are_not_ours() -> None:
    months = a_series(date(2026, 9, 20), Recurrence.MONTHLY, date(2026, 12, 31))
    series = next(one for one in shown(months[0], *months[2:]) if one.rule)
    assert [hanoi(at) for at in series.left_out] == ["20/10/2026 17:00"]


def test_a_later_day_that_a_leader_granted_still_stands_for_its_time_of_the_series() -> None:
    months = a_series(date(2026, 9, 20), Recurrence.MONTHLY, date(2026, 12, 31))
    later = date(2026, 10, 28)
    months[1] = replace(
        months[1], due_on=later, due_at=legal_end(later), working_due_at=working_due(later, OFFICE)
    )
    moved = next(one for one in shown(*months) if one.task == months[1] and one.stands_for)
    assert (hanoi(moved.stands_for), hanoi(moved.at)) == ("20/10/2026 17:00", "28/10/2026 17:00")


def test_days_that_follow_no_rule_stand_each_for_itself() -> None:
    months = a_series(date(2026, 9, 20), Recurrence.MONTHLY, date(2026, 11, 30))
    months[1] = replace(months[1], occurrence="2026-10-22")
    entries = shown(*months)
    assert {one.rule for one in entries} == {None}
    assert {one.uid for one in entries} == {"task-1@hotline", "task-2@hotline", "task-3@hotline"}


def test_what_has_no_day_or_is_past_by_a_quarter_is_left_out() -> None:
    assert shown(a_task(1, None)) == ()
    assert shown(a_task(1), today=date(2026, 11, 29) + timedelta(days=93)) == ()
    assert len(shown(a_task(1), today=date(2026, 11, 29) + timedelta(days=92))) == 1


def test_what_is_past_gives_way_to_what_is_to_come() -> None:
    past = [a_task(n, date(2026, 9, 30)) for n in range(1, MOST + 1)]
    entries = shown(*past, a_task(MOST + 1))
    assert len(entries) == MOST
    assert entries[-1].task.id == MOST + 1


def test_a_calendar_of_very_many_is_cut_at_its_far_end() -> None:
    days = [date(2026, 10, 5) + timedelta(days=n % 300) for n in range(MOST + 50)]
    entries = shown(*(a_task(n, day) for n, day in enumerate(days, start=1)))
    assert len(entries) == MOST
    assert [one.at for one in entries] == sorted(one.at for one in entries)


@given(
    first=st.dates(date(2026, 1, 1), date(2026, 12, 31)),
    recurrence=st.sampled_from([*MONTHS_OF, Recurrence.WEEKLY]),
)
def test_whatever_the_series_each_time_stands_for_itself_and_is_never_after_its_legal_day(
    first: date, recurrence: Recurrence
) -> None:
    tasks = a_series(first, recurrence, date(2026, 12, 31))
    entries = shown(*tasks, today=date(2026, 1, 1))
    single = [one for one in entries if one.rule is None]
    assert sorted(one.task.id for one in single) == [task.id for task in tasks]
    assert all(one.task.due_at is not None and one.at <= one.task.due_at for one in single)
    assert len({one.stands_for for one in single}) == len(single) or len(tasks) == 1
