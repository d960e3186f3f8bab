"""Vietnamese text made comparable: one spelling of every letter, and a folded form of the same length for finding words."""

import re
import unicodedata

_GONE = dict.fromkeys(
    (0x00AD, 0x200B, 0x200C, 0x200D, 0x200E, 0x200F, 0x2060, 0xFEFF, *range(0x09), *range(0x0E, 0x20), 0x7F)
)
_SPACES = dict.fromkeys((0x00A0, 0x1680, *range(0x2000, 0x200B), 0x202F, 0x205F, 0x3000), " ")
_LINE_ENDS = dict.fromkeys((0x0B, 0x0C, 0x0D, 0x85, 0x2028, 0x2029), "\n")
_CLEANING: dict[int, str | None] = {**_GONE, **_SPACES, **_LINE_ENDS}
_UNUSUAL = re.compile(r"[ \t]{2}|[\t\n" + "".join(re.escape(chr(code)) for code in _CLEANING) + "]")
_BLANKS = re.compile(r"[ \t]{2,}|\t")
_BROKEN_LINES = re.compile(r" ?\n[ \n]*")
_DASHES = dict.fromkeys(map(ord, "‐‑‒–—―−÷→"), "-")
_QUOTES = dict.fromkeys(map(ord, "“”„«»"), '"')


def clean(text: str) -> str:
    """`text` in NFC with plain spaces, "\\n" at line ends, nothing invisible, trimmed; no letter is changed."""
    if not text.isascii():
        text = unicodedata.normalize("NFC", text)
    # Nearly every cell of a plan is clean: one search is all it costs.
    if _UNUSUAL.search(text):
        text = _BLANKS.sub(" ", text.replace("\r\n", "\n").translate(_CLEANING))
        text = _BROKEN_LINES.sub("\n", text)
    return text.strip()


def flat(text: str) -> str:
    """`clean`, with line ends made spaces."""
    return clean(text).replace("\n", " ")


def plain(text: str) -> str:
    """`text` (NFC) without case, marks and the stroke of đ, each character in its place: "Quý III" → "quy iii".

    Positions in the result are positions in `text`. Dashes and quotation marks become one of each.
    """
    return text.translate(_FOLDING)


class _Folding(dict[int, str]):
    """One folded character for each, found when first asked for."""

    def __missing__(self, code: int) -> str:
        letter = unicodedata.normalize("NFD", chr(code))[0].casefold()
        # Capital dotless letters and ligatures fold to two: the first keeps the length.
        folded = {"đ": "d", "ð": "d"}.get(letter, letter)[:1] or chr(code)
        self[code] = folded
        return folded


_FOLDING = _Folding({**_DASHES, **_QUOTES})
