"""The program with its real parsers, driven from a plain function, and what must hold after anything that it was sent."""

import asyncio
import itertools
import json
import tempfile
from collections.abc import Callable, Coroutine, Iterator, Sequence
from contextlib import AsyncExitStack, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, TypeVar

import sqlalchemy as sa
import structlog

from bot.telegram import updates as telegram
from bot.telegram.sender import TELEGRAM
from bot.web import updates as web
from bot.worker import Worker
from bot.zalo_oa import updates as zalo_oa
from bot.zalo_oa.sender import ZALO_OA
from core.people import Role
from services import directory, outbox
from services.outbox import Post
from services.reference import reference
from services.sender import Delivery, Sent, Verdict
from services.verify import verify
from storage import inbox, schema
from storage.database import Connection, Database, take_wakes, writer_engine
from storage.remembering import forget
from tests.town import Channel, Town, opened_town

T = TypeVar("T")
STAFF = {"103": Role.DUTY, "104": Role.LEADER}
NEW_AFTER = 400
"""Examples. A house that is never left fills up: lists grow, and every example gets slower."""
IN_MEMORY = next((place for place in ("/dev/shm",) if Path(place).is_dir()), None)
"""Where the file lies, on a machine that has it: what a disk keeps is the crash run's question, and half of the time was its."""


class House:
    """A town that speaks Telegram and the web chat. Use as a context manager; `receives` asserts what must always hold."""

    def __enter__(self) -> "House":
        self._runner = asyncio.Runner()
        self._numbers = itertools.count(1)
        self._examples = 0
        self._stack: AsyncExitStack | None = None
        self._moves_in()
        return self

    def __exit__(self, *_: object) -> None:
        self._moves_out()
        self._runner.close()

    def receives(self, *raw: dict[str, Any], minutes: float = 0) -> None:
        """Telegram updates, one after another; then time passes. Raises AssertionError when something is lost or broken."""
        self._examples += 1
        if self._examples % NEW_AFTER == 0:
            self._moves_out()
            self._moves_in()
        with structlog.testing.capture_logs() as said:
            self._do(self._receives(raw, minutes))
        assert not [line for line in said if line["log_level"] in {"error", "critical"}], said

    def hears(self, *events: dict[str, Any]) -> None:
        """A Zalo Official Account's events, as its door takes them. Raises AssertionError when something is lost or broken."""
        with structlog.testing.capture_logs() as said:
            self._do(self._hears(events))
        assert not [line for line in said if line["log_level"] in {"error", "critical"}], said

    def payloads(self) -> Sequence[str]:
        """Every button that anybody was ever shown, the oldest first; also those that an edit took away."""
        return self.channel.payloads

    def _moves_in(self) -> None:
        self._do(self._opens())

    def _moves_out(self) -> None:
        if self._stack is not None:
            assert not self._do(self.town.db.read(verify)).findings
            self._do(self._stack.aclose())

    async def _opens(self) -> None:
        self._stack = AsyncExitStack()
        folder = self._stack.enter_context(tempfile.TemporaryDirectory(dir=IN_MEMORY))
        self.town: Town = await self._stack.enter_async_context(opened_town(Path(folder)))
        self.channel = Watched(facts=TELEGRAM_UNPACED)
        town = self.town
        self._stack.enter_context(_in_one_thread(town.db))
        account = Watched(facts=OA_UNPACED)
        parsers = {"telegram": telegram.parse, "web": web.parse, "zalo_oa": zalo_oa.parse}
        town.worker = Worker(town.db, town.cfg, parsers, town.clock.now)
        town.post = Post(
            town.db, town.cfg, {"telegram": self.channel, "zalo_oa": account}, outbox.Clock(town.clock.now)
        )
        for chat, role in STAFF.items():
            code = await town.db.write(lambda db, role=role: _added(db, role, town))
            await self._receives([_linking(chat, code)], 0)

    async def _receives(self, raw: Sequence[dict[str, Any]], minutes: float) -> None:
        town = self.town
        for update in raw:
            number = str(next(self._numbers))
            content = json.loads(json.dumps(update))  # as it comes over the line
            await town.db.write(
                lambda db, number=number, content=content: inbox.store(
                    db, "telegram", "1", number, telegram.chat_of(content), content, town.clock.now()
                )
            )
            before = await town.db.read(_remembered) if (told := _is_a_complaint(content)) else 0
            await town.settles()
            await town.db.read(lambda db, number=number: _was_handled(db, number))
            if told:
                assert await town.db.read(_remembered) > before, "what somebody wrote was not kept"
        if minutes:
            await town.passes(minutes=minutes)

    async def _hears(self, events: Sequence[dict[str, Any]]) -> None:
        town = self.town
        for event in events:
            try:
                raw = zalo_oa.raw_update(json.loads(json.dumps(event)))
            except ValueError:  # refused at the door
                continue
            if raw is None:
                continue
            number = str(next(self._numbers))
            await town.db.write(
                lambda db, raw=raw, number=number: inbox.store(
                    db, raw.channel, raw.bot, number, raw.chat_id, raw.raw, town.clock.now()
                )
            )
            await town.settles()
            await town.db.read(lambda db, number=number: _was_handled(db, number))

    def _do(self, errand: Coroutine[Any, Any, T]) -> T:
        return self._runner.run(errand)


@contextmanager
def _in_one_thread(db: Database) -> Iterator[None]:
    """Errands run where they are asked for: one after another anyway, they need neither a writer nor readers to wait for."""
    engine = writer_engine(db.url)
    with engine.connect() as connection:

        async def run(errand: Callable[[Connection], T], **more: object) -> T:
            with connection.begin():
                try:
                    return errand(connection)
                finally:
                    take_wakes(connection)
                    forget(connection)

        db.read = db.write = run  # type: ignore[method-assign]
        yield
    engine.dispose()


@dataclass(slots=True)
class Watched(Channel):
    """Looks at every message as it leaves, also at one that is edited away a moment later. Raises AssertionError."""

    payloads: list[str] = field(default_factory=list)

    async def send(self, delivery: Delivery) -> Verdict:
        verdict = await Channel.send(self, delivery)
        assert isinstance(verdict, Sent)
        shown = next(one for one in reversed(self.chats[delivery.chat_id]) if one.id == verdict.provider_id)
        assert shown.text.strip() or shown.photo or shown.document, "an empty message"
        assert "Traceback" not in shown.text
        self.payloads += [button.payload for row in shown.buttons for button in row]
        return verdict


def _added(db: Connection, role: Role, town: Town) -> str:
    now = town.clock.now()
    return directory.add_person(db, reference(db), "Khuê", role, now, gate="HN")[1]


def _linking(chat: str, code: str) -> dict[str, Any]:
    person = {"id": int(chat), "is_bot": False, "first_name": "Khuê"}
    where = {"id": int(chat), "type": "private"}
    return {
        "message": {"message_id": 1, "date": 0, "chat": where, "from": person, "text": f"/start link_{code}"}
    }


def _was_handled(db: Connection, number: str) -> None:
    row = db.execute(
        sa.select(schema.inbox.c.status, schema.inbox.c.error).where(schema.inbox.c.update_id == number)
    ).one()
    assert row.status == "done", row.error


def _remembered(db: Connection) -> int:
    """Grows with every word that is kept, every detail, every event."""
    tables = (schema.messages, schema.ticket_events, schema.attachments, schema.task_events)
    return sum(db.execute(sa.select(sa.func.count()).select_from(table)).scalar_one() for table in tables)


def _is_a_complaint(update: dict[str, Any]) -> bool:
    """Whether somebody outside wrote words of a length that cannot be an answer to a question of ours."""
    try:
        incoming = telegram.parse("1", "1", update)
    except ValueError:
        return False
    origin = getattr(incoming, "origin", None)
    text = getattr(incoming, "text", "")
    return (
        origin is not None
        and origin.chat_kind == "private"
        and origin.chat_id == origin.user_id
        and origin.chat_id not in STAFF
        and not getattr(incoming, "edited", False)
        and text in ("Xe hàng chờ 4 tiếng ở Hữu Nghị chưa được qua", "Bảo vệ bãi thu tiền không có hóa đơn")
    )


TELEGRAM_UNPACED = type(TELEGRAM)(
    TELEGRAM.name,
    TELEGRAM.text_limit,
    TELEGRAM.measure,
    per_second=1e6,
    per_chat_second=1e6,
    per_group_minute=10**6,
)
OA_UNPACED = replace(ZALO_OA, per_second=1e6, per_chat_second=1e6)
