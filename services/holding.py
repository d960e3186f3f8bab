"""How long a platform has made a channel wait ("429, retry after …"): noted with each verdict, told by doctor and /healthz."""

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any

from core.calendar import TZ
from storage.data_files import fact, remember
from storage.database import Connection


@dataclass(frozen=True, slots=True)
class Held:
    """The newest stretch of waiting, [since, until), of the whole channel or of one chat; `waits` counts those of its Hanoi day."""

    since: datetime
    until: datetime
    waits: int

    def lasts(self, now: datetime) -> bool:
        return now < self.until


def waited(before: Held | None, now: datetime, pause: timedelta) -> Held:
    """One more wait: a stretch that still lasts grows, otherwise a new one begins; a new day counts from 1."""
    if before is None:
        return Held(now, now + pause, 1)
    same_day = before.since.astimezone(TZ).date() == now.astimezone(TZ).date()
    since = before.since if before.lasts(now) else now
    return Held(since, max(before.until, now + pause), before.waits + 1 if same_day else 1)


def note_wait(db: Connection, channel: str, now: datetime, pause: timedelta) -> None:
    """Writes down that `channel` was told to wait for `pause` of the program's time."""
    held = waited(held_of(db, channel), now, pause)
    remember(db, _key(channel), json.dumps(asdict(held), default=datetime.isoformat))


def held_of(db: Connection, channel: str) -> Held | None:
    """The newest stretch of this channel; None when it never had to wait."""
    stored = fact(db, _key(channel))
    if stored is None:
        return None
    values = json.loads(stored)
    since, until = (datetime.fromisoformat(values[name]) for name in ("since", "until"))
    return Held(since, until, int(values["waits"]))


def holding_now(db: Connection, channels: Iterable[str], now: datetime) -> dict[str, dict[str, Any]]:
    """{channel: {"since", "until", "seconds" so far, "waits"}} of the channels that have to wait now; times in ISO spelling."""
    every = ((channel, held_of(db, channel)) for channel in channels)
    return {
        channel: {
            "since": held.since.isoformat(),
            "until": held.until.isoformat(),
            "seconds": int((now - held.since).total_seconds()),
            "waits": held.waits,
        }
        for channel, held in every
        if held is not None and held.lasts(now)
    }


def _key(channel: str) -> str:
    return f"held-{channel}"
