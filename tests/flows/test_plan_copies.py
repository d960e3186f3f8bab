"""What colleagues see of a task changes with it: a button that somebody pressed is gone from everybody's newest message."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
import sqlalchemy as sa

from bot.payloads import Action, write
from core.calendar import TZ
from core.people import Role
from storage.schema import outbox
from tests.plan_cast import REPORT, Office, applies, draft, due, office, row, the_task
from tests.town import Bubble, Citizen, Town, opened_town

Desk = tuple[Town, Office]


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Desk]:
    """Friday 2/10/2026, 08:00: two tasks were told of in one morning message."""
    async with opened_town(tmp_path, datetime(2026, 10, 1, 2, 0, tzinfo=UTC)) as town:
        people = await office(town)
        plan = draft(row("1", REPORT, due(date(2026, 11, 29))), row("2", "Khảo sát", due(date(2026, 11, 29))))
        await applies(town, plan)
        await town.goes_on_until(datetime(2026, 10, 2, 8, 0, tzinfo=TZ))
        yield town, people


def labels(bubble: Bubble) -> list[str]:
    return [button.label for line in bubble.buttons for button in line]


def acknowledging(citizen: Citizen) -> list[str]:
    return [label for label in citizen.buttons() if "Đã nhận" in label]


async def test_what_one_has_taken_note_of_no_colleague_is_asked_any_more(desk: Desk) -> None:
    _, people = desk
    assert acknowledging(people.colleague) == ["Đã nhận tất cả (2)"]
    read, sent = len(people.colleague.bubbles()), people.officer.town.channel.sends
    await people.officer.presses("Đã nhận tất cả")
    assert acknowledging(people.colleague) == []
    assert acknowledging(people.officer) == []
    assert len(people.colleague.bubbles()) == read, "nobody's telephone rings for it"
    assert people.officer.town.channel.sends - sent <= 3, (
        "one edit for each message, however many tasks it shows"
    )


async def test_only_the_newest_copy_is_drawn_anew_and_with_how_far_it_is(desk: Desk) -> None:
    town, people = desk
    task = await the_task(town, "1")
    await people.colleague.presses_payload(write(Action.TASK_SHOW, task.id))
    card = people.colleague.bubbles()[-1]
    assert "Đã nhận" in labels(card)
    await people.officer.presses_payload(write(Action.TASK_ACK, task.id))
    assert "Đã nhận" not in labels(card)
    await people.officer.presses_payload(write(Action.TASK_PROGRESS, task.id, 50))
    assert "50%" in card.text
    assert card is people.colleague.bubbles()[-1]


async def test_a_task_that_is_done_keeps_no_buttons_in_anybodys_reminder(desk: Desk) -> None:
    town, people = desk
    task = await the_task(town, "1")
    await people.colleague.presses_payload(write(Action.TASK_SHOW, task.id))
    card = people.colleague.bubbles()[-1]
    await people.officer.presses_payload(write(Action.TASK_SUBMIT, task.id))
    await people.officer.says("Báo cáo số 12 ngày 02/10/2026")
    assert "Hoàn thành" not in labels(card)
    await people.head.presses("Chấp nhận")
    assert labels(card) == []
    assert "✅ Đã hoàn thành" in card.text


async def test_after_one_leader_has_decided_the_other_has_nothing_to_decide(desk: Desk) -> None:
    town, people = desk
    other = await town.staff("Lãnh đạo Hoa", Role.LEADER)
    task = await the_task(town, "1")
    await people.officer.presses_payload(write(Action.TASK_EXTEND, task.id))
    await people.officer.says("15/12/2026 vì chờ số liệu")
    assert other.newest("15/12/2026").button("Đồng ý")
    await people.leader.presses("Đồng ý")
    assert not any(one.button("Đồng ý") for one in other.bubbles())


async def test_a_copy_that_ended_before_its_last_part_is_no_message_to_draw_anew(desk: Desk) -> None:
    """The text became shorter between two of its parts: nothing was left to send, and no message has its end."""
    town, people = desk
    read = len(people.colleague.bubbles())
    chat = (await town.identity_of(people.colleague)).id
    ended = sa.update(outbox).where(outbox.c.identity_id == chat).values(provider_id="")
    await town.db.write(lambda db: db.execute(ended).rowcount)
    await people.officer.presses("Đã nhận tất cả")
    assert len(people.colleague.bubbles()) == read


async def test_where_nothing_can_be_edited_no_colleague_gets_one_more_message(desk: Desk) -> None:
    town, people = desk
    town.channel.facts = replace(town.channel.facts, edits=False)
    read = len(people.colleague.bubbles())
    sent = town.channel.sends
    await people.officer.presses("Đã nhận tất cả")
    assert len(people.colleague.bubbles()) == read
    assert town.channel.sends - sent <= 2
