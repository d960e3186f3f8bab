"""/solieu: everyone their own figures, a head those of their people, the board's for Văn phòng and leaders; nobody else's."""

from datetime import timedelta

import pytest

from bot.payloads import Action, write
from core.people import Role
from services import figures_shown
from storage import people, shifts
from tests.town import Citizen, Town

ENDED = "Đã mở thêm một làn, xe đang qua bình thường."


async def keeps(town: Town, officer: Citizen, tickets: int, gate: str = "Hữu Nghị") -> None:
    """The officer takes and ends so many tickets of different drivers."""
    for number in range(tickets):
        await town.citizen(f"Lái xe {officer.name} {number}").says(f"{gate}: xe {number} không qua được")
        await officer.presses("Nhận xử lý")
        await officer.presses("Đóng phiếu")
        await officer.says(ENDED)
        await town.passes(minutes=3)  # at a quieter pace than one that would make a list of them


async def asks(member: Citizen, words: str = "") -> str:
    await member.says(f"/solieu {words}".strip())
    return member.reads()[-1]


async def test_an_officer_reads_the_own_figures_with_their_denominators_and_no_colleagues(town: Town) -> None:
    an = await town.staff("An", gate="HN")
    await keeps(town, an, 5)
    binh = await town.staff("Bình", gate="HN")
    await keeps(town, binh, 1)

    read = await asks(an)

    assert "Số liệu tháng 11/2026" in read
    assert "Của Anh/Chị: 5 lượt" in read
    assert "Giải quyết trong ngày: 100,0 % (5/5)" in read
    assert "Bình" not in read
    assert "Theo cửa khẩu" not in read


async def test_a_group_under_five_is_told_by_its_number_only(town: Town) -> None:
    an = await town.staff("An", gate="HN")
    await keeps(town, an, 4)
    read = await asks(an)
    assert "Của Anh/Chị: 4 lượt" in read
    assert "Giải quyết trong ngày: – (n = 4)" in read


async def test_a_head_reads_those_of_their_own_people_and_of_no_other_gate(town: Town) -> None:
    hoa = await town.staff("Hoa", gate="HN", is_head=True)
    an, chi = await town.staff("An", gate="HN-1119"), await town.staff("Chi", gate="CM")

    read = await asks(hoa)

    assert f"{an.name}: 0 lượt" in read
    assert f"{chi.name}: " not in read
    assert f"{an.name}: 0 lượt" in await asks(hoa, "an")


async def test_a_head_may_name_them_as_they_are_called(town: Town) -> None:
    hoa = await town.staff("Hoa", gate="HN", is_head=True)
    await town.staff("Lý Thị Mai", gate="HN")
    await town.staff("Nguyễn Văn An", gate="HN")
    await town.staff("Trần Văn An", gate="HN")

    assert "Lý Thị Mai: 0 lượt" in await asks(hoa, "mai")
    assert "Trần Văn An: 0 lượt" in await asks(hoa, "trần văn an")
    assert await asks(hoa, "An") == "Anh/Chị không có quyền làm việc này."  # which of the two?


@pytest.mark.parametrize("asked", ["Bình", "Hoa", "Nobody at all"])
async def test_anybody_elses_are_refused_and_the_answer_does_not_tell_who_exists(
    town: Town, asked: str
) -> None:
    an = await town.staff("An", gate="HN")
    await town.staff("Bình", gate="HN")
    await town.staff("Hoa", gate="HN", is_head=True)
    assert await asks(an, asked) == "Anh/Chị không có quyền làm việc này."


@pytest.mark.parametrize("role", [Role.OFFICE, Role.LEADER])
async def test_the_office_and_leaders_read_gates_categories_and_shifts_and_no_person(
    town: Town, role: Role
) -> None:
    an, reader = await town.staff("An", gate="HN"), await town.staff("Nga", role)
    await keeps(town, an, 4)
    await keeps(town, await town.staff("Bình", gate="HN"), 1)

    read = await asks(reader)

    assert "Toàn Ban Quản lý: 5 lượt" in read
    assert "Theo cửa khẩu\n• Cửa khẩu quốc tế Hữu Nghị: 5 lượt · trong ngày 100,0 % (5/5)" in read
    assert "Theo loại việc\n" in read
    assert "Theo ca trực\n• chưa nhập ca: 5 lượt" in read
    assert "An: " not in read
    assert await asks(reader, "An") == "Anh/Chị không có quyền làm việc này."


async def test_a_shift_that_one_person_kept_is_no_figure_for_the_office_but_for_its_head(town: Town) -> None:
    an, nga = await town.staff("An", gate="HN"), await town.staff("Nga", Role.OFFICE)
    chief = await town.staff("Trưởng", Role.LEADER, gate="HN", is_head=True)
    now = town.clock.now()
    ends = now + timedelta(hours=2)
    await town.db.write(lambda db: shifts.add(db, "HN", now, ends, [an.person_id], now))
    await keeps(town, an, 5)

    assert "Theo ca trực" not in await asks(nga)
    assert "Theo ca trực\n• HN " in await asks(chief)


async def test_what_one_person_alone_did_at_a_gate_is_told_to_the_office_by_its_number_only(
    town: Town,
) -> None:
    an, nga = await town.staff("An", gate="CM"), await town.staff("Nga", Role.OFFICE)
    chief = await town.staff("Trưởng", Role.LEADER, gate="CM", is_head=True)
    await keeps(town, an, 5, "Chi Ma")

    read = await asks(nga)
    assert "• Cửa khẩu song phương Chi Ma: 5 lượt · trong ngày – (n = 5)" in read
    assert "• chưa nhập ca: 5 lượt · trong ngày – (n = 5)" in read
    assert "• Cửa khẩu song phương Chi Ma: 5 lượt · trong ngày 100,0 % (5/5)" in await asks(chief)
    assert "• Cửa khẩu song phương Chi Ma: 5 lượt · trong ngày 100,0 % (5/5)" not in await asks(an)


async def test_a_head_of_many_reads_first_who_stands_out_and_everybody_at_a_press(town: Town) -> None:
    hoa = await town.staff("Hoa", gate="HN", is_head=True)
    for number in range(7):
        await town.staff(f"Cán bộ {number}", gate="HN")
    late = await town.staff("Xuân", gate="HN")
    await town.citizen("Tài").says("Hữu Nghị: xe không qua được")
    await late.presses("Nhận xử lý")
    await town.until(20, 0)

    read = await asks(hoa)

    assert "Từng người (8), 5 người cần lưu ý trước\n• Xuân: 1 lượt" in read
    assert sum(line.startswith("• Cán bộ") for line in read.splitlines()) == 4
    await hoa.presses("Xem cả 8 người")
    everybody = hoa.reads()[-1]
    assert "Từng người (8)\n• Xuân: 1 lượt" in everybody
    assert sum(line.startswith("• Cán bộ") for line in everybody.splitlines()) == 7
    assert not hoa.bubbles()[-1].buttons
    assert "Giải quyết trong ngày" in await asks(hoa, "Xuân")


async def test_a_forged_button_for_everybody_shows_only_what_is_ones_own(town: Town) -> None:
    an, driver = await town.staff("An", gate="HN"), town.citizen("Tài")
    await town.staff("Bình", gate="HN")
    await an.presses_payload(write(Action.FIGURES_ALL, 0, "2026-11"))
    assert "Bình" not in an.reads()[-1]
    await an.presses_payload(write(Action.FIGURES_ALL, 0, "2026-99"))
    assert "Số liệu" not in an.reads()[-1]
    await driver.says("Hữu Nghị: xe không qua được")
    await driver.presses_payload(write(Action.FIGURES_ALL, 0, "2026-11"))
    assert not driver.sees("Số liệu")


async def test_who_takes_a_reopened_ticket_does_not_inherit_the_first_outcome(town: Town) -> None:
    an, binh = await town.staff("An", gate="HN"), await town.staff("Bình", gate="HN")
    driver = town.citizen("Tài")
    await driver.says("Hữu Nghị: xe không qua được")
    await an.presses("Nhận xử lý")
    await an.presses("Đóng phiếu")
    await an.says(ENDED)
    await driver.presses("Không hài lòng")
    await driver.presses("Mở lại")
    await binh.presses("Nhận xử lý")

    assert (await town.ticket()).holder_id == binh.person_id
    assert "Của Anh/Chị: 1 lượt" in await asks(an)
    assert "Của Anh/Chị: 1 lượt" in await asks(binh)


async def test_the_rights_are_looked_at_again_when_the_figures_are_sent(town: Town) -> None:
    hoa = await town.staff("Hoa", gate="HN", is_head=True)
    await town.staff("An", gate="HN")
    person = await town.db.read(lambda db: people.person(db, hoa.person_id))
    assert person is not None
    now = town.clock.now()
    data = await town.db.read(lambda db: figures_shown.asked(db, person, "An", now))
    await town.db.write(lambda db: people.update_person(db, person.id, is_head=False))

    moved = await town.db.read(lambda db: people.person(db, hoa.person_id))
    assert await town.db.read(lambda db: figures_shown.shown(db, town.cfg, moved, data, now)) == {
        "people": []
    }


async def test_another_month_is_asked_for_by_its_number(town: Town) -> None:
    an = await town.staff("An", gate="HN")
    assert "Số liệu tháng 10/2026" in await asks(an, "10/2026")
    assert "/solieu 11/2026" in await asks(an, "13/2026")


async def test_a_driver_is_refused(town: Town) -> None:
    driver = town.citizen("Tài")
    assert "không có quyền" in await asks(driver)
