"""/kenh: the chats of one person, a code for one more, and what was written in one of them, shown in the others."""

from bot.cards_anyone import in_words
from bot.cards_page import Card, Facts, Page, Rows, lines, paragraphs, press, rows, short_day
from bot.outgoing import Button
from bot.payloads import Action

MARKS = ("here", "preferred", "unreachable")
BY_WORDS = ("zalo", "zalo_oa")
"""Channels whose people know no slash and no link: they send the words."""


def my_chats(page: Page) -> Card:
    """Each chat with what is true of it; numbered, because there may be two of one channel."""
    items = list(zip(_names(page), page.facts.items("items"), strict=True))
    preferred = any(item.flag("preferred") for _, item in items)
    text = paragraphs(
        _said(page, "chats.title"),
        lines(*(_line(page, name, item) for name, item in items)),
        page.say("chats.rule_preferred" if preferred else "chats.rule_last") if len(items) > 1 else "",
        _said(page, "chats.more"),
    )
    return Card(text, _offers(page, items, preferred))


def _said(page: Page, key: str, staff: bool = False, **fields: str) -> str:
    """The words of `key`, or those that staff read in their place."""
    return page.say(f"staff.{key}" if page.staff_reads or staff else key, **fields)


def _names(page: Page) -> list[str]:
    """Where choices are numbered lines of their own, only the second chat of a channel has a number, and behind its name."""
    called = [_channel(page, item) for item in page.facts.items("items")]
    if page.delivery.channel not in BY_WORDS:
        return [f"{number}. {name}" for number, name in enumerate(called, start=1)]
    before = [called[:place].count(name) for place, name in enumerate(called)]
    return [f"{name} ({count + 1})" if count else name for name, count in zip(called, before, strict=True)]


def _line(page: Page, name: str, item: Facts) -> str:
    true_of_it = {**item.values, "unreachable": not item.flag("reachable")}
    marks = [page.say(f"chats.{mark}") for mark in MARKS if true_of_it.get(mark)]
    line = " · ".join((page.say("chats.line", name=name, since=short_day(item.day("since"))), *marks))
    return f"• {line}" if page.delivery.channel in BY_WORDS else line


def _offers(page: Page, items: list[tuple[str, Facts]], preferred: bool) -> Rows:
    buttons: list[Button | None] = [press(page.say("button.chat_code"), Action.CHAT_CODE)]
    if len(items) > 1:
        buttons += [
            press(page.say("button.prefer_chat", name=name), Action.PREFER_CHAT, item)
            for name, item in items
            if item.flag("reachable") and not item.flag("preferred")
        ]
        buttons += [press(page.say("button.prefer_last"), Action.PREFER_CHAT)] if preferred else []
        buttons += [
            press(page.say("button.drop_chat", name=name), Action.DROP_CHAT, item) for name, item in items
        ]
    return rows(buttons, per_row=1)


def code(page: Page) -> Card:
    """The code, until when it works, and the very words to send from each other channel."""
    link_code, known = page.facts.line("link_code"), page.facts.inner("bots").values
    text = paragraphs(
        page.say("chats.code.title", link_code=link_code, until=page.due(page.facts.time("expires_at"))),
        _said(page, "chats.code.how"),
        lines(
            *(_way(page, channel, str(name), link_code) for channel, name in known.items()),
            _web(page, link_code),
        ),
        _said(page, "chats.code.secret"),
    )
    return Card(text)


def _way(page: Page, channel: str, name: str, link_code: str) -> str:
    called = _named(page, channel)
    if channel in BY_WORDS:
        where = f"{called} «{name}»" if name else called
        return page.say("chats.code.words", where=where, link_code=link_code)
    if channel == "telegram" and name:
        return page.say("chats.code.link", where=called, url=f"https://t.me/{name}?start=link_{link_code}")
    return page.say("chats.code.command", where=called, link_code=link_code)


def _web(page: Page, link_code: str) -> str:
    """Staff sign in at an address of their own; a sender writes the code where they write."""
    url = page.facts.inner("contact").line("public_url")
    if page.staff_reads:
        return page.say("chats.code.link", where=_named(page, "web"), url=f"{url}/in/{link_code}")
    return page.say("chats.code.web", url=f"{url}/chat", link_code=link_code)


def linked(page: Page) -> Card:
    """In the chat that was linked; and, as a warning, in another one of the same person."""
    if page.facts.flag("here"):
        return Card(_said(page, "chats.linked.here"))
    return Card(_said(page, "chats.linked.elsewhere", channel=_channel(page, page.facts)))


def drop(page: Page) -> Card:
    buttons = [
        press(page.say("button.drop_sure"), Action.DROP_CHAT, page.facts, "y"),
        press(page.say("button.no"), Action.CANCEL),
    ]
    return Card(_said(page, "chats.drop", channel=_channel(page, page.facts)), rows(buttons))


def dropped(page: Page) -> Card:
    """An officer may have given up the very chat in which it is said: it is a stranger's by now."""
    staff = page.facts.flag("staff")
    return Card(_said(page, "chats.dropped", staff, channel=_channel(page, page.facts)))


def parted(page: Page) -> Card:
    """A warning to whoever reads in another chat than the one that gave this one up."""
    by = _named(page, page.facts.line("by"))
    return Card(_said(page, "chats.parted", channel=_channel(page, page.facts), by=by))


def staff_linked(page: Page) -> Card:
    """To administrators: a code of staff may have come into the wrong hands."""
    known = {"name": page.facts.line("name"), "number": page.facts.line("chat_id")}
    return Card(page.say("staff.chats.added", channel=_channel(page, page.facts), **known))


def moved(page: Page) -> str:
    """Why this notice comes here; "" when it did not come from another chat, or is not the first one that did."""
    lost = page.facts.line("moved_from")
    return _said(page, "chats.moved", channel=_named(page, lost)) if lost else ""


def own_words(page: Page) -> Card:
    """What the sender wrote in another chat. Of a sealed matter nothing is repeated, on no channel."""
    said = "" if page.sealed else page.message.words("text") or page.say("chats.own.file")
    title = page.say("chats.own.title", channel=_channel(page, page.facts))
    return Card(lines(title, said or page.say("status.sealed")))


def _channel(page: Page, about: Facts) -> str:
    return _named(page, about.line("channel"))


def _named(page: Page, channel: str) -> str:
    return next(iter(in_words(page, "channel", channel)), "")
