"""Many processes on one PostgreSQL: `python -m bench.replicas [1 2 3]` – how much they take in together, for each number of them.

What is measured is the way from a waiting update to a handled one and to a message accepted; the stub limits nothing. The
server runs on the same machine, with its own settings (every commit on the disk), and takes its share of the cores.
"""

import asyncio
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from statistics import median

import asyncpg
import psutil
import sqlalchemy as sa

from app.program import opened
from app.settings import load_settings
from bench.bots import UNPACED
from bench.stub import TOKEN, Stub
from storage.database import Database, wake
from storage.migrate import upgrade
from tests import postgres

PEOPLE = 600
PINGS = 200
COMMITS = "SELECT xact_commit FROM pg_stat_database WHERE datname = current_database()"


@dataclass(frozen=True, slots=True)
class Figures:
    """Messages a second that were handled, notices a second that were sent, and of each message: commits, seconds of a
    core in our processes and in the server's."""

    handled: float
    sent: float
    commits: float
    ours: float
    server: float


def main() -> None:
    """One line for each number of processes, and one for how long a hint takes from process to process."""
    for number in [int(one) for one in sys.argv[1:]] or [1, 2, 3]:
        found = asyncio.run(_burst(number))
        print(
            f"{number} processes: {found.handled:.0f} messages/s handled, {found.sent:.0f} notices/s sent; "
            f"a message costs {found.commits:.1f} commits, {1000 * found.ours:.1f} ms of a core here, "
            f"{1000 * found.server:.1f} ms in the server"
        )
    told = asyncio.run(_pings())
    print(
        f"a hint from process to process: median {1000 * median(told):.1f} ms, longest {1000 * max(told):.1f} ms"
    )
    postgres.stop()


async def _burst(number: int) -> Figures:
    async with postgres.fresh_database(migrated=False) as server:
        await upgrade(server)
        with Stub() as stub, tempfile.TemporaryDirectory() as folder, ExitStack() as stack:
            own = [stack.enter_context(_process(server, stub.url, Path(folder))) for _ in range(number)]
            await _are_up(server, number)
            commits, ours, theirs = await _one(server, COMMITS), _cores(own), _cores(postgres.backends())
            stub.people_write(range(1, PEOPLE + 1))
            began = time.monotonic()
            await _until(server, "SELECT count(*) >= $1 FROM inbox WHERE status = 'done'", PEOPLE)
            handled = time.monotonic() - began
            await _until(server, "SELECT count(*) <= $1 FROM outbox WHERE status = 'waiting'", 0)
            answered = time.monotonic() - began
            sent = await _one(server, "SELECT count(*) FROM outbox WHERE status = 'sent'")
            commits, ours = await _one(server, COMMITS) - commits, _cores(own) - ours
            theirs = _cores(postgres.backends()) - theirs
    return Figures(PEOPLE / handled, sent / answered, commits / PEOPLE, ours / PEOPLE, theirs / PEOPLE)


def _cores(processes: Iterable[psutil.Process]) -> float:
    """Seconds of a core that these have used so far."""
    used = 0.0
    for one in processes:
        with suppress(psutil.NoSuchProcess):  # a connection that ended meanwhile
            used += one.cpu_times().user + one.cpu_times().system
    return used


async def _pings() -> list[float]:
    heard: asyncio.Queue[float] = asyncio.Queue()

    def hears(names: set[str]) -> None:
        if "inbox" in names:
            heard.put_nowait(time.monotonic())

    async with postgres.fresh_database() as server, Database(server) as one, Database(server, hears):
        await heard.get()  # everybody is woken when the line stands
        took = []
        for _ in range(PINGS):
            began = time.monotonic()
            await one.write(lambda db: wake(db, "inbox"))
            took.append(await heard.get() - began)
    return took


@contextmanager
def _process(server: str, url: str, folder: Path) -> Iterator[psutil.Process]:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("HOTLINE_")}
    with subprocess.Popen(
        [sys.executable, "-m", "bench.replicas", "live", server, url, str(folder)],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env=environment,
    ) as process:
        try:
            yield psutil.Process(process.pid)
        finally:
            process.terminate()


async def _are_up(server: str, number: int) -> None:
    listening = "SELECT count(*) >= $1 FROM pg_locks WHERE locktype = 'advisory' AND objsubid = 2"
    await _until(server, listening, number)
    await _until(server, "SELECT count(*) >= $1 FROM leases", 1)
    await asyncio.sleep(10)  # what a start costs is none of this


async def _until(server: str, query: str, number: int) -> None:
    while not await _one(server, query, number):  # noqa: ASYNC110 - it happens in other processes
        await asyncio.sleep(0.2)


async def _one(server: str, query: str, *given: int) -> int:
    address = sa.make_url(server)
    connection = await asyncpg.connect(
        user="postgres", host=str(address.query["host"]), database=address.database
    )
    try:
        return int(await connection.fetchval(query, *given) or 0)
    finally:
        await connection.close()


async def _live(server: str, url: str, folder: str) -> None:
    settings = load_settings(
        data_dir=Path(folder), database_url=server, telegram_token=TOKEN, telegram_base_url=url
    )
    async with opened(settings, facts=[UNPACED]) as program:
        await program.run()


if __name__ == "__main__":
    if sys.argv[1:2] == ["live"]:
        asyncio.run(_live(*sys.argv[2:5]))
    else:
        main()
