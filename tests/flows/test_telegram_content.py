"""Whatever somebody sends over Telegram is kept, acknowledged and shown to the officers; bad input loses nothing."""

import re

from bot.telegram.updates import ABOUT, SERVICE
from storage import messages
from storage.database import Connection
from tests.doubles.botapi_rules import TYPES, smallest
from tests.telegram_line import Line

NO_CONTENT = ABOUT | SERVICE | {"migrate_to_chat_id", "migrate_from_chat_id"}
CONTENT = [field for field in TYPES["Message"]["fields"] if field["name"] not in NO_CONTENT]


async def test_every_kind_of_message_that_telegram_knows_opens_a_ticket(line: Line) -> None:
    senders = {field["name"]: line.double.user(field["name"]) for field in CONTENT}
    for field in CONTENT:
        senders[field["name"]].sends(**{field["name"]: smallest(field["types"][0])})
    for sender in senders.values():
        await sender.waits_for("Mã phiếu")
    assert len(await line.tickets()) == len(CONTENT) > 20
    await line.rests()
    assert not [
        call.method for call in line.double.requests if call.status == 400 and call.method != "getFile"
    ]


async def test_what_is_no_text_joins_the_open_ticket_too(line: Line) -> None:
    khue, driver = await line.staff("Khuê"), line.double.user("Lái xe Nam")
    await driver.says("Hữu Nghị: kẹt xe ở barie")
    await driver.sends_voice()
    await driver.sends_document()
    await driver.sends_location()
    await driver.shares_contact()
    await khue.waits_for("kẹt xe")
    await line.rests()
    ticket = await line.ticket()
    kinds = await line.program.db.read(
        lambda db: [message.kind for message in messages.of_ticket(db, ticket.id, "in")]
    )
    assert kinds == ["text", "voice", "document", "location", "contact"]
    assert any("21.97500, 106.70400" in words for words in await line.words(ticket))


async def test_an_album_is_one_ticket_with_one_receipt(line: Line) -> None:
    khue, driver = await line.staff("Khuê"), line.double.user("Lái xe Nam")
    await driver.sends_album([b"\xff\xd8one", b"\xff\xd8two", b"\xff\xd8three"], "Hữu Nghị: kẹt xe ở barie")
    await khue.waits_for("kẹt xe")
    await line.rests()
    assert len(await line.words(await line.ticket())) == 3
    assert len([text for text in driver.messages() if "Mã phiếu" in text]) == 1
    assert len(driver.messages()) == 1


async def test_an_edit_is_kept_beside_the_original_and_told_to_the_holder(line: Line) -> None:
    khue, driver = await line.staff("Khuê"), line.double.user("Lái xe Nam")
    said = await driver.says("Hữu Nghị: kẹt xe ở barie 2")
    await khue.waits_for("kẹt xe")
    await khue.presses("Nhận xử lý")
    await khue.waits_for("Đang xử lý: Khuê")
    await driver.edits(said, "Hữu Nghị: kẹt xe ở barie 3")
    await khue.waits_for("Người phản ánh sửa tin")
    await driver.edits(said, "Hữu Nghị: kẹt xe ở barie 3")
    await line.rests()
    assert await line.words(await line.ticket()) == [
        "Hữu Nghị: kẹt xe ở barie 2",
        "Hữu Nghị: kẹt xe ở barie 3",
    ]
    assert len([text for text in khue.messages() if "sửa tin" in text]) == 1


async def test_strange_characters_are_shown_as_they_are_or_as_a_mark(line: Line) -> None:
    khue, driver = await line.staff("Khuê"), line.double.user("*Lái* \ud83d <b>xe</b>")
    strange = (
        "Hữu Nghị <b>kẹt</b> _xe_ [a](http://x) &amp; {code} %s \u202egnuơh cợưgn \ud83d 👨‍👩‍👧 \u0000 hết"
    )
    await driver.says(strange)
    card = await khue.waits_for("hết")
    assert "<b>kẹt</b> _xe_ [a](http://x) &amp; {code} %s" in card.text
    assert "👨‍👩‍👧" in card.text
    assert "\ud83d" not in card.text


async def test_a_very_long_message_is_kept_whole(line: Line) -> None:
    khue, driver = await line.staff("Khuê"), line.double.user("Lái xe Nam")
    words = " ".join(f"chữ{number}" for number in range(12_000))
    assert len(words.encode()) > 100_000
    await driver.says(f"Hữu Nghị: {words}")
    await khue.waits_for("chữ1 ")
    assert await line.words(await line.ticket()) == [f"Hữu Nghị: {words}"]
    await khue.presses("Xem đủ")
    await khue.waits_for("chữ11999", seconds=10)


async def test_a_file_that_telegram_will_not_hand_over_is_said_and_its_message_kept(line: Line) -> None:
    driver = line.double.user("Lái xe Nam")
    await driver.sends_document(size=25 * 1024**2, caption="Hữu Nghị: hóa đơn thu phí")
    await driver.waits_for("20 MB")
    await driver.waits_for("Mã phiếu")
    assert await line.words(await line.ticket()) == ["Hữu Nghị: hóa đơn thu phí"]


async def test_a_flood_is_kept_whole_and_answered_sparingly(line: Line) -> None:
    khue, driver = await line.staff("Khuê"), line.double.user("Lái xe Nam")
    for number in range(40):
        await driver.says(f"Hữu Nghị: kẹt xe lần {number}")
    await khue.waits_for("kẹt xe")
    await line.rests()
    assert len(await line.words(await line.ticket())) == 40
    assert len(driver.messages()) < 10
    assert len(khue.messages()) < 10


async def test_an_update_stored_twice_is_handled_once(line: Line) -> None:
    driver = line.double.user("Lái xe Nam")
    await driver.says("Hữu Nghị: kẹt xe ở barie")
    await driver.waits_for("Mã phiếu")
    stored = await line.program.db.read(_stored)
    line.double.breaks("reply_lost", method="getUpdates")
    await driver.says("Vẫn kẹt")
    await driver.waits_for("Đã thêm")
    await line.rests()
    assert await line.program.db.read(_stored) == stored + 1
    assert await line.words(await line.ticket()) == ["Hữu Nghị: kẹt xe ở barie", "Vẫn kẹt"]


async def test_lookup_from_another_chat_shows_the_stage_and_no_names(line: Line) -> None:
    khue, driver = await line.staff("Khuê"), line.double.user("Lái xe Nam")
    await driver.says("Hữu Nghị: kẹt xe ở barie")
    receipt = await driver.waits_for("Mã tra cứu")
    await khue.waits_for("kẹt xe")
    await khue.presses("Nhận xử lý")
    await khue.waits_for("Đang xử lý: Khuê")
    found = re.search(r"/tracuu (\S+ \S+)", receipt.text)
    assert found
    friend = line.double.user("Chủ hàng")
    await friend.says(f"/tracuu {found[1].lower()}")
    shown = await friend.waits_for("DDLS-261122-0001")
    assert "Khuê" not in shown.text
    assert "Nam" not in shown.text
    await friend.says("/tracuu DDLS-261122-0001 AAAA")
    await friend.waits_for("Không tìm thấy phiếu")


def _stored(db: Connection) -> int:
    """How many updates are in the inbox, handled or not."""
    return int(db.exec_driver_sql("SELECT count(*) FROM inbox").scalar_one())
