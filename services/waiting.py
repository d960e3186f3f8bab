"""Sleeping until something happens: what every background task of the program does between two looks."""

import asyncio


async def first_of(*events: asyncio.Event, seconds: float) -> None:
    """Returns when one of the events is set, or after so many seconds."""
    waits = [asyncio.ensure_future(event.wait()) for event in events]
    try:
        await asyncio.wait(waits, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for wait in waits:
            wait.cancel()
