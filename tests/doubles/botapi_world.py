"""The world behind the Bot API double: chats with their messages, files, button presses, and the queue of updates."""

import asyncio
import hashlib
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

Json = dict[str, Any]

BOT_ID = 123456
BOT: Json = {"id": BOT_ID, "is_bot": True, "first_name": "Đường dây nóng", "username": "hotline_test_bot"}
DEFAULT_UPDATES = frozenset(
    {"message", "edited_message", "callback_query", "my_chat_member", "channel_post", "edited_channel_post"}
    | {"inline_query", "chosen_inline_result", "poll", "poll_answer", "chat_join_request"}
)
"""What arrives when allowed_updates was never set (the kinds that this double makes)."""


class ApiRefusalError(Exception):
    """The Bot API says no: its code, its words, and sometimes its parameters."""

    def __init__(self, code: int, description: str, parameters: Json | None = None) -> None:
        super().__init__(description)
        self.code, self.description, self.parameters = code, description, parameters


def bad(description: str) -> ApiRefusalError:
    return ApiRefusalError(400, f"Bad Request: {description}")


@dataclass
class Chat:
    """One chat as the server knows it. `gone`: why nothing can be sent to it (a 403's words), or None."""

    id: int
    kind: str  # private, group, supergroup
    about: Json
    started: bool = True
    gone: str | None = None
    moved_to: int | None = None
    topics: set[int] = field(default_factory=set)
    messages: dict[int, Json] = field(default_factory=dict)
    changed: dict[int, int] = field(default_factory=dict)  # message id → number of its last change

    @property
    def json(self) -> Json:
        forum = {"is_forum": True} if self.topics else {}
        return {"id": self.id, "type": self.kind, **forum, **self.about}

    @property
    def is_group(self) -> bool:
        return self.kind != "private"


@dataclass
class StoredFile:
    """A file on the server. `size` may pretend to be more than there is; `served` False: its link has expired."""

    file_id: str
    content: bytes
    name: str
    mime: str
    size: int
    served: bool = True

    @property
    def json(self) -> Json:
        return {"file_id": self.file_id, "file_unique_id": f"u{self.file_id}", "file_size": self.size}


@dataclass
class Pressed:
    """A button press. `answered` once answerCallbackQuery came in time; `answer` is what the person saw then."""

    id: str
    pressed_at: float
    answered: bool = False
    answer: str | None = None


class World:
    """State and nothing else: no HTTP. `clock` dates the messages; waiting and ageing go by real time."""

    def __init__(self, clock: Callable[[], datetime] | None = None) -> None:
        self.clock = clock or (lambda: datetime.now(UTC))
        self.callback_seconds = 150.0
        self.chats: dict[int, Chat] = {}
        self.files: dict[str, StoredFile] = {}
        self.presses: dict[str, Pressed] = {}
        self.commands: dict[tuple[str, str], list[Json]] = {}
        self.updates: dict[int, Json] = {}
        self.refused_updates: list[str] = []
        self.allowed_updates: frozenset[str] = DEFAULT_UPDATES
        self._next_update = 1000
        self._next_message = 0
        self._next_change = 0
        self._changed = asyncio.Event()

    # --- updates -----------------------------------------------------------------------------------------------

    def post_update(self, kind: str, content: Json) -> int:
        """Queue one update; kinds outside allowed_updates are dropped, as the real server drops them."""
        if kind not in self.allowed_updates:
            self.refused_updates.append(kind)
            return 0
        self._next_update += 1
        self.updates[self._next_update] = {"update_id": self._next_update, kind: content}
        self.touch()
        return self._next_update

    def acknowledge(self, offset: int) -> None:
        """Forget every update below `offset`; a negative one keeps that many of the newest."""
        if offset < 0:
            offset = sorted(self.updates)[offset:][0] if self.updates else 0
        for update_id in [number for number in self.updates if number < offset]:
            del self.updates[update_id]

    # --- waiting -----------------------------------------------------------------------------------------------

    def touch(self) -> None:
        """Wake everybody who waits for a change."""
        self._changed.set()
        self._changed = asyncio.Event()

    async def wait(self, seconds: float) -> bool:
        """Until the next change; False when `seconds` passed without one."""
        try:
            # Not wait_for: in Python 3.11 it swallows a cancellation that arrives together with the change.
            async with asyncio.timeout(max(seconds, 0)):
                await self._changed.wait()
        except TimeoutError:
            return False
        return True

    @property
    def changes(self) -> int:
        return self._next_change

    # --- chats and messages ------------------------------------------------------------------------------------

    def chat(self, chat_id: Any) -> Chat:
        """The chat a call speaks of. Raises the refusal the real server gives."""
        chat = self.chats.get(chat_id)
        if chat is None:
            raise bad("chat not found")
        if chat.moved_to is not None:
            words = "Bad Request: group chat was upgraded to a supergroup chat"
            raise ApiRefusalError(400, words, {"migrate_to_chat_id": chat.moved_to})
        if chat.gone is not None:
            raise ApiRefusalError(403, f"Forbidden: {chat.gone}")
        if not chat.started:
            raise ApiRefusalError(403, "Forbidden: bot can't initiate conversation with a user")
        return chat

    def add_message(self, chat: Chat, sender: Json, content: Mapping[str, Any]) -> Json:
        """A new message in `chat`; `content` holds its fields beside the common ones."""
        self._next_message += 1
        date = int(self.clock().timestamp())
        message = {
            "message_id": self._next_message,
            "date": date,
            "chat": chat.json,
            "from": sender,
            **content,
        }
        chat.messages[self._next_message] = message
        self.note_change(chat, self._next_message)
        return message

    def note_change(self, chat: Chat, message_id: int) -> None:
        self._next_change += 1
        chat.changed[message_id] = self._next_change
        self.touch()

    # --- files and presses -------------------------------------------------------------------------------------

    def store_file(self, content: bytes, name: str, mime: str, size: int | None = None) -> StoredFile:
        file_id = f"F{len(self.files) + 1}-{hashlib.sha256(content).hexdigest()[:12]}"
        stored = StoredFile(file_id, content, name, mime, len(content) if size is None else size)
        self.files[file_id] = stored
        return stored

    def photo_sizes(self, content: bytes) -> list[Json]:
        """The sizes a photo arrives in: a thumbnail first, the whole picture last."""
        small = self.store_file(content[:64], "small.jpg", "image/jpeg").json
        return [{**small, "width": 90, "height": 67}, self.big_photo(content)]

    def big_photo(self, content: bytes) -> Json:
        return {**self.store_file(content, "photo.jpg", "image/jpeg").json, "width": 1280, "height": 960}

    def press(self) -> Pressed:
        pressed = Pressed(f"q{len(self.presses) + 1}", time.monotonic())
        self.presses[pressed.id] = pressed
        return pressed

    def pressed(self, callback_id: str) -> Pressed:
        """The press that is answered. Raises the refusal for one that is unknown or too old."""
        press = self.presses.get(callback_id)
        if press is None or time.monotonic() - press.pressed_at > self.callback_seconds:
            raise bad("query is too old and response timeout expired or query ID is invalid")
        return press

    def messages_by_change(self, chat: Chat) -> Iterator[Json]:
        """The chat's messages, the one changed last at the end."""
        for message_id in sorted(chat.messages, key=chat.changed.__getitem__):
            yield chat.messages[message_id]
