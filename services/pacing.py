"""Turns on an absolute schedule: so many messages a second for a bot, one a second for a chat, twenty a minute for a group."""

import asyncio
import heapq
import math
import time
from collections import deque
from itertools import count

from services.sender import ChannelFacts

_MINUTE = 60.0
# A second, and a little for the way to the platform, which counts arrivals. Little enough for a message that leaves some
# milliseconds late: thirty a window are what the grid gives also then (at 1.01 s it was 29.65 a second).
_WINDOW = 1.005
_FORGET_AFTER = 10_000


class Pacer:
    """A message leaves after `chat_turn` and then `bot_turn`. The bot's slots lie on a fixed grid; however late the program
    wakes for one, no window of a second holds more than 30; and of those who wait for it the most urgent goes first."""

    def __init__(self, facts: ChannelFacts) -> None:
        self._facts = facts
        self._next = 0.0
        self._held_until = 0.0
        self._left: deque[float] = deque(maxlen=math.ceil(facts.per_second * _WINDOW))
        self._chats: dict[str, float] = {}
        self._groups: dict[str, deque[float]] = {}
        self._queue: list[tuple[int, int, asyncio.Future[None]]] = []
        self._arrivals = count()
        self._door: asyncio.Task[None] | None = None

    async def chat_turn(self, chat_id: str, is_group: bool = False) -> None:
        """Waits for the chat's slot. Cancelling gives the slot away, which only costs time."""
        await _until(self._chat_slot(chat_id, is_group))

    async def bot_turn(self, chat_id: str, priority: int = 0) -> None:
        """Waits for the bot's slot, the lowest `priority` first; then the message has to leave at once."""
        now = time.monotonic()
        if self._queue or self._free_at() > now:
            mine = asyncio.get_running_loop().create_future()
            heapq.heappush(self._queue, (priority, next(self._arrivals), mine))
            if self._door is None or self._door.done():
                self._door = asyncio.create_task(self._let_out())
            await mine
        else:
            self._take_slot(now)
        # The chat's next slot counts from here: the bot's queue may have taken most of a second.
        now = time.monotonic()
        self._chats[chat_id] = max(self._chats.get(chat_id, 0.0), now + 1.0 / self._facts.per_chat_second)
        if sent := self._groups.get(chat_id):
            sent[-1] = max(sent[-1], now)

    def wait_seconds(self, chat_id: str, is_group: bool = False) -> float:
        """How long until this chat's next slot; nothing is reserved."""
        now = time.monotonic()
        at = max(now, self._held_until, self._chats.get(chat_id, 0.0))
        sent = self._groups.get(chat_id) if is_group else None
        if sent is not None and len(sent) == sent.maxlen:
            at = max(at, sent[0] + _MINUTE)
        return at - now

    def held_seconds(self) -> float:
        """How long the whole bot still has to keep silent."""
        return max(0.0, self._held_until - time.monotonic())

    def hold(self, seconds: float) -> None:
        """The platform asked the whole bot to wait."""
        self._held_until = max(self._held_until, time.monotonic() + seconds)

    async def _let_out(self) -> None:
        """One at a time, until nobody waits any more. Who gave up waiting costs no slot."""
        while self._queue:
            while (at := self._free_at()) > time.monotonic():
                await _until(at)
            *_, first = heapq.heappop(self._queue)
            if not first.done():
                self._take_slot(time.monotonic())
                first.set_result(None)

    def _take_slot(self, now: float) -> None:
        # From the slot, not from now: the grid makes up for a late waking, the window keeps that within bounds.
        self._next = max(self._next, now - 1.0 / self._facts.per_second) + 1.0 / self._facts.per_second
        self._left.append(now)

    def _free_at(self) -> float:
        full = len(self._left) == self._left.maxlen
        return max(self._next, self._held_until, self._left[0] + _WINDOW if full else 0.0)

    def _chat_slot(self, chat_id: str, is_group: bool) -> float:
        now = time.monotonic()
        at = max(now, self._chats.get(chat_id, 0.0))
        if is_group:
            at = self._group_slot(chat_id, at)
        if len(self._chats) > _FORGET_AFTER:
            self._chats = {chat: free for chat, free in self._chats.items() if free > now}
        self._chats[chat_id] = at + 1.0 / self._facts.per_chat_second
        return at

    def _group_slot(self, chat_id: str, at: float) -> float:
        sent = self._groups.setdefault(chat_id, deque(maxlen=self._facts.per_group_minute))
        if len(sent) == sent.maxlen:
            at = max(at, sent[0] + _MINUTE)
        sent.append(at)
        return at


async def _until(at: float) -> None:
    pause = at - time.monotonic()
    if pause > 0:
        await asyncio.sleep(pause)
