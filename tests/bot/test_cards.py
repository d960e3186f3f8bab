"""The words of every notice: complete in each language, within each channel's limits, silent about sealed words and names."""

import re
from dataclasses import replace
from datetime import date, datetime, timedelta
from itertools import product
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.cards import CARDS, SENDER_KINDS, render
from bot.outgoing import Button, Outgoing
from bot.payloads import Action, read
from bot.texts import LANGUAGES, catalogues
from core.calendar import TZ
from core.notices import NoticeKind
from core.ticket import Closure, Score, Status
from services.outbox import lines_a_message
from services.sender import ChannelFacts, Delivery
from storage.gathering import CARDS_A_LIST

TELEGRAM = ChannelFacts("telegram")
ZALO = ChannelFacts("zalo", text_limit=2000, measure="chars", buttons=False, edits=False)
ZALO_OA = replace(ZALO, name="zalo_oa", few_choices=5)
CHANNELS = (TELEGRAM, ZALO, ZALO_OA)
NOW = datetime(2026, 11, 22, 16, 45, tzinfo=TZ)
DUE = datetime(2026, 11, 22, 19, 0, tzinfo=TZ)
CODE = "DDLS-261122-0001"
SECRET = "lời-kể-bí-mật-của-lái-xe"
OFFICER = "Nguyễn Thị Cán Bộ"
APPROVER = "Trần Lãnh Đạo Duyệt"
TICKET: dict[str, Any] = {
    "id": 723_456_789_012_345_678,
    "code": CODE,
    "key": "K7QP",
    "status": "new",
    "ticket_class": "normal",
    "sealed": False,
    "gate": "TT",
    "gate_name": {"vi": "Tân Thanh", "en": "Tan Thanh", "zh": "新清"},
    "category": "UT",
    "category_name": {"vi": "Ùn tắc, điều tiết xe", "en": "Congestion", "zh": "排队堵车"},
    "unit_name": None,
    "received_at": NOW - timedelta(minutes=5),
    "opened_at": NOW - timedelta(minutes=5),
    "due_at": DUE,
    "human_reply_by": None,
    "promise_kind": "same-day",
    "cycle": 1,
    "holder_id": None,
    "holder_name": None,
    "amber": False,
    "first_text": SECRET,
    "message_count": 1,
    "photo_count": 0,
    "sender_name": "Lái xe An",
    "sender_reachable": True,
    "plate": "12C-123.45",
    "phone": "0912345678",
    "asked_count": 0,
}
HELD = TICKET | {
    "status": "in_progress",
    "holder_id": 5,
    "holder_name": OFFICER,
    "agency": "Hải quan",
    "agency_promise_on": date(2026, 11, 24),
    "agency_approver": APPROVER,
    "last_reply_text": "Ban Quản lý đang kiểm tra bãi xe.",
}
MESSAGE = {"id": 99, "text": "Bãi xe đã mở thêm làn.", "kind": "text", "author_name": OFFICER, "photos": 0}
HOLDER = {"id": 5, "role": "duty", "holds": True, "may_assign": False, "is_group": False}
COLLEAGUE = {"id": 6, "role": "duty", "holds": False, "may_assign": False, "is_group": False}
LEADER = {"id": 7, "role": "leader", "holds": False, "may_assign": True, "is_group": False}
GROUP = {"id": None, "role": None, "holds": False, "may_assign": False, "is_group": True}
CONTACT = {
    "hotline_phone": "0205 3800 000",
    "reception": "Phòng tiếp công dân, thứ Ba 07:30–11:30",
    "public_url": None,
}
ITEMS = [TICKET, HELD | {"code": "DDLS-261122-0002", "id": 12, "due_at": NOW}, {"code": "DDLS-261122-0003"}]
OPTIONS = [
    {"code": "HN", "name": {"vi": "Hữu Nghị", "en": "Huu Nghi", "zh": "友谊关"}},
    {"id": 7, "name": "Bà Hoa"},
]
EVERYTHING: dict[str, Any] = {
    "ticket": HELD,
    "message": MESSAGE,
    "viewer": HOLDER,
    "contact": CONTACT,
    "items": ITEMS,
    "options": OPTIONS,
    "due_at": DUE.isoformat(),
    "new_due_at": DUE.isoformat(),
    "first": True,
    "ask": "category",
    "suggested": ["UT", "PHI"],
    "kind": "voice",
    "count": 2,
    "photos": 1,
    "score": "bad",
    "closure": "silent",
    "agency": "Hải quan",
    "promise_on": "2026-11-24",
    "rung": 3,
    "action": "reply",
    "step": "gate",
    "name": OFFICER,
    "role": "duty",
    "shift_id": 44,
    "gate_name": "Tân Thanh",
    "starts_at": NOW.isoformat(),
    "ends_at": DUE.isoformat(),
    "inbox_id": 3,
    "by": OFFICER,
    "to": OFFICER,
    "holder": OFFICER,
    "open": 1,
}
every_kind = pytest.mark.parametrize("kind", list(NoticeKind))
every_language = pytest.mark.parametrize("language", LANGUAGES)


def delivery(kind: str, language: str = "vi", chat_kind: str = "private", /, **facts: Any) -> Delivery:
    return Delivery(1, "telegram", "bot", "100", chat_kind, language, kind, facts, NOW)


def drawn(kind: str, language: str = "vi", /, *, channel: ChannelFacts = TELEGRAM, **facts: Any) -> Outgoing:
    """The single message of a notice."""
    (outgoing,) = render(delivery(kind, language, **facts), channel)
    return outgoing


def buttons(outgoing: Outgoing) -> list[Button]:
    return [button for row in outgoing.buttons for button in row]


def labels(outgoing: Outgoing) -> list[str]:
    return [button.label for button in buttons(outgoing)]


def actions(outgoing: Outgoing) -> list[Action]:
    return [payload.action for button in buttons(outgoing) if (payload := read(button.payload))]


def units(text: str, channel: ChannelFacts) -> int:
    return len(text) if channel.measure == "chars" else len(text.encode("utf-16-le")) // 2


def whole(parts: tuple[Outgoing, ...]) -> str:
    return "\n".join(part.text for part in parts)


def test_every_kind_of_notice_has_a_card() -> None:
    assert set(CARDS) == set(NoticeKind)


@every_kind
@every_language
@pytest.mark.parametrize("channel", CHANNELS, ids=lambda channel: channel.name)
def test_every_notice_speaks_every_language_within_the_channels_limit(
    kind: NoticeKind, language: str, channel: ChannelFacts
) -> None:
    parts = render(delivery(kind, language, **EVERYTHING), channel)
    assert parts
    assert all(part.text.strip() and units(part.text, channel) <= channel.text_limit for part in parts)
    assert "{" not in whole(parts)


@every_kind
@pytest.mark.parametrize("channel", CHANNELS, ids=lambda channel: channel.name)
def test_a_notice_with_no_facts_at_all_is_still_a_sentence(kind: NoticeKind, channel: ChannelFacts) -> None:
    parts = render(delivery(kind), channel)
    assert whole(parts).strip()


@every_kind
def test_a_notice_with_every_fact_unknown_is_still_a_sentence(kind: NoticeKind) -> None:
    nothing = {
        name: dict.fromkeys(value) if isinstance(value, dict) else None for name, value in EVERYTHING.items()
    }
    assert whole(render(delivery(kind, **nothing), TELEGRAM)).strip()


@every_kind
@every_language
def test_every_button_fits_and_can_be_read_back(kind: NoticeKind, language: str) -> None:
    for ticket, viewer in product((TICKET, HELD), (HOLDER, COLLEAGUE, LEADER, GROUP, {})):
        facts = EVERYTHING | {"ticket": ticket, "viewer": viewer}
        parts = render(delivery(kind, language, **facts), TELEGRAM)
        for button in buttons(parts[-1]):
            assert read(button.payload)
            assert len(button.payload.encode()) <= 64
            assert 0 < len(button.label) <= 40
        assert all(len(row) <= 2 for row in parts[-1].buttons)
        assert not any(part.buttons for part in parts[:-1])


@pytest.mark.parametrize("kind", sorted(SENDER_KINDS))
@every_language
def test_no_notice_to_a_sender_names_an_officer(kind: NoticeKind, language: str) -> None:
    for status in Status:
        facts = EVERYTHING | {"ticket": HELD | {"status": status}, "viewer": {"id": 9, "role": "sender"}}
        said = whole(render(delivery(kind, language, **(facts | {"name": "plate"})), TELEGRAM))
        assert OFFICER not in said
        assert APPROVER not in said


@every_kind
@every_language
def test_a_sealed_text_never_appears_but_to_its_readers(kind: NoticeKind, language: str) -> None:
    for mark, chat_kind in product(({"sealed": True}, {"ticket_class": "petition"}), ("private", "group")):
        sealed = HELD | mark | {"first_text": SECRET, "last_reply_text": SECRET, "breach_reason": SECRET}
        facts = EVERYTHING | {"ticket": sealed, "message": MESSAGE | {"text": SECRET}, "items": [sealed]}
        facts |= {"full": True, "comment": SECRET, "replies": [{"at": NOW, "text": SECRET}]}
        said = whole(render(delivery(kind, language, chat_kind, **facts), TELEGRAM))
        readers = kind is NoticeKind.PETITION_CARD and chat_kind == "private"
        assert (SECRET in said) is readers


PROMISED_REFUSALS = (
    "not_held",
    "stranger",
    "text_too_long",
    "file_too_large",
    "no_service_day",
    "only_private",
    "internal_error",
    "bad_plate",
    "bad_phone",
    "nothing_to_cancel",
    "dialogue_expired",
    "unknown_command",
    "bad_link_code",
    "already_yours",
    "agency_incomplete",
)


def raised_refusals() -> set[str]:
    """Every refusal code that the program raises, read from its source."""
    root = Path(__file__).parents[2]
    sources = [
        path.read_text() for name in ("core", "services", "bot") for path in (root / name).rglob("*.py")
    ]
    return {code for text in sources for code in re.findall(r'(?:Refused|WrongGuess)\(\s*"([a-z_]+)"', text)}


@every_language
def test_every_refusal_of_the_program_has_a_sentence_of_its_own(language: str) -> None:
    other = drawn("refused", language, refused="never_heard_of").text
    for code in {*PROMISED_REFUSALS, *raised_refusals()}:
        said = drawn("refused", language, refused=code, ticket=TICKET).text
        assert said != other, code
        assert len(said) <= 200, code


def test_what_a_sender_reads_is_translated() -> None:
    texts = catalogues().messages
    sender = {key for key in texts["vi"] if not key.startswith("staff.")}
    assert sender - set(texts["en"]) == set()
    assert sender - set(texts["zh"]) == set()


def test_a_receipt_says_code_key_and_due_time_in_words() -> None:
    said = drawn("receipt", ticket=TICKET, first=True).text
    assert f"Mã phiếu: {CODE} · Mã tra cứu: K7QP" in said
    assert "Hẹn trả lời: trước 19:00 hôm nay, 22/11/2026 (giờ Hà Nội)" in said
    assert "91/2025/QH15" in said
    assert "/xoadulieu" in said
    assert "Im lặng không phải là đồng ý" in said


def test_the_privacy_notice_comes_only_at_first_contact() -> None:
    assert "91/2025/QH15" not in drawn("receipt", ticket=TICKET, first=False).text


def test_a_chinese_receipt_adds_beijing_time() -> None:
    said = drawn("receipt", "zh", ticket=TICKET).text
    assert "19:00" in said
    assert "北京时间20:00" in said
    assert CODE in said


def test_a_receipt_after_the_cut_off_promises_a_first_reply_today() -> None:
    late = TICKET | {
        "promise_kind": "after-cut-off",
        "due_at": DUE + timedelta(hours=16),
        "human_reply_by": DUE,
    }
    said = drawn("receipt", ticket=late).text
    assert "trước 11:00 ngày mai, 23/11/2026" in said
    assert "Cán bộ trả lời ban đầu trước 19:00 hôm nay, 22/11/2026" in said


@every_language
def test_an_urgent_receipt_begins_with_the_emergency_numbers(language: str) -> None:
    said = drawn("receipt", language, ticket=TICKET | {"ticket_class": "urgent"}, urgent=True).text
    first = said.splitlines()[0]
    assert all(number in first for number in ("113", "114", "115"))


def test_a_late_message_is_flagged_in_its_receipt() -> None:
    assert "hơn 24 giờ trước" in drawn("receipt", ticket=TICKET, late=True).text


@pytest.mark.parametrize(
    ("kind", "named"),
    [
        ("voice", "tin thoại"),
        ("location", "vị trí"),
        ("document", "tệp"),
        ("sticker", "nhãn dán"),
        ("other:dice", "tin nhắn dạng khác"),
    ],
)
def test_every_kind_of_message_is_acknowledged_by_name(kind: str, named: str) -> None:
    assert named in drawn("receipt", ticket=TICKET, kind=kind).text
    assert named in drawn("added", ticket=TICKET, kind=kind).text


def test_suggested_categories_stand_one_per_row_and_can_be_skipped() -> None:
    options = [{"code": "UT", "name": {"vi": "Ùn tắc"}}, {"code": "PHI", "name": {"vi": "Phí, bến bãi"}}]
    outgoing = drawn("receipt", ticket=TICKET, ask="category", options=options)
    assert [len(row) for row in outgoing.buttons] == [1, 1, 1]
    assert labels(outgoing) == ["Ùn tắc", "Phí, bến bãi", "Bỏ qua"]
    assert [read(b.payload).argument for b in buttons(outgoing)] == [
        "category=UT",
        "category=PHI",
        "category",
    ]  # type: ignore[union-attr]


@pytest.mark.parametrize("asked", ["gate", "category", "plate", "phone"])
def test_every_question_to_the_sender_can_be_skipped(asked: str) -> None:
    assert labels(drawn("ask_detail", ticket=TICKET, ask=asked, options=OPTIONS))[-1] == "Bỏ qua"
    assert (
        labels(drawn("detail_saved", ticket=TICKET, name="gate", next=asked, options=OPTIONS))[-1] == "Bỏ qua"
    )


def test_a_petition_receipt_shows_the_formal_route_and_asks_for_nothing() -> None:
    petition = TICKET | {"ticket_class": "petition", "sealed": True, "due_at": None}
    outgoing = drawn("petition_receipt", ticket=petition, contact=CONTACT)
    assert "không thay cho đơn" in outgoing.text
    assert "Phòng tiếp công dân, thứ Ba 07:30–11:30" in outgoing.text
    assert "không gửi thêm chi tiết và không gửi ảnh giấy tờ tùy thân" in outgoing.text
    assert "Hẹn trả lời" not in outgoing.text
    assert not outgoing.buttons


def test_an_unknown_reception_is_said_without_a_blank() -> None:
    said = drawn("petition_receipt", ticket=TICKET).text
    assert "niêm yết tại trụ sở" in said
    assert "chưa rõ" not in said


def test_a_result_comes_with_three_ratings_that_know_their_cycle() -> None:
    outgoing = drawn("resolved", ticket=HELD | {"status": "resolved", "cycle": 2}, message=MESSAGE)
    assert labels(outgoing) == ["Hài lòng", "Chấp nhận được", "Không hài lòng"]
    assert [read(b.payload).argument for b in buttons(outgoing)] == ["good.2", "fair.2", "bad.2"]  # type: ignore[union-attr]
    assert "Bãi xe đã mở thêm làn." in outgoing.text


def test_a_bad_rating_offers_reopening() -> None:
    assert labels(drawn("rated", ticket=HELD, score="bad")) == ["Mở lại", "Không"]
    assert "Mở lại" not in labels(drawn("rated", ticket=HELD, score="good"))


@pytest.mark.parametrize("closure", list(Closure))
def test_every_way_to_close_has_its_own_words(closure: Closure) -> None:
    assert drawn("closed", ticket=HELD, closure=closure).text != drawn("closed", ticket=HELD).text


def test_the_status_shows_stage_due_time_and_replies_but_not_the_senders_words() -> None:
    said = drawn("status", ticket=HELD, viewer={"role": "sender"}).text
    assert "đang xử lý" in said
    assert "trước 19:00 hôm nay" in said
    assert "Ban Quản lý đang kiểm tra bãi xe." in said
    assert SECRET not in said
    assert OFFICER not in said


def test_the_card_of_a_new_ticket_can_be_taken_by_everyone() -> None:
    outgoing = drawn("card", ticket=TICKET, viewer=COLLEAGUE)
    assert labels(outgoing) == ["Nhận xử lý", "Khẩn", "Rác"]
    assert "⏱ còn 2 giờ 15 phút – trước 19:00 hôm nay, 22/11/2026 (giờ Hà Nội)" in outgoing.text
    assert all(fact in outgoing.text for fact in ("🟢", CODE, "Tân Thanh", "12C-123.45", SECRET))


def test_a_card_with_pictures_lets_a_late_comer_see_them_while_the_ticket_is_open() -> None:
    shown = drawn("card", ticket=TICKET | {"photo_count": 2}, viewer=COLLEAGUE)
    assert "📷 2 ảnh" in shown.text
    assert "Xem đủ" in labels(shown)


def test_who_may_assign_can_also_transfer_a_new_ticket() -> None:
    outgoing = drawn("card", ticket=TICKET, viewer=LEADER)
    assert labels(outgoing) == ["Nhận xử lý", "Chuyển", "Khẩn", "Rác", "Giao người khác"]


def test_the_holder_sees_every_way_to_work_on_it() -> None:
    shown = labels(drawn("card", ticket=HELD, viewer=HOLDER))
    assert shown[:6] == ["Trả lời", "Ghi chú nội bộ", "Hỏi thêm", "Chuyển", "Chờ cơ quan khác", "Đóng phiếu"]


def test_others_may_only_note_on_a_held_ticket() -> None:
    outgoing = drawn("card", ticket=HELD, viewer=COLLEAGUE)
    assert labels(outgoing) == ["Ghi chú nội bộ"]
    assert OFFICER in outgoing.text


def test_a_third_question_is_not_offered() -> None:
    assert "Hỏi thêm" not in labels(drawn("card", ticket=HELD | {"asked_count": 2}, viewer=HOLDER))


def test_the_holder_of_an_unreachable_senders_ticket_is_told_to_call() -> None:
    outgoing = drawn("card", ticket=HELD | {"sender_reachable": False}, viewer=HOLDER)
    assert "Đã gọi điện" in labels(outgoing)
    assert "phải gọi điện" in outgoing.text


@pytest.mark.parametrize("status", list(Status))
def test_a_group_can_take_a_new_ticket_and_nothing_else(status: Status) -> None:
    ticket = HELD | {"status": str(status), "resolved_at": NOW}
    (outgoing,) = render(delivery("card", "vi", "group", ticket=ticket, viewer=GROUP), TELEGRAM)
    assert labels(outgoing) == (["Nhận xử lý"] if status is Status.NEW else [])


def test_a_group_reads_the_plate_but_neither_name_nor_telephone() -> None:
    (outgoing,) = render(delivery("card", "vi", "group", ticket=TICKET, viewer=GROUP), TELEGRAM)
    assert "12C-123.45" in outgoing.text
    assert "0912345678" not in outgoing.text
    assert "Lái xe An" not in outgoing.text


@pytest.mark.parametrize("status", ["resolved", "closed"])
def test_a_finished_ticket_has_no_buttons(status: str) -> None:
    assert not drawn("card", ticket=HELD | {"status": status, "resolved_at": NOW}, viewer=HOLDER).buttons


@pytest.mark.parametrize(
    ("change", "sign"),
    [
        ({}, "🟢"),
        ({"due_at": NOW + timedelta(hours=2)}, "🟠"),
        ({"amber": True}, "🟠"),
        ({"due_at": NOW}, "🟠"),
        ({"due_at": NOW - timedelta(minutes=1)}, "🔴"),
        ({"ticket_class": "urgent"}, "🔴"),
        ({"breached_at": NOW}, "🔴"),
        ({"status": "closed"}, "⚪"),
    ],
)
def test_the_mark_tells_how_the_ticket_stands(change: dict[str, Any], sign: str) -> None:
    assert drawn("card", ticket=HELD | change, viewer=HOLDER).text.startswith(sign)


@pytest.mark.parametrize(
    ("left", "said"),
    [
        (timedelta(minutes=5, seconds=59), "còn 5 phút"),
        (timedelta(hours=1), "còn 1 giờ –"),
        (timedelta(hours=1, minutes=5), "còn 1 giờ 05 phút"),
        (timedelta(days=2, hours=3, minutes=9), "còn 2 ngày 3 giờ"),
        (timedelta(minutes=-70), "quá hạn 1 giờ 10 phút"),
    ],
)
def test_the_clock_counts_whole_minutes_in_words(left: timedelta, said: str) -> None:
    assert said in drawn("card", ticket=HELD | {"due_at": NOW + left}, viewer=HOLDER).text


def test_a_reminder_that_leaves_seconds_late_still_counts_from_the_minute_it_shows() -> None:
    late = replace(
        delivery("rung", rung=6, ticket=HELD | {"due_at": NOW + timedelta(minutes=15)}),
        now=NOW + timedelta(seconds=3),
    )
    (outgoing,) = render(late, TELEGRAM)
    assert "còn 15 phút là hết hạn" in outgoing.text
    assert "⏱ còn 15 phút" in outgoing.text


def test_a_long_text_is_cut_on_the_card_and_whole_when_asked_for() -> None:
    ticket = TICKET | {"first_text": "kẹt xe " * 1000, "all_text": "kẹt xe " * 1000}
    outgoing = drawn("card", ticket=ticket, viewer=COLLEAGUE)
    assert "bấm «Xem đủ»" in outgoing.text
    assert "Xem đủ" in labels(outgoing)
    parts = render(delivery("card", ticket=ticket, viewer=COLLEAGUE, full=True), TELEGRAM)
    assert whole(parts).count("kẹt xe") == 1000
    assert all(CODE in part.text.splitlines()[0] for part in parts)


@pytest.mark.parametrize("number", range(1, 7))
def test_every_rung_says_what_is_missing(number: int) -> None:
    titles = {drawn("rung", ticket=TICKET, rung=n).text.splitlines()[0] for n in range(1, 7)}
    assert len(titles) == 6
    assert CODE in drawn("rung", ticket=TICKET, rung=number).text.splitlines()[0]


@pytest.mark.parametrize(
    ("number", "after", "words"),
    [
        (1, {"status": "in_progress"}, "đã có người nhận"),
        (2, {"status": "waiting_agency"}, "đã có người nhận"),
        (3, {"status": "in_progress", "first_reply_at": NOW}, "cán bộ đã trả lời"),
        (5, {"status": "resolved", "resolved_at": NOW}, "không còn phải nhắc"),
    ],
)
def test_a_rung_drawn_anew_says_that_it_was_heard(number: int, after: dict[str, Any], words: str) -> None:
    assert words in drawn("rung", ticket=TICKET | after, rung=number, edits="m1").text.splitlines()[0]


def test_the_last_rung_gives_a_leader_three_choices() -> None:
    assert labels(drawn("rung", ticket=HELD, rung=6, viewer=LEADER)) == [
        "Giao người khác",
        "Chấp nhận hẹn",
        "Gọi",
    ]


def test_a_rung_told_late_says_that_the_time_is_over() -> None:
    assert "đã quá hạn" in drawn("rung", ticket=HELD | {"due_at": NOW - timedelta(hours=1)}, rung=4).text


def test_a_breach_asks_its_holder_for_a_reason_and_nobody_else() -> None:
    broken = HELD | {
        "due_at": NOW,
        "breached_at": NOW - timedelta(hours=1),
        "breach_noticed_at": NOW - timedelta(minutes=40),
    }
    to_holder = drawn("breach", ticket=broken, viewer=HOLDER)
    reasons = [read(b.payload) for b in buttons(to_holder)][:6]
    assert [r.argument for r in reasons if r] == [
        "overload",
        "other_agency",
        "no_info",
        "system",
        "roster",
        "other",
    ]
    assert "15:45 22/11/2026" in to_holder.text
    assert "ghi nhận lúc 16:05" in to_holder.text
    assert Action.BREACH_REASON not in actions(drawn("breach", ticket=broken, viewer=COLLEAGUE))
    given = drawn("breach", ticket=broken | {"breach_reason": "overload"}, viewer=HOLDER)
    assert Action.BREACH_REASON not in actions(given)
    assert "Quá tải" in given.text


def test_a_petition_card_asks_its_reader_to_decide() -> None:
    petition = TICKET | {"ticket_class": "petition", "sealed": True, "due_at": None}
    outgoing = drawn("petition_card", ticket=petition, viewer=LEADER)
    assert labels(outgoing) == ["Là đơn", "Là phản ánh"]
    assert SECRET in outgoing.text


def test_a_preview_keeps_internal_as_the_default() -> None:
    outgoing = drawn("preview", ticket=HELD, message=MESSAGE, viewer=HOLDER)
    assert labels(outgoing) == ["Gửi cho người phản ánh", "Giữ làm ghi chú"]
    assert [read(b.payload).argument for b in buttons(outgoing)] == ["99", "99"]  # type: ignore[union-attr]


def test_loose_words_can_go_to_a_ticket_or_make_a_new_one() -> None:
    outgoing = drawn("place_message", items=[TICKET], message=MESSAGE)
    asked = [read(button.payload) for button in buttons(outgoing)]
    assert [(p.action, p.ticket_id, p.argument) for p in asked if p] == [
        (Action.PLACE, TICKET["id"], "99"),
        (Action.PLACE, 0, "99"),
        (Action.CANCEL, 0, ""),
    ]


@pytest.mark.parametrize(
    ("kind", "step", "arguments"),
    [
        ("transfer_menu", "what", ["gate", "unit", "person", ""]),
        ("transfer_menu", "gate", ["gate=HN", "gate=7", ""]),
        ("agency_menu", "agency", ["HN", "7", ""]),
        ("agency_menu", "date", ["date=HN", "date=7", ""]),
        ("agency_menu", "approver", ["by=HN", "by=7", ""]),
        ("assign_menu", "", ["HN", "7", ""]),
    ],
)
def test_a_menu_carries_its_choice_in_the_payload(kind: str, step: str, arguments: list[str]) -> None:
    outgoing = drawn(kind, ticket=HELD, step=step, options=OPTIONS)
    assert [p.argument for button in buttons(outgoing) if (p := read(button.payload))] == arguments


@pytest.mark.parametrize("action", [*Action, "reply", "call", "never heard of"])
def test_everything_done_is_confirmed_in_words(action: str) -> None:
    assert drawn("done", ticket=HELD, action=str(action)).text


def test_the_one_who_pressed_too_late_reads_who_has_it() -> None:
    assert OFFICER in drawn("taken", ticket=HELD, viewer=COLLEAGUE).text
    said = drawn("refused", ticket=HELD, viewer=COLLEAGUE, code="already_taken", holder=OFFICER).text
    assert OFFICER in said
    stranger = drawn("refused", ticket=HELD, viewer={"role": "sender"}, code="already_taken", holder=OFFICER)
    assert OFFICER not in stranger.text


def test_a_refusal_tells_its_own_code_from_the_tickets() -> None:
    assert CODE in drawn("refused", refused="asked_twice", code=CODE).text
    assert CODE in drawn("refused", code="asked_twice", ticket=HELD).text


def test_a_refusal_says_until_when_in_words() -> None:
    said = drawn("refused", code="still_waiting_for_sender", until=(DUE + timedelta(days=1)).isoformat()).text
    assert "19:00 ngày mai, 23/11/2026" in said


def test_the_queue_begins_with_the_nearest_due_time() -> None:
    said = drawn("my_queue", items=ITEMS, viewer=HOLDER).text
    assert said.index("DDLS-261122-0002") < said.index(CODE) < said.index("DDLS-261122-0003")


def test_a_burst_makes_one_list_from_which_each_ticket_can_be_taken() -> None:
    many = [TICKET | {"id": n, "code": f"DDLS-261122-{n:04}"} for n in range(1, 61)]
    (said,) = render(delivery("cards_list", "vi", "group", items=many, viewer=GROUP), TELEGRAM)
    assert "60 phiếu" in said.text
    assert said.text.count("DDLS-261122") == 1
    assert all(f"\n🟢 {n:04} · Ùn tắc, điều tiết… · 19:00" in said.text for n in range(1, 61))
    assert len(buttons(said)) == 20
    assert "20 phiếu đầu tiên" in said.text


@pytest.mark.parametrize("state", [TICKET, HELD, TICKET | {"category": None, "category_name": None}])
def test_a_whole_list_of_a_burst_is_one_message_whatever_became_of_its_tickets(state: dict[str, Any]) -> None:
    states = [
        state | {"id": n, "code": f"DDLS-261122-{n:05}", "due_at": DUE + timedelta(days=n % 3)}
        for n in range(1, CARDS_A_LIST + 1)
    ]
    assert len(render(delivery("cards_list", "vi", "group", items=states, viewer=GROUP), TELEGRAM)) == 1


def test_without_buttons_a_list_is_one_message_with_a_number_for_each_line() -> None:
    many = [
        TICKET | {"id": n, "code": f"DDLS-261122-{n:05}", "due_at": DUE + timedelta(days=n % 3)}
        for n in range(1, lines_a_message(ZALO) + 1)
    ]
    (said,) = render(delivery("cards_list", "vi", "private", items=many, viewer=HOLDER), ZALO)
    assert [choice.label[-5:] for choice in said.choices] == [f"{n:05}" for n in range(1, len(many) + 1)]
    assert len(many) >= 20


def test_a_list_says_who_took_what_and_offers_the_next_that_wait() -> None:
    taken = [HELD | {"id": n, "code": f"DDLS-261122-{n:04}"} for n in range(1, 21)]
    waits = [TICKET | {"id": n, "code": f"DDLS-261122-{n:04}"} for n in range(21, 24)]
    ended = HELD | {"id": 24, "code": "DDLS-261122-0024", "status": "closed", "holder_name": None}
    said = drawn("cards_list", items=[*taken, *waits, ended], viewer=GROUP)
    assert "3 phiếu mới" in said.text
    assert "✔ 0020 · Nguyễn Thị Cán Bộ" in said.text
    assert "✔ 0024 · đã đóng" in said.text
    assert [label[-4:] for label in labels(said)] == ["0021", "0022", "0023"]
    nothing = drawn("cards_list", items=[*taken, ended], viewer=GROUP)
    assert "đã có người nhận" in nothing.text
    assert labels(nothing) == []


def test_the_end_of_a_shift_asks_for_each_ticket() -> None:
    outgoing = drawn("shift_ending", items=[TICKET], shift_id=44)
    assert labels(outgoing) == ["Tôi giữ tiếp …261122-0001"]


def test_a_photo_goes_out_with_the_code_under_it_and_never_when_sealed() -> None:
    picture = Path("anh.jpg")
    (outgoing,) = render(replace(delivery("photo", ticket=TICKET), files=(picture,)), TELEGRAM)
    assert outgoing.photo == picture
    assert CODE in outgoing.text
    sealed = replace(delivery("photo", ticket=TICKET | {"sealed": True}), files=(picture,))
    assert render(sealed, TELEGRAM)[0].photo is None


def test_the_pictures_of_a_result_come_before_its_words_and_its_buttons() -> None:
    pictures = (Path("a.jpg"), Path("b.jpg"))
    result = delivery("resolved", ticket=HELD, message=MESSAGE)
    parts = render(replace(result, files=pictures), TELEGRAM)
    assert [part.photo for part in parts] == [*pictures, None]
    assert [bool(part.buttons) for part in parts] == [False, False, True]


def test_words_that_made_a_ticket_urgent_bring_the_emergency_numbers() -> None:
    said = drawn("added", ticket=TICKET, kind="text", urgent=True, resumed_due_at=NOW.isoformat()).text
    assert "113" in said.splitlines()[0]
    assert "Hẹn trả lời mới" in said


def test_when_only_some_answers_are_offered_the_others_are_one_press_away() -> None:
    options = [{"code": "UT", "name": "Ùn tắc"}]
    some = drawn("receipt", ticket=TICKET, ask="category", suggested=["UT"], options=options)
    assert labels(some) == ["Ùn tắc", "Loại khác…", "Bỏ qua"]
    everything = drawn("ask_detail", ticket=TICKET, ask="category", options=options)
    assert labels(everything) == ["Ùn tắc", "Bỏ qua"]


def test_a_skipped_detail_is_not_said_to_be_kept() -> None:
    said = drawn("detail_saved", ticket=TICKET, name="gate", skipped=True, ask="plate").text
    assert "Đã bỏ qua" in said
    assert "Biển số xe là gì?" in said


def test_a_bad_rating_that_comes_too_late_offers_no_reopening() -> None:
    outgoing = drawn("rated", ticket=HELD, score="bad", may_reopen=False)
    assert labels(outgoing) == ["Bỏ qua"]
    assert "quá hạn mở lại" in outgoing.text


def test_a_sender_who_cancels_is_answered_in_their_own_language() -> None:
    assert drawn("done", "en", action="cancel", viewer={"role": "sender"}).text == "Cancelled."
    assert drawn("done", "en", action="cancel", viewer=HOLDER).text == "Đã hủy."


def test_an_internal_note_and_an_edit_are_not_taken_for_new_words_of_the_sender() -> None:
    noted = drawn("sender_wrote", ticket=HELD, message=MESSAGE, internal=True, viewer=HOLDER).text
    assert noted.startswith(f"Ghi chú nội bộ, phiếu {CODE} – {OFFICER}")
    assert "sửa tin" in drawn("sender_wrote", ticket=HELD, message=MESSAGE, revised=True, viewer=HOLDER).text


def test_a_reader_who_may_not_claim_is_not_offered_to() -> None:
    outgoing = drawn("card", ticket=TICKET, viewer=COLLEAGUE | {"may_claim": False})
    assert "Nhận xử lý" not in labels(outgoing)


def test_the_queue_shows_what_waits_to_be_taken_below() -> None:
    outgoing = drawn("my_queue", items=[], pool=[{"ticket_id": 8, "code": CODE, "status": "new"}])
    assert "Chờ nhận: 1 phiếu" in outgoing.text
    assert labels(outgoing) == ["Nhận xử lý …261122-0001"]


def test_my_tickets_can_be_opened_by_a_press() -> None:
    outgoing = drawn("my_tickets", items=[{"ticket_id": 8, "code": CODE, "status": "new"}])
    assert labels(outgoing) == ["Xem …261122-0001"]


def test_without_buttons_the_choices_are_numbered_lines() -> None:
    outgoing = drawn("card", channel=ZALO, ticket=HELD, viewer=COLLEAGUE)
    assert not outgoing.buttons
    assert outgoing.text.endswith("Chọn bằng cách trả lời một số:\n1. Ghi chú nội bộ")


@pytest.mark.parametrize(("few", "numbered"), [(5, False), (1, False), (0, True)])
def test_a_few_choices_are_left_to_a_channel_that_can_show_them(few: int, numbered: bool) -> None:
    channel = replace(ZALO, few_choices=few)
    outgoing = drawn("card", channel=channel, ticket=HELD, viewer=COLLEAGUE)
    assert [choice.label for choice in outgoing.choices] == ["Ghi chú nội bộ"]
    assert ("1. Ghi chú nội bộ" in outgoing.text) is numbered


def test_more_than_a_few_choices_are_numbered_lines() -> None:
    outgoing = drawn("card", channel=ZALO_OA, ticket=HELD, viewer=HOLDER)
    assert len(outgoing.choices) > 5
    assert f"\n{len(outgoing.choices)}. " in outgoing.text


@pytest.mark.parametrize("channel", CHANNELS, ids=lambda channel: channel.name)
@pytest.mark.parametrize("kind", ["answer", "sender_wrote", "petition_card"])
def test_a_hundred_kilobytes_arrive_whole_with_the_code_on_every_part(
    kind: str, channel: ChannelFacts
) -> None:
    words = " ".join(f"từ{n}👨‍👩‍👧" for n in range(6000))
    parts = render(delivery(kind, ticket=HELD, message=MESSAGE | {"text": words}, viewer=HOLDER), channel)
    assert all(units(part.text, channel) <= channel.text_limit for part in parts)
    assert all(part.text.startswith(CODE) for part in parts)
    said = set(whole(parts).split())
    assert all(word in said for word in words.split()[1:-1])


@pytest.mark.parametrize(
    "words",
    ["<b>*_`[x](http://a.b)&amp;{code}", "‮ngược‬ ⁧مرحبا", "e" + "\u0301" * 50, "\ud83d nửa", "a\x00b\r\nc"],
)
def test_markup_direction_marks_and_broken_text_do_no_harm(words: str) -> None:
    for kind in ("card", "sender_wrote", "petition_card", "status"):
        facts = {
            "ticket": TICKET | {"first_text": words, "sender_name": words},
            "message": MESSAGE | {"text": words},
        }
        said = whole(render(delivery(kind, viewer=HOLDER, **facts), TELEGRAM))
        said.encode("utf-8")
        assert not set("\u202a\u202b\u202d\u202e\u2066\u2067\u2068\x00") & set(said)
        assert CODE in said


def test_a_name_of_many_lines_cannot_pass_for_facts_of_the_card() -> None:
    said = drawn("card", ticket=TICKET | {"sender_name": "An\nĐang xử lý: Giám đốc"}, viewer=COLLEAGUE).text
    assert "\nĐang xử lý: Giám đốc" not in said


def test_words_of_the_sender_stand_after_every_fact() -> None:
    said = drawn("card", ticket=TICKET, viewer=COLLEAGUE).text
    assert said.rstrip("”").endswith(SECRET)


scalars = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.text(max_size=30)
    | st.datetimes()
    | st.datetimes(timezones=st.just(TZ))
    | st.floats()
)
anything = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
)
known_names = sorted(
    {*EVERYTHING, *TICKET, *HELD, *HOLDER, *MESSAGE, "replies", "refused", "fields", "until", "code"}
)
facts_of_any_kind = st.dictionaries(st.sampled_from(known_names), anything, max_size=12)


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    kind=st.sampled_from(list(NoticeKind)),
    language=st.sampled_from([*LANGUAGES, "fr"]),
    facts=facts_of_any_kind,
    ticket=facts_of_any_kind,
    items=st.lists(facts_of_any_kind, max_size=2),
)
def test_no_facts_whatever_make_a_card_crash(
    kind: NoticeKind,
    language: str,
    facts: dict[str, Any],
    ticket: dict[str, Any],
    items: list[dict[str, Any]],
) -> None:
    given_facts = facts | {"ticket": ticket, "items": items, "options": items}
    for channel in CHANNELS:
        parts = render(delivery(kind, language, **given_facts), channel)
        assert parts
        assert all(units(part.text, channel) <= channel.text_limit for part in parts)


def test_every_score_is_thanked_and_told() -> None:
    for score in Score:
        assert CODE in drawn("rated", ticket=HELD, score=score).text
        assert CODE in drawn("sender_rated", ticket=HELD, score=score).text
