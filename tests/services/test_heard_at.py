"""When a person last wrote in a chat: what their platform says, never the future, and never earlier than what is known."""

from datetime import datetime, timedelta

import pytest

from services import directory
from services.directory import Chat
from storage import people
from storage.database import Connection
from tests.town import MORNING, Town

HOUR = timedelta(hours=1)


def heard(db: Connection, said_at: datetime | None, now: datetime = MORNING) -> datetime:
    """What is known after a message that was written at `said_at` and is handled `now`."""
    chat = Chat("zalo_oa", "579", "7", "7", heard_at=said_at)
    known = people.identity_by_id(db, directory.identify(db, chat, now).chat.id)
    assert known is not None
    return known.last_seen_at


@pytest.mark.parametrize("first", [True, False])
async def test_it_is_when_it_was_written_not_when_it_was_handled(town: Town, first: bool) -> None:
    def errand(db: Connection) -> datetime:
        if not first:
            heard(db, MORNING - 5 * HOUR)
        return heard(db, MORNING - 3 * HOUR)

    assert await town.db.write(errand) == MORNING - 3 * HOUR


async def test_what_comes_late_takes_nothing_back(town: Town) -> None:
    def errand(db: Connection) -> datetime:
        heard(db, MORNING - HOUR)
        return heard(db, MORNING - 3 * HOUR)

    assert await town.db.write(errand) == MORNING - HOUR


async def test_nobody_writes_in_the_future(town: Town) -> None:
    assert await town.db.write(lambda db: heard(db, MORNING + HOUR)) == MORNING


async def test_a_platform_that_tells_no_time_means_now(town: Town) -> None:
    assert await town.db.write(lambda db: heard(db, None)) == MORNING
