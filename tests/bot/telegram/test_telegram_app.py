"""Receiving: an update is acknowledged only after it was stored, and trouble is told once and waited out."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from typing import Any

import pytest
from structlog.testing import capture_logs

from bot.inbound import RawUpdate
from bot.telegram.app import (
    ALLOWED_UPDATES,
    COMMANDS,
    HotlineBot,
    TelegramApp,
    TelegramSettings,
    answer_callback,
    command_words,
    set_commands,
)
from tests.doubles.botapi import BotApiDouble


class Shelf:
    """Where updates are stored; it breaks `broken` times first, and may be held up."""

    def __init__(self, broken: int = 0) -> None:
        self.rows: list[RawUpdate] = []
        self.broken = broken
        self.free, self.changed = asyncio.Event(), asyncio.Event()
        self.free.set()

    async def store(self, batch: Sequence[RawUpdate]) -> None:
        await self.free.wait()
        if self.broken:
            self.broken -= 1
            raise OSError("disk full")
        self.rows += batch
        self.changed.set()

    @property
    def texts(self) -> list[str]:
        return [row.raw["message"]["text"] for row in self.rows]

    async def holds(self, count: int) -> None:
        async with asyncio.timeout(5):
            while len(self.rows) < count:
                self.changed.clear()
                await self.changed.wait()


class Naps:
    """A sleep that takes no time and remembers how long it should have been."""

    def __init__(self) -> None:
        self.seconds: list[float] = []

    async def __call__(self, seconds: float) -> None:
        self.seconds.append(seconds)
        await asyncio.sleep(0)


@pytest.fixture
def naps() -> Naps:
    return Naps()


@pytest.fixture
def shelf() -> Shelf:
    return Shelf()


@pytest.fixture
async def app(double: BotApiDouble, shelf: Shelf, naps: Naps) -> AsyncIterator[TelegramApp]:
    settings = TelegramSettings(double.token, double.base_url)
    app = TelegramApp(settings, shelf.store, sleep=naps, poll_seconds=5)
    yield app
    await app.close()


async def _until(double: BotApiDouble, condition: Callable[[], Any]) -> None:
    async with asyncio.timeout(5):
        while not condition():
            await double.world.wait(0.01)


async def _stop(task: "asyncio.Task[None]") -> None:
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


async def test_updates_are_stored_raw_with_their_chat_and_bot(
    double: BotApiDouble, app: TelegramApp, shelf: Shelf
) -> None:
    driver = double.user("An")
    run = asyncio.create_task(app.run())
    await driver.says("Xe kẹt ở Tân Thanh")
    await shelf.holds(1)
    await _stop(run)
    row = shelf.rows[0]
    assert (row.channel, row.bot, row.chat_id) == ("telegram", "123456", str(driver.id))
    assert row.raw["message"]["text"] == "Xe kẹt ở Tân Thanh"
    assert row.update_id == str(row.raw["update_id"])


async def test_nothing_is_acknowledged_before_it_is_stored(
    double: BotApiDouble, app: TelegramApp, shelf: Shelf
) -> None:
    driver = double.user("An")
    shelf.free.clear()
    await driver.says("một")
    run = asyncio.create_task(app.run())
    await _until(double, lambda: double.calls("getUpdates"))
    await asyncio.sleep(0.05)
    assert len(double.world.updates) == 1, "still on the server while the store works"
    shelf.free.set()
    await shelf.holds(1)
    await _until(double, lambda: not double.world.updates)
    await _stop(run)
    assert shelf.texts == ["một"]


async def test_a_process_that_dies_while_storing_gets_the_update_again(
    double: BotApiDouble, app: TelegramApp, shelf: Shelf
) -> None:
    driver = double.user("An")
    shelf.free.clear()
    await driver.says("một")
    first = asyncio.create_task(app.run())
    await _until(double, lambda: double.calls("getUpdates"))
    await asyncio.sleep(0.05)
    await _stop(first)
    shelf.free.set()
    second = asyncio.create_task(app.run())
    await shelf.holds(1)
    await _stop(second)
    assert shelf.texts == ["một"]


async def test_an_update_that_could_not_be_stored_is_fetched_again(
    double: BotApiDouble, app: TelegramApp, shelf: Shelf, naps: Naps
) -> None:
    driver = double.user("An")
    shelf.broken = 3
    await driver.says("một")
    with capture_logs() as logs:
        run = asyncio.create_task(app.run())
        await shelf.holds(1)
        await _stop(run)
    assert shelf.texts == ["một"]
    assert naps.seconds == [1.0, 2.0, 4.0]
    assert [entry["event"] for entry in logs] == ["telegram_cannot_receive", "telegram_receives_again"]


async def test_order_survives_batches(double: BotApiDouble, app: TelegramApp, shelf: Shelf) -> None:
    driver = double.user("An")
    for number in range(250):
        await driver.says(str(number))
    run = asyncio.create_task(app.run())
    await shelf.holds(250)
    await _stop(run)
    assert shelf.texts == [str(number) for number in range(250)]


async def test_the_start_removes_a_webhook_and_drops_nothing(
    double: BotApiDouble, app: TelegramApp, shelf: Shelf
) -> None:
    driver = double.user("An")
    await driver.says("một")
    double.delivery.webhook.url = "https://example.org/old"
    run = asyncio.create_task(app.run())
    await shelf.holds(1)
    await _stop(run)
    (removal,) = double.calls("deleteWebhook")
    assert removal.values == {}
    assert double.calls("getUpdates")[0].values["allowed_updates"] == list(ALLOWED_UPDATES)
    assert app.name == "hotline_test_bot"


@pytest.mark.parametrize(
    ("kind", "sentence", "wait"),
    [
        ("conflict", "409: another program receives this bot's updates", 15.0),
        ("unauthorized", "401: Telegram refuses the token", 120.0),
        ("too_many", "429: Telegram asks us to wait", 7.0),
    ],
)
async def test_trouble_is_said_once_and_waited_out(
    double: BotApiDouble, app: TelegramApp, shelf: Shelf, naps: Naps, kind: str, sentence: str, wait: float
) -> None:
    driver = double.user("An")
    double.breaks(kind, method="getUpdates", times=3, seconds=7.0)
    with capture_logs() as logs:
        run = asyncio.create_task(app.run())
        await driver.says("một")
        await shelf.holds(1)
        await _stop(run)
    assert naps.seconds == [wait] * 3
    assert [(entry["event"], entry.get("why")) for entry in logs] == [
        ("telegram_cannot_receive", sentence),
        ("telegram_receives_again", None),
    ]
    assert app.trouble is None
    assert double.token not in str(logs)


async def test_a_broken_line_is_retried_ever_more_slowly(
    double: BotApiDouble, app: TelegramApp, shelf: Shelf, naps: Naps
) -> None:
    driver = double.user("An")
    double.breaks("reset", method="getMe", times=9)
    run = asyncio.create_task(app.run())
    await driver.says("một")
    await shelf.holds(1)
    await _stop(run)
    assert naps.seconds == [1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 60.0, 60.0, 60.0]


async def test_a_dead_token_keeps_its_name_until_it_works(
    double: BotApiDouble, app: TelegramApp, naps: Naps
) -> None:
    double.token_valid = False
    run = asyncio.create_task(app.run())
    await _until(double, lambda: naps.seconds)
    assert app.trouble == "401: Telegram refuses the token"
    double.token_valid = True
    await _until(double, lambda: app.trouble is None)
    await _stop(run)


async def test_commands_are_told_in_three_languages(double: BotApiDouble, bot: HotlineBot) -> None:
    await set_commands(bot, command_words(lambda language, key: f"{language} {key}"))
    told = double.world.commands
    assert set(told) == {("all_private_chats", code) for code in ("", "vi", "en", "zh")}
    assert [command["command"] for command in told["all_private_chats", "zh"]] == list(COMMANDS)
    assert told["all_private_chats", ""] == told["all_private_chats", "vi"]


async def test_commands_that_cannot_be_set_stop_nothing(double: BotApiDouble, bot: HotlineBot) -> None:
    double.breaks("server_error", method="setMyCommands", times=0)
    with capture_logs() as logs:
        await set_commands(bot, {"en": [("start", "Begin")]})
    assert [entry["event"] for entry in logs] == ["telegram_commands_not_set"]


async def test_a_press_is_answered_at_best(double: BotApiDouble, bot: HotlineBot) -> None:
    duty = double.user("Bình")
    pressed = await duty.presses_data("claim:1", 1)
    assert await answer_callback(bot, pressed.id, "x" * 300)
    assert pressed.answer == "x" * 200
    assert not await answer_callback(bot, "long ago")


def test_settings_keep_their_secrets() -> None:
    shown = repr(TelegramSettings("123:secret-token", secret="hook-secret"))
    assert "secret-token" not in shown
    assert "hook-secret" not in shown
