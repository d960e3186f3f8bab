"""Promises to look again, as rows: they survive whatever the process does not."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from storage.database import wake
from storage.ids import new_id
from storage.points import reach
from storage.schema import timers
from storage.statements import of_each

MANY = 500  # values in one statement


@dataclass(frozen=True, slots=True)
class Timer:
    """`subject` names the kind of thing, `cycle` which promise of it; UNIQUE(subject, subject_id, stage, cycle)."""

    id: int
    subject: str
    subject_id: int
    stage: str
    cycle: int
    due_at: datetime
    data: Mapping[str, Any]


_TIMER = [timers.c[name] for name in Timer.__dataclass_fields__]
_ADD = of_each(lambda insert: insert(timers).on_conflict_do_nothing())


def add(
    db: Connection,
    subject: str,
    subject_id: int,
    cycle: int,
    stages: Mapping[str, datetime],
    now: datetime,
    data: Mapping[str, Any] | None = None,
) -> None:
    """One row per stage; a stage that this cycle has already stays as it is."""
    add_all(db, subject, [(subject_id, cycle, stages)], now, data)


def add_all(
    db: Connection,
    subject: str,
    wanted: Iterable[tuple[int, int, Mapping[str, datetime]]],
    now: datetime,
    data: Mapping[str, Any] | None = None,
) -> None:
    """`add` for many at once: (subject id, cycle, stages) of each."""
    rows = [
        {
            "id": new_id(now),
            "subject": subject,
            "subject_id": subject_id,
            "stage": stage,
            "cycle": cycle,
            "due_at": due_at,
            "data": dict(data or {}),
        }
        for subject_id, cycle, stages in wanted
        for stage, due_at in stages.items()
    ]
    if rows:
        db.execute(_ADD[db.dialect.name], rows)
        wake(db, "timers")


def put(
    db: Connection, subject: str, subject_id: int, cycle: int, stage: str, due_at: datetime, now: datetime
) -> None:
    """One timer, waiting, whatever became of an earlier one of the same name (a nag comes again and again)."""
    same = sa.and_(
        timers.c.subject == subject,
        timers.c.subject_id == subject_id,
        timers.c.stage == stage,
        timers.c.cycle == cycle,
    )
    again = db.execute(sa.update(timers).where(same).values(status="waiting", due_at=due_at, fired_at=None))
    wake(db, "timers")
    if again.rowcount == 0:
        add(db, subject, subject_id, cycle, {stage: due_at}, now)


def supersede(
    db: Connection,
    subject: str,
    subject_id: int,
    stages: Sequence[str] | None = None,
    spare: Sequence[str] = (),
) -> None:
    """What still waits for this subject (or these stages of it, but for those to `spare`) will not fire any more."""
    where = sa.and_(_waits_for(subject, subject_id), timers.c.stage.not_in(spare))
    if stages is not None:
        where = sa.and_(where, timers.c.stage.in_(stages))
    db.execute(sa.update(timers).where(where).values(status="superseded"))


def carry(db: Connection, subject: str, subject_id: int, stages: Sequence[str], cycle: int) -> None:
    """What waits at these stages waits on, at its own time, under the promise `cycle`."""
    where = sa.and_(_waits_for(subject, subject_id), timers.c.stage.in_(stages))
    db.execute(sa.update(timers).where(where).values(cycle=cycle))


def waits(db: Connection, subject: str, subject_id: int, stage: str) -> bool:
    """Whether this stage is still to come."""
    where = sa.and_(_waits_for(subject, subject_id), timers.c.stage == stage)
    return bool(db.execute(sa.select(sa.exists().where(where))).scalar())


def waiting_of(
    db: Connection, subject: str, subject_ids: Sequence[int]
) -> Mapping[int, Mapping[str, datetime]]:
    """subject id → stage → due, of what is still to come for these subjects."""
    found: dict[int, dict[str, datetime]] = {}
    for n in range(0, len(subject_ids), MANY):
        query = sa.select(timers.c.subject_id, timers.c.stage, timers.c.due_at).where(
            timers.c.subject == subject,
            timers.c.subject_id.in_(subject_ids[n : n + MANY]),
            timers.c.status == "waiting",
        )
        for row in db.execute(query):
            found.setdefault(row.subject_id, {})[row.stage] = row.due_at
    return found


def _waits_for(subject: str, subject_id: int) -> sa.ColumnElement[bool]:
    return sa.and_(
        timers.c.subject == subject, timers.c.subject_id == subject_id, timers.c.status == "waiting"
    )


def due(db: Connection, now: datetime, limit: int = 200) -> Sequence[Timer]:
    """What is due, in the order of `due_at`; the caller claims each by `fired`. No row is locked before its ticket is:
    an errand of a person locks the ticket first and then its timers, and the two would wait for each other."""
    query = (
        sa.select(*_TIMER)
        .where(timers.c.status == "waiting", timers.c.due_at <= now)
        .order_by(timers.c.due_at, timers.c.id)
        .limit(limit)
    )
    return [Timer(*row) for row in db.execute(query)]


def due_at_stages(db: Connection, subject: str, stages: Sequence[str], now: datetime) -> Sequence[Timer]:
    """All that is due at these stages, however much it is: who has to choose among a ticket's rungs must see every one."""
    where = sa.and_(timers.c.status == "waiting", timers.c.due_at <= now, _is_about(subject))
    query = sa.select(*_TIMER).where(where, timers.c.stage.in_(stages)).order_by(timers.c.due_at, timers.c.id)
    return [Timer(*row) for row in db.execute(query)]


def due_of(db: Connection, subject: str, now: datetime) -> Sequence[Timer]:
    """All that is due of one kind of thing, in the order of `due_at`: what is told together has to be seen together."""
    query = (
        sa.select(*_TIMER)
        .where(timers.c.status == "waiting", timers.c.due_at <= now, _is_about(subject))
        .order_by(timers.c.due_at, timers.c.id)
    )
    return [Timer(*row) for row in db.execute(query)]


def _is_about(subject: str) -> sa.ColumnElement[bool]:
    """An expression, not the bare column: SQLite would search the index that begins with the subject, through every timer
    that ever was, instead of the few that are due."""
    return timers.c.subject.concat("") == subject


def fired(db: Connection, timer_id: int, now: datetime, status: str = "fired") -> bool:
    """Takes one timer: True for exactly one of all who try."""
    taken = db.execute(
        sa.update(timers)
        .where(timers.c.id == timer_id, timers.c.status == "waiting")
        .values(status=status, fired_at=now)
    )
    reach("fired")
    return taken.rowcount == 1


def postpone(db: Connection, timer_id: int, due_at: datetime) -> None:
    """Not now (quiet hours, a closed gate): the same timer, later."""
    db.execute(
        sa.update(timers).where(timers.c.id == timer_id, timers.c.status == "waiting").values(due_at=due_at)
    )
    wake(db, "timers")


def next_due_at(db: Connection) -> datetime | None:
    """The earliest waiting timer: what the heartbeat sleeps until."""
    query = sa.select(timers.c.due_at).where(timers.c.status == "waiting").order_by(timers.c.due_at).limit(1)
    at: datetime | None = db.execute(query).scalar()
    return at


def of_subject(db: Connection, subject: str, subject_id: int) -> Sequence[tuple[str, int, datetime, str]]:
    """(stage, cycle, due, status) of all timers of one subject, by due time."""
    query = (
        sa.select(timers.c.stage, timers.c.cycle, timers.c.due_at, timers.c.status)
        .where(timers.c.subject == subject, timers.c.subject_id == subject_id)
        .order_by(timers.c.due_at, timers.c.id)
    )
    return [tuple(row) for row in db.execute(query)]
