"""What could not be sent to a sender is sent when they write again: nobody has to telephone for it any more."""

from datetime import datetime

from core.events import Event
from core.ids import PersonId
from core.notices import NoticeKind
from core.owing import CALLS, SENT_LATER, since, still_owed
from core.ticket import Ticket
from services import handling, rerouting, telling
from storage import forwarding, tickets
from storage.database import Connection
from storage.outbox import Row
from storage.people import Identity

AFTER_ALL = "after_all"
"""In a notice's data: it could not be sent once, and somebody was asked to telephone."""


def send_after_all(db: Connection, chat: Identity, now: datetime) -> None:
    """Whoever writes in `chat` is sent there, once, what is still owed to them (core/owing.py)."""
    if chat.person_id is None:
        return
    for row in forwarding.undelivered(db, chat.person_id, SENT_LATER):
        if not rerouting.is_copy(row):
            _send_after_all(db, row, chat, now)


def _send_after_all(db: Connection, row: Row, chat: Identity, now: datetime) -> None:
    own, kind, message_id = tickets.load(db, row.ticket_id), NoticeKind(row.kind), row.data.get("message_id")
    if own is None:
        return
    ticket = tickets.main_of(db, own)
    joined = own.id != ticket.id
    if not still_owed(kind, ticket, _later(db, own, ticket, row), joined):
        return
    if not forwarding.send_again(db, row, chat, {**row.data, AFTER_ALL: True}, now):
        return
    if kind is NoticeKind.RESOLVED and not joined:
        ticket = handling.resolved_after_all(db, ticket, int(message_id or 0), now)
    telling.refresh_cards(db, ticket, now)


def _later(db: Connection, own: Ticket, ticket: Ticket, row: Row) -> list[Event]:
    """What happened to the matter since; to whoever was joined a call about the others' ticket told nothing."""
    later = since([one.event for one in tickets.history(db, ticket.id)], row.data.get("message_id"))
    if own.id == ticket.id:
        return list(later)
    theirs = [one.event for one in tickets.history(db, own.id) if one.event.at >= row.created_at]
    return [
        *(event for event in later if event.kind not in CALLS),
        *(event for event in theirs if event.kind in CALLS),
    ]


def tell_the_holder(db: Connection, row: Row, now: datetime) -> None:
    """It has arrived: the call is owed no more."""
    own = tickets.find(db, row.ticket_id) if row.data.get(AFTER_ALL) else None
    ticket = tickets.main_of(db, own) if own is not None else None
    if ticket is not None and ticket.holder_id is not None:
        holder = [PersonId(ticket.holder_id)]
        telling.tell_people(db, holder, NoticeKind.DONE, now, ticket, action="sent_after_all")
