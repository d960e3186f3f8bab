"""The commands that people type: /start /phieu /tracuu /trogiup … and the staff's /viec /ca /nhom."""

from collections.abc import Callable

from bot import presses_calendars, presses_chats, presses_opening, presses_tasks
from bot.inbound import Message
from bot.turn import Turn
from core import access
from core.errors import Refused
from core.ids import PersonId
from core.intake import gate_from_payload
from core.notices import NoticeKind
from services import (
    casework,
    directory,
    duty,
    figures_shown,
    linking,
    lookup,
    plan_facts,
    plan_papers,
    privacy,
    tasks,
    telling,
)
from services.reference import reference
from storage import people

LINK = "link_"
SHOWN_AT_ONCE = 3  # plans may count alike, and a series has a dozen of one number: the rest is a list


def is_command(text: str) -> bool:
    """A slash and a word that we know; "/ 2 xe" or an unknown command with more words behind it is a message like any other."""
    name, _, rest = _parts(text)
    return text.startswith("/") and (name in _COMMANDS or (name.isalpha() and name.isascii() and not rest))


def command(turn: Turn, message: Message) -> None:
    """Runs one command. Raises `unknown_command`, and `only_private` or `not_allowed` where it is not theirs."""
    name, argument, _ = _parts(message.text)
    if name not in _COMMANDS:
        raise Refused("unknown_command")
    if message.origin.chat_kind == "group" and name not in _IN_GROUPS:
        return  # other bots live in groups too
    _COMMANDS[name](turn, argument)


def _start(turn: Turn, argument: str) -> None:
    """With a payload: a gate's QR code, or a code that links this chat."""
    if argument.lower().startswith(LINK):
        _link(turn, argument[len(LINK) :])
        return
    ref = reference(turn.db)
    gate = gate_from_payload(argument, list(ref.gates))
    if gate:
        people.update_identity(turn.db, turn.chat.id, gate=gate)
    turn.say(NoticeKind.WELCOME, gate=gate or turn.chat.gate)


def greet_once(turn: Turn) -> None:
    """As /start, for whoever came without a word (followed an account): not again when they come back, or wrote before."""
    if turn.chat.greeted_at is None and turn.chat.privacy_shown_at is None:
        people.update_identity(turn.db, turn.chat.id, greeted_at=turn.now)
        _start(turn, "")


def _link(turn: Turn, argument: str) -> None:
    person = linking.link(turn.db, turn.chat, argument, turn.now)
    if not person.is_staff:
        turn.say(NoticeKind.CHAT_LINKED, here=True)
        return
    turn.say(NoticeKind.LINKED, name=person.name, role=str(person.role))
    presses_opening.show_queue(turn, person.id)
    # A new chat begins empty: what was sent to the lost one is shown again as it stands now.
    if plan_facts.owes_tasks(turn.db, person):
        turn.say(NoticeKind.MY_TASKS, scope="unit")


def _my_tickets(turn: Turn, argument: str) -> None:
    if turn.person:
        lookup.my_tickets(turn.db, turn.chat, turn.person, turn.now)


def _look_up(turn: Turn, argument: str) -> None:
    """Staff name the code alone and get the whole card of what they may see; anybody's ticket shows its stage to its key."""
    code, _, key = argument.partition(" ")
    if not code:
        turn.say(NoticeKind.LOOKUP_HOW)
    elif key or not presses_opening.opened_by_code(turn, code):
        lookup.look_up(turn.db, turn.chat, code, key, turn.now)


def _help(turn: Turn, argument: str) -> None:
    person = turn.person
    if person is None or not person.is_staff:
        turn.say(NoticeKind.HELP)
        return
    reads = person.id in casework.readers(turn.db, turn.cfg)
    turn.say(NoticeKind.HELP, role=str(person.role), is_head=person.is_head, reads_sealed=reads)


def _language(turn: Turn, argument: str) -> None:
    turn.say(NoticeKind.LANGUAGE_CHOICE)


def _my_data(turn: Turn, argument: str) -> None:
    if turn.person:
        turn.say(NoticeKind.MY_DATA, **privacy.my_data(turn.db, turn.person))


def _erase(turn: Turn, argument: str) -> None:
    turn.say(NoticeKind.ERASE_CONFIRM)


def _queue(turn: Turn, argument: str) -> None:
    presses_opening.on_page(turn, argument)


def _shift(turn: Turn, argument: str) -> None:
    me = _staff(turn)
    shift = duty.shift_of(turn.db, me, turn.now)
    held, _ = duty.queue(turn.db, turn.person) if turn.person else ((), ())
    told = (
        {"gate": shift.gate, "starts_at": shift.starts_at.isoformat(), "ends_at": shift.ends_at.isoformat()}
        if shift
        else {}
    )
    turn.say(NoticeKind.MY_SHIFT, **told, items=lookup.items(held))


def _figures(turn: Turn, argument: str) -> None:
    """/solieu: my own figures of this month, a head's people's, for Văn phòng and leaders the board's; also /solieu 10/2026 Lan."""
    if turn.person is None:
        raise Refused("not_allowed")
    turn.say(NoticeKind.FIGURES, **figures_shown.asked(turn.db, turn.person, argument, turn.now))


def _tasks(turn: Turn, argument: str) -> None:
    """/nhiemvu: my unit's tasks, for Văn phòng, leaders and administrators all; /nhiemvu 10 opens the one of that number."""
    if turn.person is None or not turn.person.is_staff:
        raise Refused("not_allowed")
    if not argument:
        presses_tasks.show_tasks(turn, "all" if access.may_lead(turn.person) else "unit")
        return
    found = tasks.numbered(turn.db, turn.person, argument, turn.now)
    if not found:
        raise Refused("unknown_task", value=argument[:20])
    for one in found[:SHOWN_AT_ONCE]:
        presses_tasks.show_task(turn, one.id)
    if rest := [one.id for one in found[SHOWN_AT_ONCE:]]:
        turn.say(NoticeKind.MY_TASKS, scope="number", task_ids=rest, number=found[0].number)


def _papers(turn: Turn, argument: str) -> None:
    """/baocao: the draft report on the plans and the working table as files, of this year; /baocao IV/2026 of a quarter."""
    if turn.person is None:
        raise Refused("not_allowed")
    plan_papers.ask(turn.db, turn.chat.id, turn.person, argument, turn.now)


def _group(turn: Turn, argument: str) -> None:
    """/nhom HN, written in a group by Văn phòng, a leader or an administrator."""
    if turn.person is None:
        raise Refused("not_allowed")
    ref, topic = reference(turn.db), turn.origin.topic
    gate = directory.link_group(turn.db, ref, turn.person, turn.chat, argument.strip(), topic)
    telling.tell_chat(turn.db, turn.chat.id, NoticeKind.GROUP_LINKED, turn.now, gate=gate)


def _cancel(turn: Turn, argument: str) -> None:
    if not lookup.stop_waiting(turn.db, turn.chat):
        raise Refused("nothing_to_cancel")
    turn.say(NoticeKind.DONE, action="cancel")


def _staff(turn: Turn) -> PersonId:
    if turn.person is None or not turn.person.is_staff:
        raise Refused("not_allowed")
    return turn.person.id


def _parts(text: str) -> tuple[str, str, str]:
    """("start", "gate_HN", "gate_HN") of "/start@hotline_bot gate_HN"."""
    head, _, rest = text.strip().partition(" ")
    return head[1:].partition("@")[0].lower(), rest.strip(), rest.strip()


_COMMANDS: dict[str, Callable[[Turn, str], None]] = {
    "start": _start,
    "phieu": _my_tickets,
    "tracuu": _look_up,
    "trogiup": _help,
    "help": _help,
    "ngonngu": _language,
    "language": _language,
    "dulieucuatoi": _my_data,
    "xoadulieu": _erase,
    "kenh": presses_chats.show,
    "viec": _queue,
    "ca": _shift,
    "nhom": _group,
    "nhiemvu": _tasks,
    "lich": presses_calendars.show,
    "solieu": _figures,
    "baocao": _papers,
    "huy": _cancel,
    "link": _link,
    "lienket": _link,
}
_IN_GROUPS = {"nhom", "viec"}
