"""One folder of data, killed again and again at a random instant or at a named point while people go on; then looked at.

A run is made from its seed: who writes what by which way, how many press, where and when the process dies. What the machine
makes of it (how far the process had come at that instant) is another each time.
"""

import asyncio
import signal
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from multiprocessing.process import BaseProcess
from pathlib import Path
from random import Random

import httpx

from core.people import Role
from core.reminders import DEFAULTS
from services import directory, planning
from services.reference import reference
from tests import postgres
from tests.app.running import free_port
from tests.crash.child import started
from tests.crash.findings import Sight, findings_of, fired, receipts_in, receipts_known
from tests.crash.officers import AtADesk, ByTelephone, Officer
from tests.crash.rows import left_to_do
from tests.crash.traffic import PATIENCE, Traffic
from tests.doubles.botapi import BotApiDouble
from tests.plan_cast import OWN_PLAN, seed
from tests.telegram_line import Line, open_line, until

DATABASES = ("sqlite", "postgresql")
POINTS = ("stored", "claimed", "fired", "before commit", "after commit", "before send", "after send")
"""All of storage/points.py."""
MOST_IN_FLIGHT = 32
"""Messages that one kill may double (limits.md, B2)."""
BEGINS = datetime.fromisoformat(
    "2026-11-23T06:55:00+07:00"
)  # a Monday: gates open at seven, offices at half past
AFTER_THE_DUE_TIME = datetime.fromisoformat("2026-11-23T19:00:30+07:00")
AT_NIGHT = "2026-11-23T22:00:00+07:00"
DAYS_LATER = "2026-11-25T09:00:00+07:00"


@dataclass(frozen=True, slots=True)
class Death:
    """At the point `path` (as tests/crash/child.py reads it); or so many seconds after the process `began` or first `listens`."""

    path: str = ""
    seconds: float = 1.5
    listens: bool = True


@dataclass(slots=True)
class Result:
    """What a run was and what is wrong with what it left: nothing, when all is well."""

    seed: int
    kills: int = 0
    at: Counter[str] = field(default_factory=Counter)
    claims: Counter[str] = field(default_factory=Counter)  # won by telephone, at a desk
    messages: int = 0
    answers: int = 0
    fired: int = 0
    doubled: int = 0
    most_in_flight: int = 0
    findings: list[str] = field(default_factory=list)


@asynccontextmanager
async def database_of(kind: str, folder: Path) -> AsyncIterator[str]:
    """The address of an empty database, one of DATABASES: a file in `folder`, or one of the tests' server."""
    if kind == "sqlite":
        yield f"sqlite+aiosqlite:///{folder / 'hotline.db'}"
    else:
        async with postgres.fresh_database(durable=True) as address:
            yield address


async def endured(folder: Path, database: str, kills: int, seed: int, server_kills: int = 0) -> Result:
    """Kills the program `kills` times on `folder` and the database of this address, and the database's server as often as told
    while the program lives; leaves it in peace until all is done, and looks at what there is."""
    chance, result = Random(seed), Result(seed)
    async with BotApiDouble() as double:
        run = await _Run.prepared(folder, database, double, chance, result)
        by_day, in_the_evening = deaths(kills, chance)
        async with run.traffic.watched():
            for death in by_day:
                await run.dies(death)
            for number in range(server_kills):
                await run.outlives_its_server((signal.SIGKILL, signal.SIGQUIT)[number % 2])
            await run.lives_until_all_is_said()
            run.closes()
            for death in in_the_evening:
                await run.dies(death)
            await run.rests()
        result.claims += run.traffic.claims
        result.messages, result.answers = len(run.traffic.ledger.messages), len(run.traffic.ledger.answers)
        result.fired, result.doubled = await fired(run.database), await run.doubled()
        result.findings += run.traffic.complaints
        result.findings += await findings_of(run.sight())
    return result


def deaths(kills: int, chance: Random) -> tuple[list[Death], list[Death]]:
    """(by day, in the evening): each point at least once when there is room, points and instants mixed."""
    certain = [Death(point, seconds=10) for point in POINTS if point != "fired"]
    others = [_any_death(chance) for _ in range(max(0, kills - len(certain) - 1))]
    found = (certain + others)[: kills - 1]
    chance.shuffle(found)
    day = kills * 4 // 5
    # In the evening the due times pass: there timers surely fire.
    return found[:day], [Death("fired", seconds=10), *found[day:]]


def _any_death(chance: Random) -> Death:
    if chance.random() < 0.5:
        return _at_point(chance.choice(POINTS), chance)
    listens = chance.random() < 0.75
    return Death(seconds=chance.uniform(0, 0.6 if listens else 1.0), listens=listens)


def _at_point(point: str, chance: Random) -> Death:
    """At one of the first times that this point is passed."""
    return Death(" > ".join([point] * chance.randint(1, 6)))


class _Run:
    """The folder, the people, and how late it is."""

    def __init__(
        self, folder: Path, database: str, double: BotApiDouble, chance: Random, result: Result
    ) -> None:
        self.folder, self.database, self.double = folder, database, double
        self.chance, self.result = chance, result
        self.log, self.port = folder / "child.log", free_port()
        self.clock, self._lost = BEGINS, 0

    @classmethod
    async def prepared(
        cls, folder: Path, database: str, double: BotApiDouble, chance: Random, result: Result
    ) -> "_Run":
        run = cls(folder, database, double, chance, result)
        await asyncio.to_thread(folder.mkdir, parents=True, exist_ok=True)
        begins, web = BEGINS.isoformat(), f"http://127.0.0.1:{run.port}"
        async with open_line(folder, double, clock_start=begins, database_url=database) as line:
            officers: list[Officer] = [
                ByTelephone(await line.staff(name), double.world) for name in ("Khuê", "Lan", "Minh")
            ]
            officers += [await _at_a_desk(line, name, web) for name in ("Hoa", "Tú")]
            for name, role in (("Dung", Role.OFFICE), ("Giang", Role.LEADER), ("Quân", Role.ADMIN)):
                await line.staff(name, role, None)
            await _plan_in_force(line)
            await line.rests()
        run.traffic = Traffic(double, officers, web, chance)
        return run

    async def dies(self, death: Death) -> None:
        """One life, with something to do from its first moment on."""
        self._moves_on(4 if death.path.startswith("fired") else 0)
        await self.traffic.goes_on(self.chance.randint(1, 3))
        process = self._started(self.clock.isoformat(), death.path)
        await self._alive(process, death)
        by_itself = not process.is_alive()
        process.kill()
        await until(lambda: not process.is_alive(), seconds=30)
        assert process.exitcode == -signal.SIGKILL, f"the program ended by itself: {self._last_words()}"
        self.result.kills += 1
        self.result.at[death.path.rpartition("> ")[2] if by_itself else "an instant"] += 1
        await self._counts_in_flight()

    async def outlives_its_server(self, how: signal.Signals) -> None:
        """The database's server dies and comes back while the program lives: it says so, and goes on by itself."""
        self._moves_on(1)
        await self.traffic.goes_on(self.chance.randint(1, 3))
        process = self._started(self.clock.isoformat())
        try:
            await until(lambda: bool(self.double.calls("getUpdates")), seconds=60)
            await asyncio.sleep(self.chance.uniform(0, 1))
            await postgres.dies(how)
            try:
                await self.traffic.goes_on(1)
                said = await self._readiness(503)
                await asyncio.sleep(self.chance.uniform(0, 3))
            finally:  # others want it too
                await postgres.restarts()
            await self._readiness(200)
        finally:
            process.kill()
            await until(lambda: not process.is_alive(), seconds=30)
        if process.exitcode != -signal.SIGKILL:
            self.result.findings.append(f"the program ended with its server: {self._last_words()}")
        if not said.startswith("database"):
            self.result.findings.append(f"/readyz said of a server that was gone: {said}")
        self.result.at["the server"] += 1
        await self._counts_in_flight()

    async def _readiness(self, wanted: int) -> str:
        """What /readyz says once it answers so. Raises TimeoutError after 30 seconds."""
        async with asyncio.timeout(30), httpx.AsyncClient(base_url=self.traffic.web, timeout=20) as monitor:
            while True:
                with suppress(httpx.TransportError):
                    answer = await monitor.get("/readyz")
                    if answer.status_code == wanted:
                        return str(answer.json()["status"])
                await asyncio.sleep(0.05)

    async def lives_until_all_is_said(self) -> None:
        """Undisturbed, until everybody has had an answer."""
        async with self._undisturbed(self.clock.isoformat()):
            await self.traffic.ends()

    def closes(self) -> None:
        """The gate is shut, and the due times of the day pass while the program dies."""
        self.clock = AFTER_THE_DUE_TIME
        self.traffic.closed = True

    async def rests(self) -> None:
        """Until nothing is left of this day, and of the next days."""
        await self.lives_until_all_is_said()
        for clock in (AT_NIGHT, DAYS_LATER):
            async with self._undisturbed(clock):
                await self.traffic.looks_at_the_pages()

    @asynccontextmanager
    async def _undisturbed(self, clock: str) -> AsyncIterator[None]:
        process = self._started(clock)
        self.traffic.in_peace = True
        try:
            yield
            await self._calm(process, clock)
        finally:
            self.traffic.in_peace = False
            process.terminate()
            await until(lambda: not process.is_alive(), seconds=30)
        if process.exitcode != 0:
            self.result.findings.append(f"the program ended with {process.exitcode}")

    def sight(self) -> Sight:
        ledger = self.traffic.ledger
        return Sight(self.database, self.log, ledger, self._received(), ledger.pages, self._lost)

    async def doubled(self) -> int:
        return receipts_in(self._received()) - await receipts_known(self.database)

    def _received(self) -> list[tuple[str, ...]]:
        return [driver.messages() for driver in self.traffic.ledger.drivers.values()]

    def _moves_on(self, minutes: float) -> None:
        """So that timers fall due (the first rung ten minutes after a message); not so fast that dialogues run out (thirty)."""
        self.clock += timedelta(minutes=minutes + self.chance.uniform(0, 1))

    async def _alive(self, process: BaseProcess, death: Death) -> None:
        """Until it has died at its point, or its time has come; more is said to it meanwhile."""
        if death.listens or death.path:
            await until(lambda: not process.is_alive() or bool(self.double.calls("getUpdates")), seconds=60)
        await self.traffic.goes_on(self.chance.randint(0, 1))
        with suppress(AssertionError):
            await until(lambda: not process.is_alive(), death.seconds)

    def _last_words(self) -> str:
        return self.log.read_text()[-2000:] if self.log.exists() else "(it has said nothing)"

    async def _counts_in_flight(self) -> None:
        """Receipts that Telegram took and the program does not know of: they will be sent again."""
        in_flight = receipts_in(self._received()) - await receipts_known(self.database) - self._lost
        self._lost += in_flight
        self.result.most_in_flight = max(self.result.most_in_flight, in_flight)

    def _started(self, clock: str, path: str = "") -> BaseProcess:
        self.double.requests.clear()
        settings = {
            "data_dir": self.folder,
            "database_url": self.database,
            "telegram_token": self.double.token,
            "telegram_base_url": self.double.base_url,
            "http_port": self.port,
            "clock_start": clock,
            "clock_speed": 5,
        }
        return started(settings, path, self.log)

    async def _calm(self, process: BaseProcess, clock: str) -> None:
        async with asyncio.timeout(PATIENCE):
            quiet = 0
            while quiet < 5:
                assert process.is_alive(), f"the program ended by itself: {self._last_words()}"
                busy = self.double.world.updates or await left_to_do(self.database, clock)
                quiet = 0 if busy or not self.double.calls("getUpdates") else quiet + 1
                await asyncio.sleep(0.1)


async def _at_a_desk(line: Line, name: str, web: str) -> AtADesk:
    """Somebody of the staff, signed in on the web page that is served at this address later."""
    now = line.program.clock.now()
    added = await line.program.db.write(
        lambda db: directory.add_person(db, reference(db), name, Role.DUTY, now, gate="HN")
    )
    return await AtADesk.signs_in(name, added[1], httpx.ASGITransport(line.program.http), web)


async def _plan_in_force(line: Line) -> None:
    """The board's own plan: its reminders fall due in the morning that the run begins with."""
    now, cfg = line.program.clock.now(), line.program.cfg

    def errand(db: object) -> None:
        kept = planning.keep_draft(db, seed(OWN_PLAN), OWN_PLAN, DEFAULTS, None, now)  # type: ignore[arg-type]
        planning.apply(db, cfg, kept.id, None, now)  # type: ignore[arg-type]

    await line.program.db.write(errand)
