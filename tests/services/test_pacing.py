"""The pace: never over the bot's rate in any second, one message a second for a chat, twenty a minute for a group."""

import asyncio
import time

import pytest

from services import pacing
from services.pacing import Pacer
from services.sender import ChannelFacts


async def test_no_window_of_a_second_holds_more_than_the_rate_even_when_the_program_was_busy() -> None:
    pacer, left = Pacer(ChannelFacts("x", per_second=29.7, per_chat_second=100)), []

    async def one(number: int) -> None:
        await pacer.chat_turn(str(number))
        await pacer.bot_turn(str(number))
        left.append(time.monotonic())
        if number == 10:
            time.sleep(0.15)  # noqa: ASYNC251 - the loop is kept busy on purpose

    await asyncio.gather(*(one(number) for number in range(45)))
    assert max(sum(1 for other in left if at <= other < at + 1) for at in left) <= 30
    assert left[-1] - left[0] < 2.5


async def test_a_chat_waits_a_second_and_the_others_do_not() -> None:
    pacer = Pacer(ChannelFacts("x"))
    await pacer.chat_turn("a")
    assert pacer.wait_seconds("a") == pytest.approx(1, abs=0.1)
    assert pacer.wait_seconds("b") == 0


async def test_a_full_group_says_how_long_it_has_to_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    pacer = Pacer(ChannelFacts("x", per_chat_second=1000, per_group_minute=3))
    for _ in range(3):
        await pacer.chat_turn("-1", is_group=True)
    assert pacer.wait_seconds("-1", is_group=True) == pytest.approx(60, abs=1)
    assert pacer.wait_seconds("-2", is_group=True) == 0
    monkeypatch.setattr(pacing, "_MINUTE", 0.1)
    await pacer.chat_turn("-1", is_group=True)


async def test_a_held_bot_writes_to_nobody() -> None:
    pacer = Pacer(ChannelFacts("x"))
    pacer.hold(0.2)
    begin = time.monotonic()
    assert pacer.wait_seconds("a") == pytest.approx(0.2, abs=0.05)
    await pacer.bot_turn("a")
    assert time.monotonic() - begin >= 0.2
    assert pacer.held_seconds() == 0


async def test_a_receipt_overtakes_the_reminders_that_wait_for_the_bot() -> None:
    pacer, left = Pacer(ChannelFacts("x", per_second=50)), []

    async def one(chat: str, priority: int) -> None:
        await pacer.bot_turn(chat, priority)
        left.append(chat)

    reminders = [asyncio.create_task(one(f"reminder {number}", 2)) for number in range(40)]
    await asyncio.sleep(0.03)
    await one("receipt", 0)
    assert len(left) < 20
    await asyncio.gather(*reminders)
    assert left[-1] == "reminder 39"


async def test_who_gave_up_waiting_costs_no_slot() -> None:
    pacer = Pacer(ChannelFacts("x", per_second=20))
    await pacer.bot_turn("a")
    gone = [asyncio.create_task(pacer.bot_turn(str(number))) for number in range(20)]
    await asyncio.sleep(0)
    for task in gone:
        task.cancel()
    begin = time.monotonic()
    await pacer.bot_turn("b")
    assert time.monotonic() - begin < 0.3
