"""The way out: claim a notice, put it into words by its channel, send it, write down what the channel said."""

import asyncio
from collections import Counter
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path

import structlog

from core.notices import NoticeKind
from services import directory, evidence, handling, holding, plan_facts, plan_papers, waiting
from services.config import PUBLIC, Config
from services.line import Line
from services.pacing import Pacer
from services.reference import reference
from services.sender import Delivery, Document, GiveUp, MovedTo, Sender, Sent, TryAgain, Verdict
from services.views import facts
from services.waiting import first_of, wait_out
from storage import gathering, messages, outbox, people
from storage.database import Connection, Database, Unavailable
from storage.outbox import Row
from storage.points import reach

log = structlog.get_logger()
LEASE = timedelta(seconds=20)
"""What a dead process had in hand waits so long for another one; what is on its way for longer is renewed."""
RENEW_SECONDS = 5.0
LONGEST_TURN = 5.0
"""Seconds. A row whose chat is served later goes back: its lease would run out, and others need its place."""
BATCH = 64
ON_THE_WAY = 32
"""Notices of one channel in hand at one time: so many, and no more, can a crash double (limits.md, B2)."""
TAKE_OVER_SECONDS = 1.0
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


@dataclass(slots=True)
class Clock:
    """`now` is the program's time; `stretch` turns seconds of the wall into its own (a drill runs faster)."""

    now: Callable[[], datetime]
    stretch: Callable[[timedelta], timedelta] = lambda span: span


class Post:
    """Sends what waits, each chat in order, each bot within its rate. One task owns it; `run` ends when `stop` is set."""

    def __init__(
        self,
        db: Database,
        cfg: Config,
        senders: Mapping[str, Sender],
        clock: Clock,
        lines: Mapping[str, Line] | None = None,
    ) -> None:
        """`lines`, by channel: what is sent only by whoever holds the line, because its pace is one for all processes."""
        self.db, self.cfg, self.senders, self.clock, self.lines = db, cfg, senders, clock, lines or {}
        self.woken = asyncio.Event()
        self._pacers = {name: Pacer(sender.facts) for name, sender in senders.items()}
        self._in_hand: set[int] = set()
        self._sending: set[asyncio.Task[None]] = set()
        self._under_way = Counter[str]()
        self._closing = False

    async def run(self, stop: asyncio.Event) -> None:
        """Until `stop`: send, then sleep until the next row's time or until woken by a commit."""
        renewing = asyncio.create_task(self._renew_for_ever())
        try:
            await self._run(stop)
        finally:
            renewing.cancel()

    async def _run(self, stop: asyncio.Event) -> None:
        while not stop.is_set():
            self.woken.clear()
            try:
                rows = await self._claim(self._room())
                if not rows:
                    await self._sleep(stop)
            except Unavailable as trouble:
                await wait_out(trouble, stop)
                continue
            for row in rows:
                # A slow line outlasts the lease: claiming it again has renewed that, sending it again would double it.
                if row.id not in self._in_hand:
                    self._in_hand.add(row.id)
                    self._under_way[row.channel] += 1
                    self._sending.add(task := asyncio.create_task(self._send_or_note(row)))
                    task.add_done_callback(partial(self._sent_one, row))
        # What waits for its turn is left to the next start; what is on its way is waited for, or it would go out twice.
        self._closing = True
        if self._sending:
            await asyncio.wait(self._sending, timeout=10)

    async def send_all(self) -> int:
        """Sends until nothing can be sent now; how many notices that were. For tests and the command line."""
        count = 0
        while rows := await self._claim(BATCH):
            await asyncio.gather(*(self._send(row) for row in rows))
            count += len(rows)
        return count

    async def _claim(self, limit: int) -> list[Row]:
        now, in_hand = self.clock.now(), frozenset(self._in_hand)
        lease, elsewhere = self.clock.stretch(LEASE), self._elsewhere() | self._full()
        return await self.db.write(
            lambda db: [
                gathering.gather(db, row, now) if row.id not in in_hand and _gathers(db, row) else row
                for row in outbox.claim(db, now, lease, limit, elsewhere)
            ]
        )

    def take_over(self, channel: str) -> None:
        """Its line is ours: what waits is sent from now on, after a second in which nothing of whoever had it counts any more."""
        self._pacers[channel].hold(TAKE_OVER_SECONDS)
        self.woken.set()

    def _elsewhere(self) -> frozenset[str]:
        return frozenset(channel for channel, line in self.lines.items() if not line.is_held)

    def _full(self) -> frozenset[str]:
        """Channels that have enough to do. They are passed by: a platform that hangs must not take the places of another."""
        return frozenset(channel for channel, count in self._under_way.items() if count >= ON_THE_WAY)

    def _room(self) -> int:
        """How many may be claimed without any channel getting more than its share, whichever they are of."""
        return ON_THE_WAY - max(
            (count for count in self._under_way.values() if count < ON_THE_WAY), default=0
        )

    async def _renew_for_ever(self) -> None:
        """A slow platform, a large picture: as long as we are at it, nobody else takes it for abandoned."""
        while True:
            await asyncio.sleep(RENEW_SECONDS)
            mine, now, lease = tuple(self._in_hand), self.clock.now(), self.clock.stretch(LEASE)
            if mine:
                with suppress(Unavailable):  # then nobody else can claim it either
                    await self.db.write_at_once(partial(outbox.renew, row_ids=mine, now=now, lease=lease))

    async def _send_or_note(self, row: Row) -> None:
        """A notice that cannot be put into words counts its tries: left alone, it would silence its chat for ever."""
        try:
            await self._send(row)
        except Unavailable:  # no fault of the notice: it goes back to where everything waits
            await self._put_down(row, lambda db: outbox.release(db, row.id))
        except Exception as error:  # the catch-all of this edge: told here, given up after so many tries
            name = type(error).__name__
            log.error(
                "a notice could not be sent", outbox_id=row.id, kind=row.kind, error=name, exc_info=error
            )
            failed = row.attempts + 1 >= TRIES
            await self._settle(
                row, GiveUp(f"tried {TRIES} times: {name}") if failed else TryAgain(reason=name)
            )

    async def _send(self, row: Row) -> None:
        sender = self.senders.get(row.channel)
        if sender is None:
            # A channel that is switched off now: what waits for it goes out when it is back.
            await self._settle(row, TryAgain(timedelta(minutes=10), CHANNEL_OFF))
            return
        pacer, is_group = self._pacers[row.channel], row.chat_id.startswith("-")
        if await self._goes_back(row, pacer.wait_seconds(row.chat_id, is_group)):
            return
        await pacer.chat_turn(row.chat_id, is_group)
        delivery = await self.db.read(lambda db: ready(db, self.cfg, row, self.clock.now()))
        if delivery is None:
            await self._put_down(row, lambda db: outbox.supersede(db, row.id))
            return
        if await self._goes_back(row, pacer.held_seconds()):
            return
        await pacer.bot_turn(row.chat_id, row.priority)
        if self._closing:
            return
        if row.channel in self._elsewhere():
            await self._put_down(row, lambda db: outbox.release(db, row.id))
            return
        reach("before send")
        verdict = await sender.send(delivery)
        reach("after send")
        await self._settle(row, verdict)

    async def _goes_back(self, row: Row, pause: float) -> bool:
        """Whether the row waits for its turn (in `pause` seconds) where everything waits, in the table, not here."""
        if pause <= LONGEST_TURN:
            return False
        until = self.clock.now() + self.clock.stretch(timedelta(seconds=pause))
        await self._put_down(row, lambda db: outbox.postpone(db, row.id, until))
        return True

    async def _settle(self, row: Row, verdict: Verdict) -> None:
        if isinstance(verdict, TryAgain) and verdict.whole_bot and verdict.after is not None:
            self._pacers[row.channel].hold(verdict.after.total_seconds())
        now = self.clock.now()
        await self._put_down(row, lambda db: settle(db, self.cfg, row, verdict, now, self.clock.stretch))

    async def _put_down(self, row: Row, errand: Callable[[Connection], object]) -> None:
        """Writes what became of the row, which is out of hand before the commit: it may be free at once (the next part of a
        long text, a group that moved), and a claim that took it for one in hand would lease it to nobody."""
        while True:
            self._in_hand.discard(row.id)
            try:
                await self.db.write(errand)
                return
            except Unavailable:
                # It may have been sent: kept in hand, so that its lease is renewed and nobody sends it again.
                self._in_hand.add(row.id)
            await asyncio.sleep(waiting.TROUBLE_SECONDS)

    async def _sleep(self, stop: asyncio.Event) -> None:
        now = self.clock.now()
        elsewhere = self._elsewhere() | self._full()
        until = await self.db.read(lambda db: outbox.next_try_at(db, now, elsewhere))
        pause = 30.0
        if until is not None:
            unit = self.clock.stretch(timedelta(seconds=1)).total_seconds()
            pause = min(pause, max(0.01, (until - self.clock.now()).total_seconds() / unit))
        await first_of(self.woken, stop, seconds=pause)

    def _sent_one(self, row: Row, task: asyncio.Task[None]) -> None:
        self._sending.discard(task)
        self._under_way[row.channel] -= 1
        self.woken.set()
        if not task.cancelled() and (error := task.exception()) is not None:
            # Nor could that be written down: the lease runs out and the row is tried again.
            log.error(
                "a notice could not be settled", outbox_id=row.id, error=type(error).__name__, exc_info=error
            )


def ready(db: Connection, cfg: Config, row: Row, now: datetime) -> Delivery | None:
    """The row with all that its words need; None when it says nothing any more (its chat is gone)."""
    chat = people.identity_by_id(db, row.identity_id)
    if chat is None or plan_facts.has_nothing_to_say(db, row):
        return None
    person = people.person(db, chat.person_id) if chat.person_id else None
    edits = _replaced(db, row)
    return Delivery(
        outbox_id=row.id,
        channel=row.channel,
        bot=row.bot,
        chat_id=chat.chat_id,
        chat_kind=chat.kind,
        language=person.language if person else "vi",
        kind=row.kind,
        facts=facts(db, cfg, row, chat, now),
        now=now,
        edits=edits,
        topic=chat.topic,
        part=row.part,
        files=_pictures(db, cfg, row),
        document=_document(db, cfg, row, now),
    )


def _replaced(db: Connection, row: Row) -> str | None:
    """The message that the notice takes the place of: the newest card, or the reminder that it names."""
    if row.kind == NoticeKind.CARD:
        return None if row.data.get("fresh") else outbox.card_message(db, row)
    edits: str | None = row.data.get("edits")
    return edits


def _pictures(db: Connection, cfg: Config, row: Row) -> tuple[Path, ...]:
    """The public copy that a PHOTO notice shows."""
    wanted = row.data.get("attachment_id")
    file = messages.attachment(db, wanted) if wanted else None
    return (cfg.files / PUBLIC / f"{file.public_sha256}.jpg",) if file and file.public_sha256 else ()


def _document(db: Connection, cfg: Config, row: Row, now: datetime) -> Document | None:
    if row.kind == NoticeKind.PLAN_PAPER:
        return plan_papers.document_of(db, cfg, row.data, now)
    if row.kind != NoticeKind.TASK_FILE:
        return None
    file = messages.attachment(db, row.data["attachment_id"])
    return evidence.document_of(cfg, file) if file else None


def settle(
    db: Connection,
    cfg: Config,
    row: Row,
    verdict: Verdict,
    now: datetime,
    stretch: Callable[[timedelta], timedelta] = lambda span: span,
) -> None:
    """Writes down the verdict and what follows from it, in one transaction. A row that was settled before is left alone."""
    match verdict:
        case Sent(more=True):
            outbox.part_sent(db, row.id, row.part + 1, now)
        case Sent(provider_id):
            if outbox.sent(db, row.id, provider_id, now):
                _after_sent(db, cfg, row, now)
        case MovedTo(chat_id):
            chat = people.identity_by_id(db, row.identity_id)
            if chat is not None:
                directory.migrate(db, chat, chat_id, now)
        case TryAgain(after, reason):
            if after is None and _tried_enough(row, now, stretch):
                _give_up(db, row, GiveUp(f"tried {TRIES} times: {reason}"), now)
            else:
                at = now + stretch(after or pause_after(row.attempts))
                outbox.retry(db, row.id, at, reason, failures=0 if after is not None else 1)
            if after is not None and reason != CHANNEL_OFF:
                holding.note_wait(db, row.channel, now, stretch(after))
        case GiveUp():
            _give_up(db, row, verdict, now)


def _tried_enough(row: Row, now: datetime, stretch: Callable[[timedelta], timedelta]) -> bool:
    """Twelve tries, about half an hour; a whole day for what must be known even then."""
    old = row.kind not in WORTH_A_DAY or now - row.created_at > stretch(timedelta(days=1))
    return row.attempts + 1 >= TRIES and old


def pause_after(attempts: int) -> timedelta:
    """1 s, 2 s, 4 s … 10 minutes."""
    return min(LONGEST_PAUSE, FIRST_PAUSE * (1 << min(attempts, 20)))


def _after_sent(db: Connection, cfg: Config, row: Row, now: datetime) -> None:
    if row.ticket_id is None:
        return
    if row.kind == NoticeKind.QUESTION:
        handling.question_delivered(db, reference(db), row.ticket_id, now)
    elif row.kind == NoticeKind.RESOLVED:
        handling.resolution_delivered(db, cfg, row.ticket_id, now)


def _give_up(db: Connection, row: Row, verdict: GiveUp, now: datetime) -> None:
    """Loudly: the log, and for what a sender is owed a "gọi điện" task of the holder."""
    if not outbox.failed(db, row.id, verdict.reason):
        return
    log.error(
        "a notice was given up", outbox_id=row.id, channel=row.channel, kind=row.kind, reason=verdict.reason
    )
    if verdict.unreachable:
        chat = people.identity_by_id(db, row.identity_id)
        if chat is not None:
            chat_lost(db, chat, now)
    if row.kind not in OWED_TO_THE_SENDER or row.ticket_id is None:
        return
    if row.kind == NoticeKind.RESOLVED:
        handling.resolution_failed(db, row.ticket_id, row.data.get("message_id"), now)
        return
    handling.call_needed(db, row.ticket_id, row.data.get("message_id"), verdict.reason, now)


def chat_lost(db: Connection, chat: people.Identity, now: datetime) -> None:
    """The person blocked us, or the group threw us out: nothing more goes there, and what was owed becomes a call."""
    people.update_identity(db, chat.id, reachable=False)
    waiting = outbox.waiting_of(db, chat.id)
    outbox.abandon_chat(db, chat.id, "unreachable")
    for row in waiting:
        if row.kind == NoticeKind.RESOLVED and row.ticket_id is not None:
            handling.resolution_failed(db, row.ticket_id, row.data.get("message_id"), now)
        elif row.kind in OWED_TO_THE_SENDER and row.ticket_id is not None:
            handling.call_needed(db, row.ticket_id, row.data.get("message_id"), "unreachable", now)


def _gathers(db: Connection, row: Row) -> bool:
    rule = gathering.GATHERED.get(row.kind)
    if rule is None or not rule.only_groups:
        return rule is not None
    chat = people.identity_by_id(db, row.identity_id)
    return chat is not None and chat.kind == "group"
