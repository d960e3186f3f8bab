"""Wiring: the one place that knows every part, and hands each what it needs."""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import partial

import structlog
from fastapi import FastAPI

from app.channels import Channel, Parts, channels_of, parsers, platform_times, text_of
from app.clock import Clock, note_drill_time, start_clock
from app.firing import fire, seconds_to_next
from app.health import add_health
from app.metrics import Counted, Metrics, add_metrics
from app.sealing import FileSeal
from app.settings import Settings
from bot.ears import Ears
from bot.pictures import Pictures
from bot.web.app import add_not_found
from bot.web.feed import Feed
from bot.worker import Worker
from scheduler.heartbeat import Heartbeat
from services import bots, handover, listening, outbox, privacy, reminding
from services.attachments import Fetcher, Files
from services.config import Config
from services.housekeeping import Housekeeper
from services.line import Line
from services.outbox import Post
from services.plan_intake import PlanReader
from services.reference import load_seeds
from services.sender import ChannelFacts
from storage import outbox as outbox_rows
from storage.database import Connection, Database, Unavailable
from storage.leases import in_turn
from storage.migrate import upgrade

log = structlog.get_logger()
REAL = Clock()
SILENT_HEARTBEAT = 60.0
"""Seconds; four safety ticks that did not come, or failed."""


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
    channels: Mapping[str, Channel]
    stop: asyncio.Event = field(default_factory=asyncio.Event)
    cannot_write: str | None = None

    @property
    def ears(self) -> Sequence[Ears]:
        return [channel.ears for channel in self.channels.values() if channel.ears is not None]

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
        ears = {asyncio.create_task(self._serve(one)) for one in self.ears}
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
            + await fire(self.db, self.cfg, self.clock)
            + await self.post.send_all()
        ):
            pass

    async def _serve(self, ears: Ears) -> None:
        """Listens and speaks for a channel's bot as long as its line is ours."""
        await ears.introduce()
        await self.lines[ears.channel].while_held(partial(self._listen, ears))

    async def _listen(self, ears: Ears) -> None:
        if not self.db.is_sqlite:
            self.post.take_over(ears.channel)
        await ears.receive()

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
                if self.cannot_write is not None:
                    log.info("the database works again", after=self.cannot_write)
                self.cannot_write = None
            except Unavailable as trouble:  # the next note is as good
                if self.cannot_write is None:  # also when nobody has anything to write just now
                    log.error("the database is unavailable", why=str(trouble))
                self.cannot_write = str(trouble)
            await _sleep(self.stop, 5)

    def _noted(self, db: Connection) -> None:
        note_drill_time(db, self.clock)
        bots.note(db, {ears.channel: ears.name or "" for ears in self.ears})
        forgetting = [one.ears for one in self.channels.values() if one.ears is not None and one.forgets]
        if all(self._hears(ears) for ears in forgetting):
            listening.note_heard(db, self.clock.now(), platform=bool(forgetting))

    def trouble(self) -> str | None:
        """What keeps the program from doing all of its work, as far as it knows by itself; None when nothing does."""
        if self.cannot_write is not None:
            return f"database: cannot be written ({self.cannot_write})"
        if (silent := self.heartbeat.silent_seconds()) > SILENT_HEARTBEAT:
            return f"heartbeat: silent for {silent:.0f} s"
        # What a process met while the line was its own is no trouble of its any more.
        told = (ears.trouble for ears in self.ears if self.lines[ears.channel].is_held)
        return next((trouble for trouble in told if trouble is not None), None)

    def _hears(self, ears: Ears) -> bool:
        return self.lines[ears.channel].is_held and bool(ears.name) and ears.trouble is None


@asynccontextmanager
async def opened(
    settings: Settings,
    clock: Clock | None = None,
    facts: Sequence[ChannelFacts] = (),
) -> AsyncIterator[Program]:
    """The program on its migrated database, ready to run. Raises app.refusal.Refusal.

    For tests: `clock` is a hand clock, `facts` what channels of these names carry and how fast.
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
        pictures = Pictures(cfg, settings.public_url, REAL.now) if settings.public_url else None
        program = _wired(Parts(settings, db, cfg, running, Feed(), Files(cfg), pictures, facts))
        waking.program = program
        try:
            yield program
        finally:
            program.feed.close()
            for ears in program.ears:
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


def _wired(parts: Parts) -> Program:
    channels = channels_of(parts)
    mirrors = frozenset(name for name, one in channels.items() if one.sender.facts.mirrors)
    parts = replace(parts, cfg=replace(parts.cfg, mirrors=mirrors))
    settings, db, cfg, clock = parts.settings, parts.db, parts.cfg, parts.clock
    http = _served(parts, channels)
    metrics = Metrics()
    senders = {name: Counted(one.sender, metrics, clock.now) for name, one in channels.items()}
    lines = {name: Line(db, name) for name, one in channels.items() if one.ears is not None}
    fetchers = {name: one.fetch for name, one in channels.items()}
    tidiers = {name: one.tidy for name, one in channels.items() if one.tidy is not None}
    program = Program(
        settings,
        db,
        cfg,
        clock,
        http,
        _worker(parts, channels),
        Post(db, cfg, senders, outbox.Clock(clock.now, clock.stretch), lines),
        Fetcher(db, parts.files, fetchers, clock.now, tidiers),
        PlanReader(db, fetchers, clock.now),
        Housekeeper(db, cfg, clock.now, REAL.now),
        Heartbeat(partial(fire, db, cfg, clock), partial(seconds_to_next, db, clock), REAL.now),
        parts.feed,
        lines,
        channels,
    )
    add_health(http, db, lines, clock.now, program.trouble)
    told = [one.sender.facts for one in channels.values()]
    add_metrics(http, db, metrics, text_of(settings.metrics_token) or None, clock.now, told)
    return program


def _served(parts: Parts, channels: Mapping[str, Channel]) -> FastAPI:
    http = FastAPI(title="hotline", docs_url=None, redoc_url=None, openapi_url=None)
    for channel in channels.values():
        for router in channel.doors:
            http.include_router(router)
    if parts.pictures is not None:
        http.include_router(parts.pictures.router())
    add_not_found(http)
    return http


def _worker(parts: Parts, channels: Mapping[str, Channel]) -> Worker:
    answered = {name: one.answered for name, one in channels.items() if one.answered is not None}
    return Worker(parts.db, parts.cfg, parsers(), parts.clock.now, answered, platform_times(parts.clock))


def _prepare(db: Connection, alone: bool, now: datetime) -> None:
    in_turn(db, "start")
    load_seeds(db, now)
    if alone:
        outbox_rows.release_leases(db, now)


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
