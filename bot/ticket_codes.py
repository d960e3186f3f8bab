"""A ticket's code typed by staff as a whole message opens its card; of a ticket in a list they were sent, its last four digits."""

import re
from datetime import timedelta

from bot.choices import words_awaited
from bot.inbound import Message
from bot.turn import Turn
from core.folding import clean
from storage import listed, outbox

PATIENCE = timedelta(hours=24)
"""A list that was sent longer ago is nobody's to count on: its digits may be another ticket's by now."""
_CODE = re.compile(r"[A-Za-z]{2,8}-\d{6}-\d{4,6}", re.ASCII)
_TAIL = re.compile(r"(?:…|\.{3}|(\d{6})?-)?(\d{4})", re.ASCII)


def as_command(turn: Turn, message: Message) -> str:
    """The text; "/tracuu CODE" when the whole of it names a ticket. Not while words are asked for, nor below a card: there
    it is a note."""
    words = clean(message.text)
    if message.edited or message.files or turn.person is None or not turn.person.is_staff:
        return message.text
    code = words if _CODE.fullmatch(words) else _listed(turn, words)
    if code is None or words_awaited(turn) or _below_a_card(turn, message):
        return message.text
    return f"/tracuu {code}"


def _listed(turn: Turn, words: str) -> str | None:
    """The code that ends so, of the newest list in this chat that names one."""
    if not _TAIL.fullmatch(words):
        return None
    ending = "-" + words.lstrip("….-")
    return listed.listed_code(turn.db, turn.chat.id, ending, turn.now - PATIENCE)


def _below_a_card(turn: Turn, message: Message) -> bool:
    replied = message.reply_to
    return bool(replied and outbox.ticket_of_message(turn.db, turn.chat.id, replied))
