"""The secret addresses of calendars: a person, a scope, and the digest of the secret. The secret itself is nowhere."""

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from core.ids import PersonId
from storage.ids import new_id
from storage.schema import calendar_feeds


@dataclass(frozen=True, slots=True)
class Feed:
    """`digest` is the SHA-256 (hex) of the secret."""

    person_id: PersonId
    scope: str
    digest: str
    created_at: datetime


_FEED = [calendar_feeds.c[name] for name in Feed.__dataclass_fields__]


def put(db: Connection, person: PersonId, scope: str, digest: str, now: datetime) -> None:
    """The person's address of this scope; the one before is none any more."""
    drop(db, person, scope)
    values = {"id": new_id(now), "person_id": person, "scope": scope, "digest": digest, "created_at": now}
    db.execute(sa.insert(calendar_feeds).values(**values))


def drop(db: Connection, person: PersonId, scope: str) -> bool:
    """Whether there was one."""
    own = sa.and_(calendar_feeds.c.person_id == person, calendar_feeds.c.scope == scope)
    return db.execute(sa.delete(calendar_feeds).where(own)).rowcount == 1


def drop_all(db: Connection, person: PersonId) -> None:
    db.execute(sa.delete(calendar_feeds).where(calendar_feeds.c.person_id == person))


def by_digest(db: Connection, digest: str) -> Feed | None:
    row = db.execute(sa.select(*_FEED).where(calendar_feeds.c.digest == digest)).one_or_none()
    return Feed(*row) if row is not None else None


def of_person(db: Connection, person: PersonId) -> dict[str, datetime]:
    """scope → since when there is an address."""
    columns = (calendar_feeds.c.scope, calendar_feeds.c.created_at)
    return {
        row.scope: row.created_at
        for row in db.execute(sa.select(*columns).where(calendar_feeds.c.person_id == person))
    }
