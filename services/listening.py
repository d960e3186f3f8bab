"""Since when the platform was heard without a break: after too long a silence messages are missing, and leaders must know."""

from datetime import datetime, timedelta

import structlog

from core.notices import NoticeKind, Priority
from core.people import Role
from core.windows import Window
from services import telling
from storage import messages, outbox, people
from storage.backup import RESTORED_AT
from storage.data_files import fact, remember
from storage.database import Connection

log = structlog.get_logger()
HEARD_AT = "heard_at"
KEPT = timedelta(hours=24)
"""What Telegram keeps for a bot that does not fetch it (core.telegram.org/bots/api#getting-updates)."""
A_LEAP = timedelta(minutes=1)
TOLD = (Role.LEADER, Role.OFFICE, Role.ADMIN)


def missing(
    heard_at: datetime | None, restored_at: datetime | None, now: datetime, platform: bool = True
) -> Window | None:
    """From when to when messages are lost, seen by a program that hears again `now`; None when none are.

    What came after a backup that was restored is not in the database; of a silence, all but its last 24 hours, when there is a
    `platform` that took messages meanwhile (nobody can write to a web page that is down). A clock that went back (`heard_at` in
    the future) says nothing.
    """
    if heard_at is None or heard_at >= now:
        return None
    end = now - KEPT if platform else heard_at
    if restored_at is not None and heard_at < restored_at:
        end = max(end, restored_at)
    return Window(heard_at, end) if heard_at < end else None


def note_heard(db: Connection, now: datetime, platform: bool = True) -> None:
    """We hear now. What was missed until now is told to those who can have people asked again.

    Called every few seconds, it also knows when the machine's clock was set back: what waited then waits no longer.
    """
    restored_at = _time(db, RESTORED_AT)
    heard_at = _time(db, HEARD_AT)
    if heard_at is not None and heard_at - now > A_LEAP:
        log.warning("the clock went back", minutes=round((heard_at - now).total_seconds() / 60))
        outbox.clock_went_back(db, now)
        messages.clock_went_back(db, now)
    gap = missing(heard_at, restored_at, now, platform)
    if gap is not None:
        restored = restored_at is not None and gap.start < restored_at
        told = [person.id for role in TOLD for person in people.staff(db, role)]
        telling.tell_people(
            db,
            told,
            NoticeKind.MESSAGES_MISSING,
            now,
            priority=Priority.NOW,
            missing_from=gap.start.isoformat(),
            missing_to=gap.end.isoformat(),
            restored=restored,
        )
    remember(db, HEARD_AT, now.isoformat())


def _time(db: Connection, name: str) -> datetime | None:
    found = fact(db, name)
    return datetime.fromisoformat(found) if found else None
