"""Opening a ticket: code and key, class and promise, first message, timers, receipt, cards – one transaction."""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from core.events import Datum, Event, EventKind
from core.folding import clean
from core.ids import TicketId
from core.intake import (
    Category,
    is_praise,
    petition_marker,
    suggest_categories,
    suggest_gates,
    urgent_denied,
    urgent_marker,
)
from core.notices import Notice, NoticeKind
from core.numbers import find_phone, find_plate
from core.people import Person
from core.sla import Promise, accepted_received_at
from core.ticket import Status, Ticket, TicketClass
from services import promises, rerouting
from services.config import Config
from services.linking import ALPHABET
from services.reference import TZ, Reference
from storage import inbox, messages, outbox, people, tickets, web_feed
from storage.database import Connection
from storage.ids import new_id
from storage.messages import StoredMessage
from storage.people import Identity

KEY_LENGTH = 4
PRAISE = "SK"
PATIENCE = timedelta(hours=2)


@dataclass(frozen=True, slots=True)
class File:
    """A file that came along; `provider_id` is how its channel fetches it, `size` in bytes."""

    kind: str
    provider_id: str
    name: str | None = None
    mime: str | None = None
    size: int | None = None


@dataclass(frozen=True, slots=True)
class TakeMessage:
    """A content message of a sender. `at` is the platform's time; `anew` asks for a new ticket whatever is open.

    `ticket_id` names one of the sender's own tickets that the words belong to.
    """

    chat: Identity
    person: Person
    inbox_id: int
    message_id: str
    text: str = ""
    kind: str = "text"
    files: Sequence[File] = ()
    at: datetime | None = None
    album: str | None = None
    reply_to: str | None = None
    edited: bool = False
    anew: bool = False
    ticket_id: int | None = None


@dataclass(frozen=True, slots=True)
class Heard:
    """The cleaned words of a first message and what they seem to say: `categories` and `gates` by code, best first."""

    text: str
    categories: tuple[str, ...]
    gates: tuple[str, ...]
    urgent: bool


def open_ticket(
    db: Connection,
    cfg: Config,
    ref: Reference,
    command: TakeMessage,
    now: datetime,
    previous: TicketId | None = None,
) -> Ticket:
    """Opens the ticket of a first message. What follows a petition is sealed as that was. Raises NoServiceDay (30 days)."""
    heard = _heard(ref, clean(command.text))
    ticket, promised = _new_ticket(db, cfg, ref, command, heard, now, previous)
    message = compose(cfg, ticket, command, heard.text, now)
    tickets.add(db, ticket, _first_events(ticket, command.person, message, now))
    _keep(db, cfg, message, command)
    promises.set_timers(db, cfg, ref, ticket, promised, now)
    receipt = _receipt(db, command, ticket, heard, now)
    rerouting.show_taken(db, cfg, command.chat, message.id, receipt, now)
    keep_files(db, cfg, command, message, now)
    promises.first_cards(db, cfg, ref, ticket, now)
    promises.tell_empty_roster(db, ref, ticket.gate, now)
    return ticket


def _heard(ref: Reference, text: str) -> Heard:
    """Read once: the ticket and its receipt say the same of it."""
    categories = suggest_categories(text, ref.categories)
    gates = suggest_gates(text, ref.gate_names())
    return Heard(text, categories, gates, urgent_marker(text, ref.markers) is not None)


def compose(cfg: Config, ticket: Ticket, command: TakeMessage, text: str, now: datetime) -> StoredMessage:
    """The sender's message on this ticket; on a sealed one its words are readable for the named readers only."""
    return messages.compose(
        ticket.id,
        "in",
        now,
        "" if ticket.sealed else text,
        sealed_text=cfg.seal.close(text) if ticket.sealed else None,
        kind=command.kind,
        author=command.person.id,
        provider_message_id=command.message_id,
        album=command.album,
    )


def keep_words(
    db: Connection,
    cfg: Config,
    ticket: Ticket,
    command: TakeMessage,
    now: datetime,
    revises: int | None = None,
) -> StoredMessage:
    """Keeps the sender's words on this ticket; `revises` names the message that they replace."""
    return _keep(db, cfg, compose(cfg, ticket, command, clean(command.text), now), command, revises)


def keep_files(
    db: Connection, cfg: Config, command: TakeMessage, message: StoredMessage, now: datetime
) -> None:
    """Files are fetched after the commit; one that is too large is told of at once, and its message is kept all the same."""
    for file in command.files:
        values = {
            "kind": file.kind,
            "provider_id": file.provider_id,
            "name": file.name if message.sealed_text is None else None,
            "mime": file.mime,
            "size": file.size,
        }
        kept = messages.add_attachment(db, message, command.chat.channel, now, **values)
        if file.size is not None and file.size > cfg.file_limit_mb * 1024 * 1024:
            messages.attachment_failed(db, kept, "too_large", None)
            refused = {"reason": "too_large", "limit_mb": cfg.file_limit_mb}
            about = TicketId(message.ticket_id) if message.ticket_id is not None else None
            outbox.add(db, [Notice(NoticeKind.FILE_REFUSED, command.chat.id, about, refused)], now)


def _keep(
    db: Connection, cfg: Config, message: StoredMessage, command: TakeMessage, revises: int | None = None
) -> StoredMessage:
    if message.sealed_text is not None:
        # The raw update holds the same words: it is sealed with them.
        inbox.seal(db, command.inbox_id, cfg.seal.close)
        web_feed.hide_echo(db, command.inbox_id, message.at)
    return messages.keep(db, message, command.inbox_id, revises)


def _new_ticket(
    db: Connection,
    cfg: Config,
    ref: Reference,
    command: TakeMessage,
    heard: Heard,
    now: datetime,
    previous: TicketId | None,
) -> tuple[Ticket, Promise | None]:
    received_at, late = accepted_received_at(command.at or now, now, cfg.sla)
    category = ref.category(heard.categories[0]) if heard.categories else None
    before = tickets.find(db, previous) if previous is not None else None
    ticket_class = (
        TicketClass.PETITION if before is not None and before.sealed else _class_of(heard, ref, category)
    )
    day = now.astimezone(TZ).strftime("%y%m%d")
    blank = Ticket(
        id=TicketId(new_id(now)),
        code=f"{cfg.code_prefix}-{day}-{tickets.next_number(db, f'ticket-{day}'):04d}",
        key="".join(secrets.choice(ALPHABET) for _ in range(KEY_LENGTH)),
        status=Status.NEW,
        ticket_class=ticket_class,
        sender_id=command.person.id,
        received_at=received_at,
        opened_at=now,
        due_at=None,
        promise_kind="petition",
        sealed=ticket_class is TicketClass.PETITION,
        gate=_gate_of(command.chat, heard),
        category=category.code if category else None,
        unit=None,
        late_message=late,
        plate=None if ticket_class is TicketClass.PETITION else find_plate(heard.text),
        phone=None if ticket_class is TicketClass.PETITION else find_phone(heard.text),
        previous_id=previous,
    )
    if ticket_class is TicketClass.PETITION:
        return blank, None
    promised = promises.promise_of(ref, cfg, blank, now)
    due = replace(
        blank, due_at=promised.due_at, promise_kind=str(promised.kind), human_reply_by=promised.human_reply_by
    )
    return due, promised


def _class_of(heard: Heard, ref: Reference, category: Category | None) -> TicketClass:
    """The program suggests: a petition before all else, then what cannot wait, then praise and suggestions."""
    if petition_marker(heard.text, ref.markers):
        return TicketClass.PETITION
    suspected = category is not None and category.urgent and not urgent_denied(heard.text, ref.markers)
    if suspected or heard.urgent:
        return TicketClass.URGENT
    praises = category is None and is_praise(heard.text, ref.markers)
    return (
        TicketClass.SUGGESTION
        if praises or (category is not None and category.code == PRAISE)
        else TicketClass.NORMAL
    )


def _gate_of(chat: Identity, heard: Heard) -> str | None:
    """The gate that the words name, when it is one; else the gate of the QR code or link that led here."""
    named = heard.gates
    return named[0] if len(named) == 1 else (chat.gate if not named else None)


def _first_events(ticket: Ticket, sender: Person, message: StoredMessage, now: datetime) -> list[Event]:
    known: dict[str, Datum] = {
        "message": message.id,
        "digest": message.digest,
        "class": str(ticket.ticket_class),
        "gate": ticket.gate,
        "category": ticket.category,
        "late": ticket.late_message,
    }
    opened = Event(
        EventKind.OPENED, ticket.received_at, sender.id, now if now != ticket.received_at else None, known
    )
    if ticket.due_at is None:
        return [opened]
    return [
        opened,
        Event(EventKind.PROMISED, now, data={"due_at": ticket.due_at.isoformat(), "promise_no": 1}),
    ]


def _receipt(db: Connection, command: TakeMessage, ticket: Ticket, heard: Heard, now: datetime) -> Notice:
    first = command.chat.privacy_shown_at is None
    if first:
        people.update_identity(db, command.chat.id, privacy_shown_at=now)
    if ticket.sealed or ticket.due_at is None:
        # Whoever denounces a beating needs 113 as much as anybody.
        warned = {"first": first, "urgent": heard.urgent}
        receipt = Notice(NoticeKind.PETITION_RECEIPT, command.chat.id, ticket.id, warned)
        outbox.add(db, [receipt], now)
        return receipt
    told = {
        "due_at": ticket.due_at.isoformat(),
        "promise_kind": ticket.promise_kind,
        "human_reply_by": ticket.human_reply_by.isoformat() if ticket.human_reply_by else None,
        "first": first,
        "suggested": list(heard.categories),
        "gates": list(heard.gates),
        "ask": "gate" if ticket.gate is None else "category",
        "late": ticket.late_message,
        "urgent": ticket.ticket_class is TicketClass.URGENT,
        "kind": command.kind,
        "photos": sum(file.kind == "photo" for file in command.files),
    }
    receipt = Notice(NoticeKind.RECEIPT, command.chat.id, ticket.id, told)
    outbox.add(db, [receipt], now)
    return receipt
