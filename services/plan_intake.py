"""Plans that Văn phòng sends in a chat: fetched and read in a process of their own, never in an errand; then a person reviews."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import PurePath

import structlog

from core import access
from core.errors import Refused
from core.notices import NoticeKind
from core.people import Person
from core.plan import Draft
from services import planning, telling
from services.attachments import Fetch
from services.reference import Reference, reference
from services.settling import pause_after
from services.waiting import first_of, wait_out
from storage import plan_uploads
from storage.database import Connection, Database, Unavailable
from storage.people import Identity
from storage.plan_uploads import Upload

ENDINGS = (".docx", ".xlsx", ".csv", ".pdf", ".txt", ".md")
TRIES = 6
# Another process takes it up so much later, should this one die; the readers' own bounds are narrower.
LEASE = timedelta(minutes=3)
log = structlog.get_logger()
Read = Callable[[bytes, str, Reference], Draft]


def is_plan(person: Person, kind: str, name: str | None) -> bool:
    """Whether a file is to be read as a plan: a document with a known ending, from whoever keeps plans."""
    return (
        kind == "document"
        and access.may_keep_plans(person)
        and PurePath(name or "").suffix.lower() in ENDINGS
    )


def take(db: Connection, chat: Identity, person: Person, provider_id: str, name: str, now: datetime) -> None:
    """Queues the file and says so. Raises `not_allowed`."""
    if not access.may_keep_plans(person):
        raise Refused("not_allowed")
    plan_uploads.add(db, chat.id, person.id, chat.channel, provider_id, name, now)
    telling.tell_chat(db, chat.id, NoticeKind.PLAN_READING, now, None, name=name)


def read_apart(data: bytes, name: str, ref: Reference) -> Draft:
    """The draft, read by a child process with bounds on time and memory. Raises BadPlan."""
    # Only here: the readers of Word and Excel files take longer to load than all the rest of the program.
    from plan_data.reading.apart import read_plan_apart
    from plan_data.unit_gazetteer import gazetteer

    return read_plan_apart(data, name, names=gazetteer(tuple(ref.units.values())), office=ref.office())


class PlanReader:
    """Reads what waits. `fetchers` are the channels' own ways to a file; one task owns it."""

    def __init__(
        self,
        db: Database,
        fetchers: Mapping[str, Fetch],
        clock: Callable[[], datetime],
        read: Read = read_apart,
    ) -> None:
        self.db, self.fetchers, self.clock, self.read = db, fetchers, clock, read
        self.woken = asyncio.Event()

    async def run(self, stop: asyncio.Event) -> None:
        """Until `stop`; woken by a commit, or looks again every half a minute for what could not be fetched."""
        while not stop.is_set():
            self.woken.clear()
            try:
                idle = await self.read_waiting() == 0
            except Unavailable as trouble:
                await wait_out(trouble, stop)
                continue
            if idle:
                await first_of(self.woken, stop, seconds=30)

    async def read_waiting(self) -> int:
        """One round; how many files it tried. One after another: each may take a core for seconds."""
        waiting = await self._claimed(self.clock())
        for upload in waiting:
            await self._one(upload)
        return len(waiting)

    async def _claimed(self, now: datetime) -> Sequence[Upload]:
        if self.db.is_sqlite:  # nobody else reads for what is in a file
            return await self.db.read(lambda db: plan_uploads.waiting(db, now))
        return await self.db.write(lambda db: plan_uploads.claim(db, now, LEASE))

    async def _one(self, upload: Upload) -> None:
        try:
            content = await self.fetchers[upload.channel](upload.provider_id)
        except Unavailable:
            raise  # no fault of this file: it waits until the disk works again
        except Refused:
            await self._failed(upload, "")
            return
        except Exception as error:  # the network, a channel that is off: tried again, then told
            log.warning("a plan could not be fetched", upload_id=upload.id, error=type(error).__name__)
            await self._again(upload)
            return
        await self._read(upload, content)

    async def _read(self, upload: Upload, content: bytes) -> None:
        from plan_data.reading.source import BadPlan

        ref = await self.db.read(reference)
        try:
            draft = await asyncio.to_thread(self.read, content, upload.name, ref)
            await self.db.write(lambda db: _keep(db, upload, draft, self.clock()))
        except Unavailable:
            raise
        except BadPlan as bad:
            await self._failed(upload, str(bad))
        except Exception as error:  # a bug: nobody must wait for ever, nor the program end at each start
            log.error(
                "a plan could not be read", upload_id=upload.id, error=type(error).__name__, exc_info=error
            )
            await self._failed(upload, "")

    async def _again(self, upload: Upload) -> None:
        if upload.attempts + 1 >= TRIES:
            await self._failed(upload, "")
            return
        until = self.clock() + max(pause_after(upload.attempts), timedelta(seconds=1))
        await self.db.write(lambda db: plan_uploads.again(db, upload.id, until))

    async def _failed(self, upload: Upload, sentence: str) -> None:
        await self.db.write(lambda db: _refuse(db, upload, sentence, self.clock()))


def _keep(db: Connection, upload: Upload, draft: Draft, now: datetime) -> None:
    if not plan_uploads.ended(db, upload.id, "read"):
        return
    kept = planning.keep_draft(db, draft, upload.name, None, upload.person_id, now)
    telling.tell_chat(db, upload.identity_id, NoticeKind.PLAN_DRAFT, now, None, document_id=kept.id)


def _refuse(db: Connection, upload: Upload, sentence: str, now: datetime) -> None:
    if plan_uploads.ended(db, upload.id, "failed"):
        told = {"name": upload.name, "sentence": sentence}
        telling.tell_chat(db, upload.identity_id, NoticeKind.PLAN_UNREADABLE, now, None, **told)
