"""A Bot API that only counts: no rule is checked, nothing is limited, a round trip may take `latency` seconds longer.

It runs as a process of its own, so that what it costs is not counted as the bot's. Driven through a pipe (Stub).
"""

import asyncio
import contextlib
import json
import multiprocessing
import time
from collections.abc import Sequence
from dataclasses import dataclass
from multiprocessing.connection import Connection
from typing import Any

from aiohttp import web

TOKEN = "123456:bench"
BOT = {"id": 123456, "is_bot": True, "first_name": "Bench", "username": "bench_bot"}
_LONG_POLL = 20.0


@dataclass(frozen=True, slots=True)
class Accepted:
    """One message that the bot sent or changed: when (monotonic seconds), what, where; the words only of a group's."""

    at: float
    method: str
    chat_id: int
    text: str


class Stub:
    """The parent's end. Use as a context manager; `url` is for HOTLINE_TELEGRAM_BASE_URL and PTB's base_url."""

    def __enter__(self) -> "Stub":
        ours, theirs = multiprocessing.Pipe()
        self._pipe = ours
        self._process = multiprocessing.get_context("spawn").Process(
            target=_live, args=(theirs,), daemon=True
        )
        self._process.start()
        self.url = f"http://127.0.0.1:{ours.recv()}"
        return self

    def __exit__(self, *_: object) -> None:
        self._process.terminate()
        self._process.join()

    def slow(self, seconds: float) -> None:
        """From now on every answer takes so much longer, as a line across the world does."""
        self._ask("slow", seconds)

    def people_write(
        self, chats: Sequence[int], text: str = "Xe hàng chờ 4 tiếng ở Hữu Nghị chưa qua"
    ) -> None:
        """A private message of each, waiting at once."""
        self._ask("write", [list(chats), text])

    def accepted(self, since: int = 0) -> list[Accepted]:
        """What the bot sent, oldest first, without the first `since`."""
        return [Accepted(*one) for one in self._ask("accepted", since)]

    def count(self) -> int:
        return int(self._ask("count", None))

    def written_at(self) -> dict[int, float]:
        """Chat → when its first message was waiting."""
        return dict(self._ask("written", None))

    def _ask(self, what: str, value: Any) -> Any:
        self._pipe.send((what, value))
        return self._pipe.recv()


class _Platform:
    def __init__(self) -> None:
        self.latency = 0.0
        # A program that is started again before another stub must not take its updates for ones it has stored.
        self.first_update = time.monotonic_ns() // 10_000
        self.updates: list[bytes] = []  # encoded once: the stub must be cheaper than any bot
        self.sent: list[tuple[float, str, int, str]] = []
        self.written: dict[int, float] = {}
        self.came = asyncio.Event()

    def answers(self, what: str, value: Any) -> Any:
        match what:
            case "slow":
                self.latency = value
            case "write":
                self._write(*value)
            case "accepted":
                return self.sent[value:]
            case "count":
                return len(self.sent)
            case "written":
                return list(self.written.items())
        return None

    def _write(self, chats: list[int], text: str) -> None:
        now = time.monotonic()
        for chat in chats:
            number = self.first_update + len(self.updates)
            message = {
                "message_id": number,
                "date": int(time.time()),
                "chat": {"id": chat, "type": "private", "first_name": "Nam"},
                "from": {"id": chat, "is_bot": False, "first_name": "Nam", "language_code": "vi"},
                "text": text,
            }
            self.updates.append(json.dumps({"update_id": number, "message": message}).encode())
            self.written.setdefault(chat, now)
        self.came.set()

    async def called(self, request: web.Request) -> web.Response:
        """Half of the latency is the way here, half the way back: a message is accepted when it arrives."""
        method = request.match_info["method"].lower()
        asked = await _body(request)
        await asyncio.sleep(self.latency / 2)
        answer = await self._updates(asked) if method == "getupdates" else self._done(method, asked)
        await asyncio.sleep(self.latency / 2)
        return answer

    def _done(self, method: str, asked: dict[str, Any]) -> web.Response:
        if not method.startswith(("send", "edit")):
            return _ok(BOT if method == "getme" else True)
        chat = int(asked.get("chat_id", 0))
        text = str(asked.get("text", "")) if chat < 0 else ""
        self.sent.append((time.monotonic(), method, chat, text))
        message = {
            "message_id": len(self.sent),
            "date": int(time.time()),
            "chat": {"id": chat, "type": "private"},
        }
        return _ok({**message, "text": "…"})

    async def _updates(self, asked: dict[str, Any]) -> web.Response:
        offset, limit = int(asked.get("offset") or 0), int(asked.get("limit") or 100)
        first = max(offset - self.first_update, 0)
        if first >= len(self.updates):
            self.came.clear()
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self.came.wait(), min(float(asked.get("timeout") or 0), _LONG_POLL))
        body = b'{"ok":true,"result":[' + b",".join(self.updates[first : first + limit]) + b"]}"
        return web.Response(body=body, content_type="application/json")


async def _body(request: web.Request) -> dict[str, Any]:
    if request.content_type == "application/json":
        return dict(await request.json())
    return dict(await request.post())


def _ok(result: Any) -> web.Response:
    return web.json_response({"ok": True, "result": result})


def _live(pipe: Connection) -> None:
    asyncio.run(_serve(pipe))


async def _serve(pipe: Connection) -> None:
    platform = _Platform()
    app = web.Application(client_max_size=10_000_000)
    app.router.add_route("*", "/bot{token}/{method}", platform.called)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    pipe.send(runner.addresses[0][1])
    loop, ended = asyncio.get_running_loop(), asyncio.Event()

    def answer() -> None:
        try:
            pipe.send(platform.answers(*pipe.recv()))
        except (EOFError, OSError):
            loop.remove_reader(pipe.fileno())
            ended.set()

    loop.add_reader(pipe.fileno(), answer)
    await ended.wait()
