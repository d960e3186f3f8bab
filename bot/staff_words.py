"""What staff write without having pressed a button first: internal by default, and never lost."""

from dataclasses import replace
from datetime import timedelta

from bot.inbound import Message
from bot.turn import Turn
from core.errors import Refused
from core.folding import clean
from core.notices import NoticeKind
from services import complaints, handling, lookup
from services.opening import File, TakeMessage
from storage import messages, outbox, people, tickets

PATIENCE = timedelta(minutes=30)
# What the board tells whoever wrote a ticket; a reply to it is the sender's, also when that is one of the staff.
TO_THE_SENDER = {
    NoticeKind.RECEIPT,
    NoticeKind.PETITION_RECEIPT,
    NoticeKind.ADDED,
    NoticeKind.ANSWER,
    NoticeKind.QUESTION,
    NoticeKind.INTERIM,
    NoticeKind.RESOLVED,
    NoticeKind.APOLOGY,
    NoticeKind.CLOSED,
}


def loose_words(turn: Turn, message: Message) -> None:
    """Words of staff in their private chat: a reply to a card is a note; anything else asks where it belongs.

    Staff complain too: what they reply to the board's own words about their ticket is the sender's.
    """
    if _about_own_ticket(turn, message):
        complaints.take_message(turn.db, turn.cfg, take(turn, message), turn.now)
    elif message.reply_to and outbox.ticket_of_message(turn.db, turn.chat.id, message.reply_to):
        reply_to_card(turn, message)
    elif not message.edited:  # their first wording was placed already; the inbox keeps this one
        ask_where(turn)


def ask_where(turn: Turn) -> None:
    """Where do these words belong? Tickets in hand, those that wait for this person's own answer, or a new one."""
    if turn.person is None:
        return
    held = tickets.held_by(turn.db, turn.person.id)
    own = [one for one in tickets.open_of_sender(turn.db, turn.person.id) if one.is_open and one not in held]
    turn.say(NoticeKind.PLACE_MESSAGE, items=lookup.items([*held, *own]), message_id=turn.inbox_id)


def _about_own_ticket(turn: Turn, message: Message) -> bool:
    if message.edited:
        author = turn.person.id if turn.person else None
        return author is not None and messages.by_provider_id(turn.db, message.message_id, author) is not None
    about = outbox.about(turn.db, turn.chat.id, message.reply_to) if message.reply_to else None
    if about is None or turn.person is None or about[0] not in TO_THE_SENDER:
        return False
    return lookup.own_ticket(turn.db, turn.person, about[1] or 0) is not None


def reply_to_card(turn: Turn, message: Message) -> None:
    """A plain reply to a card: an internal note, which a press makes an answer (internal is the default)."""
    ticket_id = outbox.ticket_of_message(turn.db, turn.chat.id, message.reply_to or "")
    if ticket_id is None:
        return
    if not clean(message.text):
        raise Refused("empty_text")
    noted = handling.note(turn.db, turn.cfg, turn.act(ticket_id), message.text, turn.now)
    newest = messages.newest_id(turn.db, noted.id)
    if turn.person is not None and noted.holder_id == turn.person.id:
        turn.say(NoticeKind.PREVIEW, noted.id, message_id=newest)
    else:
        turn.say(NoticeKind.DONE, noted.id, action="note")


def place(turn: Turn, message: Message, ticket_id: int) -> None:
    """The press that says where loose words belong: a note on this ticket, or (0) a ticket of their own."""
    if turn.person is not None and ticket_id and lookup.own_ticket(turn.db, turn.person, ticket_id):
        command = replace(take(turn, message), ticket_id=ticket_id)
        complaints.take_message(turn.db, turn.cfg, command, turn.now)
        return
    if ticket_id and not clean(message.text):
        raise Refused("empty_text")
    if ticket_id:
        handling.note(turn.db, turn.cfg, turn.act(ticket_id), message.text, turn.now, turn.inbox_id)
        turn.say(NoticeKind.DONE, ticket_id, action="note")
    else:
        complaints.take_message(turn.db, turn.cfg, take(turn, message, anew=True), turn.now)


def take(turn: Turn, message: Message, anew: bool = False) -> TakeMessage:
    """The message as the errand of intake wants it."""
    if turn.person is None:
        raise ValueError("nobody wrote")
    files = [File(f.kind, f.provider_id, f.name and clean(f.name), f.mime, f.size) for f in message.files]
    return TakeMessage(
        chat=turn.chat,
        person=turn.person,
        inbox_id=turn.inbox_id,
        message_id=message.message_id,
        text=message.text,
        kind=message.kind,
        files=files,
        at=message.at,
        album=message.album,
        reply_to=message.reply_to,
        edited=message.edited,
        anew=anew or turn.is_new,
    )


def wait_for_words(turn: Turn, kind: str, ticket_id: int, **data: object) -> None:
    """The next message of this person, in their private chat, is the `kind` of this ticket."""
    people.set_draft(turn.db, turn.answers_to, kind, ticket_id, turn.now + PATIENCE, data)
    turn.say(NoticeKind.PROMPT, ticket_id, action=kind)
