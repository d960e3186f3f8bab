"""Sleeping until something happens: what every background task of the program does between two looks."""

import asyncio

import structlog

from storage.database import Unavailable

log = structlog.get_logger()
TROUBLE_SECONDS = 2.0


async def first_of(*events: asyncio.Event, seconds: float) -> None:
    """Returns when one of the events is set, or after so many seconds."""
    waits = [asyncio.ensure_future(event.wait()) for event in events]
    try:
        await asyncio.wait(waits, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for wait in waits:
            wait.cancel()


async def wait_out(trouble: Unavailable, stop: asyncio.Event) -> None:
    """The database cannot work now: says so and pauses. What waits in it is there when it works again."""
    log.error("the database is unavailable", why=str(trouble), pause_seconds=TROUBLE_SECONDS)
    await first_of(stop, seconds=TROUBLE_SECONDS)
