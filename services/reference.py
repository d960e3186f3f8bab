"""The editable data as values: gates with their calendars, categories, markers, units. Read once per version."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from core.calendar import TZ as TZ
from core.calendar import Gate, GateCalendar, calendar_of
from core.errors import NoServiceDay, Refused
from core.intake import Category, Markers
from core.office import NationalDays, OfficeCalendar
from plan_data import seeds
from plan_data.gates import read_gates
from plan_data.holiday_calendar import national_days, read_overrides
from plan_data.words import Unit, read_categories, read_markers, read_units
from storage import data_files
from storage.database import Connection

# Holidays are reckoned for these years; a promise never reaches further than 30 days.
# The furthest that any rule of the promise looks: three service days for praise and for reopening, and one to start from.
SERVICE_DAYS_NEEDED = 4
YEARS = range(2025, 2041)


@dataclass(frozen=True, slots=True)
class Reference:
    """`calendar` answers for any gate code, also for None (gate not told yet: the board-wide default windows)."""

    gates: Mapping[str, Gate]
    categories: Sequence[Category]
    markers: Markers
    units: Mapping[str, Unit]
    national: NationalDays
    _calendars: dict[str, GateCalendar] = field(default_factory=dict)
    _families: dict[str, frozenset[str]] = field(default_factory=dict)

    def calendar(self, gate: str | None) -> GateCalendar:
        code = gate or ""
        if code not in self._calendars:
            self._calendars[code] = calendar_of(code, self.gates, self.national)
        return self._calendars[code]

    def calendar_at(self, gate: str | None, now: datetime) -> GateCalendar:
        """The calendar to promise by. A gate that (nearly) never opens in the next 30 days is promised by the board's
        windows: a message is never lost for want of a calendar, and `hotline doctor` names the gate."""
        own = self.calendar(gate)
        try:
            day = now.astimezone(TZ).date()
            for _ in range(SERVICE_DAYS_NEEDED):
                day = own.next_service_day(day)
        except NoServiceDay:
            return self.calendar(None)
        return own

    def office(self) -> OfficeCalendar:
        return OfficeCalendar(self.national)

    def gate_names(self) -> dict[str, tuple[str, ...]]:
        """Every word that a gate goes by, for finding it in a message."""
        return {
            code: (gate.name, *((gate.zh,) if gate.zh else ()), *gate.aliases)
            for code, gate in self.gates.items()
        }

    def family(self, gate: str) -> frozenset[str]:
        """The gate and those below it: whom its people serve."""
        if gate not in self._families:
            below = {code for code, known in self.gates.items() if known.parent == gate}
            self._families[gate] = frozenset({gate}).union(*(self.family(code) for code in below))
        return self._families[gate]

    def category(self, code: str | None) -> Category | None:
        return next((category for category in self.categories if category.code == code), None)

    def known_gate(self, code: str) -> Gate:
        """Raises `unknown_gate`."""
        gate = self.gates.get(code) or next(
            (g for c, g in self.gates.items() if c.upper() == code.upper()), None
        )
        if gate is None:
            raise Refused("unknown_gate", value=code[:20])
        return gate


_parsed: dict[int, Reference] = {}


def reference(db: Connection) -> Reference:
    """The data as it stands in this database; the seed data while nothing is stored."""
    version = data_files.version(db)
    if version not in _parsed:
        while len(_parsed) > 3:
            _parsed.pop(next(iter(_parsed)))
        _parsed[version] = _read({**seeds.texts(), **data_files.texts(db)})
    return _parsed[version]


def seed_reference() -> Reference:
    """The data that the program brings along, for a place where there is no database yet."""
    return _read(seeds.texts())


def _read(texts: Mapping[str, str]) -> Reference:
    units = read_units(texts["units"])
    return Reference(
        gates={gate.code: gate for gate in read_gates(texts["gates"])},
        categories=read_categories(texts["categories"], [unit.code for unit in units]),
        markers=read_markers(texts["markers"]),
        units={unit.code: unit for unit in units},
        national=national_days(YEARS, read_overrides(texts["holidays"])),
    )


def load_seeds(db: Connection, now: datetime) -> None:
    """The seed data into a database that has none of that kind yet; edited from then on."""
    known = data_files.texts(db)
    for kind, text in seeds.texts().items():
        if kind not in known:
            data_files.store(db, kind, text, now)
