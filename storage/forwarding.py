"""Waiting notices that go to another chat of the same person than the one they were written for."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from core.ids import PersonId
from core.notices import Notice, NoticeKind
from storage.database import wake
from storage.outbox import ROW, Row, add
from storage.people import Identity
from storage.schema import identities, outbox, tickets

# What is held back on purpose (a leader's night) is neither tried nor leased, and stays so.
_HELD_BACK = sa.and_(outbox.c.error.is_(None), outbox.c.lease_until.is_(None))
_FORWARD = (
    sa.update(outbox)
    .where(outbox.c.id == sa.bindparam("moved"), outbox.c.status == "waiting")
    .values(
        next_try_at=sa.case((_HELD_BACK, outbox.c.next_try_at), else_=sa.bindparam("now")),
        part=0,
        attempts=0,
        lease_until=None,
        error=None,
    )
)


def waits_there(db: Connection, row: Row) -> bool:
    """Whether the notice is still to be sent to this very chat: it may have been settled, or moved, while it was on its way."""
    query = sa.select(outbox.c.identity_id).where(outbox.c.id == row.id, outbox.c.status == "waiting")
    return db.execute(query).scalar() == row.identity_id


def forward(
    db: Connection,
    row_id: int,
    to: Identity,
    tried: Sequence[int],
    now: datetime,
    data: Mapping[str, Any] | None = None,
) -> bool:
    """The notice goes to this chat, whole and at once; its id, and so its turn among others there, stays. False when it was
    settled meanwhile. `tried`: the chats that it could not be sent to; `data`: what it says from now on."""
    address = {"identity_id": to.id, "channel": to.channel, "bot": to.bot, "chat_id": to.chat_id}
    said = {} if data is None else {"data": dict(data)}
    asked = {"moved": row_id, "now": now, "tried": list(tried), **address, **said}
    wake(db, "outbox")
    return db.execute(_FORWARD, asked).rowcount == 1


_UNDELIVERED = (
    sa.select(*ROW)
    .join(identities, identities.c.id == outbox.c.identity_id)
    .where(
        outbox.c.ticket_id.in_(sa.select(tickets.c.id).where(tickets.c.sender_id == sa.bindparam("person"))),
        identities.c.person_id == sa.bindparam("person"),
        outbox.c.status == "failed",
        outbox.c.kind.in_(sa.bindparam("kinds", expanding=True)),
    )
    .order_by(outbox.c.id)
)
_NEWEST = (
    sa.select(outbox.c.status)
    .where(
        outbox.c.ticket_id == sa.bindparam("ticket"), outbox.c.kind.in_(sa.bindparam("kinds", expanding=True))
    )
    .order_by(outbox.c.id.desc())
    .limit(1)
)


def undelivered(db: Connection, person: PersonId, kinds: Sequence[NoticeKind]) -> Sequence[Row]:
    """What of these kinds was given up on the way to this person, about what they wrote, in its order."""
    return [Row(*row) for row in db.execute(_UNDELIVERED, {"person": person, "kinds": list(kinds)})]


def newest_status(db: Connection, ticket_id: int, kinds: Sequence[NoticeKind]) -> str | None:
    """What became of the newest notice of these kinds about the ticket; None when there is none."""
    found: str | None = db.execute(_NEWEST, {"ticket": ticket_id, "kinds": list(kinds)}).scalar()
    return found


def send_again(db: Connection, row: Row, to: Identity, data: Mapping[str, Any], now: datetime) -> bool:
    """What was given up waits again, whole, for this chat. False when somebody else took it up meanwhile."""
    address = {"identity_id": to.id, "channel": to.channel, "bot": to.bot, "chat_id": to.chat_id}
    anew = {"status": "waiting", "part": 0, "attempts": 0, "tried": [], "error": None, "next_try_at": now}
    given_up = sa.and_(outbox.c.id == row.id, outbox.c.status == "failed")
    taken = db.execute(sa.update(outbox).where(given_up).values(**address, **anew, data=dict(data)))
    wake(db, "outbox")
    return taken.rowcount == 1


def keep_unsent(db: Connection, notice: Notice, now: datetime) -> None:
    """A notice to a chat that cannot be written to: given up at once, and kept for when it can."""
    add(db, [notice], now)
    newest = sa.select(sa.func.max(outbox.c.id)).where(outbox.c.identity_id == notice.to).scalar_subquery()
    db.execute(sa.update(outbox).where(outbox.c.id == newest).values(status="failed", error="unreachable"))
