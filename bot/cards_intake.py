"""What a sender reads while a ticket is made: the receipt with its promise, and the questions after it, all skippable.

The board speaks; no officer is ever named.
"""

from bot.cards_page import Card, Facts, Page, Rows, lines, paragraphs, press, rows
from bot.outgoing import Button
from bot.payloads import Action
from core.sla import Kind
from core.ticket import TicketClass

ASKED = ("gate", "category", "plate", "phone")
# What is chosen from a list, and the fact that says that only a part of the list is offered.
LISTS = {"gate": "gates", "category": "suggested"}
OPTIONS = 30


def receipt(page: Page) -> Card:
    """The ticket in words: code, key, due time; the privacy notice at first contact; then one question, which may be skipped.

    An urgent matter begins with 113, 114, 115 (promise.md, Classes).
    """
    urgent = _is_urgent(page)
    kind = page.facts.line("kind")
    heard = page.say("receipt.kind", kind=kind_name(page, kind)) if kind not in {"", "text", "photo"} else ""
    photos = page.facts.number("photos")
    asked = page.facts.line("ask")
    text = paragraphs(
        page.say("common.emergency") if urgent else "",
        lines(
            page.say("receipt.thanks"),
            heard,
            page.say("receipt.photos", count=photos) if photos else "",
            page.say("common.code_and_key"),
            *_promise(page, urgent),
        ),
        page.say("receipt.lookup") if page.ticket.line("key") else "",
        _privacy(page) if page.facts.flag("first") else "",
        page.say(f"ask.{asked}") if asked in ASKED else "",
    )
    return Card(text, _options(page, asked, per_row=1 if asked == "category" else 2))


def petition_receipt(page: Page) -> Card:
    """A khiếu nại or tố cáo: this chat replaces no đơn; the formal route; nothing more is asked for (domain.md).

    The text is never echoed, no due time is promised.
    """
    reception = _reception(page)
    text = paragraphs(
        page.say("common.emergency") if page.facts.flag("urgent") else "",
        page.say("petition.title"),
        lines(
            page.say("petition.not_a_petition"),
            page.say("petition.reception", reception=reception)
            if reception
            else page.say("petition.reception_unknown"),
            hotline(page),
        ),
        page.say("petition.no_detail"),
        _privacy(page) if page.facts.flag("first") else "",
    )
    return Card(text)


def added(page: Page) -> Card:
    """Later words joined the open ticket. When they made it urgent, 113, 114, 115 come first."""
    count = page.facts.number("count")
    kind = kind_name(page, page.facts.line("kind"))
    resumed = page.facts.time("resumed_due_at")
    urgent = page.facts.flag("urgent")
    text = lines(
        page.say("added.many", count=count) if count > 1 else page.say("added.saved", kind=kind),
        page.say("common.new_due", at=page.due(resumed)) if resumed else "",
        page.say("receipt.urgent") if urgent else "",
        page.say("added.new_matter"),
    )
    new_ticket = press(page.say("button.new_ticket"), Action.NEW_TICKET, page.ticket)
    return Card(paragraphs(page.say("common.emergency") if urgent else "", text), rows([new_ticket]))


def file_refused(page: Page) -> Card:
    key = f"file.{page.facts.line('reason')}"
    return Card(page.say_known(key, "file.other", limit=page.facts.line("limit_mb")))


def ask_detail(page: Page) -> Card:
    """One question about an open ticket; buttons where there is a list, words otherwise, "Bỏ qua" always."""
    asked = page.facts.line("ask")
    if asked not in ASKED:
        return Card(page.say("common.write_on"))
    return Card(lines(page.say("ask.for_ticket"), page.say(f"ask.{asked}")), _options(page, asked))


def detail_saved(page: Page) -> Card:
    """One detail is kept, or left out; then the next question, if there is one (`ask`)."""
    name, following = page.facts.line("name"), page.facts.line("ask") or page.facts.line("next")
    saved = (
        page.say("detail.skipped")
        if page.facts.flag("skipped")
        else page.say_known(f"detail.{name}", "detail.other", value=_saved_value(page, name))
    )
    question = page.say(f"ask.{following}") if following in ASKED else page.say("common.write_on")
    emergency = page.say("common.emergency") if page.facts.flag("urgent") else ""
    return Card(paragraphs(emergency, saved, question), _options(page, following))


def kind_name(page: Page, kind: str) -> str:
    """What kind of message it was, by name: every kind is acknowledged, also one that nobody has heard of."""
    return page.say_known(f"kind.{kind or 'text'}", "kind.other")


def hotline(page: Page) -> str:
    phone = page.facts.inner("contact").line("hotline_phone")
    return page.say("common.hotline", phone=phone) if phone else ""


def due_line(page: Page) -> str:
    """ "Hẹn trả lời: trước 19:00 hôm nay …": the ticket's present due time, or the one that the notice was made with."""
    return page.say("common.due", at=page.due(page.ticket.time("due_at") or page.facts.time("due_at")))


def _promise(page: Page, urgent: bool) -> tuple[str, ...]:
    kind = Kind.URGENT if urgent else page.ticket.line("promise_kind") or page.facts.line("promise_kind")
    reply_by = page.ticket.time("human_reply_by") or page.facts.time("human_reply_by")
    owed = reply_by is not None and reply_by > page.now
    late = page.facts.flag("late") or page.ticket.flag("late_message")
    return (
        due_line(page),
        page.say(f"receipt.{kind.replace('-', '_')}") if kind in set(Kind) else "",
        page.say("receipt.human_reply", at=page.due(reply_by)) if owed else "",
        page.say("receipt.late") if late else "",
    )


def _is_urgent(page: Page) -> bool:
    return page.facts.flag("urgent") or page.ticket.line("ticket_class") == TicketClass.URGENT


def _privacy(page: Page) -> str:
    return page.say("privacy.notice", laws=page.say("privacy.laws"))


def _reception(page: Page) -> str:
    """The formal route as settings hold it: one text, or {place, hours}, or a text for each language."""
    contact = page.facts.inner("contact")
    place = contact.inner("reception")
    parts = [place.called(name, page.language) for name in ("place", "hours")]
    return (
        "; ".join(filter(None, parts))
        or place.called(page.language, page.language)
        or contact.words("reception")
    )


def _options(page: Page, asked: str, per_row: int = 2) -> Rows:
    """The answers to one question as buttons; when only some are shown, the way to the others; "Bỏ qua" in its own row."""
    if asked not in ASKED or page.sealed:
        return ()
    offered = page.facts.items("options") or _suggested(page)
    choices = [_option(page, asked, option) for option in offered[:OPTIONS]] if asked in LISTS else []
    others = (
        press(page.say(f"button.other_{asked}"), Action.DETAIL, page.ticket, asked)
        if asked in LISTS
        else None
    )
    skip = press(page.say("button.skip"), Action.SKIP, page.ticket, asked)
    return rows(choices, per_row) + rows([others if page.facts.flag(LISTS.get(asked, "")) else None, skip])


def _suggested(page: Page) -> tuple[Facts, ...]:
    """The suggested codes alone, when their names were not loaded."""
    codes = page.facts.values.get("suggested")
    return tuple(Facts({"code": code}) for code in codes) if isinstance(codes, list | tuple) else ()


def _option(page: Page, asked: str, option: Facts) -> Button | None:
    code = option.line("code") or option.line("id")
    name = option.called("name", page.language) or code
    return press(name, Action.DETAIL, page.ticket, f"{asked}={code}") if code else None


def _saved_value(page: Page, name: str) -> str:
    """Gates and categories by their names, plates and phones as given."""
    named = page.ticket.called(f"{name}_name", page.language)
    return named or page.facts.line("value") or page.ticket.line(name)
