"""What stands in the chats of colleagues changes with its task: nothing stays to be pressed that somebody else has pressed."""

from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from typing import Any

from core.ids import IdentityId
from core.notices import Notice, Priority
from core.people import Role
from core.task import Task
from services import plan_people
from storage import outbox, people, task_copies
from storage.database import Connection

# What is older has scrolled away, and the next reminder stands below it.
AS_FAR_BACK = timedelta(days=60)


def refresh(db: Connection, tasks: Collection[Task], actor: IdentityId, now: datetime) -> None:
    """The newest copy in each chat of the units, their heads, Văn phòng and the leaders is drawn anew, where a channel can edit;
    that of `actor` at once. One message that shows several of the tasks is drawn once."""
    units = {unit for task in tasks for unit in task.units}
    concerned = [
        *plan_people.members(db, *units),
        *people.staff(db, Role.OFFICE, Role.LEADER),
    ]
    copies = task_copies.newest(
        db, [task.id for task in tasks], [one.id for one in concerned], now - AS_FAR_BACK
    )
    outbox.add(db, [_anew(copy, actor) for copy in copies], now)


def overtake(db: Connection, chat: IdentityId, message: str | None) -> None:
    """Whoever calls draws this message anew: it was pressed."""
    for row in outbox.waiting_of(db, chat):
        if row.data.get("only_edits") and row.data.get("edits") == message:
            outbox.supersede(db, row.id)


def said(data: Mapping[str, Any]) -> dict[str, Any]:
    """What a notice told of, without how it was sent."""
    return {name: value for name, value in data.items() if name != "only_edits"}


def _anew(copy: task_copies.Copy, actor: IdentityId) -> Notice:
    data = {**copy.data, "edits": copy.provider_id} | ({"brief": True} if copy.part else {})
    priority = Priority.NOW if copy.identity_id == actor else Priority.REMINDER
    return Notice(copy.kind, IdentityId(copy.identity_id), None, data | {"only_edits": True}, priority)
