"""The way out: claim a notice, put it into words by its channel, send it, write down what the channel said."""

import asyncio
from collections import Counter
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

import structlog

from core.notices import Priority
from services import waiting
from services.config import Config
from services.line import Line
from services.pacing import Pacer
from services.readying import ready
from services.sender import ChannelFacts, Delivery, GiveUp, Sender, TryAgain, Verdict
from services.settling import CHANNEL_OFF, TRIES, settle
from services.waiting import first_of, wait_out
from storage import gathering, outbox
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
LINE_CHARACTERS, CHOICES_CHARACTERS = 45, 1100
"""Of a list of new tickets (bot/cards_lists.py): one line of it, and all that is offered below it as numbers."""
TAKE_OVER_SECONDS = 1.0


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
            for row, delivery in rows:
                # A slow line outlasts the lease: claiming it again has renewed that, sending it again would double it.
                if row.id not in self._in_hand:
                    self._in_hand.add(row.id)
                    self._under_way[row.channel] += 1
                    self._sending.add(task := asyncio.create_task(self._send_or_note(row, delivery)))
                    task.add_done_callback(partial(self._sent_one, row))
        # What waits for its turn is left to the next start; what is on its way is waited for, or it would go out twice.
        self._closing = True
        if self._sending:
            await asyncio.wait(self._sending, timeout=10)

    async def send_all(self) -> int:
        """Sends until nothing can be sent now; how many notices that were. For tests and the command line."""
        count = 0
        while rows := await self._claim(BATCH):
            await asyncio.gather(*(self._send(row, delivery) for row, delivery in rows))
            count += len(rows)
        return count

    async def _claim(self, limit: int) -> list[tuple[Row, Delivery | None]]:
        now, in_hand = self.clock.now(), frozenset(self._in_hand)
        lease, elsewhere = self.clock.stretch(LEASE), self._elsewhere() | self._full()
        return await self.db.write(
            lambda db: [
                (taken, self._at_once(db, taken, now))
                for row in outbox.claim(db, now, lease, limit, elsewhere)
                if (taken := self._gathered(db, row, now) if row.id not in in_hand else row) is not None
            ]
        )

    def _at_once(self, db: Connection, row: Row, now: datetime) -> Delivery | None:
        """What somebody waits for, and can leave now, is made ready while it is claimed: one way between threads less. On a
        server the claim holds locks, and whatever fails takes it along."""
        pacer = self._pacers.get(row.channel) if row.priority == Priority.NOW and self.db.is_sqlite else None
        if pacer is None or pacer.wait_seconds(row.chat_id, _is_group(row)) > 0:
            return None
        with suppress(Exception):  # it is made ready once more then, where its tries are counted
            return ready(db, self.cfg, row, now)
        return None

    def _gathered(self, db: Connection, row: Row, now: datetime) -> Row | None:
        """The row, or the list that it becomes part of: as long as one message of its channel."""
        sender = self.senders.get(row.channel)
        return gathering.gather(db, row, now, lines_a_message(sender.facts) if sender is not None else 1)

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

    async def _send_or_note(self, row: Row, delivery: Delivery | None) -> None:
        """A notice that cannot be put into words counts its tries: left alone, it would silence its chat for ever."""
        try:
            await self._send(row, delivery)
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

    async def _send(self, row: Row, delivery: Delivery | None = None) -> None:
        sender = self.senders.get(row.channel)
        if sender is None:
            # A channel that is switched off now: what waits for it goes out when it is back.
            await self._settle(row, TryAgain(timedelta(minutes=10), CHANNEL_OFF))
            return
        if row.data.get("only_edits") and not sender.facts.edits:
            # A colleague's copy: where nothing can be edited it would be one more message.
            await self._put_down(row, lambda db: outbox.supersede(db, row.id))
            return
        pacer, is_group = self._pacers[row.channel], _is_group(row)
        if await self._goes_back(row, pacer.wait_seconds(row.chat_id, is_group)):
            return
        await pacer.chat_turn(row.chat_id, is_group)
        if delivery is None:
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
        now, sender = self.clock.now(), self.senders.get(row.channel)
        facts = sender.facts if sender is not None else None
        await self._put_down(
            row, lambda db: settle(db, self.cfg, row, verdict, now, self.clock.stretch, facts)
        )

    async def _put_down(self, row: Row, errand: Callable[[Connection], object]) -> None:
        """Writes what became of the row, which is out of hand before the commit: it may be free at once (the next part of a
        long text, a group that moved), and a claim that took it for one in hand would lease it to nobody."""
        while True:
            self._in_hand.discard(row.id)
            try:
                if await self.db.write(lambda db: _and_then(db, row, errand)):
                    self.woken.set()
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
        if self._under_way[row.channel] >= ON_THE_WAY:
            self.woken.set()  # there is room again
        self._under_way[row.channel] -= 1
        if not task.cancelled() and (error := task.exception()) is not None:
            # Nor could that be written down: the lease runs out and the row is tried again.
            log.error(
                "a notice could not be settled", outbox_id=row.id, error=type(error).__name__, exc_info=error
            )


def _and_then(db: Connection, row: Row, errand: Callable[[Connection], object]) -> bool:
    """Does the errand; whether anything waits for the row's chat now. Else nothing new is free, and nobody need look."""
    errand(db)
    return outbox.waits_for(db, row)


def _is_group(row: Row) -> bool:
    return row.chat_id.startswith("-")


def lines_a_message(channel: ChannelFacts) -> int:
    """How many lines of a list one message carries, with the choices that stand below it where there are no buttons."""
    return (channel.text_limit - (0 if channel.buttons else CHOICES_CHARACTERS)) // LINE_CHARACTERS
