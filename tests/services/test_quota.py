"""The month's plan of a metered channel: each message counts once, paid ones apart; told at 80 %, at the end, and when refused."""

from datetime import timedelta

import pytest

from core.people import Role
from services import quota
from services.quota import Used
from services.sender import ChannelFacts, GiveUp, Sent, TryAgain, Verdict
from tests.town import Citizen, Town

FREE = ChannelFacts("town")
METERED = ChannelFacts("town", monthly_quota=10)


async def admin_of(town: Town) -> Citizen:
    return await town.staff("Quản trị", Role.ADMIN)


async def come(town: Town, *verdicts: Verdict, facts: ChannelFacts = METERED) -> Used:
    now = town.clock.now()
    for verdict in verdicts:
        await town.db.write(lambda db, verdict=verdict: quota.note(db, facts, verdict, now))
    await town.settles()
    return await town.db.read(lambda db: quota.used(db, facts.name, now))


async def test_each_accepted_part_counts_and_nothing_else(town: Town) -> None:
    used = await come(
        town, Sent("m1", more=True), Sent("m2"), Sent("m2", said=False), TryAgain(), GiveUp("no")
    )
    assert used == Used(2, 0)


async def test_what_is_billed_is_counted_apart_and_takes_nothing_from_the_plan(town: Town) -> None:
    admin = await admin_of(town)
    used = await come(town, *[Sent("m", billed=True)] * 9, Sent("m"))
    assert (used.sent, used.billed, used.of_the_plan) == (10, 9, 1)
    assert not admin.sees("gói tháng này")


async def test_a_channel_without_a_plan_is_not_metered_but_for_what_it_bills(town: Town) -> None:
    assert await come(town, *[Sent("m")] * 3, facts=FREE) == Used(0, 0)
    assert await come(town, Sent("m", billed=True), facts=FREE) == Used(1, 1)


async def test_administrators_hear_at_four_fifths_and_at_the_end_once_each(town: Town) -> None:
    admin = await admin_of(town)
    await come(town, *[Sent("m")] * 7)
    assert not admin.sees("gói tháng này")
    await come(town, *[Sent("m")] * 2)
    assert admin.sees("8 trong 10")
    await come(town, *[Sent("m")] * 5)
    assert [text for text in admin.reads() if "gói tháng này" in text] == [
        admin.newest("8 trong 10").text,
        admin.newest("10 trong 10").text,
    ]


async def test_a_refusal_is_told_once_a_day(town: Town) -> None:
    admin = await admin_of(town)
    none_left = TryAgain(timedelta(hours=1), "429", whole_bot=True, used_up=True)
    await come(town, none_left, none_left)
    assert sum("hết hạn mức" in text for text in admin.reads()) == 1
    await town.passes(days=1)
    await come(town, none_left)
    assert sum("hết hạn mức" in text for text in admin.reads()) == 2


async def test_a_new_month_begins_at_nothing_by_the_clock_of_hanoi(town: Town) -> None:
    await come(town, *[Sent("m")] * 3)
    town.clock.is_now(23, 59, day=30)
    assert await come(town) == Used(3, 0)
    town.clock.passes(minutes=2)
    assert await come(town) == Used(0, 0)


@pytest.mark.parametrize("answers", [1, 3])
async def test_the_post_counts_what_a_metered_channel_takes(town: Town, answers: int) -> None:
    town.channel.facts = METERED
    driver = town.citizen("Lái xe")
    for _ in range(answers):
        await driver.says("/trogiup")
    now = town.clock.now()
    assert await town.db.read(lambda db: quota.used(db, "town", now)) == Used(answers, 0)
