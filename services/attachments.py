"""Files that came with messages: fetched after the commit, the original sealed, a public copy without position data shown."""

import asyncio
import errno
import hashlib
import io
import os
import tempfile
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path

import structlog
from PIL import Image, ImageOps, UnidentifiedImageError

from core.errors import Refused
from core.ids import TicketId
from core.notices import Notice, NoticeKind, Priority
from services import evidence, telling
from services.config import PUBLIC, SEALED, Config
from services.settling import pause_after
from services.waiting import first_of, wait_out
from storage import messages, outbox, people, personal, tickets
from storage.database import Connection, Database, Unavailable
from storage.messages import Attachment

log = structlog.get_logger()
Fetch = Callable[[str], Awaitable[bytes]]
Tidy = Callable[[Attachment, Path | None], Awaitable[None]]
"""What a channel does with its own unsealed copy once the original is sealed: (the file, its public copy if there is one)."""
TRIES = 8
# Another process takes it up so much later, should this one die; a file that takes longer is only fetched twice.
LEASE = timedelta(minutes=2)
LARGEST_SIDE = 2560
MOST_PIXELS = 100_000_000
GONE = {"file_too_large": "too_large", "file_gone": "gone"}


class Files:
    """The folder of files: `sealed/` holds originals under their SHA-256, encrypted; `public/` the copies that are shown."""

    def __init__(self, cfg: Config) -> None:
        self.folder, self.cfg = cfg.files, cfg

    def keep(self, content: bytes, is_picture: bool) -> tuple[str, str | None]:
        """Seals the original and makes the public copy; (SHA-256 of the original, of the copy or None). Raises OSError."""
        digest = hashlib.sha256(content).hexdigest()
        _write(self.folder / SEALED / digest, self.cfg.seal.close_bytes(content))
        copy = public_copy(content) if is_picture else None
        if copy is None:
            return digest, None
        shown = hashlib.sha256(copy).hexdigest()
        _write(self.public_path(shown), copy)
        return digest, shown

    def original(self, sha256: str) -> bytes:
        """The sealed original, opened. Raises FileNotFoundError."""
        return self.cfg.seal.open_bytes((self.folder / SEALED / sha256).read_bytes())

    def public_path(self, sha256: str) -> Path:
        return self.folder / PUBLIC / f"{sha256}.jpg"


class Fetcher:
    """Fetches what waits. `fetchers` are the channels' own ways; one task owns it."""

    def __init__(
        self,
        db: Database,
        files: Files,
        fetchers: Mapping[str, Fetch],
        clock: Callable[[], datetime],
        tidiers: Mapping[str, Tidy] | None = None,
    ) -> None:
        self.db, self.files, self.fetchers, self.clock = db, files, fetchers, clock
        self.tidiers = tidiers or {}
        self.woken = asyncio.Event()

    async def run(self, stop: asyncio.Event) -> None:
        """Until `stop`; woken by a commit, or looks again every ten seconds for what failed before."""
        while not stop.is_set():
            self.woken.clear()
            try:
                idle = await self.fetch_waiting() == 0
            except Unavailable as trouble:
                await wait_out(trouble, stop)
                continue
            if idle:
                await first_of(self.woken, stop, seconds=10)

    async def fetch_waiting(self) -> int:
        """One round; how many files it tried."""
        waiting = await self._claimed(self.clock())
        ended = await asyncio.gather(*(self._one(file) for file in waiting), return_exceptions=True)
        for error in ended:
            if error is not None:
                raise error
        return len(waiting)

    async def _claimed(self, now: datetime) -> Sequence[Attachment]:
        if self.db.is_sqlite:  # nobody else fetches for what is in a file
            return await self.db.read(lambda db: messages.attachments_to_fetch(db, now))
        return await self.db.write(lambda db: messages.claim_attachments(db, now, LEASE))

    async def _one(self, file: Attachment) -> None:
        try:
            await self._fetch(file)
        except Unavailable:
            raise  # no fault of this file: it waits until the disk works again
        except Refused as refusal:
            reason = GONE.get(refusal.code, "gone")
            await self.db.write(lambda db: _failed(db, self.files.cfg, file, reason, self.clock()))
        except Exception as error:  # the network, a channel that is off, a bug: tried again, then told
            name = type(error).__name__
            log.warning(
                "a file could not be fetched", attachment_id=file.id, channel=file.channel, error=name
            )
            await self.db.write(lambda db: _again(db, self.files.cfg, file, name, self.clock()))

    async def _fetch(self, file: Attachment) -> None:
        content = await self.fetchers[file.channel](file.provider_id)
        # Of a sealed ticket no readable copy is made: what nobody may be shown need not lie there.
        sealed = await self.db.read(lambda db: _is_sealed(db, file))
        copied = file.kind == "photo" and not sealed
        digest, shown = await asyncio.to_thread(self._kept, content, copied)
        size, cfg = len(content), self.files.cfg
        await self.db.write(lambda db: _stored(db, cfg, file, digest, shown, size, self.clock()))
        if file.channel in self.tidiers:
            await self._tidy(file, shown)

    async def _tidy(self, file: Attachment, shown: str | None) -> None:
        try:
            await self.tidiers[file.channel](file, self.files.public_path(shown) if shown else None)
        except (OSError, Unavailable) as error:
            # The original is safe: what could not be taken off the disk goes at night (services/housekeeping.py).
            log.error("a file was not tidied", attachment_id=file.id, error=type(error).__name__)

    def _kept(self, content: bytes, copied: bool) -> tuple[str, str | None]:
        """Raises Unavailable when our own disk cannot take it: tries are counted against who sends, not against us."""
        try:
            return self.files.keep(content, copied)
        except OSError as error:
            raise Unavailable(
                f"files: {errno.errorcode.get(error.errno or 0, type(error).__name__)}"
            ) from error


def public_copy(content: bytes) -> bytes | None:
    """A JPEG of at most 2560 pixels a side with nothing but the picture in it; None when it is no picture we can read."""
    try:
        with Image.open(io.BytesIO(content)) as picture:
            if picture.width * picture.height > MOST_PIXELS:
                return None
            upright = ImageOps.exif_transpose(picture).convert("RGB")
            upright.thumbnail((LARGEST_SIDE, LARGEST_SIDE))
            out = io.BytesIO()
            # No exif=, no info=: a new JPEG carries neither position nor camera nor thumbnail.
            upright.save(out, "JPEG", quality=85)
            return out.getvalue()
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError, Image.DecompressionBombError):
        return None


def pictures_to(db: Connection, ticket_id: int, chat: telling.IdentityId, now: datetime) -> None:
    """Shows the ticket's pictures in a chat that asked for them."""
    main, ticket = tickets.find(db, ticket_id), TicketId(ticket_id)
    joined = tickets.joined(db, main) if main is not None else ()
    numbers = [ticket, *(one.id for one in joined)]
    shown = [file for one in numbers for file in messages.attachments_of(db, one) if file.public_sha256]
    kind = NoticeKind.PHOTO
    outbox.add(
        db, [Notice(kind, chat, ticket, {"attachment_id": file.id}, Priority.CARD) for file in shown], now
    )


def _stored(
    db: Connection, cfg: Config, file: Attachment, digest: str, shown: str | None, size: int, now: datetime
) -> None:
    """Tells whoever works on the ticket. What was erased while it was fetched leaves the disk by services/housekeeping.py: here
    the same file of somebody else might just be coming."""
    if not messages.attachment_stored(db, file.id, digest, shown, size):
        personal.erased_file_came(db, file.id, digest, shown)
        return
    if file.task_id is not None:
        evidence.show(db, file, shown is not None, now)
    ticket, message = tickets.load(db, file.ticket_id), messages.get(db, file.message_id)
    if ticket is None or message is None or ticket.sealed or shown is None:
        return
    if message.direction == "out":
        telling.tell_sender(db, ticket, NoticeKind.PHOTO, now, attachment_id=file.id)
        return
    holder = [ticket.holder_id] if ticket.holder_id is not None else []
    chats = [chat.id for chat in people.reachable_identities(db, holder).values()] or outbox.has_card(
        db, ticket.id
    )
    data = {"attachment_id": file.id}
    outbox.add(
        db,
        [Notice(NoticeKind.PHOTO, telling.IdentityId(c), ticket.id, data, Priority.CARD) for c in chats],
        now,
    )


def _is_sealed(db: Connection, file: Attachment) -> bool:
    ticket = tickets.find(db, file.ticket_id)
    return ticket is not None and ticket.sealed


def _again(db: Connection, cfg: Config, file: Attachment, error: str, now: datetime) -> None:
    if file.attempts + 1 >= TRIES:
        _failed(db, cfg, file, "gone", now)
    else:
        messages.attachment_failed(
            db, file.id, error, now + max(pause_after(file.attempts), timedelta(seconds=1))
        )


def _failed(db: Connection, cfg: Config, file: Attachment, reason: str, now: datetime) -> None:
    messages.attachment_failed(db, file.id, reason, None)
    if file.task_id is not None:
        evidence.lost(db, file, reason, cfg.file_limit_mb, now)
    ticket, message = tickets.load(db, file.ticket_id), messages.get(db, file.message_id)
    if ticket is not None and message is not None and message.direction == "in":
        told = {"reason": reason, "limit_mb": cfg.file_limit_mb}
        writer = message.author_id if message.author_id is not None else ticket.sender_id
        telling.tell_writer(db, ticket, writer, NoticeKind.FILE_REFUSED, now, **told)


def _write(path: Path, content: bytes) -> None:
    """Whole or not at all: a file is under its name only when its bytes are on the disk."""
    try:
        os.utime(path)  # wanted again: services/housekeeping.py must not take it away just now
        return
    except FileNotFoundError:
        pass
    path.parent.mkdir(parents=True, exist_ok=True)
    # Readable by its owner only, and under a name of its own: the same picture may come from two people in one moment.
    handle, part = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.", suffix=".part")
    with os.fdopen(handle, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    os.replace(part, path)
