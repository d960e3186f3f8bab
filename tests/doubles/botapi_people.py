"""The human side of the Bot API double: people and groups that write, press, block, and read what the bot sent them."""

import asyncio
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from tests.doubles.botapi_rules import check_value
from tests.doubles.botapi_world import BOT, Chat, Json, Pressed, World, bad


@dataclass(frozen=True)
class Seen:
    """One message of the bot as a person sees it now. `rows` are button labels; `change` grows with every edit anywhere."""

    message_id: int
    text: str
    rows: tuple[tuple[str, ...], ...]
    payloads: dict[str, str]  # label → callback_data or url
    photo: bytes | None
    edited: bool
    change: int
    reply_to: int | None
    topic: int | None
    raw: Json

    @property
    def labels(self) -> tuple[str, ...]:
        return tuple(label for row in self.rows for label in row)


class Place:
    """What a person and a group have in common: a chat in which the bot's messages can be read."""

    def __init__(self, world: World, chat: Chat) -> None:
        self._world = world
        self.chat = chat

    @property
    def id(self) -> int:
        """The chat's id; for a person also the user's id."""
        return self.chat.id

    def seen(self, since: int = 0) -> tuple[Seen, ...]:
        """The bot's messages as they look now, in order of sending; only those changed after `since` (see `mark`)."""
        own = (m for m in self.chat.messages.values() if m["from"]["id"] == BOT["id"])
        return tuple(self._see(m) for m in own if self.chat.changed[m["message_id"]] > since)

    def messages(self, since: int = 0) -> tuple[str, ...]:
        """Their texts or captions, edits applied."""
        return tuple(seen.text for seen in self.seen(since))

    def mark(self) -> int:
        """Now, as a number for `since`."""
        return self._world.changes

    async def waits_for(self, substring: str, seconds: float = 5.0, since: int = 0) -> Seen:
        """The newest message that contains `substring`. Raises AssertionError with all texts after `seconds`."""
        ends = asyncio.get_running_loop().time() + seconds
        while True:
            found = [seen for seen in self.seen(since) if substring in seen.text]
            if found:
                return max(found, key=lambda seen: seen.change)
            left = ends - asyncio.get_running_loop().time()
            if left <= 0 or not await self._world.wait(left):
                shown = "\n---\n".join(self.messages(since)) or "(nothing)"
                raise AssertionError(f"{substring!r} did not come to {self.chat.about}; what came:\n{shown}")

    def find_button(self, label: str, message_id: int | None = None) -> tuple[Json, Json]:
        """(message, button) of the newest message with a button labelled `label`; a whole label before a part of one."""
        newest_first = list(self._world.messages_by_change(self.chat))[::-1]
        holders = [m for m in newest_first if message_id in (None, m["message_id"])]
        for fits in (label.__eq__, lambda text: label in text):
            for message in holders:
                for button in _buttons(message):
                    if fits(button["text"]):
                        return message, button
        raise AssertionError(
            f"no button {label!r}; there are {[b['text'] for m in holders for b in _buttons(m)]}"
        )

    def _see(self, message: Json) -> Seen:
        rows = message.get("reply_markup", {}).get("inline_keyboard", [])
        photo = message.get("photo")
        return Seen(
            message["message_id"],
            str(message.get("text", message.get("caption", ""))),
            tuple(tuple(button["text"] for button in row) for row in rows),
            {b["text"]: b.get("callback_data", b.get("url", "")) for row in rows for b in row},
            self._world.files[photo[-1]["file_id"]].content if photo else None,
            "edit_date" in message,
            self.chat.changed[message["message_id"]],
            message.get("reply_to_message", {}).get("message_id"),
            message.get("message_thread_id"),
            message,
        )


def _buttons(message: Json) -> list[Json]:
    return [button for row in message.get("reply_markup", {}).get("inline_keyboard", []) for button in row]


class Group(Place):
    """A group, supergroup or forum that the bot is in."""

    def topic(self, name: str) -> int:
        """A new topic; its id is for `chat_topic=` of a person's verbs and message_thread_id of the bot."""
        message = self._world.add_message(
            self.chat, BOT, {"forum_topic_created": {"name": name, "icon_color": 7322096}}
        )
        self.chat.topics.add(message["message_id"])
        return int(message["message_id"])

    def deletes_topic(self, topic: int) -> None:
        self.chat.topics.discard(topic)

    async def adds_bot(self, by: "Person") -> None:
        self.chat.gone = None
        self._member(by, "left", "member")

    async def kicks_bot(self, by: "Person") -> None:
        kind = "group chat" if self.chat.kind == "group" else "supergroup chat"
        self.chat.gone = f"bot was kicked from the {kind}"
        self._member(by, "member", "kicked")

    async def migrates(self, by: "Person", *, tells: bool = True) -> "Group":
        """The group becomes a supergroup. `tells` False: no update comes, only the next call is refused with the new id."""
        new = Chat(-1001000000000 + self.chat.id, "supergroup", dict(self.chat.about))
        self._world.chats[new.id] = new
        self.chat.moved_to = new.id
        if tells:
            for chat, what, other in (
                (self.chat, "migrate_to_chat_id", new.id),
                (new, "migrate_from_chat_id", self.chat.id),
            ):
                self._world.post_update("message", self._world.add_message(chat, by.user, {what: other}))
        return Group(self._world, new)

    def _member(self, by: "Person", old: str, new: str) -> None:
        self._world.post_update("my_chat_member", _membership(self._world, self.chat, by.user, old, new))


class Person(Place):
    """Somebody with Telegram. Verbs return the id of the message they made; `chat` names a group, default the private chat."""

    def __init__(self, world: World, chat: Chat, user: Json) -> None:
        super().__init__(world, chat)
        self.user = user

    async def says(
        self, text: str, *, chat: Group | None = None, reply_to: int | None = None, topic: int | None = None
    ) -> int:
        """A text message. `reply_to`: the id of the message that it answers."""
        command = re.match(r"/\w+", text)
        entities = [{"type": "bot_command", "offset": 0, "length": command.end()}] if command else None
        return self.sends(chat=chat, reply_to=reply_to, topic=topic, text=text, entities=entities)

    async def starts(self, payload: str = "") -> int:
        """Open the bot by a deep link (payload: at most 64 of [A-Za-z0-9_-])."""
        assert re.fullmatch(r"[A-Za-z0-9_-]{0,64}", payload), "no such deep link can exist"
        if not self.chat.started:
            self.chat.started = True
        return await self.says(f"/start {payload}".strip())

    async def sends_photo(self, content: bytes, caption: str | None = None, **where: Any) -> int:
        return self.sends(photo=self._world.photo_sizes(content), caption=caption, **where)

    async def sends_album(
        self, contents: Sequence[bytes], caption: str | None = None, **where: Any
    ) -> list[int]:
        """Photos sharing a media_group_id; the caption stands on the first."""
        group = f"album{len(self._world.files)}"
        captions = [caption, *[None] * len(contents)]
        return [
            self.sends(photo=self._world.photo_sizes(content), caption=words, media_group_id=group, **where)
            for content, words in zip(contents, captions, strict=False)
        ]

    async def sends_document(
        self,
        content: bytes = b"%PDF-1.7",
        name: str = "to-khai.pdf",
        mime: str = "application/pdf",
        caption: str | None = None,
        *,
        size: int | None = None,
        **where: Any,
    ) -> int:
        """A file; `size` lets it pretend to be larger than it is (25 MB without 25 MB)."""
        stored = self._world.store_file(content, name, mime, size)
        return self.sends(
            document={**stored.json, "file_name": name, "mime_type": mime}, caption=caption, **where
        )

    async def sends_voice(self, content: bytes = b"OggS", seconds: int = 3, **where: Any) -> int:
        stored = self._world.store_file(content, "voice.oga", "audio/ogg")
        return self.sends(voice={**stored.json, "duration": seconds, "mime_type": "audio/ogg"}, **where)

    async def sends_location(self, latitude: float = 21.975, longitude: float = 106.704, **where: Any) -> int:
        return self.sends(location={"latitude": latitude, "longitude": longitude}, **where)

    async def sends_sticker(self, emoji: str = "👍", **where: Any) -> int:
        stored = self._world.store_file(b"RIFF", "sticker.webp", "image/webp").json
        shape = {"type": "regular", "width": 512, "height": 512, "is_animated": False, "is_video": False}
        return self.sends(sticker={**stored, **shape, "emoji": emoji}, **where)

    async def shares_contact(self, phone: str = "+84912345678", **where: Any) -> int:
        contact = {"phone_number": phone, "first_name": self.user["first_name"], "user_id": self.id}
        return self.sends(contact=contact, **where)

    def sends(
        self,
        *,
        chat: Group | None = None,
        reply_to: int | None = None,
        topic: int | None = None,
        **content: Any,
    ) -> int:
        """A message of any content: the fields of the type Message, checked against the description."""
        place = (chat or self).chat
        place.started = True
        common: Json = {"message_thread_id": topic, "is_topic_message": True} if topic else {}
        if reply_to:
            answered = {k: v for k, v in place.messages[reply_to].items() if k != "reply_to_message"}
            common["reply_to_message"] = answered
        fields = {name: value for name, value in content.items() if value is not None}
        message = self._world.add_message(place, self.user, common | fields)
        self._send("message", message, "Message")
        return int(message["message_id"])

    async def edits(self, message_id: int, text: str, *, chat: Group | None = None) -> None:
        """Change the words of an own message; with the same words it is the edit "without visible change"."""
        place = (chat or self).chat
        message = place.messages[message_id]
        message["caption" if "caption" in message or "photo" in message else "text"] = text
        message["edit_date"] = int(self._world.clock().timestamp())
        self._world.note_change(place, message_id)
        self._send("edited_message", dict(message), "Message")

    async def presses(
        self, label: str, *, chat: Group | None = None, message_id: int | None = None
    ) -> Pressed:
        """Press the button `label` (or containing it) on the newest message that has it."""
        message, button = (chat or self).find_button(label, message_id)
        assert "callback_data" in button, f"{label!r} opens a link: {button}"
        return await self.presses_data(button["callback_data"], message["message_id"], chat=chat)

    async def presses_data(self, payload: str, message_id: int, *, chat: Group | None = None) -> Pressed:
        """Press a button that may not be there any more, or never was: an old card, a forged payload."""
        place = (chat or self).chat
        pressed = self._world.press()
        inaccessible = {"chat": place.json, "message_id": message_id, "date": 0}
        query: Json = {
            "id": pressed.id,
            "from": self.user,
            "chat_instance": str(place.id),
            "data": payload,
            "message": dict(place.messages.get(message_id, inaccessible)),
        }
        self._send("callback_query", query, "CallbackQuery")
        return pressed

    async def blocks(self) -> None:
        self.chat.gone = "bot was blocked by the user"
        self._send("my_chat_member", _membership(self._world, self.chat, self.user, "member", "kicked"))

    async def unblocks(self) -> None:
        self.chat.gone = None
        self._send("my_chat_member", _membership(self._world, self.chat, self.user, "kicked", "member"))

    def vanishes(self) -> None:
        """The account is deleted; no update tells."""
        self.chat.gone = "user is deactivated"

    def deletes(self, message_id: int) -> None:
        """Delete a message, the bot's too: an edit of it is refused from now on."""
        if self.chat.messages.pop(message_id, None) is None:
            raise bad("message to delete not found")

    def _send(self, kind: str, content: Json, type_name: str = "ChatMemberUpdated") -> None:
        surrogates = "lone surrogate"  # clients do send them; only the bot may not
        problems = [p for p in check_value(content, type_name, kind) if surrogates not in p]
        assert not problems, f"the double would send what no server sends: {problems}"
        self._world.post_update(kind, content)


def _membership(world: World, chat: Chat, by: Json, old: str, new: str) -> Json:
    def member(status: str) -> Json:
        return {"user": BOT, "status": status} | ({"until_date": 0} if status == "kicked" else {})

    date = int(world.clock().timestamp())
    return {
        "chat": chat.json,
        "from": by,
        "date": date,
        "old_chat_member": member(old),
        "new_chat_member": member(new),
    }
