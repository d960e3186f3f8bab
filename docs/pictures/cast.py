"""What the scenes are played with: the program under its own command line, and people at screens."""

import asyncio
import json
import os
import shutil
import socket
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

from PIL import Image
from playwright.async_api import Browser, Page, ViewportSize, async_playwright

HERE = Path(__file__).parent
DAY = "2026-11-25"
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
PHONE, DESK = ViewportSize(width=390, height=844), ViewportSize(width=1280, height=800)
PATIENCE = 15_000
"""Milliseconds that a person waits for what must appear."""
SETTLED = 1.8
"""Seconds. The buttons of a pressed card rest for 1.5; late bubbles and scrolling need less."""
COLOURS = 128
TO_END = "chat => { chat.scrollTop = chat.scrollHeight; }"
TO_TOP = "bubble => { document.getElementById('scroll').scrollTop = bubble.offsetTop - 90; }"
LARGEST = 120_000
"""Bytes. A picture over it is a mistake: the papers are read over a gate's network."""


@dataclass(slots=True)
class Hotline:
    """The program under its own command line, on a folder and a port of its own."""

    folder: Path
    port: int
    at: str = f"{DAY}T06:59:40"
    process: asyncio.subprocess.Process | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def environment(self) -> dict[str, str]:
        mine = {name: value for name, value in os.environ.items() if not name.startswith("HOTLINE_")}
        given = {"DATA_DIR": str(self.folder), "HTTP_PORT": str(self.port), "CLOCK_START": f"{self.at}+07:00"}
        return {**mine, **{f"HOTLINE_{name}": value for name, value in given.items()}}

    async def command(self, *words: str, stdin: str = "") -> str:
        """What `hotline …` prints; any refusal ends the script."""
        pipe = asyncio.subprocess.PIPE
        asked = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "app", *words, env=self.environment(), stdin=pipe, stdout=pipe, stderr=pipe
        )
        out, err = await asked.communicate(stdin.encode())
        if asked.returncode:
            raise RuntimeError(err.decode())
        return out.decode()

    async def start(self, clock: str, day: str = DAY) -> None:
        """Starts the program when its own clock shows `clock` of `day`, and waits until it listens."""
        self.at = f"{day}T{clock}"
        quiet = asyncio.subprocess.DEVNULL
        self.process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "app", "run", env=self.environment(), stdout=quiet, stderr=quiet
        )
        for _ in range(100):
            if _listens(self.port):
                return
            await asyncio.sleep(0.2)
        raise TimeoutError("hotline run did not start")

    async def stop(self) -> None:
        if self.process is not None and self.process.returncode is None:
            self.process.terminate()
            await self.process.wait()

    async def sign_in_code(self, name: str, role: str, *more: str) -> str:
        added = await self.command("people", "add", "--name", name, "--role", role, *more, "--json")
        return str(json.loads(added)["link_code"])


@dataclass(slots=True)
class Person:
    """Somebody at a screen. The page stays open over a restart of the program, as a real one does."""

    page: Page
    url: str

    async def opens(self, path: str) -> None:
        await self.page.goto(self.url + path)

    async def says(self, words: str) -> None:
        await self.page.fill("#text", words)
        await self.page.click("#send")

    async def presses(self, label: str, exact: bool = True, on: str = "") -> None:
        """The newest button with this label (not exact: one that contains it), perhaps below the bubble with the words `on`."""
        place = self.page.locator("#log > li", has_text=on).last if on else self.page.locator("#log")
        found = place.get_by_role("button", name=label, exact=exact, disabled=False)
        await found.last.wait_for(timeout=PATIENCE)
        await found.last.click()

    async def reads(self, words: str) -> None:
        await self.page.locator("#log").get_by_text(words).last.wait_for(timeout=PATIENCE)

    async def replies_to(self, words: str, answer: str) -> None:
        """The platform's own reply (↩) to the newest bubble with these words."""
        bubble = self.page.locator("#log > li.out", has_text=words).last
        await bubble.locator("button.cite").click()
        await self.says(answer)

    async def signs_in(self, code: str, picture: str = "") -> None:
        await self.opens(f"/in/{code}")
        if picture:
            await self.is_pictured(picture)
        await self.page.get_by_role("button").first.click()
        await self.reads("Đã liên kết")

    async def is_pictured(self, name: str, top: str = "") -> None:
        """The end of the chat, or the newest bubble that holds `top` at the upper edge.

        In few colours: text needs no more, and the file stays small.
        """
        await asyncio.sleep(SETTLED)
        if top:
            bubble = self.page.locator("#log > li", has_text=top).last
            await bubble.evaluate(TO_TOP)
        elif await self.page.locator("#scroll").count():
            await self.page.locator("#scroll").evaluate(TO_END)
        shot = Image.open(BytesIO(await self.page.screenshot())).convert("RGB")
        path = HERE / f"{name}.png"
        shot.quantize(COLOURS, dither=Image.Dither.NONE).save(path, optimize=True)
        size = path.stat().st_size
        sys.stdout.write(f"{path.name}  {shot.width} × {shot.height}  {size / 1000:.0f} kB\n")
        if size > LARGEST:
            raise RuntimeError(f"{path.name} is too large")


@asynccontextmanager
async def chromium() -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=shutil.which("chromium"), args=FLAGS)
        yield browser
        await browser.close()


async def somebody(browser: Browser, hotline: Hotline, screen: ViewportSize = PHONE) -> Person:
    """A browser of their own: cookies of two officers must not meet."""
    context = await browser.new_context(viewport=screen, locale="vi-VN")
    return Person(await context.new_page(), hotline.url)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0
