"""Wiring: the one place that knows every part, and hands each what it needs."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial

import structlog
from fastapi import FastAPI
from fastapi.responses import JSONResponse

from app.clock import Clock, note_drill_time, start_clock
from app.sealing import FileSeal
from app.settings import Settings
from bot.cards import render
from bot.inbound import Parse, Press, RawUpdate
from bot.telegram import updates as telegram_updates
from bot.telegram.app import TelegramApp, TelegramSettings, answer_callback, command_words
from bot.telegram.sender import TELEGRAM, TelegramSender
from bot.texts import language_of, say
from bot.web import updates as web_updates
from bot.web.app import add_not_found, web_routes
from bot.web.feed import Feed
from bot.web.files import INCOMING, path_of
from bot.web.sender import WebSender
from bot.web.settings import CHANNEL as WEB
from bot.web.settings import GateName, WebSettings
from bot.web.tidying import tidy_file
from bot.worker import Answered, Worker
from core.errors import Refused
from core.notices import NoticeKind
from scheduler.heartbeat import Heartbeat
from services import handover, outbox, privacy, reminding, timers
from services.attachments import Fetch, Fetcher, Files, Tidy
from services.config import Config
from services.outbox import Post
from services.plan_intake import PlanReader
from services.reference import load_seeds, reference
from services.sender import ChannelFacts, Delivery, Sender
from storage import inbox
from storage import outbox as outbox_rows
from storage import timers as timer_rows
from storage.database import Connection, Database, Unavailable
from storage.migrate import upgrade

log = structlog.get_logger()
TELEGRAM_CHANNEL = telegram_updates.CHANNEL


@dataclass(slots=True)
class Program:
    """A started program. `stop` ends its tasks; `http` is served by app/run.py, or by a test."""

    settings: Settings
    db: Database
    cfg: Config
    clock: Clock
    http: FastAPI
    worker: Worker
    post: Post
    fetcher: Fetcher
    plan_reader: PlanReader
    heartbeat: Heartbeat
    feed: Feed
    telegram: TelegramApp | None = None
    stop: asyncio.Event = field(default_factory=asyncio.Event)

    async def run(self) -> None:
        """Everything but the web server, until `stop` is set. A task that dies takes the program down, to be started whole."""
        self.heartbeat.start()
        stopped = asyncio.create_task(self.stop.wait())
        work = [
            self.worker.run(self.stop),
            self.post.run(self.stop),
            self.fetcher.run(self.stop),
            self.plan_reader.run(self.stop),
            self._note_time(),
        ]
        tasks = {asyncio.create_task(one) for one in work}
        ears = {asyncio.create_task(self.telegram.run())} if self.telegram is not None else set()
        done, _ = await asyncio.wait({*tasks, *ears, stopped}, return_when=asyncio.FIRST_COMPLETED)
        self.stop.set()
        self.heartbeat.stop()
        for ear in ears:
            ear.cancel()  # a long poll never ends by itself; what was stored but not acknowledged comes again
        await _finish((tasks | ears) - done)
        for task in done - {stopped}:
            task.result()

    async def settle(self) -> None:
        """Handles and sends whatever can be now, in this task: what tests and the demo do instead of `run`."""
        while (
            await self.worker.handle_waiting()
            + await self.fetcher.fetch_waiting()
            + await self.plan_reader.read_waiting()
            + await _fire(self.db, self.cfg, self.clock)
            + await self.post.send_all()
        ):
            pass

    async def _note_time(self) -> None:
        while not self.stop.is_set():
            if self.clock.is_drill:
                with suppress(Unavailable):  # the next note is as good
                    await self.db.write(lambda db: note_drill_time(db, self.clock))
            await _sleep(self.stop, 5)


@asynccontextmanager
async def opened(
    settings: Settings, clock: Clock | None = None, telegram: ChannelFacts = TELEGRAM
) -> AsyncIterator[Program]:
    """The program on its migrated database, ready to run. Raises app.refusal.Refusal.

    For tests: `clock` is a hand clock, `telegram` what that channel carries and how fast.
    """
    await upgrade(settings.database)
    waking = _Waking()
    async with Database(settings.database, waking) as db:
        running = clock or await start_clock(db, settings)
        cfg = settings.config(FileSeal(settings.key_file))
        handover.register()
        reminding.register()
        privacy.register()
        await db.write(lambda connection: _prepare(connection, db.is_sqlite, running.now()))
        program = _wired(settings, db, cfg, running, telegram)
        waking.program = program
        try:
            yield program
        finally:
            program.feed.close()
            if program.telegram is not None:
                await program.telegram.close()


@dataclass(slots=True)
class _Waking:
    """After each commit: whoever sleeps on a queue that it touched is woken."""

    program: Program | None = None

    def __call__(self, names: set[str]) -> None:
        if self.program is None:
            return
        for name, woken in (
            ("inbox", self.program.worker.woken),
            ("outbox", self.program.post.woken),
            ("attachments", self.program.fetcher.woken),
            ("plans", self.program.plan_reader.woken),
        ):
            if name in names:
                woken.set()
        if "timers" in names:
            self.program.heartbeat.wake()


def _wired(
    settings: Settings, db: Database, cfg: Config, clock: Clock, telegram_facts: ChannelFacts
) -> Program:
    feed = Feed()
    web = WebSettings(
        settings.data_dir,
        settings.public_url,
        settings.hotline_phone,
        file_limit=settings.file_limit_mb * 1024 * 1024,
    )
    http = FastAPI(title="hotline", docs_url=None, redoc_url=None, openapi_url=None)
    http.include_router(web_routes(db, feed, web, partial(_gate_names, db), clock.now))
    add_not_found(http)
    telegram = _telegram(settings, db, clock)
    senders: dict[str, Sender] = {WEB: WebSender(db, feed, render, settings.data_dir)}
    files = Files(cfg)
    fetchers: dict[str, Fetch] = {WEB: partial(_web_file, settings, files)}
    # Also without a token: what was received before it was taken away is waiting in the inbox.
    parsers: dict[str, Parse] = {WEB: web_updates.parse, TELEGRAM_CHANNEL: telegram_updates.parse}
    answered: dict[str, Answered] = {}
    if telegram is not None:
        sender = TelegramSender(telegram.bot, telegram_facts, render)
        senders[TELEGRAM_CHANNEL], fetchers[TELEGRAM_CHANNEL] = sender, sender.fetch_file
        answered[TELEGRAM_CHANNEL] = partial(_answer, telegram)
        if (router := telegram.router()) is not None:
            http.include_router(router)
    # The web chat stamps its frames by our own clock; a platform's stamps are of the real day, also in a drill.
    platform_time = {TELEGRAM_CHANNEL: clock.from_platform}
    worker = Worker(db, cfg, parsers, clock.now, answered, platform_time)
    post = Post(db, cfg, senders, outbox.Clock(clock.now, clock.stretch))
    tidiers: dict[str, Tidy] = {WEB: partial(tidy_file, db, feed, settings.data_dir, clock.now)}
    fetcher = Fetcher(db, files, fetchers, clock.now, tidiers)
    plan_reader = PlanReader(db, fetchers, clock.now)
    heartbeat = Heartbeat(partial(_fire, db, cfg, clock), partial(_seconds_to_next, db, clock), _wall)
    program = Program(
        settings, db, cfg, clock, http, worker, post, fetcher, plan_reader, heartbeat, feed, telegram
    )
    _add_health(http, program)
    return program


def _telegram(settings: Settings, db: Database, clock: Clock) -> TelegramApp | None:
    if settings.telegram_token is None:
        return None
    secret = settings.telegram_webhook_secret
    wanted = TelegramSettings(
        settings.telegram_token.get_secret_value(),
        settings.telegram_base_url,
        settings.telegram_mode,
        settings.url,
        secret.get_secret_value() if secret else "",
    )
    return TelegramApp(wanted, partial(_store, db, clock), commands=command_words(say))


async def _store(db: Database, clock: Clock, batch: Sequence[RawUpdate]) -> None:
    """Keeps a batch of raw updates; returns after the commit."""

    def errand(connection: Connection) -> None:
        for raw in batch:
            inbox.store(connection, raw.channel, raw.bot, raw.update_id, raw.chat_id, raw.raw, clock.now())

    await db.write(errand)


async def _answer(telegram: TelegramApp, press: Press, refusal: Refused | None) -> None:
    """Stops the button's spinner. In a group, where nobody is answered aloud, it also says why not."""
    if press.callback_id is None:
        return
    text = None
    if refusal is not None and press.origin.chat_kind == "group":
        text = _refusal_in_words(press, refusal)
    await answer_callback(telegram.bot, press.callback_id, text)


def _refusal_in_words(press: Press, refusal: Refused) -> str:
    origin = press.origin
    facts = {**refusal.data, "refused": refusal.code}
    told = Delivery(
        0,
        origin.channel,
        origin.bot,
        origin.chat_id,
        "private",
        language_of(origin.language),
        NoticeKind.REFUSED,
        facts,
        _wall(),
    )
    return render(told, TELEGRAM)[0].text


async def _gate_names(db: Database) -> Sequence[GateName]:
    gates = await db.read(lambda connection: list(reference(connection).gates.values()))
    return [GateName(gate.code, gate.name, zh=gate.zh or "") for gate in gates]


async def _web_file(settings: Settings, files: Files, sha256: str) -> bytes:
    """A file that a browser sent: it is here already, sealed if it came before. Raises Refused("file_gone")."""
    path = path_of(settings.data_dir, INCOMING, sha256)
    try:
        return await asyncio.to_thread(path.read_bytes if path.exists() else partial(files.original, sha256))
    except FileNotFoundError:
        raise Refused("file_gone") from None


async def _fire(db: Database, cfg: Config, clock: Clock) -> int:
    """Fires what is due; looks first, because most commits bring nothing forward."""
    due_at = await db.read(timer_rows.next_due_at)
    now = clock.now()
    if due_at is None or due_at > now:
        return 0
    return await db.write(lambda connection: timers.fire_due(connection, cfg, now))


async def _seconds_to_next(db: Database, clock: Clock) -> float | None:
    due_at = await db.read(timer_rows.next_due_at)
    return clock.shrink(due_at - clock.now()).total_seconds() if due_at else None


def _prepare(db: Connection, alone: bool, now: datetime) -> None:
    load_seeds(db, now)
    if alone:
        outbox_rows.release_leases(db, now)


def _add_health(http: FastAPI, program: Program) -> None:
    async def healthz() -> JSONResponse:
        return JSONResponse({"status": "ok"})

    async def readyz() -> JSONResponse:
        trouble = program.telegram.trouble if program.telegram is not None else None
        try:
            await program.db.read(timer_rows.next_due_at)
        except Exception as error:  # whatever ails the database, the answer is "not ready"
            trouble = f"database: {type(error).__name__}"
        return JSONResponse(
            {"status": "ready" if trouble is None else trouble}, 200 if trouble is None else 503
        )

    http.add_api_route("/healthz", healthz, include_in_schema=False)
    http.add_api_route("/readyz", readyz, include_in_schema=False)


async def _finish(tasks: set[asyncio.Task[None]]) -> None:
    """Lets the tasks end by themselves (a message on its way is waited for), then cancels the rest."""
    if not tasks:
        return
    _, late = await asyncio.wait(tasks, timeout=12)
    for task in late:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


async def _sleep(stop: asyncio.Event, seconds: float) -> None:
    try:
        await asyncio.wait_for(stop.wait(), seconds)
    except TimeoutError:
        return


def _wall() -> datetime:
    return Clock().now()
