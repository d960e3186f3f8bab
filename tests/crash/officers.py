"""Officers who race for the same cards: some by telephone, in Telegram, some at a desk, on a web page of the program's own."""

import asyncio
import re
from collections.abc import Awaitable, Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import Protocol
from uuid import uuid4

import httpx

from tests.doubles.botapi_people import Person
from tests.doubles.botapi_world import Json, World
from tests.web_page import Window, origin_of

LOOK = 0.05
"""Seconds between two looks of somebody who waits."""
AGAIN = {429, 503}
MATTER = re.compile(r"Hữu Nghị: kẹt xe ở barie, chuyện \d+\.")


@dataclass(frozen=True, slots=True)
class Card:
    """A message of the program's as its reader sees it now."""

    message: str  # its number, as a press of its buttons names it
    text: str
    buttons: tuple[tuple[str, str], ...]  # (label, payload)
    change: int  # grows with every change anywhere on this reader's screen


class Officer(Protocol):
    """Somebody of the staff with a screen: what it shows, and the two things that one can do there."""

    name: str

    def about(self, words: str) -> list[Card]:
        """What the screen says of this matter, the newest change last."""

    def mark(self) -> int:
        """Now, as a number for `since`."""

    def read_since(self, since: int) -> Iterator[str]:
        """Texts that came or changed since."""

    async def presses(self, card: Card, payload: str) -> None: ...

    async def says(self, words: str) -> None: ...


class _Screen:
    """Messages by the matter that they are about. A hundred people ask all the time: only what changed is looked at."""

    def __init__(self) -> None:
        self._cards: dict[str, Card] = {}
        self._about: dict[str, set[str]] = {}

    def shows(self, card: Card) -> None:
        self._cards[card.message] = card
        if found := MATTER.search(card.text):
            self._about.setdefault(found[0], set()).add(card.message)

    def about(self, words: str) -> list[Card]:
        found = [self._cards[number] for number in self._about.get(words, ())]
        return sorted(found, key=lambda card: card.change)

    def read_since(self, since: int) -> Iterator[str]:
        return (card.text for card in list(self._cards.values()) if card.change > since)


class ByTelephone:
    """An officer in Telegram: what is pressed and written waits there until the program lives."""

    def __init__(self, person: Person, world: World) -> None:
        self.name = str(person.user["first_name"])
        self._person, self._world, self._screen, self._looked_at = person, world, _Screen(), 0

    def about(self, words: str) -> list[Card]:
        self._look()
        return self._screen.about(words)

    def mark(self) -> int:
        return self._person.mark()

    def read_since(self, since: int) -> Iterator[str]:
        self._look()
        return self._screen.read_since(since)

    async def presses(self, card: Card, payload: str) -> None:
        await self._person.presses_data(payload, int(card.message))

    async def says(self, words: str) -> None:
        await self._person.says(words)

    def _look(self) -> None:
        if self._looked_at == self._world.changes:
            return
        for seen in self._person.seen(self._looked_at):
            buttons = tuple(seen.payloads.items())
            self._screen.shows(Card(str(seen.message_id), seen.text, buttons, seen.change))
        self._looked_at = self._world.changes


class AtADesk:
    """An officer on the web page. As its script does: what was not acknowledged is sent again, under the same name."""

    def __init__(self, name: str, browser: httpx.AsyncClient, window: Window) -> None:
        self.name, self._browser, self._window = name, browser, window
        self._screen, self._seen = _Screen(), 0
        self.turned_away: list[str] = []

    @classmethod
    async def signs_in(cls, name: str, code: str, program: httpx.AsyncBaseTransport, web: str) -> "AtADesk":
        """`program`: the routes where the code is taken; later the page asks at the address `web`."""
        async with httpx.AsyncClient(transport=program, base_url=web) as first:
            answer = await first.post("/staff/sign-in", data={"code": code}, headers=origin_of(first))
            assert answer.status_code == 303, answer.text
            window = await Window.opens(first, "/staff")
            cookies = dict(first.cookies)
        browser = httpx.AsyncClient(base_url=web, timeout=10, verify=False, cookies=cookies)
        return cls(name, browser, Window(browser, "/staff", window.chat))

    async def watches(self) -> None:
        """For ever: what changed on the page, as often as somebody is there who tells."""
        while True:
            with suppress(httpx.TransportError):
                await self._looks()
            await asyncio.sleep(LOOK * 2)

    async def leaves(self) -> None:
        await self._browser.aclose()

    def about(self, words: str) -> list[Card]:
        return self._screen.about(words)

    def mark(self) -> int:
        return self._seen

    def read_since(self, since: int) -> Iterator[str]:
        return self._screen.read_since(since)

    async def presses(self, card: Card, payload: str) -> None:
        sending = str(uuid4())
        await self._until_taken(lambda: self._window.presses(payload, card.message, sending))

    async def says(self, words: str) -> None:
        sending = str(uuid4())
        await self._until_taken(lambda: self._window.says(words, client_id=sending))

    async def _looks(self) -> None:
        asked = {"chat": self._window.chat, "after": str(self._seen)}
        answer = await self._browser.get("/staff/history", params=asked)
        if answer.status_code != 200:
            if answer.status_code not in AGAIN:
                self.turned_away.append(f"{self.name}'s page got {answer.status_code}")
            return
        changed = answer.json()
        for row in changed["rows"]:
            if row["direction"] == "out":
                self._screen.shows(_card(row))
        self._seen = int(changed["seq"])

    async def _until_taken(self, sends: Callable[[], Awaitable[httpx.Response]]) -> None:
        while True:
            with suppress(httpx.TransportError):
                answer = await sends()
                if answer.status_code == 200:
                    return
                # Too fast, or not stored: again. Anything else is a page that was turned away.
                assert answer.status_code in AGAIN, f"{self.name}'s page got {answer.status_code}"
            await asyncio.sleep(LOOK)


def _card(row: Json) -> Card:
    buttons = tuple((button["label"], button["payload"]) for line in row["buttons"] for button in line)
    return Card(row["id"], row["text"], buttons, int(row["seq"]))
