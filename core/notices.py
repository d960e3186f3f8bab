"""Everything that the program says to people, as kinds: what each one carries; bot/cards.py gives the words and the buttons.

A notice holds no sentence. `data` names facts by id or value; the ticket, its messages, names and gates are loaded when
the notice is sent, so a card always shows the ticket as it is at that moment.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import IntEnum, StrEnum
from typing import Any

from core.ids import IdentityId, TicketId


class Priority(IntEnum):
    """Which chat is served first when the platform's rate is short: limits.md B4."""

    GROUP = -1  # of a group: one message speaks for many of a burst, at most twenty a minute
    NOW = 0  # receipts, answers, urgent cards, and the answer to whoever pressed
    CARD = 1  # cards and rungs
    REMINDER = 2
    DIGEST = 3


class NoticeKind(StrEnum):
    """data of each kind stands behind it; T = carries a ticket."""

    # To a sender
    WELCOME = "welcome"  # gate: code | None
    RECEIPT = "receipt"  # T; due_at: ISO, promise_kind, human_reply_by, first: bool (privacy notice), suggested: [category codes],
    # ask: "gate" | "category" | None (what is asked by buttons below), late: bool, urgent: bool, kind: message kind, photos: int
    PETITION_RECEIPT = "petition_receipt"  # T; first: bool — the formal route; never the text
    ADDED = "added"  # T; kind: message kind, resumed_due_at: ISO | None, count — "đã thêm vào phiếu", button: new ticket
    FILE_REFUSED = "file_refused"  # T; reason: "too_large" | "gone", limit_mb
    ASK_DETAIL = "ask_detail"  # T; ask: "gate"|"category"|"plate"|"phone", options: [codes]
    DETAIL_SAVED = "detail_saved"  # T; name, value; next: "gate"|"category"|"plate"|"phone"|None
    ANSWER = "answer"  # T; message_id
    QUESTION = "question"  # T; message_id
    INTERIM = "interim"  # T; agency, promise_on: ISO date, message_id | None
    RESOLVED = "resolved"  # T; message_id — with the three rating buttons
    RATED = "rated"  # T; score — thanks; bad: [Mở lại] [Không]; asks for a comment
    REOPEN_OFFER = "reopen_offer"  # T — [Mở lại] [Không]
    REOPENED = "reopened"  # T; due_at
    REOPEN_DECLINED = "reopen_declined"  # T
    CLOSED = "closed"  # T; closure
    PARTED = "parted"  # T; agency: who was said to answer — it goes on by itself again
    APOLOGY = "apology"  # T; new_due_at — the sender of a breached ticket
    UNSEALED = "unsealed"  # T; due_at — the petition was feedback after all
    STATUS = "status"  # T; result of /tracuu: stage, due, replies; no names
    MY_TICKETS = "my_tickets"  # items: [{code, status, due_at, ...}]
    HELP = "help"  # role, is_head, reads_sealed
    LANGUAGE_CHOICE = "language_choice"
    LANGUAGE_SET = "language_set"  # language
    MY_DATA = "my_data"  # counts and kept fields (masked)
    ERASE_CONFIRM = "erase_confirm"
    ERASED = "erased"  # open: number of open tickets that are kept until they end
    NEW_TICKET_READY = "new_ticket_ready"  # the next message opens a new ticket
    LOOKUP_HOW = "lookup_how"
    EMPTY_MESSAGE = "empty_message"
    COMMENT_SAVED = "comment_saved"  # T
    OWN_WORDS = "own_words"  # T; message_id, channel — what the sender wrote in another chat of theirs
    MY_CHATS = "my_chats"  # items: [{id, channel, since, here, reachable, preferred}] — /kenh
    CHAT_CODE = (
        "chat_code"  # sealed_code, expires_at, bots: {channel: name} — a code for one more chat, told once
    )
    CHAT_LINKED = (
        "chat_linked"  # channel; here: bool — in the chat that was linked, and in another one of the person
    )
    CHAT_DROP = "chat_drop"  # id, channel — asks once more
    CHAT_DROPPED = "chat_dropped"  # channel; staff: whose it was
    CHAT_PARTED = "chat_parted"  # channel, by: channel — in the other chats of whoever gave one up
    STAFF_CHAT_LINKED = (
        "staff_chat_linked"  # name, channel, chat_id — to administrators: one more of this member of staff
    )
    # To staff
    CARD = "card"  # T; fresh: a new message, first: of rung 0 — one per chat and ticket, edited when the ticket changes
    CARDS_LIST = "cards_list"  # ticket_ids: [..], edits: the list that it replaces, only_edits — in a burst one for many
    SENDER_WROTE = "sender_wrote"  # T; message_id — to the holder
    SENDER_RATED = "sender_rated"  # T; score
    PHOTO = "photo"  # T; attachment_id
    RUNG = "rung"  # T; rung: 1..6; of this and the other REMINDERS: edits: the message that it replaces, drawn anew
    REMINDED_AGAIN = "reminded_again"  # T; edits — takes an older reminder back: a newer one stands below it
    BREACH = "breach"  # T — to holder, shift, leader; buttons for the reason code to the holder
    BREACH_NAG = "breach_nag"  # T
    DIGEST_AFTER_OUTAGE = "digest_after_outage"  # items: [{code, rung, due_at}]
    CALL_TASK = "call_task"  # T; reason: "blocked" | "window" | "failed"; message_id — "gọi điện"
    PROMPT = "prompt"  # T; action: reply|note|ask|resolve|call|call_note|agency|agency_date|agency_approver|waive|waive_document|
    # comment
    PREVIEW = "preview"  # T; message_id — a plain reply to a card: [Gửi cho người phản ánh] [Giữ làm ghi chú]
    PLACE_MESSAGE = "place_message"  # items: my open tickets; a staff member's loose words: note on which ticket, or a new one
    TRANSFER_MENU = "transfer_menu"  # T; step: "what"|"gate"|"unit"|"person", options: [{code|id, name}]
    AGENCY_MENU = "agency_menu"  # T; step: "agency"|"date"|"approver", options
    ASSIGN_MENU = "assign_menu"  # T; options
    JOIN_MENU = "join_menu"  # T; ticket_ids: into which of these; sure, promised: the last question
    JOINED = "joined"  # T; other: code — to holders: the other ticket goes on under this one
    PART_MENU = "part_menu"  # T; ticket_ids: which of these stands by itself again
    SEPARATED = "separated"  # T; other: code — to holders: the two are handled apart again
    DONE = "done"  # T; action — a short confirmation to whoever acted
    TAKEN = "taken"  # T; holder — to the one who pressed too late
    HANDED_TO_YOU = "handed_to_you"  # T; by
    HANDED_AWAY = "handed_away"  # T; to — to the former holder
    PETITION_CARD = "petition_card"  # T — to the named readers: [Là đơn] [Là phản ánh]
    SPAM_CHECK = "spam_check"  # T — to a second person
    SENDER_SILENT = "sender_silent"  # T — [Đóng: chưa đủ thông tin]
    AGENCY_DUE = "agency_due"  # T; promise_on
    MY_QUEUE = (
        "my_queue"  # page, pages; items, pool, sealed (to its named readers) of it, and the count of each
    )
    FIGURES = "figures"  # month: "2026-11"; person: id, where one is asked for; everybody — /solieu, as things are when it is sent
    MY_SHIFT = "my_shift"  # shift, items
    SHIFT_ENDING = "shift_ending"  # shift_id, items: [{ticket_id, code}] — [Tôi giữ tiếp] each
    SHIFT_BEGINS = "shift_begins"  # shift_id, count — [Đã nhận ca (n phiếu)]
    SHIFT_UNCONFIRMED = "shift_unconfirmed"  # shift_id
    SHIFT_UNSTAFFED = "shift_unstaffed"  # gate, starts_at, ends_at
    ROSTER_EMPTY = "roster_empty"  # gate
    NOBODY_REACHABLE = "nobody_reachable"  # T; rung
    THIRD_REOPENING = "third_reopening"  # T
    LINKED = "linked"  # name, role
    GROUP_LINKED = "group_linked"  # gate
    POISON = "poison"  # inbox_id — to administrators
    MESSAGES_MISSING = "messages_missing"  # missing_from, missing_to: ISO; restored: bool — to leaders, Văn phòng, administrators
    # Of plans and their tasks; task_id is a task of a plan. To the officers of a unit, heads, Văn phòng, leaders
    TASK_REMINDER = "task_reminder"  # task_id, stage: first | T-n | checkin-yyyy-mm | nag, level: 1..4 — many waiting for one chat
    # become one TASK_DIGEST
    TASK_DIGEST = "task_digest"  # items: [{task_id, stage, level}] — the morning's reminders in one
    TASK_CARD = "task_card"  # task_id — shown on request
    TASK_PROMPT = (
        "task_prompt"  # task_id; action: progress|submit|obstruct|extend|extend_reason|return|day|output
    )
    TASK_DONE = "task_done"  # task_id; action, percent, count — a short confirmation to whoever acted
    TASK_SUBMITTED = "task_submitted"  # task_id, message_id, again — to the head: [Chấp nhận] [Trả lại]
    TASK_ACCEPTED = "task_accepted"  # task_id
    TASK_RETURNED = "task_returned"  # task_id, message_id
    TASK_OBSTRUCTED = "task_obstructed"  # task_id, message_id — to leaders
    EXTENSION_ASKED = (
        "extension_asked"  # task_id, day: ISO date, message_id — to leaders: [Đồng ý] [Không đồng ý]
    )
    EXTENSION_DECIDED = "extension_decided"  # task_id, granted, day, was
    TASK_PHOTO = "task_photo"  # task_id, attachment_id — evidence
    TASK_FILE = "task_file"  # task_id, attachment_id — evidence that is no picture
    TASK_FILE_LOST = "task_file_lost"  # task_id; reason, limit_mb
    MY_TASKS = "my_tasks"  # scope: "unit" | "all" | "number" (task_ids, number) — /nhiemvu, as things are when it is sent
    CALENDARS = (
        "calendars"  # items: [{scope, since: ISO | None}] — /lich: which calendars there are for a telephone
    )
    CALENDAR_ADDRESS = "calendar_address"  # scope, sealed_secret — the address, told once
    CALENDAR_STOPPED = "calendar_stopped"  # scope
    PLAN_DIGEST = "plan_digest"  # Monday's list to Văn phòng, as things are when it is sent
    PLAN_READING = "plan_reading"  # name — the file is being read
    PLAN_UNREADABLE = "plan_unreadable"  # name, sentence
    PLAN_DRAFT = "plan_draft"  # document_id, brief: without its list — the review: [Áp dụng] [Bỏ], check-ins
    PLAN_APPLIED = "plan_applied"  # document_id, added, changed, removed, same, unlinked: [units], late, questions — to Văn phòng
    PLAN_PAPER = "plan_paper"  # paper: "report" | "table", first, last: ISO dates — /baocao, drawn as things are when it is sent
    CHANNEL_QUOTA = "channel_quota"  # channel, sent, quota, refused, pause_until: ISO — to administrators
    CHANNEL_REFUSED = "channel_refused"  # channel — to administrators: the platform accepts us no more
    # To anyone
    WHICH_CHOICE = "which_choice"  # options: [[label, payload]] — without buttons: which was meant
    REFUSED = "refused"  # code: a Refused code, and its data


# Of these a chat has one that counts for each ticket: the newest, drawn anew whenever the ticket changes.
REMINDERS = (NoticeKind.RUNG, NoticeKind.BREACH, NoticeKind.BREACH_NAG, NoticeKind.AGENCY_DUE)

# What a person with several chats finds in each of them, where it costs nothing: their conversation with the board.
SHOWN_EVERYWHERE = frozenset(
    {
        NoticeKind.ANSWER,
        NoticeKind.QUESTION,
        NoticeKind.INTERIM,
        NoticeKind.RESOLVED,
        NoticeKind.REOPENED,
        NoticeKind.CLOSED,
        NoticeKind.APOLOGY,
        NoticeKind.UNSEALED,
        NoticeKind.PARTED,
        NoticeKind.PHOTO,
    }
)
# What an officer with several chats finds in each of them likewise. A reminder counts in one chat only: it is not among these.
NEWS_TO_STAFF = frozenset(
    {NoticeKind.CARD, NoticeKind.CARDS_LIST, NoticeKind.SENDER_WROTE, NoticeKind.HANDED_TO_YOU}
)
# What answers words or a press in one chat, where its dialogue stands: in another one it would mean nothing.
OF_ONE_CHAT = frozenset(
    {
        NoticeKind.WELCOME,
        NoticeKind.ASK_DETAIL,
        NoticeKind.DETAIL_SAVED,
        NoticeKind.RATED,
        NoticeKind.REOPEN_OFFER,
        NoticeKind.REOPEN_DECLINED,
        NoticeKind.STATUS,
        NoticeKind.MY_TICKETS,
        NoticeKind.HELP,
        NoticeKind.LANGUAGE_CHOICE,
        NoticeKind.LANGUAGE_SET,
        NoticeKind.MY_DATA,
        NoticeKind.ERASE_CONFIRM,
        NoticeKind.ERASED,
        NoticeKind.NEW_TICKET_READY,
        NoticeKind.LOOKUP_HOW,
        NoticeKind.EMPTY_MESSAGE,
        NoticeKind.COMMENT_SAVED,
        NoticeKind.MY_CHATS,
        NoticeKind.CHAT_CODE,
        NoticeKind.CHAT_DROP,
        NoticeKind.CHAT_DROPPED,
        NoticeKind.PROMPT,
        NoticeKind.PREVIEW,
        NoticeKind.PLACE_MESSAGE,
        NoticeKind.TRANSFER_MENU,
        NoticeKind.AGENCY_MENU,
        NoticeKind.ASSIGN_MENU,
        NoticeKind.JOIN_MENU,
        NoticeKind.DONE,
        NoticeKind.TAKEN,
        NoticeKind.MY_QUEUE,
        NoticeKind.FIGURES,
        NoticeKind.MY_SHIFT,
        NoticeKind.LINKED,
        NoticeKind.GROUP_LINKED,
        NoticeKind.TASK_CARD,
        NoticeKind.TASK_PROMPT,
        NoticeKind.TASK_DONE,
        NoticeKind.MY_TASKS,
        NoticeKind.CALENDARS,
        NoticeKind.CALENDAR_ADDRESS,
        NoticeKind.CALENDAR_STOPPED,
        NoticeKind.PLAN_READING,
        NoticeKind.PLAN_UNREADABLE,
        NoticeKind.PLAN_PAPER,
        NoticeKind.WHICH_CHOICE,
        NoticeKind.REFUSED,
    }
)


@dataclass(frozen=True, slots=True)
class Notice:
    """One notice to one chat."""

    kind: NoticeKind
    to: IdentityId
    ticket: TicketId | None = None
    data: Mapping[str, Any] = field(default_factory=dict)
    priority: Priority = Priority.NOW
