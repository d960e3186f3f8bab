"""What a channel must be able to do here: people who write, press and read through it, before the real, running program."""

import asyncio
import socket
from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any, Protocol, Self

from app.clock import Clock
from app.program import Program, opened
from app.run import serve
from app.settings import load_settings
from core.people import Role
from core.task import Task
from core.ticket import Ticket
from services import directory
from services.reference import reference
from services.verify import verify
from storage import messages, plans, tickets
from tests.telegram_line import UNHURRIED, until
from tests.web_page import MORNING
from tests.zalo_line import UNHURRIED as ZALO_UNHURRIED
from tests.zalo_oa_line import UNHURRIED as OA_UNHURRIED


class Somebody(Protocol):
    """A person at the end of the channel, whatever pressing means there."""

    async def says(self, text: str) -> Any: ...

    async def presses(self, label: str) -> Any: ...

    async def waits_for(self, words: str, seconds: float = 5.0, since: int = 0) -> Any: ...

    def mark(self) -> int: ...


class Stage(ABC):
    """One channel's platform and the program behind it, on a clock that is moved by hand."""

    name: str
    text_limit: int

    def __init__(self, folder: Path) -> None:
        self.folder, self.port = folder, _free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.program: Program
        self._seconds = 0.0
        self._stack = AsyncExitStack()
        self._serving: AsyncExitStack

    async def __aenter__(self) -> Self:
        await self._stack.__aenter__()
        await self.opens(self._stack)
        await self._starts()
        return self

    async def __aexit__(self, *error: Any) -> None:
        try:
            verdict = await self.program.db.read(verify)
            assert not verdict.findings
        finally:
            await self._serving.aclose()
            await self._stack.__aexit__(*error)

    # --- each channel's own

    @abstractmethod
    async def opens(self, stack: AsyncExitStack) -> None:
        """The platform's double, or what else lives as long as the stage."""

    def settings(self) -> dict[str, Any]:
        """What connects the program to it."""
        return {}

    def is_connected(self) -> bool:
        return True

    @abstractmethod
    async def citizen(self, name: str) -> Somebody:
        """Somebody at Hữu Nghị whom the program does not know; has not written yet."""

    @abstractmethod
    async def link(self, name: str, code: str) -> Somebody:
        """A member of staff who joins by this one-time code."""

    @abstractmethod
    async def says_thrice(self, somebody: Any, text: str) -> None:
        """One message that the platform delivers three times."""

    def loses(self, somebody: Any) -> bool:
        """Nothing can be sent to them any more. False when this cannot happen here."""
        return False

    def stumbles(self) -> bool:
        """The next message fails once, passingly. False when this cannot happen here."""
        return False

    # --- the same for all

    async def staff(self, name: str, role: Role = Role.DUTY, **more: Any) -> Somebody:
        now, given = self.program.clock.now(), more or {"gate": "HN"}
        added = await self.program.db.write(
            lambda db: directory.add_person(db, reference(db), name, role, now, **given)
        )
        member = await self.link(name, added[1])
        await member.waits_for(f"Đã liên kết tài khoản: {name}")
        return member

    async def passes(self, **span: float) -> None:
        """Time passes; what is due fires."""
        self._seconds += timedelta(**span).total_seconds()
        self.program.heartbeat.wake()
        self.program.post.woken.set()

    @asynccontextmanager
    async def goes_on(self) -> AsyncIterator[None]:
        """Meanwhile the clock runs, at a hundred times its pace."""

        async def runs() -> None:
            while True:
                await asyncio.sleep(0.02)
                await self.passes(seconds=2)

        running = asyncio.create_task(runs())
        try:
            yield
        finally:
            running.cancel()

    async def restarts(self) -> None:
        """The program ends and is started again on what it stored."""
        await self._serving.aclose()
        await self._starts()

    async def becomes(self, fits: Callable[[Ticket], bool]) -> Ticket:
        """The only ticket, once it `fits`."""
        for _ in range(800):
            if len(found := await self.tickets()) == 1 and fits(found[0]):
                return found[0]
            await asyncio.sleep(0.01)
        raise AssertionError(f"no ticket became that: {found}")

    async def tickets(self) -> Sequence[Ticket]:
        return list(await self.program.db.read(lambda db: tickets.listed(db)))

    async def words(self) -> list[str]:
        """What senders wrote on the only ticket."""
        (ticket,) = await self.tickets()
        found = await self.program.db.read(lambda db: messages.of_ticket(db, ticket.id, "in"))
        return [message.text for message in found]

    async def task(self) -> Task:
        (task,) = await self.program.db.read(plans.all_tasks)
        return task

    async def _starts(self) -> None:
        self._serving = AsyncExitStack()
        given = {"data_dir": self.folder, "http_port": self.port, "public_url": self.url, **self.settings()}
        wanted = load_settings(**given)
        clock = Clock(MORNING + timedelta(seconds=self._seconds), ticks=lambda: self._seconds)
        program = opened(wanted, clock, facts=[UNHURRIED, ZALO_UNHURRIED, OA_UNHURRIED])
        self.program = await self._serving.enter_async_context(program)
        running = asyncio.create_task(serve(self.program, wanted))
        self._serving.push_async_callback(_ends, self.program, running)
        await until(self.is_connected, seconds=10)
        await _answers(self.port)


async def _ends(program: Program, running: asyncio.Task[None]) -> None:
    program.stop.set()
    await running


async def _answers(port: int) -> None:
    """Until the web server listens."""
    for _ in range(500):
        try:
            _, writer = await asyncio.open_connection("127.0.0.1", port)
        except OSError:
            await asyncio.sleep(0.02)
            continue
        writer.close()
        await writer.wait_closed()
        return
    raise AssertionError("nobody listens")


def _free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])
