"""Opening what lies there: one ticket by its button or its code, and the pages of /viec."""

from bot.payloads import Action, Payload
from bot.turn import Turn
from core import access
from core.errors import Refused
from core.ids import PersonId, TicketId
from core.notices import NoticeKind
from services import attachments, casework, duty, lookup, telling
from services.reference import reference
from storage import tickets

PAGE = 20
"""Tickets of each kind on one page of /viec: as many as one message lists with their buttons (bot/cards_page.py)."""


def show(turn: Turn, ticket_id: int, full: bool = False) -> None:
    """The card again; the sender of a ticket sees its stage instead. Raises `not_allowed` to whoever may not see it."""
    if turn.person is not None and lookup.own_ticket(turn.db, turn.person, ticket_id):
        turn.say(NoticeKind.STATUS, ticket_id)
        return
    casework.check_note(turn.db, turn.cfg, turn.act(ticket_id))
    ticket = tickets.find(turn.db, ticket_id)
    if ticket is not None and ticket.sealed:
        turn.say(NoticeKind.PETITION_CARD, ticket.id)
    elif ticket is not None:
        telling.show_card_to(turn.db, ticket, turn.answers_to, turn.now, full=full)
        attachments.pictures_to(turn.db, ticket.id, turn.answers_to, turn.now)


def opened_by_code(turn: Turn, code: str) -> bool:
    """Whether a member of staff named a ticket that they may see: its whole card is shown, no key is asked for."""
    ticket_id = _seen_by_code(turn, code)
    if ticket_id is None:
        return False
    show(turn, ticket_id, full=True)
    return True


def _seen_by_code(turn: Turn, code: str) -> TicketId | None:
    ticket = tickets.by_code(turn.db, code.strip().upper())
    if turn.person is None or ticket is None:
        return None
    person = duty.in_post(reference(turn.db), turn.person)
    return ticket.id if access.may_see(person, ticket, casework.readers(turn.db, turn.cfg)) else None


def show_queue(turn: Turn, person_id: PersonId, page: int = 1) -> None:
    """/viec: of each kind the tickets of one page; a page that there is not is the last one."""
    person = duty.with_gates(turn.db, reference(turn.db), person_id)
    if person is None:
        return
    held, pool = duty.queue(turn.db, person)
    sealed = duty.sealed_queue(turn.db, person.id, casework.readers(turn.db, turn.cfg))
    pages = max(1, -(-max(len(held), len(pool), len(sealed)) // PAGE))
    page = min(max(page, 1), pages)
    here = slice((page - 1) * PAGE, page * PAGE)
    turn.say(
        NoticeKind.MY_QUEUE,
        items=lookup.items(held[here]),
        count=len(held),
        pool=lookup.items(pool[here]),
        pool_count=len(pool),
        sealed=lookup.items(sealed[here]),
        sealed_count=len(sealed),
        page=page,
        pages=pages,
    )


def on_page(turn: Turn, page: str) -> None:
    """/viec 2, typed or pressed. Raises `not_allowed` to whoever is no staff."""
    if turn.person is None or not turn.person.is_staff:
        raise Refused("not_allowed")
    short = page.isascii() and page.isdecimal() and len(page) <= 3
    show_queue(turn, turn.person.id, int(page) if short else 1)


def _show(turn: Turn, payload: Payload) -> None:
    show(turn, payload.ticket_id, full=payload.argument == "full")


def _page(turn: Turn, payload: Payload) -> None:
    on_page(turn, payload.argument)


ACTIONS = {Action.SHOW: _show, Action.MY_QUEUE: _page}
