"""How every bot listens: a trouble is told once and waited out, longer and longer, until the platform is heard again."""

import asyncio
from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

import structlog
from fastapi import APIRouter

FIRST_WAIT, LONGEST_WAIT = 1.0, 60.0
WEBHOOK_CHECK = 600.0
"""Seconds between two looks at how the platform reaches us."""

Step = Callable[[], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Trouble:
    """Why a platform is not heard: `name` and `detail` are told, so neither holds a secret.

    `wait_seconds` is the time to stay away; None leaves it to the back-off.
    """

    name: str
    detail: str
    wait_seconds: float | None = None


class Ears(ABC):
    """One bot's ears: `introduce`, then `receive` until cancelled. Nothing else ends them; a channel fills in the steps.

    `pushed`: the platform calls our door, otherwise it is asked. `trouble` names what keeps us from hearing it (None: nothing
    does); `name` is the bot's own, known after the first contact; `answered` is set when the first try has an end, good or bad.
    """

    def __init__(
        self, channel: str, *, pushed: bool, sleep: Callable[[float], Awaitable[None]] = asyncio.sleep
    ) -> None:
        self.channel, self.pushed = channel, pushed
        self.trouble: str | None = None
        self.name: str | None = None
        self.answered = asyncio.Event()
        self._sleep, self._failures = sleep, 0
        self._log = structlog.get_logger(f"bot.{channel}")

    async def run(self) -> None:
        """Introduce the bot, then receive for ever."""
        await self.introduce()
        await self.receive()

    async def introduce(self) -> None:
        """Say who we are and how we listen; any number of processes may."""
        while not await self._tried(self._introduce):
            pass

    async def receive(self) -> None:
        """Receive for ever: one process at a time."""
        while self.pushed:
            await self._sleep(WEBHOOK_CHECK)
            await self._tried(self._check_webhook)
        while True:
            await self._tried(self._receive)

    @abstractmethod
    def router(self) -> APIRouter | None:
        """The door for what is pushed, to be mounted before `receive` starts; None where the platform is asked."""

    @abstractmethod
    async def close(self) -> None:
        """Close the connections, the sender's too."""

    @abstractmethod
    async def _introduce(self) -> None:
        """The first contact: sets `name`, and whether the platform pushes."""

    @abstractmethod
    async def _check_webhook(self) -> None:
        """Pushed only: is everything still as `_introduce` left it?"""

    async def _receive(self) -> None:
        """Asked only: fetches one batch, stores it, and only then lets the platform forget it."""
        raise NotImplementedError(f"{self.channel} cannot be asked for updates")

    @abstractmethod
    def _trouble_of(self, error: Exception) -> Trouble | None:
        """What an error of the platform's means; None for what is none of its."""

    async def _tried(self, step: Step) -> bool:
        """Whether `step` succeeded; when it did not, the trouble is told (once) and waited out."""
        try:
            await step()
        except Exception as error:  # the catch-all of this edge: storing failed, nothing was acknowledged
            await self._wait_out(self._trouble_of(error) or Trouble("not stored", type(error).__name__))
            return False
        if self.trouble is not None:
            self._log.info(f"{self.channel}_receives_again", after=self.trouble)
        self.trouble, self._failures = None, 0
        self.answered.set()
        return True

    async def _wait_out(self, trouble: Trouble) -> None:
        seconds = _back_off(self._failures) if trouble.wait_seconds is None else trouble.wait_seconds
        if trouble.name != self.trouble:
            told = {"why": trouble.name, "detail": trouble.detail[:200], "wait_seconds": seconds}
            self._log.error(f"{self.channel}_cannot_receive", **told)
        self.trouble = trouble.name
        self._failures += 1
        self.answered.set()
        await self._sleep(seconds)


def _back_off(failures: int) -> float:
    return min(FIRST_WAIT * 2.0 ** min(failures, 10), LONGEST_WAIT)
