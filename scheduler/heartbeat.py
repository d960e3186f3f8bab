"""The heartbeat: sleeps until the earliest timer is due, is woken when an earlier one is written, looks every 15 s in any case.

Business timers are rows (storage/timers.py); APScheduler only keeps time. Its defaults would drop a job that is a second late
(misfire_grace_time), so here that is None, with coalescing and one instance at a time.
"""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta

import structlog
from apscheduler.executors.asyncio import AsyncIOExecutor
from apscheduler.schedulers.asyncio import AsyncIOScheduler
from apscheduler.triggers.date import DateTrigger
from apscheduler.triggers.interval import IntervalTrigger

from storage.database import Unavailable

log = structlog.get_logger()
SAFETY_SECONDS = 15
SOONEST = timedelta(milliseconds=5)


class Heartbeat:
    """`tick` fires what is due and answers how many that were; `seconds_to_next` says how long until the next, or None.
    `wall` is the clock on the wall, which APScheduler goes by (a drill's own time runs elsewhere).

    `lateness_seconds` is how late the newest safety tick came: the heartbeat watching itself.
    """

    def __init__(
        self,
        tick: Callable[[], Awaitable[int]],
        seconds_to_next: Callable[[], Awaitable[float | None]],
        wall: Callable[[], datetime],
    ) -> None:
        self._tick, self._seconds_to_next, self._wall = tick, seconds_to_next, wall
        self._scheduler = AsyncIOScheduler(
            timezone=UTC,
            executors={"default": AsyncIOExecutor()},
            job_defaults={"misfire_grace_time": None, "coalesce": True, "max_instances": 1},
        )
        self._beating = asyncio.Lock()
        self._loop_time = 0.0
        self._woken = False
        self.lateness_seconds = 0.0
        self.last_beat: float | None = None
        self._started_at: float | None = None

    def start(self) -> None:
        """Begins with a beat at once: what fell due while the program was down is waiting."""
        self._scheduler.add_job(self._safety, IntervalTrigger(seconds=SAFETY_SECONDS), id="safety")
        self._scheduler.start()
        self._started_at = asyncio.get_running_loop().time()
        self.wake()

    def stop(self) -> None:
        self._scheduler.shutdown(wait=False)

    def silent_seconds(self) -> float:
        """Since the last beat that went well, or since the start; 0 before that. A tick that hangs or fails is no beat."""
        last = self.last_beat if self.last_beat is not None else self._started_at
        return asyncio.get_running_loop().time() - last if last is not None else 0.0

    def wake(self) -> None:
        """Something was written that may be due earlier than what we sleep for. A hundred commits make one beat."""
        if not self._woken:
            self._woken = True
            self._beat_at(self._wall() + SOONEST)

    async def beat(self) -> None:
        """Fires everything due now, then sleeps until the next timer."""
        async with self._beating:
            self._woken = False
            try:
                while await self._tick():
                    pass
                self.last_beat = asyncio.get_running_loop().time()
                pause = await self._seconds_to_next()
            except asyncio.CancelledError:
                return  # the program stops; what is being fired is committed or not, and its row knows which
            except Unavailable as trouble:  # no fault of a timer: what is due is due when it works again
                log.warning("the database is unavailable", why=str(trouble))
                return
            except (
                Exception
            ) as error:  # a bug in one timer must not end the heartbeat; the safety tick tries again
                log.error("the heartbeat stumbled", error=type(error).__name__, exc_info=error)
                return
            # Whoever woke us meanwhile has a beat of their own coming, which knows more than `pause`.
            if not self._woken and pause is not None and pause < SAFETY_SECONDS:
                self._beat_at(self._wall() + timedelta(seconds=max(pause, 0.001)))

    async def _safety(self) -> None:
        now = asyncio.get_running_loop().time()
        if self._loop_time:
            self.lateness_seconds = max(0.0, now - self._loop_time - SAFETY_SECONDS)
            if self.lateness_seconds > SAFETY_SECONDS / 3:
                log.warning("the heartbeat is late", seconds=round(self.lateness_seconds, 1))
        self._loop_time = now
        await self.beat()

    def _beat_at(self, at: datetime) -> None:
        # Two instances: one may run while the next waits for it. With one, a wake that comes during a beat would be lost.
        self._scheduler.add_job(self.beat, DateTrigger(at), id="next", replace_existing=True, max_instances=2)
