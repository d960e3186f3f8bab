"""Which ticket a chat's lists name by a few digits."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from core.notices import NoticeKind
from storage.schema import outbox, tickets

_LISTS = [
    str(kind)
    for kind in (
        NoticeKind.CARDS_LIST,
        NoticeKind.MY_QUEUE,
        NoticeKind.MY_SHIFT,
        NoticeKind.SHIFT_ENDING,
        NoticeKind.PLACE_MESSAGE,
    )
]
_AT_MOST = 100


def listed_code(db: Connection, identity_id: int, ending: str, since: datetime) -> str | None:
    """The code with this ending ("-0004") in the newest list that this chat was sent from `since` on and that names one; of
    two days' the later one."""
    lists = _lists(db, identity_id, since)
    wanted = {number for shown in lists for number in shown}
    ends = (tickets.c.id.in_(sorted(wanted)), tickets.c.code.endswith(ending, autoescape=True))
    codes = {row.id: row.code for row in db.execute(sa.select(tickets.c.id, tickets.c.code).where(*ends))}
    named = (max((codes[number] for number in shown & codes.keys()), default=None) for shown in lists)
    return next(filter(None, named), None)


def _lists(db: Connection, identity_id: int, since: datetime) -> list[set[int]]:
    """The ids of the tickets in each list, the newest list first."""
    # By the index of cards (ticket, chat, kind): a list is a notice about no ticket.
    here = (outbox.c.ticket_id.is_(None), outbox.c.identity_id == identity_id, outbox.c.kind.in_(_LISTS))
    sent = (outbox.c.status == "sent", outbox.c.sent_at >= since)
    query = sa.select(outbox.c.data).where(*here, *sent).order_by(outbox.c.id.desc()).limit(_AT_MOST)
    return [set(_numbers(data)) for data in db.execute(query).scalars()]


def _numbers(data: Mapping[str, Any]) -> Iterator[int]:
    yield from data.get("ticket_ids", ())
    for name in ("items", "pool", "sealed"):
        yield from (item["ticket_id"] for item in data.get(name, ()) if "ticket_id" in item)
