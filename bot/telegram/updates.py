"""Telegram's raw updates in our own words: plain JSON in, `Incoming` out. What a person sent is never dropped for its kind.

Source: core.telegram.org/bots/api (Update, Message, CallbackQuery, ChatMemberUpdated), version 10.0.
"""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from bot.inbound import File, Incoming, Message, Migrated, Origin, Press, Reachable

CHANNEL = "telegram"

_ABOUT_FIELDS = """
message_id message_thread_id direct_messages_topic from sender_chat sender_boost_count sender_business_bot sender_tag
date guest_query_id business_connection_id chat forward_origin is_topic_message is_automatic_forward reply_to_message
external_reply quote reply_to_story reply_to_checklist_task_id reply_to_poll_option_id via_bot guest_bot_caller_user
guest_bot_caller_chat edit_date has_protected_content is_from_offline is_paid_post media_group_id author_signature
paid_star_count entities link_preview_options suggested_post_info effect_id caption caption_entities
show_caption_above_media has_media_spoiler reply_markup
"""
ABOUT = frozenset(_ABOUT_FIELDS.split())
"""Fields of Message that say something about a message and are no content of their own."""

_SERVICE_FIELDS = """
new_chat_members left_chat_member chat_owner_left chat_owner_changed new_chat_title new_chat_photo delete_chat_photo
group_chat_created supergroup_chat_created channel_chat_created message_auto_delete_timer_changed pinned_message
refunded_payment connected_website write_access_allowed proximity_alert_triggered boost_added chat_background_set
checklist_tasks_done checklist_tasks_added direct_message_price_changed forum_topic_created forum_topic_edited
forum_topic_closed forum_topic_reopened general_forum_topic_hidden general_forum_topic_unhidden giveaway_created
giveaway_completed managed_bot_created paid_message_price_changed poll_option_added poll_option_deleted
suggested_post_approved suggested_post_approval_failed suggested_post_declined suggested_post_paid
suggested_post_refunded video_chat_scheduled video_chat_started video_chat_ended video_chat_participants_invited
"""
SERVICE = frozenset(_SERVICE_FIELDS.split())
"""What a chat reports about itself: nobody said anything."""

FILES = ("photo", "animation", "document", "voice", "video", "audio", "video_note", "sticker")
"""An animation is also a document, a live photo also a photo: the first that is there names the message."""

PLAIN = ("venue", "location", "contact")
"""A venue is also a location: keep this order."""


def parse(bot: str, update_id: str, raw: Mapping[str, Any]) -> Incoming | None:
    """What one update says; None when it says nothing to us (service messages, other bots, channels, unknown kinds).

    Raises ValueError when the update is none of the Bot API's.
    """
    for kind in ("message", "edited_message"):
        if kind in raw:
            return _message(bot, update_id, _object(raw[kind]), edited=kind == "edited_message")
    if "callback_query" in raw:
        return _press(bot, update_id, _object(raw["callback_query"]))
    if "my_chat_member" in raw:
        return _reachable(bot, update_id, _object(raw["my_chat_member"]))
    return None


def chat_of(raw: Mapping[str, Any]) -> str:
    """The chat an update belongs to, "" when it belongs to none. Never raises: it is asked before anything is checked."""
    for kind, content in raw.items():
        if kind == "update_id" or not isinstance(content, dict):
            continue
        holder = content if "chat" in content else content.get("message")
        place = holder.get("chat") if isinstance(holder, dict) else content.get("from")
        if isinstance(place, dict) and isinstance(place.get("id"), int):
            return str(place["id"])
    return ""


def _message(bot: str, update_id: str, message: Mapping[str, Any], *, edited: bool) -> Incoming | None:
    chat = _object(message.get("chat"))
    origin = _origin(bot, update_id, chat, message)
    if migrated := _migrated(origin, message):
        return migrated
    if not _from_a_person(chat, message) or _is_service(message):
        return None
    kind = _kind(message)
    return Message(
        origin=origin,
        at=_moment(message.get("edit_date") if edited else None) or _moment(message.get("date")),
        message_id=_id(message, "message_id"),
        text=_words(message, kind),
        kind=kind,
        files=_files(message),
        reply_to=_reply_to(message),
        album=_text(message.get("media_group_id")) or None,
        edited=edited,
    )


def _press(bot: str, update_id: str, query: Mapping[str, Any]) -> Press | None:
    sender = _object(query.get("from"))
    if sender.get("is_bot"):
        return None
    message = query.get("message")
    message = message if isinstance(message, dict) else {}
    chat = _object(message.get("chat", {"id": sender.get("id"), "type": "private"}))
    return Press(
        origin=_origin(bot, update_id, chat, {**message, "from": sender}),
        at=None,  # a callback query carries no time of its own
        payload=_text(query.get("data")),
        message_id=_id(message, "message_id") if message else None,
        callback_id=_text(query.get("id")) or None,
    )


def _reachable(bot: str, update_id: str, change: Mapping[str, Any]) -> Reachable | None:
    """A private chat: blocked or unblocked. A group: the bot was put in or thrown out."""
    chat = _object(change.get("chat"))
    member = _object(change.get("new_chat_member"))
    if chat.get("type") == "channel":
        return None
    gone = member.get("status") in ("left", "kicked") or member.get("is_member") is False
    return Reachable(_origin(bot, update_id, chat, change), not gone)


def _origin(bot: str, update_id: str, chat: Mapping[str, Any], holder: Mapping[str, Any]) -> Origin:
    """`holder` is the object that has the fields `from` and, for messages, the topic's."""
    sender = holder.get("from")
    sender = sender if isinstance(sender, dict) else {}
    chat_id = _id(chat, "id")
    return Origin(
        channel=CHANNEL,
        bot=bot,
        update_id=update_id,
        chat_id=chat_id,
        user_id=_id(sender, "id") if "id" in sender else chat_id,
        chat_kind="private" if chat.get("type") == "private" else "group",
        name=_name(sender),
        language=_text(sender.get("language_code")) or None,
        topic=_topic(holder),
        chat_title=_text(chat.get("title")),
    )


def _migrated(origin: Origin, message: Mapping[str, Any]) -> Migrated | None:
    """Told twice, in the old chat and in the new one: both times `origin` names the old chat."""
    if "migrate_to_chat_id" in message:
        return Migrated(origin, _id(message, "migrate_to_chat_id"))
    if "migrate_from_chat_id" in message:
        return Migrated(replace(origin, chat_id=_id(message, "migrate_from_chat_id")), origin.chat_id)
    return None


def _from_a_person(chat: Mapping[str, Any], message: Mapping[str, Any]) -> bool:
    """Not a bot (which would answer ours for ever), not a channel's post, forwarded into its group by itself or not."""
    spoken_for = message.get("sender_chat")
    channel = isinstance(spoken_for, dict) and spoken_for.get("type") == "channel"
    sender = message.get("from")
    return (
        isinstance(sender, dict)
        and not sender.get("is_bot")
        and not channel
        and chat.get("type") != "channel"
    )


def _is_service(message: Mapping[str, Any]) -> bool:
    return not SERVICE.isdisjoint(message)


def _kind(message: Mapping[str, Any]) -> str:
    """text, a kind of file, location, venue, contact – and everything else, known or not, as other:<field>."""
    if "text" in message:
        return "text"
    for name in FILES + PLAIN:
        if name in message:
            return name
    # A client newer than the Bot API sends messages with no content field at all: a person wrote them nevertheless.
    return f"other:{next((name for name in message if name not in ABOUT), 'unknown')}"


def _words(message: Mapping[str, Any], kind: str) -> str:
    """What can be read of a message: its text, its caption, or the words inside its content. Uncleaned."""
    if words := _text(message.get("text")) or _text(message.get("caption")):
        return words
    content = message.get(kind.removeprefix("other:"))
    if not isinstance(content, dict):
        return ""
    place = content.get("location") if kind == "venue" else content if kind == "location" else None
    parts = [_text(content.get(name)) for name in ("title", "address", "phone_number", "emoji", "question")]
    return "\n".join(part for part in [*parts, _point(place)] if part)


def _point(place: object) -> str:
    """ "21.97500, 106.70400": latitude, longitude in degrees."""
    if not isinstance(place, dict):
        return ""
    latitude, longitude = place.get("latitude"), place.get("longitude")
    if not isinstance(latitude, int | float) or not isinstance(longitude, int | float):
        return ""
    return f"{latitude:.5f}, {longitude:.5f}"


def _files(message: Mapping[str, Any]) -> tuple[File, ...]:
    """At most one: an album comes as one message for each file."""
    for kind in FILES:
        content = message.get(kind)
        if kind == "photo" and isinstance(content, list):
            content = max((size for size in content if isinstance(size, dict)), key=_area, default=None)
        if isinstance(content, dict) and _text(content.get("file_id")):
            name, mime = _text(content.get("file_name")), _text(content.get("mime_type"))
            return (
                File(kind, content["file_id"], name or None, mime or None, _whole(content.get("file_size"))),
            )
    return ()


def _area(size: Mapping[str, Any]) -> int:
    return (_whole(size.get("width")) or 0) * (_whole(size.get("height")) or 0)


def _reply_to(message: Mapping[str, Any]) -> str | None:
    answered = message.get("reply_to_message")
    # In a topic every plain message is a "reply" to the message that opened the topic.
    if not isinstance(answered, dict) or "forum_topic_created" in answered:
        return None
    return _id(answered, "message_id")


def _topic(holder: Mapping[str, Any]) -> str | None:
    """Only of real topics: in other supergroups message_thread_id names a reply thread, which nothing can be sent into."""
    thread = _whole(holder.get("message_thread_id"))
    return str(thread) if thread and holder.get("is_topic_message") else None


def _name(sender: Mapping[str, Any]) -> str:
    full = f"{_text(sender.get('first_name'))} {_text(sender.get('last_name'))}".strip()
    return full or _text(sender.get("username"))


def _moment(seconds: object) -> datetime | None:
    """Unix time as an aware datetime; None for 0 (an inaccessible message) and for what no clock can show."""
    whole = _whole(seconds)
    if not whole:
        return None
    try:
        return datetime.fromtimestamp(whole, UTC)
    except (ValueError, OverflowError, OSError):
        return None


def _object(value: object) -> Mapping[str, Any]:
    if not isinstance(value, dict):
        raise ValueError("an object of the Bot API was expected")
    return value


def _id(holder: Mapping[str, Any], name: str) -> str:
    number = _whole(holder.get(name))
    if number is None:
        raise ValueError(f"{name} is no number")
    return str(number)


def _whole(value: object) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""
