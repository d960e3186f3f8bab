"""Files that prove that a task was done: shown to whoever has to accept it, and missed aloud when they cannot be had."""

from datetime import datetime
from typing import Any

from core.ids import IdentityId
from core.notices import Notice, NoticeKind, Priority
from services import plan_people, telling
from storage import messages, outbox, plans
from storage.database import Connection
from storage.messages import Attachment


def show(db: Connection, file: Attachment, now: datetime) -> None:
    """A picture that has arrived, to the acceptors."""
    task = plans.task(db, file.task_id or 0)
    if task is not None:
        told = plan_people.acceptors(db, task)
        telling.tell_people(db, told, NoticeKind.TASK_PHOTO, now, task_id=task.id, attachment_id=file.id)


def pictures_to(db: Connection, task_id: int, chat: IdentityId, now: datetime) -> None:
    """The pictures of a task in a chat that asked for them."""
    shown = [file for file in messages.attachments_of_task(db, task_id) if file.public_sha256]
    data = [{"task_id": task_id, "attachment_id": file.id} for file in shown]
    outbox.add(db, [Notice(NoticeKind.TASK_PHOTO, chat, None, one, Priority.CARD) for one in data], now)


def lost(db: Connection, file: Attachment, reason: str, limit_mb: int, now: datetime) -> None:
    """To whoever sent it: evidence that nobody can look at is none."""
    message = messages.get(db, file.message_id)
    if message is not None and message.author_id is not None:
        told: dict[str, Any] = {"task_id": file.task_id, "reason": reason, "limit_mb": limit_mb}
        telling.tell_people(db, [message.author_id], NoticeKind.TASK_FILE_LOST, now, **told)
