"""Judgements on a ticket: how urgent it is, whether it is spam or a petition, why a promise was missed, what a leader grants."""

from datetime import datetime

from core import access, lifecycle
from core.errors import Refused
from core.events import Datum, Event, EventKind
from core.folding import clean
from core.ids import PersonId
from core.notices import NoticeKind
from core.people import Person, Role
from core.sla import promise, towards
from core.ticket import Status, Ticket, TicketClass
from services import casework, duty, promises, telling
from services.casework import LEADING, Act
from services.config import Config
from storage import messages, people, tickets
from storage.database import Connection


def change_urgency(db: Connection, cfg: Config, act: Act, urgent: bool, now: datetime) -> Ticket:
    """Up at once by anybody who sees the ticket; down by a second person with the standing to assign."""
    case = casework.load(db, cfg, act)
    ticket_class = TicketClass.URGENT if urgent else TicketClass.NORMAL
    if case.ticket.ticket_class is ticket_class:
        raise Refused("already_decided", code=case.ticket.code)
    if not urgent and not _is_second_person(db, case.by, case.ticket):
        raise Refused("second_person_needed")
    start = now if urgent else case.ticket.received_at
    calendar = case.ref.calendar_at(case.ticket.gate, now)
    promised = promise(start, calendar, ticket_class, cfg.sla, made_at=now)
    rule = lifecycle.raise_urgency if urgent else lifecycle.lower_urgency
    changed, events = rule(case.ticket, act.person.id, now, promised)
    tickets.record(db, case.ticket, changed, events)
    ladder = towards(changed.due_at or promised.due_at, promised, calendar, ticket_class, cfg.sla, now)
    promises.set_timers(db, cfg, case.ref, changed, ladder, now)
    if urgent and changed.status is Status.NEW:
        telling.show_cards(db, cfg, case.ref, changed, now)
    else:
        telling.refresh_cards(db, changed, now)
    return changed


def _is_second_person(db: Connection, person: Person, ticket: Ticket) -> bool:
    """Neither the holder nor whoever said that it was urgent (the program, a sender, or one of the staff)."""
    changes = [
        one.event for one in tickets.history(db, ticket.id) if one.event.kind is EventKind.CLASS_CHANGED
    ]
    raised_by = changes[-1].actor if changes else None
    return person.id != raised_by and access.may_lower_urgency(person, ticket)


def mark_spam(db: Connection, cfg: Config, act: Act, now: datetime) -> Ticket:
    """The first person's word; Văn phòng (or whoever serves the gate) is asked to confirm, and the clock runs on."""
    case = casework.load(db, cfg, act)
    marked, events = lifecycle.mark_spam(case.ticket, act.person.id, now)
    tickets.record(db, case.ticket, marked, events)
    office = [person.id for person in people.staff(db, Role.OFFICE) if person.id != act.person.id]
    others = [p.id for p in duty.on_shift(db, case.ref, marked.gate, now) if p.id != act.person.id]
    telling.tell_people(db, office or others, NoticeKind.SPAM_CHECK, now, marked)
    return marked


def decide_spam(db: Connection, cfg: Config, act: Act, is_spam: bool, now: datetime) -> Ticket:
    """The second person's word."""
    case = casework.load(db, cfg, act)
    if case.ticket.spam_marked_by is not None and not access.may_confirm_spam(case.by, case.ticket):
        raise Refused("second_person_needed")
    decided, events = lifecycle.decide_spam(case.ticket, act.person.id, now, is_spam)
    tickets.record(db, case.ticket, decided, events)
    if is_spam:
        promises.stop_timers(db, decided)
        telling.tell_sender(db, decided, NoticeKind.CLOSED, now, closure="spam")
    telling.refresh_cards(db, decided, now)
    return decided


def decide_petition(db: Connection, cfg: Config, act: Act, is_petition: bool, now: datetime) -> Ticket:
    """A named reader: it is a đơn (the formal route was told, this ends here), or feedback after all (unsealed, promised)."""
    case = casework.load(db, cfg, act)
    if not access.may_decide_petition(case.by, case.ticket, frozenset(telling.sealed_readers(db, cfg))):
        raise Refused("not_allowed")
    promised = promises.promise_of(case.ref, cfg, case.ticket, now)
    decided, events = lifecycle.decide_petition(case.ticket, act.person.id, now, is_petition, promised)
    unsealed = () if is_petition else _unseal(db, cfg, decided, act.person.id, now)
    tickets.record(db, case.ticket, decided, (*events, *unsealed))
    if is_petition:
        telling.tell_sender(db, decided, NoticeKind.CLOSED, now, closure="petition")
        return decided
    promises.set_timers(db, cfg, case.ref, decided, promised, now)
    due = decided.due_at.isoformat() if decided.due_at else None
    messages.fetch_photos_again(db, decided.id, now)
    telling.tell_sender(db, decided, NoticeKind.UNSEALED, now, due_at=due)
    promises.first_cards(db, cfg, case.ref, decided, now)
    return decided


def _unseal(db: Connection, cfg: Config, ticket: Ticket, by: PersonId, now: datetime) -> list[Event]:
    """The words can be read again; the history is told their new digests, or `verify` would find them changed."""
    events = []
    for message in messages.of_ticket(db, ticket.id):
        if message.sealed_text is not None:
            digest = messages.unseal(db, message.id, cfg.seal.open(message.sealed_text))
            told: dict[str, Datum] = {"message": message.id, "digest": digest, "unsealed": True}
            events.append(Event(EventKind.MESSAGE_REVISED, now, by, data=told))
    return events


def explain_breach(db: Connection, cfg: Config, act: Act, reason: str, now: datetime) -> Ticket:
    """The reason code of a missed promise."""
    case = casework.load(db, cfg, act)
    explained, events = lifecycle.explain_breach(case.ticket, act.person.id, now, reason)
    tickets.record(db, case.ticket, explained, events)
    return explained


def waive(db: Connection, cfg: Config, act: Act, reason: str, document: str, now: datetime) -> Ticket:
    """A leader's waiver, beside the raw figure."""
    case = _waivable(db, cfg, act)
    waived, events = lifecycle.waive(case.ticket, act.person.id, now, clean(reason), clean(document))
    tickets.record(db, case.ticket, waived, events)
    tickets.waive_cycle(db, waived, act.person.id)
    return waived


def check_waiver(db: Connection, cfg: Config, act: Act) -> None:
    """Refuses before a reason is asked for: to whoever may not waive, and where nothing was missed."""
    case = _waivable(db, cfg, act)
    if case.ticket.breached_at is None:
        raise Refused("not_breached", code=case.ticket.code)


def _waivable(db: Connection, cfg: Config, act: Act) -> casework.Case:
    case = casework.load(db, cfg, act)
    if not access.may_waive(case.by):
        raise Refused("not_allowed")
    return case


def ask_to_call(db: Connection, cfg: Config, act: Act, now: datetime) -> Ticket:
    """Gọi: a leader takes the sender's number to telephone. The history tells who asked for it and when; the holder hears it."""
    case = casework.load(db, cfg, act)
    if act.person.role not in LEADING or case.ticket.sealed:
        raise Refused("not_allowed")
    tickets.record(db, case.ticket, case.ticket, [Event(EventKind.CALL_ASKED, now, act.person.id)])
    holder = [case.ticket.holder_id] if case.ticket.holder_id not in {None, act.person.id} else []
    telling.tell_people(
        db, [one for one in holder if one], NoticeKind.DONE, now, case.ticket, action="leader_calls"
    )
    return case.ticket


def accept_due(db: Connection, cfg: Config, act: Act, now: datetime) -> Ticket:
    """Chấp nhận hẹn: a leader has seen rung 6 and leaves the ticket where it is; the holder hears it."""
    case = casework.load(db, cfg, act)
    if act.person.role not in LEADING:
        raise Refused("not_allowed")
    tickets.record(db, case.ticket, case.ticket, [Event(EventKind.ACCEPTED_DUE, now, act.person.id)])
    holder = [case.ticket.holder_id] if case.ticket.holder_id not in {None, act.person.id} else []
    telling.tell_people(
        db, [one for one in holder if one], NoticeKind.DONE, now, case.ticket, action="accept_due"
    )
    return case.ticket
