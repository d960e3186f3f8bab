"""The main job over Telegram, end to end: the real program against a Bot API that checks every call."""

import io
from collections.abc import Iterable

from PIL import Image

from core.people import Role
from core.ticket import Status
from tests.doubles.botapi_people import Person, Seen
from tests.telegram_line import Line

RECEIVED = "Mã phiếu: DDLS-261122-0001"


async def test_the_whole_path_over_telegram(line: Line) -> None:
    khue, bich = await line.staff("Khuê"), await line.staff("Bích")
    driver = line.double.user("Lái xe Nam")

    await driver.starts("gate_HN")
    await driver.waits_for("Địa điểm: Cửa khẩu quốc tế Hữu Nghị")
    await driver.sends_photo(_photo(), "Xe chờ 4 tiếng, không ai điều tiết")
    receipt = await driver.waits_for(RECEIVED)
    assert "Hẹn trả lời: trước 19:00 hôm nay, 22/11/2026 (giờ Hà Nội)" in receipt.text
    assert "Luật Bảo vệ dữ liệu cá nhân" in receipt.text

    for officer in (khue, bich):
        card = await officer.waits_for("Xe chờ 4 tiếng")
        assert "Nhận xử lý" in card.labels
    await khue.presses("Nhận xử lý")
    for officer in (khue, bich):
        await officer.waits_for("Đang xử lý: Khuê")
    assert "Nhận xử lý" not in _labels(bich)

    await _presses_and_writes(khue, "Trả lời", "Trung tâm đã cử người điều tiết, xe sẽ qua trong 30 phút.")
    await driver.waits_for("xe sẽ qua trong 30 phút")
    await _presses_and_writes(
        khue, "Đóng phiếu", "Đã điều tiết xong làn xe, xe chờ đã thông quan lúc 9 giờ 30."
    )
    await driver.waits_for("báo kết quả xử lý")
    await driver.presses("Hài lòng")
    await driver.waits_for("Cảm ơn Anh/Chị đã đánh giá")
    await line.becomes(lambda ticket: ticket.status is Status.CLOSED)
    await line.rests()
    assert not _say(driver, "Khuê", "Bích")
    assert all(press.answered for press in line.double.world.presses.values())


async def test_the_picture_reaches_the_officers_without_its_position(line: Line) -> None:
    khue = await line.staff("Khuê")
    driver = line.double.user("Lái xe Nam")
    await driver.sends_photo(_photo(with_position=True), "Hữu Nghị: bãi xe ngập nước")
    await khue.waits_for("bãi xe ngập nước")
    await line.rests()
    shown = [seen.photo for seen in khue.seen() if seen.photo]
    assert len(shown) == 1
    assert not Image.open(io.BytesIO(shown[0])).getexif()


async def test_gate_and_category_are_asked_afterwards_by_buttons(line: Line) -> None:
    driver = line.double.user("Lái xe Nam")
    await driver.says("Chờ lâu quá")
    receipt = await driver.waits_for(RECEIVED)
    gate = next(label for label in receipt.labels if "Tân Thanh" in label)
    await driver.presses(gate)
    saved = await driver.waits_for("Đã ghi cửa khẩu")
    assert (await line.ticket()).gate == "TT"
    category = saved.labels[0]
    await driver.presses(category)
    await driver.waits_for("Đã ghi loại việc")
    assert (await line.ticket()).category is not None


async def test_two_officers_race_and_exactly_one_wins(line: Line) -> None:
    khue, bich = await line.staff("Khuê"), await line.staff("Bích")
    driver = line.double.user("Lái xe Nam")
    await driver.says("Hữu Nghị: kẹt xe ở barie")
    for officer in (khue, bich):
        await officer.waits_for("kẹt xe")
    for officer in (khue, bich):  # neither waits for the other
        await officer.presses("Nhận xử lý")
    await line.rests()
    ticket = await line.ticket()
    holder, loser = (khue, bich) if _say(khue, "Đang xử lý: Khuê") else (bich, khue)
    name = holder.user["first_name"]
    assert ticket.status is Status.IN_PROGRESS
    assert _say(loser, f"đã do {name} nhận xử lý")
    assert _say(loser, f"Đang xử lý: {name}")
    assert "Trả lời" in _labels(holder)
    assert "Trả lời" not in _labels(loser)
    assert "Nhận xử lý" not in {*_labels(holder), *_labels(loser)}


async def test_a_question_pauses_until_the_sender_answers(line: Line) -> None:
    khue, driver = await _claimed(line)
    await _presses_and_writes(khue, "Hỏi thêm", "Anh/Chị cho biết biển số xe?")
    await driver.waits_for("cần Anh/Chị cho biết thêm")
    await line.becomes(lambda ticket: ticket.status is Status.WAITING_SENDER)
    await khue.waits_for("Chờ người phản ánh trả lời")

    await driver.says("12C-123.45")
    await khue.waits_for("Người phản ánh viết thêm")
    await line.becomes(lambda ticket: ticket.status is Status.IN_PROGRESS)
    await khue.waits_for("12C-123.45")
    assert (await line.ticket()).asked_count == 1


async def test_a_note_never_reaches_the_sender(line: Line) -> None:
    khue, driver = await _claimed(line)
    await _presses_and_writes(khue, "Ghi chú nội bộ", "Nghi xe chở hàng cấm, báo hải quan")
    await khue.waits_for("Đã ghi chú nội bộ")
    await line.rests()
    assert not _say(driver, "hàng cấm")


async def test_a_plain_reply_to_the_card_is_an_answer_only_after_a_press(line: Line) -> None:
    khue, driver = await _claimed(line)
    card = await khue.waits_for("Đang xử lý: Khuê")
    await khue.says("Barie số 2 đã mở lại.", reply_to=card.message_id)
    preview = await khue.waits_for("Gửi cho người phản ánh?")
    await line.rests()
    assert not _say(driver, "Barie số 2")

    await khue.presses("Gửi cho người phản ánh")
    await driver.waits_for("Barie số 2 đã mở lại.")
    await khue.presses("Gửi cho người phản ánh", message_id=preview.message_id)
    await line.rests()
    assert sum("Barie số 2" in text for text in driver.messages()) == 1


async def test_a_transfer_moves_the_card_and_not_the_promise(line: Line) -> None:
    lan = await line.staff("Lan", gate="TT")
    khue, _ = await _claimed(line)
    due_at = (await line.ticket()).due_at
    await khue.presses("Chuyển")
    await khue.waits_for("Chuyển phiếu")
    await khue.presses("Cửa khẩu")
    await line.rests()
    await khue.presses("Tân Thanh")
    await lan.waits_for("kẹt xe")
    ticket = await line.becomes(lambda ticket: ticket.gate == "TT")
    assert ticket.due_at == due_at
    assert ticket.holder_id is None
    await lan.presses("Nhận xử lý")
    await lan.waits_for("Đang xử lý: Lan")


async def test_a_bad_rating_offers_to_reopen(line: Line) -> None:
    khue, driver = await _claimed(line)
    await _presses_and_writes(khue, "Đóng phiếu", "Đã kiểm tra, đường thông, không thấy xe bị kẹt.")
    await driver.waits_for("báo kết quả xử lý")
    await driver.presses("Không hài lòng")
    await driver.waits_for("Anh/Chị có muốn mở lại")
    since = khue.mark()
    await driver.presses("Mở lại")
    await driver.waits_for("Đã mở lại phiếu DDLS-261122-0001")
    ticket = await line.becomes(lambda ticket: ticket.cycle == 2)
    assert ticket.status is Status.NEW
    assert "Nhận xử lý" in (await khue.waits_for("kẹt xe", since=since)).labels


async def test_the_senders_later_words_reach_the_holder_and_an_answer_in_english_is_asked_in_english(
    line: Line,
) -> None:
    khue = await line.staff("Khuê")
    driver = line.double.user("Tom", language="en")
    await driver.says("Huu Nghi gate: my truck has been waiting for six hours")
    receipt = await driver.waits_for("DDLS-261122-0001")
    assert "Personal" in receipt.text or "personal" in receipt.text
    await khue.waits_for("six hours")
    await khue.presses("Nhận xử lý")
    await khue.waits_for("Đang xử lý: Khuê")
    await driver.says("Now seven hours")
    await khue.waits_for("Người phản ánh viết thêm")
    assert not _say(driver, "Phiếu", "phiếu")


async def test_a_forwarded_button_is_refused_politely_and_changes_nothing(line: Line) -> None:
    khue = await line.staff("Khuê")
    driver, stranger = line.double.user("Lái xe Nam"), line.double.user("Người lạ")
    await driver.says("Hữu Nghị: kẹt xe ở barie")
    card = await khue.waits_for("kẹt xe")
    await stranger.presses_data(card.payloads["Nhận xử lý"], 1)
    await stranger.waits_for("không có quyền")
    await stranger.presses_data("rm -rf /", 1)
    await stranger.waits_for("Nút này không dùng được")
    assert (await line.ticket()).status is Status.NEW


async def test_a_link_code_works_once(line: Line) -> None:
    office = await line.staff("Hà", Role.OFFICE, gate=None)
    code = next(m["text"] for m in office.chat.messages.values() if m["text"].startswith("/start"))
    thief = line.double.user("Người lạ")
    await thief.says(code)
    await thief.waits_for("Mã liên kết này đã được dùng")
    assert not any("Hà" in text for text in thief.messages())


async def _claimed(line: Line) -> tuple[Person, Person]:
    """(the officer who holds it, the driver) of a ticket at Hữu Nghị."""
    khue, driver = await line.staff("Khuê"), line.double.user("Lái xe Nam")
    await driver.says("Hữu Nghị: kẹt xe ở barie")
    await khue.waits_for("kẹt xe")
    await khue.presses("Nhận xử lý")
    await khue.waits_for("Đang xử lý: Khuê")
    return khue, driver


async def _presses_and_writes(officer: Person, button: str, words: str) -> None:
    since = officer.mark()
    await officer.presses(button)
    await officer.waits_for("Viết", since=since)
    await officer.says(words)


def _labels(person: Person) -> list[str]:
    return [label for seen in person.seen() for label in seen.labels]


def _say(person: Person, *words: str) -> list[Seen]:
    """What this person was sent that contains one of these words."""
    return [seen for seen in person.seen() if _holds(seen.text, words)]


def _holds(text: str, words: Iterable[str]) -> bool:
    return any(word in text for word in words)


def _photo(with_position: bool = False) -> bytes:
    out = io.BytesIO()
    picture = Image.new("RGB", (64, 48), "gray")
    exif = Image.Exif()
    if with_position:
        exif[0x8825] = {1: "N", 2: (21.0, 58.0, 30.0), 3: "E", 4: (106.0, 42.0, 14.0)}
    picture.save(out, "JPEG", exif=exif)
    return out.getvalue()
