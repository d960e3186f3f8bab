"""The line of the Telegram flows: a Bot API on loopback that fails the test on any broken rule, the program behind it."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.doubles.botapi import BotApiDouble
from tests.telegram_line import Line, open_line


@pytest.fixture
async def line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Line]:
    """Sunday 22/11/2026, 09:00 in Hanoi; gates as seeded; nobody is there yet. No pacing."""
    monkeypatch.chdir(tmp_path)  # no .env of the developer's
    async with BotApiDouble() as double, open_line(tmp_path, double) as opened:
        yield opened
