"""Who writes from a Chinese or English telephone reads Chinese or English, from the greeting to the last word."""

import unicodedata

import pytest

from core.people import Role
from services.reference import seed_reference
from tests.town import Citizen, Town

RESULT = "The lane was opened at 10:00, your truck may pass."
WORDS = {
    "zh": ("友谊关口岸排队四个小时没有人管", "更多情况", "非常不满意", "Không", "没有解决"),
    "en": ("Huu Nghi: truck waits four hours, nobody directs", "More about it", "", "", "Not solved"),
}
TAGS = {"zh": "zh-hans", "en": "en-GB"}


# Names that stay as they are: a gate's on its sign (a Chinese reader gets the Chinese one), a law's, a language's own.
NAMES = ("NĐ-CP", "Tiếng Việt", "Chọn ngôn ngữ")
GATES = tuple(gate.name for gate in seed_reference().gates.values())


def vietnamese(text: str, *names: str) -> list[str]:
    """The words of `text` with letters that only Vietnamese has, other than these names."""
    for name in (*NAMES, *names):
        text = text.replace(name, "")
    letters = set("\u031b\u0309\u0323đĐơƠưƯ")
    return [word for word in text.split() if set(unicodedata.normalize("NFD", word)) & letters]


async def the_whole_way(town: Town, language: str) -> Citizen:
    complaint, more, *_ = WORDS[language]
    driver, an = town.citizen("Driver", TAGS[language]), await town.staff("An", gate="HN")
    await town.staff("Lãnh", Role.LEADER)
    await driver.says("/start gate_HN")
    await driver.says(complaint)
    for _ in range(3):
        skip = [label for label in driver.buttons() if label in {"Skip", "跳过"}][-1]
        await driver.presses(skip)
    await driver.says(more)
    await driver.sends("voice")
    await an.presses("Nhận xử lý")
    await an.presses("Hỏi thêm")
    await an.says("Your plate?")
    await driver.says("12C-123.45")
    await an.presses("Trả lời")
    await an.says("We are on the way.")
    await an.presses("Chờ cơ quan khác")
    await an.says("CBP")
    await an.presses("23/11/2026")
    await an.presses("Lãnh")
    await an.presses("Đóng phiếu")
    await an.says(RESULT)
    await driver.presses_payload(driver.newest(RESULT).buttons[-1][-1].payload)
    await driver.says("/phieu")
    await driver.says("/tracuu DDLS-261122-0001")
    await driver.says("/tracuu DDLS-261122-9999 AAAA")
    for command in (
        "/trogiup",
        "/ngonngu",
        "/dulieucuatoi",
        "/xoadulieu",
        "/tracuu",
        "/huy",
        "/khongco",
        " ",
    ):
        await driver.says(command)
    await driver.presses_payload("c:zzz")
    await driver.presses_payload("kd:0")
    return driver


@pytest.mark.parametrize("language", ["zh", "en"])
async def test_everything_is_said_in_the_senders_language(town: Town, language: str) -> None:
    driver = await the_whole_way(town, language)
    assert len(driver.bubbles()) > 20
    for text in [*driver.reads(), *driver.buttons()]:
        assert not vietnamese(text, *(GATES if language == "en" else ())), text


async def test_a_chinese_reader_is_told_beijing_time_as_well(town: Town) -> None:
    driver = town.citizen("司机", "zh-hans")
    await driver.says("友谊关排队四个小时")
    assert "19:00" in driver.newest().text
    assert "20:00" in driver.newest().text


async def test_a_petition_and_an_emergency_are_told_in_chinese(town: Town) -> None:
    driver = town.citizen("司机", "zh-hans")
    await driver.says("友谊关停车场着火了")
    await driver.says("我要举报有人索贿")
    assert len(driver.bubbles()) == 2
    assert all(not vietnamese(text) for text in driver.reads())
    assert "114" in driver.reads()[0]


async def test_a_breach_is_apologised_for_in_chinese(town: Town) -> None:
    driver, an = town.citizen("司机", "zh-hans"), await town.staff("An", gate="HN")
    await driver.says("友谊关排队四个小时")
    await an.presses("Nhận xử lý")
    await town.until(19, 1)
    assert len(driver.bubbles()) == 2
    assert not vietnamese(driver.newest().text)


async def test_the_language_can_be_changed_and_stays(town: Town) -> None:
    driver = town.citizen("Lái xe")
    await driver.says("/ngonngu")
    await driver.presses("English")
    await driver.says("Hữu Nghị: xe chờ")
    assert driver.sees("Ticket code") or driver.sees("Ticket ")
    assert not driver.sees("Ban Quản lý đã nhận")
    await driver.says("/ngonngu")
    await driver.presses("中文")
    await driver.says("xe chờ")
    assert not driver.sees("Đã thêm")


async def test_a_language_that_nobody_offers_changes_nothing(town: Town) -> None:
    driver = town.citizen("Lái xe")
    await driver.says("/start")
    await driver.presses_payload("l:0:xx")
    assert driver.sees("Nút này không dùng được")
    await driver.says("/start")
    assert driver.newest().text.startswith("Xin chào")


async def test_staff_read_vietnamese_whatever_their_telephone_speaks(town: Town) -> None:
    driver, an = town.citizen("司机", "zh-hans"), await town.staff("An", gate="HN")
    await driver.says("友谊关排队")
    assert an.newest("友谊关排队").button("Nhận xử lý") is not None
    assert an.sees("Người phản ánh viết:")
