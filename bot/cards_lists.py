"""Lists of tickets for staff: the queue, the shift, its end, a burst in a group, and where loose words belong."""

from collections.abc import Iterable

from bot.cards_buttons import Buttons
from bot.cards_page import LISTED, Card, Facts, Page, lines, paragraphs, press, rows, short_time, tail
from bot.cards_ticket import gate_name, ticket_line
from bot.payloads import Action
from core.ticket import Status


def cards_list(page: Page) -> Card:
    """Many new tickets in one message: a group takes only 20 messages a minute (limits.md B8)."""
    items = page.facts.items("items") or page.facts.items("tickets")
    ids = page.facts.values.get("ticket_ids")
    count = len(items) or (len(ids) if isinstance(ids, list | tuple) else 0)
    text = paragraphs(
        page.say("staff.list.title", count=count),
        # Nobody shows the rest of these again: a list that names ten of forty would hide thirty complaints.
        _listed(page, items, most=len(items)),
        page.say("staff.list.queue"),
    )
    return Card(text, rows(_claiming(page, items)))


def my_queue(page: Page) -> Card:
    """/viec: my open tickets, the nearest due time first; below them what waits to be taken."""
    held = sorted(page.facts.items("items"), key=_by_due)
    pool = sorted(page.facts.items("pool"), key=_by_due)
    title = page.say("staff.queue.title", count=len(held)) if held else page.say("staff.queue.none")
    waiting = lines(page.say("staff.queue.pool", count=len(pool)), _listed(page, pool)) if pool else ""
    return Card(
        paragraphs(title, _listed(page, held), waiting),
        rows(_opening(page, held)) + rows(_claiming(page, pool)),
    )


def my_shift(page: Page) -> Card:
    shift = page.facts.inner("shift") or page.facts
    items = page.facts.items("items")
    starts, ends = shift.time("starts_at"), shift.time("ends_at")
    title = (
        page.say(
            "staff.shift.title", gate=gate_name(page, shift), starts=short_time(starts), ends=short_time(ends)
        )
        if starts and ends
        else page.say("staff.shift.none")
    )
    held = page.say("staff.shift.items", count=len(items)) if items else ""
    return Card(paragraphs(title, lines(held, _listed(page, items))), rows(_opening(page, items)))


def shift_ending(page: Page) -> Card:
    """Half an hour before the end: what is not kept returns to the pool (promise.md, Shifts)."""
    items = page.facts.items("items")
    keep = [
        press(page.say("staff.button.keep_one", tail=_tail(item)), Action.KEEP, item)
        for item in items[:LISTED]
    ]
    refused = page.facts.flag("refused")
    title = "staff.ending.refused" if refused else "staff.ending.title" if items else "staff.ending.none"
    last = page.say("staff.ending.last") if page.facts.flag("is_last") and items and not refused else ""
    return Card(paragraphs(page.say(title), last, _listed(page, items)), () if refused else rows(keep))


def place_message(page: Page) -> Card:
    """A staff member's loose words: a note on which ticket, or a new one?"""
    items = page.facts.items("items")
    message = page.facts.number("message_id") or page.message.number("id")
    onto = [
        press(page.say("staff.button.place_one", tail=_tail(item)), Action.PLACE, item, message)
        for item in items[:LISTED]
    ]
    others = [
        press(page.say("staff.button.place_new"), Action.PLACE, 0, message),
        press(page.say("button.cancel"), Action.CANCEL),
    ]
    title = page.say("staff.place.title" if items else "staff.place.none")
    return Card(paragraphs(title, _listed(page, items)), rows(onto) + rows(others))


def _listed(page: Page, items: Iterable[Facts], most: int = LISTED) -> str:
    """The first of them as lines, sealed ones by their code only; how many more there are."""
    every = list(items)
    rest = page.say("common.more", count=len(every) - most) if len(every) > most else ""
    return lines(*(ticket_line(page, item) for item in every[:most]), rest)


def _opening(page: Page, items: Iterable[Facts]) -> Buttons:
    return [
        press(page.say("staff.button.show_one", tail=_tail(item)), Action.SHOW, item)
        for item in list(items)[:LISTED]
    ]


def _claiming(page: Page, items: Iterable[Facts]) -> Buttons:
    return [
        press(page.say("staff.button.claim_one", tail=_tail(item)), Action.CLAIM, item)
        for item in list(items)[:LISTED]
        if item.line("status") in {"", Status.NEW}
    ]


def _tail(item: Facts) -> str:
    return tail(item.line("code"))


def _by_due(item: Facts) -> tuple[bool, str]:
    due_at = item.time("due_at")
    return (due_at is None, due_at.isoformat() if due_at else "")
