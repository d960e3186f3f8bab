"""A Zalo bot's door for pushed updates (bot/hooks.py): the platform sends our secret in a header."""

from fastapi import APIRouter

from bot.hooks import carries, decoded, door
from bot.inbound import Store
from bot.zalo.updates import CHANNEL, raw_update

PATH = "/hooks/zalo"
SECRET_HEADER = "X-Bot-Api-Secret-Token"  # noqa: S105 - the header's name, not the secret
SHORTEST_SECRET = 8


def webhook_router(secret: str, bot_id: str, store: Store) -> APIRouter:
    """POST /hooks/zalo; an event that carries no message is acknowledged and forgotten.

    Raises ValueError for a secret that Zalo would not accept (8–256 of A-Z a-z 0-9 _ -).
    """
    check = carries(SECRET_HEADER, secret, SHORTEST_SECRET)
    return door(CHANNEL, PATH, check, lambda body: raw_update(bot_id, decoded(body)), store)
