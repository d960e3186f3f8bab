"""Notices that wait to be sent: written with the fact they tell of, sent after its commit, at least once."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from core.notices import Notice, NoticeKind
from core.people import Role
from storage.database import wake
from storage.ids import new_id
from storage.schema import identities, outbox, people

PACED = "paced"


@dataclass(frozen=True, slots=True)
class Row:
    """One waiting or sent notice."""

    id: int
    identity_id: int
    channel: str
    bot: str
    chat_id: str
    kind: str
    ticket_id: int | None
    data: Mapping[str, Any]
    priority: int
    status: str
    part: int
    attempts: int
    created_at: datetime
    tried: Sequence[int] = ()  # the chats that it could not be sent to before


ROW = [outbox.c[name] for name in Row.__dataclass_fields__]
_earlier = outbox.alias("earlier")


def _address(column: sa.Column[str]) -> sa.ScalarSelect[str]:
    return sa.select(column).where(identities.c.id == sa.bindparam("to")).scalar_subquery()


# The address is looked up by the row itself: one statement for all notices of an errand instead of two for each call.
# Nobody's identity has none, and NOT NULL refuses the row.
_ADD = sa.insert(outbox).values(
    identity_id=sa.bindparam("to"),
    channel=_address(identities.c.channel),
    bot=_address(identities.c.bot),
    chat_id=_address(identities.c.chat_id),
)
_SETTLE = sa.update(outbox).where(outbox.c.id == sa.bindparam("settled"), outbox.c.status == "waiting")
_SENT = _SETTLE.where(outbox.c.identity_id == sa.bindparam("there"))
_RETRY = _SETTLE.values(attempts=outbox.c.attempts + sa.bindparam("failures"))


# Built once: the outbox is asked for work after every notice that is sent (604 → 157 µs a claim).
_NOW = sa.bindparam("now", type_=outbox.c.next_try_at.type)
_HERE = sa.and_(
    outbox.c.status == "waiting",
    outbox.c.channel.not_in(sa.bindparam("but", expanding=True, type_=sa.String)),
)
# Whether something earlier waits for the same chat. A notice that is held back on purpose blocks nobody (a leader's night);
# one that was tried, or waits for the chat's turn, does: its `error` says why it waits.
_HELD_BACK = sa.and_(
    _earlier.c.error.is_(None), _earlier.c.lease_until.is_(None), _earlier.c.next_try_at > _NOW
)
_BLOCKED = sa.exists().where(
    _earlier.c.status == "waiting",
    _earlier.c.channel == outbox.c.channel,
    _earlier.c.chat_id == outbox.c.chat_id,
    _earlier.c.id < outbox.c.id,
    ~_HELD_BACK,
)
_FREE = (
    sa.select(*ROW)
    .where(
        _HERE,
        outbox.c.next_try_at <= _NOW,
        sa.or_(outbox.c.lease_until.is_(None), outbox.c.lease_until <= _NOW),
        ~_BLOCKED,
    )
    .order_by(outbox.c.priority, outbox.c.id)
    .limit(sa.bindparam("most"))
    .with_for_update(skip_locked=True, of=outbox)
)
# In the order of what waits, or SQLite goes through all that the chat was ever sent.
_WAITS = (
    sa.select(outbox.c.id)
    .where(
        outbox.c.status == "waiting",
        outbox.c.channel == sa.bindparam("of_channel"),
        outbox.c.chat_id == sa.bindparam("of_chat"),
    )
    .order_by(outbox.c.id)
    .limit(1)
)
_LEASE = (
    sa.update(outbox)
    .where(outbox.c.id.in_(sa.bindparam("taken", expanding=True)))
    .values(lease_until=sa.bindparam("until"))
)
_LATER = sa.case(
    (outbox.c.lease_until > outbox.c.next_try_at, outbox.c.lease_until), else_=outbox.c.next_try_at
)
# Whether something stands before it is asked only of what is due: of thousands that are held back it would cost 2 µs each.
_NEXT_TRY = sa.select(sa.func.min(_LATER, type_=outbox.c.next_try_at.type)).where(
    _HERE, sa.or_(_LATER > _NOW, ~_BLOCKED)
)


def add(db: Connection, notices: Sequence[Notice], now: datetime) -> None:
    """Queues the notices, in this order, to the chats of their identities; unknown identities are a bug."""
    if not notices:
        return
    db.execute(_ADD, [_values(notice, now) for notice in notices])
    wake(db, "outbox")


def add_delayed(db: Connection, notice: Notice, now: datetime, until: datetime) -> None:
    """Queues one notice that must not be read before `until` (a leader's night)."""
    add(db, [notice], now)
    newest = sa.select(sa.func.max(outbox.c.id)).where(outbox.c.identity_id == notice.to).scalar_subquery()
    db.execute(sa.update(outbox).where(outbox.c.id == newest).values(next_try_at=until))


def has_card(db: Connection, ticket_id: int) -> Sequence[int]:
    """The groups and staff that were sent (or wait for) a card of this ticket; whoever left must not go on reading it."""
    query = (
        sa.select(outbox.c.identity_id)
        .join(identities, identities.c.id == outbox.c.identity_id)
        .outerjoin(people, people.c.id == identities.c.person_id)
        .where(
            sa.or_(identities.c.person_id.is_(None), sa.and_(people.c.active, people.c.role != Role.SENDER)),
            identities.c.reachable,
            outbox.c.ticket_id == ticket_id,
            outbox.c.kind == NoticeKind.CARD,
            outbox.c.status.in_(("waiting", "sent")),
        )
        .distinct()
    )
    return list(db.execute(query).scalars())


def was_told(db: Connection, ticket_id: int, identity_id: int, kind: NoticeKind) -> bool:
    """Whether this chat was sent a notice of this kind about the ticket, or is about to be."""
    told = (outbox.c.ticket_id == ticket_id, outbox.c.identity_id == identity_id, outbox.c.kind == kind)
    query = sa.select(outbox.c.id).where(*told, outbox.c.status.in_(("waiting", "sent"))).limit(1)
    return db.execute(query).first() is not None


def card_waits(db: Connection, ticket_id: int) -> set[int]:
    """The identities whose card of this ticket is still unsent: it will show the newest state anyway."""
    query = sa.select(outbox.c.identity_id).where(
        outbox.c.ticket_id == ticket_id,
        outbox.c.kind == NoticeKind.CARD,
        outbox.c.status == "waiting",
        outbox.c.lease_until.is_(None),
    )
    return set(db.execute(query).scalars())


def card_message(db: Connection, row: Row) -> str | None:
    """The provider's id of the newest card of this ticket in this chat: what an edit replaces."""
    query = sa.select(outbox.c.provider_id).where(
        outbox.c.ticket_id == row.ticket_id,
        outbox.c.identity_id == row.identity_id,
        outbox.c.kind == NoticeKind.CARD,
        outbox.c.status == "sent",
    )
    found: str | None = db.execute(query.order_by(outbox.c.id.desc()).limit(1)).scalar()
    return found


def ticket_of_message(db: Connection, identity_id: int, provider_id: str) -> int | None:
    """Which ticket the message `provider_id` in this chat was about: what a reply to it means."""
    found = about(db, identity_id, provider_id)
    return found[1] if found is not None else None


def about(db: Connection, identity_id: int, provider_id: str) -> tuple[str, int | None] | None:
    """The kind and the ticket of the notice that became the message `provider_id` in this chat."""
    query = sa.select(outbox.c.kind, outbox.c.ticket_id).where(
        outbox.c.identity_id == identity_id, outbox.c.provider_id == provider_id
    )
    row = db.execute(query.order_by(outbox.c.id.desc()).limit(1)).one_or_none()
    return (row.kind, row.ticket_id) if row is not None else None


def told_in(db: Connection, identity_id: int, provider_id: str) -> Row | None:
    """The notice that the message `provider_id` in this chat shows now, or is the last part of."""
    query = sa.select(*ROW).where(outbox.c.identity_id == identity_id, outbox.c.provider_id == provider_id)
    row = db.execute(query.order_by(outbox.c.id.desc()).limit(1)).one_or_none()
    return Row(*row) if row is not None else None


def claim(
    db: Connection, now: datetime, lease: timedelta, limit: int = 64, but: Collection[str] = ()
) -> Sequence[Row]:
    """The first waiting notice of each chat whose time has come, leased to the caller; urgent kinds first. None of the
    channels that somebody else serves (`but`)."""
    asked = {"now": now, "most": limit, "but": sorted(but)}
    rows = [Row(*row) for row in db.execute(_FREE, asked)]
    if rows:
        db.execute(_LEASE, {"taken": [row.id for row in rows], "until": now + lease})
    return rows


def renew(db: Connection, row_ids: Collection[int], now: datetime, lease: timedelta) -> None:
    """What is on its way for long stays leased; what was settled meanwhile is left alone."""
    mine = sa.and_(outbox.c.id.in_(row_ids), outbox.c.status == "waiting", outbox.c.lease_until.is_not(None))
    db.execute(sa.update(outbox).where(mine).values(lease_until=now + lease))


def release(db: Connection, row_id: int) -> bool:
    """Put down untouched: whoever serves its channel now may claim it at once."""
    free = _settle(db, row_id, lease_until=None)
    wake(db, "outbox")
    return free


def data_of(db: Connection, row_id: int, identity_id: int) -> Mapping[str, Any] | None:
    """What a notice to this chat told of: what a button below it is about."""
    query = sa.select(outbox.c.data).where(outbox.c.id == row_id, outbox.c.identity_id == identity_id)
    data: Mapping[str, Any] | None = db.execute(query).scalar()
    return data


def sent(db: Connection, row: Row, provider_id: str, now: datetime) -> bool:
    """Marks it sent: True once. False when it goes to another chat meanwhile: whoever was to read it has given this one up."""
    done = {"status": "sent", "sent_at": now, "provider_id": provider_id, "lease_until": None, "error": None}
    return db.execute(_SENT, {"settled": row.id, "there": row.identity_id, **done}).rowcount == 1


def part_sent(db: Connection, row: Row, part: int, now: datetime) -> bool:
    """One part of a long text is out; the row goes on with the next one before anything else in that chat. False for whoever
    comes when its lease was over and somebody else has gone on (the text never steps back), and as for `sent`."""
    ahead = _SENT.where(outbox.c.part < part)
    on = {"part": part, "attempts": 0, "lease_until": None, "next_try_at": now}
    return db.execute(ahead, {"settled": row.id, "there": row.identity_id, **on}).rowcount == 1


def retry(db: Connection, row_id: int, next_try_at: datetime, reason: str, failures: int = 1) -> bool:
    """Later again. `failures` counts towards giving up: none when the platform (or a channel that is off) said how long to wait."""
    later = {"next_try_at": next_try_at, "lease_until": None, "error": reason}
    waits = db.execute(_RETRY, {"settled": row_id, "failures": failures, **later}).rowcount == 1
    wake(db, "outbox")
    return waits


def postpone(db: Connection, row_id: int, next_try_at: datetime) -> bool:
    """Its chat's turn comes later: nothing was tried and nothing is counted, but what stands behind it waits too."""
    return _settle(db, row_id, next_try_at=next_try_at, lease_until=None, error=PACED)


def failed(db: Connection, row_id: int, reason: str) -> bool:
    return _settle(db, row_id, status="failed", error=reason, lease_until=None)


def supersede(db: Connection, row_id: int) -> bool:
    return _settle(db, row_id, status="superseded", lease_until=None)


def take_back(db: Connection, ticket_id: int, kind: NoticeKind, since: datetime) -> bool:
    """What of this kind was written on the ticket since then and still waits is not sent; whether any of it has been, or is
    on its way."""
    told = sa.and_(outbox.c.ticket_id == ticket_id, outbox.c.kind == kind, outbox.c.created_at >= since)
    waits = sa.and_(told, outbox.c.status == "waiting", outbox.c.lease_until.is_(None))
    db.execute(sa.update(outbox).where(waits).values(status="superseded"))
    return told_since(db, ticket_id, kind, since)


def told_since(db: Connection, ticket_id: int, kind: NoticeKind, since: datetime) -> bool:
    """Whether a notice of this kind on the ticket was written since then and was sent, or still waits."""
    told = (outbox.c.ticket_id == ticket_id, outbox.c.kind == kind, outbox.c.created_at >= since)
    alive = outbox.c.status.in_(("sent", "waiting"))
    return db.execute(sa.select(outbox.c.id).where(*told, alive).limit(1)).first() is not None


def waits_for(db: Connection, row: Row) -> bool:
    """Whether anything waits for the chat of this row, the row itself counted."""
    return db.execute(_WAITS, {"of_channel": row.channel, "of_chat": row.chat_id}).first() is not None


def waiting_of(db: Connection, identity_id: int) -> Sequence[Row]:
    """What waits for this chat, in order."""
    query = (
        sa.select(*ROW)
        .where(outbox.c.identity_id == identity_id, outbox.c.status == "waiting")
        .order_by(outbox.c.id)
    )
    return [Row(*row) for row in db.execute(query)]


def abandon_chat(db: Connection, identity_id: int, reason: str) -> None:
    """Nothing more can reach this chat: what waits for it is given up together."""
    waits = sa.and_(outbox.c.identity_id == identity_id, outbox.c.status == "waiting")
    db.execute(sa.update(outbox).where(waits).values(status="failed", error=reason, lease_until=None))


def move_chat(db: Connection, identity_id: int, chat_id: str, now: datetime) -> None:
    """A migrated group: what waits goes to the new chat, at once."""
    waits = sa.and_(outbox.c.identity_id == identity_id, outbox.c.status == "waiting")
    db.execute(sa.update(outbox).where(waits).values(chat_id=chat_id, lease_until=None, next_try_at=now))
    wake(db, "outbox")


def next_try_at(db: Connection, now: datetime, but: Collection[str] = ()) -> datetime | None:
    """When the next waiting row may be tried (or its lease ends): what the sender sleeps until. Without channels `but`.

    What is due and stands behind another row of its chat does not count: it would be looked at for ever.
    """
    at: datetime | None = db.execute(_NEXT_TRY, {"now": now, "but": sorted(but)}).scalar()
    return at


def clock_went_back(db: Connection, now: datetime) -> int:
    """What was written, or put off, by a clock that was ahead waits no longer; how many rows. What is held back on purpose
    (a leader's night: neither tried nor from the future) goes on waiting."""
    waits = sa.and_(outbox.c.status == "waiting", outbox.c.next_try_at > now, outbox.c.lease_until.is_(None))
    ahead = sa.or_(outbox.c.error.is_not(None), outbox.c.created_at > now)
    freed = db.execute(sa.update(outbox).where(waits, ahead).values(next_try_at=now))
    wake(db, "outbox")
    return freed.rowcount


def release_leases(db: Connection, now: datetime) -> None:
    """At the start of a single process: what a dead one had in hand is free at once."""
    db.execute(
        sa.update(outbox)
        .where(outbox.c.status == "waiting", outbox.c.lease_until.is_not(None))
        .values(lease_until=None)
    )


def _settle(db: Connection, row_id: int, **values: Any) -> bool:
    return db.execute(_SETTLE, {"settled": row_id, **values}).rowcount == 1


def _values(notice: Notice, now: datetime) -> dict[str, Any]:
    return {
        "id": new_id(now),
        "to": notice.to,
        "kind": str(notice.kind),
        "ticket_id": notice.ticket,
        "data": dict(notice.data),
        "priority": int(notice.priority),
        "next_try_at": now,
        "created_at": now,
    }
