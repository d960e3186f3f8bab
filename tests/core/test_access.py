"""Who may do what, as a table: every role against every question, and nobody who has left."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from core import access
from core.ids import PersonId, TicketId
from core.people import STAFF, Person, Role
from core.ticket import Status, Ticket, TicketClass

NOW = datetime(2026, 11, 22, 2, 0, tzinfo=UTC)
ME = PersonId(1)
READERS = frozenset({1})
HERE = frozenset({"HN", "CN"})


def person(role: Role = Role.DUTY, **values: Any) -> Person:
    return Person(ME, "An", role, **values)


def ticket(**values: Any) -> Ticket:
    known: dict[str, Any] = {"status": Status.NEW, "gate": "HN", "ticket_class": TicketClass.NORMAL, **values}
    return Ticket(
        id=TicketId(7),
        code="DDLS-261122-0001",
        key="K7QP",
        sender_id=PersonId(9),
        received_at=NOW,
        opened_at=NOW,
        due_at=NOW,
        promise_kind="same-day",
        **known,
    )


SEALED = ticket(sealed=True, ticket_class=TicketClass.PETITION)


@pytest.mark.parametrize(
    ("who", "sees"),
    [
        (person(gates=HERE), True),
        (person(gates=frozenset({"CM"})), False),
        (person(), True),
        (person(Role.OFFICER, unit="PCM"), False),
        (person(Role.OFFICE), True),
        (person(Role.LEADER), True),
        (person(Role.ADMIN), True),
        (person(Role.SENDER), False),
    ],
)
def test_who_sees_a_ticket_of_huu_nghi(who: Person, sees: bool) -> None:
    assert access.may_see(who, ticket()) is sees
    assert access.may_note(who, ticket()) is sees


def test_a_ticket_of_no_gate_is_everybodys_on_duty() -> None:
    assert access.may_see(person(gates=HERE), ticket(gate=None))
    assert access.may_claim(person(gates=frozenset({"CM"})), ticket(gate=None))


def test_a_ticket_handed_to_a_unit_is_its_officers() -> None:
    officer = person(Role.OFFICER, unit="PCM")
    assert access.may_claim(officer, ticket(unit="PCM"))
    assert not access.may_claim(officer, ticket(unit="CD"))


def test_the_holder_sees_it_wherever_it_went() -> None:
    assert access.may_see(person(gates=frozenset({"CM"})), ticket(status=Status.IN_PROGRESS, holder_id=ME))


@pytest.mark.parametrize("role", sorted(STAFF))
def test_only_the_holder_works_on_it_whatever_the_rank(role: Role) -> None:
    assert access.may_work_on(person(role), ticket(status=Status.IN_PROGRESS, holder_id=ME))
    assert not access.may_work_on(person(role), ticket(status=Status.IN_PROGRESS, holder_id=PersonId(2)))
    assert not access.may_work_on(person(role), ticket())


@pytest.mark.parametrize(
    ("who", "assigns"),
    [
        (person(Role.LEADER), True),
        (person(Role.OFFICE), True),
        (person(gates=HERE, is_head=True), True),
        (person(gates=HERE), False),
        (person(gates=frozenset({"CM"}), is_head=True), False),
        (person(Role.ADMIN), False),
        (person(Role.OFFICER, unit="PCM"), False),
    ],
)
def test_who_gives_it_to_somebody_else(who: Person, assigns: bool) -> None:
    assert access.may_assign(who, ticket(status=Status.IN_PROGRESS, holder_id=PersonId(2))) is assigns
    assert not access.may_assign(who, SEALED)
    assert not access.may_assign(who, ticket(status=Status.CLOSED))


@pytest.mark.parametrize("role", sorted(STAFF))
def test_a_sealed_ticket_is_its_readers_alone(role: Role) -> None:
    reader, other = person(role), replace(person(role), id=PersonId(2))
    assert access.may_see(reader, SEALED, READERS)
    assert access.may_decide_petition(reader, SEALED, READERS)
    assert not access.may_see(other, SEALED, READERS)
    assert not access.may_see(other, SEALED)
    assert not access.may_decide_petition(other, SEALED, READERS)
    assert not access.may_claim(reader, SEALED, READERS)


def test_a_sealed_ticket_stays_shut_to_whoever_holds_it() -> None:
    assert not access.may_see(person(gates=HERE), replace(SEALED, holder_id=ME))


def test_nobody_confirms_their_own_mark_of_spam() -> None:
    marked = ticket(spam_marked_by=ME)
    assert not access.may_confirm_spam(person(Role.LEADER), marked)
    assert access.may_confirm_spam(replace(person(gates=HERE), id=PersonId(2)), marked)
    assert not access.may_confirm_spam(replace(person(Role.ADMIN), id=PersonId(2)), marked)
    assert not access.may_confirm_spam(person(Role.LEADER), ticket())


def test_down_needs_somebody_other_than_the_holder() -> None:
    held = ticket(status=Status.IN_PROGRESS, holder_id=ME)
    assert not access.may_lower_urgency(person(Role.LEADER), held)
    assert access.may_lower_urgency(person(Role.LEADER), replace(held, holder_id=PersonId(2)))
    assert not access.may_lower_urgency(person(gates=HERE), replace(held, holder_id=PersonId(2)))


@pytest.mark.parametrize("role", list(Role))
def test_waivers_are_the_leaders_and_groups_are_linked_by_who_leads(role: Role) -> None:
    assert access.may_waive(person(role)) is (role is Role.LEADER)
    assert access.may_lead(person(role)) is (role in {Role.LEADER, Role.OFFICE, Role.ADMIN})


@pytest.mark.parametrize("status", list(Status))
def test_only_the_writer_rates_and_only_what_is_resolved(status: Status) -> None:
    writer, other = person(Role.SENDER), replace(person(Role.SENDER), id=PersonId(2))
    mine = replace(ticket(status=status), sender_id=ME)
    assert access.may_rate(writer, mine) is (status in {Status.RESOLVED, Status.CLOSED})
    assert not access.may_rate(other, mine)
    assert not access.may_rate(writer, replace(mine, sealed=True))


@pytest.mark.parametrize("role", list(Role))
def test_whoever_has_left_may_nothing(role: Role) -> None:
    gone = person(role, active=False, is_head=True)
    held = ticket(status=Status.IN_PROGRESS, holder_id=ME, spam_marked_by=PersonId(2))
    assert not access.may_see(gone, held, READERS)
    assert not access.may_claim(gone, ticket())
    assert not access.may_work_on(gone, held)
    assert not access.may_note(gone, held, READERS)
    assert not access.may_assign(gone, held)
    assert not access.may_confirm_spam(gone, held)
    assert not access.may_lower_urgency(gone, replace(held, holder_id=PersonId(2)))
    assert not access.may_decide_petition(gone, SEALED, READERS)
    assert not access.may_waive(gone)
    assert not access.may_lead(gone)


PARENTS = {"HN": None, "HN-1119": "HN", "CM": None}


def staff_of(*people: Person) -> dict[str, Person]:
    return {person.name: person for person in people}


BOARD = staff_of(
    Person(PersonId(1), "centre", Role.DUTY, unit=access.CENTRE, is_head=True),
    Person(PersonId(2), "head of HN", Role.DUTY, gate="HN", is_head=True),
    Person(PersonId(3), "on the lane", Role.DUTY, gate="HN-1119"),
    Person(PersonId(4), "at HN", Role.DUTY, gate="HN"),
    Person(PersonId(5), "at Chi Ma", Role.DUTY, gate="CM"),
    Person(PersonId(6), "everywhere", Role.DUTY),
    Person(PersonId(7), "head of PCM", Role.OFFICER, unit="PCM", is_head=True),
    Person(PersonId(8), "of PCM", Role.OFFICER, unit="PCM"),
    Person(PersonId(9), "chief of office", Role.OFFICE, is_head=True),
    Person(PersonId(10), "clerk", Role.OFFICE),
    Person(PersonId(11), "leader", Role.LEADER),
    Person(PersonId(12), "head who left", Role.DUTY, gate="CM", is_head=True, active=False),
)


@pytest.mark.parametrize(
    ("person", "heads"),
    [
        ("on the lane", {"head of HN"}),
        ("at HN", {"head of HN"}),
        ("head of HN", {"centre"}),
        ("at Chi Ma", {"centre"}),
        ("everywhere", {"centre"}),
        ("centre", set()),
        ("of PCM", {"head of PCM"}),
        ("head of PCM", set()),
        ("clerk", {"chief of office"}),
        ("leader", set()),
    ],
)
def test_whom_a_person_answers_to(person: str, heads: set[str]) -> None:
    found = access.direct_heads(BOARD[person], BOARD.values(), PARENTS)
    assert {one.name for one in BOARD.values() if one.id in found} == heads


@pytest.mark.parametrize("role", Role)
def test_gates_and_shifts_are_for_the_office_and_leaders(role: Role) -> None:
    assert access.may_see_figures(Person(ME, "Ai", role)) is (role in access.MANAGERS)
    assert not access.may_see_figures(Person(ME, "Ai", role, active=False))


def test_a_young_chat_of_staff_parts_younger_ones_and_after_a_day_every_one() -> None:
    linked = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)
    older, younger = linked - timedelta(minutes=1), linked + timedelta(minutes=1)
    soon, a_day = linked + timedelta(hours=24, seconds=-1), linked + timedelta(hours=24)

    assert not access.may_part_chat(linked, older, soon)
    assert not access.may_part_chat(linked, linked, soon)
    assert access.may_part_chat(linked, younger, soon)
    assert access.may_part_chat(linked, older, a_day)
