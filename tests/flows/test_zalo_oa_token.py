"""The account's permission is withdrawn in service: people are told, nothing is lost, and a new first token sets it going again."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest

from core.people import Role
from services import directory
from services.reference import reference
from storage.database import Connection
from tests.doubles.zalooa import ZaloOaDouble
from tests.web_page import House
from tests.zalo_oa_line import Hands, OaLine, open_oa_line

RECEIVED = "Mã phiếu: DDLS-261122-0001"


@pytest.fixture
async def double(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> AsyncIterator[ZaloOaDouble]:
    monkeypatch.chdir(tmp_path)  # no .env of the developer's
    monkeypatch.setattr("bot.zalo_oa.tokens.YOUNG", timedelta())
    async with ZaloOaDouble() as opened:
        yield opened


async def test_a_withdrawn_permission_is_told_and_what_waited_goes_out_with_a_new_token(
    double: ZaloOaDouble, tmp_path: Path
) -> None:
    time, driver = Hands(), double.user("Nam")
    async with open_oa_line(tmp_path, double, time) as line:
        await an_administrator_on_the_web(line)
        double.oauth.withdraws()
        await driver.says("Hữu Nghị: kẹt xe ở barie")
        ticket = await line.becomes(lambda ticket: True)
        await until_told(line)
        assert RECEIVED not in "".join(driver.messages())

    double.seed = double.oauth.consents()
    time.seconds += 180
    async with open_oa_line(tmp_path, double, time) as line:
        await driver.waits_for(RECEIVED)
        assert await line.words(ticket, "in") == ["Hữu Nghị: kẹt xe ở barie"]
    assert sum(RECEIVED in text for text in driver.messages()) == 1
    assert double.oauth.reused == 0


async def an_administrator_on_the_web(line: OaLine) -> None:
    """Somebody whom another channel reaches."""
    now = line.program.clock.now()
    added = await line.program.db.write(
        lambda db: directory.add_person(db, reference(db), "Quản trị", Role.ADMIN, now)
    )
    house = House(line.program)
    async with house.browser() as browser:
        assert (await house.signs_in(browser, added[1])).status_code in (200, 303)
    await line.rests()


async def until_told(line: OaLine) -> None:
    """Until the alarm has reached somebody, once."""

    def sent(db: Connection) -> int:
        query = "SELECT count(*) FROM outbox WHERE kind = 'channel_refused' AND status = 'sent'"
        return int(db.exec_driver_sql(query).scalar_one())

    for _ in range(500):
        if found := await line.program.db.read(sent):
            break
        await asyncio.sleep(0.02)
    assert found == 1
