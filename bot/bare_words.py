"""Commands as they are typed where nobody knows a slash: "phiếu", "viec", "lien ket ABC…", "HN"."""

import re

from bot.choices import gate_named, spoken, words_awaited
from bot.inbound import Message
from bot.turn import Turn
from core.folding import clean
from storage import tickets

_ANYBODYS = {
    "phieu": "phieu",
    "phieu cua toi": "phieu",
    "tra cuu": "tracuu",
    "tro giup": "trogiup",
    "help": "trogiup",
    "ngon ngu": "ngonngu",
    "language": "ngonngu",
    "du lieu cua toi": "dulieucuatoi",
    "xoa du lieu": "xoadulieu",
    "kenh": "kenh",
    "kenh cua toi": "kenh",
    "huy": "huy",
    "bat dau": "start",
    "start": "start",
}
_IN_A_DIALOGUE = {"huy": "huy", "tro giup": "trogiup"}
"""While words are asked for, every other single word is one of them."""
_STAFFS = {
    "viec": "viec",
    "viec cua toi": "viec",
    "ca": "ca",
    "ca truc": "ca",
    "nhiem vu": "nhiemvu",
    "lich": "lich",
    "so lieu": "solieu",
    "bao cao": "baocao",
}
_WITH_CODE = re.compile(r"(?:lien ?ket|link)[ _]([0-9A-Za-z]{10})", re.IGNORECASE)
_WITHOUT_CODE = re.compile(r"lienket[ _]?([0-9A-Za-z]{0,20})", re.IGNORECASE)
"""Mistyped, or alone: no complaint, and a code that is nearly right belongs on no ticket."""
_WITH_TICKET = re.compile(r"tra ?cuu ([A-Za-z]{2,8}-[\w-]+(?: \w{4})?)", re.IGNORECASE | re.ASCII)
_WITH_NUMBER = re.compile(r"(viec|nhiem ?vu|so ?lieu|bao ?cao) (\d[\w/]*|[ivIV]{1,3}/\d{4})", re.IGNORECASE)
_GATE = re.compile(r"gate_[\w-]{1,40}", re.ASCII | re.IGNORECASE)


def as_command(turn: Turn, message: Message) -> str:
    """The text, with a slash in front when the whole of it is a command; a gate alone greets whoever has no ticket yet."""
    text = clean(message.text)
    if message.edited or message.files or not text or "\n" in text:
        return message.text
    if words_awaited(turn):
        name = _IN_A_DIALOGUE.get(spoken(text))
        return f"/{name}" if name else message.text
    return _command(turn, text) or _gate_alone(turn, text) or message.text


def _command(turn: Turn, text: str) -> str | None:
    plain = _unaccented(text)
    if found := _WITH_CODE.fullmatch(plain) or _WITHOUT_CODE.fullmatch(plain):
        return f"/lienket {found[1].upper()}"
    if found := _WITH_TICKET.fullmatch(plain):
        return f"/tracuu {found[1]}"
    names = {**_ANYBODYS, **(_STAFFS if turn.person is not None and turn.person.is_staff else {})}
    joined = {words.replace(" ", ""): name for words, name in names.items()}
    if name := names.get(spoken(text)) or joined.get(spoken(text)):
        return f"/{name}"
    found = _WITH_NUMBER.fullmatch(plain)
    named = found and joined.get(found[1].replace(" ", "").lower())
    return f"/{named} {found[2]}" if found and named else None


def _gate_alone(turn: Turn, text: str) -> str | None:
    if _GATE.fullmatch(text):
        return f"/start {text}"
    gate = gate_named(turn, spoken(text))
    person = turn.person
    if gate is None or person is None or person.is_staff or tickets.open_of_sender(turn.db, person.id):
        return None
    return f"/start gate_{gate}"


def _unaccented(text: str) -> str:
    """As `spoken`, but a code's own punctuation and case stay."""
    words = text.split(" ")
    return " ".join(word if re.search(r"[\d/_-]", word) else spoken(word) for word in words if word)
