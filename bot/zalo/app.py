"""A Zalo bot's ears: pushed updates (webhook), or one at a time by getUpdates – at most once, for development only."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

import structlog
from fastapi import APIRouter

from bot.ears import Ears, Trouble
from bot.inbound import Store
from bot.zalo.client import AuthError, QuotaError, ZaloClient, ZaloError, bot_id
from bot.zalo.updates import CHANNEL, raw_update
from bot.zalo.webhook import PATH, webhook_router

TOKEN_WAIT, QUOTA_WAIT = 120.0, 3600.0
"""Seconds. A dead token needs a person; a used-up plan names no time, and asking faster helps nobody."""

_log = structlog.get_logger("bot.zalo")


@dataclass(frozen=True, slots=True)
class ZaloSettings:
    """`mode` is webhook or poll; `public_url` and `secret` serve the webhook only. Secrets stay out of the repr."""

    token: str = field(repr=False)
    base_url: str = "https://bot-api.zaloplatforms.com"
    mode: str = "webhook"
    public_url: str = ""
    secret: str = field(default="", repr=False)


class ZaloApp(Ears):
    """One Zalo bot's ears. Its `client` is also the sender's."""

    def __init__(
        self,
        settings: ZaloSettings,
        store: Store,
        *,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        poll_seconds: int = 30,
    ) -> None:
        super().__init__(CHANNEL, pushed=settings.mode == "webhook", sleep=sleep)
        self.settings, self.bot_id = settings, bot_id(settings.token)
        self.client = ZaloClient(settings.token, settings.base_url)
        self._store, self._poll_seconds = store, poll_seconds

    @property
    def webhook_url(self) -> str:
        return self.settings.public_url.rstrip("/") + PATH

    def router(self) -> APIRouter | None:
        return webhook_router(self.settings.secret, self.bot_id, self._store) if self.pushed else None

    async def close(self) -> None:
        await self.client.close()

    async def _introduce(self) -> None:
        about = await self.client.get_me()
        self.name = str(about.get("account_name") or about.get("display_name") or about.get("id") or "")
        if self.pushed:
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

    def _trouble_of(self, error: Exception) -> Trouble | None:
        match error:
            case AuthError():
                return Trouble("401: Zalo refuses the token", str(error), TOKEN_WAIT)
            case QuotaError():
                return Trouble("429: the plan's quota is used up", str(error), QUOTA_WAIT)
            case ZaloError():
                return Trouble(f"Zalo: {type(error).__name__}", str(error))
        return None
