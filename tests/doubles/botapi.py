"""A Telegram Bot API on loopback that people in tests can write through. It checks what it is sent and tells the test.

In a test: `async with BotApiDouble() as double:` – leaving the block fails on any violation of the Bot API's rules.
As a process: `python tests/doubles/botapi.py --port 8081`, driven by POST /control/<verb> (see `_control`).
"""

import argparse
import asyncio
import contextlib
import json
import math
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import aiohttp
from aiohttp import web

if __package__ in (None, ""):  # started as a script: let `tests` be found
    sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from tests.doubles.botapi_delivery import Delivery
from tests.doubles.botapi_methods import Call, Upload, perform
from tests.doubles.botapi_people import Group, Person
from tests.doubles.botapi_rules import METHODS, check_call
from tests.doubles.botapi_weather import Fault, FloodLimits, refusal_of, too_many
from tests.doubles.botapi_world import BOT_ID, ApiRefusalError, Chat, Json, World, bad

TOKEN = f"{BOT_ID}:TESTtokenTESTtokenTESTtokenTESTtoken"


@dataclass
class Request:
    """One call as it came. `at` is time.monotonic() on arrival; `status` the HTTP answer, 0 when the line was cut."""

    at: float
    method: str
    values: Json
    uploads: dict[str, Upload]
    status: int = 0

    @property
    def chat_id(self) -> int | None:
        return self.values.get("chat_id")


class BotApiDouble:
    """The server. Everything in it may be looked at and changed while it runs.

    `clock` dates messages (default: now); `latency` delays every answer by that many seconds; `limits` switches Telegram's
    flood limits on; `violations` collects broken rules; `requests` every call; `world` the chats, files and updates.
    """

    def __init__(
        self,
        *,
        clock: Callable[[], datetime] | None = None,
        limits: FloodLimits | None = None,
        latency: float = 0.0,
        port: int = 0,
        token: str = TOKEN,
    ) -> None:
        self.world = World(clock)
        self.limits, self.latency, self.token, self.port = limits, latency, token, port
        self.violations: list[str] = []
        self.requests: list[Request] = []
        self.delivery = Delivery(self.world)
        self.token_valid = True
        self._faults: list[Fault] = []
        self._muted: dict[int | None, float] = {}  # chat id, or None for the whole bot → until

    # --- life --------------------------------------------------------------------------------------------------

    async def __aenter__(self) -> Self:
        await self.open()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()
        if error is None:
            self.assert_clean()

    async def open(self) -> None:
        self._runner = web.ServerRunner(web.Server(self._handle, access_log=None), shutdown_timeout=0.2)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", self.port).start()
        self.port = self._runner.addresses[0][1]

    async def close(self) -> None:
        await self.delivery.close()
        await self._runner.cleanup()

    @property
    def base_url(self) -> str:
        """For HOTLINE_TELEGRAM_BASE_URL."""
        return f"http://127.0.0.1:{self.port}"

    def assert_clean(self) -> None:
        """Raises AssertionError when a rule of the Bot API was broken."""
        assert not self.violations, "the Bot API would refuse:\n" + "\n".join(self.violations)

    # --- people ------------------------------------------------------------------------------------------------

    def user(self, name: str, *, language: str = "vi", started: bool = True) -> Person:
        """Somebody with Telegram; `started` False: has never written to the bot, which may not write first."""
        user_id = 1001 + sum(chat.kind == "private" for chat in self.world.chats.values())
        chat = Chat(user_id, "private", {"first_name": name}, started=started)
        self.world.chats[user_id] = chat
        return Person(
            self.world, chat, {"id": user_id, "is_bot": False, "first_name": name, "language_code": language}
        )

    def group(self, title: str, *, supergroup: bool = True) -> Group:
        """A group that the bot is already in; `Group.topic` makes a forum of it."""
        number = 1 + len(self.world.chats)
        chat_id = -1001000000000 - number if supergroup else -5000 - number
        self.world.chats[chat_id] = Chat(chat_id, "supergroup" if supergroup else "group", {"title": title})
        return Group(self.world, self.world.chats[chat_id])

    # --- weather -----------------------------------------------------------------------------------------------

    def breaks(
        self, kind: str, *, method: str | None = None, chat: Person | Group | None = None, **more: Any
    ) -> Fault:
        """Script a misfortune (class Fault lists the kinds) for the next fitting calls, in the order they were scripted."""
        fault = Fault(kind, method, chat.id if chat else None, **more)
        self._faults.append(fault)
        return fault

    def heals(self) -> None:
        """No more faults, no 429 still running."""
        self._faults.clear()
        self._muted.clear()

    # --- what happened -----------------------------------------------------------------------------------------

    def calls(self, method: str, chat: Person | Group | None = None) -> list[Request]:
        """The calls of one method so far, for one chat or all."""
        return [r for r in self.requests if r.method == method and (chat is None or r.chat_id == chat.id)]

    def sent_times(self, chat: Person | Group | None = None) -> list[float]:
        """When messages were accepted (monotonic seconds), for assertions on the pace; edits included."""
        return [
            r.at
            for r in self.requests
            if r.method.startswith(("send", "edit"))
            and r.status == 200
            and (chat is None or r.chat_id == chat.id)
        ]

    async def settles(self, quiet: float = 0.2, seconds: float = 5.0) -> None:
        """Until nothing but getUpdates came for `quiet` seconds. Raises AssertionError after `seconds`."""
        ends = time.monotonic() + seconds
        while time.monotonic() < ends:
            last = max((r.at for r in self.requests if r.method != "getUpdates"), default=0.0)
            if time.monotonic() - last >= quiet and not self.world.updates:
                return
            await asyncio.sleep(quiet / 5)
        raise AssertionError(f"the bot did not come to rest; {len(self.world.updates)} updates wait")

    # --- serving -----------------------------------------------------------------------------------------------

    async def _handle(self, http: web.BaseRequest) -> web.StreamResponse:
        kind, _, rest = http.path.removeprefix("/").partition("/")
        if kind == "control":
            return web.json_response(await self._control(rest, json.loads(await http.text() or "{}")))
        if kind == "file":
            return self._download(rest)
        if not kind.startswith("bot") or rest not in METHODS:
            return _answer(ApiRefusalError(404, "Not Found"))
        try:
            return await self._call(http, kind.removeprefix("bot"), rest)
        except (ConnectionError, web.RequestPayloadError):  # the bot died in the middle of its call
            raise
        except Exception as error:
            self.violations.append(f"the double itself failed at {rest}: {error!r}")
            raise

    async def _call(self, http: web.BaseRequest, token: str, method: str) -> web.Response:
        request, problems = await self._read(http, method)
        self.requests.append(request)
        try:
            result = await self._serve(token, request, problems)
        except ApiRefusalError as refusal:
            request.status = refusal.code
            return _answer(refusal)
        except _LineCutError:
            request.status = 0
            if http.transport:
                http.transport.abort()
            return web.Response()
        request.status = 200
        return (
            result if isinstance(result, web.Response) else web.json_response({"ok": True, "result": result})
        )

    async def _read(self, http: web.BaseRequest, method: str) -> tuple[Request, list[str]]:
        raw: Json = dict(http.query)
        uploads: dict[str, Upload] = {}
        form = http.content_type != "application/json"
        if not form:
            raw |= await http.json()
        elif http.content_type == "multipart/form-data":
            await _read_parts(http, raw, uploads)
        else:
            raw |= dict(await http.post())
        values, problems = check_call(method, raw, {n: len(u.content) for n, u in uploads.items()}, form=form)
        return Request(time.monotonic(), method, values, uploads), problems

    async def _serve(self, token: str, request: Request, problems: list[str]) -> Any:
        if token != self.token or not self.token_valid:
            raise ApiRefusalError(401, "Unauthorized")
        await asyncio.sleep(self.latency)
        fault = next((f for f in self._faults if f.strikes(request.method, request.chat_id)), None)
        if fault is not None:
            await self._strike(fault, request)
        if problems:
            self.violations += problems
            raise bad("; ".join(problems))
        self._refuse_flood(request)
        result = await self._perform(request)
        if fault is not None and fault.kind == "reply_lost":
            raise _LineCutError
        return result

    async def _strike(self, fault: Fault, request: Request) -> None:
        if fault.spent:
            self._faults.remove(fault)
        if fault.kind in ("too_many", "too_many_bot"):
            muted = None if fault.kind == "too_many_bot" else request.chat_id
            self._muted[muted] = time.monotonic() + fault.seconds
        if refusal := refusal_of(fault):
            raise refusal
        match fault.kind:
            case "slow":
                await asyncio.sleep(fault.seconds)
            case "reset":
                raise _LineCutError
            case "garbage":
                raise ApiRefusalError(200, "<html>captive portal</html>")

    def _refuse_flood(self, request: Request) -> None:
        """429 while a scripted one lasts, or when the limits are on and exceeded."""
        if not request.method.startswith(("send", "edit", "copy", "forward")):
            return
        for muted in (None, request.chat_id):
            if (left := self._muted.get(muted, 0.0) - request.at) > 0:
                raise too_many(math.ceil(left))
        chat = self.world.chats.get(request.chat_id or 0)
        if self.limits is not None and chat is not None:
            wait = self.limits.wait_seconds(request.method, chat.id, chat.is_group, time.monotonic())
            if wait:
                raise too_many(wait)

    async def _perform(self, request: Request) -> Any:
        match request.method:
            case "getUpdates":
                return await self.delivery.get_updates(request.values)
            case "setWebhook":
                return self.delivery.set_webhook(request.values)
            case "deleteWebhook":
                return self.delivery.set_webhook(request.values | {"url": ""})
            case "getWebhookInfo":
                return self.delivery.webhook_info()
        return perform(Call(self.world, request.method, request.values, request.uploads))

    # --- files -------------------------------------------------------------------------------------------------

    def _download(self, rest: str) -> web.Response:
        token, _, path = rest.removeprefix("bot").partition("/")
        stored = self.world.files.get(path.removeprefix("files/"))
        if token != self.token or stored is None or not stored.served:
            return _answer(ApiRefusalError(404, "Not Found"))
        return web.Response(body=stored.content, content_type="application/octet-stream")

    # --- control, for the separate process ---------------------------------------------------------------------

    async def _control(self, verb: str, asked: Json) -> Any:
        """user, group, says, starts, presses, messages, burst, settings, state – arguments and answers as JSON."""
        match verb:
            case "user":
                return {"id": self.user(asked["name"], language=asked.get("language", "vi")).id}
            case "group":
                return {"id": self.group(asked["title"]).id}
            case "says":
                return {"message_id": await self._person(asked["user"]).says(asked["text"])}
            case "starts":
                return {"message_id": await self._person(asked["user"]).starts(asked.get("payload", ""))}
            case "presses":
                return {"callback_id": (await self._person(asked["user"]).presses(asked["label"])).id}
            case "messages":
                return list(Group(self.world, self.world.chats[asked["chat"]]).messages())
            case "burst":
                people = [self.user(f"Lái xe {n}") for n in range(asked["count"])]
                return {
                    "users": [p.id for p in people],
                    "sent": [await p.says(asked["text"]) for p in people],
                }
            case "settings":
                self.latency = asked.get("latency", self.latency)
                self.limits = FloodLimits() if asked.get("limits") else None
        calls = [[r.at, r.method, r.chat_id, r.status] for r in self.requests]
        return {"requests": calls, "violations": self.violations, "pending": len(self.world.updates)}

    def _person(self, user_id: int) -> Person:
        chat = self.world.chats[user_id]
        user = {"id": user_id, "is_bot": False, "first_name": chat.about["first_name"], "language_code": "vi"}
        return Person(self.world, chat, user)


class _LineCutError(Exception):
    """The connection is to be broken without an answer."""


def _answer(refusal: ApiRefusalError) -> web.Response:
    if refusal.code == 200:
        return web.Response(text=refusal.description, content_type="text/html")
    body: Json = {"ok": False, "error_code": refusal.code, "description": refusal.description}
    if refusal.parameters:
        body["parameters"] = refusal.parameters
    return web.json_response(body, status=refusal.code)


async def _read_parts(http: web.BaseRequest, raw: Json, uploads: dict[str, Upload]) -> None:
    async for part in await http.multipart():
        assert isinstance(part, aiohttp.BodyPartReader)
        assert part.name is not None
        if part.filename is None:
            raw[part.name] = await part.text()
        else:
            mime = part.headers.get("Content-Type", "application/octet-stream")
            content = bytearray()
            while piece := await part.read_chunk(2**18):  # read() would stop at aiohttp's own limit
                content += piece
            uploads[part.name] = Upload(part.filename, bytes(content), mime)


async def _run(port: int, *, limits: bool, latency: float) -> None:
    async with BotApiDouble(port=port, limits=FloodLimits() if limits else None, latency=latency) as double:
        sys.stdout.write(f"{double.base_url}\n")
        sys.stdout.flush()
        await asyncio.Event().wait()


if __name__ == "__main__":
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--port", type=int, default=8081)
    arguments.add_argument("--limits", action="store_true", help="Telegram's flood limits")
    arguments.add_argument("--latency", type=float, default=0.0, help="seconds added to every answer")
    given = arguments.parse_args()
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(_run(given.port, limits=given.limits, latency=given.latency))
