"""What staff read when time presses or the roster has a hole: rungs, breaches, shifts, alarms (promise.md, The ladder)."""

from bot.cards_buttons import Buttons, assign_button, is_held, is_leader, leads, work_buttons
from bot.cards_page import LISTED, Card, Page, lines, paragraphs, press, rows, short_time
from bot.cards_ticket import gate_name, sender_words, span, summary, this_minute
from bot.payloads import Action
from core.ticket import HELD, OPEN

REASONS = ("overload", "other_agency", "no_info", "system", "roster", "other")
UNCLAIMED_RUNGS = range(1, 3)
ANSWER_RUNG = 3
LEADER_RUNG = 6


def rung(page: Page) -> Card:
    """Rungs 1 and 2: nobody took it; 3: nobody answered; 4 to 6: how much time is left now, told to more and more people."""
    number = page.facts.number("rung")
    shown = () if page.sealed else (summary(page), sender_words(page) if number in UNCLAIMED_RUNGS else "")
    return Card(paragraphs(_rung_title(page, number), *shown), rows(_rung_buttons(page, number)))


def reminded_again(page: Page) -> Card:
    """What is left of an older reminder: of one ticket only the newest counts."""
    return Card(page.say("staff.rung.again"))


def breach(page: Page) -> Card:
    """The due time passed: the ticket stays open, a reason is asked of its holder, the sender has been told."""
    breached = page.ticket.time("breached_at") or page.ticket.time("due_at")
    noticed = page.ticket.time("breach_noticed_at") or page.facts.time("noticed_at")
    late_notice = noticed is not None and breached is not None and (noticed - breached).total_seconds() >= 60
    text = paragraphs(
        lines(
            page.say("staff.breach.title", at=breached and short_time(breached)),
            page.say("staff.breach.noticed", at=short_time(noticed)) if late_notice and noticed else "",
            _apology(page),
        ),
        "" if page.sealed else summary(page),
        _reason(page),
    )
    return Card(text, rows([*_reason_buttons(page), *_after_breach(page)]))


def _apology(page: Page) -> str:
    """What the sender was told, if it could be; nothing of somebody whose own time is still to come."""
    match page.facts.line("apology"):
        case "failed":
            return page.say("staff.breach.untold")
        case "none":
            return ""
    return page.say("staff.breach.told")


def breach_nag(page: Page) -> Card:
    breached = page.ticket.time("breached_at") or page.ticket.time("due_at")
    over = span(page, page.now - breached) if breached and page.now > breached else None
    text = paragraphs(
        page.say("staff.breach.nag", span=over), "" if page.sealed else summary(page), _reason(page)
    )
    return Card(text, rows([*_reason_buttons(page), *_after_breach(page)]))


def digest_after_outage(page: Page) -> Card:
    """After downtime only the highest rung of a ticket fired; this one message tells of the rest."""
    items = page.facts.items("items")
    told = [
        page.say(
            "staff.outage.line",
            code=item.line("code"),
            rung=item.line("rung"),
            at=(due := item.time("due_at")) and short_time(due),
        )
        for item in items[: 2 * LISTED]
    ]
    count = len(items) + page.facts.number("more")
    rest = page.say("common.more", count=count - len(told)) if count > len(told) else ""
    return Card(paragraphs(page.say("staff.outage.title", count=count), lines(*told, rest)))


def nobody_reachable(page: Page) -> Card:
    return Card(page.say("staff.nobody.title", rung=page.facts.line("rung")), rows([assign_button(page)]))


def shift_begins(page: Page) -> Card:
    count = page.facts.number("count")
    confirm = press(
        page.say("staff.button.confirm_shift", count=count),
        Action.CONFIRM_SHIFT,
        0,
        page.facts.line("shift_id"),
    )
    return Card(page.say("staff.begins.title", count=count), rows([confirm]))


def shift_unconfirmed(page: Page) -> Card:
    return Card(lines(page.say("staff.unconfirmed.title"), _gate(page)))


def shift_unstaffed(page: Page) -> Card:
    starts, ends = page.facts.time("starts_at"), page.facts.time("ends_at")
    return Card(
        page.say(
            "staff.unstaffed.title",
            gate=_gate(page),
            starts=starts and short_time(starts),
            ends=ends and short_time(ends),
        )
    )


def roster_empty(page: Page) -> Card:
    return Card(page.say("staff.roster_empty.title", gate=_gate(page)))


def linked(page: Page) -> Card:
    role = page.say_known(f"staff.role.{page.facts.line('role')}", "common.unknown")
    return Card(page.say("staff.linked.title", name=page.facts.line("name"), role=role))


def group_linked(page: Page) -> Card:
    return Card(page.say("staff.group_linked.title", gate=_gate(page)))


def poison(page: Page) -> Card:
    return Card(page.say("staff.poison.title", number=page.facts.line("inbox_id")))


def messages_missing(page: Page) -> Card:
    """Nobody listened for longer than the platform keeps messages, or the data came out of a backup."""
    since, until = page.facts.time("missing_from"), page.facts.time("missing_to")
    why = "restored" if page.facts.flag("restored") else "silence"
    told = {"since": since and short_time(since), "until": until and short_time(until)}
    return Card(page.say(f"staff.missing.{why}", **told))


def channel_quota(page: Page) -> Card:
    """A platform's plan is nearly used up, or it takes no more messages."""
    why = "refused" if page.facts.flag("refused") else "near"
    until = page.facts.time("pause_until")
    blanks = {name: page.facts.line(name) for name in ("channel", "sent", "quota")}
    return Card(page.say(f"staff.quota.{why}", until=until and short_time(until), **blanks))


def channel_refused(page: Page) -> Card:
    """A platform accepts our token no more: only a person can connect the account anew."""
    return Card(page.say("staff.token.refused", channel=page.facts.line("channel")))


def _rung_title(page: Page, number: int) -> str:
    due_at = page.ticket.time("due_at")
    if past := _past(page, number):
        return page.say(past)
    if others := page.facts.line("joined"):
        return page.say("staff.rung.joined", others=others)
    if due_at is not None and page.now > due_at:
        return page.say("staff.rung.over")
    left = span(page, due_at - this_minute(page)) if due_at else None
    return page.say(f"staff.rung.{number if 1 <= number <= LEADER_RUNG else 'other'}", left=left)


def _past(page: Page, number: int) -> str:
    """What a reminder says once what it asked for is done: it is drawn anew with its ticket."""
    stage = page.ticket.line("status")
    if stage and stage not in OPEN:
        return "staff.rung.done"
    if number in UNCLAIMED_RUNGS and stage in HELD:
        return "staff.rung.taken"
    answered = number == ANSWER_RUNG and page.ticket.time("first_reply_at") and not page.facts.line("joined")
    return "staff.rung.answered" if answered else ""


def _rung_buttons(page: Page, number: int) -> Buttons:
    if number != LEADER_RUNG or page.in_group or page.sealed or not leads(page) or page.viewer.flag("holds"):
        return work_buttons(page)
    return [
        assign_button(page),
        press(page.say("staff.button.accept_due"), Action.ACCEPT_DUE, page.ticket),
        press(page.say("staff.button.phone_sender"), Action.PHONE_SENDER, page.ticket),
    ]


def _owes_reason(page: Page) -> bool:
    """The holder; with nobody holding it, whoever may assign."""
    if page.in_group or page.sealed or page.ticket.line("breach_reason"):
        return False
    return page.viewer.flag("holds") or (not is_held(page) and page.viewer.flag("may_assign"))


def _reason(page: Page) -> str:
    given = page.ticket.line("breach_reason")
    if given:
        reason = page.say_known(f"staff.reason.{given}", "staff.reason.other")
        return page.say("staff.breach.reason", reason=reason)
    return page.say("staff.breach.ask") if _owes_reason(page) else ""


def _reason_buttons(page: Page) -> Buttons:
    if not _owes_reason(page):
        return []
    return [
        press(page.say(f"staff.reason.{reason}"), Action.BREACH_REASON, page.ticket, reason)
        for reason in REASONS
    ]


def _after_breach(page: Page) -> Buttons:
    """A leader hands it on, telephones, or waives (which leaves the raw figure as it is); the others go on working."""
    if page.in_group or page.sealed or not is_leader(page):
        return work_buttons(page)
    return [
        assign_button(page),
        press(page.say("staff.button.phone_sender"), Action.PHONE_SENDER, page.ticket),
        press(page.say("staff.button.waive"), Action.WAIVE, page.ticket),
    ]


def _gate(page: Page) -> str:
    """The gate by its name where it was loaded, by its code otherwise."""
    if not page.facts.line("gate") and not page.facts.values.get("gate_name"):
        return page.say("staff.all_gates")
    return gate_name(page, page.facts)
