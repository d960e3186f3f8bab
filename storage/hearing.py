"""What other processes on the same PostgreSQL have committed: told by NOTIFY with the commit, heard on a connection of its own.

A hint is only a hint: the tables are the truth, and whoever sleeps looks at them from time to time. After a broken line
everything may have happened, so everybody is woken.
"""

import asyncio
import random
import secrets
from collections.abc import Callable, Iterable
from contextlib import suppress
from typing import Any

import asyncpg
import sqlalchemy as sa
import structlog
from sqlalchemy.engine import Connection
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

from storage import ids

QUEUES = frozenset({"inbox", "outbox", "timers", "attachments", "plans", "lines"})
# InternalClientError: a look that came too late (its timeout) may still be under way when the next one starts.
TROUBLE = (
    OSError,
    TimeoutError,
    asyncpg.PostgresError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,
    sa.exc.SQLAlchemyError,
)
_CHANNEL = "hotline"
_TELL = sa.text("SELECT pg_notify(:channel, told) FROM unnest(CAST(:told AS text[])) AS told")
# The first of the two keys of an advisory lock that a session holds for as long as it lives; the second is the number.
_NUMBERS = 0x486F74
_LOOK_SECONDS = 5.0
# In a crowd every commit of every process is told: one look for those of a moment, not one for each.
_TOGETHER_SECONDS = 0.02
_AGAIN_SECONDS = 1.0

log = structlog.get_logger()


class Ears:
    """One process's. `hear` is called in the event loop with the names of queues (and feeds) that others have touched."""

    def __init__(self, url: sa.URL, hear: Callable[[set[str]], None]) -> None:
        self._engine = create_async_engine(url, poolclass=NullPool, hide_parameters=True)
        self._hear = hear
        self._news: set[str] = set()
        self._voice = secrets.token_hex(6)
        self._task: asyncio.Task[None] | None = None
        self._tried = asyncio.Event()

    async def open(self) -> None:
        """Returns when the line stands, or when it could not be had at once: then it is tried again and again."""
        self._task = asyncio.create_task(self._listen_for_ever())
        await self._tried.wait()

    async def close(self) -> None:
        if self._task is not None:
            self._task.cancel()
            with suppress(asyncio.CancelledError):
                await self._task
        await self._engine.dispose()

    def tell(self, connection: Connection, names: Iterable[str]) -> None:
        """Says it to every other process, with the commit of this transaction."""
        told = [f"{self._voice} {name}" for name in names]
        connection.execute(_TELL, {"channel": _CHANNEL, "told": told})

    async def _listen_for_ever(self) -> None:
        while True:
            try:
                await self._listen()
            except TROUBLE as error:
                log.warning("other processes are not heard", why=type(error).__name__)
            self._tried.set()
            await asyncio.sleep(_AGAIN_SECONDS)

    async def _listen(self) -> None:
        """Until the line breaks; raises one of TROUBLE."""
        async with self._engine.connect() as connection:
            # Not by SQLAlchemy: a transaction that is open hears nothing.
            line: Any = (await connection.get_raw_connection()).driver_connection
            ids.be_process(await _number(line))
            await line.add_listener(_CHANNEL, self._heard)
            self._hear(set(QUEUES))
            self._tried.set()
            while True:
                await asyncio.sleep(_LOOK_SECONDS)
                await line.fetchval("SELECT 1", timeout=_LOOK_SECONDS)

    def _heard(self, connection: object, process: int, channel: str, told: object) -> None:
        voice, _, name = str(told).partition(" ")
        if voice == self._voice:
            return
        if not self._news:
            asyncio.get_running_loop().call_later(_TOGETHER_SECONDS, self._pass_on)
        self._news.add(name)

    def _pass_on(self) -> None:
        news, self._news = self._news, set()
        self._hear(news)


async def _number(line: Any) -> int:
    """One that no other living process has: two that make ids at the same instant must not make the same."""
    numbers = list(range(ids.PROCESSES))
    random.shuffle(numbers)
    for number in numbers:
        if await line.fetchval("SELECT pg_try_advisory_lock($1, $2)", _NUMBERS, number):
            return number
    raise TimeoutError("more processes than numbers")
