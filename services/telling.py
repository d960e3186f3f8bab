"""Who is told what: notices to the sender, cards to everyone on shift, words to people by their role."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from core.access import CENTRE
from core.calendar import TZ as TZ
from core.ids import IdentityId as IdentityId
from core.ids import PersonId, TicketId
from core.notices import Notice, NoticeKind
from core.notices import Priority as Priority
from core.people import Person, Role
from core.sla import leader_hold_until
from core.ticket import Ticket, TicketClass
from services import duty
from services.config import Config
from services.reference import Reference
from storage import outbox, people
from storage.database import Connection


def tell_sender(
    db: Connection, ticket: Ticket, kind: NoticeKind, now: datetime, to: IdentityId | None = None, **data: Any
) -> bool:
    """Queues a notice to the ticket's sender, in the chat `to` or the one used last. False when none is reachable."""
    where = to or _chat_of(db, ticket.sender_id)
    if where is None:
        return False
    outbox.add(db, [Notice(kind, where, ticket.id, data)], now)
    return True


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
    if until is None or until <= now:
        outbox.add(db, notices, now)
        return len(chats)
    for notice in notices:
        outbox.add_delayed(db, notice, now, until)
    return len(chats)


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
    chats = list(people.reachable_identities(db, [person.id for person in roster]).values())
    groups = [
        group
        for group in people.groups(db)
        if ticket.gate in (group.gate, None) or group.gate == _parent(ref, ticket)
    ]
    priority = Priority.NOW if ticket.ticket_class is TicketClass.URGENT else Priority.CARD
    fresh = {"fresh": True}
    outbox.add(
        db, [Notice(NoticeKind.CARD, chat.id, ticket.id, fresh, priority) for chat in (*chats, *groups)], now
    )
    return len(chats)


def show_cards_at_gate(db: Connection, cfg: Config, ref: Reference, ticket: Ticket, now: datetime) -> None:
    """The gate became known (or another one) after the card went out: those who have no copy yet get one."""
    if ticket.sealed or not ticket.is_open:
        return
    have = set(outbox.has_card(db, ticket.id))
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


def show_cards_to_unit(db: Connection, ticket: Ticket, now: datetime) -> int:
    """A card to the officers of the unit that the ticket was handed to."""
    if ticket.unit is None or ticket.sealed:
        return 0
    members = [
        person.id
        for person in people.staff(db, Role.OFFICER, Role.OFFICE, Role.DUTY)
        if person.unit == ticket.unit
    ]
    return tell_people(db, members, NoticeKind.CARD, now, ticket, fresh=True)


def refresh_cards(db: Connection, ticket: Ticket, now: datetime, priority: Priority = Priority.CARD) -> None:
    """Every copy of the card shows the ticket as it is now; copies that still wait will do so by themselves."""
    waiting = outbox.card_waits(db, ticket.id)
    stale = [IdentityId(chat) for chat in outbox.has_card(db, ticket.id) if chat not in waiting]
    outbox.add(db, [Notice(NoticeKind.CARD, chat, ticket.id, {}, priority) for chat in stale], now)


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


def _chat_of(db: Connection, person: PersonId) -> IdentityId | None:
    reachable = people.reachable_identities(db, [person])
    return reachable[person].id if person in reachable else None


def _parent(ref: Reference, ticket: Ticket) -> str | None:
    gate = ref.gates.get(ticket.gate or "")
    return gate.parent if gate else None
