"""A Zalo Bot Platform on loopback that follows docs/zalo.md to the letter and notes every call that breaks a rule.

HTTP 200 may carry `ok: false`; getUpdates hands out one update and forgets it; nothing can be edited; a person must write first.
"""

import asyncio
import json
import time
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import takewhile
from typing import Any, Self

import aiohttp
from aiohttp import web

TOKEN = "4107322:zalo-token-of-the-double"
SECRET = "bi-mat-cua-zalo-1"
LONGEST_TEXT = 2000
ALLOWED = {
    "getMe": set(),
    "getUpdates": {"timeout"},
    "setWebhook": {"url", "secret_token"},
    "deleteWebhook": set(),
    "getWebhookInfo": set(),
    "sendMessage": {"chat_id", "text", "parse_mode"},
    "sendPhoto": {"chat_id", "photo", "caption"},
}
Json = dict[str, Any]


def now_in_milliseconds() -> int:
    return int(time.time() * 1000)


class Refusal(Exception):
    def __init__(self, code: int, words: str) -> None:
        super().__init__(words)
        self.code = code


@dataclass(slots=True)
class Seen:
    """One message of the bot; `labels` are its numbered choices: the lines at its end."""

    message_id: str
    text: str
    photo: bytes | None = None

    @property
    def labels(self) -> tuple[str, ...]:
        heads = [line.partition(". ") for line in self.text.splitlines()]
        last = list(takewhile(lambda head: head[1] and head[0].isdecimal(), reversed(heads)))
        return tuple(label for _, _, label in reversed(last))


@dataclass(slots=True)
class Person:
    """Somebody with Zalo. Nothing reaches them before they wrote."""

    double: "ZaloBotDouble"
    id: str
    name: str
    inbox: list[Seen] = field(default_factory=list)
    blocked: bool = False

    async def starts(self, payload: str = "") -> str:
        """Open the chat as a poster tells: its words are the first message."""
        return await self.says(payload or "Xin chào")

    async def links(self, code: str) -> str:
        return await self.says(f"lienket {code}")

    async def says(self, text: str) -> str:
        return self.sends("text", text=text)

    async def sends_photo(self, content: bytes, caption: str = "") -> str:
        name = f"p{len(self.double.files)}.jpg"
        self.double.files[name] = content
        words = {"caption": caption} if caption else {}
        return self.sends("image", photo_url=f"{self.double.base_url}/photos/{name}", **words)

    def sends(self, kind: str, **content: Any) -> str:
        """A message of any kind; its id."""
        number = f"{self.double.next_number():016x}"
        self.double.known[self.id] = self
        message = {
            "message_id": number,
            "date": now_in_milliseconds(),
            "from": {"id": self.id, "display_name": self.name, "is_bot": False},
            "chat": {"id": self.id, "chat_type": "PRIVATE"},
            **content,
        }
        self.double.post({"event_name": f"message.{kind}.received", "message": message})
        return number

    async def presses(self, label: str) -> str:
        """Types the number of the newest message's choice; its words when a later message offers something else."""
        offering = [seen for seen in self.inbox if seen.labels]
        holder = next((seen for seen in reversed(offering) if self._place(seen, label) is not None), None)
        assert holder is not None, f"no choice {label!r} in {[seen.labels for seen in offering]}"
        place = self._place(holder, label)
        assert place is not None
        return await self.says(str(place + 1) if holder is offering[-1] else holder.labels[place])

    def mark(self) -> int:
        return len(self.inbox)

    def messages(self, since: int = 0) -> list[str]:
        return [seen.text for seen in self.inbox[since:]]

    def seen(self, since: int = 0) -> list[Seen]:
        return self.inbox[since:]

    async def waits_for(self, words: str, seconds: float = 5.0, since: int = 0) -> Seen:
        """The newest message with these words. Raises AssertionError with all texts after `seconds`."""
        try:
            async with asyncio.timeout(seconds):
                while not (found := [seen for seen in self.inbox[since:] if words in seen.text]):
                    await self.double.changes()
        except TimeoutError:
            shown = "\n---\n".join(self.messages(since)) or "(nothing)"
            raise AssertionError(f"{words!r} did not come to {self.name}; what came:\n{shown}") from None
        return found[-1]

    @staticmethod
    def _place(seen: Seen, label: str) -> int | None:
        whole = [place for place, one in enumerate(seen.labels) if one == label]
        part = [place for place, one in enumerate(seen.labels) if label in one]
        return next(iter(whole or part), None)


class ZaloBotDouble:
    """`async with ZaloBotDouble() as double`: the platform; leaving it fails the test on any broken rule."""

    def __init__(self, token: str = TOKEN) -> None:
        self.token, self.base_url = token, ""
        self.known: dict[str, Person] = {}
        self.files: dict[str, bytes] = {}
        self.waiting: deque[Json] = deque()
        self.pushed: list[Json] = []
        self.calls: list[tuple[str, Json]] = []
        self.broken: list[str] = []
        self.refusals: dict[str, deque[int]] = {}
        self.webhook_url, self.secret, self.wrapped = "", "", True
        self.http_status_tells = False  # some refusals come with their own HTTP status instead of 200
        self._count = 0
        self._changed = asyncio.Event()
        self._runner: web.AppRunner | None = None
        self._pushing: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        app = web.Application(client_max_size=10**7)
        self._serves(app.router)
        app.router.add_get("/photos/{name}", self._photo)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0)
        await site.start()
        self.base_url = f"http://127.0.0.1:{self._runner.addresses[0][1]}"
        self._pushing = asyncio.create_task(self._push_for_ever())
        return self

    async def __aexit__(self, kind: object, *error: object) -> None:
        assert self._pushing is not None
        assert self._runner is not None
        self._pushing.cancel()
        await asyncio.gather(self._pushing, return_exceptions=True)
        await self._runner.cleanup()
        if kind is None:
            assert not self.broken, self.broken

    def _serves(self, router: web.UrlDispatcher) -> None:
        router.add_route("*", "/bot{token}/{method}", self._answer)

    def user(self, name: str, **_: object) -> Person:
        return Person(self, f"{self.next_number():x}z", name)

    def refuses(self, method: str, *codes: int) -> None:
        """The next calls of `method` are refused with these codes, one after another."""
        self.refusals.setdefault(method, deque()).extend(codes)

    def post(self, update: Json) -> None:
        self.waiting.append(update)
        self.pushed.append(update)
        self.change()

    def sent(self, method: str = "sendMessage") -> list[Json]:
        return [asked for name, asked in self.calls if name == method]

    def next_number(self) -> int:
        self._count += 1
        return self._count

    def change(self) -> None:
        self._changed.set()
        self._changed = asyncio.Event()

    async def changes(self, seconds: float = 0.2) -> None:
        """Until something happened here, or a moment passed."""
        try:
            await asyncio.wait_for(self._changed.wait(), seconds)
        except TimeoutError:
            return

    async def push(self, update: Mapping[str, Any], secret: str | None = None) -> int:
        """One update to the webhook as it is, with this secret; the HTTP status."""
        headers = {"X-Bot-Api-Secret-Token": self.secret if secret is None else secret}
        async with (
            aiohttp.ClientSession() as client,
            client.post(self.webhook_url, json=update, headers=headers) as answer,
        ):
            return answer.status

    async def _push_for_ever(self) -> None:
        while True:
            if not self.webhook_url or not self.waiting:
                await self.changes()
                continue
            self.wrapped = not self.wrapped  # both are met
            try:
                status = await self.push(self._as_pushed(self.waiting[0]))
            except aiohttp.ClientError:
                status = 0
            if 200 <= status < 300:
                self.waiting.popleft()
                self.change()
            else:
                await asyncio.sleep(0.05)

    def _as_pushed(self, update: Json) -> Json:
        return update if self.wrapped else {"ok": True, "result": update}

    async def _answer(self, request: web.Request) -> web.Response:
        method, asked = request.match_info["method"], {}
        try:
            asked = await self._asked(request, method)
            result = await getattr(self, f"_{method}")(asked)
        except Refusal as refusal:
            body = {"ok": False, "description": str(refusal), "error_code": refusal.code}
            status = refusal.code if self.http_status_tells else 200
            return web.json_response(body, status=status)
        finally:
            self.calls.append((method, asked))
            self.change()
        return web.json_response({"ok": True, "result": result})

    async def _asked(self, request: web.Request, method: str) -> Json:
        if request.match_info["token"] != self.token:
            raise Refusal(401, "Unauthorized")
        if method not in ALLOWED or request.method != "POST":
            self.broken.append(f"{request.method} {method}")
            raise Refusal(404, "Not Found")
        asked: Json = json.loads(await request.text() or "{}")
        if unknown := set(asked) - ALLOWED[method]:
            self.broken.append(f"{method}: {unknown}")
        if self.refusals.get(method):
            raise Refusal(self.refusals[method].popleft(), "refused by the weather")
        return asked

    async def _getMe(self, asked: Json) -> Json:
        return {
            "id": "4107322",
            "account_name": "bot.cuakhau",
            "account_type": "BASIC",
            "can_join_groups": False,
        }

    async def _setWebhook(self, asked: Json) -> Json:
        url, secret = str(asked.get("url", "")), str(asked.get("secret_token", ""))
        if not url.startswith(("https://", "http://127.0.0.1")) or not 8 <= len(secret) <= 256:
            self.broken.append("setWebhook")
            raise Refusal(400, "Bad Request")
        self.webhook_url, self.secret = url, secret
        return {"url": url, "updated_at": 1}

    async def _deleteWebhook(self, asked: Json) -> Json:
        self.webhook_url = ""
        return {"url": "", "updated_at": 1}

    async def _getWebhookInfo(self, asked: Json) -> Json:
        return {"url": self.webhook_url, "updated_at": 1}

    async def _getUpdates(self, asked: Json) -> Json:
        if self.webhook_url:
            raise Refusal(400, "a webhook is set")
        ends = asyncio.get_running_loop().time() + min(float(asked.get("timeout", 30)), 1.0)
        while not self.waiting:
            if asyncio.get_running_loop().time() > ends:
                raise Refusal(408, "Request Timeout")
            await self.changes(0.05)
        return self.waiting.popleft()  # forgotten with the answer

    async def _sendMessage(self, asked: Json) -> Json:
        return self._delivered(asked, str(asked.get("text", "")), None)

    async def _sendPhoto(self, asked: Json) -> Json:
        async with aiohttp.ClientSession() as client, client.get(str(asked["photo"])) as answer:
            if answer.status != 200:
                raise Refusal(400, "the photo cannot be fetched")
            content = await answer.read()
        return self._delivered(asked, str(asked.get("caption", "")), content)

    def _delivered(self, asked: Json, text: str, photo: bytes | None) -> Json:
        if len(text) > LONGEST_TEXT or (photo is None and not text.strip()):
            self.broken.append(f"a text of {len(text)} characters")
            raise Refusal(400, "Bad Request: text")
        person = self.known.get(str(asked.get("chat_id")))
        if person is None or person.blocked:
            raise Refusal(403, "Forbidden: the user has not written to this bot, or blocked it")
        seen = Seen(f"b{self.next_number():x}", text, photo)
        person.inbox.append(seen)
        return {"message_id": seen.message_id, "date": now_in_milliseconds()}

    async def _photo(self, request: web.Request) -> web.Response:
        content = self.files.get(request.match_info["name"])
        return web.Response(body=content) if content is not None else web.Response(status=404)
