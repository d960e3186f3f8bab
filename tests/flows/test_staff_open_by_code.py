"""Reading a ticket before taking it: its code, or its last four digits below a list, opens its card."""

from core.people import Role
from core.ticket import Status
from tests.town import Citizen, Town

JAM = "Hữu Nghị kẹt xe, không ai điều tiết"
CODE = "DDLS-261122-0004"


async def jam(town: Town, count: int = 5) -> None:
    drivers = [town.citizen(f"Lái xe {number}") for number in range(count)]
    await town.receives(*(driver._message(f"{JAM} {number}") for number, driver in enumerate(drivers, 1)))


def shows_the_card(officer: Citizen) -> bool:
    card = officer.bubbles()[-1]
    return CODE in card.text and f"{JAM} 4" in card.text and card.button("Nhận xử lý") is not None


async def untaken(town: Town) -> bool:
    return all(ticket.status is Status.NEW for ticket in await town.tickets())


async def test_a_code_that_staff_type_shows_the_whole_card_and_takes_nothing(town: Town) -> None:
    an = await town.staff("An", gate="HN")
    await jam(town)
    for typed in (CODE, CODE.lower(), f" {CODE} ", f"/tracuu {CODE}", "0004", "…0004", "261122-0004"):
        await an.says("/ca")
        await an.says(typed)
        assert shows_the_card(an), typed
    assert await untaken(town)


async def test_four_digits_open_what_the_queue_lists(town: Town) -> None:
    an = await town.staff("An", gate="HN")
    await jam(town, 1)
    await an.says("/viec")
    await an.says("0001")
    assert an.bubbles()[-1].button("Nhận xử lý") is not None
    assert f"{JAM} 1" in an.reads()[-1]


async def test_four_digits_that_no_list_showed_are_words_like_any_other(town: Town) -> None:
    an = await town.staff("An", gate="HN")
    await jam(town)
    await an.says("0009")
    assert not shows_the_card(an)
    assert any(button.label == "Phiếu mới" for row in an.bubbles()[-1].buttons for button in row)


async def test_digits_below_a_card_or_for_a_dialogue_stay_what_they_are(town: Town) -> None:
    an = await town.staff("An", gate="HN")
    await jam(town)
    await an.presses("Nhận xử lý …261122-0001")
    await an.says("0004", reply_to=an.bubbles()[-1].id)
    assert not shows_the_card(an)
    await an.presses("Trả lời")
    await an.says("0004")
    assert not shows_the_card(an)


async def test_nobody_reads_by_a_code_what_is_not_theirs(town: Town) -> None:
    other_gate = await town.staff("Tú", gate="CM")
    clerk = await town.staff("Hằng", Role.OFFICER, unit="PCM")
    office = await town.staff("Nga", Role.OFFICE)
    await town.staff("An", gate="HN")
    await jam(town)
    stranger = town.citizen("Người lạ")
    for reader in (other_gate, clerk, stranger):
        for typed in (CODE, f"/tracuu {CODE}", "0004"):
            await reader.says(typed)
        assert not any(JAM in text for text in reader.reads())
    await office.says(CODE)
    assert shows_the_card(office)


async def test_a_sealed_petition_is_opened_by_its_named_readers_alone(town: Town) -> None:
    reader = await town.staff("Hà", Role.OFFICE)
    an = await town.staff("An", gate="HN")
    await town.citizen("Dân").says("Tôi tố cáo cán bộ ở Hữu Nghị nhận tiền làm luật")
    (ticket,) = await town.tickets()
    assert ticket.sealed
    told = len(an.reads())
    await an.says(ticket.code)
    await reader.says(ticket.code)
    assert not any("nhận tiền" in text for text in an.reads()[told:])
    assert "nhận tiền" in reader.reads()[-1]


async def test_who_wrote_it_reads_its_stage(town: Town) -> None:
    await town.staff("Bình", gate="HN")
    an = await town.staff("An", gate="HN")
    await an.says(f"{JAM} 1")
    await an.presses("Phiếu mới")
    await an.says((await town.ticket()).code)
    assert "Tình trạng" in an.reads()[-1]
