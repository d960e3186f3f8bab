"""What is sent after all to whoever could not be written to, and what is not any more."""

from datetime import UTC, datetime

import pytest

from core.events import Event, EventKind
from core.ids import PersonId, TicketId
from core.notices import NoticeKind
from core.owing import since, still_owed
from core.ticket import Status, Ticket, TicketClass

NOW = datetime(2026, 11, 22, 2, 0, tzinfo=UTC)
TOLD = Event(EventKind.REPLIED, NOW, data={"message": 7, "digest": "d"})


def ticket(status: Status, sealed: bool = False) -> Ticket:
    return Ticket(
        TicketId(1),
        "DDLS-261122-0001",
        "KEYS",
        status,
        TicketClass.NORMAL,
        PersonId(1),
        received_at=NOW,
        opened_at=NOW,
        due_at=NOW,
        promise_kind="same_day",
        sealed=sealed,
    )


def happened(*kinds: EventKind) -> list[Event]:
    return [Event(kind, NOW) for kind in kinds]


def test_only_what_came_after_the_words_counts() -> None:
    later = happened(EventKind.UNREACHABLE)
    assert list(since([*happened(EventKind.CALLED), TOLD, *later], 7)) == later


def test_of_an_interim_answer_what_came_after_the_agency_was_named_counts() -> None:
    later = happened(EventKind.UNREACHABLE)
    assert list(since([TOLD, *happened(EventKind.AGENCY_AWAITED), *later], None)) == later


@pytest.mark.parametrize("kind", [EventKind.CALLED, EventKind.CALL_NOTED, EventKind.CLOSED])
def test_what_was_told_by_telephone_or_is_over_is_owed_no_more(kind: EventKind) -> None:
    assert still_owed(NoticeKind.ANSWER, ticket(Status.IN_PROGRESS), happened(EventKind.CALL_MISSED))
    assert not still_owed(NoticeKind.ANSWER, ticket(Status.IN_PROGRESS), happened(kind))


@pytest.mark.parametrize(
    ("kind", "status", "owed"),
    [
        (NoticeKind.ANSWER, Status.NEW, True),
        (NoticeKind.ANSWER, Status.RESOLVED, False),
        (NoticeKind.QUESTION, Status.IN_PROGRESS, True),
        (NoticeKind.QUESTION, Status.NEW, False),
        (NoticeKind.INTERIM, Status.WAITING_AGENCY, True),
        (NoticeKind.INTERIM, Status.IN_PROGRESS, False),
        (NoticeKind.RESOLVED, Status.IN_PROGRESS, True),
        (NoticeKind.RESOLVED, Status.NEW, False),
        (NoticeKind.RESOLVED, Status.RESOLVED, False),
    ],
)
def test_where_the_ticket_stands_says_whether_the_words_still_mean_something(
    kind: NoticeKind, status: Status, owed: bool
) -> None:
    assert still_owed(kind, ticket(status), []) is owed


def test_to_whoever_was_joined_a_result_is_owed_while_it_stands() -> None:
    assert still_owed(NoticeKind.RESOLVED, ticket(Status.RESOLVED), [], joined=True)
    assert not still_owed(NoticeKind.RESOLVED, ticket(Status.IN_PROGRESS), [], joined=True)


def test_nothing_of_a_sealed_matter_is_sent_after_all() -> None:
    assert not still_owed(NoticeKind.ANSWER, ticket(Status.IN_PROGRESS, sealed=True), [])
