"""Who is served first, and what becomes of a burst: order in a chat, priority between chats, leases, lists for a group."""

import pytest

from core.notices import Notice, NoticeKind, Priority
from core.people import Role
from services.sender import GiveUp, Sent, TryAgain
from storage import gathering, outbox, people
from storage.gathering import Gathering
from tests.outbox_rows import MINUTE, claimed, settle, waits
from tests.town import Town

pytestmark = pytest.mark.two_databases


async def test_each_chat_is_served_in_order_one_notice_at_a_time(town: Town) -> None:
    driver = town.citizen("Lái xe")
    first, second = await waits(town, driver), await waits(town, driver)
    assert [row.id for row in await claimed(town)] == [first.id]
    assert not await claimed(town)
    await settle(town, first, Sent("m1"))
    assert [row.id for row in await claimed(town)] == [second.id]


async def test_between_chats_a_group_goes_before_receipts_before_cards_before_reminders_before_digests(
    town: Town,
) -> None:
    wanted = {priority: town.citizen(f"Người {priority}") for priority in reversed(Priority)}
    for citizen in wanted.values():
        await citizen.says("/trogiup")
    rows = {priority: await waits(town, citizen, priority=priority) for priority, citizen in wanted.items()}
    first, *taken = await claimed(town, limit=3)
    assert first.id == rows[Priority.GROUP].id
    assert [row.id for row in taken] == [rows[Priority.NOW].id, rows[Priority.CARD].id]
    assert [row.id for row in await claimed(town)] == [rows[Priority.REMINDER].id, rows[Priority.DIGEST].id]


async def test_within_a_chat_no_priority_overtakes(town: Town) -> None:
    driver = town.citizen("Lái xe")
    digest = await waits(town, driver, priority=Priority.DIGEST)
    await waits(town, driver, priority=Priority.NOW)
    assert [row.id for row in await claimed(town)] == [digest.id]


async def test_a_lease_keeps_others_away_until_it_runs_out(town: Town) -> None:
    row = await waits(town, town.citizen("Lái xe"))
    assert len(await claimed(town)) == 1
    town.clock.passes(seconds=59)
    assert not await claimed(town)
    town.clock.passes(seconds=1)
    assert [one.id for one in await claimed(town)] == [row.id]


async def test_the_start_of_a_single_process_frees_what_a_dead_one_had_in_hand(town: Town) -> None:
    row = await waits(town, town.citizen("Lái xe"))
    await claimed(town)
    await town.db.write(lambda db: outbox.release_leases(db, town.clock.now()))
    assert [one.id for one in await claimed(town)] == [row.id]


async def test_one_slow_chat_does_not_hold_up_the_others(town: Town) -> None:
    slow, quick = town.citizen("Chậm"), town.citizen("Nhanh")
    await slow.says("/trogiup")
    await quick.says("/trogiup")
    town.channel.verdicts[slow.chat_id] = [TryAgain(MINUTE, "429")]
    await slow.says("/phieu")
    await quick.says("/phieu")
    assert (len(slow.reads()), len(quick.reads())) == (1, 2)
    town.clock.passes(minutes=1)
    await town.settles()
    assert len(slow.reads()) == 2


@pytest.mark.parametrize(("cards", "messages"), [(3, 3), (4, 1), (30, 1)])
async def test_a_burst_for_a_group_becomes_one_list(town: Town, cards: int, messages: int) -> None:
    office = await town.staff("Văn phòng", Role.OFFICE)
    await office.says("/nhom HN", group="-1")
    before = len(town.channel.chats["-1"])
    town.channel.verdicts["-1"] = [TryAgain(MINUTE, "429")]
    for number in range(cards):
        await town.citizen(f"Lái xe {number}").says(f"Hữu Nghị: kẹt xe {number}")
    town.clock.passes(minutes=1)
    await town.settles()
    new = town.channel.chats["-1"][before:]
    assert len(new) == messages
    codes = [ticket.code for ticket in await town.tickets()]
    assert all(any(code[-4:] in bubble.text for bubble in new) for code in codes)


@pytest.mark.parametrize(("cards", "messages"), [(3, 3), (4, 1), (30, 1)])
async def test_a_burst_for_a_telephone_becomes_one_list_and_the_next_waits_a_while(
    town: Town, cards: int, messages: int
) -> None:
    an = await town.staff("An", gate="HN")
    before = len(an.reads())
    town.channel.verdicts[an.chat_id] = [TryAgain(MINUTE, "429")]
    for number in range(cards):
        await town.citizen(f"Lái xe {number}").says(f"Hữu Nghị: kẹt xe {number}")
    town.clock.passes(minutes=1)
    await town.settles()
    new = an.reads()[before:]
    assert len(new) == messages
    assert all(any(f"{number:04}" in text for text in new) for number in range(1, cards + 1))

    await town.citizen("Lái xe sau").says("Hữu Nghị: kẹt xe nữa")
    late = len(an.reads()) - before - messages
    town.clock.passes(minutes=1)
    await town.settles()
    assert late == (0 if messages == 1 else 1)
    assert f"{cards + 1:04}" in an.reads()[-1]


async def test_a_list_that_is_lost_leaves_its_tickets_to_somebody_else(town: Town) -> None:
    office, an = await town.staff("Văn phòng", Role.OFFICE), await town.staff("An", gate="HN")
    town.channel.verdicts[an.chat_id] = [TryAgain(MINUTE, "429"), GiveUp("blocked", unreachable=True)]
    for number in range(5):
        await town.citizen(f"Lái xe {number}").says(f"Hữu Nghị: kẹt xe {number}")
    before = len(office.reads())
    town.clock.passes(minutes=1)
    await town.settles()
    assert all(any(f"{n:04}" in text for text in office.reads()[before:]) for n in range(1, 6))


async def test_a_list_fills_one_message_and_the_rest_comes_in_the_next(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    small = Gathering(NoticeKind.CARDS_LIST, over=3, at_most=35)
    monkeypatch.setattr(gathering, "GATHERED", {NoticeKind.CARD: small})
    office = await town.staff("Văn phòng", Role.OFFICE)
    await office.says("/nhom HN", group="-1")
    group = next(iter(await town.db.read(lambda db: people.groups(db, "HN"))))
    for number in range(45):
        await town.citizen(f"Lái xe {number}").says(f"Chi Ma: kẹt xe {number}")
    tickets = [ticket.id for ticket in await town.tickets()]
    cards = [Notice(NoticeKind.CARD, group.id, ticket, {"fresh": True}) for ticket in tickets]
    await town.db.write(lambda db: outbox.add(db, cards, town.clock.now()))
    before = len(town.channel.chats["-1"])
    await town.settles()
    first, second = (bubble.text for bubble in town.channel.chats["-1"][before:])
    assert (first.count("Ùn tắc"), second.count("Ùn tắc")) == (35, 10)
