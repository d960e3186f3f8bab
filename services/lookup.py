"""What a sender can see of a ticket, from any channel: stage, due time, replies, no names."""

import hmac
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from core.errors import WrongGuess
from core.ids import TicketId
from core.notices import NoticeKind
from core.people import Person
from services import telling
from services.guessing import may_guess, may_guess_at
from storage import people, tickets
from storage.database import Connection
from storage.people import Identity


def look_up(db: Connection, chat: Identity, code: str, key: str, now: datetime) -> None:
    """/tracuu CODE KEY. Whoever wrote the ticket needs no key. Wrong code or key: the same refusal, five times at most from
    a chat, thirty for a ticket."""
    may_guess(db, chat, "lookup", now)
    wanted = code.strip().upper()
    ticket = tickets.by_code(db, wanted)
    own = ticket is not None and chat.person_id == ticket.sender_id
    if not own:
        may_guess_at(db, wanted, now)
    # Compared in constant time, also when there is no such ticket: the answer's speed tells nothing.
    expected = ticket.key if ticket else "----"
    right = hmac.compare_digest(key.strip().upper().encode(errors="replace"), expected.encode())
    if ticket is None or not (right or own):
        raise WrongGuess("unknown_ticket_or_key", "lookup", wanted)
    telling.tell_chat(db, chat.id, NoticeKind.STATUS, now, ticket.id)


def my_tickets(db: Connection, chat: Identity, person: Person, now: datetime) -> None:
    """/phieu: the sender's ten newest tickets."""
    found = [tickets.as_its_sender_knows(db, own) for own in tickets.of_sender(db, person.id)]
    telling.tell_chat(db, chat.id, NoticeKind.MY_TICKETS, now, items=items(found))


def items(found: Sequence[Any]) -> list[dict[str, Any]]:
    """Tickets as a list in a notice."""
    return [
        {
            "ticket_id": ticket.id,
            "code": ticket.code,
            "status": str(ticket.status),
            "due_at": ticket.due_at.isoformat() if ticket.due_at else None,
            "gate": ticket.gate,
            "category": ticket.category,
            "urgent": ticket.ticket_class == "urgent",
            "breached": ticket.breached_at is not None,
            "sealed": ticket.sealed,
            "amber": ticket.amber,
        }
        for ticket in found
    ]


def own_ticket(db: Connection, person: Person, ticket_id: int) -> TicketId | None:
    """The ticket when this person wrote it."""
    ticket = tickets.find(db, ticket_id)
    return ticket.id if ticket is not None and ticket.sender_id == person.id else None


def stop_waiting(db: Connection, chat: Identity) -> bool:
    """Forgets the dialogue of this chat. False when there was none."""
    return people.clear_draft(db, chat.id)
