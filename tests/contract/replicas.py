"""Equal programs on one PostgreSQL, each a process of its own, that can be killed one after another."""

import asyncio
import multiprocessing
import os
import signal
import warnings
from collections.abc import Mapping, Sequence
from datetime import timedelta
from multiprocessing.process import BaseProcess
from multiprocessing.synchronize import Semaphore
from pathlib import Path
from unittest import mock

from app.program import opened
from app.settings import load_settings
from bot import worker
from services import outbox
from tests.telegram_line import until

ROOT = Path(__file__).resolve().parents[2]
_FORKS = multiprocessing.get_context("forkserver")
_FORKS.set_forkserver_preload([__name__])


class Replicas:
    """`settings` are given to each. In these tests a dead process's work is taken up after two seconds, not twenty."""

    def __init__(self, settings: Mapping[str, object], count: int = 3) -> None:
        self._settings = dict(settings)
        self._ready = _FORKS.Semaphore(0)
        self.living = [self._started() for _ in range(count)]

    async def begin(self) -> None:
        """Returns when so many more as were started are at work."""
        for _ in self.living:
            assert await asyncio.to_thread(self._ready.acquire, True, 60)

    async def kill(self, which: BaseProcess) -> None:
        """kill -9, and another one in its place; returns when that is at work."""
        os.kill(which.pid or 0, signal.SIGKILL)
        await until(lambda: not which.is_alive())
        self.living[self.living.index(which)] = self._started()
        assert await asyncio.to_thread(self._ready.acquire, True, 60)

    async def stop(self) -> Sequence[int | None]:
        """Politely; how each one ended."""
        for process in self.living:
            process.terminate()
        await until(lambda: not any(process.is_alive() for process in self.living), seconds=30)
        return [process.exitcode for process in self.living]

    def _started(self) -> BaseProcess:
        process = _FORKS.Process(target=_live, args=(self._settings, self._ready))
        # The server of Python 3.11 imports what it preloads by PYTHONPATH alone.
        with mock.patch.dict(os.environ, PYTHONPATH=str(ROOT)):
            process.start()
        return process


def _live(settings: Mapping[str, object], ready: Semaphore) -> None:
    warnings.simplefilter("error")
    outbox.LEASE, outbox.RENEW_SECONDS = timedelta(seconds=2), 0.4
    worker.LEASE = timedelta(seconds=2)
    asyncio.run(_run(settings, ready))


async def _run(settings: Mapping[str, object], ready: Semaphore) -> None:
    async with opened(load_settings(**settings)) as program:
        ready.release()
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, program.stop.set)
        await program.run()
