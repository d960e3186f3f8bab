"""How text is cleaned before it is stored, and folded before it is compared (domain.md, "Language")."""

import re
import unicodedata
from collections.abc import Iterator
from functools import lru_cache
from typing import NamedTuple

HAN = "\u3007\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U000323af"
_HAN_RUN = re.compile(f"[{HAN}]+")

# An embedding, override or isolate that is never closed turns the rest of the card around: the code, the due time,
# the buttons. The single marks U+200E/F and U+061C reach only their neighbours and Arabic or Uyghur text needs them.
_BIDI_FRAMES = (*range(0x202A, 0x202F), *range(0x2066, 0x206A))
_LINE_ENDS = (0x0B, 0x0C, 0x85, 0x2028, 0x2029)
_CONTROLS = (*range(0x09), *range(0x0E, 0x20), *range(0x7F, 0xA0), 0xFEFF)
_CLEANING: dict[int, str | None] = (
    dict.fromkeys((*_CONTROLS, *_BIDI_FRAMES)) | dict.fromkeys(_LINE_ENDS, "\n") | {ord("\t"): "\t"}
)

# Letters, digits and signs that stand alone: no mark that could combine, no control, nothing that NFC would change. Almost
# every name and sentence is made of these, and is told so in one step (docs/performance.md).
_PLAIN = re.compile("[ -~\u00a1-\u00ac\u00ae-\u02af\u1e00-\u1eff\u2010-\u2027\u2030-\u205e\u4e00-\u9fff]*")
_MARKS_IN_A_ROW = 30
_GRAPHEME_JOINER = "\u034f"

_INVISIBLE = frozenset({"Mn", "Me", "Cf", "Cc"})
# U+00D0 is the Icelandic letter that many Vietnamese fonts and keyboards give for Đ.
_STROKES = str.maketrans({"đ": "d", "Đ": "d", "ð": "d", "Ð": "d"})
_TONES = "\u0300\u0301\u0303\u0309\u0323"
_TONE = re.compile(f"[{_TONES}]")
# Hỏi and ngã are confused in half of the country: one tone when words are compared.
_SAME_TONE = {"\u0303": "\u0309"}
_MARKS = "\u0300-\u036f"
_MARK = re.compile(f"[{_MARKS}]")
_TOKEN = re.compile(f"[{HAN}]|(?:(?![{HAN}])[^\\W_][{_MARKS}]*)+|[.,:;?!\n。、]")
_PAUSES = frozenset(".,:;?!\n。、")


class Word(NamedTuple):  # a message has dozens of them: a frozen dataclass takes three times as long to make
    """One word as read: `folded` without any mark, `letters` with â ê ô ă ơ ư đ but no tone, `tone` the tone mark or "".

    Tone and letters apart make "hoá" equal to "hòa"'s spelling "hóa", and a forgotten tone different from a wrong one.
    A Han character is a word of its own.
    """

    folded: str
    letters: str
    tone: str = ""


# Stands where a clause ends: no phrase holds it, and no negation reaches across it.
PAUSE = Word(".", ".")


def clean(text: str) -> str:
    """Text safe to store, send and print: NFC, lines ended by "\\n", trimmed; nothing visible is lost.

    Halves of surrogate pairs are joined, or become U+FFFD; control characters and bidi frames go; emoji, joiners and
    right-to-left scripts stay. Idempotent, never raises, takes time linear in the text.
    """
    if is_plain(text):
        return text.strip()
    whole = _whole(text).replace("\r\n", "\n").replace("\r", "\n").translate(_CLEANING)
    # The second pass is for the few marks that NFC itself takes apart (U+0344).
    return _calmed(unicodedata.normalize("NFC", _calmed(whole))).strip()


def is_plain(text: str) -> bool:
    """Whether `text` is one line of letters and signs that need no cleaning, but for spaces at its ends."""
    return _PLAIN.fullmatch(text) is not None


def fold(text: str) -> str:
    """The form that is stored and searched: NFKC, casefold, đ→d, marks stripped, Han runs as bigrams, single spaces.

    "Ùn tắc ở 友谊关" → "un tac o 友谊 谊关". Fold the query the same way and quote each of its words before MATCH.
    Idempotent; equal for NFC and NFD.
    """
    return " ".join(_HAN_RUN.sub(_bigrams, _unmarked(text)).split())


def words_of(text: str) -> tuple[Word, ...]:
    """The words of `text` in order, typed-short forms written out, punctuation left out."""
    return tuple(word for word in clauses_of(text) if word is not PAUSE)


def clauses_of(text: str) -> tuple[Word, ...]:
    """The words of `text` as in `words_of`, with a PAUSE for every mark or line end that closes a clause."""
    return tuple(_words(_TOKEN.findall(_decomposed(text))))


def _whole(text: str) -> str:
    """`text` without lone surrogates: two halves that follow each other become one character."""
    if text.isascii():
        return text
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")


def _calmed(text: str) -> str:
    """A joiner after every 30 combining marks (UAX #15, Stream-Safe Text): normalising longer runs takes quadratic time."""
    if is_plain(text) or not _storm(text):
        return text
    return "".join(_with_joiners(text))


def _storm(text: str) -> bool:
    run = 0
    for character in text:
        run = run + 1 if unicodedata.combining(character) else 0
        if run > _MARKS_IN_A_ROW:
            return True
    return False


def _with_joiners(text: str) -> Iterator[str]:
    run = 0
    for character in text:
        run = run + 1 if unicodedata.combining(character) else 0
        if run > _MARKS_IN_A_ROW:
            yield _GRAPHEME_JOINER
            run = 1
        yield character


def _decomposed(text: str) -> str:
    """Compatibility forms and case taken away, marks standing apart from their letters."""
    if text.isascii():
        return text.casefold()
    plain = unicodedata.normalize("NFKD", _calmed(_whole(text)))
    return unicodedata.normalize("NFKD", plain.casefold())


def _unmarked(text: str) -> str:
    letters = _decomposed(text)
    if letters.isascii():
        return letters
    seen = (c for c in letters if c in "\n\t" or unicodedata.category(c) not in _INVISIBLE)
    # NFC puts Korean syllables together again.
    return unicodedata.normalize("NFC", "".join(seen).translate(_STROKES))


def _bigrams(run: re.Match[str]) -> str:
    han = run[0]
    pairs = [han[i : i + 2] for i in range(len(han) - 1)]
    return f" {' '.join(pairs or [han])} "


def _words(runs: list[str]) -> Iterator[Word]:
    after_a_number = False
    for run in runs:
        if run in _PAUSES:
            yield PAUSE
            continue
        word = _word(run)
        money = after_a_number and run == "k"  # "500 k" is no "500 không"
        yield from (word,) if money else _SHORT_FORMS.get(word.folded, (word,))
        after_a_number = run.isdecimal()


# The same few hundred words make up most messages.
@lru_cache(maxsize=4096)
def _word(run: str) -> Word:
    if run.isascii():
        return Word(run, run)
    tones = _TONE.findall(run)
    letters = _TONE.sub("", run).replace("ð", "đ")
    tone = _SAME_TONE.get(tones[0], tones[0]) if tones else ""
    return Word(_MARK.sub("", letters).translate(_STROKES), letters, tone)


def _spelt_out(words: str) -> tuple[Word, ...]:
    return tuple(_word(token) for token in _TOKEN.findall(_decomposed(words)))


_SHORT_FORMS: dict[str, tuple[Word, ...]] = {
    short: _spelt_out(words)
    for short, words in {
        "k": "không",
        "ko": "không",
        "k0": "không",
        "hok": "không",
        "khg": "không",
        "dc": "được",
        "bks": "biển số",
        "cont": "container",
        "hq": "hải quan",
        "bp": "biên phòng",
        "cks": "cửa khẩu số",
        "xk": "xuất khẩu",
        "nk": "nhập khẩu",
        "xnk": "xuất nhập khẩu",
    }.items()
}
