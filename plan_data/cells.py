"""One table of an edited TOML file, read cell by cell; whatever is wrong becomes one Vietnamese sentence naming the row."""

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time
from itertools import pairwise
from typing import NoReturn

from core.calendar import TZ
from core.windows import MIDNIGHT, Hours

_CLOCK = re.compile(r"([01]\d|2[0-3]):([0-5]\d)")
_YEARS = range(2000, 2101)


class BadCell(Exception):
    """Something a person wrote cannot be read: `sentence` says where and what."""

    def __init__(self, where: str, what: str) -> None:
        super().__init__(f"{where}: {what}.")


@dataclass(frozen=True, slots=True)
class Cells:
    """The cells of one row. `where` names it: "Cửa khẩu HN, khung giờ thứ 2". Every reading raises BadCell."""

    where: str
    cells: Mapping[str, object]

    def refuse(self, what: str) -> NoReturn:
        """Stop with a sentence about this row."""
        raise BadCell(self.where, what)

    def only(self, *known: str) -> None:
        """Refuse a key that is none of `known`: a mistyped key must not be lost in silence."""
        for key in self.cells:
            if key not in known:
                self.refuse(f"khóa “{key}” không dùng được ở đây (chỉ dùng: {', '.join(known)})")

    def text(self, key: str) -> str:
        """A text that is not empty, in NFC, on one line."""
        value = self._needed(key)
        if not isinstance(value, str) or not value.strip():
            self.refuse(f"“{key}” phải là một đoạn chữ không để trống")
        if any(unicodedata.category(letter) in ("Cc", "Cs") for letter in value):
            self.refuse(f"“{key}” phải nằm trên một dòng và không có ký tự điều khiển")
        return unicodedata.normalize("NFC", value).strip()

    def text_or_none(self, key: str) -> str | None:
        """As `text`, None when the key is absent."""
        return self.text(key) if key in self.cells else None

    def texts(self, key: str) -> tuple[str, ...]:
        """A list of texts, each as in `text`; () when the key is absent."""
        value = self.cells.get(key, [])
        if not isinstance(value, list):
            self.refuse(f"“{key}” phải là một danh sách trong ngoặc vuông")
        return tuple(Cells(self.where, {key: item}).text(key) for item in value)

    def flag_or_none(self, key: str) -> bool | None:
        """true or false, None when the key is absent."""
        value = self.cells.get(key)
        if value is not None and not isinstance(value, bool):
            self.refuse(f"“{key}” phải là true hoặc false")
        return value

    def weekdays(self, key: str, default: frozenset[int]) -> frozenset[int]:
        """ISO weekdays, 1 = Monday … 7 = Sunday."""
        value = self.cells.get(key, sorted(default))
        if not isinstance(value, list) or not value:
            self.refuse(f"“{key}” phải là danh sách các thứ trong tuần, ví dụ [1,2,3,4,5,6,7]")
        if any(isinstance(n, bool) or not isinstance(n, int) or n not in range(1, 8) for n in value):
            self.refuse(f"“{key}” chỉ gồm các số từ 1 (thứ Hai) đến 7 (Chủ nhật)")
        return frozenset(value)

    def day(self, key: str) -> date:
        """A date, written 2026-02-19 with or without quotes."""
        value = _from_iso(self._needed(key))
        if isinstance(value, datetime) or not isinstance(value, date):
            self.refuse(f"“{key}” phải là một ngày có thật, dạng 2026-02-19")
        return self._within_reason(key, value)

    def moment(self, key: str, *, whole_day: time = MIDNIGHT) -> datetime | date:
        """A date and time (Hanoi time unless it carries an offset), or a bare date, which is given back as a date."""
        value = _from_iso(self._needed(key))
        if isinstance(value, datetime):
            self._within_reason(key, value.date())
            return value.astimezone(TZ) if value.tzinfo else value.replace(tzinfo=TZ)
        if not isinstance(value, date):
            self.refuse(f"“{key}” phải là ngày giờ có thật, dạng 2026-02-15T07:00:00 hoặc 2026-02-15")
        return self._within_reason(key, value)

    def hours(self, opens: object, closes: object) -> tuple[time, time]:
        """Opening and closing time of one window, "07:00" and "19:00"; the close may be "24:00"."""
        start, end = self._clock(opens), MIDNIGHT if closes == "24:00" else self._clock(closes)
        if closes != "24:00" and not start < end:
            self.refuse(
                f"giờ đóng {end:%H:%M} phải sau giờ mở {start:%H:%M} (nửa đêm cuối ngày viết là 24:00)"
            )
        return start, end

    def windows(self, key: str) -> Hours:
        """A list of windows [["07:00", "11:00"], …] in order and apart; [] = closed all day."""
        value = self._needed(key)
        if not isinstance(value, list) or not all(
            isinstance(pair, list) and len(pair) == 2 for pair in value
        ):
            self.refuse(
                f'“{key}” phải là danh sách các cặp giờ, ví dụ [["07:00", "11:00"]]; đóng cả ngày viết []'
            )
        found = sorted(self.hours(*pair) for pair in value)
        for first, second in pairwise(found):
            if overlap(first, second):
                self.refuse(f"các khung giờ bắt đầu lúc {first[0]:%H:%M} và {second[0]:%H:%M} chồng lên nhau")
        return tuple(found)

    def _needed(self, key: str) -> object:
        if key not in self.cells:
            self.refuse(f"thiếu “{key}”")
        return self.cells[key]

    def _clock(self, value: object) -> time:
        if isinstance(value, time):
            value = f"{value:%H:%M}" if value == value.replace(second=0, microsecond=0) else None
        if not isinstance(value, str) or not (found := _CLOCK.fullmatch(value)):
            self.refuse(f'giờ “{value}” không đọc được, hãy viết dạng "07:00"')
        return time(int(found[1]), int(found[2]))

    def _within_reason(self, key: str, value: date) -> date:
        if value.year not in _YEARS:
            self.refuse(f"“{key}” có năm {value.year}, chỉ nhận từ {_YEARS[0]} đến {_YEARS[-1]}")
        return value


def _from_iso(value: object) -> object:
    if not isinstance(value, str):
        return value
    for reading in (date.fromisoformat, datetime.fromisoformat):
        try:
            return reading(value)
        except ValueError:
            continue
    return None


def overlap(first: tuple[time, time], second: tuple[time, time]) -> bool:
    """Whether two windows of one day share a minute; touching is none."""
    early, late = sorted((first, second))
    return early[1] == MIDNIGHT or late[0] < early[1]
