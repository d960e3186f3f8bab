"""The door for pushed updates: the secret is checked, the update is stored, and only then is it acknowledged.

Source: core.telegram.org/bots/api#setwebhook. Anything but 2xx makes Telegram send the update again, for about 23 hours.
"""

import re
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

import structlog
from fastapi import APIRouter, Request, Response

from bot.hooks import body_of, decoded, is_same
from bot.inbound import RawUpdate
from bot.telegram.updates import CHANNEL, chat_of

Store = Callable[[Sequence[RawUpdate]], Awaitable[None]]
"""Commits the batch before it returns; an update that is there already is no error. Whatever it raises, nothing is acknowledged."""

PATH = "/hooks/telegram"
SECRET_HEADER = "X-Telegram-Bot-Api-Secret-Token"  # noqa: S105 - the header's name, not the secret
LARGEST_UPDATE = 1_000_000
"""Bytes. The largest real update (a long text that answers a long text) has some tens of thousands."""

_log = structlog.get_logger("bot.telegram")


def webhook_router(secret: str, bot_id: str, store: Store, *, largest: int = LARGEST_UPDATE) -> APIRouter:
    """POST /hooks/telegram: 200 after `store`, 403 without the secret, 413, 400 for what is no update, 503 when storing failed.

    Raises ValueError for a secret that Telegram would not accept (1–256 of A-Z a-z 0-9 _ -).
    """
    if not re.fullmatch(r"[A-Za-z0-9_-]{1,256}", secret):
        raise ValueError("the webhook secret needs 1 to 256 characters of A-Z a-z 0-9 _ -")
    router = APIRouter()

    @router.post(PATH, include_in_schema=False)
    async def receive(request: Request) -> Response:
        if not is_same(request.headers.get(SECRET_HEADER, ""), secret):
            return Response(status_code=403)
        body = await body_of(request, largest)
        if body is None:
            return Response(status_code=413)
        try:
            update = raw_update(bot_id, decoded(body))
        except ValueError:
            _log.warning("telegram_webhook_bad_body", size=len(body))
            return Response(status_code=400)
        return Response(status_code=200 if await _stored(store, update) else 503)

    return router


def raw_update(bot_id: str, raw: Any) -> RawUpdate:
    """One update of getUpdates or the webhook, ready to be stored. Raises ValueError for what is no update."""
    if (
        not isinstance(raw, dict)
        or not isinstance(raw.get("update_id"), int)
        or isinstance(raw["update_id"], bool)
    ):
        raise ValueError("no update")
    return RawUpdate(CHANNEL, bot_id, str(raw["update_id"]), chat_of(raw), raw)


async def _stored(store: Store, update: RawUpdate) -> bool:
    try:
        await store([update])
    except Exception as error:  # the catch-all of this edge: Telegram keeps the update and sends it again
        _log.error("telegram_update_not_stored", update_id=update.update_id, error=type(error).__name__)
        return False
    return True
