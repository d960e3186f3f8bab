"""What staff read about one ticket beside its card: later words, ratings, tasks, decisions, confirmations."""

from bot.cards_anyone import holder_name
from bot.cards_buttons import Buttons, assign_button, note_button, show_button, work_buttons
from bot.cards_intake import kind_name
from bot.cards_page import (
    Card,
    Page,
    lines,
    paragraphs,
    press,
    rows,
    short_day,
    short_time,
)
from bot.cards_ticket import rated_so, sender_words, summary, ticket_line
from bot.outgoing import Button
from bot.payloads import Action
from core.ticket import OPEN, Status

SAID_TO_THE_SENDER = {"reply", "ask", "resolve", "agency"}
"""What is confirmed as sent: not when it could not be."""


def sender_wrote(page: Page) -> Card:
    """Later words, whole, to the holder: the sender's, an edit of them, or a colleague's internal note. None of a sealed matter."""
    if page.sealed:
        return Card(page.say("staff.wrote.sealed"))
    photos = page.message.number("photos")
    text = paragraphs(
        lines(
            _who_wrote(page),
            page.say("staff.wrote.writer", writer=page.message.line("writer"))
            if page.message.line("writer")
            else "",
        ),
        page.message.words("text"),
        page.say("staff.wrote.photos", count=photos) if photos else "",
    )
    return Card(text, rows(work_buttons(page)))


def _who_wrote(page: Page) -> str:
    if page.facts.flag("internal"):
        return page.say("staff.wrote.internal", author=page.message.line("author_name"))
    if page.facts.flag("revised"):
        return page.say("staff.wrote.revised")
    return page.say("staff.wrote.title", kind=kind_name(page, page.message.line("kind")))


def sender_rated(page: Page) -> Card:
    score = page.facts.line("score")
    comment = page.facts.words("comment") or page.message.words("text")
    text = lines(
        page.say_known(f"staff.score.{score}", "staff.score.other"),
        page.say("staff.score.comment", text=comment) if comment and not page.sealed else "",
    )
    return Card(text)


def photo(page: Page) -> Card:
    """One picture of the ticket. Of a sealed one no picture leaves."""
    if page.sealed:
        return Card(page.say("staff.card.sealed"))
    files = page.delivery.files
    return Card(page.say("staff.photo"), photo=files[0] if files else None)


def call_task(page: Page) -> Card:
    """The message cannot reach the sender: somebody has to telephone, and to write down what was said (promise.md, Resolve)."""
    hidden = page.sealed or page.in_group
    undelivered = "" if hidden else page.message.words("text")
    # Of a joined ticket there is nothing to resolve: what was said is noted.
    ended, why = page.ticket.line("status") == Status.CLOSED, page.facts.line("reason")
    text = paragraphs(
        lines(page.say("staff.call.title"), page.say_known(f"staff.call.why_{why}", "staff.call.why_failed")),
        "" if hidden else _number(page),
        lines(page.say("staff.call.undelivered"), undelivered) if undelivered else "",
        page.say("staff.call.how_ended" if ended else "staff.call.how"),
    )
    called = None if ended else press(page.say("staff.button.called"), Action.CALLED, page.ticket)
    noted = None if page.sealed else press(page.say("staff.button.call_note"), Action.CALL_NOTE, page.ticket)
    missed = press(page.say("staff.button.call_missed"), Action.CALL_MISSED, page.ticket)
    return Card(text, () if page.in_group else rows([called, noted, missed]))


def _number(page: Page) -> str:
    """Where to telephone: what this ticket says, else what the same person gave on another one."""
    if phone := page.ticket.line("phone") or page.ticket.line("sender_phone"):
        return page.say("staff.call.phone", phone=phone)
    if other := page.facts.line("other_phone"):
        return page.say("staff.call.other_phone", phone=other)
    return page.say("staff.call.no_phone")


def preview(page: Page) -> Card:
    """A plain reply to a card is internal until somebody presses: internal is the default."""
    message = page.facts.number("message_id") or page.message.number("id")
    if page.sealed:
        return Card(page.say("staff.card.sealed"))
    buttons = [
        press(page.say("staff.button.send_preview"), Action.SEND_PREVIEW, page.ticket, message),
        press(page.say("staff.button.keep_note"), Action.KEEP_NOTE, page.ticket, message),
    ]
    text = paragraphs(
        page.say("staff.preview.title"), page.message.words("text"), page.say("staff.preview.ask")
    )
    return Card(text, rows(buttons, per_row=1))


def done(page: Page) -> Card:
    """A short "it is done" to whoever acted, a sender too. `action` is the verb, or the letters that its button carries."""
    said = page.facts.line("action")
    action = Action(said).name.lower() if said in set(Action) else {"call": "called"}.get(said, said)
    if action == "phone_sender" and not page.in_group:
        return _to_call(page)
    if action in SAID_TO_THE_SENDER and page.facts.flag("undelivered"):
        return Card(page.say("staff.done.undelivered"))
    return Card(page.say_known(f"staff.done.{action}", _plain_done(action)))


def _to_call(page: Page) -> Card:
    """The number, and a button to write down what was said."""
    phone = page.ticket.line("phone") or page.ticket.line("sender_phone")
    said = page.say("staff.done.phone", phone=phone) if phone else _number(page)
    noted = press(page.say("staff.button.call_note"), Action.CALL_NOTE, page.ticket)
    return Card(lines(page.say("staff.done.phone_sender"), said), rows([noted]))


def _plain_done(action: str) -> str:
    return f"done.{action}" if action in {"cancel", "keep_data"} else "done.other"


def taken(page: Page) -> Card:
    """To the one who pressed too late: who has it."""
    return Card(page.say("staff.taken", holder=holder_name(page) or page.ticket.line("holder_name")))


def joined(page: Page) -> Card:
    """To a holder who did not do it: which ticket goes on under this one."""
    title = page.say("staff.joined.title", other=page.facts.line("other"))
    return Card(lines(title, ticket_line(page, page.ticket)), rows([show_button(page)]))


def separated(page: Page) -> Card:
    """To a holder who did not do it: this ticket and the other are two matters again."""
    title = page.say("staff.separated.title", other=page.facts.line("other"))
    return Card(lines(title, ticket_line(page, page.ticket)), rows([show_button(page)]))


def handed_to_you(page: Page) -> Card:
    """By whom, and the ticket on one line: the card with its buttons follows."""
    by = _person(page, "by")
    title = page.say("staff.handed.to_you", by=by) if by else page.say("staff.handed.to_you_nobody")
    return Card(lines(title, ticket_line(page, page.ticket) if page.ticket else ""))


def handed_away(page: Page) -> Card:
    to = _person(page, "to") or page.ticket.line("holder_name")
    return Card(page.say("staff.handed.away", to=to) if to else page.say("staff.handed.away_nobody"))


def petition_card(page: Page) -> Card:
    """To the named readers, in private only: the one place where a sealed text is shown (domain.md, What is not a ticket)."""
    if page.in_group:
        return Card(page.say("staff.petition.in_group"))
    received = page.ticket.time("received_at")
    buttons = [
        press(page.say("staff.button.petition"), Action.PETITION, page.ticket),
        press(page.say("staff.button.feedback"), Action.FEEDBACK, page.ticket),
    ]
    text = page.facts.words("sealed_text") or page.message.words("text") or page.ticket.words("first_text")
    undecided = page.ticket.line("status") in {"", *OPEN}
    return Card(
        paragraphs(
            page.say("staff.petition.title"),
            page.say("staff.petition.received", at=short_time(received)) if received else "",
            text,
            page.say("staff.petition.ask") if undecided else "",
        ),
        rows(buttons) if undecided else (),
    )


def spam_check(page: Page) -> Card:
    buttons = [
        press(page.say("staff.button.spam_yes"), Action.SPAM_YES, page.ticket),
        press(page.say("staff.button.spam_no"), Action.SPAM_NO, page.ticket),
    ]
    shown = () if page.sealed else (sender_words(page),)
    return Card(paragraphs(page.say("staff.spam.title"), *shown), rows(buttons))


def sender_silent(page: Page) -> Card:
    close = press(page.say("staff.button.insufficient"), Action.INSUFFICIENT, page.ticket)
    return Card(page.say("staff.silent.title"), rows([close, *_private_only(page, note_button(page))]))


def agency_due(page: Page) -> Card:
    day = page.facts.day("promise_on") or page.ticket.day("agency_promise_on")
    agency = page.ticket.line("agency") or page.facts.line("agency")
    key = "staff.agency_due.passed" if page.facts.flag("passed") else "staff.agency_due.title"
    return Card(page.say(key, day=short_day(day), agency=agency), rows(work_buttons(page)))


def third_reopening(page: Page) -> Card:
    count = max(page.ticket.number("cycle") - 1, 3)
    shown = () if page.sealed else (summary(page), sender_words(page), rated_so(page))
    buttons = dict.fromkeys([*work_buttons(page), assign_button(page), show_button(page)])
    return Card(paragraphs(page.say("staff.third.title", count=count), *shown), rows(buttons))


def _person(page: Page, name: str) -> str:
    """A colleague's name as it was handed in; an id alone says nothing to anybody."""
    given = page.facts.line(f"{name}_name") or page.facts.line(name)
    return "" if given.isdigit() else given


def _private_only(page: Page, button: Button | None) -> Buttons:
    return [] if page.in_group else [button]
