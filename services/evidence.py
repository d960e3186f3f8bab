"""Files that prove that a task was done: shown to whoever has to accept it, and missed aloud when they cannot be had."""

import mimetypes
from datetime import datetime
from pathlib import PurePath
from typing import Any

from core.folding import clean
from core.ids import IdentityId
from core.notices import Notice, NoticeKind, Priority
from services import plan_people, telling
from services.config import SEALED, Config
from services.sender import Document
from services.task_acts import PROOF
from storage import messages, outbox, plans
from storage.database import Connection
from storage.messages import Attachment

LONGEST_NAME = 120


def show(db: Connection, file: Attachment, is_picture: bool, now: datetime) -> None:
    """A picture or file that has arrived, to the acceptors."""
    task = plans.find_task(db, file.task_id or 0)
    if task is not None and file.kind in PROOF:
        told = plan_people.acceptors(db, task)
        telling.tell_people(db, told, _kind(is_picture), now, task_id=task.id, attachment_id=file.id)


def files_to(db: Connection, task_id: int, chat: IdentityId, now: datetime) -> None:
    """The pictures and files of a task in a chat that asked for them."""
    kept = [file for file in messages.attachments_of_task(db, task_id) if file.status == "stored"]
    notices = [
        Notice(
            _kind(file.public_sha256 is not None),
            chat,
            data={"task_id": task_id, "attachment_id": file.id},
            priority=Priority.CARD,
        )
        for file in kept
        if file.kind in PROOF
    ]
    outbox.add(db, notices, now)


def document_of(cfg: Config, file: Attachment) -> Document | None:
    """The original, opened only while it is sent: no readable copy is made of it here. None while it is not here."""
    if file.sha256 is None or file.status != "stored":
        return None
    path = cfg.files / SEALED / file.sha256
    return Document(_name_of(file), lambda: cfg.seal.open_bytes(path.read_bytes()))


def _kind(is_picture: bool) -> NoticeKind:
    return NoticeKind.TASK_PHOTO if is_picture else NoticeKind.TASK_FILE


def _name_of(file: Attachment) -> str:
    ending = mimetypes.guess_extension(file.mime or "") or ""
    return PurePath(clean(file.name or "")).name[-LONGEST_NAME:] or f"minh-chung{ending}"


def lost(db: Connection, file: Attachment, reason: str, limit_mb: int, now: datetime) -> None:
    """To whoever sent it: evidence that nobody can look at is none."""
    message = messages.get(db, file.message_id)
    if message is not None and message.author_id is not None:
        told: dict[str, Any] = {"task_id": file.task_id, "reason": reason, "limit_mb": limit_mb}
        telling.tell_people(db, [message.author_id], NoticeKind.TASK_FILE_LOST, now, **told)
