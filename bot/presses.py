"""Pressed buttons: the payload is read, then every errand checks again who may. An old or forged button does nothing."""

from collections.abc import Callable, Sequence
from dataclasses import replace

import structlog

from bot import (
    presses_calendars,
    presses_chats,
    presses_joining,
    presses_opening,
    presses_sender,
    presses_tasks,
    staff_words,
)
from bot.inbound import Message, Press
from bot.payloads import LARGEST_ID, Action, Payload, read
from bot.turn import Turn
from core.errors import Refused
from core.ids import PersonId
from core.notices import NoticeKind
from core.people import Person
from services import (
    agency,
    attachments,
    casework,
    figures_shown,
    handling,
    handover,
    judging,
    passing,
    telling,
)
from services.reference import reference
from storage import inbox, messages, outbox, people

log = structlog.get_logger()
Do = Callable[[Turn, Payload], None]
BREACH_REASONS = {"overload", "other_agency", "no_info", "system", "roster", "other"}


def press(turn: Turn, pressed: Press) -> None:
    """Does what the button asks for. Raises Refused: `unknown_button`, `not_allowed`, and what the errand refuses."""
    payload = read(pressed.payload)
    if payload is None:
        raise Refused("unknown_button")
    if turn.person is None:
        log.warning("a stranger pressed a button", channel=turn.origin.channel, action=payload.action.name)
        raise Refused("stranger")
    _ACTIONS[payload.action](replace(turn, pressed=pressed.message_id), payload)


def _claim(turn: Turn, payload: Payload) -> None:
    card = outbox.ticket_of_message(turn.db, turn.chat.id, turn.pressed or "") == payload.ticket_id
    has_one = turn.chat.id in outbox.has_card(turn.db, payload.ticket_id)
    claimed = handling.claim(turn.db, turn.cfg, turn.act(payload.ticket_id), turn.now)
    if has_one and not card:
        # Taken from a list: the card that changed stands far above, out of sight.
        telling.show_card_to(turn.db, claimed, turn.answers_to, turn.now)
    if not outbox.was_told(turn.db, claimed.id, turn.answers_to, NoticeKind.PHOTO):
        # A list shows no pictures.
        attachments.pictures_to(turn.db, claimed.id, turn.answers_to, turn.now)


def _write(kind: str) -> Do:
    """A button that asks for words first: checked now, and again when the words come."""

    def ask_for_words(turn: Turn, payload: Payload) -> None:
        _check_holder(turn, payload.ticket_id)
        staff_words.wait_for_words(turn, kind, payload.ticket_id)

    return ask_for_words


def _note(turn: Turn, payload: Payload) -> None:
    casework.check_note(turn.db, turn.cfg, turn.act(payload.ticket_id))
    staff_words.wait_for_words(turn, "note", payload.ticket_id)


def _waive(turn: Turn, payload: Payload) -> None:
    judging.check_waiver(turn.db, turn.cfg, turn.act(payload.ticket_id))
    staff_words.wait_for_words(turn, "waive", payload.ticket_id)


def _transfer(turn: Turn, payload: Payload) -> None:
    act = turn.act(payload.ticket_id)
    what, _, value = payload.argument.partition("=")
    match what, value:
        case "gate" | "unit" | "person", "":
            casework.check_transfer(turn.db, turn.cfg, act)
            turn.say(
                NoticeKind.TRANSFER_MENU, act.ticket_id, step=what, options=_targets(turn, payload, what)
            )
        case "gate", code:
            passing.transfer(turn.db, turn.cfg, act, turn.now, gate=code)
            turn.say(NoticeKind.DONE, act.ticket_id, action="transfer")
        case "unit", code:
            passing.transfer(turn.db, turn.cfg, act, turn.now, unit=code)
            turn.say(NoticeKind.DONE, act.ticket_id, action="transfer")
        case "person", number:
            passing.assign(turn.db, turn.cfg, act, _person(number), turn.now)
            turn.say(NoticeKind.DONE, act.ticket_id, action="transfer")
        case _:
            casework.check_transfer(turn.db, turn.cfg, act)
            turn.say(NoticeKind.TRANSFER_MENU, act.ticket_id, step="what")


def _targets(turn: Turn, payload: Payload, what: str) -> list[dict[str, str]]:
    ref = reference(turn.db)
    if what == "gate":
        return [{"code": gate.code, "name": gate.name} for gate in ref.gates.values()]
    if what == "unit":
        return [{"code": unit.code, "name": unit.name} for unit in ref.units.values() if unit.kind == "board"]
    return _named(passing.candidates(turn.db, turn.cfg, turn.act(payload.ticket_id), turn.now))


def _assign(turn: Turn, payload: Payload) -> None:
    act = turn.act(payload.ticket_id)
    if payload.argument:
        passing.assign(turn.db, turn.cfg, act, _person(payload.argument), turn.now)
        turn.say(NoticeKind.DONE, act.ticket_id, action="assign")
    else:
        options = _named(passing.candidates(turn.db, turn.cfg, act, turn.now))
        turn.say(NoticeKind.ASSIGN_MENU, act.ticket_id, options=options)


def _agency(turn: Turn, payload: Payload) -> None:
    act, chat = turn.act(payload.ticket_id), turn.answers_to
    what, _, value = payload.argument.partition("=")
    match what, value:
        case "", _:
            agency.start(turn.db, act, chat, turn.now)
        case "date", day:
            agency.choose_date(turn.db, act, chat, day, turn.now)
        case "by", number:
            agency.choose_approver(turn.db, turn.cfg, act, chat, _person(number), turn.now)
        case code, _:
            agency.choose_agency(turn.db, act, chat, code, turn.now)


def _keep(turn: Turn, payload: Payload) -> None:
    handover.keep(turn.db, turn.cfg, turn.act(payload.ticket_id), turn.now)
    turn.say(NoticeKind.DONE, payload.ticket_id, action="keep")


def _confirm_shift(turn: Turn, payload: Payload) -> None:
    if turn.person is not None:
        handover.confirm(turn.db, turn.person, _number(payload.argument), turn.now)
    turn.say(NoticeKind.DONE, action="confirm_shift")


def _send_preview(turn: Turn, payload: Payload) -> None:
    handling.send_note(turn.db, turn.cfg, turn.act(payload.ticket_id), _number(payload.argument), turn.now)
    turn.say(NoticeKind.DONE, payload.ticket_id, action="reply")


def _keep_note(turn: Turn, payload: Payload) -> None:
    casework.check_note(turn.db, turn.cfg, turn.act(payload.ticket_id))
    turn.say(NoticeKind.DONE, payload.ticket_id, action="note")


def _place(turn: Turn, payload: Payload) -> None:
    """The argument names the inbox row that holds the words; only who wrote them may place them, and once."""
    stored = inbox.kept(turn.db, _number(payload.argument), turn.chat.channel, turn.chat.chat_id)
    if stored is None or messages.placed(turn.db, stored.id):
        raise Refused("old_button")
    message = turn.parse(stored.bot, stored.update_id, stored.raw)
    if not isinstance(message, Message):
        raise Refused("old_button")
    staff_words.place(replace(turn, inbox_id=stored.id), message, payload.ticket_id)


def _accept_due(turn: Turn, payload: Payload) -> None:
    judging.accept_due(turn.db, turn.cfg, turn.act(payload.ticket_id), turn.now)
    turn.say(NoticeKind.DONE, payload.ticket_id, action="accept_due")


def _phone_sender(turn: Turn, payload: Payload) -> None:
    judging.ask_to_call(turn.db, turn.cfg, turn.act(payload.ticket_id), turn.now)
    turn.say(NoticeKind.DONE, payload.ticket_id, action="phone_sender")


def _call_note(turn: Turn, payload: Payload) -> None:
    casework.check_note(turn.db, turn.cfg, turn.act(payload.ticket_id))
    staff_words.wait_for_words(turn, "call_note", payload.ticket_id)


def _call_missed(turn: Turn, payload: Payload) -> None:
    handling.not_reached(turn.db, turn.cfg, turn.act(payload.ticket_id), turn.now)
    draft = people.draft(turn.db, turn.answers_to, turn.now)
    if draft is not None and draft.kind in {"call", "call_note"} and draft.ticket_id == payload.ticket_id:
        people.clear_draft(turn.db, turn.answers_to)
    turn.say(NoticeKind.DONE, payload.ticket_id, action="call_missed")


def _breach_reason(turn: Turn, payload: Payload) -> None:
    if payload.argument not in BREACH_REASONS:
        raise Refused("unknown_button")
    judging.explain_breach(turn.db, turn.cfg, turn.act(payload.ticket_id), payload.argument, turn.now)
    turn.say(NoticeKind.DONE, payload.ticket_id, action="breach_reason")


def _urgency(urgent: bool) -> Do:
    def change(turn: Turn, payload: Payload) -> None:
        judging.change_urgency(turn.db, turn.cfg, turn.act(payload.ticket_id), urgent, turn.now)
        turn.say(NoticeKind.DONE, payload.ticket_id, action="urgent" if urgent else "not_urgent")

    return change


def _spam(turn: Turn, payload: Payload) -> None:
    judging.mark_spam(turn.db, turn.cfg, turn.act(payload.ticket_id), turn.now)
    turn.say(NoticeKind.DONE, payload.ticket_id, action="spam")


def _spam_decided(is_spam: bool) -> Do:
    def decide(turn: Turn, payload: Payload) -> None:
        judging.decide_spam(turn.db, turn.cfg, turn.act(payload.ticket_id), is_spam, turn.now)
        turn.say(NoticeKind.DONE, payload.ticket_id, action="spam_yes" if is_spam else "spam_no")

    return decide


def _petition_decided(is_petition: bool) -> Do:
    def decide(turn: Turn, payload: Payload) -> None:
        judging.decide_petition(turn.db, turn.cfg, turn.act(payload.ticket_id), is_petition, turn.now)
        turn.say(NoticeKind.DONE, payload.ticket_id, action="petition" if is_petition else "feedback")

    return decide


def _insufficient(turn: Turn, payload: Payload) -> None:
    handling.close_insufficient(turn.db, turn.cfg, turn.act(payload.ticket_id), turn.now)
    turn.say(NoticeKind.DONE, payload.ticket_id, action="insufficient")


def _figures_of_all(turn: Turn, payload: Payload) -> None:
    if turn.person is not None:
        turn.say(NoticeKind.FIGURES, **figures_shown.whole_list(turn.person, payload.argument))


def _cancel(turn: Turn, payload: Payload) -> None:
    people.clear_draft(turn.db, turn.chat.id)
    turn.say(NoticeKind.DONE, action="cancel")


def _check_holder(turn: Turn, ticket_id: int) -> None:
    casework.check_holder(turn.db, turn.cfg, turn.act(ticket_id))


def _number(argument: str) -> int:
    if not argument.isdecimal() or int(argument) > LARGEST_ID:
        raise Refused("unknown_button")
    return int(argument)


def _person(number: str) -> PersonId:
    return PersonId(_number(number))


def _named(found: Sequence[Person]) -> list[dict[str, str]]:
    return [{"id": str(person.id), "name": person.name} for person in found]


_ACTIONS: dict[Action, Do] = {
    Action.CLAIM: _claim,
    Action.REPLY: _write("reply"),
    Action.NOTE: _note,
    Action.ASK: _write("ask"),
    Action.TRANSFER: _transfer,
    Action.AGENCY: _agency,
    Action.RESOLVE: _write("resolve"),
    Action.CALLED: _write("call"),
    Action.KEEP: _keep,
    Action.CONFIRM_SHIFT: _confirm_shift,
    Action.SEND_PREVIEW: _send_preview,
    Action.KEEP_NOTE: _keep_note,
    Action.PLACE: _place,
    Action.ASSIGN: _assign,
    Action.ACCEPT_DUE: _accept_due,
    Action.PHONE_SENDER: _phone_sender,
    Action.CALL_NOTE: _call_note,
    Action.CALL_MISSED: _call_missed,
    Action.BREACH_REASON: _breach_reason,
    Action.WAIVE: _waive,
    Action.URGENT: _urgency(True),
    Action.NOT_URGENT: _urgency(False),
    Action.SPAM: _spam,
    Action.SPAM_YES: _spam_decided(True),
    Action.SPAM_NO: _spam_decided(False),
    Action.PETITION: _petition_decided(True),
    Action.FEEDBACK: _petition_decided(False),
    Action.INSUFFICIENT: _insufficient,
    Action.CANCEL: _cancel,
    Action.FIGURES_ALL: _figures_of_all,
    **presses_sender.ACTIONS,
    **presses_joining.ACTIONS,
    **presses_tasks.ACTIONS,
    **presses_calendars.ACTIONS,
    **presses_chats.ACTIONS,
    **presses_opening.ACTIONS,
}
