"""Intake: every content message of a sender opens a ticket or joins one; nothing that was written is ever dropped."""

from datetime import datetime, timedelta

from core.events import Datum, Event, EventKind
from core.folding import clean
from core.ids import PersonId, TicketId
from core.intake import is_dissatisfied, is_thanks, petition_marker, urgent_marker
from core.lifecycle import raise_urgency, reopen, sender_answered
from core.notices import Notice, NoticeKind
from core.sla import (
    late_answer_reopens_until,
    promise,
    reissued,
    reopen_until,
    reopening_goes_to_leader,
    towards,
)
from core.ticket import Closure, Status, Ticket, TicketClass
from services import promises, rerouting, telling
from services.config import Config
from services.opening import File as File
from services.opening import TakeMessage, keep_files, keep_words, open_ticket
from services.reference import Reference, reference
from storage import messages, outbox, tickets
from storage.database import Connection
from storage.messages import StoredMessage
from storage.people import Identity

FLOOD = 5
FLOOD_WITHIN = timedelta(seconds=60)
FRIENDLY_KINDS = {"sticker", "animation"}
# Words right after a petition was decided are about it, and read by whoever read it.
STILL_SEALED = timedelta(hours=2)


def take_message(db: Connection, cfg: Config, command: TakeMessage, now: datetime) -> TicketId | None:
    """Opens a ticket or joins the sender's own. None when there was nothing in it (an empty text), which is said."""
    ref = reference(db)
    if _is_empty(command):
        outbox.add(db, [Notice(NoticeKind.EMPTY_MESSAGE, command.chat.id)], now)
        return None
    if command.edited and (original := messages.by_provider_id(db, command.message_id, command.person.id)):
        return _revise(db, cfg, command, original, now)
    if command.album and (first := messages.of_album(db, command.album, command.person.id)):
        return _add_to_album(db, cfg, command, first, now)
    ticket = None if command.anew else _ticket_meant(db, command, now)
    if ticket is None or _exposed(ref, command, ticket):
        return open_ticket(db, cfg, ref, command, now).id
    if ticket.is_open:
        return _join(db, cfg, ref, command, ticket, now)
    return _after_the_end(db, cfg, ref, command, ticket, now)


def is_a_matter(db: Connection, text: str) -> bool:
    """Whether words that could be a mere remark must be taken in full: an emergency, a petition, "chưa giải quyết"."""
    words, markers = clean(text), reference(db).markers
    return bool(
        urgent_marker(words, markers) or petition_marker(words, markers) or is_dissatisfied(words, markers)
    )


def reopen_ticket(
    db: Connection,
    cfg: Config,
    ref: Reference,
    ticket: Ticket,
    by: PersonId,
    now: datetime,
    here: Identity | None = None,
) -> Ticket:
    """A new cycle under the same code: new promise, card to everyone on shift; the third goes to a leader.

    Everybody who wrote of the same matter hears of it, whoever asked for it in the chat where they did (`here`).

    Raises `too_late_to_reopen` after three service days (30 days when we closed for want of information).
    """
    promised = promise(now, ref.calendar_at(ticket.gate, now), ticket.ticket_class, cfg.sla)
    again, events = reopen(ticket, by, now, _reopen_until(cfg, ref, ticket, now), promised)
    tickets.record(db, ticket, again, events)
    promises.set_timers(db, cfg, ref, again, promised, now)
    due = again.due_at.isoformat() if again.due_at else None
    telling.tell_sender(db, again, NoticeKind.REOPENED, now, here, due_at=due)
    promises.first_cards(db, cfg, ref, again, now)
    if reopening_goes_to_leader(again.cycle - 1, cfg.sla):
        telling.tell_leaders(db, NoticeKind.THIRD_REOPENING, now, again)
    return again


def add_message(
    db: Connection, cfg: Config, command: TakeMessage, ticket: Ticket, now: datetime
) -> tuple[StoredMessage, Event]:
    """Keeps the sender's words and files on this ticket, and the event that tells of it."""
    message = keep_words(db, cfg, ticket, command, now)
    keep_files(db, cfg, command, message, now)
    told: dict[str, Datum] = {"message": message.id, "digest": message.digest, "kind": command.kind}
    return message, Event(EventKind.MESSAGE_ADDED, now, command.person.id, data=told)


def _is_empty(command: TakeMessage) -> bool:
    return command.kind == "text" and not command.files and not clean(command.text)


def _exposed(ref: Reference, command: TakeMessage, ticket: Ticket) -> bool:
    """A denunciation is never added to a ticket that others read."""
    return not ticket.sealed and petition_marker(clean(command.text), ref.markers) is not None


def _ticket_meant(db: Connection, command: TakeMessage, now: datetime) -> Ticket | None:
    """The ticket named or replied to, else the newest that is open, resolved, closed for want of an answer, or just closed."""
    named = _replied_to(db, command)
    written = tickets.of_sender(db, command.person.id)
    # What was joined to another goes on there, and so do the later words of its sender.
    own = list({one.id: one for one in (tickets.main_of(db, ticket) for ticket in written)}.values())
    unfinished = [ticket for ticket in own if ticket.status is not Status.CLOSED]
    unanswered = [
        t
        for t in own
        if t.closure is Closure.INSUFFICIENT and t.closed_at and late_answer_reopens_until(t.closed_at) >= now
    ]
    ended = [ticket for ticket in own if _may_follow(ticket, now)]
    by_rank = [*[ticket for ticket in unfinished if ticket.is_open], *unfinished, *unanswered[:1], *ended]
    return named or next(iter(by_rank), None)


def _replied_to(db: Connection, command: TakeMessage) -> Ticket | None:
    replied = outbox.ticket_of_message(db, command.chat.id, command.reply_to) if command.reply_to else None
    meant = command.ticket_id or replied
    ticket = tickets.load(db, meant) if meant is not None else None
    if ticket is None or command.person.id not in {ticket.sender_id, *_joiners(db, ticket)}:
        return None
    return tickets.main_of(db, ticket)


def _joiners(db: Connection, ticket: Ticket) -> set[PersonId]:
    return {one.sender_id for one in tickets.joined(db, ticket)}


def _may_follow(ticket: Ticket, now: datetime) -> bool:
    """Whether plain words after the end belong beside this ticket (services say how: reopened, thanked, or a new one linked)."""
    if ticket.closure is Closure.PETITION:
        return ticket.closed_at is not None and now - ticket.closed_at < STILL_SEALED
    return ticket.closure in {Closure.RATED, Closure.SILENT}


def _join(
    db: Connection, cfg: Config, ref: Reference, command: TakeMessage, ticket: Ticket, now: datetime
) -> TicketId:
    message, added = add_message(db, cfg, command, ticket, now)
    changed, events = _answered(cfg, ref, ticket, now)
    changed, more = _urgent_now(cfg, ref, command, changed, now)
    tickets.record(db, ticket, changed, (added, *events, *more))
    if changed.promise_no != ticket.promise_no:
        _promise_anew(db, cfg, ref, ticket, changed, now)
    flood = messages.count_since(db, ticket.id, command.person.id, now - FLOOD_WITHIN)
    if flood <= FLOOD or flood % 20 == 0 or changed.ticket_class is not ticket.ticket_class:
        _tell_of_addition(db, cfg, command, ticket, changed, now, flood if flood > FLOOD else 1, message.id)
    elif not changed.sealed:
        telling.refresh_cards(db, changed, now)
    return ticket.id


def _answered(cfg: Config, ref: Reference, ticket: Ticket, now: datetime) -> tuple[Ticket, tuple[Event, ...]]:
    if ticket.status is not Status.WAITING_SENDER or ticket.due_at is None:
        return ticket, ()
    calendar = ref.calendar_at(ticket.gate, now)
    return sender_answered(ticket, now, reissued(ticket.due_at, now, calendar, ticket.ticket_class, cfg.sla))


def _urgent_now(
    cfg: Config, ref: Reference, command: TakeMessage, ticket: Ticket, now: datetime
) -> tuple[Ticket, tuple[Event, ...]]:
    """Later words can make it urgent: "xe bốc khói" after "xe chờ lâu"."""
    calm = ticket.ticket_class in {TicketClass.NORMAL, TicketClass.SUGGESTION}
    if not calm or ticket.sealed or not urgent_marker(clean(command.text), ref.markers):
        return ticket, ()
    return raise_urgency(
        ticket, None, now, promise(now, ref.calendar_at(ticket.gate, now), TicketClass.URGENT, cfg.sla)
    )


def _promise_anew(
    db: Connection, cfg: Config, ref: Reference, before: Ticket, ticket: Ticket, now: datetime
) -> None:
    if ticket.due_at is None:
        return
    calendar = ref.calendar_at(ticket.gate, now)
    promised = (
        promise(now, calendar, TicketClass.URGENT, cfg.sla)
        if ticket.ticket_class is TicketClass.URGENT
        else reissued(before.due_at or ticket.due_at, now, calendar, ticket.ticket_class, cfg.sla)
    )
    ladder = towards(ticket.due_at, promised, calendar, ticket.ticket_class, cfg.sla, now)
    promises.set_timers(db, cfg, ref, ticket, ladder, now)
    if ticket.ticket_class is not before.ticket_class:
        promises.first_cards(db, cfg, ref, ticket, now)


def _tell_of_addition(
    db: Connection,
    cfg: Config,
    command: TakeMessage,
    before: Ticket,
    ticket: Ticket,
    now: datetime,
    count: int = 1,
    message_id: int | None = None,
) -> None:
    """`count` messages of a flood are acknowledged together; `message_id` is the newest of them."""
    resumed = ticket.due_at.isoformat() if ticket.due_at and ticket.due_at != before.due_at else None
    told = {
        "kind": command.kind,
        "count": count,
        "resumed_due_at": resumed,
        "urgent": ticket.ticket_class is not before.ticket_class,
    }
    known = telling.known_as(db, ticket, command.person.id)
    added = Notice(NoticeKind.ADDED, command.chat.id, known, told)
    outbox.add(db, [added], now)
    if message_id is not None:
        rerouting.show_taken(db, cfg, command.chat, message_id, added, now)
    if ticket.sealed:
        telling.tell_people(db, telling.sealed_readers(db, cfg), NoticeKind.PETITION_CARD, now, ticket)
        return
    newest = messages.newest_id(db, ticket.id)
    if ticket.holder_id is not None:
        telling.tell_people(
            db,
            [ticket.holder_id],
            NoticeKind.SENDER_WROTE,
            now,
            ticket,
            telling.Priority.NOW,
            message_id=newest,
        )
    telling.refresh_cards(db, ticket, now)


def _revise(
    db: Connection, cfg: Config, command: TakeMessage, original: StoredMessage, now: datetime
) -> TicketId | None:
    """An edit: a revision beside the original and a staff note; it reopens nothing. An edit without a visible change is nothing.

    An edit that denounces somebody is sealed in a ticket of its own; one that tells of an emergency makes the ticket urgent.
    """
    ref, ticket = reference(db), _now_at(db, original)
    text = clean(command.text)
    if ticket is None or (not ticket.sealed and text == original.text):
        return ticket.id if ticket else None
    if _exposed(ref, command, ticket) and not petition_marker(original.text, ref.markers):
        return open_ticket(db, cfg, ref, command, now).id
    revision = keep_words(db, cfg, ticket, command, now, revises=original.id)
    told: dict[str, Datum] = {"message": revision.id, "digest": revision.digest, "revises": original.id}
    revised = Event(EventKind.MESSAGE_REVISED, now, command.person.id, data=told)
    changed, hurried = _urgent_now(cfg, ref, command, ticket, now) if ticket.is_open else (ticket, ())
    tickets.record(db, ticket, changed, [revised, *hurried])
    if hurried:
        _promise_anew(db, cfg, ref, ticket, changed, now)
        _tell_of_addition(db, cfg, command, ticket, changed, now)
        return ticket.id
    if not ticket.sealed:
        telling.refresh_cards(db, ticket, now)
    if ticket.holder_id is not None and not ticket.sealed:
        holder = [ticket.holder_id]
        telling.tell_people(
            db, holder, NoticeKind.SENDER_WROTE, now, ticket, message_id=revision.id, revised=True
        )
    return ticket.id


def _now_at(db: Connection, message: StoredMessage) -> Ticket | None:
    """The ticket that the message is on, or the one under which that goes on."""
    ticket = tickets.load(db, message.ticket_id)
    return tickets.main_of(db, ticket) if ticket is not None else None


def _add_to_album(
    db: Connection, cfg: Config, command: TakeMessage, first: StoredMessage, now: datetime
) -> TicketId:
    """The other pictures of an album: each its own update, together one message to the people who read it (no further receipts)."""
    ticket = _now_at(db, first)
    if ticket is None:
        raise RuntimeError("a message without its ticket")
    _, added = add_message(db, cfg, command, ticket, now)
    tickets.record(db, ticket, ticket, [added])
    telling.refresh_cards(db, ticket, now)
    return ticket.id


def _after_the_end(
    db: Connection, cfg: Config, ref: Reference, command: TakeMessage, ticket: Ticket, now: datetime
) -> TicketId:
    """Words after the resolution: thanks reopen nothing, "chưa giải quyết" does, anything else is a matter of its own."""
    text = clean(command.text)
    in_time = now <= _reopen_until(cfg, ref, ticket, now)
    if command.kind in FRIENDLY_KINDS or is_thanks(text, ref.markers):
        message, added = add_message(db, cfg, command, ticket, now)
        tickets.record(db, ticket, ticket, [added])
        kind = NoticeKind.REOPEN_OFFER if in_time and not ticket.sealed else NoticeKind.ADDED
        if messages.count_since(db, ticket.id, command.person.id, now - FLOOD_WITHIN) <= FLOOD:
            known = telling.known_as(db, ticket, command.person.id)
            answer = Notice(kind, command.chat.id, known, {"kind": command.kind})
            outbox.add(db, [answer], now)
            rerouting.show_taken(db, cfg, command.chat, message.id, answer, now)
        return ticket.id
    answers_us = ticket.closure is Closure.INSUFFICIENT
    if in_time and (answers_us or is_dissatisfied(text, ref.markers)):
        message, added = add_message(db, cfg, command, ticket, now)
        tickets.record(db, ticket, ticket, [added])
        rerouting.show_taken(db, cfg, command.chat, message.id, None, now)
        return reopen_ticket(db, cfg, ref, ticket, command.person.id, now, command.chat).id
    return open_ticket(db, cfg, ref, command, now, previous=ticket.id).id


def _reopen_until(cfg: Config, ref: Reference, ticket: Ticket, now: datetime) -> datetime:
    if ticket.closure is Closure.INSUFFICIENT and ticket.closed_at:
        return late_answer_reopens_until(ticket.closed_at, cfg.sla)
    ended = ticket.resolved_at or ticket.closed_at
    if ended is None:
        raise ValueError("the ticket has not ended")
    return reopen_until(ended, ref.calendar_at(ticket.gate, now), cfg.sla)
