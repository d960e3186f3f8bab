"""Who is on shift at a gate, and what lies in somebody's queue."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from core.access import may_claim
from core.ids import PersonId
from core.people import Person, Role
from core.roster import Shift
from core.roster import on_shift as roster_rule
from core.ticket import Ticket
from services.reference import Reference
from storage import people, shifts, tickets
from storage.database import Connection

CENTRE = "TTQLCK"
_INSTANT = timedelta(microseconds=1)
_LOOKED_AT = 500
"""Of what waits so many are counted."""


def on_shift(db: Connection, ref: Reference, gate: str | None, now: datetime) -> Sequence[Person]:
    """Everyone on shift at the gate (flat). Nobody there → the parent gate's; a ticket of no gate goes to all who are on shift."""
    duty = [in_post(ref, person) for person in people.staff(db, Role.DUTY)]
    if gate is None:
        gates = dict.fromkeys(person.gate for person in duty)
        return _known(duty, [person for own in gates for person in _present(db, own, duty, now)])
    here = _known(duty, _present(db, gate, duty, now))
    parent = ref.gates[gate].parent if gate in ref.gates else None
    return here or (on_shift(db, ref, parent, now) if parent else [])


def roster_is_empty(db: Connection, ref: Reference, gate: str, now: datetime) -> bool:
    """No shift was ever entered for this gate, nor for one above it (whose people serve it)."""
    if shifts.around(db, gate, now, now + _INSTANT):
        return False
    parent = ref.gates[gate].parent if gate in ref.gates else None
    return parent is None or roster_is_empty(db, ref, parent, now)


def with_gates(db: Connection, ref: Reference, person_id: PersonId | int) -> Person | None:
    """The person with the gates below their own: what core/access.py asks for."""
    person = people.person(db, person_id)
    return in_post(ref, person) if person else None


def in_post(ref: Reference, person: Person) -> Person:
    """The person with the gates below their own."""
    return replace(person, gates=ref.family(person.gate)) if person.gate else person


def queue(db: Connection, person: Person) -> tuple[Sequence[Ticket], Sequence[Ticket]]:
    """/viec: what this person holds, and what waits that they may take; both by due time."""
    gates = person.gates if person.role is Role.DUTY and person.gates else None
    waiting = [ticket for ticket in tickets.unclaimed(db, gates, _LOOKED_AT) if may_claim(person, ticket)]
    return tickets.held_by(db, person.id), waiting


def sealed_queue(db: Connection, person: PersonId, readers: Collection[int]) -> Sequence[Ticket]:
    """What lies sealed and undecided, for one of its named `readers`; nothing for anybody else."""
    return tickets.undecided(db) if person in readers else ()


def shift_of(db: Connection, person: PersonId, now: datetime) -> Shift | None:
    """/ca: the shift that this person is on now, or the next one within a week."""
    near = shifts.between(db, now, now + timedelta(days=7))
    return next((shift for shift in near if person in shift.people), None)


def _present(db: Connection, gate: str | None, duty: Sequence[Person], now: datetime) -> Sequence[PersonId]:
    own = [person.id for person in duty if person.gate in (gate, None)]
    known = shifts.around(db, gate, now, now + _INSTANT) if gate else ()
    return roster_rule(gate or "", now, known, own).people


def _known(duty: Sequence[Person], wanted: Iterable[PersonId]) -> Sequence[Person]:
    by_id = {person.id: person for person in duty}
    return [by_id[person] for person in dict.fromkeys(wanted) if person in by_id]
