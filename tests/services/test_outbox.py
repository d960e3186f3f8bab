"""What a channel said of a notice, written down: each verdict, and what follows from it."""

import asyncio
from datetime import timedelta

import pytest
import sqlalchemy as sa

from bot.payloads import Action, write
from core.events import EventKind
from core.notices import NoticeKind
from core.people import Role
from core.ticket import Status
from services import outbox as post
from services.sender import ChannelFacts, Delivery, GiveUp, MovedTo, Sent, TryAgain, Verdict
from storage import outbox
from storage.outbox import Row
from storage.schema import outbox as table
from tests.outbox_rows import claimed, settle, stored, waits
from tests.town import Town


async def test_sent_is_written_down_once_with_the_platforms_own_id(town: Town) -> None:
    row = await waits(town, town.citizen("Lái xe"))
    await settle(town, row, Sent("m77"))
    await settle(town, row, Sent("m78"))
    kept = await stored(town, row)
    assert (kept.status, kept.provider_id, kept.sent_at) == ("sent", "m77", town.clock.now())


async def test_a_part_of_a_long_text_leaves_the_rest_first_in_its_chat(town: Town) -> None:
    driver = town.citizen("Lái xe")
    row = await waits(town, driver)
    await waits(town, driver)
    await settle(town, row, Sent("m1", more=True))
    kept = await stored(town, row)
    assert (kept.status, kept.part, kept.attempts) == ("waiting", 1, 0)
    assert [one.id for one in await claimed(town)] == [row.id]


async def test_the_platforms_own_wait_is_kept_to_the_second_and_is_no_failure(town: Town) -> None:
    row = await waits(town, town.citizen("Lái xe"))
    for _ in range(30):
        await settle(town, row, TryAgain(timedelta(seconds=17), "429"))
    kept = await stored(town, row)
    assert (kept.status, kept.attempts, kept.error) == ("waiting", 0, "429")
    assert kept.next_try_at == town.clock.now() + timedelta(seconds=17)


async def test_without_a_wait_of_its_own_the_pause_doubles_up_to_ten_minutes(town: Town) -> None:
    row = await waits(town, town.citizen("Lái xe"))
    pauses = []
    for _ in range(11):
        await settle(town, row, TryAgain())
        kept = await stored(town, row)
        pauses.append((kept.next_try_at - town.clock.now()).total_seconds())
        [row] = await town.db.read(lambda db, of=row.identity_id: outbox.waiting_of(db, of))
    assert pauses == [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 600]


async def test_the_twelfth_failure_is_given_up_loudly(town: Town) -> None:
    row = await waits(town, town.citizen("Lái xe"))
    for _ in range(12):
        await settle(town, row, TryAgain(reason="TimedOut"))
        row = next(iter(await town.db.read(lambda db, of=row.identity_id: outbox.waiting_of(db, of))), row)
    kept = await stored(town, row)
    assert (kept.status, kept.error) == ("failed", "tried 12 times: TimedOut")


async def test_a_channel_that_was_off_for_days_uses_up_no_tries(town: Town) -> None:
    row = await waits(town, town.citizen("Lái xe"))
    silent = post.Post(town.db, town.cfg, {}, post.Clock(town.clock.now))
    for _ in range(20):
        town.clock.passes(minutes=11)
        assert await silent.send_all() == 1
    assert (await stored(town, row)).attempts == 0
    town.clock.passes(minutes=11)
    await town.settles()
    assert (await stored(town, row)).status == "sent"


async def test_a_moved_group_gets_the_same_message_at_its_new_address_and_all_that_follows(
    town: Town,
) -> None:
    office, an = await town.staff("Văn phòng", Role.OFFICE), await town.staff("An", gate="HN")
    await office.says("/nhom HN", group="-1")
    town.channel.verdicts["-1"] = [MovedTo("-1001")]
    await town.citizen("Lái xe").says("Hữu Nghị: kẹt xe")
    assert [bubble.text.count("kẹt xe") for bubble in town.channel.chats["-1001"]] == [1]
    await an.presses("Nhận xử lý")
    assert "An" in town.channel.chats["-1001"][0].text
    await town.citizen("Lái xe hai").says("Hữu Nghị: bãi ngập rác")
    assert "ngập rác" in town.channel.chats["-1001"][-1].text


async def test_given_up_says_so_and_the_next_notice_goes_on(town: Town) -> None:
    driver = town.citizen("Lái xe")
    row, behind = await waits(town, driver), await waits(town, driver)
    await settle(town, row, GiveUp("Bad Request"))
    assert ((await stored(town, row)).status, (await stored(town, row)).error) == ("failed", "Bad Request")
    assert [one.id for one in await claimed(town)] == [behind.id]
    assert (await town.identity_of(driver)).reachable


async def test_a_blocking_sender_becomes_unreachable_and_the_holder_has_one_call_to_make(town: Town) -> None:
    driver, an = town.citizen("Lái xe"), await town.staff("An", gate="HN")
    await driver.says("Hữu Nghị: kẹt xe")
    await an.presses("Nhận xử lý")
    town.channel.verdicts[driver.chat_id] = [GiveUp("Forbidden: blocked", unreachable=True)]
    await an.presses("Trả lời")
    await an.says("Xe sẽ qua trong 30 phút.")
    assert not (await town.identity_of(driver)).reachable
    calls = [text for text in an.reads() if "Gọi điện cho người phản ánh" in text]
    assert len(calls) == 1
    assert "Xe sẽ qua trong 30 phút." in calls[0]
    await driver.says("Tôi mở lại rồi")
    assert (await town.identity_of(driver)).reachable


async def test_an_undeliverable_resolution_leaves_the_ticket_unresolved_until_a_documented_call(
    town: Town,
) -> None:
    driver, an = town.citizen("Lái xe"), await town.staff("An", gate="HN")
    await driver.says("Hữu Nghị: kẹt xe")
    await an.presses("Nhận xử lý")
    town.channel.verdicts[driver.chat_id] = [GiveUp("Forbidden: blocked", unreachable=True)]
    await an.presses("Đóng phiếu")
    await an.says("Đã điều tiết xong làn xe, mời anh qua.")
    assert (await town.ticket()).status is Status.IN_PROGRESS
    assert "unreachable" in await town.events(await town.ticket())
    await an.presses("Đã gọi điện")
    await an.says("Đã gọi 0912 345 678, anh Nam đồng ý kết quả.")
    assert (await town.ticket()).status is Status.RESOLVED


async def test_a_lost_reminder_is_nobodys_call(town: Town) -> None:
    an = await town.staff("An", gate="HN")
    await town.citizen("Lái xe").says("Hữu Nghị: kẹt xe")
    town.channel.verdicts[an.chat_id] = [GiveUp("Bad Request")]
    await town.passes(minutes=10)
    assert EventKind.UNREACHABLE not in await town.events(await town.ticket())


async def test_a_settled_row_is_left_alone_by_a_second_verdict(town: Town) -> None:
    driver, an = town.citizen("Lái xe"), await town.staff("An", gate="HN")
    await driver.says("Hữu Nghị: kẹt xe")
    await an.presses("Nhận xử lý")
    await an.presses("Đóng phiếu")
    await an.says("Đã điều tiết xong làn xe, mời anh qua.")
    chat = (await town.identity_of(driver)).id
    late = await town.db.read(
        lambda db: db.execute(
            sa.select(*outbox.ROW).where(table.c.identity_id == chat, table.c.kind == NoticeKind.RESOLVED)
        ).one()
    )
    await settle(town, Row(*late), GiveUp("late", unreachable=True))
    assert (await town.ticket()).status is Status.RESOLVED
    assert (await town.identity_of(driver)).reachable


async def test_a_long_answer_arrives_in_order_with_the_code_on_every_part(town: Town) -> None:
    town.channel.facts = ChannelFacts(
        "town", text_limit=500, per_second=100_000, per_chat_second=100_000, per_group_minute=100_000
    )
    driver, an = town.citizen("Lái xe"), await town.staff("An", gate="HN")
    await driver.says("Hữu Nghị: kẹt xe")
    await an.presses("Nhận xử lý")
    code = (await town.ticket()).code
    before = len(driver.reads())
    await an.presses_payload(write(Action.REPLY, (await town.ticket()).id))
    await an.says(" ".join(f"câu{number}" for number in range(400)))
    parts = driver.reads()[before:]
    assert len(parts) > 3
    assert all(code in part for part in parts)
    assert [part.find("câu0 ") >= 0 for part in parts].index(True) == 0
    assert "câu399" in parts[-1]


async def test_a_bug_in_the_channel_leaves_the_row_to_be_tried_again_and_the_post_running(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    driver = town.citizen("Lái xe")
    row = await waits(town, driver)

    async def broken(delivery: Delivery) -> Verdict:
        raise ZeroDivisionError

    monkeypatch.setattr(type(town.channel), "send", lambda self, delivery: broken(delivery))
    stop = asyncio.Event()
    running = asyncio.create_task(town.post.run(stop))
    for _ in range(2000):
        if (await stored(town, row)).attempts == 1:
            break
        await asyncio.sleep(0.01)
    monkeypatch.undo()
    town.clock.passes(seconds=61)
    town.post.woken.set()
    for _ in range(2000):
        if (await stored(town, row)).status == "sent":
            break
        await asyncio.sleep(0.01)
    stop.set()
    await asyncio.wait_for(running, 5)
    assert (await stored(town, row)).status == "sent"


async def test_a_notice_that_cannot_be_put_into_words_does_not_silence_its_chat(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    driver = town.citizen("Lái xe")
    row, next_one = await waits(town, driver), await waits(town, driver)
    send = type(town.channel).send

    async def broken(channel: object, delivery: Delivery) -> Verdict:
        if delivery.outbox_id == row.id:
            raise ZeroDivisionError
        return await send(town.channel, delivery)

    monkeypatch.setattr(type(town.channel), "send", broken)
    stop = asyncio.Event()
    running = asyncio.create_task(town.post.run(stop))
    for _ in range(400):
        if (await stored(town, next_one)).status == "sent":
            break
        town.clock.passes(minutes=1)
        town.post.woken.set()
        await asyncio.sleep(0.01)
    stop.set()
    await asyncio.wait_for(running, 5)
    kept = await stored(town, row)
    assert (kept.status, kept.error) == ("failed", "tried 12 times: ZeroDivisionError")
    assert (await stored(town, next_one)).status == "sent"


async def test_a_line_slower_than_the_lease_doubles_nothing(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    row = await waits(town, town.citizen("Lái xe"))
    sends, arrived = 0, asyncio.Event()

    async def slow(channel: object, delivery: Delivery) -> Verdict:
        nonlocal sends
        sends += 1
        await arrived.wait()
        return Sent("m1")

    monkeypatch.setattr(type(town.channel), "send", slow)
    stop = asyncio.Event()
    running = asyncio.create_task(town.post.run(stop))
    for _ in range(20):
        town.clock.passes(seconds=61)
        town.post.woken.set()
        await asyncio.sleep(0.02)
    arrived.set()
    stop.set()
    await asyncio.wait_for(running, 5)
    assert sends == 1
    assert (await stored(town, row)).status == "sent"
