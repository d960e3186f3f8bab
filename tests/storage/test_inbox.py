"""The inbox keeps what arrives, once, whatever is in it."""

import pytest

from storage import inbox
from storage.database import Connection
from tests.town import Town

pytestmark = pytest.mark.two_databases

WITH_HALVES = {"message": {"text": "kẹt \ud83d xe \x00 👍", "from": ["\udc00", 7, None]}, "\ud800": True}


async def test_an_update_is_stored_once(town: Town) -> None:
    def store(db: Connection) -> bool:
        return inbox.store(db, "telegram", "1", "5", "7", {"update_id": 5}, town.clock.now())

    assert await town.db.write(store)
    assert not await town.db.write(store)
    assert len(await town.db.read(inbox.waiting)) == 1


async def test_what_no_database_takes_is_replaced_and_the_rest_kept(town: Town) -> None:
    now = town.clock.now()
    await town.db.write(lambda db: inbox.store(db, "telegram", "1", "5", "7", WITH_HALVES, now))
    (waiting,) = await town.db.read(inbox.waiting)
    assert waiting.raw == {
        "message": {"text": "kẹt \ufffd xe \ufffd 👍", "from": ["\ufffd", 7, None]},
        "\ufffd": True,
    }
