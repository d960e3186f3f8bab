"""Plan documents in all their versions, their tasks, and what units did about them."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from core.events import chained_hash
from core.ids import PersonId
from core.task import Relevance, Task, TaskEvent, TaskEventKind, TaskId, TaskStatus
from storage.database import Conflict
from storage.ids import new_id
from storage.schema import plan_documents, plan_tasks, task_events

_NAMES = tuple(field.name for field in fields(Task))
_COLUMNS = [plan_tasks.c[name] for name in _NAMES]
_LISTS = ("lead_units", "cooperating_units", "co_units")


@dataclass(frozen=True, slots=True)
class Document:
    """One version of a plan document; `draft` is what was read of it, in the shape of `plan read --json`."""

    id: int
    key: str
    version: int
    number: str | None
    title: str
    source_name: str
    source_sha256: str
    status: str
    settings: Mapping[str, Any]
    draft: Mapping[str, Any]
    stored_at: datetime
    stored_by: PersonId | None


@dataclass(frozen=True, slots=True)
class StoredTaskEvent:
    """One row of a task's history with its place in the chain."""

    task_id: int
    seq: int
    event: TaskEvent
    previous_hash: str
    hash: str


_DOCUMENT = [plan_documents.c[name] for name in Document.__dataclass_fields__]


def add_document(db: Connection, now: datetime, **values: Any) -> Document:
    """The next version of the document `key`."""
    newest = sa.select(sa.func.max(plan_documents.c.version)).where(plan_documents.c.key == values["key"])
    version = (db.execute(newest).scalar() or 0) + 1
    document_id = new_id(now)
    db.execute(sa.insert(plan_documents).values(id=document_id, version=version, stored_at=now, **values))
    made = document(db, document_id)
    if made is None:
        raise RuntimeError("a document that was stored is not there")
    return made


def document(db: Connection, document_id: int) -> Document | None:
    row = db.execute(sa.select(*_DOCUMENT).where(plan_documents.c.id == document_id)).one_or_none()
    return Document(*row) if row is not None else None


def applied(db: Connection, key: str | None = None) -> Sequence[Document]:
    """The version in force of each document, or of this one."""
    where = plan_documents.c.status == "applied"
    if key is not None:
        where = sa.and_(where, plan_documents.c.key == key)
    return [
        Document(*row) for row in db.execute(sa.select(*_DOCUMENT).where(where).order_by(plan_documents.c.id))
    ]


def newest_versions(db: Connection) -> Sequence[tuple[str, str | None, str]]:
    """(key, number, title) of the newest version of every document: what another file may be a version of."""
    newest = (
        sa.select(plan_documents.c.key, sa.func.max(plan_documents.c.version).label("version"))
        .group_by(plan_documents.c.key)
        .subquery()
    )
    query = sa.select(plan_documents.c.key, plan_documents.c.number, plan_documents.c.title).join(
        newest, sa.and_(newest.c.key == plan_documents.c.key, newest.c.version == plan_documents.c.version)
    )
    return [tuple(row) for row in db.execute(query.order_by(plan_documents.c.id))]


def titles(db: Connection, document_ids: Iterable[int]) -> Mapping[int, tuple[str | None, str]]:
    """id → (number, title): what a list of tasks says of where they come from."""
    columns = (plan_documents.c.id, plan_documents.c.number, plan_documents.c.title)
    rows = db.execute(sa.select(*columns).where(plan_documents.c.id.in_(list(document_ids))))
    return {row.id: (row.number, row.title) for row in rows}


def settings(db: Connection, document_id: int) -> Mapping[str, Any]:
    """How this version is reminded of, without its draft, which may be large; {} when there is no such document."""
    query = sa.select(plan_documents.c.settings).where(plan_documents.c.id == document_id)
    found: Mapping[str, Any] | None = db.execute(query).scalar()
    return found or {}


def set_document(db: Connection, document_id: int, **values: Any) -> None:
    db.execute(sa.update(plan_documents).where(plan_documents.c.id == document_id).values(**values))


def supersede_documents(db: Connection, key: str, but: int) -> None:
    """Earlier versions and drafts of this document are history."""
    others = sa.and_(
        plan_documents.c.key == key,
        plan_documents.c.id != but,
        plan_documents.c.status.in_(["applied", "draft"]),
    )
    db.execute(sa.update(plan_documents).where(others).values(status="superseded"))


def new_task_id(now: datetime) -> TaskId:
    return TaskId(new_id(now))


def add_tasks(db: Connection, added: Sequence[tuple[Task, Sequence[TaskEvent]]]) -> None:
    """Stores new tasks, each with its first events (one at least)."""
    tasks, histories = [], []
    for task, events in added:
        rows = _chained(task.id, 0, "", events)
        ended = {"history_length": len(rows), "history_head": rows[-1]["hash"]}
        tasks.append({**{name: _out(task, name) for name in _NAMES}, **ended})
        histories += rows
    if tasks:
        db.execute(sa.insert(plan_tasks), tasks)
        db.execute(sa.insert(task_events), histories)


def task(db: Connection, task_id: int) -> Task | None:
    """The task, locked until the end of the transaction where the database can do that."""
    row = db.execute(sa.select(*_COLUMNS).where(plan_tasks.c.id == task_id).with_for_update()).one_or_none()
    return _task(row) if row is not None else None


def find_task(db: Connection, task_id: int) -> Task | None:
    """The task for looking at it only: nobody waits for it."""
    row = db.execute(sa.select(*_COLUMNS).where(plan_tasks.c.id == task_id)).one_or_none()
    return _task(row) if row is not None else None


def record(db: Connection, before: Task, after: Task, events: Sequence[TaskEvent]) -> None:
    """Writes what changed, by name, and the events that tell why. Raises Conflict when the row is not `before` any more."""
    if not events and before == after:
        return
    known = sa.select(plan_tasks.c.history_length, plan_tasks.c.history_head).where(
        plan_tasks.c.id == before.id
    )
    length, head = db.execute(known).one()
    rows = _chained(before.id, length, head, events)
    changed = {name: _out(after, name) for name in _NAMES if getattr(before, name) != getattr(after, name)}
    done = db.execute(
        sa.update(plan_tasks)
        .where(plan_tasks.c.id == before.id, plan_tasks.c.history_length == length)
        .values(**changed, history_length=length + len(rows), history_head=rows[-1]["hash"] if rows else head)
    )
    if done.rowcount != 1:
        raise Conflict(f"task {before.number}")
    if rows:
        db.execute(sa.insert(task_events), rows)


def of_document(db: Connection, key: str) -> Sequence[Task]:
    """Every task of the document, removed ones included, in its order."""
    return _many(db, plan_tasks.c.document_key == key, plan_tasks.c.id)


def open_tasks(db: Connection) -> Sequence[Task]:
    """What is still owed and reminded, by deadline."""
    where = sa.and_(
        plan_tasks.c.status.in_(["open", "submitted"]),
        plan_tasks.c.relevance != "other",
        plan_tasks.c.unit.is_not(None),
    )
    return _many(db, where, plan_tasks.c.due_at)


def all_tasks(db: Connection) -> Sequence[Task]:
    return _many(db, plan_tasks.c.status != "removed", plan_tasks.c.id)


def with_changes(db: Connection) -> Sequence[tuple[Task, int, datetime]]:
    """Every task with a day that concerns the board, removed ones too: (task, length of its history, time of its last event)."""
    last = sa.and_(task_events.c.task_id == plan_tasks.c.id, task_events.c.seq == plan_tasks.c.history_length)
    told = (plan_tasks.c.history_length, task_events.c.at, task_events.c.noticed_at)
    query = sa.select(*_COLUMNS, *told).join(task_events, last)
    where = sa.and_(
        plan_tasks.c.due_on.is_not(None), plan_tasks.c.relevance != "other", plan_tasks.c.unit.is_not(None)
    )
    rows = db.execute(query.where(where).order_by(plan_tasks.c.id))
    return [(_task(row[:-3]), row[-3], row[-1] or row[-2]) for row in rows]


def history(db: Connection, task_id: int) -> Sequence[StoredTaskEvent]:
    rows = db.execute(
        sa.select(task_events).where(task_events.c.task_id == task_id).order_by(task_events.c.seq)
    )
    return [_event(row) for row in rows]


def events_of_kinds(db: Connection, kinds: Iterable[TaskEventKind]) -> Sequence[StoredTaskEvent]:
    """What of these kinds ever happened, task after task, oldest first: one search for a whole report."""
    query = sa.select(task_events).where(task_events.c.kind.in_([str(kind) for kind in kinds]))
    return [_event(row) for row in db.execute(query.order_by(task_events.c.task_id, task_events.c.seq))]


def histories(db: Connection) -> Iterable[tuple[str, int, str, Sequence[StoredTaskEvent]]]:
    """(document and number, recorded length, recorded head, events) of every task: what `hotline verify` walks."""
    columns = (
        plan_tasks.c.id,
        plan_tasks.c.document_key,
        plan_tasks.c.number,
        plan_tasks.c.history_length,
        plan_tasks.c.history_head,
    )
    for row in db.execute(sa.select(*columns).order_by(plan_tasks.c.id)).all():
        try:
            events = history(db, row.id)
        except (ValueError, TypeError):
            # Somebody wrote what is no event: the chain is broken, and the walk goes on.
            events = ()
        yield f"{row.document_key} #{row.number}", row.history_length, row.history_head, events


def tasks_by_id(db: Connection, task_ids: Iterable[int]) -> Mapping[int, Task]:
    return {one.id: one for one in _many(db, plan_tasks.c.id.in_(list(task_ids)), plan_tasks.c.id)}


def _many(db: Connection, where: sa.ColumnElement[bool], order: sa.ColumnElement[Any]) -> Sequence[Task]:
    return [
        _task(row) for row in db.execute(sa.select(*_COLUMNS).where(where).order_by(order, plan_tasks.c.id))
    ]


def _out(task: Task, name: str) -> Any:
    value = getattr(task, name)
    return list(value) if name in _LISTS else value


def _task(row: Any) -> Task:
    values = dict(zip(_NAMES, row, strict=True))
    for name in _LISTS:
        values[name] = tuple(values[name])
    values["status"], values["relevance"] = TaskStatus(values["status"]), Relevance(values["relevance"])
    return Task(**values)


def _event(row: Any) -> StoredTaskEvent:
    actor = PersonId(row.actor_id) if row.actor_id is not None else None
    event = TaskEvent(TaskEventKind(row.kind), row.at, actor, row.noticed_at, row.data)
    return StoredTaskEvent(row.task_id, row.seq, event, row.previous_hash, row.hash)


def _chained(task_id: TaskId, length: int, head: str, events: Sequence[TaskEvent]) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = []
    for seq, event in enumerate(events, start=length + 1):
        previous = rows[-1]["hash"] if rows else head
        rows.append(
            {
                "id": new_id(event.noticed_at or event.at),
                "task_id": task_id,
                "seq": seq,
                "kind": str(event.kind),
                "at": event.at,
                "noticed_at": event.noticed_at,
                "actor_id": event.actor,
                "data": dict(event.data),
                "previous_hash": previous,
                "hash": chained_hash(previous, "task", task_id, seq, event),
            }
        )
    return rows
