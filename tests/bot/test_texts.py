"""The catalogues: complete for senders, the same blanks in every language, times in words."""

from datetime import UTC, datetime, timedelta, timezone

import pytest

from bot.texts import (
    LANGUAGES,
    STAFF_PREFIX,
    BadCatalogue,
    Texts,
    blanks,
    catalogues,
    due_words,
    language_of,
    read_catalogue,
    say,
)

HANOI = timezone(timedelta(hours=7))
NOW = datetime(2026, 11, 22, 9, 0, tzinfo=HANOI)
MESSAGES = catalogues().messages
HEADER = 'msgid ""\nmsgstr ""\n"Content-Type: text/plain; charset=UTF-8\\n"\n\n'


def test_every_message_a_sender_reads_exists_in_every_language() -> None:
    for language in LANGUAGES:
        missing = [
            key
            for key in MESSAGES["vi"]
            if not key.startswith(STAFF_PREFIX) and key not in MESSAGES[language]
        ]
        assert missing == [], language


def test_no_language_has_a_message_that_vietnamese_lacks() -> None:
    for language in LANGUAGES:
        assert set(MESSAGES[language]) <= set(MESSAGES["vi"]), language


def test_the_blanks_of_a_message_are_the_same_in_every_language() -> None:
    # Beijing's hour is told to Chinese readers only.
    for language in LANGUAGES:
        for key, message in MESSAGES[language].items():
            assert blanks(message) - {"beijing"} == blanks(MESSAGES["vi"][key]) - {"beijing"}, (language, key)


def test_chinese_messages_are_chinese() -> None:
    plain = [
        key for key, message in MESSAGES["zh"].items() if not any("\u4e00" <= c <= "\u9fff" for c in message)
    ]
    assert [key for key in plain if not key.startswith("time.")] == []


def test_the_buttons_carry_the_agreed_words() -> None:
    agreed = {
        "claim": "Nhận xử lý",
        "answer": "Trả lời",
        "note": "Ghi chú nội bộ",
        "ask": "Hỏi thêm",
        "transfer": "Chuyển",
        "wait_agency": "Chờ cơ quan khác",
        "close": "Đóng phiếu",
        "satisfied": "Hài lòng",
        "acceptable": "Chấp nhận được",
        "unsatisfied": "Không hài lòng",
        "reopen": "Mở lại",
        "understood": "Đã rõ",
    }
    assert {key: say("vi", f"button.{key}") for key in agreed} == agreed


@pytest.mark.parametrize(
    ("due", "words"),
    [
        ("2026-11-22 19:00", "19:00 hôm nay, 22/11/2026 (giờ Hà Nội)"),
        ("2026-11-23 11:00", "11:00 ngày mai, 23/11/2026 (giờ Hà Nội)"),
        ("2026-11-24 11:00", "11:00 thứ Ba, 24/11/2026 (giờ Hà Nội)"),
        ("2026-11-29 11:00", "11:00 Chủ nhật, 29/11/2026 (giờ Hà Nội)"),
        ("2026-11-21 19:00", "19:00 hôm qua, 21/11/2026 (giờ Hà Nội)"),
        ("2026-11-23 00:00", "24:00 hôm nay, 22/11/2026 (giờ Hà Nội)"),
    ],
)
def test_a_due_time_is_said_in_vietnamese_words(due: str, words: str) -> None:
    assert due_words(datetime.fromisoformat(due).replace(tzinfo=HANOI), NOW, "vi") == words


def test_the_receipt_says_the_agreed_sentence() -> None:
    due = due_words(datetime(2026, 11, 22, 12, 0, tzinfo=UTC), NOW, "vi")
    assert say("vi", "receipt.due", due=due) == "Hẹn trả lời: trước 19:00 hôm nay, 22/11/2026 (giờ Hà Nội)"


def test_today_is_today_in_hanoi_not_in_utc() -> None:
    late = datetime(2026, 11, 22, 18, 0, tzinfo=UTC)  # 01:00 on the 23rd in Hanoi
    assert "hôm nay, 23/11/2026" in due_words(late + timedelta(hours=5), late, "vi")


@pytest.mark.parametrize(
    ("due", "beijing"),
    [
        ("2026-11-22 19:00", "北京时间20:00"),
        ("2026-11-22 23:30", "北京时间次日00:30"),
        ("2026-11-23 00:00", "北京时间次日01:00"),
    ],
)
def test_chinese_readers_get_beijing_time_beside_hanoi_time(due: str, beijing: str) -> None:
    words = due_words(datetime.fromisoformat(due).replace(tzinfo=HANOI), NOW, "zh")
    assert beijing in words
    assert words.startswith("今天（2026年11月22日）")


def test_a_text_missing_in_another_language_is_said_in_vietnamese() -> None:
    texts = Texts({"vi": {"a": "Chào {name}"}, "en": {}})
    assert texts.say("en", "a", name="Lan") == "Chào Lan"
    assert texts.say("zh", "a", name="Lan") == "Chào Lan"


def test_a_message_or_blank_that_nobody_wrote_is_a_bug() -> None:
    texts = Texts({"vi": {"a": "Chào {name}"}})
    with pytest.raises(KeyError):
        texts.say("vi", "b")
    with pytest.raises(KeyError):
        texts.say("vi", "a")


def test_braces_in_a_senders_words_stay_as_they_are() -> None:
    assert "{evil} %s" in say("vi", "receipt.title", code="{evil} %s")


@pytest.mark.parametrize(
    ("tag", "language"),
    [
        (None, "vi"),
        ("", "vi"),
        ("vi-VN", "vi"),
        ("zh-hans", "zh"),
        ("zh_CN", "zh"),
        ("en-GB", "en"),
        ("ru", "en"),
        ("ZH", "zh"),
    ],
)
def test_a_clients_language_tag_chooses_the_catalogue(tag: str | None, language: str) -> None:
    assert language_of(tag) == language


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ('msgid "a"\nmsgstr "x"\nmsgid "a"\nmsgstr "y"\n', "a: given twice"),
        ('msgid "a"\nmsgstr "{0}"\n', "plain name"),
        ('msgid "a"\nmsgstr "{x.y}"\n', "plain name"),
        ('msgid "a"\nmsgstr "{x"\n', "a: "),
        ("nonsense\n", "vi.po"),
    ],
)
def test_a_bad_catalogue_is_refused_with_its_place(body: str, said: str) -> None:
    with pytest.raises(BadCatalogue, match=r"^vi\.po: ") as refused:
        read_catalogue(HEADER + body, "vi.po")
    assert said in str(refused.value)


def test_an_uncertain_translation_is_not_used() -> None:
    assert "a" not in read_catalogue(HEADER + '#, fuzzy\nmsgid "a"\nmsgstr "x"\n', "en.po")
