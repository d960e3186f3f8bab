"""How a bot listens, whatever its platform: trouble is told once, waited out, and over when the platform is heard again."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator

from fastapi import APIRouter
from structlog.testing import capture_logs

from bot.ears import LONGEST_WAIT, WEBHOOK_CHECK, Ears, Trouble


class Busy(Exception):
    """The platform asks to wait for so many seconds."""


class Bot(Ears):
    """`introductions` and `checks` are what happens at each: an error, or None."""

    def __init__(
        self, introductions: Iterator[Exception | None], nap: Callable[[float], Awaitable[None]]
    ) -> None:
        super().__init__("gate", pushed=True, sleep=nap)
        self.introductions = introductions
        self.checked = 0

    def router(self) -> APIRouter | None:
        return None

    async def close(self) -> None:
        return

    async def _introduce(self) -> None:
        if (error := next(self.introductions)) is not None:
            raise error
        self.name = "gate bot"

    async def _check_webhook(self) -> None:
        self.checked += 1
        if self.checked == 2:
            raise Busy("later")

    def _trouble_of(self, error: Exception) -> Trouble | None:
        return Trouble("busy", str(error), 7.0) if isinstance(error, Busy) else None


class Naps:
    """A sleep that takes no time; after `most` of them it ends whoever sleeps."""

    def __init__(self, most: int = 100) -> None:
        self.seconds: list[float] = []
        self.most = most

    async def __call__(self, seconds: float) -> None:
        self.seconds.append(seconds)
        if len(self.seconds) == self.most:
            raise asyncio.CancelledError


async def test_the_platforms_own_wait_is_kept_and_the_trouble_told_once() -> None:
    naps = Naps()
    bot = Bot(iter([Busy("one"), Busy("two"), None]), naps)
    with capture_logs() as told:
        await bot.introduce()
    assert naps.seconds == [7.0, 7.0]
    assert [(line["event"], line.get("why")) for line in told] == [
        ("gate_cannot_receive", "busy"),
        ("gate_receives_again", None),
    ]
    assert (bot.trouble, bot.name) == (None, "gate bot")


async def test_what_is_no_fault_of_the_platform_is_retried_ever_more_slowly_and_its_words_are_not_told() -> (
    None
):
    naps = Naps()
    bot = Bot(iter([*(OSError("xe 29H-12345") for _ in range(8)), None]), naps)
    with capture_logs() as told:
        await bot.introduce()
    assert naps.seconds == [1.0, 2.0, 4.0, 8.0, 16.0, 32.0, LONGEST_WAIT, LONGEST_WAIT]
    assert (told[0]["why"], told[0]["detail"]) == ("not stored", "OSError")
    assert "29H" not in str(told)


async def test_another_trouble_is_told_anew() -> None:
    bot = Bot(iter([Busy("one"), OSError(), Busy("two"), None]), Naps())
    with capture_logs() as told:
        await bot.introduce()
    assert [line["why"] for line in told if "why" in line] == ["busy", "not stored", "busy"]


async def test_a_pushed_bot_looks_after_its_door_every_ten_minutes() -> None:
    naps = Naps(most=4)
    bot = Bot(iter([]), naps)
    try:
        await bot.receive()
    except asyncio.CancelledError:
        assert bot.checked == 2
    assert naps.seconds == [WEBHOOK_CHECK, WEBHOOK_CHECK, 7.0, WEBHOOK_CHECK]
