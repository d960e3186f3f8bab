"""The buttons that a ticket's state and its reader allow. They promise nothing: every press is checked again."""

from bot.cards_page import Facts, Page, press
from bot.outgoing import Button
from bot.payloads import Action
from core.people import Role
from core.ticket import HELD, OPEN, Status, TicketClass

QUESTIONS = 2

Buttons = list[Button | None]


def work_buttons(page: Page) -> Buttons:
    """What this reader may do now. In a group only to take it; the rest happens in private (the answers are read there)."""
    stage = page.ticket.line("status")
    if page.sealed or stage not in OPEN:
        return []
    may_claim = page.viewer.values.get("may_claim") is not False or page.in_group
    claim = [press(page.say("button.claim"), Action.CLAIM, page.ticket)] if may_claim else []
    if page.in_group:
        return claim if stage == Status.NEW else []
    assign = page.viewer.flag("may_assign")
    last = [assign_button(page) if assign else None, _join_button(page), _part_button(page)]
    if stage == Status.NEW:
        return [*claim, *_first_choices(page), *last]
    if page.viewer.flag("holds"):
        return [*holder_buttons(page), *last]
    return [note_button(page), _calmer(page) if assign else None, *last]


def holder_buttons(page: Page) -> Buttons:
    """The holder's. A third question, or one about an urgent matter, is refused by the rules and therefore not offered."""
    ticket = page.ticket
    may_ask = ticket.number("asked_count") < QUESTIONS and not is_urgent(ticket)
    unreachable = ticket.values.get("sender_reachable") is False
    return [
        press(page.say("button.answer"), Action.REPLY, ticket),
        note_button(page),
        press(page.say("button.ask"), Action.ASK, ticket) if may_ask else None,
        press(page.say("button.transfer"), Action.TRANSFER, ticket),
        press(page.say("button.wait_agency"), Action.AGENCY, ticket),
        press(page.say("button.close"), Action.RESOLVE, ticket),
        press(page.say("staff.button.called"), Action.CALLED, ticket) if unreachable else None,
        None if is_urgent(ticket) else press(page.say("staff.button.urgent"), Action.URGENT, ticket),
    ]


def note_button(page: Page) -> Button | None:
    return press(page.say("button.note"), Action.NOTE, page.ticket)


def assign_button(page: Page) -> Button | None:
    return press(page.say("staff.button.assign"), Action.ASSIGN, page.ticket)


def _join_button(page: Page) -> Button | None:
    if not page.viewer.flag("may_join"):
        return None
    return press(page.say("staff.button.join"), Action.JOIN, page.ticket)


def _part_button(page: Page) -> Button | None:
    if not (page.viewer.flag("may_join") and page.ticket.items("joined")):
        return None
    return press(page.say("staff.button.part"), Action.PART, page.ticket)


def show_button(page: Page) -> Button | None:
    """Draws the card anew with the whole text: argument "full"."""
    return None if page.in_group else press(page.say("staff.button.show"), Action.SHOW, page.ticket, "full")


def _first_choices(page: Page) -> Buttons:
    ticket = page.ticket
    return [
        press(page.say("button.transfer"), Action.TRANSFER, ticket)
        if page.viewer.flag("may_assign")
        else None,
        _calmer(page) if is_urgent(ticket) else press(page.say("staff.button.urgent"), Action.URGENT, ticket),
        None if ticket.flag("spam_marked") else press(page.say("staff.button.spam"), Action.SPAM, ticket),
    ]


def _calmer(page: Page) -> Button | None:
    """Down from urgent needs a second person: the holder never sees it."""
    if not is_urgent(page.ticket) or page.viewer.flag("holds") or not page.viewer.flag("may_assign"):
        return None
    return press(page.say("staff.button.not_urgent"), Action.NOT_URGENT, page.ticket)


def is_leader(page: Page) -> bool:
    return page.viewer.line("role") == Role.LEADER


def leads(page: Page) -> bool:
    """Leaders and Văn phòng: those who may accept a due time or hand a ticket on (services/handling.py asks again)."""
    return page.viewer.line("role") in {Role.LEADER, Role.OFFICE}


def is_held(page: Page) -> bool:
    return page.ticket.line("status") in HELD


def is_urgent(ticket: Facts) -> bool:
    return ticket.line("ticket_class") == TicketClass.URGENT or ticket.flag("urgent")
