"""Notices go to the preferred chat, then to the next that can be reached; each once, in order; a call only when none is left."""

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from core.notices import Notice, NoticeKind
from core.people import Role
from core.ticket import Status
from services import settling
from services.sender import GiveUp, Sent, TryAgain, Verdict
from storage import outbox, people
from storage.database import Connection
from storage.schema import outbox as table
from tests.chats_cast import (
    ANSWER,
    BLOCKED,
    QUESTION,
    RESULT,
    SHUT,
    answers,
    closes,
    links,
    taken,
    town_with_a_page,
)
from tests.town import Citizen, Town


@pytest.fixture
async def town(tmp_path: Path) -> AsyncIterator[Town]:
    async with town_with_a_page(tmp_path) as opened:
        yield opened


async def two_chats(town: Town) -> tuple[Citizen, Citizen, Citizen]:
    """(the telephone used first, the one used last, An who has the ticket): neither shows what the other was told."""
    old, new = town.citizen("Lái xe"), town.citizen("Lái xe")
    an = await taken(town, old)
    await links(old, new)
    return old, new, an


async def chosen(somebody: Citizen, label: str) -> None:
    await somebody.says("/kenh")
    await somebody.presses(label)


async def given_up(town: Town) -> int:
    failed = sa.select(sa.func.count()).where(table.c.status == "failed")
    return int(await town.db.read(lambda db: db.execute(failed).scalar_one()))


async def test_the_chat_used_last_is_written_to(town: Town) -> None:
    old, new, an = await two_chats(town)
    await answers(an)
    assert new.sees(ANSWER)
    assert not old.sees(ANSWER)


async def test_a_preferred_chat_is_written_to_whatever_was_used_last(town: Town) -> None:
    old, new, an = await two_chats(town)
    await chosen(old, "Ưu tiên 1.")
    assert "được ưu tiên" in old.newest("Các kênh").text
    town.clock.passes(minutes=1)
    await new.says("/trogiup")
    await answers(an)
    assert old.sees(ANSWER)
    assert not new.sees(ANSWER)


async def test_the_choice_can_be_taken_back(town: Town) -> None:
    old, new, an = await two_chats(town)
    await chosen(old, "Ưu tiên 1.")
    town.clock.passes(minutes=1)
    await chosen(new, "Gửi tới kênh dùng gần nhất")
    assert "Chưa chọn kênh ưu tiên" in new.newest("Các kênh").text
    await answers(an)
    assert new.sees(ANSWER)


@pytest.mark.parametrize("verdict", [BLOCKED, SHUT])
async def test_an_answer_that_cannot_go_here_goes_there_and_nobody_has_to_call(
    town: Town, verdict: GiveUp
) -> None:
    old, new, an = await two_chats(town)
    town.channel.verdicts[new.chat_id] = [verdict]
    await answers(an)
    assert old.reads().count(old.newest(ANSWER).text) == 1
    assert not an.sees("Gọi điện")
    assert await given_up(town) == 0
    assert (await town.identity_of(new)).reachable is (verdict is SHUT)


async def test_a_question_and_a_result_count_as_delivered_where_they_arrived(town: Town) -> None:
    old, new, an = await two_chats(town)
    town.channel.verdicts[new.chat_id] = [SHUT]
    await an.presses("Hỏi thêm")
    await an.says(QUESTION)
    assert old.sees(QUESTION)
    assert (await town.ticket()).status is Status.WAITING_SENDER
    await old.says("Bãi Xuân Cương")
    town.channel.verdicts[old.chat_id] = [BLOCKED]
    await closes(an)
    assert new.sees(RESULT)
    ticket = await town.ticket()
    assert ticket.status is Status.RESOLVED
    assert ticket.resolution_delivered_at is not None


async def test_when_no_chat_is_left_somebody_calls(town: Town) -> None:
    old, new, an = await two_chats(town)
    town.channel.verdicts[new.chat_id] = [SHUT]
    town.channel.verdicts[old.chat_id] = [SHUT]
    await answers(an)
    assert an.newest("84912345678").button("Đã gọi điện") is not None
    assert town.channel.verdicts == {new.chat_id: [], old.chat_id: []}, "tried once each, and no third time"


async def test_what_waited_for_a_lost_chat_follows_in_its_order(town: Town) -> None:
    old, new, an = await two_chats(town)
    words = [f"Tin số {n}." for n in range(1, 4)]
    town.channel.verdicts[new.chat_id] = [TryAgain(reason="down")]
    for one in words:
        await answers(an, one)
    assert not any("Tin số" in text for text in (*old.reads(), *new.reads()))
    await new.blocks()
    told = [text for text in old.reads() if "Tin số" in text]
    assert [next(one for one in words if one in text) for text in told] == words
    assert not an.sees("Gọi điện")


async def test_what_answers_a_press_is_said_to_no_other_chat(town: Town) -> None:
    old, new, _ = await two_chats(town)
    seen = len(old.reads())
    town.channel.verdicts[new.chat_id] = [BLOCKED]
    await new.says("/trogiup")
    assert len(old.reads()) == seen


async def test_a_preferred_chat_that_comes_back_is_used_again(town: Town) -> None:
    old, new, an = await two_chats(town)
    await chosen(old, "Ưu tiên 1.")
    await old.blocks()
    await answers(an, "Tin thứ nhất.")
    assert new.sees("Tin thứ nhất.")
    await new.says("/kenh")
    assert "không gửi tới được" in new.newest("Các kênh").text
    await old.says("/trogiup")
    town.clock.passes(minutes=1)
    await new.says("/trogiup")
    await answers(an, "Tin thứ hai.")
    assert old.sees("Tin thứ hai.")
    assert not new.sees("Tin thứ hai.")


async def test_a_platform_that_is_away_for_long_is_gone_around(town: Town) -> None:
    old, new, an = await two_chats(town)
    town.channel.verdicts[new.chat_id] = [TryAgain(timedelta(hours=1), "quota", whole_bot=False)]
    await answers(an)
    assert old.sees(ANSWER)


async def test_short_waits_that_do_not_end_are_gone_around_after_ten_minutes(town: Town) -> None:
    old, new, an = await two_chats(town)
    town.channel.verdicts[new.chat_id] = [TryAgain(timedelta(minutes=2), "401")] * 9
    await answers(an)
    for _ in range(5):
        assert not old.sees(ANSWER)
        town.clock.passes(minutes=2)
        await town.settles()
    assert old.sees(ANSWER)


async def test_a_short_wait_is_waited_out(town: Town) -> None:
    old, new, an = await two_chats(town)
    town.channel.verdicts[new.chat_id] = [TryAgain(timedelta(seconds=17), "429")]
    await answers(an)
    assert not old.sees(ANSWER)
    town.clock.passes(seconds=18)
    await town.settles()
    assert new.sees(ANSWER)
    assert not old.sees(ANSWER)


async def test_a_channel_that_is_switched_off_is_gone_around(town: Town) -> None:
    phone, page = town.citizen("Lái xe"), town.citizen("Lái xe", channel="web")
    an = await taken(town, phone)
    await links(phone, page)
    del town.post.senders["web"]  # type: ignore[attr-defined]
    await answers(an)
    assert phone.sees(ANSWER)


async def test_a_card_goes_to_the_officers_next_chat_with_its_button(town: Town) -> None:
    an, phone = await town.staff("An", gate="HN"), town.citizen("An, máy kia")
    await links(an, phone)
    town.channel.verdicts[phone.chat_id] = [BLOCKED]
    await town.citizen("Lái xe").says("Hữu Nghị: xe chờ lâu")
    await an.presses("Nhận xử lý")
    assert (await town.ticket()).holder_id == an.person_id


async def test_the_first_notice_after_a_lost_chat_says_why_it_comes_here(town: Town) -> None:
    an, phone = await town.staff("An", gate="HN"), town.citizen("An", channel="web")
    await links(an, phone)
    town.channels["web"].verdicts[phone.chat_id] = [BLOCKED]
    for number in range(2):
        await town.citizen("Lái xe").says(f"Hữu Nghị: xe thứ {number} chờ lâu")
    assert "của đồng chí không nhận được tin nữa" in an.newest("xe thứ 0").text
    assert sum("không nhận được tin nữa" in text for text in an.reads()) == 1
    await an.presses("Nhận xử lý")
    assert all("không nhận được tin nữa" not in text for text in an.reads()[-1:])


async def test_a_driver_who_blocked_one_chat_reads_why_the_answer_comes_to_the_other(town: Town) -> None:
    old, new, an = await two_chats(town)
    await new.blocks()
    assert not old.sees("không nhận được tin nữa"), "nothing waited, so nothing has to be said"
    town.channel.verdicts[old.chat_id] = []
    await new.says("/kenh")
    town.channel.verdicts[new.chat_id] = [BLOCKED]
    await answers(an)
    assert "của Anh/Chị không nhận được tin nữa" in old.newest(ANSWER).text


async def test_a_late_verdict_of_the_chat_it_was_moved_from_gives_nothing_up(town: Town) -> None:
    old, new, an = await two_chats(town)
    await an.presses("Trả lời")
    await town.stores(an._message(ANSWER))
    await town.worker.handle_waiting()
    chat = await town.identity_of(new)
    rows = await town.db.read(lambda db: outbox.waiting_of(db, chat.id))
    answer = next(row for row in rows if row.kind == NoticeKind.ANSWER)
    now = town.clock.now()
    await town.db.write(lambda db: settling.chat_lost(db, town.cfg, chat, now))
    await town.db.write(lambda db: settling.settle(db, town.cfg, answer, BLOCKED, now))
    await town.settles()
    assert old.sees(ANSWER)
    assert await given_up(town) == 0


@pytest.mark.parametrize("verdict", [Sent("7", more=True), Sent("7"), TryAgain(timedelta(hours=1))])
async def test_nothing_that_a_given_up_chat_says_late_changes_what_goes_elsewhere(
    town: Town, verdict: Verdict
) -> None:
    old, new, an = await two_chats(town)
    await an.presses("Trả lời")
    await town.stores(an._message(ANSWER))
    await town.worker.handle_waiting()
    chat, now = await town.identity_of(new), town.clock.now()
    rows = await town.db.write(lambda db: outbox.claim(db, now, timedelta(seconds=20)))
    answer = next(row for row in rows if row.kind == NoticeKind.ANSWER)
    await town.db.write(lambda db: settling.chat_lost(db, town.cfg, chat, now))
    await town.db.write(lambda db: settling.settle(db, town.cfg, answer, verdict, now))
    town.clock.passes(minutes=1)
    await town.settles()
    assert old.reads().count(old.newest(ANSWER).text) == 1


async def test_a_leaders_night_is_kept_on_the_way_elsewhere(town: Town) -> None:
    leader, phone = await town.staff("Lãnh đạo", Role.LEADER), town.citizen("Lãnh đạo, máy kia")
    await links(leader, phone)
    chat, until = await town.identity_of(phone), town.clock.now() + timedelta(hours=5)

    def held_back(db: Connection) -> None:
        notice = Notice(NoticeKind.ROSTER_EMPTY, chat.id, data={"gate": "HN"})
        outbox.add_delayed(db, notice, town.clock.now(), until)

    await town.db.write(held_back)
    await phone.blocks()
    assert not leader.sees("trực")
    town.clock.at = until
    await town.settles()
    assert leader.newest("trực")


async def test_the_database_knows_one_preferred_chat_at_most(town: Town) -> None:
    old, new, _ = await two_chats(town)
    for chat in (old, new, old):
        await chosen(chat, "Ưu tiên 1." if chat is old else "Ưu tiên")
    chats = [await town.identity_of(chat) for chat in (old, new)]
    assert sum(chat.preferred for chat in chats) == 1
    with pytest.raises(sa.exc.IntegrityError):
        await town.db.write(
            lambda db: [people.update_identity(db, chat.id, preferred=True) for chat in chats]
        )
