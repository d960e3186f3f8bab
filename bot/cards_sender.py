"""What a sender reads about a ticket after its receipt: answers, the result, rating, reopening, its state. No officer is named."""

from bot.cards_intake import due_line
from bot.cards_page import LISTED, Card, Facts, Page, Rows, lines, paragraphs, press, rows, short_day, tail
from bot.payloads import Action
from core.ticket import OPEN, Closure, Score, Status

REPLIES_SHOWN = 10
RATING_LABELS = {Score.GOOD: "satisfied", Score.FAIR: "acceptable", Score.BAD: "unsatisfied"}


def answer(page: Page) -> Card:
    return Card(paragraphs(page.say("answer.title"), _our_words(page), page.say("common.write_on")))


def question(page: Page) -> Card:
    return Card(paragraphs(page.say("question.title"), _our_words(page), page.say("question.how")))


def interim(page: Page) -> Card:
    """Another agency has it: its name and the promised day, never who approved the waiting."""
    agency = page.facts.line("agency") or page.ticket.line("agency")
    day = page.facts.day("promise_on") or page.ticket.day("agency_promise_on")
    text = paragraphs(
        lines(
            page.say("interim.title", agency=agency),
            page.say("interim.promise", day=short_day(day)),
        ),
        page.message.words("text") and _our_words(page),
    )
    return Card(text)


def resolved(page: Page) -> Card:
    """The result and the three rating buttons. A sealed matter is never rated."""
    if page.sealed:
        return Card(page.say("petition.title"))
    cycle = page.ticket.number("cycle") or 1
    buttons = [
        press(page.say(f"button.{RATING_LABELS[score]}"), Action.RATE, page.ticket, f"{score}.{cycle}")
        for score in Score
    ]
    return Card(
        paragraphs(page.say("resolved.title"), _our_words(page), page.say("resolved.rate")), rows(buttons)
    )


def rated(page: Page) -> Card:
    """Thanks, or regret and – while there is time – the offer to reopen. A comment may follow."""
    score = page.facts.line("score")
    if score == Score.BAD and page.facts.values.get("may_reopen") is not False:
        return Card(paragraphs(page.say("rated.bad"), page.say("rated.comment")), _reopen_or_not(page))
    said = "bad_late" if score == Score.BAD else score
    skip = press(page.say("button.skip"), Action.CANCEL)
    return Card(lines(page.say_known(f"rated.{said}", "rated.good"), page.say("rated.comment")), rows([skip]))


def reopen_offer(page: Page) -> Card:
    return Card(page.say("reopen.offer"), _reopen_or_not(page))


def reopened(page: Page) -> Card:
    return Card(lines(page.say("reopen.done"), due_line(page)))


def reopen_declined(page: Page) -> Card:
    return Card(page.say("reopen.declined"))


def closed(page: Page) -> Card:
    closure = page.facts.line("closure")
    if closure == Closure.JOINED:
        return _joined(page)
    return Card(page.say_known(f"closed.{closure}", "closed.other"))


def _joined(page: Page) -> Card:
    """The matter goes on under another code: until when, and – if so – which agency it waits for; an interim answer too.

    A time that the other's sender waited for in vain is none of this one's.
    """
    waits = page.ticket.line("status") == Status.WAITING_AGENCY
    due_at = page.ticket.time("due_at")
    known = {"agency": page.ticket.line("agency"), "day": short_day(page.ticket.day("agency_promise_on"))}
    text = paragraphs(
        page.say("closed.joined", linked=page.facts.line("into")),
        page.say("closed.joined_agency", **known) if waits else "",
        _standing_due(page, page.ticket) if not waits and due_at and page.now <= due_at else "",
        page.say("common.write_on"),
    )
    return Card(text)


def parted(page: Page) -> Card:
    """What was told to its sender of another ticket, or of another agency, holds no more: it goes on by itself, until when."""
    agency = page.facts.line("agency")
    told = page.say("parted.agency", agency=agency) if agency else page.say("parted.title")
    return Card(paragraphs(told, _standing_due(page, page.ticket), page.say("common.write_on")))


def apology(page: Page) -> Card:
    """After a breach: said plainly, with a new promise (promise.md, Breach)."""
    promised = page.facts.time("new_due_at")
    new_due = page.say("common.new_due", at=page.due(promised)) if promised else ""
    return Card(lines(page.say("apology.title"), new_due))


def unsealed(page: Page) -> Card:
    return Card(
        lines(
            page.say("unsealed.title"),
            due_line(page),
            page.say("receipt.lookup") if page.ticket.line("key") else "",
        )
    )


def status(page: Page) -> Card:
    """/tracuu: stage, due time, our replies; no names, no words of the sender, and of a sealed matter only that it is sealed."""
    title = page.say("status.title")
    if page.sealed:
        return Card(lines(title, page.say("status.stage", stage=page.say("status.sealed"))))
    received = page.ticket.time("received_at")
    text = paragraphs(
        lines(
            title,
            page.say("status.stage", stage=stage_name(page, page.ticket)),
            page.say("status.received", at=page.due(received)) if received else "",
            page.say("status.joined", main=page.ticket.line("main_code"))
            if page.ticket.line("main_code")
            else "",
            _standing_due(page, page.ticket),
        ),
        _replies(page),
    )
    return Card(text)


def my_tickets(page: Page) -> Card:
    """/phieu. A button for each: it shows the state, as /tracuu does."""
    items = page.facts.items("items")
    if not items:
        return Card(page.say("tickets.none"))
    shown = [
        "• "
        + " – ".join(filter(None, (item.line("code"), stage_name(page, item), _standing_due(page, item))))
        for item in items[:LISTED]
    ]
    rest = page.say("common.more", count=len(items) - LISTED) if len(items) > LISTED else ""
    buttons = [
        press(page.say("button.show_one", tail=tail(item.line("code"))), Action.SHOW, item)
        for item in items[:LISTED]
    ]
    text = paragraphs(page.say("tickets.title"), lines(*shown, rest), page.say("tickets.lookup"))
    return Card(text, rows(buttons))


def comment_saved(page: Page) -> Card:
    """With a way out for whoever meant a new matter: the very words become a ticket (argument: their inbox row)."""
    update = page.facts.number("inbox_id")
    anew = press(page.say("button.new_ticket"), Action.PLACE, 0, update) if update else None
    return Card(page.say("comment.saved"), rows([anew]))


def stage_name(page: Page, ticket: Facts) -> str:
    if ticket.flag("sealed"):
        return page.say("status.sealed")
    return page.say_known(f"status.{ticket.line('status')}", "common.unknown")


def _our_words(page: Page) -> str:
    """What the board wrote. Of a sealed matter nothing is repeated, on no channel."""
    return page.say("status.sealed") if page.sealed else page.message.words("text")


def _reopen_or_not(page: Page) -> Rows:
    return rows(
        [
            press(page.say("button.reopen"), Action.REOPEN, page.ticket),
            press(page.say("button.no"), Action.NO_REOPEN, page.ticket),
        ]
    )


def _standing_due(page: Page, ticket: Facts) -> str:
    """The due time of an open ticket, or that it has passed; nothing when the clock stands or the matter is done."""
    due_at, stage = ticket.time("due_at"), ticket.line("status")
    if due_at is None or stage not in OPEN or ticket.flag("sealed"):
        return ""
    running = stage != Status.WAITING_SENDER and not ticket.flag("amber")
    late = running and page.now > due_at
    return page.say("status.overdue" if late else "common.due", at=page.due(due_at))


def _replies(page: Page) -> str:
    told = [
        lines(page.due(reply.time("at")), reply.words("text")) for reply in page.facts.items("replies")
    ] or [page.ticket.words("last_reply_text")]
    shown = [reply for reply in told[-REPLIES_SHOWN:] if reply]
    if not shown:
        return page.say("status.no_reply")
    return paragraphs(page.say("status.replies"), *shown)
