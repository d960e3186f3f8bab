"""The words of a deadline and a place among them: what the grammar of Vietnamese administrative time reads from."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from plan_data.plain_text import plain

_TOKEN = re.compile(r"\d+|[a-z]+|[^\sa-z\d]")
_SPLIT_WORD = re.compile(r"(quy|q)([ivx]{1,4})")
_SPELT = {"qui": "quy"}  # "quí II" is met as often as "quý II"
_ROMANS = {
    "i": 1,
    "ii": 2,
    "iii": 3,
    "iv": 4,
    "v": 5,
    "vi": 6,
    "vii": 7,
    "viii": 8,
    "ix": 9,
    "x": 10,
    "xi": 11,
    "xii": 12,
}
_NUMERALS = {
    "mot": 1,
    "nhat": 1,
    "hai": 2,
    "ba": 3,
    "bon": 4,
    "tu": 4,
    "sau": 6,
    "bay": 7,
    "tam": 8,
    "chin": 9,
}


# Phrases by their first word, the longest first.
Phrases = Mapping[str, tuple[tuple[str, ...], ...]]


def phrases(*written: str) -> Phrases:
    """ "chậm nhất là" is met before "chậm nhất", and a word that begins none costs one look."""
    made: dict[str, tuple[tuple[str, ...], ...]] = {}
    for words in sorted((tuple(one.split()) for one in written), key=len, reverse=True):
        made[words[0]] = (*made.get(words[0], ()), words)
    return made


@dataclass(frozen=True, slots=True)
class Token:
    """A folded word, number or mark at text[start:end]; `glued`: no blank before it."""

    text: str
    start: int
    end: int
    glued: bool

    @property
    def is_number(self) -> bool:
        return self.text.isdecimal()

    @property
    def is_word(self) -> bool:
        return self.text.isalpha()


def tokens_of(text: str) -> tuple[Token, ...]:
    """The tokens of an NFC text; "QuýIII" and "T5" come apart."""
    made: list[Token] = []
    last_end = 0
    for found in _TOKEN.finditer(plain(text)):
        start, end = found.span()
        word = _SPELT.get(found[0], found[0])
        split = _SPLIT_WORD.fullmatch(word) if word[0] == "q" else None
        if split:
            middle = start + len(split[1])
            made.append(Token(split[1], start, middle, start == last_end))
            made.append(Token(split[2], middle, end, True))
        else:
            made.append(Token(word, start, end, start == last_end))
        last_end = end
    return tuple(made)


class Cursor:
    """A place among tokens. Every `take…` moves on when it finds what it is asked for, and stays when it does not."""

    def __init__(self, tokens: tuple[Token, ...], place: int = 0) -> None:
        self.tokens = tokens
        self.place = place

    def peek(self, ahead: int = 0) -> Token | None:
        place = self.place + ahead
        return self.tokens[place] if 0 <= place < len(self.tokens) else None

    def sees(self, *words: str, ahead: int = 0) -> bool:
        """Whether the token is one of `words`."""
        token = self.peek(ahead)
        return token is not None and token.text in words

    def take(self, *words: str) -> str | None:
        """The next token when it is one of `words`."""
        token = self.peek()
        if token is None or token.text not in words:
            return None
        self.place += 1
        return token.text

    def take_phrase(self, phrases: Phrases) -> tuple[str, ...] | None:
        """The longest of `phrases` whose words come next."""
        token = self.peek()
        for phrase in phrases.get(token.text, ()) if token is not None else ():
            if all(self.sees(word, ahead=n) for n, word in enumerate(phrase)):
                self.place += len(phrase)
                return phrase
        return None

    def take_number(self, low: int = 0, high: int = 9999) -> int | None:
        """The next token when it is a number from `low` to `high`."""
        token = self.peek()
        if token is None or not token.is_number or len(token.text) > 4 or not low <= int(token.text) <= high:
            return None
        self.place += 1
        return int(token.text)

    def take_roman(self) -> int | None:
        """The next token when it is a Roman numeral up to XII."""
        token = self.peek()
        if token is None or token.text not in _ROMANS:
            return None
        self.place += 1
        return _ROMANS[token.text]

    def take_numeral(self) -> int | None:
        """A number in digits or in words ("hai", "nhất")."""
        token = self.peek()
        if token is not None and token.text in _NUMERALS:
            self.place += 1
            return _NUMERALS[token.text]
        return self.take_number(0, 99)
