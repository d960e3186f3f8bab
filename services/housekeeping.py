"""Keeping the house: files that were erased leave the disk at once, what is done and old leaves the queues every night.

Its own task, not a timer's errand: files are deleted in no transaction, and a night's rows in many small ones.
"""

import asyncio
import os
import re
import secrets
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, time, timedelta
from functools import partial
from pathlib import Path

import structlog

from core.calendar import TZ
from services.config import Config
from services.waiting import first_of, wait_out
from storage import leases, personal, tidying
from storage.data_files import fact, remember
from storage.database import Connection, Database, Unavailable

log = structlog.get_logger()
LOOK_SECONDS = 600.0
NIGHT = time(2, 0)  # Hanoi
TIDIED = "tidied_at"
LEASE, LEASED = "tidying", timedelta(hours=1)
# 50 ms is what a message may wait: a batch with its commit takes 7 to 9 ms here (99 of 100 under 40 ms), on two busy cores
# and a table of 60,000 rows; it does not grow with the table (500 rows: 8 to 19 ms, 48 to 75 ms, at 300,000).
BATCH = 200
# Somebody may just be sending the same file again: what was written or wanted this lately is looked at the next time.
FRESH = timedelta(minutes=5)
BROKEN_OFF = timedelta(days=1)
# An unplaced photo of a member of staff waits for a button that long; after that nobody asks for it.
NEVER_ATTACHED = timedelta(days=7)
INCOMING = "incoming"
_SHA256 = re.compile(r"[0-9a-f]{64}")


class Housekeeper:
    """`clock` is the program's time, `wall` the disk's (a drill's own time runs elsewhere). One task owns it."""

    def __init__(
        self, db: Database, cfg: Config, clock: Callable[[], datetime], wall: Callable[[], datetime]
    ) -> None:
        self.db, self.cfg, self.clock, self.wall = db, cfg, clock, wall
        self.woken = asyncio.Event()
        self._name = secrets.token_hex(8)

    async def run(self, stop: asyncio.Event) -> None:
        """Until `stop`; woken by an erasure, or looks again every ten minutes."""
        while not stop.is_set():
            self.woken.clear()
            try:
                await self.drop_erased()
                await self.tidy_at_night()
            except Unavailable as trouble:
                await wait_out(trouble, stop)
                continue
            except Exception as error:  # a bug here must not end the hotline: the next look tries again
                log.error("the house could not be kept", error=type(error).__name__, exc_info=error)
            await first_of(self.woken, stop, seconds=LOOK_SECONDS)

    async def drop_erased(self) -> int:
        """Takes the files of erased rows off the disk, unless somebody else's row names the same; how many rows are done with.

        After the erasure's commit: whatever happens here, no row names a file that is gone.
        """
        erased = await self.db.read(personal.erased_files)
        if not erased:
            return 0
        unshared = await self.db.read(
            partial(personal.unshared, digests={digest for row in erased for digest in row.digests})
        )
        kept = await asyncio.to_thread(_drop, self.cfg.files, unshared, self.wall() - FRESH)
        done = [row.id for row in erased if kept.isdisjoint(row.digests)]
        if done:
            await self.db.write(lambda db: personal.files_dropped(db, done))
        return len(done)

    async def tidy_at_night(self) -> bool:
        """Once after each 02:00, by one of all processes; what was interrupted is begun again."""
        now = self.clock()
        if not await self.db.read(lambda db: _is_due(db, now)):
            return False
        if not await self.db.write(lambda db: leases.take(db, LEASE, self._name, now, LEASED)):
            return False
        before = now - timedelta(days=self.cfg.retention_days)
        for name, batch in tidying.QUEUES.items():
            if batches := await self._walk(batch, before):
                log.info("a queue was tidied", queue=name, batches=batches)
        while await self.db.write(lambda db: tidying.batch_of_small_things(db, now, BATCH)):
            pass
        await self._sweep()
        await self.db.write(lambda db: _remember_night(db, self._name, now))
        return True

    async def _walk(self, batch: tidying.Batch, before: datetime) -> int:
        """Each batch in a transaction of its own: whoever writes waits for one of them at most."""
        batches = after = 0
        while (reached := await self.db.write(_one(batch, before, after))) is not None:
            batches, after = batches + 1, reached
        return batches

    async def _sweep(self) -> None:
        """Files whose writing was broken off, and those that came to a page and never belonged to a message."""
        broken = await asyncio.to_thread(_broken_off, self.cfg.files, self.wall() - BROKEN_OFF)
        await asyncio.to_thread(_unlink, broken)
        folder = self.cfg.files / INCOMING
        lonely = await asyncio.to_thread(_originals, folder, self.wall() - NEVER_ATTACHED)
        for start in range(0, len(lonely), BATCH):
            some = lonely[start : start + BATCH]
            needed = await self.db.read(partial(tidying.named_files, digests=some))
            await asyncio.to_thread(_unlink, [folder / name for name in some if name not in needed])


def _one(batch: tidying.Batch, before: datetime, after: int) -> Callable[[Connection], int | None]:
    return lambda db: batch(db, before, after, BATCH)


def _remember_night(db: Connection, name: str, now: datetime) -> None:
    remember(db, TIDIED, now.isoformat())
    leases.give_back(db, LEASE, name)


def _is_due(db: Connection, now: datetime) -> bool:
    local = now.astimezone(TZ)
    tonight = datetime.combine(local.date(), NIGHT, TZ)
    newest = tonight if tonight <= local else tonight - timedelta(days=1)
    last = fact(db, TIDIED)
    return last is None or datetime.fromisoformat(last) < newest


def _drop(folder: Path, digests: Iterable[str], fresh: datetime) -> set[str]:
    """Every copy of these files: sealed original, public copy, what a page sent or was shown. Those that had to stay."""
    kept = set()
    for digest in digests:
        names = (f"sealed/{digest}", f"public/{digest}.jpg", f"incoming/{digest}", f"outgoing/{digest}")
        copies = [path for name in names if (path := folder / name).exists()]
        if any(_is_younger(path, fresh) for path in copies) or not _unlink(copies):
            kept.add(digest)
    return kept


def _broken_off(folder: Path, before: datetime) -> list[Path]:
    """`.part-…` of the web, `.….part` of originals and copies: hidden files that nobody is writing any more."""
    parts = [path for pattern in ("*/.part-*", "*/.*.part") for path in folder.glob(pattern)]
    return [path for path in parts if not _is_younger(path, before)]


def _originals(folder: Path, before: datetime) -> Sequence[str]:
    if not folder.is_dir():
        return []
    with os.scandir(folder) as found:
        names = [entry.name for entry in found if _SHA256.fullmatch(entry.name)]
    return sorted(name for name in names if not _is_younger(folder / name, before))


def _is_younger(path: Path, than: datetime) -> bool:
    try:
        return path.stat().st_mtime > than.timestamp()
    except FileNotFoundError:
        return False


def _unlink(paths: Iterable[Path]) -> bool:
    """False when the disk refused one of them; the next look tries again."""
    for path in paths:
        try:
            path.unlink(missing_ok=True)
        except OSError as error:
            log.error("a file could not be deleted", error=type(error).__name__)
            return False
    return True
