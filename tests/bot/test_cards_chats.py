"""/kenh in words: choices with one number each, staff addressed as such, and why a notice came to another chat."""

from datetime import datetime
from typing import Any

import pytest

from bot.cards import render
from core.calendar import TZ
from core.notices import NoticeKind
from services.sender import ChannelFacts, Delivery

NOW = datetime(2026, 11, 22, 16, 45, tzinfo=TZ)
TELEGRAM = ChannelFacts("telegram")
ZALO = ChannelFacts("zalo", text_limit=2000, measure="chars", buttons=False, edits=False)
ZALO_OA = ChannelFacts("zalo_oa", text_limit=2000, measure="chars", buttons=False, edits=False, few_choices=5)
DUTY, SENDER = {"role": "duty"}, {"role": "sender"}


def chat(number: int, channel: str, **more: bool) -> dict[str, Any]:
    return {"id": number, "channel": channel, "since": NOW.isoformat(), "reachable": True, **more}


def shown(on: ChannelFacts, kind: NoticeKind, viewer: dict[str, Any], **facts: Any) -> str:
    told = {"viewer": viewer, **facts}
    return render(Delivery(1, on.name, "bot", "c1", "private", "vi", kind, told, NOW), on)[-1].text


THREE = [chat(1, "zalo_oa", here=True), chat(2, "telegram"), chat(3, "zalo_oa")]


@pytest.mark.parametrize("channel", [ZALO, ZALO_OA])
def test_where_choices_are_numbered_the_chats_are_not(channel: ChannelFacts) -> None:
    text = shown(channel, NoticeKind.MY_CHATS, DUTY, items=THREE)
    assert "• Zalo OA – từ 22/11/2026 · đang dùng tin nhắn này" in text
    assert "• Zalo OA (2) – từ" in text
    assert "2. Ưu tiên Zalo OA\n3. Ưu tiên Telegram\n4. Ưu tiên Zalo OA (2)\n5. Tách Zalo OA\n" in text


def test_where_there_are_buttons_a_chat_keeps_the_number_of_its_line() -> None:
    text = shown(TELEGRAM, NoticeKind.MY_CHATS, DUTY, items=THREE)
    assert "3. Zalo OA – từ 22/11/2026" in text


@pytest.mark.parametrize(
    ("kind", "facts"),
    [
        (NoticeKind.MY_CHATS, {"items": THREE}),
        (NoticeKind.CHAT_CODE, {"link_code": "BCDF", "expires_at": NOW.isoformat(), "bots": {"zalo": "B"}}),
        (NoticeKind.CHAT_LINKED, {"here": True, "channel": "zalo"}),
        (NoticeKind.CHAT_LINKED, {"channel": "zalo"}),
        (NoticeKind.CHAT_DROP, {"id": 3, "channel": "zalo"}),
        (NoticeKind.CHAT_DROPPED, {"channel": "zalo"}),
        (NoticeKind.HELP, {"moved_from": "zalo"}),
    ],
)
def test_staff_are_not_told_of_their_chats_as_senders_are(kind: NoticeKind, facts: dict[str, Any]) -> None:
    to_staff, to_sender = (shown(TELEGRAM, kind, who, **facts) for who in (DUTY, SENDER))
    assert "đồng chí" in to_staff
    assert "đồng chí" not in to_sender
    assert "Phiếu của Anh/Chị" not in to_staff
    assert to_staff != to_sender


def test_an_officer_who_gave_up_the_chat_in_use_still_reads_words_for_staff() -> None:
    text = shown(TELEGRAM, NoticeKind.CHAT_DROPPED, SENDER, channel="telegram", staff=True)
    assert text.startswith("Đã tách kênh Telegram. Tin cho đồng chí")
