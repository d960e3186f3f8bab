"""Every rule of a ticket's life: the arrows it draws, what it refuses, and that no sequence of rules leaves the diagram."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from core import lifecycle
from core.errors import Refused
from core.events import EventKind
from core.ids import PersonId, TicketId
from core.lifecycle import Decision
from core.sla import Kind, Promise
from core.ticket import HELD, TRANSITIONS, Closure, Score, Status, Ticket, TicketClass

NOW = datetime(2026, 11, 22, 2, 0, tzinfo=UTC)
LATER = NOW + timedelta(hours=1)
DUE = NOW + timedelta(hours=10)
AN, BINH, SENDER = PersonId(1), PersonId(2), PersonId(9)
RESULT = "Đã điều tiết xong, xe đã qua."


def promise(due: datetime = DUE) -> Promise:
    return Promise(NOW, due, Kind.SAME_DAY, NOW, NOW, None, ())


def ticket(status: Status = Status.NEW, **values: Any) -> Ticket:
    """A ticket in this state, as the rules would have left it."""
    held = {"holder_id": AN, "claimed_at": NOW} if status is not Status.NEW else {}
    state: dict[Status, dict[str, Any]] = {
        Status.WAITING_SENDER: {"waiting_since": NOW},
        Status.WAITING_AGENCY: {
            "agency": "Hải quan",
            "agency_promise_on": date(2026, 11, 23),
            "agency_approver": "Lãnh",
            "amber": True,
        },
        Status.RESOLVED: {"resolved_at": NOW},
        Status.CLOSED: {"resolved_at": NOW, "closed_at": NOW, "closure": Closure.RATED},
    }
    known = {"ticket_class": TicketClass.NORMAL, "due_at": DUE, **held, **state.get(status, {}), **values}
    return Ticket(
        id=TicketId(1),
        code="DDLS-261122-0001",
        key="K7QP",
        status=status,
        sender_id=SENDER,
        received_at=NOW,
        opened_at=NOW,
        promise_kind="same-day",
        **known,
    )


def petition(**values: Any) -> Ticket:
    return ticket(ticket_class=TicketClass.PETITION, due_at=None, sealed=True, **values)


ARROWS: list[tuple[Ticket, Callable[[Ticket], Decision], Status]] = [
    (ticket(), lambda t: lifecycle.claim(t, AN, LATER), Status.IN_PROGRESS),
    (ticket(), lambda t: lifecycle.assign(t, BINH, AN, LATER), Status.IN_PROGRESS),
    (ticket(spam_marked_by=AN), lambda t: lifecycle.decide_spam(t, BINH, LATER, True), Status.CLOSED),
    (petition(), lambda t: lifecycle.decide_petition(t, AN, LATER, True, promise()), Status.CLOSED),
    *(
        arrow
        for status in HELD
        for arrow in (
            (ticket(status), lambda t: lifecycle.release(t, None, LATER, "shift"), Status.NEW),
            (ticket(status), lambda t: lifecycle.transfer(t, AN, LATER, gate="CM"), Status.NEW),
            (ticket(status), lambda t: lifecycle.resolve(t, AN, LATER, RESULT, 1, "d"), Status.RESOLVED),
            (
                ticket(status),
                lambda t: lifecycle.await_agency(t, AN, LATER, "Hải quan", date(2026, 11, 24), "Lãnh"),
                Status.WAITING_AGENCY,
            ),
            (
                ticket(status, spam_marked_by=AN),
                lambda t: lifecycle.decide_spam(t, BINH, LATER, True),
                Status.CLOSED,
            ),
        )
    ),
    (ticket(Status.IN_PROGRESS), lambda t: lifecycle.question_delivered(t, LATER), Status.WAITING_SENDER),
    (ticket(Status.WAITING_AGENCY), lambda t: lifecycle.question_delivered(t, LATER), Status.WAITING_SENDER),
    (
        ticket(Status.WAITING_SENDER),
        lambda t: lifecycle.sender_answered(t, LATER, promise()),
        Status.IN_PROGRESS,
    ),
    (ticket(Status.WAITING_SENDER), lambda t: lifecycle.close_insufficient(t, AN, LATER, NOW), Status.CLOSED),
    (ticket(Status.RESOLVED), lambda t: lifecycle.resolution_undeliverable(t, LATER), Status.IN_PROGRESS),
    (ticket(Status.RESOLVED), lambda t: lifecycle.rate(t, SENDER, LATER, Score.GOOD), Status.CLOSED),
    (ticket(Status.RESOLVED), lambda t: lifecycle.decline_reopening(t, SENDER, LATER), Status.CLOSED),
    (ticket(Status.RESOLVED), lambda t: lifecycle.reopen(t, SENDER, LATER, DUE, promise()), Status.NEW),
    (ticket(Status.CLOSED), lambda t: lifecycle.reopen(t, SENDER, LATER, DUE, promise()), Status.NEW),
]


@pytest.mark.parametrize(("before", "rule", "status"), ARROWS)
def test_each_rule_draws_its_arrow_and_tells_of_it(
    before: Ticket, rule: Callable[[Ticket], Decision], status: Status
) -> None:
    after, events = rule(before)
    assert after.status is status
    assert events
    assert before.status is status or (before.status, status) in TRANSITIONS


def test_every_arrow_of_the_diagram_is_drawn_by_a_rule() -> None:
    walked = {(before.status, status) for before, _, status in ARROWS if before.status is not status}
    assert walked == TRANSITIONS


@pytest.mark.parametrize("to", list(Status))
@pytest.mark.parametrize("at", list(Status))
def test_what_is_not_drawn_cannot_be_walked(at: Status, to: Status) -> None:
    if at is to or (at, to) in TRANSITIONS:
        assert ticket(at).moved(to).status is to
    else:
        with pytest.raises(ValueError, match="no arrow"):
            ticket(at).moved(to)


def refusal(rule: Callable[[], Decision]) -> str:
    with pytest.raises(Refused) as refused:
        rule()
    return refused.value.code


@pytest.mark.parametrize("status", sorted(HELD))
def test_a_held_ticket_is_taken_by_nobody_else(status: Status) -> None:
    assert refusal(lambda: lifecycle.claim(ticket(status), BINH, LATER)) == "already_taken"
    assert refusal(lambda: lifecycle.claim(ticket(status), AN, LATER)) == "already_yours"


WORK: dict[str, Callable[[Ticket], Decision]] = {
    "claim": lambda t: lifecycle.claim(t, BINH, LATER),
    "assign": lambda t: lifecycle.assign(t, BINH, AN, LATER),
    "transfer": lambda t: lifecycle.transfer(t, AN, LATER, gate="CM"),
    "reply": lambda t: lifecycle.reply(t, AN, LATER, 1, "d"),
    "ask": lambda t: lifecycle.ask(t, AN, LATER, 1, "d"),
    "agency": lambda t: lifecycle.await_agency(t, AN, LATER, "Hải quan", date(2026, 11, 24), "Lãnh"),
    "resolve": lambda t: lifecycle.resolve(t, AN, LATER, RESULT, 1, "d"),
    "up": lambda t: lifecycle.raise_urgency(t, AN, LATER, promise()),
    "down": lambda t: lifecycle.lower_urgency(t, AN, LATER, promise()),
}
ON_OPEN = {
    "spam": lambda t: lifecycle.mark_spam(t, AN, LATER),
    "decide spam": lambda t: lifecycle.decide_spam(t, AN, LATER, True),
}


@pytest.mark.parametrize("name", [*WORK, *ON_OPEN])
@pytest.mark.parametrize("status", [Status.RESOLVED, Status.CLOSED])
def test_nothing_is_worked_on_after_the_end(name: str, status: Status) -> None:
    assert refusal(lambda: {**WORK, **ON_OPEN}[name](ticket(status))) == "ticket_closed"


@pytest.mark.parametrize("name", WORK)
def test_nobody_works_on_a_petition(name: str) -> None:
    assert refusal(lambda: WORK[name](petition())) == "not_allowed"


@pytest.mark.parametrize("name", ["reply", "ask", "agency", "resolve"])
def test_what_nobody_holds_is_neither_answered_nor_resolved(name: str) -> None:
    assert refusal(lambda: WORK[name](ticket())) == "claim_first"


def test_only_the_first_reply_stops_the_clock_of_the_first_word() -> None:
    once, _ = lifecycle.reply(ticket(Status.IN_PROGRESS), AN, NOW, 1, "d")
    twice, _ = lifecycle.reply(once, AN, LATER, 2, "d")
    assert twice.first_reply_at == NOW


def test_a_note_is_told_and_changes_nothing() -> None:
    before = ticket(Status.IN_PROGRESS)
    after, (event,) = lifecycle.note(before, BINH, LATER, 1, "d")
    assert after == before
    assert event.kind is EventKind.NOTED


def test_a_third_question_is_refused() -> None:
    assert (
        refusal(lambda: lifecycle.ask(ticket(Status.IN_PROGRESS, asked_count=2), AN, LATER, 1, "d"))
        == "asked_twice"
    )


def test_the_pause_begins_with_the_delivery_and_not_with_the_question() -> None:
    asked, _ = lifecycle.ask(ticket(Status.IN_PROGRESS), AN, NOW, 1, "d")
    assert (asked.status, asked.waiting_since) == (Status.IN_PROGRESS, None)
    paused, _ = lifecycle.question_delivered(asked, LATER)
    assert (paused.status, paused.waiting_since) == (Status.WAITING_SENDER, LATER)


@pytest.mark.parametrize("status", [Status.NEW, Status.WAITING_SENDER, Status.RESOLVED, Status.CLOSED])
def test_a_question_delivered_too_late_pauses_nothing(status: Status) -> None:
    assert lifecycle.question_delivered(ticket(status), LATER) == (ticket(status), ())


def test_an_answer_never_brings_the_due_time_forward() -> None:
    early, late = promise(DUE - timedelta(hours=5)), promise(DUE + timedelta(hours=5))
    waiting = ticket(Status.WAITING_SENDER)
    assert lifecycle.sender_answered(waiting, LATER, early)[0].due_at == DUE
    assert lifecycle.sender_answered(waiting, LATER, late)[0].due_at == late.due_at


@pytest.mark.parametrize("rule", [lifecycle.assign, lifecycle.transfer, lifecycle.release])
def test_changing_hands_leaves_the_promise_alone(rule: Callable[..., Decision]) -> None:
    before = ticket(Status.WAITING_AGENCY)
    more = {
        lifecycle.assign: (BINH, AN, LATER),
        lifecycle.transfer: (AN, LATER, "CM"),
        lifecycle.release: (AN, LATER, "x"),
    }
    after, _ = rule(before, *more[rule])
    assert (after.due_at, after.promise_no, after.received_at) == (DUE, 1, NOW)


@pytest.mark.parametrize("text", ["", "xong", " " * 30, "mười chín ký tự nhé"])
def test_a_resolution_says_something(text: str) -> None:
    assert (
        refusal(lambda: lifecycle.resolve(ticket(Status.IN_PROGRESS), AN, LATER, text, 1, "d"))
        == "resolution_too_short"
    )


def test_a_call_is_a_delivery_and_a_message_is_not_yet_one() -> None:
    held = ticket(Status.IN_PROGRESS)
    assert lifecycle.resolve(held, AN, LATER, RESULT, 1, "d", called=True)[0].resolution_delivered_at == LATER
    assert lifecycle.resolve(held, AN, LATER, RESULT, 1, "d")[0].resolution_delivered_at is None


def test_silence_closes_only_what_was_delivered() -> None:
    undelivered = ticket(Status.RESOLVED)
    assert lifecycle.close_silent(undelivered, LATER, LATER) == (undelivered, ())
    closed, (event,) = lifecycle.close_silent(replace(undelivered, resolution_delivered_at=NOW), LATER, DUE)
    assert (closed.closed_at, closed.closure) == (LATER, Closure.SILENT)
    assert (event.at, event.noticed_at) == (LATER, DUE)


@pytest.mark.parametrize("status", [one for one in Status if one is not Status.RESOLVED])
def test_silence_closes_nothing_but_what_is_resolved(status: Status) -> None:
    before = ticket(status)
    assert lifecycle.close_silent(before, LATER, LATER) == (before, ())


def test_a_bad_rating_leaves_the_choice_and_a_late_one_changes_nothing() -> None:
    assert lifecycle.rate(ticket(Status.RESOLVED), SENDER, LATER, Score.BAD)[0].status is Status.RESOLVED
    closed = ticket(Status.CLOSED)
    assert lifecycle.rate(closed, SENDER, LATER, Score.BAD)[0] == closed


@pytest.mark.parametrize("closure", [Closure.SPAM, Closure.PETITION, Closure.JOINED])
def test_what_was_no_work_is_not_reopened(closure: Closure) -> None:
    ended = ticket(Status.CLOSED, closure=closure)
    assert refusal(lambda: lifecycle.reopen(ended, SENDER, LATER, DUE, promise())) == "too_late_to_reopen"


def test_reopening_is_possible_at_the_last_instant_and_not_after_it() -> None:
    ended = ticket(Status.CLOSED)
    assert lifecycle.reopen(ended, SENDER, LATER, LATER, promise())[0].cycle == 2
    just_after = LATER + timedelta(microseconds=1)
    assert (
        refusal(lambda: lifecycle.reopen(ended, SENDER, just_after, LATER, promise())) == "too_late_to_reopen"
    )


def test_at_the_due_minute_nothing_is_broken_yet() -> None:
    before = ticket(Status.IN_PROGRESS)
    assert lifecycle.breach(before, DUE) == (before, ())
    broken, (event,) = lifecycle.breach(before, DUE + timedelta(minutes=20))
    assert (broken.breached_at, broken.breach_noticed_at) == (DUE, DUE + timedelta(minutes=20))
    assert (event.at, event.noticed_at) == (DUE, DUE + timedelta(minutes=20))
    assert lifecycle.breach(broken, DUE + timedelta(days=1)) == (broken, ())


def test_a_waiver_needs_reason_and_document_and_leaves_the_breach() -> None:
    broken, _ = lifecycle.breach(ticket(Status.IN_PROGRESS), DUE + timedelta(minutes=1))
    assert refusal(lambda: lifecycle.waive(broken, AN, LATER, "mưa", " ")) == "waiver_incomplete"
    assert lifecycle.waive(broken, AN, LATER, "mưa", "12/QĐ")[0] == broken
    assert refusal(lambda: lifecycle.waive(ticket(), AN, LATER, "mưa", "12/QĐ")) == "not_breached"


def test_up_keeps_a_nearer_due_time() -> None:
    urgent, _ = lifecycle.raise_urgency(ticket(), AN, LATER, promise(DUE + timedelta(hours=1)))
    assert urgent.due_at == DUE


def test_down_moves_no_due_time_that_has_passed() -> None:
    urgent = ticket(ticket_class=TicketClass.URGENT)
    assert (
        refusal(lambda: lifecycle.lower_urgency(urgent, AN, DUE + timedelta(1), promise()))
        == "due_already_past"
    )


def test_only_the_five_details_can_be_set_and_numbers_are_not_told() -> None:
    with pytest.raises(ValueError, match="key"):
        lifecycle.set_detail(ticket(), SENDER, LATER, "key", "XXXX")
    _, (event,) = lifecycle.set_detail(ticket(), SENDER, LATER, "plate", "12C-123.45")
    assert event.data == {"name": "plate", "value": None}
