"""From drafts to tasks, and from one version of a plan to the next."""

import json
from dataclasses import replace
from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.office import OfficeCalendar
from core.plan import (
    Confidence,
    Deadline,
    Draft,
    DraftTask,
    Form,
    NamedUnit,
    PlanDocument,
    Problem,
    ProblemCode,
    Recurrence,
    SubDeadline,
)
from core.plan_diff import diff, key_of
from core.plan_values import from_values, to_values
from core.planning import Board, relevance, reminded_units, same_document, tasks_of
from core.task import Relevance, Task, TaskId, TaskStatus

NOW = datetime(2026, 6, 1, 2, 0, tzinfo=UTC)
OFFICE = OfficeCalendar()
BOARD = Board(frozenset({"VP", "TTQLCK", "PCM", "BQLKKTCK"}))


def unit(code: str, group: bool = False) -> NamedUnit:
    return NamedUnit(code, f"Đơn vị {code}", code, group=group)


def deadline(due: date | None, **more: object) -> Deadline:
    if due is None:
        return Deadline()
    return replace(Deadline("", None, due, confidence=Confidence.SURE, trouble=None), **more)  # type: ignore[arg-type]


def row(
    number: str, title: str, when: Deadline, leads: tuple[NamedUnit, ...] = (unit("TTQLCK"),), **more: object
) -> DraftTask:
    made = DraftTask(number, "I", "Mục", (1,), title, leads, (), when, "Báo cáo", "", f"dòng {number}")
    return replace(made, **more)  # type: ignore[arg-type]


def draft(*rows: DraftTask, year: int | None = 2026) -> Draft:
    return Draft(PlanDocument("Kế hoạch 2026", "1/KH", "Ban", None, year, Form.TABLE, "docx", "0"), rows, ())


def made(*rows: DraftTask, year: int | None = 2026) -> list[Task]:
    return list(tasks_of(draft(*rows, year=year), BOARD, False, OFFICE, NOW))


def stored(tasks: list[Task]) -> list[Task]:
    return [replace(task, id=TaskId(n), progress=n % 101) for n, task in enumerate(tasks, start=1)]


@pytest.mark.parametrize(
    ("leads", "others", "own", "whose", "reminded"),
    [
        (["BQLKKTCK"], ["STC"], False, Relevance.LEADS, "VP"),
        (["STC", "TTQLCK"], [], False, Relevance.LEADS, "TTQLCK"),
        (["BQLKKTCK", "PCM"], [], False, Relevance.LEADS, "PCM"),
        (["TTQLCK", "STC", "PCM"], ["VP"], False, Relevance.LEADS, "TTQLCK PCM"),
        (["STC"], ["TTQLCK", "PCM"], False, Relevance.NAMED, "TTQLCK"),
        (["STC"], ["BQLKKTCK"], False, Relevance.NAMED, "VP"),
        (["STC"], ["CSBN"], False, Relevance.GROUP, "VP"),
        (["CCQDV"], [], False, Relevance.GROUP, "VP"),
        (["STC"], ["UBNDX"], False, Relevance.OTHER, None),
        ([], [], False, Relevance.OTHER, None),
        ([], [], True, Relevance.LEADS, "VP"),
        (["CCQDV"], [], True, Relevance.LEADS, "VP"),
    ],
)
def test_whose_a_task_is(
    leads: list[str], others: list[str], own: bool, whose: Relevance, reminded: str | None
) -> None:
    named = tuple(unit(code) for code in leads)
    task = row("1", "Việc", deadline(None), named, cooperating=tuple(unit(code) for code in others))
    assert relevance(task, BOARD, own) is whose
    assert reminded_units(task, BOARD, own) == tuple((reminded or "").split())


def test_a_cell_with_two_deadlines_is_two_tasks_under_their_labels() -> None:
    parts = (
        SubDeadline("KH công tác", deadline(date(2026, 6, 30))),
        SubDeadline("Văn bản", deadline(date(2026, 9, 30))),
        SubDeadline("Văn bản", deadline(date(2026, 10, 31))),
        SubDeadline("", deadline(date(2026, 11, 30))),
    )
    found = made(row("4", "Ban hành", Deadline("hai hạn", parts=parts)))
    assert [(task.part, task.due_on.month if task.due_on else 0) for task in found] == [
        ("KH công tác", 6),
        ("Văn bản", 9),
        ("Văn bản (2)", 10),
        ("(4)", 11),
    ]


def test_a_series_is_one_task_for_each_time_in_the_plans_year() -> None:
    monthly = deadline(date(2026, 9, 20), recurrence=Recurrence.MONTHLY)
    found = made(row("5", "Báo cáo tháng", monthly))
    assert [task.occurrence for task in found] == ["2026-09-20", "2026-10-20", "2026-11-20", "2026-12-20"]
    assert [task.start_on for task in found][1:] == [
        date(2026, 9, 21),
        date(2026, 10, 21),
        date(2026, 11, 21),
    ]


def test_once_a_year_and_now_and_then_are_one_task() -> None:
    yearly = deadline(date(2026, 11, 30), recurrence=Recurrence.YEARLY)
    periodic = deadline(date(2026, 12, 31), recurrence=Recurrence.PERIODIC)
    assert [
        task.occurrence for task in made(row("9", "Khảo sát", yearly), row("37", "Đối thoại", periodic))
    ] == ["", ""]


def test_a_deadline_beyond_the_plans_year_is_kept() -> None:
    assert made(row("1", "Giai đoạn", deadline(date(2030, 12, 31))))[0].due_on == date(2030, 12, 31)


@pytest.mark.parametrize(
    ("number", "title", "other_number", "other_title", "same"),
    [
        (None, "Kế hoạch A năm 2026", "5/KH-BQLKKTCK", "KẾ HOẠCH A năm 2026", True),
        ("5/KH-BQLKKTCK", "Kế hoạch A", "9/KH-BQLKKTCK", "Kế hoạch A", True),
        ("5/KH-UBND", "Kế hoạch A", "5/KH-BQLKKTCK", "Kế hoạch A", False),
        ("5/KH-UBND", "Kế hoạch A năm 2026", "5/KH-UBND", "Kế hoạch A, sửa đổi, năm 2026", True),
        ("5/KH-UBND", "Kế hoạch A năm 2026", "5/KH-UBND", "Kế hoạch B năm 2027", False),
        (None, "Kế hoạch A", None, "Kế hoạch B", False),
    ],
)
def test_versions_of_one_document_are_known(
    number: str | None, title: str, other_number: str | None, other_title: str, same: bool
) -> None:
    assert same_document(number, title, other_number, other_title) is same


def test_a_renumbered_task_is_the_same_and_a_replaced_one_is_not() -> None:
    old = stored(
        made(row("1", "Sửa đèn ở bãi", deadline(date(2026, 8, 31))), row("2", "Lắp camera", deadline(None)))
    )
    new = made(
        row("1", "Đối thoại với doanh nghiệp", deadline(None)),
        row("2", "Sửa đèn ở bãi", deadline(date(2026, 8, 31))),
    )
    found = diff(old, new)
    assert [(change.before.id, change.after.number, change.fields) for change in found.changed] == [
        (1, "2", ("number",))
    ]
    assert [task.title for task in found.added] == ["Đối thoại với doanh nghiệp"]
    assert [task.title for task in found.removed] == ["Lắp camera"]
    assert not found.changed[0].moves_reminders


def test_a_reworded_title_under_its_number_is_a_change() -> None:
    old = stored(made(row("1", "Nâng cấp hệ thống camera an ninh", deadline(None))))
    found = diff(old, made(row("1", "Nâng cấp hệ thống camera an ninh tại bãi", deadline(None))))
    assert found.changed[0].fields == ("title",)
    assert (found.added, found.removed) == ((), ())


def test_a_series_that_moves_by_some_days_stays_the_series() -> None:
    old = stored(made(row("5", "Báo cáo", deadline(date(2026, 9, 20), recurrence=Recurrence.MONTHLY))))
    found = diff(old, made(row("5", "Báo cáo", deadline(date(2026, 9, 25), recurrence=Recurrence.MONTHLY))))
    assert [change.before.due_on.month for change in found.changed] == [9, 10, 11, 12]  # type: ignore[union-attr]
    assert [change.after.due_on.day for change in found.changed] == [25] * 4  # type: ignore[union-attr]


def test_what_is_done_stays_done() -> None:
    old = stored(
        made(row("1", "Xong", deadline(date(2026, 8, 31))), row("2", "Bỏ", deadline(date(2026, 8, 31))))
    )
    done = [replace(task, status=TaskStatus.DONE, completed_at=NOW, submitted_at=NOW) for task in old]
    found = diff(done, made(row("1", "Xong", deadline(date(2026, 9, 30)))))
    assert found.removed == ()
    after = found.changed[0].after
    assert (after.status, after.completed_at, after.due_on) == (TaskStatus.DONE, NOW, date(2026, 9, 30))


rows_of_a_plan = st.lists(
    st.tuples(
        st.text("abcdefghij klmnopq", min_size=3, max_size=30).filter(str.strip),
        st.none() | st.dates(date(2026, 1, 1), date(2026, 12, 31)),
        st.sampled_from([None, Recurrence.MONTHLY, Recurrence.QUARTERLY]),
    ),
    min_size=1,
    max_size=8,
    unique_by=lambda known: " ".join(known[0].split()),
)


def plan_of(known: list[tuple[str, date | None, Recurrence | None]]) -> list[DraftTask]:
    return [
        row(str(n), title, deadline(due, recurrence=often) if due else deadline(None))
        for n, (title, due, often) in enumerate(known, start=1)
    ]


@given(rows_of_a_plan)
def test_the_same_plan_again_changes_nothing(known: list[tuple[str, date | None, Recurrence | None]]) -> None:
    tasks = stored(made(*plan_of(known)))
    found = diff(tasks, made(*plan_of(known)))
    assert (found.added, found.changed, found.removed) == ((), (), ())
    assert [change.before for change in found.same] == tasks


@given(rows_of_a_plan, st.randoms(use_true_random=False))
def test_whatever_order_the_rows_come_in_every_task_keeps_its_progress(
    known: list[tuple[str, date | None, Recurrence | None]], chance: object
) -> None:
    tasks = stored(made(*plan_of(known)))
    shuffled = list(known)
    chance.shuffle(shuffled)  # type: ignore[attr-defined]
    found = diff(tasks, made(*plan_of(shuffled)))
    assert (found.added, found.removed) == ((), ())
    after = [change.after for change in (*found.changed, *found.same)]
    assert sorted(task.id for task in after) == sorted(task.id for task in tasks)
    title = {task.id: (task.title, task.due_on, task.progress) for task in tasks}
    assert {task.id: (task.title, task.due_on, task.progress) for task in after} == title
    assert len({key_of(task) for task in after}) == len(after)


@given(rows_of_a_plan, rows_of_a_plan)
def test_every_stored_and_every_wanted_task_is_accounted_for_once(
    known: list[tuple[str, date | None, Recurrence | None]],
    then: list[tuple[str, date | None, Recurrence | None]],
) -> None:
    old, new = stored(made(*plan_of(known))), made(*plan_of(then))
    found = diff(old, new)
    kept = [*found.changed, *found.same]
    assert len(kept) + len(found.removed) == len(old)
    assert len(kept) + len(found.added) == len(new)
    assert {task.id for task in old} == {c.before.id for c in kept} | {task.id for task in found.removed}
    assert sorted(key_of(task) for task in new) == sorted(
        [key_of(change.after) for change in kept] + [key_of(task) for task in found.added]
    )


@given(rows_of_a_plan)
def test_a_draft_comes_back_from_its_values_as_it_was(
    known: list[tuple[str, date | None, Recurrence | None]],
) -> None:
    parts = (SubDeadline("a", deadline(date(2026, 6, 30))),)
    rows = [*plan_of(known), row("99", "Nhiều hạn", Deadline("x", parts=parts))]
    whole = replace(draft(*rows), problems=(Problem("1", ProblemCode.UNKNOWN_UNIT, "lạ"),))
    assert from_values(json.loads(json.dumps(to_values(whole)))) == whole
