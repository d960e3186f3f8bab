"""Lists of tickets for staff: the queue, the shift, its end, a burst in a group, and where loose words belong."""

from collections.abc import Collection, Iterable

from bot.cards_buttons import Buttons
from bot.cards_page import (
    LISTED,
    Card,
    Facts,
    Page,
    lines,
    paragraphs,
    press,
    rows,
    short_day,
    short_time,
    tail,
)
from bot.cards_ticket import category_name, excerpt, gate_name, mark, ticket_line
from bot.payloads import SURE, Action
from core.ticket import Status

FIRST_WORDS = 80
# Ninety lines with a name of this length fit into one message (storage/gathering.py).
SHORT_CHARACTERS = 18


def cards_list(page: Page) -> Card:
    """Many new tickets in one message: a group takes only 20 messages a minute (limits.md B8)."""
    items = page.facts.items("items")
    waiting = [item for item in items if _waits(item)]
    title = page.say("staff.list.title", count=len(waiting)) if waiting else page.say("staff.list.all_taken")
    more = page.say("staff.list.first", count=LISTED) if len(waiting) > LISTED else ""
    # Nobody shows the rest of these again: a list that names ten of forty would hide thirty complaints.
    text = paragraphs(title, *_in_short(page, items), lines(more, page.say("staff.list.queue")))
    return Card(text, rows(_claiming(page, waiting)))


def _in_short(page: Page, items: Iterable[Facts]) -> list[str]:
    """All of them, as many as one message carries: gate, day and the codes' common part once, then a few words for each."""
    under: dict[str, list[str]] = {}
    for item in items:
        prefix, _, number = item.line("code").rpartition("-")
        due_at = item.time("due_at")
        day = short_day(due_at.date()) if due_at else None
        heading = page.say("staff.list.heading", gate=gate_name(page, item), prefix=prefix, day=day)
        under.setdefault(heading, []).append(_short_line(page, item, number))
    return [lines(heading, *told) for heading, told in under.items()]


def _short_line(page: Page, item: Facts, number: str) -> str:
    due_at, stage = item.time("due_at"), item.line("status")
    if _waits(item):
        return page.say(
            "staff.list.waits",
            mark=mark(item, page.now) or "⚪",
            number=number,
            category=_cut(category_name(page, item)),
            at=f"{due_at:%H:%M}" if due_at else None,
        )
    what = item.line("holder_name") or page.say_known(f"staff.short.{stage}", "common.unknown")
    return page.say("staff.list.taken", number=number, what=_cut(what))


def _waits(item: Facts) -> bool:
    return item.line("status") in {"", Status.NEW} and not item.flag("sealed")


def _cut(name: str) -> str:
    return name if len(name) <= SHORT_CHARACTERS else name[: SHORT_CHARACTERS - 1].rstrip() + "…"


def my_queue(page: Page) -> Card:
    """/viec: my open tickets, the nearest due time first; below them what waits to be taken. A page of each, and the way on."""
    held = sorted(page.facts.items("items"), key=_by_due)
    pool = sorted(page.facts.items("pool"), key=_by_due)
    # A group must not even learn that something lies sealed.
    sealed = () if page.in_group else page.facts.items("sealed")
    title = page.say("staff.queue.title", count=_count(page, "count", held))
    if not _count(page, "count", held):
        title = page.say("staff.queue.none")
    pooled = page.say("staff.queue.pool", count=_count(page, "pool_count", pool))
    secret = page.say("staff.queue.sealed", count=_count(page, "sealed_count", sealed))
    text = paragraphs(
        title,
        _listed(page, held),
        lines(pooled, _listed(page, pool)) if pool else "",
        lines(secret, _listed(page, sealed)) if sealed else "",
        _which_page(page),
    )
    buttons = rows(_opening(page, held)) + rows(_claiming(page, pool)) + rows(_opening(page, sealed))
    return Card(text, buttons + rows(_other_pages(page)))


def _count(page: Page, name: str, shown: Collection[Facts]) -> int:
    return max(page.facts.number(name), len(shown))


def _which_page(page: Page) -> str:
    number, of = page.facts.number("page"), page.facts.number("pages")
    return page.say("staff.queue.page", page=number, pages=of) if of > 1 else ""


def _other_pages(page: Page) -> Buttons:
    number, of = page.facts.number("page"), page.facts.number("pages")
    return [
        press(page.say("staff.button.queue_page", page=other), Action.MY_QUEUE, 0, other)
        for other in (number - 1, number + 1)
        if 1 <= other <= of and of > 1
    ]


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


def join_menu(page: Page) -> Card:
    """Gộp phiếu: the open tickets of the same gate, each with its first words, so that the same matter is recognised."""
    items = page.facts.items("items")
    if page.facts.flag("sure") and items:
        return _join_sure(page, items[0])
    into = [
        press(
            page.say("staff.button.join_into", tail=_tail(item)), Action.JOIN, page.ticket, item.number("id")
        )
        for item in items
    ]
    title = page.say("staff.menu.join" if items else "staff.menu.join_none")
    cancel = press(page.say("button.cancel"), Action.CANCEL)
    shown = [lines(ticket_line(page, item), _first_words(page, item)) for item in items]
    return Card(paragraphs(title, *shown, page.say("staff.menu.join_typed")), rows([*into, cancel]))


def _join_sure(page: Page, main: Facts) -> Card:
    ask = page.say("staff.menu.join_sure", main=main.line("code"))
    sure = f"{main.number('id')}{SURE}{page.facts.number('promised')}"
    yes = press(page.say("staff.button.join_sure"), Action.JOIN, page.ticket, sure)
    no = press(page.say("button.no"), Action.CANCEL)
    return Card(paragraphs(ask, lines(ticket_line(page, main), _first_words(page, main))), rows([yes, no]))


def part_menu(page: Page) -> Card:
    """Tách phiếu: what goes on under this ticket, each with its first words, so that the wrong one is recognised."""
    items = page.facts.items("items")
    out = [
        press(
            page.say("staff.button.part_one", tail=_tail(item)), Action.PART, page.ticket, item.number("id")
        )
        for item in items
    ]
    cancel = press(page.say("button.cancel"), Action.CANCEL)
    shown = [lines(item.line("code"), _first_words(page, item)) for item in items]
    return Card(paragraphs(page.say("staff.menu.part"), *shown), rows([*out, cancel]))


def _first_words(page: Page, item: Facts) -> str:
    hidden = page.in_group or page.sealed or item.flag("sealed")
    words = "" if hidden else excerpt(item.line("first_text"), FIRST_WORDS)
    return f"“{words}”" if words else ""


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
    waiting = [item for item in items if item.line("status") in {"", Status.NEW}]
    return [
        press(page.say("staff.button.claim_one", tail=_tail(item)), Action.CLAIM, item)
        for item in waiting[:LISTED]
    ]


def _tail(item: Facts) -> str:
    return tail(item.line("code"))


def _by_due(item: Facts) -> tuple[bool, str]:
    due_at = item.time("due_at")
    return (due_at is None, due_at.isoformat() if due_at else "")
