"""Runs stored updates: chats side by side, each chat in its own order, every update once."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial

import structlog

from bot import dispatch
from bot.inbound import Incoming, Migrated, Parse, Press
from core.errors import Refused
from services.config import Config
from services.waiting import first_of, wait_out
from storage import inbox
from storage.database import Database, Unavailable
from storage.inbox import Waiting

log = structlog.get_logger()
BATCH = 256
# Of a database that others share: what one process handles in a second, so that nobody waits for a busy one.
SHARE = 32
LEASE = timedelta(seconds=10)
FIRST_PAUSE = 0.2
ANSWERS = ("outbox",)
Answered = Callable[[Press, Refused | None], Awaitable[None]]


class Worker:
    """`parsers` and `answered` are keyed by channel; `answered` tells a channel that a press was handled (its spinner stops).

    `platform_time`, also by channel, turns a platform's clock into the program's (a drill runs at another time); a channel
    that is not in it tells the program's time already.
    """

    def __init__(
        self,
        db: Database,
        cfg: Config,
        parsers: Mapping[str, Parse],
        clock: Callable[[], datetime],
        answered: Mapping[str, Answered] | None = None,
        platform_time: Mapping[str, Callable[[datetime], datetime]] | None = None,
    ) -> None:
        self.db, self.cfg, self.parsers, self.clock = db, cfg, parsers, clock
        self.answered, self.platform_time = answered or {}, platform_time or {}
        self.woken = asyncio.Event()
        self._answering: set[asyncio.Task[None]] = set()

    async def run(self, stop: asyncio.Event) -> None:
        """Until `stop`: handles what waits, then sleeps until woken by a commit (or five seconds, the safety net)."""
        while not stop.is_set():
            self.woken.clear()
            try:
                idle = await self.handle_waiting() == 0
            except Unavailable as trouble:
                await wait_out(trouble, stop)
                continue
            if idle:
                await first_of(self.woken, stop, seconds=5)
        if self._answering:
            await asyncio.wait(self._answering, timeout=2)

    async def handle_waiting(self) -> int:
        """Handles one batch; how many updates it held. A chat whose update failed waits for the next batch."""
        rows = await self._claimed()
        chats: dict[tuple[str, str, str], list[Waiting]] = {}
        # By arrival: of two who press one button in the same moment the earlier one wins.
        for row in sorted(rows, key=lambda row: row.id):
            chats.setdefault((row.channel, row.bot, row.chat_id), []).append(row)
        ended = await asyncio.gather(*map(self._one_chat, chats.values()), return_exceptions=True)
        for error in ended:
            if error is not None:
                raise error
        return len(rows)

    async def _claimed(self) -> Sequence[Waiting]:
        # Nobody else handles what is in a file; asked by the writer, it stands behind what is being stored just now.
        if self.db.is_sqlite:
            return await self.db.write(lambda db: inbox.waiting(db, BATCH))
        now = self.clock()
        return await self.db.write(lambda db: inbox.claim(db, now, LEASE, SHARE))

    async def _one_chat(self, rows: Sequence[Waiting]) -> None:
        for place, row in enumerate(rows):
            if not await self._one(row):
                await asyncio.sleep(FIRST_PAUSE * 2**row.attempts)
                if not self.db.is_sqlite:
                    left = [one.id for one in rows[place:]]
                    await self.db.write(partial(inbox.release, inbox_ids=left))
                return

    async def _one(self, row: Waiting) -> bool:
        """Handles one update. False when it failed: the next of its chat must not overtake it."""
        incoming: Incoming | None = None
        try:
            incoming = self.parsers[row.channel](row.bot, row.update_id, row.raw)
            if incoming is None:
                await self.db.write(lambda db: inbox.mark_done(db, row.id, self.clock()))
                return True
            await self._handle(self._timed(incoming), row)
        except Unavailable:
            raise  # no fault of this update: it waits until the database works again
        except (
            Exception
        ) as error:  # the catch-all of this edge: whatever it was, the update is kept and tried again
            log.error(
                "an update failed",
                inbox_id=row.id,
                channel=row.channel,
                error=type(error).__name__,
                exc_info=error,
            )
            name, origin = type(error).__name__, incoming.origin if incoming is not None else None
            await self.db.write(lambda db: dispatch.set_aside(db, row.id, name, self.clock(), origin))
            return False
        return True

    async def _handle(self, incoming: Incoming, row: Waiting) -> None:
        parse, refusal = self.parsers[row.channel], None
        try:
            await self.db.write(
                lambda db: dispatch.handle(db, self.cfg, parse, incoming, row.id, self.clock()), soon=ANSWERS
            )
        except Refused as refused:
            refusal = refused
            await self._refuse(incoming, row, refused)
        if isinstance(incoming, Press) and incoming.origin.channel in self.answered:
            # Not waited for: a platform that is slow to take it must not hold up everybody else's messages.
            answering = asyncio.create_task(self._answer(incoming, refusal))
            self._answering.add(answering)
            answering.add_done_callback(self._answering.discard)

    async def _answer(self, press: Press, refusal: Refused | None) -> None:
        try:
            await self.answered[press.origin.channel](press, refusal)
        except Exception as error:  # best effort: the notice says the same
            log.warning("a press was not answered", channel=press.origin.channel, error=type(error).__name__)

    async def _refuse(self, incoming: Incoming, row: Waiting, refusal: Refused) -> None:
        parse = self.parsers[row.channel]
        await self.db.write(
            lambda db: dispatch.refuse(db, self.cfg, parse, incoming, row.id, refusal, self.clock())
        )

    def _timed(self, incoming: Incoming) -> Incoming:
        if isinstance(incoming, Migrated) or incoming.at is None:
            return incoming
        as_ours = self.platform_time.get(incoming.origin.channel)
        return replace(incoming, at=as_ours(incoming.at)) if as_ours else incoming
