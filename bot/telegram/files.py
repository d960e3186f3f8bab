"""Fetching what people sent: Telegram keeps the file, we ask for it by its id."""

from telegram import Bot
from telegram.error import BadRequest, InvalidToken, TelegramError

from bot.telegram.request import AnswerTooLargeError
from core.errors import Refused

LARGEST_FILE = 20 * 1024**2
"""Bytes that getFile serves (core.telegram.org/bots/api#getfile)."""


class FileTooLarge(Refused):
    """Telegram keeps it, but gives no bot more than 20 MB: the sender has to bring it another way."""

    def __init__(self) -> None:
        super().__init__("file_too_large", megabytes=LARGEST_FILE // 1024**2)


class FileGone(Refused):
    """Telegram has it no more, or never gave it to this bot: asking again is useless."""

    def __init__(self) -> None:
        super().__init__("file_gone")


async def fetch_file(bot: Bot, provider_id: str) -> bytes:
    """The content of a file. Raises FileTooLarge, FileGone, or ConnectionError when it is worth trying again later."""
    try:
        file = await bot.get_file(provider_id)
        if (file.file_size or 0) > LARGEST_FILE:
            raise FileTooLarge
    except BadRequest as error:
        raise (FileTooLarge if "too big" in error.message.lower() else FileGone) from None
    except TelegramError as error:
        raise ConnectionError(type(error).__name__) from None
    try:
        return bytes(await file.download_as_bytearray())
    except AnswerTooLargeError:
        raise FileTooLarge from None
    # PTB reads every 404 as a bad token; getFile has just shown that the token is good.
    except (BadRequest, InvalidToken):
        raise FileGone from None
    except TelegramError as error:
        raise ConnectionError(type(error).__name__) from None
