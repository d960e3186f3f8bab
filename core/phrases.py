"""Where known phrases stand in a message: whole words only, with and without diacritics, the longest phrase first."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache

from core.folding import PAUSE, Word, clauses_of, words_of

# What follows the first pages cannot change a suggestion, and 100 KB must not hold up the queue.
READ_CHARACTERS = 20_000

_Known = tuple[str, tuple[Word, ...]]
# Phrases by their first word, then by their second ("" for phrases of one word), longest first.
_Index = Mapping[str, Mapping[str, tuple[_Known, ...]]]


@dataclass(frozen=True, slots=True)
class Reading:
    """The words of a message in order, with a PAUSE between clauses, and the set of their folded forms."""

    words: tuple[Word, ...]
    folded: frozenset[str]


@dataclass(frozen=True, slots=True)
class Hit:
    """`phrase` stands at words[start:end]; `exact` when every mark is as in the phrase, not left out by the writer."""

    phrase: str
    start: int
    end: int
    exact: bool


# The rules ask one message many questions; it is taken apart once. Small, so that no text stays long.
@lru_cache(maxsize=4)
def read(text: str) -> Reading:
    """The first 20,000 characters of `text`, taken apart."""
    return _reading(clauses_of(text[:READ_CHARACTERS]))


def part(reading: Reading, start: int, end: int) -> Reading:
    """The words from `start` (0 when negative) up to `end`."""
    return _reading(reading.words[max(0, start) : end])


def hits(reading: Reading, phrases: tuple[str, ...]) -> tuple[Hit, ...]:
    """Where `phrases` stand in `reading`, from left to right, never overlapping: the longest at each place wins.

    A mark that contradicts the phrase is no hit ("chạy" is not "cháy"); marks left out are ("chay"), with exact=False.
    """
    index = _by_first_word(phrases)
    # Most lists have nothing to do with most messages.
    return () if index.keys().isdisjoint(reading.folded) else tuple(_hits(reading.words, index))


def typed_with_marks(reading: Reading) -> bool:
    """Whether the writer uses diacritics at all."""
    return any(word.tone or word.letters != word.folded for word in reading.words)


def words_in(reading: Reading) -> int:
    """How many words there are, the pauses not counted."""
    return sum(word is not PAUSE for word in reading.words)


def _reading(words: tuple[Word, ...]) -> Reading:
    return Reading(words, frozenset(word.folded for word in words))


def _hits(words: tuple[Word, ...], index: _Index) -> Iterator[Hit]:
    free_from = 0
    for start, word in enumerate(words):
        if start < free_from or word.folded not in index:
            continue
        if hit := _longest_at(start, words, index[word.folded]):
            free_from = hit.end
            yield hit


def _longest_at(start: int, words: tuple[Word, ...], phrases: Mapping[str, tuple[_Known, ...]]) -> Hit | None:
    second = words[start + 1].folded if start + 1 < len(words) else ""
    for known in (phrases.get(second, ()), phrases.get("", ())):
        for phrase, wanted in known:
            end = start + len(wanted)
            exact = _likeness(words[start:end], wanted)
            if exact is not None:
                return Hit(phrase, start, end, exact)
    return None


@lru_cache(maxsize=512)
def _by_first_word(phrases: tuple[str, ...]) -> _Index:
    index: dict[str, dict[str, tuple[_Known, ...]]] = {}
    known = ((phrase, words_of(phrase)) for phrase in phrases)
    for phrase, wanted in sorted((pair for pair in known if pair[1]), key=_longest_first):
        by_second = index.setdefault(wanted[0].folded, {})
        second = wanted[1].folded if len(wanted) > 1 else ""
        by_second[second] = (*by_second.get(second, ()), (phrase, wanted))
    return index


def _longest_first(known: _Known) -> int:
    return -len(known[1])


def _likeness(found: tuple[Word, ...], wanted: tuple[Word, ...]) -> bool | None:
    """True: the same; False: the same but for marks left out; None: something else."""
    if found == wanted:
        return True
    if len(found) == len(wanted) and all(map(_may_mean, found, wanted)):
        return False
    return None


def _may_mean(found: Word, wanted: Word) -> bool:
    tone_fits = found.tone in ("", wanted.tone)
    return tone_fits and found.folded == wanted.folded and found.letters in (found.folded, wanted.letters)
