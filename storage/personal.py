"""What is kept about one person, over all tables: counted, listed, erased. The history is not touched; it holds no words."""

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from core.events import EventKind
from core.ids import PersonId, TicketId
from storage import choices, web_feed
from storage.database import wake
from storage.linking import drop_codes
from storage.people import Identity, clear_draft
from storage.remembering import forget
from storage.schema import (
    attachments,
    identities,
    inbox,
    link_codes,
    messages,
    outbox,
    people,
    ratings,
    ticket_events,
    tickets,
    timers,
)
from storage.schema import web_feed as feed

_SHA256 = re.compile(r"[0-9a-f]{64}")
_WEB = "web"
ERASURE = "erasure"
COMPLETE, FORGET = "complete", "forget"


@dataclass(frozen=True, slots=True)
class Kept:
    """Counts over the tickets of one sender, the plates and telephone numbers told there, and since when they are known."""

    since: datetime
    tickets: int
    messages: int
    files: int
    ratings: int
    plates: tuple[str, ...]
    phones: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Erased:
    """How much of one ticket went; nothing when it was erased before."""

    messages: int
    files: int
    comments: int

    def __bool__(self) -> bool:
        return bool(self.messages or self.files or self.comments)


@dataclass(frozen=True, slots=True)
class ErasedFile:
    """An erased attachment whose copies may still lie on the disk under these digests."""

    id: int
    digests: frozenset[str]


def kept(db: Connection, person: PersonId) -> Kept:
    """What still holds something of this sender's; erased rows do not count."""
    own = list(db.execute(sa.select(tickets.c.id).where(tickets.c.sender_id == person)).scalars())
    there = [*own, *went_under(db, own)]
    since = db.execute(sa.select(people.c.created_at).where(people.c.id == person)).scalar_one()
    return Kept(
        since=since,
        tickets=_count(db, tickets, tickets.c.sender_id == person),
        messages=_count(
            db,
            messages,
            messages.c.author_id == person,
            messages.c.ticket_id.in_(there),
            messages.c.erased_at.is_(None),
        ),
        files=_count(db, attachments, attachments.c.ticket_id.in_(own), attachments.c.status != "erased"),
        ratings=_count(db, ratings, ratings.c.author_id == person),
        plates=_told(db, tickets.c.plate, person),
        phones=_told(db, tickets.c.phone, person),
    )


def went_under(db: Connection, own: Collection[int]) -> Sequence[TicketId]:
    """Under which tickets these have ever gone on, now or before: a carrier may be joined once more, what was joined may part."""
    joined = sa.and_(ticket_events.c.ticket_id.in_(own), ticket_events.c.kind == EventKind.JOINED)
    code = ticket_events.c.data["into"].as_string()
    query = sa.select(tickets.c.id).join(ticket_events, tickets.c.code == code).where(joined).distinct()
    return list(db.execute(query.order_by(tickets.c.id)).scalars())


def wrote_there(db: Connection, ticket_id: int) -> set[PersonId]:
    """Everybody who wrote on the ticket as a sender, or rated it."""
    said = sa.and_(messages.c.ticket_id == ticket_id, messages.c.direction == "in")
    query = sa.union(
        sa.select(messages.c.author_id).where(said, messages.c.author_id.is_not(None)),
        sa.select(ratings.c.author_id).where(ratings.c.ticket_id == ticket_id),
    )
    return set(db.execute(query).scalars())


def ratings_of(db: Connection, ticket_id: int, author: PersonId) -> Sequence[Mapping[str, Any]]:
    """cycle, score, comment and time of this person's ratings there, oldest first."""
    columns = (ratings.c.cycle, ratings.c.score, ratings.c.comment, ratings.c.at)
    own = sa.and_(ratings.c.ticket_id == ticket_id, ratings.c.author_id == author)
    return [dict(row._mapping) for row in db.execute(sa.select(*columns).where(own).order_by(ratings.c.id))]


def erase_words(db: Connection, ticket_id: int, now: datetime, spare: Collection[PersonId] = ()) -> Erased:
    """Takes the words, files and raw updates from a ticket: its messages in every direction, comments, notices, staff pages.

    Of joined tickets several people wrote there: what those of `spare` wrote stays theirs.

    The digests of its files stay in the erased rows until the files are off the disk: see erased_files.
    """
    others = messages.c.author_id.is_(None) | messages.c.author_id.not_in(spare)
    gone = sa.and_(messages.c.ticket_id == ticket_id, others)
    files = _erase_files(db, attachments.c.message_id.in_(sa.select(messages.c.id).where(gone)))
    count = _blank(db, gone, now)
    comments = _blank_comments(db, ratings.c.ticket_id == ticket_id, ratings.c.author_id.not_in(spare))
    _empty_notices(db, ticket_id)
    return Erased(count, files, comments)


def erase_words_of(db: Connection, ticket_id: int, author: PersonId, now: datetime) -> int:
    """As erase_words, of one of several people who wrote there: their messages with their files, their comments; how many
    messages."""
    own = sa.and_(messages.c.ticket_id == ticket_id, messages.c.author_id == author)
    _erase_files(db, attachments.c.message_id.in_(sa.select(messages.c.id).where(own)))
    _blank_comments(db, ratings.c.ticket_id == ticket_id, ratings.c.author_id == author)
    return _blank(db, own, now)


def erase_talk(db: Connection, chat: Identity, keep: Collection[int]) -> None:
    """Takes what this chat said and was told, but for the tickets `keep`, which are still worked on.

    What waits to be handled, or to be sent without a ticket, is left alone.
    """
    kept_updates = sa.select(messages.c.inbox_id).where(
        messages.c.ticket_id.in_(keep), messages.c.inbox_id.is_not(None)
    )
    _empty_updates(db, sa.and_(_updates_of(chat), inbox.c.id.not_in(kept_updates)))
    settled = sa.or_(outbox.c.status != "waiting", outbox.c.ticket_id.is_not(None))
    other = sa.or_(outbox.c.ticket_id.is_(None), outbox.c.ticket_id.not_in(keep))
    db.execute(sa.delete(outbox).where(outbox.c.identity_id == chat.id, settled, other))
    clear_draft(db, chat.id)
    choices.forget(db, choices.Place(chat.channel, chat.bot, chat.chat_id))
    if chat.channel == _WEB:
        web_feed.erase_chat(db, chat.chat_id)


def erase_person(db: Connection, person: PersonId, now: datetime) -> None:
    """Leaves a nameless row, which the facts of the tickets point to."""
    blank = {"name": "", "phone": None, "unit": None, "gate": None, "erased_at": now}
    db.execute(sa.update(people).where(people.c.id == person).values(**blank))
    forget(db)
    drop_codes(db, person)
    db.execute(sa.update(link_codes).where(link_codes.c.person_id == person).values(used_by=None))


def erasure_waits(db: Connection, persons: Collection[PersonId]) -> bool:
    """Whether one of these people has asked to be erased and still has something in hand (services/privacy.py)."""
    asked = sa.and_(
        timers.c.subject == ERASURE,
        timers.c.stage == COMPLETE,
        timers.c.subject_id.in_(persons),
        timers.c.status == "waiting",
    )
    return bool(db.execute(sa.select(sa.exists().where(asked))).scalar())


def forget_chat(db: Connection, chat: Identity) -> None:
    """The platform's address of the chat goes as well: whoever writes from there is new."""
    erase_talk(db, chat, ())
    gone = f"erased:{chat.id}"
    db.execute(sa.delete(outbox).where(outbox.c.identity_id == chat.id))
    blank = {"chat_id": gone, "name": "", "language": None, "gate": None, "reachable": False}
    db.execute(sa.update(identities).where(identities.c.id == chat.id).values(**blank))
    forget(db)


def erased_files(db: Connection) -> Sequence[ErasedFile]:
    """The erased rows that still name a file."""
    named = sa.or_(attachments.c.sha256.is_not(None), attachments.c.public_sha256.is_not(None))
    rows = db.execute(sa.select(attachments.c.id, *_NAMING).where(attachments.c.status == "erased", named))
    return [ErasedFile(row[0], frozenset(filter(_is_digest, row[1:]))) for row in rows]


def unshared(db: Connection, digests: Collection[str]) -> set[str]:
    """Those that nobody's file names which was not erased: these may leave the disk."""
    live = sa.and_(attachments.c.status != "erased", _names_one_of(digests))
    return set(digests) - _digests(db, live)


def erased_file_came(db: Connection, attachment_id: int, sha256: str, public_sha256: str | None) -> None:
    """It was erased while it was fetched: its row names it again, so that it is found among `erased_files`."""
    erased = sa.and_(attachments.c.id == attachment_id, attachments.c.status == "erased")
    if db.execute(
        sa.update(attachments).where(erased).values(sha256=sha256, public_sha256=public_sha256)
    ).rowcount:
        wake(db, "files")


def files_dropped(db: Connection, rows: Collection[int]) -> None:
    """These erased rows name no file any more."""
    gone = sa.update(attachments).where(attachments.c.id.in_(rows), attachments.c.status == "erased")
    db.execute(gone.values(sha256=None, public_sha256=None, provider_id=""))


def _count(db: Connection, table: sa.Table, *where: sa.ColumnElement[bool]) -> int:
    return int(db.execute(sa.select(sa.func.count()).select_from(table).where(*where)).scalar_one())


def _told(db: Connection, column: sa.Column[Any], person: PersonId) -> tuple[str, ...]:
    query = sa.select(column).where(tickets.c.sender_id == person, column.is_not(None)).distinct()
    return tuple(sorted(db.execute(query).scalars()))


def _updates_of(chat: Identity) -> sa.ColumnElement[bool]:
    return sa.and_(inbox.c.channel == chat.channel, inbox.c.bot == chat.bot, inbox.c.chat_id == chat.chat_id)


def _blank(db: Connection, where: sa.ColumnElement[bool], now: datetime) -> int:
    """Takes the words from these messages and from the raw updates that brought them; how many messages."""
    _empty_updates(db, inbox.c.id.in_(sa.select(messages.c.inbox_id).where(where)))
    blank = {
        "text": "",
        "salt": "",
        "folded": "",
        "sealed_text": None,
        "provider_message_id": None,
        "album": None,
    }
    words = sa.update(messages).where(where, messages.c.erased_at.is_(None))
    return db.execute(words.values(**blank, inbox_id=None, erased_at=now)).rowcount


def _blank_comments(db: Connection, *where: sa.ColumnElement[bool]) -> int:
    said = sa.update(ratings).where(*where, ratings.c.comment.is_not(None))
    return db.execute(said.values(comment=None)).rowcount


def _empty_updates(db: Connection, where: sa.ColumnElement[bool]) -> None:
    """The row stays: it is how a repeated update is known. What waits to be handled is left alone."""
    db.execute(sa.update(inbox).where(where, inbox.c.status != "waiting").values(raw={}, chat_id=""))


def _empty_notices(db: Connection, ticket_id: int) -> None:
    """What was told of the ticket: the notices' own data, and the staff's pages that show it in words."""
    told = sa.and_(outbox.c.ticket_id == ticket_id, outbox.c.status != "waiting")
    shown = sa.select(outbox.c.id, outbox.c.chat_id, outbox.c.provider_id).where(
        told, outbox.c.channel == _WEB
    )
    for row in db.execute(shown).all():
        bubble = feed.c.body["source"].as_string().startswith(f"{row.id}:")
        if row.provider_id is not None and row.provider_id.isdecimal():
            bubble = sa.or_(bubble, feed.c.id == int(row.provider_id))
        db.execute(sa.delete(feed).where(feed.c.chat_id == row.chat_id, bubble))
    db.execute(sa.update(outbox).where(told).values(data={}))


def _erase_files(db: Connection, of: sa.ColumnElement[bool]) -> int:
    """A file that was never fetched lies on our disk all the same when its channel is our own page: its id there is its digest."""
    columns = (attachments.c.id, attachments.c.sha256, attachments.c.provider_id)
    live = sa.and_(of, attachments.c.status != "erased")
    rows = db.execute(sa.select(*columns).where(live)).all()
    for row in rows:
        digest = row.sha256 or (row.provider_id if _SHA256.fullmatch(row.provider_id) else None)
        blank = {"provider_id": "", "name": None, "mime": None, "error": None, "next_try_at": None}
        erased = sa.update(attachments).where(attachments.c.id == row.id)
        db.execute(erased.values(status="erased", sha256=digest, **blank))
    return len(rows)


_NAMING = (attachments.c.sha256, attachments.c.public_sha256, attachments.c.provider_id)


def _names_one_of(digests: Collection[str]) -> sa.ColumnElement[bool]:
    return sa.or_(*(column.in_(digests) for column in _NAMING))


def _digests(db: Connection, where: sa.ColumnElement[bool]) -> set[str]:
    found = db.execute(sa.select(*_NAMING).where(where))
    return {digest for row in found for digest in row if _is_digest(digest)}


def _is_digest(name: str | None) -> bool:
    return bool(name and _SHA256.fullmatch(name))
