"""The script of a demonstration day (demo_day.toml) as values: who works where, who writes what, what happens then."""

import re
import tomllib
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from functools import cache
from importlib import resources
from typing import Any

from core.calendar import TZ
from core.people import Role

ALL_DAY = "all"
_STEP = re.compile(r"\+(\d+) (\w+)(?: @(\w+))?(?: (.+))?", re.DOTALL)


class Verb(StrEnum):
    """What somebody does. The first ones are the sender's, all after LEAVES the staff's."""

    SAYS = "says"
    SHOWS = "shows"
    PICKS = "picks"
    SKIPS = "skips"
    RATES = "rates"
    REOPENS = "reopens"
    LEAVES = "leaves"
    CLAIM = "claim"
    REPLY = "reply"
    NOTE = "note"
    ASK = "ask"
    RESOLVE = "resolve"
    CALL = "call"
    TRANSFER = "transfer"
    AGENCY = "agency"
    KEEP = "keep"
    SPAM = "spam"
    SPAM_YES = "spam_yes"
    PETITION = "petition"
    INSUFFICIENT = "insufficient"
    EXPLAIN = "explain"


SENDERS = frozenset(list(Verb)[: list(Verb).index(Verb.LEAVES) + 1])


@dataclass(frozen=True, slots=True)
class Member:
    """One of the staff. `yours`: the person watching plays this one; the demonstration itself only does so beforehand."""

    key: str
    name: str
    role: Role
    gate: str | None
    unit: str | None
    shift: str | None
    is_head: bool
    yours: bool


@dataclass(frozen=True, slots=True)
class Turn:
    """A part of the day that the same people share."""

    name: str
    begins: time
    ends: time


@dataclass(frozen=True, slots=True)
class Step:
    """`after` the first message, `by` somebody of the cast or whoever has the ticket then."""

    after: timedelta
    verb: Verb
    by: str | None
    words: str


@dataclass(frozen=True, slots=True)
class Scene:
    """One sender with one matter; `late`: how long the first message was under way."""

    at: time
    says: str
    gate: str
    language: str
    late: timedelta
    steps: tuple[Step, ...]

    def begins(self, day: date) -> datetime:
        return datetime.combine(day, self.at, TZ)


@dataclass(frozen=True, slots=True)
class Script:
    members: tuple[Member, ...]
    turns: tuple[Turn, ...]
    scenes: tuple[Scene, ...]


@cache
def script() -> Script:
    """The script that the program brings along. Raises ValueError when somebody edited it wrongly."""
    return read_script(resources.files(__package__).joinpath("demo_day.toml").read_text("utf-8"))


def read_script(text: str) -> Script:
    """Raises ValueError for a step that cannot be read or names nobody of the cast."""
    found = tomllib.loads(text)
    members = tuple(_member(row) for row in found["member"])
    turns = tuple(
        Turn(row["name"], time.fromisoformat(row["from"]), time.fromisoformat(row["to"]))
        for row in found["shift"]
    )
    scenes = tuple(_scene(row) for row in found["scene"])
    known = {member.key for member in members}
    if wrong := [
        step.by for scene in scenes for step in scene.steps if step.by is not None and step.by not in known
    ]:
        raise ValueError(f"nobody is called @{wrong[0]}")
    return Script(members, turns, scenes)


def _member(row: dict[str, Any]) -> Member:
    return Member(
        row["key"],
        row["name"],
        Role(row["role"]),
        row.get("gate"),
        row.get("unit"),
        row.get("shift"),
        row.get("is_head", False),
        row.get("yours", False),
    )


def _scene(row: dict[str, Any]) -> Scene:
    steps = tuple(_step(step) for step in row.get("steps", ()))
    late = timedelta(hours=row.get("late_hours", 0))
    return Scene(
        time.fromisoformat(row["at"]),
        row["says"],
        row.get("gate", ""),
        row.get("language", "vi"),
        late,
        steps,
    )


def _step(text: str) -> Step:
    shape = _STEP.fullmatch(text)
    if shape is None:
        raise ValueError(f"not a step: {text[:60]}")
    return Step(timedelta(minutes=int(shape[1])), Verb(shape[2]), shape[3], shape[4] or "")
