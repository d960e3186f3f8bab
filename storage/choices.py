"""What a channel without buttons offered in a chat, by number: so that a number can be read as a press."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from storage.schema import choices

KEPT = timedelta(days=7)
"""A card that changes later than this is simply shown again."""


@dataclass(frozen=True, slots=True)
class Place:
    """A chat as its platform names it."""

    channel: str
    bot: str
    chat_id: str


@dataclass(frozen=True, slots=True)
class Shown:
    """One message with (label, payload) pairs in the order of their numbers. `heard`: the person has written since."""

    outbox_id: int
    provider_id: str
    about: str
    offered: tuple[tuple[str, str], ...]
    heard: bool


def keep(db: Connection, place: Place, shown: Shown, now: datetime) -> None:
    """Notes what the newest message of this chat offers; the same notice again replaces itself. What is old goes, everywhere."""
    old = choices.c.shown_at < now - KEPT
    db.execute(sa.delete(choices).where(sa.or_(choices.c.outbox_id == shown.outbox_id, old)))
    db.execute(sa.insert(choices).values(**_values(place, shown), shown_at=now))


def newest_first(db: Connection, place: Place, since: datetime) -> Sequence[Shown]:
    """What this chat was shown from `since` on."""
    query = sa.select(choices).where(_of(place), choices.c.shown_at >= since)
    rows = db.execute(query.order_by(choices.c.shown_at.desc(), choices.c.outbox_id.desc()))
    return [_shown(row) for row in rows]


def of_message(db: Connection, place: Place, provider_id: str) -> Shown | None:
    """What the message `provider_id` of this chat offers; None when it is not known (any more)."""
    query = sa.select(choices).where(_of(place), choices.c.provider_id == provider_id)
    row = db.execute(query.order_by(choices.c.outbox_id.desc()).limit(1)).one_or_none()
    return _shown(row) if row is not None else None


def heard(db: Connection, place: Place) -> None:
    """The person has written: what stands above was read."""
    db.execute(sa.update(choices).where(_of(place), choices.c.heard.is_(False)).values(heard=True))


def forget(db: Connection, place: Place) -> None:
    """All of a chat, when its person is erased."""
    db.execute(sa.delete(choices).where(_of(place)))


def _of(place: Place) -> sa.ColumnElement[bool]:
    where = (choices.c.channel == place.channel, choices.c.bot == place.bot)
    return sa.and_(*where, choices.c.chat_id == place.chat_id)


def _values(place: Place, shown: Shown) -> dict[str, Any]:
    return {
        "channel": place.channel,
        "bot": place.bot,
        "chat_id": place.chat_id,
        "outbox_id": shown.outbox_id,
        "provider_id": shown.provider_id,
        "about": shown.about,
        "offered": [list(one) for one in shown.offered],
        "heard": shown.heard,
    }


def _shown(row: Any) -> Shown:
    offered = tuple((str(label), str(payload)) for label, payload in row.offered)
    return Shown(row.outbox_id, row.provider_id, row.about, offered, row.heard)
