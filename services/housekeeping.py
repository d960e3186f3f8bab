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
from services.config import STAFF_PAGE_DAYS, Config
from services.waiting import first_of, wait_out
from storage import leases, personal, tidying, unused_pages
from storage.data_files import fact, remember
from storage.database import Connection, Database, Unavailable

log = structlog.get_logger()
LOOK_SECONDS = 600.0
NIGHT = time(2, 0)  # Hanoi
TIDIED = "tidied_at"
LEASE, LEASED = "tidying", timedelta(hours=1)
# A message that comes meanwhile waits for one batch, and should not wait 50 ms. Measured on two busy cores: 200 rows with
# their commit take 7 to 9 ms, 99 of 100 batches under 40 ms; of 500 rows one in a hundred takes up to 75 ms.
BATCH = 200
# Somebody may just be sending the same file again: what was written or wanted this lately is looked at the next time.
FRESH = timedelta(minutes=5)
BROKEN_OFF = timedelta(days=1)
# An unplaced photo of a member of staff waits for a button that long; after that nobody asks for it.
NEVER_ATTACHED = timedelta(days=7)
INCOMING, OUTGOING = "incoming", "outgoing"
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
                await self.leave_unused_pages()
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

    async def leave_unused_pages(self) -> int:
        """Staff pages that were not opened for 30 days count as not reachable: what is addressed now goes to another chat, or up
        the ladder, instead of being found undeliverable one by one."""
        before = self.clock() - timedelta(days=STAFF_PAGE_DAYS)
        if not await self.db.read(lambda db: unused_pages.unused(db, before)):
            return 0
        return await self.db.write(lambda db: unused_pages.leave(db, before))

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
        await self._sweep(timedelta(days=self.cfg.retention_days))
        await self.db.write(lambda db: _remember_night(db, self._name, now))
        return True

    async def _walk(self, batch: tidying.Batch, before: datetime) -> int:
        """Each batch in a transaction of its own: whoever writes waits for one of them at most."""
        batches = after = 0
        while (reached := await self.db.write(_one(batch, before, after))) is not None:
            batches, after = batches + 1, reached
        return batches

    async def _sweep(self, shown_for: timedelta) -> None:
        """Files whose writing was broken off, that came to a page and never belonged to a message, or that no page shows now."""
        broken = await asyncio.to_thread(_broken_off, self.cfg.files, self.wall() - BROKEN_OFF)
        await asyncio.to_thread(_unlink, broken)
        await self._sweep_folder(INCOMING, self.wall() - NEVER_ATTACHED, tidying.named_files)
        await self._sweep_folder(OUTGOING, self.wall() - shown_for, tidying.shown_files)

    async def _sweep_folder(self, name: str, before: datetime, needed_of: tidying.NeededOf) -> None:
        folder = self.cfg.files / name
        lonely = await asyncio.to_thread(_files_of, folder, before)
        for start in range(0, len(lonely), BATCH):
            some = lonely[start : start + BATCH]
            needed = await self.db.read(_asked(needed_of, some))
            gone = [folder / digest for digest in some if digest not in needed]
            await asyncio.to_thread(_unlink_older, gone, before)


def _one(batch: tidying.Batch, before: datetime, after: int) -> Callable[[Connection], int | None]:
    return lambda db: batch(db, before, after, BATCH)


def _asked(needed_of: tidying.NeededOf, some: Sequence[str]) -> Callable[[Connection], set[str]]:
    return lambda db: needed_of(db, some)


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
        names = (f"sealed/{digest}", f"public/{digest}.jpg", f"{INCOMING}/{digest}", f"{OUTGOING}/{digest}")
        copies = [path for name in names if (path := folder / name).exists()]
        if any(_is_younger(path, fresh) for path in copies) or not _unlink(copies):
            kept.add(digest)
    return kept


def _broken_off(folder: Path, before: datetime) -> list[Path]:
    """`.part-…` of the web, `.….part` of originals and copies: hidden files that nobody is writing any more."""
    parts = [path for pattern in ("*/.part-*", "*/.*.part") for path in folder.glob(pattern)]
    return [path for path in parts if not _is_younger(path, before)]


def _files_of(folder: Path, before: datetime) -> Sequence[str]:
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


def _unlink_older(paths: Iterable[Path], before: datetime) -> None:
    """Looked at once more: the same content may have come again since it was asked who needs it."""
    _unlink(path for path in paths if not _is_younger(path, before))


def _unlink(paths: Iterable[Path]) -> bool:
    """False when the disk refused one of them; the next look tries again."""
    for path in paths:
        try:
            path.unlink(missing_ok=True)
        except OSError as error:
            log.error("a file could not be deleted", error=type(error).__name__)
            return False
    return True
