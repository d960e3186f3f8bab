"""The cast of Telegram's tests: a Bot API on loopback, and our bot in front of it."""

from collections.abc import AsyncIterator

import pytest

from bot.telegram.app import HotlineBot, make_bot
from tests.doubles.botapi import BotApiDouble


@pytest.fixture
async def double() -> AsyncIterator[BotApiDouble]:
    """Fails the test on every violation of the Bot API's rules that it did not clear itself."""
    async with BotApiDouble() as double:
        yield double


@pytest.fixture
async def bot(double: BotApiDouble) -> AsyncIterator[HotlineBot]:
    bot = make_bot(double.token, double.base_url)
    yield bot
    await bot.shutdown()
