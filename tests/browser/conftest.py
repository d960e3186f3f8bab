"""A real `hotline run` in a process of its own, and a real Chromium with two windows before it."""

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.async_api import Browser, Page, async_playwright

CHROMIUM = "/usr/bin/chromium"
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
]
PICTURES = Path(__file__).parents[2] / "test-results"


@dataclass(frozen=True)
class Running:
    """`url` of the program and the one-time sign-in addresses that it printed, by name."""

    url: str
    links: dict[str, str]
    data: Path


@pytest.fixture
def hotline(tmp_path: Path) -> Iterator[Running]:
    """Started with no setting but a folder, a port and a drill's clock: Sunday 22/11/2026, 09:00 in Hanoi."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    settings = {
        "HOTLINE_DATA_DIR": str(tmp_path / "var"),
        "HOTLINE_HTTP_PORT": str(port),
        "HOTLINE_CLOCK_START": "2026-11-22T09:00+07:00",
        "PYTHONUNBUFFERED": "1",
    }
    kept = {name: value for name, value in os.environ.items() if not name.startswith("HOTLINE_")}
    process = subprocess.Popen(
        [sys.executable, "-m", "app", "run"],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env=kept | settings,
        text=True,
        cwd=Path(__file__).parents[2],
    )
    try:
        yield Running(f"http://127.0.0.1:{port}", _links(process), tmp_path / "var")
    finally:
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=20)


@pytest.fixture
async def browser() -> AsyncIterator[Browser]:
    """Debian's Chromium. Without one the test is left out on a developer's machine, and fails where CI is set."""
    if shutil.which(CHROMIUM) is None:
        if os.environ.get("CI"):
            pytest.fail("no Chromium: .ci/run installs it")
        pytest.skip("no Chromium on this machine (Debian: apt install chromium)")
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser
        await browser.close()


async def picture(page: Page, name: str) -> None:
    """Keeps what the page shows, for a person to look at."""
    PICTURES.mkdir(exist_ok=True)
    await page.screenshot(path=PICTURES / f"{name}.png")


def _links(process: "subprocess.Popen[str]") -> dict[str, str]:
    assert process.stdout is not None
    links: dict[str, str] = {}
    for line in process.stdout:
        if found := re.match(r"\s+(\S.*?)\s{2,}(http\S+/in/\S+)", line):
            links[found[1]] = found[2]
        if "hotline doctor" in line:
            return links
    raise AssertionError("the program ended before it had printed its addresses")
