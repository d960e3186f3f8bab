"""The rules of a task: who has said what, and what follows; nothing else about it changes."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core import task_lifecycle
from core.errors import Refused
from core.ids import PersonId
from core.task import Relevance, Task, TaskEvent, TaskId, TaskStatus

NOW = datetime(2026, 10, 2, 1, 0, tzinfo=UTC)
DUE = datetime(2026, 11, 29, 16, 59, tzinfo=UTC)
OFFICER, HEAD, LEADER = PersonId(1), PersonId(2), PersonId(3)


def a_task(**more: object) -> Task:
    known = {
        "due_on": date(2026, 11, 29),
        "due_at": DUE,
        "working_due_at": DUE - timedelta(days=2),
        "unit": "TTQLCK",
    }
    return Task(TaskId(1), 1, "plan", "1", "Báo cáo", Relevance.LEADS, **{**known, **more})  # type: ignore[arg-type]


def test_the_first_to_acknowledge_counts_and_the_second_is_told() -> None:
    known, events = task_lifecycle.acknowledge(a_task(unheard=2), OFFICER, NOW)
    assert (known.acknowledged_by, known.acknowledged_at, known.unheard) == (OFFICER, NOW, 0)
    assert [str(event.kind) for event in events] == ["acknowledged"]
    with pytest.raises(Refused, match="already_acknowledged"):
        task_lifecycle.acknowledge(known, HEAD, NOW)


def test_a_reminder_nobody_answers_makes_the_next_one_climb() -> None:
    first, _ = task_lifecycle.remind(a_task(), NOW, "T-30", 2, NOW)
    second, events = task_lifecycle.remind(first, NOW + timedelta(hours=1), "T-14", 3, NOW)
    assert (first.unheard, second.unheard) == (1, 2)
    assert events[0].noticed_at == NOW + timedelta(hours=1)
    heard, _ = task_lifecycle.acknowledge(second, OFFICER, NOW)
    assert task_lifecycle.remind(heard, NOW, "T-7", 1, NOW)[0].unheard == 0


def test_whoever_reports_has_taken_note() -> None:
    told, _ = task_lifecycle.report_progress(a_task(), OFFICER, NOW, 40, 7, "d")
    assert (told.progress, told.acknowledged_by) == (40, OFFICER)


@pytest.mark.parametrize("percent", [-1, 101, 1000])
def test_a_percentage_is_one(percent: int) -> None:
    with pytest.raises(Refused, match="bad_percentage"):
        task_lifecycle.report_progress(a_task(), OFFICER, NOW, percent, 7, "d")


def test_done_is_as_of_the_submission_and_a_second_person_accepts() -> None:
    waiting, _ = task_lifecycle.submit(a_task(), OFFICER, NOW, 7, "d")
    with pytest.raises(Refused, match="second_person_needed"):
        task_lifecycle.accept(waiting, OFFICER, NOW)
    done, _ = task_lifecycle.accept(waiting, HEAD, NOW + timedelta(days=3))
    assert (done.status, done.completed_at, done.progress) == (TaskStatus.DONE, NOW, 100)
    with pytest.raises(Refused, match="task_over"):
        task_lifecycle.submit(done, OFFICER, NOW, 8, "e")


def test_returned_it_can_be_submitted_again() -> None:
    waiting, _ = task_lifecycle.submit(a_task(), OFFICER, NOW, 7, "d")
    with pytest.raises(Refused, match="already_submitted"):
        task_lifecycle.submit(waiting, OFFICER, NOW, 8, "e")
    back, _ = task_lifecycle.send_back(waiting, HEAD, NOW, 9, "f")
    assert (back.status, back.submitted_at) == (TaskStatus.OPEN, None)
    assert task_lifecycle.submit(back, OFFICER, NOW, 10, "g")[0].status is TaskStatus.SUBMITTED


def test_equal_to_the_due_minute_is_on_time() -> None:
    assert task_lifecycle.mark_overdue(a_task(), DUE) == (a_task(), ())
    late, events = task_lifecycle.mark_overdue(a_task(), DUE + timedelta(hours=8))
    assert (late.overdue_at, late.overdue_noticed_at) == (DUE, DUE + timedelta(hours=8))
    assert (events[0].at, events[0].noticed_at) == (DUE, DUE + timedelta(hours=8))
    assert task_lifecycle.mark_overdue(late, DUE + timedelta(days=2)) == (late, ())


def test_what_was_submitted_in_time_is_not_overdue() -> None:
    waiting, _ = task_lifecycle.submit(a_task(), OFFICER, NOW, 7, "d")
    assert task_lifecycle.mark_overdue(waiting, DUE + timedelta(days=1)) == (waiting, ())


def test_an_extension_is_asked_for_and_decided_and_both_dates_stay() -> None:
    with pytest.raises(Refused, match="extension_not_later"):
        task_lifecycle.ask_extension(a_task(), OFFICER, NOW, date(2026, 11, 29), 7, "d")
    asked, _ = task_lifecycle.ask_extension(a_task(), OFFICER, NOW, date(2026, 12, 15), 7, "d")
    assert asked.due_at == DUE
    later = DUE + timedelta(days=16)
    granted, events = task_lifecycle.decide_extension(asked, LEADER, NOW, True, later, later)
    assert (granted.due_on, granted.deadline_no, granted.acknowledged_at) == (date(2026, 12, 15), 2, None)
    assert dict(events[0].data) == {"granted": True, "from": "2026-11-29", "until": "2026-12-15"}
    with pytest.raises(Refused, match="nothing_asked"):
        task_lifecycle.decide_extension(granted, LEADER, NOW, True, later, later)


STEPS = {
    "acknowledge": lambda t, at: task_lifecycle.acknowledge(t, OFFICER, at),
    "progress": lambda t, at: task_lifecycle.report_progress(t, OFFICER, at, 50, 1, "d"),
    "submit": lambda t, at: task_lifecycle.submit(t, OFFICER, at, 1, "d"),
    "accept": lambda t, at: task_lifecycle.accept(t, HEAD, at),
    "return": lambda t, at: task_lifecycle.send_back(t, HEAD, at, 1, "d"),
    "obstruct": lambda t, at: task_lifecycle.obstruct(t, OFFICER, at, 1, "d"),
    "extend": lambda t, at: task_lifecycle.ask_extension(t, OFFICER, at, date(2026, 12, 31), 1, "d"),
    "grant": lambda t, at: task_lifecycle.decide_extension(t, LEADER, at, True, DUE, DUE),
    "refuse": lambda t, at: task_lifecycle.decide_extension(t, LEADER, at, False, DUE, DUE),
    "remind": lambda t, at: task_lifecycle.remind(t, at, "T-7", 1, at),
    "overdue": lambda t, at: task_lifecycle.mark_overdue(t, at),
}


@given(st.lists(st.sampled_from(sorted(STEPS)), max_size=25))
def test_no_sequence_of_rules_breaks_what_the_schema_demands(steps: list[str]) -> None:
    known, at = a_task(), NOW
    for name in steps:
        at += timedelta(days=5)
        before = known
        try:
            known, events = STEPS[name](known, at)
        except Refused:
            assert known == before
            continue
        assert all(isinstance(event, TaskEvent) for event in events)
        assert (known.status is TaskStatus.SUBMITTED) == (
            known.submitted_at is not None and known.completed_at is None
        )
        assert (known.status is TaskStatus.DONE) == (known.completed_at is not None)
        assert (known.acknowledged_at is None) == (known.acknowledged_by is None)
        assert 0 <= known.progress <= 100
        assert known.deadline_no >= before.deadline_no
        if before.status is TaskStatus.DONE:
            assert known.status is TaskStatus.DONE
