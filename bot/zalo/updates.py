"""Zalo Bot updates in our own words: plain JSON in, `Incoming` out. What a person sent is never dropped for its kind.

Source: the Zalo Bot Platform's webhook page. Ids are strings, dates epoch milliseconds; unknown events say nothing to us.
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from bot.inbound import File, Incoming, Message, Origin, RawUpdate

CHANNEL = "zalo"
_FILES = {
    "image": ("photo", ("photo_url", "photo")),
    "voice": ("voice", ("voice_url", "voice")),
    "sticker": ("sticker", ("url",)),
}
"""Kind of event → our kind, and the fields in which an address may stand."""


def raw_update(bot: str, raw: Any) -> RawUpdate | None:
    """One update of getUpdates or the webhook, wrapped or bare, ready to be stored; None for an event without a message.

    The message's id is the update's: the platform has no other. Raises ValueError for what is no update at all.
    """
    inner = raw.get("result", raw) if isinstance(raw, dict) else None
    if not isinstance(inner, dict) or not isinstance(inner.get("event_name"), str):
        raise ValueError("no update")
    message = inner.get("message")
    if not isinstance(message, dict):
        return None
    number, chat = _text(message.get("message_id")), _id(message.get("chat")) or _id(message.get("from"))
    if not number or not chat:
        raise ValueError("a message without an id or a chat")
    return RawUpdate(CHANNEL, bot, number, chat, inner)


def parse(bot: str, update_id: str, raw: Mapping[str, Any]) -> Incoming | None:
    """What one stored update says; None when it says nothing to us (unknown events, other bots). Raises ValueError."""
    name, message = raw.get("event_name"), raw.get("message")
    if not isinstance(name, str) or not isinstance(message, dict):
        raise ValueError("an update of the Zalo Bot Platform was expected")
    head, _, tail = name.partition(".")
    sender = message.get("from")
    if (
        head != "message"
        or not tail.endswith(".received")
        or not isinstance(sender, dict)
        or sender.get("is_bot")
    ):
        return None
    kind = tail.removesuffix(".received")
    origin = _origin(bot, update_id, message, sender)
    at = _moment(message.get("date"))
    if kind == "text":
        return Message(origin, at, update_id, _text(message.get("text")), may_press=True)
    if kind not in _FILES:
        return (
            Message(origin, at, update_id, _text(message.get("text")), f"other:{kind}")
            if kind == "unsupported"
            else None
        )
    ours, fields = _FILES[kind]
    files = _files(ours, message, fields)
    return Message(origin, at, update_id, _text(message.get("caption")), ours, files)


def _origin(bot: str, update_id: str, message: Mapping[str, Any], sender: Mapping[str, Any]) -> Origin:
    chat = message.get("chat")
    chat_id, user_id = _id(chat) or _id(sender), _id(sender)
    if not chat_id:
        raise ValueError("a message without a chat")
    private = not isinstance(chat, dict) or chat.get("chat_type", "PRIVATE") == "PRIVATE"
    kind = "private" if private else "group"
    return Origin(
        CHANNEL, bot, update_id, chat_id, user_id or chat_id, kind, _text(sender.get("display_name"))
    )


def _files(kind: str, message: Mapping[str, Any], fields: tuple[str, ...]) -> tuple[File, ...]:
    """At most one. Of a sticker nothing is fetched: it says what a nod says."""
    address = next((url for name in fields if (url := _text(message.get(name))).startswith("http")), "")
    return (File(kind, address),) if address and kind != "sticker" else ()


def _moment(milliseconds: object) -> datetime | None:
    if not isinstance(milliseconds, int) or isinstance(milliseconds, bool) or milliseconds <= 0:
        return None
    try:
        return datetime.fromtimestamp(milliseconds / 1000, UTC)
    except (ValueError, OverflowError, OSError):
        return None


def _id(holder: object) -> str:
    return _text(holder.get("id")) if isinstance(holder, dict) else ""


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""
