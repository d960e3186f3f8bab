"""What the outbox asks of a channel: one message to one chat, answered by a verdict."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Protocol

from core.interaction import Window


@dataclass(frozen=True, slots=True)
class ChannelFacts:
    """What a channel can carry. `text_limit` is counted in `measure` units; rates are messages per second or minute.

    `few_choices`: a channel without buttons of Telegram's kind shows up to so many choices as buttons of its own; more are
    numbered lines. `window`: how long after a person's last message they can be written to (None: always).

    `monthly_quota`: so many messages the month's plan holds (None: not metered). `mirrors`: what a person was told in another
    chat is shown here too, because that costs nothing and rings nobody.
    """

    name: str
    text_limit: int = 4096
    measure: str = "utf16"  # or "chars"
    buttons: bool = True
    edits: bool = True
    photos: bool = True
    per_second: float = 29.8
    per_chat_second: float = 1.0
    per_group_minute: int = 20
    few_choices: int = 0
    window: Window | None = None
    monthly_quota: int | None = None
    mirrors: bool = False


@dataclass(frozen=True, slots=True)
class Document:
    """A file that travels with a notice. `read` opens it (blocking); raises OSError when it is not there any more."""

    name: str
    read: Callable[[], bytes]


@dataclass(frozen=True, slots=True)
class Delivery:
    """One outbox row, made ready: `facts` holds all that the words need (loaded at sending time, so a card is never stale)."""

    outbox_id: int
    channel: str
    bot: str
    chat_id: str
    chat_kind: str  # "private" or "group"
    language: str  # vi, en, zh
    kind: str  # a NoticeKind value: names the words
    facts: Mapping[str, Any]
    now: datetime
    heard_at: datetime | None = None  # when the person last wrote in this very chat
    edits: str | None = None  # the provider's id of the message that this one replaces
    replies_to: str | None = None
    topic: str | None = None
    part: int = 0  # how many parts of this text were sent already
    quiet: bool = False  # a copy of what was said in another chat: nobody's telephone rings for it
    files: tuple[Path, ...] = field(default=())
    document: Document | None = None


@dataclass(frozen=True, slots=True)
class Sent:
    """The channel accepted one part. `more` says that another part of the same text is still to go, `billed` that it costs.

    `said` is False when nothing had to go out: what it says stands there already.
    """

    provider_id: str
    more: bool = False
    billed: bool = False
    said: bool = True


@dataclass(frozen=True, slots=True)
class TryAgain:
    """Not now. `after` is the platform's own wait; None leaves it to the outbox's back-off. `whole_bot`: every chat must wait.

    `used_up`: the month's plan holds no more messages.
    """

    after: timedelta | None = None
    reason: str = ""
    whole_bot: bool = False
    used_up: bool = False


@dataclass(frozen=True, slots=True)
class MovedTo:
    """The group became a supergroup: the same message goes to `chat_id`, and so does everything after it."""

    chat_id: str


@dataclass(frozen=True, slots=True)
class GiveUp:
    """Never. `unreachable` says that the person cannot be written to at all (blocked, deactivated, kicked).

    `elsewhere`: not here now (their window is shut), but perhaps on another channel; the chat itself stays in use. `billed`:
    a message that tells of it was sent and costs. `window_shut`: it is too long since the person wrote; their next word opens it.
    """

    reason: str
    unreachable: bool = False
    elsewhere: bool = False
    billed: bool = False
    window_shut: bool = False


Verdict = Sent | TryAgain | MovedTo | GiveUp


class Sender(Protocol):
    """One channel's mouth. `send` never raises for a failure of the platform: it answers a verdict."""

    facts: ChannelFacts

    async def send(self, delivery: Delivery) -> Verdict: ...
