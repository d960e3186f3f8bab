"""What reaches us, channel-neutral: every channel parses its raw updates into these values and nothing else."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any


@dataclass(frozen=True, slots=True)
class File:
    """A file that came with a message. `provider_id` fetches it (web: its SHA-256, already stored); sizes in bytes."""

    kind: str  # photo, document, voice, video, audio, animation, video_note, sticker
    provider_id: str
    name: str | None = None
    mime: str | None = None
    size: int | None = None


@dataclass(frozen=True, slots=True)
class Origin:
    """Where an update came from. `chat_id` addresses the chat, `user_id` the person in it (the same in a private chat)."""

    channel: str
    bot: str
    update_id: str
    chat_id: str
    user_id: str
    chat_kind: str = "private"  # or "group"
    name: str = ""
    language: str | None = None  # the client's own language tag, as sent
    topic: str | None = None
    chat_title: str = ""


@dataclass(frozen=True, slots=True)
class Message:
    """Somebody wrote. `kind` names what it is when it is neither text nor photo; `text` includes captions, uncleaned."""

    origin: Origin
    at: datetime | None
    message_id: str
    text: str = ""
    kind: str = "text"  # text, photo, document, voice, video, location, contact, sticker, album …
    files: tuple[File, ...] = ()
    reply_to: str | None = None
    album: str | None = None
    edited: bool = False
    may_press: bool = False  # a channel without buttons and commands: its words may be either


@dataclass(frozen=True, slots=True)
class Press:
    """Somebody pressed a button. `payload` is what the button carried: a claim to be checked, never an order."""

    origin: Origin
    at: datetime | None
    payload: str
    message_id: str | None = None
    callback_id: str | None = None
    said: bool = False  # it came as a message of the person's: they have written


@dataclass(frozen=True, slots=True)
class Reachable:
    """A person blocked (False) or unblocked (True) the bot, or a group removed or added it.

    `greets`: they came for the first time without a word, and are told what this is.
    """

    origin: Origin
    reachable: bool
    at: datetime | None = None
    greets: bool = False


@dataclass(frozen=True, slots=True)
class Migrated:
    """A group became a supergroup with a new chat id."""

    origin: Origin
    new_chat_id: str


Incoming = Message | Press | Reachable | Migrated
Parse = Callable[[str, str, Mapping[str, Any]], Incoming | None]
"""(bot, update id, raw update) → what it says, or None when the update says nothing to us. Raises ValueError on a malformed one."""


@dataclass(frozen=True, slots=True)
class RawUpdate:
    """One update as the platform sent it, to be stored before it is acknowledged. `bot` is the bot's own id, never its token.

    `chat_id` orders the work: updates of one chat are handled one after another ("" when the update belongs to no chat).
    """

    channel: str
    bot: str
    update_id: str
    chat_id: str
    raw: Mapping[str, Any]


Store = Callable[[Sequence[RawUpdate]], Awaitable[None]]
"""Commits the batch before it returns; an update that is there already is no error. Whatever it raises, nothing is acknowledged."""
