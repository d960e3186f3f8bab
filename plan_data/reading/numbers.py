"""The numbers that tasks go by: unique in the document, with the section in front where each section counts from one."""

from collections.abc import Iterator, Sequence

from plan_data.reading.source import BadPlan
from plan_data.reading.table import RawTask


def numbers_of(tasks: Sequence[RawTask]) -> Iterator[tuple[RawTask, str]]:
    """Each task with its number in the document: where every section counts from one again, the section stands in front.

    Raises BadPlan when two tasks of one section have the same number.
    """
    seen: dict[tuple[str, str, str], RawTask] = {}
    for task in tasks:
        key = (task.section, task.section_title, task.number)
        if key in seen:
            where = f" của mục {task.section}" if task.section else ""
            raise BadPlan(
                f"Số thứ tự {task.number}{where} xuất hiện hai lần: {seen[key].place} và {task.place}."
            )
        seen[key] = task
    doubled = len({task.number for task in tasks}) < len(tasks)
    for task in tasks:
        yield task, f"{task.section}.{task.number}" if doubled and task.section else task.number
