"""What the Bot API's methods do to the double's world. Values come checked and coerced; a refusal is raised."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from tests.doubles.botapi_rules import METHODS, smallest
from tests.doubles.botapi_world import BOT, Chat, Json, World, bad

MEDIA = ("photo", "document", "video", "audio", "voice", "animation", "sticker", "video_note")
NOT_MODIFIED = (
    "message is not modified: specified new message content and reply markup are exactly the same as a current content "
    "and reply markup of the message"
)


@dataclass(frozen=True)
class Upload:
    """One file part of a call."""

    name: str
    content: bytes = field(repr=False)
    mime: str


@dataclass(frozen=True)
class Call:
    """One call, ready to be done."""

    world: World
    method: str
    values: Mapping[str, Any]
    uploads: Mapping[str, Upload]


def perform(call: Call) -> Any:
    """The `result` of one call. Methods nobody plays in earnest answer the smallest value their description allows."""
    if done := _METHODS.get(call.method):
        return done(call)
    returns = METHODS[call.method]["returns"][0]
    if call.method.startswith(("send", "forward", "copy")) and returns == "Message":
        return _send_media(call)
    return smallest(returns)


def recipient(call: Call) -> Chat | None:
    """The chat that a call writes to, moved or not; None when it names none."""
    return call.world.chats.get(call.values.get("chat_id", 0))


def _get_me(call: Call) -> Json:
    flags = {"can_join_groups": True, "can_read_all_group_messages": True, "supports_inline_queries": False}
    more = (
        "can_connect_to_business",
        "has_main_web_app",
        "has_topics_enabled",
        "allows_users_to_create_topics",
    )
    return BOT | flags | dict.fromkeys(more, False)


def _send_message(call: Call) -> Json:
    return _post(call, {"text": call.values["text"].strip()})


def _send_media(call: Call) -> Json:
    """sendPhoto, sendDocument and, more roughly, every other send method."""
    kind = next((name for name in MEDIA if name in call.values or name in call.uploads), None)
    content: Json = (
        {kind: _stored(call, kind, call.values.get(kind))} if kind else {"text": f"({call.method})"}
    )
    if call.values.get("caption"):
        content["caption"] = call.values["caption"]
    return _post(call, content)


def _send_media_group(call: Call) -> list[Json]:
    album = f"botalbum{call.world.changes}"
    return [
        _post(
            call,
            {item["type"]: _stored(call, item["type"], item["media"]), "media_group_id": album}
            | _caption(item),
        )
        for item in call.values["media"]
    ]


def _caption(item: Mapping[str, Any]) -> Json:
    return {"caption": item["caption"]} if item.get("caption") else {}


def _stored(call: Call, kind: str, given: str | None) -> Any:
    """The media object of a sent file: uploaded in the call's body, or known to the server by its id."""
    part = (given or "").removeprefix("attach://") or kind
    if upload := call.uploads.get(part):
        if not upload.content:
            raise bad("file must be non-empty")
        stored = call.world.store_file(upload.content, upload.name, upload.mime)
    elif given in call.world.files:
        stored = call.world.files[given]
    else:
        raise bad("wrong file identifier/HTTP URL specified")
    if kind == "photo":
        return [{**stored.json, "width": 1280, "height": 960}]
    return {**stored.json, "file_name": stored.name, "mime_type": stored.mime}


def _post(call: Call, content: Json) -> Json:
    """Put the bot's message into its chat: topic, reply and keyboard included."""
    values, chat = call.values, call.world.chat(call.values["chat_id"])
    if topic := values.get("message_thread_id"):
        if topic not in chat.topics:
            raise bad("message thread not found")
        content |= {"message_thread_id": topic, "is_topic_message": True}
    content |= _reply(chat, values.get("reply_parameters"))
    content |= _keyboard(chat, values.get("reply_markup"))
    return call.world.add_message(chat, BOT, content)


def _reply(chat: Chat, asked: Mapping[str, Any] | None) -> Json:
    if asked is None:
        return {}
    answered = chat.messages.get(asked["message_id"])
    if answered is None and not asked.get("allow_sending_without_reply"):
        raise bad("message to be replied not found")
    return (
        {"reply_to_message": {k: v for k, v in answered.items() if k != "reply_to_message"}}
        if answered
        else {}
    )


def _keyboard(chat: Chat, markup: Mapping[str, Any] | None) -> Json:
    asks = [b for row in (markup or {}).get("keyboard", []) for b in row if isinstance(b, dict)]
    if chat.is_group and any(button.get("request_contact") for button in asks):
        raise bad("phone number can be requested in private chats only")
    return {"reply_markup": markup} if markup and markup.get("inline_keyboard") else {}


def _edit_text(call: Call) -> Json:
    message = _editable(call)
    if "text" not in message:
        raise bad("there is no text in the message to edit")
    return _edit(call, message, {"text": call.values["text"].strip()})


def _edit_caption(call: Call) -> Json:
    message = _editable(call)
    if not any(kind in message for kind in MEDIA):
        raise bad("there is no caption in the message to edit")
    return _edit(call, message, {"caption": call.values.get("caption", "")})


def _edit_markup(call: Call) -> Json:
    return _edit(call, _editable(call), {})


def _editable(call: Call) -> Json:
    chat = call.world.chat(call.values.get("chat_id"))
    message = chat.messages.get(call.values.get("message_id", 0))
    if message is None:
        raise bad("message to edit not found")
    if message["from"]["id"] != BOT["id"]:
        raise bad("message can't be edited")
    return message


def _edit(call: Call, message: Json, words: Json) -> Json:
    """Apply an edit; a keyboard that is not given again is taken away."""
    chat = call.world.chat(call.values["chat_id"])
    after = {name: value for name, value in message.items() if name != "reply_markup"}
    after |= words | _keyboard(chat, call.values.get("reply_markup"))
    if after == message:
        raise bad(NOT_MODIFIED)
    after["edit_date"] = int(call.world.clock().timestamp())
    chat.messages[message["message_id"]] = after
    call.world.note_change(chat, message["message_id"])
    return after


def _delete(call: Call) -> bool:
    chat = call.world.chat(call.values["chat_id"])
    if chat.messages.pop(call.values["message_id"], None) is None:
        raise bad("message to delete not found")
    call.world.touch()
    return True


def _answer(call: Call) -> bool:
    press = call.world.pressed(call.values["callback_query_id"])
    press.answered, press.answer = True, call.values.get("text")
    call.world.touch()
    return True


def _get_file(call: Call) -> Json:
    stored = call.world.files.get(call.values["file_id"])
    if stored is None:
        raise bad("invalid file_id")
    if stored.size > 20 * 1024**2:
        raise bad("file is too big")
    return stored.json | {"file_path": f"files/{stored.file_id}"}


def _set_commands(call: Call) -> bool:
    scope = call.values.get("scope", {"type": "default"})
    call.world.commands[scope["type"], call.values.get("language_code", "")] = call.values["commands"]
    return True


def _get_commands(call: Call) -> list[Json]:
    scope = call.values.get("scope", {"type": "default"})
    return call.world.commands.get((scope["type"], call.values.get("language_code", "")), [])


_METHODS: dict[str, Callable[[Call], Any]] = {
    "getMe": _get_me,
    "sendMessage": _send_message,
    "sendMediaGroup": _send_media_group,
    "editMessageText": _edit_text,
    "editMessageCaption": _edit_caption,
    "editMessageReplyMarkup": _edit_markup,
    "deleteMessage": _delete,
    "answerCallbackQuery": _answer,
    "getFile": _get_file,
    "setMyCommands": _set_commands,
    "getMyCommands": _get_commands,
}
