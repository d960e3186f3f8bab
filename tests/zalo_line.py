"""The real program on the line to a Zalo double: pushed updates reach its own web server, as in service."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from app.program import opened
from app.run import serve
from app.settings import load_settings
from bot.zalo.sender import ZALO
from core.people import Role
from services import directory
from services.reference import reference
from services.verify import verify
from storage import inbox
from storage import outbox as outbox_rows
from tests.doubles.zalobot import SECRET, Person, ZaloBotDouble
from tests.telegram_line import MORNING, Line, until

UNHURRIED = replace(ZALO, per_second=10_000, per_chat_second=10_000, per_group_minute=10_000)
"""Zalo without a rate: for what is not about the pace."""


@dataclass(slots=True)
class ZaloLine(Line):
    """The program and the people at both ends of it."""

    double: ZaloBotDouble  # type: ignore[assignment]

    async def staff(self, name: str, role: Role = Role.DUTY, gate: str | None = "HN") -> Person:  # type: ignore[override]
        """A linked member of staff: their one-time code, sent as the invitation says."""
        now = self.program.clock.now()
        added = await self.program.db.write(
            lambda db: directory.add_person(db, reference(db), name, role, now, gate=gate)
        )
        member = self.double.user(name)
        await member.links(added[1])
        await member.waits_for(f"Đã liên kết tài khoản: {name}")
        return member

    async def rests(self) -> None:
        """Until everything that was said has been handled and nothing more is to be sent."""
        for _ in range(500):
            if not self.double.waiting and not await self._has_work():
                return
            await asyncio.sleep(0.02)
        raise AssertionError("there is work left after ten seconds")

    async def _has_work(self) -> bool:
        now = self.program.clock.now()
        due = await self.program.db.read(lambda db: outbox_rows.next_try_at(db, now))
        return bool(await self.program.db.read(inbox.waiting)) or (due is not None and due <= now)


def free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


@asynccontextmanager
async def open_zalo_line(folder: Path, double: ZaloBotDouble, **settings: Any) -> AsyncIterator[ZaloLine]:
    """The program with its web server on a free port, in webhook mode unless told; its history must verify at the end."""
    port = free_port()
    given = {
        "data_dir": folder,
        "http_port": port,
        "public_url": f"http://127.0.0.1:{port}",
        "zalo_bot_token": double.token,
        "zalo_bot_base_url": double.base_url,
        "zalo_bot_secret": SECRET,
        "clock_start": MORNING,
        **settings,
    }
    wanted = load_settings(**given)
    async with opened(wanted, facts=[UNHURRIED]) as program:
        serving = asyncio.create_task(serve(program, wanted))
        try:
            if wanted.zalo_bot_mode == "webhook":
                await until(lambda: bool(double.webhook_url), seconds=10)
            yield ZaloLine(program, double)
        finally:
            program.stop.set()
            await serving
        verdict = await program.db.read(verify)
        assert not verdict.findings
