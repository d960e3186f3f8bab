"""What people wrote and sent on a ticket or a task. The histories know each message by id and digest only."""

import hashlib
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from core.folding import fold
from core.ids import MessageId, PersonId
from storage.database import wake
from storage.ids import new_id
from storage.schema import attachments, messages


@dataclass(frozen=True, slots=True)
class StoredMessage:
    """`direction`: in (the sender), out (an answer), internal. `sealed_text` is encrypted; `text` is then empty.

    Exactly one of `ticket_id` and `task_id` is there.
    """

    id: MessageId
    ticket_id: int | None
    direction: str
    kind: str
    text: str
    sealed_text: bytes | None
    author_id: PersonId | None
    at: datetime
    digest: str
    salt: str
    provider_message_id: str | None = None
    album: str | None = None
    task_id: int | None = None


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file of a message; `public_sha256` is the copy without position data, the only one that is shown."""

    id: int
    ticket_id: int | None
    message_id: int
    channel: str
    kind: str
    provider_id: str
    name: str | None
    mime: str | None
    size: int | None
    sha256: str | None
    public_sha256: str | None
    status: str
    attempts: int
    task_id: int | None = None


_MESSAGE = [messages.c[name] for name in StoredMessage.__dataclass_fields__]
_ATTACHMENT = [attachments.c[name] for name in Attachment.__dataclass_fields__]
_OF_TICKET = (
    sa.select(*_MESSAGE).where(messages.c.ticket_id == sa.bindparam("ticket")).order_by(messages.c.id)
)
_FILES_OF_TICKET = (
    sa.select(*_ATTACHMENT)
    .where(attachments.c.ticket_id == sa.bindparam("ticket"))
    .order_by(attachments.c.id)
)


def compose(
    ticket_id: int | None,
    direction: str,
    now: datetime,
    text: str = "",
    *,
    sealed_text: bytes | None = None,
    kind: str = "text",
    author: PersonId | None = None,
    provider_message_id: str | None = None,
    album: str | None = None,
    task_id: int | None = None,
) -> StoredMessage:
    """A message that is not stored yet. Its digest is salted, so that an erased text cannot be guessed back from the history."""
    digest, salt = _salted(text.encode() + (sealed_text or b""))
    message_id = MessageId(new_id(now))
    return StoredMessage(
        message_id,
        ticket_id,
        direction,
        kind,
        text,
        sealed_text,
        author,
        now,
        digest,
        salt,
        provider_message_id,
        album,
        task_id,
    )


def keep(
    db: Connection, message: StoredMessage, inbox_id: int | None = None, revises: int | None = None
) -> StoredMessage:
    """Stores a composed message."""
    values = {name: getattr(message, name) for name in StoredMessage.__dataclass_fields__}
    folded = fold(message.text) if message.text else ""
    beside = {"inbox_id": inbox_id, "revises_id": revises, "folded": folded}
    db.execute(sa.insert(messages), values | beside)
    return message


def get(db: Connection, message_id: int) -> StoredMessage | None:
    row = db.execute(sa.select(*_MESSAGE).where(messages.c.id == message_id)).one_or_none()
    return StoredMessage(*row) if row is not None else None


def of_ticket(db: Connection, ticket_id: int, direction: str | None = None) -> Sequence[StoredMessage]:
    """Oldest first."""
    found = (StoredMessage(*row) for row in db.execute(_OF_TICKET, {"ticket": ticket_id}))
    return [message for message in found if direction in (None, message.direction)]


def by_provider_id(db: Connection, provider_message_id: str, author: PersonId) -> StoredMessage | None:
    """The sender's own message that an edit speaks of."""
    query = sa.select(*_MESSAGE).where(
        messages.c.author_id == author,
        messages.c.provider_message_id == provider_message_id,
        messages.c.direction == "in",
    )
    row = db.execute(query.order_by(messages.c.id.desc()).limit(1)).one_or_none()
    return StoredMessage(*row) if row is not None else None


def of_album(db: Connection, album: str, author: PersonId) -> StoredMessage | None:
    """The ticket's message that the album began with."""
    return _of_album(db, album, author, messages.c.ticket_id)


def evidence_of_album(db: Connection, album: str, author: PersonId) -> StoredMessage | None:
    """As `of_album`, of a task."""
    return _of_album(db, album, author, messages.c.task_id)


def _of_album(db: Connection, album: str, author: PersonId, about: sa.Column[int]) -> StoredMessage | None:
    query = sa.select(*_MESSAGE).where(
        messages.c.author_id == author, messages.c.album == album, about.is_not(None)
    )
    row = db.execute(query.order_by(messages.c.id.desc()).limit(1)).one_or_none()
    return StoredMessage(*row) if row is not None else None


def count_since(db: Connection, ticket_id: int, author: PersonId, since: datetime) -> int:
    """How many messages the sender added to the ticket since then: a flood is collapsed by it."""
    query = sa.select(sa.func.count()).where(
        messages.c.ticket_id == ticket_id, messages.c.author_id == author, messages.c.at >= since
    )
    return int(db.execute(query).scalar_one())


def newest_id(db: Connection, ticket_id: int) -> int | None:
    found: int | None = db.execute(
        sa.select(sa.func.max(messages.c.id)).where(messages.c.ticket_id == ticket_id)
    ).scalar()
    return found


def placed(db: Connection, inbox_id: int) -> bool:
    """Whether the words of this update are on a ticket already."""
    return (
        db.execute(sa.select(messages.c.id).where(messages.c.inbox_id == inbox_id).limit(1)).first()
        is not None
    )


def unseal(db: Connection, message_id: int, text: str) -> str:
    """The plain text takes the place of the sealed one: a person decided that it was feedback after all. Its new digest."""
    digest, salt = _salted(text.encode())
    db.execute(
        sa.update(messages)
        .where(messages.c.id == message_id)
        .values(text=text, sealed_text=None, folded=fold(text), digest=digest, salt=salt)
    )
    return digest


def move(db: Connection, message_id: int, ticket_id: int) -> None:
    db.execute(sa.update(messages).where(messages.c.id == message_id).values(ticket_id=ticket_id))


def move_words(db: Connection, source: int, target: int, author: PersonId, since: datetime) -> None:
    """What `author` wrote on the ticket `source` since then, with its files, stands on `target`."""
    own = sa.and_(
        messages.c.ticket_id == source,
        messages.c.author_id == author,
        messages.c.direction == "in",
        messages.c.at >= since,
    )
    numbers = list(db.execute(sa.select(messages.c.id).where(own)).scalars())
    for table, column in ((messages, messages.c.id), (attachments, attachments.c.message_id)):
        db.execute(sa.update(table).where(column.in_(numbers)).values(ticket_id=target))


def set_direction(db: Connection, message_id: int, direction: str) -> bool:
    """An internal note becomes an answer. False when it is one already."""
    changed = db.execute(
        sa.update(messages)
        .where(messages.c.id == message_id, messages.c.direction != direction)
        .values(direction=direction)
    )
    return changed.rowcount == 1


def add_attachment(db: Connection, message: StoredMessage, channel: str, now: datetime, **values: Any) -> int:
    """A file to be fetched; the worker of attachments does it after the commit."""
    attachment_id = new_id(now)
    db.execute(
        sa.insert(attachments).values(
            id=attachment_id,
            ticket_id=message.ticket_id,
            task_id=message.task_id,
            message_id=message.id,
            channel=channel,
            created_at=now,
            next_try_at=now,
            **values,
        )
    )
    wake(db, "attachments")
    return attachment_id


def attachment(db: Connection, attachment_id: int) -> Attachment | None:
    row = db.execute(sa.select(*_ATTACHMENT).where(attachments.c.id == attachment_id)).one_or_none()
    return Attachment(*row) if row is not None else None


def attachments_of(db: Connection, ticket_id: int) -> Sequence[Attachment]:
    return [Attachment(*row) for row in db.execute(_FILES_OF_TICKET, {"ticket": ticket_id})]


def attachments_of_task(db: Connection, task_id: int) -> Sequence[Attachment]:
    query = sa.select(*_ATTACHMENT).where(attachments.c.task_id == task_id).order_by(attachments.c.id)
    return [Attachment(*row) for row in db.execute(query)]


def texts_of_tasks(db: Connection) -> Mapping[int, str]:
    """message id → what was written, of every message about a task; "" once erased."""
    query = sa.select(messages.c.id, messages.c.text).where(messages.c.task_id.is_not(None))
    return {row.id: row.text for row in db.execute(query)}


def attachments_of_tasks(db: Connection) -> Sequence[Attachment]:
    """The files of all tasks, oldest first."""
    query = sa.select(*_ATTACHMENT).where(attachments.c.task_id.is_not(None)).order_by(attachments.c.id)
    return [Attachment(*row) for row in db.execute(query)]


def attachments_to_fetch(db: Connection, now: datetime, limit: int = 16) -> Sequence[Attachment]:
    query = (
        sa.select(*_ATTACHMENT)
        .where(attachments.c.status == "waiting", attachments.c.next_try_at <= now)
        .order_by(attachments.c.next_try_at)
        .limit(limit)
    )
    return [Attachment(*row) for row in db.execute(query)]


def clock_went_back(db: Connection, now: datetime) -> None:
    """Files that were put off by a clock that was ahead are fetched now."""
    put_off = sa.and_(attachments.c.status == "waiting", attachments.c.next_try_at > now)
    db.execute(sa.update(attachments).where(put_off).values(next_try_at=now))
    wake(db, "attachments")


def claim_attachments(
    db: Connection, now: datetime, lease: timedelta, limit: int = 16
) -> Sequence[Attachment]:
    """As `attachments_to_fetch`, and no other process is told the same before `lease` is over."""
    due = sa.and_(attachments.c.status == "waiting", attachments.c.next_try_at <= now)
    chosen = sa.select(attachments.c.id).where(due).order_by(attachments.c.next_try_at).limit(limit)
    taken = sa.update(attachments).where(attachments.c.id.in_(chosen.with_for_update(skip_locked=True)))
    rows = db.execute(taken.values(next_try_at=now + lease).returning(*_ATTACHMENT))
    return [Attachment(*row) for row in rows]


def attachment_stored(
    db: Connection, attachment_id: int, sha256: str, public_sha256: str | None, size: int
) -> bool:
    """False when another process stored it first."""
    done = db.execute(
        sa.update(attachments)
        .where(attachments.c.id == attachment_id, attachments.c.status == "waiting")
        .values(status="stored", sha256=sha256, public_sha256=public_sha256, size=size, error=None)
    )
    return done.rowcount == 1


def fetch_photos_again(db: Connection, ticket_id: int, now: datetime) -> None:
    """The photos of a ticket that is sealed no more: fetched once more, for the copy that was not made before."""
    uncopied = sa.and_(
        attachments.c.ticket_id == ticket_id,
        attachments.c.kind == "photo",
        attachments.c.status == "stored",
        attachments.c.public_sha256.is_(None),
    )
    db.execute(sa.update(attachments).where(uncopied).values(status="waiting", next_try_at=now, attempts=0))
    wake(db, "attachments")


def attachment_failed(db: Connection, attachment_id: int, error: str, next_try_at: datetime | None) -> None:
    """`next_try_at` None: never again."""
    db.execute(
        sa.update(attachments)
        .where(attachments.c.id == attachment_id, attachments.c.status == "waiting")
        .values(
            attempts=attachments.c.attempts + 1,
            error=error,
            next_try_at=next_try_at,
            status="waiting" if next_try_at else "failed",
        )
    )


def _salted(content: bytes) -> tuple[str, str]:
    """(digest, salt). The salt stays out of the history and goes with the words: then nobody can guess them back."""
    salt = os.urandom(16)
    return hashlib.sha256(salt + content).hexdigest(), salt.hex()
