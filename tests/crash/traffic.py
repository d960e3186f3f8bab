"""What people do while the program dies and comes back: they write, press, answer and rate, and note what they have said."""

import asyncio
import io
import re
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from random import Random
from typing import Any, TypeVar
from uuid import uuid4

import httpx
from PIL import Image

from tests.doubles.botapi import BotApiDouble
from tests.doubles.botapi_people import Person
from tests.doubles.botapi_world import Json
from tests.web_page import Window

T = TypeVar("T")
PATIENCE = 150.0
"""Seconds that somebody waits for a program that nobody kills any more; longer, and something was lost."""
LOOK = 0.05
HOLDER = re.compile(r"Đang xử lý: (.+)")
MATTER = re.compile(r"Hữu Nghị: kẹt xe ở barie, chuyện \d+\.")


@dataclass(slots=True)
class Ledger:
    """What was said, as those who said it remember it. All words are unique."""

    messages: list[str] = field(default_factory=list)
    pictures: int = 0
    answers: dict[str, str] = field(default_factory=dict)  # words of an officer → the matter that they answer
    pages: dict[str, Sequence[str]] = field(default_factory=dict)  # matter → what its page shows in the end
    drivers: dict[str, Person] = field(default_factory=dict)  # matter → who told it in Telegram


class Traffic:
    """The people at the gate. `goes_on` adds new matters; each is told, raced for, answered and mostly closed by itself."""

    def __init__(self, double: BotApiDouble, officers: Sequence[Person], web: str, chance: Random) -> None:
        self.double, self.officers, self.web, self.chance = double, officers, web, chance
        self.ledger, self.board = Ledger(), Board(double, officers)
        self.in_peace = False  # the program is not being killed just now
        self.closed = False  # the gate: what comes now is taken, and handled another day
        self._cookies: dict[str, dict[str, str]] = {}
        self._at_work = {officer.id: asyncio.Lock() for officer in officers}
        self._going_on: set[asyncio.Task[None]] = set()
        self.complaints: list[str] = []

    async def goes_on(self, matters: int) -> None:
        """So many new matters, by whatever way people take."""
        for _ in range(matters):
            way = self.chance.choices(
                (self._told, self._told_with_a_picture, self._added, self._told_on_the_web), (5, 2, 2, 3)
            )[0]
            await way()

    async def ends(self) -> None:
        """Until everything that was begun has come to its end; what did not is in `complaints`."""
        await asyncio.gather(*self._going_on)

    async def looks_at_the_pages(self) -> None:
        """Everybody who wrote on the web opens the page again."""
        for words, cookies in self._cookies.items():
            async with httpx.AsyncClient(
                base_url=self.web, timeout=10, verify=False, cookies=cookies
            ) as browser:
                window = await self._until_taken(partial(Window.opens, browser, "/chat?gate=HN"))
                self.ledger.pages[words] = await window.reads()

    # --- senders -----------------------------------------------------------------------------------------------

    async def _told(self) -> None:
        words, driver = self._matter(), self._driver()
        self.ledger.drivers[words] = driver
        await driver.says(words)
        self._begin(self._handled(words, driver))

    async def _told_with_a_picture(self) -> None:
        words, driver = self._matter(), self._driver()
        self.ledger.drivers[words] = driver
        self.ledger.pictures += 1
        await driver.sends_photo(_picture(self.ledger.pictures), words)
        self._begin(self._handled(words, driver))

    async def _added(self) -> None:
        if self.ledger.drivers:
            await self.chance.choice(list(self.ledger.drivers.values())).says(self._words("Thêm"))

    async def _told_on_the_web(self) -> None:
        words = self._matter()
        self._begin(self._sent_from_a_page(words))
        self._begin(self._handled(words, None))

    async def _sent_from_a_page(self, words: str) -> None:
        """As the page's script does: the same sending again and again until it is acknowledged."""
        sending = str(uuid4())
        async with httpx.AsyncClient(base_url=self.web, timeout=10, verify=False) as browser:
            window = await self._until_taken(partial(Window.opens, browser, "/chat?gate=HN"))

            async def says() -> None:
                answer = await window.says(words, client_id=sending)
                if answer.status_code != 200:
                    raise httpx.TransportError(f"not taken: {answer.status_code}")

            await self._until_taken(says)
            self._cookies[words] = dict(browser.cookies)
            self.ledger.pages[words] = ()

    async def _until_taken(self, attempt: Callable[[], Awaitable[T]]) -> T:
        """What a page gets at last: it tries again as long as nobody listens."""
        left = PATIENCE
        while left > 0:
            with suppress(httpx.TransportError):
                return await attempt()
            await asyncio.sleep(LOOK)
            left -= LOOK if self.in_peace else 0
        raise AssertionError("the web page was never answered")

    # --- officers ----------------------------------------------------------------------------------------------

    async def _handled(self, words: str, driver: Person | None) -> None:
        """Several press *Nhận xử lý* in one moment; whoever got it answers, and mostly closes."""
        if self.closed:
            return
        racers = self.chance.sample(self.officers, self.chance.randint(1, len(self.officers)))
        for officer in racers:
            await self._until(lambda: self.board.cards(officer, words), f"nobody sees {words!r}")  # noqa: B023
        for officer in racers:
            await self._presses(officer, words, "Nhận xử lý")
        await self._until(lambda: self.board.holder(words), f"nobody got {words!r}")
        winner = next(one for one in self.officers if one.user["first_name"] == self.board.holder(words))
        await self._writes(winner, words, "Trả lời", f"Trả lời về {words}")
        if self.chance.random() < 0.7:
            await self._writes(winner, words, "Đóng phiếu", f"Kết quả, xe đã qua: {words}")
            if driver is not None and self.chance.random() < 0.5:
                await self._until(
                    lambda: any("Hài lòng" in seen.labels for seen in driver.seen()), "no rating"
                )
                await driver.presses("Hài lòng")

    async def _writes(self, officer: Person, words: str, button: str, answer: str) -> None:
        async with self._at_work[officer.id]:
            await self._until(
                lambda: self.board.button(officer, words, button), f"no {button!r} for {words!r}"
            )
            since = officer.mark()
            await self._presses(officer, words, button)
            await self._until(
                lambda: any("Viết" in text for text in officer.messages(since)), f"no prompt for {words!r}"
            )
            self.ledger.answers[answer] = words
            await officer.says(answer)

    async def _until(self, fits: Callable[[], object], otherwise: str) -> None:
        """Raises AssertionError with these words when it did not fit in time. Nobody counts while the program dies."""
        left = PATIENCE
        while left > 0:
            if fits():
                return
            await asyncio.sleep(LOOK)
            left -= LOOK if self.in_peace else 0
        raise AssertionError(otherwise)

    async def _presses(self, officer: Person, words: str, label: str) -> None:
        """Nothing when the button is gone by now: somebody was quicker."""
        if found := self.board.button(officer, words, label):
            message_id, payload = found
            await officer.presses_data(payload, message_id)

    # --- words -------------------------------------------------------------------------------------------------

    def _matter(self) -> str:
        return self._words("Hữu Nghị: kẹt xe ở barie")

    def _words(self, beginning: str) -> str:
        words = f"{beginning}, chuyện {len(self.ledger.messages):05}."
        self.ledger.messages.append(words)
        return words

    def _driver(self) -> Person:
        return self.double.user(f"Lái xe {len(self.ledger.drivers)}")

    def _begin(self, doing: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(self._noted(doing))
        self._going_on.add(task)
        task.add_done_callback(self._going_on.discard)

    async def _noted(self, doing: Coroutine[Any, Any, None]) -> None:
        try:
            await doing
        except AssertionError as waited_in_vain:
            self.complaints.append(str(waited_in_vain))


class Board:
    """What the officers see of each matter. Looks only at messages that changed: a hundred people ask all the time."""

    def __init__(self, double: BotApiDouble, officers: Sequence[Person]) -> None:
        self._world, self._officers = double.world, officers
        self._looked_at = 0
        self._about: dict[str, dict[tuple[int, int], Json]] = {}

    def cards(self, officer: Person, words: str) -> list[Json]:
        """Messages of the bot about this matter, as this officer sees them now, the newest change last."""
        self._look()
        own = [key for key in self._about.get(words, ()) if key[0] == officer.id]
        changed = officer.chat.changed
        return [officer.chat.messages[number] for _, number in sorted(own, key=lambda key: changed[key[1]])]

    def button(self, officer: Person, words: str, label: str) -> tuple[int, str] | None:
        """(message, payload) of the newest button with this label."""
        for message in reversed(self.cards(officer, words)):
            for row in message.get("reply_markup", {}).get("inline_keyboard", []):
                for button in row:
                    if button["text"] == label:
                        return message["message_id"], button["callback_data"]
        return None

    def holder(self, words: str) -> str | None:
        """Whoever a card says has it."""
        texts = (card["text"] for officer in self._officers for card in self.cards(officer, words))
        return next((found[1] for text in texts if (found := HOLDER.search(text))), None)

    def _look(self) -> None:
        if self._looked_at == self._world.changes:
            return
        for officer in self._officers:
            for number, change in officer.chat.changed.items():
                message = officer.chat.messages[number]
                if change > self._looked_at and (found := MATTER.search(message.get("text", ""))):
                    self._about.setdefault(found[0], {})[officer.id, number] = message
        self._looked_at = self._world.changes


def _picture(number: int) -> bytes:
    """A small JPEG, unlike every other."""
    content = io.BytesIO()
    Image.new("RGB", (64, 48), (number * 53 % 256, number * 7 % 256, 90)).save(
        content, "JPEG", comment=f"{number}"
    )
    return content.getvalue()
