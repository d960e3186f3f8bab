"""The month's plan of a metered channel: what was sent, and that it nears its end; the administrators hear of it in time."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import structlog

from core.calendar import TZ
from core.notices import NoticeKind
from core.people import Role
from services import telling
from services.sender import ChannelFacts, GiveUp, Sent, TryAgain, Verdict
from storage import people
from storage.data_files import count_one, fact, remember
from storage.database import Connection

NEAR = 0.8
"""Of the month's plan: then the administrators are told."""

_log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Used:
    """Messages that the platform accepted in the Hanoi month; `billed` of them at a price, beside the plan."""

    sent: int = 0
    billed: int = 0

    @property
    def of_the_plan(self) -> int:
        return self.sent - self.billed

    def is_near(self, quota: int) -> bool:
        return self.of_the_plan >= int(quota * NEAR)


def used(db: Connection, channel: str, now: datetime) -> Used:
    return Used(_count(db, _meter("sent", channel, now)), _count(db, _meter("billed", channel, now)))


def note(
    db: Connection,
    facts: ChannelFacts,
    verdict: Verdict,
    now: datetime,
    stretch: Callable[[timedelta], timedelta] = lambda span: span,
) -> None:
    """What a verdict says of the plan: one message more, or that there is none left."""
    match verdict:
        case Sent(said=True, billed=billed) if facts.monthly_quota or billed:
            _count_one(db, facts, billed, now)
        case GiveUp(billed=True):
            _count_one(db, facts, billed=True, now=now)
        case TryAgain(after, used_up=True):
            _refused(db, facts, now, stretch(after or timedelta()))


def _count_one(db: Connection, facts: ChannelFacts, billed: bool, now: datetime) -> None:
    """The administrators hear of it at 80 % of the plan, and when it is used up: once each, because each number comes once."""
    if billed:
        count_one(db, _meter("billed", facts.name, now))
        count_one(db, _meter("sent", facts.name, now))
        return
    free = count_one(db, _meter("sent", facts.name, now)) - _count(db, _meter("billed", facts.name, now))
    quota = facts.monthly_quota
    if quota and free in {int(quota * NEAR), quota}:
        _tell(db, now, facts.name, sent=free, quota=quota)


def _refused(db: Connection, facts: ChannelFacts, now: datetime, pause: timedelta) -> None:
    """The platform takes no more. Told once a day: it names no end, and the same news every hour is none."""
    key, today = f"quota-told-{facts.name}", f"{now.astimezone(TZ):%Y-%m-%d}"
    if fact(db, key) == today:
        return
    remember(db, key, today)
    _log.error("quota_used_up", channel=facts.name)
    until = (now + pause).isoformat()
    _tell(db, now, facts.name, refused=True, quota=facts.monthly_quota, pause_until=until)


def _meter(what: str, channel: str, now: datetime) -> str:
    return f"{what}-{channel}-{now.astimezone(TZ):%Y-%m}"


def _count(db: Connection, meter: str) -> int:
    return int(fact(db, meter) or 0)


def _tell(db: Connection, now: datetime, channel: str, **told: Any) -> None:
    administrators = [person.id for person in people.staff(db, Role.ADMIN)]
    telling.tell_people(db, administrators, NoticeKind.CHANNEL_QUOTA, now, channel=channel, **told)
