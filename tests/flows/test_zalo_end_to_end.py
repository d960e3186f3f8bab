"""The main job over Zalo, end to end: no buttons, so numbers and words are the presses."""

import io
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from PIL import Image

from core.notices import Notice, NoticeKind, Priority
from core.ticket import Score, Status
from storage import outbox, people, tickets
from storage.database import Connection
from storage.personal import ratings_of
from tests.doubles.zalobot import Person, ZaloBotDouble
from tests.telegram_line import until
from tests.zalo_line import ZaloLine, open_zalo_line

RECEIVED = "Mã phiếu: DDLS-261122-0001"


@pytest.fixture
async def zalo(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[ZaloLine]:
    """Sunday 22/11/2026, 09:00 in Hanoi; gates as seeded; nobody is there yet. No pacing."""
    monkeypatch.chdir(tmp_path)  # no .env of the developer's
    async with ZaloBotDouble() as double, open_zalo_line(tmp_path, double) as opened:
        yield opened


async def test_the_whole_path_over_zalo(zalo: ZaloLine) -> None:
    khue, bich = await zalo.staff("Khuê"), await zalo.staff("Bích")
    driver = zalo.double.user("Lái xe Nam")

    await driver.says("huu nghi")
    await driver.waits_for("Địa điểm: Cửa khẩu quốc tế Hữu Nghị")
    await driver.says("Xe chờ 4 tiếng, không ai điều tiết")
    await driver.waits_for(RECEIVED)
    card = await khue.waits_for("Xe chờ 4 tiếng")
    assert card.labels[0] == "Nhận xử lý"
    await bich.waits_for("Xe chờ 4 tiếng")

    await khue.says("1")
    await khue.waits_for("Đang xử lý: Khuê")
    await bich.waits_for("Đang xử lý: Khuê")
    await khue.says("tra loi")
    await khue.waits_for("Viết trả lời")
    await khue.says("Trung tâm đã cử người điều tiết.")
    await driver.waits_for("Trung tâm đã cử người điều tiết.")

    await khue.says("Đóng phiếu")
    await khue.waits_for("Viết kết quả")
    await khue.says("Đã điều tiết xong làn xe, xe chờ đã thông quan lúc 9 giờ 30.")
    result = await driver.waits_for("báo kết quả xử lý")
    await driver.says(str(result.labels.index("Hài lòng") + 1))
    await driver.waits_for("Cảm ơn Anh/Chị đã đánh giá")
    await zalo.becomes(lambda ticket: ticket.status is Status.CLOSED)
    await zalo.rests()
    assert not any("Khuê" in text for text in driver.messages())


async def test_a_card_that_offers_nothing_new_is_not_said_again(zalo: ZaloLine) -> None:
    khue, bich = await zalo.staff("Khuê"), await zalo.staff("Bích")
    driver = zalo.double.user("Lái xe Nam")
    await driver.says("Hữu Nghị: kẹt xe ở barie")
    await bich.waits_for("kẹt xe")
    await khue.waits_for("kẹt xe")
    await khue.presses("Nhận xử lý")
    await bich.waits_for("Đang xử lý: Khuê")
    await zalo.rests()
    told = bich.mark()

    await khue.presses("Trả lời")
    await khue.waits_for("Viết trả lời")
    await khue.says("Barie đã mở lại.")
    await driver.waits_for("Barie đã mở lại.")
    await zalo.rests()
    assert bich.messages(told) == []


async def test_a_complaint_with_a_number_in_it_is_no_press(zalo: ZaloLine) -> None:
    khue, driver = await _claimed(zalo)
    await driver.says("2 xe bị giữ")
    await khue.waits_for("Người phản ánh viết thêm")
    ticket = await zalo.ticket()
    assert await zalo.words(ticket, "in") == ["Hữu Nghị: kẹt xe ở barie", "2 xe bị giữ"]


async def test_a_number_after_a_question_of_the_officer_answers_it(zalo: ZaloLine) -> None:
    khue, driver = await _claimed(zalo)
    await khue.presses("Hỏi thêm")
    await khue.waits_for("Viết câu hỏi")
    await khue.says("Anh/Chị có mấy xe đang chờ?")
    await driver.waits_for("mấy xe")
    await zalo.becomes(lambda ticket: ticket.status is Status.WAITING_SENDER)
    await driver.says("2")
    await zalo.becomes(lambda ticket: ticket.status is Status.IN_PROGRESS)
    assert (await zalo.words(await zalo.ticket(), "in"))[-1] == "2"


async def test_a_number_that_two_new_cards_offer_is_asked(zalo: ZaloLine) -> None:
    khue = await zalo.staff("Khuê")
    first, second = zalo.double.user("Nam"), zalo.double.user("Lan")
    await first.says("Hữu Nghị: kẹt xe ở barie")
    await khue.waits_for("kẹt xe")
    await second.says("Hữu Nghị: mất điện ở bãi xe")
    await khue.waits_for("mất điện")

    await khue.says("1")
    asked = await khue.waits_for("Chưa rõ lựa chọn nào")
    assert {ticket.status for ticket in await zalo.tickets()} == {Status.NEW}
    assert [label[-4:] for label in asked.labels] == ["0002", "0001"]

    await khue.says("2")
    await khue.waits_for("Đang xử lý: Khuê")
    held = [ticket.code for ticket in await zalo.tickets() if ticket.holder_id is not None]
    assert held == ["DDLS-261122-0001"]


async def test_many_cards_at_once_are_one_list_whose_numbers_take_the_tickets(zalo: ZaloLine) -> None:
    for number in range(5):
        await zalo.double.user(f"Lái xe {number}").says("Hữu Nghị: kẹt xe ở barie")
    await zalo.rests()
    khue = await zalo.staff("Khuê")
    now, opened = zalo.program.clock.now(), await zalo.tickets()

    def show_all(db: Connection) -> None:
        (chat,) = people.chats_of_staff(db, [one.id for one in people.staff(db)])
        cards = [Notice(NoticeKind.CARD, chat.id, one.id, {"fresh": True}, Priority.CARD) for one in opened]
        outbox.add(db, cards, now)

    await zalo.program.db.write(show_all)
    listed = await khue.waits_for("Có 5 phiếu mới chờ nhận")
    assert [label[-4:] for label in listed.labels] == ["0001", "0002", "0003", "0004", "0005"]
    # The digits of a ticket are no number of a choice: they show it, and take none.
    since = khue.mark()
    await khue.says("0004")
    await khue.waits_for("Phiếu DDLS-261122-0004", since=since)
    await zalo.rests()
    assert all(one.holder_id is None for one in await zalo.tickets())
    await khue.says("viec")
    await khue.waits_for("Chờ nhận: 5 phiếu")
    await zalo.rests()
    await khue.says("2")
    await khue.waits_for("Đang xử lý: Khuê")
    await zalo.rests()

    assert [one.code[-4:] for one in await zalo.tickets() if one.holder_id is not None] == ["0002"]
    assert len([text for text in khue.messages() if "phiếu mới chờ nhận" in text]) == 1


async def test_a_number_that_nothing_offers_is_asked_and_opens_no_ticket(zalo: ZaloLine) -> None:
    khue = await zalo.staff("Khuê")
    await zalo.double.user("Nam").says("Hữu Nghị: kẹt xe ở barie")
    await khue.waits_for("kẹt xe")
    await khue.says("77")
    asked = await khue.waits_for("Chưa rõ lựa chọn nào")
    assert "Nhận xử lý" in asked.labels


@pytest.mark.parametrize(
    "words", ["Không hài lòng", "khong hai long", "KHÔNG HÀI LÒNG!", "3", "3.", "3. Không hài lòng"]
)
async def test_the_words_of_a_choice_press_it_with_and_without_marks(zalo: ZaloLine, words: str) -> None:
    khue, driver = await _claimed(zalo)
    await _resolves(khue)
    await driver.waits_for("báo kết quả xử lý")
    await driver.says(words)
    await driver.waits_for("Anh/Chị có muốn mở lại")
    ticket = await zalo.ticket()
    given = await zalo.program.db.read(lambda db: ratings_of(db, ticket.id, ticket.sender_id))
    assert [one["score"] for one in given] == [Score.BAD]


async def test_what_was_offered_a_day_ago_is_pressed_by_no_number(zalo: ZaloLine) -> None:
    khue = await zalo.staff("Khuê")
    await zalo.double.user("Nam").says("Hữu Nghị: kẹt xe ở barie")
    await khue.waits_for("Nhận xử lý")
    await zalo.rests()
    await zalo.program.db.write(
        lambda db: db.exec_driver_sql("UPDATE choices SET shown_at = '2026-11-20 00:00:00'")
    )
    await khue.says("1")
    await zalo.rests()
    assert (await zalo.ticket()).holder_id is None


async def test_the_gate_is_told_by_its_code_where_gates_are_offered(zalo: ZaloLine) -> None:
    driver = zalo.double.user("Nam")
    await driver.says("Chờ lâu quá")
    await driver.waits_for(RECEIVED)
    await driver.says("TT")
    await driver.waits_for("Đã ghi cửa khẩu")
    assert (await zalo.ticket()).gate == "TT"


async def test_the_posters_code_greets_at_the_gate(zalo: ZaloLine) -> None:
    for words in ("gate_CM", "CM", "Chi Ma"):
        driver = zalo.double.user(f"Lái xe {words}")
        await driver.says(words)
        await driver.waits_for("Chi Ma")
    assert await zalo.tickets() == []


async def test_commands_need_no_slash(zalo: ZaloLine) -> None:
    khue, driver = await _claimed(zalo)
    for words in ("viec", "Việc", "/viec", "viec 1", "Việc 2"):
        since = khue.mark()
        await khue.says(words)
        await khue.waits_for("DDLS-261122-0001", since=since)
    since = driver.mark()
    await driver.says("Phiếu")
    await driver.waits_for("DDLS-261122-0001", since=since)
    # What is staff's word only is a driver's sentence.
    await driver.says("viec")
    await zalo.rests()
    assert (await zalo.words(await zalo.ticket(), "in"))[-1] == "viec"


async def test_while_words_are_asked_for_a_commands_name_is_a_word(zalo: ZaloLine) -> None:
    khue, driver = await _claimed(zalo)
    await khue.presses("Trả lời")
    await khue.waits_for("Viết trả lời")
    await khue.says("Lịch")
    await driver.waits_for("Lịch")
    await khue.presses("Trả lời")
    await khue.waits_for("Viết trả lời", since=khue.mark())
    await khue.says("hủy")
    await zalo.rests()
    assert await zalo.words(await zalo.ticket(), "out") == ["Lịch"]


async def test_a_plate_that_may_still_be_told_shuts_no_command(zalo: ZaloLine) -> None:
    driver = zalo.double.user("Nam")
    await driver.says("Chờ lâu quá")
    await driver.waits_for(RECEIVED)
    await driver.says("TT")
    saved = await driver.waits_for("Đã ghi cửa khẩu")
    await driver.says(saved.labels[0])
    await driver.waits_for("Đã ghi loại việc")
    waits = "SELECT kind FROM drafts"
    assert await zalo.program.db.read(lambda db: db.exec_driver_sql(waits).scalar_one()) == "plate"
    since = driver.mark()
    await driver.says("phieu")
    await driver.waits_for("DDLS-261122-0001", since=since)
    await zalo.rests()
    assert await zalo.words(await zalo.ticket(), "in") == ["Chờ lâu quá"]


async def test_a_link_code_works_once(zalo: ZaloLine) -> None:
    await zalo.staff("Khuê")
    code = next(
        update for update in zalo.double.pushed if update["message"].get("text", "").startswith("lienket")
    )["message"]["text"]
    thief = zalo.double.user("Người lạ")
    await thief.says(code)
    await thief.waits_for("Mã liên kết này đã được dùng")


async def test_a_picture_comes_in_and_goes_out_without_its_position(zalo: ZaloLine) -> None:
    khue = await zalo.staff("Khuê")
    driver = zalo.double.user("Nam")
    await driver.sends_photo(_photo(), "Hữu Nghị: bãi xe ngập nước")
    await khue.waits_for("bãi xe ngập nước")
    await until(lambda: any(seen.photo for seen in khue.seen()))
    shown = [seen.photo for seen in khue.seen() if seen.photo]
    assert len(shown) == 1
    assert not Image.open(io.BytesIO(shown[0])).getexif()


async def test_a_picture_that_zalo_cannot_fetch_takes_no_words_with_it(zalo: ZaloLine) -> None:
    khue = await zalo.staff("Khuê")
    zalo.double.refuses("sendPhoto", 400)
    await zalo.double.user("Nam").sends_photo(_photo(), "Hữu Nghị: bãi xe ngập nước")
    await khue.waits_for("Có ảnh kèm theo")
    assert not any(seen.photo for seen in khue.seen())


async def test_a_number_written_for_a_dialogue_presses_no_card_that_came_meanwhile(zalo: ZaloLine) -> None:
    khue, driver = await _claimed(zalo)
    await khue.presses("Trả lời")
    await khue.waits_for("Viết trả lời")
    await zalo.double.user("Lan").says("Hữu Nghị: mất điện ở bãi xe")
    await khue.waits_for("mất điện")
    await zalo.rests()
    before, told = await zalo.tickets(), driver.mark()
    await khue.says("2")
    await khue.waits_for("Chưa rõ lựa chọn nào")
    await zalo.rests()
    assert await zalo.tickets() == before
    assert driver.messages(told) == []
    await khue.says("2 làn đã mở.")
    await driver.waits_for("2 làn đã mở.")


async def test_what_was_offered_is_forgotten_with_the_person(zalo: ZaloLine) -> None:
    driver = zalo.double.user("Nam")
    await driver.says("xoadulieu")
    asked = await driver.waits_for("Chọn bằng cách trả lời một số")
    await driver.says(asked.labels[0])
    await until(lambda: len(driver.messages()) > 1)
    await zalo.rests()
    kept = "SELECT count(*) FROM choices"
    assert await zalo.program.db.read(lambda db: db.exec_driver_sql(kept).scalar_one()) == 0


async def test_stickers_voices_and_what_zalo_cannot_tell_are_kept(zalo: ZaloLine) -> None:
    _, driver = await _claimed(zalo)
    driver.sends("sticker", sticker="abc", url="https://zalo.example/s.png")
    driver.sends("unsupported")
    driver.sends("voice", voice_url=f"{zalo.double.base_url}/photos/none")
    driver.sends("reaction")
    await zalo.rests()
    assert len(await zalo.words(await zalo.ticket(), "in")) >= 3


async def test_a_long_answer_comes_in_parts_with_the_code_on_each(zalo: ZaloLine) -> None:
    khue, driver = await _claimed(zalo)
    await khue.presses("Trả lời")
    await khue.waits_for("Viết trả lời")
    await khue.says("Trung tâm đã kiểm tra làn xe số hai. " * 90)
    await driver.waits_for("(2/2)")
    await zalo.rests()
    parts = [text for text in driver.messages() if "/2)" in text]
    assert len(parts) == 2
    assert all("DDLS-261122-0001" in text and len(text) <= 2000 for text in parts)


async def test_staff_hold_several_chats_and_the_same_number_is_each_chats_own(zalo: ZaloLine) -> None:
    khue, bich = await zalo.staff("Khuê"), await zalo.staff("Bích")
    await zalo.double.user("Nam").says("Hữu Nghị: kẹt xe ở barie")
    await khue.waits_for("kẹt xe")
    await bich.waits_for("kẹt xe")
    await khue.says("1")
    await bich.says("1")
    await zalo.rests()
    ticket = (await zalo.tickets())[0]
    assert ticket.status is Status.IN_PROGRESS
    history = await zalo.program.db.read(lambda db: tickets.history(db, ticket.id))
    assert sum(str(one.event.kind) == "claimed" for one in history) == 1


async def _claimed(zalo: ZaloLine) -> tuple[Person, Person]:
    """(the officer who holds it, the driver) of a ticket at Hữu Nghị."""
    khue, driver = await zalo.staff("Khuê"), zalo.double.user("Lái xe Nam")
    await driver.says("Hữu Nghị: kẹt xe ở barie")
    await khue.waits_for("kẹt xe")
    await khue.presses("Nhận xử lý")
    await khue.waits_for("Đang xử lý: Khuê")
    return khue, driver


async def _resolves(officer: Person) -> None:
    since = officer.mark()
    await officer.presses("Đóng phiếu")
    await officer.waits_for("Viết", since=since)
    await officer.says("Đã kiểm tra, đường thông, không thấy xe bị kẹt.")


def _photo() -> bytes:
    out = io.BytesIO()
    exif = Image.Exif()
    exif[0x8825] = {1: "N", 2: (21.0, 58.0, 30.0), 3: "E", 4: (106.0, 42.0, 14.0)}
    Image.new("RGB", (64, 48), "gray").save(out, "JPEG", exif=exif)
    return out.getvalue()
