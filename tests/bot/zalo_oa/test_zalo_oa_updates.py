"""An Official Account's events in our own words: every kind, presses that come as words, and nothing that breaks us."""

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.inbound import File, Message, Press, Reachable
from bot.payloads import Action, write
from bot.zalo_oa.updates import as_words, parse, raw_update

OA = "579745863508352884"
DRIVER = "2512523625412515"
# As the platform's documentation shows it.
TEXT = {
    "app_id": "360846524940903967",
    "sender": {"id": DRIVER},
    "user_id_by_app": "552177279717587730",
    "recipient": {"id": OA},
    "event_name": "user_send_text",
    "message": {"text": "Xe chờ 4 tiếng", "msg_id": "96d3cdf3af150460909"},
    "timestamp": "1750316131602",
}
FOLLOW = {
    "oa_id": OA,
    "follower": {"id": DRIVER},
    "user_id_by_app": "552177279717587730",
    "event_name": "follow",
    "source": "oa_profile",
    "app_id": "360846524940903967",
    "timestamp": "1750316131602",
}
labels = st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=60)
arguments = st.text(st.characters(min_codepoint=33, max_codepoint=126), max_size=40)


def event(kind: str, **message: Any) -> dict[str, Any]:
    return {**TEXT, "event_name": f"user_send_{kind}", "message": {"msg_id": "m1", **message}}


def attached(kind: str, payload: Any, **message: Any) -> dict[str, Any]:
    return event(kind, attachments=[{"type": kind, "payload": payload}], **message)


def read(raw: dict[str, Any]) -> object:
    stored = raw_update(raw)
    assert stored is not None
    return parse(stored.bot, stored.update_id, stored.raw)


def message_of(raw: dict[str, Any]) -> Message:
    found = read(raw)
    assert isinstance(found, Message)
    return found


def test_a_text_of_a_person() -> None:
    stored = raw_update(TEXT)
    assert stored is not None
    assert (stored.channel, stored.bot, stored.update_id) == ("zalo_oa", OA, "96d3cdf3af150460909")
    assert stored.chat_id == DRIVER
    found = message_of(TEXT)
    assert (found.text, found.kind, found.origin.chat_kind) == ("Xe chờ 4 tiếng", "text", "private")
    assert found.at == datetime(2025, 6, 19, 6, 55, 31, 602000, tzinfo=UTC)
    assert found.may_press


@pytest.mark.parametrize("stamp", ["1750316131602", 1750316131602])
def test_a_stamp_may_be_a_text_or_a_number(stamp: object) -> None:
    assert message_of({**TEXT, "timestamp": stamp}).at == datetime(2025, 6, 19, 6, 55, 31, 602000, tzinfo=UTC)


@pytest.mark.parametrize("stamp", ["", "soon", "-5", "0", "9" * 30, None, True, "²"])
def test_a_stamp_that_no_clock_can_show_is_none(stamp: object) -> None:
    assert message_of({**TEXT, "timestamp": stamp}).at is None


def test_a_picture_with_its_caption() -> None:
    found = message_of(
        attached("image", {"url": "https://zalo.example/x.jpg", "thumbnail": "t"}, text="Bãi xe")
    )
    assert (found.kind, found.text) == ("photo", "Bãi xe")
    assert found.files == (File("photo", "https://zalo.example/x.jpg"),)
    assert not found.may_press


def test_two_pictures_in_one_event_are_both_kept() -> None:
    shown = [{"type": "image", "payload": {"url": f"https://zalo.example/{n}.jpg"}} for n in (1, 2)]
    assert len(message_of(event("image", attachments=shown)).files) == 2


def test_a_file_with_its_name_and_size() -> None:
    found = message_of(
        attached("file", {"url": "https://zalo.example/a", "name": "to-khai.pdf", "size": "1024"})
    )
    assert found.files == (File("document", "https://zalo.example/a", "to-khai.pdf", size=1024),)


def test_a_place_becomes_words() -> None:
    payload = {"coordinates": {"latitude": "21.975", "longitude": 106.704}}
    found = message_of(attached("location", payload, text="Bãi Xuân Cương"))
    assert (found.kind, found.text, found.files) == ("location", "Bãi Xuân Cương\n21.97500, 106.70400", ())


@pytest.mark.parametrize(
    "coordinates", [{}, {"latitude": "x", "longitude": "1"}, {"latitude": "nan", "longitude": "1"}, 5]
)
def test_a_place_that_is_none_is_still_a_message(coordinates: object) -> None:
    assert message_of(attached("location", {"coordinates": coordinates})).text == ""


@pytest.mark.parametrize(
    ("kind", "ours", "files"),
    [("sticker", "sticker", 0), ("audio", "voice", 1), ("video", "video", 1), ("gif", "animation", 1)],
)
def test_other_kinds_are_messages_too(kind: str, ours: str, files: int) -> None:
    found = message_of(attached(kind, {"url": "https://zalo.example/x"}))
    assert (found.kind, len(found.files)) == (ours, files)


def test_a_kind_that_nobody_knows_is_still_somebodys_message() -> None:
    assert message_of(event("business_card", text="Nam")).kind == "other:business_card"


def test_an_answer_to_a_message_names_it() -> None:
    assert message_of(event("text", text="vâng", quote_msg_id="o7")).reply_to == "o7"


def test_following_greets_and_leaving_makes_unreachable() -> None:
    came, left = read(FOLLOW), read({**FOLLOW, "event_name": "unfollow"})
    assert isinstance(came, Reachable)
    assert isinstance(left, Reachable)
    assert (came.reachable, came.greets, came.at) == (
        True,
        True,
        datetime(2025, 6, 19, 6, 55, 31, 602000, UTC),
    )
    assert (left.reachable, left.greets) == (False, False)
    assert (came.origin.chat_id, came.origin.bot) == (DRIVER, OA)


def test_each_following_is_an_event_of_its_own_and_the_same_one_told_twice_is_not() -> None:
    ids = [
        stored.update_id
        for raw in (
            FOLLOW,
            FOLLOW,
            {**FOLLOW, "timestamp": "1750316139999"},
            {**FOLLOW, "event_name": "unfollow"},
        )
        if (stored := raw_update(raw)) is not None
    ]
    assert ids[0] == ids[1]
    assert len(set(ids)) == 3


@pytest.mark.parametrize(
    "name",
    [
        "oa_send_text",
        "oa_send_template",
        "user_send_group_text",
        "user_seen_message",
        "anonymous_send_text",
        "x",
    ],
)
def test_what_no_person_said_to_us_is_nothing(name: str) -> None:
    assert raw_update({**TEXT, "event_name": name}) is None
    assert parse(OA, "1", {**TEXT, "event_name": name}) is None


@pytest.mark.parametrize(
    "raw",
    [
        None,
        [],
        {},
        {**TEXT, "event_name": 5},
        {**TEXT, "sender": {}},
        {**TEXT, "recipient": None},
        {**TEXT, "message": {"text": "x"}},
        {**FOLLOW, "follower": "x"},
    ],
)
def test_what_is_no_event_is_refused(raw: Any) -> None:
    with pytest.raises(ValueError):
        raw_update(raw)


@given(labels, st.sampled_from(Action), st.integers(0, 2**63 - 1), arguments)
def test_what_a_button_says_is_read_back_as_its_press(
    label: str, action: Action, number: int, argument: str
) -> None:
    payload = write(action, number, argument)
    found = read(event("text", text=as_words(label, payload)))
    assert isinstance(found, Press)
    assert (found.payload, found.said) == (payload, True)


@pytest.mark.parametrize(
    "words",
    [
        "#xe bị giữ",
        "Phí bãi #c",
        "Nhận xử lý #c:1z rồi",
        "Nhận xử lý#c:1z",
        "Hai dòng\nNhận xử lý #c:1z",
        "#zz:1",
        "#c:zzzzzzzzzzzzzz",
        "giá 5 # 7",
    ],
)
def test_words_that_only_look_like_a_press_are_words(words: str) -> None:
    assert message_of(event("text", text=words)).text == words


plain = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)
names = st.sampled_from(
    ["user_send_text", "user_send_image", "user_send_location", "user_send_file", "follow", "unfollow"]
)


@given(names, st.dictionaries(st.sampled_from([*TEXT, "follower", "oa_id"]), plain), plain, st.booleans())
def test_whatever_is_in_an_event_it_is_read_or_refused(
    name: str, spoilt: dict[str, Any], inside: Any, attaches: bool
) -> None:
    message = {"msg_id": "m", "text": inside, "attachments": [{"payload": inside}] if attaches else inside}
    raw = {**TEXT, "message": message, **spoilt, "event_name": name}
    try:
        stored = raw_update(raw)
        if stored is not None:
            parse(stored.bot, stored.update_id, stored.raw)
    except ValueError:
        return
