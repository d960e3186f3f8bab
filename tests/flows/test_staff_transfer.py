"""Chuyển and Giao người khác: to a gate, a unit, a person – the promise stays; who has left is refused at every press."""

import pytest

from bot.payloads import Action, write
from core.people import Role
from core.ticket import Status, Ticket
from services import handover
from storage.people import person, update_person
from tests.town import Citizen, Town


async def taken(town: Town) -> tuple[Citizen, Citizen]:
    driver, an = town.citizen("Lái xe"), await town.staff("An", gate="HN")
    await driver.says("Hữu Nghị: xe chờ lâu")
    await an.presses("Nhận xử lý")
    return driver, an


async def leaves(town: Town, somebody: Citizen) -> None:
    """Văn phòng closes the account."""
    now = town.clock.now()

    def errand(db):  # type: ignore[no-untyped-def]
        return handover.officer_left(db, town.cfg, person(db, somebody.person_id), now)

    await town.db.write(errand)
    await town.settles()


def promised(ticket: Ticket) -> tuple[object, ...]:
    return ticket.received_at, ticket.due_at, ticket.promise_no


async def test_to_another_gate_into_its_pool_with_the_same_promise(town: Town) -> None:
    _driver, an = await taken(town)
    cam = await town.staff("Cẩm", gate="CM")
    before = await town.ticket()
    await an.presses("Chuyển")
    await an.presses("Cửa khẩu")
    await an.presses("Chi Ma")
    ticket = await town.ticket()
    assert (ticket.gate, ticket.status, ticket.holder_id) == ("CM", Status.NEW, None)
    assert promised(ticket) == promised(before)
    assert cam.newest("xe chờ").button("Nhận xử lý") is not None
    await cam.presses("Nhận xử lý")
    assert (await town.ticket()).holder_id == cam.person_id


async def test_to_a_unit_whose_officers_get_the_card(town: Town) -> None:
    _driver, an = await taken(town)
    phuc = await town.staff("Phúc", Role.OFFICER, unit="PCM")
    before = await town.ticket()
    await an.presses("Chuyển")
    await an.presses("Đơn vị")
    await an.presses("chuyên môn")
    assert (await town.ticket()).unit == "PCM"
    assert promised(await town.ticket()) == promised(before)
    await phuc.presses("Nhận xử lý")
    assert (await town.ticket()).holder_id == phuc.person_id


async def test_to_a_person_who_holds_it_at_once(town: Town) -> None:
    _driver, an = await taken(town)
    binh = await town.staff("Bình", gate="HN")
    before = await town.ticket()
    await an.presses("Chuyển")
    await an.presses("Người")
    await an.presses("Bình")
    ticket = await town.ticket()
    assert (ticket.holder_id, ticket.status) == (binh.person_id, Status.IN_PROGRESS)
    assert promised(ticket) == promised(before)
    assert binh.sees("An")
    assert binh.newest("xe chờ").button("Trả lời") is not None
    assert "Đang xử lý: Bình" in an.newest("xe chờ").text


@pytest.mark.parametrize(
    ("role", "more"), [(Role.LEADER, {}), (Role.OFFICE, {}), (Role.DUTY, {"gate": "HN", "is_head": True})]
)
async def test_who_leads_gives_it_to_somebody_else(town: Town, role: Role, more: dict[str, object]) -> None:
    _driver, an = await taken(town)
    binh = await town.staff("Bình", gate="HN")
    boss = await town.staff("Trưởng", role, **more)
    await boss.presses_payload(write(Action.SHOW, (await town.ticket()).id))
    await boss.presses("Giao người khác")
    await boss.presses("Bình")
    assert (await town.ticket()).holder_id == binh.person_id
    assert an.sees("Bình")


async def test_a_colleague_on_the_same_shift_gives_nothing_away(town: Town) -> None:
    _driver, _an = await taken(town)
    binh = await town.staff("Bình", gate="HN")
    ticket = await town.ticket()
    for action, argument in (
        (Action.ASSIGN, ""),
        (Action.ASSIGN, str(binh.person_id)),
        (Action.TRANSFER, "gate=CM"),
    ):
        await binh.presses_payload(write(action, ticket.id, argument))
    assert await town.ticket() == ticket
    assert binh.reads()[-1] == "Anh/Chị không có quyền làm việc này."


@pytest.mark.parametrize(
    "target", ["gate=XX", "unit=XX", "person=1", "person=abc", "person=", "gate", "x=y", "gate=hn"]
)
async def test_a_target_that_does_not_exist_changes_nothing(town: Town, target: str) -> None:
    _driver, an = await taken(town)
    before = await town.ticket()
    await an.presses_payload(write(Action.TRANSFER, before.id, target))
    after = await town.ticket()
    assert (after.gate, after.unit) == (before.gate, before.unit)


async def test_whoever_has_left_is_nobodys_target(town: Town) -> None:
    _driver, an = await taken(town)
    binh = await town.staff("Bình", gate="HN")
    await an.presses("Chuyển")
    await an.presses("Người")
    await leaves(town, binh)
    await an.presses("Bình")
    assert (await town.ticket()).holder_id == an.person_id
    assert an.sees("đã thôi nhiệm vụ")


async def test_whoever_cannot_be_written_to_is_refused_by_name(town: Town) -> None:
    _driver, an = await taken(town)
    binh = await town.staff("Bình", gate="HN")
    await binh.blocks()
    await an.presses("Chuyển")
    await an.presses("Người")
    await an.presses("Bình")
    assert (await town.ticket()).holder_id == an.person_id
    assert an.sees("Không nhắn được cho Bình")


async def test_what_a_leaver_held_returns_to_the_pool_with_its_promise(town: Town) -> None:
    _driver, an = await taken(town)
    binh = await town.staff("Bình", gate="HN")
    before = await town.ticket()
    await leaves(town, an)
    ticket = await town.ticket()
    assert (ticket.status, ticket.holder_id) == (Status.NEW, None)
    assert promised(ticket) == promised(before)
    await binh.presses("Nhận xử lý")
    assert (await town.ticket()).holder_id == binh.person_id


@pytest.mark.parametrize(
    "action", [action for action in Action if action not in {Action.LANGUAGE, Action.KEEP_DATA}]
)
async def test_whoever_has_left_is_refused_at_every_button(town: Town, action: Action) -> None:
    driver, an = await taken(town)
    await town.db.write(lambda db: update_person(db, an.person_id, active=False))  # type: ignore[arg-type]
    before = await town.ticket()
    argument = {Action.TRANSFER: "gate=CM", Action.BREACH_REASON: "other", Action.AGENCY: "HQ"}.get(
        action, ""
    )
    await an.presses_payload(write(action, before.id, argument))
    await an.says("Đã điều tiết xong, xe của anh đã qua.")
    after = await town.tickets()
    assert after[0] == before
    assert not driver.sees("Đã điều tiết")


async def test_words_that_were_asked_for_before_the_account_closed_do_nothing(town: Town) -> None:
    driver, an = await taken(town)
    await an.presses("Trả lời")
    await town.db.write(lambda db: update_person(db, an.person_id, active=False))  # type: ignore[arg-type]
    await an.says("Xe sẽ qua ngay bây giờ")
    assert not driver.sees("ngay bây giờ")
    await an.says("Hữu Nghị: tôi nay là dân, xe chờ lâu")
    assert len(await town.tickets()) == 2, "the account is closed, the person writes like anybody"


async def test_whoever_has_left_reads_nothing_that_is_written_afterwards(town: Town) -> None:
    driver, an = await taken(town)
    binh = await town.staff("Bình", gate="HN")
    await leaves(town, an)
    await driver.says("Gọi tôi số 0912345678")
    await binh.presses_payload(write(Action.CLAIM, (await town.ticket()).id))
    assert not an.sees("0912345678")
    assert binh.sees("0912345678")
