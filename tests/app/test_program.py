"""The wired program: what only shows when its parts are put together."""

from datetime import timedelta
from pathlib import Path

import pytest

from app.demo_chat import Chat
from app.program import opened
from app.settings import load_settings
from bot.web.settings import SENDER


@pytest.mark.parametrize("start", ["2026-01-05T08:00", "2031-05-05T08:00"])
async def test_in_a_drill_a_web_message_came_when_the_drills_clock_says(here: Path, start: str) -> None:
    settings = load_settings(clock_start=start, clock_speed=60)

    async with opened(settings) as program:
        before = program.clock.now()
        driver = await Chat.opens(program, SENDER, gate="HN")
        await driver.says("Xe chờ 4 tiếng ở cửa khẩu Hữu Nghị")
        await program.settle()
        ticket = await driver.ticket()
        after = program.clock.now()

    assert ticket is not None
    assert before - timedelta(seconds=1) <= ticket.received_at <= after
    assert not ticket.late_message
