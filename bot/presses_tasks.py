"""Buttons below tasks and plans. As everywhere, a button is a request: each errand checks again who may."""

from collections.abc import Callable, Mapping
from datetime import date

from bot.payloads import Action, Payload
from bot.turn import Turn
from core import access
from core.errors import Refused
from core.ids import TicketId
from core.notices import NoticeKind
from core.people import Person
from services import evidence, planning, tasks, telling
from services.opening import PATIENCE
from services.task_acts import TaskAct, Words
from storage import people

Do = Callable[[Turn, Payload], None]


def act_of(turn: Turn, task_id: int) -> TaskAct:
    """This person doing something with a task."""
    return TaskAct(turn.chat, _person(turn), task_id)


def say(turn: Turn, kind: NoticeKind, task_id: int, **data: object) -> None:
    """Answers whoever wrote or pressed, about a task."""
    nothing: TicketId | None = None
    telling.tell_chat(turn.db, turn.answers_to, kind, turn.now, nothing, **{"task_id": task_id, **data})


def ask_for_words(turn: Turn, kind: str, task_id: int, **data: object) -> None:
    """The next message of this person, in their private chat, is the `kind` of this task."""
    kept = {"task_id": task_id, **data}
    people.set_draft(turn.db, turn.answers_to, f"task_{kind}", None, turn.now + PATIENCE, kept)
    say(turn, NoticeKind.TASK_PROMPT, task_id, action=kind, **data)


def show_tasks(turn: Turn, scope: str) -> None:
    """/nhiemvu and its button: my unit's tasks, or all of them for whoever follows every plan."""
    person = _person(turn)
    if not person.is_staff:
        raise Refused("not_allowed")
    telling.tell_chat(turn.db, turn.answers_to, NoticeKind.MY_TASKS, turn.now, scope=scope)


def show_task(turn: Turn, task_id: int) -> None:
    """The task as it stands, with the pictures and files that were sent for it."""
    tasks.seen(turn.db, act_of(turn, task_id))
    say(turn, NoticeKind.TASK_CARD, task_id)
    evidence.files_to(turn.db, task_id, turn.answers_to, turn.now)


def show_review(turn: Turn, document_id: int) -> None:
    """The draft with its buttons."""
    telling.tell_chat(turn.db, turn.answers_to, NoticeKind.PLAN_DRAFT, turn.now, document_id=document_id)


def _acknowledge(turn: Turn, payload: Payload) -> None:
    tasks.acknowledge(turn.db, act_of(turn, payload.ticket_id), turn.now)
    _draw_anew(turn)
    say(turn, NoticeKind.TASK_DONE, payload.ticket_id, action="acknowledge")


def _acknowledge_all(turn: Turn, payload: Payload) -> None:
    count = tasks.acknowledge_all(turn.db, turn.chat, _person(turn), payload.ticket_id, turn.now)
    _draw_anew(turn)
    turn.say(NoticeKind.TASK_DONE, action="acknowledge_all", count=count)


def _progress(turn: Turn, payload: Payload) -> None:
    """Without an argument it asks; with one that is recorded at once, and words may follow."""
    act = act_of(turn, payload.ticket_id)
    if not payload.argument:
        tasks.check_report(turn.db, act)
        ask_for_words(turn, "progress", act.task_id)
        return
    if not payload.argument.isdecimal() or len(payload.argument) > 3:
        raise Refused("unknown_button")
    percent = int(payload.argument)
    tasks.progress(turn.db, turn.cfg, act, percent, Words(""), turn.now)
    ask_for_words(turn, "progress", act.task_id, percent=percent)


def _submit(turn: Turn, payload: Payload) -> None:
    tasks.check_submission(turn.db, act_of(turn, payload.ticket_id))
    ask_for_words(turn, "submit", payload.ticket_id)


def _obstruct(turn: Turn, payload: Payload) -> None:
    tasks.check_report(turn.db, act_of(turn, payload.ticket_id))
    ask_for_words(turn, "obstruct", payload.ticket_id)


def _extend(turn: Turn, payload: Payload) -> None:
    tasks.check_extension(turn.db, act_of(turn, payload.ticket_id))
    ask_for_words(turn, "extend", payload.ticket_id)


def _fill_in(what: str) -> Do:
    def ask(turn: Turn, payload: Payload) -> None:
        tasks.check_filling_in(turn.db, act_of(turn, payload.ticket_id))
        ask_for_words(turn, what, payload.ticket_id)

    return ask


def _accept(turn: Turn, payload: Payload) -> None:
    tasks.accept(turn.db, act_of(turn, payload.ticket_id), turn.now)
    _draw_anew(turn)
    say(turn, NoticeKind.TASK_DONE, payload.ticket_id, action="accept")


def _return(turn: Turn, payload: Payload) -> None:
    tasks.check_decision(turn.db, act_of(turn, payload.ticket_id))
    ask_for_words(turn, "return", payload.ticket_id)


def _extension(granted: bool) -> Do:
    def decide(turn: Turn, payload: Payload) -> None:
        try:
            until = date.fromisoformat(payload.argument)
        except ValueError:
            raise Refused("unknown_button") from None
        tasks.decide_extension(turn.db, act_of(turn, payload.ticket_id), granted, until, turn.now)
        _draw_anew(turn)
        action = "extend_yes" if granted else "extend_no"
        say(turn, NoticeKind.TASK_DONE, payload.ticket_id, action=action)

    return decide


def _show(turn: Turn, payload: Payload) -> None:
    show_task(turn, payload.ticket_id)


def _my_tasks(turn: Turn, payload: Payload) -> None:
    show_tasks(turn, "all" if payload.argument == "all" else "unit")


def _apply(turn: Turn, payload: Payload) -> None:
    """Văn phòng hears of it, and so does an administrator who pressed."""
    person = _keeper(turn)
    applied = planning.apply(turn.db, turn.cfg, payload.ticket_id, person.id, turn.now)
    _draw_anew(turn)
    if person.role not in access.MANAGERS:
        telling.tell_chat(
            turn.db, turn.answers_to, NoticeKind.PLAN_APPLIED, turn.now, **planning.told_of(applied)
        )


def _drop(turn: Turn, payload: Payload) -> None:
    _keeper(turn)
    planning.drop(turn.db, payload.ticket_id)
    _draw_anew(turn)
    turn.say(NoticeKind.TASK_DONE, action="plan_drop")


def _checkins(turn: Turn, payload: Payload) -> None:
    _keeper(turn)
    planning.choose_checkins(turn.db, payload.ticket_id, payload.argument)
    _draw_anew(turn)


def _draw_anew(turn: Turn) -> None:
    """Nothing stays to be pressed that was pressed already."""
    tasks.draw_anew(turn.db, turn.chat, turn.pressed, turn.now)


def _keeper(turn: Turn) -> Person:
    person = _person(turn)
    if not access.may_keep_plans(person):
        raise Refused("not_allowed")
    return person


def _person(turn: Turn) -> Person:
    if turn.person is None:
        raise Refused("stranger")
    return turn.person


ACTIONS: Mapping[Action, Do] = {
    Action.TASK_ACK: _acknowledge,
    Action.TASK_ACK_ALL: _acknowledge_all,
    Action.TASK_PROGRESS: _progress,
    Action.TASK_SUBMIT: _submit,
    Action.TASK_OBSTRUCT: _obstruct,
    Action.TASK_EXTEND: _extend,
    Action.TASK_ACCEPT: _accept,
    Action.TASK_RETURN: _return,
    Action.TASK_SHOW: _show,
    Action.TASK_DAY: _fill_in("day"),
    Action.TASK_OUTPUT: _fill_in("output"),
    Action.EXTEND_YES: _extension(True),
    Action.EXTEND_NO: _extension(False),
    Action.MY_TASKS: _my_tasks,
    Action.PLAN_APPLY: _apply,
    Action.PLAN_DROP: _drop,
    Action.PLAN_CHECKINS: _checkins,
}
