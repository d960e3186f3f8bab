"""Over a whole rich day: no sender ever reads a colleague's name, and no log holds words, numbers, keys or codes of people."""

from pathlib import Path

import structlog

from core.people import Role
from services.verify import verify
from tests.town import Citizen, Town, opened_town
from tests.witness import everything_read, picture_with_place

# Names that stand nowhere else, so that finding one is a leak and no coincidence.
NAMES = ("Quỳnhanh", "Bìnhminh", "Camlyxa", "Lãnhsự", "Hoavăn", "Phúcvi")
NOTE = "lái xe này quen chủ bãi"
COMPLAINT = "Hữu Nghị: xe 12C-123.45 chờ bốn tiếng, gọi 0912 345 678"
SECRETS = (
    "12C-123.45",
    "12C12345",
    "0912345678",
    "0912 345 678",
    "84912345678",
    "bốn tiếng",
    NOTE,
    "vòi tiền luật",
)


async def a_rich_day(town: Town) -> list[Citizen]:
    """The senders of a day on which nearly everything happens, up to noon of the next."""
    an, binh = await town.staff(NAMES[0], gate="HN"), await town.staff(NAMES[1], gate="HN")
    cam, leader = await town.staff(NAMES[2], gate="CM"), await town.staff(NAMES[3], Role.LEADER)
    hoa, phuc = await town.staff(NAMES[4], Role.OFFICE), await town.staff(NAMES[5], Role.OFFICER, unit="PCM")
    await hoa.says("/nhom HN", group="-100")
    driver, other, angry = (
        town.citizen("Lái xe"),
        town.citizen("Người khác", "en"),
        town.citizen("司机", "zh-hans"),
    )
    await driver.says(COMPLAINT)
    await driver.presses("Bỏ qua")
    await driver.says("12C-123.45")
    await driver.says("0912 345 678")
    await driver.sends_photo(picture_with_place(), "ảnh hiện trường")
    await an.presses("Nhận xử lý", group="-100")
    await binh.presses_payload(f"c:{number_on(an, 'bốn tiếng')}")
    await an.presses("Ghi chú nội bộ")
    await an.says(NOTE)
    await binh.says(f"{NOTE} thật", reply_to=binh.newest("bốn tiếng").id)
    await an.presses("Hỏi thêm")
    await an.says("Anh đỗ ở bãi nào?")
    await driver.says("Bãi số 2")
    await an.presses("Chờ cơ quan khác")
    await an.presses("Hải quan")
    await an.presses("23/11/2026")
    await an.presses(NAMES[3])
    await an.presses("Chuyển")
    await an.presses("Người")
    await an.presses(NAMES[1])
    await leader.presses_payload(f"as:{number_on(binh, 'bốn tiếng')}:{an.person_id}")
    await an.presses("Trả lời")
    await an.says("Trung tâm đang điều tiết.")
    await an.presses("Đóng phiếu")
    await an.says("Đã điều tiết xong, xe đã qua lúc 10 giờ.")
    await driver.presses("Không hài lòng")
    await driver.presses("Mở lại")
    await driver.says(f"/tracuu {(await town.tickets())[0].code}")
    await driver.says("/phieu")
    await other.says("Chi Ma: tài xế bị vòi tiền luật")
    await hoa.presses("Là đơn")
    await angry.says("峙马排队")
    await cam.presses("Nhận xử lý")
    await cam.presses("Chuyển")
    await cam.presses("Đơn vị")
    await cam.presses("chuyên môn")
    await phuc.presses("Nhận xử lý")
    await angry.presses_payload(f"re:{number_on(phuc, '峙马排队')}")
    await angry.presses_payload(f"c:{number_on(phuc, '峙马排队')}")
    for sender in (driver, other, angry):
        for words in (
            "/trogiup",
            "/dulieucuatoi",
            "/viec",
            "/tracuu DDLS-261122-0001 2222",
            "/start link_BCDFGHJKMN",
            " ",
        ):
            await sender.says(words)
    await town.until(19, 30)
    await town.until(12, 0, days=1)
    return [driver, other, angry]


def number_on(holder: Citizen, words: str) -> str:
    """The ticket's number in the buttons of the card with these words."""
    button = holder.newest(words).button("Trả lời")
    assert button is not None
    return button.payload.split(":")[1]


async def test_no_colleagues_name_is_in_anything_a_sender_ever_reads(town: Town) -> None:
    shown = everything_read(*await a_rich_day(town))
    assert len(shown) > 5000
    assert not [name for name in NAMES if name in shown]
    assert NOTE not in shown
    assert not (await town.db.read(verify)).findings


async def test_no_log_of_the_day_holds_words_numbers_keys_or_codes(tmp_path: Path) -> None:
    async with opened_town(tmp_path) as town:
        with structlog.testing.capture_logs() as logs:
            await a_rich_day(town)
        keys = [ticket.key for ticket in await town.tickets()]
    assert len(logs) > 5
    written = "\n".join(map(str, logs))
    assert not [secret for secret in (*SECRETS, *NAMES, *keys, "BCDFGHJKMN", "峙马排队") if secret in written]
