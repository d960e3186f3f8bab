"""A later deadline that a unit asks for, and what a leader said to it."""

from bot.cards_page import Card, Page, paragraphs, press, rows, short_day
from bot.cards_tasks import heading, opening, task_of, told_words, work_buttons
from bot.payloads import Action


def extension_asked(page: Page) -> Card:
    """Both dates and the reason; a leader decides. A request that was decided or replaced meanwhile has no buttons."""
    task, day = task_of(page), page.facts.day("day")
    waits = day is not None and task.day("asked_due_on") == day and task.flag("may_extend")
    chosen = day.isoformat() if day else ""
    text = paragraphs(
        page.say(
            "staff.task.extension.title",
            unit=task.line("unit_name"),
            name=page.message.line("author_name"),
            was=short_day(task.day("due_on")),
            day=short_day(day),
        ),
        told_words(page),
        heading(page, task),
    )
    buttons = [
        press(page.say("staff.button.extend_yes"), Action.EXTEND_YES, task, chosen),
        press(page.say("staff.button.extend_no"), Action.EXTEND_NO, task, chosen),
    ]
    return Card(text, rows([*(buttons if waits else ()), opening(page, task)]))


def extension_decided(page: Page) -> Card:
    task = task_of(page)
    key = "staff.task.extension.granted" if page.facts.flag("granted") else "staff.task.extension.refused"
    was, day = short_day(page.facts.day("was")), short_day(page.facts.day("day"))
    text = paragraphs(page.say(key, was=was, day=day), heading(page, task))
    return Card(text, rows(work_buttons(page, task)))
