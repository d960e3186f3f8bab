"""What a unit says about its task: progress, evidence, obstacles, a later date; and who may press what."""

from collections.abc import AsyncIterator
from datetime import UTC, date, datetime
from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image

from bot.inbound import File
from bot.payloads import Action, write
from core.calendar import TZ
from core.people import Role
from core.task import TaskStatus
from storage import messages
from tests.plan_cast import (
    REPORT,
    Office,
    applies,
    draft,
    due,
    history,
    kinds,
    office,
    row,
    the_task,
    to_come,
)
from tests.town import Citizen, Town, opened_town

Desk = tuple[Town, Office]


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Desk]:
    """Friday 2/10/2026, 08:00: the first notice of the report has just arrived."""
    async with opened_town(tmp_path, datetime(2026, 10, 1, 2, 0, tzinfo=UTC)) as town:
        people = await office(town)
        await applies(town, draft(row("1", REPORT, due(date(2026, 11, 29)))))
        await town.goes_on_until(datetime(2026, 10, 2, 8, 0, tzinfo=TZ))
        yield town, people


def picture() -> bytes:
    content = BytesIO()
    Image.new("RGB", (40, 30), "green").save(content, "JPEG")
    return content.getvalue()


async def refused(citizen: Citizen, action: Action, task_id: int, argument: str = "") -> str:
    """What somebody reads who presses a button that is not theirs."""
    await citizen.presses_payload(write(action, task_id, argument))
    return citizen.reads()[-1]


async def test_progress_by_button_counts_at_once_and_words_may_follow(desk: Desk) -> None:
    town, people = desk
    await people.officer.presses("Cập nhật tiến độ")
    await people.officer.presses("50%")
    assert (await the_task(town)).progress == 50

    await people.officer.says("Đã có số liệu của hai phòng.")

    task = await the_task(town)
    assert (task.progress, task.acknowledged_by) == (50, people.officer.person_id)
    told = [event for event in await history(town, task) if event.kind == "progressed"]
    words = await town.db.read(lambda db: messages.get(db, int(told[-1].data["message"])))
    assert words is not None
    assert words.text == "Đã có số liệu của hai phòng."
    assert words.task_id == task.id


async def test_more_than_a_hundred_percent_is_asked_again(desk: Desk) -> None:
    town, people = desk
    await people.officer.presses("Cập nhật tiến độ")
    await people.officer.says("160% rồi")
    assert people.officer.sees("Tỷ lệ phải từ 0 đến 100")
    await people.officer.says("60% rồi")
    assert (await the_task(town)).progress == 60


async def test_done_needs_evidence_and_a_picture_is_some(desk: Desk) -> None:
    town, people = desk
    await people.officer.presses("Hoàn thành")
    await people.officer.sends("sticker")
    assert people.officer.sees("Cần minh chứng")
    assert (await the_task(town)).status is TaskStatus.OPEN

    await people.officer.sends_photo(picture())

    task = await the_task(town)
    assert task.status is TaskStatus.SUBMITTED
    assert people.head.newest("báo hoàn thành").button("Chấp nhận")
    assert people.head.newest("Ảnh minh chứng").photo is not None
    assert not people.colleague.sees("Ảnh minh chứng")
    assert not people.clerk.sees("báo hoàn thành")


async def test_an_album_is_one_submission_with_several_pictures(desk: Desk) -> None:
    town, people = desk
    await people.officer.presses("Hoàn thành")
    await people.officer.sends_photo(picture(), "Ảnh hiện trường", album="a1")
    await people.officer.sends_photo(picture(), album="a1")

    task = await the_task(town)
    files = await town.db.read(lambda db: messages.attachments_of_task(db, task.id))
    assert [file.status for file in files] == ["stored", "stored"]
    assert (await kinds(town, task)).count("submitted") == 1
    assert not people.officer.sees("thuộc phiếu nào")


async def test_a_file_is_evidence_and_is_named(desk: Desk) -> None:
    town, people = desk
    town.channel.files["doc"] = b"%PDF-1.7 report"
    await people.officer.presses("Hoàn thành")
    file = File("document", "doc", "bao-cao-45.pdf", "application/pdf", 15)
    await people.officer.sends("document", "Báo cáo đã ký", files=(file,))
    assert people.head.newest("báo hoàn thành").text.count("bao-cao-45.pdf") == 1
    shown = people.head.newest("Tệp minh chứng của nhiệm vụ 1: bao-cao-45.pdf").document
    assert shown is not None
    assert (shown.name, shown.read()) == ("bao-cao-45.pdf", b"%PDF-1.7 report")
    assert not people.colleague.sees("Tệp minh chứng")


async def test_the_office_opens_a_file_of_evidence_that_was_sent_before(desk: Desk) -> None:
    town, people = desk
    town.channel.files["doc"] = b"PK office"
    await people.officer.presses("Cập nhật tiến độ")
    file = File("document", "doc", "../bang ke.xlsx", None, 9)
    await people.officer.sends("document", "40% kèm bảng kê", files=(file,))
    assert not people.clerk.sees("Tệp minh chứng")

    await people.clerk.says("/nhiemvu 1")

    shown = people.clerk.newest("Tệp minh chứng").document
    assert shown is not None
    assert (shown.name, shown.read()) == ("bang ke.xlsx", b"PK office")


async def test_returned_with_a_reason_it_is_open_again(desk: Desk) -> None:
    town, people = desk
    await people.officer.presses("Hoàn thành")
    await people.officer.says("Đã gửi")
    await people.head.presses("Trả lại")
    await people.head.says("Chưa có số văn bản.")

    assert (await the_task(town)).status is TaskStatus.OPEN
    assert people.officer.sees("Chưa có số văn bản.")
    assert people.colleague.sees("Bị trả lại")


async def test_returned_after_the_deadline_it_is_overdue_after_all(desk: Desk) -> None:
    town, people = desk
    await town.goes_on_until(datetime(2026, 11, 27, 9, tzinfo=TZ))
    await people.officer.presses("Hoàn thành")
    await people.officer.says("Đã gửi")
    await town.goes_on_until(datetime(2026, 12, 1, 9, tzinfo=TZ))
    assert (await the_task(town)).overdue_at is None
    assert people.head.sees("Còn chờ chấp nhận")

    await people.head.presses("Trả lại")
    await people.head.says("Thiếu phụ lục")
    await town.goes_on_until(datetime(2026, 12, 1, 9, 1, tzinfo=TZ))

    assert (await the_task(town)).overdue_at == (await the_task(town)).due_at


async def test_who_reported_it_does_not_accept_it(desk: Desk) -> None:
    town, people = desk
    await people.head.says("/nhiemvu 1")
    await people.head.presses("Hoàn thành")
    await people.head.says("Tự tôi đã gửi báo cáo.")
    task = await the_task(town)

    assert "người thứ hai" in await refused(people.head, Action.TASK_ACCEPT, task.id)
    assert people.clerk.newest("báo hoàn thành").button("Chấp nhận")
    await people.clerk.presses("Chấp nhận")
    assert (await the_task(town)).accepted_by == people.clerk.person_id


async def test_an_obstacle_goes_to_the_leaders_and_moves_no_date(desk: Desk) -> None:
    town, people = desk
    before = await the_task(town)
    await people.officer.presses("Vướng mắc")
    await people.officer.says("Chưa có kinh phí thuê khảo sát.")

    assert people.leader.sees("Chưa có kinh phí thuê khảo sát.")
    assert people.clerk.sees("Vướng mắc của Trung tâm Quản lý cửa khẩu (Minh)")
    assert (await the_task(town)).due_at == before.due_at


async def test_a_later_date_is_a_leaders_decision_and_both_dates_stay(desk: Desk) -> None:
    town, people = desk
    await people.officer.presses("Xin lùi hạn")
    await people.officer.says("15/11")
    assert people.officer.sees("Ngày xin lùi tới phải sau hạn hiện nay")
    await people.officer.says("15/12/2026")
    assert people.officer.sees("Viết lý do xin lùi hạn")
    await people.officer.says("Chờ số liệu của Cục Thống kê")
    asked = await the_task(town)
    assert (asked.asked_due_on, asked.due_on) == (date(2026, 12, 15), date(2026, 11, 29))
    assert people.leader.sees("xin lùi hạn từ 29/11/2026 tới 15/12/2026")

    await people.leader.presses("Đồng ý")

    moved = await the_task(town)
    assert (moved.due_on, moved.acknowledged_at, moved.deadline_no) == (date(2026, 12, 15), None, 2)
    assert people.officer.sees("Lãnh đạo đồng ý lùi hạn từ 29/11/2026 tới 15/12/2026")
    decided = (await history(town, moved))[-1]
    assert (decided.data["from"], decided.data["until"], decided.data["granted"]) == (
        "2026-11-29",
        "2026-12-15",
        True,
    )
    assert (await to_come(town, moved))["T-0"] == "15/12 07:45"


async def test_a_refused_extension_leaves_the_deadline(desk: Desk) -> None:
    town, people = desk
    await people.officer.presses("Xin lùi hạn")
    await people.officer.says("15/12/2026 vì bận")
    before = await to_come(town, await the_task(town))
    await people.leader.presses("Không đồng ý")

    task = await the_task(town)
    assert (task.due_on, task.asked_due_on) == (date(2026, 11, 29), None)
    assert await to_come(town, task) == before
    assert "đã được quyết định" in await refused(people.leader, Action.EXTEND_YES, task.id, "2026-12-15")


async def test_an_old_request_is_not_granted_in_place_of_a_new_one(desk: Desk) -> None:
    town, people = desk
    for day in ("15/12/2026", "20/12/2026"):
        await people.officer.says("/nhiemvu 1")
        await people.officer.presses("Xin lùi hạn")
        await people.officer.says(f"{day} vì bận")
    task = await the_task(town)
    await refused(people.leader, Action.EXTEND_YES, task.id, "2026-12-15")
    assert (await the_task(town)).due_on == date(2026, 11, 29)


async def test_the_office_says_the_day_and_the_product_that_the_plan_left_blank(desk: Desk) -> None:
    town, people = desk
    plan = draft(
        row("7", "Mô hình Dân vận khéo", due(None), expected_output=""), title="Kế hoạch B", number=None
    )
    await applies(town, plan)
    await people.officer.says("/nhiemvu 7")
    assert not people.officer.newest("Mô hình Dân vận khéo").button("Đặt hạn")

    await people.clerk.says("/nhiemvu 7")
    await people.clerk.presses("Đặt hạn")
    await people.clerk.says("31/2/2026")
    await people.clerk.says("15/12/2026")
    await people.clerk.presses("Ghi sản phẩm")
    await people.clerk.says("01 mô hình được công nhận")
    model = await the_task(town, "7")
    assert (model.due_on, model.expected_output) == (date(2026, 12, 15), "01 mô hình được công nhận")
    assert (await to_come(town, model))["T-0"] == "15/12 07:45"

    again = await applies(town, plan)

    assert (again.same, again.changed) == (1, 0)
    assert (await the_task(town, "7")).due_on == date(2026, 12, 15)


@pytest.mark.parametrize(
    ("action", "argument"),
    [
        (Action.TASK_ACK, ""),
        (Action.TASK_PROGRESS, "75"),
        (Action.TASK_SUBMIT, ""),
        (Action.TASK_OBSTRUCT, ""),
        (Action.TASK_EXTEND, ""),
        (Action.TASK_ACCEPT, ""),
        (Action.TASK_RETURN, ""),
        (Action.TASK_SHOW, ""),
        (Action.TASK_DAY, ""),
        (Action.TASK_OUTPUT, ""),
        (Action.EXTEND_YES, "2026-12-15"),
        (Action.EXTEND_NO, "2026-12-15"),
        (Action.PLAN_APPLY, ""),
        (Action.PLAN_DROP, ""),
        (Action.PLAN_CHECKINS, "monthly"),
    ],
)
async def test_buttons_of_others_are_refused(desk: Desk, action: Action, argument: str) -> None:
    town, _ = desk
    duty = await town.staff("An", Role.DUTY, gate="HN")
    driver = town.citizen("Lái xe Nam")
    await driver.says("/start")
    task = await the_task(town)
    before = await history(town, task)

    for stranger in (duty, driver):
        assert "quyền" in await refused(stranger, action, task.id, argument)
    assert await history(town, task) == before
    assert await the_task(town) == task


@pytest.mark.parametrize("payload", ["tp:1:75", "ta:zzzzzzzzzzzzz", "ey:1:31-02", "tp:1:x", "pa:1", "tl:1"])
async def test_forged_payloads_do_nothing(desk: Desk, payload: str) -> None:
    town, people = desk
    before = await history(town, await the_task(town))
    await people.officer.presses_payload(payload)
    assert await history(town, await the_task(town)) == before


async def test_somebody_who_left_can_press_nothing(desk: Desk) -> None:
    town, people = desk
    from storage import people as rows

    await town.db.write(lambda db: rows.update_person(db, people.officer.person_id, active=False))
    await people.officer.presses("Đã nhận")
    assert (await the_task(town)).acknowledged_at is None


async def test_nhiemvu_shows_a_unit_its_own_and_the_office_everything(desk: Desk) -> None:
    town, people = desk
    await people.officer.says("/nhiemvu")
    assert people.officer.sees("Nhiệm vụ của đơn vị: 1")
    await people.clerk.says("/nhiemvu")
    assert people.clerk.sees("Tất cả nhiệm vụ đang mở: 1")
    await people.clerk.says("/nhiemvu 99")
    assert people.clerk.sees("Không có nhiệm vụ nào mang số “99”")
    duty = await town.staff("An", Role.DUTY, gate="HN")
    await duty.says("/nhiemvu")
    assert duty.sees("Không có nhiệm vụ nào đang mở")
