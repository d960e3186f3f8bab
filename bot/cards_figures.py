"""/solieu in words: shares with their denominators; a group under five is told by its number only (promise.md, Figures)."""

from bot.cards_page import LISTED, Card, Facts, Page, lines, one_line, paragraphs, press, rows, short_time
from bot.outgoing import Button
from bot.payloads import Action

SHARES = ("same_day", "calendar_day", "human_reply", "after_cut_off", "amber", "reopened", "rated")
SCORES = ("good", "fair", "bad")
GROUPS = ("gates", "categories", "shifts")
AT_LENGTH, STANDING_OUT = (
    3,
    5,
)  # so many people with every figure, and of more so many lines before somebody asks for all


def figures(page: Page) -> Card:
    facts = page.facts
    month = "/".join(reversed(facts.line("month").split("-")))
    whole, own = facts.inner("whole"), facts.inner("own")
    text = paragraphs(
        page.say("staff.figures.title", month=month, now=short_time(page.now)),
        _whole(page, page.say("staff.figures.whole"), whole) if whole else "",
        page.say("staff.figures.petitions", count=facts.number("petitions")) if whole else "",
        *(_groups(page, name) for name in GROUPS),
        _whole(page, page.say("staff.figures.own"), own) if own else "",
        *_people(page),
        page.say("staff.figures.legend"),
    )
    return Card(text, rows([_everybody(page)]))


def _people(page: Page) -> tuple[str, ...]:
    """Few people with every figure; of many one line each, those who stand out first."""
    people = page.facts.items("people")
    if len(people) <= AT_LENGTH:
        return tuple(_whole(page, one.line("name"), one) for one in people)
    shown = people if page.facts.flag("everybody") else people[:STANDING_OUT]
    listed = [_line(page, one, "") for one in shown]
    key = "staff.figures.people" if len(shown) == len(people) else "staff.figures.standing_out"
    return (
        lines(page.say(key, count=len(people), shown=len(shown)), *listed, page.say("staff.figures.how_one")),
    )


def _everybody(page: Page) -> Button | None:
    count = len(page.facts.items("people"))
    if page.facts.flag("everybody") or count <= max(AT_LENGTH, STANDING_OUT):
        return None
    label = page.say("staff.button.figures_all", count=count)
    return press(label, Action.FIGURES_ALL, 0, page.facts.line("month"))


def _whole(page: Page, title: str, one: Facts) -> str:
    """Every figure of one group or person, a line each; of nothing there are none."""
    scores, count = one.inner("scores"), one.number("cycles")
    heading = page.say("staff.figures.of", name=title, count=count)
    if not count:
        return heading
    return lines(
        heading,
        *(page.say(f"staff.figures.{name}", share=_share(page, one.inner(name))) for name in SHARES),
        *(page.say(f"staff.figures.score.{name}", share=_share(page, scores.inner(name))) for name in SCORES),
        page.say("staff.figures.overdue", count=one.number("open_overdue")),
    )


def _groups(page: Page, name: str) -> str:
    """One line a group, the largest first."""
    groups = page.facts.items(name)
    rest = page.say("staff.figures.more", count=len(groups) - LISTED) if len(groups) > LISTED else ""
    unnamed = page.say("staff.figures.no_shift") if name == "shifts" else ""
    listed = [_line(page, one, unnamed) for one in groups[:LISTED]]
    return lines(page.say(f"staff.figures.{name}"), *listed, rest) if groups else ""


def _line(page: Page, one: Facts, unnamed: str) -> str:
    return page.say(
        "staff.figures.line",
        name=one_line(one.values.get("name")) or unnamed,
        count=one.number("cycles"),
        same_day=_share(page, one.inner("same_day")),
        human_reply=_share(page, one.inner("human_reply")),
        overdue=one.number("open_overdue"),
    )


def _share(page: Page, share: Facts) -> str:
    percent = share.values.get("percent")
    if not isinstance(percent, int | float):
        return page.say("staff.figures.hidden", of=share.number("of"))
    told = f"{percent:.1f}".replace(".", ",")
    return page.say("staff.figures.share", percent=told, kept=share.number("kept"), of=share.number("of"))
