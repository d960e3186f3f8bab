"""The month's plan: how many messages Zalo has taken from a bot; the administrators hear when it nears its end, and at its end."""

from datetime import datetime, timedelta
from typing import Any

import structlog

from bot.zalo.updates import CHANNEL
from core.calendar import TZ
from core.notices import NoticeKind
from core.people import Role
from services import telling
from storage import people
from storage.data_files import fact, remember
from storage.database import Connection

NEAR = 0.8
"""Of the month's plan: then the administrators are told."""

_log = structlog.get_logger("bot.zalo")


def sent_in(db: Connection, bot: str, now: datetime) -> int:
    """Messages that the platform accepted from this bot in the Hanoi month of `now`."""
    return int(fact(db, _meter(bot, now)) or 0)


def count_one(db: Connection, bot: str, now: datetime, quota: int) -> None:
    """One more was accepted; at 80 % of `quota` messages a month the administrators hear of it, once."""
    sent = sent_in(db, bot, now) + 1
    remember(db, _meter(bot, now), str(sent))
    if sent == int(quota * NEAR):
        _tell(db, now, sent=sent, quota=quota)


def used_up(db: Connection, now: datetime, quota: int, pause: timedelta) -> None:
    """The platform takes no more. Told once a day: it names no end, and the same news every hour is none."""
    key, today = f"quota-told-{CHANNEL}", f"{now.astimezone(TZ):%Y-%m-%d}"
    if fact(db, key) == today:
        return
    remember(db, key, today)
    _log.error("zalo_quota_used_up")
    _tell(db, now, refused=True, quota=quota, pause_until=(now + pause).isoformat())


def _meter(bot: str, now: datetime) -> str:
    return f"sent-{CHANNEL}-{bot}-{now.astimezone(TZ):%Y-%m}"


def _tell(db: Connection, now: datetime, **told: Any) -> None:
    administrators = [person.id for person in people.staff(db, Role.ADMIN)]
    telling.tell_people(db, administrators, NoticeKind.CHANNEL_QUOTA, now, channel="Zalo", **told)
