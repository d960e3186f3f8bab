"""`hotline privacy`, `people unlink`, `shifts remove`: seldom needed, and then at once."""

import json
from collections.abc import Awaitable, Callable
from pathlib import Path

from typer.testing import Result

from core.ids import PersonId
from core.people import Role
from services import roster
from services.reference import reference
from storage import outbox, people, shifts, tickets, web_feed
from storage.database import Connection
from tests.town import HANOI, Citizen, Town

Ask = Callable[..., Awaitable[Result]]
COMPLAINT = "Xe 12C-123.45 kẹt ở bãi Hữu Nghị từ sáng, gọi 0912345678"
DENUNCIATION = "Tôi tố cáo cán bộ vòi tiền luật ở Tân Thanh"


def refusal(result: Result) -> str:
    assert result.exit_code == 1
    assert result.stdout == ""
    return str(result.stderr)


async def driver_with_a_ticket(day: Town, words: str = COMPLAINT) -> tuple[Citizen, str, str]:
    driver = day.citizen("Lái xe Tài")
    await driver.says(words)
    ticket = (await day.tickets())[-1]
    return driver, ticket.code, ticket.key


async def chat_numbers(ask: Ask, name: str) -> list[int]:
    rows = json.loads((await ask("people", "list", "--json")).stdout)
    return [chat["chat_id"] for row in rows if row["name"] == name for chat in row["chats"]]


# --- privacy


async def test_a_full_copy_is_given_for_code_and_key(day: Town, ask: Ask, here: Path) -> None:
    _, code, key = await driver_with_a_ticket(day)

    printed = json.loads((await ask("privacy", "export", code, key)).stdout)
    done = await ask("privacy", "export", code.lower(), key.lower(), "--out", "copy.json")

    assert printed["tickets"][0]["messages"][0]["text"] == COMPLAINT
    assert printed["person"]["name"] == "Lái xe Tài"
    assert done.exit_code == 0
    assert json.loads((here / "copy.json").read_text("utf-8")) == printed
    assert (here / "copy.json").stat().st_mode & 0o077 == 0
    assert "đã có" in refusal(await ask("privacy", "export", code, key, "--out", "copy.json"))


async def test_a_wrong_key_and_an_unknown_code_give_nothing(day: Town, ask: Ask) -> None:
    _, code, _ = await driver_with_a_ticket(day)
    assert "Không có phiếu nào" in refusal(await ask("privacy", "export", code, "????"))
    assert "Không có phiếu nào" in refusal(await ask("privacy", "export", "DDLS-000000-0000"))
    assert "Không có phiếu nào" in refusal(await ask("privacy", "erase", code, "????", "--yes"))


async def test_a_copy_without_a_key_does_not_tell_that_somebody_denounced(day: Town, ask: Ask) -> None:
    driver = day.citizen("Lái xe")
    await driver.says(COMPLAINT)
    await driver.says(DENUNCIATION)
    code, key = await day.db.read(_receipt)
    unproven = json.loads((await ask("privacy", "export", code)).stdout)
    assert [one["code"] for one in unproven["tickets"]] == [code]
    assert len(json.loads((await ask("privacy", "export", code, key)).stdout)["tickets"]) == 2


def _receipt(db: Connection) -> tuple[str, str]:
    """Code and key of the first ticket."""
    first = tickets.listed(db)[-1]
    return first.code, first.key


async def test_of_a_sealed_ticket_nothing_is_given_without_its_key(day: Town, ask: Ask) -> None:
    _, code, key = await driver_with_a_ticket(day, DENUNCIATION)
    for command in (("export", code), ("erase", code, "--yes")):
        assert "niêm phong" in refusal(await ask("privacy", *command))
    given = (await ask("privacy", "export", code, key)).stdout
    assert json.loads(given)["tickets"][0]["messages"][0]["sealed"]
    assert "vòi tiền" not in given


async def test_an_erasure_by_letter_does_what_the_button_does_and_tells_the_person(
    day: Town, ask: Ask
) -> None:
    driver, code, key = await driver_with_a_ticket(day)

    assert "--yes" in refusal(await ask("privacy", "erase", code, key))
    done = json.loads((await ask("privacy", "erase", code, key, "--yes", "--json")).stdout)
    chat = (await day.identity_of(driver)).id
    told = await day.db.read(lambda db: outbox.waiting_of(db, chat))

    assert done == {"open": 1}
    assert [(row.kind, row.data) for row in told] == [("erased", {"open": 1})]
    erased = (await day.ticket()).sender_id
    person = await day.db.read(lambda db: people.person(db, erased))
    assert person is not None
    assert person.name == ""


async def test_a_member_of_staff_is_not_erased(day: Town, ask: Ask) -> None:
    officer = await day.staff("An", gate="HN")
    await officer.says("Phản ánh: đèn ở bãi xe hỏng")
    await officer.presses("Phiếu mới")
    code = (await day.ticket()).code
    assert "cán bộ" in refusal(await ask("privacy", "erase", code, "--yes"))


# --- one chat of a person


async def test_a_lost_telephone_is_unlinked_and_the_other_chat_goes_on(day: Town, ask: Ask) -> None:
    officer = await day.staff("An", gate="HN")
    (lost,) = await chat_numbers(ask, "An")
    code = json.loads((await ask("people", "link", str(officer.person_id), "--json")).stdout)["link_code"]
    other = day.citizen("An mới")
    await other.says(f"/start link_{code}")
    day.clock.passes(minutes=1)

    assert (await ask("people", "unlink", str(lost))).exit_code == 0

    (kept,) = await chat_numbers(ask, "An")
    assert kept != lost
    shown = len(officer.bubbles())
    await driver_with_a_ticket(day)
    assert len(officer.bubbles()) == shown
    await officer.says("/viec")
    assert "không có quyền" in officer.reads()[-1]
    await other.presses("Nhận xử lý")
    assert (await day.ticket()).holder_id == officer.person_id


async def test_an_unlinked_page_is_emptied_and_signed_out(day: Town, ask: Ask) -> None:
    officer = await day.staff("An", gate="HN")
    now = day.clock.now()

    def on_the_web(db: Connection) -> None:
        chat = people.identities_of(db, PersonId(officer.person_id))[0]
        people.update_identity(db, chat.id, channel="web", bot="web", chat_id="page")
        web_feed.open_session(db, web_feed.Session("page", "hash", "staff", now), now)
        web_feed.append_once(db, "page", "1:0", {"kind": "notice", "text": COMPLAINT}, now)

    await day.db.write(on_the_web)
    (lost,) = await chat_numbers(ask, "An")

    assert (await ask("people", "unlink", str(lost))).exit_code == 0

    assert await day.db.read(lambda db: web_feed.session(db, "hash")) is None
    assert await day.db.read(lambda db: web_feed.page_before(db, "page", None)) == []


async def test_only_a_chat_of_staff_is_unlinked(day: Town, ask: Ask) -> None:
    driver, _, _ = await driver_with_a_ticket(day)
    chat = (await day.identity_of(driver)).id
    for number in (chat, 1):
        assert "Không có kênh chat nào" in refusal(await ask("people", "unlink", str(number)))


async def test_the_list_of_people_names_each_chat(day: Town, ask: Ask) -> None:
    await day.staff("An", gate="HN")
    (number,) = await chat_numbers(ask, "An")
    said = (await ask("people", "list")).stdout
    assert f"town {number} (22/11/2026)" in said


# --- shifts


async def test_a_wrongly_entered_shift_is_removed(day: Town, ask: Ask) -> None:
    officer, office = await day.staff("An", gate="HN"), await day.staff("Nga", Role.OFFICE)
    start = (day.clock.now() + HANOI).replace(hour=7, minute=0) - HANOI
    now = day.clock.now()

    def enter(db: Connection) -> None:
        for days in (0, 1):
            begins = start.replace(day=start.day + days)
            ends = begins.replace(hour=begins.hour + 6)
            roster.enter_shift(db, reference(db), "HN", begins, ends, [PersonId(officer.person_id)], now)

    await day.db.write(enter)

    done = await ask("shifts", "remove", "hn", "2026-11-23T07:00")

    assert "HN bắt đầu 23/11/2026 07:00" in done.stdout
    listed = await day.db.read(lambda db: shifts.between(db, now.replace(day=1), now.replace(day=28)))
    assert [shift.starts_at for shift in listed] == [start]
    assert "không có ca trực" in refusal(await ask("shifts", "remove", "HN", "2026-11-23T07:00"))
    assert "Không có cửa khẩu" in refusal(await ask("shifts", "remove", "ZZ", "2026-11-23T07:00"))
    assert office.reads()
