"""Words and files that answer a question about a task: progress, evidence, an obstacle, a later date, a reason."""

import re
from collections.abc import Callable, Mapping
from datetime import date

from bot.inbound import Message
from bot.presses_tasks import act_of, ask_for_words, say
from bot.turn import Turn
from bot.typed import typed_date
from core.errors import Refused
from core.folding import clean
from core.notices import NoticeKind
from services import tasks
from services.opening import File
from services.task_acts import Words
from storage.people import Draft

Answer = Callable[[Turn, Draft, Message], None]
_PERCENT = re.compile(r"^\s*(\d{1,4})\s*(?:%|phần trăm)\s*[:,.;–-]*\s*", re.IGNORECASE)
_DAY = re.compile(r"\b(\d{4}-\d{1,2}-\d{1,2}|\d{1,2}[/.-]\d{1,2}(?:[/.-]\d{4})?)\b")


def more_of_an_album(turn: Turn, message: Message) -> bool:
    """The later pictures of an album that was sent as evidence, each an update of its own: True when this was one."""
    if not message.album or turn.person is None or not turn.person.is_staff:
        return False
    return tasks.add_evidence(turn.db, turn.cfg, act_of(turn, 0), _words(turn, message), turn.now)


def _progress(turn: Turn, draft: Draft, message: Message) -> None:
    """ "60% đã xong …": the percentage in front is taken; words alone belong to what was pressed before."""
    told = _PERCENT.match(message.text)
    percent = int(told[1]) if told else draft.data.get("percent")
    words = _words(turn, message)
    reached = tasks.progress(turn.db, turn.cfg, act_of(turn, _task(draft)), percent, words, turn.now)
    say(turn, NoticeKind.TASK_DONE, reached.id, action="progress", percent=reached.progress)


def _submit(turn: Turn, draft: Draft, message: Message) -> None:
    act = act_of(turn, _task(draft))
    tasks.submit(turn.db, turn.cfg, act, _words(turn, message), turn.now)
    say(turn, NoticeKind.TASK_DONE, act.task_id, action="submit")


def _obstruct(turn: Turn, draft: Draft, message: Message) -> None:
    act = act_of(turn, _task(draft))
    tasks.obstruct(turn.db, turn.cfg, act, _words(turn, message), turn.now)
    say(turn, NoticeKind.TASK_DONE, act.task_id, action="obstruct")


def _extend(turn: Turn, draft: Draft, message: Message) -> None:
    """The day and the reason in one message; a day alone is asked for its reason."""
    found = _DAY.search(clean(message.text))
    if found is None:
        raise Refused("bad_date")
    until = typed_date(found[1], turn.now)
    reason = _DAY.sub("", clean(message.text), count=1).strip(" ,;:.–-\n")
    if not reason:
        tasks.check_extension(turn.db, act_of(turn, _task(draft)), until)
        ask_for_words(turn, "extend_reason", _task(draft), day=until.isoformat())
        return
    _ask_extension(turn, draft, message, until)


def _extend_reason(turn: Turn, draft: Draft, message: Message) -> None:
    _ask_extension(turn, draft, message, date.fromisoformat(str(draft.data["day"])))


def _ask_extension(turn: Turn, draft: Draft, message: Message, until: date) -> None:
    act = act_of(turn, _task(draft))
    tasks.ask_extension(turn.db, turn.cfg, act, until, _words(turn, message), turn.now)
    say(turn, NoticeKind.TASK_DONE, act.task_id, action="extend")


def _return(turn: Turn, draft: Draft, message: Message) -> None:
    act = act_of(turn, _task(draft))
    tasks.send_back(turn.db, turn.cfg, act, _words(turn, message), turn.now)
    say(turn, NoticeKind.TASK_DONE, act.task_id, action="return")


def _day(turn: Turn, draft: Draft, message: Message) -> None:
    act = act_of(turn, _task(draft))
    tasks.set_day(turn.db, act, typed_date(message.text, turn.now), turn.now)
    say(turn, NoticeKind.TASK_CARD, act.task_id)


def _output(turn: Turn, draft: Draft, message: Message) -> None:
    act = act_of(turn, _task(draft))
    tasks.set_output(turn.db, turn.cfg, act, _words(turn, message), turn.now)
    say(turn, NoticeKind.TASK_CARD, act.task_id)


def _task(draft: Draft) -> int:
    return int(draft.data["task_id"])


def _words(turn: Turn, message: Message) -> Words:
    files = [File(f.kind, f.provider_id, f.name and clean(f.name), f.mime, f.size) for f in message.files]
    return Words(message.text, message.message_id, files, message.album, turn.inbox_id)


ANSWERS: Mapping[str, Answer] = {
    "task_progress": _progress,
    "task_submit": _submit,
    "task_obstruct": _obstruct,
    "task_extend": _extend,
    "task_extend_reason": _extend_reason,
    "task_return": _return,
    "task_day": _day,
    "task_output": _output,
}
# A picture says how far something is, what is in the way, that it is done; it is no day and no reason.
WORDS_ONLY = frozenset({"task_extend", "task_extend_reason", "task_return", "task_day", "task_output"})
