"""A ticket as staff see it: the card, its clock, one line of it in a list.

The sender's words come last, so that nothing typed by a stranger can pass for a fact about the ticket.
"""

from datetime import datetime, timedelta

import regex

from bot.cards_buttons import is_urgent, show_button, work_buttons
from bot.cards_page import Card, Facts, Page, lines, paragraphs, rows, short_day, short_time
from core.ticket import OPEN, Status, TicketClass

EXCERPT_CHARACTERS = 1500
SHOWN_MESSAGES = 2
REPLY_CHARACTERS = 300
SOON = timedelta(hours=2)
_GRAPHEME = regex.compile(r"\X")


def card(page: Page) -> Card:
    """The whole ticket, with the buttons of this reader. Of a sealed one only that it is sealed."""
    if page.sealed:
        return Card(page.say("staff.card.sealed"))
    full = page.facts.flag("full") and not page.in_group
    buttons = [*work_buttons(page), None if full or not _is_cut(page) else show_button(page)]
    triage = page.say("staff.card.triage") if page.facts.flag("triage") else ""
    return Card(
        paragraphs(triage, summary(page), sender_words(page, full=full), _last_words(page), rated_so(page)),
        rows(buttons),
    )


def summary(page: Page) -> str:
    """The facts of the ticket, without the sender's words."""
    ticket = page.ticket
    cycle = ticket.number("cycle")
    return lines(
        page.say("staff.card.title", mark=mark(ticket, page.now) or "⚪", kind=_class_name(page)),
        page.say("staff.card.cycle", count=cycle - 1) if cycle > 1 else "",
        page.say("staff.card.where", gate=gate_name(page, ticket), category=category_name(page, ticket)),
        page.say("staff.card.unit", unit=ticket.line("unit_name")) if ticket.line("unit_name") else "",
        clock(page),
        _first_word_owed(page),
        standing(page),
        *_about_the_sender(page),
        _counts(page),
        page.say("staff.card.late") if ticket.flag("late_message") else "",
        page.say("staff.card.spam") if ticket.flag("spam_marked") else "",
        page.say("staff.card.linked", code=ticket.line("linked_code")) if ticket.line("linked_code") else "",
        _joined(page),
        _last_reply(page),
    )


def _joined(page: Page) -> str:
    """Of the same matter: what goes on under this ticket, or under which one this goes on."""
    ticket = page.ticket
    main = ticket.line("main_code")
    if main:
        return page.say("staff.card.joined_to", main=main)
    codes = [_with_plate(page, one) for one in ticket.items("joined")]
    return page.say("staff.card.joined", codes=", ".join(codes)) if codes else ""


def _with_plate(page: Page, joined: Facts) -> str:
    """The people at the barrier look for this lorry too."""
    code, plate = joined.line("code"), joined.line("plate")
    return page.say("staff.card.joined_plate", other=code, plate=plate) if plate else code


def sender_words(page: Page, full: bool = False) -> str:
    """The sender's first words, cut at 1,500 characters unless `full`, and how to see the rest. Nothing of a sealed ticket."""
    if page.sealed:
        return ""
    text = page.ticket.words("all_text" if full else "first_text")
    shown = text if full else excerpt(text)
    rest = len(text) - len(shown)
    how = "staff.card.rest_group" if page.in_group else "staff.card.rest"
    return lines(
        page.say("staff.card.words"),
        f"“{shown}”" if shown else page.say("staff.card.no_words"),
        page.say(how, count=rest) if rest else "",
    )


def ticket_line(page: Page, ticket: Facts) -> str:
    """One ticket on one line of a list."""
    due_at, stage = ticket.time("due_at"), ticket.line("status")
    if ticket.flag("sealed"):
        return page.say("staff.line.sealed", code=ticket.line("code"))
    return page.say(
        "staff.line",
        mark=mark(ticket, page.now) or "⚪",
        code=ticket.line("code"),
        gate=gate_name(page, ticket),
        category=category_name(page, ticket),
        status=page.say_known(f"staff.short.{stage}", "common.unknown"),
        clock=page.say("staff.line.due", at=short_time(due_at)) if due_at else page.say("staff.clock.none"),
    )


def mark(ticket: Facts, now: datetime) -> str:
    """🔴 overdue or urgent · 🟠 two hours or less, or waiting for another agency · 🟢 in time · "" when it is done."""
    due_at, stage = ticket.time("due_at"), ticket.line("status")
    if stage not in OPEN:
        return ""
    # A pause brings a new promise with the sender's answer: not late by it, as little as by another agency's date.
    stands = ticket.flag("amber") or stage == Status.WAITING_SENDER
    if (
        ticket.time("breached_at")
        or ticket.flag("breached")
        or is_urgent(ticket)
        or (due_at and now > due_at and not stands)
    ):
        return "🔴"
    return "🟠" if ticket.flag("amber") or (due_at and due_at - now <= SOON) else "🟢"


def clock(page: Page) -> str:
    """ "⏱ còn 2 giờ 15 phút – trước 19:00 hôm nay …", with the minute at which that was true: old messages stay in a chat."""
    ticket, now = page.ticket, short_time(page.now)
    due_at, resolved_at = ticket.time("due_at"), ticket.time("resolved_at")
    waiting_since = ticket.time("waiting_since")
    if resolved_at and ticket.line("status") not in OPEN:
        return page.say("staff.clock.resolved", at=short_time(resolved_at))
    if due_at is None:
        return page.say("staff.clock.none")
    if ticket.line("status") == Status.WAITING_SENDER and waiting_since:
        return page.say("staff.clock.paused", at=short_time(waiting_since))
    late = page.now > due_at
    key = "staff.clock.over" if late else "staff.clock.left"
    return page.say(key, span=span(page, abs(due_at - this_minute(page))), at=page.due(due_at), now=now[:5])


def this_minute(page: Page) -> datetime:
    """The minute on the clock's face. A reminder of 10:45 that leaves a second later still says 15 minutes to 11:00."""
    return page.now.replace(second=0, microsecond=0)


def span(page: Page, length: timedelta) -> str:
    """ "2 giờ 15 phút"; whole minutes, rounded down, so that it never promises more time than there is."""
    minutes = int(length.total_seconds()) // 60
    hours, rest = divmod(minutes, 60)
    if hours >= 24:
        return page.say("staff.span.days", days=hours // 24, hours=hours % 24)
    if hours and rest:
        return page.say("staff.span.hours", hours=hours, minutes=rest)
    return (
        page.say("staff.span.whole_hours", hours=hours)
        if hours
        else page.say("staff.span.minutes", minutes=rest)
    )


def standing(page: Page) -> str:
    """Where it stands and who holds it."""
    ticket, stage = page.ticket, page.ticket.line("status")
    if stage not in set(Status):
        return ""
    day = ticket.day("agency_promise_on")
    return page.say(
        f"staff.status.{stage}",
        holder=ticket.line("holder_name"),
        agency=ticket.line("agency"),
        day=short_day(day),
    )


def gate_name(page: Page, ticket: Facts) -> str:
    return ticket.called("gate_name", page.language) or ticket.line("gate") or page.say("staff.card.no_gate")


def category_name(page: Page, ticket: Facts) -> str:
    named = ticket.called("category_name", page.language) or ticket.line("category")
    return named or page.say("staff.card.no_category")


def excerpt(text: str, limit: int = EXCERPT_CHARACTERS) -> str:
    """The beginning of `text`, at most `limit` characters, never half of a drawn one."""
    if len(text) <= limit:
        return text
    shown = 0
    for drawn in _GRAPHEME.finditer(text, endpos=limit + 1):
        if drawn.end() > limit:
            break
        shown = drawn.end()
    return text[: shown or limit]


def _class_name(page: Page) -> str | None:
    kind = page.ticket.line("ticket_class")
    return page.say(f"staff.class.{kind}") if kind in set(TicketClass) else None


def _first_word_owed(page: Page) -> str:
    """After the cut-off somebody still owes the sender a word today, until it is given."""
    reply_by = page.ticket.time("human_reply_by")
    if reply_by is None or page.ticket.time("first_reply_at") or page.ticket.line("status") not in OPEN:
        return ""
    return page.say("staff.card.human_reply", at=page.due(reply_by))


def _about_the_sender(page: Page) -> tuple[str, ...]:
    """A group reads the plate, which the people at the barrier need, but neither name nor telephone (domain.md, Personal data)."""
    ticket = page.ticket
    plate = page.say("staff.card.plate", value=ticket.line("plate")) if ticket.line("plate") else ""
    if page.in_group:
        return (plate,)
    name, phone = ticket.line("sender_name"), ticket.line("phone") or ticket.line("sender_phone")
    return (
        page.say("staff.card.sender", name=name) if name else "",
        plate,
        page.say("staff.card.phone", value=phone) if phone else "",
        page.say("staff.card.unreachable") if ticket.values.get("sender_reachable") is False else "",
    )


def _counts(page: Page) -> str:
    photos, messages = page.ticket.number("photo_count"), page.ticket.number("message_count")
    files = page.ticket.number("file_count") - photos
    return " · ".join(
        filter(
            None,
            (
                page.say("staff.card.photos", count=photos) if photos else "",
                page.say("staff.card.files", count=files) if files > 0 else "",
                page.say("staff.card.messages", count=messages) if messages > 1 else "",
            ),
        )
    )


def _last_reply(page: Page) -> str:
    reply = page.ticket.words("last_reply_text")
    shown = excerpt(reply, REPLY_CHARACTERS)
    return page.say("staff.card.last_reply", text=shown + "…" * (shown != reply)) if reply else ""


def _last_words(page: Page) -> str:
    """The newest of several messages: the card is edited, and its readers see what has changed."""
    newest = page.ticket.words("last_text")
    shown = excerpt(newest, REPLY_CHARACTERS)
    writer = page.ticket.line("last_writer")
    key = "staff.card.last_words_of" if writer else "staff.card.last_words"
    return page.say(key, text=shown + "…" * (shown != newest), writer=writer) if newest else ""


def rated_so(page: Page) -> str:
    """Of a reopened ticket: how its sender rated the last answer, and the words to it."""
    rating = page.ticket.inner("last_rating")
    if not rating or page.sealed:
        return ""
    comment = excerpt(rating.words("comment"), REPLY_CHARACTERS)
    return lines(
        page.say_known(f"staff.card.rated.{rating.line('score')}", "staff.card.rated.other"),
        page.say("staff.score.comment", text=comment) if comment else "",
    )


def _is_cut(page: Page) -> bool:
    # Whoever came later (another gate, the next shift) sees the pictures by the same button.
    pictures = page.ticket.number("photo_count") > 0 and page.ticket.line("status") in OPEN
    longer = page.ticket.number("message_count") > SHOWN_MESSAGES
    return longer or pictures or len(page.ticket.words("first_text")) > EXCERPT_CHARACTERS
