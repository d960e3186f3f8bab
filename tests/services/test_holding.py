"""A platform that makes a channel wait: how long it has lasted, and how often today."""

from datetime import UTC, datetime, timedelta

from core.notices import Notice, NoticeKind
from services.holding import Held, held_of, holding_now, waited
from services.sender import TryAgain
from storage import outbox
from tests.town import Town

NOON = datetime(2026, 11, 22, 5, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def test_a_wait_within_a_wait_makes_it_longer() -> None:
    held = waited(waited(None, NOON, MINUTE), NOON + timedelta(seconds=30), MINUTE)
    assert held == Held(NOON, NOON + timedelta(seconds=90), 2)


def test_a_shorter_wait_ends_no_longer_one() -> None:
    held = waited(waited(None, NOON, 10 * MINUTE), NOON + MINUTE, MINUTE)
    assert held.until == NOON + 10 * MINUTE


def test_a_wait_after_a_pause_is_a_new_one_and_a_new_day_counts_anew() -> None:
    later = waited(waited(None, NOON, MINUTE), NOON + timedelta(hours=1), MINUTE)
    assert (later.since, later.waits) == (NOON + timedelta(hours=1), 2)
    tomorrow = waited(later, NOON + timedelta(days=1), MINUTE)
    assert tomorrow.waits == 1


def test_at_its_last_instant_it_lasts_no_more() -> None:
    held = waited(None, NOON, MINUTE)
    assert held.lasts(NOON + MINUTE - timedelta(microseconds=1))
    assert not held.lasts(NOON + MINUTE)


async def test_what_the_platform_says_is_written_down_and_told_while_it_lasts(town: Town) -> None:
    driver = town.citizen("Lái xe")
    await driver.says("Hữu Nghị: xe chờ lâu")
    chat, began = await town.identity_of(driver), town.clock.now()
    town.channel.verdicts[driver.chat_id] = [TryAgain(timedelta(seconds=40), "too many requests")]
    await town.db.write(lambda db: outbox.add(db, [Notice(NoticeKind.LOOKUP_HOW, chat.id)], began))
    await town.settles()

    town.clock.passes(seconds=15)
    now = town.clock.now()
    told = await town.db.read(lambda db: holding_now(db, ["town", "other"], now))
    assert told.keys() == {"town"}
    assert (told["town"]["seconds"], told["town"]["waits"]) == (15, 1)
    assert told["town"]["since"] == began.isoformat()

    town.clock.passes(seconds=30)
    now = town.clock.now()
    assert await town.db.read(lambda db: holding_now(db, ["town"], now)) == {}
    held = await town.db.read(lambda db: held_of(db, "town"))
    assert held is not None
    assert held.until == began + timedelta(seconds=40)


async def test_our_own_back_off_is_no_wait_of_the_platform(town: Town) -> None:
    driver = town.citizen("Lái xe")
    town.channel.verdicts[driver.chat_id] = [TryAgain(reason="connection reset")]
    await driver.says("Hữu Nghị: xe chờ lâu")
    assert await town.db.read(lambda db: held_of(db, "town")) is None
