"""Telegram without PTB's Updater (docs/adr/0003): updates are stored before they are acknowledged, by poll or by webhook."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, cast

import structlog
from fastapi import APIRouter
from telegram import Bot, BotCommand, BotCommandScopeAllPrivateChats
from telegram.error import Conflict, InvalidToken, RetryAfter, TelegramError

from bot.inbound import RawUpdate
from bot.telegram.request import AiohttpRequest, redact
from bot.telegram.webhook import PATH, Store, raw_update, webhook_router

ALLOWED_UPDATES = ("message", "edited_message", "callback_query", "my_chat_member")
COMMANDS = ("start", "phieu", "tracuu", "trogiup", "ngonngu", "dulieucuatoi", "xoadulieu")
"""What everybody may type; staff's own commands are told to staff only. Their words: catalogue keys `command.<name>`."""

FIRST_WAIT, LONGEST_WAIT = 1.0, 60.0
CONFLICT_WAIT, TOKEN_WAIT = 15.0, 120.0
"""Seconds. Two bots that fight for the updates, or a dead token, need a person: asking faster helps nobody."""
WEBHOOK_CHECK = 600.0
"""Seconds between two looks at what Telegram knows of our webhook."""

CommandWords = Mapping[str, Sequence[tuple[str, str]]]
"""Language → (command, description) pairs."""

_log = structlog.get_logger("bot.telegram")


@dataclass(frozen=True, slots=True)
class TelegramSettings:
    """`mode` is poll or webhook; `public_url` and `secret` serve the webhook only. Secrets stay out of the repr."""

    token: str = field(repr=False)
    base_url: str = "https://api.telegram.org"
    mode: str = "poll"
    public_url: str = ""
    secret: str = field(default="", repr=False)
    proxy: str | None = None


class HotlineBot(Bot):
    """PTB's Bot, asked for updates as they came, and silent about its token."""

    __slots__ = ()

    def __repr__(self) -> str:
        return f"HotlineBot({bot_id(self.token)})"

    async def initialize(self) -> None:
        """Nothing: connections open at the first call. PTB's own would call getMe, and put a refused token into its error."""

    async def shutdown(self) -> None:
        """Close the connections."""
        for request in self._request:
            await request.shutdown()

    async def raw_updates(self, offset: int | None, seconds: int) -> list[dict[str, Any]]:
        """getUpdates, unparsed: PTB's parser would refuse a whole batch for one update it does not know."""
        asked = {"offset": offset, "timeout": seconds, "limit": 100, "allowed_updates": list(ALLOWED_UPDATES)}
        updates = await self._post("getUpdates", asked, read_timeout=seconds + 10)
        return cast(list[dict[str, Any]], updates)


def bot_id(token: str) -> str:
    """The public half of a token: the bot's user id."""
    return token.partition(":")[0]


def make_bot(token: str, base_url: str = "https://api.telegram.org", proxy: str | None = None) -> HotlineBot:
    """A bot that opens no connection before its first call. Raises telegram.error.InvalidToken for an empty token."""
    # At DEBUG, PTB logs addresses (the token) and parameters (people's words).
    logging.getLogger("telegram").setLevel(logging.INFO)
    address = base_url.rstrip("/")
    return HotlineBot(
        token,
        base_url=f"{address}/bot",
        base_file_url=f"{address}/file/bot",
        request=AiohttpRequest(proxy=proxy),
        get_updates_request=AiohttpRequest(connections=1, proxy=proxy),
    )


class TelegramApp:
    """One bot's ears: `run` receives until it is cancelled. Its `bot` is also the sender's.

    `trouble` names what keeps it from receiving (None: nothing does); `username` is known after the first contact.
    """

    def __init__(
        self,
        settings: TelegramSettings,
        store: Store,
        *,
        commands: CommandWords | None = None,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        poll_seconds: int = 25,
    ) -> None:
        self.settings, self.bot_id = settings, bot_id(settings.token)
        self.bot = make_bot(settings.token, settings.base_url, settings.proxy)
        self.trouble: str | None = None
        self.username: str | None = None
        self._store, self._commands, self._sleep = store, commands or {}, sleep
        self._poll_seconds = poll_seconds
        self._offset: int | None = None
        self._failures = 0

    def router(self) -> APIRouter | None:
        """The webhook's route, to be mounted before `run` starts; None in poll mode."""
        if self.settings.mode != "webhook":
            return None
        return webhook_router(self.settings.secret, self.bot_id, self._store)

    async def run(self) -> None:
        """Introduce the bot, then receive for ever. Failures are waited out; only cancelling ends it."""
        await self.introduce()
        await self.receive()

    async def introduce(self) -> None:
        """Say who we are and how we listen; any number of processes may."""
        while not await self._tried(self._introduce):
            pass

    async def receive(self) -> None:
        """Receive for ever: one process at a time."""
        while self.settings.mode == "webhook":
            await self._sleep(WEBHOOK_CHECK)
            await self._tried(self._check_webhook)
        while True:
            await self._tried(self._receive)

    async def close(self) -> None:
        """Close the connections, the sender's too."""
        await self.bot.shutdown()

    async def _introduce(self) -> None:
        self.username = (await self.bot.get_me()).username
        if self.settings.mode == "webhook":
            await self.bot.set_webhook(
                self._webhook_url, allowed_updates=ALLOWED_UPDATES, secret_token=self.settings.secret
            )
        else:
            await self.bot.delete_webhook()  # never drop_pending_updates: they are people's messages
        await set_commands(self.bot, self._commands)

    async def _check_webhook(self) -> None:
        """Take the webhook back when somebody removed it; tell when Telegram cannot reach it."""
        info = await self.bot.get_webhook_info()
        if info.url != self._webhook_url:
            _log.error("telegram_webhook_was_taken_away")
            await self._introduce()
        elif info.last_error_message and info.pending_update_count:
            why = redact(info.last_error_message)
            _log.error("telegram_webhook_not_reached", why=why, waiting=info.pending_update_count)

    @property
    def _webhook_url(self) -> str:
        return self.settings.public_url.rstrip("/") + PATH

    async def _receive(self) -> None:
        updates = await self.bot.raw_updates(self._offset, self._poll_seconds)
        if updates:
            await self._store(_known(self.bot_id, updates))
            # Only now: asking with a higher offset tells Telegram to forget what came before it.
            self._offset = max(update["update_id"] for update in updates) + 1

    async def _tried(self, step: Callable[[], Awaitable[None]]) -> bool:
        """Whether `step` succeeded; when it did not, the trouble is told (once) and waited out."""
        try:
            await step()
        except TelegramError as error:
            await self._wait_out(_name(error), redact(str(error)), _wait(error, self._failures))
            return False
        except Exception as error:  # the catch-all of this edge: storing failed, and the offset has not moved
            await self._wait_out("not stored", type(error).__name__, _back_off(self._failures))
            return False
        if self.trouble is not None:
            _log.info("telegram_receives_again", after=self.trouble)
        self.trouble, self._failures = None, 0
        return True

    async def _wait_out(self, trouble: str, detail: str, seconds: float) -> None:
        if trouble != self.trouble:
            _log.error("telegram_cannot_receive", why=trouble, detail=detail[:200], wait_seconds=seconds)
        self.trouble = trouble
        self._failures += 1
        await self._sleep(seconds)


async def set_commands(bot: Bot, words: CommandWords) -> None:
    """The menu of commands in private chats, by language; Vietnamese is also what every other language sees. Best effort."""
    scope = BotCommandScopeAllPrivateChats()
    for language, pairs in words.items():
        commands = [BotCommand(name, text) for name, text in pairs]
        for code in (None, "vi") if language == "vi" else (language,):
            try:
                await bot.set_my_commands(commands, scope=scope, language_code=code)
            except TelegramError as error:
                _log.warning("telegram_commands_not_set", language=language, why=_name(error))


def command_words(say: Callable[[str, str], str]) -> CommandWords:
    """The commands' descriptions out of the catalogue: `say(language, key)`."""
    return {lang: [(name, say(lang, f"command.{name}")) for name in COMMANDS] for lang in ("vi", "en", "zh")}


async def answer_callback(bot: Bot, callback_id: str, text: str | None = None) -> bool:
    """Stop the button's spinning, with at most 200 characters of `text`. Best effort: False when it was too late or failed."""
    try:
        return await bot.answer_callback_query(callback_id, text=text[:200] if text else None)
    except TelegramError as error:
        _log.info("telegram_press_not_answered", why=_name(error))
        return False


def _known(bot: str, updates: Sequence[dict[str, Any]]) -> list[RawUpdate]:
    return [raw_update(bot, update) for update in updates]


def _name(error: TelegramError) -> str:
    match error:
        case InvalidToken():
            return "401: Telegram refuses the token"
        case Conflict():
            return "409: another program receives this bot's updates"
        case RetryAfter():
            return "429: Telegram asks us to wait"
    return type(error).__name__


def _wait(error: TelegramError, failures: int) -> float:
    """Seconds to stay away after `error`."""
    match error:
        case InvalidToken():
            return TOKEN_WAIT
        case Conflict():
            return CONFLICT_WAIT
        case RetryAfter():
            return seconds_of(error).total_seconds()
    return _back_off(failures)


def seconds_of(error: RetryAfter) -> timedelta:
    """The wait that Telegram names (PTB says int or timedelta, by an environment variable)."""
    wait = error.retry_after
    return wait if isinstance(wait, timedelta) else timedelta(seconds=wait)


def _back_off(failures: int) -> float:
    return min(FIRST_WAIT * 2.0 ** min(failures, 10), LONGEST_WAIT)
