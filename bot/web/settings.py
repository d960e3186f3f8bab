"""What the web chat is told at start-up, and its two sides: the senders' page and the staff's page."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

from bot.web.feed import Feed
from bot.web.rates import Rates
from services.config import STAFF_PAGE_DAYS
from storage.database import Database

CHANNEL = "web"
BOT = "web"
LANGUAGES = ("vi", "en", "zh")
STAFF_DAYS = STAFF_PAGE_DAYS  # without use


@dataclass(frozen=True, slots=True)
class GateName:
    """A gate as people read it. An empty name in a language falls back to the Vietnamese one."""

    code: str
    vi: str
    en: str = ""
    zh: str = ""

    def name(self, language: str) -> str:
        return {"en": self.en, "zh": self.zh}.get(language) or self.vi


@dataclass(frozen=True, slots=True)
class WebSettings:
    """`public_url` without a trailing slash ("" = as the browser names us); sizes in bytes, one message's `files` at most."""

    data_dir: Path
    public_url: str = ""
    hotline_phone: str = ""
    file_limit: int = 20 * 1024 * 1024
    files: int = 10
    text_limit: int = 100 * 1024
    sender_days: int = 180
    heartbeat: timedelta = timedelta(seconds=12)

    @property
    def secure(self) -> bool:
        return self.public_url.startswith("https:")


@dataclass(frozen=True, slots=True)
class Side:
    """One of the two chats that a browser can hold at once: the cookie lives under `path`, so they never meet."""

    audience: str  # "sender" or "staff"
    path: str
    cookie: str


SENDER = Side("sender", "/chat", "hotline_chat")
STAFF = Side("staff", "/staff", "hotline_staff")

Gates = Callable[[], Awaitable[Sequence[GateName]]]


@dataclass(frozen=True, slots=True)
class Web:
    """All that a route needs. `clock` answers an aware time; `gates` the gates people may choose, in order."""

    db: Database
    feed: Feed
    settings: WebSettings
    gates: Gates
    clock: Callable[[], datetime]
    rates: Rates = field(default_factory=Rates)
