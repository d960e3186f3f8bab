"""Tickets, their cycles and their history: read as `Ticket`, written by name, every change with its events."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from core.events import Event, EventKind, event_hash
from core.ids import PersonId, TicketId
from core.ticket import Closure, Status, Ticket, TicketClass
from storage.database import Conflict
from storage.ids import new_id
from storage.schema import counters, ratings, ticket_cycles, ticket_events, tickets
from storage.statements import of_each

_NAMES = tuple(field.name for field in fields(Ticket))
_COLUMNS = [tickets.c[name] for name in _NAMES]
_CYCLE = ("due_at", "promise_kind", "first_reply_at", "resolved_at", "breached_at", "amber", "holder_id")
_NEXT_NUMBER = of_each(
    lambda insert: (
        insert(counters)
        .on_conflict_do_update(index_elements=["name"], set_={"value": counters.c.value + 1})
        .returning(counters.c.value)
    )
)
_BY_ID = sa.select(*_COLUMNS).where(tickets.c.id == sa.bindparam("wanted"))
# FOR UPDATE on PostgreSQL; SQLite's one writer needs none and its dialect leaves it out.
_BY_ID_TO_CHANGE = _BY_ID.with_for_update()
_BY_CODE = sa.select(*_COLUMNS).where(tickets.c.code == sa.bindparam("wanted"))
_HISTORY = sa.select(tickets.c.history_length, tickets.c.history_head).where(
    tickets.c.id == sa.bindparam("wanted")
)
_OF_SENDER = (
    sa.select(*_COLUMNS)
    .where(tickets.c.sender_id == sa.bindparam("sender"))
    .order_by(tickets.c.id.desc())
    .limit(sa.bindparam("most"))
)


@dataclass(frozen=True, slots=True)
class StoredEvent:
    """One row of the history with its place in the chain."""

    ticket_id: int
    seq: int
    event: Event
    previous_hash: str
    hash: str


def next_number(db: Connection, name: str) -> int:
    """1, 2, 3 … under `name`; gapless, because it rolls back with its transaction."""
    # One statement: on PostgreSQL two first messages of a day would both see no counter, and one of them would fail.
    return int(db.execute(_NEXT_NUMBER[db.dialect.name], {"name": name, "value": 1}).scalar_one())


def add(db: Connection, ticket: Ticket, events: Sequence[Event]) -> None:
    """Stores a new ticket, its first cycle and its first events."""
    rows = _chained(ticket.id, 0, "", events)
    ended = {"history_length": len(rows), "history_head": rows[-1]["hash"]}
    db.execute(sa.insert(tickets), _values(ticket) | ended)
    _append(db, rows)
    _add_cycle(db, ticket)


def load(db: Connection, ticket_id: TicketId | int | None) -> Ticket | None:
    """The ticket, locked until the end of the transaction where the database can do that. None of what is about no ticket."""
    return _one(db, _BY_ID_TO_CHANGE, ticket_id) if ticket_id is not None else None


def main_of(db: Connection, ticket: Ticket) -> Ticket:
    """The ticket under which this one goes on when it was joined to another; else itself."""
    return (load(db, ticket.joined_to) or ticket) if ticket.joined_to is not None else ticket


def as_its_sender_knows(db: Connection, own: Ticket) -> Ticket:
    """How the matter of this ticket stands, under its own code; when it was joined to another, there. Locks nothing."""
    main = find(db, own.joined_to) if own.joined_to is not None else None
    return main.known_as(own) if main is not None else own


def joined(db: Connection, main: Ticket) -> Sequence[Ticket]:
    """What goes on under this ticket, oldest first."""
    return _many(db, tickets.c.joined_to == main.id, tickets.c.id) if main.joined_count else ()


def find(db: Connection, ticket_id: TicketId | int | None) -> Ticket | None:
    """The ticket for looking at it only: nobody waits for it, and what is decided by it has to be loaded."""
    return _one(db, _BY_ID, ticket_id) if ticket_id is not None else None


def by_code(db: Connection, code: str) -> Ticket | None:
    """For looking only, as `find`."""
    return _one(db, _BY_CODE, code)


def record(db: Connection, before: Ticket, after: Ticket, events: Sequence[Event]) -> None:
    """Writes what changed, by name, and the events that tell why. Raises Conflict when the row is not `before` any more."""
    if not events and before == after:
        return
    length, head = db.execute(_HISTORY, {"wanted": before.id}).one()
    rows = _chained(before.id, length, head, events)
    changed = {name: getattr(after, name) for name in _NAMES if getattr(before, name) != getattr(after, name)}
    known = {"status", "holder_id", "promise_no", *changed}
    done = db.execute(
        sa.update(tickets)
        .where(
            tickets.c.id == before.id,
            tickets.c.history_length == length,
            *(tickets.c[name].is_not_distinct_from(getattr(before, name)) for name in sorted(known)),
        )
        .values(**changed, history_length=length + len(rows), history_head=rows[-1]["hash"] if rows else head)
    )
    if done.rowcount != 1:
        raise Conflict(before.code)
    _append(db, rows)
    _record_cycle(db, before, after)


def open_of_sender(db: Connection, sender: PersonId) -> Sequence[Ticket]:
    """The sender's tickets that are not closed, the newest first."""
    return _many(
        db, sa.and_(tickets.c.sender_id == sender, tickets.c.status != "closed"), tickets.c.id.desc()
    )


def of_sender(db: Connection, sender: PersonId, limit: int = 10) -> Sequence[Ticket]:
    return [_ticket(row) for row in db.execute(_OF_SENDER, {"sender": sender, "most": limit})]


def held_by(db: Connection, holder: PersonId) -> Sequence[Ticket]:
    """What this person holds and has not resolved, by due time."""
    held = sa.and_(
        tickets.c.holder_id == holder,
        tickets.c.status.in_(["in_progress", "waiting_sender", "waiting_agency"]),
    )
    return _many(db, held, tickets.c.due_at)


def unclaimed(db: Connection, gates: Iterable[str] | None = None, limit: int = 50) -> Sequence[Ticket]:
    """New tickets by due time; of these gates and of no gate, or of all."""
    new = sa.and_(tickets.c.status == "new", tickets.c.sealed.is_(False), tickets.c.closed_at.is_(None))
    if gates is not None:
        new = sa.and_(new, sa.or_(tickets.c.gate.in_(list(gates)), tickets.c.gate.is_(None)))
    return _many(db, new, tickets.c.due_at, limit)


def undecided(db: Connection) -> Sequence[Ticket]:
    """Sealed tickets that no named reader has decided yet, the oldest first."""
    return _many(db, sa.and_(tickets.c.sealed.is_(True), tickets.c.status == "new"), tickets.c.id)


def open_at(db: Connection, gate: str | None, limit: int) -> Sequence[Ticket]:
    """Open tickets of this very gate (or of none), the newest first; nothing that is sealed."""
    where = sa.and_(
        tickets.c.gate.is_not_distinct_from(gate),
        tickets.c.status.in_(["new", "in_progress", "waiting_sender", "waiting_agency"]),
        tickets.c.sealed.is_(False),
        tickets.c.closed_at.is_(None),
    )
    return _many(db, where, tickets.c.id.desc(), limit)


def listed(db: Connection, only_open: bool = False, limit: int = 100) -> Sequence[Ticket]:
    """The newest tickets; sealed ones included, their text is elsewhere."""
    return _many(db, tickets.c.closed_at.is_(None) if only_open else sa.true(), tickets.c.id.desc(), limit)


def add_rating(db: Connection, ticket: Ticket, author: PersonId, score: str, now: datetime) -> None:
    db.execute(
        sa.insert(ratings).values(
            id=new_id(now), ticket_id=ticket.id, author_id=author, cycle=ticket.cycle, score=score, at=now
        )
    )


def comment_rating(db: Connection, ticket_id: int, author: PersonId, comment: str) -> str | None:
    """Puts words to this person's newest rating: its score. None when they rated nothing."""
    own = sa.and_(ratings.c.ticket_id == ticket_id, ratings.c.author_id == author)
    newest = sa.select(sa.func.max(ratings.c.id)).where(own).scalar_subquery()
    said = sa.update(ratings).where(ratings.c.id == newest).values(comment=comment)
    score: str | None = db.execute(said.returning(ratings.c.score)).scalar()
    return score


def last_rating(db: Connection, ticket_id: int, cycle: int) -> tuple[str, str | None] | None:
    """(score, comment) of the newest rating of this cycle; None when nobody rated it."""
    query = (
        sa.select(ratings.c.score, ratings.c.comment)
        .where(ratings.c.ticket_id == ticket_id, ratings.c.cycle == cycle)
        .order_by(ratings.c.id.desc())
    )
    row = db.execute(query.limit(1)).one_or_none()
    return (row.score, row.comment) if row is not None else None


def waive_cycle(db: Connection, ticket: Ticket, by: PersonId) -> None:
    db.execute(
        sa.update(ticket_cycles)
        .where(ticket_cycles.c.ticket_id == ticket.id, ticket_cycles.c.cycle == ticket.cycle)
        .values(waived_by=by)
    )


def cycle_rows(db: Connection, since: datetime | None = None) -> Sequence[Any]:
    """Every cycle received `since` then, with its ticket's gate, category, state and `last_cycle`: what core/figures.py counts."""
    query = sa.select(
        ticket_cycles,
        tickets.c.gate,
        tickets.c.category,
        tickets.c.ticket_class,
        tickets.c.status,
        tickets.c.closure,
        tickets.c.cycle.label("last_cycle"),
    ).join(tickets, tickets.c.id == ticket_cycles.c.ticket_id)
    if since is not None:
        query = query.where(ticket_cycles.c.received_at >= since)
    return db.execute(query).all()


def scores(db: Connection) -> Mapping[tuple[int, int], Sequence[str]]:
    """(ticket, cycle) → how it was rated: the last word of each sender, all of whom are asked when tickets were joined."""
    of_each_sender = sa.func.max(ratings.c.id)
    last = sa.select(of_each_sender).group_by(ratings.c.ticket_id, ratings.c.cycle, ratings.c.author_id)
    found: dict[tuple[int, int], list[str]] = {}
    for row in db.execute(sa.select(ratings).where(ratings.c.id.in_(last)).order_by(ratings.c.id)):
        found.setdefault((row.ticket_id, row.cycle), []).append(row.score)
    return found


def history(db: Connection, ticket_id: int) -> Sequence[StoredEvent]:
    return list(_events(db, ticket_events.c.ticket_id == ticket_id))


def histories(db: Connection) -> Iterable[tuple[str, int, str, Sequence[StoredEvent]]]:
    """(code, recorded length, recorded head, events) of every ticket, oldest first: what `hotline verify` walks."""
    known = db.execute(
        sa.select(tickets.c.id, tickets.c.code, tickets.c.history_length, tickets.c.history_head).order_by(
            tickets.c.id
        )
    )
    for ticket_id, code, length, head in known.all():
        yield code, length, head, history(db, ticket_id)


def counted(db: Connection) -> dict[str, int]:
    """How many codes were given out on each day, by the counter's name."""
    found = db.execute(
        sa.select(counters.c.name, counters.c.value).where(counters.c.name.startswith("ticket-"))
    )
    return {row.name: row.value for row in found}


def codes(db: Connection) -> Sequence[str]:
    return list(db.execute(sa.select(tickets.c.code).order_by(tickets.c.code)).scalars())


def _values(ticket: Ticket) -> dict[str, Any]:
    return {name: getattr(ticket, name) for name in _NAMES}


def _ticket(row: Any) -> Ticket:
    values = dict(zip(_NAMES, row, strict=True))
    values["status"] = Status(values["status"])
    values["ticket_class"] = TicketClass(values["ticket_class"])
    values["closure"] = Closure(values["closure"]) if values["closure"] else None
    return Ticket(**values)


def _one(db: Connection, query: sa.Select[Any], wanted: int | str) -> Ticket | None:
    row = db.execute(query, {"wanted": wanted}).one_or_none()
    return _ticket(row) if row is not None else None


def _many(
    db: Connection, where: sa.ColumnElement[bool], order: sa.ColumnElement[Any], limit: int | None = None
) -> Sequence[Ticket]:
    return [
        _ticket(row) for row in db.execute(sa.select(*_COLUMNS).where(where).order_by(order).limit(limit))
    ]


def _chained(ticket_id: int, length: int, head: str, events: Sequence[Event]) -> list[dict[str, Any]]:
    """The rows that these events become, each holding the hash of the one before."""
    rows: list[dict[str, Any]] = []
    for seq, event in enumerate(events, start=length + 1):
        previous = rows[-1]["hash"] if rows else head
        rows.append(
            {
                "id": new_id(event.noticed_at or event.at),
                "ticket_id": ticket_id,
                "seq": seq,
                "kind": str(event.kind),
                "at": event.at,
                "noticed_at": event.noticed_at,
                "actor_id": event.actor,
                "data": dict(event.data),
                "previous_hash": previous,
                "hash": event_hash(previous, ticket_id, seq, event),
            }
        )
    return rows


def _append(db: Connection, rows: Sequence[dict[str, Any]]) -> None:
    if rows:
        db.execute(sa.insert(ticket_events), rows)


def _events(db: Connection, where: sa.ColumnElement[bool]) -> Iterable[StoredEvent]:
    for row in db.execute(
        sa.select(ticket_events).where(where).order_by(ticket_events.c.ticket_id, ticket_events.c.seq)
    ):
        actor = PersonId(row.actor_id) if row.actor_id is not None else None
        event = Event(EventKind(row.kind), row.at, actor, row.noticed_at, row.data)
        yield StoredEvent(row.ticket_id, row.seq, event, row.previous_hash, row.hash)


def _add_cycle(db: Connection, ticket: Ticket) -> None:
    row = {"ticket_id": ticket.id, "cycle": ticket.cycle, "received_at": ticket.received_at}
    row |= {name: getattr(ticket, name) for name in _CYCLE}
    db.execute(sa.insert(ticket_cycles), {"id": new_id(ticket.received_at), **row})


def _record_cycle(db: Connection, before: Ticket, after: Ticket) -> None:
    if after.cycle != before.cycle:
        _add_cycle(db, after)
        return
    changed = {name: getattr(after, name) for name in _CYCLE if getattr(before, name) != getattr(after, name)}
    if changed:
        cycle = sa.and_(ticket_cycles.c.ticket_id == after.id, ticket_cycles.c.cycle == after.cycle)
        db.execute(sa.update(ticket_cycles).where(cycle).values(**changed))
