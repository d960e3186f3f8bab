"""Wiring: the one place that knows every part, and hands each what it needs."""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import Any

import structlog
from fastapi import FastAPI
from fastapi.responses import JSONResponse
from pydantic import SecretStr

from app.clock import Clock, note_drill_time, start_clock
from app.metrics import Counted, Metrics, add_metrics
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
from bot.zalo import updates as zalo_updates
from bot.zalo.app import ZaloApp, ZaloSettings
from bot.zalo.pictures import Pictures
from bot.zalo.sender import ZALO, ZaloSender
from core.errors import Refused
from core.notices import NoticeKind
from scheduler.heartbeat import Heartbeat
from services import handover, listening, outbox, privacy, reminding, timers
from services.attachments import Fetch, Fetcher, Files, Tidy
from services.config import Config
from services.holding import holding_now
from services.housekeeping import Housekeeper
from services.line import Line
from services.outbox import Post
from services.plan_intake import PlanReader
from services.reference import load_seeds, reference
from services.sender import ChannelFacts, Delivery, Sender
from storage import inbox
from storage import outbox as outbox_rows
from storage import timers as timer_rows
from storage.database import Connection, Database, Unavailable
from storage.leases import in_turn
from storage.migrate import upgrade

log = structlog.get_logger()
TELEGRAM_CHANNEL = telegram_updates.CHANNEL
ZALO_CHANNEL = zalo_updates.CHANNEL
SILENT_HEARTBEAT = 60.0
"""Seconds; four safety ticks that did not come, or failed."""
TOGETHER, A_FEW = 200, 50
"""How many timers are fired in one transaction. Where others work beside it, their tickets are locked for as long as it lasts."""
OTHERS_FIRE_SECONDS = 0.25


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
    housekeeper: Housekeeper
    heartbeat: Heartbeat
    feed: Feed
    lines: Mapping[str, Line]
    telegram: TelegramApp | None = None
    zalo: ZaloApp | None = None
    stop: asyncio.Event = field(default_factory=asyncio.Event)
    cannot_write: str | None = None

    async def run(self) -> None:
        """Everything but the web server, until `stop` is set. A task that dies takes the program down, to be started whole."""
        self.heartbeat.start()
        stopped = asyncio.create_task(self.stop.wait())
        work = [
            self.worker.run(self.stop),
            self.post.run(self.stop),
            self.fetcher.run(self.stop),
            self.plan_reader.run(self.stop),
            self.housekeeper.run(self.stop),
            self._note_time(),
        ]
        tasks = {asyncio.create_task(one) for one in work}
        ears = {asyncio.create_task(self._serve(channel)) for channel in self.lines}
        ears |= (keepers := {asyncio.create_task(line.keep()) for line in self.lines.values()})
        done, _ = await asyncio.wait({*tasks, *ears, stopped}, return_when=asyncio.FIRST_COMPLETED)
        self.stop.set()
        self.heartbeat.stop()
        for ear in ears - keepers:
            ear.cancel()  # a long poll never ends by itself; what was stored but not acknowledged comes again
        await _finish((tasks | ears - keepers) - done)
        await self._hang_up(keepers)
        for task in done - {stopped}:
            task.result()

    async def settle(self) -> None:
        """Handles and sends whatever can be now, in this task: what tests and the demo do instead of `run`."""
        while (
            await self.worker.handle_waiting()
            + await self.fetcher.fetch_waiting()
            + await self.plan_reader.read_waiting()
            + await self.housekeeper.drop_erased()
            + await _fire(self.db, self.cfg, self.clock)
            + await self.post.send_all()
        ):
            pass

    async def _serve(self, channel: str) -> None:
        """Listens and speaks for a channel's bot as long as its line is ours."""
        if (ears := self._ears(channel)) is not None:
            await ears.introduce()
        await self.lines[channel].while_held(partial(self._listen, channel))

    async def _listen(self, channel: str) -> None:
        if not self.db.is_sqlite:
            self.post.take_over(channel)
        if (ears := self._ears(channel)) is not None:
            await ears.receive()
        else:
            await asyncio.Event().wait()

    def _ears(self, channel: str) -> TelegramApp | ZaloApp | None:
        return {TELEGRAM_CHANNEL: self.telegram, ZALO_CHANNEL: self.zalo}.get(channel)

    async def _hang_up(self, keepers: set[asyncio.Task[None]]) -> None:
        """The lines, last of all: until here a message of ours may have been on its way."""
        for keeper in keepers:
            keeper.cancel()
        await asyncio.gather(*keepers, return_exceptions=True)
        with suppress(Unavailable):  # then they are free in a moment
            for line in self.lines.values():
                await line.give_back()

    async def _note_time(self) -> None:
        while not self.stop.is_set():
            try:
                await self.db.write(self._noted)
                self.cannot_write = None
            except Unavailable as trouble:  # the next note is as good
                self.cannot_write = str(trouble)
            await _sleep(self.stop, 5)

    def _noted(self, db: Connection) -> None:
        note_drill_time(db, self.clock)
        ours = self._is_ours(TELEGRAM_CHANNEL)
        if self.telegram is None or (ours and self.telegram.username and self.telegram.trouble is None):
            listening.note_heard(db, self.clock.now(), platform=self.telegram is not None)

    def trouble(self) -> str | None:
        """What keeps the program from doing all of its work, as far as it knows by itself; None when nothing does."""
        if self.cannot_write is not None:
            return f"database: cannot be written ({self.cannot_write})"
        if (silent := self.heartbeat.silent_seconds()) > SILENT_HEARTBEAT:
            return f"heartbeat: silent for {silent:.0f} s"
        # What a process met while the line was its own is no trouble of its any more.
        told = (
            ears.trouble for channel in self.lines if (ears := self._ears(channel)) and self._is_ours(channel)
        )
        return next((trouble for trouble in told if trouble is not None), None)

    def _is_ours(self, channel: str) -> bool:
        line = self.lines.get(channel)
        return line is not None and line.is_held


@asynccontextmanager
async def opened(
    settings: Settings,
    clock: Clock | None = None,
    telegram: ChannelFacts = TELEGRAM,
    zalo: ChannelFacts = ZALO,
) -> AsyncIterator[Program]:
    """The program on its migrated database, ready to run. Raises app.refusal.Refusal.

    For tests: `clock` is a hand clock, `telegram` and `zalo` what those channels carry and how fast.
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
        program = _wired(settings, db, cfg, running, telegram, zalo)
        waking.program = program
        try:
            yield program
        finally:
            program.feed.close()
            for ears in (program.telegram, program.zalo):
                if ears is not None:
                    await ears.close()


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
            ("files", self.program.housekeeper.woken),
        ):
            if name in names:
                woken.set()
        if "timers" in names:
            self.program.heartbeat.wake()
        for name in names:
            self.program.feed.hear(name)


def _wired(
    settings: Settings,
    db: Database,
    cfg: Config,
    clock: Clock,
    telegram_facts: ChannelFacts,
    zalo_facts: ChannelFacts,
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
    senders: dict[str, Sender] = {WEB: WebSender(db, render, settings.data_dir)}
    files = Files(cfg)
    fetchers: dict[str, Fetch] = {WEB: partial(_web_file, settings, files)}
    # Also without a token: what was received before it was taken away is waiting in the inbox.
    parsers: dict[str, Parse] = {
        WEB: web_updates.parse,
        TELEGRAM_CHANNEL: telegram_updates.parse,
        ZALO_CHANNEL: zalo_updates.parse,
    }
    answered: dict[str, Answered] = {}
    if telegram is not None:
        sender = TelegramSender(telegram.bot, telegram_facts, render)
        senders[TELEGRAM_CHANNEL], fetchers[TELEGRAM_CHANNEL] = sender, sender.fetch_file
        answered[TELEGRAM_CHANNEL] = partial(_answer, telegram)
        if (router := telegram.router()) is not None:
            http.include_router(router)
    zalo = _zalo(settings, db, clock)
    if zalo is not None:
        pictures = Pictures(cfg, settings.public_url, _wall) if settings.public_url else None
        mouth = _zalo_sender(settings, db, zalo, zalo_facts, pictures)
        senders[ZALO_CHANNEL], fetchers[ZALO_CHANNEL] = mouth, mouth.fetch_file
        for door in (zalo.router(), pictures.router() if pictures else None):
            if door is not None:
                http.include_router(door)
    # The web chat stamps its frames by our own clock; a platform's stamps are of the real day, also in a drill.
    platform_time = dict.fromkeys((TELEGRAM_CHANNEL, ZALO_CHANNEL), clock.from_platform)
    worker = Worker(db, cfg, parsers, clock.now, answered, platform_time)
    metrics = Metrics()
    counted: dict[str, Sender] = {
        name: Counted(sender, metrics, clock.now) for name, sender in senders.items()
    }
    # The web's pages are all ours: everybody writes into them.
    lines = {channel: Line(db, channel) for channel in senders if channel != WEB}
    post = Post(db, cfg, counted, outbox.Clock(clock.now, clock.stretch), lines)
    tidiers: dict[str, Tidy] = {WEB: partial(tidy_file, db, settings.data_dir, clock.now)}
    fetcher = Fetcher(db, files, fetchers, clock.now, tidiers)
    plan_reader = PlanReader(db, fetchers, clock.now)
    housekeeper = Housekeeper(db, cfg, clock.now, _wall)
    heartbeat = Heartbeat(partial(_fire, db, cfg, clock), partial(_seconds_to_next, db, clock), _wall)
    program = Program(
        settings,
        db,
        cfg,
        clock,
        http,
        worker,
        post,
        fetcher,
        plan_reader,
        housekeeper,
        heartbeat,
        feed,
        lines,
        telegram,
        zalo,
    )
    _add_health(http, program)
    add_metrics(http, db, metrics, _text(settings.metrics_token), clock.now)
    return program


def _text(secret: SecretStr | None) -> str | None:
    return secret.get_secret_value() if secret else None


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


def _zalo(settings: Settings, db: Database, clock: Clock) -> ZaloApp | None:
    if settings.zalo_bot_token is None:
        return None
    wanted = ZaloSettings(
        settings.zalo_bot_token.get_secret_value(),
        settings.zalo_bot_base_url,
        settings.zalo_bot_mode,
        settings.url,
        _text(settings.zalo_bot_secret) or "",
    )
    return ZaloApp(wanted, partial(_store, db, clock))


def _zalo_sender(
    settings: Settings, db: Database, zalo: ZaloApp, facts: ChannelFacts, pictures: Pictures | None
) -> ZaloSender:
    address = pictures.address if pictures is not None else lambda picture: None
    return ZaloSender(db, zalo.client, facts, render, address, quota=settings.zalo_bot_quota)


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
    limit = TOGETHER if db.is_sqlite else A_FEW
    return await db.write(lambda connection: timers.fire_due(connection, cfg, now, limit))


async def _seconds_to_next(db: Database, clock: Clock) -> float | None:
    due_at = await db.read(timer_rows.next_due_at)
    if due_at is None:
        return None
    pause = clock.shrink(due_at - clock.now()).total_seconds()
    # What is due and still waits is being fired by another process, whose commit will wake us.
    return pause if db.is_sqlite else max(pause, OTHERS_FIRE_SECONDS)


def _prepare(db: Connection, alone: bool, now: datetime) -> None:
    in_turn(db, "start")
    load_seeds(db, now)
    if alone:
        outbox_rows.release_leases(db, now)


def _add_health(http: FastAPI, program: Program) -> None:
    async def healthz() -> JSONResponse:
        # Alive also when the database is not: what is only told besides must not cost the answer.
        held: dict[str, dict[str, Any]] = {}
        with suppress(Unavailable, TimeoutError):
            async with asyncio.timeout(1):
                now = program.clock.now()
                held = await program.db.read(lambda db: holding_now(db, program.lines, now))
        return JSONResponse({"status": "ok", "held": held})

    async def readyz() -> JSONResponse:
        trouble = program.trouble()
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
