"""What is asked AFTER the ticket is open: gate, category, plate, phone – by buttons, each skippable."""

from dataclasses import replace
from datetime import datetime

from core.errors import Refused
from core.events import Event
from core.folding import clean
from core.intake import suggest_categories
from core.lifecycle import raise_urgency, set_detail
from core.notices import NoticeKind
from core.numbers import find_phone, find_plate, without_numbers
from core.sla import promise
from core.ticket import Ticket, TicketClass
from services import promises, telling
from services.casework import Act
from services.config import Config
from services.opening import PATIENCE
from services.reference import reference
from storage import messages, people, tickets
from storage.database import Connection

ORDER = ("gate", "category", "plate", "phone")
LONGEST = 40


def save(db: Connection, cfg: Config, act: Act, name: str, value: str, now: datetime) -> None:
    """Keeps one detail of the sender's own open ticket and asks the next.

    Raises `unknown_gate`, `bad_plate`, `bad_phone`, `unknown_button` for a detail that nobody asks for, `ticket_closed`.
    """
    ticket = _asked(db, act, name)
    changed, events = set_detail(ticket, act.person.id, now, name, _checked(db, name, value))
    changed, hurried = _urgent_by_category(db, cfg, ticket, changed, now)
    tickets.record(db, ticket, changed, (*events, *hurried))
    if name == "phone":
        people.update_person(db, act.person.id, phone=changed.phone)
    if hurried:
        ref, fresh = reference(db), replace(changed, received_at=now)
        promises.set_timers(db, cfg, ref, changed, promises.promise_of(ref, cfg, fresh, now), now)
    if hurried and changed.holder_id is None:
        promises.first_cards(db, cfg, reference(db), changed, now)
    else:
        telling.refresh_cards(db, changed, now, before=ticket)
    if name == "gate" and changed.gate != ticket.gate and not promises.first_cards_wait(db, changed):
        telling.show_cards_at_gate(db, cfg, reference(db), changed, now)
    _ask_next(db, act, changed, name, now, NoticeKind.DETAIL_SAVED, name=name, urgent=bool(hurried))


def _urgent_by_category(
    db: Connection, cfg: Config, before: Ticket, ticket: Ticket, now: datetime
) -> tuple[Ticket, tuple[Event, ...]]:
    """Whoever says that it is an accident is believed at once (promise.md, Classes: up is immediate)."""
    category = reference(db).category(ticket.category)
    calm = ticket.ticket_class in {TicketClass.NORMAL, TicketClass.SUGGESTION}
    if category is None or not category.urgent or ticket.category == before.category or not calm:
        return ticket, ()
    calendar = reference(db).calendar_at(ticket.gate, now)
    promised = promise(now, calendar, TicketClass.URGENT, cfg.sla)
    return raise_urgency(ticket, ticket.sender_id, now, promised)


def skip(db: Connection, act: Act, name: str, now: datetime) -> None:
    """Bỏ qua: the next question, or none."""
    ticket = _asked(db, act, name)
    _ask_next(db, act, ticket, name, now, NoticeKind.DETAIL_SAVED, name=name, skipped=True)


def ask(db: Connection, act: Act, name: str, now: datetime) -> None:
    """Asks for one detail again (a button "Đổi …")."""
    ticket = _asked(db, act, name)
    _await_words(db, act, ticket, name, now)
    telling.tell_chat(db, act.chat.id, NoticeKind.ASK_DETAIL, now, ticket.id, ask=name)


def fits(name: str, text: str) -> bool:
    """Whether words that came while we asked for a plate or a phone are one; if not, they are a message like any other."""
    words = clean(text)
    found = find_plate(words) if name == "plate" else find_phone(words)
    return found is not None and len(words) <= LONGEST


def says_more(text: str) -> bool:
    """Whether the words beside the number are worth keeping: "Xe 12C-123.45 cháy" is more than a plate."""
    return any(letter.isalpha() for letter in without_numbers(clean(text)))


def awaits(db: Connection, ticket_id: int | None) -> bool:
    """Whether the ticket whose plate or phone we asked for is still open to it."""
    ticket = tickets.find(db, ticket_id) if ticket_id is not None else None
    return ticket is not None and ticket.is_open and not ticket.sealed


def _ask_next(
    db: Connection,
    act: Act,
    ticket: Ticket,
    after: str,
    now: datetime,
    kind: NoticeKind,
    name: str,
    skipped: bool = False,
    urgent: bool = False,
) -> None:
    following = [
        one for one in ORDER[ORDER.index(after) + 1 :] if one == "category" or getattr(ticket, one) is None
    ]
    ahead = following[0] if following else None
    people.clear_draft(db, act.chat.id)
    if ahead:
        _await_words(db, act, ticket, ahead, now)
    told = {"name": name, "skipped": skipped, "ask": ahead, "urgent": urgent}
    if ahead == "category":
        told["suggested"] = _suggested(db, ticket)
    telling.tell_chat(db, act.chat.id, kind, now, ticket.id, **told)


def _suggested(db: Connection, ticket: Ticket) -> list[str]:
    """The three best categories for what was written so far."""
    written = "\n".join(message.text for message in messages.of_ticket(db, ticket.id, "in"))
    return list(suggest_categories(written, reference(db).categories))


def _await_words(db: Connection, act: Act, ticket: Ticket, name: str, now: datetime) -> None:
    if name in {"plate", "phone"}:
        people.set_draft(db, act.chat.id, name, ticket.id, now + PATIENCE)


def _checked(db: Connection, name: str, value: str) -> str:
    ref = reference(db)
    words = clean(value)[:LONGEST]
    if name == "gate":
        return ref.known_gate(words).code
    if name == "category":
        if ref.category(words) is None:
            raise Refused("unknown_button")
        return words
    found = find_plate(words) if name == "plate" else find_phone(words)
    if found is None:
        raise Refused(f"bad_{name}")
    return found


def _asked(db: Connection, act: Act, name: str) -> Ticket:
    """The sender's own ticket, when this detail of it may still be told. A petition is asked for nothing (domain.md)."""
    ticket = tickets.load(db, act.ticket_id)
    if ticket is None or ticket.sender_id != act.person.id:
        raise Refused("not_allowed")
    if name not in ORDER:
        raise Refused("unknown_button")
    if not ticket.is_open or ticket.sealed:
        raise Refused("ticket_closed", code=ticket.code)
    return ticket
