"""A Zalo bot's ears: pushed updates (webhook), or one at a time by getUpdates – at most once, for development only."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

import structlog
from fastapi import APIRouter

from bot.zalo.client import AuthError, QuotaError, ZaloClient, ZaloError, bot_id
from bot.zalo.updates import raw_update
from bot.zalo.webhook import PATH, Store, webhook_router

FIRST_WAIT, LONGEST_WAIT = 1.0, 60.0
TOKEN_WAIT, QUOTA_WAIT = 120.0, 3600.0
"""Seconds. A dead token needs a person; a used-up plan names no time, and asking faster helps nobody."""
WEBHOOK_CHECK = 600.0
"""Seconds between two looks at where the platform pushes to."""

_log = structlog.get_logger("bot.zalo")


@dataclass(frozen=True, slots=True)
class ZaloSettings:
    """`mode` is webhook or poll; `public_url` and `secret` serve the webhook only. Secrets stay out of the repr."""

    token: str = field(repr=False)
    base_url: str = "https://bot-api.zaloplatforms.com"
    mode: str = "webhook"
    public_url: str = ""
    secret: str = field(default="", repr=False)


class ZaloApp:
    """`introduce`, then `receive` until cancelled. Its `client` is also the sender's.

    `trouble` names what keeps it from receiving (None: nothing does); `name` is known after the first contact.
    """

    def __init__(
        self,
        settings: ZaloSettings,
        store: Store,
        *,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        poll_seconds: int = 30,
    ) -> None:
        self.settings, self.bot_id = settings, bot_id(settings.token)
        self.client = ZaloClient(settings.token, settings.base_url)
        self.trouble: str | None = None
        self.name: str | None = None
        self._store, self._sleep, self._poll_seconds = store, sleep, poll_seconds
        self._failures = 0

    @property
    def webhook_url(self) -> str:
        return self.settings.public_url.rstrip("/") + PATH

    def router(self) -> APIRouter | None:
        """The webhook's route, to be mounted before `receive` starts; None in poll mode."""
        if self.settings.mode != "webhook":
            return None
        return webhook_router(self.settings.secret, self.bot_id, self._store)

    async def introduce(self) -> None:
        """Say who we are and how we listen; any number of processes may."""
        while not await self._tried(self._introduce):
            pass

    async def receive(self) -> None:
        """Receive for ever: one process at a time."""
        while self.settings.mode == "webhook":
            await self._sleep(WEBHOOK_CHECK)
            await self._tried(self._check_webhook)
        while True:
            await self._tried(self._receive)

    async def close(self) -> None:
        """Close the connections, the sender's too."""
        await self.client.close()

    async def _introduce(self) -> None:
        about = await self.client.get_me()
        self.name = str(about.get("account_name") or about.get("display_name") or about.get("id") or "")
        if self.settings.mode == "webhook":
            await self.client.set_webhook(self.webhook_url, self.settings.secret)
        else:
            await self.client.delete_webhook()  # getUpdates answers nothing while a webhook is set

    async def _check_webhook(self) -> None:
        if await self.client.webhook_url() != self.webhook_url:
            _log.error("zalo_webhook_was_taken_away")
            await self._introduce()

    async def _receive(self) -> None:
        update = await self.client.next_update(self._poll_seconds)
        if update is None:
            return
        try:
            raw = raw_update(self.bot_id, update)
        except ValueError:
            _log.warning("zalo_update_not_understood")
            return
        if raw is not None:
            await self._store([raw])

    async def _tried(self, step: Callable[[], Awaitable[None]]) -> bool:
        """Whether `step` succeeded; when it did not, the trouble is told (once) and waited out."""
        try:
            await step()
        except ZaloError as error:
            await self._wait_out(_name(error), str(error), _wait(error, self._failures))
            return False
        except Exception as error:  # the catch-all of this edge: storing failed
            await self._wait_out("not stored", type(error).__name__, _back_off(self._failures))
            return False
        if self.trouble is not None:
            _log.info("zalo_receives_again", after=self.trouble)
        self.trouble, self._failures = None, 0
        return True

    async def _wait_out(self, trouble: str, detail: str, seconds: float) -> None:
        if trouble != self.trouble:
            _log.error("zalo_cannot_receive", why=trouble, detail=detail, wait_seconds=seconds)
        self.trouble = trouble
        self._failures += 1
        await self._sleep(seconds)


def _name(error: ZaloError) -> str:
    match error:
        case AuthError():
            return "401: Zalo refuses the token"
        case QuotaError():
            return "429: the plan's quota is used up"
    return f"Zalo: {type(error).__name__}"


def _wait(error: ZaloError, failures: int) -> float:
    """Seconds to stay away after `error`."""
    match error:
        case AuthError():
            return TOKEN_WAIT
        case QuotaError():
            return QUOTA_WAIT
    return _back_off(failures)


def _back_off(failures: int) -> float:
    return min(FIRST_WAIT * 2.0 ** min(failures, 10), LONGEST_WAIT)
