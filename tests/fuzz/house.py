"""The program with its real parsers, driven from a plain function, and what must hold after anything that it was sent."""

import asyncio
import itertools
import json
import tempfile
from collections.abc import Coroutine, Sequence
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any, TypeVar

import sqlalchemy as sa
import structlog

from bot.telegram import updates as telegram
from bot.telegram.sender import TELEGRAM
from bot.web import updates as web
from bot.worker import Worker
from core.people import Role
from services import directory, outbox
from services.outbox import Post
from services.reference import reference
from services.verify import verify
from storage import inbox, schema
from storage.database import Connection
from tests.town import Channel, Town, opened_town

T = TypeVar("T")
STAFF = {"103": Role.DUTY, "104": Role.LEADER}
NEW_AFTER = 400
"""Examples. A house that is never left fills up: lists grow, and every example gets slower."""


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

    def payloads(self) -> list[str]:
        """Every button that anybody was ever shown, the oldest first."""
        return [
            button.payload
            for chat in self.channel.chats.values()
            for bubble in chat
            for row in bubble.buttons
            for button in row
        ]

    def _moves_in(self) -> None:
        self._do(self._opens())

    def _moves_out(self) -> None:
        if self._stack is not None:
            assert not self._do(self.town.db.read(verify)).findings
            self._do(self._stack.aclose())

    async def _opens(self) -> None:
        self._stack = AsyncExitStack()
        folder = self._stack.enter_context(tempfile.TemporaryDirectory())
        self.town: Town = await self._stack.enter_async_context(opened_town(Path(folder)))
        self.channel = Channel(facts=TELEGRAM_UNPACED)
        town = self.town
        parsers = {"telegram": telegram.parse, "web": web.parse}
        town.worker = Worker(town.db, town.cfg, parsers, town.clock.now)
        town.post = Post(town.db, town.cfg, {"telegram": self.channel}, outbox.Clock(town.clock.now))
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
            before = await town.db.read(_remembered)
            await town.settles()
            await town.db.read(lambda db, number=number: _was_handled(db, number))
            if _is_a_complaint(content):
                assert await town.db.read(_remembered) > before, "what somebody wrote was not kept"
        if minutes:
            await town.passes(minutes=minutes)
        for chat in self.channel.chats.values():
            for bubble in chat:
                assert bubble.text.strip() or bubble.photo, "an empty message"
                assert "Traceback" not in bubble.text

    def _do(self, errand: Coroutine[Any, Any, T]) -> T:
        return self._runner.run(errand)


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
