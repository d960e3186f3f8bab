"""Zalo's updates in our own words: every kind, wrapped and bare, and nothing that breaks us."""

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.inbound import Message
from bot.zalo.updates import parse, raw_update

# As the platform's documentation shows it.
TEXT = {
    "event_name": "message.text.received",
    "message": {
        "message_id": "2d758cb5e222177a4e35",
        "date": 1750316131602,
        "from": {"id": "6ede9afa66b88fe6d6a9", "display_name": "Ted", "is_bot": False},
        "chat": {"id": "6ede9afa66b88fe6d6a9", "chat_type": "PRIVATE"},
        "text": "Xin chào",
    },
}


def event(kind: str, **content: Any) -> dict[str, Any]:
    plain = {name: value for name, value in TEXT["message"].items() if name != "text"}  # type: ignore[attr-defined]
    return {"event_name": f"message.{kind}.received", "message": {**plain, **content}}


def read(raw: dict[str, Any]) -> Message:
    stored = raw_update("bot", raw)
    assert stored is not None
    found = parse("bot", stored.update_id, stored.raw)
    assert isinstance(found, Message)
    return found


@pytest.mark.parametrize("body", [TEXT, {"ok": True, "result": TEXT}], ids=["bare", "wrapped"])
def test_a_text_wrapped_or_bare(body: dict[str, Any]) -> None:
    stored = raw_update("bot", body)
    assert stored is not None
    assert (stored.update_id, stored.chat_id) == ("2d758cb5e222177a4e35", "6ede9afa66b88fe6d6a9")
    found = read(body)
    assert (found.text, found.kind, found.origin.name) == ("Xin chào", "text", "Ted")
    assert found.at == datetime(2025, 6, 19, 6, 55, 31, 602000, tzinfo=UTC)
    assert found.may_press
    assert found.origin.chat_kind == "private"


@pytest.mark.parametrize("field", ["photo_url", "photo"])
def test_a_picture_is_found_in_either_field_with_its_caption(field: str) -> None:
    found = read(event("image", **{field: "https://photo.zalo.example/x.jpg", "caption": "Bãi xe"}))
    assert (found.kind, found.text) == ("photo", "Bãi xe")
    assert [file.provider_id for file in found.files] == ["https://photo.zalo.example/x.jpg"]
    assert not found.may_press


@pytest.mark.parametrize(
    ("kind", "content", "ours", "files"),
    [
        ("sticker", {"sticker": "a1", "url": "https://zalo.example/s.png"}, "sticker", 0),
        ("voice", {"voice_url": "https://zalo.example/v.aac"}, "voice", 1),
        ("unsupported", {}, "other:unsupported", 0),
        ("image", {"photo_url": {"not": "text"}}, "photo", 0),
    ],
)
def test_other_kinds_are_messages_too(kind: str, content: dict[str, Any], ours: str, files: int) -> None:
    found = read(event(kind, **content))
    assert (found.kind, len(found.files)) == (ours, files)


@pytest.mark.parametrize(
    "raw",
    [
        event("poll"),
        {**TEXT, "event_name": "bot.renamed"},
        {**TEXT, "event_name": "message"},
        event("text", **{"from": {"id": "b", "is_bot": True}}),
    ],
)
def test_unknown_events_and_other_bots_say_nothing(raw: dict[str, Any]) -> None:
    assert parse("bot", "u", raw) is None


@pytest.mark.parametrize(
    "raw", [None, 5, [], {}, {"ok": True}, {"event_name": 3}, event("text", message_id="")]
)
def test_what_is_no_update_is_refused(raw: Any) -> None:
    with pytest.raises(ValueError, match=r"no update|without an id"):
        raw_update("bot", raw)


def test_an_event_without_a_message_is_nothing_to_keep() -> None:
    assert raw_update("bot", {"event_name": "bot.renamed"}) is None


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=8,
)


@given(
    kind=st.sampled_from(["text", "image", "sticker", "voice", "unsupported", "poll"]),
    content=st.dictionaries(
        st.sampled_from(["text", "photo", "photo_url", "caption", "date", "from", "chat", "url"]), values
    ),
)
def test_whatever_stands_in_a_message_is_read_or_refused(kind: str, content: dict[str, Any]) -> None:
    try:
        parse("bot", "u", event(kind, **content))
    except ValueError:
        return
