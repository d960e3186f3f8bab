"""Who is apologised to for a missed promise: of a matter that several told, those whose own time has passed."""

from datetime import datetime

from core.ids import PersonId
from core.notices import NoticeKind
from core.parting import alone, due_of
from core.ticket import Status, Ticket
from services import promises, telling
from services.config import Config
from services.reference import Reference
from storage import outbox, tickets
from storage.database import Connection
from storage.timers import Timer


def apologise(db: Connection, cfg: Config, ref: Reference, ticket: Ticket, now: datetime) -> None:
    """To every sender whose time has passed, with a new promise, once in a cycle; the next of them is looked at in time."""
    new_due = promises.next_promise(ref, cfg, ticket, now).due_at.isoformat()
    for sender, due in _told(db, ticket).items():
        known_as = telling.known_as(db, ticket, sender)
        if due < now and not outbox.told_since(db, known_as, NoticeKind.APOLOGY, ticket.breached_at or now):
            telling.tell_writer(db, ticket, sender, NoticeKind.APOLOGY, now, new_due_at=new_due)
    look_ahead(db, ticket, now)


def apologise_later(
    db: Connection, cfg: Config, ref: Reference, ticket: Ticket, timer: Timer, now: datetime
) -> None:
    """Of a matter that several told, breached before: now the time has passed that another of them was told."""
    if ticket.is_open and ticket.breached_at is not None and ticket.status is not Status.WAITING_SENDER:
        apologise(db, cfg, ref, ticket, now)


def look_ahead(db: Connection, ticket: Ticket, now: datetime) -> None:
    """The matter is late already; somebody else's own time is still to come."""
    if not ticket.joined_count:
        return
    coming = [due + promises.JUST_AFTER for due in _told(db, ticket).values()]
    if later := [at for at in coming if at > now]:
        promises.set_timer(db, ticket, promises.APOLOGY, min(later), now)


def _told(db: Connection, ticket: Ticket) -> dict[PersonId, datetime]:
    """By when each sender of the matter expects its outcome. Whoever was joined to it read its due time, if that was to come."""
    others = tickets.joined(db, ticket)
    by_itself = alone(ticket, [one.event for one in tickets.history(db, ticket.id)] if others else ())
    told = {ticket.sender_id: by_itself.due_at}
    for one in others:
        heard = ticket.due_at and one.closed_at and ticket.due_at > one.closed_at
        told.setdefault(one.sender_id, ticket.due_at if heard else due_of(one, ticket, by_itself))
    return {sender: due for sender, due in told.items() if due is not None}
