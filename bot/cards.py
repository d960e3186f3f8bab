"""The words and buttons of every notice: `render` turns one delivery into the messages that its channel can carry."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from types import MappingProxyType

from bot import (
    cards_anyone,
    cards_calendars,
    cards_chats,
    cards_extensions,
    cards_figures,
    cards_help,
    cards_intake,
    cards_ladder,
    cards_lists,
    cards_menus,
    cards_plans,
    cards_sender,
    cards_staff,
    cards_task_lists,
    cards_tasks,
    cards_ticket,
)
from bot.cards_page import Card, Page, lines, page_of
from bot.outgoing import Button, Outgoing
from bot.splitting import Measure, split
from bot.texts import say
from core.notices import NoticeKind
from core.people import Role
from services.sender import ChannelFacts, Delivery

STAFF_LANGUAGE = "vi"
WITH_PICTURES = {NoticeKind.ANSWER, NoticeKind.QUESTION, NoticeKind.INTERIM, NoticeKind.RESOLVED}

Draw = Callable[[Page], Card]

_TO_SENDERS: Mapping[NoticeKind, Draw] = {
    NoticeKind.WELCOME: cards_anyone.welcome,
    NoticeKind.RECEIPT: cards_intake.receipt,
    NoticeKind.PETITION_RECEIPT: cards_intake.petition_receipt,
    NoticeKind.ADDED: cards_intake.added,
    NoticeKind.FILE_REFUSED: cards_intake.file_refused,
    NoticeKind.ASK_DETAIL: cards_intake.ask_detail,
    NoticeKind.DETAIL_SAVED: cards_intake.detail_saved,
    NoticeKind.ANSWER: cards_sender.answer,
    NoticeKind.QUESTION: cards_sender.question,
    NoticeKind.INTERIM: cards_sender.interim,
    NoticeKind.RESOLVED: cards_sender.resolved,
    NoticeKind.RATED: cards_sender.rated,
    NoticeKind.REOPEN_OFFER: cards_sender.reopen_offer,
    NoticeKind.REOPENED: cards_sender.reopened,
    NoticeKind.REOPEN_DECLINED: cards_sender.reopen_declined,
    NoticeKind.CLOSED: cards_sender.closed,
    NoticeKind.PARTED: cards_sender.parted,
    NoticeKind.APOLOGY: cards_sender.apology,
    NoticeKind.UNSEALED: cards_sender.unsealed,
    NoticeKind.STATUS: cards_sender.status,
    NoticeKind.MY_TICKETS: cards_sender.my_tickets,
    NoticeKind.COMMENT_SAVED: cards_sender.comment_saved,
    NoticeKind.OWN_WORDS: cards_chats.own_words,
    NoticeKind.MY_CHATS: cards_chats.my_chats,
    NoticeKind.CHAT_CODE: cards_chats.code,
    NoticeKind.CHAT_LINKED: cards_chats.linked,
    NoticeKind.CHAT_DROP: cards_chats.drop,
    NoticeKind.CHAT_DROPPED: cards_chats.dropped,
    NoticeKind.CHAT_PARTED: cards_chats.parted,
    NoticeKind.STAFF_CHAT_LINKED: cards_chats.staff_linked,
    NoticeKind.HELP: cards_help.help_text,
    NoticeKind.LANGUAGE_CHOICE: cards_anyone.language_choice,
    NoticeKind.LANGUAGE_SET: cards_anyone.language_set,
    NoticeKind.MY_DATA: cards_anyone.my_data,
    NoticeKind.ERASE_CONFIRM: cards_anyone.erase_confirm,
    NoticeKind.ERASED: cards_anyone.erased,
    NoticeKind.NEW_TICKET_READY: cards_anyone.new_ticket_ready,
    NoticeKind.LOOKUP_HOW: cards_anyone.lookup_how,
    NoticeKind.EMPTY_MESSAGE: cards_anyone.empty_message,
    NoticeKind.WHICH_CHOICE: cards_anyone.which_choice,
    NoticeKind.REFUSED: cards_anyone.refused,
}
_TO_STAFF: Mapping[NoticeKind, Draw] = {
    NoticeKind.CARD: cards_ticket.card,
    NoticeKind.CARDS_LIST: cards_lists.cards_list,
    NoticeKind.SENDER_WROTE: cards_staff.sender_wrote,
    NoticeKind.SENDER_RATED: cards_staff.sender_rated,
    NoticeKind.PHOTO: cards_staff.photo,
    NoticeKind.RUNG: cards_ladder.rung,
    NoticeKind.REMINDED_AGAIN: cards_ladder.reminded_again,
    NoticeKind.BREACH: cards_ladder.breach,
    NoticeKind.BREACH_NAG: cards_ladder.breach_nag,
    NoticeKind.DIGEST_AFTER_OUTAGE: cards_ladder.digest_after_outage,
    NoticeKind.CALL_TASK: cards_staff.call_task,
    NoticeKind.PROMPT: cards_menus.prompt,
    NoticeKind.PREVIEW: cards_staff.preview,
    NoticeKind.PLACE_MESSAGE: cards_lists.place_message,
    NoticeKind.TRANSFER_MENU: cards_menus.transfer_menu,
    NoticeKind.AGENCY_MENU: cards_menus.agency_menu,
    NoticeKind.ASSIGN_MENU: cards_menus.assign_menu,
    NoticeKind.JOIN_MENU: cards_lists.join_menu,
    NoticeKind.JOINED: cards_staff.joined,
    NoticeKind.PART_MENU: cards_lists.part_menu,
    NoticeKind.SEPARATED: cards_staff.separated,
    NoticeKind.DONE: cards_staff.done,
    NoticeKind.TAKEN: cards_staff.taken,
    NoticeKind.HANDED_TO_YOU: cards_staff.handed_to_you,
    NoticeKind.HANDED_AWAY: cards_staff.handed_away,
    NoticeKind.PETITION_CARD: cards_staff.petition_card,
    NoticeKind.SPAM_CHECK: cards_staff.spam_check,
    NoticeKind.SENDER_SILENT: cards_staff.sender_silent,
    NoticeKind.AGENCY_DUE: cards_staff.agency_due,
    NoticeKind.MY_QUEUE: cards_lists.my_queue,
    NoticeKind.FIGURES: cards_figures.figures,
    NoticeKind.MY_SHIFT: cards_lists.my_shift,
    NoticeKind.SHIFT_ENDING: cards_lists.shift_ending,
    NoticeKind.SHIFT_BEGINS: cards_ladder.shift_begins,
    NoticeKind.SHIFT_UNCONFIRMED: cards_ladder.shift_unconfirmed,
    NoticeKind.SHIFT_UNSTAFFED: cards_ladder.shift_unstaffed,
    NoticeKind.ROSTER_EMPTY: cards_ladder.roster_empty,
    NoticeKind.NOBODY_REACHABLE: cards_ladder.nobody_reachable,
    NoticeKind.THIRD_REOPENING: cards_staff.third_reopening,
    NoticeKind.LINKED: cards_ladder.linked,
    NoticeKind.GROUP_LINKED: cards_ladder.group_linked,
    NoticeKind.POISON: cards_ladder.poison,
    NoticeKind.MESSAGES_MISSING: cards_ladder.messages_missing,
    NoticeKind.CHANNEL_QUOTA: cards_ladder.channel_quota,
    NoticeKind.CHANNEL_REFUSED: cards_ladder.channel_refused,
    NoticeKind.TASK_REMINDER: cards_tasks.reminder,
    NoticeKind.TASK_DIGEST: cards_task_lists.digest,
    NoticeKind.TASK_CARD: cards_tasks.card,
    NoticeKind.TASK_PROMPT: cards_tasks.prompt,
    NoticeKind.TASK_DONE: cards_tasks.done,
    NoticeKind.TASK_SUBMITTED: cards_tasks.submitted,
    NoticeKind.TASK_ACCEPTED: cards_tasks.accepted,
    NoticeKind.TASK_RETURNED: cards_tasks.returned,
    NoticeKind.TASK_OBSTRUCTED: cards_tasks.obstructed,
    NoticeKind.EXTENSION_ASKED: cards_extensions.extension_asked,
    NoticeKind.EXTENSION_DECIDED: cards_extensions.extension_decided,
    NoticeKind.TASK_PHOTO: cards_tasks.photo,
    NoticeKind.TASK_FILE: cards_tasks.evidence_file,
    NoticeKind.TASK_FILE_LOST: cards_tasks.file_lost,
    NoticeKind.MY_TASKS: cards_task_lists.my_tasks,
    NoticeKind.CALENDARS: cards_calendars.offered,
    NoticeKind.CALENDAR_ADDRESS: cards_calendars.address,
    NoticeKind.CALENDAR_STOPPED: cards_calendars.stopped,
    NoticeKind.PLAN_DIGEST: cards_task_lists.weekly,
    NoticeKind.PLAN_READING: cards_plans.reading,
    NoticeKind.PLAN_UNREADABLE: cards_plans.unreadable,
    NoticeKind.PLAN_DRAFT: cards_plans.draft,
    NoticeKind.PLAN_APPLIED: cards_plans.applied,
    NoticeKind.PLAN_PAPER: cards_plans.paper,
}
CARDS: Mapping[NoticeKind, Draw] = MappingProxyType({**_TO_SENDERS, **_TO_STAFF})
SENDER_KINDS = frozenset(_TO_SENDERS)


def render(delivery: Delivery, facts: ChannelFacts) -> tuple[Outgoing, ...]:
    """The notice as the messages that the channel carries: at least one, each within its text limit.

    Long texts are cut with the ticket's code on every part; the last part has the buttons, or the numbered choices where
    a channel has none (or not so many). Pure. Raises ValueError for a kind that is no NoticeKind: a bug.
    """
    kind = NoticeKind(delivery.kind)
    language = _language(kind, delivery)
    page = page_of(delivery, language)
    card = CARDS[kind](page)
    if why := cards_chats.moved(page):
        card = replace(card, text=lines(why, card.text))
    text = card.text if facts.buttons else _numbered(card, language, facts.few_choices)
    measure: Measure = "chars" if facts.measure == "chars" else "utf16"
    parts = split(text, facts.text_limit, page.code, measure) or [page.code]
    last = Outgoing(
        parts[-1],
        card.buttons if facts.buttons else (),
        card.photo if facts.photos else None,
        card.document if facts.photos else None,
        choices=() if facts.buttons else _choices(card),
    )
    pictures = _pictures(page) if kind in WITH_PICTURES and facts.photos else ()
    return (*pictures, *(Outgoing(part) for part in parts[:-1]), last)


def _pictures(page: Page) -> tuple[Outgoing, ...]:
    """The pictures of an answer, one message each, before its words: the buttons stay at the end. None of a sealed matter."""
    if page.sealed:
        return ()
    return tuple(Outgoing(page.say("picture.of"), photo=file) for file in page.delivery.files)


def _language(kind: NoticeKind, delivery: Delivery) -> str:
    """Staff work in Vietnamese; a sender reads the language that was chosen, or is just being chosen."""
    if kind is NoticeKind.PROMPT and delivery.facts.get("action") == "comment":
        return delivery.language
    viewer = delivery.facts.get("viewer")
    to_sender = isinstance(viewer, Mapping) and viewer.get("role") == Role.SENDER
    if kind not in SENDER_KINDS and not to_sender:
        return STAFF_LANGUAGE
    chosen = delivery.facts.get("language") if kind is NoticeKind.LANGUAGE_SET else None
    return chosen if isinstance(chosen, str) and chosen in cards_anyone.LANGUAGES else delivery.language


def _numbered(card: Card, language: str, few: int) -> str:
    """The choices as lines, for a channel without buttons: the person answers with the number. A `few` are the channel's own."""
    links = [f"{button.label}: {button.url}" for row in card.buttons for button in row if button.url]
    text = "\n".join((card.text, *links))
    offered = _choices(card)
    if len(offered) <= few:
        return text
    choices = (f"{number}. {button.label}" for number, button in enumerate(offered, start=1))
    return "\n".join((text, "", say(language, "common.choose"), *choices))


def _choices(card: Card) -> tuple[Button, ...]:
    return tuple(button for row in card.buttons for button in row if button.payload)
