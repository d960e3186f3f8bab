"""What a browser's acts look like in the inbox: small JSON objects that we write ourselves (updates.py reads them back).

{"kind": "message", "at", "language", "message_id", "text", "files": [{"sha256", "kind", "name", "mime", "size"}], "reply_to"}
{"kind": "press", "at", "language", "payload", "message_id"}
{"kind": "reachable", "at", "reachable"}
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any

from bot.web.settings import BOT, CHANNEL
from storage.web_feed import Post


@dataclass(frozen=True, slots=True)
class StoredFile:
    """A file that came with a message and is on the disk already; `kind` is photo, video, audio or document."""

    sha256: str
    kind: str
    name: str
    mime: str
    size: int


@dataclass(frozen=True, slots=True)
class Written:
    """What somebody sent with one press of *send*. `client_id` is the browser's name for this sending, the same in a retry."""

    client_id: str
    text: str
    files: Sequence[StoredFile] = ()
    reply_to: str | None = None


def message(chat_id: str, written: Written, language: str, at: datetime) -> Post:
    """A message, echoed in the person's own page."""
    files = [asdict(file) for file in written.files]
    raw = {
        **_frame("message", language, at),
        "message_id": written.client_id,
        "text": written.text,
        "files": files,
        "reply_to": written.reply_to,
    }
    echo = {
        "kind": "message",
        "client_id": written.client_id,
        "text": written.text,
        "files": [{**file, "place": "incoming"} for file in files],
        "reply_to": written.reply_to,
    }
    return Post(CHANNEL, BOT, update_id(chat_id, written.client_id), raw, echo)


def press(
    chat_id: str, client_id: str, payload: str, message_id: str | None, language: str, at: datetime
) -> Post:
    """A pressed button; nothing to echo, the card itself will change."""
    raw = {**_frame("press", language, at), "payload": payload, "message_id": message_id}
    return Post(CHANNEL, BOT, update_id(chat_id, client_id), raw)


def command(chat_id: str, name: str, text: str, language: str, at: datetime) -> Post:
    """A command that the page itself sends (`/start gate_HN`, `/start link_…`); it shows no bubble."""
    raw = {**_frame("message", language, at), "message_id": name, "text": text, "files": [], "reply_to": None}
    return Post(CHANNEL, BOT, update_id(chat_id, name), raw)


def reachable(chat_id: str, yes: bool, at: datetime) -> Post:
    """This chat was signed out: nobody reads it any more."""
    raw = {**_frame("reachable", "vi", at), "reachable": yes}
    return Post(CHANNEL, BOT, update_id(chat_id, f"reachable:{yes}"), raw)


def update_id(chat_id: str, name: str) -> str:
    """What an act is called in the inbox: the chat, and the page's own name for it."""
    return f"{chat_id}:{name}"


def _frame(kind: str, language: str, at: datetime) -> dict[str, Any]:
    return {"kind": kind, "at": at.astimezone(UTC).isoformat(), "language": language}
