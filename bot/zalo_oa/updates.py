"""A Zalo Official Account's events in our own words: plain JSON in, `Incoming` out. No kind of message is ever dropped.

Source: the platform's webhook pages (docs/zalo.md names what could not be verified). Ids are strings, stamps epoch milliseconds.
An event names the account (the OA) itself: that is the bot here, so chats stay whatever app the account is linked to.
"""

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from bot import payloads
from bot.inbound import File, Incoming, Message, Origin, Press, RawUpdate, Reachable

CHANNEL = "zalo_oa"
SENT = "user_send_"
COMES, GOES = "follow", "unfollow"
LONGEST_LABEL = 100
"""Characters of a button's title; the payload may have ten times as many."""
_KINDS = {
    "text": "text",
    "image": "photo",
    "gif": "animation",
    "file": "document",
    "audio": "voice",
    "video": "video",
    "sticker": "sticker",
    "location": "location",
}
_PRESSED = re.compile(r"(?:.{0,200} )?#([!-~]{1,64})")


def as_words(label: str, payload: str) -> str:
    """What a button says when it is pressed. The person sees it as their own message: words first, then what we read.

    "Nhận xử lý #c:1z", read back by `parse`.
    """
    return f"{as_title(label)} #{payload}"


def as_title(label: str) -> str:
    """A label in one line that a button can carry."""
    return " ".join(label.split())[:LONGEST_LABEL]


def stamp_of(event: Any) -> str:
    """The event's own timestamp as it stands there, "" when there is none: part of what the platform signs."""
    stamp = event.get("timestamp") if isinstance(event, dict) else None
    return str(stamp) if isinstance(stamp, str | int) and not isinstance(stamp, bool) else ""


def raw_update(event: Any) -> RawUpdate | None:
    """One event ready to be stored; None for what nobody said (echoes of our own, groups, whatever comes next).

    Its id is the message's; who follows is told by what, who and when. Raises ValueError for what is no event at all.
    """
    if not isinstance(event, dict) or not isinstance(event.get("event_name"), str):
        raise ValueError("no event")
    name = event["event_name"]
    if not _is_ours(name):
        return None
    person, account = _person(event), account_of(event)
    number = _text(_object(event.get("message")).get("msg_id")) if name.startswith(SENT) else ""
    if name in (COMES, GOES):
        number = f"{name} {person} {stamp_of(event)}"
    if not person or not account or not number:
        raise ValueError("an event without a person, an account or an id")
    return RawUpdate(CHANNEL, account, number, person, event)


def account_of(event: Mapping[str, Any]) -> str:
    """The Official Account that the event came to; "" when it does not say."""
    return _id(event.get("recipient")) or _text(event.get("oa_id"))


def parse(bot: str, update_id: str, raw: Mapping[str, Any]) -> Incoming | None:
    """What one stored event says; None when it says nothing to us. Raises ValueError."""
    name, person = raw.get("event_name"), _person(raw)
    if not isinstance(name, str) or not person:
        raise ValueError("an event of a Zalo Official Account was expected")
    if not _is_ours(name):
        return None
    origin, at = Origin(CHANNEL, bot, update_id, person, person), _moment(raw)
    if name in (COMES, GOES):
        return Reachable(origin, name == COMES, at, greets=name == COMES)
    return _message(origin, at, name.removeprefix(SENT), _object(raw.get("message")))


def _message(origin: Origin, at: datetime | None, said: str, message: Mapping[str, Any]) -> Message | Press:
    kind, text = _KINDS.get(said, f"other:{said[:40]}"), _text(message.get("text"))
    if kind == "text" and (payload := _pressed(text)):
        return Press(origin, at, payload, said=True)
    attachments = [_object(one) for one in _list(message.get("attachments"))]
    files = tuple(file for one in attachments if (file := _file(kind, _object(one.get("payload")))))
    places = [point for one in attachments if (point := _point(_object(one.get("payload"))))]
    return Message(
        origin,
        at,
        origin.update_id,
        "\n".join(line for line in (text, *places) if line),
        kind,
        files,
        reply_to=_text(message.get("quote_msg_id")) or None,
        may_press=kind == "text",
    )


def _pressed(text: str) -> str | None:
    """Whoever types this by hand presses too: what a button may do is checked when it is pressed."""
    found = _PRESSED.fullmatch(text.strip())
    return found[1] if found and payloads.read(found[1]) else None


def _file(kind: str, payload: Mapping[str, Any]) -> File | None:
    """Of a sticker nothing is fetched: it says what a nod says. Of a place there is nothing to fetch."""
    address = _text(payload.get("url"))
    if kind in ("sticker", "location", "text") or not address.startswith("http"):
        return None
    size = _text(payload.get("size"))
    name = _text(payload.get("name")) or None
    return File(kind, address, name, size=int(size) if size.isascii() and size.isdigit() else None)


def _point(payload: Mapping[str, Any]) -> str:
    """ "21.97500, 106.70400": latitude, longitude in degrees."""
    place = _object(payload.get("coordinates"))
    try:
        latitude, longitude = (float(_text(place.get(name))) for name in ("latitude", "longitude"))
    except ValueError:
        return ""
    return f"{latitude:.5f}, {longitude:.5f}" if abs(latitude) <= 90 and abs(longitude) <= 180 else ""


def _is_ours(name: str) -> bool:
    """What is said in a group of the account is not said to it."""
    return name in (COMES, GOES) or (name.startswith(SENT) and not name.startswith(f"{SENT}group"))


def _person(event: Mapping[str, Any]) -> str:
    return _id(event.get("sender")) or _id(event.get("follower"))


def _moment(event: Mapping[str, Any]) -> datetime | None:
    stamp = stamp_of(event)
    if not (stamp.isascii() and stamp.isdigit() and int(stamp)):
        return None
    try:
        return datetime.fromtimestamp(int(stamp) / 1000, UTC)
    except (ValueError, OverflowError, OSError):
        return None


def _object(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _list(value: object) -> list[Any]:
    return value if isinstance(value, list) else []


def _id(holder: object) -> str:
    return _text(_object(holder).get("id"))


def _text(value: object) -> str:
    """Numbers too: the platform writes the same field as either."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        return str(value)
    return value if isinstance(value, str) else ""
