"""How a ticket changes: each rule takes the ticket and answers the ticket after and the events that tell of it.

Who may do it is asked before (core/access.py); when it is due is computed by core/sla.py and handed in. Every rule raises
`Refused` when the present state forbids it, and leaves everything as it was.
"""

from dataclasses import replace
from datetime import date, datetime

from core.errors import Refused
from core.events import Event, EventKind
from core.ids import PersonId
from core.sla import Promise, downgraded_due
from core.ticket import HELD, Closure, Score, Status, Ticket, TicketClass

RESOLUTION_LENGTH = 20
QUESTIONS = 2

Decision = tuple[Ticket, tuple[Event, ...]]


def claim(ticket: Ticket, by: PersonId, now: datetime) -> Decision:
    """One officer takes it (Nhận xử lý). Raises `already_taken` for everyone but the first, `ticket_closed` after the end."""
    if ticket.status in HELD:
        raise Refused("already_yours" if ticket.holder_id == by else "already_taken", code=ticket.code)
    _must_be_work(ticket)
    held = replace(ticket.moved(Status.IN_PROGRESS), holder_id=by, claimed_at=now)
    return held, (Event(EventKind.CLAIMED, now, by),)


def assign(ticket: Ticket, to: PersonId, by: PersonId | None, now: datetime) -> Decision:
    """Hand it to a named person. The due time stays (promise.md, Waiting)."""
    _must_be_work(ticket)
    held = replace(
        ticket.moved(ticket.status if ticket.status in HELD else Status.IN_PROGRESS),
        holder_id=to,
        claimed_at=now,
    )
    return held, (Event(EventKind.ASSIGNED, now, by, data={"to": to}),)


def release(ticket: Ticket, by: PersonId | None, now: datetime, why: str) -> Decision:
    """Back into the pool (end of a shift, an officer who left). The clock never resets."""
    if ticket.status not in HELD:
        raise Refused("not_held", code=ticket.code)
    return _to_pool(ticket), (
        Event(EventKind.RELEASED, now, by, data={"why": why, "held_by": ticket.holder_id}),
    )


def transfer(
    ticket: Ticket, by: PersonId, now: datetime, gate: str | None = None, unit: str | None = None
) -> Decision:
    """To another gate or unit: into its pool, with the same due time."""
    _must_be_work(ticket)
    moved = replace(
        _to_pool(ticket), gate=gate or ticket.gate, unit=unit if unit else (None if gate else ticket.unit)
    )
    return moved, (Event(EventKind.TRANSFERRED, now, by, data={"gate": gate, "unit": unit}),)


def reply(ticket: Ticket, by: PersonId, now: datetime, message: int, digest: str) -> Decision:
    """A human answer to the sender; the first one stops the 30-minute clock."""
    _must_be_held(ticket)
    return _replied(ticket, now), (
        Event(EventKind.REPLIED, now, by, data={"message": message, "digest": digest}),
    )


def note(
    ticket: Ticket, by: PersonId, now: datetime, message: int, digest: str, of_a_call: bool = False
) -> Decision:
    """An internal note, perhaps of a telephone call: no clock listens to it."""
    kind = EventKind.CALL_NOTED if of_a_call else EventKind.NOTED
    return ticket, (Event(kind, now, by, data={"message": message, "digest": digest}),)


def ask(ticket: Ticket, by: PersonId, now: datetime, message: int, digest: str) -> Decision:
    """A question to the sender, at most twice a ticket. It pauses nothing before it is delivered."""
    _must_be_held(ticket)
    if ticket.asked_count >= QUESTIONS:
        raise Refused("asked_twice", code=ticket.code)
    asked = replace(_replied(ticket, now), asked_count=ticket.asked_count + 1)
    return asked, (Event(EventKind.ASKED, now, by, data={"message": message, "digest": digest}),)


def question_delivered(ticket: Ticket, at: datetime) -> Decision:
    """The channel accepted our question: the only pause begins. What moved on meanwhile, or became urgent, stays as it is."""
    if ticket.ticket_class is TicketClass.URGENT:
        return ticket, ()
    if ticket.status not in {Status.IN_PROGRESS, Status.WAITING_AGENCY}:
        return ticket, ()
    return replace(ticket.moved(Status.WAITING_SENDER), waiting_since=at), (
        Event(EventKind.QUESTION_DELIVERED, at),
    )


def sender_answered(ticket: Ticket, now: datetime, promise: Promise) -> Decision:
    """The sender's next message ends the pause: due = max(old due, due(now)). There is no remaining-minutes arithmetic."""
    if ticket.status is not Status.WAITING_SENDER:
        return ticket, ()
    resumed = replace(ticket.moved(Status.IN_PROGRESS), waiting_since=None)
    promised, event = _promise_again(resumed, now, promise, due=_later(ticket.due_at, promise.due_at))
    return promised, (Event(EventKind.SENDER_ANSWERED, now), event)


def await_agency(
    ticket: Ticket, by: PersonId, now: datetime, agency: str, promise_on: date, approver: str
) -> Decision:
    """Chờ cơ quan khác: no pause, an interim answer. Raises `agency_incomplete` without all three."""
    _must_be_held(ticket)
    if not (agency.strip() and approver.strip()):
        raise Refused("agency_incomplete")
    waiting = replace(
        _replied(ticket, now).moved(Status.WAITING_AGENCY),
        waiting_since=None,
        agency=agency,
        agency_promise_on=promise_on,
        agency_approver=approver,
        amber=True,
    )
    return waiting, (
        Event(
            EventKind.AGENCY_AWAITED, now, by, data={"agency": agency, "promise_on": promise_on.isoformat()}
        ),
    )


def resolve(
    ticket: Ticket, by: PersonId, now: datetime, text: str, message: int, digest: str, called: bool = False
) -> Decision:
    """Đóng phiếu: a resolution of 20 characters or more; `called` when it was told by telephone. Raises `resolution_too_short`."""
    _must_be_held(ticket)
    if len(text.strip()) < RESOLUTION_LENGTH:
        raise Refused("resolution_too_short", least=RESOLUTION_LENGTH)
    resolved = replace(
        _replied(ticket, now).moved(Status.RESOLVED),
        waiting_since=None,
        resolved_at=now,
        resolution_delivered_at=now if called else None,
    )
    kind = EventKind.CALLED if called else EventKind.RESOLVED
    return resolved, (Event(kind, now, by, data={"message": message, "digest": digest}),)


def resolution_delivered(ticket: Ticket, at: datetime) -> Decision:
    """The channel accepted the resolution: only now the 24 hours of silence begin."""
    if ticket.status is not Status.RESOLVED or ticket.resolution_delivered_at:
        return ticket, ()
    return replace(ticket, resolution_delivered_at=at), (Event(EventKind.RESOLUTION_DELIVERED, at),)


def resolution_undeliverable(ticket: Ticket, at: datetime) -> Decision:
    """The sender cannot be written to: unresolved again until somebody has called (promise.md, Resolve)."""
    if ticket.status is not Status.RESOLVED or ticket.resolution_delivered_at:
        return ticket, (Event(EventKind.UNREACHABLE, at),)
    back = replace(ticket.moved(Status.IN_PROGRESS), resolved_at=None)
    return back, (Event(EventKind.UNREACHABLE, at),)


def rate(ticket: Ticket, by: PersonId, now: datetime, score: Score) -> Decision:
    """The sender's rating. A good or fair one closes; a bad one leaves the choice of reopening."""
    if ticket.status not in {Status.RESOLVED, Status.CLOSED}:
        raise Refused("not_resolved_yet", code=ticket.code)
    rated = Event(EventKind.RATED, now, by, data={"score": str(score), "cycle": ticket.cycle})
    if score is Score.BAD or ticket.status is Status.CLOSED:
        return ticket, (rated,)
    closed, event = _close(ticket, now, Closure.RATED, by)
    return closed, (rated, event)


def decline_reopening(ticket: Ticket, by: PersonId, now: datetime) -> Decision:
    """[Không]: the sender lets it rest."""
    if ticket.status is not Status.RESOLVED:
        return ticket, ()
    closed, event = _close(ticket, now, Closure.RATED, by)
    return closed, (event,)


def close_silent(ticket: Ticket, at: datetime, noticed_at: datetime) -> Decision:
    """24 hours without a word: closed by the system, only ever from *resolved*."""
    if ticket.status is not Status.RESOLVED or ticket.resolution_delivered_at is None:
        return ticket, ()
    closed, event = _close(ticket, at, Closure.SILENT, None, noticed_at)
    return closed, (event,)


def close_insufficient(ticket: Ticket, by: PersonId, now: datetime, allowed_from: datetime) -> Decision:
    """Chưa đủ thông tin: the sender did not answer our question by the end of the next service day."""
    if ticket.status is not Status.WAITING_SENDER or now < allowed_from:
        raise Refused("still_waiting_for_sender", until=allowed_from)
    closed, event = _close(replace(ticket, waiting_since=None), now, Closure.INSUFFICIENT, by)
    return closed, (event,)


def reopen(ticket: Ticket, by: PersonId | None, now: datetime, until: datetime, promise: Promise) -> Decision:
    """A new cycle with a new promise, same code. `until` is the last instant; raises `too_late_to_reopen` after it."""
    if ticket.status not in {Status.RESOLVED, Status.CLOSED}:
        raise Refused("not_resolved_yet", code=ticket.code)
    if now > until or ticket.closure in {Closure.SPAM, Closure.PETITION, Closure.JOINED}:
        raise Refused("too_late_to_reopen", code=ticket.code)
    fresh = replace(
        _to_pool(ticket),
        cycle=ticket.cycle + 1,
        received_at=now,
        first_reply_at=None,
        amber=False,
        resolved_at=None,
        resolution_delivered_at=None,
        closed_at=None,
        closure=None,
        breached_at=None,
        breach_noticed_at=None,
        breach_reason=None,
    )
    promised, event = _promise_again(fresh, now, promise, due=promise.due_at)
    return promised, (Event(EventKind.REOPENED, now, by, data={"cycle": promised.cycle}), event)


def breach(ticket: Ticket, now: datetime) -> Decision:
    """The due time passed. `breached_at` is the due time itself. Nothing when paused, answered for (amber), resolved or known."""
    paused = ticket.status is Status.WAITING_SENDER or ticket.amber
    if ticket.due_at is None or not ticket.is_open or paused or ticket.breached_at or now <= ticket.due_at:
        return ticket, ()
    broken = replace(ticket, breached_at=ticket.due_at, breach_noticed_at=now)
    return broken, (Event(EventKind.BREACHED, ticket.due_at, noticed_at=now, data={"cycle": ticket.cycle}),)


def explain_breach(ticket: Ticket, by: PersonId, now: datetime, reason: str) -> Decision:
    """The reason code of a breach; the first one stays, a later one is another event."""
    if ticket.breached_at is None:
        raise Refused("not_breached", code=ticket.code)
    explained = replace(ticket, breach_reason=ticket.breach_reason or reason)
    return explained, (Event(EventKind.BREACH_EXPLAINED, now, by, data={"reason": reason}),)


def waive(ticket: Ticket, by: PersonId, now: datetime, reason: str, document: str) -> Decision:
    """A leader's waiver: an event of its own that leaves the raw figure as it is."""
    if ticket.breached_at is None:
        raise Refused("not_breached", code=ticket.code)
    if not (reason.strip() and document.strip()):
        raise Refused("waiver_incomplete")
    return ticket, (
        Event(
            EventKind.WAIVED, now, by, data={"reason": reason, "document": document, "cycle": ticket.cycle}
        ),
    )


def raise_urgency(ticket: Ticket, by: PersonId | None, now: datetime, promise: Promise) -> Decision:
    """Up is immediate; a due time that was nearer already is kept, and a pause ends: urgent waits for nobody."""
    _must_be_work(ticket)
    status = Status.IN_PROGRESS if ticket.status is Status.WAITING_SENDER else ticket.status
    urgent = replace(ticket.moved(status), ticket_class=TicketClass.URGENT, waiting_since=None)
    promised, event = _promise_again(urgent, now, promise, due=_earlier(ticket.due_at, promise.due_at))
    return promised, (Event(EventKind.CLASS_CHANGED, now, by, data={"to": "urgent"}), event)


def lower_urgency(ticket: Ticket, by: PersonId, now: datetime, promise: Promise) -> Decision:
    """Down, by a second person. It never extends the due time, and cannot move one that has passed: raises `due_already_past`."""
    _must_be_work(ticket)
    if ticket.due_at is not None and ticket.due_at < now:
        raise Refused("due_already_past", code=ticket.code)
    normal = replace(ticket, ticket_class=TicketClass.NORMAL)
    due = downgraded_due(ticket.due_at, promise.due_at, now) if ticket.due_at else promise.due_at
    promised, event = _promise_again(normal, now, promise, due=due)
    return promised, (Event(EventKind.CLASS_CHANGED, now, by, data={"to": "normal"}), event)


def decide_petition(
    ticket: Ticket, by: PersonId, now: datetime, is_petition: bool, promise: Promise
) -> Decision:
    """A named reader decides. Feedback after all → unsealed, with the promise counted from the original `received_at`."""
    if ticket.ticket_class is not TicketClass.PETITION or not ticket.is_open:
        raise Refused("already_decided", code=ticket.code)
    decided = Event(EventKind.PETITION_DECIDED, now, by, data={"petition": is_petition})
    if is_petition:
        closed, event = _close(ticket, now, Closure.PETITION, by)
        return closed, (decided, event)
    feedback = replace(ticket, ticket_class=TicketClass.NORMAL, sealed=False)
    promised, event = _promise_again(feedback, now, promise, due=promise.due_at)
    return promised, (decided, event)


def mark_spam(ticket: Ticket, by: PersonId, now: datetime) -> Decision:
    """A first person's mark; the clock runs on until a second confirms."""
    _must_be_open(ticket)
    if ticket.spam_marked_by is not None:
        raise Refused("spam_already_marked", code=ticket.code)
    return replace(ticket, spam_marked_by=by), (Event(EventKind.SPAM_MARKED, now, by),)


def decide_spam(ticket: Ticket, by: PersonId, now: datetime, is_spam: bool) -> Decision:
    """The second person. Not spam → the mark goes; the original `received_at` and due time never moved."""
    _must_be_open(ticket)
    if ticket.spam_marked_by is None:
        raise Refused("spam_not_marked", code=ticket.code)
    decided = Event(EventKind.SPAM_DECIDED, now, by, data={"spam": is_spam})
    if not is_spam:
        return replace(ticket, spam_marked_by=None), (decided,)
    closed, event = _close(replace(ticket, waiting_since=None), now, Closure.SPAM, by)
    return closed, (decided, event)


def set_detail(ticket: Ticket, by: PersonId, now: datetime, name: str, value: str) -> Decision:
    """Gate, category, plate or phone, given after the ticket was opened. Plates and phones are never in the history."""
    if name not in {"gate", "category", "unit", "plate", "phone"}:
        raise ValueError(name)
    shown = value if name in {"gate", "category", "unit"} else None
    changed = replace(ticket, **{name: value})  # type: ignore[arg-type]  # the name was checked above
    return changed, (Event(EventKind.DETAIL_SET, now, by, data={"name": name, "value": shown}),)


def _must_be_open(ticket: Ticket) -> None:
    if not ticket.is_open:
        raise Refused("ticket_closed", code=ticket.code)


def _must_be_work(ticket: Ticket) -> None:
    """A petition is decided by a named reader; nobody takes, answers or hurries it (domain.md, "What is not a ticket")."""
    _must_be_open(ticket)
    if ticket.ticket_class is TicketClass.PETITION:
        raise Refused("not_allowed")


def _must_be_held(ticket: Ticket) -> None:
    """Only what somebody holds is answered, asked about or resolved."""
    _must_be_work(ticket)
    if ticket.status not in HELD:
        raise Refused("claim_first", code=ticket.code)


def _to_pool(ticket: Ticket) -> Ticket:
    return replace(ticket.moved(Status.NEW), holder_id=None, claimed_at=None, waiting_since=None)


def _replied(ticket: Ticket, now: datetime) -> Ticket:
    return replace(ticket, first_reply_at=ticket.first_reply_at or now)


def _close(
    ticket: Ticket, at: datetime, closure: Closure, by: PersonId | None, noticed_at: datetime | None = None
) -> tuple[Ticket, Event]:
    closed = replace(ticket.moved(Status.CLOSED), closed_at=at, closure=closure)
    return closed, Event(
        EventKind.CLOSED, at, by, noticed_at if noticed_at != at else None, {"closure": str(closure)}
    )


def _promise_again(ticket: Ticket, now: datetime, promise: Promise, due: datetime) -> tuple[Ticket, Event]:
    promised = replace(
        ticket,
        due_at=due,
        promise_kind=str(promise.kind),
        human_reply_by=promise.human_reply_by,
        promise_no=ticket.promise_no + 1,
    )
    return promised, Event(
        EventKind.PROMISED, now, data={"due_at": due.isoformat(), "promise_no": promised.promise_no}
    )


def _later(first: datetime | None, second: datetime) -> datetime:
    return max(first, second) if first else second


def _earlier(first: datetime | None, second: datetime) -> datetime:
    return min(first, second) if first else second
