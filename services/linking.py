"""One-time codes that tie a chat to a person: of staff, handed out by an administrator; of anybody, for a chat of their own."""

import base64
import hashlib
import secrets
from datetime import datetime, timedelta

from core.errors import Refused, WrongGuess
from core.ids import PersonId
from core.notices import Notice, NoticeKind
from core.people import Person, Role
from core.routing import way_to
from services import telling
from services.config import Config
from services.guessing import GUESSES, GUESSES_WITHIN, may_guess
from storage import handing, linking, outbox, people, personal
from storage.database import Connection
from storage.linking import LinkCode
from storage.people import Identity

CODE_LIFE = timedelta(hours=24)
# No 0/O, 1/I/L, no vowels: it is read aloud over a bad line and spells nothing.
ALPHABET = "23456789BCDFGHJKMNPQRSTVWXYZ"
_CODE_LENGTH = 10


def new_link_code(db: Connection, person: PersonId, now: datetime) -> tuple[str, datetime]:
    """A code of 48 bits, kept only as a digest; it expires in 24 hours and works once."""
    code = "".join(secrets.choice(ALPHABET) for _ in range(_CODE_LENGTH))
    expires_at = now + CODE_LIFE
    linking.add_link_code(db, person, _digest(code), now, expires_at)
    return code, expires_at


def own_link_code(db: Connection, cfg: Config, person: Person, now: datetime) -> tuple[str, datetime]:
    """A code for another chat of whoever asks, sealed as a notice may carry it. Raises `too_many_codes` at the sixth within
    15 minutes."""
    if linking.note_attempt(db, f"code:{person.id}", now, GUESSES_WITHIN) > GUESSES:
        raise Refused("too_many_codes")
    code, expires_at = new_link_code(db, person.id, now)
    return base64.b64encode(cfg.seal.close(code)).decode(), expires_at


def opened_code(cfg: Config, sealed: str) -> str:
    """The code itself, when its notice is put into words."""
    return cfg.seal.open(base64.b64decode(sealed))


def link(db: Connection, chat: Identity, code: str, now: datetime) -> Person:
    """Ties this chat to the person of the code, who is told of it in another chat of theirs.

    A sender brings along what was written here; of two senders one person is made. Raises bad_, used_ or expired_link_code,
    `too_many_attempts` after five guesses, `staff_chat` for a sender's code in a chat of staff, `own_chat` where it was given
    out, and `erasure_waits`.
    """
    may_guess(db, chat, "link", now)
    known, person = check_link_code(db, code, chat.person_id, now)
    if known.used_at is not None:
        return person
    former = people.person(db, chat.person_id) if chat.person_id is not None else None
    _check_roles(former, person)
    if not linking.use_link_code(db, known.id, chat.id, now):
        raise Refused("used_link_code")
    if former is not None and former.role is person.role is Role.SENDER:
        _become_one(db, former, person)
    else:
        # What a chat was linked to before says nothing of how long it has been this person's.
        since = chat.linked_at if former is not None and former.id == person.id else None
        people.update_identity(db, chat.id, person_id=person.id, preferred=False, linked_at=since)
        _take_along(db, former, person)
    people.note_linked(db, person.id, now)
    people.update_identity(db, chat.id, reachable=True)
    _tell_the_others(db, chat, person, now)
    _tell_administrators(db, chat, person, now)
    return person


def check_link_code(db: Connection, code: str, by: PersonId | None, now: datetime) -> tuple[LinkCode, Person]:
    """The code and whom it links, when it would link a chat of `by` (None: of nobody yet); changes nothing.

    A code is its own person's even when used: the same link tapped twice. Raises bad_, used_ or expired_link_code.
    """
    known = linking.link_code(db, _digest("".join(code.split()).upper()))
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


def _check_roles(former: Person | None, person: Person) -> None:
    if former is None or person.is_staff:
        return
    if former.is_staff:
        # Their rights would go to whoever gave the code away, or their work would be a sender's.
        raise Refused("staff_chat")
    if former.id == person.id:
        raise Refused("own_chat")


def _become_one(db: Connection, former: Person, person: Person) -> None:
    """All chats, tickets, words, ratings and codes of a sender are the other's from now on: nobody loses a ticket by linking.

    Who waits to be erased is not mixed with others: what is theirs could not be told apart any more.
    """
    if personal.erasure_waits(db, [former.id, person.id]):
        raise Refused("erasure_waits")
    handing.hand_chats(db, former.id, person.id)
    handing.hand_tickets(db, former.id, person.id)
    linking.hand_codes(db, former.id, person.id)
    if person.phone is None and former.phone is not None:
        people.update_person(db, person.id, phone=former.phone)
    people.update_person(db, former.id, name="", phone=None)


def _take_along(db: Connection, before: Person | None, person: Person) -> None:
    """Whoever complained from this chat before it was linked goes on as the person of the code: answers must still arrive."""
    if before is None or before.role is not Role.SENDER or before.id == person.id:
        return
    if not people.identities_of(db, before.id):
        handing.hand_tickets(db, before.id, person.id)


def _tell_the_others(db: Connection, chat: Identity, person: Person, now: datetime) -> None:
    """Whoever lost a code to somebody else learns it, where they read."""
    way = way_to(people.identities_of(db, person.id), tried={chat.id})
    if way is not None:
        outbox.add(db, [Notice(NoticeKind.CHAT_LINKED, way.id, data={"channel": chat.channel})], now)


def _tell_administrators(db: Connection, chat: Identity, person: Person, now: datetime) -> None:
    """A second chat of a member of staff may be a thief's: somebody else than its owner can take it away again."""
    if not person.is_staff or all(one.id == chat.id for one in people.identities_of(db, person.id)):
        return
    administrators = [one.id for one in people.staff(db, Role.ADMIN) if one.id != person.id]
    kind = NoticeKind.STAFF_CHAT_LINKED
    telling.tell_people(
        db, administrators, kind, now, name=person.name, channel=chat.channel, chat_id=chat.id
    )


def _digest(code: str) -> str:
    return hashlib.sha256(b"hotline link code " + code.encode(errors="replace")).hexdigest()
