"""Many notices for one chat become one list; and the lists of a burst, which are edited when their tickets change."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from core.notices import NoticeKind
from core.ticket import TicketClass
from storage.ids import earlier_id
from storage.outbox import ROW, Row
from storage.schema import IS_NEWS, identities, outbox, tickets

BURST = 3
# As many short lines as one message of 4096 characters holds (bot/cards_lists.py), also with everybody's name in them.
CARDS_A_LIST = 90
REMINDERS_A_LIST = 1000
# A telephone that rings all the time is put aside. Whose chat was shown more than BURST new tickets within the spell gets
# what is new in one list, and the next one after the pause at the earliest.
PRIVATE_SPELL = timedelta(minutes=2)
PRIVATE_PAUSE = timedelta(minutes=1)
# No list began to wait longer before a ticket that it shows: older ones need not be read.
LONGEST_WAIT = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class Gathering:
    """What becomes of notices of one kind that wait for the same chat: more than `over` of them become one list. A private chat
    that was told of more than `over` of late is told again after `pause`, of all at once, or when a list is full."""

    into: NoticeKind
    over: int
    at_most: int
    pause: timedelta = timedelta(0)


# In a burst 20 messages a minute would drown the gate's group, and a thousand cards an officer's telephone; in the morning
# ten reminders would drown an officer.
GATHERED: Mapping[str, Gathering] = MappingProxyType(
    {
        NoticeKind.CARD: Gathering(NoticeKind.CARDS_LIST, BURST, CARDS_A_LIST, PRIVATE_PAUSE),
        NoticeKind.TASK_REMINDER: Gathering(NoticeKind.TASK_DIGEST, 1, REMINDERS_A_LIST),
    }
)


@dataclass(frozen=True, slots=True)
class SentList:
    """A list that stands in a chat: its message there and the tickets that it shows."""

    identity_id: int
    provider_id: str
    ticket_ids: tuple[int, ...]


def gather(db: Connection, row: Row, now: datetime, at_most: int = CARDS_A_LIST) -> Row | None:
    """The row itself, or the one list of `at_most` that it and those behind it became; None when it waits for the next list.

    The card of an urgent ticket stays a card, and so does that of whoever holds the ticket.
    """
    rule = GATHERED.get(row.kind)
    # What is half said cannot become something else.
    if rule is None or row.part or not _may_gather(row):
        return row
    most = min(rule.at_most, at_most) if row.kind == NoticeKind.CARD else rule.at_most
    asked = {"mine": row.id, "to": row.identity_id, "chat": row.chat_id, "same": row.kind, "now": now}
    waiting = [one for one in db.execute(_SAME, asked | {"most": most}) if _may_gather(one)]
    if row.id not in (one.id for one in waiting):
        return row
    rang = _rang(db, row, rule, now) if rule.pause and not row.chat_id.startswith("-") else None
    # A full list would not become fuller by waiting.
    if rang and rang + rule.pause > now and len(waiting) < most:
        _put_off(db, [one.id for one in waiting], rang + rule.pause)
        return None
    return _as_list(db, row, rule, waiting) if len(waiting) > (1 if rang else rule.over) else row


def _rang(db: Connection, row: Row, rule: Gathering, now: datetime) -> datetime | None:
    """When this private chat was last told of new tickets, if that were more than `over` within the spell until `now`: a card
    counts once, a list as often as it names tickets, so that lists do not end the spell that they are sent in."""
    asked = {"to": row.identity_id, "since": now - PRIVATE_SPELL, "now": now}
    news = [(one.sent_at, _news(one)) for one in db.execute(_NEWS, asked)]
    rings = sum(count for _, count in news) > rule.over
    return max(at for at, count in news if count) if rings else None


def _news(row: Any) -> int:
    """Of how many new tickets this notice told; an edit tells of none."""
    if row.kind == NoticeKind.CARD:
        return int(_may_gather(row))
    return 0 if "edits" in row.data else len(row.data["ticket_ids"])


def _put_off(db: Connection, row_ids: Sequence[int], until: datetime) -> None:
    """Held back on purpose: neither tried nor leased, so that nothing else waits behind them (storage/outbox.py)."""
    db.execute(_PUT_OFF, {"those": row_ids, "until": until})


def _as_list(db: Connection, row: Row, rule: Gathering, waiting: Sequence[Any]) -> Row:
    others = [one.id for one in waiting if one.id != row.id]
    db.execute(sa.update(outbox).where(outbox.c.id.in_(others)).values(status="superseded"))
    if rule.into == NoticeKind.CARDS_LIST:
        _drop_pictures(db, row, [one.ticket_id for one in waiting])
    values = {"kind": str(rule.into), "data": _merged(row.kind, waiting), "ticket_id": None}
    changed = db.execute(
        sa.update(outbox).where(outbox.c.id == row.id).values(**values).returning(*ROW)
    ).one()
    return Row(*changed)


def _drop_pictures(db: Connection, row: Row, ticket_ids: Sequence[int]) -> None:
    """A list shows none: whoever takes a ticket of it, or opens it, is shown its pictures then."""
    theirs = sa.and_(outbox.c.ticket_id.in_(ticket_ids), outbox.c.identity_id == row.identity_id)
    waits = sa.and_(outbox.c.kind == NoticeKind.PHOTO, outbox.c.status == "waiting")
    db.execute(
        sa.update(outbox).where(theirs, waits, outbox.c.lease_until.is_(None)).values(status="superseded")
    )


def listed_in(db: Connection, chats: Collection[int], ticket_id: int) -> set[int]:
    """Those of the chats that have, or are about to have, the ticket in a list."""
    found = db.execute(_LISTING, _named(chats, ticket_id)) if chats else ()
    return {row.identity_id for row in found if ticket_id in row.data["ticket_ids"]}


def lists_showing(db: Connection, chats: Collection[int], ticket_id: int) -> Sequence[SentList]:
    """The lists in these chats that show the ticket, the oldest first."""
    found = (
        SentList(row.identity_id, row.provider_id, tuple(row.data["ticket_ids"]))
        for row in db.execute(_SHOWING, _named(chats, ticket_id))
    )
    # Each edit is a row of its own for the same message.
    return list(dict.fromkeys(one for one in found if ticket_id in one.ticket_ids))


def _named(chats: Collection[int], ticket_id: int) -> dict[str, Any]:
    return {"chats": list(chats), "ticket": str(ticket_id), "since": earlier_id(ticket_id, LONGEST_WAIT)}


def edits_to_come(db: Connection, chat: int) -> Mapping[str, datetime]:
    """Which messages of this chat will be edited anyway, and when."""
    found = db.execute(_EDITS, {"chat": chat})
    return {row.data["edits"]: row.next_try_at for row in found if "edits" in row.data}


# Built once: a burst asks for every card.
_NOW = sa.bindparam("now", type_=outbox.c.next_try_at.type)
_SAME = (
    sa.select(outbox.c.id, outbox.c.ticket_id, outbox.c.kind, outbox.c.data)
    .join(identities, identities.c.id == outbox.c.identity_id)
    .outerjoin(tickets, tickets.c.id == outbox.c.ticket_id)
    .where(
        outbox.c.status == "waiting",
        outbox.c.chat_id == sa.bindparam("chat"),  # by the index of what waits for a chat
        outbox.c.identity_id == sa.bindparam("to"),
        outbox.c.kind == sa.bindparam("same"),
        outbox.c.next_try_at <= _NOW,
        # What is on its way already stays what it is.
        sa.or_(
            outbox.c.id == sa.bindparam("mine"), outbox.c.lease_until.is_(None), outbox.c.lease_until <= _NOW
        ),
        sa.or_(
            tickets.c.id.is_(None),
            sa.and_(
                tickets.c.ticket_class != TicketClass.URGENT,
                # NULL on either side: nobody holds it, or it is a group's.
                sa.func.coalesce(tickets.c.holder_id, 0) != sa.func.coalesce(identities.c.person_id, -1),
            ),
        ),
    )
    .order_by(outbox.c.id)
    .limit(sa.bindparam("most"))
)
_PUT_OFF = (
    sa.update(outbox)
    .where(outbox.c.id.in_(sa.bindparam("those", expanding=True)))
    .values(next_try_at=sa.bindparam("until"), lease_until=None, error=None)
)
# By the index of cards (ticket, chat, kind): a list is a notice about no ticket.
_IS_LIST = sa.and_(outbox.c.ticket_id.is_(None), outbox.c.kind == NoticeKind.CARDS_LIST)
_NEWS = sa.select(outbox.c.kind, outbox.c.data, outbox.c.sent_at).where(
    IS_NEWS,
    outbox.c.identity_id == sa.bindparam("to"),
    outbox.c.sent_at > sa.bindparam("since", type_=outbox.c.sent_at.type),
    # A clock that went back must not put aside a telephone for what it was told later.
    outbox.c.sent_at <= _NOW,
)
_LISTS = sa.select(outbox.c.identity_id, outbox.c.provider_id, outbox.c.data, outbox.c.next_try_at).where(
    _IS_LIST
)
_LISTING = _LISTS.where(
    outbox.c.identity_id.in_(sa.bindparam("chats", expanding=True)),
    outbox.c.id > sa.bindparam("since"),
    outbox.c.status.in_(("waiting", "sent")),
    sa.cast(outbox.c.data, sa.Text).contains(sa.bindparam("ticket")),
).order_by(outbox.c.id)
_SHOWING = _LISTING.where(outbox.c.status == "sent", outbox.c.provider_id != "")
_EDITS = _LISTS.where(
    outbox.c.identity_id == sa.bindparam("chat"),
    outbox.c.status == "waiting",
    outbox.c.lease_until.is_(None),
)


def _may_gather(row: Any) -> bool:
    """An edit of a card that is there already adds no message, and only it takes the old button away; a card that was asked
    for, or asks something of its own, is no news."""
    if row.kind != NoticeKind.CARD:
        return "edits" not in row.data
    return bool(row.data.get("fresh")) and row.data.keys() <= {"fresh", "first"}


def _merged(kind: str, rows: Sequence[Any]) -> dict[str, Any]:
    if kind == NoticeKind.CARD:
        return {"ticket_ids": [row.ticket_id for row in rows]}
    return {"items": [dict(row.data) for row in rows]}
