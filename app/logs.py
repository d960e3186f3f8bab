"""Logs are facts with fields, to stderr; whatever slips into one – a token, a phone, a plate, a text – is taken out here.

Nothing that people wrote is meant to reach a log at all: this is the second lock on the door. Of an exception only its type,
its places in the code and, where it cannot hold anybody's words, its message are told.
"""

import logging
import re
import sys
import traceback
from collections.abc import Iterable, Iterator, Mapping, MutableMapping
from types import TracebackType
from typing import Any

import structlog
from structlog.types import EventDict, Processor

from core.numbers import without_numbers

HIDDEN = "•••"
LONGEST = 500
# Names under which people's words or secrets travel in this program: hidden whole, whatever they hold.
PRIVATE = frozenset(
    {
        "text",
        "body",
        "raw",
        "message",
        "comment",
        "words",
        "caption",
        "first_text",
        "last_text",
        "sealed_text",
    }
    | {"phone", "plate", "name", "first_name", "sender", "key", "ticket_key", "token", "secret", "password"}
    | {"code_hash", "link_code", "cookie", "authorization", "url", "params", "parameters"}
)
QUIET = (
    "httpx",
    "httpcore",
    "aiohttp.access",
    "uvicorn",
    "uvicorn.access",
    "apscheduler",
    "alembic",
    "PIL",
    "asyncio",
    "telegram",
)
_TICKET = r"[A-Z]{2,8}-[0-9]{6}-[0-9]{4,}"
_TOKEN = re.compile(r"[0-9]{6,}:[A-Za-z0-9_-]{30,}")
_LINK = re.compile(r"(link_|lienket[ +]|/in/)[A-Za-z0-9]{6,}")
_KEYED = re.compile(rf"({_TICKET})([ :/,&?=_-]{{1,3}}(?:key=)?)[A-Za-z0-9]{{4}}(?![A-Za-z0-9])")
_KEPT = re.compile(rf"({_TICKET}|[0-9]{{4}}-[0-9]{{2}}-[0-9]{{2}}[T ][0-9:.]+(?:\+00:00|\+07:00|Z)?)")
# Their messages name what the system or the database said, never what a person wrote.
_TELLING = (OSError, MemoryError, RecursionError, ImportError, NotImplementedError)
_DRIVERS = ("sqlite3", "asyncpg", "sqlalchemy")


def configure(style: str = "console", level: str = "info", secrets: Iterable[str] = ()) -> None:
    """Sets structlog and the standard library's logging up, both through the same processors. `style`: console or json."""
    mask = Mask(secrets)
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.ExtraAdder(),
        tell_exception,
        mask,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *shared,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=False,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, _renderer(style)],
        )
    )
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(level.upper())
    for name in QUIET:
        # httpx tells every address, the token in it, at INFO.
        logging.getLogger(name).setLevel(max(logging.WARNING, logging.getLevelName(level.upper())))
    logging.captureWarnings(True)


class Mask:
    """A structlog processor: the same event without anything that must not be read in a log."""

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        # Longest first: a secret that begins with another one must go as a whole.
        self._secrets = sorted({secret for secret in secrets if len(secret) >= 4}, key=len, reverse=True)

    def __call__(self, logger: Any, method: str, event: EventDict) -> MutableMapping[str, Any]:
        return {name: self.value(name, value) for name, value in event.items()}

    def value(self, name: str, value: Any) -> Any:
        """One field, masked; containers with all that they hold."""
        if name.startswith("_"):
            return value  # structlog's own
        if name.lower() in PRIVATE and value is not None and not isinstance(value, bool):
            return HIDDEN
        match value:
            case str():
                return self.text(value)
            case bool() | int() | float() | None:
                return value
            case Mapping():
                return {self.text(str(key)): self.value(str(key), item) for key, item in value.items()}
            case list() | tuple() | set() | frozenset():
                return [self.value("", item) for item in value]
            case _:
                return self.text(str(value))

    def text(self, text: str) -> str:
        """A text without secrets, tokens, link codes, ticket keys, phones, plates and identity cards."""
        for secret in self._secrets:
            text = text.replace(secret, HIDDEN)
        text = _LINK.sub(rf"\1{HIDDEN}", _TOKEN.sub(HIDDEN, text))
        text = _KEYED.sub(rf"\1\2{HIDDEN}", text)
        # Codes of tickets and times are facts that a log is for; their digits would look like a telephone's.
        parts = _KEPT.split(text)
        return "".join(part if n % 2 else _without_numbers(part) for n, part in enumerate(parts))[:LONGEST]


def tell_exception(logger: Any, method: str, event: EventDict) -> EventDict:
    """Puts `exc_info` into words: types and places, and messages only where nobody's words can be in them."""
    given = event.pop("exc_info", None)
    error = sys.exc_info()[1] if given is True else given[1] if isinstance(given, tuple) else given
    # Never the text: its first line is told by "error", the rest is code.
    event.pop("stack_info", None)
    event.pop("color_message", None)  # uvicorn says everything twice
    if isinstance(error, BaseException):
        chain = list(_chain(error))
        event["error"] = " ← ".join(_said(one) for one in chain)
        event["places"] = [place for one in chain for place in _places(one.__traceback__)]
    # asyncio's second line shows the exception of a task, message and all.
    event["event"] = str(event.get("event", "")).partition("\n")[0]
    return event


def _renderer(style: str) -> Processor:
    if style == "json":
        return structlog.processors.JSONRenderer(ensure_ascii=False)
    return structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty())


def _without_numbers(text: str) -> str:
    # Only where something was found: the search also normalises the letters.
    plain = without_numbers(text)
    return plain if any(letter.isdigit() for letter in text) else text


def _chain(error: BaseException) -> Iterator[BaseException]:
    seen: set[int] = set()
    current: BaseException | None = error
    while current is not None and id(current) not in seen and len(seen) < 8:
        seen.add(id(current))
        yield current
        if isinstance(current, BaseExceptionGroup):
            for inner in current.exceptions[:3]:
                yield from _chain(inner)
        current = current.__cause__ or (None if current.__suppress_context__ else current.__context__)


def _said(error: BaseException) -> str:
    name = type(error).__name__
    module = type(error).__module__.partition(".")[0]
    if isinstance(error, _TELLING):
        return f"{name}: {error}"[:LONGEST]
    if module in _DRIVERS:
        # The first line only: below it stand the statement's parameters, or the row that was refused.
        return f"{name}: {str(getattr(error, 'orig', None) or error).partition(chr(10))[0]}"[:LONGEST]
    return name


def _places(trace: TracebackType | None) -> list[str]:
    frames = traceback.extract_tb(trace)[-12:]
    return [f"{_short(frame.filename)}:{frame.lineno} {frame.name}" for frame in frames]


def _short(path: str) -> str:
    return "/".join(path.replace("\\", "/").split("/")[-3:])
