"""Which channels run, and what is known of those that do not."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from app.program import Program, opened
from app.settings import load_settings
from bot.telegram.sender import TELEGRAM
from bot.zalo.sender import ZALO
from services.sender import ChannelFacts
from storage import inbox

TOKENS = {"telegram_token": "123:token", "zalo_bot_token": "456:token", "zalo_bot_mode": "poll"}
MESSAGE = {
    "update_id": 9,
    "message": {
        "message_id": 1,
        "date": 1_795_300_000,
        "chat": {"id": 5, "type": "private", "first_name": "Nam"},
        "from": {"id": 5, "is_bot": False, "first_name": "Nam"},
        "text": "Xe kẹt ở Tân Thanh",
    },
}


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


@asynccontextmanager
async def program(*facts: ChannelFacts, **settings: Any) -> AsyncIterator[Program]:
    async with opened(load_settings(**settings), facts=facts) as running:
        yield running


async def test_without_a_token_only_our_own_pages_run_and_no_line_is_held() -> None:
    async with program() as running:
        assert (list(running.channels), list(running.lines)) == (["web"], [])


async def test_each_bot_has_a_line_and_ears_of_its_own() -> None:
    async with program(**TOKENS) as running:
        assert set(running.channels) == {"web", "telegram", "zalo"}
        assert set(running.lines) == {ears.channel for ears in running.ears} == {"telegram", "zalo"}


async def test_facts_given_for_one_channel_leave_the_others_alone() -> None:
    slow = replace(ZALO, per_second=0.5)
    async with program(slow, **TOKENS) as running:
        assert running.channels["zalo"].sender.facts.per_second == 0.5
        assert running.channels["telegram"].sender.facts is TELEGRAM


async def test_what_came_before_a_token_was_taken_away_is_still_handled() -> None:
    async with program(telegram_token="123:token") as running:
        now = running.clock.now()
        await running.db.write(lambda db: inbox.store(db, "telegram", "123", "9", "5", MESSAGE, now))
    async with program() as running:
        await running.worker.handle_waiting()
        assert await running.db.read(inbox.waiting) == []
