"""Stored frames as the values of every channel; what is malformed is said to be so."""

from datetime import UTC, datetime
from typing import Any

import pytest

from bot.inbound import File, Message, Press, Reachable
from bot.web import frames
from bot.web.updates import parse

AT = datetime(2026, 11, 22, 2, 0, tzinfo=UTC)
PHOTO = frames.StoredFile("ab" * 32, "photo", "a.jpg", "image/jpeg", 7)
NOTE = frames.StoredFile("cd" * 32, "document", "b.pdf", "application/pdf", 8)


def read(post: Any) -> Any:
    return parse("web", post.update_id, post.raw)


def test_a_message_is_read_back_as_it_was_written() -> None:
    post = frames.message("c1", frames.Written("u1", "Xe chờ", (PHOTO,), "77"), "en", AT)
    found = read(post)
    assert isinstance(found, Message)
    assert (found.text, found.kind, found.at, found.message_id, found.reply_to) == (
        "Xe chờ",
        "photo",
        AT,
        "u1",
        "77",
    )
    assert found.files == (File("photo", "ab" * 32, "a.jpg", "image/jpeg", 7),)
    origin = found.origin
    assert (origin.channel, origin.chat_id, origin.user_id, origin.language) == ("web", "c1", "c1", "en")


@pytest.mark.parametrize(
    ("files", "kind"),
    [((), "text"), ((PHOTO, PHOTO), "photo"), ((NOTE,), "document"), ((PHOTO, NOTE), "document")],
)
def test_the_kind_follows_the_files(files: tuple[frames.StoredFile, ...], kind: str) -> None:
    assert read(frames.message("c1", frames.Written("u1", "", files), "vi", AT)).kind == kind


def test_a_press_a_command_and_a_sign_out_are_read_back() -> None:
    press = read(frames.press("c1", "u1", "x:1", "77", "zh", AT))
    assert press == Press(press.origin, AT, "x:1", "77")
    assert press.origin.language == "zh"
    assert read(frames.command("c1", "start", "/start gate_HN", "vi", AT)).text == "/start gate_HN"
    left = read(frames.reachable("c1", False, AT))
    assert left == Reachable(left.origin, False)


def test_the_chat_is_the_one_that_the_frame_was_stored_for() -> None:
    post = frames.press("c1", "u1", "x:1", None, "vi", AT)
    assert parse("web", "c1:u1", {**post.raw, "chat_id": "c2"}).origin.chat_id == "c1"


def test_a_kind_that_is_not_ours_says_nothing() -> None:
    assert parse("web", "c1:u1", {"kind": "typing", "at": AT.isoformat()}) is None


GOOD = dict(frames.message("c1", frames.Written("u1", "Xe chờ", (PHOTO,)), "vi", AT).raw)


@pytest.mark.parametrize("update_id", ["", "c1", ":u1"])
def test_an_update_id_without_a_chat_is_malformed(update_id: str) -> None:
    with pytest.raises(ValueError, match="names its chat"):
        parse("web", update_id, GOOD)


@pytest.mark.parametrize(
    "raw",
    [
        {},
        [],
        {"kind": "message"},
        {**GOOD, "at": None},
        {**GOOD, "at": "yesterday"},
        {**GOOD, "files": None},
        {**GOOD, "files": ["x"]},
        {**GOOD, "files": [{"kind": "photo"}]},
        {key: value for key, value in GOOD.items() if key != "text"},
        {"kind": "press", "at": AT.isoformat()},
        {"kind": "reachable", "at": AT.isoformat()},
    ],
)
def test_a_malformed_frame_is_said_to_be_so(raw: Any) -> None:
    with pytest.raises(ValueError):
        parse("web", "c1:u1", raw)


def test_what_is_said_of_a_malformed_frame_does_not_quote_it() -> None:
    with pytest.raises(ValueError) as told:
        parse("web", "c1:u1", {**GOOD, "text": "29A-12345", "files": ["29A-12345"]})
    assert "29A" not in str(told.value)
