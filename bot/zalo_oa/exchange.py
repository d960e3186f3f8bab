"""One refresh token for the next pair of tokens: the one call to Zalo's OAuth server."""

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import httpx

from bot.zalo_oa.client import AuthError, NoAnswer, Passing, answered, number_of

SECONDS = 15.0
PATH = "/v4/oa/access_token"
ACCESS_LASTS, REFRESH_LASTS = timedelta(hours=25), timedelta(days=90)
"""Where the answer does not tell."""
LONGEST_SECONDS = 10**9
_TOO_FAST = {-32, 429}


@dataclass(frozen=True, slots=True)
class OaAccount:
    """The app that an Official Account is linked to; secrets stay out of the repr. `seed`: the refresh token that somebody set."""

    app_id: str
    app_secret: str = field(repr=False)
    seed: str = field(default="", repr=False)
    oauth_url: str = "https://oauth.zaloapp.com"


@dataclass(frozen=True, slots=True)
class Pair:
    access: str = field(repr=False)
    refresh: str = field(repr=False)
    asked_at: datetime
    access_until: datetime
    refresh_until: datetime


class Exchange:
    """Connections open at the first call; `close` ends them. `wall`: the real time."""

    def __init__(
        self, wall: Callable[[], datetime], transport: httpx.AsyncBaseTransport | None = None
    ) -> None:
        logging.getLogger("httpx").setLevel(logging.WARNING)
        self._wall = wall
        self._http = httpx.AsyncClient(timeout=SECONDS, transport=transport)

    async def close(self) -> None:
        await self._http.aclose()

    async def ask(self, account: OaAccount, token: str) -> Pair:
        """The next pair. Whatever comes back, `token` may be dead from now on.

        Raises AuthError (refused), NoAnswer (perhaps exchanged, and the pair is lost), Passing.
        """
        asked_at = self._wall()
        told = await self._told(account, token)
        access, refresh = _token(told.get("access_token")), _token(told.get("refresh_token"))
        if (code := number_of(told.get("error"))) or not access:
            # Its sentence may repeat what was sent: only its name goes on.
            words = str(told.get("error_name") or "no token in the answer").replace(token, "…")
            raise (Passing if code in _TOO_FAST else AuthError)(code, words[:100])
        return Pair(
            access,
            refresh,
            asked_at,
            asked_at + _lasting(told.get("expires_in"), ACCESS_LASTS),
            asked_at + _lasting(told.get("refresh_token_expires_in"), REFRESH_LASTS),
        )

    async def _told(self, account: OaAccount, token: str) -> dict[str, Any]:
        form = {"refresh_token": token, "app_id": account.app_id, "grant_type": "refresh_token"}
        secret, url = {"secret_key": account.app_secret}, account.oauth_url.rstrip("/") + PATH
        try:
            # Over all: httpx counts each step by itself, and the lease runs.
            async with asyncio.timeout(SECONDS):
                answer = await answered(self._http, "POST", url, secret, data=form)
        except TimeoutError:
            raise NoAnswer(0, "no answer in time") from None
        try:
            told = answer.json()
        except ValueError:
            told = None
        if answer.status_code >= 500 or not isinstance(told, dict):
            raise Passing(answer.status_code, "no answer that can be understood")
        return told


def _token(told: Any) -> str:
    """A token that a header can carry; "" for anything else."""
    return told if isinstance(told, str) and told.isascii() and told.isprintable() else ""


def _lasting(seconds: Any, otherwise: timedelta) -> timedelta:
    told = number_of(seconds)
    return timedelta(seconds=told) if 0 < told < LONGEST_SECONDS else otherwise
