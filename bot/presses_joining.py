"""Gộp phiếu in the chat: a short list of what the ticket may go on under, or a typed code. And Tách phiếu, the way back."""

from collections.abc import Sequence

from bot.inbound import Message
from bot.payloads import LARGEST_ID, SURE, Action, Payload
from bot.turn import Turn
from core.errors import Refused
from core.ids import TicketId
from core.notices import NoticeKind
from services import joining, parting, telling
from services.opening import PATIENCE
from storage import outbox, people
from storage.people import Draft

DRAFT = "join"


def press(turn: Turn, payload: Payload) -> None:
    """Without an argument the list is shown; a ticket chosen from it is asked about once more, for senders are told at once."""
    chosen, sure, promised = payload.argument.partition(SURE)
    if not chosen:
        found = joining.candidates(turn.db, turn.cfg, turn.act(payload.ticket_id))
        _offer(turn, payload.ticket_id, [one.id for one in found])
    elif not sure or _has_changed(turn, payload.ticket_id, _number(chosen), promised):
        _ask(turn, payload.ticket_id, _number(chosen))
    else:
        _join(turn, payload.ticket_id, _number(chosen))


def typed(turn: Turn, draft: Draft, message: Message) -> None:
    """A code in place of a press."""
    _ask(turn, draft.ticket_id or 0, joining.named(turn.db, turn.cfg, message.text))


def _ask(turn: Turn, ticket_id: int, into: TicketId) -> None:
    joining.check(turn.db, turn.cfg, turn.act(ticket_id), into, turn.now)
    _offer(turn, ticket_id, [into], sure=True, promised=joining.promised(turn.db, ticket_id, into))


def _has_changed(turn: Turn, ticket_id: int, into: TicketId, promised: str) -> bool:
    """Whether the question was asked before the two were joined and parted again: then it is asked once more."""
    return bool(promised) and promised != str(joining.promised(turn.db, ticket_id, into))


def _offer(turn: Turn, ticket_id: int, ticket_ids: Sequence[int], **more: int) -> None:
    people.set_draft(turn.db, turn.answers_to, DRAFT, ticket_id, turn.now + PATIENCE)
    turn.say(NoticeKind.JOIN_MENU, ticket_id, ticket_ids=list(ticket_ids), **more)


def _join(turn: Turn, ticket_id: int, into: TicketId) -> None:
    joined = joining.join(turn.db, turn.cfg, turn.act(ticket_id), into, turn.now)
    people.clear_draft(turn.db, turn.answers_to)
    turn.say(NoticeKind.DONE, joined.id, action="join")
    telling.show_card_to(turn.db, joined, turn.answers_to, turn.now)


def part(turn: Turn, payload: Payload) -> None:
    """Without an argument the list of what goes on under the ticket; a ticket chosen from it stands by itself again."""
    act = turn.act(payload.ticket_id)
    if not payload.argument:
        found = parting.listed(turn.db, turn.cfg, act)
        turn.say(NoticeKind.PART_MENU, payload.ticket_id, ticket_ids=[one.id for one in found])
        return
    parted = parting.part(turn.db, turn.cfg, act, _number(payload.argument), turn.now)
    turn.say(NoticeKind.DONE, parted.id, action="part")
    # Back in the pool it comes to whoever is on shift, perhaps to this chat too.
    if turn.answers_to not in outbox.card_waits(turn.db, parted.id):
        telling.show_card_to(turn.db, parted, turn.answers_to, turn.now)


def _number(argument: str) -> TicketId:
    if not argument.isdecimal() or int(argument) > LARGEST_ID:
        raise Refused("unknown_button")
    return TicketId(int(argument))


ACTIONS = {Action.JOIN: press, Action.PART: part}
ANSWERS = {DRAFT: typed}
