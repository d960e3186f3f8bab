"""Notices that wait to be sent: written with the fact they tell of, sent after its commit, at least once."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from core.notices import Notice, NoticeKind
from core.people import Role
from storage.database import wake
from storage.ids import new_id
from storage.schema import identities, outbox, people

GROUP_BURST = 3
# As many lines as one message of 4096 characters holds.
CARDS_A_LIST = 35
REMINDERS_A_LIST = 1000
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


_ROW = [outbox.c[name] for name in Row.__dataclass_fields__]
_earlier = outbox.alias("earlier")


def add(db: Connection, notices: Sequence[Notice], now: datetime) -> None:
    """Queues the notices, in this order, to the chats of their identities; unknown identities are a bug."""
    if not notices:
        return
    wanted = {notice.to for notice in notices}
    columns = (identities.c.id, identities.c.channel, identities.c.bot, identities.c.chat_id)
    known = {row.id: row for row in db.execute(sa.select(*columns).where(identities.c.id.in_(wanted)))}
    db.execute(sa.insert(outbox), [_values(notice, known[notice.to], now) for notice in notices])
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


def claim(db: Connection, now: datetime, lease: timedelta, limit: int = 64) -> Sequence[Row]:
    """The first waiting notice of each chat whose time has come, leased to the caller; urgent kinds first."""
    free = sa.or_(outbox.c.lease_until.is_(None), outbox.c.lease_until <= now)
    query = (
        sa.select(*_ROW)
        .where(outbox.c.status == "waiting", outbox.c.next_try_at <= now, free, ~_blocked(now))
        .order_by(outbox.c.priority, outbox.c.id)
        .limit(limit)
        .with_for_update(skip_locked=True, of=outbox)
    )
    rows = [Row(*row) for row in db.execute(query)]
    if rows:
        taken = sa.update(outbox).where(outbox.c.id.in_([row.id for row in rows]))
        db.execute(taken.values(lease_until=now + lease))
    return rows


def _blocked(now: datetime) -> sa.Exists:
    """Whether something earlier waits for the same chat. A notice that is held back on purpose blocks nobody (a leader's
    night); one that was tried, or waits for the chat's turn, does: its `error` says why it waits."""
    held_back = sa.and_(
        _earlier.c.error.is_(None), _earlier.c.lease_until.is_(None), _earlier.c.next_try_at > now
    )
    return sa.exists().where(
        _earlier.c.status == "waiting",
        _earlier.c.channel == outbox.c.channel,
        _earlier.c.chat_id == outbox.c.chat_id,
        _earlier.c.id < outbox.c.id,
        ~held_back,
    )


@dataclass(frozen=True, slots=True)
class Gathering:
    """What becomes of notices of one kind that wait for the same chat: more than `over` of them become one list."""

    into: NoticeKind
    over: int
    at_most: int
    only_groups: bool


# In a burst 20 messages a minute would drown the gate's group; in the morning ten reminders would drown an officer.
GATHERED: Mapping[str, Gathering] = MappingProxyType(
    {
        NoticeKind.CARD: Gathering(NoticeKind.CARDS_LIST, GROUP_BURST, CARDS_A_LIST, only_groups=True),
        NoticeKind.TASK_REMINDER: Gathering(NoticeKind.TASK_DIGEST, 1, REMINDERS_A_LIST, only_groups=False),
    }
)


def gather(db: Connection, row: Row, now: datetime) -> Row:
    """The row itself, or the one list that it and those behind it became."""
    rule = GATHERED.get(row.kind)
    # What is half said cannot become something else.
    if rule is None or row.part or not _may_gather(row):
        return row
    same = sa.and_(
        outbox.c.status == "waiting",
        outbox.c.identity_id == row.identity_id,
        outbox.c.kind == row.kind,
        outbox.c.next_try_at <= now,
    )
    columns = (outbox.c.id, outbox.c.ticket_id, outbox.c.kind, outbox.c.data)
    found = db.execute(sa.select(*columns).where(same).order_by(outbox.c.id).limit(rule.at_most)).all()
    waiting = [one for one in found if _may_gather(one)]
    if len(waiting) <= rule.over:
        return row
    others = [one.id for one in waiting if one.id != row.id]
    db.execute(sa.update(outbox).where(outbox.c.id.in_(others)).values(status="superseded"))
    values = {"kind": str(rule.into), "data": _merged(row.kind, waiting), "ticket_id": None}
    changed = db.execute(
        sa.update(outbox).where(outbox.c.id == row.id).values(**values).returning(*_ROW)
    ).one()
    return Row(*changed)


def _may_gather(row: Any) -> bool:
    """An edit of a card that is there already adds no message, and only it takes the old button away."""
    return row.kind != NoticeKind.CARD or bool(row.data.get("fresh"))


def _merged(kind: str, rows: Sequence[Any]) -> dict[str, Any]:
    if kind == NoticeKind.CARD:
        return {"ticket_ids": [row.ticket_id for row in rows]}
    return {"items": [dict(row.data) for row in rows]}


def data_of(db: Connection, row_id: int, identity_id: int) -> Mapping[str, Any] | None:
    """What a notice to this chat told of: what a button below it is about."""
    query = sa.select(outbox.c.data).where(outbox.c.id == row_id, outbox.c.identity_id == identity_id)
    data: Mapping[str, Any] | None = db.execute(query).scalar()
    return data


def sent(db: Connection, row_id: int, provider_id: str, now: datetime) -> bool:
    """Marks it sent: True once."""
    return _settle(
        db, row_id, status="sent", sent_at=now, provider_id=provider_id, lease_until=None, error=None
    )


def part_sent(db: Connection, row_id: int, part: int, now: datetime) -> bool:
    """One part of a long text is out; the row goes on with the next one before anything else in that chat."""
    return _settle(db, row_id, part=part, attempts=0, lease_until=None, next_try_at=now)


def retry(db: Connection, row_id: int, next_try_at: datetime, reason: str, failures: int = 1) -> bool:
    """Later again. `failures` counts towards giving up: none when the platform (or a channel that is off) said how long to wait."""
    attempts = outbox.c.attempts + failures
    waits = _settle(db, row_id, next_try_at=next_try_at, lease_until=None, error=reason, attempts=attempts)
    wake(db, "outbox")
    return waits


def postpone(db: Connection, row_id: int, next_try_at: datetime) -> bool:
    """Its chat's turn comes later: nothing was tried and nothing is counted, but what stands behind it waits too."""
    return _settle(db, row_id, next_try_at=next_try_at, lease_until=None, error=PACED)


def failed(db: Connection, row_id: int, reason: str) -> bool:
    return _settle(db, row_id, status="failed", error=reason, lease_until=None)


def supersede(db: Connection, row_id: int) -> bool:
    return _settle(db, row_id, status="superseded", lease_until=None)


def waiting_of(db: Connection, identity_id: int) -> Sequence[Row]:
    """What waits for this chat, in order."""
    query = (
        sa.select(*_ROW)
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


def next_try_at(db: Connection, now: datetime) -> datetime | None:
    """When the next waiting row may be tried (or its lease ends): what the sender sleeps until.

    What stands behind another row of its chat does not count: it may be long due, and would be looked at for ever.
    """
    later = sa.case(
        (outbox.c.lease_until > outbox.c.next_try_at, outbox.c.lease_until), else_=outbox.c.next_try_at
    )
    at: datetime | None = db.execute(
        sa.select(sa.func.min(later, type_=outbox.c.next_try_at.type)).where(
            outbox.c.status == "waiting", ~_blocked(now)
        )
    ).scalar()
    return at


def release_leases(db: Connection, now: datetime) -> None:
    """At the start of a single process: what a dead one had in hand is free at once."""
    db.execute(
        sa.update(outbox)
        .where(outbox.c.status == "waiting", outbox.c.lease_until.is_not(None))
        .values(lease_until=None)
    )


def _settle(db: Connection, row_id: int, **values: Any) -> bool:
    done = db.execute(
        sa.update(outbox).where(outbox.c.id == row_id, outbox.c.status == "waiting").values(**values)
    )
    return done.rowcount == 1


def _values(notice: Notice, to: Any, now: datetime) -> dict[str, Any]:
    return {
        "id": new_id(now),
        "identity_id": to.id,
        "channel": to.channel,
        "bot": to.bot,
        "chat_id": to.chat_id,
        "kind": str(notice.kind),
        "ticket_id": notice.ticket,
        "data": dict(notice.data),
        "priority": int(notice.priority),
        "next_try_at": now,
        "created_at": now,
    }
