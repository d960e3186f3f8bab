"""What only one of many processes may do: for a while, by a lease that is renewed, or within one transaction, by a lock."""

from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import Connection

from storage.schema import leases


def take(db: Connection, name: str, holder: str, now: datetime, length: timedelta) -> bool:
    """Takes or renews the lease `name` until `now` + `length`. False while it is somebody else's; at its end it is free."""
    dialect = postgresql if db.dialect.name == "postgresql" else sqlite
    wanted = {"holder": holder, "until": now + length}
    row = dialect.insert(leases).values(name=name, **wanted)
    mine_or_over = sa.or_(leases.c.holder == holder, leases.c.until <= now)
    taken = row.on_conflict_do_update(index_elements=["name"], set_=wanted, where=mine_or_over)
    return db.execute(taken).rowcount == 1


def give_back(db: Connection, name: str, holder: str) -> None:
    """Free at once, if it is this holder's."""
    db.execute(sa.delete(leases).where(leases.c.name == name, leases.c.holder == holder))


def server_time(db: Connection) -> datetime:
    """PostgreSQL's own clock: leases that are judged by it do not suffer from clocks that differ between machines."""
    at: datetime = db.execute(sa.select(sa.func.clock_timestamp())).scalar_one()
    return at


def alone(db: Connection, name: str) -> bool:
    """Whether this transaction is the only one that does `name`, and stays so to its end. Never waits. SQLite: always."""
    if db.dialect.name == "sqlite":
        return True
    return bool(db.execute(sa.select(sa.func.pg_try_advisory_xact_lock(_key(name)))).scalar_one())


def in_turn(db: Connection, name: str) -> None:
    """Waits until no other transaction does `name`, and keeps it to the end of this one. SQLite: they run in turn anyway."""
    if db.dialect.name != "sqlite":
        db.execute(sa.select(sa.func.pg_advisory_xact_lock(_key(name))))


def _key(name: str) -> sa.ColumnElement[int]:
    return sa.func.hashtextextended(name, 0)
