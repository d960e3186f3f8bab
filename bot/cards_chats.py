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
    items = [(f"{n}. {_channel(page, item)}", item) for n, item in enumerate(page.facts.items("items"), 1)]
    preferred = any(item.flag("preferred") for _, item in items)
    text = paragraphs(
        page.say("chats.title"),
        lines(*(_line(page, name, item) for name, item in items)),
        page.say("chats.rule_preferred" if preferred else "chats.rule_last") if len(items) > 1 else "",
        page.say("chats.more"),
    )
    return Card(text, _offers(page, items, preferred))


def _line(page: Page, name: str, item: Facts) -> str:
    true_of_it = {**item.values, "unreachable": not item.flag("reachable")}
    marks = [page.say(f"chats.{mark}") for mark in MARKS if true_of_it.get(mark)]
    return " · ".join((page.say("chats.line", name=name, since=short_day(item.day("since"))), *marks))


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
        page.say("chats.code.how"),
        lines(
            *(_way(page, channel, str(name), link_code) for channel, name in known.items()),
            _web(page, link_code),
        ),
        page.say("chats.code.secret"),
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
        return Card(page.say("chats.linked.here"))
    return Card(page.say("chats.linked.elsewhere", channel=_channel(page, page.facts)))


def drop(page: Page) -> Card:
    buttons = [
        press(page.say("button.drop_sure"), Action.DROP_CHAT, page.facts, "y"),
        press(page.say("button.no"), Action.CANCEL),
    ]
    return Card(page.say("chats.drop", channel=_channel(page, page.facts)), rows(buttons))


def dropped(page: Page) -> Card:
    return Card(page.say("chats.dropped", channel=_channel(page, page.facts)))


def own_words(page: Page) -> Card:
    """What the sender wrote in another chat. Of a sealed matter nothing is repeated, on no channel."""
    said = "" if page.sealed else page.message.words("text") or page.say("chats.own.file")
    title = page.say("chats.own.title", channel=_channel(page, page.facts))
    return Card(lines(title, said or page.say("status.sealed")))


def _channel(page: Page, about: Facts) -> str:
    return _named(page, about.line("channel"))


def _named(page: Page, channel: str) -> str:
    return next(iter(in_words(page, "channel", channel)), "")
