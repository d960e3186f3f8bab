"""The webhook: the secret first, then the store, then 200 – and nothing is stored that was not accepted."""

import asyncio
import json
import socket
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

import httpx
import pytest
import uvicorn
from fastapi import FastAPI
from structlog.testing import capture_logs

from bot.inbound import RawUpdate
from bot.telegram.app import TelegramApp, TelegramSettings
from bot.telegram.webhook import PATH, SECRET_HEADER, webhook_router
from tests.doubles.botapi import BotApiDouble

SECRET = "gate-keeper_1"
UPDATE = {
    "update_id": 9,
    "message": {"message_id": 1, "date": 1, "chat": {"id": 5, "type": "private"}, "text": "Xe kẹt"},
}


class Shelf:
    def __init__(self) -> None:
        self.rows: list[RawUpdate] = []
        self.broken = 0

    async def store(self, batch: Sequence[RawUpdate]) -> None:
        if self.broken:
            self.broken -= 1
            raise OSError("disk full")
        self.rows += batch


@pytest.fixture
def shelf() -> Shelf:
    return Shelf()


@pytest.fixture
async def web(shelf: Shelf) -> AsyncIterator[httpx.AsyncClient]:
    app = FastAPI()
    app.include_router(webhook_router(SECRET, "123456", shelf.store))
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://hotline.test") as client:
        yield client


async def _post(web: httpx.AsyncClient, content: Any, secret: str | None = SECRET) -> int:
    headers = {} if secret is None else {SECRET_HEADER: secret}
    body = content if isinstance(content, bytes) else json.dumps(content).encode()
    return (await web.post(PATH, content=body, headers=headers)).status_code


async def test_an_update_is_stored_and_acknowledged(web: httpx.AsyncClient, shelf: Shelf) -> None:
    assert await _post(web, UPDATE) == 200
    assert shelf.rows == [RawUpdate("telegram", "123456", "9", "5", UPDATE)]


@pytest.mark.parametrize("secret", [None, "", "wrong", "gate-keeper_", "GATE-KEEPER_1", "bí mật"])
async def test_without_the_secret_nobody_is_heard(
    web: httpx.AsyncClient, shelf: Shelf, secret: str | None
) -> None:
    headers = {} if secret is None else {SECRET_HEADER.encode(): secret.encode()}
    answer = await web.post(PATH, json=UPDATE, headers=headers)
    assert (answer.status_code, shelf.rows) == (403, [])


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"\xff\xfe",
        b"[]",
        b"null",
        b'{"update_id": "9"}',
        b'{"update_id": true}',
        b'{"update_id": 9, "x": NaN}',
        b'{"message": {}}',
        b"[" * 100_000,
    ],
)
async def test_what_is_no_update_is_refused_and_not_stored(
    web: httpx.AsyncClient, shelf: Shelf, body: bytes
) -> None:
    assert (await _post(web, body), shelf.rows) == (400, [])


async def test_a_huge_body_is_not_read_to_its_end(web: httpx.AsyncClient, shelf: Shelf) -> None:
    assert (await _post(web, b" " * 1_000_001), shelf.rows) == (413, [])


async def test_what_could_not_be_stored_is_asked_for_again(web: httpx.AsyncClient, shelf: Shelf) -> None:
    shelf.broken = 1
    assert [await _post(web, UPDATE), await _post(web, UPDATE)] == [503, 200]
    assert len(shelf.rows) == 1


@pytest.mark.parametrize("secret", ["", "no spaces", "ngắn", "a" * 257])
def test_a_secret_telegram_would_refuse_is_refused_at_start(shelf: Shelf, secret: str) -> None:
    with pytest.raises(ValueError, match="webhook secret"):
        webhook_router(secret, "1", shelf.store)


@asynccontextmanager
async def _served(app: FastAPI) -> AsyncIterator[str]:
    """The address of `app` on a real port."""
    listener = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(app, log_config=None, lifespan="off"))
    task = asyncio.create_task(server.serve([listener]))
    async with asyncio.timeout(5):
        while not server.started:
            await asyncio.wait({task}, timeout=0.01)
    yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    server.should_exit = True
    await task
    listener.close()


async def test_a_message_comes_in_by_webhook_even_when_storing_fails_at_first(
    double: BotApiDouble, shelf: Shelf
) -> None:
    web = FastAPI()
    async with _served(web) as address:
        settings = TelegramSettings(double.token, double.base_url, "webhook", address, SECRET)
        telegram = TelegramApp(settings, shelf.store)
        router = telegram.router()
        assert router is not None
        web.include_router(router)
        shelf.broken = 1
        run = asyncio.create_task(telegram.run())
        driver = double.user("An")
        await driver.says("một")
        await driver.says("hai")
        async with asyncio.timeout(5):
            while len(shelf.rows) < 2:
                await double.world.wait(0.01)
        run.cancel()
        await asyncio.gather(run, return_exceptions=True)
        await telegram.close()
    assert [row.raw["message"]["text"] for row in shelf.rows] == ["một", "hai"]
    (call,) = double.calls("setWebhook")
    assert call.values["secret_token"] == SECRET
    assert "drop_pending_updates" not in call.values
    assert double.calls("getUpdates") == []


async def test_a_webhook_that_was_taken_away_is_set_again(double: BotApiDouble, shelf: Shelf) -> None:
    telegram = TelegramApp(
        TelegramSettings(double.token, double.base_url, "webhook", "http://127.0.0.1:9", SECRET), shelf.store
    )
    await telegram._introduce()
    await telegram._check_webhook()
    assert len(double.calls("setWebhook")) == 1
    await telegram.bot.delete_webhook()
    with capture_logs() as logs:
        await telegram._check_webhook()
    await telegram.close()
    assert len(double.calls("setWebhook")) == 2
    assert [entry["event"] for entry in logs] == ["telegram_webhook_was_taken_away"]


async def test_a_webhook_telegram_cannot_reach_is_told(double: BotApiDouble, shelf: Shelf) -> None:
    telegram = TelegramApp(
        TelegramSettings(double.token, double.base_url, "webhook", "http://127.0.0.1:9", SECRET), shelf.store
    )
    await telegram._introduce()
    await double.user("An").says("Xe kẹt")
    async with asyncio.timeout(5):
        while not double.delivery.webhook.last_error:
            await double.world.wait(0.01)
    with capture_logs() as logs:
        await telegram._check_webhook()
    await telegram.close()
    assert (logs[0]["event"], logs[0]["waiting"]) == ("telegram_webhook_not_reached", 1)


def test_poll_mode_has_no_route(shelf: Shelf) -> None:
    assert TelegramApp(TelegramSettings("1:token"), shelf.store).router() is None
