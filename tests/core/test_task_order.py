"""What stands first when several tasks have one number."""

from datetime import UTC, date, datetime

from core.plan import legal_end
from core.task import Relevance, Task, TaskId, TaskStatus
from core.task_order import most_urgent_first

NOW = datetime(2026, 11, 22, 3, tzinfo=UTC)


def of_month(month: int, **more: object) -> Task:
    day = date(2026, month, 28)
    known = {"occurrence": day.isoformat(), "due_on": day, "due_at": legal_end(day), **more}
    return Task(TaskId(month), 1, "plan", "3", "Báo cáo tháng", Relevance.LEADS, **known)  # type: ignore[arg-type]


def test_of_a_series_the_current_one_stands_first_and_what_was_late_at_import_last() -> None:
    tasks = [
        of_month(1, overdue_at_import=True),
        of_month(5, overdue_at_import=True),
        of_month(8, status=TaskStatus.DONE),
        of_month(9),
        of_month(10),
        of_month(11),
        of_month(12),
    ]
    assert [task.id for task in most_urgent_first(tasks, NOW)] == [11, 9, 10, 12, 8, 1, 5]


def test_each_part_of_a_row_has_a_current_one_of_its_own() -> None:
    tasks = [of_month(12, part="b"), of_month(11, part="a"), of_month(10, part="a")]
    assert [task.id for task in most_urgent_first(tasks, NOW)] == [11, 12, 10]


def test_a_task_without_a_deadline_is_work_like_any_other() -> None:
    undated = of_month(6, occurrence="", due_on=None, due_at=None)
    assert [task.id for task in most_urgent_first([undated, of_month(9)], NOW)] == [6, 9]
