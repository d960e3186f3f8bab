"""What a notice needs to be put into words: loaded when it is sent, as plain values, so that a card is never stale."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any

from core import access
from core.notices import NoticeKind
from core.owing import SENT_LATER
from core.parting import stays
from core.people import Person
from core.ticket import Ticket
from services import duty, feeds, figures_shown, linking, lookup, plan_facts
from services.config import Config
from services.reference import Reference, reference
from storage import forwarding, messages, people, tickets
from storage.database import Connection
from storage.messages import StoredMessage
from storage.outbox import Row
from storage.people import Identity

# Only these may show a sealed text, and only to its named readers.
SEALED_KINDS = {NoticeKind.PETITION_CARD}
# What whoever wrote a ticket reads: of a joined one how its matter stands, under the code that they know.
TO_WHO_WROTE = {
    NoticeKind.ADDED,
    NoticeKind.ANSWER,
    NoticeKind.QUESTION,
    NoticeKind.INTERIM,
    NoticeKind.RESOLVED,
    NoticeKind.RATED,
    NoticeKind.COMMENT_SAVED,
    NoticeKind.REOPEN_OFFER,
    NoticeKind.REOPENED,
    NoticeKind.REOPEN_DECLINED,
    NoticeKind.CLOSED,
    NoticeKind.PARTED,
    NoticeKind.APOLOGY,
    NoticeKind.STATUS,
}


def facts(db: Connection, cfg: Config, row: Row, chat: Identity, now: datetime) -> dict[str, Any]:
    """The row's own data, and what it names: `ticket`, `message`, `viewer`, `contact`, lists of tickets with their facts."""
    ref = reference(db)
    own = tickets.find(db, row.ticket_id) if row.ticket_id else None
    follows = own is not None and row.kind in TO_WHO_WROTE
    ticket = tickets.as_its_sender_knows(db, own) if own is not None and follows else own
    viewer = duty.with_gates(db, ref, chat.person_id) if chat.person_id else None
    shown = dict(row.data)
    shown["contact"] = asdict(cfg.contact)
    shown["viewer"] = _viewer(viewer, ticket, chat)
    if ticket is not None:
        shown["ticket"] = ticket_facts(db, ref, ticket)
        if row.kind in SEALED_KINDS and ticket.sealed:
            shown["sealed_text"] = "\n\n".join(
                _opened(cfg, message) for message in messages.of_ticket(db, ticket.id, "in")
            )
    if message_id := row.data.get("message_id"):
        shown["message"] = _message(db, messages.get(db, message_id), ticket)
    if ticket is not None:
        shown |= _deliveries(db, row, ticket)
    if row.kind == NoticeKind.CARDS_LIST:
        shown["items"] = _short_lines(db, row.data["ticket_ids"])
    if row.kind in {NoticeKind.JOIN_MENU, NoticeKind.PART_MENU}:
        listed = [tickets.find(db, number) for number in row.data["ticket_ids"]]
        offered = [
            one for one in listed if one is not None and (one.is_open or one.joined_to == row.ticket_id)
        ]
        shown["items"] = [ticket_facts(db, ref, one) for one in offered]
    if row.kind == NoticeKind.STATUS and own is not None:
        shown["replies"] = [{"text": message.text, "at": message.at} for message in _answers(db, own)]
    if sealed := row.data.get("sealed_secret"):
        shown["url"] = feeds.address(cfg, sealed)
    if sealed := row.data.get("sealed_code"):
        shown["link_code"] = linking.opened_code(cfg, sealed)
    shown |= plan_facts.facts(db, ref, row, viewer, now)
    if row.kind == NoticeKind.FIGURES:
        shown |= figures_shown.shown(db, cfg, viewer, row.data, now)
    _add_names(ref, shown)
    return shown


def _deliveries(db: Connection, row: Row, ticket: Ticket) -> dict[str, Any]:
    """Whether what staff are told to have gone out could; and for a call another number of the same person."""
    match row.kind:
        case NoticeKind.BREACH:
            sent = forwarding.newest_status(db, ticket.id, [NoticeKind.APOLOGY])
            return {"apology": sent or ("none" if _reachable(db, ticket) else "failed")}
        case NoticeKind.DONE:
            sent = forwarding.newest_status(db, ticket.id, SENT_LATER)
            return {"undelivered": sent == "failed", "other_phone": _other_phone(db, ticket)}
        case NoticeKind.CALL_TASK:
            return {"other_phone": _other_phone(db, ticket)}
    return {}


def _reachable(db: Connection, ticket: Ticket) -> bool:
    return bool(people.reachable_identities(db, [ticket.sender_id]))


def _other_phone(db: Connection, ticket: Ticket) -> str | None:
    """A telephone number that the same person gave on another ticket, the newest first; of a sealed one never."""
    written = () if ticket.sealed else tickets.of_sender(db, ticket.sender_id)
    return next((one.phone for one in written if one.phone and not one.sealed), None)


def _short_lines(db: Connection, ticket_ids: Sequence[int]) -> list[dict[str, Any]]:
    """What a line of a list tells of each ticket, whatever became of it; not a card's worth of facts for each of ninety."""
    found = [ticket for ticket in (tickets.find(db, number) for number in ticket_ids) if ticket is not None]
    holders = [people.person(db, ticket.holder_id) if ticket.holder_id else None for ticket in found]
    return [
        {**item, "holder_name": holder.name if holder else None}
        for item, holder in zip(lookup.items(found), holders, strict=True)
    ]


def _answers(db: Connection, own: Ticket) -> list[StoredMessage]:
    """What was answered on the ticket, and then on each that it went on under, for as long as it did.

    What was told to others before is theirs.
    """
    if own.sealed:
        return []
    told = list(messages.of_ticket(db, own.id, "out"))
    for since, until, code in stays([one.event for one in tickets.history(db, own.id)]):
        main = tickets.by_code(db, code)
        there = messages.of_ticket(db, main.id, "out") if main is not None else ()
        told += [one for one in there if since < one.at and (until is None or one.at <= until)]
    return sorted(told, key=lambda one: one.id)


def _together(db: Connection, ticket: Ticket) -> list[Ticket]:
    return [ticket, *tickets.joined(db, ticket)]


def _writer(known: Sequence[Ticket], message: StoredMessage) -> str:
    """Of joined tickets the code by which whoever wrote this knows the matter; "" when there is only one ticket."""
    if len(known) == 1:
        return ""
    where = [one for one in known[1:] if one.id == message.ticket_id]
    wrote = [one for one in known if one.sender_id == message.author_id]
    return next((one.code for one in (*where, *wrote)), known[0].code)


def _written(db: Connection, known: Sequence[Ticket]) -> list[StoredMessage]:
    """The words of everybody who wrote of the matter: those that opened the ticket that goes on, then oldest first."""
    own, *others = (messages.of_ticket(db, each.id, "in") for each in known)
    later = sorted((one for some in (own[1:], *others) for one in some), key=lambda one: one.id)
    return [*own[:1], *later]


def ticket_facts(db: Connection, ref: Reference, ticket: Ticket) -> dict[str, Any]:
    """The ticket as the words need it. The text of a sealed one is not among them."""
    values = {name: getattr(ticket, name) for name in Ticket.__dataclass_fields__}
    gate, category = ref.gates.get(ticket.gate or ""), ref.category(ticket.category)
    holder = people.person(db, ticket.holder_id) if ticket.holder_id is not None else None
    sender = people.person(db, ticket.sender_id)
    known = _together(db, ticket)
    written = [] if ticket.sealed else _written(db, known)
    files = [] if ticket.sealed else messages.attachments_of(db, ticket.id)
    return {
        **values,
        "gate_name": _names(gate.name, gate.zh) if gate else None,
        "category_name": dict(category.names) if category else None,
        "unit_name": ref.units[ticket.unit].name if ticket.unit and ticket.unit in ref.units else None,
        "holder_name": holder.name if holder else None,
        "sender_name": sender.name if sender and not ticket.sealed else "",
        "sender_phone": sender.phone if sender and not ticket.sealed else None,
        "sender_reachable": _reachable(db, ticket),
        "first_text": written[0].text if written else "",
        "last_text": written[-1].text if len(written) > 1 else "",
        "last_writer": _writer(known, written[-1]) if len(written) > 1 else "",
        "all_text": "\n\n".join(_said(known, message) for message in written if message.text),
        "message_count": len(written),
        "photo_count": sum(file.kind == "photo" for file in files),
        "file_count": len(files),
        "linked_code": _code_of(db, ticket.previous_id),
        "main_code": _code_of(db, ticket.joined_to),
        "joined": [{"code": one.code, "plate": one.plate} for one in known[1:]],
        "last_rating": _last_rating(db, ticket),
        "spam_marked": ticket.spam_marked_by is not None,
    }


def _said(known: Sequence[Ticket], message: StoredMessage) -> str:
    writer = _writer(known, message)
    return f"{writer}: {message.text}" if writer else message.text


def _last_rating(db: Connection, ticket: Ticket) -> dict[str, str | None] | None:
    """How the sender rated the cycle before this one: what was wrong is the first thing its next holder must know."""
    if ticket.cycle == 1 or ticket.sealed:
        return None
    rated = tickets.last_rating(db, ticket.id, ticket.cycle - 1)
    return {"score": rated[0], "comment": rated[1]} if rated else None


def _code_of(db: Connection, ticket_id: int | None) -> str | None:
    previous = tickets.find(db, ticket_id) if ticket_id is not None else None
    return previous.code if previous else None


def _viewer(viewer: Person | None, ticket: Ticket | None, chat: Identity) -> dict[str, Any]:
    known = viewer is not None and ticket is not None
    return {
        "id": viewer.id if viewer else None,
        "role": str(viewer.role) if viewer else "",
        "is_group": chat.kind == "group",
        "holds": bool(known and viewer and ticket and ticket.holder_id == viewer.id),
        "may_join": bool(viewer and ticket and access.may_join(viewer, ticket)),
        "may_assign": bool(viewer and ticket and access.may_assign(viewer, ticket)),
        "may_claim": bool(viewer and ticket and access.may_claim(viewer, ticket)),
    }


def _message(
    db: Connection, message: StoredMessage | None, ticket: Ticket | None
) -> Mapping[str, Any] | None:
    if message is None:
        return None
    author = people.person(db, message.author_id) if message.author_id is not None else None
    return {
        "id": message.id,
        "text": message.text,
        "kind": message.kind,
        "at": message.at,
        "direction": message.direction,
        "writer": _writer(_together(db, ticket), message) if ticket and message.direction == "in" else "",
        "author_name": author.name if author else "",
    }


def _opened(cfg: Config, message: StoredMessage) -> str:
    return cfg.seal.open(message.sealed_text) if message.sealed_text is not None else message.text


def _names(vi: str, zh: str | None) -> dict[str, str]:
    return {"vi": vi, "en": vi, "zh": zh or vi}


def _with_names(ref: Reference, item: Mapping[str, Any]) -> dict[str, Any]:
    gate, category = ref.gates.get(item.get("gate") or ""), ref.category(item.get("category"))
    names = {
        "gate_name": _names(gate.name, gate.zh) if gate else None,
        "category_name": dict(category.names) if category else None,
    }
    return {**names, **item}


def _add_names(ref: Reference, shown: dict[str, Any]) -> None:
    """Codes that are offered as buttons get the words that people know them by."""
    if shown.get("gate") in ref.gates:
        gate = ref.gates[shown["gate"]]
        shown["gate_name"] = _names(gate.name, gate.zh)
    for name in ("items", "pool"):
        shown[name] = [_with_names(ref, item) for item in shown.get(name, ())]
    if shown.get("ask") == "gate":
        wanted = [ref.gates[code] for code in (shown.get("gates") or list(ref.gates)) if code in ref.gates]
        shown["options"] = [{"code": gate.code, "name": _names(gate.name, gate.zh)} for gate in wanted]
    elif shown.get("ask") == "category":
        everything = [category.code for category in ref.categories if not category.internal]
        offered = [ref.category(code) for code in shown.get("suggested") or everything]
        shown["options"] = [
            {"code": category.code, "name": dict(category.names)} for category in offered if category
        ]
