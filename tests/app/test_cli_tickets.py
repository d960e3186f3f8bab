"""`hotline tickets`, `report`, `verify`, `doctor`, `backup` and `restore` over a day at the gate."""

import json
import os
import sqlite3
from collections.abc import Awaitable, Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from typer.testing import Result

from app.cli_base import LOG_FILE
from core.people import Role
from services import casework, judging, privacy
from storage import people
from storage.database import Connection
from tests.town import Citizen, Town

Run = Callable[..., Result]
Ask = Callable[..., Awaitable[Result]]
COMPLAINT = "Xe 12C-123.45 kẹt ở bãi Hữu Nghị từ sáng, gọi 0912345678"
DENUNCIATION = "Tôi tố cáo cán bộ vòi tiền luật ở Tân Thanh"


async def a_ticket(day: Town) -> tuple[Citizen, Citizen]:
    """One complaint, claimed and answered: the driver and the officer."""
    officer = await day.staff("Trần B", gate="HN")
    driver = day.citizen("Lái xe")
    await driver.says(COMPLAINT)
    await officer.presses("Nhận xử lý")
    await officer.presses("Trả lời")
    await officer.says("Bãi đang điều xe, 30 phút nữa tới lượt anh.")
    return driver, officer


async def test_a_ticket_is_listed_and_shown(day: Town, ask: Ask) -> None:
    await a_ticket(day)
    code = (await day.ticket()).code

    listed = json.loads((await ask("tickets", "list", "--json")).stdout)
    shown = json.loads((await ask("tickets", "show", code.lower(), "--json")).stdout)
    said = (await ask("tickets", "show", code)).stdout

    assert [(row["code"], row["status"], row["holder"]) for row in listed] == [
        (code, "in_progress", "Trần B")
    ]
    assert [event["kind"] for event in shown["history"]][:3] == ["opened", "promised", "claimed"]
    assert all(len(event["hash"]) == 12 for event in shown["history"])
    assert shown["messages"][0]["text"] == COMPLAINT
    assert "key" not in shown
    assert COMPLAINT in said


async def test_only_open_tickets_when_asked_for(day: Town, ask: Ask) -> None:
    assert json.loads((await ask("tickets", "list", "--open", "--json")).stdout) == []

    await a_ticket(day)

    assert len(json.loads((await ask("tickets", "list", "--open", "--json")).stdout)) == 1


async def test_an_unknown_code_is_refused(day: Town, ask: Ask) -> None:
    result = await ask("tickets", "show", "DDLS-000000-0001")

    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr == "Không có phiếu nào mang mã “DDLS-000000-0001”.\n"


async def test_sealed_words_are_nowhere(day: Town, ask: Ask) -> None:
    await day.staff("Văn phòng", Role.OFFICE)
    await day.citizen("Người tố cáo").says(DENUNCIATION)
    code = (await day.ticket()).code

    outputs = [
        (await ask("tickets", "show", code)).stdout,
        (await ask("tickets", "show", code, "--json")).stdout,
        (await ask("tickets", "list", "--json")).stdout,
    ]

    assert "niêm phong" in outputs[0]
    assert all("vòi tiền" not in text and "Người tố cáo" not in text for text in outputs)


async def test_a_whole_history_verifies(day: Town, ask: Ask) -> None:
    await a_ticket(day)

    result = await ask("verify")

    assert result.exit_code == 0, result.stderr
    assert result.stdout.startswith("Nguyên vẹn: 1 phiếu")


@pytest.mark.parametrize("is_petition", [True, False])
async def test_a_petition_verifies_sealed_and_unsealed(day: Town, ask: Ask, is_petition: bool) -> None:
    office = await day.staff("Văn phòng", Role.OFFICE)
    await day.citizen("Người tố cáo").says(DENUNCIATION)
    ticket, chat = await day.ticket(), await day.identity_of(office)

    def decide(db: Connection) -> None:
        reader = people.person(db, office.person_id)
        assert reader is not None
        act = casework.Act(chat, reader, ticket.id)
        judging.decide_petition(db, day.cfg, act, is_petition, day.clock.now())

    await day.db.write(decide)
    shown = json.loads((await ask("tickets", "show", ticket.code, "--json")).stdout)
    result = await ask("verify")

    assert result.exit_code == 0, result.stderr
    assert shown["messages"][0]["text"] == (None if is_petition else DENUNCIATION)


async def test_erased_words_leave_a_history_that_verifies(day: Town, ask: Ask) -> None:
    driver, _ = await a_ticket(day)
    sender = (await day.identity_of(driver)).person_id

    def erase(db: Connection) -> None:
        person = people.person(db, sender or 0)
        assert person is not None
        privacy.erase(db, day.cfg, person, day.clock.now())

    await day.passes(days=10)
    await day.db.write(erase)
    await day.passes(days=10)
    result = await ask("verify")

    assert result.exit_code == 0, result.stderr


@pytest.mark.parametrize(
    ("forgery", "sentence"),
    [
        (
            "UPDATE ticket_events SET at = '2026-01-01 00:00:00' WHERE seq = 2",
            "sự kiện 2: sự kiện này đã bị sửa",
        ),
        ("UPDATE ticket_events SET data = '{}' WHERE seq = 1", "sự kiện 1: sự kiện này đã bị sửa"),
        ("UPDATE ticket_events SET data = 'rubbish' WHERE seq = 1", "sự kiện 1: sự kiện này đã bị sửa"),
        ("UPDATE ticket_events SET data = '[]' WHERE seq = 1", "sự kiện 1: sự kiện này đã bị sửa"),
        ("UPDATE ticket_events SET kind = 'nonsense' WHERE seq = 3", "sự kiện 3: sự kiện này đã bị sửa"),
        ("DELETE FROM ticket_events WHERE seq = 2", "sự kiện 2: thiếu sự kiện này"),
        (
            "DELETE FROM ticket_events WHERE seq = (SELECT max(seq) FROM ticket_events)",
            "lịch sử bị cắt từ sự kiện này",
        ),
        ("UPDATE tickets SET history_head = 'x'", "dấu cuối của lịch sử khác"),
        ("UPDATE messages SET text = 'khác' WHERE direction = 'in'", "đã bị sửa"),
        ("UPDATE counters SET value = value + 1", "phiếu này đã được cấp mã nhưng không còn"),
    ],
)
async def test_a_forgery_is_found_at_its_place(day: Town, ask: Ask, forgery: str, sentence: str) -> None:
    await a_ticket(day)
    code = (await day.ticket()).code
    with closing(sqlite3.connect("town.db")) as raw:
        raw.execute(forgery)
        raw.commit()

    result = await ask("verify")
    as_json = await ask("verify", "--json")

    assert (result.exit_code, as_json.exit_code) == (1, 1)
    assert sentence in result.stderr
    assert result.stderr.count("\n") == 1
    assert "261122" in result.stderr
    assert "counters" in forgery or code in result.stderr
    assert json.loads(as_json.stdout)["ok"] is False


async def test_figures_come_with_their_denominators(day: Town, ask: Ask) -> None:
    await a_ticket(day)

    found = json.loads((await ask("report", "figures", "--json")).stdout)
    said = (await ask("report", "figures", "--from", "2026-11-22", "--to", "2026-11-22")).stdout
    nothing = json.loads((await ask("report", "figures", "--to", "2026-11-21", "--json")).stdout)

    assert found["cycles"] == 1
    assert found["human_reply"] == {"kept": None, "of": 1, "percent": None}
    assert [row["name"] for row in found["by_gate"]] == ["HN"]
    assert "Lượt tiếp nhận" in said
    for group in ("Theo cửa khẩu", "Theo loại việc", "Theo ca trực"):
        assert group in said
    assert "Trần B" not in said
    assert nothing["cycles"] == 0


async def test_a_petition_is_only_counted(day: Town, ask: Ask) -> None:
    await day.staff("Văn phòng", Role.OFFICE)
    await day.citizen("Người tố cáo").says(DENUNCIATION)

    found = json.loads((await ask("report", "figures", "--json")).stdout)

    assert (found["petitions"], found["cycles"]) == (1, 0)


async def test_the_doctor_tells_what_lies_undone(day: Town, ask: Ask) -> None:
    await a_ticket(day)

    result = await ask("doctor", "--json")

    checks = {check["name"]: check["level"] for check in json.loads(result.stdout)["checks"]}
    assert checks["database"] == "ok"
    assert checks["staff_duty"] == "ok"
    assert checks["staff_leader"] == "warn"
    assert COMPLAINT not in result.stdout


async def test_the_doctor_misses_a_key_that_sealed_texts_need(day: Town, ask: Ask) -> None:
    await day.staff("Văn phòng", Role.OFFICE)
    await day.citizen("Người tố cáo").says(DENUNCIATION)

    result = await ask("doctor")

    assert result.exit_code == 1
    assert "✗ sealing_key: Thiếu khóa niêm phong" in result.stdout


async def test_a_backup_taken_beside_the_running_program_is_restored(day: Town, ask: Ask, here: Path) -> None:
    await a_ticket(day)
    made = json.loads((await ask("backup", "--json")).stdout)
    elsewhere = {"HOTLINE_DATABASE_URL": "", "HOTLINE_DATA_DIR": "new"}

    restored = await ask("restore", made["file"], **elsewhere)
    again = await ask("restore", made["file"], **elsewhere)
    forced = await ask("restore", made["file"], "--force", **elsewhere)
    verified = await ask("verify", **elsewhere)

    assert restored.exit_code == 0, restored.stderr
    assert again.exit_code == 1
    assert "--force" in again.stderr
    assert forced.exit_code == 0
    assert verified.exit_code == 0


async def test_a_spoilt_backup_is_refused(day: Town, ask: Ask, here: Path) -> None:
    made = json.loads((await ask("backup", "--json")).stdout)
    os.truncate(made["file"], 1000)

    result = await ask("restore", made["file"], HOTLINE_DATABASE_URL="", HOTLINE_DATA_DIR="new")

    assert result.exit_code == 1
    assert result.stderr.count("\n") == 1
    assert "Tệp sao lưu" in result.stderr


def test_a_restore_is_refused_while_the_program_runs(hotline: Run, here: Path) -> None:
    from app.lock import Lock

    hotline("people", "add", "--name", "A", "--role", "duty")
    made = json.loads(hotline("backup", "--json").stdout)
    with Lock(here / "var" / "hotline.lock"):
        result = hotline("restore", made["file"], "--force")

    assert result.exit_code == 1
    assert "đang chạy" in result.stderr


@pytest.mark.parametrize(
    "command", [("tickets", "list"), ("verify",), ("report", "figures"), ("backup",), ("inbox", "list")]
)
def test_without_a_database_a_look_says_so_and_makes_none(
    hotline: Run, here: Path, command: tuple[str, ...]
) -> None:
    result = hotline(*command)

    assert result.exit_code == 1
    assert result.stderr.startswith("Chưa có cơ sở dữ liệu")
    assert list(here.iterdir()) == []


def test_a_database_of_a_newer_program_is_refused_in_words(hotline: Run, here: Path) -> None:
    hotline("people", "add", "--name", "A", "--role", "duty")
    with closing(sqlite3.connect(here / "var" / "hotline.db")) as raw:
        raw.execute("UPDATE alembic_version SET version_num = '9999'")
        raw.commit()

    for command in (("people", "list"), ("people", "add", "--name", "B", "--role", "duty")):
        result = hotline(*command)
        assert result.exit_code == 1
        assert "mới hơn chương trình này" in result.stderr
        assert result.stderr.count("\n") == 1


def test_a_poison_update_waits_again(hotline: Run, here: Path) -> None:
    hotline("people", "add", "--name", "A", "--role", "duty")
    with closing(sqlite3.connect(here / "var" / "hotline.db")) as raw:
        raw.execute(
            "INSERT INTO inbox (id, channel, bot, update_id, chat_id, raw, received_at, status, attempts, handled_at, error)"
            " VALUES (7, 'web', 'web', 'u', 'c', '{}', '2026-11-22 02:00:00', 'poison', 3, '2026-11-22 02:00:00', 'KeyError')"
        )
        raw.commit()

    listed: Any = json.loads(hotline("inbox", "list", "--json").stdout)
    first, second = hotline("inbox", "retry", "7"), hotline("inbox", "retry", "7")

    assert [(row["id"], row["error"]) for row in listed] == [(7, "KeyError")]
    assert (first.exit_code, second.exit_code) == (0, 1)
    assert "mã số 7" in second.stderr


def test_bad_settings_end_with_two(hotline: Run) -> None:
    result = hotline("tickets", "list", HOTLINE_HTTP_PORT="x")

    assert result.exit_code == 2
    assert result.stderr == "HOTLINE_HTTP_PORT phải là số nguyên.\n"


def test_a_bug_is_one_sentence_with_a_reference(
    hotline: Run, here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    hotline("people", "add", "--name", "A", "--role", "duty")

    def broken(*given: object) -> None:
        raise ValueError(COMPLAINT)

    monkeypatch.setattr("app.cli_tickets.tickets_listed", broken)
    result = hotline("tickets", "list")

    log = (here / "var" / LOG_FILE).read_text("utf-8")
    assert result.exit_code == 1
    assert result.stderr.startswith("Chương trình gặp lỗi, mã ")
    assert result.stderr.count("\n") == 1
    assert result.stderr.split("mã ")[1][:6] in log
    assert "kẹt" not in log + result.stderr


@pytest.mark.parametrize("trouble", ["a folder", "a text"])
def test_a_database_that_cannot_be_opened_is_told(hotline: Run, here: Path, trouble: str) -> None:
    (here / "var").mkdir()
    if trouble == "a folder":
        (here / "var" / "hotline.db").mkdir()
    else:
        (here / "var" / "hotline.db").write_text("this is not a database, it is a text of some length")

    for command in (("people", "list"), ("people", "add", "--name", "A", "--role", "duty"), ("backup",)):
        result = hotline(*command)
        assert result.exit_code == 1
        assert result.stderr.count("\n") == 1
        assert result.stderr.startswith("Cơ sở dữ liệu")
    assert hotline("doctor").exit_code == 1
