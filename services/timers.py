"""What happens when a timer is due: rungs, breaches, closings. Every decision looks at the ticket as it is now; stale → nothing."""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

import structlog

from core import lifecycle
from core.events import Event, EventKind
from core.ids import PersonId
from core.notices import NoticeKind, Priority
from core.people import Role
from core.sla import fire_at, next_nag_at
from core.ticket import HELD, Status, Ticket, TicketClass
from services import apologies, promises, telling
from services.config import Config
from services.outage import OUTAGE, number_of, pass_over, rung_of, tell_after_outage
from services.reference import Reference, reference
from storage import messages, people, tickets, timers
from storage.database import Conflict, Connection, Unavailable, apart
from storage.leases import alone
from storage.timers import Timer

Fire = Callable[[Connection, Config, Reference, Ticket, Timer, datetime], None]
AFTER_A_BUG = timedelta(minutes=5)
A_MOMENT = timedelta(seconds=1)
SILENT = {"auto_close"}
log = structlog.get_logger()


def fire_due(db: Connection, cfg: Config, now: datetime, limit: int = 200) -> int:
    """Claims what is due, in the order of `due_at`, and acts on it; how many timers that were.

    After downtime only the highest rung of a ticket that is due fires; one digest tells of the rest.
    """
    # What falls due together is judged together (the highest rung, one digest, one morning message): one process at a time.
    if not alone(db, "heartbeat"):
        return 0
    ref = reference(db)
    passed_over = pass_over(db, now)
    due = timers.due(db, now, limit)
    for timer in due:
        try:
            with apart(db):
                _fire(db, cfg, ref, timer, now)
        except Unavailable:
            raise  # no fault of the timer: all of it is due when the database works again
        except Conflict:
            # Somebody changed the ticket in this very moment: it is looked at again as it is then.
            log.info("a timer met another change", timer_id=timer.id, stage=timer.stage)
            timers.postpone(db, timer.id, now + A_MOMENT)
        except Exception as error:  # one timer's bug must not stop the clock of all the other tickets
            log.error(
                "a timer failed",
                timer_id=timer.id,
                stage=timer.stage,
                error=type(error).__name__,
                exc_info=error,
            )
            timers.postpone(db, timer.id, now + AFTER_A_BUG)
    tell_after_outage(db, ref, passed_over, now)
    return len(passed_over) + len(due)


_OTHERS: dict[str, Callable[[Connection, Config, Reference, Timer, datetime], None]] = {}


def handles(subject: str, act: Callable[[Connection, Config, Reference, Timer, datetime], None]) -> None:
    """Registers what the timers of another subject (a shift, a plan task) do."""
    _OTHERS[subject] = act


def _fire(db: Connection, cfg: Config, ref: Reference, timer: Timer, now: datetime) -> None:
    if timer.subject == promises.TICKET:
        _fire_ticket(db, cfg, ref, timer, now)
    elif timer.subject in _OTHERS:
        _OTHERS[timer.subject](db, cfg, ref, timer, now)
    else:
        timers.fired(db, timer.id, now, "skipped")


def _fire_ticket(db: Connection, cfg: Config, ref: Reference, timer: Timer, now: datetime) -> None:
    ticket = tickets.load(db, timer.subject_id)
    if ticket is None or timer.cycle != ticket.promise_no:
        timers.fired(db, timer.id, now, "skipped")
        return
    earliest = _earliest(ref, ticket, timer, now)
    if earliest > now:
        timers.postpone(db, timer.id, earliest)
    elif timers.fired(db, timer.id, now):
        _STAGES.get(timer.stage, _nothing)(db, cfg, ref, ticket, timer, now)


def _earliest(ref: Reference, ticket: Ticket, timer: Timer, now: datetime) -> datetime:
    """Outside the windows nothing fires but urgent and rung 7. Other looks fall at an end of a window, or inside one;
    late ones, after downtime, wait for the next."""
    calendar = ref.calendar_at(ticket.gate, now)
    if number_of(timer) is not None:
        return fire_at(rung_of(timer), now, calendar, ticket.ticket_class)
    late = now - timer.due_at > OUTAGE
    if not late or timer.stage in SILENT or ticket.ticket_class is TicketClass.URGENT:
        return now
    return calendar.first_service_instant(now)


def _first(db: Connection, cfg: Config, ref: Reference, ticket: Ticket, timer: Timer, now: datetime) -> None:
    """Rung 0 of what came at night: the window opens, the cards go out."""
    if ticket.status is Status.NEW:
        promises.show_first_cards(db, cfg, ref, ticket, now)


def _unclaimed(
    db: Connection, cfg: Config, ref: Reference, ticket: Ticket, timer: Timer, now: datetime
) -> None:
    """Rungs 1 and 2: nobody has taken it."""
    if ticket.status is not Status.NEW:
        return
    first = number_of(timer) == 1
    heads = [person.id for person in telling.heads(db, ref, ticket)]
    told = telling.in_charge(db, ref, ticket, now) if first else heads
    _ring(db, cfg, ref, ticket, timer, told, now)


def _unanswered(
    db: Connection, cfg: Config, ref: Reference, ticket: Ticket, timer: Timer, now: datetime
) -> None:
    """Rung 3: no human reply for 30 service minutes – the holder and the centre."""
    if not ticket.is_open or ticket.first_reply_at is not None or ticket.status is Status.WAITING_SENDER:
        return
    told = [*_holder(ticket), *(person.id for person in telling.heads(db, ref, ticket))]
    _ring(db, cfg, ref, ticket, timer, told, now)


def _due_soon(
    db: Connection, cfg: Config, ref: Reference, ticket: Ticket, timer: Timer, now: datetime
) -> None:
    """Rungs 4–6: holder and shift (or its unit); from 5 Văn phòng too; at 6 a leader. After the due time rung 7 speaks."""
    if not _runs(ticket) or (ticket.due_at is not None and ticket.due_at < now):
        return
    number = number_of(timer) or 4
    told = [*_holder(ticket), *telling.in_charge(db, ref, ticket, now)]
    if number >= 5:
        told += [person.id for person in people.staff(db, Role.OFFICE)]
    leaders = telling.tell_leaders(db, NoticeKind.RUNG, now, ticket, rung=number) if number >= 6 else 0
    _ring(db, cfg, ref, ticket, timer, told, now, leaders)


def _breach(db: Connection, cfg: Config, ref: Reference, ticket: Ticket, timer: Timer, now: datetime) -> None:
    """Rung 7: breached at the due time, noticed now. An apology with a new promise, a reason code, a leader, and nagging."""
    broken, events = lifecycle.breach(ticket, now)
    if not events or broken.breached_at is None:
        return
    tickets.record(db, ticket, broken, events)
    told = [*_holder(broken), *telling.in_charge(db, ref, broken, now)]
    told += [person.id for person in telling.heads(db, ref, broken)]
    telling.tell_people(db, told, NoticeKind.BREACH, now, broken, Priority.NOW)
    telling.tell_leaders(db, NoticeKind.BREACH, now, broken)
    apologies.apologise(db, cfg, ref, broken, now)
    promises.set_after_breach(db, cfg, ref, broken, now)
    telling.refresh_cards(db, broken, now)


def _nag(db: Connection, cfg: Config, ref: Reference, ticket: Ticket, timer: Timer, now: datetime) -> None:
    """At each window start and every 120 service minutes, until it is resolved; silent while the sender owes us an answer."""
    if not ticket.is_open or ticket.breached_at is None:
        return
    told = _holder(ticket) or telling.in_charge(db, ref, ticket, now)
    if ticket.status is not Status.WAITING_SENDER:
        telling.tell_people(db, told, NoticeKind.BREACH_NAG, now, ticket)
    promises.set_timer(db, ticket, "nag", next_nag_at(now, ref.calendar_at(ticket.gate, now), cfg.sla), now)


def _ask_reason(
    db: Connection, cfg: Config, ref: Reference, ticket: Ticket, timer: Timer, now: datetime
) -> None:
    """No reason code 30 service minutes after the breach: the holder is asked again, and the head hears of it."""
    if ticket.breached_at is None or ticket.breach_reason is not None:
        return
    told = [*_holder(ticket), *(person.id for person in telling.heads(db, ref, ticket))]
    telling.tell_people(db, told, NoticeKind.BREACH, now, ticket, ask_reason=True)


def _human_reply(
    db: Connection, cfg: Config, ref: Reference, ticket: Ticket, timer: Timer, now: datetime
) -> None:
    """After the cut-off a person still owes a word before the day ends."""
    if ticket.is_open and ticket.first_reply_at is None:
        told = [*_holder(ticket), *(person.id for person in telling.heads(db, ref, ticket))]
        telling.tell_people(db, told, NoticeKind.RUNG, now, ticket, rung=3, human_reply=True)


def _joined_reply(
    db: Connection, cfg: Config, ref: Reference, ticket: Ticket, timer: Timer, now: datetime
) -> None:
    """Somebody told the same later: the answers before that went to others, and no person has written since."""
    answered = max((message.at for message in messages.of_ticket(db, ticket.id, "out")), default=None)
    waiting = [
        one.code
        for one in tickets.joined(db, ticket)
        if one.first_reply_at is None and one.closed_at and (answered is None or answered <= one.closed_at)
    ]
    if ticket.is_open and waiting:
        told = [*_holder(ticket), *(person.id for person in telling.heads(db, ref, ticket))]
        telling.tell_people(db, told, NoticeKind.RUNG, now, ticket, rung=3, joined=", ".join(waiting))


def _triage(db: Connection, cfg: Config, ref: Reference, ticket: Ticket, timer: Timer, now: datetime) -> None:
    """15 minutes on, nobody has said which gate: Văn phòng sorts it."""
    if ticket.is_open and ticket.gate is None:
        office = [person.id for person in people.staff(db, Role.OFFICE)]
        telling.tell_people(db, office, NoticeKind.CARD, now, ticket, fresh=True, triage=True)


def _still_silent(
    db: Connection, cfg: Config, ref: Reference, ticket: Ticket, timer: Timer, now: datetime
) -> None:
    """Our question was not answered by the end of the next service day."""
    if ticket.status is Status.WAITING_SENDER:
        telling.tell_people(db, _holder(ticket), NoticeKind.SENDER_SILENT, now, ticket)


def _agency(db: Connection, cfg: Config, ref: Reference, ticket: Ticket, timer: Timer, now: datetime) -> None:
    """The other agency's date has come; in the evening Văn phòng hears of it too, and from then on every service day.

    Whoever has the ticket by now: it may have changed hands, or wait in the pool, and no other clock reminds of it.
    """
    if not ticket.is_open or not ticket.amber:
        return
    told = _holder(ticket) or telling.in_charge(db, ref, ticket, now)
    if timer.stage == "agency_end":
        told += [person.id for person in people.staff(db, Role.OFFICE)]
        again = promises.end_of_next_service_day(ref, ticket, now)
        promises.set_timer(db, ticket, "agency_end", again, now)
    day = ticket.agency_promise_on.isoformat() if ticket.agency_promise_on else None
    telling.tell_people(
        db, told, NoticeKind.AGENCY_DUE, now, ticket, promise_on=day, passed=timer.stage == "agency_end"
    )


def _close_silent(
    db: Connection, cfg: Config, ref: Reference, ticket: Ticket, timer: Timer, now: datetime
) -> None:
    closed, events = lifecycle.close_silent(ticket, timer.due_at, now)
    tickets.record(db, ticket, closed, events)
    if events:
        telling.refresh_cards(db, closed, now)


def _nothing(
    db: Connection, cfg: Config, ref: Reference, ticket: Ticket, timer: Timer, now: datetime
) -> None:
    """A stage of an older version of the program: it has done its duty by being claimed."""


_STAGES: dict[str, Fire] = {
    "rung0": _first,
    "rung1": _unclaimed,
    "rung2": _unclaimed,
    "rung3": _unanswered,
    "rung4": _due_soon,
    "rung5": _due_soon,
    "rung6": _due_soon,
    "rung7": _breach,
    "nag": _nag,
    "breach_reason": _ask_reason,
    "human_reply": _human_reply,
    promises.JOINED_REPLY: _joined_reply,
    promises.APOLOGY: apologies.apologise_later,
    "triage": _triage,
    "unanswered": _still_silent,
    "agency_day": _agency,
    "agency_end": _agency,
    "auto_close": _close_silent,
}


def _ring(
    db: Connection,
    cfg: Config,
    ref: Reference,
    ticket: Ticket,
    timer: Timer,
    told: Sequence[PersonId],
    now: datetime,
    reached_already: int = 0,
) -> None:
    """Tells one rung and stores its receipt; with nobody reachable it falls through at once."""
    number = number_of(timer)
    reached = reached_already + telling.tell_people(db, told, NoticeKind.RUNG, now, ticket, rung=number)
    noticed = now if now > timer.due_at else None
    rung = Event(EventKind.RUNG, timer.due_at, noticed_at=noticed, data={"rung": number, "reached": reached})
    tickets.record(db, ticket, ticket, [rung])
    if reached == 0:
        promises.nobody_reachable(db, cfg, ref, ticket, number or 0, now)


def _holder(ticket: Ticket) -> list[PersonId]:
    return [ticket.holder_id] if ticket.holder_id is not None else []


def _runs(ticket: Ticket) -> bool:
    """The outcome is still owed: open, not paused, not answered for by another agency's date."""
    return (
        ticket.status is Status.NEW or ticket.status in HELD - {Status.WAITING_SENDER}
    ) and not ticket.amber
