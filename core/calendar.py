"""When the hotline of a gate is open, in layers (promise.md, Calendars). The office's calendar is another one: core/office.py."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import TypeVar

from core.errors import NoServiceDay
from core.office import NO_NATIONAL_DAYS, SEARCH_DAYS
from core.office import NationalDays as NationalDays
from core.office import OfficeCalendar as OfficeCalendar
from core.windows import MIDNIGHT as MIDNIGHT
from core.windows import TZ as TZ
from core.windows import Hours, joined, shared, windows_of, without
from core.windows import Window as Window

_T = TypeVar("_T")
WHOLE_WEEK = frozenset(range(1, 8))
GOODS, PASSENGERS = "goods", "passengers"


@dataclass(frozen=True, slots=True)
class WeeklyWindow:
    """One row of a weekly template: `open` to `close` (local, close 00:00 = 24:00) on ISO weekdays 1 = Monday … 7 = Sunday.

    All rows of a gate that share the newest `valid_from` not after a day are in force on it together.
    A row with `on_holidays=False` keeps the office's rhythm: shut on national holidays, open on swapped Saturdays.
    """

    days: frozenset[int]
    open: time
    close: time
    valid_from: date
    on_holidays: bool = True


@dataclass(frozen=True, slots=True)
class SpecialDay:
    """The hours of one date at one gate instead of the weekly ones; no windows = closed all day."""

    date: date
    windows: Hours


@dataclass(frozen=True, slots=True)
class GateNotice:
    """A dated traffic closure [starts_at, ends_at) by a numbered document.

    `stream` is "goods", "passengers" or None for both. `hotline_open`: True – the hotline stays open; False – it is shut
    for that time; None – it is shut only when closures take the whole service day.
    """

    number: str
    starts_at: datetime
    ends_at: datetime
    lane: str | None = None
    stream: str | None = None
    hotline_open: bool | None = None

    @property
    def span(self) -> Window:
        """The closed time, in Hanoi time."""
        return Window(self.starts_at.astimezone(TZ), self.ends_at.astimezone(TZ))


@dataclass(frozen=True, slots=True)
class LeaderOverride:
    """A leader's word on one date: the last layer. `document` names the reason or the decision behind it."""

    date: date
    windows: Hours
    document: str


@dataclass(frozen=True, slots=True)
class Gate:
    """A gate, lane or yard area people write from: its names and its own calendar rows. Source: domain.md, Gates."""

    code: str
    name: str
    zh: str | None = None
    parent: str | None = None
    aliases: tuple[str, ...] = ()
    weekly: tuple[WeeklyWindow, ...] = ()
    special_days: tuple[SpecialDay, ...] = ()
    notices: tuple[GateNotice, ...] = ()
    overrides: tuple[LeaderOverride, ...] = ()


# A placeholder until the board confirms its hours: 07:00–19:00 every day, weekends too.
DEFAULT_WEEKLY = (WeeklyWindow(WHOLE_WEEK, time(7), time(19), date.min),)


@dataclass(frozen=True, slots=True)
class GateCalendar:
    """The service windows of one gate. Layers, the last wins: weekly → holidays → special day → notices → leader.

    `weekly` holds sets of rows, the gate's own first, then its parents': the first set with a row in force on a day counts,
    and the board's default when none has one. All answers are aware and in Hanoi time. Every search through it looks at
    most 30 days ahead and then raises NoServiceDay.
    """

    gate: str
    weekly: tuple[tuple[WeeklyWindow, ...], ...] = ()
    special_days: tuple[SpecialDay, ...] = ()
    notices: tuple[GateNotice, ...] = ()
    overrides: tuple[LeaderOverride, ...] = ()
    national: NationalDays = NO_NATIONAL_DAYS
    default: tuple[WeeklyWindow, ...] = DEFAULT_WEEKLY
    # What was worked out once: intake asks for the same few days for every message.
    _known: dict[date, tuple[Window, ...]] = field(
        default_factory=dict, init=False, repr=False, compare=False
    )

    def windows_on(self, day: date) -> tuple[Window, ...]:
        """The service windows of `day`, in order, never touching each other; () when the hotline is shut."""
        if day not in self._known:
            self._known[day] = self._layered(day)
        return self._known[day]

    def is_open(self, at: datetime) -> bool:
        """Whether `at` lies in a service window."""
        return any(window.holds(at) for window in self.windows_on(at.astimezone(TZ).date()))

    def service_time(self, start: datetime, end: datetime) -> timedelta:
        """The service time in [start, end); zero when `end` is not after `start`."""
        if end <= start:
            return timedelta()
        asked = Window(start.astimezone(TZ), end.astimezone(TZ))
        days = range((asked.end.date() - asked.start.date()).days + 1)
        open_time = (w for n in days for w in self.windows_on(asked.start.date() + timedelta(n)))
        return sum((w.length for w in shared(open_time, (asked,))), timedelta())

    def service_minutes(self, start: datetime, end: datetime) -> float:
        """The service minutes in [start, end), seconds as fractions."""
        return self.service_time(start, end) / timedelta(minutes=1)

    def add_service_minutes(self, start: datetime, minutes: float) -> datetime:
        """The first instant by which `minutes` of service have passed since `start`; may be the very end of a window."""
        at, left = start, timedelta(minutes=minutes)
        while True:
            window = self._open_from(at)
            if left <= window.length:
                return window.start + left
            at, left = window.end, left - window.length

    def subtract_service_minutes(self, end: datetime, minutes: float) -> datetime:
        """The last instant from which `minutes` of service remain until `end`; never the closing end of a window."""
        at, left = end, timedelta(minutes=minutes)
        while True:
            window = self._open_until(at)
            if left <= window.length:
                return window.end - left
            at, left = window.start, left - window.length

    def first_service_instant(self, at: datetime) -> datetime:
        """`at` itself inside a window, otherwise the start of the next one."""
        return self._open_from(at).start

    def next_window_start(self, at: datetime) -> datetime:
        """The first window start strictly later than `at`."""
        local = at.astimezone(TZ)
        starts = (
            w.start for day in _days_from(local.date()) for w in self.windows_on(day) if w.start > local
        )
        return self._found(next(starts, None))

    def next_service_day(self, after: date) -> date:
        """The first date later than `after` that has a service window."""
        days = _days_from(after + timedelta(1), SEARCH_DAYS)
        return self._found(next((day for day in days if self.windows_on(day)), None))

    def _open_from(self, at: datetime) -> Window:
        local = at.astimezone(TZ)
        windows = (w for day in _days_from(local.date()) for w in self.windows_on(day) if w.end > local)
        window = self._found(next(windows, None))
        return Window(max(window.start, local), window.end)

    def _open_until(self, at: datetime) -> Window:
        local = at.astimezone(TZ)
        days = (local.date() - timedelta(n) for n in range(SEARCH_DAYS + 1))
        windows = (w for day in days for w in reversed(self.windows_on(day)) if w.start < local)
        window = self._found(next(windows, None))
        return Window(window.start, min(window.end, local))

    def _found(self, answer: _T | None) -> _T:
        if answer is None:
            raise NoServiceDay(self.gate)
        return answer

    def _layered(self, day: date) -> tuple[Window, ...]:
        ordered = [override.windows for override in self.overrides if override.date == day]
        if ordered:
            return windows_of(day, ordered[-1])
        special = [row.windows for row in self.special_days if row.date == day]
        planned = windows_of(day, special[-1] if special else self._weekly_hours(day))
        return _after_notices(planned, self.notices)

    def _weekly_hours(self, day: date) -> Hours:
        sets = (_in_force(rows, day) for rows in (*self.weekly, self.default))
        rows = next((rows for rows in sets if rows), ())
        return tuple((row.open, row.close) for row in rows if _opens(row, day, self.national))


def _days_from(first: date, count: int = SEARCH_DAYS + 1) -> Iterator[date]:
    return (first + timedelta(n) for n in range(count))


def _in_force(rows: tuple[WeeklyWindow, ...], day: date) -> tuple[WeeklyWindow, ...]:
    newest = max((row.valid_from for row in rows if row.valid_from <= day), default=None)
    return tuple(row for row in rows if row.valid_from == newest)


def _opens(row: WeeklyWindow, day: date, national: NationalDays) -> bool:
    if row.on_holidays:
        return day.isoweekday() in row.days
    if day in national.worked:  # a swapped Saturday is worked like the Friday before it
        return min(day.isoweekday(), 5) in row.days
    return day.isoweekday() in row.days and day not in national.off


def _after_notices(planned: tuple[Window, ...], notices: tuple[GateNotice, ...]) -> tuple[Window, ...]:
    silent = [notice.span for notice in notices if notice.hotline_open is None]
    # A notice that says nothing about the hotline shuts it only when closures leave no service minute of the day.
    left = planned if without(planned, silent) else ()
    for notice in notices:
        if notice.hotline_open is False:
            left = without(left, (notice.span,))
        elif notice.hotline_open is True:
            left = joined((*left, *shared(planned, (notice.span,))))
    return left


def calendar_of(
    code: str,
    gates: Mapping[str, Gate],
    national: NationalDays = NO_NATIONAL_DAYS,
    default: tuple[WeeklyWindow, ...] = DEFAULT_WEEKLY,
) -> GateCalendar:
    """The calendar of the gate `code`; an unknown code (gate not told yet) gets the board-wide default windows.

    Weekly rows come from the gate, else from its nearest parent that has some; special days, notices and overrides
    are the gate's own.
    """
    gate = gates.get(code)
    if gate is None:
        return GateCalendar(code, national=national, default=default)
    weekly = tuple(g.weekly for g in _with_parents(gate, gates) if g.weekly)
    return GateCalendar(code, weekly, gate.special_days, gate.notices, gate.overrides, national, default)


def _with_parents(gate: Gate, gates: Mapping[str, Gate]) -> tuple[Gate, ...]:
    line = [gate]
    while (parent := gates.get(line[-1].parent or "")) and parent not in line:
        line.append(parent)
    return tuple(line)


def check_calendar(calendar: GateCalendar, today: date) -> None:
    """Refuse a calendar before it is saved: raises NoServiceDay when none of the 30 days from `today` has a window."""
    calendar.next_service_day(today - timedelta(1))
