"""The channels under the conformance suite: a new one is a class here and a line in CHANNELS (docs/adding-a-channel.md)."""

import asyncio
from contextlib import AsyncExitStack
from datetime import timedelta
from typing import Any
from uuid import uuid4

import aiohttp

from tests.conformance.stage import Stage
from tests.doubles import botapi_people, zalobot
from tests.doubles.botapi import BotApiDouble
from tests.doubles.zalobot import ZaloBotDouble
from tests.doubles.zalooa import CS, ZaloOaDouble
from tests.web_page import House, Window
from tests.zalo_oa_line import settings_for

SECRET = "Bi_mat-cua-webhook-1"


class Telegram(Stage):
    name, text_limit = "telegram", 4096

    async def opens(self, stack: AsyncExitStack) -> None:
        self.double = await stack.enter_async_context(BotApiDouble())

    def settings(self) -> dict[str, Any]:
        return {
            "telegram_token": self.double.token,
            "telegram_base_url": self.double.base_url,
            "telegram_mode": "webhook",
            "telegram_webhook_secret": SECRET,
        }

    def is_connected(self) -> bool:
        return bool(self.double.delivery.webhook.url)

    async def citizen(self, name: str) -> botapi_people.Person:
        somebody = self.double.user(name)
        await somebody.starts("gate_HN")
        await somebody.waits_for("Hữu Nghị")
        return somebody

    async def link(self, name: str, code: str) -> botapi_people.Person:
        member = self.double.user(name)
        await member.starts(f"link_{code}")
        return member

    async def says_thrice(self, somebody: botapi_people.Person, text: str) -> None:
        chat = {"id": somebody.id, "type": "private", "first_name": "Nam"}
        message = {
            "message_id": 900,
            "date": 1_795_300_000,
            "chat": chat,
            "from": somebody.user,
            "text": text,
        }
        headers = {"X-Telegram-Bot-Api-Secret-Token": SECRET}
        async with aiohttp.ClientSession(headers=headers) as client:
            for _ in range(3):
                update = {"update_id": 900_000, "message": message}
                async with client.post(self.double.delivery.webhook.url, json=update) as answer:
                    assert answer.status == 200

    def loses(self, somebody: botapi_people.Person) -> bool:
        somebody.chat.gone = "bot was blocked by the user"
        return True

    def stumbles(self) -> bool:
        self.double.breaks("bad_gateway", method="sendMessage")
        return True


class Web(Stage):
    name, text_limit = "web", 100_000

    async def opens(self, stack: AsyncExitStack) -> None:
        self.people: list[WebPerson] = []
        stack.push_async_callback(self._leave)

    async def citizen(self, name: str) -> "WebPerson":
        return self._somebody(await self._house().window())

    async def link(self, name: str, code: str) -> "WebPerson":
        house = self._house()
        browser = house.browser(f"10.0.1.{len(self.people) + 1}")
        await house.signs_in(browser, code)
        return self._somebody(await house.window(browser, "/staff"))

    async def says_thrice(self, somebody: "WebPerson", text: str) -> None:
        name = str(uuid4())
        for _ in range(3):
            assert (await somebody.window.says(text, client_id=name)).status_code == 200

    def _house(self) -> House:
        return House(self.program, url=self.url)

    def _somebody(self, window: Window) -> "WebPerson":
        self.people.append(WebPerson(window))
        return self.people[-1]

    async def _leave(self) -> None:
        for somebody in self.people:
            await somebody.window.browser.aclose()


class WebPerson:
    """Somebody before a page. What was read last is kept, so that `mark` can be asked without waiting."""

    def __init__(self, window: Window) -> None:
        self.window = window
        self._read = 0

    async def says(self, text: str) -> None:
        assert (await self.window.says(text)).status_code == 200

    async def presses(self, label: str) -> None:
        for row in reversed(await self._rows()):
            for button in (one for line in row["buttons"] for one in line):
                if label == button["label"] or label in button["label"].split(" – "):
                    assert (await self.window.presses(button["payload"], row["id"])).status_code == 200
                    return
        raise AssertionError(f"no button {label!r}")

    async def waits_for(self, words: str, seconds: float = 5.0, since: int = 0) -> dict[str, Any]:
        """The newest message with these words, changed or new after the mark `since`."""
        ends = asyncio.get_running_loop().time() + seconds
        while asyncio.get_running_loop().time() < ends:
            found = [row for row in await self._rows() if words in row["text"] and int(row["seq"]) > since]
            if found:
                return found[-1]
            await asyncio.sleep(0.05)
        raise AssertionError(f"{words!r} did not come; what came: {await self.window.reads()}")

    def mark(self) -> int:
        return self._read

    async def _rows(self) -> list[dict[str, Any]]:
        rows = [row for row in await self.window.rows() if row["direction"] == "out"]
        self._read = max((int(row["seq"]) for row in rows), default=0)
        return rows


class Zalo(Stage):
    name, text_limit = "zalo", 2000

    async def opens(self, stack: AsyncExitStack) -> None:
        self.double = await stack.enter_async_context(ZaloBotDouble())

    def settings(self) -> dict[str, Any]:
        return {
            "zalo_bot_token": self.double.token,
            "zalo_bot_base_url": self.double.base_url,
            "zalo_bot_secret": zalobot.SECRET,
        }

    def is_connected(self) -> bool:
        return bool(self.double.webhook_url)

    async def citizen(self, name: str) -> zalobot.Person:
        somebody = self.double.user(name)
        await somebody.starts("gate_HN")
        await somebody.waits_for("Hữu Nghị")
        return somebody

    async def link(self, name: str, code: str) -> zalobot.Person:
        member = self.double.user(name)
        await member.links(code)
        return member

    async def says_thrice(self, somebody: zalobot.Person, text: str) -> None:
        await somebody.says(text)
        for _ in range(2):
            assert await self.double.push(self.double.pushed[-1]) == 200

    def loses(self, somebody: zalobot.Person) -> bool:
        somebody.blocked = True
        return True

    def stumbles(self) -> bool:
        self.double.refuses("sendMessage", 500)
        return True


class ZaloOa(Zalo):
    name = "zalo_oa"
    double: ZaloOaDouble

    async def opens(self, stack: AsyncExitStack) -> None:
        self.double = await stack.enter_async_context(ZaloOaDouble())

    def settings(self) -> dict[str, Any]:
        return settings_for(self.double, self.url)

    def is_connected(self) -> bool:
        return bool(self.double.calls)

    async def passes(self, **span: float) -> None:
        self.double.passes(timedelta(**span))
        await super().passes(**span)

    def stumbles(self) -> bool:
        self.double.refuses(CS, 500)
        return True


CHANNELS: tuple[type[Stage], ...] = (Telegram, Web, Zalo, ZaloOa)
