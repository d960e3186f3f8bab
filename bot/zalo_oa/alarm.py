"""The administrators hear that a platform accepts us no more: once a day, for only a person can mend it."""

from datetime import datetime

from core.calendar import TZ
from core.notices import NoticeKind
from core.people import Role
from services import telling
from storage import people
from storage.data_files import fact, remember
from storage.database import Connection


def tell_administrators(db: Connection, now: datetime) -> None:
    """Queues the notice, unless today (Hanoi) has one."""
    key, today = "token-told-zalo_oa", f"{now.astimezone(TZ):%Y-%m-%d}"
    if fact(db, key) == today:
        return
    remember(db, key, today)
    administrators = [person.id for person in people.staff(db, Role.ADMIN)]
    telling.tell_people(db, administrators, NoticeKind.CHANNEL_REFUSED, now, channel="Zalo OA")
