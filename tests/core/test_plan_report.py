"""What a report counts: outcomes at a moment, the tasks of a period, quarters, groups; equal is on time, nothing is lost."""

from dataclasses import replace
from datetime import date, datetime, timedelta

import pytest

from core.calendar import TZ
from core.plan_report import (
    Outcome,
    TaskLine,
    by_clause,
    by_group,
    is_of_period,
    late_days,
    outcome,
    quarter,
    tally,
)
from core.task import Relevance, Task, TaskId, TaskStatus

DUE = datetime(2026, 11, 29, 23, 59, tzinfo=TZ)
LATER = DUE + timedelta(days=3)


def task(**more: object) -> Task:
    known = Task(
        id=TaskId(1),
        document_id=1,
        document_key="k",
        number="1",
        title="Báo cáo",
        relevance=Relevance.LEADS,
        due_on=DUE.date(),
        due_at=DUE,
    )
    return replace(known, **more)  # type: ignore[arg-type]


def line(number: str, **more: object) -> TaskLine:
    known = TaskLine(
        document_id=1,
        number=number,
        part="",
        occurrence="",
        title="Việc",
        clause="III.1",
        clause_title="Nhiệm vụ",
        groups=(),
        relevance=Relevance.LEADS,
        unit="Văn phòng",
        leads=(),
        cooperating=(),
        period_text="",
        expected_output="",
        start_on=None,
        due_on=None,
        outcome=Outcome.RUNNING,
        progress=0,
        acknowledged=False,
        late_at_import=False,
        completed_on=None,
        late_days=0,
        colour="green",
    )
    return replace(known, **more)  # type: ignore[arg-type]


def done(at: datetime, **more: object) -> Task:
    return task(status=TaskStatus.DONE, submitted_at=at, completed_at=at, **more)


@pytest.mark.parametrize(
    ("known", "expected", "late"),
    [
        (done(DUE), Outcome.DONE_ON_TIME, 0),
        (done(DUE + timedelta(minutes=1)), Outcome.DONE_LATE, 1),
        (done(LATER), Outcome.DONE_LATE, 3),
        (done(LATER, due_on=None, due_at=None), Outcome.DONE_UNDATED, 0),
        (task(status=TaskStatus.SUBMITTED, submitted_at=DUE), Outcome.SUBMITTED, 0),
        (task(), Outcome.OVERDUE, 11),
        (task(due_on=None, due_at=None), Outcome.RUNNING, 0),
    ],
)
def test_an_outcome_is_told_as_of_a_moment(known: Task, expected: Outcome, late: int) -> None:
    at = DUE + timedelta(days=11)
    assert (outcome(known, at), late_days(known, at)) == (expected, late)


def test_at_its_due_minute_a_task_is_not_overdue_yet() -> None:
    assert outcome(task(), DUE) is Outcome.RUNNING
    assert outcome(task(), DUE + timedelta(microseconds=1)) is Outcome.OVERDUE


def test_what_was_done_after_the_end_of_the_period_was_still_running_then() -> None:
    finished = done(DUE - timedelta(days=1))
    assert outcome(finished, DUE - timedelta(days=2)) is Outcome.RUNNING


@pytest.mark.parametrize(
    ("known", "belongs"),
    [
        (task(), True),
        (task(start_on=date(2026, 12, 31)), True),
        (task(start_on=date(2027, 1, 1)), False),
        (task(due_on=date(2026, 3, 31)), True),  # owed since March
        (done(datetime(2026, 9, 30, 23, 59, tzinfo=TZ)), False),
        (done(datetime(2026, 10, 1, 0, 0, tzinfo=TZ)), True),
        (done(LATER, start_on=date(2026, 1, 1)), True),
    ],
)
def test_a_period_has_what_was_begun_by_its_end_and_not_done_before_it(known: Task, belongs: bool) -> None:
    assert is_of_period(known, date(2026, 10, 1), date(2026, 12, 31)) is belongs


@pytest.mark.parametrize("text", ["IV/2026", "iv-2026", "4/2026", "Quý IV/2026", " quý  4/2026 ", "Q4-2026"])
def test_a_quarter_is_read_however_it_is_written(text: str) -> None:
    assert quarter(text) == (date(2026, 10, 1), date(2026, 12, 31))


@pytest.mark.parametrize(
    "text", ["", "V/2026", "0/2026", "5/2026", "IV", "IIII/2026", "IV/26", "IV/2026/1", "٤/2026"]
)
def test_what_is_no_quarter_is_none(text: str) -> None:
    assert quarter(text) is None


def test_the_first_quarter_ends_in_march() -> None:
    assert quarter("I/2028") == (date(2028, 1, 1), date(2028, 3, 31))


def test_the_outcomes_make_up_the_total_and_obstacles_are_told_beside_them() -> None:
    counts = tally([line("1"), line("2", outcome=Outcome.DONE_LATE), line("3", outcome=Outcome.DONE_UNDATED)])
    assert counts.total == sum(counts.outcomes.values()) == 3
    assert (counts.done, counts.done_with_day, counts.obstructed) == (2, 1, 0)


def test_nothing_is_counted_as_nothing() -> None:
    assert tally([]).total == 0
    assert by_clause([]) == {}


def test_a_task_of_two_groups_counts_in_both_and_empty_groups_are_told() -> None:
    groups = by_group([line("1", groups=(3, 5)), line("2")])
    assert [groups[n].total for n in range(1, 10)] == [0, 0, 1, 0, 1, 0, 0, 0, 0]
    assert groups[None].total == 1
    assert None not in by_group([line("1", groups=(3,))])


def test_clauses_keep_the_order_of_the_document() -> None:
    lines = [line("1", clause="X"), line("2", clause="II"), line("3", clause="X")]
    assert [(key[0], counts.total) for key, counts in by_clause(lines).items()] == [("X", 2), ("II", 1)]


@pytest.mark.parametrize(
    ("title", "is_target"), [("MỤC TIÊU", True), ("Mục tiêu cụ thể", True), ("NHIỆM VỤ", False)]
)
def test_targets_are_what_stands_under_their_heading(title: str, is_target: bool) -> None:
    assert line("II.2", clause_title=title).is_target is is_target


def test_a_label_tells_parts_and_occurrences_apart() -> None:
    assert line("4", part="KH công tác").label == "4 – KH công tác"
    assert line("20", occurrence="2026-11-29").label == "20 (29/11/2026)"
