"""Webhook mode: Telegram pushes to the program's own web server; an update is acknowledged after its commit, never before."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from app.program import opened
from app.run import serve
from app.settings import load_settings
from core.ticket import Status
from storage.database import Connection
from tests.doubles.botapi import BotApiDouble
from tests.telegram_line import MORNING, UNHURRIED, Line, until

SECRET = "Bi_mat-cua-webhook-1"


async def test_the_path_by_webhook(pushed: Line) -> None:
    khue, driver = await pushed.staff("Khuê"), pushed.double.user("Lái xe Nam")
    await driver.starts("gate_HN")
    await driver.says("Xe chờ 4 tiếng, không ai điều tiết")
    await driver.waits_for("Mã phiếu: DDLS-261122-0001")
    await khue.waits_for("Xe chờ 4 tiếng")
    await khue.presses("Nhận xử lý")
    await khue.waits_for("Đang xử lý: Khuê")
    await khue.presses("Trả lời")
    await khue.waits_for("Viết trả lời")
    await khue.says("Xe sẽ qua trong 30 phút.")
    await driver.waits_for("Xe sẽ qua trong 30 phút.")
    await pushed.becomes(lambda ticket: ticket.status is Status.IN_PROGRESS)
    assert not pushed.double.calls("getUpdates")
    assert not pushed.double.world.updates


async def test_an_update_pushed_again_is_handled_once(pushed: Line) -> None:
    update = _update(77, "Hữu Nghị: kẹt xe ở barie")
    pushed.double.user("Lái xe Nam")
    for _ in range(3):
        assert await _push(pushed, update, SECRET) == 200
    await pushed.becomes(lambda ticket: ticket.gate == "HN")
    await pushed.rests()
    assert await pushed.words(await pushed.ticket()) == ["Hữu Nghị: kẹt xe ở barie"]


@pytest.mark.parametrize("secret", ["", "sai", SECRET[:-1], "bí mật"])
async def test_without_the_secret_nothing_is_stored(pushed: Line, secret: str) -> None:
    before = await pushed.program.db.read(_stored)
    assert await _push(pushed, _update(77, "Giả mạo"), secret) == 403
    assert await pushed.program.db.read(_stored) == before


async def test_an_update_that_cannot_be_stored_is_not_acknowledged_and_comes_again(
    pushed: Line, monkeypatch: pytest.MonkeyPatch
) -> None:
    driver = pushed.double.user("Lái xe Nam")
    with monkeypatch.context() as broken:
        broken.setattr("storage.inbox.store", _disk_full)
        await driver.says("Hữu Nghị: kẹt xe ở barie")
        await until(lambda: bool(pushed.double.delivery.webhook.last_error))
        assert pushed.double.world.updates
    await driver.waits_for("Mã phiếu")
    assert len(await pushed.tickets()) == 1


@pytest.fixture
async def pushed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Line]:
    """The program with its web server on a free port, and Telegram pushing to it."""
    monkeypatch.chdir(tmp_path)
    async with BotApiDouble() as double, _served(tmp_path, double) as line:
        yield line


@asynccontextmanager
async def _served(folder: Path, double: BotApiDouble) -> AsyncIterator[Line]:
    port = _free_port()
    settings = load_settings(
        data_dir=folder,
        http_port=port,
        public_url=f"http://127.0.0.1:{port}",
        telegram_token=double.token,
        telegram_base_url=double.base_url,
        telegram_mode="webhook",
        telegram_webhook_secret=SECRET,
        clock_start=MORNING,
    )
    async with opened(settings, facts=[UNHURRIED]) as program:
        serving = asyncio.create_task(serve(program, settings))
        try:
            await until(lambda: bool(double.delivery.webhook.url), seconds=10)
            yield Line(program, double)
        finally:
            program.stop.set()
            await serving


async def _push(line: Line, update: dict[str, Any], secret: str) -> int:
    headers = {"X-Telegram-Bot-Api-Secret-Token": secret} if secret else {}
    url = line.double.delivery.webhook.url
    async with aiohttp.ClientSession() as client, client.post(url, json=update, headers=headers) as answer:
        return answer.status


def _update(number: int, text: str) -> dict[str, Any]:
    person = {"id": 1001, "is_bot": False, "first_name": "Lái xe Nam"}
    chat = {"id": 1001, "type": "private", "first_name": "Lái xe Nam"}
    message = {"message_id": 5, "date": 1_795_300_000, "chat": chat, "from": person, "text": text}
    return {"update_id": number, "message": message}


def _disk_full(*given: object) -> bool:
    raise OSError("disk full")


def _stored(db: Connection) -> int:
    return int(db.exec_driver_sql("SELECT count(*) FROM inbox").scalar_one())


def _free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])
