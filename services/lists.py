"""What the command line shows: tickets, people and shifts as plain values ready for JSON. Reads only; sealed words stay sealed."""

from datetime import date, datetime
from typing import Any

from core.calendar import TZ
from core.errors import Refused
from core.people import Person, Role
from core.ticket import Ticket
from services.reference import Reference, reference
from storage import messages, people, shifts, tickets, timers
from storage.database import Connection
from storage.messages import StoredMessage
from storage.tickets import StoredEvent

Row = dict[str, Any]
HASH_SHOWN = 12
HIDDEN = "•••"
_PRIVATE = ("plate", "phone")


def tickets_listed(db: Connection, only_open: bool, limit: int) -> list[Row]:
    """The newest tickets: where each stands and by when, no words of anybody."""
    ref = reference(db)
    return [_ticket(db, ref, ticket) for ticket in tickets.listed(db, only_open, limit)]


def ticket_shown(db: Connection, code: str) -> Row:
    """One ticket with its history, messages and waiting timers. Raises `unknown_ticket`."""
    ticket = tickets.by_code(db, code.strip().upper())
    if ticket is None:
        raise Refused("unknown_ticket", code=code[:40])
    # Who denounced is as secret as what was said.
    names: dict[int, str] = {ticket.sender_id: HIDDEN} if ticket.sealed else {}
    return {
        **_ticket(db, reference(db), ticket),
        **_details(db, ticket),
        "history": [_event(db, names, event) for event in tickets.history(db, ticket.id)],
        "messages": [_message(db, names, ticket, one) for one in messages.of_ticket(db, ticket.id)],
        "files": [
            {"kind": file.kind, "size": file.size, "status": file.status}
            for file in messages.attachments_of(db, ticket.id)
        ],
        "timers": [
            {"stage": stage, "due_at": local(due_at)}
            for stage, _, due_at, status in timers.of_subject(db, "ticket", ticket.id)
            if status == "waiting"
        ],
    }


def staff_listed(db: Connection) -> list[Row]:
    """Everyone who works with the program, with the chats that reach them."""
    return [_person(db, person) for person in people.staff(db)]


def staff_member(db: Connection, person_id: int) -> Person:
    """Raises `unknown_person` for nobody, a sender, or somebody who has left."""
    person = people.person(db, person_id)
    if person is None or person.role is Role.SENDER or not person.active:
        raise Refused("unknown_person", value=str(person_id))
    return person


def shifts_listed(db: Connection, first: datetime, last: datetime) -> list[Row]:
    """The roster of [first, last), by start."""
    return [
        {
            "gate": shift.gate,
            "start": local(shift.starts_at),
            "end": local(shift.ends_at),
            "people": [{"id": number, "name": _name(db, {}, number)} for number in shift.people],
        }
        for shift in shifts.between(db, first, last)
    ]


def local(at: datetime | None) -> str | None:
    """An instant as Hanoi's clocks show it, with its offset."""
    return at.astimezone(TZ).isoformat(timespec="seconds") if at else None


def _ticket(db: Connection, ref: Reference, ticket: Ticket) -> Row:
    gate, category = ref.gates.get(ticket.gate or ""), ref.category(ticket.category)
    return {
        "code": ticket.code,
        "status": str(ticket.status),
        "class": str(ticket.ticket_class),
        "sealed": ticket.sealed,
        "gate": ticket.gate,
        "gate_name": gate.name if gate else None,
        "category": ticket.category,
        "category_name": category.names["vi"] if category else None,
        "unit": ticket.unit,
        "holder": _name(db, {}, ticket.holder_id),
        "received_at": local(ticket.received_at),
        "due_at": local(ticket.due_at),
        "promise_kind": ticket.promise_kind,
        "cycle": ticket.cycle,
        "breached_at": local(ticket.breached_at),
        "resolved_at": local(ticket.resolved_at),
        "closed_at": local(ticket.closed_at),
        "closure": str(ticket.closure) if ticket.closure else None,
    }


def _details(db: Connection, ticket: Ticket) -> Row:
    shown = {
        name: _plain(getattr(ticket, name))
        for name in (
            "opened_at",
            "human_reply_by",
            "claimed_at",
            "first_reply_at",
            "asked_count",
            "waiting_since",
            "agency",
            "agency_promise_on",
            "agency_approver",
            "amber",
            "breach_noticed_at",
            "breach_reason",
            "late_message",
            "promise_no",
        )
    }
    shown |= {"joined_to": _code_of(db, ticket.joined_to)}
    return {**shown, **{name: None if ticket.sealed else getattr(ticket, name) for name in _PRIVATE}}


def _code_of(db: Connection, ticket_id: int | None) -> str | None:
    found = tickets.find(db, ticket_id) if ticket_id is not None else None
    return found.code if found else None


def _event(db: Connection, names: dict[int, str], stored: StoredEvent) -> Row:
    event = stored.event
    return {
        "seq": stored.seq,
        "kind": str(event.kind),
        "at": local(event.at),
        "noticed_at": local(event.noticed_at),
        "actor": _name(db, names, event.actor),
        "data": {name: value for name, value in event.data.items() if name not in ("message", "digest")},
        "hash": stored.hash[:HASH_SHOWN],
    }


def _message(db: Connection, names: dict[int, str], ticket: Ticket, message: StoredMessage) -> Row:
    hidden = ticket.sealed or message.sealed_text is not None
    return {
        "id": message.id,
        "direction": message.direction,
        "kind": message.kind,
        "at": local(message.at),
        "author": _name(db, names, message.author_id),
        "sealed": hidden,
        "text": None if hidden else message.text,
    }


def _person(db: Connection, person: Person) -> Row:
    chats = people.identities_of(db, person.id)
    return {
        "person_id": person.id,
        "name": person.name,
        "role": str(person.role),
        "unit": person.unit,
        "gate": person.gate,
        "is_head": person.is_head,
        "chats": [
            {
                "chat_id": chat.id,
                "channel": chat.channel,
                "reachable": chat.reachable,
                "last_seen_at": local(chat.last_seen_at),
            }
            for chat in chats
        ],
    }


def _name(db: Connection, names: dict[int, str], person_id: int | None) -> str | None:
    if person_id is None:
        return None
    if person_id not in names:
        person = people.person(db, person_id)
        names[person_id] = person.name if person else ""
    return names[person_id]


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return local(value)
    return value.isoformat() if isinstance(value, date) else value
