"""Half-open stretches of time [start, end) and the little arithmetic that calendars and rosters need."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, timezone, tzinfo
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError


def _hanoi() -> tzinfo:
    try:
        return ZoneInfo("Asia/Ho_Chi_Minh")
    except (
        ZoneInfoNotFoundError
    ):  # slim systems carry no zone data; Viet Nam has had no other offset since 1975
        return timezone(timedelta(hours=7), "Asia/Ho_Chi_Minh")


TZ: tzinfo = _hanoi()
MIDNIGHT = time(0)  # as the close of hours it means 24:00 of the same day: no window crosses midnight
Hours = tuple[tuple[time, time], ...]  # opening and closing, local time


@dataclass(frozen=True, slots=True, order=True)
class Window:
    """Time from `start` up to, not including, `end` (both aware). Raises ValueError when it would be empty or reversed."""

    start: datetime
    end: datetime

    def __post_init__(self) -> None:
        if not self.start < self.end:
            raise ValueError(f"a window must end after it starts: {self.start} – {self.end}")

    @property
    def length(self) -> timedelta:
        """How long it lasts."""
        return self.end - self.start

    def holds(self, at: datetime) -> bool:
        """Whether `at` lies inside: the start does, the end does not."""
        return self.start <= at < self.end


def joined(windows: Iterable[Window]) -> tuple[Window, ...]:
    """The same time in order, with touching and overlapping windows made one."""
    result: list[Window] = []
    for window in sorted(windows):
        if result and window.start <= result[-1].end:
            result[-1] = Window(result[-1].start, max(result[-1].end, window.end))
        else:
            result.append(window)
    return tuple(result)


def shared(windows: Iterable[Window], others: Sequence[Window]) -> tuple[Window, ...]:
    """The time that lies in `windows` and in `others`."""
    pairs = ((max(w.start, o.start), min(w.end, o.end)) for w in windows for o in others)
    return joined(Window(start, end) for start, end in pairs if start < end)


def without(windows: Iterable[Window], cuts: Iterable[Window]) -> tuple[Window, ...]:
    """The time of `windows` that lies in none of `cuts`."""
    left = joined(windows)
    for cut in cuts:
        pieces = (
            ((w.start, min(w.end, cut.start)) for w in left),
            ((max(w.start, cut.end), w.end) for w in left),
        )
        left = joined(Window(start, end) for side in pieces for start, end in side if start < end)
    return left


def windows_of(day: date, hours: Hours) -> tuple[Window, ...]:
    """The windows of local `hours` on `day`, joined. Raises ValueError when some hours close before they open."""
    return joined(Window(_at(day, opens), _closing(day, closes)) for opens, closes in hours)


def _at(day: date, clock: time) -> datetime:
    return datetime.combine(day, clock, TZ)


def _closing(day: date, clock: time) -> datetime:
    return _at(day + timedelta(1) if clock == MIDNIGHT else day, clock)
