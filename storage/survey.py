"""Questions over whole tables, asked by people at a terminal (`doctor`, `verify`, lists, a drill's clock), never by an errand."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import groupby
from typing import Any, cast

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from core.events import Event, EventKind
from core.ids import PersonId
from storage.schema import (
    attachments,
    data_files,
    identities,
    inbox,
    messages,
    outbox,
    people,
    plan_documents,
    plan_tasks,
    shifts,
    task_events,
    ticket_events,
    tickets,
    timers,
)
from storage.tickets import StoredEvent

A_BATCH = 2000


@dataclass(frozen=True, slots=True)
class Backlog:
    """How full one queue is. `late_since`: the oldest row that should have been done already."""

    waiting: int
    set_aside: int
    late: int = 0
    late_since: datetime | None = None


@dataclass(frozen=True, slots=True)
class Told:
    """A message as the chain of events must know it; `content` is what its digest was made over (None: erased)."""

    id: int
    ticket_code: str
    digest: str
    salt: str
    content: bytes | None


def is_used(db: Connection) -> bool:
    """Whether anybody was ever entered or has ever written: more than the data that every database starts with."""
    return any(
        db.execute(sa.select(table.c.id).limit(1)).first() is not None
        for table in (people, inbox, tickets, plan_documents)
    )


def newest_time(db: Connection) -> datetime | None:
    """The latest time at which anything was stored, looked for among the thousand newest rows of each table.

    Ids follow the time; of a row that was changed later than those, what changed it has left a row of its own.
    """
    columns = (
        inbox.c.received_at,
        outbox.c.created_at,
        outbox.c.sent_at,
        ticket_events.c.at,
        ticket_events.c.noticed_at,
        timers.c.fired_at,
        people.c.created_at,
        identities.c.last_seen_at,
        data_files.c.stored_at,
        plan_documents.c.stored_at,
        task_events.c.at,
    )
    found = [_newest(db, column) for column in columns]
    return max((at for at in found if at is not None), default=None)


def _newest(db: Connection, column: sa.Column[datetime]) -> datetime | None:
    rows = sa.select(column.label("at")).order_by(column.table.c.id.desc()).limit(1000).subquery()
    at: datetime | None = db.execute(sa.select(sa.func.max(rows.c.at, type_=column.type))).scalar()
    return at


def newest_update(db: Connection, channel: str) -> datetime | None:
    """When a channel's last update came, as far as updates are kept."""
    newest = sa.func.max(inbox.c.received_at, type_=inbox.c.received_at.type)
    at: datetime | None = db.execute(sa.select(newest).where(inbox.c.channel == channel)).scalar()
    return at


def inbox_backlog(db: Connection) -> Backlog:
    """Updates that wait, and those set aside as poison."""
    waiting = inbox.c.status == "waiting"
    oldest = _oldest(db, inbox.c.received_at, waiting)
    return Backlog(_count(db, waiting), _count(db, inbox.c.status == "poison"), late_since=oldest)


def outbox_backlog(db: Connection, now: datetime) -> Backlog:
    """Notices that wait, those given up, and those whose time has passed."""
    waiting = outbox.c.status == "waiting"
    late = sa.and_(waiting, outbox.c.next_try_at <= now)
    failed = _count(db, outbox.c.status == "failed")
    return Backlog(_count(db, waiting), failed, _count(db, late), _oldest(db, outbox.c.next_try_at, late))


def timer_backlog(db: Connection, now: datetime) -> Backlog:
    """Timers that wait, and those that are due and did not fire."""
    waiting = timers.c.status == "waiting"
    late = sa.and_(waiting, timers.c.due_at <= now)
    return Backlog(_count(db, waiting), 0, _count(db, late), _oldest(db, timers.c.due_at, late))


def attachment_backlog(db: Connection) -> Backlog:
    """Files that are still to be fetched, and those that never came."""
    waiting, failed = attachments.c.status == "waiting", attachments.c.status == "failed"
    return Backlog(_count(db, waiting), _count(db, failed))


def poison(db: Connection, limit: int = 20) -> Sequence[tuple[int, str, datetime, str | None]]:
    """(id, channel, received, kind of error) of the newest updates that were set aside; never what was in them."""
    query = sa.select(inbox.c.id, inbox.c.channel, inbox.c.received_at, inbox.c.error)
    found = db.execute(query.where(inbox.c.status == "poison").order_by(inbox.c.id.desc()).limit(limit))
    return [tuple(row) for row in found]


def retry_update(db: Connection, inbox_id: int) -> bool:
    """A poison update waits again, with fresh attempts. False when there is no such poison."""
    again = {"status": "waiting", "attempts": 0, "handled_at": None, "error": None, "lease_until": None}
    which = sa.and_(inbox.c.id == inbox_id, inbox.c.status == "poison")
    return db.execute(sa.update(inbox).where(which).values(**again)).rowcount == 1


def a_sealed_text(db: Connection) -> bytes | None:
    """Any one sealed text, to try the key on."""
    found: bytes | None = db.execute(
        sa.select(messages.c.sealed_text).where(messages.c.sealed_text.is_not(None)).limit(1)
    ).scalar()
    return found


def stored_files(db: Connection, limit: int) -> Sequence[str]:
    """The digests of the newest files that must be on the disk."""
    query = sa.select(attachments.c.sha256).where(attachments.c.status == "stored")
    return [str(sha) for sha in db.execute(query.order_by(attachments.c.id.desc()).limit(limit)).scalars()]


def staff_chats(db: Connection) -> Sequence[tuple[int, str, str, int]]:
    """(id, name, role, number of reachable chats) of every active member of staff."""
    reachable = sa.and_(identities.c.person_id == people.c.id, identities.c.reachable)
    query = (
        sa.select(people.c.id, people.c.name, people.c.role, sa.func.count(identities.c.id))
        .outerjoin(identities, reachable)
        .where(people.c.active, people.c.role != "sender")
        .group_by(people.c.id, people.c.name, people.c.role)
        .order_by(people.c.role, people.c.name)
    )
    return [tuple(row) for row in db.execute(query)]


def gates_in_use(db: Connection, now: datetime) -> Mapping[str, str]:
    """Gate codes that something living points at, with what it is: person, group, ticket or shift."""
    asked = {
        "shift": sa.select(shifts.c.gate).where(shifts.c.ends_at > now),
        "ticket": sa.select(tickets.c.gate).where(tickets.c.closed_at.is_(None)),
        "group": sa.select(identities.c.gate).where(identities.c.kind == "group"),
        "person": sa.select(people.c.gate).where(people.c.active),
    }
    return {
        code: what for what, query in asked.items() for code in db.execute(query.distinct()).scalars() if code
    }


def units_in_use(db: Connection) -> set[str]:
    """Unit codes that active people, open tickets or open tasks of plans carry."""
    asked = (
        sa.select(plan_tasks.c.unit).where(plan_tasks.c.status.in_(("open", "submitted"))),
        sa.select(people.c.unit).where(people.c.active),
        sa.select(tickets.c.unit).where(tickets.c.closed_at.is_(None)),
    )
    codes = {code for query in asked for code in db.execute(query.distinct()).scalars() if code}
    together = sa.select(plan_tasks.c.co_units).where(plan_tasks.c.status.in_(("open", "submitted")))
    return codes.union(*db.execute(together).scalars())


def integrity(db: Connection) -> str | None:
    """What SQLite finds wrong with its own file; None when all is well, and for PostgreSQL, which checks itself."""
    if db.dialect.name != "sqlite":
        return None
    found = str(db.exec_driver_sql("PRAGMA integrity_check(1)").scalar())
    broken = db.exec_driver_sql("PRAGMA foreign_key_check").first()
    return found if found != "ok" else (f"foreign key of {broken[0]}" if broken else None)


def histories(db: Connection) -> Iterator[tuple[str, int, str, Sequence[StoredEvent]]]:
    """(code, recorded length, recorded head, events) of every ticket, oldest first, in two passes that read along side by side."""
    events = groupby(_all_events(db), key=lambda event: event.ticket_id)
    ahead = next(events, None)
    columns = (tickets.c.id, tickets.c.code, tickets.c.history_length, tickets.c.history_head)
    for row in _in_batches(db, sa.select(*columns), tickets.c.id):
        ticket_id, code, length, head = tuple(row)
        own: list[StoredEvent] = []
        while ahead is not None and ahead[0] <= ticket_id:
            own = list(ahead[1]) if ahead[0] == ticket_id else own
            ahead = next(events, None)
        yield code, length, head, own


def told_messages(db: Connection) -> Iterator[Told]:
    """Every message with what its digest was made over."""
    query = sa.select(
        messages.c.id,
        tickets.c.code,
        plan_tasks.c.document_key,
        plan_tasks.c.number,
        messages.c.digest,
        messages.c.salt,
        messages.c.text,
        messages.c.sealed_text,
        messages.c.erased_at,
    )
    query = query.outerjoin(tickets, tickets.c.id == messages.c.ticket_id)
    query = query.outerjoin(plan_tasks, plan_tasks.c.id == messages.c.task_id)
    for row in _in_batches(db, query, messages.c.id):
        content = None if row.erased_at else row.text.encode() + (row.sealed_text or b"")
        about = row.code or f"{row.document_key} #{row.number}"
        yield Told(row.id, about, row.digest, row.salt, content)


def _count(db: Connection, where: sa.ColumnElement[bool]) -> int:
    return int(db.execute(sa.select(sa.func.count()).where(where)).scalar_one())


def _oldest(db: Connection, column: sa.Column[Any], where: sa.ColumnElement[bool]) -> datetime | None:
    at: datetime | None = db.execute(sa.select(sa.func.min(column, type_=column.type)).where(where)).scalar()
    return at


def _all_events(db: Connection) -> Iterator[StoredEvent]:
    after = (0, 0)
    key = sa.tuple_(ticket_events.c.ticket_id, ticket_events.c.seq)
    order = (ticket_events.c.ticket_id, ticket_events.c.seq)
    while True:
        page = key > after
        known = db.execute(sa.select(*order).where(page).order_by(*order).limit(A_BATCH)).all()
        try:
            rows = db.execute(sa.select(ticket_events).where(page).order_by(*order).limit(A_BATCH)).all()
            yield from [_event(row) for row in rows]
        except (ValueError, TypeError):
            yield from (_event_or_ruin(db, row.ticket_id, row.seq) for row in known)
        if len(known) < A_BATCH:
            return
        after = (known[-1].ticket_id, known[-1].seq)


def _event_or_ruin(db: Connection, ticket_id: int, seq: int) -> StoredEvent:
    # Somebody wrote what is neither JSON nor a time: the chain is broken here, and the walk goes on.
    one = sa.and_(ticket_events.c.ticket_id == ticket_id, ticket_events.c.seq == seq)
    try:
        return _event(db.execute(sa.select(ticket_events).where(one)).one())
    except (ValueError, TypeError):
        nothing = Event(EventKind.OPENED, datetime.min.replace(tzinfo=UTC))
        return StoredEvent(ticket_id, seq, nothing, "", "")


def _event(row: Any) -> StoredEvent:
    if not isinstance(row.data, dict):
        raise TypeError("an event without its facts")
    actor = PersonId(row.actor_id) if row.actor_id is not None else None
    # Not EventKind(…): a kind that somebody changed by hand must be found broken, not stop the search.
    event = Event(cast(EventKind, row.kind), row.at, actor, row.noticed_at, row.data)
    return StoredEvent(row.ticket_id, row.seq, event, row.previous_hash, row.hash)


def _in_batches(db: Connection, query: sa.Select[Any], key: sa.Column[Any]) -> Iterator[sa.Row[Any]]:
    # Pages by key: the drivers would otherwise hold a million rows at once.
    after = 0
    while True:
        rows = db.execute(query.where(key > after).order_by(key).limit(A_BATCH)).all()
        yield from rows
        if len(rows) < A_BATCH:
            return
        after = rows[-1].id
