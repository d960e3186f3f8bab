"""What a channel's verdict means: sent, tried again, sent elsewhere, given up – and what then becomes of the ticket."""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

import structlog

from core.notices import NoticeKind
from services import casework, directory, handling, holding, owing, promises, quota, rerouting
from services.config import Config
from services.reference import reference
from services.sender import ChannelFacts, GiveUp, MovedTo, Sent, TryAgain, Verdict
from storage import forwarding, outbox, people
from storage.database import Connection
from storage.outbox import Row

log = structlog.get_logger()
TRIES = 12
CHANNEL_OFF = "channel is off"
FIRST_PAUSE = timedelta(seconds=1)
LONGEST_PAUSE = timedelta(minutes=10)
# Losing one of these leaves somebody waiting in vain: it becomes a call.
OWED_TO_THE_SENDER = {
    NoticeKind.ANSWER,
    NoticeKind.QUESTION,
    NoticeKind.INTERIM,
    NoticeKind.RESOLVED,
    NoticeKind.APOLOGY,
}
# Telegram can be cut off for hours: the line being back, somebody must still learn that there is a complaint.
WORTH_A_DAY = {
    NoticeKind.RECEIPT,
    NoticeKind.PETITION_RECEIPT,
    NoticeKind.CARD,
    NoticeKind.CARDS_LIST,
    NoticeKind.PETITION_CARD,
    NoticeKind.CALL_TASK,
    NoticeKind.BREACH,
    NoticeKind.TASK_REMINDER,
    NoticeKind.TASK_DIGEST,
    NoticeKind.TASK_SUBMITTED,
    NoticeKind.TASK_RETURNED,
    NoticeKind.TASK_OBSTRUCTED,
    NoticeKind.EXTENSION_ASKED,
    NoticeKind.EXTENSION_DECIDED,
    NoticeKind.PLAN_APPLIED,
    NoticeKind.PLAN_DIGEST,
}


def settle(
    db: Connection,
    cfg: Config,
    row: Row,
    verdict: Verdict,
    now: datetime,
    stretch: Callable[[timedelta], timedelta] = lambda span: span,
    channel: ChannelFacts | None = None,
) -> None:
    """Writes down the verdict and what follows from it, in one transaction. A row that was settled before is left alone."""
    if channel is not None:
        quota.note(db, channel, verdict, now, stretch)
    match verdict:
        case Sent(more=True):
            outbox.part_sent(db, row, row.part + 1, now)
        case Sent(provider_id):
            if outbox.sent(db, row, provider_id, now):
                _after_sent(db, cfg, row, now)
        case MovedTo(chat_id):
            chat = people.identity_by_id(db, row.identity_id)
            if chat is not None:
                directory.migrate(db, chat, chat_id, now)
        case TryAgain(after, reason):
            if after is None and _tried_enough(row, now, stretch):
                _give_up(db, cfg, row, GiveUp(f"tried {TRIES} times: {reason}", elsewhere=True), now)
            elif _waits_long(row, after, now, stretch) and rerouting.go_elsewhere(db, row, now):
                log.info("a notice goes elsewhere", outbox_id=row.id, channel=row.channel, reason=reason)
            else:
                at = now + stretch(after or pause_after(row.attempts))
                outbox.retry(db, row.id, at, reason, failures=0 if after is not None else 1)
            if after is not None and reason != CHANNEL_OFF:
                holding.note_wait(db, row.channel, now, stretch(after))
        case GiveUp():
            _give_up(db, cfg, row, verdict, now)


def _first_told(row: Row) -> Sequence[int]:
    """The tickets that nobody may know of when this row is lost."""
    if rerouting.is_copy(row):
        return []
    if row.kind == NoticeKind.CARDS_LIST and "edits" not in row.data:
        return list(row.data["ticket_ids"])
    return [row.ticket_id] if row.data.get("first") and row.ticket_id is not None else []


def _tried_enough(row: Row, now: datetime, stretch: Callable[[timedelta], timedelta]) -> bool:
    """Twelve tries, about half an hour; a whole day for what must be known even then."""
    old = row.kind not in WORTH_A_DAY or now - row.created_at > stretch(timedelta(days=1))
    return row.attempts + 1 >= TRIES and old


def _waits_long(
    row: Row, after: timedelta | None, now: datetime, stretch: Callable[[timedelta], timedelta]
) -> bool:
    """Whether the platform puts it off for ten minutes, at once or by and by: whoever has another chat need not wait."""
    if after is None:
        return False
    return after >= LONGEST_PAUSE or now - row.created_at >= stretch(LONGEST_PAUSE)


def pause_after(attempts: int) -> timedelta:
    """1 s, 2 s, 4 s … 10 minutes."""
    return min(LONGEST_PAUSE, FIRST_PAUSE * (1 << min(attempts, 20)))


def _after_sent(db: Connection, cfg: Config, row: Row, now: datetime) -> None:
    rerouting.show_news(db, cfg, row, now)
    if row.ticket_id is None or rerouting.is_copy(row):
        return
    rerouting.show_in_others(db, cfg, row, now)
    owing.tell_the_holder(db, row, now)
    if row.kind == NoticeKind.QUESTION:
        handling.question_delivered(db, reference(db), row.ticket_id, now)
    elif row.kind == NoticeKind.RESOLVED:
        handling.resolution_delivered(db, cfg, row.ticket_id, now)


def _give_up(db: Connection, cfg: Config, row: Row, verdict: GiveUp, now: datetime) -> None:
    """To the person's next chat, if there is one. Else loudly: the log, and for what a sender is owed a "gọi điện" task of the
    holder."""
    if not forwarding.waits_there(db, row):
        outbox.release(db, row.id)  # sent elsewhere meanwhile: nothing of it was in our hand any more
        return
    lost = verdict.unreachable
    if (lost or verdict.elsewhere) and rerouting.go_elsewhere(db, row, now, says_why=lost):
        log.info("a notice goes elsewhere", outbox_id=row.id, channel=row.channel, reason=verdict.reason)
        _lost(db, cfg, row, verdict, now, said_why=True)
        return
    outbox.failed(db, row.id, verdict.reason)
    log.error(
        "a notice was given up", outbox_id=row.id, channel=row.channel, kind=row.kind, reason=verdict.reason
    )
    _lost(db, cfg, row, verdict, now)
    answer_for(db, cfg, [row], verdict.reason, now, _why(verdict))


def _why(verdict: GiveUp) -> str:
    """What whoever has to telephone instead reads as the reason."""
    if verdict.window_shut:
        return casework.WINDOW_SHUT
    return casework.BLOCKED if verdict.unreachable else casework.NOT_REACHED


def _lost(
    db: Connection, cfg: Config, row: Row, verdict: GiveUp, now: datetime, said_why: bool = False
) -> None:
    chat = people.identity_by_id(db, row.identity_id) if verdict.unreachable else None
    if chat is not None:
        chat_lost(db, cfg, chat, now, said_why)


def chat_lost(
    db: Connection, cfg: Config, chat: people.Identity, now: datetime, said_why: bool = False
) -> None:
    """The person blocked us, or the group threw us out: nothing more goes there; what waits goes to their next chat, where the
    first notice says why – unless one that went ahead has."""
    people.update_identity(db, chat.id, reachable=False)
    answer_for(db, cfg, rerouting.leave(db, chat, "unreachable", now, not said_why), "unreachable", now)


def answer_for(
    db: Connection,
    cfg: Config,
    given_up: Sequence[Row],
    reason: str,
    now: datetime,
    why: str = casework.BLOCKED,
) -> None:
    """What a sender was owed, and cannot be sent to any chat of theirs, becomes a call; a ticket that nobody knows of now goes
    to the next level."""
    for row in given_up:
        for ticket_id in _first_told(row):
            promises.first_card_lost(db, cfg, reference(db), ticket_id, now)
        if row.kind not in OWED_TO_THE_SENDER or row.ticket_id is None or rerouting.is_copy(row):
            continue
        if row.kind == NoticeKind.RESOLVED:
            handling.resolution_failed(db, row.ticket_id, row.data.get("message_id"), now, why)
        else:
            handling.call_needed(db, row.ticket_id, row.data.get("message_id"), reason, now, why)
