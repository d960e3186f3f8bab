"""What people do while the program dies and comes back: they write, press, answer and rate, and note what they have said."""

import asyncio
import io
import re
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from functools import partial
from random import Random
from typing import Any, TypeVar
from uuid import uuid4

import httpx
from PIL import Image

from tests.crash.officers import LOOK, AtADesk, Card, Officer
from tests.doubles.botapi import BotApiDouble
from tests.doubles.botapi_people import Person
from tests.web_page import File, Window

T = TypeVar("T")
PATIENCE = 150.0
"""Seconds that somebody waits for a program that nobody kills any more; longer, and something was lost."""
HOLDER = re.compile(r"Đang xử lý: (.+)")


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

    def __init__(self, double: BotApiDouble, officers: Sequence[Officer], web: str, chance: Random) -> None:
        self.double, self.officers, self.web, self.chance = double, officers, web, chance
        self.ledger, self.claims = Ledger(), Counter[str]()
        self.in_peace = False  # the program is not being killed just now
        self.closed = False  # the gate: what comes now is taken, and handled another day
        self._cookies: dict[str, dict[str, str]] = {}
        self._at_work = {officer.name: asyncio.Lock() for officer in officers}
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
        for officer in self.desks:
            self.complaints += officer.turned_away

    @asynccontextmanager
    async def watched(self) -> AsyncIterator[None]:
        """With pages open on the desks."""
        watching = [asyncio.create_task(officer.watches()) for officer in self.desks]
        try:
            yield
        finally:
            for task in watching:
                task.cancel()
            for officer in self.desks:
                await officer.leaves()

    @property
    def desks(self) -> list[AtADesk]:
        return [officer for officer in self.officers if isinstance(officer, AtADesk)]

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
        words, shown = self._matter(), list[File]()
        if self.chance.random() < 0.3:
            self.ledger.pictures += 1
            shown.append(("cho.jpg", _picture(self.ledger.pictures), "image/jpeg"))
        self._begin(self._sent_from_a_page(words, shown))
        self._begin(self._handled(words, None))

    async def _sent_from_a_page(self, words: str, shown: Sequence[File]) -> None:
        """As the page's script does: the same sending again and again until it is acknowledged."""
        sending = str(uuid4())
        async with httpx.AsyncClient(base_url=self.web, timeout=10, verify=False) as browser:
            window = await self._until_taken(partial(Window.opens, browser, "/chat?gate=HN"))

            async def says() -> None:
                answer = await window.says(words, shown, client_id=sending)
                if answer.status_code != 200:
                    raise httpx.TransportError(f"not taken: {answer.status_code}")

            await self._until_taken(says)
            self._cookies[words] = dict(browser.cookies)
            self.ledger.pages[words] = ()

    async def _until_taken(self, attempt: Callable[[], Awaitable[T]]) -> T:
        """What a page gets at last: it tries again as long as nobody listens."""
        left = PATIENCE
        while left > 0:
            # A page that could not be shown (503: the database is away) is opened again, as a person would.
            with suppress(httpx.TransportError, AssertionError):
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
            await self._until(lambda: officer.about(words), f"{officer.name} does not see {words!r}")  # noqa: B023
        await asyncio.gather(*(self._presses(officer, words, "Nhận xử lý") for officer in racers))
        await self._until(lambda: self._holder(words), f"nobody got {words!r}")
        winner = next(one for one in self.officers if one.name == self._holder(words))
        self.claims[type(winner).__name__] += 1
        await self._writes(winner, words, "Trả lời", f"Trả lời về {words}")
        if self.chance.random() < 0.7:
            await self._writes(winner, words, "Đóng phiếu", f"Kết quả, xe đã qua: {words}")
            if driver is not None and self.chance.random() < 0.5:
                await self._until(
                    lambda: any("Hài lòng" in seen.labels for seen in driver.seen()), "no rating"
                )
                await driver.presses("Hài lòng")

    async def _writes(self, officer: Officer, words: str, button: str, answer: str) -> None:
        async with self._at_work[officer.name]:
            await self._until(lambda: _button(officer, words, button), f"no {button!r} for {words!r}")
            since = officer.mark()
            await self._presses(officer, words, button)
            await self._until(
                lambda: any("Viết" in text for text in officer.read_since(since)), f"no prompt for {words!r}"
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

    async def _presses(self, officer: Officer, words: str, label: str) -> None:
        """Nothing when the button is gone by now: somebody was quicker."""
        if found := _button(officer, words, label):
            await officer.presses(*found)

    def _holder(self, words: str) -> str | None:
        """Whoever a card says has it."""
        cards = (card for officer in self.officers for card in officer.about(words))
        return next((found[1] for card in cards if (found := HOLDER.search(card.text))), None)

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


def _button(officer: Officer, words: str, label: str) -> tuple[Card, str] | None:
    """The newest button with this label about this matter, and what its press carries."""
    for card in reversed(officer.about(words)):
        for shown, payload in card.buttons:
            if shown == label:
                return card, payload
    return None


def _picture(number: int) -> bytes:
    """A small JPEG, unlike every other."""
    content = io.BytesIO()
    Image.new("RGB", (64, 48), (number * 53 % 256, number * 7 % 256, 90)).save(
        content, "JPEG", comment=f"{number}"
    )
    return content.getvalue()
