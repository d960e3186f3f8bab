"""The one-time codes that link a chat to a person, and how often somebody has guessed wrongly."""

from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from core.ids import IdentityId, PersonId
from storage.ids import new_id
from storage.schema import attempts, link_codes


@dataclass(frozen=True, slots=True)
class LinkCode:
    id: int
    person_id: PersonId
    expires_at: datetime
    used_at: datetime | None


def add_link_code(
    db: Connection, person_id: PersonId, code_hash: str, now: datetime, expires_at: datetime
) -> None:
    db.execute(
        sa.insert(link_codes).values(
            id=new_id(now), person_id=person_id, code_hash=code_hash, expires_at=expires_at
        )
    )


def link_code(db: Connection, code_hash: str) -> LinkCode | None:
    columns = (link_codes.c.id, link_codes.c.person_id, link_codes.c.expires_at, link_codes.c.used_at)
    row = db.execute(sa.select(*columns).where(link_codes.c.code_hash == code_hash)).one_or_none()
    return LinkCode(*row) if row is not None else None


def use_link_code(db: Connection, code_id: int, identity_id: IdentityId, now: datetime) -> bool:
    """Takes the code: True for exactly one of all who try."""
    taken = db.execute(
        sa.update(link_codes)
        .where(link_codes.c.id == code_id, link_codes.c.used_at.is_(None))
        .values(used_at=now, used_by=identity_id)
    )
    return taken.rowcount == 1


def note_attempt(db: Connection, subject: str, now: datetime, within: timedelta) -> int:
    """Counts a guess (a wrong code or key) and answers how many there were `within` this time, this one included.

    Older ones of the same subject are forgotten: nobody asks for them any more.
    """
    db.execute(sa.delete(attempts).where(attempts.c.subject == subject, attempts.c.at <= now - within))
    db.execute(sa.insert(attempts).values(id=new_id(now), subject=subject, at=now))
    return attempts_since(db, subject, now - within)


def attempts_since(db: Connection, subject: str, since: datetime) -> int:
    counted = sa.select(sa.func.count()).where(attempts.c.subject == subject, attempts.c.at > since)
    return int(db.execute(counted).scalar_one())


def drop_codes(db: Connection, person: PersonId) -> None:
    """What was given out to this person and not used yet links nothing any more."""
    db.execute(sa.delete(link_codes).where(link_codes.c.person_id == person, link_codes.c.used_at.is_(None)))


def hand_codes(db: Connection, former: PersonId, person: PersonId) -> None:
    """Codes of somebody who turned out to be `person` link to them, used or not."""
    db.execute(sa.update(link_codes).where(link_codes.c.person_id == former).values(person_id=person))
