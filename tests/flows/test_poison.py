"""An update that our code fails on: set aside after three tries, told once, handled after the mending as if it had just come."""

import asyncio
import json
import subprocess
import sys
from typing import Any

import pytest

from core.people import Role
from services import complaints
from tests.app.running import environment, free_port
from tests.telegram_line import MORNING, Line

take_message = complaints.take_message


async def test_a_poison_update_is_set_aside_told_once_and_replayed_after_the_mending(
    line: Line, monkeypatch: pytest.MonkeyPatch
) -> None:
    admin, khue = await line.staff("Quân", Role.ADMIN, None), await line.staff("Khuê")
    other, driver = line.double.user("Lái xe Lan"), line.double.user("Lái xe Nam")
    await line.rests()

    with monkeypatch.context() as broken:
        broken.setattr(complaints, "take_message", _fails_on_a_comma)
        await driver.says("Hữu Nghị: kẹt xe ở barie, xe rau hỏng mất")
        await other.says("Hữu Nghị: thu phí sai")
        await other.waits_for("Mã phiếu")  # nobody waits behind it
        await driver.waits_for("trục trặc", seconds=20)
        told = await admin.waits_for("không xử lý được", seconds=20)
        await driver.says("Hữu Nghị: vẫn kẹt")
        await driver.waits_for("Mã phiếu")  # and the next one of its chat goes on
        await line.rests()
        (poison,) = json.loads(await _hotline(line, "inbox", "list", "--json"))
        seen = {
            check["name"]: check for check in json.loads(await _hotline(line, "doctor", "--json"))["checks"]
        }

    said = await _hotline(line, "inbox", "retry", str(poison["id"]))
    await khue.waits_for("xe rau hỏng mất", seconds=20)
    await line.rests()

    assert str(poison["id"]) in told.text
    assert (poison["channel"], poison["error"]) == ("telegram", "ZeroDivisionError")
    assert "1 bị gạt ra" in seen["inbox"]["message"]
    assert "trở lại hàng chờ" in said
    assert len([text for text in admin.messages() if "không xử lý được" in text]) == 1
    assert "rau" not in json.dumps([poison, seen], ensure_ascii=False)
    opened = {ticket.sender_id: await line.words(ticket, "in") for ticket in await line.tickets()}
    assert sorted(map(sorted, opened.values())) == [
        ["Hữu Nghị: kẹt xe ở barie, xe rau hỏng mất", "Hữu Nghị: vẫn kẹt"],
        ["Hữu Nghị: thu phí sai"],
    ]


def _fails_on_a_comma(*given: Any) -> None:
    if "," in given[2].text:
        raise ZeroDivisionError(given[2].text)
    take_message(*given)


async def _hotline(line: Line, *words: str) -> str:
    """A command beside the running program."""
    settings = {"HOTLINE_DATA_DIR": str(line.program.settings.data_dir), "HOTLINE_CLOCK_START": MORNING}
    made = await asyncio.to_thread(
        subprocess.run,
        [sys.executable, "-m", "app", *words],
        env=environment(free_port(), **settings),
        capture_output=True,
        encoding="utf-8",
        timeout=60,
        check=False,
    )
    assert "Traceback" not in made.stderr
    return str(made.stdout)
