"""A reply to a message that is three days old still means the ticket which that message was about."""

from core.ticket import Status
from tests.town import Town

JAM = "Hữu Nghị: kẹt xe từ sáng, không ai điều tiết"


async def test_an_officers_reply_to_a_three_day_old_card_is_a_note_on_its_ticket(town: Town) -> None:
    driver, an = town.citizen("Lái xe"), await town.staff("An", gate="HN")
    await driver.says(JAM)
    await an.presses("Nhận xử lý")
    card = an.newest("kẹt xe").id
    await town.passes(days=3)
    await town.citizen("Người khác").says("Hữu Nghị: mất điện")
    await an.says("Vẫn đang chờ bên cảnh sát giao thông", reply_to=card)
    assert "Chỉ nội bộ" in an.reads()[-1] or an.newest("Vẫn đang chờ").button("Gửi cho người phản ánh")
    assert "noted" in await town.events((await town.tickets())[0])
    assert not driver.sees("Vẫn đang chờ bên")


async def test_a_senders_reply_to_a_three_day_old_answer_joins_its_ticket(town: Town) -> None:
    driver, an = town.citizen("Lái xe"), await town.staff("An", gate="HN")
    await driver.says(JAM)
    await an.presses("Nhận xử lý")
    await an.presses("Trả lời")
    await an.says("Trung tâm đã cử người điều tiết.")
    answer = driver.newest("đã cử người").id
    await town.passes(days=3)
    await driver.says("Đường vẫn tắc như trước", reply_to=answer)
    ticket = await town.ticket()
    assert ticket.status is Status.IN_PROGRESS
    assert an.sees("Đường vẫn tắc như trước")
