"""The only reading of the clock. Everything else is handed `now`; in a drill it runs from another time, and faster."""

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from app.refusal import Refusal
from app.settings import Settings
from storage.data_files import DRILL as DRILL
from storage.data_files import fact, remember
from storage.database import Connection, Database
from storage.survey import is_used, newest_time

DRILL_SEEN = "drill_seen"
# A wall clock that is set back by less is waited for; by more, it was wrong before and is believed now.
SMALL_STEP = timedelta(minutes=5)


def _wall() -> datetime:
    return datetime.now(UTC)


class Clock:
    """The program's time, aware, UTC. With `start` it is a drill: `speed` of its seconds pass in one of the wall's."""

    def __init__(
        self,
        start: datetime | None = None,
        speed: float = 1.0,
        wall: Callable[[], datetime] = _wall,
        ticks: Callable[[], float] = time.monotonic,
    ) -> None:
        self.is_drill = start is not None
        self.speed = speed if self.is_drill else 1.0
        self._wall, self._ticks = wall, ticks
        self._began_at, self._began_tick = wall(), ticks()
        self._start = start.astimezone(UTC) if start else self._began_at
        self._latest = self._start

    def now(self) -> datetime:
        """Never goes back by a little: an instant that was told is not told again as later than now."""
        if self.is_drill:
            return self._start + self.stretch(timedelta(seconds=self._ticks() - self._began_tick))
        at = self._wall()
        if at > self._latest or self._latest - at > SMALL_STEP:
            self._latest = at
        return self._latest

    def stretch(self, span: timedelta) -> timedelta:
        """How much of the program's time passes in this much of the wall's."""
        return span * self.speed

    def shrink(self, span: timedelta) -> timedelta:
        """How long the wall takes for this much of the program's time: what a sleep needs."""
        return span / self.speed

    def from_platform(self, at: datetime) -> datetime:
        """A platform's timestamp (real time) as the program's. A drill's clock stood still before this process began."""
        if not self.is_drill:
            return at.astimezone(UTC)
        return self._start + self.stretch(max(at.astimezone(UTC) - self._began_at, timedelta()))

    @classmethod
    def from_settings(
        cls, settings: Settings, since: datetime | None = None, wall: Callable[[], datetime] = _wall
    ) -> "Clock":
        """Real time or the drill of the settings; a drill goes on from `since`, the latest time that its database has seen."""
        if not settings.is_drill:
            return cls(wall=wall)
        begins = settings.clock_start or wall()
        return cls(max(begins, since or begins), settings.clock_speed, wall)


async def start_clock(db: Database, settings: Settings, wall: Callable[[], datetime] = _wall) -> Clock:
    """The clock for a process that writes into this database; marks a new drill. Raises Refusal, see `_check`."""
    since = await db.write(lambda connection: _claim(connection, settings, wall()))
    return Clock.from_settings(settings, since, wall)


async def clock_beside(db: Database, settings: Settings, wall: Callable[[], datetime] = _wall) -> Clock:
    """The clock for one command that writes: beside a drill the drill's own, as far as it has come, without any setting.

    Raises Refusal for the settings of a drill on real data.
    """
    if not settings.is_drill and await db.read(lambda connection: fact(connection, DRILL)) is not None:
        return await db.read(lambda connection: reading_clock(connection, settings, wall))
    return await start_clock(db, settings, wall)


def reading_clock(db: Connection, settings: Settings, wall: Callable[[], datetime] = _wall) -> Clock:
    """The clock for looking only: a drill database is looked at from where its own time stands, whatever the settings say."""
    if fact(db, DRILL) is None:
        return Clock(wall=wall)
    begins = [at for at in (settings.clock_start, seen_until(db)) if at is not None]
    return Clock(max(begins, default=wall()), settings.clock_speed, wall)


def note_drill_time(db: Connection, clock: Clock) -> None:
    """Remembers how far the drill's clock has come, so that a restart goes on from here. In real time it does nothing."""
    if clock.is_drill:
        remember(db, DRILL_SEEN, clock.now().isoformat())


def seen_until(db: Connection) -> datetime | None:
    """The latest time that this database knows of."""
    noted = fact(db, DRILL_SEEN)
    known = [datetime.fromisoformat(noted)] if noted else []
    stored = newest_time(db)
    return max([*known, *([stored] if stored else [])], default=None)


def _claim(db: Connection, settings: Settings, now: datetime) -> datetime | None:
    marked = fact(db, DRILL) is not None
    if marked and not settings.is_drill:
        raise Refusal(
            "Cơ sở dữ liệu này thuộc một buổi diễn tập, không dùng được với giờ thật: "
            "hãy đặt HOTLINE_CLOCK_START như lần diễn tập đó, hoặc chọn cơ sở dữ liệu khác bằng HOTLINE_DATABASE_URL."
        )
    if not settings.is_drill:
        return None
    if not marked and is_used(db):
        raise Refusal(
            "Cơ sở dữ liệu này có dữ liệu thật, không dùng được cho diễn tập: "
            "hãy bỏ HOTLINE_CLOCK_START và HOTLINE_CLOCK_SPEED, hoặc chọn cơ sở dữ liệu khác bằng HOTLINE_DATABASE_URL."
        )
    if not marked:
        remember(db, DRILL, (settings.clock_start or now).isoformat())
        return None
    return seen_until(db)
