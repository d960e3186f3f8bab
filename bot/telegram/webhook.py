"""Telegram's door for pushed updates (bot/hooks.py): it sends our secret in a header.

Source: core.telegram.org/bots/api#setwebhook. Anything but 2xx makes Telegram send the update again, for about 23 hours.
"""

from typing import Any

from fastapi import APIRouter

from bot.hooks import carries, decoded, door
from bot.inbound import RawUpdate, Store
from bot.telegram.updates import CHANNEL, chat_of

PATH = "/hooks/telegram"
SECRET_HEADER = "X-Telegram-Bot-Api-Secret-Token"  # noqa: S105 - the header's name, not the secret
SHORTEST_SECRET = 1


def webhook_router(secret: str, bot_id: str, store: Store) -> APIRouter:
    """POST /hooks/telegram. Raises ValueError for a secret that Telegram would not accept (1–256 of A-Z a-z 0-9 _ -)."""
    check = carries(SECRET_HEADER, secret, SHORTEST_SECRET)
    return door(CHANNEL, PATH, check, lambda body: raw_update(bot_id, decoded(body)), store)


def raw_update(bot_id: str, raw: Any) -> RawUpdate:
    """One update of getUpdates or the webhook, ready to be stored. Raises ValueError for what is no update."""
    if (
        not isinstance(raw, dict)
        or not isinstance(raw.get("update_id"), int)
        or isinstance(raw["update_id"], bool)
    ):
        raise ValueError("no update")
    return RawUpdate(CHANNEL, bot_id, str(raw["update_id"]), chat_of(raw), raw)
