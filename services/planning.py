"""Plans on their way into service: a draft is kept, a person reviews it, and applying it makes tasks and timers.

A second version of a document is a difference: progress is kept, and timers are made anew only for what changed.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

from core import plan_diff
from core.errors import Refused
from core.folding import fold
from core.ids import PersonId
from core.notices import NoticeKind
from core.plan import Draft, Form, PlanDocument
from core.plan_diff import Change, Key, PlanDiff
from core.plan_values import from_values, to_values
from core.planning import Board, same_document, tasks_of
from core.reminders import DEFAULTS, ReminderSettings, settings_of, settings_values
from core.task import Relevance, Task, TaskEvent, TaskEventKind
from plan_data.unit_gazetteer import gazetteer
from plan_data.unit_names import unit_named
from plan_data.words import UnitKind
from services import plan_people, reminding, telling
from services.config import Config
from services.reference import Reference, reference
from storage import plans
from storage.database import Connection
from storage.plans import Document

KEY_LENGTH = 60
_NO_KEY = re.compile(r"[^0-9a-z]+")


@dataclass(frozen=True, slots=True)
class Reading:
    """A kept draft beside what is in force: `wanted` are its tasks, `diff` what applying it would do."""

    document: Document
    draft: Draft
    wanted: tuple[Task, ...]
    diff: PlanDiff
    unlinked: tuple[str, ...]  # codes


@dataclass(frozen=True, slots=True)
class Applied:
    """What applying a document did. `unlinked` names units of whom nobody can be written to; `late` counts tasks that
    were overdue at import; `questions` are the tasks about which a person must say more."""

    document_id: int
    version: int
    added: int
    changed: int
    removed: int
    same: int
    reminded: int
    late: int
    unlinked: tuple[str, ...]
    questions: tuple[Mapping[str, str], ...]


def keep_draft(
    db: Connection,
    draft: Draft,
    source_name: str,
    settings: ReminderSettings | None,
    by: PersonId | None,
    now: datetime,
) -> Document:
    """Stores what was read as the next version of its document; nobody is reminded of a draft.

    `settings` None: as the version in force is reminded of, else the default.
    """
    key = _key(db, draft.document)
    before = next((settings_of(one.settings) for one in plans.applied(db, key)), DEFAULTS)
    return plans.add_document(
        db,
        now,
        key=key,
        number=draft.document.number,
        title=draft.document.title,
        source_name=source_name,
        source_sha256=draft.document.sha256,
        status="draft",
        settings=settings_values(settings or before),
        draft=to_values(draft),
        stored_by=by,
    )


def reading(db: Connection, document_id: int, now: datetime) -> Reading:
    """The document as it would be applied now. Raises `unknown_plan`."""
    document = plans.document(db, document_id)
    if document is None:
        raise Refused("unknown_plan")
    ref, draft = reference(db), from_values(document.draft)
    wanted = _tasks(ref, draft, now)
    stored = plans.of_document(db, document.key)
    compared = plan_diff.diff(stored, wanted, _said_before(db, ref, document, now))
    units = sorted({unit for task in wanted if task.is_reminded for unit in task.units})
    return Reading(document, draft, wanted, compared, tuple(plan_people.unlinked(db, units)))


def choose_checkins(db: Connection, document_id: int, every: str) -> None:
    """Cả năm: monthly, quarterly or none, chosen at review. Raises `unknown_plan`, `unknown_button`, `plan_settled`."""
    document = _draft(db, document_id)
    settings = {**document.settings, "checkins": every}
    try:
        settings_of(settings)
    except ValueError:
        raise Refused("unknown_button") from None
    plans.set_document(db, document_id, settings=settings)


def drop(db: Connection, document_id: int) -> None:
    """[Bỏ]. Raises `unknown_plan`, `plan_settled`."""
    _draft(db, document_id)
    plans.set_document(db, document_id, status="dropped")


def apply(
    db: Connection,
    cfg: Config,
    document_id: int,
    by: PersonId | None,
    now: datetime,
    settings: ReminderSettings | None = None,
) -> Applied:
    """Puts a reviewed draft in force. `settings` None: those it was kept with. Raises `unknown_plan`, `plan_settled`."""
    document = _draft(db, document_id)
    read = reading(db, document_id, now)
    chosen = settings or settings_of(document.settings)
    in_force = plans.applied(db, document.key)
    retimed = any(settings_of(one.settings) != chosen for one in in_force)
    plans.supersede_documents(db, document.key, but=document.id)
    plans.set_document(db, document.id, status="applied", settings=settings_values(chosen))
    _store(db, read, chosen, by, now, retimed)
    reminding.start_weekly(db, reference(db).office(), now)
    told = _outcome(db, read)
    telling.tell_people(db, plan_people.office(db), NoticeKind.PLAN_APPLIED, now, **told_of(told))
    return told


def board(ref: Reference) -> Board:
    """The board's own units, as the editable data has them."""
    return Board(frozenset(unit.code for unit in ref.units.values() if unit.kind is UnitKind.BOARD))


def questions(tasks: Sequence[Task], form: Form) -> tuple[Mapping[str, str], ...]:
    """What Văn phòng is asked: tasks of the board's without a day, or – where there is a column for it – without a product.

    A row is asked about once.
    """
    asked: dict[tuple[str, str], Mapping[str, str]] = {}
    for task in tasks:
        if not task.is_reminded:
            continue
        if not task.expected_output and form is Form.TABLE:
            asked[task.number, "product"] = {"number": task.number, "title": task.title, "about": "product"}
        if task.due_on is None:
            asked[task.number, "day"] = {"number": task.number, "title": task.title, "about": "day"}
    return tuple(asked.values())


def told_of(applied: Applied) -> dict[str, Any]:
    """The outcome as a PLAN_APPLIED notice carries it."""
    values = {name: getattr(applied, name) for name in Applied.__dataclass_fields__}
    return {**values, "unlinked": list(applied.unlinked), "questions": [dict(q) for q in applied.questions]}


def _store(
    db: Connection,
    read: Reading,
    settings: ReminderSettings,
    by: PersonId | None,
    now: datetime,
    retimed: bool,
) -> None:
    """Tasks, their events and their timers, in the one transaction of the caller."""
    document, office = read.document, reference(db).office()
    added = [
        replace(task, id=plans.new_task_id(now), document_id=document.id, document_key=document.key)
        for task in read.diff.added
    ]
    form = read.draft.document.form
    asking = _asking(read.diff.changed, form, now)
    version = document.version
    plans.add_tasks(
        db, [(task, (*plan_diff.added(task, now, by, version), *_asks(task, form, now))) for task in added]
    )
    for task in read.diff.removed:
        gone, events = plan_diff.removed(task, now, by, version)
        plans.record(db, task, gone, events)
        reminding.stop_timers(db, task)
    counted: list[Task] = []
    for change in (*read.diff.changed, *read.diff.same):
        after = replace(change.after, document_id=document.id)
        told = plan_diff.changed(change, now, by, version) if change.fields else ()
        plans.record(db, change.before, after, (*told, *asking.get(after.id, ())))
        if change.moves_reminders:
            reminding.set_timers(db, office, after, settings, now)
        elif retimed or change.counts_other_days:
            counted.append(after)
    reminding.count_anew(db, office, counted, settings, now)
    reminding.first_timers(db, office, added, settings, now)


def _asking(changes: Sequence[Change], form: Form, now: datetime) -> Mapping[int, tuple[TaskEvent, ...]]:
    """What a new version left blank that the one before had filled in."""
    blank = [change for change in changes if {"expected_output", "due_on"} & set(change.fields)]
    return {change.after.id: _asks(change.after, form, now) for change in blank}


def _asks(task: Task, form: Form, now: datetime) -> tuple[TaskEvent, ...]:
    return tuple(
        TaskEvent(TaskEventKind.QUESTIONED, now, data={"about": asked["about"]})
        for asked in questions([task], form)
    )


def _outcome(db: Connection, read: Reading) -> Applied:
    ref, changes = reference(db), read.diff
    return Applied(
        document_id=read.document.id,
        version=read.document.version,
        added=len(changes.added),
        changed=len(changes.changed),
        removed=len(changes.removed),
        same=len(changes.same),
        reminded=sum(task.relevance is not Relevance.OTHER for task in read.wanted),
        late=sum(task.overdue_at_import and task.is_reminded for task in changes.added),
        unlinked=tuple(ref.units[code].name for code in read.unlinked if code in ref.units),
        questions=questions(read.wanted, read.draft.document.form),
    )


def _draft(db: Connection, document_id: int) -> Document:
    document = plans.document(db, document_id)
    if document is None:
        raise Refused("unknown_plan")
    if document.status != "draft":
        raise Refused("plan_settled")
    return document


def _said_before(
    db: Connection, ref: Reference, document: Document, now: datetime
) -> Mapping[Key, date | None]:
    """The due days as the version in force says them, whatever leaders have granted since."""
    before = [from_values(one.draft) for one in plans.applied(db, document.key) if one.id != document.id]
    return {plan_diff.key_of(task): task.due_on for draft in before for task in _tasks(ref, draft, now)}


def _tasks(ref: Reference, draft: Draft, now: datetime) -> tuple[Task, ...]:
    return tasks_of(draft, board(ref), is_own(ref, draft.document), ref.office(), now)


def is_own(ref: Reference, document: PlanDocument) -> bool:
    """Whether the board itself issued the document, by its issuer's name or the ending of its number."""
    own, names = board(ref), gazetteer(tuple(ref.units.values()))
    said = (document.issuer, (document.number or "").rpartition("-")[2])
    named = [unit_named(name, names) for name in said if name]
    return any(unit is not None and unit.code in own.units for unit in named)


def _key(db: Connection, document: PlanDocument) -> str:
    """The document's name in the tables: that of its earlier version, else made of its number or title."""
    known = plans.newest_versions(db)
    for key, number, title in known:
        if same_document(document.number, document.title, number, title):
            return key
    made = _NO_KEY.sub("-", fold(document.number or document.title))[:KEY_LENGTH].strip("-") or "plan"
    taken = {key for key, _, _ in known}
    return next(key for n in range(len(taken) + 1) if (key := f"{made}-{n + 1}" if n else made) not in taken)
