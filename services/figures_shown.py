"""/solieu: the figures of a month as plain values, counted when the notice is sent, for whoever reads it there.

Gates, categories and shifts: Văn phòng and leaders. A person: that person and the direct head (promise.md, Figures).
"""

import calendar
from collections.abc import Mapping, Sequence
from dataclasses import fields
from datetime import date, datetime
from typing import Any

from core import access
from core.calendar import TZ
from core.errors import Refused
from core.figures import (
    CycleFact,
    Figures,
    Share,
    by_category,
    by_gate,
    by_shift,
    figures,
    may_see_person,
    of_person,
)
from core.folding import fold
from core.ids import PersonId
from core.people import Person
from services.config import Config
from services.reference import Reference, reference
from services.reports import counted
from storage import people
from storage.database import Connection

Shown = dict[str, Any]


def whole_list(viewer: Person, month: str) -> dict[str, Any]:
    """What the button for everybody asks for. Raises `not_allowed`, `unknown_button`."""
    if not viewer.is_staff:
        raise Refused("not_allowed")
    try:
        date.fromisoformat(f"{month}-01")
    except ValueError:
        raise Refused("unknown_button") from None
    return {"month": month, "everybody": True}


def asked(db: Connection, viewer: Person, words: str, now: datetime) -> dict[str, Any]:
    """What `/solieu …` asks for: {"month": "2026-11"}, and "person" where one is named. Without a month the present one.

    Raises `not_allowed` to whoever is no staff and for everybody whose figures are not the viewer's to see, or who does not
    exist: the answer must not tell which; `bad_month` for a month that there is none of.
    """
    if not viewer.is_staff:
        raise Refused("not_allowed")
    parts = words.split()
    months = [part for part in parts if part[0].isdigit()]
    name = " ".join(part for part in parts if part not in months)
    month = _month(months[0]) if months else f"{now.astimezone(TZ):%Y-%m}"
    return {"month": month, "person": _named(db, viewer, name)} if name else {"month": month}


def shown(
    db: Connection, cfg: Config, viewer: Person | None, data: Mapping[str, Any], now: datetime
) -> Shown:
    """`own`, `people` (each with `name`; who stands out first), and for managers `whole`, `petitions`, `gates`, `categories`,
    `shifts`.

    The rights are looked at again here: between asking and reading somebody may have left or changed places.
    """
    if viewer is None or not viewer.is_staff:
        return {}
    ref, first = reference(db), date.fromisoformat(f"{data['month']}-01")
    last = first.replace(day=calendar.monthrange(first.year, first.month)[1])
    facts, petitions = counted(db, cfg, first, last)
    seen = _seen_by(db, ref, viewer)
    if (wanted := data.get("person")) is not None:
        chosen = [one for one in (viewer, *seen) if one.id == wanted]
        return {"people": [_of(cfg, one, facts, now) for one in chosen]}
    answer: Shown = {
        "own": _of(cfg, viewer, facts, now),
        "people": sorted((_of(cfg, one, facts, now) for one in seen), key=_standing_out),
    }
    if access.may_see_figures(viewer):
        known = [viewer.id, *(one.id for one in seen)]
        answer |= {"petitions": petitions, **_of_all(cfg, ref, facts, known, now)}
    return answer


def plain(found: Figures) -> Shown:
    """The figures as values for JSON: every share as kept, of, percent."""
    values: Shown = {one.name: getattr(found, one.name) for one in fields(Figures) if one.name != "scores"}
    shares = {name: _share(value) for name, value in values.items() if isinstance(value, Share)}
    return {**values, **shares, "scores": {str(score): _share(one) for score, one in found.scores.items()}}


def _share(share: Share) -> Shown:
    percent = None if share.percent is None else round(share.percent, 1)
    return {"kept": share.kept, "of": share.of, "percent": percent}


def _seen_by(db: Connection, ref: Reference, viewer: Person) -> Sequence[Person]:
    """The people whose direct head this is."""
    staff = people.staff(db)
    parents = {code: gate.parent for code, gate in ref.gates.items()}
    return [
        one
        for one in staff
        if one.id != viewer.id and may_see_person(viewer.id, one.id, access.direct_heads(one, staff, parents))
    ]


def _named(db: Connection, viewer: Person, name: str) -> PersonId:
    """Of the people whose figures this reader may see, the one with this name, or with these last words of it ("Mai" for
    Lý Thị Mai). Nobody, several, and somebody else's are refused alike: the answer does not tell who exists."""
    asked = fold(name)
    known = {one.id: fold(one.name) for one in (viewer, *_seen_by(db, reference(db), viewer))}
    whole = [person for person, folded in known.items() if folded == asked]
    found = whole or [person for person, folded in known.items() if folded.endswith(f" {asked}")]
    if not asked or len(found) != 1:
        raise Refused("not_allowed")
    return found[0]


def _of(cfg: Config, person: Person, facts: Sequence[CycleFact], now: datetime) -> Shown:
    return {"name": person.name, **plain(of_person(facts, person.id, now, cfg.sla.smallest_group))}


def _standing_out(one: Shown) -> tuple[float, ...]:
    """What is overdue first, then the lowest share of the day, then the most work; who has none comes last."""
    percent = one["same_day"]["percent"]
    return (-one["open_overdue"], 100.0 if percent is None else percent, -one["cycles"])


def _of_all(
    cfg: Config, ref: Reference, facts: Sequence[CycleFact], known: Sequence[PersonId], now: datetime
) -> Shown:
    """`known`: whose figures the reader may see."""
    least = cfg.sla.smallest_group
    gates = {code: gate.name for code, gate in ref.gates.items()}
    categories = {category.code: category.names["vi"] for category in ref.categories}
    return {
        "whole": plain(figures(facts, now, least)),
        "gates": _groups(by_gate(facts, now, least, known), gates),
        "categories": _groups(by_category(facts, now, least, known), categories),
        "shifts": _groups(by_shift(facts, now, least, known), {}),
    }


def _groups(groups: Mapping[str | None, Figures], names: Mapping[str, str]) -> list[Shown]:
    """The largest first; a group without a name is "chưa rõ" to the reader."""
    ordered = sorted(groups.items(), key=lambda item: (-item[1].cycles, item[0] or ""))
    return [{"name": names.get(code, code) if code else None, **plain(one)} for code, one in ordered]


def _month(text: str) -> str:
    """ "11/2026" → "2026-11"."""
    month, _, year = text.partition("/")
    try:
        return date(int(year), int(month), 1).isoformat()[:7]
    except ValueError:
        raise Refused("bad_month") from None
