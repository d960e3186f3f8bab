"""How the Bot API double delivers updates: by long poll, or pushed to a webhook."""

import asyncio
import time
from collections.abc import Coroutine, Mapping
from dataclasses import dataclass, field
from typing import Any

import aiohttp

from tests.doubles.botapi_world import DEFAULT_UPDATES, ApiRefusalError, Json, World, bad

LOST = (aiohttp.ClientError, TimeoutError, OSError)


@dataclass
class Webhook:
    """Where updates are pushed to, and how that goes."""

    url: str = ""
    secret: str = ""
    last_error: str = ""
    in_flight: set[int] = field(default_factory=set)


class Delivery:
    """One bot's updates on their way. `retry_seconds`: the pause before a refused push is pushed again."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.webhook = Webhook()
        self.retry_seconds = 0.05
        self._client: aiohttp.ClientSession | None = None
        self._poll = 0
        self._tasks: set[asyncio.Task[None]] = set()
        self._closing = False

    async def close(self) -> None:
        """End polls and pushes."""
        self._closing = True
        self.world.touch()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if self._client is not None:
            await self._client.close()

    # --- long poll -------------------------------------------------------------------------------------------

    async def get_updates(self, values: Mapping[str, Any]) -> list[Json]:
        """Long poll. A second poller ends the first with 409, as the real server does."""
        if self.webhook.url:
            words = "can't use getUpdates method while webhook is active; use deleteWebhook to delete the webhook first"
            raise ApiRefusalError(409, f"Conflict: {words}")
        self._poll += 1
        poll = self._poll
        self.world.touch()
        self._allow(values)
        self.world.acknowledge(values.get("offset", 0))
        ends = time.monotonic() + values.get("timeout", 0)
        while not self.world.updates and (left := ends - time.monotonic()) > 0 and not self._closing:
            await self.world.wait(left)
            if poll != self._poll:
                words = (
                    "terminated by other getUpdates request; make sure that only one bot instance is running"
                )
                raise ApiRefusalError(409, f"Conflict: {words}")
        return [self.world.updates[n] for n in sorted(self.world.updates)][: values.get("limit", 100)]

    def _allow(self, values: Mapping[str, Any]) -> None:
        """allowed_updates stays as it was when not given; an empty list means the default."""
        if (allowed := values.get("allowed_updates")) is not None:
            self.world.allowed_updates = frozenset(allowed) or DEFAULT_UPDATES

    # --- webhook ---------------------------------------------------------------------------------------------

    def set_webhook(self, values: Mapping[str, Any]) -> bool:
        url = values["url"]
        if url and not url.startswith(("https://", "http://127.0.0.1", "http://localhost")):
            raise bad("bad webhook: An HTTPS URL must be provided for webhook")
        if values.get("drop_pending_updates"):
            self.world.updates.clear()
        self.webhook = Webhook(url, values.get("secret_token", ""))
        self._allow(values)
        if url:
            self._start(self._push_all(self.webhook))
        self.world.touch()
        return True

    def webhook_info(self) -> Json:
        info = {"url": self.webhook.url, "has_custom_certificate": False}
        return info | {"pending_update_count": len(self.world.updates)} | self._webhook_trouble()

    def _webhook_trouble(self) -> Json:
        return {"last_error_message": self.webhook.last_error} if self.webhook.last_error else {}

    async def _push_all(self, hook: Webhook) -> None:
        """Push what is pending, one at a time in each chat, chats beside each other."""
        while self.webhook is hook:
            for update in list(self.world.updates.values()):
                chat_id = _chat_id(update)
                if chat_id not in hook.in_flight:
                    hook.in_flight.add(chat_id)
                    self._start(self._push(hook, update, chat_id))
            await self.world.wait(60)

    async def _push(self, hook: Webhook, update: Json, chat_id: int) -> None:
        headers = {"X-Telegram-Bot-Api-Secret-Token": hook.secret} if hook.secret else {}
        try:
            async with self._session().post(hook.url, json=update, headers=headers) as answer:
                taken = 200 <= answer.status < 300
                hook.last_error = "" if taken else f"Wrong response from the webhook: {answer.status}"
        except LOST as error:
            taken, hook.last_error = False, type(error).__name__
        if taken:
            self.world.updates.pop(update["update_id"], None)
        else:
            await asyncio.sleep(self.retry_seconds)
        hook.in_flight.discard(chat_id)
        self.world.touch()

    def _start(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def _session(self) -> aiohttp.ClientSession:
        if self._client is None:
            self._client = aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=10))
        return self._client


def _chat_id(update: Json) -> int:
    content = next(value for name, value in update.items() if name != "update_id")
    return int(content.get("chat", content.get("message", {}).get("chat", {})).get("id", 0))
