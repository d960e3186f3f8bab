"""/lich: who gets the address of which calendar in the chat, once, and how it is changed and withdrawn."""

import re
from collections.abc import AsyncIterator
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
import sqlalchemy as sa

from bot.payloads import Action, write
from core.ids import PersonId
from core.people import Role
from services import chats, feeds
from storage import feeds as feed_rows
from storage import people as person_rows
from storage.database import Connection
from storage.schema import outbox
from tests.plan_cast import CENTRE, OFFICE, REPORT, Office, applies, draft, due, office, row
from tests.town import Citizen, Town, opened_town

Desk = tuple[Town, Office]


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Desk]:
    """Two tasks are in force: the centre's and Văn phòng's."""
    async with opened_town(tmp_path, datetime(2026, 10, 1, 2, 0, tzinfo=UTC)) as town:
        people = await office(town)
        plan = draft(
            row("1", REPORT, due(date(2026, 11, 29)), CENTRE),
            row("2", "Lịch tiếp công dân", due(date(2026, 12, 4)), OFFICE),
        )
        await applies(town, plan)
        yield town, people


def secret_in(citizen: Citizen) -> str:
    found = re.search(r"/lich/([A-Za-z0-9_-]{22})\.ics", citizen.newest("Địa chỉ của").text)
    assert found is not None
    return found[1]


async def shown(town: Town, secret: str) -> list[str] | None:
    found = await town.db.read(lambda db: feeds.calendar(db, secret, town.clock.now()))
    return None if found is None else sorted(one.task.number for one in found.occasions)


async def test_an_officer_gets_the_units_and_ones_own(desk: Desk) -> None:
    town, people = desk
    await people.officer.says("/lich")
    assert people.officer.sees("lịch đơn vị: chưa có địa chỉ")
    assert not people.officer.sees("mọi đơn vị")

    await people.officer.presses("Tạo địa chỉ lịch đơn vị")
    assert await shown(town, secret_in(people.officer)) == ["1"]

    await people.officer.says("/lich")
    await people.officer.presses("Tạo địa chỉ lịch của tôi")
    own = secret_in(people.officer)
    assert await shown(town, own) == []
    await people.officer.says("/nhiemvu 1")
    await people.officer.presses("Đã nhận")
    assert await shown(town, own) == ["1"]


async def test_the_office_gets_every_units(desk: Desk) -> None:
    town, people = desk
    await people.clerk.says("/lich")
    await people.clerk.presses("Tạo địa chỉ lịch mọi đơn vị")
    assert await shown(town, secret_in(people.clerk)) == ["1", "2"]


async def test_a_changed_or_withdrawn_address_answers_no_more(desk: Desk) -> None:
    town, people = desk
    await people.officer.says("/lich")
    await people.officer.presses("Tạo địa chỉ lịch đơn vị")
    first = secret_in(people.officer)
    await people.officer.says("/lich")
    await people.officer.presses("Đổi địa chỉ lịch đơn vị")
    second = secret_in(people.officer)
    assert (await shown(town, first), await shown(town, second)) == (None, ["1"])

    await people.officer.says("/lich")
    await people.officer.presses("Thu hồi lịch đơn vị")
    assert people.officer.sees("Đã thu hồi địa chỉ của lịch đơn vị")
    assert await shown(town, second) is None
    await people.officer.presses("Thu hồi lịch đơn vị")
    assert people.officer.sees("Lịch này chưa có địa chỉ")


async def test_the_secret_stands_in_no_table_in_the_clear(desk: Desk) -> None:
    town, people = desk
    await people.officer.says("/lich")
    await people.officer.presses("Tạo địa chỉ lịch đơn vị")
    secret = secret_in(people.officer)
    queued = await town.db.read(lambda db: [str(row) for row in db.execute(sa.select(outbox.c.data))])
    assert [text for text in queued if secret in text] == []
    kept = await town.db.read(lambda db: feed_rows.by_digest(db, feeds.digest_of(secret)))
    assert kept is not None
    assert secret not in kept.digest


@pytest.mark.parametrize("scope", ["mine", "unit", "all", "", "x"])
async def test_senders_and_staff_of_no_unit_get_none(desk: Desk, scope: str) -> None:
    town, people = desk
    duty, driver = await town.staff("An", Role.DUTY, gate="HN"), town.citizen("Lái xe Nam")
    await driver.says("/start")
    for stranger in (duty, driver):
        await stranger.says("/lich")
        assert "quyền" in stranger.reads()[-1]
        await stranger.presses_payload(write(Action.CALENDAR_NEW, 0, scope))
        assert "quyền" in stranger.reads()[-1]
    if scope == "all":
        await people.officer.presses_payload(write(Action.CALENDAR_NEW, 0, scope))
        assert "quyền" in people.officer.reads()[-1]


async def test_a_lost_telephone_takes_the_calendars_with_it(desk: Desk) -> None:
    town, people = desk
    await people.officer.says("/lich")
    await people.officer.presses("Tạo địa chỉ lịch đơn vị")
    secret, now = secret_in(people.officer), town.clock.now()

    def unlinks(db: Connection) -> None:
        (chat,) = person_rows.identities_of(db, PersonId(people.officer.person_id))
        chats.unlink(db, town.cfg, chat.id, now)

    await town.db.write(unlinks)
    assert await shown(town, secret) is None
