"""The promise of a ticket in the database: its timers, re-made whenever it is issued anew; and what if nobody is there."""

from dataclasses import replace
from datetime import date, datetime, time, timedelta

from core.calendar import TZ
from core.notices import NoticeKind, Priority
from core.people import Role
from core.sla import BREACH_RUNG, Promise, auto_close_at, breach_reason_by, next_nag_at, promise, towards
from core.ticket import Status, Ticket, TicketClass
from services import duty, telling
from services.config import Config
from services.reference import Reference
from storage import people, tickets, timers
from storage.data_files import fact, remember
from storage.database import Connection

TICKET = "ticket"
LADDER = tuple(f"rung{number}" for number in range(1, BREACH_RUNG + 1))
FIRST = "rung0"
# What is owed whatever becomes of the ladder: it goes on through a pause and under a promise issued anew.
JOINED_REPLY = "joined_reply"
APOLOGY = "apology"
LASTING = ("nag", "breach_reason", "agency_day", "agency_end", JOINED_REPLY, APOLOGY)
# Equal is on time (promise.md): at the due minute itself nothing is broken yet.
JUST_AFTER = timedelta(microseconds=1)


def promise_of(ref: Reference, cfg: Config, ticket: Ticket, now: datetime) -> Promise:
    """What is owed to this ticket in its present class and at its present gate, counted from `received_at`, made now.

    A petition is judged as *normal*: that is what it becomes if a person decides that it is feedback.
    """
    asked = TicketClass.NORMAL if ticket.ticket_class is TicketClass.PETITION else ticket.ticket_class
    return promise(ticket.received_at, ref.calendar_at(ticket.gate, now), asked, cfg.sla, made_at=now)


def set_timers(
    db: Connection, cfg: Config, ref: Reference, ticket: Ticket, promised: Promise | None, now: datetime
) -> None:
    """The ladder of the promise in force, as rows; what was left of an earlier one is superseded. A petition has no clock."""
    if ticket.promise_no > 1:
        pause_timers(db, ticket)
        timers.carry(db, TICKET, ticket.id, LASTING, ticket.promise_no)
    if promised is None or ticket.due_at is None:
        return
    stages = {rung.stage: rung.at for rung in promised.rungs if 0 < rung.number < BREACH_RUNG}
    # The ladder belongs to the promise; the breach to the due time, which a re-issue never brings forward.
    stages[f"rung{BREACH_RUNG}"] = ticket.due_at + JUST_AFTER
    if promised.human_reply_by:
        stages["human_reply"] = promised.human_reply_by
    if ticket.gate is None:
        stages["triage"] = ref.calendar(None).add_service_minutes(
            max(now, promised.received_at), cfg.sla.triage_minutes
        )
    timers.add(db, TICKET, ticket.id, ticket.promise_no, stages, now)


def set_timers_anew(
    db: Connection, cfg: Config, ref: Reference, ticket: Ticket, now: datetime, since: datetime | None = None
) -> None:
    """The ladder to the due time that the ticket has, made now and counted from `since` (as a rule when it was received);
    while we wait for the sender it rests."""
    if ticket.status is Status.WAITING_SENDER:
        carry_pause(db, ticket)
        return
    counted = replace(ticket, received_at=since) if since is not None else ticket
    promised = promise_of(ref, cfg, counted, now)
    due, calendar = ticket.due_at or promised.due_at, ref.calendar_at(ticket.gate, now)
    set_timers(db, cfg, ref, ticket, towards(due, promised, calendar, ticket.ticket_class, cfg.sla, now), now)


def stop_timers(db: Connection, ticket: Ticket) -> None:
    """The clock stops: resolved or closed."""
    timers.supersede(db, TICKET, ticket.id)


def pause_timers(db: Connection, ticket: Ticket) -> None:
    """The ladder rests. A breach and another agency's date are no less true while we wait for the sender."""
    timers.supersede(db, TICKET, ticket.id, spare=LASTING)


def carry_pause(db: Connection, ticket: Ticket) -> None:
    """A new promise number, and still we wait for the sender: what looks at that goes on."""
    timers.carry(db, TICKET, ticket.id, (*LASTING, "unanswered"), ticket.promise_no)


def set_after_breach(db: Connection, cfg: Config, ref: Reference, ticket: Ticket, now: datetime) -> None:
    """The question for a reason, and the nagging. Counted from when people hear of the breach: after downtime the holder
    would be asked twice in one breath."""
    calendar = ref.calendar_at(ticket.gate, now)
    set_timer(db, ticket, "breach_reason", breach_reason_by(now, calendar, cfg.sla), now)
    set_timer(db, ticket, "nag", next_nag_at(now, calendar, cfg.sla), now)


def set_timer(db: Connection, ticket: Ticket, stage: str, at: datetime, now: datetime) -> None:
    """One more look at this ticket; a stage that the same promise has already is moved."""
    timers.supersede(db, TICKET, ticket.id, [stage])
    timers.put(db, TICKET, ticket.id, ticket.promise_no, stage, at, now)


def first_cards(db: Connection, cfg: Config, ref: Reference, ticket: Ticket, now: datetime) -> None:
    """Rung 0: a card to everyone on shift at once; outside the windows when the next one opens, unless it is urgent.

    A petition has no clock: its named readers get it at once.
    """
    opens = ref.calendar_at(ticket.gate, now).first_service_instant(now)
    if ticket.due_at is not None and ticket.ticket_class is not TicketClass.URGENT and opens > now:
        set_timer(db, ticket, FIRST, opens, now)
        return
    if ticket.opened_at < now:
        timers.supersede(db, TICKET, ticket.id, [FIRST])
    show_first_cards(db, cfg, ref, ticket, now)


def show_first_cards(db: Connection, cfg: Config, ref: Reference, ticket: Ticket, now: datetime) -> None:
    """The cards of rung 0, now; with nobody to show them to it falls through."""
    shown = telling.show_cards(db, cfg, ref, ticket, now) + telling.show_cards_to_unit(db, ticket, now)
    if shown == 0:
        nobody_reachable(db, cfg, ref, ticket, 0, now)


def first_card_lost(db: Connection, cfg: Config, ref: Reference, ticket_id: int, now: datetime) -> None:
    """One of rung 0's cards could not be sent. When it was the last that anybody had, the rung reached nobody after all."""
    ticket = tickets.find(db, ticket_id)
    if ticket is not None and ticket.status is Status.NEW and not telling.has_been_shown(db, ticket_id):
        nobody_reachable(db, cfg, ref, ticket, 0, now)


def first_cards_wait(db: Connection, ticket: Ticket) -> bool:
    """Whether the night is still between this ticket and its first cards."""
    return timers.waits(db, TICKET, ticket.id, FIRST)


def nobody_reachable(
    db: Connection, cfg: Config, ref: Reference, ticket: Ticket, rung: int, now: datetime
) -> None:
    """A rung with nobody reachable falls through at once to the next level and tells the administrator."""
    administrators = [person.id for person in people.staff(db, Role.ADMIN)]
    telling.tell_people(db, administrators, NoticeKind.NOBODY_REACHABLE, now, ticket, rung=rung)
    if ticket.sealed:
        return
    for persons in (telling.heads(db, ref, ticket), people.staff(db, Role.OFFICE)):
        if telling.tell_people(
            db, [person.id for person in persons], NoticeKind.CARD, now, ticket, Priority.NOW, fresh=True
        ):
            return
    telling.tell_leaders(db, NoticeKind.CARD, now, ticket, fresh=True)


def tell_empty_roster(db: Connection, ref: Reference, gate: str | None, now: datetime) -> None:
    """Văn phòng is told once that no shift was ever entered for a gate that has tickets."""
    if gate is None or fact(db, f"roster-empty-{gate}") or not duty.roster_is_empty(db, ref, gate, now):
        return
    remember(db, f"roster-empty-{gate}", now.isoformat())
    office = [person.id for person in people.staff(db, Role.OFFICE)]
    telling.tell_people(db, office, NoticeKind.ROSTER_EMPTY, now, priority=Priority.DIGEST, gate=gate)


def resume_clock(db: Connection, before: Ticket, ticket: Ticket, now: datetime) -> None:
    """A ticket that left *waiting for the sender* without an answer: the promise is the old one, and its ladder runs on.

    Of its superseded rungs those to come wait again, and the breach always.
    """
    if before.waiting_since is None or ticket.due_at is None:
        return
    for stage, cycle, due_at, status in timers.of_subject(db, TICKET, ticket.id):
        if (
            cycle == ticket.promise_no
            and stage in LADDER
            and status == "superseded"
            and (due_at > now or stage == LADDER[-1])
        ):
            timers.put(db, TICKET, ticket.id, cycle, stage, due_at, now)


def owe_again(db: Connection, ref: Reference, ticket: Ticket, now: datetime) -> None:
    """A resolution that never arrived: what fell due while it was on its way is looked at after all."""
    if ticket.breached_at is not None:
        set_timer(db, ticket, "nag", ref.calendar_at(ticket.gate, now).next_window_start(now), now)
    elif ticket.due_at is not None and ticket.due_at < now:
        set_timer(db, ticket, f"rung{BREACH_RUNG}", ticket.due_at + JUST_AFTER, now)


def set_auto_close(db: Connection, cfg: Config, ticket: Ticket, delivered_at: datetime) -> None:
    set_timer(db, ticket, "auto_close", auto_close_at(delivered_at, cfg.sla), delivered_at)


def set_agency_looks(db: Connection, ref: Reference, ticket: Ticket, promise_on: date, now: datetime) -> None:
    """The reminders to another agency's date: when its service day opens (unless it has), and when it ends."""
    windows = ref.calendar_at(ticket.gate, now).windows_on(promise_on)
    opens = windows[0].start if windows else datetime.combine(promise_on, time(8), TZ)
    ends = windows[-1].end if windows else opens + timedelta(hours=9)
    timers.supersede(db, TICKET, ticket.id, ["agency_day"])
    if opens > now:
        set_timer(db, ticket, "agency_day", opens, now)
    set_timer(
        db, ticket, "agency_end", ends if ends > now else end_of_next_service_day(ref, ticket, now), now
    )


def end_of_next_service_day(ref: Reference, ticket: Ticket, now: datetime) -> datetime:
    """When the first service day after today closes at the ticket's gate."""
    calendar = ref.calendar_at(ticket.gate, now)
    return calendar.windows_on(calendar.next_service_day(now.astimezone(TZ).date()))[-1].end


def next_promise(ref: Reference, cfg: Config, ticket: Ticket, now: datetime) -> Promise:
    """What the apology for a missed promise offers: the due time that a message received now would get."""
    return promise(now, ref.calendar_at(ticket.gate, now), ticket.ticket_class, cfg.sla)
