"""People, their chats on each channel, the codes that link them, the state of their dialogues."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from core.ids import IdentityId, PersonId
from core.people import Person, Role
from storage.ids import new_id
from storage.schema import attempts, drafts, identities, link_codes, people


@dataclass(frozen=True, slots=True)
class Identity:
    """One chat on one channel; a group has no person, a private chat always has one."""

    id: IdentityId
    person_id: PersonId | None
    channel: str
    bot: str
    chat_id: str
    kind: str
    gate: str | None
    name: str
    language: str | None
    reachable: bool
    privacy_shown_at: datetime | None
    greeted_at: datetime | None
    last_seen_at: datetime
    topic: str | None


@dataclass(frozen=True, slots=True)
class Draft:
    """Where a dialogue stands: the next message of this chat is the `kind` of `ticket_id`."""

    kind: str
    ticket_id: int | None
    data: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class LinkCode:
    id: int
    person_id: PersonId
    expires_at: datetime
    used_at: datetime | None


_PERSON = [
    people.c[name]
    for name in ("id", "name", "role", "unit", "gate", "is_head", "language", "active", "phone")
]
_IDENTITY = [identities.c[name] for name in Identity.__dataclass_fields__]


def add_person(db: Connection, name: str, role: Role, now: datetime, **values: Any) -> PersonId:
    person_id = PersonId(new_id(now))
    db.execute(sa.insert(people).values(id=person_id, name=name, role=role, created_at=now, **values))
    return person_id


def person(db: Connection, person_id: PersonId | int) -> Person | None:
    row = db.execute(sa.select(*_PERSON).where(people.c.id == person_id)).one_or_none()
    return _person(row) if row is not None else None


def staff(db: Connection, *roles: Role) -> Sequence[Person]:
    """Active people with one of these roles (all but senders when none is named), by name."""
    wanted = people.c.role.in_(list(roles)) if roles else people.c.role != Role.SENDER
    query = sa.select(*_PERSON).where(people.c.active, wanted, people.c.role != Role.SENDER)
    return [_person(row) for row in db.execute(query.order_by(people.c.name, people.c.id))]


def update_person(db: Connection, person_id: PersonId, **values: Any) -> None:
    db.execute(sa.update(people).where(people.c.id == person_id).values(**values))


def identity(db: Connection, channel: str, bot: str, chat_id: str) -> Identity | None:
    return _identity(
        db, sa.and_(identities.c.channel == channel, identities.c.bot == bot, identities.c.chat_id == chat_id)
    )


def identity_by_id(db: Connection, identity_id: IdentityId | int) -> Identity | None:
    return _identity(db, identities.c.id == identity_id)


def add_identity(
    db: Connection,
    person_id: PersonId | None,
    channel: str,
    bot: str,
    chat_id: str,
    now: datetime,
    **values: Any,
) -> Identity:
    identity_id = new_id(now)
    db.execute(
        sa.insert(identities).values(
            id=identity_id,
            person_id=person_id,
            channel=channel,
            bot=bot,
            chat_id=chat_id,
            created_at=now,
            last_seen_at=now,
            **values,
        )
    )
    made = identity_by_id(db, identity_id)
    if made is None:
        raise RuntimeError("an identity that was stored is not there")
    return made


def update_identity(db: Connection, identity_id: IdentityId | int, **values: Any) -> None:
    db.execute(sa.update(identities).where(identities.c.id == identity_id).values(**values))


def identities_of(db: Connection, person_id: PersonId) -> Sequence[Identity]:
    """The person's private chats, the one used last first; reachable or not."""
    query = (
        sa.select(*_IDENTITY)
        .where(identities.c.person_id == person_id)
        .order_by(identities.c.last_seen_at.desc())
    )
    return [Identity(*row) for row in db.execute(query)]


def reachable_identities(db: Connection, persons: Sequence[PersonId]) -> Mapping[PersonId, Identity]:
    """Where each of these people is written to: the reachable chat that was used last."""
    query = (
        sa.select(*_IDENTITY)
        .where(identities.c.person_id.in_(list(persons)), identities.c.reachable)
        .order_by(identities.c.last_seen_at)
    )
    found = (Identity(*row) for row in db.execute(query))
    return {known.person_id: known for known in found if known.person_id is not None}


def groups(db: Connection, gate: str | None = None) -> Sequence[Identity]:
    """Group chats that serve this gate (or every group)."""
    where = sa.and_(identities.c.kind == "group", identities.c.reachable, identities.c.gate.is_not(None))
    if gate is not None:
        where = sa.and_(where, identities.c.gate == gate)
    return [Identity(*row) for row in db.execute(sa.select(*_IDENTITY).where(where))]


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


def draft(db: Connection, identity_id: IdentityId, now: datetime) -> Draft | None:
    query = sa.select(drafts.c.kind, drafts.c.ticket_id, drafts.c.data).where(
        drafts.c.identity_id == identity_id, drafts.c.expires_at > now
    )
    row = db.execute(query).one_or_none()
    return Draft(*row) if row is not None else None


def set_draft(
    db: Connection,
    identity_id: IdentityId,
    kind: str,
    ticket_id: int | None,
    expires_at: datetime,
    data: Mapping[str, Any] | None = None,
) -> None:
    """One dialogue per chat: a new one takes the place of the old."""
    clear_draft(db, identity_id)
    db.execute(
        sa.insert(drafts).values(
            identity_id=identity_id,
            kind=kind,
            ticket_id=ticket_id,
            data=dict(data or {}),
            expires_at=expires_at,
        )
    )


def clear_draft(db: Connection, identity_id: IdentityId) -> bool:
    return db.execute(sa.delete(drafts).where(drafts.c.identity_id == identity_id)).rowcount == 1


def _person(row: Any) -> Person:
    return Person(
        id=PersonId(row.id),
        name=row.name,
        role=Role(row.role),
        unit=row.unit,
        gate=row.gate,
        is_head=row.is_head,
        language=row.language,
        active=row.active,
        phone=row.phone,
    )


def _identity(db: Connection, where: sa.ColumnElement[bool]) -> Identity | None:
    row = db.execute(sa.select(*_IDENTITY).where(where)).one_or_none()
    return Identity(*row) if row is not None else None
