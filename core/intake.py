"""What a first message seems to be about. Suggestions only: a person decides, and every list of words is data."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from core.folding import PAUSE

# The door to everything that can be read out of a message: callers know intake only.
from core.numbers import find_phone as find_phone
from core.numbers import find_plate as find_plate
from core.numbers import without_numbers
from core.phrases import Hit, Reading, hits, part, read, typed_with_marks, words_in

SUGGESTED_CATEGORIES = 3
_PAYLOAD_PREFIX = "gate_"
_NEGATION_REACH = 4
_SECOND_NEGATION_REACH = 8


@dataclass(frozen=True, slots=True)
class Category:
    """What a message can be about (domain.md, "Categories"): who owns it, whom it is forwarded to, its HPI groups 1–9.

    `marked` words count only with their diacritics: "bẩn" says dirt, "ban" is mostly "Ban" or "bạn".
    """

    code: str
    names: Mapping[str, str]
    words: tuple[str, ...]
    owner_unit: str
    forwarded_to: tuple[str, ...] = ()
    hpi: tuple[int, ...] = ()
    urgent: bool = False
    internal: bool = False
    marked: tuple[str, ...] = ()


class MarkerKind(StrEnum):
    """What a marker points to. The order of the urgent ones is the order of asking."""

    TO_CAO = "to_cao"
    KHIEU_NAI = "khieu_nai"
    FIRE = "fire"
    VIOLENCE = "violence"
    INJURY = "injury"
    ACCIDENT = "accident"
    PERISHABLE = "perishable"
    PRAISE = "praise"
    DISSATISFIED = "dissatisfied"


# Tố cáo first: it is the one whose sender needs the most protection (domain.md, "What is not a ticket").
PETITIONS = (MarkerKind.TO_CAO, MarkerKind.KHIEU_NAI)
URGENT = (
    MarkerKind.FIRE,
    MarkerKind.VIOLENCE,
    MarkerKind.INJURY,
    MarkerKind.ACCIDENT,
    MarkerKind.PERISHABLE,
)


@dataclass(frozen=True, slots=True)
class MarkerRule:
    """Words that point to `kind`.

    `marked` count only with their diacritics ("vòi" is a bribe, "voi" is mostly "với"); `harmless` phrases hide the
    words inside them ("vòi nước"); with `together`, one of these must stand in the message too; `twice` keeps the
    hit when two negations frame it ("không làm luật thì không cho qua").
    """

    kind: MarkerKind
    words: tuple[str, ...] = ()
    marked: tuple[str, ...] = ()
    harmless: tuple[str, ...] = ()
    together: tuple[str, ...] = ()
    twice: bool = False


@dataclass(frozen=True, slots=True)
class Markers:
    """Every word list but those of the categories, as the data file gives them."""

    rules: tuple[MarkerRule, ...]
    negations: tuple[str, ...] = ()
    negation_fillers: tuple[str, ...] = ()
    contrasts: tuple[str, ...] = ()
    thanks: tuple[str, ...] = ()
    courtesies: tuple[str, ...] = ()
    cross_emoji: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Marker:
    """`word`, as the data file spells it, stands in the message and points to `kind`. Part of the text: never logged."""

    kind: MarkerKind
    word: str


def suggest_categories(text: str, categories: Sequence[Category]) -> tuple[str, ...]:
    """The codes of at most three categories whose words stand in `text`, best first; () when none does.

    Longer phrases weigh more, and words typed with the right diacritics more than bare ones. Equal scores keep the
    order of `categories`. Internal categories are never suggested.
    """
    reading = read(text)
    marked = typed_with_marks(reading)
    scores = {c.code: _score(reading, c, marked) for c in categories if not c.internal}
    best = sorted((code for code in scores if scores[code]), key=lambda code: -scores[code])
    return tuple(best[:SUGGESTED_CATEGORIES])


def suggest_gates(text: str, names: Mapping[str, tuple[str, ...]]) -> tuple[str, ...]:
    """The codes of all gates that `text` names, in the order of naming; `names` holds the aliases of each code.

    The longest alias wins. Two-letter aliases (HN, CN, TT mean other things) count only after "cửa khẩu", "ck" or
    "gate". Numbers inside plates, phones and ticket codes name no gate. Where HN-1119 is named, HN beside it is
    its address, not a second gate.
    """
    codes = {alias: code for code, aliases in names.items() for alias in aliases}
    reading = read(without_numbers(text))
    found = [codes[hit.phrase] for hit in hits(reading, tuple(codes)) if _names_a_gate(hit, reading)]
    return tuple(
        code for code in dict.fromkeys(found) if not any(other.startswith(f"{code}-") for other in found)
    )


def gate_from_payload(payload: str, codes: Collection[str]) -> str | None:
    """The gate of a deep link or poster: "gate_HN-1119" → "HN-1119"; None for anything else or an unknown code."""
    if not payload.lower().startswith(_PAYLOAD_PREFIX):
        return None
    wanted = payload[len(_PAYLOAD_PREFIX) :].upper()
    return next((code for code in codes if code.upper() == wanted), None)


def petition_marker(text: str, markers: Markers) -> Marker | None:
    """The first sign of a tố cáo, else of a khiếu nại; None when there is none (domain.md, "What is not a ticket")."""
    return _first_marker(text, markers, PETITIONS)


def urgent_marker(text: str, markers: Markers) -> Marker | None:
    """The first sign of fire, violence, injury, accident or perishable cargo blocked (promise.md, "Classes")."""
    return _first_marker(text, markers, URGENT)


def urgent_denied(text: str, markers: Markers) -> bool:
    """Whether urgent words stand in `text` and every one is harmless or denied: "bình chữa cháy", "không có ai bị thương"."""
    reading = read(text)
    rules = [rule for rule in markers.rules if rule.kind in URGENT]
    there = any(
        hit.exact or hit.phrase not in rule.marked
        for rule in rules
        for hit in hits(reading, (*rule.words, *rule.marked, *rule.harmless))
    )
    return there and urgent_marker(text, markers) is None


def is_praise(text: str, markers: Markers) -> bool:
    """Whether `text` praises and takes nothing back ("nhiệt tình nhưng chậm" is no praise)."""
    return _first_marker(text, markers, (MarkerKind.PRAISE,)) is not None and not hits(
        read(text), markers.contrasts
    )


def is_dissatisfied(text: str, markers: Markers) -> bool:
    """Whether `text` says that an answer solved nothing: "chưa giải quyết", "không hài lòng" (promise.md, reopening)."""
    return _first_marker(text, markers, (MarkerKind.DISSATISFIED,)) is not None


def is_thanks(text: str, markers: Markers) -> bool:
    """Whether `text` is nothing but thanks, a plain "ok" or friendly emoji: such a message reopens nothing."""
    reading = read(text)
    if not words_in(reading):
        return _only_friendly_signs(text, markers)
    polite = hits(reading, (*markers.thanks, *markers.courtesies))
    thanked = any(hit.phrase in markers.thanks for hit in polite)
    return thanked and _covers(polite, reading) and _friendly(text, markers)


def _score(reading: Reading, category: Category, marked: bool) -> int:
    found = hits(reading, (*category.words, *category.marked))
    return sum(_weight(hit, marked) for hit in found if hit.exact or hit.phrase not in category.marked)


def _weight(hit: Hit, marked: bool) -> int:
    length = hit.end - hit.start
    if hit.exact:
        return 4 * length
    return length if marked else 3 * length  # who types marks would have typed them here, too


def _names_a_gate(hit: Hit, reading: Reading) -> bool:
    spelt = "".join(word.folded for word in reading.words[hit.start : hit.end])
    if len(spelt) > 2 or not spelt.isascii():
        return True
    before = [word.folded for word in part(reading, hit.start - 2, hit.start).words]
    return before[-1:] in (["ck"], ["gate"]) or before == ["cua", "khau"]


def _first_marker(text: str, markers: Markers, kinds: tuple[MarkerKind, ...]) -> Marker | None:
    reading = read(text)
    for rule in sorted(
        (rule for rule in markers.rules if rule.kind in kinds), key=lambda rule: kinds.index(rule.kind)
    ):
        if hit := _meant(reading, rule, markers):
            return Marker(rule.kind, hit.phrase)
    return None


def _meant(reading: Reading, rule: MarkerRule, markers: Markers) -> Hit | None:
    """The first hit of the rule that is neither harmless nor denied."""
    if rule.together and not hits(reading, rule.together):
        return None
    for hit in hits(reading, (*rule.words, *rule.marked, *rule.harmless)):
        bare = hit.phrase in rule.marked and not hit.exact
        if not bare and hit.phrase not in rule.harmless and not _denied(reading, hit, rule, markers):
            return hit
    return None


def _denied(reading: Reading, hit: Hit, rule: MarkerRule, markers: Markers) -> bool:
    """Whether a negation stands before the hit with nothing but fillers between ("không có ai bị thương")."""
    before = part(reading, hit.start - _NEGATION_REACH, hit.start)
    signs = hits(before, markers.negations)
    if not signs:
        return False
    between = part(before, signs[-1].end, len(before.words))
    if PAUSE in between.words or not _covers(hits(between, markers.negation_fillers), between):
        return False
    after = part(reading, hit.end, hit.end + _SECOND_NEGATION_REACH)
    return not (rule.twice and hits(after, markers.negations))


def _covers(found: tuple[Hit, ...], reading: Reading) -> bool:
    """Whether the hits leave no word out."""
    return sum(hit.end - hit.start for hit in found) == words_in(reading)


def _only_friendly_signs(text: str, markers: Markers) -> bool:
    signs = text.strip()
    return bool(signs) and not signs.isascii() and _friendly(text, markers)


def _friendly(text: str, markers: Markers) -> bool:
    return not any(sign in text for sign in (*markers.cross_emoji, "?", "？"))
