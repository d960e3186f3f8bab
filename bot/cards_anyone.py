"""What anybody may read: greeting, help, language, one's own data, and every polite refusal."""

from collections.abc import Mapping

from bot.cards_intake import hotline
from bot.cards_page import Card, Page, Rows, lines, one_line, paragraphs, press, rows
from bot.outgoing import Button
from bot.payloads import Action
from bot.texts import catalogues

LANGUAGES = {"vi": "Tiếng Việt", "en": "English", "zh": "中文"}
# What is its own name in every language; and where the catalogue has the words of the other codes.
OWN_NAMES: Mapping[str, Mapping[str, str]] = {
    "language": LANGUAGES,
    "channel": {"telegram": "Telegram", "zalo": "Zalo", "zalo_oa": "Zalo OA"},
}
WORDS_OF = {"language": "data.language", "channel": "data.channel", "role": "staff.role"}
KEPT = (
    "name",
    "role",
    "unit",
    "gate",
    "phone",
    "plate",
    "language",
    "channel",
    "tickets",
    "messages",
    "files",
    "ratings",
)
BLANKS = ("number", "least", "value", "limit", "limit_mb", "reference")


def welcome(page: Page) -> Card:
    gate = page.facts.called("gate_name", page.language) or page.ticket.called("gate_name", page.language)
    text = paragraphs(
        lines(
            page.say("welcome.title", board=_board(page)),
            page.say("welcome.gate", gate=gate) if gate else "",
        ),
        page.say("welcome.how"),
        lines(page.say("common.emergency"), hotline(page)),
        page.say("welcome.help"),
    )
    return Card(text, _languages(page.language))


def language_choice(page: Page) -> Card:
    return Card(page.say("language.choose"), _languages())


def language_set(page: Page) -> Card:
    return Card(page.say("language.set"))


def my_data(page: Page) -> Card:
    """Counts and kept fields, as they were handed in: whoever loads them masks them."""
    given = {**page.facts.values, **page.facts.inner("fields").values, **page.facts.inner("counts").values}
    given |= {name: in_words(page, name, given.get(name)) for name in WORDS_OF}
    kept = [page.say(f"data.{name}", value=_kept(given[name])) for name in KEPT if _kept(given.get(name))]
    since = page.facts.time("since")
    text = paragraphs(
        lines(
            page.say("data.title"),
            *kept,
            page.say("data.since", value=page.due(since)) if since else "",
        ),
        page.say("staff.data.rights" if page.staff_reads else "data.rights", laws=page.say("privacy.laws")),
    )
    return Card(text)


def in_words(page: Page, name: str, codes: object) -> list[str]:
    """What people call these codes: "Tiếng Việt" for vi, "cán bộ trực" for duty. A new code is told as a thing not known yet."""
    every = codes if isinstance(codes, list | tuple) else [codes] if codes else []
    own = OWN_NAMES.get(name, {})
    return [
        own.get(code) or page.say_known(f"{WORDS_OF[name]}.{code}", "common.unknown")
        for code in map(str, every)
    ]


def erase_confirm(page: Page) -> Card:
    buttons = [
        press(page.say("button.erase"), Action.ERASE),
        press(page.say("button.keep_data"), Action.KEEP_DATA),
    ]
    return Card(page.say("erase.confirm"), rows(buttons))


def erased(page: Page) -> Card:
    count = page.facts.number("open")
    return Card(lines(page.say("erase.done"), page.say("erase.open", count=count) if count else ""))


def new_ticket_ready(page: Page) -> Card:
    return Card(page.say("new_ticket.ready"))


def lookup_how(page: Page) -> Card:
    return Card(page.say("lookup.how"))


def empty_message(page: Page) -> Card:
    return Card(page.say("empty.message"))


def which_choice(page: Page) -> Card:
    """What somebody typed could mean several buttons, or none of them: asked, never guessed."""
    given = page.facts.values.get("options")
    pairs = [pair for pair in given if _is_pair(pair)] if isinstance(given, list | tuple) else []
    buttons = tuple((Button(one_line(label), payload),) for label, payload in pairs)
    return Card(page.say("choice.which"), buttons)


def _is_pair(value: object) -> bool:
    return isinstance(value, list | tuple) and len(value) == 2 and all(isinstance(one, str) for one in value)


def refused(page: Page) -> Card:
    """Why the rules say no (`refused`); a new code needs no more than a sentence in the catalogues, and a polite one stands in.

    A colleague's name is told to staff only.
    """
    blanks: dict[str, str | None] = {name: page.facts.line(name) for name in BLANKS}
    why = page.facts.line("refused")
    blanks["code"] = (why and page.facts.line("code")) or page.code
    blanks["gate"] = page.facts.called("gate_name", page.language) or page.facts.line("gate")
    blanks["until"] = page.due(page.facts.time("until"))
    blanks["holder"] = holder_name(page)
    blanks["name"] = page.facts.line("name") if page.staff_reads else ""
    why = why or page.facts.line("code")
    if catalogues().has(f"staff.refused.{why}"):
        return Card(page.say(f"staff.refused.{why}", **blanks))
    named = "_by" if why == "already_taken" and blanks["holder"] else ""
    return Card(page.say_known(f"refused.{why}{named}", "refused.other", **blanks))


def holder_name(page: Page) -> str:
    """Who holds the ticket, for a reader known to be staff; "" for everybody else."""
    if not page.staff_reads:
        return ""
    given = page.facts.line("holder")
    return given if given and not given.isdigit() else page.ticket.line("holder_name")


def _board(page: Page) -> str:
    """The board's name: as the settings spell it, in other languages as the catalogue does."""
    configured = page.facts.inner("contact").line("board") if page.language == "vi" else ""
    return configured or page.say("common.board")


def _languages(but: str = "") -> Rows:
    return rows(press(name, Action.LANGUAGE, 0, code) for code, name in LANGUAGES.items() if code != but)


def _kept(value: object) -> str:
    """ "" for what is not kept; a list (several plates) on one line."""
    if isinstance(value, list | tuple):
        return ", ".join(filter(None, map(one_line, value)))
    return one_line(value)
