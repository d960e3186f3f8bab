"""The real program on the line to a Bot API double: what `hotline run` does with Telegram, without the web server.

Receiving, storing, handling, sending and the heartbeat are the program's own tasks on the real clock's pace; only the date is
a drill's (a Sunday morning at the gate), so that the words of a promise do not depend on when the tests run.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from app.program import Program, opened
from app.settings import load_settings
from bot.telegram.sender import TELEGRAM
from core.people import Role
from core.ticket import Ticket
from services import directory
from services.reference import reference
from services.sender import ChannelFacts
from services.verify import verify
from storage import inbox, messages, tickets
from tests import postgres
from tests.doubles.botapi import BotApiDouble
from tests.doubles.botapi_people import Person

UNHURRIED = replace(TELEGRAM, per_second=10_000, per_chat_second=10_000, per_group_minute=10_000)
"""Telegram without its rates: for what is not about the pace."""
MORNING = "2026-11-22T09:00:00+07:00"


@dataclass(slots=True)
class Line:
    """The program and the people at both ends of it."""

    program: Program
    double: BotApiDouble

    async def staff(self, name: str, role: Role = Role.DUTY, gate: str | None = "HN") -> Person:
        """A linked member of staff: their one-time code, sent as the link of the invitation does."""
        now = self.program.clock.now()
        code = (
            await self.program.db.write(
                lambda db: directory.add_person(db, reference(db), name, role, now, gate=gate)
            )
        )[1]
        member = self.double.user(name)
        await member.starts(f"link_{code}")
        await member.waits_for(f"Đã liên kết tài khoản: {name}")
        return member

    async def tickets(self) -> Sequence[Ticket]:
        """Oldest first."""
        return list(reversed(await self.program.db.read(lambda db: tickets.listed(db))))

    async def ticket(self) -> Ticket:
        """The only one."""
        found = await self.tickets()
        assert len(found) == 1, [one.code for one in found]
        return found[0]

    async def becomes(self, fits: Callable[[Ticket], bool], seconds: float = 5.0) -> Ticket:
        """The only ticket, once it `fits`. Raises AssertionError after `seconds`."""
        for _ in range(int(seconds * 100)):
            found = await self.tickets()
            if len(found) == 1 and fits(found[0]):
                return found[0]
            await asyncio.sleep(0.01)
        raise AssertionError(f"no ticket became that: {found}")

    async def words(self, ticket: Ticket, direction: str | None = None) -> list[str]:
        found = await self.program.db.read(lambda db: messages.of_ticket(db, ticket.id, direction))
        return [message.text for message in found]

    async def rests(self) -> None:
        """Until everything that was said has been handled and nothing more is sent."""
        await self.double.settles()
        async with asyncio.timeout(10):
            while await self.program.db.read(inbox.waiting):
                await self.double.settles()


async def until(fits: Callable[[], bool], seconds: float = 5.0) -> None:
    """Returns when it `fits`. Raises AssertionError after `seconds`."""
    for _ in range(int(seconds * 100)):
        if fits():
            return
        await asyncio.sleep(0.01)
    raise AssertionError(f"not within {seconds} seconds")


@asynccontextmanager
async def open_line(
    folder: Path, double: BotApiDouble, facts: ChannelFacts = UNHURRIED, **settings: Any
) -> AsyncIterator[Line]:
    """The program, running in poll mode; its history must verify when the test is over."""
    if postgres.WANTED and "database_url" not in settings:
        async with (
            postgres.fresh_database() as fresh,
            open_line(folder, double, facts, database_url=fresh, **settings) as line,
        ):
            yield line
        return
    given = {
        "data_dir": folder,
        "telegram_token": double.token,
        "telegram_base_url": double.base_url,
        "clock_start": MORNING,
        **settings,
    }
    async with opened(load_settings(**given), facts=[facts]) as program:
        running = asyncio.create_task(program.run())
        try:
            yield Line(program, double)
        finally:
            program.stop.set()
            await running
        verdict = await program.db.read(verify)
        assert not verdict.findings
