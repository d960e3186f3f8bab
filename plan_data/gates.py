"""The file of gates and their calendars (`hotline gates import/export`): TOML in, values of core out."""

import re
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta
from itertools import combinations

from core.calendar import (
    GOODS,
    MIDNIGHT,
    PASSENGERS,
    TZ,
    WHOLE_WEEK,
    Gate,
    GateNotice,
    LeaderOverride,
    NationalDays,
    SpecialDay,
    WeeklyWindow,
    calendar_of,
    check_calendar,
)
from core.errors import NoServiceDay, Refused
from core.folding import fold
from core.office import NO_NATIONAL_DAYS
from plan_data.cells import BadCell, Cells, overlap

_CODE = re.compile(r"[A-Z0-9]+(-[A-Z0-9]+)*")
_CODE_LENGTH = 20  # with "gate_" in front it has to fit a deep link


class BadGateFile(Refused):
    """The file of gates cannot be taken over; `str()` is one Vietnamese sentence naming the gate and the row."""

    def __init__(self, sentence: str) -> None:
        super().__init__("bad_gate_file", sentence=sentence)

    def __str__(self) -> str:
        return str(self.data["sentence"])


def read_gates(
    text: str, today: date | None = None, national: NationalDays = NO_NATIONAL_DAYS
) -> tuple[Gate, ...]:
    """The gates in the file, in its order; its shape is design.md's `gates import`.

    With `today` given, a gate without a service day in the 30 days from then is refused too. Raises BadGateFile.
    """
    try:
        gates = tuple(_gate(n, table) for n, table in enumerate(_tables(_document(text)), start=1))
        _check_names(gates)
        _check_parents(gates)
        if today is not None:
            _check_calendars(gates, today, national)
    except BadCell as bad:
        raise BadGateFile(str(bad)) from bad
    return gates


def _document(text: str) -> Mapping[str, object]:
    try:
        return tomllib.loads(text.removeprefix("\ufeff"))
    except tomllib.TOMLDecodeError as error:
        place = re.search(r"line (\d+), column (\d+)", str(error))
        where = f"dòng {place[1]}, cột {place[2]}" if place else "cuối tệp"
        what = "ngày giờ không có thật" if "Invalid date" in str(error) else "sai cú pháp TOML"
        raise BadCell("Tệp cửa khẩu", f"{what} ở {where}") from error
    except RecursionError as error:
        raise BadCell("Tệp cửa khẩu", "các ngoặc lồng nhau quá sâu") from error


def _tables(document: Mapping[str, object]) -> Sequence[Mapping[str, object]]:
    whole = Cells("Tệp cửa khẩu", document)
    whole.only("gate")
    tables = _rows(whole, "gate")
    if not tables:
        whole.refuse("chưa có cửa khẩu nào, mỗi cửa khẩu bắt đầu bằng [[gate]]")
    return tables


def _rows(owner: Cells, key: str) -> Sequence[Mapping[str, object]]:
    value = owner.cells.get(key, [])
    if not isinstance(value, list) or not all(isinstance(row, dict) for row in value):
        name = key if key == "gate" else f"gate.{key}"
        owner.refuse(f"“{name}” phải viết thành các mục [[{name}]] với hai ngoặc vuông")
    return value


def _gate(n: int, table: Mapping[str, object]) -> Gate:
    code = _code(Cells(f"Cửa khẩu thứ {n}", table))
    gate = Cells(f"Cửa khẩu {code}", table)
    gate.only("code", "name", "zh", "parent", "aliases", "window", "day", "notice", "override")
    return Gate(
        code=code,
        name=gate.text("name"),
        zh=gate.text_or_none("zh"),
        parent=gate.text_or_none("parent"),
        aliases=gate.texts("aliases"),
        weekly=_weekly(gate),
        special_days=_special_days(gate),
        notices=tuple(_notice(row) for row in _named(gate, "notice", "thông báo")),
        overrides=_overrides(gate),
    )


def _code(gate: Cells) -> str:
    code = gate.text("code")
    if not _CODE.fullmatch(code) or len(code) > _CODE_LENGTH:
        gate.refuse(
            f"mã “{code}” chỉ gồm chữ in hoa không dấu, số và dấu gạch nối, tối đa {_CODE_LENGTH} ký tự"
        )
    return code


def _named(gate: Cells, key: str, noun: str) -> list[Cells]:
    return [Cells(f"{gate.where}, {noun} thứ {n}", row) for n, row in enumerate(_rows(gate, key), start=1)]


def _weekly(gate: Cells) -> tuple[WeeklyWindow, ...]:
    cells = _named(gate, "window", "khung giờ")
    rows = tuple(_weekly_window(row) for row in cells)
    for (i, first), (j, second) in combinations(enumerate(rows), 2):
        same_time = overlap((first.open, first.close), (second.open, second.close))
        if first.valid_from == second.valid_from and first.days & second.days and same_time:
            cells[j].refuse(f"chồng lên khung giờ thứ {i + 1} của cùng cửa khẩu")
    return rows


def _weekly_window(row: Cells) -> WeeklyWindow:
    row.only("days", "open", "close", "from", "on_holidays")
    for key in ("open", "close"):
        if key not in row.cells:
            row.refuse(f"thiếu “{key}”")
    opens, closes = row.hours(row.cells["open"], row.cells["close"])
    on_holidays = row.flag_or_none("on_holidays")
    return WeeklyWindow(
        row.weekdays("days", WHOLE_WEEK), opens, closes, row.day("from"), on_holidays is not False
    )


def _special_days(gate: Cells) -> tuple[SpecialDay, ...]:
    cells = _named(gate, "day", "ngày riêng")
    for row in cells:
        row.only("date", "windows")
    _each_date_once(cells)
    return tuple(SpecialDay(row.day("date"), row.windows("windows")) for row in cells)


def _overrides(gate: Cells) -> tuple[LeaderOverride, ...]:
    cells = _named(gate, "override", "quyết định của lãnh đạo")
    for row in cells:
        row.only("date", "windows", "document")
    _each_date_once(cells)
    return tuple(
        LeaderOverride(row.day("date"), row.windows("windows"), row.text("document")) for row in cells
    )


def _each_date_once(cells: list[Cells]) -> None:
    seen: set[date] = set()
    for row in cells:
        day = row.day("date")
        if day in seen:
            row.refuse(f"ngày {day:%d/%m/%Y} đã có ở một mục trước")
        seen.add(day)


def _notice(row: Cells) -> GateNotice:
    row.only("number", "from", "to", "lane", "stream", "hotline_open")
    starts_at, ends_at = _beginning(row.moment("from")), _ending(row.moment("to"))
    if not starts_at < ends_at:
        row.refuse(f"kết thúc {ends_at:%H:%M %d/%m/%Y} phải sau bắt đầu {starts_at:%H:%M %d/%m/%Y}")
    stream = row.text_or_none("stream")
    if stream not in (None, GOODS, PASSENGERS):
        row.refuse(f"“stream” là “{GOODS}” (hàng hóa) hoặc “{PASSENGERS}” (khách), không phải “{stream}”")
    lane, hotline_open = row.text_or_none("lane"), row.flag_or_none("hotline_open")
    return GateNotice(row.text("number"), starts_at, ends_at, lane, stream, hotline_open)


def _beginning(value: datetime | date) -> datetime:
    return value if isinstance(value, datetime) else datetime.combine(value, MIDNIGHT, TZ)


def _ending(value: datetime | date) -> datetime:
    # A bare date is the last day of the closure, all of it.
    return value if isinstance(value, datetime) else _beginning(value + timedelta(1))


def _check_names(gates: Iterable[Gate]) -> None:
    owners: dict[str, str] = {}
    for gate in gates:
        where = Cells(f"Cửa khẩu {gate.code}", {})
        if owners.get(fold(gate.code)) == gate.code:
            where.refuse("mã này đã dùng cho một cửa khẩu trước")
        if len({alias.casefold() for alias in gate.aliases}) < len(gate.aliases):
            where.refuse("một tên gọi khác (aliases) được ghi hai lần")
        for name in (gate.code, gate.name, gate.zh or "", *gate.aliases):
            owner = owners.setdefault(fold(name), gate.code) if fold(name) else gate.code
            if owner != gate.code:
                where.refuse(f"tên “{name}” đã là tên gọi của cửa khẩu {owner}")


def _check_parents(gates: Iterable[Gate]) -> None:
    parents = {gate.code: gate.parent for gate in gates}
    for code, parent in parents.items():
        where, line = Cells(f"Cửa khẩu {code}", {}), [code]
        if parent is not None and parent not in parents:
            where.refuse(f"cửa khẩu cha “{parent}” không có trong tệp")
        while (above := parents.get(line[-1])) is not None:
            if above in line:
                where.refuse("các cửa khẩu cha nối thành vòng tròn")
            line.append(above)


def _check_calendars(gates: Sequence[Gate], today: date, national: NationalDays) -> None:
    by_code = {gate.code: gate for gate in gates}
    for code in by_code:
        try:
            check_calendar(calendar_of(code, by_code, national), today)
        except NoServiceDay as refusal:
            what = f"không có ngày phục vụ nào trong 30 ngày kể từ {today:%d/%m/%Y}"
            raise BadCell(f"Cửa khẩu {code}", what) from refusal
