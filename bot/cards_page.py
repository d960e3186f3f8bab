"""What a card is drawn from: the facts of one delivery, read so that a missing or broken one is "chưa rõ", never a crash.

And what it is drawn into: paragraphs, lines, and buttons that fit a payload and a thumb.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

from bot.outgoing import Button
from bot.payloads import Action, write
from bot.texts import catalogues, due_words, say
from core.calendar import TZ
from core.folding import clean, is_plain
from core.people import STAFF
from services.sender import Delivery, Document

LABEL_CHARACTERS = 40
LINE_CHARACTERS = 120
LISTED = 20  # more than this nobody reads in a chat, and Telegram draws 100 buttons at most

Rows = tuple[tuple[Button, ...], ...]


@dataclass(frozen=True, slots=True)
class Card:
    """A notice in words, not yet cut to a channel's size: plain text, rows of buttons, at most one picture or file."""

    text: str
    buttons: Rows = ()
    photo: Path | None = None
    document: Document | None = None


@dataclass(frozen=True, slots=True)
class Facts:
    """A mapping that may lack anything: text answers "", numbers 0, times and days None, nested facts empty ones."""

    values: Mapping[str, Any]

    @classmethod
    def of(cls, value: object) -> "Facts":
        return cls(value if isinstance(value, Mapping) else {})

    def __bool__(self) -> bool:
        return bool(self.values)

    def line(self, name: str) -> str:
        """One short line, whatever was stored: a name, a plate, a code."""
        return one_line(self.values.get(name))

    def words(self, name: str) -> str:
        """A whole text of several lines, safe to print."""
        value = self.values.get(name)
        return clean(value) if isinstance(value, str) else ""

    def number(self, name: str) -> int:
        value = self.values.get(name)
        try:
            return int(value) if isinstance(value, str | int) else 0
        except ValueError:
            return 0

    def flag(self, name: str) -> bool:
        return bool(self.values.get(name))

    def time(self, name: str) -> datetime | None:
        """An aware time, given as such or in ISO spelling. A naive one is unknown: which hour it means cannot be told."""
        value = self.values.get(name)
        try:
            at = datetime.fromisoformat(value) if isinstance(value, str) else value
            return at.astimezone(TZ) if isinstance(at, datetime) and at.tzinfo else None
        except (ValueError, OverflowError):
            return None

    def day(self, name: str) -> date | None:
        value = self.values.get(name)
        if isinstance(value, datetime):
            at = self.time(name)
            return at.date() if at else None
        try:
            return date.fromisoformat(value[:10]) if isinstance(value, str) else _date_or_none(value)
        except ValueError:
            return None

    def inner(self, name: str) -> "Facts":
        return Facts.of(self.values.get(name))

    def items(self, name: str) -> tuple["Facts", ...]:
        value = self.values.get(name)
        return tuple(Facts.of(item) for item in value) if isinstance(value, list | tuple) else ()

    def called(self, name: str, language: str) -> str:
        """A name kept as one string or as {vi, en, zh}; Vietnamese stands in for a missing translation."""
        value = self.values.get(name)
        if isinstance(value, Mapping):
            return one_line(value.get(language) or value.get("vi"))
        return one_line(value)


@dataclass(frozen=True, slots=True)
class Page:
    """One delivery, opened: who reads, when, about which ticket, in which language."""

    delivery: Delivery
    language: str
    facts: Facts
    ticket: Facts
    viewer: Facts
    message: Facts

    @property
    def now(self) -> datetime:
        return self.delivery.now

    @property
    def code(self) -> str:
        return self.ticket.line("code")

    @property
    def in_group(self) -> bool:
        return self.delivery.chat_kind == "group" or self.viewer.flag("is_group")

    @property
    def sealed(self) -> bool:
        return self.ticket.flag("sealed") or self.ticket.line("ticket_class") == "petition"

    @property
    def staff_reads(self) -> bool:
        """Whether the reader is known to be staff: only then is a colleague named."""
        return self.in_group or self.viewer.line("role") in STAFF

    def say(self, key: str, **fields: Any) -> str:
        """The words of `key`; the ticket's code and key are always at hand, an empty field is "chưa rõ"."""
        known = {"code": self.code, "lookup_key": self.ticket.line("key")} | fields
        return say(self.language, key, **{name: self.or_unknown(value) for name, value in known.items()})

    def say_known(self, key: str, otherwise: str, **fields: Any) -> str:
        """`key`, or `otherwise` when the catalogue has no such message: keys are made of codes that may be new to it."""
        return self.say(key if catalogues().has(key) else otherwise, **fields)

    def or_unknown(self, value: Any) -> Any:
        return say(self.language, "common.unknown") if value is None or value == "" else value

    def due(self, at: datetime | None) -> str | None:
        """ "19:00 hôm nay, 22/11/2026 (giờ Hà Nội)", in Chinese with Beijing's time; None when there is no such time."""
        return due_words(at, self.now, self.language) if at else None


def page_of(delivery: Delivery, language: str) -> Page:
    facts = Facts.of(delivery.facts)
    return Page(
        delivery, language, facts, facts.inner("ticket"), facts.inner("viewer"), facts.inner("message")
    )


def one_line(value: object) -> str:
    """`value` on one line of at most 120 characters, without the marks that turn a line around."""
    if isinstance(value, str) and len(value) <= LINE_CHARACTERS and is_plain(value):
        # Codes and names, dozens of them on a card: nothing in them to be cleaned.
        return " ".join(value.split())
    if value is None or isinstance(value, Mapping | list | tuple):
        return ""
    text = " ".join(clean(str(value)[: LINE_CHARACTERS * 4]).split())
    plain = "".join(c for c in text if c not in "\u200e\u200f\u061c")
    return plain if len(plain) <= LINE_CHARACTERS else plain[: LINE_CHARACTERS - 1] + "…"


def lines(*texts: str | None) -> str:
    return "\n".join(text for text in texts if text)


def paragraphs(*texts: str | None) -> str:
    return "\n\n".join(text for text in texts if text)


def tail(code: str) -> str:
    """ "261122-0001" of a ticket's code: what tells today's tickets apart on a small button."""
    return code.partition("-")[2] or code


def short_day(on: date | None) -> str | None:
    return f"{on:%d/%m/%Y}" if on else None


def short_time(at: datetime) -> str:
    """ "16:45 22/11/2026", Hanoi time: for staff, who all live by it."""
    return f"{at.astimezone(TZ):%H:%M %d/%m/%Y}"


def press(label: str, action: Action, ticket: int | Facts = 0, argument: str | int = "") -> Button | None:
    """A button, or None when it could not work: a ticket without an id, an argument that no payload can carry."""
    ticket_id = ticket if isinstance(ticket, int) else ticket.number("id") or ticket.number("ticket_id")
    if ticket_id < 0 or (isinstance(ticket, Facts) and not ticket_id):
        return None
    try:
        return Button(_label(label), write(action, ticket_id, argument))
    except ValueError:
        return None


def rows(buttons: Iterable[Button | None], per_row: int = 2) -> Rows:
    """The buttons that exist, in rows of `per_row`."""
    real = [button for button in buttons if button]
    return tuple(tuple(real[i : i + per_row]) for i in range(0, len(real), per_row))


def _label(text: str) -> str:
    line = one_line(text) or "…"
    return line if len(line) <= LABEL_CHARACTERS else line[: LABEL_CHARACTERS - 1].rstrip() + "…"


def _date_or_none(value: object) -> date | None:
    return value if isinstance(value, date) else None
