"""What a sender may ask of us by law: to see what is kept, to have a copy, to be erased (domain.md, Personal data).

Luật 91/2025/QH15: answered within 2 working days, erased within 20 days – here at once, and for what is still being worked
on when it ends. Erasing keeps the anonymous facts: the history and its chain, the figures.
"""

import hmac
import json
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from core.errors import Refused
from core.events import Event, EventKind
from core.ids import PersonId, TicketId
from core.notices import NoticeKind
from core.parting import stays
from core.people import Person, Role
from core.ticket import Status, Ticket
from services import telling
from services.config import Config
from services.reference import Reference, reference
from services.timers import handles
from storage import handing, messages, people, personal, tickets, timers
from storage.database import Connection, wake
from storage.messages import StoredMessage
from storage.people import Identity
from storage.personal import COMPLETE, ERASURE, FORGET
from storage.timers import Timer

# The wording of the privacy notice that senders are shown ("privacy.notice"): raise it whenever that text changes.
CONSENT_VERSION = "2026-1"

LOOK_AGAIN = timedelta(hours=1)
# The last word ("đã xóa") must still reach the chat before its address goes.
REMEMBERED = timedelta(days=1)
ALL = 1_000_000


def register() -> None:
    """Makes services/timers.py know the timers of erasure; called when this module is imported, and by app/ to say so."""
    handles(ERASURE, fire)


def my_data(db: Connection, person: Person) -> dict[str, Any]:
    """/dulieucuatoi: {"fields": {name, phone, plate, language, channel}, "counts": {…}, "since": ISO, "consent": version}.

    The fields of staff also hold their role (a code), unit and gate (by name).

    Numbers and plates are masked: the screen may be somebody else's.
    """
    known = personal.kept(db, person.id)
    chats = people.identities_of(db, person.id)
    phones = dict.fromkeys([*([person.phone] if person.phone else []), *known.phones])
    return {
        "fields": {
            "name": person.name,
            **_post_of(db, person),
            "phone": [masked(phone) for phone in phones],
            "plate": [masked(plate) for plate in known.plates],
            "language": person.language,
            "channel": sorted({chat.channel for chat in chats}),
        },
        "counts": {
            "tickets": known.tickets,
            "messages": known.messages,
            "files": known.files,
            "ratings": known.ratings,
        },
        "since": known.since.isoformat(),
        "consent": CONSENT_VERSION,
    }


def _post_of(db: Connection, person: Person) -> dict[str, str | None]:
    """Where a member of staff stands; nothing for a sender."""
    if not person.is_staff:
        return {}
    ref = reference(db)
    unit, gate = ref.units.get(person.unit or ""), ref.gates.get(person.gate or "")
    named = {"unit": unit.name if unit else None, "gate": gate.name if gate else None}
    return {"role": str(person.role), **named}


def masked(value: str, shown: int = 3) -> str:
    """The last characters of a number, never more than a third of it: "+84912345678" → "•••••••••678"."""
    tail = min(shown, len(value) // 3)
    return "•" * (len(value) - tail) + value[len(value) - tail :]


def export(db: Connection, person: Person, proven: bool = True) -> str:
    """A machine-readable copy (JSON) of what is kept: unmasked, with the words of both sides; no internal notes.

    A sealed text is named but not opened; its named readers can give it. Unless the person is `proven` to be the one who
    asks, sealed tickets are not even named: whoever draws the copy must not learn who denounced somebody.
    """
    own = tickets.of_sender(db, person.id, ALL)
    copy = {
        "consent": [
            {"version": CONSENT_VERSION, "channel": chat.channel, "shown_at": _iso(chat.privacy_shown_at)}
            for chat in people.identities_of(db, person.id)
        ],
        "person": {"name": person.name, "phone": person.phone, "language": person.language},
        "chats": [
            {"channel": chat.channel, "name": chat.name, "last_seen_at": _iso(chat.last_seen_at)}
            for chat in people.identities_of(db, person.id)
        ],
        "tickets": [_copy(db, ticket) for ticket in own if proven or not ticket.sealed],
    }
    return json.dumps(copy, ensure_ascii=False, indent=2)


def erase(db: Connection, cfg: Config, person: Person, now: datetime) -> int:
    """/xoadulieu: erases the person now, but for tickets that are not closed: how many. A timer erases those when they end.

    Whoever writes from the same chat afterwards is a new person. Raises `not_allowed` for staff: Văn phòng closes accounts.
    """
    if person.role is not Role.SENDER:
        raise Refused("not_allowed")
    return _erase(db, person.id, now)


def erase_on_request(db: Connection, cfg: Config, person: Person, now: datetime) -> int:
    """As `erase`, for a request that came by letter or at the counter: the person's chats are told that it was done."""
    chats = people.identities_of(db, person.id)
    kept = erase(db, cfg, person, now)
    for chat in chats:
        if chat.reachable:
            telling.tell_chat(db, chat.id, NoticeKind.ERASED, now, open=kept)
    return kept


def sender_of(db: Connection, code: str, key: str) -> Person:
    """Who sent this ticket. With the key of the receipt, the person proves it; without it whoever asks at the desk has to see
    to that, and a sealed ticket is not opened so: who denounced is as secret as what was said.

    Raises `unknown_ticket_or_key`.
    """
    ticket = tickets.by_code(db, code.strip().upper())
    given = key.strip().upper().encode(errors="replace")
    if ticket is None or not (
        hmac.compare_digest(given, ticket.key.encode()) or not (given or ticket.sealed)
    ):
        raise Refused("unknown_ticket_or_key")
    sender = people.person(db, ticket.sender_id)
    if sender is None:
        raise Refused("unknown_ticket_or_key")
    return sender


def fire(db: Connection, cfg: Config, ref: Reference, timer: Timer, now: datetime) -> None:
    """What the timers of erasure do: look whether the last ticket has closed, forget a chat."""
    if not timers.fired(db, timer.id, now):
        return
    match timer.stage:
        case "complete":
            _erase(db, PersonId(timer.subject_id), now)
        case "forget":
            _forget(db, PersonId(timer.subject_id), now)


def _copy(db: Connection, ticket: Ticket) -> dict[str, Any]:
    talk = _talk(db, ticket)
    places = dict.fromkeys([ticket.id, *personal.went_under(db, [ticket.id])])
    return {
        "code": ticket.code,
        "status": str(ticket.status),
        "received_at": _iso(ticket.received_at),
        "due_at": _iso(ticket.due_at),
        "resolved_at": _iso(ticket.resolved_at),
        "gate": ticket.gate,
        "category": ticket.category,
        "plate": ticket.plate,
        "phone": ticket.phone,
        "messages": [
            {
                "from": "you" if message.direction == "in" else "board",
                "at": _iso(message.at),
                "kind": message.kind,
                "text": message.text,
                "sealed": message.sealed_text is not None,
            }
            for message in talk
        ],
        "files": [
            {"kind": file.kind, "name": file.name, "size": file.size, "status": file.status}
            for number in places
            for file in messages.attachments_of(db, number)
            if file.message_id in {message.id for message in talk}
        ],
        "ratings": [
            {**rating, "at": _iso(rating["at"])}
            for number in places
            for rating in personal.ratings_of(db, number, ticket.sender_id)
        ],
    }


def _talk(db: Connection, own: Ticket) -> list[StoredMessage]:
    """What its sender said and was answered; while it went on under another ticket, there. The words of others who told the
    same are not theirs, nor the answers from before and after."""
    talk = [one for one in messages.of_ticket(db, own.id) if one.direction == "out" or _said_by(one, own)]
    for since, until, code in stays([one.event for one in tickets.history(db, own.id)]):
        main = tickets.by_code(db, code)
        there = messages.of_ticket(db, main.id) if main is not None else ()
        heard = [one for one in there if since < one.at and (until is None or one.at <= until)]
        talk += [one for one in there if _said_by(one, own) or (one.direction == "out" and one in heard)]
    return list({one.id: one for one in talk}.values())


def _said_by(message: StoredMessage, own: Ticket) -> bool:
    return message.direction == "in" and message.author_id == own.sender_id


def _iso(at: datetime | None) -> str | None:
    return at.isoformat() if at else None


def _erase(db: Connection, person: PersonId, now: datetime) -> int:
    every = tickets.of_sender(db, person, ALL)
    unfinished = [one.id for one in every if tickets.main_of(db, one).status is not Status.CLOSED]
    finished = [one for one in every if one.id not in unfinished]
    kept = {*unfinished, *personal.went_under(db, unfinished)}
    for ticket in finished:
        _erase_ticket(db, ticket, person, now)
    for number in personal.went_under(db, [one.id for one in finished]):
        if number not in kept:
            _erase_own_words(db, number, person, now)
    chats = people.identities_of(db, person)
    for chat in chats:
        personal.erase_talk(db, chat, kept)
    wake(db, "files")  # services/housekeeping.py takes them off the disk when this is committed
    if unfinished:
        # The telephone number stays with the open ticket: its holder may have to call.
        people.update_person(db, person, name="")
        for chat in chats:
            people.update_identity(db, chat.id, name="")
        timers.put(db, ERASURE, person, 0, COMPLETE, now + LOOK_AGAIN, now)
        return len(unfinished)
    timers.supersede(db, ERASURE, person)
    for chat in chats:
        _start_anew(db, chat, person, now)
    personal.erase_person(db, person, now)
    return 0


def _erase_ticket(db: Connection, ticket: Ticket, person: PersonId, now: datetime) -> None:
    """Words, files, plate and telephone number go; a fact of it is added to the history, once."""
    others = personal.wrote_there(db, ticket.id) - {person}
    gone = personal.erase_words(db, ticket.id, now, others)
    blank = replace(ticket, plate=None, phone=None)
    if gone or blank != ticket:
        told = {"messages": gone.messages, "files": gone.files}
        tickets.record(db, ticket, blank, [Event(EventKind.ERASED, now, person, data=told)])


def _erase_own_words(db: Connection, ticket_id: TicketId, person: PersonId, now: datetime) -> None:
    """What this person wrote on a ticket that their own was ever joined to; its sender's words stay."""
    main = tickets.load(db, ticket_id)
    gone = personal.erase_words_of(db, ticket_id, person, now)
    if main is not None and gone:
        tickets.record(db, main, main, [Event(EventKind.ERASED, now, person, data={"messages": gone})])


def _start_anew(db: Connection, chat: Identity, former: PersonId, now: datetime) -> None:
    """The chat gets an owner without a past; if nothing comes from there, its address is forgotten too."""
    known = people.person(db, former)
    new = people.add_person(db, "", Role.SENDER, now, language=known.language if known else "vi")
    handing.hand_to(db, chat, new)
    timers.put(db, ERASURE, new, 0, FORGET, now + REMEMBERED, now)


def _forget(db: Connection, person: PersonId, now: datetime) -> None:
    """Nothing was written since the erasure: the chat's address goes. Whoever wrote again is a sender like any other."""
    chats = people.identities_of(db, person)
    if tickets.of_sender(db, person, 1):
        return
    if any(chat.last_seen_at > now - REMEMBERED for chat in chats):
        timers.put(db, ERASURE, person, 0, FORGET, now + REMEMBERED, now)
        return
    for chat in chats:
        personal.forget_chat(db, chat)
    personal.erase_person(db, person, now)


register()
