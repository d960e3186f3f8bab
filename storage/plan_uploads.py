"""Plans that people sent in a chat: rows that wait to be fetched and read, outside of every errand."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from core.ids import IdentityId, PersonId
from storage.database import wake
from storage.ids import new_id
from storage.schema import plan_uploads


@dataclass(frozen=True, slots=True)
class Upload:
    """One file. `provider_id` fetches it from its channel."""

    id: int
    identity_id: IdentityId
    person_id: PersonId
    channel: str
    provider_id: str
    name: str
    attempts: int


_UPLOAD = [plan_uploads.c[name] for name in Upload.__dataclass_fields__]


def add(
    db: Connection,
    identity: IdentityId,
    person: PersonId,
    channel: str,
    provider_id: str,
    name: str,
    now: datetime,
) -> None:
    values = {"channel": channel, "provider_id": provider_id, "name": name, "next_try_at": now}
    db.execute(
        sa.insert(plan_uploads).values(
            id=new_id(now), identity_id=identity, person_id=person, created_at=now, **values
        )
    )
    wake(db, "plans")


def waiting(db: Connection, now: datetime, limit: int = 4) -> Sequence[Upload]:
    """What is to be read now, the oldest first."""
    query = (
        sa.select(*_UPLOAD)
        .where(plan_uploads.c.status == "waiting", plan_uploads.c.next_try_at <= now)
        .order_by(plan_uploads.c.next_try_at)
        .limit(limit)
    )
    return [Upload(*row) for row in db.execute(query)]


def claim(db: Connection, now: datetime, lease: timedelta) -> Sequence[Upload]:
    """As `waiting`, the oldest one only, and no other process is told the same before `lease` is over."""
    due = sa.and_(plan_uploads.c.status == "waiting", plan_uploads.c.next_try_at <= now)
    chosen = sa.select(plan_uploads.c.id).where(due).order_by(plan_uploads.c.next_try_at).limit(1)
    taken = sa.update(plan_uploads).where(plan_uploads.c.id.in_(chosen.with_for_update(skip_locked=True)))
    rows = db.execute(taken.values(next_try_at=now + lease).returning(*_UPLOAD))
    return [Upload(*row) for row in rows]


def ended(db: Connection, upload_id: int, status: str) -> bool:
    """ "read" or "failed": True for exactly one of all who try."""
    done = db.execute(
        sa.update(plan_uploads)
        .where(plan_uploads.c.id == upload_id, plan_uploads.c.status == "waiting")
        .values(status=status)
    )
    return done.rowcount == 1


def again(db: Connection, upload_id: int, next_try_at: datetime) -> None:
    """It could not be fetched: later."""
    db.execute(
        sa.update(plan_uploads)
        .where(plan_uploads.c.id == upload_id, plan_uploads.c.status == "waiting")
        .values(attempts=plan_uploads.c.attempts + 1, next_try_at=next_try_at)
    )
