"""What was offered by number, kept for each chat: the newest first, a week long."""

from datetime import timedelta

import pytest

from storage import choices
from storage.choices import Place, Shown
from tests.town import MORNING, Town

pytestmark = pytest.mark.two_databases
CHAT, OTHER = Place("zalo", "bot", "c1"), Place("zalo", "bot", "c2")


def shown(number: int, *labels: str) -> Shown:
    return Shown(
        number, f"m{number}", "DDLS-261122-0001", tuple((one, f"c:{number}") for one in labels), False
    )


async def test_the_newest_of_a_chat_comes_first_and_other_chats_not_at_all(town: Town) -> None:
    def errand(db: choices.Connection) -> None:
        choices.keep(db, CHAT, shown(1, "Nhận xử lý"), MORNING)
        choices.keep(db, OTHER, shown(2, "Hài lòng"), MORNING)
        choices.keep(db, CHAT, shown(3, "Trả lời"), MORNING + timedelta(minutes=1))

    await town.db.write(errand)
    found = await town.db.read(lambda db: choices.newest_first(db, CHAT, MORNING))
    assert found == [shown(3, "Trả lời"), shown(1, "Nhận xử lý")]
    late = MORNING + timedelta(seconds=1)
    assert await town.db.read(lambda db: choices.newest_first(db, CHAT, late)) == [shown(3, "Trả lời")]


async def test_the_same_notice_sent_again_replaces_itself(town: Town) -> None:
    await town.db.write(lambda db: choices.keep(db, CHAT, shown(1, "Nhận xử lý"), MORNING))
    await town.db.write(lambda db: choices.keep(db, CHAT, shown(1, "Trả lời"), MORNING))
    assert await town.db.read(lambda db: choices.newest_first(db, CHAT, MORNING)) == [shown(1, "Trả lời")]
    assert await town.db.read(lambda db: choices.of_message(db, CHAT, "m1")) == shown(1, "Trả lời")
    assert await town.db.read(lambda db: choices.of_message(db, OTHER, "m1")) is None


async def test_what_was_read_is_marked_and_what_is_forgotten_is_gone(town: Town) -> None:
    await town.db.write(lambda db: choices.keep(db, CHAT, shown(1, "Nhận xử lý"), MORNING))
    await town.db.write(lambda db: choices.heard(db, CHAT))
    assert [one.heard for one in await town.db.read(lambda db: choices.newest_first(db, CHAT, MORNING))] == [
        True
    ]
    await town.db.write(lambda db: choices.forget(db, CHAT))
    assert await town.db.read(lambda db: choices.newest_first(db, CHAT, MORNING)) == []


async def test_after_a_week_it_is_swept_away_whoever_is_written_to(town: Town) -> None:
    await town.db.write(lambda db: choices.keep(db, CHAT, shown(1, "Nhận xử lý"), MORNING))
    later = MORNING + choices.KEPT + timedelta(seconds=1)
    await town.db.write(lambda db: choices.keep(db, OTHER, shown(2, "Hài lòng"), later))
    assert await town.db.read(lambda db: choices.of_message(db, CHAT, "m1")) is None
