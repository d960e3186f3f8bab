"""Zalo's OAuth server on loopback, as docs/zalo.md describes it: form in, secret in a header, a refresh token that works once.

A used refresh token that comes again ends everything that came of the same consent: the strictest reading of the documentation.
"""

import asyncio
import secrets
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Self

from aiohttp import web

APP_ID = "3205917402285571841"
APP_SECRET = "khoa-cua-ung-dung"
ACCESS_LASTS, REFRESH_LASTS = timedelta(hours=25), timedelta(days=90)
BAD_APP, BAD_SECRET, BAD_REFRESH, OLD_REFRESH = -14002, -14004, -14014, -14020
UNKNOWN_ACCESS, OLD_ACCESS = -216, -220


@dataclass(slots=True)
class Issued:
    """One token of a consent (`family`); `used` of a refresh token."""

    family: int
    until: datetime
    used: bool = False


class OauthDouble:
    """`async with OauthDouble() as oauth`. `accepts(access)` is what the OpenAPI asks of it.

    `exchanges` counts the pairs handed out for a refresh token, `reused` how often a used one came again. `loses` so many
    answers after the exchange; `refuses` one call with each (status, body), before it. While `gate` is clear, answers wait.
    """

    def __init__(self, wall: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self.wall, self.base_url = wall, ""
        self.exchanges = self.reused = self.loses = 0
        self.asked: deque[str] = deque()
        self.refuses: deque[tuple[int, object]] = deque()
        self.broken: list[str] = []
        self.gate, self.exchanged = asyncio.Event(), asyncio.Event()
        self.gate.set()
        self._families: set[int] = set()
        self._access: dict[str, Issued] = {}
        self._refresh: dict[str, Issued] = {}
        self._runner: web.AppRunner | None = None

    async def __aenter__(self) -> Self:
        app = web.Application()
        app.router.add_route("*", "/v4/oa/access_token", self._answer)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        self.base_url = f"http://127.0.0.1:{self._runner.addresses[0][1]}"
        return self

    async def __aexit__(self, kind: object, *error: object) -> None:
        self.gate.set()
        assert self._runner is not None
        await self._runner.cleanup()
        if kind is None:
            assert not self.broken, self.broken

    def consents(self) -> str:
        """The account's administrator allows the app (again): the first refresh token of a new consent."""
        family = len(self._refresh) + 1
        self._families.add(family)
        return self._pair(family)[1]

    def withdraws(self) -> None:
        """The administrator takes every permission back."""
        for issued in (*self._access.values(), *self._refresh.values()):
            issued.family = 0

    def forgets(self, access: str) -> None:
        """This access token is over before its time."""
        self._access[access].until = self.wall()

    def forget_all(self) -> None:
        """Every access token is over; the refresh tokens are not."""
        for access in self._access:
            self.forgets(access)

    def accepts(self, access: str) -> int:
        """0, or the code with which the OpenAPI refuses this access token."""
        issued = self._access.get(access)
        if issued is None or issued.family not in self._families:
            return UNKNOWN_ACCESS
        return 0 if self.wall() < issued.until else OLD_ACCESS

    async def _answer(self, request: web.Request) -> web.Response:
        form = await request.post()
        self._check(request, {name: str(value) for name, value in form.items()})
        token = str(form.get("refresh_token", ""))
        self.asked.append(token)
        if self.refuses:
            status, body = self.refuses.popleft()
            return web.json_response(body, status=status)
        if code := self._judged(request, str(form.get("app_id", "")), token):
            return web.json_response({"error": code, "error_name": f"refused {code}", "error_reason": token})
        self._refresh[token].used = True
        access, refresh = self._pair(self._refresh[token].family)
        self.exchanges += 1
        self.exchanged.set()
        await self.gate.wait()
        if self.loses:
            self.loses -= 1
            assert request.transport is not None
            request.transport.abort()
        seconds = str(int(ACCESS_LASTS.total_seconds()))
        return web.json_response({"access_token": access, "refresh_token": refresh, "expires_in": seconds})

    def _check(self, request: web.Request, form: dict[str, str]) -> None:
        if request.method != "POST" or request.content_type != "application/x-www-form-urlencoded":
            self.broken.append(f"{request.method} {request.content_type}")
        if set(form) != {"refresh_token", "app_id", "grant_type"} or form["grant_type"] != "refresh_token":
            self.broken.append(f"form: {sorted(form)}")
        if request.query:
            self.broken.append("something in the address")

    def _judged(self, request: web.Request, app_id: str, token: str) -> int:
        issued = self._refresh.get(token)
        if app_id != APP_ID:
            return BAD_APP
        if request.headers.get("secret_key") != APP_SECRET:
            return BAD_SECRET
        if issued is None or issued.family not in self._families:
            return BAD_REFRESH
        if issued.used:
            self.reused += 1
            self._families.discard(issued.family)
            return BAD_REFRESH
        return 0 if self.wall() < issued.until else OLD_REFRESH

    def _pair(self, family: int) -> tuple[str, str]:
        access, refresh = f"access-{secrets.token_hex(8)}", f"refresh-{secrets.token_hex(8)}"
        self._access[access] = Issued(family, self.wall() + ACCESS_LASTS)
        self._refresh[refresh] = Issued(family, self.wall() + REFRESH_LASTS)
        return access, refresh
