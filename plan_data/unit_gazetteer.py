"""The known units and collective names by every spelling (units.csv, unit_groups.csv)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from importlib import resources

from core.plan import NamedUnit
from plan_data.plain_text import plain
from plan_data.unit_keys import key_of, words_of
from plan_data.words import Unit, load_units, read_units

GUESSES = 3


@dataclass(frozen=True, slots=True)
class UnitsNamed:
    """The units of a cell in their order, each once; "phối hợp với …" in a cell of leads makes those cooperate."""

    leads: tuple[NamedUnit, ...]
    cooperating: tuple[NamedUnit, ...]


@dataclass(frozen=True, slots=True)
class Spelling:
    """One way to write a unit's name."""

    words: tuple[str, ...]
    unit: Unit
    pairs: frozenset[str]  # of letters


@dataclass(frozen=True)
class Gazetteer:
    """The known units and groups by every spelling. Made by `gazetteer`."""

    by_key: Mapping[str, Unit]
    groups: frozenset[str]  # codes
    spellings: Sequence[Spelling]
    canonical: Sequence[Spelling]
    by_letter: Mapping[str, Sequence[Spelling]]  # by the first letter
    _read: dict[str, UnitsNamed] = field(default_factory=dict, repr=False)
    _found: dict[str, NamedUnit | None] = field(default_factory=dict, repr=False)


@cache
def seed_gazetteer() -> Gazetteer:
    """The units that ship with the program."""
    return gazetteer(load_units())


def gazetteer(units: Sequence[Unit]) -> Gazetteer:
    """The gazetteer of `units` (units.csv as edited) together with the collective names of unit_groups.csv."""
    groups = [unit for unit in _stored_groups() if unit.code not in {known.code for known in units}]
    by_key: dict[str, Unit] = {}
    spellings = []
    for unit in (*units, *groups):
        for name in (unit.name, unit.abbrev, *unit.aliases):
            if name and (key := key_of(name)):
                by_key.setdefault(key, unit)
                spellings.append(_spelling(name, unit))
    canonical = tuple(_spelling(unit.name, unit) for unit in (*units, *groups))
    collective = {unit.code for unit in units if _sounds_collective(unit.name)}
    by_letter: dict[str, list[Spelling]] = {}
    for one in spellings:
        by_letter.setdefault(one.words[0][0], []).append(one)
    every_code = frozenset(collective | {unit.code for unit in groups})
    return Gazetteer(by_key, every_code, tuple(spellings), canonical, by_letter)


def guesses(written: str, names: Gazetteer) -> tuple[str, ...]:
    """The names of known units most like `written`, the nearest first, at most three."""
    asked = _pairs(key_of(written))
    scored: dict[str, float] = {}
    for spelling in names.spellings:
        likeness = _likeness(asked, spelling.pairs)
        name = spelling.unit.name
        scored[name] = max(likeness, scored.get(name, 0))
    best = sorted((name for name in scored if scored[name] >= 0.4), key=lambda name: -scored[name])
    return tuple(best[:GUESSES])


def _spelling(name: str, unit: Unit) -> Spelling:
    return Spelling(words_of(name), unit, _pairs(key_of(name)))


def _stored_groups() -> tuple[Unit, ...]:
    return read_units(resources.files(__package__).joinpath("unit_groups.csv").read_text(encoding="utf-8"))


def _sounds_collective(name: str) -> bool:
    return plain(name).startswith("cac ") or " cac " in plain(name)


def _pairs(key: str) -> frozenset[str]:
    return frozenset(key[n : n + 2] for n in range(len(key) - 1))


def _likeness(one: frozenset[str], other: frozenset[str]) -> float:
    return 2 * len(one & other) / ((len(one) + len(other)) or 1)
