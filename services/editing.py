"""Editing the data files (gates, categories, units, markers, holidays): a new text is checked with all the others, then stored."""

from collections.abc import Mapping
from datetime import datetime

from core.errors import NoServiceDay, Refused
from core.ids import PersonId
from plan_data import seeds
from plan_data.gates import BadGateFile, read_gates
from plan_data.holiday_calendar import BadHolidayFile, national_days, read_overrides
from plan_data.words import BadWordFile, read_categories, read_markers, read_units
from services import retiming
from services.reference import TZ, YEARS
from storage import data_files, survey
from storage.database import Connection

LONGEST = 2_000_000


class BadData(Refused):
    """An edited text cannot be used; `str()` is one Vietnamese sentence that names the place."""

    def __init__(self, sentence: str) -> None:
        super().__init__("bad_data", sentence=sentence)

    def __str__(self) -> str:
        return str(self.data["sentence"])


def text_of(db: Connection, kind: str) -> str:
    """The text in force, as somebody wrote it; the seed text while nobody has."""
    return texts_in_force(db)[kind]


def texts_in_force(db: Connection) -> dict[str, str]:
    """Every kind's text in force."""
    return {**seeds.texts(), **data_files.texts(db)}


def store_text(db: Connection, kind: str, text: str, now: datetime, by: PersonId | None = None) -> bool:
    """Puts a new text in force. False when it is the one already in force.

    Raises BadData when the texts together make no sense, Refused `gate_in_use` (gate, what) or `unit_in_use` (unit) when
    something that is left out still has people, groups, shifts or open tickets. Other holidays move the working deadlines
    of open tasks, and their reminders, in the same transaction.
    """
    before = texts_in_force(db)
    after = {**before, kind: text}
    if before == after and kind in data_files.texts(db):
        return False
    gates, units = _codes(after, now)
    _check_in_use(db, before, gates, units, now)
    data_files.store(db, kind, text, now, by)
    if kind == "holidays":
        _move_deadlines(db, now)
    return True


def _move_deadlines(db: Connection, now: datetime) -> None:
    try:
        retiming.office_days_changed(db, now)
    except NoServiceDay:
        raise BadData(
            "Bảng ngày nghỉ: có 30 ngày liền không ngày nào làm việc; hạn không tính được."
        ) from None


def _codes(texts: Mapping[str, str], now: datetime) -> tuple[set[str], set[str]]:
    """The codes of all gates and units, when every text can be read."""
    if any(len(text) > LONGEST for text in texts.values()):
        raise BadData(f"Tệp quá dài: tối đa {LONGEST} ký tự.")
    try:
        units = {unit.code for unit in read_units(texts["units"])}
        read_categories(texts["categories"], units)
        read_markers(texts["markers"])
        national = national_days(YEARS, read_overrides(texts["holidays"]))
        today = now.astimezone(TZ).date()
        return {gate.code for gate in read_gates(texts["gates"], today, national)}, units
    except (BadGateFile, BadHolidayFile, BadWordFile) as bad:
        raise BadData(str(bad)) from None


def _check_in_use(
    db: Connection, before: Mapping[str, str], gates: set[str], units: set[str], now: datetime
) -> None:
    # What points at nothing already (an older database) must not keep anybody from mending the rest.
    known_gates, known_units = _codes(before, now) if _readable(before, now) else (set(), set())
    for code, what in sorted(survey.gates_in_use(db, now).items()):
        if code in known_gates - gates:
            raise Refused("gate_in_use", gate=code, what=what)
    for code in sorted(survey.units_in_use(db) & (known_units - units)):
        raise Refused("unit_in_use", unit=code)


def _readable(texts: Mapping[str, str], now: datetime) -> bool:
    try:
        _codes(texts, now)
    except BadData:
        return False
    return True


def seed_text(kind: str) -> str:
    """What the program brings along."""
    return seeds.texts()[kind]
