"""The database cannot be written for a while: nothing is counted against a message, and it is handled when it can be."""

import asyncio
import sqlite3

from bot.inbound import Message, Origin
from storage import database, inbox
from tests.town import Town


async def test_a_message_that_meets_a_locked_database_is_handled_when_it_is_free(
    town: Town, monkeypatch
) -> None:  # type: ignore[no-untyped-def]
    monkeypatch.setattr("services.waiting.TROUBLE_SECONDS", 0.05)
    said = Message(
        Origin("town", "bot", "up-1", "c-1", "c-1", name="Nam"), town.clock.now(), "m-1", "Hữu Nghị kẹt xe"
    )
    await town.stores(said)
    stop, refused = asyncio.Event(), asyncio.Event()

    real = town.db.write

    async def locked(errand):  # type: ignore[no-untyped-def]
        refused.set()
        raise database.Unavailable("OperationalError") from sqlite3.OperationalError("database is locked")

    monkeypatch.setattr(town.db, "write", locked)
    running = asyncio.create_task(town.worker.run(stop))
    await asyncio.wait_for(refused.wait(), 5)
    monkeypatch.setattr(town.db, "write", real)
    for _ in range(1000):
        if await town.tickets():
            break
        await asyncio.sleep(0.02)
    stop.set()
    await running

    assert len(await town.tickets()) == 1
    assert await town.db.read(lambda db: inbox.waiting(db)) == []
