"""What the heartbeat does: fires the timers that are due, and says when the next one is."""

from app.clock import Clock
from services import timers
from services.config import Config
from storage import timers as timer_rows
from storage.database import Database

TOGETHER, A_FEW = 200, 50
"""How many timers are fired in one transaction. Where others work beside it, their tickets are locked for as long as it lasts."""
OTHERS_FIRE_SECONDS = 0.25


async def fire(db: Database, cfg: Config, clock: Clock) -> int:
    """Fires what is due; looks first, because most commits bring nothing forward."""
    due_at = await db.read(timer_rows.next_due_at)
    now = clock.now()
    if due_at is None or due_at > now:
        return 0
    limit = TOGETHER if db.is_sqlite else A_FEW
    return await db.write(lambda connection: timers.fire_due(connection, cfg, now, limit))


async def seconds_to_next(db: Database, clock: Clock) -> float | None:
    """Of real time; None when no timer waits."""
    due_at = await db.read(timer_rows.next_due_at)
    if due_at is None:
        return None
    pause = clock.shrink(due_at - clock.now()).total_seconds()
    # What is due and still waits is being fired by another process, whose commit will wake us.
    return pause if db.is_sqlite else max(pause, OTHERS_FIRE_SECONDS)
