"""People and their chats: who is writing, new members of staff, groups, languages."""

from dataclasses import dataclass
from datetime import datetime

from core.errors import Refused
from core.ids import PersonId
from core.people import STAFF, Person, Role
from services.linking import new_link_code
from services.reference import Reference
from storage import outbox, people
from storage.database import Connection
from storage.people import Identity

LANGUAGES = ("vi", "en", "zh")


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
    heard_at: datetime | None = None  # when the platform says that they wrote; None: just now


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
    people.seen(db, known, chat.name[:120], _heard(chat, now))
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


def _newcomer(db: Connection, chat: Chat, now: datetime) -> Who:
    name = chat.name[:120]
    sender = people.new_person(db, name, Role.SENDER, now, language=spoken(chat.language))
    made = people.add_identity(
        db,
        sender.id,
        chat.channel,
        chat.bot,
        chat.chat_id,
        now,
        name=name,
        language=chat.language,
        last_seen_at=_heard(chat, now),
    )
    return Who(made, sender, is_new=True)


def _heard(chat: Chat, now: datetime) -> datetime:
    """A platform's clock may be ahead of ours: nobody wrote in the future."""
    return min(chat.heard_at or now, now)


def _group(db: Connection, chat: Chat, now: datetime) -> Identity:
    known = people.identity(db, chat.channel, chat.bot, chat.chat_id)
    return known or people.add_identity(
        db, None, chat.channel, chat.bot, chat.chat_id, now, kind="group", name=chat.name[:120]
    )
