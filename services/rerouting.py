"""A notice that cannot be sent to one chat goes to the next one of the same person; the words of one chat show in the others."""

from datetime import datetime

from core.ids import TicketId
from core.notices import OF_ONE_CHAT, SHOWN_EVERYWHERE, Notice, NoticeKind, Priority
from core.routing import way_to
from services.config import Config
from storage import forwarding, messages, outbox, people, tickets
from storage.database import Connection
from storage.outbox import Row
from storage.people import Identity

COPY = "copy"
"""In a notice's data: it was told in another chat, and only shows here. It rings nobody, is owed to nobody, delivers nothing."""


def is_copy(row: Row) -> bool:
    return bool(row.data.get(COPY))


def go_elsewhere(db: Connection, row: Row, now: datetime) -> bool:
    """Addresses a waiting notice to its person's next chat (core/routing.py); False when there is none, or it means this one."""
    if is_copy(row) or row.kind in OF_ONE_CHAT or "edits" in row.data:
        return False
    chat = people.identity_by_id(db, row.identity_id)
    if chat is None or chat.person_id is None:
        return False
    tried = sorted({*row.tried, chat.id})
    way = way_to(people.identities_of(db, chat.person_id), tried)
    return way is not None and forwarding.forward(db, row.id, way, tried, now)


def leave(db: Connection, chat: Identity, reason: str, now: datetime) -> list[Row]:
    """Nothing more is sent to this chat: what waits for it goes elsewhere, in its order; the rest is given up and answered."""
    waiting = outbox.waiting_of(db, chat.id)
    left = [row for row in waiting if not go_elsewhere(db, row, now)]
    outbox.abandon_chat(db, chat.id, reason)
    return left


def show_in_others(db: Connection, cfg: Config, row: Row, now: datetime) -> None:
    """What was sent to one chat of a person shows in their others where that costs nothing; nothing of a sealed matter."""
    if row.kind not in SHOWN_EVERYWHERE or is_copy(row) or row.ticket_id is None:
        return
    chats = people.other_chats(db, row.identity_id, cfg.mirrors)
    ticket = tickets.find(db, row.ticket_id) if chats else None
    # Only to whoever wrote it: a picture of a ticket is also shown to its holder.
    if ticket is not None and not ticket.sealed and chats[0].person_id == ticket.sender_id:
        kind, data = NoticeKind(row.kind), {**row.data, COPY: True}
        outbox.add(db, [_shown(kind, chat, ticket.id, data) for chat in chats], now)


def show_taken(
    db: Connection, cfg: Config, chat: Identity, message_id: int, told: Notice | None, now: datetime
) -> None:
    """What a person wrote in this chat, and what they were `told` of it there at once, shows in their others."""
    if chat.linked_at is None:
        return
    chats = people.other_chats(db, chat.id, cfg.mirrors)
    message = messages.get(db, message_id) if chats else None
    if message is None or message.ticket_id is None or _is_sealed(db, message.ticket_id):
        return
    words = {"message_id": message_id, "channel": chat.channel, COPY: True}
    for other in chats:
        said = _shown(NoticeKind.OWN_WORDS, other, message.ticket_id, words)
        answer = _shown(told.kind, other, told.ticket or 0, {**told.data, COPY: True}) if told else None
        outbox.add(db, [one for one in (said, answer) if one is not None], now)


def _shown(kind: NoticeKind, chat: Identity, ticket_id: int, data: dict[str, object]) -> Notice:
    return Notice(kind, chat.id, TicketId(ticket_id), data, Priority.DIGEST)


def _is_sealed(db: Connection, ticket_id: int) -> bool:
    ticket = tickets.find(db, ticket_id)
    return ticket is None or ticket.sealed
