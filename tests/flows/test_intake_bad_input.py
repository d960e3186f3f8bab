"""Bad input gets a clear sentence and loses nothing: empty, endless, broken, marked up, turned around, far too much."""

import re

import pytest

from tests.town import Citizen, Town
from tests.witness import everything_read, in_the_clear, words_of

CODE = re.compile(r"DDLS-\d{6}-\d{4}")


@pytest.mark.parametrize("nothing", ["", "   ", "\n\t\n", "\x00\x00", "\u202e\u2066", "\ufeff"])
async def test_an_empty_text_is_answered_and_opens_nothing(town: Town, nothing: str) -> None:
    driver = town.citizen("Lái xe")
    await driver.says(nothing)
    assert driver.reads() == ["Tin nhắn chưa có nội dung. Anh/Chị viết vài chữ hoặc gửi ảnh giúp."]
    assert not await town.tickets()


async def test_a_hundred_kilobytes_are_kept_whole_and_shown_with_the_code_on_every_part(town: Town) -> None:
    driver, an = town.citizen("Lái xe"), await town.staff("An", gate="HN")
    text = "Hữu Nghị: " + " ".join(f"dòng {number} xe chờ lâu quá" for number in range(4500))
    assert len(text.encode()) > 100_000
    await driver.says(text)
    ticket = await town.ticket()
    assert await words_of(town, ticket) == [text]
    assert len(an.newest(ticket.code).text) < 4096
    before = len(an.bubbles())
    await an.presses("Xem đủ")
    parts = an.reads()[before:]
    assert len(parts) > 20
    assert all(
        ticket.code in part.splitlines()[0] and len(part.encode("utf-16-le")) <= 8192 for part in parts
    )
    assert "dòng 4499" in parts[-1]


async def test_a_long_answer_reaches_the_sender_in_parts_with_the_code(town: Town) -> None:
    driver, an = town.citizen("Lái xe"), await town.staff("An", gate="HN")
    await driver.says("Hữu Nghị: hỏi thủ tục")
    await an.presses("Nhận xử lý")
    await an.presses("Trả lời")
    before = len(driver.bubbles())
    await an.says("Thủ tục gồm các bước sau đây. " * 400)
    parts = driver.reads()[before:]
    assert len(parts) >= 3
    assert all(CODE.search(part) for part in parts)


@pytest.mark.parametrize(
    "broken",
    [
        "Hữu Nghị \ud83d xe chờ",
        "\udc00Hữu Nghị",
        "Hữu Nghị\x00 xe\x07 chờ",
        "Hữu Nghị \ud83d\ude97 xe chờ",
        "Hu\u031bu\u0303 Nghi\u0323 xe cho\u031b\u0300",
        "Hữu Nghị " + "a" + "\u0301" * 5000,
    ],
)
async def test_broken_letters_are_mended_not_refused(town: Town, broken: str) -> None:
    driver, an = town.citizen("Lái xe"), await town.staff("An", gate="HN")
    await driver.says(broken)
    (kept,) = await words_of(town, await town.ticket())
    assert kept.encode()
    assert "\x00" not in kept
    assert an.sees("Hữu Nghị")


async def test_a_broken_name_keeps_nobody_out(town: Town) -> None:
    driver, an = town.citizen("Lái \ud83d\x00 xe \u202e"), await town.staff("An", gate="HN")
    await driver.says("Hữu Nghị: xe chờ")
    assert an.sees("xe chờ")
    assert "\u202e" not in everything_read(an)


@pytest.mark.parametrize(
    "marked", ["<b>đậm</b> &amp; *sao* _gạch_ [x](http://a.b)", "{code} {0} %s", "`DROP TABLE tickets`; --"]
)
async def test_markup_is_shown_as_it_was_typed(town: Town, marked: str) -> None:
    driver, an = town.citizen("Lái xe"), await town.staff("An", gate="HN")
    await driver.says(f"Hữu Nghị {marked}")
    assert marked in an.newest("Hữu Nghị").text
    await an.presses("Nhận xử lý")
    await an.presses("Trả lời")
    await an.says(f"Trả lời {marked}")
    assert driver.sees(f"Trả lời {marked}")


async def test_marks_that_turn_a_line_around_cannot_turn_the_card(town: Town) -> None:
    driver, an = town.citizen("\u202eLái xe"), await town.staff("An", gate="HN")
    await driver.says("Hữu Nghị \u202egnort\u2066 xe chờ\u2069")
    assert not set("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069") & set(
        everything_read(an, driver)
    )
    assert an.sees("Hữu Nghị gnort xe chờ")


async def test_words_that_look_like_a_fact_of_the_card_stand_among_the_senders_own(town: Town) -> None:
    driver, an = town.citizen("Lái xe"), await town.staff("An", gate="HN")
    await driver.says("Hữu Nghị\n\nĐang xử lý: Trưởng ca\n⏱ còn 9 giờ")
    card = an.newest("Trưởng ca").text
    assert card.index("Chưa ai nhận") < card.index("Người phản ánh viết:") < card.index("Trưởng ca")


async def test_an_unknown_command_is_answered_and_a_slash_in_a_sentence_is_a_message(town: Town) -> None:
    driver = town.citizen("Lái xe")
    await driver.says("/khongco")
    assert driver.sees("Chưa hiểu lệnh này")
    await driver.says("/ 2 xe ở Hữu Nghị chờ lâu")
    await driver.says("/ngay/dem deu cho")
    assert len(await words_of(town, await town.ticket())) == 2


async def test_sixty_messages_in_a_minute_are_all_kept_and_few_are_answered(town: Town) -> None:
    driver, an = town.citizen("Lái xe"), await town.staff("An", gate="HN")
    await driver.says("Hữu Nghị: xe chờ 0")
    await an.presses("Nhận xử lý")
    told, read = len(driver.bubbles()), len(an.bubbles())
    for number in range(1, 60):
        town.clock.passes(seconds=0.5)
        await driver.says(f"xe chờ {number}")
    assert [text[-2:].strip() for text in await words_of(town, await town.ticket())] == [
        str(n) for n in range(60)
    ]
    assert len(driver.bubbles()) - told <= 8
    assert len(an.bubbles()) - read <= 8
    assert "Tin mới nhất: “xe chờ 59”" in an.newest("60 tin").text
    assert driver.sees("Đã thêm 20 tin vào phiếu")


async def test_a_flood_that_arrives_at_once_is_kept_in_its_order(town: Town) -> None:
    driver, other = town.citizen("Lái xe"), town.citizen("Người khác")
    await town.stores(
        *(driver._message(f"Hữu Nghị tin {number}") for number in range(60)), other._message("Chi Ma")
    )
    await town.settles()
    first, second = sorted(await town.tickets(), key=lambda ticket: ticket.gate or "", reverse=True)
    assert await words_of(town, first) == [f"Hữu Nghị tin {number}" for number in range(60)]
    assert await words_of(town, second) == ["Chi Ma"]


async def test_a_flood_of_thanks_is_answered_a_few_times(town: Town) -> None:
    driver, an = town.citizen("Lái xe"), await town.staff("An", gate="HN")
    await resolved(driver, an)
    before = len(driver.bubbles())
    for _ in range(30):
        await driver.says("cảm ơn")
    assert len(driver.bubbles()) - before <= 6


async def resolved(driver: Citizen, an: Citizen) -> None:
    await driver.says("Hữu Nghị: xe chờ")
    await an.presses("Nhận xử lý")
    await an.presses("Đóng phiếu")
    await an.says("Đã điều tiết xong, xe đã qua lúc 10 giờ.")


async def test_nothing_that_was_written_is_missing_from_the_database(town: Town) -> None:
    driver = town.citizen("Lái xe")
    said = ["Hữu Nghị <i>", "🚛🚛", "\u200fسلام", "卡车 排队", "x" * 5000]
    for text in said:
        await driver.says(text)
    stored = await in_the_clear(town)
    assert all(text in stored for text in said)
