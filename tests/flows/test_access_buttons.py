"""A button is a request, never a right: old, forged, cut, foreign and forwarded ones do nothing and are answered politely."""

from collections.abc import Iterable, Iterator

import pytest
import structlog

from bot.inbound import Press
from bot.payloads import Action, read, write
from core.people import Role
from core.ticket import Status
from storage import inbox, people, tickets
from storage.schema import inbox as inbox_table
from tests.town import Citizen, Town

ARGUMENTS = {
    Action.TRANSFER: ("", "gate", "gate=CM", "unit=PCM", "person=1"),
    Action.AGENCY: ("", "HQ", "date=2026-11-23", "by=1"),
    Action.DETAIL: ("", "gate=CM", "category=UT", "plate", "phone"),
    Action.SKIP: ("gate", "phone"),
    Action.RATE: ("good.1", "bad.1", "bad.2"),
    Action.BREACH_REASON: ("other", "xx"),
    Action.ASSIGN: ("", "1"),
    Action.SEND_PREVIEW: ("1",),
    Action.PLACE: ("1",),
    Action.CONFIRM_SHIFT: ("1",),
    Action.SHOW: ("", "full"),
}


LAST = "1y2p0ij32e8e7"  # the largest number that a column holds


def forged(ticket_id: int) -> Iterator[str]:
    for action in Action:
        for argument in ARGUMENTS.get(action, ("",)):
            yield write(action, ticket_id, argument)


async def taken(town: Town) -> tuple[Citizen, Citizen]:
    driver, an = town.citizen("Lái xe"), await town.staff("An", gate="HN")
    await driver.says("Hữu Nghị: xe chờ lâu")
    await an.presses("Nhận xử lý")
    return driver, an


def base36(ticket_id: int) -> str:
    return write(Action.CLAIM, ticket_id).partition(":")[2]


async def presses_all(person: Citizen, payloads: Iterable[str]) -> None:
    """One after another, as fast as fingers can."""
    at = person.town.clock.now()
    await person.town.receives(*(Press(person._origin(None), at, payload) for payload in payloads))


async def poisoned(town: Town) -> int:
    return await town.db.read(
        lambda db: len(db.execute(inbox_table.select().where(inbox_table.c.status != "done")).all())
    )


@pytest.mark.parametrize("who", ["another driver", "staff of another gate", "an officer of another unit"])
async def test_nobody_does_anything_to_a_ticket_that_is_not_theirs(town: Town, who: str) -> None:
    driver, _an = await taken(town)
    match who:
        case "another driver":
            other = town.citizen("Người khác")
        case "staff of another gate":
            other = await town.staff("Cẩm", gate="CM")
        case _:
            other = await town.staff("Phúc", Role.OFFICER, unit="PCM")
    before, read_by_driver = await town.ticket(), driver.reads()
    await presses_all(other, forged(before.id))
    assert [ticket for ticket in await town.tickets() if ticket.id == before.id] == [before]
    assert driver.reads() == read_by_driver
    assert not other.sees("xe chờ lâu")
    assert await poisoned(town) == 0


async def test_the_driver_does_nothing_of_the_staffs_to_the_own_ticket(town: Town) -> None:
    driver, _an = await taken(town)
    before = await town.ticket()
    own = {Action.DETAIL, Action.SKIP, Action.SHOW, Action.ERASE}
    parsed = [(payload, read(payload)) for payload in forged(before.id)]
    await presses_all(driver, [payload for payload, known in parsed if known and known.action not in own])
    assert await town.ticket() == before
    assert await poisoned(town) == 0


@pytest.mark.parametrize(
    "payload",
    [
        "",
        "c",
        "c:",
        ":",
        "c:!",
        "C:1",
        "zz:1",
        "c:1:" + "x" * 41,
        "c" * 65,
        "c:1:á",
        "c:1\n",
        "\ud83d",
        "c:-1",
        "c:1:x:y z",
    ],
)
async def test_what_was_never_a_button_is_answered_politely(town: Town, payload: str) -> None:
    driver, an = await taken(town)
    before = await town.ticket()
    await an.presses_payload(payload)
    await driver.presses_payload(payload)
    assert await town.ticket() == before
    assert driver.reads()[-1] == "Nút này không dùng được. Anh/Chị xem /trogiup."
    assert await poisoned(town) == 0


async def test_numbers_that_no_row_can_have_break_nothing(town: Town) -> None:
    driver, an = await taken(town)
    before = await town.ticket()
    own = base36(before.id)
    for number, argument in (("z" * 13, ""), (LAST, ""), (own, "9" * 40), ("0", "9" * 40)):
        payloads = [
            f"{action}:{number}:{argument}".rstrip(":") for action in Action if action is not Action.ERASE
        ]
        await presses_all(an, payloads)
        await presses_all(driver, payloads)
    await presses_all(
        an, [f"t:{own}:person={'9' * 30}", f"ag:{own}:by={'9' * 30}", f"ag:{own}:date={'9' * 10}"]
    )
    assert await poisoned(town) == 0
    assert (await town.tickets())[0].status is before.status


@pytest.mark.parametrize("role", [Role.DUTY, Role.OFFICER, Role.OFFICE, Role.LEADER, Role.ADMIN, None])
async def test_buttons_of_a_ticket_that_there_never_was_are_refused_to_everybody(
    town: Town, role: Role | None
) -> None:
    """A leader's waiver asked for the words first, and met the missing ticket as a fault of ours."""
    unit = "PCM" if role is Role.OFFICER else None
    anybody = town.citizen("Lái xe") if role is None else await town.staff("Bình", role, unit=unit)
    await presses_all(anybody, (payload for payload in forged(12345) if not payload.startswith(Action.ERASE)))
    assert await poisoned(town) == 0
    assert not await town.tickets()


async def test_details_that_nobody_asks_for_cannot_be_set(town: Town) -> None:
    driver, _an = await taken(town)
    before = await town.ticket()
    for detail in (
        "unit=0912345678",
        "status=closed",
        "key=0912345678",
        "foo=0912345678",
        "category=ZZ",
        "gate=ZZ",
    ):
        await driver.presses_payload(write(Action.DETAIL, before.id, detail))
    assert await town.ticket() == before
    assert await poisoned(town) == 0


async def test_old_buttons_of_a_closed_ticket_change_nothing(town: Town) -> None:
    driver, an = await taken(town)
    await an.presses("Đóng phiếu")
    await an.says("Đã điều tiết xong, xe đã qua lúc 10 giờ.")
    await driver.presses("Hài lòng")
    await driver.presses("Bỏ qua")
    await town.passes(days=5)
    before = await town.ticket()
    assert before.status is Status.CLOSED
    payloads = [payload for payload in forged(before.id) if not payload.startswith("er:")]
    for person in (an, driver):
        await presses_all(person, payloads)
    assert (await town.tickets())[0] == before
    assert await poisoned(town) == 0


async def test_a_dialogue_whose_ticket_ended_meanwhile_takes_the_number_as_a_message(town: Town) -> None:
    driver, an = await taken(town)
    await driver.presses("Bỏ qua")
    await an.presses("Đóng phiếu")
    await an.says("Đã điều tiết xong, xe đã qua lúc 10 giờ.")
    await driver.presses("Hài lòng")
    await driver.presses("Bỏ qua")
    await driver.says("12C-123.45 lại đến")
    first, second = await town.tickets()
    assert first.plate is None
    assert second.previous_id == first.id


async def test_a_stranger_in_a_group_is_refused_in_the_log_and_not_in_the_group(town: Town) -> None:
    hoa = await town.staff("Hoa", Role.OFFICE)
    await hoa.says("/nhom HN", group="-100")
    await taken(town)
    said = len(town.channel.chats["-100"])
    stranger = town.citizen("Người lạ")
    with structlog.testing.capture_logs() as logs:
        await stranger.presses_payload(write(Action.CLAIM, (await town.ticket()).id), group="-100")
    assert any(line["event"] == "a stranger pressed a button" for line in logs)
    assert any(line["event"] == "refused" and line["role"] == "stranger" for line in logs)
    assert len(town.channel.chats["-100"]) == said
    assert stranger.reads() == []


async def test_a_forwarded_card_is_worth_nothing_to_whoever_got_it(town: Town) -> None:
    _driver, an = await taken(town)
    payloads = [button.payload for bubble in an.bubbles() for row in bubble.buttons for button in row]
    friend, before = town.citizen("Bạn của An"), await town.ticket()
    for payload in payloads:
        await friend.presses_payload(payload)
    assert await town.ticket() == before
    assert not friend.sees("xe chờ")


async def test_ids_are_not_counted_up_to_find_somebody_elses_ticket(town: Town) -> None:
    driver, other = town.citizen("Lái xe"), town.citizen("Người khác")
    await driver.says("Hữu Nghị: xe chờ lâu")
    ticket = await town.ticket()
    await presses_all(other, [write(Action.SHOW, number) for number in range(ticket.id - 5, ticket.id + 5)])
    assert set(other.reads()) == {"Anh/Chị không có quyền làm việc này."}


async def test_a_press_by_nobody_we_know_makes_a_sender_and_no_more(town: Town) -> None:
    stranger = town.citizen("Người lạ")
    await stranger.presses_payload("c:1")
    identity = await town.identity_of(stranger)
    found = await town.db.read(lambda db: people.person(db, identity.person_id or 0))
    assert found is not None
    assert found.role is Role.SENDER
    assert await town.db.read(lambda db: list(tickets.listed(db))) == []
    assert not await town.db.read(lambda db: inbox.waiting(db))
