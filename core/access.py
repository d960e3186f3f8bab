"""Who may do what. Asked at every press and every word, also of old buttons: a button promises nothing."""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta

from core.ids import PersonId
from core.people import Person, Role
from core.task import Task, TaskStatus
from core.ticket import OPEN, Status, Ticket, TicketClass

MANAGERS = frozenset({Role.OFFICE, Role.LEADER})
# Trung tâm Quản lý cửa khẩu: its head answers for every gate (promise.md, rung 2).
CENTRE = "TTQLCK"
# Units whose people are known by their role: Văn phòng, and the leaders of the board.
UNIT_ROLES = {"VP": Role.OFFICE, "LD": Role.LEADER}
SETTLED = timedelta(hours=24)
"""A chat of staff that was linked so long ago is taken for its owner's: nobody who was told of it has objected."""


def may_see(person: Person, ticket: Ticket, sealed_readers: frozenset[int] = frozenset()) -> bool:
    """Sealed: only its named readers. Otherwise the staff of its gate or unit, its holder, Văn phòng, leaders, administrators."""
    if not person.is_staff:
        return False
    if ticket.sealed:
        return person.id in sealed_readers
    return person.id == ticket.holder_id or person.role in MANAGERS | {Role.ADMIN} or serves(person, ticket)


def serves(person: Person, ticket: Ticket) -> bool:
    """Whether the ticket lies in the person's own field: the gate for duty staff and heads of gates, the unit for officers.

    Whom the ladder calls must be able to act: the head of a gate is not always on duty there.
    """
    if not person.is_staff:
        return False
    if ticket.unit is not None and person.unit == ticket.unit:
        return True
    if person.role is not Role.DUTY and not person.is_head:
        return False
    if person.gates:
        return ticket.gate is None or ticket.gate in person.gates
    return person.role is Role.DUTY or person.unit == CENTRE


def may_claim(person: Person, ticket: Ticket, sealed_readers: frozenset[int] = frozenset()) -> bool:
    """A petition is decided, not claimed. Leaders assign; they do not stand in the queue, but may take what nobody takes.

    Nobody works on the ticket that they wrote themselves: staff complain too, and somebody else judges it.
    """
    if ticket.ticket_class is TicketClass.PETITION or ticket.sealed or person.id == ticket.sender_id:
        return False
    return person.is_staff and (serves(person, ticket) or person.role in MANAGERS)


def may_work_on(person: Person, ticket: Ticket) -> bool:
    """Reply, ask, transfer, wait for an agency, resolve: its holder, as long as the account is active."""
    return person.is_staff and ticket.holder_id == person.id


def may_note(person: Person, ticket: Ticket, sealed_readers: frozenset[int] = frozenset()) -> bool:
    """An internal note: whoever may see the ticket."""
    return may_see(person, ticket, sealed_readers)


def may_join(person: Person, ticket: Ticket) -> bool:
    """Lay the ticket beside another: its holder; of one that nobody holds whoever might take it; else only who may hand it on.

    Asked of both tickets: there is no way back, and nobody's work is taken from under their hands.
    """
    if ticket.sealed or ticket.status not in OPEN or person.id == ticket.sender_id:
        return False
    if ticket.holder_id not in {None, person.id}:
        return may_assign(person, ticket)
    return may_work_on(person, ticket) or may_claim(person, ticket)


def may_assign(person: Person, ticket: Ticket) -> bool:
    """Hand the ticket to a named person: leaders, Văn phòng, the head of its unit or gate. Never a sealed one."""
    if not person.is_staff or ticket.sealed or ticket.status not in OPEN:
        return False
    return person.role in MANAGERS or (person.is_head and serves(person, ticket))


def may_decide_petition(person: Person, ticket: Ticket, sealed_readers: frozenset[int]) -> bool:
    """ "The program suggests, a person decides": one of the named readers."""
    return person.is_staff and ticket.ticket_class is TicketClass.PETITION and person.id in sealed_readers


def may_confirm_spam(person: Person, ticket: Ticket) -> bool:
    """A second person: never the one who marked it."""
    return (
        ticket.spam_marked_by is not None
        and person.id != ticket.spam_marked_by
        and person.is_staff
        and (person.role in MANAGERS or serves(person, ticket))
    )


def may_lower_urgency(person: Person, ticket: Ticket) -> bool:
    """Up is immediate; down needs a second person: not the holder, and with the standing to assign."""
    return person.id != ticket.holder_id and may_assign(person, ticket)


def may_waive(person: Person) -> bool:
    return person.active and person.role is Role.LEADER


def may_rate(person: Person, ticket: Ticket) -> bool:
    """Only the one who wrote; a rating may come after closing."""
    return (
        person.id == ticket.sender_id
        and ticket.status in {Status.RESOLVED, Status.CLOSED}
        and not ticket.sealed
    )


def may_lead(person: Person) -> bool:
    """Commands that change who works where (groups, gates): administrators, Văn phòng, leaders."""
    return person.active and person.role in MANAGERS | {Role.ADMIN}


def is_of_unit(person: Person, unit: str | None) -> bool:
    """Whether this member of staff belongs to the unit (a code): as entered, or by role for Văn phòng and the leaders."""
    if not person.is_staff or unit is None:
        return False
    return person.unit == unit or UNIT_ROLES.get(unit) is person.role


def is_of_task(person: Person, task: Task) -> bool:
    """Whether this member of staff belongs to one of the units that answer for the task."""
    return any(is_of_unit(person, unit) for unit in task.units)


def may_see_task(person: Person, task: Task) -> bool:
    """Its unit, Văn phòng (who follow every plan: the board's plan, IV.1), leaders, administrators."""
    return person.is_staff and (person.role in MANAGERS | {Role.ADMIN} or is_of_task(person, task))


def may_acknowledge(person: Person, task: Task) -> bool:
    """Đã nhận: only the unit itself can say that it knows."""
    return is_of_task(person, task)


def may_report_on(person: Person, task: Task) -> bool:
    """Progress, completion, an obstacle, a later date: the unit; or Văn phòng, who write down what they are told."""
    return is_of_task(person, task) or (person.is_staff and person.role is Role.OFFICE)


def may_accept(person: Person, task: Task) -> bool:
    """Completion is accepted by the head of the unit, Văn phòng or a leader; never by whoever reported it."""
    if not person.is_staff or task.status is not TaskStatus.SUBMITTED or person.id == task.submitted_by:
        return False
    return person.role in MANAGERS or (person.is_head and is_of_task(person, task))


def may_extend(person: Person) -> bool:
    """Another deadline is a leader's decision."""
    return person.active and person.role is Role.LEADER


def may_fill_in(person: Person) -> bool:
    """What a plan leaves blank – a day, a product – is said by Văn phòng or a leader."""
    return person.active and person.role in MANAGERS


def may_keep_plans(person: Person) -> bool:
    """Plans are read, reviewed and applied by Văn phòng and administrators."""
    return person.active and person.role in {Role.OFFICE, Role.ADMIN}


def may_see_figures(person: Person) -> bool:
    """Figures by gate, category and shift: Văn phòng and leaders. By person: see direct_heads."""
    return person.active and person.role in MANAGERS


def direct_heads(
    person: Person, staff: Iterable[Person], parents: Mapping[str, str | None]
) -> frozenset[PersonId]:
    """Whom this person answers to: the heads of the own gate, else of the next one above; else those of the unit; for duty
    staff at last those of the centre. Nobody for who heads the unit. `parents`: each gate's parent (None at the top).
    """
    heads = [one for one in staff if one.is_staff and one.is_head and one.id != person.id]
    for gate in _upwards(person, parents):
        if found := frozenset(head.id for head in heads if head.gate == gate):
            return found
    if person.is_head and person.gate is None:
        return frozenset()
    unit = _unit_of(person)
    return frozenset(head.id for head in heads if head.gate is None and unit and _unit_of(head) == unit)


def _upwards(person: Person, parents: Mapping[str, str | None]) -> Iterable[str]:
    """The gates above which a head of this person may stand; of who heads a gate, those above it."""
    gate = person.gate if not person.is_head else parents.get(person.gate or "")
    while gate is not None:
        yield gate
        gate = parents.get(gate)


def _unit_of(person: Person) -> str | None:
    by_role = {role: unit for unit, role in UNIT_ROLES.items()} | {Role.DUTY: CENTRE}
    return person.unit or by_role.get(person.role)


def may_part_chat(linked_at: datetime, older_at: datetime, now: datetime) -> bool:
    """Whether a chat of staff, linked at `linked_at`, may give up another of the same person's, linked at `older_at`.

    Whoever typed somebody else's code has a young chat: it must not cut off the owner. After 24 hours to the second it may.
    """
    return older_at > linked_at or now - linked_at >= SETTLED
