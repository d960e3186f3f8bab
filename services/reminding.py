"""The timers of plan tasks: reminders that climb until somebody acknowledges, overdue facts, and Monday's digest.

All that is due at one moment is looked at in one transaction, so that the outbox can make one morning message of it.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

import structlog

from core import reminders
from core.ids import PersonId
from core.notices import Notice, NoticeKind, Priority
from core.office import OfficeCalendar
from core.reminders import NAG, OVERDUE, Level, ReminderSettings
from core.task import Task, TaskStatus
from core.task_lifecycle import mark_overdue, remind
from services import plan_people, telling
from services.config import Config
from services.reference import Reference
from services.timers import AFTER_A_BUG, handles
from storage import outbox, people, plans, timers
from storage.database import Connection, Unavailable, apart
from storage.timers import Timer

TASK, PLAN = "task", "plan"
WEEKLY = "weekly"
EVERY_PLAN = 0
# A reminder that is this late says since when it was due.
LATE = timedelta(minutes=10)
_NOT_COUNTED = frozenset({reminders.FIRST, OVERDUE, NAG})
log = structlog.get_logger()


def register() -> None:
    """Makes services/timers.py know the timers of tasks and plans; called by app/."""
    handles(TASK, fire)
    handles(PLAN, fire_weekly)


def set_timers(
    db: Connection, office: OfficeCalendar, task: Task, settings: ReminderSettings, now: datetime
) -> None:
    """The reminders of this task anew; what was left of earlier ones is superseded."""
    stop_timers(db, task)
    for stage, at in reminders.stages(task, now, office, settings).items():
        timers.put(db, TASK, task.id, task.deadline_no, stage, at, now)
    if not task.is_reminded:
        return
    look_again(db, task, now)
    if task.overdue_at is not None:
        at = reminders.speaks_at(now, office, settings)
        timers.put(db, TASK, task.id, task.deadline_no, NAG, at, now)


def count_anew(
    db: Connection, office: OfficeCalendar, tasks: Sequence[Task], settings: ReminderSettings, now: datetime
) -> None:
    """The same deadlines, counted by other office days or settings. There may be thousands: only what moves is written.

    What is still to be heard first, and what the legal deadline decides, go on as they are.
    """
    known = timers.waiting_of(db, TASK, [task.id for task in tasks])
    for task in tasks:
        waiting, stages = known.get(task.id, {}), reminders.stages(task, now, office, settings)
        counted = {stage: at for stage, at in stages.items() if stage not in _NOT_COUNTED}
        if gone := [stage for stage in waiting if stage not in counted and stage not in _NOT_COUNTED]:
            timers.supersede(db, TASK, task.id, gone)
        for stage, at in counted.items():
            if waiting.get(stage) != at:
                timers.put(db, TASK, task.id, task.deadline_no, stage, at, now)


def first_timers(
    db: Connection, office: OfficeCalendar, tasks: Sequence[Task], settings: ReminderSettings, now: datetime
) -> None:
    """The reminders of tasks that are new: there may be thousands, and nothing to supersede."""
    wanted = ((task.id, task.deadline_no, reminders.stages(task, now, office, settings)) for task in tasks)
    timers.add_all(db, TASK, wanted, now)


def stop_timers(db: Connection, task: Task) -> None:
    timers.supersede(db, TASK, task.id)


def look_again(db: Connection, task: Task, now: datetime) -> None:
    """What was returned after its deadline is overdue after all."""
    if task.due_at is not None and not task.overdue_at_import and task.overdue_at is None:
        timers.put(db, TASK, task.id, task.deadline_no, OVERDUE, task.due_at + reminders.JUST_AFTER, now)


def start_weekly(db: Connection, office: OfficeCalendar, now: datetime) -> None:
    """Monday's digest goes on for ever, from the first plan on."""
    if not timers.waits(db, PLAN, EVERY_PLAN, WEEKLY):
        timers.put(db, PLAN, EVERY_PLAN, EVERY_PLAN, WEEKLY, reminders.weekly_at(now, office), now)


def settings_of(db: Connection, document_id: int) -> ReminderSettings:
    """How the document of a task wants to be reminded of."""
    return reminders.settings_of(plans.settings(db, document_id))


def fire(db: Connection, cfg: Config, ref: Reference, timer: Timer, now: datetime) -> None:
    """Looks at every task of which something is due; the first of the moment's timers does it for all."""
    due: dict[int, list[Timer]] = {}
    for one in timers.due_of(db, TASK, now):
        due.setdefault(one.subject_id, []).append(one)
    for task_id, own in due.items():
        try:
            with apart(db):
                _look(db, ref, task_id, own, now)
        except Unavailable:
            raise
        except Exception as error:  # one task's bug must not keep the others from being reminded
            log.error("a task's timer failed", task_id=task_id, error=type(error).__name__, exc_info=error)
            for one in own:
                timers.postpone(db, one.id, now + AFTER_A_BUG)


def fire_weekly(db: Connection, cfg: Config, ref: Reference, timer: Timer, now: datetime) -> None:
    """The list to Văn phòng; it is drawn when it is sent."""
    office = ref.office()
    at = reminders.speaks_at(now, office)
    if at > now:
        timers.postpone(db, timer.id, at)
    elif timers.fired(db, timer.id, now):
        told = plan_people.office(db)
        telling.tell_people(db, told, NoticeKind.PLAN_DIGEST, now, priority=Priority.DIGEST)
        start_weekly(db, office, now)


def _look(db: Connection, ref: Reference, task_id: int, due: Sequence[Timer], now: datetime) -> None:
    """Decides by the task as it is now. Stale timers do nothing; of several reminders only the newest speaks."""
    task = plans.task(db, task_id)
    current = [timer for timer in due if task is not None and timer.cycle == task.deadline_no]
    _pass_over(db, [timer for timer in due if timer not in current], now)
    if task is None or not task.is_reminded:
        _pass_over(db, current, now)
        return
    settings, office = settings_of(db, task.document_id), ref.office()
    over = [timer for timer in current if timer.stage == OVERDUE]
    others = [timer for timer in current if timer.stage != OVERDUE]
    if over and timers.fired(db, over[0].id, now):
        _overdue(db, task, now)
        _pass_over(db, others, now)
        at = reminders.speaks_at(now, office, settings)
        timers.put(db, TASK, task.id, task.deadline_no, NAG, at, now)
    elif others:
        _one_speaks(db, office, task, others, settings, now)


def _overdue(db: Connection, task: Task, now: datetime) -> None:
    """The fact, at the minute when it became true; people hear of it in the morning. What was submitted is not overdue."""
    late, events = mark_overdue(task, now)
    plans.record(db, task, late, events)


def _one_speaks(
    db: Connection,
    office: OfficeCalendar,
    task: Task,
    due: Sequence[Timer],
    settings: ReminderSettings,
    now: datetime,
) -> None:
    stage = reminders.newest([(timer.stage, timer.due_at) for timer in due])
    _pass_over(db, [timer for timer in due if timer.stage != stage], now)
    speaker = next(timer for timer in due if timer.stage == stage)
    at = reminders.speaks_at(now, office, settings)
    # Nobody is disturbed at night, unless the morning would be too late.
    in_vain = task.due_at is not None and now <= task.due_at < at
    if at > now and not in_vain:
        timers.postpone(db, speaker.id, at)
    elif timers.fired(db, speaker.id, now):
        _speak(db, office, task, speaker, settings, now)


def _speak(
    db: Connection,
    office: OfficeCalendar,
    task: Task,
    timer: Timer,
    settings: ReminderSettings,
    now: datetime,
) -> None:
    if timer.stage == NAG:
        at = reminders.next_nag(now, office, settings)
        timers.put(db, TASK, task.id, task.deadline_no, NAG, at, now)
    if task.status is TaskStatus.SUBMITTED:
        # Its unit has done what it had to: now somebody else keeps it waiting.
        told = plan_people.acceptors(db, task)
        telling.tell_people(
            db, told, NoticeKind.TASK_SUBMITTED, now, priority=Priority.REMINDER, task_id=task.id, again=True
        )
        return
    level = reminders.overdue_level(task, now)
    told_at = plan_people.receivers(db, task, level)
    _send(db, task, timer, told_at, now)
    reminded, events = remind(task, now, timer.stage, len(told_at), timer.due_at)
    plans.record(db, task, reminded, events)


def _send(
    db: Connection,
    task: Task,
    timer: Timer,
    told: Mapping[PersonId, Level],
    now: datetime,
) -> None:
    chats = people.reachable_identities(db, list(told))
    late = {"was_due_at": timer.due_at.isoformat()} if now - timer.due_at > LATE else {}
    notices = [
        Notice(
            NoticeKind.TASK_REMINDER,
            chat.id,
            data={"task_id": task.id, "stage": timer.stage, "level": int(told[person]), **late},
            priority=Priority.REMINDER,
        )
        for person, chat in chats.items()
    ]
    outbox.add(db, notices, now)


def _pass_over(db: Connection, passed: Sequence[Timer], now: datetime) -> None:
    for timer in passed:
        timers.fired(db, timer.id, now, "skipped")
