"""/trogiup: what this reader may do, and nothing else. One line of the catalogue for each thing; a person sees their role's."""

from collections.abc import Mapping

from bot.cards_intake import hotline
from bot.cards_page import Card, Page, lines, paragraphs
from core.people import Role

# In the order of a working day. "staff.help.<name>" are the words.
_TICKETS = ("claim", "note", "ask", "close")
_OF_ROLE: Mapping[str, tuple[str, ...]] = {
    Role.DUTY: ("queue", "shift", *_TICKETS, "tasks", "task_work"),
    Role.OFFICER: ("queue", *_TICKETS, "tasks", "task_work", "calendar"),
    Role.OFFICE: (
        "queue_all",
        *_TICKETS,
        "assign",
        "spam",
        "tasks_all",
        "calendar",
        "accept",
        "plan",
        "fill_in",
        "papers",
        "group",
    ),
    Role.LEADER: (
        "queue_all",
        "rung",
        "waive",
        "assign",
        "tasks_all",
        "calendar",
        "accept",
        "extend",
        "papers",
        "group",
    ),
    Role.ADMIN: ("tasks_all", "calendar", "plan", "group", "poison"),
}
_OF_HEADS = ("assign", "accept")
_OF_READERS = ("sealed",)
_OF_EVERYBODY = ("figures", "cancel")


def help_text(page: Page) -> Card:
    """To a sender how to write; to staff what their role may do, with what heads and readers of sealed matters do besides."""
    role = page.facts.line("role") or page.viewer.line("role")
    if role not in _OF_ROLE:
        return Card(paragraphs(page.say("help.sender"), hotline(page)))
    more = (
        *(_OF_HEADS if page.facts.flag("is_head") else ()),
        *(_OF_READERS if page.facts.flag("reads_sealed") else ()),
    )
    names = dict.fromkeys((*_OF_ROLE[role], *more, *_OF_EVERYBODY))
    title = page.say("staff.help.title", role=page.say(f"staff.role.{role}"))
    return Card(paragraphs(lines(title, *(page.say(f"staff.help.{name}") for name in names)), hotline(page)))
