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

from bot.ears import Ears, Trouble
from bot.inbound import RawUpdate, Store
from bot.telegram.request import AiohttpRequest, redact
from bot.telegram.updates import CHANNEL
from bot.telegram.webhook import PATH, raw_update, webhook_router

ALLOWED_UPDATES = ("message", "edited_message", "callback_query", "my_chat_member")
COMMANDS = ("start", "phieu", "tracuu", "trogiup", "ngonngu", "kenh", "dulieucuatoi", "xoadulieu")
"""What everybody may type; staff's own commands are told to staff only. Their words: catalogue keys `command.<name>`."""

CONFLICT_WAIT, TOKEN_WAIT = 15.0, 120.0
"""Seconds. Two bots that fight for the updates, or a dead token, need a person: asking faster helps nobody."""

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


def told_at(bot: HotlineBot) -> str:
    """The Date of the platform's last answer; "" before the first."""
    request = bot.request
    return request.date if isinstance(request, AiohttpRequest) else ""


class TelegramApp(Ears):
    """One Telegram bot's ears. Its `bot` is also the sender's."""

    def __init__(
        self,
        settings: TelegramSettings,
        store: Store,
        *,
        commands: CommandWords | None = None,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        poll_seconds: int = 25,
    ) -> None:
        super().__init__(CHANNEL, pushed=settings.mode == "webhook", sleep=sleep)
        self.settings, self.bot_id = settings, bot_id(settings.token)
        self.bot = make_bot(settings.token, settings.base_url, settings.proxy)
        self._store, self._commands = store, commands or {}
        self._poll_seconds = poll_seconds
        self._offset: int | None = None

    def router(self) -> APIRouter | None:
        return webhook_router(self.settings.secret, self.bot_id, self._store) if self.pushed else None

    async def close(self) -> None:
        await self.bot.shutdown()

    async def _introduce(self) -> None:
        self.name = (await self.bot.get_me()).username
        if self.pushed:
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

    def _trouble_of(self, error: Exception) -> Trouble | None:
        if not isinstance(error, TelegramError):
            return None
        return Trouble(_name(error), redact(str(error)), _wait(error))


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


def _wait(error: TelegramError) -> float | None:
    """Seconds to stay away after `error`; None when it says nothing of that."""
    match error:
        case InvalidToken():
            return TOKEN_WAIT
        case Conflict():
            return CONFLICT_WAIT
        case RetryAfter():
            return seconds_of(error).total_seconds()
    return None


def seconds_of(error: RetryAfter) -> timedelta:
    """The wait that Telegram names (PTB says int or timedelta, by an environment variable)."""
    wait = error.retry_after
    return wait if isinstance(wait, timedelta) else timedelta(seconds=wait)
