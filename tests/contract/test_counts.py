"""What several processes count together: nothing is counted over, and what a number brings about happens once."""

import asyncio
from datetime import UTC, datetime

import pytest

from core.notices import NoticeKind
from core.people import Role
from services import quota
from services.sender import ChannelFacts, Sent
from storage import outbox, people
from storage.database import Connection, Database

pytestmark = pytest.mark.two_databases

NOW = datetime(2026, 11, 22, 2, 0, tzinfo=UTC)
METERED = ChannelFacts("town", monthly_quota=20)


def is_sent(db: Connection) -> None:
    quota.note(db, METERED, Sent("m"), NOW)


async def test_each_message_of_the_plan_counts_once_and_the_end_is_told_once(
    db: Database, other: Database
) -> None:
    def administrator(connection: Connection) -> int:
        person = people.add_person(connection, "Quản trị", Role.ADMIN, NOW)
        return people.add_identity(connection, person, "web", "bot", "7", NOW).id

    chat = await db.write(administrator)
    await asyncio.gather(*(one.write(is_sent) for one in (db, other) * 12))
    assert await db.read(lambda connection: quota.used(connection, "town", NOW).sent) == 24
    told = await db.read(lambda connection: outbox.waiting_of(connection, chat))
    assert sorted(row.data["sent"] for row in told if row.kind == NoticeKind.CHANNEL_QUOTA) == [16, 20]
