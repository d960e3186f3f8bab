"""What the holder does with a ticket: take it, answer, note, ask, resolve. Each errand checks who may, decides, saves, tells."""

from datetime import datetime

from core import access, lifecycle
from core.errors import Refused
from core.events import Event, EventKind
from core.folding import clean
from core.ids import PersonId
from core.notices import NoticeKind, Priority
from core.sla import may_close_unanswered_from, may_wait_for_sender
from core.ticket import Ticket, TicketClass
from services import casework, promises, telling
from services.casework import Act
from services.config import Config
from services.reference import Reference, reference
from storage import messages, outbox, tickets
from storage.database import Connection


def claim(db: Connection, cfg: Config, act: Act, now: datetime) -> Ticket:
    """Nhận xử lý: exactly one of many wins; the others hear who has it (`already_taken`), and every card changes."""
    case = casework.load(db, cfg, act)
    casework.check_not_own(db, case.ticket, case.by.id)
    if not access.may_claim(case.by, case.ticket):
        raise Refused("not_allowed")
    try:
        claimed, events = lifecycle.claim(case.ticket, act.person.id, now)
    except Refused as refusal:
        raise casework.naming_the_holder(db, refusal, case.ticket) from None
    tickets.record(db, case.ticket, claimed, events)
    telling.refresh_cards(db, claimed, now, Priority.NOW)
    if act.chat.kind == "group":
        casework.card_to_holder(db, claimed, now)
    elif act.chat.id not in outbox.has_card(db, claimed.id):
        # Where it was pressed, whichever of their chats is preferred.
        telling.show_card_to(db, claimed, act.chat.id, now)
    return claimed


def reply(db: Connection, cfg: Config, act: Act, text: str, now: datetime) -> Ticket:
    """Trả lời: an answer to the sender. Who cannot be written to any more becomes a "gọi điện" task of the holder."""
    case = casework.load_held(db, cfg, act)
    message = casework.written(db, cfg, case.ticket, act, text, "out", now)
    replied, events = lifecycle.reply(case.ticket, act.person.id, now, message.id, message.digest)
    tickets.record(db, case.ticket, replied, events)
    casework.send(db, replied, NoticeKind.ANSWER, message, now)
    telling.refresh_cards(db, replied, now)
    return replied


def note(
    db: Connection,
    cfg: Config,
    act: Act,
    text: str,
    now: datetime,
    inbox_id: int | None = None,
    of_a_call: bool = False,
) -> Ticket:
    """Ghi chú nội bộ: never reaches the sender; the holder reads it. `inbox_id` names the update whose words were placed.

    `of_a_call`: what was said on the telephone, written down as such in the history.
    """
    case = casework.load(db, cfg, act)
    if not access.may_note(case.by, case.ticket, casework.readers(db, cfg)):
        raise Refused("not_allowed")
    message = casework.written(db, cfg, case.ticket, act, text, "internal", now, inbox_id)
    noted, events = lifecycle.note(case.ticket, act.person.id, now, message.id, message.digest, of_a_call)
    tickets.record(db, case.ticket, noted, events)
    if noted.holder_id not in {None, act.person.id} and not noted.sealed:
        told = [PersonId(noted.holder_id or 0)]
        telling.tell_people(
            db, told, NoticeKind.SENDER_WROTE, now, noted, message_id=message.id, internal=True
        )
    return noted


def send_note(db: Connection, cfg: Config, act: Act, message_id: int, now: datetime) -> Ticket:
    """A plain reply to the card was an internal note until this press. Raises `old_button` the second time."""
    case = casework.load_held(db, cfg, act)
    message = messages.get(db, message_id)
    if message is None or message.ticket_id != case.ticket.id or message.author_id != act.person.id:
        raise Refused("old_button")
    if not messages.set_direction(db, message_id, "out"):
        raise Refused("old_button")
    replied, events = lifecycle.reply(case.ticket, act.person.id, now, message.id, message.digest)
    tickets.record(db, case.ticket, replied, events)
    casework.send(db, replied, NoticeKind.ANSWER, message, now)
    telling.refresh_cards(db, replied, now)
    return replied


def ask(db: Connection, cfg: Config, act: Act, text: str, now: datetime) -> Ticket:
    """Hỏi thêm: the pause begins when the channel has delivered it (services/settling.py), at most twice a ticket."""
    case = casework.load_held(db, cfg, act)
    if not may_wait_for_sender(case.ticket.asked_count, case.ticket.ticket_class, cfg.sla):
        urgent = case.ticket.ticket_class is TicketClass.URGENT
        raise Refused("urgent_never_waits" if urgent else "asked_twice", code=case.ticket.code)
    message = casework.written(db, cfg, case.ticket, act, text, "out", now)
    asked, events = lifecycle.ask(case.ticket, act.person.id, now, message.id, message.digest)
    tickets.record(db, case.ticket, asked, events)
    casework.send(db, asked, NoticeKind.QUESTION, message, now)
    return asked


def question_delivered(db: Connection, ref: Reference, ticket_id: int, at: datetime) -> None:
    """The only pause: the ladder rests, and the holder is reminded when "chưa đủ thông tin" may close."""
    ticket = tickets.load(db, ticket_id)
    if ticket is None:
        return
    waiting, events = lifecycle.question_delivered(ticket, at)
    tickets.record(db, ticket, waiting, events)
    if events:
        promises.pause_timers(db, waiting)
        unanswered = may_close_unanswered_from(at, ref.calendar_at(ticket.gate, at))
        promises.set_timer(db, waiting, "unanswered", unanswered, at)
        telling.refresh_cards(db, waiting, at)


def resolve(db: Connection, cfg: Config, act: Act, text: str, now: datetime, called: bool = False) -> Ticket:
    """Đóng phiếu with its resolution (20 characters or more); `called` documents that it was told by telephone."""
    case = casework.load_held(db, cfg, act)
    if len(clean(text)) < cfg.sla.resolution_characters:
        raise Refused("resolution_too_short", least=cfg.sla.resolution_characters)
    message = casework.written(db, cfg, case.ticket, act, text, "out", now)
    resolved, events = lifecycle.resolve(
        case.ticket, act.person.id, now, message.text, message.id, message.digest, called
    )
    tickets.record(db, case.ticket, resolved, events)
    if called:
        promises.stop_timers(db, resolved)
        promises.set_auto_close(db, cfg, resolved, now)
        _tell_the_others(db, resolved, message.id, now)
    elif not telling.tell_sender(db, resolved, NoticeKind.RESOLVED, now, message_id=message.id):
        casework.keep_owed(db, resolved, NoticeKind.RESOLVED, now, message_id=message.id)
        return resolution_failed(db, resolved.id, message.id, now)
    casework.call_the_unreached(db, resolved, message.id, now)
    telling.refresh_cards(db, resolved, now)
    return resolved


def _tell_the_others(db: Connection, ticket: Ticket, message_id: int, now: datetime) -> None:
    """The sender was told by telephone; whoever else wrote of the same matter reads it."""
    others = {one.sender_id for one in tickets.joined(db, ticket)} - {ticket.sender_id}
    for person in sorted(others):
        telling.tell_writer(db, ticket, person, NoticeKind.RESOLVED, now, message_id=message_id)


def resolved_after_all(db: Connection, ticket: Ticket, message_id: int, now: datetime) -> Ticket:
    """The result that could not be delivered is on its way after all: its holder's decision stands again."""
    message = messages.get(db, message_id)
    if message is None or ticket.holder_id is None:
        return ticket
    resolved, events = lifecycle.resolve(
        ticket, ticket.holder_id, now, message.text, message.id, message.digest
    )
    tickets.record(db, ticket, resolved, events)
    return resolved


def resolution_delivered(db: Connection, cfg: Config, ticket_id: int, at: datetime) -> None:
    """The channel accepted the resolution: the clock stops, 24 hours of silence begin."""
    ticket = tickets.load(db, ticket_id)
    if ticket is None:
        return
    delivered, events = lifecycle.resolution_delivered(ticket, at)
    tickets.record(db, ticket, delivered, events)
    if events:
        promises.stop_timers(db, delivered)
        promises.set_auto_close(db, cfg, delivered, at)


def resolution_failed(
    db: Connection, ticket_id: int, message_id: int | None, at: datetime, why: str = casework.BLOCKED
) -> Ticket:
    """The sender cannot be reached: the ticket is unresolved again and its holder has to call."""
    ticket = tickets.load(db, ticket_id)
    if ticket is None:
        raise Refused("old_button")
    back, events = lifecycle.resolution_undeliverable(ticket, at)
    tickets.record(db, ticket, back, events)
    if back.status is not ticket.status:
        promises.owe_again(db, reference(db), back, at)
    casework.call_task(db, back, message_id, at, why)
    telling.refresh_cards(db, back, at)
    return back


def call_needed(
    db: Connection,
    ticket_id: int,
    message_id: int | None,
    reason: str,
    at: datetime,
    why: str = casework.BLOCKED,
) -> None:
    """Something owed to the sender could not be delivered: its holder has to call."""
    ticket = tickets.load(db, ticket_id)
    if ticket is None or not tickets.main_of(db, ticket).is_open:
        return
    tickets.record(db, ticket, ticket, [Event(EventKind.UNREACHABLE, at, data={"reason": reason[:80]})])
    casework.call_task(db, ticket, message_id, at, why)
    telling.refresh_cards(db, ticket, at)


def not_reached(db: Connection, cfg: Config, act: Act, now: datetime) -> Ticket:
    """Không gọi được: the history tells of the attempt; the call stays owed, and no clock listens."""
    case = casework.load(db, cfg, act)
    if not access.may_note(case.by, case.ticket, casework.readers(db, cfg)):
        raise Refused("not_allowed")
    tickets.record(db, case.ticket, case.ticket, [Event(EventKind.CALL_MISSED, now, act.person.id)])
    telling.refresh_cards(db, case.ticket, now)
    return case.ticket


def close_insufficient(db: Connection, cfg: Config, act: Act, now: datetime) -> Ticket:
    """Chưa đủ thông tin: from the end of the next service day after our question, with notice; an answer within 30 days reopens."""
    case = casework.load_held(db, cfg, act)
    asked_at = case.ticket.waiting_since or now
    allowed_from = may_close_unanswered_from(asked_at, case.ref.calendar_at(case.ticket.gate, now))
    closed, events = lifecycle.close_insufficient(case.ticket, act.person.id, now, allowed_from)
    tickets.record(db, case.ticket, closed, events)
    promises.stop_timers(db, closed)
    telling.tell_sender(db, closed, NoticeKind.CLOSED, now, closure="insufficient")
    telling.refresh_cards(db, closed, now)
    return closed
