"""Many tasks of plans in one message: the morning's reminders, /nhiemvu, and Monday's digest to Văn phòng."""

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import timedelta

from bot.cards_buttons import Buttons
from bot.cards_page import LISTED, Card, Facts, Page, lines, one_line, paragraphs, press, rows, short_day
from bot.cards_tasks import MARKS, mark, opening
from bot.payloads import Action
from core.calendar import TZ
from core.reminders import Level

TITLE = 70  # characters of a title in a list
AT_ONCE = 100  # lines: of more, nobody takes note with one press
IN_A_GROUP = 10  # lines under one heading of Monday's digest


def digest(page: Page) -> Card:
    """The morning's reminders in one; what was done meanwhile is not told any more."""
    items = page.facts.items("items")
    waiting = [item for item in items if item.flag("may_acknowledge")]
    # One press takes note of everything: then everything is there to be read.
    at_once = bool(waiting) and len(items) <= AT_ONCE
    most = AT_ONCE if at_once else LISTED
    own = [item for item in items if item.number("level") <= Level.OFFICERS]
    climbed = [item for item in items if item.number("level") > Level.OFFICERS]
    text = paragraphs(
        page.say("staff.tasks.digest", count=len(items)) if items else page.say("staff.tasks.none"),
        _listed(page, own, most),
        lines(page.say("staff.tasks.climbed", count=len(climbed)), _listed(page, climbed, most))
        if climbed
        else "",
        page.say("staff.tasks.legend") if items else "",
    )
    every = press(
        page.say("staff.button.task_ack_all", count=len(waiting)),
        Action.TASK_ACK_ALL,
        page.delivery.outbox_id,
    )
    return Card(text, rows([every if at_once else None]) + rows(_opening(page, [*own, *climbed]), per_row=4))


def my_tasks(page: Page) -> Card:
    """/nhiemvu: my unit's open tasks; for Văn phòng and leaders all of them, coloured, by unit; or the rest of one number's."""
    items = page.facts.items("items")
    if not items:
        return Card(page.say("staff.tasks.none"))
    scope = page.facts.line("scope")
    key = f"staff.tasks.{scope}" if scope in {"all", "number"} else "staff.tasks.mine"
    title = page.say(key, count=len(items), number=page.facts.line("number"))
    text = paragraphs(
        lines(title, _colours(page, items)),
        _listed(page, items, LISTED),
        page.say("staff.tasks.legend"),
    )
    return Card(text, rows(_opening(page, items), per_row=4))


def weekly(page: Page) -> Card:
    """Monday: overdue, not acknowledged, due in 14 days, waiting for acceptance; and each unit's colours."""
    facts = page.facts
    total = facts.number("total")
    groups = [
        _group(page, name, facts.items(name)) for name in ("overdue", "unacknowledged", "soon", "submitted")
    ]
    undated = len(facts.items("undated"))
    late_at_import = facts.number("late_at_import")
    units = facts.items("units")
    today = page.now.astimezone(TZ).date()
    monday = today - timedelta(days=today.weekday())  # the digest itself may be later: a holiday, a fault
    text = paragraphs(
        page.say("staff.weekly.title", day=short_day(monday), count=total),
        *groups[:1],
        page.say("staff.weekly.late_at_import", count=late_at_import) if late_at_import else "",
        *groups[1:],
        page.say("staff.weekly.undated", count=undated) if undated else "",
        lines(page.say("staff.weekly.units"), *(_unit(page, unit) for unit in units)) if units else "",
        page.say("staff.tasks.legend"),
    )
    all_of_them = press(page.say("staff.button.all_tasks"), Action.MY_TASKS, 0, "all")
    first = [item for name in ("overdue", "unacknowledged") for item in facts.items(name)]
    unique = {item.number("id"): item for item in first}
    return Card(text, rows([all_of_them]) + rows(_opening(page, unique.values())[:8], per_row=4))


def task_line(page: Page, item: Facts) -> str:
    """ "🟠 10. Triển khai … – Văn phòng, hạn 29/11/2026, 50%" """
    title = one_line(item.values.get("title"))
    short = title if len(title) <= TITLE else title[: TITLE - 1].rstrip() + "…"
    part = item.line("part")
    words = page.say(
        "staff.tasks.line",
        mark=mark(item),
        number=item.line("number"),
        title=f"{short} ({part})" if part else short,
        unit=item.line("unit_name"),
        day=short_day(item.day("due_on")) or page.say("staff.tasks.no_day"),
        percent=item.number("progress"),
    )
    return f"{words} {_flag(page, item)}".rstrip()


def _flag(page: Page, item: Facts) -> str:
    """What else a line has to say: over before it came, or done and waiting for the head."""
    if item.line("status") == "submitted":
        return page.say("staff.tasks.flag.submitted")
    return page.say("staff.tasks.flag.late") if item.flag("overdue_at_import") else ""


def _listed(page: Page, items: Sequence[Facts], most: int) -> str:
    rest = page.say("staff.tasks.more", count=len(items) - most) if len(items) > most else ""
    return lines(*(task_line(page, item) for item in items[:most]), rest)


def _group(page: Page, name: str, items: Sequence[Facts]) -> str:
    head = page.say(f"staff.weekly.{name}", count=len(items))
    return lines(head, _listed(page, items, IN_A_GROUP))


def _colours(page: Page, items: Sequence[Facts]) -> str:
    count = {colour: sum(item.line("colour") == colour for item in items) for colour in MARKS}
    return " · ".join(f"{MARKS[colour]} {number}" for colour, number in count.items())


def _unit(page: Page, unit: Facts) -> str:
    count = " · ".join(f"{sign} {unit.number(colour)}" for colour, sign in MARKS.items())
    return page.say("staff.weekly.unit", name=unit.line("name"), colours=count)


def _opening(page: Page, items: Iterable[Facts]) -> Buttons:
    if page.in_group:
        return []
    shown = list(items)[:LISTED]
    alike = Counter(item.line("number") for item in shown)
    return [opening(page, item, dated=alike[item.line("number")] > 1) for item in shown]
