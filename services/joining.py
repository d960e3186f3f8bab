"""Gộp phiếu: one matter that was told twice goes on as one ticket, and whoever told it keeps their code and reads every answer."""

from collections.abc import Sequence
from datetime import datetime

from core import access
from core import joining as rule
from core.errors import Refused
from core.folding import clean
from core.ids import PersonId, TicketId
from core.lifecycle import Decision
from core.notices import Notice, NoticeKind
from core.people import Person
from core.sla import reissued
from core.ticket import Closure, Status, Ticket
from services import apologies, casework, promises, telling
from services.casework import Act, Case
from services.config import Config
from services.reference import Reference
from storage import outbox, people, tickets
from storage.database import Connection

OFFERED = 10
_LOOKED_AT = 50
# Whoever has just joined two tickets is about to answer: asked again only after this.
PATIENCE_MINUTES = 10


def candidates(db: Connection, cfg: Config, act: Act) -> Sequence[Ticket]:
    """Into what this ticket might go: the newest open ones of the same gate that this person may act on as well.

    Raises what `join` would for the ticket itself.
    """
    case = _case(db, cfg, act)
    near = tickets.open_at(db, case.ticket.gate, _LOOKED_AT)
    return [one for one in near if one.id != case.ticket.id and access.may_join(case.by, one)][:OFFERED]


def named(db: Connection, cfg: Config, typed: str) -> TicketId:
    """The ticket of a typed code, with or without its first letters. Raises `unknown_join`."""
    code = clean(typed).upper()
    ticket = tickets.by_code(db, code) or tickets.by_code(db, f"{cfg.code_prefix}-{code}")
    if ticket is None:
        raise Refused("unknown_join", value=code[:20])
    return ticket.id


def join(db: Connection, cfg: Config, act: Act, into: TicketId, now: datetime) -> Ticket:
    """The ticket of the act goes on under `into`, which takes the earlier due time; its senders and holders hear of it.

    Raises `not_allowed` to whoever may not act on both, `already_taken` when somebody else holds one, `own_ticket`,
    `join_itself`, `not_joinable` (sealed), `ticket_closed`.
    """
    case = _case(db, cfg, act)
    other, main = case.ticket, _main(db, case.by, into)
    along, before = tickets.joined(db, other), [main, *tickets.joined(db, main)]
    (joined, told), (closed, ended) = _decided(db, cfg, case, main, now)
    tickets.record(db, main, joined, told)
    tickets.record(db, other, closed, ended)
    for one in along:
        tickets.record(db, one, *rule.follow(one, joined, act.person.id, now))
    promises.stop_timers(db, closed)
    _promise_anew(db, cfg, case.ref, main, other, joined, now)
    _tell(db, act.person.id, other, joined, [closed, *along], now)
    if joined.amber and not main.amber:
        _tell_of_agency(db, case.ref, joined, before, now)
    return joined


def check(db: Connection, cfg: Config, act: Act, into: TicketId, now: datetime) -> None:
    """Refuses what `join` would, before somebody is asked whether they mean it."""
    case = _case(db, cfg, act)
    _decided(db, cfg, case, _main(db, case.by, into), now)


def promised(db: Connection, *ticket_ids: int) -> int:
    """How often these tickets were promised anew, counted together: joining and parting each add to it."""
    found = (tickets.find(db, ticket_id) for ticket_id in ticket_ids)
    return sum(ticket.promise_no for ticket in found if ticket is not None)


def _decided(
    db: Connection, cfg: Config, case: Case, main: Ticket, now: datetime
) -> tuple[Decision, Decision]:
    other = case.ticket
    dues = (_owed(cfg, case.ref, main, now), _owed(cfg, case.ref, other, now))
    decided = rule.join(main, other, case.by.id, now, dues, tickets.joined(db, other))
    _must_not_hold_own(decided[0][0], {*_senders(db, main), *_senders(db, other)})
    return decided


def _case(db: Connection, cfg: Config, act: Act) -> Case:
    case = casework.load(db, cfg, act)
    check_may_join(db, case.by, case.ticket)
    return case


def _main(db: Connection, by: Person, ticket_id: TicketId) -> Ticket:
    """Raises `not_allowed` also for what is not there: a forged button or a typed code learns nothing."""
    ticket = tickets.load(db, ticket_id)
    if ticket is None or not access.may_see(by, ticket):
        raise Refused("not_allowed")
    check_may_join(db, by, ticket)
    return ticket


def check_may_join(db: Connection, by: Person, ticket: Ticket) -> None:
    """Raises `own_ticket`, `ticket_closed`, `already_taken` (a colleague's), `not_allowed`."""
    casework.check_not_own(db, ticket, by.id)
    if access.may_join(by, ticket):
        return
    if ticket.sealed:
        raise Refused("not_allowed")
    if not ticket.is_open:
        raise Refused("ticket_closed", code=ticket.code)
    if ticket.holder_id is not None and access.may_claim(by, ticket):
        raise casework.naming_the_holder(db, Refused("already_taken", code=ticket.code), ticket)
    raise Refused("not_allowed")


def _senders(db: Connection, ticket: Ticket) -> set[PersonId]:
    return {ticket.sender_id, *(one.sender_id for one in tickets.joined(db, ticket))}


def _must_not_hold_own(ticket: Ticket, senders: set[PersonId]) -> None:
    if ticket.holder_id in senders:
        raise Refused("own_ticket", code=ticket.code)


def _owed(cfg: Config, ref: Reference, ticket: Ticket, now: datetime) -> datetime:
    """When its outcome is owed, seen from now. A pause moves nothing: only the sender's own answer brings a new promise.
    A passed day that another agency answers for was not missed, and counts as if its clock went on now."""
    if ticket.due_at is None:
        raise Refused("not_joinable")
    if not (ticket.amber and ticket.breached_at is None and ticket.due_at < now):
        return ticket.due_at
    calendar = ref.calendar_at(ticket.gate, now)
    return reissued(ticket.due_at, now, calendar, ticket.ticket_class, cfg.sla).due_at


def _promise_anew(
    db: Connection, cfg: Config, ref: Reference, main: Ticket, other: Ticket, joined: Ticket, now: datetime
) -> None:
    """The ladder leads to the earlier due time; an urgent matter counts from when it was told."""
    hidden = promises.first_cards_wait(db, main)
    raised = joined.ticket_class is not main.ticket_class
    promises.set_timers_anew(db, cfg, ref, joined, now, since=other.received_at if raised else None)
    if joined.breached_at is not None and main.breached_at is None:
        promises.set_after_breach(db, cfg, ref, joined, now)
    if joined.breached_at is not None:
        apologies.look_ahead(db, joined, now)
    if joined.first_reply_at is not None and other.first_reply_at is None:
        _owe_a_word(db, cfg, ref, joined, other, now)
    if joined.status is Status.NEW and (hidden or raised):
        promises.first_cards(db, cfg, ref, joined, now)


def _owe_a_word(
    db: Connection, cfg: Config, ref: Reference, joined: Ticket, other: Ticket, now: datetime
) -> None:
    """The answers so far went to others: a person still owes this sender a word of their own (promise.md, Three clocks)."""
    calendar = ref.calendar_at(joined.gate, now)
    by = calendar.add_service_minutes(other.received_at, cfg.sla.first_reply_minutes)
    soon = calendar.add_service_minutes(now, PATIENCE_MINUTES)
    promises.set_timer(db, joined, promises.JOINED_REPLY, max(by, soon), now)


def _tell(
    db: Connection, by: PersonId, other: Ticket, joined: Ticket, ended: Sequence[Ticket], now: datetime
) -> None:
    chats = people.reachable_identities(db, [one.sender_id for one in ended])
    data = {"closure": str(Closure.JOINED), "into": joined.code}
    notices = [
        Notice(NoticeKind.CLOSED, chats[one.sender_id].id, one.id, data)
        for one in ended
        if one.sender_id in chats
    ]
    outbox.add(db, notices, now)
    holders = [person for person in (joined.holder_id, other.holder_id) if person not in {None, by}]
    telling.tell_people(
        db, [person for person in holders if person], NoticeKind.JOINED, now, joined, other=other.code
    )
    for ticket in (*ended, joined):
        telling.refresh_cards(db, ticket, now)


def _tell_of_agency(
    db: Connection, ref: Reference, joined: Ticket, before: Sequence[Ticket], now: datetime
) -> None:
    """Those of the matter to whom no agency had been named read now which one answers, and by when; its day is looked at."""
    if joined.agency_promise_on is None:
        return
    promises.set_agency_looks(db, ref, joined, joined.agency_promise_on, now)
    told = {"agency": joined.agency, "promise_on": joined.agency_promise_on.isoformat()}
    for one in {one.sender_id: one for one in reversed(before)}.values():
        if not telling.tell_writer(db, joined, one.sender_id, NoticeKind.INTERIM, now, **told):
            casework.call_task(db, one, None, now)
