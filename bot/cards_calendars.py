"""Calendars for the telephone: which there are, the address of one, and that one was stopped."""

from bot.cards_page import Card, Page, paragraphs, press, rows, short_time
from bot.payloads import Action


def offered(page: Page) -> Card:
    """/lich: each calendar with its buttons; an address is told once, when it is made."""
    items = [item for item in page.facts.items("items") if item.line("scope")]
    told, buttons = [], []
    for item in items:
        scope, since = item.line("scope"), item.time("since")
        what = page.say_known(f"staff.calendar.what.{scope}", "staff.calendar.what.other")
        key = "staff.calendar.since" if since else "staff.calendar.none"
        told.append(page.say(key, what=what, at=since and short_time(since)))
        label = "staff.button.calendar_again" if since else "staff.button.calendar_new"
        buttons.append(press(page.say(label, what=what), Action.CALENDAR_NEW, 0, scope))
        if since:
            buttons.append(
                press(page.say("staff.button.calendar_stop", what=what), Action.CALENDAR_STOP, 0, scope)
            )
    text = paragraphs(page.say("staff.calendar.title"), "\n".join(told), page.say("staff.calendar.hint"))
    return Card(text, () if page.in_group else rows(buttons, per_row=1))


def address(page: Page) -> Card:
    """The address itself, how it gets into a telephone, and that it is a secret."""
    scope = page.facts.line("scope")
    what = page.say_known(f"staff.calendar.what.{scope}", "staff.calendar.what.other")
    url = page.facts.words("url")
    text = paragraphs(
        page.say("staff.calendar.address", what=what),
        page.or_unknown(url),
        page.say("staff.calendar.how"),
        page.say("staff.calendar.secret"),
    )
    return Card(text)


def stopped(page: Page) -> Card:
    what = page.say_known(f"staff.calendar.what.{page.facts.line('scope')}", "staff.calendar.what.other")
    return Card(page.say("staff.calendar.stopped", what=what))
