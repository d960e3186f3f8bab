"""An Official Account's ears: events are pushed, by an address that a person enters at Zalo's page; nothing can be asked for."""

import asyncio
from collections.abc import Awaitable, Callable

from fastapi import APIRouter

from bot.ears import Ears, Trouble
from bot.inbound import Store
from bot.zalo_oa.client import AuthError, OaClient, OaError, QuotaUsedUp, RateLimited
from bot.zalo_oa.updates import CHANNEL
from bot.zalo_oa.webhook import Signing, webhook_router

TOKEN_WAIT, RATE_WAIT, QUOTA_WAIT = 120.0, 60.0, 3600.0
"""Seconds. A dead token needs a person; calls are counted by the minute; used-up messages name no end."""
NOT_ACCEPTED = "Zalo refuses the Official Account's token"
"""The trouble of a wrong app id, a wrong secret or a dead token: Zalo tells them apart by no code that is documented."""


class OaApp(Ears):
    """One Official Account's ears. Its `client` is also the sender's; `account` is the OA's id, known after the first contact."""

    def __init__(
        self,
        client: OaClient,
        signing: Signing,
        store: Store,
        close: Callable[[], Awaitable[None]],
        *,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        super().__init__(CHANNEL, pushed=True, sleep=sleep)
        self.client, self.account = client, ""
        self._signing, self._store, self._close = signing, store, close

    def router(self) -> APIRouter:
        return webhook_router(self._signing, lambda: self.account or None, self._store)

    async def close(self) -> None:
        """The connections, the sender's too, and the tokens'."""
        await self.client.close()
        await self._close()

    async def _introduce(self) -> None:
        about = await self.client.about()
        self.account, self.name = str(about.get("oa_id") or ""), str(about.get("name") or "")

    async def _check_webhook(self) -> None:
        """Zalo tells nobody where it pushes to. What is asked finds out a dead token, also in weeks without a message."""
        await self._introduce()

    def _trouble_of(self, error: Exception) -> Trouble | None:
        match error:
            case AuthError():
                return Trouble(NOT_ACCEPTED, str(error), TOKEN_WAIT)
            case RateLimited():
                return Trouble("-32: too many calls", str(error), RATE_WAIT)
            case QuotaUsedUp():
                return Trouble("the Official Account's quota is used up", str(error), QUOTA_WAIT)
            case OaError():
                return Trouble(f"Zalo OA: {type(error).__name__}", str(error))
        return None
