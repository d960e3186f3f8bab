"""An officer who types where a press is waited for."""

from core.people import Role
from tests.town import Town


async def test_words_instead_of_the_press_that_names_the_approver_are_not_lost(town: Town) -> None:
    khue, driver = await town.staff("Khuê", gate="HN"), town.citizen("Lái xe")
    await town.staff("Hùng", Role.LEADER)
    await driver.says("Hữu Nghị: kẹt xe ở barie")
    await khue.presses("Nhận xử lý")
    await khue.presses("Chờ cơ quan khác")
    await khue.says("Chi cục Hải quan Hữu Nghị")
    await khue.says("25/11/2026")
    await khue.says("Anh Hùng duyệt rồi")
    assert any("Ghi vào" in label for label in khue.buttons())
    await khue.presses("Hùng")
    assert driver.sees("Chi cục Hải quan Hữu Nghị")
