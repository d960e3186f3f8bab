"""The pace over minutes, on a clock that jumps instead of ticking: the rates hold in every window, and nothing is given away."""

import asyncio
import selectors
from collections.abc import Callable, Coroutine
from itertools import pairwise
from types import SimpleNamespace
from typing import Any

import pytest

from services import pacing
from services.pacing import Pacer
from services.sender import ChannelFacts

Departures = list[tuple[float, str]]


class _Leaping(selectors.DefaultSelector):  # type: ignore[misc, valid-type, unused-ignore]
    """Where a loop would sleep, its time leaps."""

    now = 0.0
    late = 0.0
    """Seconds by which every sleep is longer than asked for."""

    def select(self, timeout: float | None = None) -> Any:
        self.now += timeout + self.late if timeout else 0.0
        return super().select(0)


@pytest.fixture
def lives(
    monkeypatch: pytest.MonkeyPatch,
) -> Callable[[Callable[[_Leaping], Coroutine[Any, Any, None]]], None]:
    """Runs a coroutine in a loop of its own whose hours pass at once; the pacer's clock is that loop's."""

    def live(tale: Callable[[_Leaping], Coroutine[Any, Any, None]]) -> None:
        selector = _Leaping()
        loop = asyncio.SelectorEventLoop(selector)
        monkeypatch.setattr(loop, "time", lambda: selector.now)
        monkeypatch.setattr(pacing, "time", SimpleNamespace(monotonic=lambda: selector.now))
        try:
            loop.run_until_complete(tale(selector))
        finally:
            loop.close()

    return live


async def leaves(pacer: Pacer, chat: str, left: Departures, clock: _Leaping, is_group: bool = False) -> None:
    await pacer.chat_turn(chat, is_group)
    await pacer.bot_turn(chat)
    left.append((clock.now, chat))


def most_within(left: Departures, seconds: float) -> int:
    """The most departures in any window [t, t + seconds)."""
    times = sorted(at for at, _ in left)
    return max(sum(start <= at < start + seconds for at in times) for start in times)


@pytest.mark.parametrize("late", [0.0, 0.003])
def test_never_more_than_thirty_in_any_second_and_hardly_fewer(lives: Any, late: float) -> None:
    async def tale(clock: _Leaping) -> None:
        clock.late = late
        pacer, left = Pacer(ChannelFacts("x")), Departures()
        await asyncio.gather(*(leaves(pacer, str(n), left, clock) for n in range(900)))
        assert most_within(left, 1) <= 30
        assert len(left) / clock.now >= 0.99 * 30

    lives(tale)


def test_a_program_that_stood_still_does_not_catch_up_in_a_burst(lives: Any) -> None:
    async def tale(clock: _Leaping) -> None:
        pacer, left = Pacer(ChannelFacts("x")), Departures()

        async def stumbles() -> None:
            for pause in (0.5, 1.7, 0.2):
                await asyncio.sleep(1)
                clock.now += pause

        await asyncio.gather(stumbles(), *(leaves(pacer, str(n), left, clock) for n in range(200)))
        assert most_within(left, 1) <= 30

    lives(tale)


def test_one_message_a_second_for_a_chat_also_when_the_bot_is_crowded(lives: Any) -> None:
    async def tale(clock: _Leaping) -> None:
        pacer, left = Pacer(ChannelFacts("x")), Departures()

        async def one_chat() -> None:
            for _ in range(20):
                await leaves(pacer, "a", left, clock)

        crowd: Departures = []
        await asyncio.gather(*(leaves(pacer, str(n), crowd, clock) for n in range(300)), one_chat())
        times = [at for at, _ in left]
        assert min(later - earlier for earlier, later in pairwise(times)) >= 1 - 1e-9

    lives(tale)


def test_twenty_a_minute_for_a_group_in_every_minute_of_an_hour(lives: Any) -> None:
    async def tale(clock: _Leaping) -> None:
        pacer, left = Pacer(ChannelFacts("x")), Departures()
        for _ in range(200):
            await leaves(pacer, "-1", left, clock, is_group=True)
        assert most_within(left, 60) <= 20
        assert most_within(left, 1) <= 1
        assert clock.now <= 10 * 60

    lives(tale)


def test_a_bot_told_to_be_silent_is_and_then_goes_on_at_its_own_pace(lives: Any) -> None:
    async def tale(clock: _Leaping) -> None:
        pacer, left = Pacer(ChannelFacts("x")), Departures()
        waiting = [asyncio.ensure_future(leaves(pacer, str(n), left, clock)) for n in range(60)]
        await asyncio.sleep(0.5)
        before = len(left)
        pacer.hold(35)
        await asyncio.gather(*waiting)
        later = [at for at, _ in left[before + 1 :]]
        assert min(later) >= 35
        assert most_within(left, 1) <= 30

    lives(tale)


def test_chats_that_were_long_quiet_are_forgotten(lives: Any) -> None:
    async def tale(clock: _Leaping) -> None:
        pacer, left = Pacer(ChannelFacts("x", per_second=100_000)), Departures()
        for n in range(10_050):
            clock.now += 0.5
            await leaves(pacer, str(n), left, clock)
        assert len(pacer._chats) < 100

    lives(tale)


def test_a_chat_waits_a_second_and_the_others_do_not(lives: Any) -> None:
    async def tale(clock: _Leaping) -> None:
        pacer = Pacer(ChannelFacts("x"))
        await pacer.chat_turn("a")
        assert pacer.wait_seconds("a") == pytest.approx(1)
        assert pacer.wait_seconds("b") == 0

    lives(tale)


def test_a_full_group_says_how_long_it_has_to_wait(lives: Any) -> None:
    async def tale(clock: _Leaping) -> None:
        pacer = Pacer(ChannelFacts("x", per_chat_second=1000, per_group_minute=3))
        for _ in range(3):
            await pacer.chat_turn("-1", is_group=True)
        assert pacer.wait_seconds("-1", is_group=True) == pytest.approx(60, abs=0.01)
        assert pacer.wait_seconds("-2", is_group=True) == 0
        await pacer.chat_turn("-1", is_group=True)
        assert clock.now == pytest.approx(60, abs=0.01)

    lives(tale)


def test_a_held_bot_writes_to_nobody(lives: Any) -> None:
    async def tale(clock: _Leaping) -> None:
        pacer = Pacer(ChannelFacts("x"))
        pacer.hold(35)
        assert pacer.wait_seconds("a") == pytest.approx(35)
        await pacer.bot_turn("a")
        assert clock.now >= 35
        assert pacer.held_seconds() == 0

    lives(tale)


def test_a_receipt_overtakes_the_reminders_that_wait_for_the_bot(lives: Any) -> None:
    async def tale(clock: _Leaping) -> None:
        pacer = Pacer(ChannelFacts("x", per_second=50))
        left: list[str] = []

        async def one(chat: str, priority: int) -> None:
            await pacer.bot_turn(chat, priority)
            left.append(chat)

        reminders = [asyncio.create_task(one(f"reminder {number}", 2)) for number in range(40)]
        await asyncio.sleep(0.1)
        await one("receipt", 0)
        assert len(left) < 10
        await asyncio.gather(*reminders)
        assert left[-1] == "reminder 39"

    lives(tale)


def test_who_gave_up_waiting_costs_no_slot(lives: Any) -> None:
    async def tale(clock: _Leaping) -> None:
        pacer = Pacer(ChannelFacts("x", per_second=20))
        await pacer.bot_turn("a")
        gone = [asyncio.create_task(pacer.bot_turn(str(number))) for number in range(20)]
        await asyncio.sleep(0)
        for task in gone:
            task.cancel()
        await pacer.bot_turn("b")
        assert clock.now <= 0.1 + 1e-9

    lives(tale)
