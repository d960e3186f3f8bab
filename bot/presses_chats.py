"""/kenh and its buttons: the chats of whoever asks, which one is preferred, a code for one more, giving one up."""

from collections.abc import Callable, Mapping

from bot.payloads import Action, Payload
from bot.turn import Turn
from core.errors import Refused
from core.notices import NoticeKind
from core.people import Person
from services import chats


def show(turn: Turn, argument: str = "") -> None:
    """Which chats this person has; they are told in this one."""
    turn.say(NoticeKind.MY_CHATS, items=chats.listed(turn.db, _me(turn).id, turn.chat.id))


def _prefer(turn: Turn, payload: Payload) -> None:
    chats.prefer(turn.db, _me(turn), payload.ticket_id)
    show(turn)


def _code(turn: Turn, payload: Payload) -> None:
    turn.say(NoticeKind.CHAT_CODE, **chats.code_for_another(turn.db, turn.cfg, _me(turn), turn.now))


def _drop(turn: Turn, payload: Payload) -> None:
    if payload.argument == "y":
        me = _me(turn)
        gone = chats.drop(turn.db, turn.cfg, me, turn.chat, payload.ticket_id, turn.now)
        turn.say(NoticeKind.CHAT_DROPPED, channel=gone.channel, staff=me.is_staff)
        return
    chat = chats.check_drop(turn.db, _me(turn), turn.chat, payload.ticket_id, turn.now)
    turn.say(NoticeKind.CHAT_DROP, id=chat.id, channel=chat.channel)


def _me(turn: Turn) -> Person:
    if turn.person is None or turn.chat.kind == "group":
        raise Refused("only_private")
    return turn.person


ACTIONS: Mapping[Action, Callable[[Turn, Payload], None]] = {
    Action.PREFER_CHAT: _prefer,
    Action.CHAT_CODE: _code,
    Action.DROP_CHAT: _drop,
}
