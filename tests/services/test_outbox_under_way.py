"""What is under way: never more of one channel than a crash may double, and no channel takes the places of another."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import pytest

from core.notices import Notice, NoticeKind
from services import directory, outbox
from services.directory import Chat
from services.outbox import ON_THE_WAY, Post
from services.sender import ChannelFacts, Delivery, Sent, Verdict
from storage import outbox as rows
from storage.database import Unavailable
from tests.telegram_line import until
from tests.town import Town

FACTS = ChannelFacts("any", per_second=100_000, per_chat_second=100_000, per_group_minute=100_000)


@dataclass
class Platform:
    """Takes messages as long as it is not `stuck`; counts those that it has in its hands."""

    facts: ChannelFacts = FACTS
    taken: list[str] = field(default_factory=list)
    now: int = 0
    most: int = 0
    free: asyncio.Event = field(default_factory=asyncio.Event)

    async def send(self, delivery: Delivery) -> Verdict:
        self.now += 1
        self.most = max(self.most, self.now)
        await self.free.wait()
        self.now -= 1
        self.taken.append(delivery.chat_id)
        return Sent(f"m{len(self.taken)}")


async def test_a_platform_that_hangs_holds_up_no_other_and_has_no_more_than_a_crash_may_double(
    town: Town,
) -> None:
    hanging, quick = Platform(), Platform()
    quick.free.set()
    chats = 4 * ON_THE_WAY
    await _waits(town, "hanging", chats)
    async with _posted(town, {"hanging": hanging, "quick": quick}) as post:
        await until(lambda: hanging.now == ON_THE_WAY)
        await _waits(town, "quick", 5)
        post.woken.set()
        await until(lambda: len(quick.taken) == 5)
        assert not hanging.taken
        hanging.free.set()
        await until(lambda: len(hanging.taken) == chats)
    assert hanging.most == ON_THE_WAY
    assert sorted(set(hanging.taken)) == sorted(hanging.taken)


async def _waits(town: Town, channel: str, count: int) -> None:
    """One notice for each of so many chats."""
    now = town.clock.now()

    def errand(db):  # type: ignore[no-untyped-def]
        for number in range(count):
            who = directory.identify(
                db, Chat(channel, "bot", f"c{number}", f"c{number}", "private", "Nam", "vi"), now
            )
            rows.add(db, [Notice(NoticeKind.HELP, who.chat.id)], now)

    await town.db.write(errand)


@asynccontextmanager
async def _posted(town: Town, platforms: dict[str, Platform]) -> AsyncIterator[Post]:
    post, stop = Post(town.db, town.cfg, platforms, outbox.Clock(town.clock.now)), asyncio.Event()
    running = asyncio.create_task(post.run(stop))
    try:
        yield post
    finally:
        stop.set()
        post.woken.set()
        await running


async def test_a_database_that_cannot_be_read_for_a_while_ends_nothing(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("services.waiting.TROUBLE_SECONDS", 0.05)
    platform, asked, read = Platform(), asyncio.Event(), town.db.read
    platform.free.set()

    async def away(query):  # type: ignore[no-untyped-def]
        asked.set()
        raise Unavailable("OperationalError")

    async with _posted(town, {"quick": platform}) as post:
        monkeypatch.setattr(town.db, "read", away)
        post.woken.set()
        await asyncio.wait_for(asked.wait(), 20)
        await _waits(town, "quick", 1)
        monkeypatch.setattr(town.db, "read", read)
        await until(lambda: platform.taken)
