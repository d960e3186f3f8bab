"""The two bots under measurement, each as a process of its own before the same stub."""

import asyncio
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import psutil

from app.program import Program, opened
from app.settings import load_settings
from bench.stub import TOKEN, Stub
from bot.telegram.sender import TELEGRAM
from core.calendar import TZ
from core.notices import Notice, NoticeKind, Priority
from core.people import Role
from services import directory
from services.reference import reference
from services.sender import ChannelFacts
from storage import outbox, people
from storage.database import Connection

STAFF = (9_000_001, 9_000_002, 9_000_003)
"""Chats of the duty officers at Hữu Nghị: three cards for every ticket."""
GROUP = -5_001
OFFICERS = 8_000_000
"""The first of the chats that reminders go to."""
MORNING = datetime(2026, 11, 25, 9, tzinfo=TZ)
"""The hour at the gate, whatever it is here: at night nobody is on shift, and no card would be counted."""
UNPACED = replace(TELEGRAM, per_second=1e6, per_chat_second=1e6, per_group_minute=10**6)


@contextmanager
def hotline(
    stub: Stub, folder: Path, *, paced: bool = False, group: bool = False, reminders: int = 0
) -> Iterator[psutil.Process]:
    """The program, receiving and sending. `paced`: within Telegram's limits, as in service. `group`: the gate has one.
    `reminders`: so many wait at the start, each for a chat of its own."""
    asked = [
        str(folder),
        stub.url,
        "paced" if paced else "unpaced",
        "group" if group else "alone",
        str(reminders),
    ]
    with _running("bench.bots", *asked) as process:
        yield process


@contextmanager
def naive(stub: Stub, folder: Path) -> Iterator[psutil.Process]:
    """The reference bot."""
    with _running("bench.naive", stub.url, str(folder / "naive.db")) as process:
        yield process


def wait_for(count: int, stub: Stub, *, since: int = 0, seconds: float = 600) -> None:
    """Until the bot has sent so many messages after the first `since`. Raises TimeoutError."""
    ends = time.monotonic() + seconds
    while stub.count() - since < count:
        if time.monotonic() > ends:
            raise TimeoutError(f"{stub.count() - since} of {count} messages after {seconds:g} s")
        time.sleep(0.02)


@contextmanager
def _running(module: str, *arguments: str) -> Iterator[psutil.Process]:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("HOTLINE_")}
    with subprocess.Popen(
        [sys.executable, "-m", module, *arguments],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env=environment,
    ) as process:
        try:
            yield psutil.Process(process.pid)
        finally:
            process.terminate()


async def _live(folder: str, url: str, pace: str, where: str, reminders: str) -> None:
    facts: ChannelFacts = TELEGRAM if pace == "paced" else UNPACED
    settings = load_settings(
        data_dir=Path(folder), telegram_token=TOKEN, telegram_base_url=url, clock_start=MORNING
    )
    async with opened(settings, facts=[facts]) as program:
        await program.db.write(lambda db: _staffed(db, program, group=where == "group"))
        await program.db.write(lambda db: _reminded(db, program, int(reminders)))
        await program.run()


def _staffed(db: Connection, program: Program, *, group: bool) -> None:
    now = program.clock.now()
    if people.identity(db, "telegram", "123456", str(STAFF[0])) is not None:
        return
    for chat in STAFF:
        person = directory.add_person(db, reference(db), f"Khuê {chat}", Role.DUTY, now, gate="HN")[0]
        people.add_identity(db, person, "telegram", "123456", str(chat), now, name="Khuê")
    if group:
        people.add_identity(db, None, "telegram", "123456", str(GROUP), now, kind="group", gate="HN")


def _reminded(db: Connection, program: Program, count: int) -> None:
    """Notices of the reminders' rank; their words do not matter here."""
    now = program.clock.now()
    for number in range(count):
        person = people.add_person(db, f"Cán bộ {number}", Role.OFFICER, now)
        chat = people.add_identity(db, person, "telegram", "123456", str(OFFICERS + number), now)
        outbox.add(db, [Notice(NoticeKind.LANGUAGE_CHOICE, chat.id, priority=Priority.REMINDER)], now)


if __name__ == "__main__":
    asyncio.run(_live(*sys.argv[1:6]))
