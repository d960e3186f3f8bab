"""Single rows of the outbox, for tests that look at the post from close by."""

from collections.abc import Sequence
from datetime import timedelta

import sqlalchemy as sa

from core.notices import Notice, NoticeKind
from services import settling
from services.sender import Verdict
from storage import outbox
from storage.outbox import Row
from storage.schema import outbox as table
from tests.town import Citizen, Town

MINUTE = timedelta(minutes=1)


async def waits(town: Town, citizen: Citizen, kind: NoticeKind = NoticeKind.HELP, **more: object) -> Row:
    """A notice to this person that nobody has sent yet."""
    if town.channel.chats.get(citizen.chat_id) is None:
        await citizen.says("/trogiup")
    chat = await town.identity_of(citizen)
    notice = Notice(kind, chat.id, **more)  # type: ignore[arg-type]
    await town.db.write(lambda db: outbox.add(db, [notice], town.clock.now()))
    rows = await town.db.read(lambda db: outbox.waiting_of(db, chat.id))
    return rows[-1]


async def settle(town: Town, row: Row, verdict: Verdict) -> None:
    now = town.clock.now()
    await town.db.write(lambda db: settling.settle(db, town.cfg, row, verdict, now))


async def stored(town: Town, row: Row) -> "sa.Row[tuple[object, ...]]":
    return await town.db.read(lambda db: db.execute(sa.select(table).where(table.c.id == row.id)).one())


async def claimed(town: Town, lease: timedelta = MINUTE, limit: int = 64) -> Sequence[Row]:
    return await town.db.write(lambda db: outbox.claim(db, town.clock.now(), lease, limit))
