"""The working days and hours of the board's offices. They serve plan deadlines and legal terms, never the hotline."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from core.errors import NoServiceDay
from core.windows import TZ, Hours, windows_of

SEARCH_DAYS = 30  # no search through any calendar looks further (promise.md, Calendars)


@dataclass(frozen=True, slots=True)
class NationalDays:
    """Weekdays the nation has off, and weekend days it works instead (swapped Saturdays)."""

    off: frozenset[date] = frozenset()
    worked: frozenset[date] = frozenset()


NO_NATIONAL_DAYS = NationalDays()
OFFICE_HOURS: Hours = ((time(7, 30), time(11, 30)), (time(13), time(17)))
_OFFICE = "office"


@dataclass(frozen=True, slots=True)
class OfficeCalendar:
    """Working days of the board's offices: Monday–Friday without holidays, with swapped Saturdays.

    Serves plan deadlines and legal terms, never the hotline. The hours are a default until the board confirms them.
    """

    national: NationalDays = NO_NATIONAL_DAYS
    hours: Hours = OFFICE_HOURS

    def is_working_day(self, day: date) -> bool:
        """Whether the offices work on `day`."""
        return day in self.national.worked or (day.isoweekday() <= 5 and day not in self.national.off)

    def working_day_before(self, day: date, n: int = 1) -> date:
        """The `n`-th working day before `day`, which is not counted itself; n = 0 gives `day`."""
        return self._step(day, n, timedelta(-1))

    def working_day_after(self, day: date, n: int = 1) -> date:
        """The `n`-th working day after `day`, which is not counted itself; n = 0 gives `day`."""
        return self._step(day, n, timedelta(1))

    def working_days_until(self, day: date, last: date) -> int:
        """How many working days lie after `day`, up to `last` included; 0 when there is none. `last` within ten years."""
        days = (day + timedelta(n) for n in range(1, min((last - day).days, 3660) + 1))
        return sum(self.is_working_day(one) for one in days)

    def last_office_minute_not_after(self, at: datetime) -> datetime:
        """`at` itself within office hours, otherwise the last end of office hours before it. Never later than `at`."""
        local = at.astimezone(TZ)
        for n in range(SEARCH_DAYS + 1):
            day = local.date() - timedelta(n)
            windows = windows_of(day, self.hours) if self.is_working_day(day) else ()
            for window in reversed(windows):
                if window.start <= local:
                    return min(window.end, local)
        raise NoServiceDay(_OFFICE)

    def _step(self, day: date, n: int, step: timedelta) -> date:
        for _ in range(n):
            days = (day + step * k for k in range(1, SEARCH_DAYS + 1))
            found = next((d for d in days if self.is_working_day(d)), None)
            if found is None:
                raise NoServiceDay(_OFFICE)
            day = found
        return day
