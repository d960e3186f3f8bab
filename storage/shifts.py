"""The roster: who is on shift at which gate."""

from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import Connection

from core.ids import PersonId, TicketId
from core.roster import Shift
from storage.ids import new_id
from storage.remembering import forget, remembered
from storage.schema import shift_keeps, shift_people, shifts

_DAY = timedelta(days=1)
_SHIFTS = sa.select(shifts).order_by(shifts.c.starts_at, shifts.c.id)
_AROUND = _SHIFTS.where(
    shifts.c.gate == sa.bindparam("of"),
    shifts.c.starts_at < sa.bindparam("ends"),
    shifts.c.ends_at > sa.bindparam("starts"),
)
_ANY = _SHIFTS.where(shifts.c.gate == sa.bindparam("of")).limit(1)
_PEOPLE = (
    sa.select(shift_people.c.shift_id, shift_people.c.person_id)
    .where(shift_people.c.shift_id.in_(sa.bindparam("shifts", expanding=True)))
    .order_by(shift_people.c.person_id)
)


def add(
    db: Connection,
    gate: str,
    starts_at: datetime,
    ends_at: datetime,
    persons: Iterable[PersonId],
    now: datetime,
) -> int:
    """Stores one shift; one of the same gate and start is replaced."""
    same = sa.and_(shifts.c.gate == gate, shifts.c.starts_at == starts_at)
    for old in list(db.execute(sa.select(shifts.c.id).where(same)).scalars()):
        remove(db, old)
    shift_id = new_id(now)
    db.execute(sa.insert(shifts).values(id=shift_id, gate=gate, starts_at=starts_at, ends_at=ends_at))
    forget(db)
    rows = [{"shift_id": shift_id, "person_id": person} for person in dict.fromkeys(persons)]
    if rows:
        db.execute(sa.insert(shift_people), rows)
    return shift_id


def change(db: Connection, shift: Shift, ends_at: datetime, persons: Iterable[PersonId]) -> None:
    """The same shift with another end and other people; whoever stays keeps their confirmation."""
    wanted = list(dict.fromkeys(persons))
    gone = sa.and_(shift_people.c.shift_id == shift.id, shift_people.c.person_id.not_in(wanted))
    db.execute(sa.delete(shift_people).where(gone))
    rows = [{"shift_id": shift.id, "person_id": person} for person in wanted if person not in shift.people]
    if rows:
        db.execute(sa.insert(shift_people), rows)
    db.execute(sa.update(shifts).where(shifts.c.id == shift.id).values(ends_at=ends_at))
    forget(db)


def remove(db: Connection, shift_id: int) -> None:
    db.execute(sa.delete(shift_keeps).where(shift_keeps.c.shift_id == shift_id))
    db.execute(sa.delete(shift_people).where(shift_people.c.shift_id == shift_id))
    db.execute(sa.delete(shifts).where(shifts.c.id == shift_id))
    forget(db)


def get(db: Connection, shift_id: int) -> Shift | None:
    found = _read(db, shifts.c.id == shift_id)
    return found[0] if found else None


def starting(db: Connection, gate: str, starts_at: datetime) -> Shift | None:
    """The one shift of the gate that starts then."""
    found = _read(db, sa.and_(shifts.c.gate == gate, shifts.c.starts_at == starts_at))
    return found[0] if found else None


def running(db: Connection, now: datetime) -> Sequence[Shift]:
    """The shifts of every gate that run at `now`."""
    return _read(db, sa.and_(shifts.c.starts_at <= now, shifts.c.ends_at > now))


def around(db: Connection, gate: str, starts: datetime, ends: datetime) -> Sequence[Shift]:
    """The shifts of a gate that overlap [starts, ends), and, when there is none, any one of the gate: see core.roster.on_shift."""
    # By whole days, which a burst has in common: its messages are microseconds apart.
    first, last = starts.astimezone(UTC).date(), ends.astimezone(UTC).date()
    days = remembered(db, ("shifts", gate, first, last), lambda: _of_days(db, gate, first, last))
    near = [shift for shift in days if shift.starts_at < ends and shift.ends_at > starts]
    return near or remembered(
        db, ("any shift", gate), lambda: _with_people(db, db.execute(_ANY, {"of": gate}))
    )


def _of_days(db: Connection, gate: str, first: date, last: date) -> list[Shift]:
    days = {
        "starts": datetime.combine(first, time(), UTC),
        "ends": datetime.combine(last + _DAY, time(), UTC),
    }
    return _with_people(db, db.execute(_AROUND, {"of": gate, **days}))


def between(db: Connection, starts: datetime, ends: datetime) -> Sequence[Shift]:
    """All shifts that overlap [starts, ends), by start."""
    return _read(db, sa.and_(shifts.c.starts_at < ends, shifts.c.ends_at > starts))


def gates_with_shifts(db: Connection) -> Sequence[str]:
    return list(db.execute(sa.select(shifts.c.gate).distinct().order_by(shifts.c.gate)).scalars())


def confirm(db: Connection, shift_id: int, person: PersonId, now: datetime) -> bool:
    """ "Đã nhận ca": True once for each person of the shift."""
    row = sa.and_(
        shift_people.c.shift_id == shift_id,
        shift_people.c.person_id == person,
        shift_people.c.confirmed_at.is_(None),
    )
    return db.execute(sa.update(shift_people).where(row).values(confirmed_at=now)).rowcount == 1


def confirmed(db: Connection, shift_id: int) -> bool:
    """Whether anybody of the shift has confirmed."""
    query = sa.select(sa.func.count()).where(
        shift_people.c.shift_id == shift_id, shift_people.c.confirmed_at.is_not(None)
    )
    return bool(db.execute(query).scalar_one())


def unconfirmed(db: Connection, shift_id: int) -> Sequence[PersonId]:
    """The people of the shift who have not pressed "Đã nhận ca" yet."""
    query = sa.select(shift_people.c.person_id).where(
        shift_people.c.shift_id == shift_id, shift_people.c.confirmed_at.is_(None)
    )
    found = db.execute(query.order_by(shift_people.c.person_id)).scalars()
    return [PersonId(person) for person in found]


def stand_down(db: Connection, person: PersonId, now: datetime) -> int:
    """Takes the person off every shift that has not ended; off how many. A shift may be left with nobody."""
    ahead = sa.select(shifts.c.id).where(shifts.c.ends_at > now)
    mine = sa.and_(shift_people.c.person_id == person, shift_people.c.shift_id.in_(ahead))
    forget(db)
    return db.execute(sa.delete(shift_people).where(mine)).rowcount


def keep(db: Connection, shift_id: int, ticket: TicketId) -> None:
    """ "Tôi giữ tiếp": the ticket stays with its holder when this shift ends. Twice is once."""
    dialect = postgresql if db.dialect.name == "postgresql" else sqlite
    row = dialect.insert(shift_keeps).values(shift_id=shift_id, ticket_id=ticket)
    db.execute(row.on_conflict_do_nothing())


def keeps(db: Connection, shift_id: int) -> frozenset[TicketId]:
    """The tickets that stay with their holders when this shift ends."""
    query = sa.select(shift_keeps.c.ticket_id).where(shift_keeps.c.shift_id == shift_id)
    return frozenset(TicketId(ticket) for ticket in db.execute(query).scalars())


def _read(db: Connection, where: sa.ColumnElement[bool]) -> list[Shift]:
    return _with_people(db, db.execute(_SHIFTS.where(where)))


def _with_people(db: Connection, found: Iterable[Any]) -> list[Shift]:
    rows = list(found)
    if not rows:
        return []
    members: dict[int, list[PersonId]] = {}
    for member in db.execute(_PEOPLE, {"shifts": [row.id for row in rows]}):
        members.setdefault(member.shift_id, []).append(PersonId(member.person_id))
    return [
        Shift(row.id, row.gate, row.starts_at, row.ends_at, tuple(members.get(row.id, ()))) for row in rows
    ]
