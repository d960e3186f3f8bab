"""Reading Telegram's updates: whatever a person sent is a message; whatever a chat reports about itself is none."""

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.inbound import File, Incoming, Message, Migrated, Press, Reachable
from bot.telegram.updates import ABOUT, SERVICE, chat_of, parse
from tests.doubles.botapi import BotApiDouble
from tests.doubles.botapi_rules import TYPES, smallest

PERSON = {"id": 1001, "is_bot": False, "first_name": "An", "last_name": "Nguyễn", "language_code": "vi"}
PRIVATE = {"id": 1001, "type": "private", "first_name": "An"}
GROUP = {"id": -1001, "type": "supergroup", "title": "Ca trực HN"}
MIGRATION = {"migrate_to_chat_id", "migrate_from_chat_id"}
CONTENT = [f for f in TYPES["Message"]["fields"] if f["name"] not in ABOUT | SERVICE | MIGRATION]


def message(chat: dict[str, Any] = PRIVATE, **fields: Any) -> dict[str, Any]:
    return {"message_id": 7, "date": 1_795_300_000, "chat": chat, "from": PERSON, **fields}


def read(kind: str = "message", /, **content: Any) -> Incoming | None:
    return parse("123", "55", {"update_id": 55, kind: content})


def read_message(**fields: Any) -> Message:
    incoming = read("message", **message(**fields))
    assert isinstance(incoming, Message)
    return incoming


def test_a_text_says_who_where_and_when() -> None:
    said = read_message(text="Xe kẹt ở Tân Thanh")
    origin = said.origin
    assert (said.text, said.kind, said.message_id, said.edited) == ("Xe kẹt ở Tân Thanh", "text", "7", False)
    assert said.at == datetime.fromtimestamp(1_795_300_000, UTC)
    assert (origin.channel, origin.bot, origin.update_id) == ("telegram", "123", "55")
    assert (origin.chat_id, origin.user_id, origin.chat_kind) == ("1001", "1001", "private")
    assert (origin.name, origin.language, origin.topic) == ("An Nguyễn", "vi", None)


def test_a_photo_is_its_largest_size_with_its_caption() -> None:
    sizes = [
        {"file_id": name, "file_unique_id": name, "width": width, "height": width}
        for name, width in (("s", 90), ("l", 1280), ("m", 320))
    ]
    said = read_message(photo=sizes, caption="Ổ gà ở mốc 1119")
    assert (said.kind, said.text, said.files) == ("photo", "Ổ gà ở mốc 1119", (File("photo", "l"),))


def test_the_photos_of_an_album_share_its_id() -> None:
    photo = [smallest("PhotoSize")]
    assert read_message(photo=photo, media_group_id="a1").album == "a1"


def test_a_document_keeps_name_kind_and_size() -> None:
    document = {
        "file_id": "d", "file_unique_id": "u", "file_name": "to-khai.pdf", "mime_type": "application/pdf", "file_size": 9,
    }  # fmt: skip
    assert read_message(document=document).files == (
        File("document", "d", "to-khai.pdf", "application/pdf", 9),
    )


def test_an_animation_is_not_taken_for_the_document_it_also_is() -> None:
    said = read_message(document=smallest("Document"), animation=smallest("Animation"))
    assert (said.kind, [file.kind for file in said.files]) == ("animation", ["animation"])


def test_a_venue_is_not_taken_for_the_location_it_also_is() -> None:
    place = {"latitude": 21.975, "longitude": 106.704}
    venue = {"location": place, "title": "Bãi Xuân Cương", "address": "Đồng Đăng"}
    said = read_message(venue=venue, location=place)
    assert (said.kind, said.text) == ("venue", "Bãi Xuân Cương\nĐồng Đăng\n21.97500, 106.70400")


def test_a_location_a_contact_and_a_sticker_can_be_read() -> None:
    assert read_message(location={"latitude": 21.975, "longitude": 106.704}).text == "21.97500, 106.70400"
    assert read_message(contact={"phone_number": "+84912345678", "first_name": "An"}).text == "+84912345678"
    assert read_message(sticker=smallest("Sticker") | {"emoji": "👍"}).text == "👍"


def test_an_edit_is_marked_and_dated_by_the_edit() -> None:
    edited = read("edited_message", **message(text="Sửa", edit_date=1_795_300_060))
    assert isinstance(edited, Message)
    assert edited.edited
    assert edited.at == datetime.fromtimestamp(1_795_300_060, UTC)


def test_a_reply_names_the_message_it_answers() -> None:
    assert read_message(text="Đã xử lý", reply_to_message=message(text="Phiếu")).reply_to == "7"


def test_a_plain_message_in_a_topic_is_no_reply() -> None:
    opened = message(GROUP, forum_topic_created={"name": "Tân Thanh", "icon_color": 1})
    said = read_message(
        chat=GROUP, text="a", message_thread_id=7, is_topic_message=True, reply_to_message=opened
    )
    assert (said.reply_to, said.origin.topic) == (None, "7")


def test_a_reply_thread_outside_a_forum_is_no_topic() -> None:
    assert read_message(chat=GROUP, text="a", message_thread_id=7).origin.topic is None


def test_a_group_message_knows_its_group_and_its_person() -> None:
    origin = read_message(chat=GROUP, text="a").origin
    assert (origin.chat_kind, origin.chat_id, origin.user_id) == ("group", "-1001", "1001")
    assert origin.chat_title == "Ca trực HN"


def test_a_press_carries_its_payload_and_its_card() -> None:
    pressed = read(
        "callback_query",
        **{"id": "q1", "from": PERSON, "chat_instance": "c", "data": "claim:7", "message": message(GROUP)},
    )
    assert isinstance(pressed, Press)
    assert (pressed.payload, pressed.message_id, pressed.callback_id) == ("claim:7", "7", "q1")
    assert (pressed.origin.chat_id, pressed.origin.user_id) == ("-1001", "1001")


def test_a_press_on_a_card_too_old_to_be_seen_still_counts() -> None:
    card = {"chat": PRIVATE, "message_id": 3, "date": 0}
    pressed = read(
        "callback_query", **{"id": "q", "from": PERSON, "chat_instance": "c", "data": "x", "message": card}
    )
    assert isinstance(pressed, Press)
    assert pressed.message_id == "3"


def test_a_press_without_a_message_belongs_to_the_person() -> None:
    pressed = read("callback_query", **{"id": "q", "from": PERSON, "chat_instance": "c", "data": "x"})
    assert isinstance(pressed, Press)
    assert (pressed.origin.chat_id, pressed.message_id) == ("1001", None)


@pytest.mark.parametrize(
    ("status", "more", "reachable"),
    [
        ("kicked", {"until_date": 0}, False),
        ("left", {}, False),
        ("member", {}, True),
        ("administrator", {}, True),
        ("restricted", {"is_member": False}, False),
        ("restricted", {"is_member": True}, True),
    ],
)
@pytest.mark.parametrize("chat", [PRIVATE, GROUP])
def test_membership_says_whether_we_can_write(
    chat: dict[str, Any], status: str, more: dict[str, Any], reachable: bool
) -> None:
    member = {"user": PERSON, "status": status, **more}
    change = {"chat": chat, "from": PERSON, "date": 1, "old_chat_member": member, "new_chat_member": member}
    told = read("my_chat_member", **change)
    assert isinstance(told, Reachable)
    assert (told.reachable, told.origin.chat_id) == (reachable, str(chat["id"]))


def test_both_news_of_a_migration_say_the_same() -> None:
    old = {"id": -5, "type": "group", "title": "Ca trực"}
    told = [
        read("message", **message(old, migrate_to_chat_id=-1005)),
        read("message", **message({**GROUP, "id": -1005}, migrate_from_chat_id=-5)),
    ]
    assert all(isinstance(news, Migrated) for news in told)
    assert [(m.origin.chat_id, m.new_chat_id) for m in told if isinstance(m, Migrated)] == [
        ("-5", "-1005")
    ] * 2


def test_bots_channels_and_unasked_kinds_say_nothing() -> None:
    bot = PERSON | {"is_bot": True}
    channel = {"id": -1009, "type": "channel", "title": "Tin"}
    assert read("message", **message(text="a") | {"from": bot}) is None
    assert read("message", **message(GROUP, text="a", sender_chat=channel)) is None
    assert read("message", **message(channel, text="a")) is None
    assert read("channel_post", **message(channel, text="a")) is None
    assert parse("123", "1", {"update_id": 1, "poll": {}}) is None


@pytest.mark.parametrize("field", sorted(SERVICE))
def test_what_a_chat_reports_about_itself_is_no_message(field: str) -> None:
    declared = next(f for f in TYPES["Message"]["fields"] if f["name"] == field)
    assert read("message", **message(GROUP, **{field: smallest(declared["types"][0])})) is None


@pytest.mark.parametrize("field", [f["name"] for f in CONTENT])
def test_the_smallest_content_of_every_kind_is_a_message(field: str) -> None:
    declared = next(f for f in CONTENT if f["name"] == field)
    said = read_message(**{field: smallest(declared["types"][0])})
    assert said.kind.removeprefix("other:") == field


def test_content_nobody_knows_yet_is_still_a_message() -> None:
    assert read_message(hologram={"id": 1}).kind == "other:hologram"
    assert read_message().kind == "other:unknown"


def test_half_surrogates_markup_and_the_far_future_are_only_data() -> None:
    said = read_message(text="\ud83d <b>&amp; \u202e", date=10**17)
    assert (said.text, said.at) == ("\ud83d <b>&amp; \u202e", None)


@pytest.mark.parametrize(
    "raw",
    [
        {"message": "no object"},
        {"message": {}},
        {"message": {"chat": {"type": "private"}, "from": PERSON}},
        {"message": {"chat": PRIVATE, "from": PERSON, "text": "no id"}},
        {"callback_query": {"from": None}},
        {"my_chat_member": {"chat": PRIVATE}},
    ],
)
def test_what_is_no_update_is_refused_by_name(raw: dict[str, Any]) -> None:
    with pytest.raises(ValueError):
        parse("123", "1", raw)


def test_the_chat_of_an_update_is_known_before_it_is_read() -> None:
    assert chat_of({"update_id": 1, "message": message(GROUP)}) == "-1001"
    assert chat_of({"update_id": 1, "callback_query": {"from": PERSON, "message": message(GROUP)}}) == "-1001"
    assert chat_of({"update_id": 1, "callback_query": {"from": PERSON}}) == "1001"
    assert chat_of({"update_id": 1, "my_chat_member": {"chat": GROUP, "from": PERSON}}) == "-1001"
    assert chat_of({"update_id": 1, "poll": {"id": "x"}}) == ""
    assert chat_of({"message": 5}) == chat_of({"message": {"chat": {"id": "x"}}}) == ""


async def test_what_people_do_in_the_double_can_all_be_read(double: BotApiDouble) -> None:
    driver, group = double.user("An"), double.group("Ca trực HN")
    topic = group.topic("Tân Thanh")
    written = await driver.says("Xe kẹt", chat=group, topic=topic)
    await driver.says("/start gate_HN")
    await driver.sends_photo(b"jpeg", "Ảnh", chat=group)
    await driver.sends_album([b"1", b"2"], "Bộ ảnh")
    await driver.sends_voice()
    await driver.sends_document(size=25 * 1024**2)
    await driver.sends_location()
    await driver.sends_sticker()
    await driver.shares_contact()
    await driver.edits(written, "Xe vẫn kẹt", chat=group)
    await driver.presses_data("claim:1", 99)
    await driver.blocks()
    read_all = [parse("1", str(number), raw) for number, raw in double.world.updates.items()]
    kinds = [
        incoming.kind if isinstance(incoming, Message) else type(incoming).__name__ for incoming in read_all
    ]
    assert kinds == [
        *(
            "text",
            "text",
            "photo",
            "photo",
            "photo",
            "voice",
            "document",
            "location",
            "sticker",
            "contact",
            "text",
        ),
        *("Press", "Reachable"),
    ]


def of_type(name: str, depth: int = 0) -> st.SearchStrategy[Any]:
    """Any value that the description allows for a type: required fields always, optional ones now and then."""
    if name.startswith("Array of "):
        return st.lists(of_type(name[9:], depth + 1), max_size=2)
    plain: dict[str, st.SearchStrategy[Any]] = {
        "String": st.text(st.characters(exclude_categories=()), max_size=8),
        "Integer": st.integers(-(2**53), 2**53),
        "Float": st.floats(allow_nan=False, allow_infinity=False),
        "Boolean": st.booleans(),
    }
    if name in plain:
        return plain[name]
    if subtypes := TYPES[name].get("subtypes"):
        return st.sampled_from(subtypes).flatmap(lambda one: of_type(one, depth))
    fields = TYPES[name].get("fields", [])
    required = {f["name"]: of_type(f["types"][0], depth + 1) for f in fields if f["required"]}
    spare = [] if depth > 1 else [f for f in fields if not f["required"]]
    optional = {f["name"]: later(f["types"][0], depth + 1) for f in spare}
    return st.fixed_dictionaries(required, optional=optional)


def later(name: str, depth: int) -> st.SearchStrategy[Any]:
    """Types contain each other: built when first drawn."""
    return st.deferred(lambda: of_type(name, depth))


CONTENTS = st.sampled_from(CONTENT).flatmap(
    lambda field: of_type(field["types"][0]).map(lambda value: {field["name"]: value})
)
ABOUT_A_MESSAGE = st.fixed_dictionaries(
    {},
    optional={
        f["name"]: later(f["types"][0], 1)
        for f in TYPES["Message"]["fields"]
        if f["name"] in ABOUT - {"message_id", "from", "chat", "sender_chat"}
    },
)


@given(content=CONTENTS, about=ABOUT_A_MESSAGE, edited=st.booleans())
@settings(max_examples=200, deadline=None)
def test_a_message_of_any_content_is_read(
    content: dict[str, Any], about: dict[str, Any], edited: bool
) -> None:
    raw = {"update_id": 1, "edited_message" if edited else "message": message() | about | content}
    said = parse("123", "1", raw)
    assert isinstance(said, Message)
    assert said.message_id == "7"
    assert said.kind != "other:unknown"
    assert said.text.encode("utf-8", "surrogatepass") is not None
    assert chat_of(raw) == "1001"
