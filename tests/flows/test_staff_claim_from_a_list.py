"""What a new officer tripped over: a claim from a list, an old button on a ticket that nobody holds."""

from tests.town import Town


async def test_a_claim_from_the_list_shows_the_card_where_one_looks(town: Town) -> None:
    driver, an = town.citizen("Nam"), await town.staff("An", gate="HN")
    await driver.says("Hữu Nghị kẹt xe quá, không ai điều tiết")
    await an.says("/viec")
    shown = len(an.bubbles())

    await an.presses("Nhận xử lý")

    assert len(an.bubbles()) > shown
    assert an.bubbles()[-1].button("Trả lời") is not None


async def test_a_claim_on_the_card_changes_it_in_its_place(town: Town) -> None:
    driver, an = town.citizen("Nam"), await town.staff("An", gate="HN")
    await driver.says("Hữu Nghị kẹt xe quá, không ai điều tiết")
    shown = len(an.bubbles())

    await an.presses("Nhận xử lý")

    assert len(an.bubbles()) == shown
    assert an.bubbles()[-1].button("Trả lời") is not None


async def test_an_old_transfer_button_of_a_ticket_that_nobody_holds_says_to_claim_first(town: Town) -> None:
    driver, an = town.citizen("Nam"), await town.staff("An", gate="HN")
    await driver.says("Hữu Nghị kẹt xe quá, không ai điều tiết")
    await an.presses("Nhận xử lý")
    old = an.newest("kẹt xe").button("Chuyển")
    assert old is not None
    await an.presses("Đóng phiếu")
    await an.says("Đã điều tiết xong, các xe đã đi hết lúc 9 giờ 30.")
    await driver.presses("Không hài lòng")
    await driver.presses("Mở lại")

    await an.presses_payload(old.payload)

    assert an.sees("Nhận xử lý» trước") or an.sees("Nhận xử lý” trước")


async def test_a_plate_and_a_phone_that_were_written_are_not_asked_again(town: Town) -> None:
    driver = town.citizen("Nam")
    await driver.says("Xe 12C-123.45 chờ ở Hữu Nghị từ sáng, gọi tôi 0912 345 678")

    ticket = await town.ticket()

    assert (ticket.plate, ticket.phone) == ("12C-123.45", "+84912345678")
