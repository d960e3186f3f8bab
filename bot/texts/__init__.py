"""Every word that a person reads in a chat: catalogues vi.po, en.po, zh.po with symbolic message ids ("receipt.title").

PO files are read at start (no compiled .mo), so an editor's change needs a restart and nothing else. Vietnamese is
complete; a message missing in English or Chinese is said in Vietnamese.
"""

import io
import re
import string
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, timezone
from functools import lru_cache
from importlib import resources
from types import MappingProxyType
from typing import Literal
from zoneinfo import ZoneInfo

from babel.messages.pofile import PoFileError, read_po

Language = Literal["vi", "en", "zh"]
LANGUAGES: tuple[Language, ...] = ("vi", "en", "zh")
FIRST_LANGUAGE: Language = "vi"
# Only the people of the board read what is under this prefix; all the rest must exist in every language (a test holds it).
STAFF_PREFIX = "staff."

HANOI = ZoneInfo("Asia/Ho_Chi_Minh")
BEIJING = timezone(timedelta(hours=8))

_MESSAGE_ID = re.compile(r'^msgid "(.+)"$', re.MULTILINE)

Field = str | int | float | date


class BadCatalogue(ValueError):
    """A PO file cannot be used; the text names the file and the message."""


@dataclass(frozen=True, slots=True)
class Texts:
    """The catalogues in memory: language → message id → text with {named} fields."""

    messages: Mapping[Language, Mapping[str, str]]

    def say(self, language: str, key: str, **fields: Field) -> str:
        """The message `key` in `language` with its blanks filled; an unknown language or a missing text is Vietnamese.

        Fields are put in as they are, never read as a format themselves. KeyError when Vietnamese has no such message
        or a field is missing: a bug, not a case.
        """
        wanted = self.messages.get(language_of(language), {})
        return (wanted.get(key) or self.messages[FIRST_LANGUAGE][key]).format_map(fields)

    def has(self, key: str) -> bool:
        """Whether the message can be said."""
        return key in self.messages[FIRST_LANGUAGE]


def say(language: str, key: str, **fields: Field) -> str:
    """`Texts.say` on the catalogues of the program."""
    return catalogues().say(language, key, **fields)


def due_words(due_at: datetime, now: datetime, language: str) -> str:
    """A due time in words: "19:00 hôm nay, 22/11/2026 (giờ Hà Nội)", "11:00 thứ Hai, 23/11/2026 (giờ Hà Nội)".

    Both aware. Midnight is told as 24:00 of the day that ends: "00:00 ngày mai" is read as a day more than it is.
    """
    here = due_at.astimezone(HANOI)
    midnight = here.time() == time(0)
    on = here.date() - timedelta(days=1) if midnight else here.date()
    day = _day(on, now.astimezone(HANOI).date(), language)
    clock = _clock(here, language, on) | ({"clock": "24:00"} if midnight else {})
    return say(language, "time.due", **clock, day=day, date=_date(on, language))


def language_of(tag: str | None) -> Language:
    """The catalogue for a language tag of a client: "zh-hans" → zh, "en-GB" → en, none or "vi-VN" → vi, others → en."""
    first = (tag or FIRST_LANGUAGE).replace("_", "-").split("-")[0].lower()
    return next((language for language in LANGUAGES if language == first), "en")


@lru_cache(maxsize=1)
def catalogues() -> Texts:
    """The catalogues beside this module, read once. Raises BadCatalogue."""
    texts = {language: read_catalogue(_stored(language), f"{language}.po") for language in LANGUAGES}
    return Texts(MappingProxyType(texts))


def read_catalogue(text: str, name: str) -> Mapping[str, str]:
    """Message id → text of a PO file. Raises BadCatalogue for bad syntax, an id given twice, or blanks without a name."""
    try:
        catalogue = read_po(io.StringIO(text), abort_invalid=True, ignore_obsolete=True)
    except PoFileError as error:
        raise BadCatalogue(f"{name}: {error}") from error
    # The reader merges entries of the same id silently: of two editors' texts one would vanish.
    if twice := [key for key, times in Counter(_MESSAGE_ID.findall(text)).items() if times > 1]:
        raise BadCatalogue(f"{name}: {twice[0]}: given twice")
    messages = {str(entry.id): str(entry.string) for entry in catalogue if entry.id and not entry.fuzzy}
    for key, message in messages.items():
        try:
            blanks(message)
        except ValueError as error:
            raise BadCatalogue(f"{name}: {key}: {error}") from error
    return MappingProxyType({key: message for key, message in messages.items() if message})


def blanks(message: str) -> frozenset[str]:
    """The names of the {fields} of a message. ValueError when a brace is not closed or a field has no plain name."""
    names = {name for _, name, _, _ in string.Formatter().parse(message) if name is not None}
    if wrong := sorted(name for name in names if not name.isidentifier()):
        raise ValueError(f"field {{{wrong[0]}}} has no plain name")
    return frozenset(names)


def _stored(language: Language) -> str:
    return resources.files(__package__).joinpath(f"{language}.po").read_text(encoding="utf-8")


def _clock(here: datetime, language: str, on: date | None = None) -> dict[str, Field]:
    """The hour in Hanoi, and in Beijing: the next day there is said, for 23:30 here is tomorrow's 00:30."""
    there = here.astimezone(BEIJING)
    later = there.date() > (on or here.date())
    beijing = say(language, "time.next_day", clock=f"{there:%H:%M}") if later else f"{there:%H:%M}"
    return {"clock": f"{here:%H:%M}", "beijing": beijing}


def _date(on: date, language: str) -> str:
    return say(language, "time.date", day=on.day, month=on.month, year=on.year)


def _day(on: date, today: date, language: str) -> str:
    near = {-1: "time.yesterday", 0: "time.today", 1: "time.tomorrow"}
    return say(language, near.get((on - today).days, f"time.weekday_{on.isoweekday()}"))
