"""The main job, end to end: somebody writes, one officer takes it, answers, closes; the sender rates."""

import pytest

from core.people import Role
from core.ticket import Status
from tests.town import Town

pytestmark = pytest.mark.two_databases


async def test_the_whole_path_from_a_complaint_to_a_rating(town: Town) -> None:
    driver = town.citizen("Lái xe Nam")
    an = await town.staff("An", gate="HN")
    binh = await town.staff("Bình", gate="HN")

    await driver.says("Xe chờ 4 tiếng ở cửa khẩu Hữu Nghị, không ai điều tiết")

    ticket = await town.ticket()
    assert ticket.status is Status.NEW
    assert ticket.gate == "HN"
    assert driver.sees("DDLS-261122-0001")
    assert driver.sees("Hẹn trả lời: trước 19:00 hôm nay, 22/11/2026 (giờ Hà Nội)")
    assert an.sees("Xe chờ 4 tiếng")
    assert binh.sees("Xe chờ 4 tiếng")

    await an.presses("Nhận xử lý")
    assert (await town.ticket()).holder_id == an.person_id
    assert "Nhận xử lý" not in binh.buttons()

    await an.presses("Trả lời")
    await an.says("Trung tâm đã cử người điều tiết, xe Anh/Chị sẽ qua trong 30 phút.")
    assert driver.sees("xe Anh/Chị sẽ qua trong 30 phút")
    assert not driver.sees("An:")

    await an.presses("Đóng phiếu")
    await an.says("Đã điều tiết xong làn xe, các xe chờ đã thông quan lúc 9 giờ 30.")
    assert (await town.ticket()).status is Status.RESOLVED

    await driver.presses("Hài lòng")
    assert (await town.ticket()).status is Status.CLOSED


async def test_exactly_one_of_many_claims_wins(town: Town) -> None:
    driver = town.citizen("Lái xe")
    team = [await town.staff(f"Cán bộ {n}", gate="HN") for n in range(5)]
    await driver.says("Hữu Nghị: bãi xe thu phí không có hóa đơn")
    payload = team[0].newest("hóa đơn").button("Nhận xử lý").payload  # type: ignore[union-attr]
    for member in team:
        await member.presses_payload(payload)
    holders = {(await town.ticket()).holder_id}
    assert holders == {team[0].person_id}
    assert all(member.sees("Cán bộ 0") for member in team[1:])


async def test_a_stranger_with_a_forged_button_gets_a_polite_refusal(town: Town) -> None:
    driver, stranger = town.citizen("Lái xe"), town.citizen("Người lạ")
    an = await town.staff("An", role=Role.DUTY, gate="HN")
    await driver.says("Hữu Nghị kẹt xe quá")
    await stranger.presses_payload(an.newest("kẹt xe").button("Nhận xử lý").payload)  # type: ignore[union-attr]
    assert (await town.ticket()).status is Status.NEW
    assert len(stranger.reads()) == 1
