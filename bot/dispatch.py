"""From an update to an errand: commands, buttons, dialogues, and – everything else – a message that opens or joins a ticket."""

from dataclasses import replace
from datetime import datetime

import structlog

from bot import bare_words, choices, commands, dialogues, plan_files, presses, staff_words, ticket_codes
from bot.inbound import Incoming, Message, Migrated, Origin, Parse, Press, Reachable
from bot.turn import Turn, private_chat
from core.errors import Refused, WrongGuess
from core.folding import clean
from core.notices import NoticeKind
from core.people import Role
from services import complaints, directory, guessing, owing, settling, telling
from services.config import Config
from services.directory import Chat
from storage import inbox, messages, people
from storage.database import Connection, Unavailable, apart

log = structlog.get_logger()
# After these the dialogue goes on: the same person only has to say it better.
SAY_AGAIN = {
    "resolution_too_short",
    "empty_text",
    "bad_date",
    "agency_date_past",
    "waiver_incomplete",
    "nothing_to_cancel",
    "unknown_command",
    "bad_percentage",
    "evidence_needed",
    "extension_not_later",
    "unknown_join",
}


def handle(
    db: Connection, cfg: Config, parse: Parse, incoming: Incoming, inbox_id: int, now: datetime
) -> bool:
    """Handles one stored update in the caller's transaction. False when another process has handled it.

    Raises Refused when the rules say no: the caller rolls back and calls `refuse`.
    """
    if not inbox.mark_done(db, inbox_id, now):
        return False
    turn = _turn(db, cfg, parse, incoming, inbox_id, now)
    match incoming:
        case Message():
            _message(turn, incoming)
        case Press():
            presses.press(turn, choices.found(turn, incoming) if incoming.said else incoming)
        case Reachable(reachable=True):
            people.update_identity(db, turn.chat.id, reachable=True)
            if incoming.greets:
                commands.greet_once(turn)
        case Reachable():
            settling.chat_lost(db, cfg, turn.chat, now)
        case Migrated():
            directory.migrate(db, turn.chat, incoming.new_chat_id, now)
    if isinstance(incoming, Message | Press) and turn.chat.kind == "private" and not turn.is_new:
        owing.send_after_all(db, turn.chat, now)
    return True


def refuse(
    db: Connection,
    cfg: Config,
    parse: Parse,
    incoming: Incoming,
    inbox_id: int,
    refusal: Refused,
    now: datetime,
) -> bool:
    """Marks the update as handled and says why not, politely. Wrong guesses are counted here."""
    if not inbox.mark_done(db, inbox_id, now):
        return False
    turn = _turn(db, cfg, parse, incoming, inbox_id, now)
    role = turn.person.role if turn.person else "stranger"
    log.info("refused", code=refusal.code, role=str(role), channel=incoming.origin.channel, inbox_id=inbox_id)
    if isinstance(refusal, WrongGuess):
        guessing.count_guess(db, turn.chat, refusal, now)
    if turn.answers_to == turn.chat.id and turn.chat.kind == "group":
        return True  # told by the channel's own short answer to a press: a group is not the place
    told = {
        name: value.isoformat() if isinstance(value, datetime) else value
        for name, value in refusal.data.items()
    }
    turn.say(NoticeKind.REFUSED, **{**told, "refused": refusal.code})
    if isinstance(incoming, Message) and refusal.code not in SAY_AGAIN:
        _end_dialogue(turn, incoming)
    return True


def _end_dialogue(turn: Turn, message: Message) -> None:
    """Words that the dialogue can take no more (the ticket went to somebody else): it ends, and they are asked a place for."""
    ended = people.clear_draft(turn.db, turn.chat.id)
    if ended and turn.person is not None and turn.person.is_staff and clean(message.text):
        staff_words.ask_where(turn)


def set_aside(db: Connection, inbox_id: int, error: str, now: datetime, origin: Origin | None = None) -> None:
    """Counts a failure of ours; the third makes the update poison: the administrators hear of it once, and whoever wrote.

    `origin`, when the update could be read that far: who wrote for the first time is known by nothing else.
    """
    if not inbox.note_failure(db, inbox_id, error, now):
        return
    administrators = [person.id for person in people.staff(db, Role.ADMIN)]
    telling.tell_people(db, administrators, NoticeKind.POISON, now, inbox_id=inbox_id)
    chat = inbox.chat_of(db, inbox_id)
    known = people.identity(db, *chat) if chat is not None else None
    if known is None and origin is not None and origin.chat_kind == "private":
        known = _newcomer(db, origin, now)
    if known is not None and known.kind == "private":
        reference = f"{inbox_id % 36**4:06d}"
        telling.tell_chat(
            db, known.id, NoticeKind.REFUSED, now, refused="internal_error", reference=reference
        )


def _newcomer(db: Connection, origin: Origin, now: datetime) -> people.Identity | None:
    try:
        with apart(db):
            return directory.identify(db, _chat(origin), now).chat
    except Unavailable:
        raise
    except (
        Exception
    ) as error:  # this may be the very bug: then the administrators at least must hear of the update
        log.error("a newcomer could not be told", error=type(error).__name__)
        return None


def _turn(
    db: Connection, cfg: Config, parse: Parse, incoming: Incoming, inbox_id: int, now: datetime
) -> Turn:
    at = None if isinstance(incoming, Migrated) else incoming.at
    who = directory.identify(db, _chat(incoming.origin, at), now)
    answers_to = private_chat(db, who.chat, who.person).id
    return Turn(
        db,
        cfg,
        incoming.origin,
        who.chat,
        who.person,
        answers_to,
        inbox_id,
        now,
        parse,
        is_new=who.is_new,
    )


def _chat(origin: Origin, heard_at: datetime | None = None) -> Chat:
    name = origin.chat_title if origin.chat_kind == "group" else origin.name
    return Chat(
        origin.channel,
        origin.bot,
        origin.chat_id,
        origin.user_id,
        origin.chat_kind,
        clean(name or origin.name),
        origin.language,
        heard_at,
    )


def _message(turn: Turn, message: Message) -> None:
    if message.origin.chat_kind == "group":
        _in_group(turn, message)
        return
    if turn.person is None:
        raise ValueError("a private chat without a person")
    if message.may_press:
        if choices.pressed(turn, message):
            return
        message = replace(message, text=bare_words.as_command(turn, message))
    elif message.kind != "text":
        choices.heard(turn)
    message = replace(message, text=ticket_codes.as_command(turn, message))
    if commands.is_command(message.text) and not _revises(turn, message):
        commands.command(turn, message)
    elif dialogues.answered(turn, message) or plan_files.taken(turn, message):
        return
    elif turn.person.is_staff:
        staff_words.loose_words(turn, message)
    else:
        complaints.take_message(turn.db, turn.cfg, staff_words.take(turn, message), turn.now)


def _revises(turn: Turn, message: Message) -> bool:
    """Whether this is an edit of words that are on a ticket: a mistyped command that was edited is a command."""
    author = turn.person
    return bool(message.edited and author and messages.by_provider_id(turn.db, message.message_id, author.id))


def _in_group(turn: Turn, message: Message) -> None:
    """In a group only commands and replies to cards of linked staff mean anything; what else is said there is not ours."""
    if commands.is_command(message.text) and not message.edited:
        commands.command(turn, message)
    elif turn.person is not None and turn.person.is_staff and message.reply_to and not message.edited:
        staff_words.reply_to_card(turn, message)
