"""The program as a process of its own that kills itself at a named point, as if its power had failed.

Processes are forked from a server that has imported everything once (importing takes longer than living and dying).
"""

import asyncio
import multiprocessing
import os
import signal
import sys
import warnings
from collections.abc import Callable, Mapping
from contextlib import nullcontext
from dataclasses import replace
from multiprocessing.process import BaseProcess
from pathlib import Path
from unittest import mock

from app import logs
from app.lock import Lock
from app.program import Program, opened
from app.run import serve
from app.settings import load_settings
from core.notices import NoticeKind
from storage import gathering, points
from tests.telegram_line import UNHURRIED

ROOT = Path(__file__).resolve().parents[2]
# Officers here know a matter by its words, which stand on cards; lists of a jam name codes, and come once a minute.
SINGLE_CARDS = {
    **gathering.GATHERED,
    NoticeKind.CARD: replace(gathering.GATHERED[NoticeKind.CARD], over=10**6),
}
_FORKS = multiprocessing.get_context("forkserver")
_FORKS.set_forkserver_preload([__name__])


def started(settings: Mapping[str, object], path: str = "", log: Path | None = None) -> BaseProcess:
    """The program in a new process. `path` names points of storage/points.py in the order in which they have to be passed,
    "claimed > after commit": at the last one the process is gone. Without a path it lives until SIGTERM.

    With `http_port` among the settings it serves the web chat there. `log`: the file that its words are added to.
    """
    process = _FORKS.Process(target=_live, args=(dict(settings), path, log))
    # The server of Python 3.11 imports what it preloads by PYTHONPATH alone.
    with mock.patch.dict(os.environ, PYTHONPATH=str(ROOT)):
        process.start()
    return process


def _live(settings: Mapping[str, object], path: str, log: Path | None) -> None:
    warnings.simplefilter("error")
    if log is not None:
        _speaks_into(log)
    if path:
        points.hook = _dies_after(path)
    with mock.patch.object(gathering, "GATHERED", SINGLE_CARDS):
        asyncio.run(_run(settings))


async def _run(given: Mapping[str, object]) -> None:
    settings = load_settings(**given)
    logs.configure("console", "info", settings.secrets())
    # As app/run.py does: programs on one server may be many.
    alone = Lock(settings.lock_file) if settings.database.startswith("sqlite") else nullcontext()
    with alone:
        async with opened(settings, facts=[UNHURRIED]) as program:
            asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, program.stop.set)
            await (
                serve(program, settings, greeting=_nobody_reads) if "http_port" in given else program.run()
            )


async def _nobody_reads(program: Program) -> str:
    return ""


def _speaks_into(log: Path) -> None:
    sys.stdout.flush()
    handle = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    os.dup2(handle, 1)
    os.dup2(handle, 2)
    os.close(handle)


def _dies_after(path: str) -> Callable[[str], None]:
    left = [name.strip() for name in path.split(">")]

    def passes(name: str) -> None:
        if left and name == left[0]:
            left.pop(0)
            if not left:
                os.kill(os.getpid(), signal.SIGKILL)

    return passes
