"""A notice that cannot be sent to one chat goes to the next one of the same person; the words of one chat show in the others."""

from datetime import datetime

from core.ids import TicketId
from core.notices import NEWS_TO_STAFF, OF_ONE_CHAT, SHOWN_EVERYWHERE, Notice, NoticeKind, Priority
from core.routing import way_to
from services.config import Config
from storage import forwarding, messages, outbox, people, tickets
from storage.database import Connection
from storage.outbox import Row
from storage.people import Identity

COPY = "copy"
"""In a notice's data: it was told in another chat, and only shows here. It rings nobody, is owed to nobody, delivers nothing."""


MOVED_FROM = "moved_from"
"""In a notice's data: the channel of the chat that was lost before it came here."""


def is_copy(row: Row) -> bool:
    return bool(row.data.get(COPY))


def go_elsewhere(db: Connection, row: Row, now: datetime, says_why: bool = False) -> bool:
    """Addresses a waiting notice to its person's next chat (core/routing.py); False when there is none, or it means this one.

    `says_why`: it is the first one there since this chat was lost, and names it.
    """
    if is_copy(row) or row.kind in OF_ONE_CHAT or "edits" in row.data:
        return False
    chat = people.identity_by_id(db, row.identity_id)
    if chat is None or chat.person_id is None:
        return False
    tried = sorted({*row.tried, chat.id})
    way = way_to(people.identities_of(db, chat.person_id), tried)
    why = {**row.data, MOVED_FROM: chat.channel} if says_why else None
    return way is not None and forwarding.forward(db, row.id, way, tried, now, why)


def leave(db: Connection, chat: Identity, reason: str, now: datetime, says_why: bool = False) -> list[Row]:
    """Nothing more is sent to this chat: what waits for it goes elsewhere, in its order; the rest is given up and answered."""
    left: list[Row] = []
    for row in outbox.waiting_of(db, chat.id):
        if go_elsewhere(db, row, now, says_why):
            says_why = False
        else:
            left.append(row)
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


def show_news(db: Connection, cfg: Config, row: Row, now: datetime) -> None:
    """A new card, or what its sender added, sent to one chat of an officer shows in their others where that costs nothing.

    Where a card of the ticket stands already it is drawn anew instead. Nothing of a sealed matter.
    """
    if row.kind not in NEWS_TO_STAFF or is_copy(row) or not _is_news(row):
        return
    chats = people.other_chats(db, row.identity_id, cfg.mirrors)
    reader = people.person(db, chats[0].person_id) if chats and chats[0].person_id else None
    if reader is None or not reader.is_staff or (row.ticket_id is not None and _is_sealed(db, row.ticket_id)):
        return
    kind, data = NoticeKind(row.kind), {**row.data, COPY: True}
    data.pop("first", None)  # a card that is only shown is nobody's first word of its ticket
    outbox.add(
        db, [_shown(kind, chat, row.ticket_id, data) for chat in chats if not _stands(db, row, chat)], now
    )


def _is_news(row: Row) -> bool:
    return bool(row.data.get("fresh")) if row.kind == NoticeKind.CARD else "edits" not in row.data


def _stands(db: Connection, row: Row, chat: Identity) -> bool:
    is_card = row.kind == NoticeKind.CARD and row.ticket_id is not None
    return is_card and outbox.was_told(db, row.ticket_id or 0, chat.id, NoticeKind.CARD)


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


def _shown(kind: NoticeKind, chat: Identity, ticket_id: int | None, data: dict[str, object]) -> Notice:
    return Notice(kind, chat.id, None if ticket_id is None else TicketId(ticket_id), data, Priority.DIGEST)


def _is_sealed(db: Connection, ticket_id: int) -> bool:
    ticket = tickets.find(db, ticket_id)
    return ticket is None or ticket.sealed
