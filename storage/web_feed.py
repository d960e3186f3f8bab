"""The web chat's own memory: sessions (only the hash of their secret) and the rows that a chat page shows.

A row keeps its `id` for ever (it is the provider's message id of the channel) and takes a new `seq` whenever it changes, so an
open page that asks for "everything after seq n" hears of new and of changed rows alike.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import Connection

from storage import inbox
from storage.database import wake
from storage.ids import new_id
from storage.schema import inbox as inbox_rows
from storage.schema import messages, web_feed, web_sessions

PAGE = 50
SEALED_WORDS = "🔒"
RECENT = 100


@dataclass(frozen=True, slots=True)
class FeedRow:
    """One bubble: `direction` is "in" (the person wrote it) or "out"; `body` is made and read by bot.web alone."""

    id: int
    seq: int
    direction: str
    body: Mapping[str, Any]
    created_at: datetime
    edited_at: datetime | None


@dataclass(frozen=True, slots=True)
class Session:
    """A browser that was here before. `audience` is "sender" or "staff"; `seen_at` is noted at most once a day."""

    chat_id: str
    secret_hash: str
    audience: str
    seen_at: datetime


@dataclass(frozen=True, slots=True)
class Post:
    """One frame from a browser: stored raw in the inbox and, when `echo` is given, shown in the person's own page."""

    channel: str
    bot: str
    update_id: str
    raw: Mapping[str, Any]
    echo: Mapping[str, Any] | None = None


def session(db: Connection, secret_hash: str) -> Session | None:
    """The session of this secret, however old; None when there is none."""
    return _session(db, web_sessions.c.secret_hash == secret_hash)


def session_of(db: Connection, chat_id: str) -> Session | None:
    """The session that shows this chat, however old; None when it was signed out."""
    return _session(db, web_sessions.c.chat_id == chat_id)


def renew_session(db: Connection, secret_hash: str, now: datetime) -> None:
    """It is in use. An update, not an upsert: a session that was signed out meanwhile must not come back."""
    db.execute(
        sa.update(web_sessions).where(web_sessions.c.secret_hash == secret_hash).values(last_seen_at=now)
    )


def open_session(db: Connection, new: Session, now: datetime) -> None:
    """Keeps a session; one that is kept already stays as it is."""
    values = {
        "chat_id": new.chat_id,
        "secret_hash": new.secret_hash,
        "audience": new.audience,
        "created_at": new.seen_at,
        "last_seen_at": now,
    }
    insert = _insert(db, web_sessions).values(values)
    db.execute(insert.on_conflict_do_nothing(index_elements=["chat_id"]))


def end_session(db: Connection, secret_hash: str) -> str | None:
    """Forgets the secret; the chat that it opened, or None when there was none."""
    ended: str | None = db.execute(
        sa.delete(web_sessions)
        .where(web_sessions.c.secret_hash == secret_hash)
        .returning(web_sessions.c.chat_id)
    ).scalar()
    if ended is not None:
        wake(db, f"gone {ended}")
    return ended


def end_chat(db: Connection, chat_id: str) -> None:
    """Whoever holds this page's secret sees nothing any more: the session and every bubble go."""
    db.execute(sa.delete(web_sessions).where(web_sessions.c.chat_id == chat_id))
    wake(db, f"gone {chat_id}")
    erase_chat(db, chat_id)


def post(db: Connection, chat_id: str, frame: Post, now: datetime) -> FeedRow | None:
    """Inbox row and echo in one transaction. The same frame again changes nothing and answers the echo that is there."""
    _lock(db, chat_id)
    new = inbox.store(db, frame.channel, frame.bot, frame.update_id, chat_id, frame.raw, now)
    if frame.echo is None:
        return None
    if not new:
        return _with(db, chat_id, "update", frame.update_id)
    return _insert_row(db, chat_id, "in", {**frame.echo, "update": frame.update_id}, now)


def echo_of(db: Connection, chat_id: str, update_id: str) -> FeedRow | None:
    """The bubble of what this very update said, among the newest; None when it has not come yet."""
    return _with(db, chat_id, "update", update_id)


def start(db: Connection, chat_id: str, gate: str, frame: Post, now: datetime) -> FeedRow | None:
    """Greets a chat once for each gate it comes to. None when it stands at `gate` already ("" = no gate named)."""
    _lock(db, chat_id)
    before = db.execute(
        sa.select(web_feed.c.body)
        .where(web_feed.c.chat_id == chat_id, web_feed.c.body["kind"].as_string() == "gate")
        .order_by(web_feed.c.seq.desc())
        .limit(1)
    ).scalar()
    if before is not None and gate in ("", before["gate"]):
        return None
    row = _insert_row(db, chat_id, "in", {"kind": "gate", "gate": gate}, now)
    inbox.store(db, frame.channel, frame.bot, f"{frame.update_id}:{row.id}", chat_id, frame.raw, now)
    return row


def append_once(
    db: Connection, chat_id: str, source: str, body: Mapping[str, Any], now: datetime
) -> FeedRow | None:
    """A bubble for the person. `source` names what it was made from: the same one again answers the row that is there.

    None when nobody holds this chat any more.
    """
    if not _lock(db, chat_id):
        return None
    # Sending is at least once: after a crash between this commit and the outbox's own, the same notice comes again.
    known = _with(db, chat_id, "source", source)
    return known or _insert_row(db, chat_id, "out", {**body, "source": source}, now)


def edit(db: Connection, chat_id: str, row_id: int, body: Mapping[str, Any], now: datetime) -> FeedRow | None:
    """Replaces what the bubble shows, in its place. None when this chat has no such bubble."""
    if not _lock(db, chat_id):
        return None
    _ring(db, chat_id)
    changed = db.execute(
        sa.update(web_feed)
        .where(web_feed.c.chat_id == chat_id, web_feed.c.id == row_id, web_feed.c.direction == "out")
        .values(body=body, edited_at=now, seq=_next_seq(db, chat_id))
        .returning(*_COLUMNS)
    ).first()
    return FeedRow(*changed) if changed else None


def after(db: Connection, chat_id: str, seq: int, limit: int = 200) -> Sequence[FeedRow]:
    """What is new or changed since `seq`, in the order of change."""
    found = db.execute(
        sa.select(*_COLUMNS)
        .where(web_feed.c.chat_id == chat_id, web_feed.c.seq > seq)
        .order_by(web_feed.c.seq)
        .limit(limit)
    )
    return [FeedRow(*row) for row in found]


def page_before(db: Connection, chat_id: str, row_id: int | None, limit: int = PAGE) -> Sequence[FeedRow]:
    """At most `limit` bubbles older than `row_id` (the newest ones when None), oldest first."""
    query = sa.select(*_COLUMNS).where(web_feed.c.chat_id == chat_id)
    if row_id is not None:
        query = query.where(web_feed.c.id < row_id)
    found = db.execute(query.order_by(web_feed.c.id.desc()).limit(limit)).all()
    return [FeedRow(*row) for row in reversed(found)]


def last_seq(db: Connection, chat_id: str) -> int:
    """The newest change of this chat; 0 when it is empty."""
    return int(_next_seq(db, chat_id)) - 1


def file_of(db: Connection, chat_id: str, sha256: str) -> Mapping[str, Any] | None:
    """The file with this digest as a bubble of this chat describes it; None when no bubble of the chat shows it."""
    bodies = db.execute(
        sa.select(web_feed.c.body)
        .where(
            web_feed.c.chat_id == chat_id, sa.cast(web_feed.c.body, sa.Text).contains(sha256, autoescape=True)
        )
        .order_by(web_feed.c.id)
    ).scalars()
    files: list[Mapping[str, Any]] = [file for body in bodies for file in body.get("files", ())]
    return next((file for file in files if file["sha256"] == sha256), None)


def hide_echo(db: Connection, inbox_id: int | None, now: datetime) -> None:
    """The words of this update were sealed: the person's own page shows a lock in their place, and no file."""
    asked = sa.select(inbox_rows.c.chat_id, inbox_rows.c.update_id).where(inbox_rows.c.id == inbox_id)
    known = db.execute(asked).one_or_none()
    row = _with(db, known.chat_id, "update", known.update_id) if known else None
    if row is not None:
        _change(db, row, {**row.body, "text": SEALED_WORDS, "files": []}, now)


def swap_file(db: Connection, message_id: int, sha256: str, shown: Mapping[str, Any], now: datetime) -> None:
    """The bubble of this message shows the cleaned copy from now on, where it showed the file as it came."""
    asked = (
        sa.select(inbox_rows.c.chat_id, inbox_rows.c.update_id)
        .join(messages, messages.c.inbox_id == inbox_rows.c.id)
        .where(messages.c.id == message_id)
    )
    known = db.execute(asked).one_or_none()
    row = _with(db, known.chat_id, "update", known.update_id) if known else None
    if row is not None:
        files = [
            {**file, **shown} if file["sha256"] == sha256 else file for file in row.body.get("files", ())
        ]
        _change(db, row, {**row.body, "files": files}, now)


def erase_chat(db: Connection, chat_id: str) -> int:
    """Forgets what the page shows (a person's wish, or the end of retention); how many bubbles went."""
    return db.execute(sa.delete(web_feed).where(web_feed.c.chat_id == chat_id)).rowcount


def _session(db: Connection, where: sa.ColumnElement[bool]) -> Session | None:
    kept = web_sessions.c
    found = db.execute(
        sa.select(kept.chat_id, kept.secret_hash, kept.audience, kept.last_seen_at).where(where)
    )
    known = found.first()
    return Session(*known) if known else None


def _change(db: Connection, row: FeedRow, body: Mapping[str, Any], now: datetime) -> None:
    where = web_feed.c.id == row.id
    chat_id = db.execute(sa.select(web_feed.c.chat_id).where(where)).scalar_one()
    _ring(db, chat_id)
    db.execute(sa.update(web_feed).where(where).values(body=body, edited_at=now, seq=_next_seq(db, chat_id)))


_COLUMNS = (
    web_feed.c.id,
    web_feed.c.seq,
    web_feed.c.direction,
    web_feed.c.body,
    web_feed.c.created_at,
    web_feed.c.edited_at,
)


def _insert_row(
    db: Connection, chat_id: str, direction: str, body: Mapping[str, Any], now: datetime
) -> FeedRow:
    row = FeedRow(new_id(now), _next_seq(db, chat_id), direction, body, now, None)
    db.execute(
        sa.insert(web_feed).values(
            id=row.id, chat_id=chat_id, seq=row.seq, direction=direction, body=body, created_at=now
        )
    )
    _ring(db, chat_id)
    return row


def _ring(db: Connection, chat_id: str) -> None:
    """The open pages of this chat look again after the commit, whichever process serves them."""
    wake(db, f"feed {chat_id}")


def _lock(db: Connection, chat_id: str) -> bool:
    # PostgreSQL runs errands side by side: without this lock two of one chat would take the same seq, or commit out of order.
    query = sa.select(web_sessions.c.chat_id).where(web_sessions.c.chat_id == chat_id).with_for_update()
    return db.execute(query).first() is not None


def _next_seq(db: Connection, chat_id: str) -> int:
    top = sa.select(sa.func.coalesce(sa.func.max(web_feed.c.seq), 0)).where(web_feed.c.chat_id == chat_id)
    return int(db.execute(top).scalar_one()) + 1


def _with(db: Connection, chat_id: str, key: str, value: str) -> FeedRow | None:
    recent = (
        sa.select(*_COLUMNS)
        .where(web_feed.c.chat_id == chat_id)
        .order_by(web_feed.c.seq.desc())
        .limit(RECENT)
    )
    rows = (FeedRow(*row) for row in db.execute(recent))
    return next((row for row in rows if row.body.get(key) == value), None)


def _insert(db: Connection, table: sa.Table) -> Any:
    dialect = postgresql if db.dialect.name == "postgresql" else sqlite
    return dialect.insert(table)
