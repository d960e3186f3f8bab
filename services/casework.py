"""What every errand of the staff shares: who does it, the ticket loaded and locked, the checks, the words kept and sent."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from core import access
from core.errors import Refused
from core.folding import clean
from core.ids import PersonId
from core.notices import Notice, NoticeKind, Priority
from core.people import Person, Role
from core.ticket import Ticket
from services import duty, telling
from services.config import Config
from services.reference import Reference, reference
from storage import forwarding, messages, outbox, people, tickets
from storage.database import Connection
from storage.messages import StoredMessage
from storage.people import Identity

LEADING = (Role.LEADER, Role.OFFICE)
BLOCKED, WINDOW_SHUT, NOT_REACHED = "blocked", "window", "failed"
"""Why somebody has to telephone: no chat can be written to, 48 hours are over, the channel did not take it."""


@dataclass(frozen=True, slots=True)
class Act:
    """Somebody (`person`, from `chat`) does something with a ticket."""

    chat: Identity
    person: Person
    ticket_id: int


@dataclass(frozen=True, slots=True)
class Case:
    """What an act is about, loaded and locked."""

    ref: Reference
    ticket: Ticket
    by: Person


def load(db: Connection, cfg: Config, act: Act) -> Case:
    """Raises `not_allowed` to whoever may not even see the ticket, whether it exists or not."""
    ref = reference(db)
    by = duty.with_gates(db, ref, act.person.id)
    ticket = tickets.load(db, act.ticket_id)
    if by is None or ticket is None or not access.may_see(by, ticket, readers(db, cfg)):
        raise Refused("not_allowed")
    return Case(ref, ticket, by)


def load_held(db: Connection, cfg: Config, act: Act) -> Case:
    """As load, for what only the holder does."""
    case = load(db, cfg, act)
    if not access.may_work_on(case.by, case.ticket):
        if case.ticket.holder_id is None:
            raise Refused("claim_first" if case.ticket.is_open else "ticket_closed", code=case.ticket.code)
        raise naming_the_holder(db, Refused("already_taken", code=case.ticket.code), case.ticket)
    return case


def check_holder(db: Connection, cfg: Config, act: Act) -> None:
    """Refuses before words are asked for that only the holder may write, or on a ticket that is over."""
    case = load_held(db, cfg, act)
    if not case.ticket.is_open:
        raise Refused("ticket_closed", code=case.ticket.code)


def check_note(db: Connection, cfg: Config, act: Act) -> None:
    """Refuses to whoever may not even see the ticket."""
    load(db, cfg, act)


def check_transfer(db: Connection, cfg: Config, act: Act) -> None:
    """Refuses before a menu is shown to somebody who may not hand the ticket on."""
    case = load(db, cfg, act)
    if not (access.may_work_on(case.by, case.ticket) or access.may_assign(case.by, case.ticket)):
        unheld = case.ticket.holder_id is None and access.may_claim(case.by, case.ticket)
        raise Refused(
            "claim_first" if unheld and case.ticket.is_open else "not_allowed", code=case.ticket.code
        )


def check_not_own(db: Connection, ticket: Ticket, person: PersonId) -> None:
    """Raises `own_ticket` when this person is among those who wrote it: nobody judges their own complaint."""
    if person in {ticket.sender_id, *(one.sender_id for one in tickets.joined(db, ticket))}:
        raise Refused("own_ticket", code=ticket.code)


def readers(db: Connection, cfg: Config) -> frozenset[int]:
    return frozenset(telling.sealed_readers(db, cfg))


def naming_the_holder(db: Connection, refusal: Refused, ticket: Ticket) -> Refused:
    holder = people.person(db, ticket.holder_id) if ticket.holder_id is not None else None
    return Refused(refusal.code, **{**refusal.data, "holder": holder.name if holder else ""})


def written(
    db: Connection,
    cfg: Config,
    ticket: Ticket,
    act: Act,
    text: str,
    direction: str,
    now: datetime,
    inbox_id: int | None = None,
) -> StoredMessage:
    """The words as kept. Raises `empty_text`."""
    words = clean(text)
    if not words:
        raise Refused("empty_text")
    sealed = cfg.seal.close(words) if ticket.sealed else None
    plain = "" if sealed else words
    composed = messages.compose(ticket.id, direction, now, plain, sealed_text=sealed, author=act.person.id)
    return messages.keep(db, composed, inbox_id)


def send(
    db: Connection,
    ticket: Ticket,
    kind: NoticeKind,
    message: StoredMessage | None,
    now: datetime,
    **data: Any,
) -> None:
    """To everybody who wrote the ticket; whoever cannot be written to is telephoned."""
    number = message.id if message else None
    if not telling.tell_sender(db, ticket, kind, now, message_id=number, **data):
        keep_owed(db, ticket, kind, now, message_id=number, **data)
        call_task(db, ticket, number, now)
    call_the_unreached(db, ticket, number, now)


def call_the_unreached(db: Connection, ticket: Ticket, message_id: int | None, now: datetime) -> None:
    for one in telling.unreached(db, ticket):
        call_task(db, one, message_id, now)


def keep_owed(db: Connection, ticket: Ticket, kind: NoticeKind, now: datetime, **data: Any) -> None:
    """What its own sender cannot be written: sent when they write again (services/owing.py)."""
    for chat in people.identities_of(db, ticket.sender_id)[:1]:
        forwarding.keep_unsent(db, Notice(kind, chat.id, ticket.id, data), now)


def call_task(
    db: Connection, ticket: Ticket, message_id: int | None, now: datetime, why: str = BLOCKED
) -> None:
    """ "Gọi điện": what cannot be delivered is told by telephone, by whoever holds the ticket – else by somebody on shift."""
    main = tickets.main_of(db, ticket)
    holder = [main.holder_id] if main.holder_id is not None else []
    shift = [person.id for person in duty.on_shift(db, reference(db), ticket.gate, now)]
    office = [person.id for person in people.staff(db, Role.OFFICE)]
    told: dict[str, Any] = {"message_id": message_id, "reason": why}
    for persons in (holder,) if ticket.sealed else (holder, shift, office):
        if telling.tell_people(db, persons, NoticeKind.CALL_TASK, now, ticket, Priority.NOW, **told):
            return


def card_to_holder(db: Connection, ticket: Ticket, now: datetime) -> None:
    if ticket.holder_id is None:
        return
    for chat in people.reachable_identities(db, [ticket.holder_id]).values():
        outbox.add(db, [Notice(NoticeKind.CARD, chat.id, ticket.id, {"fresh": True})], now)
