"""Many notices for one chat become one list; and the lists of a burst, which are edited when their tickets change."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from core.notices import NoticeKind
from storage.outbox import ROW, Row
from storage.schema import outbox

GROUP_BURST = 3
# As many short lines as one message of 4096 characters holds (bot/cards_lists.py), also with everybody's name in them.
CARDS_A_LIST = 90
REMINDERS_A_LIST = 1000


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


@dataclass(frozen=True, slots=True)
class SentList:
    """A list that stands in a group: its message there and the tickets that it shows."""

    identity_id: int
    provider_id: str
    ticket_ids: tuple[int, ...]


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
        sa.update(outbox).where(outbox.c.id == row.id).values(**values).returning(*ROW)
    ).one()
    return Row(*changed)


def lists_showing(db: Connection, chats: Collection[int], ticket_id: int) -> Sequence[SentList]:
    """The lists in these chats that show the ticket, the oldest first."""
    named = {"chats": list(chats), "ticket": str(ticket_id)}
    found = (
        SentList(row.identity_id, row.provider_id, tuple(row.data["ticket_ids"]))
        for row in db.execute(_SHOWING, named)
    )
    # Each edit is a row of its own for the same message.
    return list(dict.fromkeys(one for one in found if ticket_id in one.ticket_ids))


def edits_to_come(db: Connection, chat: int) -> Mapping[str, datetime]:
    """Which messages of this chat will be edited anyway, and when."""
    found = db.execute(_EDITS, {"chat": chat})
    return {row.data["edits"]: row.next_try_at for row in found if "edits" in row.data}


# By the index of cards (ticket, chat, kind): a list is a notice about no ticket.
_LISTS = sa.select(outbox.c.identity_id, outbox.c.provider_id, outbox.c.data, outbox.c.next_try_at).where(
    outbox.c.ticket_id.is_(None), outbox.c.kind == NoticeKind.CARDS_LIST
)
_SHOWING = _LISTS.where(
    outbox.c.identity_id.in_(sa.bindparam("chats", expanding=True)),
    outbox.c.status == "sent",
    outbox.c.provider_id.is_not(None),
    sa.cast(outbox.c.data, sa.Text).contains(sa.bindparam("ticket")),
).order_by(outbox.c.id)
_EDITS = _LISTS.where(
    outbox.c.identity_id == sa.bindparam("chat"),
    outbox.c.status == "waiting",
    outbox.c.lease_until.is_(None),
)


def _may_gather(row: Any) -> bool:
    """An edit of a card that is there already adds no message, and only it takes the old button away."""
    return "edits" not in row.data and (row.kind != NoticeKind.CARD or bool(row.data.get("fresh")))


def _merged(kind: str, rows: Sequence[Any]) -> dict[str, Any]:
    if kind == NoticeKind.CARD:
        return {"ticket_ids": [row.ticket_id for row in rows]}
    return {"items": [dict(row.data) for row in rows]}
