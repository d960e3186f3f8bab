"""Tách phiếu: what was joined by mistake goes on by itself again; its sender hears of it if they had heard of the joining."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from core import parting as rule
from core.errors import Refused
from core.events import Event, EventKind
from core.ids import PersonId, TicketId
from core.joining import follow
from core.notices import NoticeKind
from core.parting import Side
from core.ticket import Closure, Status, Ticket
from services import casework, joining, promises, telling
from services.casework import Act, Case
from services.config import Config
from services.reference import Reference
from storage import messages, outbox, people, tickets
from storage.database import Connection


def listed(db: Connection, cfg: Config, act: Act) -> Sequence[Ticket]:
    """What goes on under this ticket, oldest first. Raises what `part` would, `not_joined` when nothing does."""
    found = tickets.joined(db, _case(db, cfg, act).ticket)
    if not found:
        raise Refused("not_joined")
    return found


def part(db: Connection, cfg: Config, act: Act, ticket_id: TicketId, now: datetime) -> Ticket:
    """The ticket `ticket_id`, which went on under that of the act, stands by itself again: with its own promise, in the hands
    that held it, with whatever had been joined to it before.

    Raises `own_ticket`, `already_taken` (a colleague's), `ticket_closed`, `not_allowed` as joining does, and `not_joined`.
    """
    case = _case(db, cfg, act)
    main, gone = case.ticket, tickets.load(db, ticket_id)
    if gone is None or gone.joined_to != main.id:
        raise Refused("not_joined")
    told = _history(db, main)
    along = _along(db, main, gone, told)
    rest = [one for one in tickets.joined(db, main) if one.id != gone.id and one not in along]
    (kept, events), (back, more) = rule.part(
        Side(main, told, rest),
        Side(_in_hands(db, gone), _history(db, gone), along),
        act.person.id,
        now,
        resumed_due=promises.next_promise(case.ref, cfg, gone, now).due_at,
        heard_at=_heard_at(db, main, gone),
    )
    tickets.record(db, main, kept, events)
    tickets.record(db, gone, back, more)
    for one in along:
        tickets.record(db, one, *follow(one, back, act.person.id, now))
    _take_words(db, main, gone, along, rest)
    _set_clocks(db, cfg, case.ref, main, kept, back, now)
    _tell(db, cfg, case, kept, gone, back, along, now)
    return back


def _case(db: Connection, cfg: Config, act: Act) -> Case:
    case = casework.load(db, cfg, act)
    joining.check_may_join(db, case.by, case.ticket)
    return case


def _history(db: Connection, ticket: Ticket) -> list[Event]:
    return [one.event for one in tickets.history(db, ticket.id)]


def _along(db: Connection, main: Ticket, gone: Ticket, told: Sequence[Event]) -> list[Ticket]:
    """What had been joined to it before it was joined itself."""
    links = [e for e in told if e.kind is EventKind.JOINED and e.data.get("from") == gone.code]
    codes = str(links[-1].data.get("along") or "").split() if links else []
    return [one for one in tickets.joined(db, main) if one.code in codes]


def _in_hands(db: Connection, gone: Ticket) -> Ticket:
    """Whoever held it may have left meanwhile."""
    holder = people.person(db, gone.holder_id) if gone.holder_id is not None else None
    return gone if holder is not None and holder.is_staff else replace(gone, holder_id=None, claimed_at=None)


def _heard_at(db: Connection, main: Ticket, gone: Ticket) -> datetime | None:
    """When its sender first read a word of a person under the other ticket."""
    answers = messages.of_ticket(db, main.id, "out")
    return next((one.at for one in answers if gone.closed_at and one.at > gone.closed_at), None)


def _take_words(
    db: Connection, main: Ticket, gone: Ticket, along: Sequence[Ticket], rest: Sequence[Ticket]
) -> None:
    """What its senders wrote meanwhile is about their own matter; who told both keeps those words where they are."""
    staying = {main.sender_id, *(one.sender_id for one in rest)}
    for one in (gone, *along):
        if one.sender_id not in staying and one.closed_at is not None:
            messages.move_words(db, main.id, gone.id, one.sender_id, one.closed_at)


def _set_clocks(
    db: Connection, cfg: Config, ref: Reference, main: Ticket, kept: Ticket, back: Ticket, now: datetime
) -> None:
    if kept.promise_no != main.promise_no:
        promises.set_timers_anew(db, cfg, ref, kept, now)
    promises.set_timers_anew(db, cfg, ref, back, now)
    if back.breached_at is not None:
        promises.set_after_breach(db, cfg, ref, back, now)
    if back.amber and back.agency_promise_on is not None:
        promises.set_agency_looks(db, ref, back, back.agency_promise_on, now)
    if back.status is Status.NEW:
        promises.first_cards(db, cfg, ref, back, now)


def _tell(
    db: Connection,
    cfg: Config,
    case: Case,
    kept: Ticket,
    gone: Ticket,
    back: Ticket,
    along: Sequence[Ticket],
    now: datetime,
) -> None:
    """Senders only when they had been told otherwise; holders who did not do it; every copy of the two cards."""
    since = gone.closed_at or now
    if outbox.take_back(db, gone.id, NoticeKind.CLOSED, since):
        telling.tell_writer(db, back, back.sender_id, NoticeKind.PARTED, now)
    for one in along:
        if outbox.take_back(db, one.id, NoticeKind.CLOSED, since):
            into = {"closure": str(Closure.JOINED), "into": back.code}
            telling.tell_writer(db, back, one.sender_id, NoticeKind.CLOSED, now, **into)
    if case.ticket.amber and not kept.amber:
        telling.tell_sender(db, kept, NoticeKind.PARTED, now, agency=case.ticket.agency)
    _tell_holder(db, kept, back, case.by.id, now)
    _tell_holder(db, back, kept, case.by.id, now)
    if back.holder_id != case.by.id:
        casework.card_to_holder(db, back, now)
    for ticket in (kept, back):
        telling.refresh_cards(db, ticket, now)


def _tell_holder(db: Connection, ticket: Ticket, other: Ticket, by: PersonId, now: datetime) -> None:
    if ticket.holder_id is not None and ticket.holder_id != by:
        telling.tell_people(db, [ticket.holder_id], NoticeKind.SEPARATED, now, ticket, other=other.code)
