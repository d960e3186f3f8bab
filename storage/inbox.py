"""Raw updates: stored before they are acknowledged, run from here in the order of each chat."""

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from storage.database import wake
from storage.ids import new_id
from storage.leases import in_turn
from storage.points import reach
from storage.schema import inbox
from storage.statements import of_each

SEALED = "sealed"

_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class Waiting:
    """One stored update that nobody has handled yet."""

    id: int
    channel: str
    bot: str
    update_id: str
    chat_id: str
    raw: Mapping[str, Any]
    received_at: datetime
    attempts: int


_CHAT = (inbox.c.channel, inbox.c.bot, inbox.c.chat_id)
_WAITING = [inbox.c[name] for name in Waiting.__dataclass_fields__]
_OLDEST = (
    sa.select(*_WAITING).where(inbox.c.status == "waiting").order_by(inbox.c.id).limit(sa.bindparam("most"))
)
_STORE = of_each(lambda insert: insert(inbox).on_conflict_do_nothing())
_MARK_DONE = (
    sa.update(inbox)
    .where(inbox.c.id == sa.bindparam("taken"), inbox.c.status == "waiting")
    .values(status="done", handled_at=sa.bindparam("now"), error=None)
)


def store(
    db: Connection,
    channel: str,
    bot: str,
    update_id: str,
    chat_id: str,
    raw: Mapping[str, Any],
    received_at: datetime,
) -> bool:
    """Keeps one raw update; halves of surrogate pairs and NUL, which no database takes, become U+FFFD.

    False when this very update is here already (the platform said it twice).
    """
    values = {
        "id": new_id(received_at),
        "channel": channel,
        "bot": bot,
        "update_id": update_id,
        "chat_id": chat_id,
        "raw": _storable(raw),
        "received_at": received_at,
    }
    stored = db.execute(_STORE[db.dialect.name], values).rowcount == 1
    reach("stored")
    wake(db, "inbox")
    return stored


def waiting(db: Connection, limit: int = 256, now: datetime | None = None) -> Sequence[Waiting]:
    """The oldest updates that wait, oldest first."""
    return [Waiting(*row) for row in db.execute(_OLDEST, {"most": limit})]


def claim(db: Connection, now: datetime, lease: timedelta, limit: int) -> Sequence[Waiting]:
    """As `waiting`, of chats that no other process has in hand, leased to the caller: chats of one batch are its own until
    it is done with them or `lease` is over. (Then two may try the same update; `mark_done` lets one of them have it.)"""
    # One claim after another: a row that arrives between two claims must not go to another process than its chat did.
    in_turn(db, "inbox")
    in_hand = sa.select(*_CHAT).where(inbox.c.status == "waiting", inbox.c.lease_until > now)
    query = (
        sa.select(*_WAITING)
        .where(inbox.c.status == "waiting", sa.tuple_(*_CHAT).not_in(in_hand))
        .order_by(inbox.c.id)
        .limit(limit)
    )
    rows = [Waiting(*row) for row in db.execute(query)]
    if rows:
        taken = sa.update(inbox).where(inbox.c.id.in_([row.id for row in rows]), inbox.c.status == "waiting")
        db.execute(taken.values(lease_until=now + lease))
    return rows


def release(db: Connection, inbox_ids: Sequence[int]) -> None:
    """What was claimed and not handled is free again."""
    db.execute(sa.update(inbox).where(inbox.c.id.in_(inbox_ids)).values(lease_until=None))


def raw_of(db: Connection, channel: str, bot: str, update_id: str) -> Mapping[str, Any] | None:
    """The raw form of one update, whatever became of it; None when there was none of this name."""
    named = (inbox.c.channel == channel, inbox.c.bot == bot, inbox.c.update_id == update_id)
    raw: Mapping[str, Any] | None = db.execute(sa.select(inbox.c.raw).where(*named)).scalar()
    return raw


def kept(db: Connection, inbox_id: int, channel: str, chat_id: str) -> Waiting | None:
    """An update of this chat, handled or not; None for any other chat's."""
    where = sa.and_(inbox.c.id == inbox_id, inbox.c.channel == channel, inbox.c.chat_id == chat_id)
    row = db.execute(sa.select(*_WAITING).where(where)).one_or_none()
    return Waiting(*row) if row is not None else None


def seal(db: Connection, inbox_id: int | None, close: Callable[[str], bytes]) -> None:
    """The raw form of words that only named readers may read: kept, but closed with them."""
    raw = db.execute(sa.select(inbox.c.raw).where(inbox.c.id == inbox_id)).scalar()
    if raw is not None and SEALED not in raw:
        closed = close(json.dumps(raw)).hex()
        db.execute(sa.update(inbox).where(inbox.c.id == inbox_id).values(raw={SEALED: closed}))


def chat_of(db: Connection, inbox_id: int) -> tuple[str, str, str] | None:
    """Channel, bot and chat of a stored update."""
    row = db.execute(
        sa.select(inbox.c.channel, inbox.c.bot, inbox.c.chat_id).where(inbox.c.id == inbox_id)
    ).one_or_none()
    return (row.channel, row.bot, row.chat_id) if row is not None else None


def mark_done(db: Connection, inbox_id: int, now: datetime) -> bool:
    """Takes the update for this transaction: True for exactly one of all who try."""
    taken = db.execute(_MARK_DONE, {"taken": inbox_id, "now": now})
    reach("claimed")
    return taken.rowcount == 1


def note_failure(db: Connection, inbox_id: int, error: str, now: datetime, poison_after: int = 3) -> bool:
    """Counts a failed attempt; True when the update is set aside as poison. `error` names the exception's type, never its text."""
    attempts = db.execute(
        sa.update(inbox)
        .where(inbox.c.id == inbox_id, inbox.c.status == "waiting")
        .values(attempts=inbox.c.attempts + 1, error=error)
        .returning(inbox.c.attempts)
    ).scalar()
    if attempts is None or attempts < poison_after:
        return False
    db.execute(sa.update(inbox).where(inbox.c.id == inbox_id).values(status="poison", handled_at=now))
    return True


def _storable(value: Any) -> Any:
    match value:
        case str() if _UNSTORABLE.search(value):
            return _UNSTORABLE.sub("\ufffd", value)
        case Mapping():
            return {_storable(name): _storable(inner) for name, inner in value.items()}
        case list() | tuple():
            return [_storable(inner) for inner in value]
    return value
