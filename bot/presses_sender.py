"""What a sender presses: a new ticket, details, the rating and what follows from it, the language, the own data."""

from collections.abc import Callable, Mapping

from bot.payloads import Action, Payload
from bot.turn import Turn
from core.errors import Refused
from core.notices import NoticeKind
from core.ticket import Score
from services import details, directory, privacy, rating
from services.opening import PATIENCE
from storage import people


def _new_ticket(turn: Turn, payload: Payload) -> None:
    wait_for_new_ticket(turn)
    turn.say(NoticeKind.NEW_TICKET_READY)


def wait_for_new_ticket(turn: Turn) -> None:
    """The next message of this chat opens a ticket of its own."""
    people.set_draft(turn.db, turn.chat.id, "new_ticket", None, turn.now + PATIENCE)


def _detail(turn: Turn, payload: Payload) -> None:
    name, _, value = payload.argument.partition("=")
    if value:
        details.save(turn.db, turn.cfg, turn.act(payload.ticket_id), name, value, turn.now)
    else:
        details.ask(turn.db, turn.act(payload.ticket_id), name, turn.now)


def _skip(turn: Turn, payload: Payload) -> None:
    details.skip(turn.db, turn.act(payload.ticket_id), payload.argument, turn.now)


def _rate(turn: Turn, payload: Payload) -> None:
    score, _, cycle = payload.argument.partition(".")
    if score not in set(Score) or not cycle.isdecimal():
        raise Refused("unknown_button")
    rating.rate(turn.db, turn.cfg, turn.act(payload.ticket_id), Score(score), int(cycle), turn.now)
    people.set_draft(turn.db, turn.chat.id, "comment", payload.ticket_id, turn.now + PATIENCE)


def _reopen(turn: Turn, payload: Payload) -> None:
    people.clear_draft(turn.db, turn.chat.id)
    rating.reopen(turn.db, turn.cfg, turn.act(payload.ticket_id), turn.now)


def _no_reopen(turn: Turn, payload: Payload) -> None:
    rating.decline(turn.db, turn.act(payload.ticket_id), turn.now)


def _language(turn: Turn, payload: Payload) -> None:
    if turn.person is not None:
        directory.set_language(turn.db, turn.person, payload.argument)
    turn.say(NoticeKind.LANGUAGE_SET, language=payload.argument)


def _erase(turn: Turn, payload: Payload) -> None:
    if turn.person is None or turn.person.is_staff:
        raise Refused("not_allowed")
    turn.say(NoticeKind.ERASED, open=privacy.erase(turn.db, turn.cfg, turn.person, turn.now))


def _keep_data(turn: Turn, payload: Payload) -> None:
    turn.say(NoticeKind.DONE, action="keep_data")


ACTIONS: Mapping[Action, Callable[[Turn, Payload], None]] = {
    Action.NEW_TICKET: _new_ticket,
    Action.DETAIL: _detail,
    Action.SKIP: _skip,
    Action.RATE: _rate,
    Action.REOPEN: _reopen,
    Action.NO_REOPEN: _no_reopen,
    Action.LANGUAGE: _language,
    Action.ERASE: _erase,
    Action.KEEP_DATA: _keep_data,
}
