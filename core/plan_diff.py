"""What a second version of a plan document changes: added, changed, removed and same tasks, by number and title.

Progress is kept: a task that is found again stays the same task, also under another number.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from difflib import SequenceMatcher

from core.events import Datum
from core.folding import fold
from core.ids import PersonId
from core.task import Task, TaskEvent, TaskEventKind, TaskStatus
from core.task_lifecycle import with_deadline

# So much of a title must be as it was for a task of the same number to be called reworded, not replaced.
ALIKE = 0.6
COMPARED = (
    "number",
    "part",
    "occurrence",
    "title",
    "section",
    "section_title",
    "criteria_group",
    "lead_units",
    "cooperating_units",
    "relevance",
    "unit",
    "co_units",
    "period_text",
    "start_on",
    "recurrence",
    "expected_output",
    "quote",
)
# Only these move reminders: the rest is told, and no timer is touched.
_TIMING = frozenset({"start_on", "due_on", "relevance", "unit", "co_units"})

Key = tuple[str, str, str]


@dataclass(frozen=True, slots=True)
class Change:
    """A task found again. `fields` that differ are named; `before` is the stored one, `after` what it becomes."""

    before: Task
    after: Task
    fields: tuple[str, ...]

    @property
    def moves_reminders(self) -> bool:
        """Whether its timers have to be made anew."""
        return bool(_TIMING.intersection(self.fields))

    @property
    def counts_other_days(self) -> bool:
        """Whether only the days before the same deadline are counted otherwise: a holiday was entered since."""
        return "working_due_at" in self.fields and not self.moves_reminders


@dataclass(frozen=True, slots=True)
class PlanDiff:
    """`removed` are tasks still open that the new version does not hold; what is done stays done."""

    added: tuple[Task, ...]
    changed: tuple[Change, ...]
    removed: tuple[Task, ...]
    same: tuple[Change, ...]


def diff(
    stored: Sequence[Task], wanted: Sequence[Task], said_before: Mapping[Key, date | None] | None = None
) -> PlanDiff:
    """Compares the stored tasks of a document with those of its new version.

    `said_before`: the due day of each stored task as the version before said it. A day that a leader has granted since
    then stands as long as the document itself does not move.
    """
    live = [task for task in stored if task.status is not TaskStatus.REMOVED]
    pairs, gone, added = _matched(live, list(wanted))
    changes = [_change(before, after, said_before or {}) for before, after in pairs]
    return PlanDiff(
        added=tuple(added),
        changed=tuple(change for change in changes if change.fields),
        removed=tuple(task for task in gone if task.is_open),
        same=tuple(change for change in changes if not change.fields),
    )


def key_of(task: Task) -> Key:
    return task.number, task.part, task.occurrence


def added(task: Task, now: datetime, by: PersonId | None, version: int) -> tuple[TaskEvent, ...]:
    """The first event of a task."""
    return (TaskEvent(TaskEventKind.APPLIED, now, by, data={"version": version}),)


def changed(change: Change, now: datetime, by: PersonId | None, version: int) -> tuple[TaskEvent, ...]:
    """What another version did to a task; both dates stay in the history."""
    data: dict[str, Datum] = {"version": version, "fields": ",".join(change.fields)}
    if "due_on" in change.fields:
        data |= {"from": _iso(change.before.due_on), "to": _iso(change.after.due_on)}
    return (TaskEvent(TaskEventKind.CHANGED, now, by, data=data),)


def removed(
    task: Task, now: datetime, by: PersonId | None, version: int
) -> tuple[Task, tuple[TaskEvent, ...]]:
    """Gone from the newest version: nobody is reminded any more, the history stays."""
    gone = replace(task, status=TaskStatus.REMOVED, submitted_at=None, submitted_by=None, asked_due_on=None)
    return gone, (TaskEvent(TaskEventKind.REMOVED, now, by, data={"version": version}),)


def _change(before: Task, wanted: Task, said_before: Mapping[Key, date | None]) -> Change:
    if not wanted.expected_output:
        # What a person filled in is not wiped out by the blank that it stood for.
        wanted = replace(wanted, expected_output=before.expected_output)
    fields = [name for name in COMPARED if getattr(before, name) != getattr(wanted, name)]
    after = replace(before, **{name: getattr(wanted, name) for name in COMPARED})
    if wanted.due_on != said_before.get(key_of(before), before.due_on):
        return Change(before, _at_other_time(after, wanted), (*fields, "due_on"))
    granted = wanted.due_on != before.due_on
    if not granted and (wanted.due_at, wanted.working_due_at) != (before.due_at, before.working_due_at):
        # The same day, other office days: a holiday was added since.
        after = replace(after, due_at=wanted.due_at, working_due_at=wanted.working_due_at)
        fields.append("working_due_at")
    if before.is_open and before.units != wanted.units:
        after = replace(after, unheard=0, acknowledged_at=None, acknowledged_by=None)
    return Change(before, after, tuple(fields))


def _at_other_time(task: Task, wanted: Task) -> Task:
    if not task.is_open:
        return replace(task, due_on=wanted.due_on, due_at=wanted.due_at, working_due_at=wanted.working_due_at)
    moved = with_deadline(task, wanted.due_on, wanted.due_at, wanted.working_due_at)
    return replace(moved, asked_due_on=None, overdue_at_import=wanted.overdue_at_import)


def _matched(
    stored: list[Task], wanted: list[Task]
) -> tuple[list[tuple[Task, Task]], list[Task], list[Task]]:
    """Pairs, what is gone, what is new. Rows are matched first (number and title, title, number), then what they hold."""
    old, new = _rows(stored), _rows(wanted)
    rows: list[tuple[list[Task], list[Task]]] = []
    for same in (_same_row, _same_title, _reworded):
        found = _alike(old, new, same)
        rows += found
        old = _without(old, [before for before, _ in found])
        new = _without(new, [after for _, after in found])
    pairs: list[tuple[Task, Task]] = []
    gone = [task for row in old for task in row]
    more = [task for row in new for task in row]
    for before, after in rows:
        inner, lost, fresh = _within_row(before, after)
        pairs += inner
        gone += lost
        more += fresh
    order = {id(task): place for place, task in enumerate(wanted)}
    return sorted(pairs, key=lambda pair: order[id(pair[1])]), gone, sorted(more, key=lambda t: order[id(t)])


def _rows(tasks: Iterable[Task]) -> list[list[Task]]:
    rows: dict[tuple[str, str], list[Task]] = {}
    for task in tasks:
        rows.setdefault((task.number, fold(task.title)), []).append(task)
    return list(rows.values())


def _same_row(old: Task, new: Task) -> bool:
    return old.number == new.number and fold(old.title) == fold(new.title)


def _same_title(old: Task, new: Task) -> bool:
    return fold(old.title) == fold(new.title)


def _reworded(old: Task, new: Task) -> bool:
    return (
        old.number == new.number
        and SequenceMatcher(None, fold(old.title), fold(new.title), autojunk=False).ratio() >= ALIKE
    )


def _alike(
    old: list[list[Task]], new: list[list[Task]], same: Callable[[Task, Task], bool]
) -> list[tuple[list[Task], list[Task]]]:
    """The pairs of rows that are the same; each row is in one pair at most."""
    # Whatever makes two rows the same, they share their number or their title: nobody else is compared.
    near: dict[str, list[list[Task]]] = {}
    for row in new:
        for name in {row[0].number, fold(row[0].title)}:
            near.setdefault(name, []).append(row)
    pairs, taken = [], set[int]()
    for before in old:
        candidates = [*near.get(before[0].number, ()), *near.get(fold(before[0].title), ())]
        after = next((row for row in candidates if id(row) not in taken and same(before[0], row[0])), None)
        if after is not None:
            taken.add(id(after))
            pairs.append((before, after))
    return pairs


def _without(rows: list[list[Task]], taken: list[list[Task]]) -> list[list[Task]]:
    gone = {id(row) for row in taken}
    return [row for row in rows if id(row) not in gone]


def _within_row(
    before: list[Task], after: list[Task]
) -> tuple[list[tuple[Task, Task]], list[Task], list[Task]]:
    """The same part and occurrence; of what is left, in order of time: a series that moved by some days stays the series."""
    old = {(task.part, task.occurrence): task for task in before}
    new = {(task.part, task.occurrence): task for task in after}
    pairs = [(old.pop(key), new.pop(key)) for key in list(new) if key in old]
    for part in {key[0] for key in new} & {key[0] for key in old}:
        lost = sorted(key for key in old if key[0] == part)
        found = sorted(key for key in new if key[0] == part)
        pairs += [(old.pop(one), new.pop(other)) for one, other in zip(lost, found, strict=False)]
    return pairs, list(old.values()), list(new.values())


def _iso(day: date | None) -> str | None:
    return day.isoformat() if day else None
