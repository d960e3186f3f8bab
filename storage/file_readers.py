"""Reading an SQLite file: a few threads with a connection each, and what waits together is asked in one snapshot.

One hop between threads for a query, where the asynchronous driver takes one for each of its statements: what a notice needs
to be put into words is a dozen of them, and sixteen notices that go out together need one roster (docs/performance.md).
"""

import asyncio
import queue
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Any, TypeVar

import sqlalchemy as sa
from sqlalchemy.engine import Connection
from sqlalchemy.pool import QueuePool

T = TypeVar("T")
THREADS = 4
TOGETHER = 16


@dataclass(slots=True)
class _Asked:
    query: Callable[[Connection], Any]
    done: Future[Any]


class FileReaders:
    """`read` answers from a snapshot that is not older than the question; its query cannot write."""

    def __init__(self, url: sa.URL) -> None:
        self._engine = sa.create_engine(
            url.set(drivername="sqlite"),
            poolclass=QueuePool,
            pool_size=THREADS,
            hide_parameters=True,
            connect_args={"check_same_thread": False},
        )
        sa.event.listen(self._engine, "connect", _prepare)
        # Without a BEGIN every SELECT would see a later state than the one before it.
        sa.event.listen(self._engine, "begin", _begin)
        self._asked: queue.SimpleQueue[_Asked | None] = queue.SimpleQueue()
        self._closed = False
        self._threads = [
            threading.Thread(target=self._answer_for_ever, name=f"hotline-reader-{number}", daemon=True)
            for number in range(THREADS)
        ]
        for thread in self._threads:
            thread.start()

    async def read(self, query: Callable[[Connection], T]) -> T:
        """What `query` finds, or what it raises."""
        if self._closed:
            raise RuntimeError("the database is closed")
        asked = _Asked(query, Future())
        self._asked.put(asked)
        found: T = await asyncio.wrap_future(asked.done)
        return found

    async def close(self) -> None:
        """What was asked before is still answered."""
        self._closed = True
        for _ in self._threads:
            self._asked.put(None)
        for thread in self._threads:
            await asyncio.to_thread(thread.join)
        self._engine.dispose()

    def _answer_for_ever(self) -> None:
        while (first := self._asked.get()) is not None:
            # Gathered before the snapshot is taken: none of them may see less than was there when it was asked.
            together = [first, *self._others()]
            waiting = [asked for asked in together if asked.done.set_running_or_notify_cancel()]
            try:
                with self._engine.connect() as connection, connection.begin():
                    for asked in waiting:
                        _answer(connection, asked)
            except Exception as error:  # the file cannot be opened: nobody was answered
                for asked in waiting:
                    if not asked.done.done():
                        asked.done.set_exception(error)

    def _others(self) -> Iterator[_Asked]:
        for _ in range(TOGETHER - 1):
            try:
                asked = self._asked.get_nowait()
            except queue.Empty:
                return
            if asked is None:
                self._asked.put(None)
                return
            yield asked


def _answer(connection: Connection, asked: _Asked) -> None:
    try:
        found = asked.query(connection)
    except BaseException as error:
        asked.done.set_exception(error)
    else:
        asked.done.set_result(found)


def _begin(connection: Connection) -> None:
    connection.exec_driver_sql("BEGIN")


def _prepare(raw: Any, record: Any) -> None:
    raw.isolation_level = None
    for pragma in ("busy_timeout=15000", "query_only=ON"):
        raw.execute(f"PRAGMA {pragma}").close()
