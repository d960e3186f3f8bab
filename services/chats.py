"""A person's own chats: which there are, which one is preferred, a code for one more, and giving one up."""

from datetime import datetime
from typing import Any

from core import access
from core.errors import Refused
from core.ids import IdentityId, PersonId
from core.notices import Notice, NoticeKind
from core.people import Person, Role
from services import bots, linking, rerouting, settling
from services.config import Config
from storage import choices, feeds, handing, outbox, people, web_feed
from storage import linking as linking_rows
from storage.database import Connection
from storage.people import Identity

WEB = "web"
SHOWN = 8  # a browser that signs in anew is a chat of its own: the oldest of them say nothing to anybody


def listed(
    db: Connection, person: PersonId, here: IdentityId | None = None, most: int | None = SHOWN
) -> list[dict[str, Any]]:
    """[{"id", "channel", "since", "last_seen_at": ISO, "here", "reachable", "preferred"}]: reachable ones first, then by use."""
    found = sorted(people.identities_of(db, person), key=lambda chat: not chat.reachable)
    return [
        {
            "id": chat.id,
            "channel": chat.channel,
            "since": _since(chat).isoformat(),
            "last_seen_at": chat.last_seen_at.isoformat(),
            "here": chat.id == here,
            "reachable": chat.reachable,
            "preferred": chat.preferred,
        }
        for chat in found[:most]
    ]


def prefer(db: Connection, person: Person, chat_id: int) -> None:
    """Notices go there first from now on; 0: to the chat used last. Raises `unknown_chat` for a chat that is not theirs."""
    people.prefer(db, person.id, _own(db, person, chat_id).id if chat_id else None)


def code_for_another(db: Connection, cfg: Config, person: Person, now: datetime) -> dict[str, Any]:
    """{"sealed_code", "expires_at": ISO, "bots": {channel: name}}: a code as a notice may carry it, and where it can be sent to.

    Raises `too_many_codes`.
    """
    sealed, expires_at = linking.own_link_code(db, cfg, person, now)
    return {"sealed_code": sealed, "expires_at": expires_at.isoformat(), "bots": bots.names(db)}


def check_drop(db: Connection, person: Person, here: Identity, chat_id: int, now: datetime) -> Identity:
    """The chat, when this person may give it up from `here`.

    Raises `unknown_chat`; `only_chat` for the last one; `young_chat` where a new chat of staff would part an older one.
    """
    chat = _own(db, person, chat_id)
    if len(people.identities_of(db, person.id)) == 1:
        raise Refused("only_chat")
    if person.is_staff and chat.id != here.id and not access.may_part_chat(_since(here), _since(chat), now):
        raise Refused("young_chat")
    return chat


def drop(
    db: Connection, cfg: Config, person: Person, here: Identity, chat_id: int, now: datetime
) -> Identity:
    """Gives one of the own chats up: a stranger's from now on. What waits for it goes to the others, which are told of it too;
    `here` is answered by whoever asks. Raises as check_drop."""
    chat = check_drop(db, person, here, chat_id, now)
    _to_a_stranger(db, cfg, chat, person, now)
    others = [one for one in people.identities_of(db, person.id) if one.reachable and one.id != here.id]
    told = {"channel": chat.channel, "by": here.channel}
    outbox.add(db, [Notice(NoticeKind.CHAT_PARTED, one.id, data=told) for one in others], now)
    return chat


def unlink(db: Connection, cfg: Config, chat_id: int, now: datetime) -> Person | None:
    """A lost or stolen telephone: this chat of a member of staff belongs to a stranger from now on; the others stay.

    Whose it was, None for anything but a chat of staff. What waits for it goes to their others or is not sent, a page is
    emptied and signed out, the person's calendars answer no more, nor do their codes.
    """
    chat = people.identity_by_id(db, chat_id)
    person = people.person(db, chat.person_id) if chat is not None and chat.person_id is not None else None
    if chat is None or person is None or person.role is Role.SENDER:
        return None
    _to_a_stranger(db, cfg, chat, person, now)
    return person


def _to_a_stranger(db: Connection, cfg: Config, chat: Identity, person: Person, now: datetime) -> None:
    left = rerouting.leave(db, chat, "unlinked", now)
    feeds.drop_all(db, person.id)  # the telephone that is gone may have subscribed to a calendar
    linking_rows.drop_codes(db, person.id)  # … or have asked for a code, to come back by
    people.clear_draft(db, chat.id)
    choices.forget(db, choices.Place(chat.channel, chat.bot, chat.chat_id))
    stranger = people.add_person(db, "", Role.SENDER, now, language=person.language)
    handing.hand_to(db, chat, stranger)
    if chat.channel == WEB:
        web_feed.end_chat(db, chat.chat_id)
    settling.answer_for(db, cfg, left, "unlinked", now)


def _since(chat: Identity) -> datetime:
    return chat.linked_at or chat.created_at


def _own(db: Connection, person: Person, chat_id: int) -> Identity:
    chat = people.identity_by_id(db, chat_id)
    if chat is None or chat.person_id != person.id:
        raise Refused("unknown_chat")
    return chat
