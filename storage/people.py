"""People, their chats on each channel, the state of their dialogues."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from core.ids import IdentityId, PersonId
from core.people import Person, Role
from core.routing import way_to
from storage.database import Conflict
from storage.ids import new_id
from storage.remembering import forget, remembered
from storage.schema import drafts, identities, people


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
    preferred: bool
    created_at: datetime
    linked_at: datetime | None


@dataclass(frozen=True, slots=True)
class Draft:
    """Where a dialogue stands: the next message of this chat is the `kind` of `ticket_id`."""

    kind: str
    ticket_id: int | None
    data: Mapping[str, Any]


_PERSON = [
    people.c[name]
    for name in ("id", "name", "role", "unit", "gate", "is_head", "language", "active", "phone")
]
_IDENTITY = [identities.c[name] for name in Identity.__dataclass_fields__]

_own = identities.alias("own")

# What a first message asks: built once, see storage/statements.py.
_NEW_PERSON = sa.insert(people).returning(*_PERSON)
_PERSON_BY_ID = sa.select(*_PERSON).where(people.c.id == sa.bindparam("wanted"))
_STAFF = (
    sa.select(*_PERSON)
    .where(people.c.active, people.c.role != Role.SENDER)
    .order_by(people.c.name, people.c.id)
)
_UPDATE_PERSON = sa.update(people).where(people.c.id == sa.bindparam("wanted"))
_NEW_IDENTITY = sa.insert(identities).returning(*_IDENTITY)
_IDENTITY_BY_ID = sa.select(*_IDENTITY).where(identities.c.id == sa.bindparam("wanted"))
_IDENTITY_BY_CHAT = sa.select(*_IDENTITY).where(
    identities.c.channel == sa.bindparam("channel"),
    identities.c.bot == sa.bindparam("bot"),
    identities.c.chat_id == sa.bindparam("chat_id"),
)
_UPDATE_IDENTITY = sa.update(identities).where(identities.c.id == sa.bindparam("wanted"))
_SEEN = _UPDATE_IDENTITY.where(identities.c.person_id == sa.bindparam("whose"))
_REACHABLE = sa.select(*_IDENTITY).where(
    identities.c.person_id.in_(sa.bindparam("persons", expanding=True)), identities.c.reachable
)
_OTHERS = sa.select(*_IDENTITY).where(
    identities.c.person_id
    == sa.select(_own.c.person_id).where(_own.c.id == sa.bindparam("chat")).scalar_subquery(),
    identities.c.id != sa.bindparam("chat"),
    identities.c.channel.in_(sa.bindparam("channels", expanding=True)),
    identities.c.reachable,
)
_GROUPS = sa.select(*_IDENTITY).where(
    identities.c.kind == "group", identities.c.reachable, identities.c.gate.is_not(None)
)
# What decides where cards go.
_ROUTES = {"kind", "gate", "topic", "reachable", "preferred", "chat_id", "person_id", "last_seen_at"}
_DRAFT = sa.select(drafts.c.kind, drafts.c.ticket_id, drafts.c.data).where(
    drafts.c.identity_id == sa.bindparam("chat"), drafts.c.expires_at > sa.bindparam("now")
)


def add_person(db: Connection, name: str, role: Role, now: datetime, **values: Any) -> PersonId:
    return new_person(db, name, role, now, **values).id


def new_person(db: Connection, name: str, role: Role, now: datetime, **values: Any) -> Person:
    """As add_person, when the person is wanted and not only their number."""
    made_of = {"id": new_id(now), "name": name, "role": role, "created_at": now}
    if role is not Role.SENDER:
        forget(db)
    return _person(db.execute(_NEW_PERSON, made_of | values).one())


def person(db: Connection, person_id: PersonId | int) -> Person | None:
    return remembered(db, ("person", person_id), lambda: _find(db, person_id))


def staff(db: Connection, *roles: Role) -> Sequence[Person]:
    """Active people with one of these roles (all but senders when none is named), by name."""
    known = remembered(db, "staff", lambda: [_person(row) for row in db.execute(_STAFF)])
    return [person for person in known if not roles or person.role in roles]


def update_person(db: Connection, person_id: PersonId, **values: Any) -> None:
    db.execute(_UPDATE_PERSON, {"wanted": person_id, **values})
    forget(db)


def identity(db: Connection, channel: str, bot: str, chat_id: str) -> Identity | None:
    return _identity(db, _IDENTITY_BY_CHAT, channel=channel, bot=bot, chat_id=chat_id)


def identity_by_id(db: Connection, identity_id: IdentityId | int) -> Identity | None:
    return _identity(db, _IDENTITY_BY_ID, wanted=identity_id)


def add_identity(
    db: Connection,
    person_id: PersonId | None,
    channel: str,
    bot: str,
    chat_id: str,
    now: datetime,
    **values: Any,
) -> Identity:
    made_of = {
        "id": new_id(now),
        "person_id": person_id,
        "channel": channel,
        "bot": bot,
        "chat_id": chat_id,
        "created_at": now,
        "last_seen_at": now,
    }
    if person_id is None or _works_here(db, person_id):
        forget(db)
    return Identity(*db.execute(_NEW_IDENTITY, made_of | values).one())


def update_identity(db: Connection, identity_id: IdentityId | int, **values: Any) -> None:
    db.execute(_UPDATE_IDENTITY, {"wanted": identity_id, **values})
    if values.keys() & _ROUTES:
        forget(db)


def seen(db: Connection, chat: Identity, name: str, at: datetime) -> None:
    """Somebody wrote in this private chat `at`: it is in use, it can be reached, and this is what they call themselves.

    Raises Conflict when it has become another's since it was looked up: what they wrote would be nobody's.
    """
    last = max(at, chat.last_seen_at)  # a platform delivers late, and not always in order
    known = {"last_seen_at": last, "reachable": True, **({"name": name} if name else {})}
    if db.execute(_SEEN, {"wanted": chat.id, "whose": chat.person_id, **known}).rowcount == 0:
        raise Conflict("the chat is another's now")
    if chat.person_id is not None and _works_here(db, chat.person_id):
        forget(db)


def identities_of(db: Connection, person_id: PersonId) -> Sequence[Identity]:
    """The person's chats, the one used last first; reachable or not."""
    query = (
        sa.select(*_IDENTITY)
        .where(identities.c.person_id == person_id)
        .order_by(identities.c.last_seen_at.desc())
    )
    return [Identity(*row) for row in db.execute(query)]


def reachable_identities(db: Connection, persons: Sequence[PersonId]) -> Mapping[PersonId, Identity]:
    """Where each of these people is written to (core/routing.py); who cannot be is missing."""
    if not persons:
        return {}
    found = [Identity(*row) for row in db.execute(_REACHABLE, {"persons": list(persons)})]
    ways = ((person, way_to(own)) for person, own in _by_person(found).items())
    return {person: way for person, way in ways if way is not None}


def _by_person(chats: Sequence[Identity]) -> Mapping[PersonId, list[Identity]]:
    found: dict[PersonId, list[Identity]] = {}
    for chat in chats:
        if chat.person_id is not None:
            found.setdefault(chat.person_id, []).append(chat)
    return found


def other_chats(db: Connection, chat: IdentityId | int, channels: Collection[str]) -> Sequence[Identity]:
    """The reachable chats on these channels of whoever has this one, but for itself; of a group's none."""
    asked = {"chat": chat, "channels": sorted(channels)}
    return [Identity(*row) for row in db.execute(_OTHERS, asked)] if channels else []


def note_linked(db: Connection, person: PersonId, now: datetime) -> None:
    """The person's chats are several from now on, or one that a code brought: each keeps the first such time."""
    mine = sa.and_(identities.c.person_id == person, identities.c.linked_at.is_(None))
    db.execute(sa.update(identities).where(mine).values(linked_at=now))
    forget(db)


def prefer(db: Connection, person: PersonId, chat: IdentityId | None) -> None:
    """Notices go to this chat of the person's from now on; None: to the one used last."""
    mine = identities.c.person_id == person
    db.execute(sa.update(identities).where(mine, identities.c.preferred).values(preferred=False))
    db.execute(sa.update(identities).where(mine, identities.c.id == chat).values(preferred=True))
    forget(db)


def readers(db: Connection, identity_ids: Sequence[int]) -> Mapping[int, Person]:
    """Whose private chats these are; a group is nobody's."""
    query = (
        sa.select(identities.c.id.label("chat"), *_PERSON)
        .join(people, people.c.id == identities.c.person_id)
        .where(identities.c.id.in_(identity_ids))
    )
    return {row.chat: _person(row) for row in db.execute(query)}


def chats_of_staff(db: Connection, persons: Sequence[PersonId]) -> Sequence[Identity]:
    """As reachable_identities, of people who work here: a burst asks for the same roster's chats again and again."""
    return remembered(db, ("chats", tuple(persons)), lambda: list(reachable_identities(db, persons).values()))


def every_chat_of_staff(db: Connection) -> Sequence[IdentityId]:
    """Of everyone who works here all the chats that can be reached."""
    persons = [person.id for person in staff(db)]
    return remembered(
        db, "every chat", lambda: [row.id for row in db.execute(_REACHABLE, {"persons": persons})]
    )


def groups(db: Connection, gate: str | None = None) -> Sequence[Identity]:
    """Group chats that serve this gate (or every group)."""
    known = remembered(db, "groups", lambda: [Identity(*row) for row in db.execute(_GROUPS)])
    return [group for group in known if gate is None or group.gate == gate]


def draft(db: Connection, identity_id: IdentityId, now: datetime) -> Draft | None:
    row = db.execute(_DRAFT, {"chat": identity_id, "now": now}).one_or_none()
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


def _works_here(db: Connection, person_id: int) -> bool:
    return any(person.id == person_id for person in staff(db))


def _find(db: Connection, person_id: int) -> Person | None:
    row = db.execute(_PERSON_BY_ID, {"wanted": person_id}).one_or_none()
    return _person(row) if row is not None else None


def _identity(db: Connection, query: sa.Select[Any], **wanted: Any) -> Identity | None:
    row = db.execute(query, wanted).one_or_none()
    return Identity(*row) if row is not None else None
