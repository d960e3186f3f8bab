"""The steps of a staff dialogue: what to write next, and menus to choose from. Every step can be cancelled."""

from bot.cards_page import LISTED, Card, Facts, Page, lines, press, rows
from bot.outgoing import Button
from bot.payloads import Action

# How a chosen entry is said in the payload (bot/payloads.py): "gate=HN", "date=2026-11-25", an agency's bare code.
TRANSFER_STEPS = ("gate", "unit", "person")
CALLS = ("call", "call_note")
AGENCY_STEPS = {"agency": "", "date": "date=", "approver": "by="}


def prompt(page: Page) -> Card:
    """ "Write it now": `comment` is the sender's, everything else the staff's."""
    action = page.facts.line("action")
    sender = action == "comment"
    text = page.say_known(f"{'' if sender else 'staff.'}prompt.{action}", "staff.prompt.other")
    missed = press(page.say("staff.button.call_missed"), Action.CALL_MISSED, page.ticket)
    return Card(text, rows([missed if action in CALLS else None, _cancel(page)]))


def transfer_menu(page: Page) -> Card:
    """First what kind of place, then which one. The due time never moves."""
    step = page.facts.line("step")
    if step not in TRANSFER_STEPS:
        kinds = [
            press(page.say(f"staff.button.{kind}"), Action.TRANSFER, page.ticket, kind)
            for kind in TRANSFER_STEPS
        ]
        return Card(page.say("staff.menu.what"), rows([*kinds, _cancel(page)]))
    return _menu(page, f"staff.menu.{step}", Action.TRANSFER, f"{step}=")


def agency_menu(page: Page) -> Card:
    """Chờ cơ quan khác: the agency, the promised day, who approved. The first two may be typed instead."""
    step = page.facts.line("step")
    step = step if step in AGENCY_STEPS else "agency"
    return _menu(page, f"staff.menu.{step}", Action.AGENCY, AGENCY_STEPS[step])


def assign_menu(page: Page) -> Card:
    return _menu(page, "staff.menu.assign", Action.ASSIGN, "")


def _menu(page: Page, key: str, action: Action, prefix: str) -> Card:
    options = page.facts.items("options")
    choices = [_choice(page, option, action, prefix) for option in options[: 2 * LISTED]]
    text = lines(page.say(key), "" if any(choices) else page.say("staff.menu.empty"))
    return Card(text, rows(choices) + rows([_cancel(page)]))


def _choice(page: Page, option: Facts, action: Action, prefix: str) -> Button | None:
    value = option.line("code") or option.line("id") or option.line("date")
    name = option.called("name", page.language) or value
    return press(name, action, page.ticket, f"{prefix}{value}") if value else None


def _cancel(page: Page) -> Button | None:
    return press(page.say("button.cancel"), Action.CANCEL)
