"""The main job over a Zalo Official Account, end to end: buttons that speak, the interaction window, a token that rotates."""

import asyncio
import io
import re
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from PIL import Image

from app.demo_chat import Chat
from bot.web.settings import SENDER
from core.ticket import Score, Status
from services.quota import used
from storage import people, web_feed
from storage import schema as tables
from storage.database import Connection
from storage.personal import ratings_of
from tests.doubles.zalooa import ABOUT, CS, OA_ID, OA_SECRET, TEMPLATES, Person, ZaloOaDouble
from tests.doubles.zalooa_oauth import APP_ID, APP_SECRET
from tests.telegram_line import until
from tests.zalo_oa_line import Hands, OaLine, open_oa_line

RECEIVED = "Mã phiếu: DDLS-261122-0001"
CALL = "Gọi điện cho người phản ánh"
RESULT = "Đã điều tiết xong làn xe, xe chờ đã thông quan lúc 9 giờ 30."


@pytest.fixture
async def double(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> AsyncIterator[ZaloOaDouble]:
    monkeypatch.chdir(tmp_path)  # no .env of the developer's
    async with ZaloOaDouble() as opened:
        yield opened


@pytest.fixture
async def oa(double: ZaloOaDouble, tmp_path: Path) -> AsyncIterator[OaLine]:
    """Sunday 22/11/2026, 09:00 in Hanoi; gates as seeded; nobody is there yet. No pacing."""
    async with open_oa_line(tmp_path, double) as opened:
        yield opened


async def test_the_whole_path_over_buttons(oa: OaLine) -> None:
    khue, driver = await claimed(oa)
    await writes(oa, khue, "Trả lời", "Trung tâm đã cử người điều tiết.")
    await driver.waits_for("Trung tâm đã cử người điều tiết.")
    await writes(oa, khue, "Đóng phiếu", RESULT)
    result = await driver.waits_for("báo kết quả xử lý")
    assert [label for label in result.labels if label] == ["Hài lòng", "Chấp nhận được", "Không hài lòng"]
    assert "1." not in result.text
    await driver.presses("Hài lòng")
    await driver.waits_for("Cảm ơn Anh/Chị đã đánh giá")
    ticket = await oa.becomes(lambda ticket: ticket.status is Status.CLOSED)
    given = await oa.program.db.read(lambda db: ratings_of(db, ticket.id, ticket.sender_id))
    assert [rating["score"] for rating in given] == [Score.GOOD]
    # What a press says is no word of the matter.
    assert await oa.words(ticket, "in") == ["Hữu Nghị: kẹt xe ở barie"]


@pytest.mark.parametrize("said", ["3", "3.", "khong hai long", "3. Không hài lòng"])
async def test_a_number_or_the_words_of_a_button_press_it_too(oa: OaLine, said: str) -> None:
    khue, driver = await claimed(oa)
    await writes(oa, khue, "Đóng phiếu", RESULT)
    await driver.waits_for("báo kết quả xử lý")
    await driver.says(said)
    await driver.waits_for("rất tiếc")


@pytest.mark.parametrize("said", ["lienket", "lienket 857HVR48", "lienket 857HVR4822X"])
async def test_a_link_code_that_is_missing_or_mistyped_is_refused_and_is_no_complaint(
    oa: OaLine, said: str
) -> None:
    driver = oa.double.user("Lái xe")
    await driver.says(said)
    await driver.waits_for("Mã liên kết không đúng")
    assert not any("Mã phiếu" in text for text in driver.messages())


async def test_more_choices_than_fit_are_numbered_lines(oa: OaLine) -> None:
    khue, _ = await claimed(oa)
    card = await khue.waits_for("Đang xử lý: Khuê")
    assert len(card.labels) > 5
    assert card.buttons == ()
    await khue.says("1")
    await khue.waits_for("Viết trả lời")


async def test_a_picture_of_the_driver_is_fetched_and_reaches_the_officer_by_an_address_of_ours(
    oa: OaLine,
) -> None:
    khue, driver = await claimed(oa)
    picture = io.BytesIO()
    Image.new("RGB", (8, 8), "red").save(picture, "JPEG")
    await driver.sends_photo(picture.getvalue(), "Đây là ảnh")
    await until(lambda: any(seen.photo for seen in khue.inbox))
    assert await oa.words(await oa.ticket(), "in") == ["Hữu Nghị: kẹt xe ở barie", "Đây là ảnh"]


# --- following ---------------------------------------------------------------------------------------------------


async def test_whoever_follows_is_greeted_once(oa: OaLine) -> None:
    driver = oa.double.user("Nam")
    driver.follows()
    await driver.waits_for("đường dây nóng của Ban Quản lý")
    await oa.rests()
    driver.unfollows()
    await oa.rests()
    driver.follows()
    await oa.rests()
    await driver.says("trogiup")
    await driver.waits_for("tracuu")
    assert sum("đường dây nóng của Ban Quản lý" in text for text in driver.messages()[:2]) == 1
    assert len(driver.messages()) == 2


async def test_after_a_first_message_with_a_photo_a_number_is_for_the_receipt_not_for_the_greeting(
    oa: OaLine,
) -> None:
    driver = oa.double.user("Lái xe")
    driver.follows()
    await driver.waits_for("Xin chào")
    picture = io.BytesIO()
    Image.new("RGB", (8, 8), "red").save(picture, "JPEG")
    await driver.sends_photo(picture.getvalue(), "Hữu Nghị: xe chờ sáu tiếng, gọi không ai nghe máy")
    await driver.waits_for("Việc này thuộc loại nào?")
    await driver.says("1")
    await driver.waits_for("Đã ghi loại việc")


async def test_where_following_opens_no_window_nothing_is_lost_but_the_greeting(oa: OaLine) -> None:
    oa.double.following_counts = False
    driver = oa.double.user("Nam")
    driver.follows()
    await oa.rests()
    assert driver.messages() == []
    await driver.says("Hữu Nghị: kẹt xe ở barie")
    await driver.waits_for("Mã phiếu")


async def test_whoever_unfollows_is_called_for_what_is_owed_and_reached_again_when_they_write(
    oa: OaLine,
) -> None:
    khue, driver = await claimed(oa)
    driver.unfollows()
    since = await writes(oa, khue, "Trả lời", "Barie đã mở lại.")
    await khue.waits_for(CALL, since=since)
    driver.blocked = False  # who writes to an account need not follow it again
    await driver.says("Cảm ơn, tôi qua rồi")
    await khue.waits_for("Người phản ánh viết thêm")
    await writes(oa, khue, "Trả lời", "Chúc Anh/Chị đi đường bình an.")
    await driver.waits_for("bình an")


# --- the interaction window --------------------------------------------------------------------------------------


async def test_after_two_days_an_answer_becomes_a_call(oa: OaLine) -> None:
    khue, driver = await claimed(oa)
    await later(oa, khue, hours=49)
    told = driver.mark()
    since = await writes(oa, khue, "Trả lời", "Barie đã mở lại.")
    await khue.waits_for(CALL, since=since)
    assert driver.messages(told) == []
    assert oa.double.billed == 0
    assert await is_reachable(oa, driver)


async def test_the_next_word_of_the_person_opens_the_window_again(oa: OaLine) -> None:
    khue, driver = await claimed(oa)
    await later(oa, khue, hours=49)
    since = await writes(oa, khue, "Trả lời", "Câu trả lời thứ nhất.")
    await khue.waits_for(CALL, since=since)
    await driver.says("Có tin gì chưa?")
    await khue.waits_for("Có tin gì chưa?")
    await driver.waits_for("Câu trả lời thứ nhất.")
    await khue.waits_for("nay đã tới nơi")
    await writes(oa, khue, "Trả lời", "Câu trả lời thứ hai.")
    await driver.waits_for("Câu trả lời thứ hai.")
    assert oa.double.billed == 0


async def test_a_notice_that_waits_goes_freely_when_the_person_writes_meanwhile(oa: OaLine) -> None:
    khue, driver = await claimed(oa)
    await later(oa, khue, hours=47)
    await khue.presses("Trả lời")
    await khue.waits_for("Viết trả lời")
    await oa.rests()
    tried = len(oa.double.sent())
    oa.double.refuses(CS, 500, 500)  # the answer, and what confirms it to the officer
    await khue.says("Barie đã mở lại.")
    await until(lambda: len(oa.double.sent()) == tried + 2)
    await driver.says("Có tin gì chưa?")
    await oa.rests()
    oa.passes(hours=2)
    await driver.waits_for("Barie đã mở lại.")
    assert oa.double.billed == 0


async def test_where_the_person_has_a_page_too_the_answer_goes_there_and_nobody_has_to_call(
    oa: OaLine,
) -> None:
    khue, driver = await claimed(oa)
    await driver.says("kenh")
    await driver.waits_for("Các kênh")
    await driver.presses("lấy mã")
    told = await driver.waits_for("Mã liên kết")
    code = re.search(r"/lienket ([2-9B-Z]{10})", told.text)
    assert code, told.text
    page = await Chat.opens(oa.program, SENDER)
    await page.says(f"/lienket {code[1]}")
    await driver.waits_for("vừa được liên kết")
    oa.passes(minutes=5)
    await driver.says("Tôi vẫn nhắn ở đây")
    await khue.waits_for("Tôi vẫn nhắn ở đây")
    await later(oa, khue, hours=49)
    to_driver, since = driver.mark(), khue.mark()
    await writes(oa, khue, "Trả lời", "Barie đã mở lại.")
    await khue.waits_for("Đã gửi trả lời", since=since)
    for _ in range(500):
        rows = await oa.program.db.read(lambda db: web_feed.after(db, page.chat_id, 0))
        if any("Barie đã mở lại." in str(row.body.get("text")) for row in rows):
            break
        await asyncio.sleep(0.01)
    else:
        raise AssertionError("the page shows no answer")
    await oa.rests()
    assert not any("Barie" in text for text in driver.messages(to_driver))
    assert not any(CALL in text for text in khue.messages(since))


async def test_billed_goes_to_whoever_wrote_this_week(double: ZaloOaDouble, tmp_path: Path) -> None:
    async with open_oa_line(tmp_path, double, zalo_oa_outside_window="billed") as oa:
        khue, driver = await claimed(oa)
        await later(oa, khue, hours=49)
        before = double.billed
        await writes(oa, khue, "Trả lời", "Barie đã mở lại.")
        await driver.waits_for("Barie đã mở lại.")
        assert double.billed == before + 1


async def test_a_template_tells_that_there_is_an_answer_and_the_answer_is_looked_up(
    double: ZaloOaDouble, tmp_path: Path
) -> None:
    given = {"zalo_oa_outside_window": "template", "zalo_oa_template_id": "307241"}
    async with open_oa_line(tmp_path, double, **given) as oa:
        khue, driver = await claimed(oa)
        await later(oa, khue, hours=49)
        await writes(oa, khue, "Trả lời", "Barie đã mở lại.")
        told = await driver.waits_for("Có tin mới")
        assert told.template == {"ma_phieu": "DDLS-261122-0001", "noi_dung": told.text}
        assert not any("Barie đã mở lại." in str(asked) for asked in double.sent(TEMPLATES))
        await driver.says(told.text.partition('"')[2].partition('"')[0])
        await driver.waits_for("Barie đã mở lại.")


async def test_a_result_that_only_a_template_could_announce_is_called_for(
    double: ZaloOaDouble, tmp_path: Path
) -> None:
    given = {"zalo_oa_outside_window": "template", "zalo_oa_template_id": "307241"}
    async with open_oa_line(tmp_path, double, **given) as oa:
        khue, driver = await claimed(oa)
        await later(oa, khue, hours=49)
        since = await writes(oa, khue, "Đóng phiếu", RESULT)
        await driver.waits_for("Có tin mới")
        await khue.waits_for(CALL, since=since)
        await oa.becomes(lambda ticket: ticket.status is Status.IN_PROGRESS)
        now = oa.program.clock.now()
        assert (await oa.program.db.read(lambda db: used(db, "zalo_oa", now))).billed == double.billed


async def test_the_platform_may_shut_the_window_earlier_than_we_reckon(oa: OaLine) -> None:
    khue, driver = await claimed(oa)
    oa.double.shut.add(driver.id)
    since = await writes(oa, khue, "Trả lời", "Barie đã mở lại.")
    await khue.waits_for(CALL, since=since)
    assert await is_reachable(oa, driver)


async def test_the_window_counts_from_when_it_was_written_not_from_when_it_came(oa: OaLine) -> None:
    khue, driver = await claimed(oa)
    await later(oa, khue, hours=49)
    late = dict(oa.double.pushed[-1])
    stamp = int((oa.double.wall() - timedelta(hours=48, minutes=30)).timestamp() * 1000)
    late |= {"sender": {"id": driver.id}, "timestamp": str(stamp)}
    late["message"] = {"msg_id": "late", "text": "Tin đến muộn"}
    assert await oa.double.push(late) == 200
    await khue.waits_for("Tin đến muộn")
    since = await writes(oa, khue, "Trả lời", "Barie đã mở lại.")
    await khue.waits_for(CALL, since=since)


# --- the door and the token --------------------------------------------------------------------------------------


async def test_a_forged_event_is_stored_nowhere(oa: OaLine) -> None:
    event = told_by(oa.double.user("Nam"), "m1", "Giả mạo")
    for signature in ("", "0" * 64, "mac="):
        assert await oa.double.push(event, signature) == 403
    assert await oa.double.push({**event, "app_id": "1"}) == 400
    assert await oa.double.push({**event, "recipient": {"id": "1"}}) == 400
    assert await oa.program.db.read(stored) == 0


async def test_an_event_pushed_again_is_handled_once_and_echoes_not_at_all(oa: OaLine) -> None:
    event = told_by(oa.double.user("Nam"), "m1", "Hữu Nghị: kẹt xe ở barie")
    for _ in range(3):
        assert await oa.double.push(event) == 200
    assert await oa.double.push({**event, "event_name": "oa_send_text"}) == 200
    await oa.becomes(lambda ticket: ticket.gate == "HN")
    await oa.rests()
    assert await oa.words(await oa.ticket()) == ["Hữu Nghị: kẹt xe ở barie"]


async def test_a_token_that_ends_in_the_middle_of_a_conversation_is_replaced(
    oa: OaLine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.zalo_oa.tokens.YOUNG", timedelta())
    khue, driver = await claimed(oa)
    before = oa.double.oauth.exchanges
    for access in list(oa.double.oauth._access):
        oa.double.oauth.forgets(access)
    await writes(oa, khue, "Trả lời", "Barie đã mở lại.")
    await driver.waits_for("Barie đã mở lại.")
    assert oa.double.oauth.exchanges == before + 1
    assert sum("Barie đã mở lại." in text for text in driver.messages()) == 1


async def test_what_waits_for_a_token_goes_out_when_somebody_has_connected_the_account_again(
    double: ZaloOaDouble, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("bot.zalo_oa.tokens.YOUNG", timedelta())
    time = Hands()
    async with open_oa_line(tmp_path, double, time) as before:
        khue, driver = await claimed(before)
        await khue.presses("Trả lời")
        await khue.waits_for("Viết trả lời")
        await before.rests()
        double.oauth.withdraws()
        await khue.says("Barie đã mở lại.")
        await until(lambda: len(double.oauth.asked) > 1)  # refused, and so is the exchange
        await driver.says("Có tin gì chưa?")  # what comes in is stored all the same
        await before.rests()
    assert not any("Barie" in text for text in driver.messages())
    double.seed = double.oauth.consents()
    async with open_oa_line(tmp_path, double, time) as after:
        after.passes(minutes=3)
        await driver.waits_for("Barie đã mở lại.")
        await driver.waits_for("Đã thêm tin nhắn")
        assert await after.words(await after.ticket(), "in") == [
            "Hữu Nghị: kẹt xe ở barie",
            "Có tin gì chưa?",
        ]
    told = "".join(capsys.readouterr())
    assert "zalo_oa_token_refused" in told
    secrets = (APP_SECRET, OA_SECRET, *double.oauth.asked, *double.oauth._access)
    assert not [secret for secret in secrets if secret in told]
    assert "Barie" not in told


async def test_after_a_restart_the_buttons_of_before_still_press(
    double: ZaloOaDouble, tmp_path: Path
) -> None:
    time = Hands()
    async with open_oa_line(tmp_path, double, time) as before:
        khue, driver = await before.staff("Khuê"), double.user("Nam")
        await driver.says("Hữu Nghị: kẹt xe ở barie")
        await khue.waits_for("kẹt xe")
        await before.rests()
    double.webhook_url = ""
    exchanges = double.oauth.exchanges
    async with open_oa_line(tmp_path, double, time) as after:
        await khue.presses("Nhận xử lý")
        await khue.waits_for("Đang xử lý: Khuê")
        assert (await after.ticket()).status is Status.IN_PROGRESS
        # The pair of before is used: the first refresh token works once.
        assert double.oauth.exchanges == exchanges


async def test_a_passing_trouble_is_tried_again(oa: OaLine) -> None:
    driver = oa.double.user("Nam")
    oa.double.refuses(CS, 500)
    await driver.says("Hữu Nghị: kẹt xe ở barie")
    await until(lambda: len(oa.double.sent()) > 0)
    await oa.becomes(lambda ticket: True)
    for _ in range(5):
        oa.passes(seconds=5)
        await oa.rests()
    await driver.waits_for("Mã phiếu")
    assert sum("Mã phiếu" in text for text in driver.messages()) == 1


async def test_the_account_says_who_it_is(oa: OaLine) -> None:
    assert any(path == ABOUT for path, _ in oa.double.calls)
    (ears,) = oa.program.ears
    assert ears.name == "Cửa khẩu Lạng Sơn"
    assert oa.program.trouble() is None


# --- what the tests share ----------------------------------------------------------------------------------------


async def claimed(oa: OaLine) -> tuple[Person, Person]:
    """(the officer who holds it, the driver) of a ticket at Hữu Nghị."""
    khue, driver = await oa.staff("Khuê"), oa.double.user("Nam")
    await driver.says("Hữu Nghị: kẹt xe ở barie")
    await driver.waits_for(RECEIVED)
    card = await khue.waits_for("kẹt xe")
    assert "Nhận xử lý" in card.labels
    await khue.presses("Nhận xử lý")
    await khue.waits_for("Đang xử lý: Khuê")
    return khue, driver


async def later(oa: OaLine, officer: Person, hours: float) -> None:
    """The officer is there again and has written; the driver has not."""
    await oa.rests()
    oa.passes(hours=hours)
    await oa.rests()
    await officer.says("viec")
    await officer.waits_for("hạn gần nhất trước")
    since = officer.mark()
    await officer.presses("Mở …261122-0001")
    await officer.waits_for("Đang xử lý: Khuê", since=since)
    await oa.rests()


async def writes(oa: OaLine, officer: Person, button: str, words: str) -> int:
    """The mark in the officer's chat before that."""
    await oa.rests()
    since = officer.mark()
    await officer.presses(button)
    await officer.waits_for("Viết", since=since)
    await officer.says(words)
    return since


async def is_reachable(oa: OaLine, person: Person) -> bool:
    known = await oa.program.db.read(lambda db: people.identity(db, "zalo_oa", OA_ID, person.id))
    return known is not None and known.reachable


def told_by(person: Person, number: str, text: str) -> dict[str, Any]:
    person.double.known[person.id] = person
    person.heard_at = person.double.wall()
    return {
        "app_id": APP_ID,
        "event_name": "user_send_text",
        "sender": {"id": person.id},
        "recipient": {"id": OA_ID},
        "message": {"msg_id": number, "text": text},
        "timestamp": str(int(person.heard_at.timestamp() * 1000)),
    }


def stored(db: Connection) -> int:
    return int(db.execute(sa.select(sa.func.count()).select_from(tables.inbox)).scalar_one())
