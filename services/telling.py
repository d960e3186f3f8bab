"""Who is told what: notices to the sender, cards to everyone on shift, words to people by their role."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any

from core import access
from core.access import CENTRE
from core.calendar import TZ as TZ
from core.ids import IdentityId as IdentityId
from core.ids import PersonId, TicketId
from core.notices import REMINDERS, Notice, NoticeKind
from core.notices import Priority as Priority
from core.people import Person, Role
from core.sla import leader_hold_until
from core.ticket import Ticket, TicketClass
from services import duty
from services.config import Config
from services.reference import Reference, reference
from storage import gathering, outbox, people, reminders, tickets
from storage.database import Connection
from storage.people import Identity
from storage.reminders import Reminder

# Ten edits a minute leave a group ten messages for what is new.
LIST_EDITS_APART = timedelta(seconds=6)
# Every officer on shift has lists of their own: in a jam they must not take the line from the answers.
PRIVATE_EDITS_APART = timedelta(seconds=20)


def tell_sender(
    db: Connection,
    ticket: Ticket,
    kind: NoticeKind,
    now: datetime,
    here: Identity | None = None,
    **data: Any,
) -> bool:
    """Queues a notice to whoever wrote the ticket; what was joined to it counts, each sender once. Whoever spoke or pressed
    `here` is answered here.

    Each reads it under the code they know. False when the ticket's own sender cannot be reached.
    """
    known = {ticket.sender_id: ticket.id}
    for one in tickets.joined(db, ticket):
        known.setdefault(one.sender_id, one.id)
    chats = dict(people.reachable_identities(db, list(known)))
    if here is not None and here.person_id in chats:
        chats[here.person_id] = here
    notices = [
        Notice(kind, chats[person].id, code, data) for person, code in known.items() if person in chats
    ]
    outbox.add(db, notices, now)
    return ticket.sender_id in chats


def tell_writer(
    db: Connection, ticket: Ticket, person: PersonId, kind: NoticeKind, now: datetime, **data: Any
) -> bool:
    """As tell_sender, to the one person of them whom it concerns."""
    where = people.reachable_identities(db, [person]).get(person)
    if where is not None:
        outbox.add(db, [Notice(kind, where.id, known_as(db, ticket, person), data)], now)
    return where is not None


def known_as(db: Connection, ticket: Ticket, person: PersonId) -> TicketId:
    """The ticket by which this person knows it: the one that they wrote, though it goes on under another's code."""
    if ticket.sender_id == person:
        return ticket.id
    return next((one.id for one in tickets.joined(db, ticket) if one.sender_id == person), ticket.id)


def unreached(db: Connection, ticket: Ticket) -> list[Ticket]:
    """What was joined to the ticket and whose sender cannot be written to: told by telephone, if at all."""
    others = [one for one in tickets.joined(db, ticket) if one.sender_id != ticket.sender_id]
    chats = people.reachable_identities(db, [one.sender_id for one in others]) if others else {}
    return [one for one in others if one.sender_id not in chats]


def tell_chat(
    db: Connection,
    chat: IdentityId,
    kind: NoticeKind,
    now: datetime,
    ticket: TicketId | None = None,
    **data: Any,
) -> None:
    """Queues a notice to one chat: the answer to whoever wrote or pressed there."""
    outbox.add(db, [Notice(kind, chat, ticket, data)], now)


def tell_people(
    db: Connection,
    persons: Iterable[PersonId],
    kind: NoticeKind,
    now: datetime,
    ticket: Ticket | None = None,
    priority: Priority = Priority.CARD,
    until: datetime | None = None,
    **data: Any,
) -> int:
    """Queues a notice to each of these people who can be reached; how many that were. It is not sent before `until`."""
    wanted = list(dict.fromkeys(persons))
    reachable = people.reachable_identities(db, wanted)
    chats = [reachable[person].id for person in wanted if person in reachable]
    notices = [Notice(kind, chat, ticket.id if ticket else None, data, priority) for chat in chats]
    if ticket is not None and kind in REMINDERS:
        notices = [*_taken_back(db, ticket, chats, priority), *notices]
    if until is None or until <= now:
        outbox.add(db, notices, now)
        return len(chats)
    for notice in notices:
        outbox.add_delayed(db, notice, now, until)
    return len(chats)


def _taken_back(
    db: Connection, ticket: Ticket, chats: Sequence[IdentityId], priority: Priority
) -> list[Notice]:
    """One reminder of a ticket counts in a chat: what waits there is overtaken, the one above shrinks to a line."""
    reminders.overtake(db, ticket.id, chats)
    return [
        Notice(
            NoticeKind.REMINDED_AGAIN,
            IdentityId(old.identity_id),
            ticket.id,
            {"edits": old.provider_id},
            priority,
        )
        for old in reminders.standing(db, ticket.id)
        if old.identity_id in chats
    ]


def tell_leaders(
    db: Connection, kind: NoticeKind, now: datetime, ticket: Ticket | None = None, **data: Any
) -> int:
    """As tell_people, to the leaders of the board; between 21:00 and 06:00 it waits until 06:00 unless urgent."""
    urgent = ticket is not None and ticket.ticket_class is TicketClass.URGENT
    leaders = [person.id for person in people.staff(db, Role.LEADER)]
    return tell_people(db, leaders, kind, now, ticket, until=leader_hold_until(now, urgent), **data)


def show_cards(db: Connection, cfg: Config, ref: Reference, ticket: Ticket, now: datetime) -> int:
    """A card to everyone on shift at the gate and into the gate's group. A petition's goes to its named readers alone.

    Returns how many people it went to; groups are not counted, a group answers for nobody.
    """
    if ticket.sealed:
        return tell_people(db, sealed_readers(db, cfg), NoticeKind.PETITION_CARD, now, ticket)
    roster = duty.on_shift(db, ref, ticket.gate, now)
    chats = people.chats_of_staff(db, [person.id for person in roster])
    groups = [
        group
        for group in people.groups(db)
        if ticket.gate in (group.gate, None) or group.gate == _parent(ref, ticket)
    ]
    priority = Priority.NOW if ticket.ticket_class is TicketClass.URGENT else Priority.CARD
    turns = [*((chat.id, priority) for chat in chats), *((group.id, Priority.GROUP) for group in groups)]
    first = {"fresh": True, "first": True}
    outbox.add(db, [Notice(NoticeKind.CARD, chat, ticket.id, first, turn) for chat, turn in turns], now)
    return len(chats)


def show_cards_at_gate(db: Connection, cfg: Config, ref: Reference, ticket: Ticket, now: datetime) -> None:
    """The gate became known (or another one) after the card went out: those who have no copy yet get one."""
    if ticket.sealed or not ticket.is_open:
        return
    have = has_been_shown(db, ticket.id)
    roster = [person.id for person in duty.on_shift(db, ref, ticket.gate, now)]
    chats = [
        *people.reachable_identities(db, roster).values(),
        *(group for group in people.groups(db, ticket.gate)),
    ]
    missing = [chat.id for chat in chats if chat.id not in have]
    outbox.add(
        db,
        [Notice(NoticeKind.CARD, chat, ticket.id, {"fresh": True}, Priority.CARD) for chat in missing],
        now,
    )


def has_been_shown(db: Connection, ticket_id: TicketId | int) -> set[int]:
    """The chats that have a card of the ticket or a list that names it, or are about to."""
    return {*outbox.has_card(db, ticket_id), *gathering.listed_in(db, _duty_chats(db), ticket_id)}


def _duty_chats(db: Connection) -> list[int]:
    """Every group, and every chat of everyone who works here: what was told in one may show in others too."""
    return [*(group.id for group in people.groups(db)), *people.every_chat_of_staff(db)]


def show_cards_to_unit(db: Connection, ticket: Ticket, now: datetime) -> int:
    """A card to the officers of the unit that the ticket was handed to."""
    members = [] if ticket.sealed else _members(db, ticket.unit)
    return tell_people(db, members, NoticeKind.CARD, now, ticket, fresh=True, first=True)


def in_charge(db: Connection, ref: Reference, ticket: Ticket, now: datetime) -> list[PersonId]:
    """Who must act as long as nobody holds it: the unit that it was handed to, else everyone on shift at its gate."""
    return _members(db, ticket.unit) or [person.id for person in duty.on_shift(db, ref, ticket.gate, now)]


def _members(db: Connection, unit: str | None) -> list[PersonId]:
    known = people.staff(db, Role.OFFICER, Role.OFFICE, Role.DUTY, Role.LEADER) if unit is not None else ()
    return [person.id for person in known if access.is_of_unit(person, unit)]


def refresh_cards(
    db: Connection,
    ticket: Ticket,
    now: datetime,
    priority: Priority = Priority.CARD,
    before: Ticket | None = None,
) -> None:
    """Every copy of the card, and each chat's last reminder, shows the ticket as it is now; copies that still wait will do so
    by themselves. Who may not see it any more gets no more of it – but once, when it has just gone away from them (`before`)."""
    waiting = outbox.card_waits(db, ticket.id)
    stale = [chat for chat in outbox.has_card(db, ticket.id) if chat not in waiting]
    told = reminders.standing(db, ticket.id)
    hidden = _hidden(db, ticket, before, [*stale, *(one.identity_id for one in told)])
    cards = [
        Notice(NoticeKind.CARD, IdentityId(chat), ticket.id, {}, priority)
        for chat in stale
        if chat not in hidden
    ]
    anew = [_drawn_anew(ticket, one) for one in told if one.identity_id not in hidden]
    outbox.add(db, [*cards, *anew], now)
    _refresh_lists(db, ticket, now)


def _refresh_lists(db: Connection, ticket: Ticket, now: datetime) -> None:
    """The lists of a burst that show the ticket are drawn anew: a chat's one after another, and what changes meanwhile is
    shown with it, or a hundred claims would be a hundred edits."""
    groups = {group.id for group in people.groups(db)}
    for one in gathering.lists_showing(db, _duty_chats(db), ticket.id):
        coming = gathering.edits_to_come(db, one.identity_id)
        if one.provider_id not in coming:
            in_group = one.identity_id in groups
            apart = LIST_EDITS_APART if in_group else PRIVATE_EDITS_APART
            turn = Priority.GROUP if in_group else Priority.DIGEST
            # Where a list cannot be changed it is not told again for every ticket of it that somebody takes.
            data = {"ticket_ids": list(one.ticket_ids), "edits": one.provider_id, "only_edits": True}
            edit = Notice(NoticeKind.CARDS_LIST, IdentityId(one.identity_id), data=data, priority=turn)
            outbox.add_delayed(db, edit, now, max([now, *coming.values()]) + apart)


def _drawn_anew(ticket: Ticket, told: Reminder) -> Notice:
    data = {**told.data, "edits": told.provider_id}
    return Notice(told.kind, IdentityId(told.identity_id), ticket.id, data, Priority.REMINDER)


def _hidden(db: Connection, ticket: Ticket, before: Ticket | None, chats: Sequence[int]) -> set[int]:
    """The chats of people who may not see the ticket, nor might before. A group is its gate's: nobody's in particular."""
    if not chats:
        return set()
    ref = reference(db)
    return {
        chat
        for chat, person in people.readers(db, chats).items()
        if not any(access.may_see(duty.in_post(ref, person), one) for one in (ticket, before) if one)
    }


def show_card_to(db: Connection, ticket: Ticket, to: IdentityId, now: datetime, full: bool = False) -> None:
    """A new copy of the card in this chat (it slipped out of sight, or there never was one)."""
    outbox.add(db, [Notice(NoticeKind.CARD, to, ticket.id, {"fresh": True, "full": full})], now)


def sealed_readers(db: Connection, cfg: Config) -> list[PersonId]:
    """At most two named officers may read a sealed text: by setting, else the first two of Văn phòng. Whoever left, no more."""
    if cfg.sealed_readers:
        named = (people.person(db, reader) for reader in cfg.sealed_readers[:2])
        return [person.id for person in named if person is not None and person.is_staff]
    return [person.id for person in sorted(people.staff(db, Role.OFFICE), key=lambda person: person.id)[:2]]


def heads(db: Connection, ref: Reference, ticket: Ticket) -> Sequence[Person]:
    """Rung 2, "head of the gate centre": the heads whose unit or gate the ticket lies in, else those of the centre.

    No other head: whoever is called must be able to act (core/access.py), or the rung falls through.
    """
    known = [person for person in people.staff(db, Role.DUTY, Role.OFFICER) if person.is_head]
    near = [head for head in known if _is_near(ref, head, ticket)]
    return near or [head for head in known if head.unit == CENTRE and head.gate is None]


def _is_near(ref: Reference, head: Person, ticket: Ticket) -> bool:
    if ticket.unit is not None and head.unit == ticket.unit:
        return True
    return bool(ticket.gate and head.gate and ticket.gate in ref.family(head.gate))


def _parent(ref: Reference, ticket: Ticket) -> str | None:
    gate = ref.gates.get(ticket.gate or "")
    return gate.parent if gate else None
