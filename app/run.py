"""`hotline run`: everything in one process – web, channels, heartbeat – until it is told to stop."""

import asyncio
import errno
import signal
import socket
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager, nullcontext

import structlog
import uvicorn

from app.cli_usage import system_in_words
from app.lock import Lock
from app.program import Program, opened
from app.refusal import Refusal
from app.settings import Settings
from app.welcome import later, welcome

log = structlog.get_logger()


class Server(uvicorn.Server):
    """Uvicorn, whose signals are ours: they end every part of the program, not the web alone. `ready`: it listens."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.ready = asyncio.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.ready.set()

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


async def run(settings: Settings) -> None:
    """Runs until SIGINT or SIGTERM. Raises Refusal: the data folder is in use, the address is taken, a drill meets real data."""
    alone = Lock(settings.lock_file) if settings.database.startswith("sqlite") else nullcontext()
    # Before the database is touched: a second program on the same address must leave no trace.
    with alone, listening(settings) as listener:
        async with opened(settings) as program:
            stop_on_signals(program)
            await serve(program, settings, listener)


async def demo(settings: Settings) -> None:
    """`hotline demo`: the same on a scratch database, with a day at the gate in it and another one coming."""
    from app.demo import demo as rehearse  # imported here only: app/demo.py builds on this module

    await rehearse(settings)


async def serve(
    program: Program,
    settings: Settings,
    listener: socket.socket | None = None,
    greeting: Callable[[Program], Awaitable[str]] = welcome,
) -> None:
    """Serves the web beside the program's own tasks, until the program is told to stop or one of its parts dies.

    Raises Refusal when no `listener` is given and the address is taken.
    """
    server = Server(_http_config(program))
    web = asyncio.create_task(server.serve([listener or listening(settings)]))
    work = asyncio.create_task(program.run())
    ready = asyncio.create_task(server.ready.wait())
    await asyncio.wait({web, ready}, return_when=asyncio.FIRST_COMPLETED)
    if ready.done():
        print(await greeting(program), flush=True)  # noqa: T201 - what the person at the terminal came for
    told = asyncio.create_task(_tell_later(program))
    await asyncio.wait({web, work}, return_when=asyncio.FIRST_COMPLETED)
    program.stop.set()
    program.feed.close()
    server.should_exit = True
    results = await asyncio.gather(web, work, told, return_exceptions=True)
    for result in results:
        if isinstance(result, BaseException):
            raise result


async def _tell_later(program: Program) -> None:
    if line := await later(program):
        print(line, flush=True)  # noqa: T201 - as the greeting


def listening(settings: Settings) -> socket.socket:
    """The program's address, taken. Raises Refusal when it cannot be had."""
    host, port = settings.http_host, settings.http_port
    try:
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        return socket.create_server((host, port), family=family)
    except OSError as error:
        why = "đang có chương trình khác dùng" if error.errno == errno.EADDRINUSE else system_in_words(error)
        what = (
            f"Không mở được địa chỉ {host}:{port} ({why}): hãy đổi HOTLINE_HTTP_HOST hoặc HOTLINE_HTTP_PORT."
        )
        raise Refusal(what) from None


def _http_config(program: Program) -> uvicorn.Config:
    return uvicorn.Config(
        program.http,
        lifespan="off",
        access_log=False,
        log_config=None,
        timeout_graceful_shutdown=3,
        server_header=False,
    )


def stop_on_signals(program: Program) -> None:
    loop = asyncio.get_running_loop()
    for name in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(name, program.stop.set)
