"""The database cannot be written for a while: nothing is counted against a message, and it is handled when it can be."""

import asyncio
import sqlite3
from pathlib import Path

import pytest
import structlog

from app import program
from bot.inbound import Message, Origin
from storage import database, inbox
from tests.town import Town
from tests.web_page import open_house


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

    async def locked(errand, **more):  # type: ignore[no-untyped-def]
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


async def test_it_is_said_once_when_the_database_goes_and_once_when_it_is_back_though_nobody_writes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    away = [True, True, True, False]

    async def sleep(stop: asyncio.Event, seconds: float) -> None:
        if not away:
            stop.set()

    async with open_house(tmp_path) as house:
        real = house.program.db.write

        async def write(errand, **more):  # type: ignore[no-untyped-def]
            if away.pop(0):
                raise database.Unavailable("ConnectionRefusedError")
            return await real(errand, **more)

        monkeypatch.setattr(house.program.db, "write", write)
        monkeypatch.setattr(program, "_sleep", sleep)
        with structlog.testing.capture_logs() as said:
            await house.program._note_time()
    assert [(line["event"], line["log_level"]) for line in said] == [
        ("the database is unavailable", "error"),
        ("the database works again", "info"),
    ]


async def test_a_page_that_asks_meanwhile_gets_a_sentence_and_is_no_failure_of_the_code(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)

    async def away(query, **more):  # type: ignore[no-untyped-def]
        raise database.Unavailable("ConnectionRefusedError")

    async with open_house(tmp_path, metrics_token="t") as house:
        window = await house.window()
        with monkeypatch.context() as gone, structlog.testing.capture_logs() as said:
            gone.setattr(house.program.db, "read", away)
            gone.setattr(house.program.db, "write", away)
            answer = await window.browser.get(f"/chat/history?chat={window.chat}", headers=window.headers())
            ready = await window.browser.get("/readyz")
            figures = (await window.browser.get("/metrics", headers={"authorization": "Bearer t"})).text
            alive = await window.browser.get("/healthz")
        again = await window.browser.get("/readyz")
        back = (await window.browser.get("/metrics", headers={"authorization": "Bearer t"})).text
    assert (answer.status_code, answer.json()["code"]) == (503, "web.error.storage")
    assert (ready.status_code, alive.status_code, again.status_code) == (503, 200, 200)
    assert "hotline_database_up 0.0" in figures
    assert "hotline_tickets_open NaN" in figures
    assert 'hotline_waiting{queue="inbox"}' not in figures
    assert "hotline_database_up 1.0" in back
    assert 'hotline_waiting{queue="inbox"}' in back
    assert {(line["event"], line["log_level"]) for line in said} == {
        ("the database is unavailable", "warning")
    }
