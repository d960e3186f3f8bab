"""The cast of the web chat's tests: browsers with their cookies and open windows, before the real program's routes."""

import asyncio
import json
import re
import socket
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import uvicorn

from app.clock import Clock
from app.program import Program, opened
from app.settings import load_settings
from services import directory
from services.reference import reference
from storage import inbox

MORNING = datetime.fromisoformat("2026-11-22T09:00:00+07:00")
HERE = "http://gate.test"
File = tuple[str, bytes, str]


@dataclass(slots=True)
class House:
    """The program on its SQLite file, a clock moved by hand, and the browsers that were started before it."""

    program: Program
    seconds: float = 0.0
    url: str = ""  # where a real server listens; "" = the routes are called without one
    browsers: list[httpx.AsyncClient] = field(default_factory=list)

    def browser(self, address: str = "10.0.0.1", **headers: str) -> httpx.AsyncClient:
        """A browser that nobody used before, at this address."""
        line = None if self.url else httpx.ASGITransport(self.program.http, client=(address, 40000))
        made = httpx.AsyncClient(transport=line, base_url=self.url or HERE, headers=headers, timeout=20)
        self.browsers.append(made)
        return made

    async def window(self, browser: httpx.AsyncClient | None = None, path: str = "/chat?gate=HN") -> "Window":
        """An open chat page; it has greeted as its script does."""
        window = await Window.opens(browser or self.browser(), path)
        if window.base == "/chat":
            assert (await window.posts_json("start", {"gate": "HN"})).status_code == 200
        return window

    async def code_for(self, name: str) -> str:
        """The one-time code of a new member of staff."""
        now = self.program.clock.now()
        added = await self.program.db.write(
            lambda db: directory.add_person(db, reference(db), name, directory.Role.DUTY, now, gate="HN")
        )
        return added[1]

    async def signs_in(self, browser: httpx.AsyncClient, code: str) -> httpx.Response:
        return await browser.post("/staff/sign-in", data={"code": code}, headers=origin_of(browser))

    async def waiting(self) -> list[dict[str, Any]]:
        """The raw frames that nobody has handled yet, oldest first."""
        return [dict(one.raw) for one in await self.program.db.read(inbox.waiting)]

    def incoming(self) -> list[str]:
        """What lies unsealed on the disk."""
        folder = self.program.settings.files / "incoming"
        return sorted(path.name for path in folder.iterdir()) if folder.is_dir() else []


@dataclass(slots=True)
class Window:
    """One chat page of one browser."""

    browser: httpx.AsyncClient
    base: str
    chat: str

    @classmethod
    async def opens(cls, browser: httpx.AsyncClient, path: str) -> "Window":
        page = await browser.get(path)
        assert page.status_code == 200, page.text
        shown = re.search(r'data-chat="([0-9a-f]+)"', page.text)
        assert shown is not None
        return cls(browser, path.split("?")[0], shown[1])

    def headers(self) -> dict[str, str]:
        return {**origin_of(self.browser), "x-hotline-chat": self.chat}

    async def says(
        self, text: str, files: Sequence[File] = (), client_id: str = "", **headers: str
    ) -> httpx.Response:
        """What the page's script posts; the same `client_id` is the same sending."""
        parts: list[tuple[str, Any]] = [
            ("client_id", (None, client_id or str(uuid4()))),
            ("text", (None, text)),
        ]
        parts += [("files", file) for file in files]
        return await self.browser.post(
            f"{self.base}/messages", files=parts, headers={**self.headers(), **headers}
        )

    async def presses(
        self, payload: str, message_id: str | None = None, client_id: str = ""
    ) -> httpx.Response:
        body = {"client_id": client_id or str(uuid4()), "payload": payload, "message_id": message_id}
        return await self.posts_json("presses", body)

    async def posts_json(self, what: str, body: object) -> httpx.Response:
        return await self.browser.post(
            f"{self.base}/{what}", content=json.dumps(body), headers=self.headers()
        )

    async def history(self, **wanted: object) -> dict[str, Any]:
        found = await self.browser.get(f"{self.base}/history", params={"chat": self.chat, **wanted})
        assert found.status_code == 200, found.text
        return found.json()

    async def rows(self) -> list[dict[str, Any]]:
        return (await self.history())["rows"]

    async def reads(self) -> list[str]:
        return [row["text"] for row in await self.rows() if row["direction"] == "out"]

    @asynccontextmanager
    async def listens(self, last: str = "") -> AsyncIterator["Events"]:
        """Its server-sent events, after the event `last`."""
        headers = {"last-event-id": last} if last else {}
        asked = self.browser.stream("GET", f"{self.base}/stream", params={"chat": self.chat}, headers=headers)
        async with asked as answer:
            assert answer.status_code == 200
            assert answer.headers["content-type"].startswith("text/event-stream")
            yield Events(answer.aiter_lines())


@dataclass(slots=True)
class Events:
    """An open stream."""

    lines: AsyncIterator[str]

    async def next(self, seconds: float = 10) -> tuple[str, str, dict[str, Any]]:
        """(event, id, data) of the next one, heartbeats left out."""
        async with asyncio.timeout(seconds):
            while (found := await self.any())[0] == "beat":
                pass
        return found

    async def row(self) -> dict[str, Any]:
        event, number, data = await self.next()
        assert event == "row"
        assert number == data["seq"]
        return data

    async def any(self) -> tuple[str, str, dict[str, Any]]:
        """(event, id, data) of the next one, heartbeats too."""
        fields: dict[str, str] = {}
        async for line in self.lines:
            if line:
                name, _, value = line.partition(": ")
                fields[name] = value
            elif "event" in fields:
                return fields["event"], fields.get("id", ""), json.loads(fields.get("data") or "{}")
            else:
                fields = {}
        raise AssertionError("the stream has ended")


def origin_of(browser: httpx.AsyncClient) -> dict[str, str]:
    return {"origin": str(browser.base_url).rstrip("/")}


@asynccontextmanager
async def open_house(folder: Path, **settings: Any) -> AsyncIterator[House]:
    """The program in `folder`, at nine of a Sunday morning in Hanoi; nothing runs but what a test asks for."""
    given = load_settings(data_dir=folder, **settings)
    houses: list[House] = []
    clock = Clock(MORNING, ticks=lambda: houses[0].seconds if houses else 0.0)
    async with opened(given, clock) as program:
        houses.append(House(program))
        try:
            yield houses[0]
        finally:
            for browser in houses[0].browsers:
                await browser.aclose()


@asynccontextmanager
async def served(house: House) -> AsyncIterator[uvicorn.Server]:
    """The house's pages on a port of loopback: streams need a real server."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        config = uvicorn.Config(
            house.program.http, lifespan="off", log_config=None, ws="none", timeout_graceful_shutdown=5
        )
        server = uvicorn.Server(config)
        work = asyncio.create_task(server.serve([listener]))
        house.url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        try:
            yield server
        finally:
            house.program.feed.close()
            server.should_exit = True
            await work
