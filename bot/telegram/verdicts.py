"""Telegram's refusals as verdicts of the outbox. Source of the phrases: observed answers of api.telegram.org, kept in the tests."""

from datetime import timedelta

from telegram.error import (
    BadRequest,
    ChatMigrated,
    Forbidden,
    InvalidToken,
    NetworkError,
    RetryAfter,
    TelegramError,
)

from bot.telegram.app import TOKEN_WAIT, seconds_of
from bot.telegram.request import redact
from services.sender import GiveUp, MovedTo, TryAgain, Verdict

NOT_MODIFIED = "message is not modified"
NO_TEXT = "there is no text in the message to edit"
NOT_EDITABLE = ("message to edit not found", "message can't be edited", "message_id_invalid")
NO_TOPIC = ("message thread not found", "topic_deleted", "topic_closed", "topic_id_invalid")
BAD_PHOTO = ("photo_", "image_process_failed", "wrong type of the web page content", "can't process photo")
GONE = (
    "chat not found",
    "user not found",
    "user is deactivated",
    "user_deactivated",
    "peer_id_invalid",
    "group chat was deactivated",
    "chat was deleted",
    "bot was kicked",
    "bot is not a member",
    "chat_write_forbidden",
    "not enough rights to send",
    "have no rights to send",
    "need administrator rights in the",
)
"""A 400 that means: nothing can be written there."""


def verdict_of(error: TelegramError) -> Verdict:
    """What the outbox does about `error`: a wait, a new address, or never again."""
    reason = redact(str(error))[:200]
    match error:
        case RetryAfter():
            return TryAgain(seconds_of(error), reason)
        case ChatMigrated():
            return MovedTo(str(error.new_chat_id))
        case Forbidden():
            return GiveUp(reason, unreachable=True)
        case InvalidToken():
            return TryAgain(timedelta(seconds=TOKEN_WAIT), reason, whole_bot=True)
        case BadRequest():  # BadRequest is a NetworkError: keep this case before it
            return GiveUp(reason, unreachable=says(error, *GONE))
        case NetworkError() if says(error, "request entity too large"):
            return GiveUp(reason)
    return TryAgain(reason=reason)


def says(error: TelegramError, *phrases: str) -> bool:
    """Whether Telegram's words contain one of `phrases` (PTB changes the case of their first letter)."""
    words = error.message.lower()
    return any(phrase in words for phrase in phrases)
