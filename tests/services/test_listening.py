"""After a silence longer than the platform keeps messages, those who can have people asked again are told, once."""

from datetime import UTC, datetime, timedelta

import pytest

from core.people import Role
from core.windows import Window
from services.listening import KEPT, missing, note_heard
from storage.backup import RESTORED_AT
from storage.data_files import remember
from tests.town import Town

NOON = datetime(2026, 11, 22, 5, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
SECOND = timedelta(seconds=1)


@pytest.mark.parametrize(
    ("heard_at", "restored_at", "gap"),
    [
        (None, None, None),
        (NOON - SECOND, None, None),
        (NOON - KEPT, None, None),
        (NOON - KEPT - SECOND, None, Window(NOON - KEPT - SECOND, NOON - KEPT)),
        (NOON - 30 * HOUR, None, Window(NOON - 30 * HOUR, NOON - 24 * HOUR)),
        (NOON + HOUR, None, None),
        (NOON - 3 * HOUR, NOON - HOUR, Window(NOON - 3 * HOUR, NOON - HOUR)),
        (NOON - 3 * HOUR, NOON - 4 * HOUR, None),
        (NOON - 50 * HOUR, NOON - 40 * HOUR, Window(NOON - 50 * HOUR, NOON - 24 * HOUR)),
    ],
    ids=[
        "never heard before",
        "heard just now",
        "exactly as long as it keeps them",
        "a second longer",
        "all but the last 24 hours",
        "a clock that went back",
        "a backup of three hours ago",
        "restored long before",
        "restored and silent for long",
    ],
)
def test_what_is_missing(heard_at: datetime | None, restored_at: datetime | None, gap: Window | None) -> None:
    assert missing(heard_at, restored_at, NOON) == gap


async def hears(town: Town) -> None:
    await town.db.write(lambda db: note_heard(db, town.clock.now()))
    await town.settles()


async def test_leaders_office_and_administrators_read_it_once(town: Town) -> None:
    told = [await town.staff(role, role) for role in (Role.LEADER, Role.OFFICE, Role.ADMIN)]
    officer = await town.staff("An", gate="HN")
    await hears(town)
    town.clock.passes(hours=30)

    await hears(town)
    await hears(town)

    for reader in told:
        (words,) = [text for text in reader.reads() if "Có thể thiếu tin" in text]
        assert "từ 09:00 22/11/2026 đến 15:00 22/11/2026" in words
        assert "Telegram" in words
    assert not officer.sees("Có thể thiếu tin")


async def test_a_short_silence_is_nobodys_business(town: Town) -> None:
    leader = await town.staff("Giang", Role.LEADER)
    await hears(town)
    town.clock.passes(hours=23)
    await hears(town)
    assert not leader.sees("Có thể thiếu tin")


async def test_a_restored_backup_says_since_when(town: Town) -> None:
    leader = await town.staff("Giang", Role.LEADER)
    await hears(town)
    town.clock.passes(hours=2)
    restored_at = town.clock.now().isoformat()
    await town.db.write(lambda db: remember(db, RESTORED_AT, restored_at))
    town.clock.passes(minutes=5)

    await hears(town)

    assert "từ 09:00 22/11/2026 đến 11:00 22/11/2026" in leader.newest("khôi phục từ bản sao lưu").text


def test_where_only_the_web_page_listens_a_silence_loses_nothing() -> None:
    """Nobody can write to a page that is down; what a restored backup lacks is missing all the same."""
    assert missing(NOON - 50 * HOUR, None, NOON, platform=False) is None
    restored = missing(NOON - 3 * HOUR, NOON - HOUR, NOON, platform=False)
    assert restored == Window(NOON - 3 * HOUR, NOON - HOUR)
