"""/viec offers what may be taken, and nothing that a press would refuse."""

from core.people import Role
from tests.town import Town


async def test_an_officer_is_offered_the_tickets_of_the_unit_and_an_administrator_none(town: Town) -> None:
    clerk = await town.staff("Hằng", Role.OFFICER, unit="PCM")
    admin = await town.staff("Đức", Role.ADMIN)
    office, an = await town.staff("Nga", Role.OFFICE), await town.staff("An", gate="HN")
    await town.citizen("Một").says("Hữu Nghị tắc đường")
    await town.citizen("Hai").says("Hữu Nghị: xe Thái Lan cần giấy phép gì?")
    await an.presses("Nhận xử lý")
    await an.presses("Chuyển")
    await an.presses("Đơn vị")
    await an.presses("Các phòng chuyên môn")

    for member in (clerk, admin, office, an):
        await member.says("/viec")

    moved, other = (ticket.code for ticket in reversed(await town.tickets()))
    assert moved in clerk.reads()[-1]
    assert other not in clerk.reads()[-1]
    assert moved not in admin.reads()[-1]
    assert {moved, other} <= {code for code in (moved, other) if code in office.reads()[-1]}
