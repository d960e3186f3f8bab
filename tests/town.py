"""The cast of the flow tests: people who write, press and read through a chat of their own, over the real program.

The channel is made here; everything behind it – inbox, worker, errands, SQLite file, outbox, cards – is what runs in service.
"""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from cryptography.fernet import Fernet
from sqlalchemy import make_url

from bot.cards import render
from bot.inbound import File, Incoming, Message, Origin, Press, Reachable
from bot.outgoing import Button
from bot.worker import Worker
from core.people import Role
from core.ticket import Ticket
from services import directory, handover, outbox, privacy, reminding, timers
from services.attachments import Fetcher, Files
from services.config import Config
from services.outbox import Post
from services.plan_intake import PlanReader
from services.reference import load_seeds, reference
from services.sender import ChannelFacts, Delivery, Document, Sent, Verdict
from storage import inbox, people, tickets
from storage.database import Database, writer_engine
from storage.schema import metadata
from tests import postgres

HANOI = timedelta(hours=7)
MORNING = datetime(2026, 11, 22, 2, 0, tzinfo=UTC)  # 09:00 in Hanoi, a Sunday


@dataclass(slots=True)
class HandClock:
    """Time that moves only when somebody moves it."""

    at: datetime = MORNING

    def now(self) -> datetime:
        return self.at

    def passes(self, **span: float) -> None:
        self.at += timedelta(**span)

    def is_now(self, hour: int, minute: int = 0, day: int | None = None, month: int | None = None) -> None:
        """Hanoi time; forward only."""
        local = self.at + HANOI
        wanted = local.replace(hour=hour, minute=minute, second=0, microsecond=0)
        wanted = wanted.replace(day=day or wanted.day, month=month or wanted.month)
        assert wanted >= local, "the clock does not go back"
        self.at = wanted - HANOI


class KeyInHand:
    """A seal whose key lives in memory."""

    def __init__(self) -> None:
        self._fernet = Fernet(Fernet.generate_key())

    def close(self, text: str) -> bytes:
        return self._fernet.encrypt(text.encode())

    def open(self, sealed: bytes) -> str:
        return self._fernet.decrypt(sealed).decode()

    def close_bytes(self, content: bytes) -> bytes:
        return self._fernet.encrypt(content)

    def open_bytes(self, sealed: bytes) -> bytes:
        return self._fernet.decrypt(sealed)


@dataclass(slots=True)
class Bubble:
    """A message as its reader sees it now (edits applied)."""

    id: str
    text: str
    buttons: tuple[tuple[Button, ...], ...] = ()
    photo: Path | None = None
    document: Document | None = None

    def button(self, label: str) -> Button | None:
        return next((b for row in self.buttons for b in row if label in b.label), None)


@dataclass(slots=True)
class Channel:
    """The platform's side: what was delivered to each chat, and scripted verdicts for the next sends."""

    facts: ChannelFacts = field(
        default_factory=lambda: ChannelFacts(
            "town", per_second=100_000, per_chat_second=100_000, per_group_minute=100_000
        )
    )
    chats: dict[str, list[Bubble]] = field(default_factory=dict)
    verdicts: dict[str, list[Verdict]] = field(default_factory=dict)
    files: dict[str, bytes] = field(default_factory=dict)
    sends: int = 0

    async def send(self, delivery: Delivery) -> Verdict:
        if self.verdicts.get(delivery.chat_id):
            return self.verdicts[delivery.chat_id].pop(0)
        parts = render(delivery, self.facts)
        part = parts[delivery.part]
        self.sends += 1
        chat = self.chats.setdefault(delivery.chat_id, [])
        shown = next((bubble for bubble in chat if bubble.id == delivery.edits), None)
        if shown is None:
            shown = Bubble(f"m{self.sends}", "")
            chat.append(shown)
        shown.text, shown.buttons = part.text, part.buttons
        shown.photo, shown.document = part.photo, part.document
        return Sent(shown.id, more=delivery.part + 1 < len(parts))

    async def fetch(self, provider_id: str) -> bytes:
        return self.files[provider_id]


@dataclass(slots=True)
class Citizen:
    """Anybody with a telephone. `chat` may be a group that the words are written in."""

    town: "Town"
    chat_id: str
    name: str
    language: str = "vi"
    person_id: int = 0
    channel: str = "town"

    async def says(self, text: str, **more: Any) -> None:
        await self.town.receives(self._message(text, **more))

    async def sends(self, kind: str, text: str = "", **more: Any) -> None:
        await self.town.receives(self._message(text, kind=kind, **more))

    async def sends_photo(self, content: bytes, caption: str = "", **more: Any) -> None:
        file_id = f"f{len(self.town.channel.files)}"
        self.town.channel.files[file_id] = content
        file = File("photo", file_id, size=len(content))
        await self.town.receives(self._message(caption, kind="photo", files=(file,), **more))

    async def edits(self, message_id: str, text: str) -> None:
        await self.town.receives(self._message(text, message_id=message_id, edited=True))

    async def presses(self, label: str, group: str | None = None) -> None:
        """The newest button with these words in this person's chat (or in the group)."""
        bubble, button = self._find(label, group or self.chat_id)
        await self.presses_payload(button.payload, bubble.id, group)

    async def presses_payload(
        self, payload: str, message_id: str | None = None, group: str | None = None
    ) -> None:
        await self.town.receives(Press(self._origin(group), self.town.clock.now(), payload, message_id, "cb"))

    async def blocks(self) -> None:
        await self.town.receives(Reachable(self._origin(None), False))

    def bubbles(self) -> list[Bubble]:
        return self.town.channels[self.channel].chats.get(self.chat_id, [])

    def reads(self) -> list[str]:
        return [bubble.text for bubble in self.bubbles()]

    def newest(self, containing: str = "") -> Bubble:
        found = [bubble for bubble in self.bubbles() if containing in bubble.text]
        assert found, f"{self.name} sees nothing with {containing!r}; the last is {self.reads()[-3:]}"
        return found[-1]

    def sees(self, words: str) -> bool:
        return any(words in text for text in self.reads())

    def buttons(self) -> list[str]:
        return [button.label for bubble in self.bubbles() for row in bubble.buttons for button in row]

    def _find(self, label: str, chat_id: str) -> tuple[Bubble, Button]:
        for bubble in reversed(self.town.channels[self.channel].chats.get(chat_id, [])):
            button = bubble.button(label)
            if button is not None:
                return bubble, button
        raise AssertionError(f"{self.name} has no button {label!r}, only {self.buttons()}")

    def _message(self, text: str, **more: Any) -> Message:
        group = more.pop("group", None)
        message_id = more.pop("message_id", None) or f"u{self.town.next_update()}"
        values = {"at": self.town.clock.now(), "message_id": message_id, "text": text, **more}
        return Message(self._origin(group), **values)

    def _origin(self, group: str | None) -> Origin:
        update = f"up{self.town.next_update()}"
        chat_kind = "group" if group else "private"
        chat_id = group or self.chat_id
        return Origin(self.channel, "bot", update, chat_id, self.chat_id, chat_kind, self.name, self.language)


@dataclass(slots=True)
class Town:
    """The program and its people."""

    db: Database
    cfg: Config
    clock: HandClock
    channel: Channel
    worker: Worker
    post: Post
    fetcher: Fetcher
    plan_reader: PlanReader
    said: dict[str, Incoming] = field(default_factory=dict)
    count: int = 0
    channels: dict[str, Channel] = field(default_factory=dict)

    def next_update(self) -> int:
        self.count += 1
        return self.count

    def citizen(self, name: str, language: str = "vi", channel: str = "town") -> Citizen:
        return Citizen(self, f"c{self.next_update()}", name, language, channel=channel)

    async def staff(self, name: str, role: Role = Role.DUTY, gate: str | None = None, **more: Any) -> Citizen:
        """A linked member of staff."""
        member = self.citizen(name)
        now = self.clock.now()
        added = await self.db.write(
            lambda db: directory.add_person(db, reference(db), name, role, now, gate=gate, **more)
        )
        member.person_id = added[0]
        await member.says(f"/start link_{added[1]}")
        return member

    async def receives(self, *incoming: Incoming) -> None:
        """Stores updates as a channel does and lets everything happen that follows."""
        await self.stores(*incoming)
        await self.settles()

    async def stores(self, *incoming: Incoming) -> None:
        def errand(db: Any) -> None:
            for one in incoming:
                origin = one.origin
                self.said[origin.update_id] = one
                raw = {"of": origin.update_id, "text": getattr(one, "text", "")}
                inbox.store(
                    db, origin.channel, "bot", origin.update_id, origin.chat_id, raw, self.clock.now()
                )

        await self.db.write(errand)

    async def settles(self) -> None:
        """Until nothing is left that can be done now."""
        while (
            await self.worker.handle_waiting()
            + await self.fetcher.fetch_waiting()
            + await self.plan_reader.read_waiting()
            + await self.post.send_all()
        ):
            pass

    async def passes(self, **span: float) -> None:
        """Time passes; timers fire in order on the way, as the heartbeat would have it."""
        await self.goes_on_until(self.clock.now() + timedelta(**span))

    async def goes_on_until(self, end: datetime) -> None:
        while (due := await self.db.read(timers.timers.next_due_at)) is not None and due <= end:
            self.clock.at = max(self.clock.at, due)
            if not await self.beats():
                break
        self.clock.at = max(self.clock.at, end)
        await self.settles()

    async def until(self, hour: int, minute: int = 0, days: int = 0) -> None:
        """Goes on until this Hanoi time of today, or so many days later."""
        local = (self.clock.at + HANOI).replace(hour=hour, minute=minute, second=0, microsecond=0)
        await self.goes_on_until(local + timedelta(days=days) - HANOI)

    async def beats(self) -> int:
        """One heartbeat and what follows from it."""
        now = self.clock.now()
        fired = await self.db.write(lambda db: timers.fire_due(db, self.cfg, now))
        await self.settles()
        return fired

    async def tickets(self) -> Sequence[Ticket]:
        """Oldest first."""
        return list(reversed(await self.db.read(lambda db: tickets.listed(db))))

    async def ticket(self) -> Ticket:
        """The only one."""
        found = await self.tickets()
        assert len(found) == 1, [one.code for one in found]
        return found[0]

    async def events(self, ticket: Ticket) -> list[str]:
        stored = await self.db.read(lambda db: tickets.history(db, ticket.id))
        return [str(one.event.kind) for one in stored]

    async def identity_of(self, citizen: Citizen) -> people.Identity:
        found = await self.db.read(lambda db: people.identity(db, citizen.channel, "bot", citizen.chat_id))
        assert found is not None
        return found


@asynccontextmanager
async def opened_town(
    folder: Path,
    at: datetime = MORNING,
    database: str | None = None,
    beside: Sequence[ChannelFacts] = (),
) -> AsyncIterator[Town]:
    """A fresh town in `folder`: on an SQLite file there, or on the empty `database` that is given (an address).

    `beside`: further channels that people there may have.
    """
    if database is None and postgres.WANTED:
        async with postgres.fresh_database() as fresh, opened_town(folder, at, fresh, beside) as town:
            yield town
            return
    url = database or new_file(folder / "town.db")
    clock, channel = HandClock(at), Channel()
    channels = {"town": channel, **{facts.name: Channel(facts) for facts in beside}}
    mirrors = frozenset(name for name, one in channels.items() if one.facts.mirrors)
    cfg = Config(KeyInHand(), folder / "files", mirrors=mirrors)
    handover.register()
    reminding.register()
    privacy.register()
    async with Database(url) as db:
        await db.write(lambda connection: load_seeds(connection, clock.now()))
        said: dict[str, Incoming] = {}
        parse = dict.fromkeys(channels, lambda bot, update, raw: said[str(raw["of"])])
        worker = Worker(db, cfg, parse, clock.now)
        post = Post(db, cfg, channels, outbox.Clock(clock.now))
        fetcher = Fetcher(db, Files(cfg), {"town": channel.fetch}, clock.now)
        plan_reader = PlanReader(db, {"town": channel.fetch}, clock.now)
        yield Town(db, cfg, clock, channel, worker, post, fetcher, plan_reader, said, channels=channels)


def new_file(path: Path) -> str:
    """The address of a new SQLite file with the program's tables."""
    url = f"sqlite+aiosqlite:///{path}"
    engine = writer_engine(make_url(url))
    metadata.create_all(engine)
    engine.dispose()
    return url
