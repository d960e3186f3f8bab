"""Every kind of message opens or joins a ticket and is acknowledged by name; pictures lose their place, big files lose nothing."""

import pytest

from bot.inbound import File
from core.errors import Refused
from core.people import Role
from core.ticket import Status
from storage import messages
from storage.messages import Attachment
from tests.town import Citizen, Town
from tests.witness import group_reads, has_place, picture_with_place, words_of

KINDS = {
    "voice": "tin thoại",
    "document": "tệp",
    "location": "vị trí",
    "contact": "danh thiếp liên hệ",
    "sticker": "nhãn dán",
    "album": "bộ ảnh",
    "video": "video",
    "video_note": "video tròn",
    "audio": "tệp âm thanh",
    "animation": "ảnh động",
    "other:poll": "tin nhắn dạng khác",
    "other:unknown": "tin nhắn dạng khác",
}


async def files_of(town: Town) -> list[Attachment]:
    ticket = await town.ticket()
    return list(await town.db.read(lambda db: messages.attachments_of(db, ticket.id)))


async def sends_file(driver: Citizen, kind: str, size: int, text: str = "") -> None:
    driver.town.channel.files["big"] = b"x"
    await driver.sends(kind, text, files=(File(kind, "big", size=size),))


@pytest.mark.parametrize("kind", KINDS)
async def test_any_kind_of_message_opens_a_ticket_and_is_called_by_its_name(town: Town, kind: str) -> None:
    driver, an = town.citizen("Lái xe"), await town.staff("An", gate="HN")
    await driver.sends(kind)
    ticket = await town.ticket()
    assert ticket.status is Status.NEW
    assert f"Đã nhận: {KINDS[kind]}." in driver.newest(ticket.code).text
    assert an.newest(ticket.code).button("Nhận xử lý") is not None


@pytest.mark.parametrize("kind", KINDS)
async def test_any_kind_of_message_joins_the_open_ticket(town: Town, kind: str) -> None:
    driver = town.citizen("Lái xe")
    await driver.says("Hữu Nghị: xe chờ lâu")
    await driver.sends(kind)
    assert driver.sees(f"Đã thêm {KINDS[kind]} vào phiếu")
    assert len(await words_of(town, await town.ticket())) == 2


async def test_a_photo_loses_its_place_before_anybody_sees_it(town: Town) -> None:
    driver, an = town.citizen("Lái xe"), await town.staff("An", gate="HN")
    original = picture_with_place()
    assert has_place(original)
    await driver.sends_photo(original, "Hữu Nghị: ổ gà")
    assert driver.sees("Đã nhận 1 ảnh")
    shown = an.newest("Ảnh").photo
    assert shown is not None
    assert not has_place(shown.read_bytes())
    assert b"Camera of the driver" not in shown.read_bytes()


async def test_the_original_lies_on_the_disk_sealed(town: Town) -> None:
    driver = town.citizen("Lái xe")
    original = picture_with_place()
    await driver.sends_photo(original, "Hữu Nghị: ổ gà")
    (file,) = await files_of(town)
    sealed = (town.cfg.files / "sealed" / str(file.sha256)).read_bytes()
    assert original not in sealed
    assert original not in b"".join(path.read_bytes() for path in town.cfg.files.rglob("*") if path.is_file())


async def test_who_gets_the_ticket_later_sees_the_pictures_by_a_button(town: Town) -> None:
    driver, an = town.citizen("Lái xe"), await town.staff("An", gate="HN")
    binh = await town.staff("Bình", gate="TT")
    await driver.sends_photo(picture_with_place(), "Hữu Nghị: ổ gà")
    await an.presses("Nhận xử lý")
    await an.presses("Chuyển")
    await an.presses("Cửa khẩu")
    await an.presses("Tân Thanh")
    await binh.presses("Xem đủ")
    assert binh.newest("Ảnh").photo is not None


async def test_an_album_is_one_message_with_one_acknowledgement(town: Town) -> None:
    driver = town.citizen("Lái xe")
    for number in range(4):
        await driver.sends_photo(picture_with_place(), "ổ gà" if number == 0 else "", album="a-1")
    assert len(driver.reads()) == 1
    assert len(await files_of(town)) == 4


async def test_a_file_of_25_megabytes_opens_the_ticket_and_is_told_of_after_the_receipt(town: Town) -> None:
    driver = town.citizen("Lái xe")
    await sends_file(driver, "document", 25 * 1024 * 1024, "Hữu Nghị: tờ khai bị lỗi")
    ticket = await town.ticket()
    receipt, refusal = driver.reads()
    assert ticket.code in receipt
    assert f"Tệp lớn quá 20 MB nên chưa lưu được; lời nhắn vẫn được giữ trong phiếu {ticket.code}" in refusal
    assert await words_of(town, ticket) == ["Hữu Nghị: tờ khai bị lỗi"]
    assert [file.status for file in await files_of(town)] == ["failed"]


async def test_a_file_that_turns_out_too_large_is_told_of_as_well(town: Town) -> None:
    driver = town.citizen("Lái xe")

    async def refuses(provider_id: str) -> bytes:
        raise Refused("file_too_large")

    town.fetcher.fetchers = {"town": refuses}
    await driver.sends("video", "Hữu Nghị: xem video", files=(File("video", "v"),))
    assert driver.sees("Tệp lớn quá 20 MB")
    assert (await town.ticket()).is_open


async def test_a_file_that_comes_late_is_fetched_when_the_line_is_back(town: Town) -> None:
    driver, an = town.citizen("Lái xe"), await town.staff("An", gate="HN")
    await driver.says("Hữu Nghị: ổ gà")
    fetch, town.fetcher.fetchers = town.fetcher.fetchers, {}
    await driver.sends_photo(picture_with_place())
    assert [file.status for file in await files_of(town)] == ["waiting"]
    town.fetcher.fetchers = fetch
    await town.passes(minutes=1)
    assert [file.status for file in await files_of(town)] == ["stored"]
    assert an.newest("Ảnh").photo is not None


async def test_what_only_calls_itself_a_photo_is_kept_and_not_shown(town: Town) -> None:
    driver, an = town.citizen("Lái xe"), await town.staff("An", gate="HN")
    await driver.sends_photo(b"MZ this is no picture", "Hữu Nghị: ổ gà")
    assert [file.status for file in await files_of(town)] == ["stored"]
    assert all(bubble.photo is None for bubble in an.bubbles())


async def test_a_group_sees_the_picture_but_neither_name_nor_telephone(town: Town) -> None:
    office = await town.staff("Hoa", Role.OFFICE)
    await office.says("/nhom HN", group="-100")
    driver = town.citizen("Nguyễn Văn Lái")
    await driver.sends_photo(picture_with_place(), "Hữu Nghị: ổ gà")
    await driver.presses("Bỏ qua")
    await driver.presses("Bỏ qua")
    await driver.says("0912345678")
    assert any(bubble.photo for bubble in town.channel.chats["-100"])
    assert "Nguyễn Văn Lái" not in group_reads(town, "-100")
    assert "912345678" not in group_reads(town, "-100")
