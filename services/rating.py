"""After the resolution: the sender's rating, a comment, reopening – or silence for 24 hours."""

from datetime import datetime

from core import access, lifecycle
from core.errors import Refused
from core.folding import clean
from core.ids import TicketId
from core.notices import NoticeKind
from core.sla import reopen_until
from core.ticket import Score, Ticket
from services import promises, telling
from services.casework import Act
from services.complaints import reopen_ticket
from services.config import Config
from services.reference import reference
from storage import tickets
from storage.database import Connection


def rate(db: Connection, cfg: Config, act: Act, score: Score, cycle: int, now: datetime) -> Ticket:
    """Hài lòng · Chấp nhận được · Không hài lòng of this cycle; the last one counts. Raises `old_button` for an earlier cycle's."""
    ticket, known_as = _own(db, act)
    if cycle != ticket.cycle:
        raise Refused("old_button")
    rated, events = lifecycle.rate(ticket, act.person.id, now, score)
    tickets.record(db, ticket, rated, events)
    tickets.add_rating(db, rated, act.person.id, score, now)
    if rated.status is not ticket.status:
        promises.stop_timers(db, rated)
        telling.refresh_cards(db, rated, now)
    still_time = ticket.resolved_at is not None and now <= reopen_until(
        ticket.resolved_at, reference(db).calendar_at(ticket.gate, now), cfg.sla
    )
    offered = score is Score.BAD and still_time
    told = {"score": str(score), "may_reopen": offered}
    telling.tell_chat(db, act.chat.id, NoticeKind.RATED, now, known_as, **told)
    if rated.holder_id is not None:
        telling.tell_people(db, [rated.holder_id], NoticeKind.SENDER_RATED, now, rated, score=str(score))
    return rated


def comment(db: Connection, act: Act, text: str, now: datetime, inbox_id: int = 0) -> None:
    """Words to this person's newest rating, which the holder reads too.

    Raises `empty_text`, and `old_button` when this person rated nothing.
    `inbox_id` names the update: if the words were meant as a new matter, a button makes a ticket of them.
    """
    ticket, known_as = _own(db, act)
    words = clean(text)
    if not words:
        raise Refused("empty_text")
    score = tickets.comment_rating(db, ticket.id, act.person.id, words)
    if score is None:
        raise Refused("old_button")
    telling.tell_chat(db, act.chat.id, NoticeKind.COMMENT_SAVED, now, known_as, inbox_id=inbox_id)
    if ticket.holder_id is not None:
        telling.tell_people(
            db, [ticket.holder_id], NoticeKind.SENDER_RATED, now, ticket, comment=words, score=score
        )


def reopen(db: Connection, cfg: Config, act: Act, now: datetime) -> Ticket:
    """[Mở lại]"""
    return reopen_ticket(db, cfg, reference(db), _own(db, act)[0], act.person.id, now, act.chat)


def decline(db: Connection, act: Act, now: datetime) -> Ticket:
    """[Không]: what was resolved is closed now."""
    ticket, known_as = _own(db, act)
    closed, events = lifecycle.decline_reopening(ticket, act.person.id, now)
    tickets.record(db, ticket, closed, events)
    if events:
        promises.stop_timers(db, closed)
        telling.refresh_cards(db, closed, now)
    telling.tell_chat(db, act.chat.id, NoticeKind.REOPEN_DECLINED, now, known_as)
    return closed


def _own(db: Connection, act: Act) -> tuple[Ticket, TicketId]:
    """What this person wrote – the ticket under which it goes on, if it was joined – and by which of both they know it."""
    own = tickets.load(db, act.ticket_id)
    if own is None or own.sender_id != act.person.id:
        raise Refused("not_allowed")
    ticket = tickets.main_of(db, own)
    if not access.may_rate(act.person, ticket.known_as(own)):
        raise Refused("not_resolved_yet", code=own.code)
    return ticket, own.id
