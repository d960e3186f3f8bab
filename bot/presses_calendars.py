"""/lich and its buttons: an address of one's own at which a telephone finds the deadlines."""

from collections.abc import Callable, Mapping

from bot.payloads import Action, Payload
from bot.turn import Turn
from core.errors import Refused
from core.notices import NoticeKind
from core.people import Person
from services import feeds


def show(turn: Turn, argument: str = "") -> None:
    """Which calendars there are for this person."""
    turn.say(NoticeKind.CALENDARS, items=feeds.offered(turn.db, _staff(turn)))


def _new(turn: Turn, payload: Payload) -> None:
    sealed = feeds.new_address(turn.db, turn.cfg, _staff(turn), payload.argument, turn.now)
    turn.say(NoticeKind.CALENDAR_ADDRESS, scope=payload.argument, sealed_secret=sealed)


def _stop(turn: Turn, payload: Payload) -> None:
    feeds.stop(turn.db, _staff(turn), payload.argument)
    turn.say(NoticeKind.CALENDAR_STOPPED, scope=payload.argument)


def _staff(turn: Turn) -> Person:
    if turn.person is None or not turn.person.is_staff:
        raise Refused("not_allowed")
    return turn.person


ACTIONS: Mapping[Action, Callable[[Turn, Payload], None]] = {
    Action.CALENDAR_NEW: _new,
    Action.CALENDAR_STOP: _stop,
}
