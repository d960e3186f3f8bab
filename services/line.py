"""A bot's line: of all processes on one database one holds it, asks for the bot's updates and sends its messages.

A platform counts per bot, whatever the number of our processes, and gives its updates to one asker. One process is fast
enough for 30 messages a second by far, so the pace is kept where it always was, in the memory of whoever holds the line.
"""

import asyncio
import math
import os
import secrets
import time
from collections.abc import Awaitable, Callable
from datetime import timedelta

import structlog

from storage import leases
from storage.database import Connection, Database, Unavailable

log = structlog.get_logger()
LENGTH_SECONDS = 3.0
RENEW_SECONDS = 0.6
# We let go before others may take it: a message that is just leaving must not meet theirs.
MARGIN_SECONDS = 0.7


class Line:
    """`taken` is set while we hold it, `lost` while we do not. On a database of one process it is held from the start."""

    def __init__(self, db: Database, name: str, ticks: Callable[[], float] = time.monotonic) -> None:
        self.name = name
        self.taken, self.lost = asyncio.Event(), asyncio.Event()
        self._db, self._ticks = db, ticks
        self._holder = f"{os.getpid()}-{secrets.token_hex(6)}"
        self._until = math.inf if db.is_sqlite else -math.inf
        self._tell()

    @property
    def is_held(self) -> bool:
        """Also without having heard anything: what could not be renewed in time is not ours any more."""
        return self._ticks() < self._until

    async def keep(self) -> None:
        """Takes the line when it is free and renews it, until cancelled."""
        if self._db.is_sqlite:
            await asyncio.Event().wait()
        while True:
            try:
                async with asyncio.timeout(LENGTH_SECONDS):
                    await self.try_once()
            except (Unavailable, TimeoutError):
                self._tell()
            await asyncio.sleep(RENEW_SECONDS)

    async def while_held(self, work: Callable[[], Awaitable[None]]) -> None:
        """Runs `work` as long as the line is ours, and anew each time that it is. Ends with `work`, or when cancelled."""
        while True:
            await self.taken.wait()
            tasks = {asyncio.ensure_future(work()), asyncio.ensure_future(self.lost.wait())}
            try:
                done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            finally:
                for task in tasks:
                    task.cancel()
                await asyncio.gather(*tasks, return_exceptions=True)
            if self.taken.is_set():
                for task in done:
                    task.result()
                return

    async def try_once(self) -> bool:
        """Takes or renews it now; whether it is ours. Raises Unavailable."""
        asked = self._ticks()
        mine = await self._db.write_at_once(self._take)
        self._until = asked + LENGTH_SECONDS - MARGIN_SECONDS if mine else -math.inf
        self._tell()
        return mine

    async def give_back(self) -> None:
        """Somebody else may have it at once."""
        if not self._db.is_sqlite and self.taken.is_set():
            self._until = -math.inf
            self._tell()
            await self._db.write_at_once(lambda db: leases.give_back(db, self.name, self._holder))

    def _take(self, db: Connection) -> bool:
        length = timedelta(seconds=LENGTH_SECONDS)
        return leases.take(db, self.name, self._holder, leases.server_time(db), length)

    def _tell(self) -> None:
        held = self.is_held
        if held != self.taken.is_set():
            log.info("line taken" if held else "line lost", line=self.name)
        for event, is_so in ((self.taken, held), (self.lost, not held)):
            event.set() if is_so else event.clear()
