"""People and their chats: who is writing, linking a chat by a one-time code, groups, reachability."""

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from core.errors import Refused, WrongGuess
from core.ids import PersonId
from core.people import STAFF, Person, Role
from services.reference import Reference
from storage import feeds, outbox, people, personal, web_feed
from storage.database import Connection
from storage.people import Identity, LinkCode

CODE_LIFE = timedelta(hours=24)
GUESSES = 5
GUESSES_WITHIN = timedelta(minutes=15)
# Chats are free on the web: from however many, 28⁴ keys then take 213 days of guessing at one ticket.
GUESSES_AT = 30
LANGUAGES = ("vi", "en", "zh")
WEB = "web"
# No 0/O, 1/I/L, no vowels: it is read aloud over a bad line and spells nothing.
ALPHABET = "23456789BCDFGHJKMNPQRSTVWXYZ"
_CODE_LENGTH = 10


@dataclass(frozen=True, slots=True)
class Chat:
    """Where an update came from, as the channels tell it."""

    channel: str
    bot: str
    chat_id: str
    user_id: str
    kind: str = "private"
    name: str = ""
    language: str | None = None


@dataclass(frozen=True, slots=True)
class Who:
    """The chat and, unless it is a group with a stranger writing, the person in it. `is_new`: nobody knew them before."""

    chat: Identity
    person: Person | None
    is_new: bool = False


def identify(db: Connection, chat: Chat, now: datetime) -> Who:
    """The person behind an update. A private chat that is new makes a sender; in a group nobody is made from a passer-by."""
    if chat.kind == "group":
        private = people.identity(db, chat.channel, chat.bot, chat.user_id)
        person = people.person(db, private.person_id) if private and private.person_id else None
        return Who(_group(db, chat, now), person)
    known = people.identity(db, chat.channel, chat.bot, chat.chat_id)
    if known is None:
        return _newcomer(db, chat, now)
    people.seen(db, known, chat.name[:120], now)
    return Who(known, people.person(db, known.person_id) if known.person_id else None)


def add_person(
    db: Connection,
    ref: Reference,
    name: str,
    role: Role,
    now: datetime,
    unit: str | None = None,
    gate: str | None = None,
    is_head: bool = False,
) -> tuple[PersonId, str, datetime]:
    """A new member of staff (or a known sender), with the code that links a first chat. Raises `unknown_gate`, `unknown_unit`."""
    if unit is not None and unit not in ref.units:
        raise Refused("unknown_unit", value=unit[:20])
    code = ref.known_gate(gate).code if gate else None
    person = people.add_person(db, name.strip(), role, now, unit=unit, gate=code, is_head=is_head)
    return person, *new_link_code(db, person, now)


def new_link_code(db: Connection, person: PersonId, now: datetime) -> tuple[str, datetime]:
    """A code of 48 bits, kept only as a digest; it expires in 24 hours and works once."""
    code = "".join(secrets.choice(ALPHABET) for _ in range(_CODE_LENGTH))
    expires_at = now + CODE_LIFE
    people.add_link_code(db, person, _digest(code), now, expires_at)
    return code, expires_at


def link(db: Connection, chat: Identity, code: str, now: datetime) -> Person:
    """Ties this chat to the person of the code. Raises bad_, used_ or expired_link_code; too_many_attempts after five guesses."""
    may_guess(db, chat, "link", now)
    known, person = check_link_code(db, code, chat.person_id, now)
    if known.used_at is not None:
        return person
    if not people.use_link_code(db, known.id, chat.id, now):
        raise Refused("used_link_code")
    people.update_identity(db, chat.id, person_id=person.id, reachable=True, last_seen_at=now)
    _take_along(db, chat.person_id, person)
    return person


def check_link_code(db: Connection, code: str, by: PersonId | None, now: datetime) -> tuple[LinkCode, Person]:
    """The code and whom it links, when it would link a chat of `by` (None: of nobody yet); changes nothing.

    A code is its own person's even when used: the same link tapped twice. Raises bad_, used_ or expired_link_code.
    """
    known = people.link_code(db, _digest("".join(code.split()).upper()))
    if known is None:
        raise WrongGuess("bad_link_code", "link")
    again = known.used_at is not None and known.person_id == by
    if known.used_at is not None and not again:
        raise Refused("used_link_code")
    if known.expires_at <= now and not again:
        raise Refused("expired_link_code")
    person = people.person(db, known.person_id)
    if person is None or not person.active:
        raise Refused("used_link_code")
    return known, person


def unlink(db: Connection, chat_id: int, now: datetime) -> Person | None:
    """A lost or stolen telephone: this chat of a member of staff belongs to a stranger from now on; the others stay.

    Whose it was, None for anything but a chat of staff. What waits for it is not sent, a page is emptied and signed out, the
    person's calendars answer no more.
    """
    chat = people.identity_by_id(db, chat_id)
    person = people.person(db, chat.person_id) if chat is not None and chat.person_id is not None else None
    if chat is None or person is None or person.role is Role.SENDER:
        return None
    outbox.abandon_chat(db, chat.id, "unlinked")
    feeds.drop_all(db, person.id)  # the telephone that is gone may have subscribed to a calendar
    people.clear_draft(db, chat.id)
    stranger = people.add_person(db, "", Role.SENDER, now, language=person.language)
    personal.hand_to(db, chat, stranger)
    if chat.channel == WEB:
        web_feed.end_chat(db, chat.chat_id)
    return person


def may_guess(db: Connection, chat: Identity, subject: str, now: datetime) -> None:
    """Raises `too_many_attempts` after five wrong guesses of this subject from this chat within 15 minutes."""
    if people.attempts_since(db, f"{subject}:{chat.id}", now - GUESSES_WITHIN) >= GUESSES:
        raise Refused("too_many_attempts")


def may_guess_at(db: Connection, what: str, now: datetime) -> None:
    """Raises `too_many_attempts` after thirty wrong guesses at this one thing within 15 minutes, whoever made them."""
    if people.attempts_since(db, _at(what), now - GUESSES_WITHIN) >= GUESSES_AT:
        raise Refused("too_many_attempts")


def count_guess(db: Connection, chat: Identity, guess: WrongGuess, now: datetime) -> None:
    """Remembers a wrong guess; done apart, because the errand that refused it was rolled back (with a new chat, if it was one)."""
    people.note_attempt(db, f"{guess.subject}:{chat.id}", now, GUESSES_WITHIN)
    if guess.at:
        people.note_attempt(db, _at(guess.at), now, GUESSES_WITHIN)


def _at(what: str) -> str:
    return f"at:{what[:40]}".encode(errors="replace").decode()


def link_group(
    db: Connection, ref: Reference, by: Person, group: Identity, gate: str, topic: str | None = None
) -> str:
    """The group (its `topic`, in a forum) serves this gate from now on: cards go there.

    Raises `not_allowed`, `only_in_group`, `unknown_gate`.
    """
    if not by.active or by.role not in STAFF or by.role in {Role.DUTY, Role.OFFICER}:
        raise Refused("not_allowed")
    if group.kind != "group":
        raise Refused("only_in_group")
    code = ref.known_gate(gate).code
    people.update_identity(db, group.id, gate=code, topic=topic, reachable=True)
    return code


def migrate(db: Connection, chat: Identity, new_chat_id: str, now: datetime) -> None:
    """A group became a supergroup. When the new chat was heard of first, what waits goes to it all the same."""
    known = people.identity(db, chat.channel, chat.bot, new_chat_id)
    if known is None:
        people.update_identity(db, chat.id, chat_id=new_chat_id, reachable=True)
    elif known.id != chat.id:
        people.update_identity(db, known.id, gate=chat.gate or known.gate, reachable=True)
        people.update_identity(db, chat.id, gate=None, reachable=False)
    outbox.move_chat(db, chat.id, new_chat_id, now)


def set_language(db: Connection, person: Person, language: str) -> None:
    """vi, en or zh; anything else is refused as an unknown button."""
    if language not in LANGUAGES:
        raise Refused("unknown_button")
    people.update_person(db, person.id, language=language)


def spoken(tag: str | None) -> str:
    """The catalogue for a client's language tag: "zh-Hans" → zh, "vi" and none → vi, every other language → en."""
    known = (tag or "vi").lower()[:2]
    return known if known in LANGUAGES else "en"


def _take_along(db: Connection, former: PersonId | None, person: Person) -> None:
    """Whoever complained from this chat before it was linked goes on as the person of the code: answers must still arrive."""
    before = people.person(db, former) if former is not None else None
    if before is None or before.role is not Role.SENDER or before.id == person.id:
        return
    if not people.identities_of(db, before.id):
        personal.hand_tickets(db, before.id, person.id)


def _newcomer(db: Connection, chat: Chat, now: datetime) -> Who:
    name = chat.name[:120]
    sender = people.new_person(db, name, Role.SENDER, now, language=spoken(chat.language))
    made = people.add_identity(
        db, sender.id, chat.channel, chat.bot, chat.chat_id, now, name=name, language=chat.language
    )
    return Who(made, sender, is_new=True)


def _group(db: Connection, chat: Chat, now: datetime) -> Identity:
    known = people.identity(db, chat.channel, chat.bot, chat.chat_id)
    return known or people.add_identity(
        db, None, chat.channel, chat.bot, chat.chat_id, now, kind="group", name=chat.name[:120]
    )


def _digest(code: str) -> str:
    return hashlib.sha256(b"hotline link code " + code.encode(errors="replace")).hexdigest()
