"""Somebody doing something with a task: who and what, what was written and sent, and what every such errand begins with."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from core import access
from core.errors import Refused
from core.folding import clean
from core.notices import NoticeKind
from core.people import Person
from core.task import Task
from services import telling
from services.config import Config
from services.opening import File
from storage import messages, people, plans
from storage.database import Connection
from storage.messages import StoredMessage
from storage.people import Identity

# What can prove that something was done; a sticker or a place on the map cannot.
PROOF = {"photo", "document", "video", "audio", "voice"}


@dataclass(frozen=True, slots=True)
class TaskAct:
    """Somebody (`person`, from `chat`) does something with a task."""

    chat: Identity
    person: Person
    task_id: int


@dataclass(frozen=True, slots=True)
class Words:
    """What was written or sent, as it came."""

    text: str
    message_id: str = ""
    files: Sequence[File] = ()
    album: str | None = None
    inbox_id: int | None = None


def loaded(db: Connection, act: TaskAct, may: Callable[[Person, Task], bool]) -> Task:
    """Raises `not_allowed` to whoever may not, whether the task exists or not."""
    person, known = people.person(db, act.person.id), plans.task(db, act.task_id)
    if person is None or known is None or not access.may_see_task(person, known) or not may(person, known):
        raise Refused("not_allowed")
    return known


def must_be_open(known: Task) -> Task:
    if not known.is_open:
        raise Refused("task_over", number=known.number)
    return known


def must_say_something(words: Words, otherwise: str = "empty_text") -> None:
    if not clean(words.text) and not any(file.kind in PROOF for file in words.files):
        raise Refused(otherwise)


def kept(db: Connection, cfg: Config, act: TaskAct, words: Words, now: datetime) -> StoredMessage:
    """The words as kept, and the files that came with them."""
    composed = messages.compose(
        None,
        "internal",
        now,
        clean(words.text),
        kind=words.files[0].kind if words.files else "text",
        author=act.person.id,
        provider_message_id=words.message_id or None,
        album=words.album,
        task_id=act.task_id,
    )
    message = messages.keep(db, composed, words.inbox_id)
    keep_files(db, cfg, act, message, words, now)
    return message


def keep_files(
    db: Connection, cfg: Config, act: TaskAct, message: StoredMessage, words: Words, now: datetime
) -> None:
    """Fetched after the commit; a file that is too large is told of at once."""
    for file in words.files:
        named = {"name": file.name, "mime": file.mime, "size": file.size}
        file_id = messages.add_attachment(
            db, message, act.chat.channel, now, kind=file.kind, provider_id=file.provider_id, **named
        )
        if file.size is not None and file.size > cfg.file_limit_mb * 1024 * 1024:
            messages.attachment_failed(db, file_id, "too_large", None)
            told = {"task_id": message.task_id, "reason": "too_large", "limit_mb": cfg.file_limit_mb}
            telling.tell_chat(db, act.chat.id, NoticeKind.TASK_FILE_LOST, now, None, **told)
