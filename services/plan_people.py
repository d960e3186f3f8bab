"""Who hears of a task: the officers of its unit, their head, Văn phòng, the leaders; and who may accept that it is done."""

from collections.abc import Mapping, Sequence

from core import access
from core.ids import PersonId
from core.people import Person, Role
from core.reminders import Level
from core.task import Task
from storage import people
from storage.database import Connection


def members(db: Connection, *units: str) -> Sequence[Person]:
    """Everyone linked to one of these units, their heads too."""
    return [person for person in people.staff(db) if any(access.is_of_unit(person, unit) for unit in units)]


def unlinked(db: Connection, units: Sequence[str]) -> Sequence[str]:
    """Of these units those of whom nobody can be written to: told to Văn phòng at import, not at the deadline."""
    return [unit for unit in units if not _reachable(db, members(db, unit))]


def receivers(db: Connection, task: Task, level: Level) -> Mapping[PersonId, Level]:
    """Whom a reminder of this level goes to, each with the lowest level that names them.

    With nobody reachable at this level it climbs at once; a unit without a head is answered for by Văn phòng.
    """
    rungs = _rungs(db, task)
    told: dict[PersonId, Level] = {}
    for rung in Level:
        if rung <= level or not told:
            for person in _reachable(db, rungs[rung]):
                told.setdefault(person.id, rung)
    return told


def acceptors(db: Connection, task: Task) -> Sequence[PersonId]:
    """Who is asked to accept what was submitted: the head of the unit, else Văn phòng, else a leader."""
    rungs = _rungs(db, task)
    for persons in (rungs[Level.UNIT_HEAD], rungs[Level.OFFICE], rungs[Level.LEADERS]):
        able = [person for person in _reachable(db, persons) if access.may_accept(person, task)]
        if able:
            return [person.id for person in able]
    return []


def office(db: Connection) -> Sequence[PersonId]:
    return [person.id for person in people.staff(db, Role.OFFICE)]


def _rungs(db: Connection, task: Task) -> Mapping[Level, Sequence[Person]]:
    own = members(db, *task.units)
    offices = people.staff(db, Role.OFFICE)
    heads = [person for person in own if person.is_head]
    headless = any(not any(access.is_of_unit(head, unit) for head in heads) for unit in task.units)
    return {
        Level.OFFICERS: [person for person in own if not person.is_head],
        Level.UNIT_HEAD: [*heads, *(offices if headless else ())],
        Level.OFFICE: offices,
        Level.LEADERS: people.staff(db, Role.LEADER),
    }


def _reachable(db: Connection, persons: Sequence[Person]) -> Sequence[Person]:
    known = people.reachable_identities(db, [person.id for person in persons])
    return [person for person in persons if person.id in known]
