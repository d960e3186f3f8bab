"""The web chat's frames (frames.py) as the values that every channel speaks."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from bot.inbound import File, Incoming, Message, Origin, Press, Reachable
from bot.web.settings import CHANNEL


def parse(bot: str, update_id: str, raw: Mapping[str, Any]) -> Incoming | None:
    """What a stored frame says; None for a kind that is not ours. Raises ValueError on a malformed one.

    The chat is the head of `update_id` ("chat:rest"): a frame cannot speak for another chat than the one it was stored for.
    """
    chat_id, colon, _ = update_id.partition(":")
    if not chat_id or not colon:
        raise ValueError("an update id of the web chat names its chat")
    try:
        origin = Origin(CHANNEL, bot, update_id, chat_id, chat_id, language=raw.get("language"))
        at = datetime.fromisoformat(raw["at"])
        match raw["kind"]:
            case "message":
                return _message(origin, at, raw)
            case "press":
                return Press(origin, at, raw["payload"], raw.get("message_id"))
            case "reachable":
                return Reachable(origin, bool(raw["reachable"]))
            case _:
                return None
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"a malformed frame of the web chat: {type(error).__name__}") from error


def _message(origin: Origin, at: datetime, raw: Mapping[str, Any]) -> Message:
    files = tuple(
        File(file["kind"], file["sha256"], file["name"], file["mime"], file["size"]) for file in raw["files"]
    )
    return Message(
        origin,
        at,
        message_id=raw["message_id"],
        text=raw["text"],
        kind=_kind(files),
        files=files,
        reply_to=raw.get("reply_to"),
    )


def _kind(files: tuple[File, ...]) -> str:
    kinds = {file.kind for file in files}
    return "text" if not kinds else kinds.pop() if len(kinds) == 1 else "document"
