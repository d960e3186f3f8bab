"""A plan on its way into service: that it is being read, what was read, and what became of it."""

from collections.abc import Sequence

from bot.cards_buttons import Buttons
from bot.cards_page import Card, Facts, Page, lines, one_line, paragraphs, press, rows, short_day
from bot.payloads import Action
from core.calendar import TZ

TASKS, PROBLEMS = 60, 20  # lines
TITLE = 90
EVERY = ("monthly", "quarterly", "none")


def reading(page: Page) -> Card:
    return Card(page.say("staff.plan.reading", name=page.facts.line("name")))


def unreadable(page: Page) -> Card:
    """Why the file is no plan that can be read; nothing was stored."""
    sentence = page.facts.line("sentence") or page.say("staff.plan.fetch_failed")
    return Card(page.say("staff.plan.unreadable", name=page.facts.line("name"), sentence=sentence))


def paper(page: Page) -> Card:
    """The draft report or the working table, as the file that it is."""
    kind = "table" if page.facts.line("paper") == "table" else "report"
    days = {name: short_day(page.facts.day(name)) for name in ("first", "last")}
    today, last = page.now.astimezone(TZ).date(), page.facts.day("last")
    days["until"] = short_day(min(today, last) if last else today)
    return Card(page.say(f"staff.plan.paper.{kind}", **days), document=page.delivery.document)


def draft(page: Page) -> Card:
    """The table to review: whose the tasks are, by when, what a person has to look at, what would change."""
    review = page.facts.inner("review")
    counts = review.inner("counts")
    numbers = {name: counts.number(name) for name in ("total", "leads", "named", "group", "other")}
    tasks = [task for task in review.items("tasks") if task.line("relevance") != "other"]
    # In place of the last of several messages: the list stands above.
    brief = page.facts.flag("brief")
    listed = _cut(page, [_task(page, one) for one in tasks], TASKS)
    text = paragraphs(
        _title(page, review),
        page.say("staff.plan.counts", **numbers),
        "" if brief else _changes(page, review, counts),
        "" if brief else lines(page.say("staff.plan.ours", count=len(tasks)), *listed),
        _unlinked(page, review),
        _questions(page, review.items("questions")),
        _problems(page, review.items("problems")),
        page.say(f"staff.plan.checkins.{_every(review)}"),
    )
    return Card(text, rows(_deciding(page, review), per_row=2))


def applied(page: Page) -> Card:
    """To Văn phòng: what came into service, who cannot be reached, what a person still has to say."""
    facts, plan = page.facts, page.facts.inner("plan")
    counts = {name: facts.number(name) for name in ("added", "changed", "removed", "same")}
    late = facts.number("late")
    text = paragraphs(
        lines(page.say("staff.plan.applied", number=plan.line("number") or plan.line("title"))),
        page.say("staff.plan.applied_counts", reminded=facts.number("reminded"), **counts),
        page.say("staff.plan.late", count=late) if late else "",
        _unlinked(page, facts),
        lines(
            _questions(page, facts.items("questions")),
            page.say("staff.plan.ask_how") if facts.items("questions") else "",
        ),
    )
    return Card(text, rows([press(page.say("staff.button.all_tasks"), Action.MY_TASKS, 0, "all")]))


def _title(page: Page, review: Facts) -> str:
    named = page.say("staff.plan.title", name=review.line("source_name"), version=review.number("version"))
    return lines(named, review.words("title"))


def _changes(page: Page, review: Facts, counts: Facts) -> str:
    """Only of a second version: what is new, other, gone."""
    numbers = {name: counts.number(name) for name in ("added", "changed", "removed", "same")}
    if not (numbers["changed"] or numbers["removed"] or numbers["same"]):
        return ""
    changed = [
        page.say(
            "staff.plan.changed_line",
            number=one.line("number"),
            title=_short(one),
            fields=_fields(page, one),
        )
        for one in review.items("changes")
    ]
    gone = [
        page.say("staff.plan.removed_line", number=one.line("number"), title=_short(one))
        for one in review.items("removed")
    ]
    return lines(page.say("staff.plan.changes", **numbers), *_cut(page, [*changed, *gone], TASKS))


def _fields(page: Page, change: Facts) -> str:
    names = change.values.get("fields") or ()
    known = [page.say_known(f"staff.plan.field.{name}", "staff.plan.field.other") for name in names]
    return ", ".join(dict.fromkeys(known))


def _task(page: Page, task: Facts) -> str:
    part = task.line("part")
    day = short_day(task.day("due_on")) or page.say("staff.tasks.no_day")
    late = page.say("staff.tasks.flag.late") if task.flag("overdue_at_import") else ""
    key = "staff.plan.line_checkins" if task.flag("checkins") else "staff.plan.line"
    if not task.line("period_text"):
        key = "staff.plan.line_undated"
    words = page.say(
        key,
        number=task.line("number"),
        title=f"{_short(task)} ({part})" if part else _short(task),
        unit=task.line("unit_name"),
        day=day,
        written=task.line("period_text"),
    )
    return f"{words} {late}".rstrip()


def _unlinked(page: Page, facts: Facts) -> str:
    names = [one_line(name) for name in facts.values.get("unlinked") or ()]
    return page.say("staff.plan.unlinked", units=", ".join(names)) if names else ""


def _questions(page: Page, asked: Sequence[Facts]) -> str:
    """Tasks without a product or a day: Văn phòng is asked."""
    told = []
    for about in ("product", "day"):
        numbers = [one.line("number") for one in asked if one.line("about") == about]
        told.append(page.say(f"staff.plan.ask_{about}", numbers=", ".join(numbers)) if numbers else "")
    return lines(*told)


def _problems(page: Page, problems: Sequence[Facts]) -> str:
    if not problems:
        return ""
    shown = [
        page.say(
            "staff.plan.problem",
            mark="❗" if one.flag("serious") else "•",
            row=one.line("row") or "–",
            message=one.words("message"),
        )
        for one in sorted(problems, key=lambda one: not one.flag("serious"))
    ]
    return lines(page.say("staff.plan.problems", count=len(problems)), *_cut(page, shown, PROBLEMS))


def _deciding(page: Page, review: Facts) -> Buttons:
    """Nothing is pressed below what was decided already."""
    number = review.number("document_id")
    if page.in_group or review.line("status") != "draft" or not number:
        return []
    chosen = _every(review)
    others = [
        press(page.say(f"staff.button.checkins_{every}"), Action.PLAN_CHECKINS, number, every)
        for every in EVERY
        if every != chosen
    ]
    return [
        press(page.say("staff.button.plan_apply"), Action.PLAN_APPLY, number),
        press(page.say("staff.button.plan_drop"), Action.PLAN_DROP, number),
        *others,
    ]


def _every(review: Facts) -> str:
    chosen = review.line("checkins")
    return chosen if chosen in EVERY else "none"


def _short(task: Facts) -> str:
    title = one_line(task.values.get("title"))
    return title if len(title) <= TITLE else title[: TITLE - 1].rstrip() + "…"


def _cut(page: Page, told: Sequence[str], most: int) -> list[str]:
    rest = [page.say("staff.tasks.more", count=len(told) - most)] if len(told) > most else []
    return [*told[:most], *rest]
