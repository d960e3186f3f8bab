"""Who is meant: the units named in a cell, told apart rightly, under their canonical names."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from core.plan import NamedUnit
from plan_data.plain_text import flat, plain
from plan_data.unit_gazetteer import Gazetteer, UnitsNamed
from plan_data.unit_keys import group_key, is_short_for_part, key_of, looser_keys, spells, words_of
from plan_data.words import Unit

READ_CHARACTERS = 1_500  # of one cell
_PIECES = 40  # of one cell
_LONGEST = 6  # pieces of one name: "Báo và Phát thanh, Truyền hình Lạng Sơn" has three
_KEPT = 20_000  # cells remembered
_SEPARATOR = re.compile(
    r"\s*[;,/•()\n:.]\s*|\s+[-+*]\s+|^[-+*]\s*|\s+v[àa]\s+|\s+&\s+", re.IGNORECASE | re.MULTILINE
)
_STRONG = frozenset(";/•()\n:")
_ROLE = re.compile(
    r"\b(?:(?:co quan|don vi)\s+)?(chu tri|tham muu chinh|tham muu|phoi hop)(?:\s+(?:voi|cung|thuc hien))?\b\s*:?"
)
# A name that is not known goes on until the next of these.
_HEAD_WORDS = (
    "so ban ubnd uy cong hoi trung van cac dang bo chi cuc doan phong thanh bao vien truong mttq tinh lien kho ngan toa"
    " benh cang don to"
)
_HEADS = frozenset(_HEAD_WORDS.split())
_CARRIED_HEADS = frozenset(["so", "hoi", "phong", "ban"])


def units_in(text: str, names: Gazetteer) -> UnitsNamed:
    """The units that a cell names. What is not known stays as written, without a code, not sure."""
    written = text[:READ_CHARACTERS]
    found = names._read.get(written)
    if found is None:
        if len(names._read) >= _KEPT:
            names._read.clear()
        found = names._read[written] = _read(written, names)
    return found


def unit_named(name: str, names: Gazetteer) -> NamedUnit | None:
    """The one unit that `name` as a whole is; None when it is no known unit and no abbreviation of one."""
    if name not in names._found:
        if len(names._found) >= _KEPT:
            names._found.clear()
        names._found[name] = _known(name, names) or _by_rule(name, names)
    return names._found[name]


def unit_at_start(text: str, names: Gazetteer) -> tuple[NamedUnit, int] | None:
    """The listed unit that a sentence begins with ("Các phòng chuyên môn quán triệt …") and where its name ends."""
    words = list(re.finditer(r"\S+", text[:400]))[:24]
    for word in reversed(words):
        if plain(word[0]) in ("va", "&"):  # keys leave it out, but it belongs to the next name
            continue
        head = text[: word.end()].rstrip(" ,;:.–-")
        found = _known(head, names)
        if found is not None:
            return found, len(head)
    return None


def _read(text: str, names: Gazetteer) -> UnitsNamed:
    leads: dict[str, NamedUnit] = {}
    cooperating: dict[str, NamedUnit] = {}
    for helps, segment in _by_role(text):
        for unit in _units(segment, names):
            (cooperating if helps else leads).setdefault(unit.code or unit.name, unit)
    return UnitsNamed(tuple(leads.values()), tuple(cooperating.values()))


def _by_role(text: str) -> Iterator[tuple[bool, str]]:
    """The stretches of the cell, each with whether "phối hợp" stood before it."""
    helps, start = False, 0
    folded = plain(text)
    for role in _ROLE.finditer(folded):
        yield helps, text[start : role.start()]
        helps, start = role[1].startswith("phoi"), role.end()
    yield helps, text[start:]


@dataclass(frozen=True, slots=True)
class _Piece:
    start: int
    end: int
    strong: bool  # what stands before it ends an unknown name


def _pieces(text: str) -> list[_Piece]:
    made, start, strong = [], 0, True
    for mark in _SEPARATOR.finditer(text):
        if text[start : mark.start()].strip():
            made.append(_Piece(start, mark.start(), strong))
            strong = False
        strong = strong or any(character in _STRONG for character in mark[0])
        start = mark.end()
    if text[start:].strip():
        made.append(_Piece(start, len(text), strong))
    return made


def _units(text: str, names: Gazetteer) -> Iterator[NamedUnit]:
    pieces = _pieces(text)[:_PIECES]
    n, head = 0, ""
    while n < len(pieces):
        unit, used = _longest(text, pieces, n, names, head)
        if unit is None:
            used = _unknown_length(text, pieces, n, names)
            written = _span(text, pieces, n, n + used)
            *before, unit = _one_after_another(written, names) or (
                NamedUnit(written, written, None, sure=False),
            )
            yield from before
        first = key_of(unit.name).partition(" ")[0]
        head = unit.name.partition(" ")[0] if first in _CARRIED_HEADS else ""
        n += used
        if re.search(r"\w", unit.written):
            yield unit


def _one_after_another(written: str, names: Gazetteer) -> list[NamedUnit]:
    """ "Sở Tài chính Sở Nội vụ": listed names with nothing between, as the lines of a PDF cell are; [] when it is not that."""
    found: list[NamedUnit] = []
    rest = written
    while rest:
        one = unit_at_start(rest, names)
        if one is None:
            return []
        found.append(one[0])
        rest = rest[one[1] :].lstrip(" ,;:.–-")
    return found


def _longest(
    text: str, pieces: Sequence[_Piece], n: int, names: Gazetteer, head: str
) -> tuple[NamedUnit | None, int]:
    """The longest stretch from piece `n` that is a unit, and its pieces. Names as listed go before guesses by rule."""
    ends = range(min(len(pieces), n + _LONGEST), n, -1)
    for rule in (_known, _by_rule):
        for end in ends:
            found = rule(_span(text, pieces, n, end), names)
            if found is not None:
                return found, end - n
    for end in ends if head else ():  # "Sở Tài chính, Công thương"
        written = _span(text, pieces, n, end)
        found = _known(f"{head} {written}", names)
        if found is not None:
            return found, end - n
    shared = _with_next_tail(text, pieces, n, names)
    return shared, 1


def _with_next_tail(text: str, pieces: Sequence[_Piece], n: int, names: Gazetteer) -> NamedUnit | None:
    """ "Đảng ủy/UBND các xã, phường": the first borrows the end of the second."""
    if n + 1 >= len(pieces) or text[pieces[n].end : pieces[n + 1].start].strip() != "/":
        return None
    written = _span(text, pieces, n, n + 1)
    for end in range(min(len(pieces), n + _LONGEST), n + 1, -1):
        words = _span(text, pieces, n + 1, end).split()
        for first in range(1, min(len(words), 4)):
            found = _known(f"{written} {' '.join(words[first:])}", names)
            if found is not None:
                return found
    return None


def _unknown_length(text: str, pieces: Sequence[_Piece], n: int, names: Gazetteer) -> int:
    end = n + 1
    while end < len(pieces) and not pieces[end].strong and not _begins_a_unit(text, pieces, end, names):
        end += 1
    return end - n


def _begins_a_unit(text: str, pieces: Sequence[_Piece], n: int, names: Gazetteer) -> bool:
    piece = text[pieces[n].start : pieces[n].end]
    first = key_of(piece).partition(" ")[0]
    return first in _HEADS or _longest(text, pieces, n, names, "")[0] is not None


def _span(text: str, pieces: Sequence[_Piece], start: int, end: int) -> str:
    return flat(text[pieces[start].start : pieces[end - 1].end])


def _known(written: str, names: Gazetteer) -> NamedUnit | None:
    key = key_of(written)
    if not key:
        return None
    unit = names.by_key.get(key)
    if unit is None and (group := group_key(key)):
        unit = names.by_key.get(group)
    if unit is None:
        unit = next((names.by_key[one] for one in looser_keys(key) if one in names.by_key), None)
    return _as_named(written, unit, names, sure=True) if unit else None


def _by_rule(written: str, names: Gazetteer) -> NamedUnit | None:
    """An abbreviation that no list holds, or the beginning of one long name; None when it could be two units."""
    words = words_of(written)
    if not words or len(words) > 12:
        return None
    # A shortened name begins with the letter of the whole one.
    alike = names.by_letter.get(words[0][0], ())
    fitting = {one.unit.code: one.unit for one in alike if spells(words, one.words)}
    if not fitting and len(words) >= 4:
        fitting = {one.unit.code: one.unit for one in alike if one.words[: len(words)] == words}
    if not fitting and len(words) == 1:
        fitting = {
            one.unit.code: one.unit for one in names.canonical if is_short_for_part(words[0], one.words)
        }
    if len(fitting) != 1:
        return None
    (unit,) = fitting.values()
    return _as_named(written, unit, names, sure=False)


def _as_named(written: str, unit: Unit, names: Gazetteer, *, sure: bool) -> NamedUnit:
    return NamedUnit(written, unit.name, unit.code, unit.code in names.groups, sure)
