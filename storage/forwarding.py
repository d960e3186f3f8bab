"""Waiting notices that go to another chat of the same person than the one they were written for."""

from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from storage.database import wake
from storage.outbox import Row
from storage.people import Identity
from storage.schema import outbox

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


def forward(db: Connection, row_id: int, to: Identity, tried: Sequence[int], now: datetime) -> bool:
    """The notice goes to this chat, whole and at once; its id, and so its turn among others there, stays. False when it was
    settled meanwhile. `tried`: the chats that it could not be sent to."""
    address = {"identity_id": to.id, "channel": to.channel, "bot": to.bot, "chat_id": to.chat_id}
    asked = {"moved": row_id, "now": now, "tried": list(tried), **address}
    wake(db, "outbox")
    return db.execute(_FORWARD, asked).rowcount == 1
