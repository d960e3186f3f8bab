"""What units, Văn phòng and leaders do with a task of a plan: each errand checks again who may, decides, saves, tells."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from core import access, task_lifecycle
from core.errors import Refused
from core.folding import clean
from core.ids import PersonId
from core.notices import NoticeKind, Priority
from core.people import Person, Role
from core.plan import legal_end, working_due
from core.task import Task, TaskStatus
from core.task_order import most_urgent_first
from services import plan_people, reminding, task_copies, telling
from services.config import Config
from services.reference import reference
from services.task_acts import TaskAct, Words, keep_files, kept, loaded, must_be_open, must_say_something
from storage import messages, outbox, people, plans
from storage.database import Connection
from storage.people import Identity

FURTHEST_YEARS = 5
_DRAWN_ANEW = {
    NoticeKind.TASK_REMINDER,
    NoticeKind.TASK_DIGEST,
    NoticeKind.TASK_CARD,
    NoticeKind.TASK_SUBMITTED,
    NoticeKind.TASK_RETURNED,
    NoticeKind.EXTENSION_ASKED,
    NoticeKind.PLAN_DRAFT,
}


def acknowledge(db: Connection, act: TaskAct, now: datetime) -> Task:
    """Đã nhận. Raises `not_allowed`, `already_acknowledged`, `task_over`."""
    known = loaded(db, act, access.may_acknowledge)
    heard, events = task_lifecycle.acknowledge(known, act.person.id, now)
    plans.record(db, known, heard, events)
    task_copies.refresh(db, [heard], act.chat.id, now)
    return heard


def acknowledge_all(db: Connection, chat: Identity, person: Person, notice_id: int, now: datetime) -> int:
    """Đã nhận tất cả, below a digest: every task that it told of and that still waits; how many. Raises `old_button`."""
    told = outbox.data_of(db, notice_id, chat.id)
    if told is None or "items" not in told:
        raise Refused("old_button")
    wanted = plans.tasks_by_id(db, [int(item["task_id"]) for item in told["items"]]).values()
    waiting = [
        one
        for one in wanted
        if one.is_open and one.acknowledged_at is None and access.may_acknowledge(person, one)
    ]
    for one in waiting:
        heard, events = task_lifecycle.acknowledge(one, person.id, now)
        plans.record(db, one, heard, events)
    task_copies.refresh(db, waiting, chat.id, now)
    return len(waiting)


def draw_anew(db: Connection, chat: Identity, message_id: str | None, now: datetime) -> None:
    """The message below which a button was pressed shows the matter as it is now.

    What was so long that it took several messages is not said again: its last one becomes a `brief` one.
    """
    shown = outbox.told_in(db, chat.id, message_id) if message_id else None
    if shown is not None and shown.kind in _DRAWN_ANEW:
        task_copies.overtake(db, chat.id, message_id)
        data = {**task_copies.said(shown.data), "edits": message_id} | ({"brief": True} if shown.part else {})
        telling.tell_chat(db, chat.id, NoticeKind(shown.kind), now, None, **data)


def progress(
    db: Connection, cfg: Config, act: TaskAct, percent: int | None, words: Words, now: datetime
) -> Task:
    """Cập nhật tiến độ; `percent` None: as it was, only words or a picture. Raises `empty_text` when there is neither."""
    known = loaded(db, act, access.may_report_on)
    if percent is None:
        must_say_something(words)
    reached = known.progress if percent is None else percent
    message = kept(db, cfg, act, words, now)
    told, events = task_lifecycle.report_progress(
        known, act.person.id, now, reached, message.id, message.digest
    )
    plans.record(db, known, told, events)
    task_copies.refresh(db, [told], act.chat.id, now)
    return told


def submit(db: Connection, cfg: Config, act: TaskAct, words: Words, now: datetime) -> Task:
    """Hoàn thành, with evidence. Raises `evidence_needed`, `already_submitted`, `task_over`."""
    known = loaded(db, act, access.may_report_on)
    must_say_something(words, "evidence_needed")
    message = kept(db, cfg, act, words, now)
    waiting, events = task_lifecycle.submit(known, act.person.id, now, message.id, message.digest)
    plans.record(db, known, waiting, events)
    task_copies.refresh(db, [waiting], act.chat.id, now)
    told = plan_people.acceptors(db, waiting)
    _tell(db, told, NoticeKind.TASK_SUBMITTED, waiting, now, message_id=message.id)
    return waiting


def add_evidence(db: Connection, cfg: Config, act: TaskAct, words: Words, now: datetime) -> bool:
    """The other pictures of an album, each an update of its own. False when the album is nothing of a task's."""
    first = messages.evidence_of_album(db, words.album, act.person.id) if words.album else None
    if first is None or first.task_id is None:
        return False
    keep_files(db, cfg, act, first, words, now)
    return True


def accept(db: Connection, act: TaskAct, now: datetime) -> Task:
    """Chấp nhận. Raises `not_submitted`, `second_person_needed`, `not_allowed`."""
    known = _to_decide(db, act)
    done, events = task_lifecycle.accept(known, act.person.id, now)
    plans.record(db, known, done, events)
    reminding.stop_timers(db, done)
    task_copies.refresh(db, [done], act.chat.id, now)
    _tell(db, _unit(db, done, but=act.person.id), NoticeKind.TASK_ACCEPTED, done, now)
    return done


def send_back(db: Connection, cfg: Config, act: TaskAct, words: Words, now: datetime) -> Task:
    """Trả lại, with a reason. Raises `empty_text`, `not_submitted`, `second_person_needed`, `not_allowed`."""
    known = _to_decide(db, act)
    if not clean(words.text):
        raise Refused("empty_text")
    message = kept(db, cfg, act, words, now)
    told = _unit(db, known, but=act.person.id)
    back, events = task_lifecycle.send_back(known, act.person.id, now, message.id, message.digest)
    plans.record(db, known, back, events)
    reminding.look_again(db, back, now)
    task_copies.refresh(db, [back], act.chat.id, now)
    _tell(db, told, NoticeKind.TASK_RETURNED, back, now, message_id=message.id)
    return back


def obstruct(db: Connection, cfg: Config, act: TaskAct, words: Words, now: datetime) -> Task:
    """Vướng mắc: told to the leaders of the board, and to Văn phòng who follow the plan."""
    known = loaded(db, act, access.may_report_on)
    must_say_something(words)
    message = kept(db, cfg, act, words, now)
    stuck, events = task_lifecycle.obstruct(known, act.person.id, now, message.id, message.digest)
    plans.record(db, known, stuck, events)
    _tell_above(db, act, NoticeKind.TASK_OBSTRUCTED, stuck, now, message_id=message.id)
    return stuck


def ask_extension(
    db: Connection, cfg: Config, act: TaskAct, until: date, words: Words, now: datetime
) -> Task:
    """Xin lùi hạn. Raises `extension_not_later`, `bad_date`, `empty_text`."""
    known = loaded(db, act, access.may_report_on)
    if until.year > now.year + FURTHEST_YEARS:
        raise Refused("bad_date")
    if not clean(words.text):
        raise Refused("empty_text")
    message = kept(db, cfg, act, words, now)
    asked, events = task_lifecycle.ask_extension(known, act.person.id, now, until, message.id, message.digest)
    plans.record(db, known, asked, events)
    asking = {"day": until.isoformat(), "message_id": message.id}
    _tell_above(db, act, NoticeKind.EXTENSION_ASKED, asked, now, **asking)
    return asked


def decide_extension(db: Connection, act: TaskAct, granted: bool, until: date, now: datetime) -> Task:
    """A leader's word on the day that was asked for; a button of an earlier request is refused as `old_button`."""
    known = loaded(db, act, lambda person, _: access.may_extend(person))
    if known.is_open and known.asked_due_on is not None and known.asked_due_on != until:
        raise Refused("old_button")
    office = reference(db).office()
    decided, events = task_lifecycle.decide_extension(
        known, act.person.id, now, granted, legal_end(until), working_due(until, office)
    )
    plans.record(db, known, decided, events)
    if granted:
        settings = reminding.settings_of(db, decided.document_id)
        reminding.set_timers(db, office, decided, settings, now)
    task_copies.refresh(db, [decided], act.chat.id, now)
    was = known.due_on.isoformat() if known.due_on else None
    told = {"granted": granted, "day": until.isoformat(), "was": was}
    hearing = dict.fromkeys([*_unit(db, decided), *plan_people.office(db)])
    _tell(db, list(hearing), NoticeKind.EXTENSION_DECIDED, decided, now, **told)
    return decided


def set_day(db: Connection, act: TaskAct, day: date, now: datetime) -> Task:
    """Đặt hạn, where the plan has none: reminders begin. Raises `has_a_day`, `bad_date`."""
    known = loaded(db, act, lambda person, _: access.may_fill_in(person))
    office = reference(db).office()
    if day.year > now.year + FURTHEST_YEARS:
        raise Refused("bad_date")
    dated, events = task_lifecycle.set_day(
        known, act.person.id, now, day, legal_end(day), working_due(day, office)
    )
    plans.record(db, known, dated, events)
    reminding.set_timers(db, office, dated, reminding.settings_of(db, dated.document_id), now)
    task_copies.refresh(db, [dated], act.chat.id, now)
    return dated


def set_output(db: Connection, cfg: Config, act: TaskAct, words: Words, now: datetime) -> Task:
    """Ghi sản phẩm, where the plan has none. Raises `empty_text`."""
    known = loaded(db, act, lambda person, _: access.may_fill_in(person))
    if not clean(words.text):
        raise Refused("empty_text")
    message = kept(db, cfg, act, words, now)
    told, events = task_lifecycle.set_output(
        known, act.person.id, now, message.text, message.id, message.digest
    )
    plans.record(db, known, told, events)
    return told


def check_filling_in(db: Connection, act: TaskAct) -> Task:
    """Refuses before words are asked for."""
    return must_be_open(loaded(db, act, lambda person, _: access.may_fill_in(person)))


def check_report(db: Connection, act: TaskAct) -> Task:
    """Refuses before words are asked for."""
    return must_be_open(loaded(db, act, access.may_report_on))


def check_submission(db: Connection, act: TaskAct) -> Task:
    """As check_report; twice submitted is refused at once."""
    known = check_report(db, act)
    if known.status is TaskStatus.SUBMITTED:
        raise Refused("already_submitted", number=known.number)
    return known


def check_extension(db: Connection, act: TaskAct, until: date | None = None) -> Task:
    """As check_report; what has no deadline has none to move, and a day that is not later is refused before a reason is asked."""
    known = check_report(db, act)
    if known.due_on is None or (until is not None and until <= known.due_on):
        raise Refused("extension_not_later")
    return known


def check_decision(db: Connection, act: TaskAct) -> Task:
    """Refuses before a reason is asked for."""
    return _to_decide(db, act)


def seen(db: Connection, act: TaskAct) -> Task:
    """The task, for whoever may see it."""
    return loaded(db, act, access.may_see_task)


def numbered(db: Connection, person: Person, number: str, now: datetime) -> Sequence[Task]:
    """Tasks with this number in the plans in force that the person may see, the most urgent first: /nhiemvu 10."""
    wanted = clean(number).casefold()
    found = (
        one
        for one in plans.all_tasks(db)
        if one.number.casefold() == wanted and access.may_see_task(person, one)
    )
    return most_urgent_first(found, now)


def _to_decide(db: Connection, act: TaskAct) -> Task:
    """What waits for acceptance. Who reported it reads why somebody else has to accept it."""
    known = loaded(db, act, access.may_see_task)
    if known.status is not TaskStatus.SUBMITTED:
        raise Refused("not_submitted", number=known.number)
    if known.submitted_by == act.person.id:
        raise Refused("second_person_needed")
    return loaded(db, act, access.may_accept)


def _unit(db: Connection, known: Task, but: PersonId | None = None) -> Sequence[PersonId]:
    """The unit, and whoever submitted for it."""
    own = [person.id for person in plan_people.members(db, *known.units)]
    more = [known.submitted_by] if known.submitted_by is not None else []
    return [person for person in dict.fromkeys([*own, *more]) if person != but]


def _tell(
    db: Connection, told: Sequence[PersonId], kind: NoticeKind, known: Task, now: datetime, **data: Any
) -> None:
    telling.tell_people(db, told, kind, now, priority=Priority.CARD, **{"task_id": known.id, **data})


def _tell_above(
    db: Connection, act: TaskAct, kind: NoticeKind, known: Task, now: datetime, **data: Any
) -> None:
    """To the leaders (not at night), and to Văn phòng; never back to whoever asked."""
    facts = {"task_id": known.id, **data}
    leaders = [person.id for person in people.staff(db, Role.LEADER) if person.id != act.person.id]
    if leaders:
        telling.tell_leaders(db, kind, now, None, **facts)
    offices = [person for person in plan_people.office(db) if person != act.person.id]
    telling.tell_people(db, offices, kind, now, **facts)
