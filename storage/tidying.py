"""What is done and old leaves the queues: a batch at a time, so that nobody waits for it. Tickets, history, words are not touched.

Ids are time-ordered (storage/ids.py): a table is walked through in windows of ids from its beginning up to the ids of `before`,
and the work of one batch has a bound also where it finds nothing to take away.
"""

import re
from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from storage.ids import first_id
from storage.schema import (
    attachments,
    attempts,
    drafts,
    inbox,
    link_codes,
    messages,
    outbox,
    plan_tasks,
    plan_uploads,
    ticket_events,
    tickets,
    timers,
    web_feed,
)

Batch = Callable[[Connection, datetime, int, int], int | None]
NeededOf = Callable[[Connection, Collection[str]], set[str]]
# A wrong guess counts for a quarter of an hour, a code for a day: what is older is looked for by nobody.
SOON_OVER = timedelta(days=7)
_later = web_feed.alias("later")
_SHA256 = re.compile(r"[0-9a-f]{64}")


def batch_of_inbox(db: Connection, before: datetime, after: int, limit: int) -> int | None:
    """Updates handled `before` then: gone, but that of a ticket keeps what a repetition is known by, once the ticket is closed.

    The first `limit` rows behind the id `after`; the last id looked at, None when there is nothing behind it. Set aside ones stay.
    """
    window = _window(db, inbox, before, after, limit)
    if window is None:
        return None
    old = sa.and_(_within(inbox, after, window), inbox.c.status == "done", inbox.c.handled_at < before)
    said = sa.exists().where(messages.c.inbox_id == inbox.c.id)
    db.execute(sa.delete(inbox).where(old, ~said))
    in_work = sa.exists().where(
        messages.c.inbox_id == inbox.c.id, tickets.c.id == messages.c.ticket_id, _lives(before)
    )
    # An empty chat says that this row was emptied before: a night must not write all of them again.
    db.execute(sa.update(inbox).where(old, inbox.c.chat_id != "", ~in_work).values(raw={}, chat_id=""))
    return window


def batch_of_outbox(db: Connection, before: datetime, after: int, limit: int) -> int | None:
    """Notices that were sent, given up or overtaken; those of a ticket when it has been closed as long."""
    window = _window(db, outbox, before, after, limit)
    if window is None:
        return None
    settled = sa.and_(_within(outbox, after, window), outbox.c.status != "waiting")
    in_work = sa.exists().where(tickets.c.id == outbox.c.ticket_id, _lives(before))
    db.execute(sa.delete(outbox).where(settled, ~in_work))
    return window


def batch_of_web_feed(db: Connection, before: datetime, after: int, limit: int) -> int | None:
    """Bubbles of pages, but for the newest change of each chat: the next one is counted from it."""
    window = _window(db, web_feed, before, after, limit)
    if window is None:
        return None
    old = sa.and_(
        _within(web_feed, after, window),
        sa.func.coalesce(web_feed.c.edited_at, web_feed.c.created_at) < before,
    )
    newer = sa.exists().where(_later.c.chat_id == web_feed.c.chat_id, _later.c.seq > web_feed.c.seq)
    db.execute(sa.delete(web_feed).where(old, newer))
    return window


def batch_of_timers(db: Connection, before: datetime, after: int, limit: int) -> int | None:
    """Timers that fired or were overtaken. Of an open ticket or task they stay: what has fired must not be set again."""
    window = _window(db, timers, before, after, limit)
    if window is None:
        return None
    over = sa.and_(_within(timers, after, window), timers.c.status != "waiting", timers.c.due_at < before)
    of_ticket = sa.and_(
        timers.c.subject == "ticket",
        sa.exists().where(tickets.c.id == timers.c.subject_id, _lives(before)),
    )
    of_task = sa.and_(
        timers.c.subject == "task",
        sa.exists().where(
            plan_tasks.c.id == timers.c.subject_id, plan_tasks.c.status.in_(("open", "submitted"))
        ),
    )
    db.execute(sa.delete(timers).where(over, ~of_ticket, ~of_task))
    return window


def batch_of_small_things(db: Connection, now: datetime, limit: int) -> int:
    """Link codes and drafts a week after their end, and wrong guesses a week old; how many went."""
    ended = now - SOON_OVER
    gone = 0
    for key, over in (
        (link_codes.c.id, link_codes.c.expires_at < ended),
        (attempts.c.id, attempts.c.at < ended),
        (drafts.c.identity_id, drafts.c.expires_at < ended),
    ):
        some = sa.select(key).where(over).limit(limit).scalar_subquery()
        gone += db.execute(sa.delete(key.table).where(key.in_(some))).rowcount
    return gone


QUEUES: Mapping[str, Batch] = {
    "inbox": batch_of_inbox,
    "outbox": batch_of_outbox,
    "web_feed": batch_of_web_feed,
    "timers": batch_of_timers,
}


def named_files(db: Connection, digests: Collection[str]) -> set[str]:
    """Those of these digests that an update, a file that is still to be fetched, or a plan needs.

    Of what was fetched the sealed original is kept: a page's own copy that is still there was left behind.
    """
    wanted = list(digests)
    needed: set[str] = set()
    for column, where in (
        (attachments.c.provider_id, attachments.c.status == "waiting"),
        (plan_uploads.c.provider_id, sa.true()),
    ):
        needed |= set(db.execute(sa.select(column).where(column.in_(wanted), where)).scalars())
    waiting = sa.select(sa.cast(inbox.c.raw, sa.Text)).where(inbox.c.status != "done")
    for raw in db.execute(waiting).scalars():
        needed |= {digest for digest in wanted if digest in raw}
    return needed


def shown_files(db: Connection, digests: Collection[str]) -> set[str]:
    """Those of these digests that a bubble of a page still shows."""
    body = sa.cast(web_feed.c.body, sa.Text)
    with_copies = db.execute(sa.select(body).where(body.contains('"outgoing"'))).scalars()
    shown = {digest for text in with_copies for digest in _SHA256.findall(text)}
    return shown.intersection(digests)


def sizes(db: Connection) -> Mapping[str, int]:
    """Rows of the tables that grow."""
    grow: Sequence[sa.Table] = (
        tickets,
        ticket_events,
        messages,
        attachments,
        inbox,
        outbox,
        timers,
        web_feed,
    )
    return {
        table.name: int(db.execute(sa.select(sa.func.count()).select_from(table)).scalar_one())
        for table in grow
    }


def _lives(before: datetime) -> sa.ColumnElement[bool]:
    """A ticket that is open, or was still open `before` then."""
    return sa.or_(tickets.c.closed_at.is_(None), tickets.c.closed_at >= before)


def _window(db: Connection, table: sa.Table, before: datetime, after: int, limit: int) -> int | None:
    ids = sa.select(table.c.id).where(table.c.id > after, table.c.id < first_id(before))
    ids = ids.order_by(table.c.id).limit(limit)
    last: int | None = db.execute(sa.select(sa.func.max(ids.subquery().c.id))).scalar()
    return last


def _within(table: sa.Table, after: int, last: int) -> sa.ColumnElement[Any]:
    return table.c.id.between(after + 1, last)
