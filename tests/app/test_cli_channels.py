"""`hotline people channels`: the chats of one person and which of them is preferred."""

import asyncio
import json
from collections.abc import Callable
from typing import Any

from typer.testing import Result

from app.program import opened
from app.settings import load_settings
from core.ids import PersonId
from core.people import Role
from storage import people

Run = Callable[..., Result]


async def with_two_chats() -> tuple[int, list[int]]:
    async with opened(load_settings()) as program:
        now = program.clock.now()

        def errand(db: Any) -> tuple[PersonId, list[int]]:
            an = people.add_person(db, "Nguyễn Thị An", Role.DUTY, now)
            made = [people.add_identity(db, an, channel, "bot", "7", now) for channel in ("zalo", "web")]
            return an, [chat.id for chat in made]

        return await program.db.write(errand)


def listed(result: Result) -> dict[int, bool]:
    assert result.exit_code == 0, result.stderr
    return {chat["id"]: chat["preferred"] for chat in json.loads(result.stdout)}


def test_the_chats_of_a_person_are_listed_and_one_is_preferred(hotline: Run, here: object) -> None:
    an, (zalo, web) = asyncio.run(with_two_chats())
    assert listed(hotline("people", "channels", str(an), "--json")) == {zalo: False, web: False}
    assert listed(hotline("people", "channels", str(an), "--prefer", str(zalo), "--json"))[zalo]
    table = hotline("people", "channels", str(an)).stdout
    assert all(words in table for words in ("Nguyễn Thị An", "zalo", "web", str(web), "có"))
    assert listed(hotline("people", "channels", str(an), "--prefer", "0", "--json")) == {
        zalo: False,
        web: False,
    }


def test_a_chat_of_somebody_else_and_nobody_are_refused_in_words(hotline: Run, here: object) -> None:
    an, _ = asyncio.run(with_two_chats())
    foreign = hotline("people", "channels", str(an), "--prefer", "12345")
    assert foreign.exit_code == 1
    assert "không có kênh chat nào mang mã số này" in foreign.stderr
    assert hotline("people", "channels", "999").exit_code == 1
