"""Words that answer a question of ours: a draft says what the next message of this chat is."""

from collections.abc import Callable

from bot import presses_joining, presses_sender, staff_words, task_dialogues
from bot.inbound import Message
from bot.turn import Turn
from bot.typed import typed_date
from core.folding import clean
from core.notices import NoticeKind
from services import agency, complaints, details, handling, judging, rating
from storage import people
from storage.people import Draft

Answer = Callable[[Turn, Draft, Message], None]


def answered(turn: Turn, message: Message) -> bool:
    """Takes the message as the answer that a dialogue waits for. False when none waits, or when it is plainly no answer."""
    if turn.is_new:
        return False
    if task_dialogues.more_of_an_album(turn, message):
        return True
    draft = people.draft(turn.db, turn.chat.id, turn.now)
    # A dialogue that waits for a press (who approved?) is answered by no words: they are words like any other.
    if draft is None or message.edited or draft.kind not in _ANSWERS:
        return False
    if not _is_answer(turn, draft, message):
        if draft.kind == "comment":
            people.clear_draft(turn.db, turn.chat.id)  # what follows belongs to the new matter
        return False
    people.clear_draft(turn.db, turn.chat.id)
    _ANSWERS[draft.kind](turn, draft, message)
    return True


def _is_answer(turn: Turn, draft: Draft, message: Message) -> bool:
    """What is plainly something else is a message like any other; the dialogue goes on waiting."""
    if draft.kind in _DETAILS:
        return details.awaits(turn.db, draft.ticket_id) and details.fits(draft.kind, message.text)
    if draft.kind == "comment" and complaints.is_a_matter(turn.db, message.text):
        return False  # "cháy!" after a rating is no remark about it
    # A picture or a sticker is no wording: it is kept as a message of its own.
    return bool(clean(message.text)) or draft.kind not in _WORDS_ONLY


def _reply(turn: Turn, draft: Draft, message: Message) -> None:
    handling.reply(turn.db, turn.cfg, turn.act(draft.ticket_id or 0), message.text, turn.now)
    turn.say(NoticeKind.DONE, draft.ticket_id, action="reply")


def _note(turn: Turn, draft: Draft, message: Message) -> None:
    handling.note(turn.db, turn.cfg, turn.act(draft.ticket_id or 0), message.text, turn.now)
    turn.say(NoticeKind.DONE, draft.ticket_id, action="note")


def _call_note(turn: Turn, draft: Draft, message: Message) -> None:
    act = turn.act(draft.ticket_id or 0)
    handling.note(turn.db, turn.cfg, act, message.text, turn.now, of_a_call=True)
    turn.say(NoticeKind.DONE, draft.ticket_id, action="call_note")


def _ask(turn: Turn, draft: Draft, message: Message) -> None:
    handling.ask(turn.db, turn.cfg, turn.act(draft.ticket_id or 0), message.text, turn.now)
    turn.say(NoticeKind.DONE, draft.ticket_id, action="ask")


def _resolve(turn: Turn, draft: Draft, message: Message) -> None:
    called = draft.kind == "call"
    handling.resolve(turn.db, turn.cfg, turn.act(draft.ticket_id or 0), message.text, turn.now, called)
    turn.say(NoticeKind.DONE, draft.ticket_id, action=draft.kind)


def _agency(turn: Turn, draft: Draft, message: Message) -> None:
    agency.name_agency(
        turn.db, turn.act(draft.ticket_id or 0), turn.answers_to, clean(message.text)[:120], turn.now
    )


def _agency_date(turn: Turn, draft: Draft, message: Message) -> None:
    act = turn.act(draft.ticket_id or 0)
    agency.name_date(
        turn.db, act, turn.answers_to, str(draft.data["agency"]), typed_date(message.text, turn.now), turn.now
    )


def _waive(turn: Turn, draft: Draft, message: Message) -> None:
    staff_words.wait_for_words(turn, "waive_document", draft.ticket_id or 0, reason=clean(message.text))


def _waive_document(turn: Turn, draft: Draft, message: Message) -> None:
    act, reason = turn.act(draft.ticket_id or 0), str(draft.data.get("reason", ""))
    judging.waive(turn.db, turn.cfg, act, reason, message.text, turn.now)
    turn.say(NoticeKind.DONE, draft.ticket_id, action="waive")


def _comment(turn: Turn, draft: Draft, message: Message) -> None:
    rating.comment(turn.db, turn.act(draft.ticket_id or 0), message.text, turn.now, turn.inbox_id)


def _detail(turn: Turn, draft: Draft, message: Message) -> None:
    """The number is kept as the detail; words around it are a message of their own, for "xe 12C-123.45 cháy" says more."""
    if details.says_more(message.text):
        complaints.take_message(turn.db, turn.cfg, staff_words.take(turn, message), turn.now)
    details.save(turn.db, turn.cfg, turn.act(draft.ticket_id or 0), draft.kind, message.text, turn.now)


def _new_ticket(turn: Turn, draft: Draft, message: Message) -> None:
    opened = complaints.take_message(turn.db, turn.cfg, staff_words.take(turn, message, anew=True), turn.now)
    if opened is None:
        presses_sender.wait_for_new_ticket(turn)


_DETAILS = {"plate", "phone"}
_WORDS_ONLY = {
    "reply",
    "note",
    "ask",
    "resolve",
    "call",
    "call_note",
    "agency",
    "agency_date",
    "waive",
    "waive_document",
    "comment",
    presses_joining.DRAFT,
    *task_dialogues.WORDS_ONLY,
}
_ANSWERS: dict[str, Answer] = {
    "reply": _reply,
    "note": _note,
    "ask": _ask,
    "resolve": _resolve,
    "call": _resolve,
    "call_note": _call_note,
    "agency": _agency,
    "agency_date": _agency_date,
    "waive": _waive,
    "waive_document": _waive_document,
    "comment": _comment,
    "plate": _detail,
    "phone": _detail,
    "new_ticket": _new_ticket,
    **presses_joining.ANSWERS,
    **task_dialogues.ANSWERS,
}
