"""One door to the database: `write` runs an errand durably, `read` asks. SQLite groups writes into shared commits.

limits.md: a commit shared by 64 errands is 7.7 times as fast as one each, and the asynchronous stack is bound by thread hops per
statement. So errands are plain functions over a synchronous `Connection`: on SQLite one writer thread runs them one after
another, each in a SAVEPOINT, and commits when its queue is empty or 64 have run; on PostgreSQL each is a transaction of its own.
"""

import asyncio
import os
import queue
import random
import threading
from collections.abc import AsyncIterator, Callable, Collection, Iterator
from concurrent.futures import Future
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

import sqlalchemy as sa
from sqlalchemy.engine import Connection as Connection
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine
from sqlalchemy.pool import NullPool

from storage.file_readers import FileReaders
from storage.hearing import TROUBLE, Ears
from storage.points import reach
from storage.remembering import forget

T = TypeVar("T")
Errand = Callable[[Connection], T]
GROUP = 64
GONE = "the file was taken away"
# A process of ours is one core: more connections would only wait, here and on the server.
WRITERS, LOOKERS = 6, 3
ATTEMPTS = 7
FIRST_PAUSE = 0.01
# Two errands that met: one was sent back by the server, or both made the same row. Run anew, it sees what the other did.
SENT_BACK = {"40001", "40P01"}
MET = SENT_BACK | {"23505"}
# Connections, resources, shutting down or starting, a standby that is read-only.
AWAY = ("08", "53", "57P", "25006")


class Conflict(Exception):
    """The row is not as it was loaded: somebody changed it in between. On PostgreSQL the errand is run anew; where errands
    run one after another it is a bug."""


class Unavailable(Exception):
    """The database cannot work now (locked, full, read-only, away). No fault of the errand: it is tried again, and not counted."""


@contextmanager
def _trouble_named() -> Iterator[None]:
    try:
        yield
    except (sa.exc.OperationalError, sa.exc.InterfaceError) as error:
        raise Unavailable(_why(error)) from error
    except sa.exc.DBAPIError as error:
        if error.connection_invalidated or _state(error).startswith(AWAY):
            raise Unavailable(_why(error)) from error
        raise


def _why(error: sa.exc.DBAPIError) -> str:
    """The kind of trouble, for whoever mends it: SQLITE_FULL, SQLITE_BUSY, or the driver's name of it. Never the words, which can
    hold people's."""
    orig = error.orig
    return str(
        getattr(orig, "sqlite_errorname", None) or type(getattr(orig, "__cause__", None) or orig).__name__
    )


def _state(error: BaseException) -> str:
    """PostgreSQL's own code of what went wrong; empty for anything else."""
    return str(getattr(getattr(error, "orig", None), "sqlstate", None) or "")


@asynccontextmanager
async def _connected(engine: AsyncEngine) -> AsyncIterator[AsyncConnection]:
    try:
        connection = await engine.connect()
    except TROUBLE as error:
        raise Unavailable(type(error).__name__) from error
    try:
        yield connection
    finally:
        # Also for a caller that is cancelled: a connection that is not given back is lost to the pool.
        await asyncio.shield(asyncio.ensure_future(connection.close()))


@dataclass(slots=True)
class _Job:
    errand: Errand[Any]
    done: Future[Any]
    result: Any = None
    error: BaseException | None = None


class Database:
    """`url` as SQLAlchemy writes it (`sqlite+aiosqlite:///…` or `postgresql+asyncpg://…`). Use as an async context manager.

    `on_wake` is called in the event loop after a commit that touched a queue ("inbox", "outbox", "timers", "attachments" …) or
    a page ("feed <chat>", "gone <chat>"); on PostgreSQL also after a commit of another process.
    """

    def __init__(self, url: str, on_wake: Callable[[set[str]], None] = lambda names: None) -> None:
        self.url = sa.make_url(url)
        self.on_wake = on_wake
        self.is_sqlite = self.url.get_backend_name() == "sqlite"
        self._jobs: queue.SimpleQueue[_Job | None] = queue.SimpleQueue()
        self._thread: threading.Thread | None = None
        self._writing: set[asyncio.Task[Any]] = set()
        self._stopping = self._closed = False
        self._file: tuple[int, int] | None = None  # what SQLite's file is known by, whatever it is called

    async def __aenter__(self) -> "Database":
        self._loop = asyncio.get_running_loop()
        if self.is_sqlite:
            self._readers = FileReaders(self.url)
            self._thread = threading.Thread(target=self._write_for_ever, name="hotline-writer", daemon=True)
            self._thread.start()
        else:
            await self._open_server()
        return self

    async def _open_server(self) -> None:
        # A process that is frozen in the middle of an errand must not hold its locks for ever.
        settings = {"application_name": "hotline", "idle_in_transaction_session_timeout": "60000"}
        engine = partial(
            create_async_engine,
            self.url,
            max_overflow=0,
            hide_parameters=True,
            connect_args={"timeout": 10, "server_settings": settings},
        )
        self._writers, self._apart = engine(pool_size=WRITERS), engine(pool_size=1)
        # Apart, so that a page does not wait behind a crowd; read-only, so that nobody who looks makes an errand wait.
        snapshot = {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}
        self._lookers = engine(pool_size=LOOKERS, execution_options=snapshot)
        self._ears = Ears(self.url, lambda names: self.on_wake(names))
        await self._ears.open()

    async def __aexit__(self, *exc: object) -> None:
        self._closed = True
        if self._thread:
            self._jobs.put(None)
            await asyncio.to_thread(self._thread.join)
            await self._readers.close()
        else:
            await asyncio.gather(*self._writing, return_exceptions=True)
            await self._ears.close()
            await self._apart.dispose()
            await self._writers.dispose()
            await self._lookers.dispose()

    async def read(self, query: Errand[T]) -> T:
        """What `query` finds in one snapshot; it must neither write nor lock (refused). Raises Unavailable."""
        with _trouble_named():
            if self.is_sqlite:
                return await self._readers.read(query)
            async with _connected(self._lookers) as connection:
                return await connection.run_sync(query)

    async def write(self, errand: Errand[T], soon: Collection[str] = ()) -> T:
        """The result of `errand`, after its commit. An exception rolls back this errand alone and is raised here.

        A caller that is cancelled while it waits takes its errand back; once it runs, it is written all the same.
        `soon` names queues that it will touch: where errands run one after another whoever sleeps on them is woken at once,
        so that what they ask stands right behind it and shares its commit (docs/performance.md: B3).
        Raises Unavailable when the database could not do it: nothing happened, and it may be tried again.
        """
        if self._closed:
            raise RuntimeError("the database is closed")
        with _trouble_named():
            return await self._write(errand, soon)

    async def write_at_once(self, errand: Errand[T]) -> T:
        """As `write`, past everything that waits: for leases, which must not run out behind a crowd."""
        if self.is_sqlite:
            return await self.write(errand)
        with _trouble_named():
            return await self._transaction(errand, self._apart)

    async def _write(self, errand: Errand[T], soon: Collection[str] = ()) -> T:
        if self.is_sqlite:
            job = _Job(errand, Future())
            self._jobs.put(job)
            if soon:
                self.on_wake(set(soon))
            result: T = await asyncio.wrap_future(job.done)
            return result
        # A task of its own: whoever asked may be cancelled, what was begun is written.
        task = asyncio.create_task(self._write_on_server(errand))
        self._writing.add(task)
        task.add_done_callback(self._writing.discard)
        written: T = await asyncio.shield(task)
        return written

    async def _write_on_server(self, errand: Errand[T]) -> T:
        for attempt in range(ATTEMPTS - 1):
            try:
                return await self._transaction(errand, self._writers)
            except Conflict:
                pass
            except sa.exc.DBAPIError as error:
                if _state(error) not in MET:
                    raise
            # Of many who met, somebody must come back first.
            await asyncio.sleep(random.uniform(0, FIRST_PAUSE * 2**attempt))  # noqa: S311 - no secret
        return await self._transaction(errand, self._writers)

    async def _transaction(self, errand: Errand[T], engine: AsyncEngine) -> T:
        async with _connected(engine) as connection:
            async with connection.begin():
                await connection.run_sync(take_wakes)  # those of an errand that failed
                result = await connection.run_sync(errand)
                if wakes := await connection.run_sync(take_wakes):
                    await connection.run_sync(self._ears.tell, wakes)
                reach("before commit")
            reach("after commit")
            self.on_wake(wakes)
            return result

    def _write_for_ever(self) -> None:
        engine = writer_engine(self.url)
        try:
            while not self._stopping:
                self._write_on_one_connection(engine)
        finally:
            engine.dispose()

    def _write_on_one_connection(self, engine: sa.Engine) -> None:
        """Runs group after group until the end, or until one fails: a broken connection must not serve the next."""
        ran = [job] if (job := self._wait_for_job()) else []
        if ran and self._file_is_gone():
            ran[0].error = Unavailable(GONE)
            self._answer(ran, set())
            return
        try:
            with engine.connect() as connection:
                while ran:
                    if self._file_is_gone():
                        # Kept open: put back, the file goes on where it was. Opened anew, there would be an empty one.
                        ran[0].error = Unavailable(GONE)
                    else:
                        self._run_group(connection, ran)
                    self._answer(ran, take_wakes(connection))
                    ran = [job] if not self._stopping and (job := self._wait_for_job()) else []
        except BaseException as error:
            # The file cannot be opened or locked, or the commit itself failed (disk full): nobody's errand happened.
            for failed in ran:
                failed.error = failed.error or error
            self._answer(ran, set())

    def _file_is_gone(self) -> bool:
        """Whether none, or another one, is where the file was opened: what is written now nobody would ever find again."""
        try:
            found = os.stat(str(self.url.database))
        except OSError:  # not there, or what it stands in cannot be looked into (a mount that is gone)
            return self._file is not None
        now = (found.st_dev, found.st_ino)
        self._file = self._file or now
        return now != self._file

    def _run_group(self, connection: Connection, ran: list[_Job]) -> None:
        """Runs the first job and whatever waits behind it in one transaction; each is added to `ran` before it runs."""
        with connection.begin():
            _run_one(connection, ran[0])
            while len(ran) < GROUP and (job := self._next_job()):
                ran.append(job)
                _run_one(connection, job)
            reach("before commit")
        reach("after commit")

    def _wait_for_job(self) -> _Job | None:
        job = self._jobs.get()
        self._stopping = job is None
        return job

    def _next_job(self) -> _Job | None:
        """What waits already; None when nothing does, or when the end was asked for."""
        try:
            job = self._jobs.get_nowait()
        except queue.Empty:
            return None
        self._stopping = job is None
        return job

    def _answer(self, ran: list[_Job], wakes: set[str]) -> None:
        def settle() -> None:
            for job in ran:
                # Cancelled before its turn: it did not run, and nobody waits for it.
                if job.done.cancelled():
                    continue
                if job.error is not None:
                    job.done.set_exception(job.error)
                else:
                    job.done.set_result(job.result)
            self.on_wake(wakes)

        if not self._loop.is_closed():
            self._loop.call_soon_threadsafe(settle)


def _run_one(connection: Connection, job: _Job) -> None:
    if not job.done.set_running_or_notify_cancel():
        return
    # One name for all: SQLAlchemy numbers its own, and a group's 128 names push every prepared statement out of the driver's
    # cache (docs/performance.md: SAVEPOINT).
    connection.exec_driver_sql("SAVEPOINT errand")
    try:
        job.result = job.errand(connection)
    except BaseException as error:
        job.error = error
        connection.exec_driver_sql("ROLLBACK TO errand")
        forget(connection)
    connection.exec_driver_sql("RELEASE errand")


@contextmanager
def apart(connection: Connection) -> Iterator[None]:
    """What happens inside is taken back as a whole when it fails; the errand around it may go on.

    Raises Unavailable when it was the database that failed: then nothing of the errand can go on. Raises Conflict when the server
    sent it back because it met another errand.
    """
    try:
        with _trouble_named(), connection.begin_nested():
            yield
    except sa.exc.DBAPIError as error:
        forget(connection)
        if _state(error) in SENT_BACK:
            raise Conflict(_state(error)) from error
        raise
    except Unavailable:
        raise  # whatever the connection remembers goes with it
    except BaseException:
        forget(connection)
        raise


def wake(connection: Connection, *names: str) -> None:
    """Says that the queues `names` have something new; heard only after the commit."""
    connection.info.setdefault("wakes", set()).update(names)


def take_wakes(connection: Connection) -> set[str]:
    wakes: set[str] = connection.info.pop("wakes", set())
    return wakes


def writer_engine(url: sa.URL) -> sa.Engine:
    """The one synchronous engine that writes an SQLite file; tests and the command line use it too.

    Parameters are hidden in every error: they are people's words and numbers, and errors reach the log.
    """
    if url.database and url.database != ":memory:":
        Path(url.database).parent.mkdir(parents=True, exist_ok=True)
    engine = sa.create_engine(url.set(drivername="sqlite"), poolclass=NullPool, hide_parameters=True)
    sa.event.listen(engine, "connect", _prepare_writer)
    # pysqlite opens transactions late and DEFERRED; ours must hold the write lock from their first statement.
    sa.event.listen(engine, "begin", _begin_immediate)
    return engine


def _prepare_writer(raw: Any, record: Any) -> None:
    raw.isolation_level = None
    for pragma in ("busy_timeout=15000", "journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON"):
        raw.execute(f"PRAGMA {pragma}").close()


def _begin_immediate(connection: Connection) -> None:
    connection.exec_driver_sql("BEGIN IMMEDIATE")
