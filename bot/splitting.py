"""Long texts in parts that a channel accepts, cut where a reader would pause and never inside a character or an entity."""

from bisect import bisect_right
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

import regex

Measure = Literal["utf16", "chars"]

# What the clients make tappable in plain text: a cut inside would break the link, the call, the command or the code.
_ASCII_WORD = r"A-Za-z0-9_"
_ENTITY = regex.compile(
    r"(?:https?://|www\.|tg://)[^\s<>\"\u3000-\u303f\uff00-\uffef\u4e00-\u9fff]++"
    rf"|(?<![{_ASCII_WORD}.%+-])[{_ASCII_WORD}.%+-]{{1,64}}+@[A-Za-z0-9.-]{{1,255}}+"
    rf"|(?<![{_ASCII_WORD}@.-])(?:[A-Za-z0-9-]{{1,63}}+\.)++[A-Za-z]{{2,24}}+(?:/[^\s<>\"\u3000-\u303f\uff00-\uffef\u4e00-\u9fff]*+)?"
    rf"|(?<![{_ASCII_WORD}-])DDLS-[0-9]{{6}}-[0-9]{{4,8}}+(?:[ ]+[A-Z0-9]{{4}}\b)?"
    rf"|(?<![{_ASCII_WORD}])[@#$][\w]{{1,64}}+"
    rf"|(?<![{_ASCII_WORD}/])/[{_ASCII_WORD}]{{1,64}}+(?:@[{_ASCII_WORD}]{{1,64}}+)?"
    r"|(?<![0-9.])\+?(?:\([0-9]{1,5}\)[ ]?)?[0-9](?:[ .()-]{0,2}[0-9]){6,17}+(?![0-9])",
    regex.VERSION1,
)
_GRAPHEME = regex.compile(r"\X")
_LINE_ENDS = frozenset(("\n", "\r\n", "\r", "\u2028", "\u2029"))
_SENTENCE_ENDS = frozenset(".!?…")
_HAN_SENTENCE_ENDS = frozenset("。！？；")
_HAN_PAUSES = frozenset("，、：")
_PARAGRAPH = 4
_WIDEST_CHARACTER = 2  # beyond the BMP: two UTF-16 units


@dataclass(frozen=True, slots=True)
class _Line:
    """A text as its graphemes: `units[i]` is the measure of the first i, `locked` the boundaries inside entities."""

    graphemes: Sequence[str]
    units: Sequence[int]
    locked: frozenset[int]


def split(text: str, limit: int, head: str = "", measure: Measure = "utf16") -> list[str]:
    """`text` in parts of at most `limit` UTF-16 units (Telegram: 4096, caption 1024) or characters (Zalo: 2000).

    One part is the text itself. More parts begin with "`head` (2/3)" on a line of its own; `head` is the ticket code
    or "". Cuts prefer paragraphs, lines, sentences, spaces; only the white space at a cut is lost. An entity or a
    grapheme is cut only when it alone exceeds the limit. A blank text has no parts. ValueError when `limit` leaves no
    room beside the head.
    """
    return list(_split(text, limit, head, measure))


# The outbox renders a text anew for each of its parts: without this, 100 KB would be cut up twenty-four times.
@lru_cache(maxsize=16)
def _split(text: str, limit: int, head: str, measure: Measure) -> tuple[str, ...]:
    width = _utf16_units if measure == "utf16" else len
    if not text.strip():
        return ()
    if width(text) <= limit:
        return (text,)
    fewest = width(text) // limit + 1
    for digits in range(len(str(fewest)), len(str(len(text))) + 1):
        room = limit - width(_heading(head, 10**digits - 1, 10**digits - 1))
        if room < _WIDEST_CHARACTER:
            break
        parts = list(_parts(_line(text, width, room), room))
        if len(str(len(parts))) <= digits:
            return tuple(_heading(head, number, len(parts)) + part for number, part in enumerate(parts, 1))
    raise ValueError(f"limit {limit} leaves no room for a text of {len(text)} characters beside its head")


def _utf16_units(text: str) -> int:
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def _heading(head: str, number: int, of: int) -> str:
    return f"{head} ({number}/{of})\n".lstrip(" ")


def _line(text: str, width: Callable[[str], int], room: int) -> _Line:
    graphemes = list(_pieces(text, width, room))
    units, offset, boundary_at = [0], 0, {0: 0}
    for number, grapheme in enumerate(graphemes, 1):
        units.append(units[-1] + width(grapheme))
        offset += len(grapheme)
        boundary_at[offset] = number
    return _Line(graphemes, units, frozenset(_locked(text, boundary_at)))


def _pieces(text: str, width: Callable[[str], int], room: int) -> Iterator[str]:
    """The graphemes; one that fits into no part (a letter under thousands of marks) comes in characters."""
    for grapheme in _GRAPHEME.findall(text):
        if width(grapheme) <= room:
            yield grapheme
        else:
            yield from grapheme


def _locked(text: str, boundary_at: dict[int, int]) -> Iterator[int]:
    for entity in _ENTITY.finditer(text):
        for offset in range(entity.start() + 1, entity.end()):
            if offset in boundary_at:
                yield boundary_at[offset]


def _parts(line: _Line, room: int) -> Iterator[str]:
    start = _past_blanks(line, 0)
    while start < len(line.graphemes):
        end = _cut(line, start, room)
        yield _without_last_blanks(line, start, end)
        start = _past_blanks(line, end)


def _past_blanks(line: _Line, at: int) -> int:
    while at < len(line.graphemes) and line.graphemes[at].isspace():
        at += 1
    return at


def _without_last_blanks(line: _Line, start: int, end: int) -> str:
    # Whole graphemes only: a space that carries a combining mark is no blank.
    while line.graphemes[end - 1].isspace():
        end -= 1
    return "".join(line.graphemes[start:end])


def _cut(line: _Line, start: int, room: int) -> int:
    """Where the part from `start` ends: the best pause in its second half, else the last place that may be cut."""
    far = bisect_right(line.units, line.units[start] + room) - 1
    if far == len(line.graphemes):
        return far
    half = bisect_right(line.units, line.units[start] + room // 2)
    longest, best = 0, 0
    for at in range(far, half - 1, -1):
        pause = 0 if at in line.locked else _pause(line.graphemes, at)
        if pause > longest:
            longest, best = pause, at
        if longest == _PARAGRAPH:
            break
    return best or next((at for at in range(far, start, -1) if at not in line.locked), far)


def _pause(graphemes: Sequence[str], at: int) -> int:
    """How long a reader pauses at this boundary: paragraph 4, line 3, sentence 2, word or clause 1, none 0."""
    before, after = graphemes[at - 1], graphemes[at]
    if before in _LINE_ENDS or after in _LINE_ENDS:
        two = graphemes[at - 2 : at] if before in _LINE_ENDS else graphemes[at : at + 2]
        return _PARAGRAPH if _LINE_ENDS.issuperset(two) or after == before else 3
    if before in _HAN_SENTENCE_ENDS:
        return 2
    if before.isspace() or after.isspace():
        told = graphemes[at - 2] if before.isspace() and at > 1 else before
        return 2 if told in _SENTENCE_ENDS else 1
    return 1 if before in _HAN_PAUSES else 0
