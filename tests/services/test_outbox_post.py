"""The way out: who waits for whom, what a wait costs, what is done when nothing can arrive."""

import asyncio
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from core.notices import Notice, NoticeKind
from services import outbox as post
from services.sender import ChannelFacts, GiveUp, MovedTo, TryAgain
from storage import outbox
from storage.database import Connection, Database
from storage.outbox import Row
from tests.town import Citizen, Town

CUT_OFF = TryAgain(reason="NetworkError")


async def test_a_notice_held_back_on_purpose_delays_nothing_behind_it(town: Town) -> None:
    leader = await town.staff("Lãnh đạo")
    chat = (await town.identity_of(leader)).id
    now, morning = town.clock.now(), town.clock.now() + timedelta(hours=9)
    await town.db.write(lambda db: outbox.add_delayed(db, Notice(NoticeKind.HELP, chat), now, morning))
    await leader.says("/trogiup")
    assert leader.sees("Trợ giúp") or leader.sees("/viec")
    assert await town.db.read(lambda db: outbox.next_try_at(db, now)) == morning


async def test_what_was_tried_and_failed_keeps_its_place(town: Town) -> None:
    driver = town.citizen("Lái xe")
    town.channel.verdicts[driver.chat_id] = [TryAgain(timedelta(seconds=30), "429")]
    await driver.says("Hữu Nghị: kẹt xe")
    await driver.says("/trogiup")
    assert not driver.reads()
    town.clock.passes(seconds=30)
    await town.settles()
    assert "Mã phiếu" in driver.reads()[0]
    assert len(driver.reads()) == 2


async def test_nothing_is_looked_at_while_a_chat_has_to_wait(town: Town) -> None:
    driver = town.citizen("Lái xe")
    town.channel.verdicts[driver.chat_id] = [TryAgain(timedelta(seconds=30), "429")]
    await driver.says("Hữu Nghị: kẹt xe")
    await driver.says("/trogiup")
    now = town.clock.now()
    assert await town.db.read(lambda db: outbox.next_try_at(db, now)) == now + timedelta(seconds=30)


async def test_a_row_whose_chat_is_full_goes_back_and_is_no_failure(town: Town) -> None:
    town.channel.facts = ChannelFacts("town", per_second=1000, per_chat_second=0.1)
    town.post = post.Post(town.db, town.worker.cfg, {"town": town.channel}, post.Clock(town.clock.now))
    driver = town.citizen("Lái xe")
    await driver.says("Hữu Nghị: kẹt xe")
    await driver.says("/trogiup")
    await driver.says("/ngonngu")
    waiting = await _waiting(town, driver)
    assert [row.attempts for row in waiting] == [0, 0]
    assert len(driver.reads()) == 1
    town.clock.passes(seconds=11)
    claimed = await town.db.write(lambda db: outbox.claim(db, town.clock.now(), timedelta(seconds=60)))
    assert [row.id for row in claimed] == [waiting[0].id]


async def test_an_answer_is_given_up_after_half_an_hour_and_a_card_after_a_day(town: Town) -> None:
    driver, khue = town.citizen("Lái xe"), await town.staff("Khuê", gate="HN")
    await driver.says("Hữu Nghị: kẹt xe")
    await khue.presses("Nhận xử lý")
    town.channel.verdicts[driver.chat_id] = [CUT_OFF] * 12
    await khue.presses("Trả lời")
    await khue.says("Xe sẽ qua trong 30 phút.")
    await town.passes(minutes=1)
    for _ in range(12):
        town.clock.passes(minutes=10)
        await town.settles()
    assert khue.sees("Gọi điện cho người phản ánh")

    town.channel.verdicts[khue.chat_id] = [CUT_OFF] * 40
    await town.citizen("Lái xe hai").says("Hữu Nghị: thu phí sai")
    for _ in range(45):
        town.clock.passes(minutes=10)
        await town.settles()
    assert khue.sees("thu phí sai")


async def test_a_blocked_chat_turns_what_waits_into_calls_of_the_holder(town: Town) -> None:
    driver, khue = town.citizen("Lái xe"), await town.staff("Khuê", gate="HN")
    await driver.says("Hữu Nghị: kẹt xe")
    await khue.presses("Nhận xử lý")
    town.channel.verdicts[driver.chat_id] = [TryAgain(timedelta(minutes=5), "429")]
    await khue.presses("Trả lời")
    await khue.says("Xe sẽ qua trong 30 phút.")
    await driver.blocks()
    assert "Xe sẽ qua trong 30 phút." in khue.newest("Gọi điện cho người phản ánh").text
    assert not await _waiting(town, driver)


async def test_a_refused_message_is_given_up_and_the_next_one_goes(town: Town) -> None:
    driver = town.citizen("Lái xe")
    town.channel.verdicts[driver.chat_id] = [GiveUp("Bad Request: nothing to say")]
    await driver.says("Hữu Nghị: kẹt xe")
    await driver.says("/phieu")
    assert len(driver.reads()) == 1


async def test_a_burst_becomes_one_list_in_the_group_and_edits_stay_edits(town: Town) -> None:
    group, khue = await _group(town), await town.staff("Khuê", gate="HN")
    await town.citizen("Lái xe 0").says("Hữu Nghị: kẹt xe số 0")
    for number in range(1, 6):
        town.channel.verdicts[group] = [TryAgain(timedelta(minutes=1), "429")]
        await town.citizen(f"Lái xe {number}").says(f"Hữu Nghị: kẹt xe số {number}")
    await khue.presses_payload(khue.newest("kẹt xe số 0").button("Nhận xử lý").payload)  # type: ignore[union-attr]
    town.channel.verdicts[group] = []
    town.clock.passes(minutes=2)
    await town.settles()
    shown = [bubble.text for bubble in town.channel.chats[group]]
    assert len(shown) == 3  # linked, the first card, the list
    assert "Đang xử lý: Khuê" in shown[1]
    assert all(f" 000{number} · " in shown[2] for number in range(2, 7))


class _LateNews:
    """A database whose callers hear of their commit only when the loop has looked at the outbox once more."""

    def __init__(self, db: Database) -> None:
        self.db, self.read, self.is_sqlite, self.woken = db, db.read, db.is_sqlite, asyncio.Event()

    async def write(self, errand: Callable[[Connection], Any]) -> Any:
        told = await self.db.write(errand)
        if not isinstance(told, list):  # a claim
            self.woken.set()
            await asyncio.sleep(0.05)
        return told


async def test_what_is_free_again_at_once_waits_for_no_lease(town: Town) -> None:
    khue = await town.staff("Khuê", gate="HN")
    chat, before = (await town.identity_of(khue)).id, len(khue.reads())
    town.channel.verdicts[khue.chat_id] = [MovedTo(khue.chat_id)] * 3
    late = _LateNews(town.db)
    loop = post.Post(late, town.worker.cfg, {"town": town.channel}, post.Clock(town.clock.now))  # type: ignore[arg-type]
    late.woken, stop = loop.woken, asyncio.Event()
    now = town.clock.now()
    await town.db.write(lambda db: outbox.add_delayed(db, Notice(NoticeKind.HELP, chat), now, now))
    running = asyncio.create_task(loop.run(stop))
    for _ in range(250):
        if not await _waiting(town, khue):
            break
        await asyncio.sleep(0.02)
    stop.set()
    loop.woken.set()
    await running
    assert len(khue.reads()) == before + 1


async def _waiting(town: Town, citizen: Citizen) -> list[Row]:
    chat = await town.identity_of(citizen)
    return list(await town.db.read(lambda db: outbox.waiting_of(db, chat.id)))


async def _group(town: Town) -> str:
    from core.people import Role

    office = await town.staff("Hà", Role.OFFICE)
    await office.says("/nhom HN", group="-77")
    return "-77"
