"""Plans that come in a chat, when the program itself is in trouble: nothing ends, and whoever sent the file hears of it."""

import asyncio
from collections.abc import Callable
from datetime import date
from typing import Any

import pytest

from bot.inbound import File
from core.people import Role
from core.plan import Draft
from services import planning, waiting
from services.plan_intake import PlanReader
from services.reference import Reference
from storage.database import Unavailable
from tests.plan_cast import REPORT, draft, due, row
from tests.town import Town

PLAN = File("document", "plan", "ke-hoach.txt", size=4)


def read(data: bytes, name: str, ref: Reference) -> Draft:
    return draft(row("1", REPORT, due(date(2026, 12, 20))))


async def test_a_plan_that_cannot_be_kept_is_told_and_ends_nothing(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    clerk = await town.staff("Dung", Role.OFFICE)
    town.plan_reader.read = read
    town.channel.files["plan"] = b"1 20"
    with monkeypatch.context() as broken:
        broken.setattr(planning, "keep_draft", lambda *_: 1 // 0)
        await clerk.sends("document", files=(PLAN,))
    assert not clerk.sees("Dự thảo nhiệm vụ")
    assert clerk.sees("«ke-hoach.txt»")
    assert await town.plan_reader.read_waiting() == 0, "it is not tried for ever"


async def test_a_database_that_cannot_work_is_waited_out(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(waiting, "TROUBLE_SECONDS", 0.01)
    stop, looks = asyncio.Event(), 0
    reader = PlanReader(town.db, {}, town.clock.now)

    async def troubled(errand: Callable[..., Any]) -> Any:
        nonlocal looks
        looks += 1
        if looks == 1:
            raise Unavailable("OperationalError")
        stop.set()
        return []

    monkeypatch.setattr(town.db, "read", troubled)
    await asyncio.wait_for(reader.run(stop), 30)
    assert looks == 2
