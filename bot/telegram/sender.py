"""Telegram's mouth: one part of a notice to one chat, answered by a verdict. Plain text only, so nothing is ever escaped."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

import structlog
from telegram import (
    Bot,
    InlineKeyboardMarkup,
    KeyboardButton,
    LinkPreviewOptions,
    Message,
    ReplyKeyboardMarkup,
    ReplyParameters,
)
from telegram.error import BadRequest, InvalidToken, TelegramError

from bot.outgoing import Button, Outgoing
from bot.telegram import files
from bot.telegram.verdicts import BAD_PHOTO, NO_TEXT, NO_TOPIC, NOT_EDITABLE, NOT_MODIFIED, says, verdict_of
from services.sender import ChannelFacts, Delivery, GiveUp, Sent, TryAgain, Verdict

TELEGRAM = ChannelFacts("telegram", mirrors=True)
CAPTION_LIMIT = 1024
"""UTF-16 units (core.telegram.org/bots/api#sendphoto)."""
LARGEST_PHOTO = 10 * 1024**2
"""Bytes; larger pictures travel as files (core.telegram.org/bots/api#sending-files)."""
FLOODED_CHATS = 3
"""So many chats told to wait at one time: it is the bot that is too fast, not they."""

Render = Callable[[Delivery, ChannelFacts], tuple[Outgoing, ...]]

_NO_PREVIEW = LinkPreviewOptions(is_disabled=True)
_log = structlog.get_logger("bot.telegram")


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture, read from disk. Its name tells Telegram what it is: without a suffix it would be no picture.

    `as_file`: it is none, or must not be treated as one.
    """

    content: bytes
    name: str
    as_file: bool = False


class TelegramSender:
    """Implements services.sender.Sender. `render` makes the words; only this class knows how Telegram takes them."""

    def __init__(self, bot: Bot, facts: ChannelFacts, render: Render) -> None:
        self.bot, self.facts, self.render = bot, facts, render
        self._waits: dict[str, datetime] = {}  # chat → until when Telegram told it to wait
        self._photo_gone_out: set[tuple[int, int]] = set()  # (outbox id, part): the text is still to follow
        self._token_refused = False

    async def send(self, delivery: Delivery) -> Verdict:
        """Send part `delivery.part`. A failure of Telegram is a verdict; what is raised is a bug."""
        parts = self.render(delivery, self.facts)
        if delivery.part >= len(parts):
            # The text has become shorter since its first part went out: nothing is left to say.
            return Sent("")
        outgoing = parts[delivery.part]
        photo = await _attached(outgoing)
        if not outgoing.text.strip() and photo is None:
            return self._judged(delivery, GiveUp("nothing to say: the text is empty"))
        try:
            message_id = await self._deliver(delivery, outgoing, photo)
        except TelegramError as error:
            return self._judged(delivery, verdict_of(error), error)
        self._waits.pop(delivery.chat_id, None)
        self._token_refused = False
        if message_id is None:
            return Sent(delivery.edits or "", said=False)
        return Sent(message_id, more=delivery.part + 1 < len(parts))

    async def fetch_file(self, provider_id: str) -> bytes:
        """What a person sent. Raises files.FileTooLarge, files.FileGone, or ConnectionError (try again later)."""
        return await files.fetch_file(self.bot, provider_id)

    async def _deliver(self, delivery: Delivery, outgoing: Outgoing, photo: Picture | None) -> str | None:
        """Edit or send; the id of the message that now says it, None when only an edit was wanted and the message is gone.
        Raises TelegramError."""
        if delivery.edits and delivery.part == 0:
            if await self._edited(delivery, outgoing):
                return delivery.edits
            if delivery.facts.get("only_edits"):
                return None
        address = _address(delivery)
        try:
            return str((await self._posted(delivery, outgoing, photo, address)).message_id)
        except BadRequest as error:
            if "message_thread_id" not in address or not says(error, *NO_TOPIC):
                raise
        # The topic is gone, the group is not: better in its general part than nowhere.
        del address["message_thread_id"]
        return str((await self._posted(delivery, outgoing, photo, address)).message_id)

    async def _edited(self, delivery: Delivery, outgoing: Outgoing) -> bool:
        """Whether the old message says it now; False when only a new message can."""
        assert delivery.edits is not None
        place: dict[str, Any] = {
            "chat_id": int(delivery.chat_id),
            "message_id": int(delivery.edits),
            "reply_markup": _inline(outgoing),
        }
        text = _sendable(outgoing.text)
        if not text.strip():
            return False
        try:
            await self.bot.edit_message_text(text, link_preview_options=_NO_PREVIEW, **place)
        except BadRequest as error:
            if says(error, NO_TEXT) and _utf16(text) <= CAPTION_LIMIT:
                return await self._same_or_gone(self.bot.edit_message_caption(caption=text, **place))
            return _stays(error)
        return True

    async def _same_or_gone(self, edit: Awaitable[Any]) -> bool:
        try:
            await edit
        except BadRequest as error:
            return _stays(error)
        return True

    async def _posted(
        self, delivery: Delivery, outgoing: Outgoing, photo: Picture | None, address: dict[str, Any]
    ) -> Message:
        text = _sendable(outgoing.text)
        if photo is None:
            return await self._text(outgoing, text, address)
        if _utf16(text) <= CAPTION_LIMIT:
            return await self._picture(
                photo, address, caption=text.strip() or None, reply_markup=_inline(outgoing)
            )
        # Too long for a caption: the picture first, then the words. A retry must not send the picture twice.
        step = (delivery.outbox_id, delivery.part)
        if step not in self._photo_gone_out:
            await self._picture(photo, address)
            self._photo_gone_out.add(step)
        message = await self._text(outgoing, text, address)
        self._photo_gone_out.discard(step)
        return message

    async def _text(self, outgoing: Outgoing, text: str, address: dict[str, Any]) -> Message:
        keyboard = _inline(outgoing) or _contact_key(outgoing, address["chat_id"])
        return await self.bot.send_message(
            text=text, link_preview_options=_NO_PREVIEW, reply_markup=keyboard, **address
        )

    async def _picture(self, photo: Picture, address: dict[str, Any], **words: Any) -> Message:
        """As a photo; as a file when Telegram cannot make a photo of it (odd proportions, over 10 MB)."""
        if len(photo.content) <= LARGEST_PHOTO and not photo.as_file:
            try:
                return await self.bot.send_photo(photo=photo.content, filename=photo.name, **address, **words)
            except BadRequest as error:
                if not says(error, *BAD_PHOTO):
                    raise
        return await self.bot.send_document(document=photo.content, filename=photo.name, **address, **words)

    def _judged(self, delivery: Delivery, verdict: Verdict, error: TelegramError | None = None) -> Verdict:
        """The verdict with what only the whole bot's history tells; loud where a person has to act."""
        match verdict:
            case TryAgain(after=after) if after is not None and not verdict.whole_bot:
                running = {chat: until for chat, until in self._waits.items() if until > delivery.now}
                self._waits = running | {delivery.chat_id: delivery.now + after}
                return TryAgain(after, verdict.reason, whole_bot=len(self._waits) >= FLOODED_CHATS)
            case GiveUp():
                _log.error("telegram_gave_up", outbox_id=delivery.outbox_id, why=verdict.reason)
            case TryAgain() if isinstance(error, InvalidToken) and not self._token_refused:
                self._token_refused = True
                _log.critical(
                    "telegram_token_refused", advice="set HOTLINE_TELEGRAM_TOKEN to the bot's present token"
                )
        return verdict


def _stays(error: BadRequest) -> bool:
    """True: the message says it already. False: it cannot be edited any more. Raises `error` for everything else."""
    if says(error, NOT_MODIFIED):
        return True
    if says(error, NO_TEXT, *NOT_EDITABLE):
        return False
    raise error


def _address(delivery: Delivery) -> dict[str, Any]:
    address: dict[str, Any] = {"chat_id": int(delivery.chat_id)}
    if delivery.quiet:
        address["disable_notification"] = True
    if delivery.topic:
        address["message_thread_id"] = int(delivery.topic)
    if delivery.replies_to and delivery.part == 0:
        # The answered message may be deleted by now: then it is no reply, but it arrives.
        address["reply_parameters"] = ReplyParameters(
            int(delivery.replies_to), allow_sending_without_reply=True
        )
    return address


class _Keyboard(InlineKeyboardMarkup):
    """Rows of buttons as the Bot API reads them: PTB takes 250 µs to make twenty of its own and to take them apart again."""

    __slots__ = ("_rows",)

    def __init__(self, rows: list[list[dict[str, str]]]) -> None:
        super().__init__(())
        self._rows = rows

    def to_dict(self, recursive: bool = True) -> dict[str, Any]:
        return {"inline_keyboard": self._rows}


def _inline(outgoing: Outgoing) -> _Keyboard | None:
    rows = [[_button(button) for button in row if _can_be_sent(button)] for row in outgoing.buttons]
    rows = [row for row in rows if row]
    return _Keyboard(rows) if rows else None


def _button(button: Button) -> dict[str, str]:
    """core.telegram.org/bots/api#inlinekeyboardbutton"""
    behind = {"url": button.url} if button.url else {"callback_data": button.payload}
    return {"text": _sendable(button.label), **behind}


def _can_be_sent(button: Button) -> bool:
    """Telegram refuses the whole message for a link to a host without a dot (http://localhost:8080): leave that button out."""
    return not button.url or "." in (urlsplit(button.url).hostname or "")


def _contact_key(outgoing: Outgoing, chat_id: int) -> ReplyKeyboardMarkup | None:
    """The "share my phone" key; only private chats (positive ids) may have one."""
    if not outgoing.contact_request or chat_id < 0:
        return None
    key = KeyboardButton(outgoing.contact_request, request_contact=True)
    return ReplyKeyboardMarkup([[key]], resize_keyboard=True, one_time_keyboard=True)


async def _attached(outgoing: Outgoing) -> Picture | None:
    """The picture or file, read off the event loop; None when there is none, or when it is not there any more."""
    path, document = outgoing.photo, outgoing.document
    try:
        if document is not None:
            return Picture(await asyncio.to_thread(document.read), document.name, as_file=True)
        if path is None:
            return None
        return Picture(await asyncio.to_thread(path.read_bytes), path.name if path.suffix else "photo.jpg")
    except OSError as error:
        _log.error("telegram_photo_missing", error=type(error).__name__)
        return None


def _sendable(text: str) -> str:
    """`text` as UTF-8 can carry it: half of a surrogate pair becomes U+FFFD."""
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def _utf16(text: str) -> int:
    return len(text.encode("utf-16-le")) // 2
