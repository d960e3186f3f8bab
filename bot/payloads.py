"""What a button carries: an action, a ticket and perhaps an argument, in at most 64 bytes of ASCII (Telegram's callback_data).

A payload is a request, never a right: it may be old, forged or forwarded, so bot/presses.py checks everything again.
"""

import re
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache


class Action(StrEnum):
    """Each button of the program; docs/states.md lists the Vietnamese labels."""

    # the sender's
    NEW_TICKET = "nt"
    DETAIL = "d"  # arg: gate=CODE | category=CODE | plate | phone
    SKIP = "sk"  # arg: gate | category | plate | phone: leave it out and go on
    RATE = "r"  # arg: good | fair | bad, then "." and the cycle: "good.1"
    REOPEN = "ro"
    NO_REOPEN = "nr"
    LANGUAGE = "l"  # arg: vi | en | zh (no ticket)
    ERASE = "er"  # (no ticket)
    KEEP_DATA = "kd"  # (no ticket)
    # of anybody's chats; a chat's id stands in the place of a ticket's
    PREFER_CHAT = "kp"  # id 0: the chat used last
    CHAT_CODE = "kc"  # (no id)
    DROP_CHAT = "kx"  # arg: none = ask | "y"
    # the staff's
    CLAIM = "c"
    REPLY = "re"
    NOTE = "n"
    ASK = "a"
    TRANSFER = "t"  # arg: none = menu | gate | unit | person | gate=CODE | unit=CODE | person=ID
    AGENCY = "ag"  # arg: none = start | unit code | date=ISO | by=ID
    RESOLVE = "cl"
    CALLED = "ca"  # documented phone call
    KEEP = "k"  # keep the ticket over the end of the shift
    CONFIRM_SHIFT = "cs"  # arg: shift id (no ticket)
    SEND_PREVIEW = "sp"  # arg: message id: the plain reply to a card goes to the sender
    KEEP_NOTE = "kn"  # arg: message id
    PLACE = "pl"  # arg: message id; ticket 0 = a new ticket
    ASSIGN = "as"  # arg: none = menu | person id
    JOIN = "jo"  # arg: none = menu | the id of the ticket it goes on under, with ".y" and joining.promised when it was asked twice
    PART = "pt"  # arg: none = menu | the id of the joined ticket that stands by itself again
    ACCEPT_DUE = "ad"  # a leader: "Chấp nhận hẹn"
    PHONE_SENDER = "ph"  # a leader: "Gọi"
    CALL_NOTE = "cn"  # what was said on the telephone
    CALL_MISSED = "cm"  # nobody answered it
    BREACH_REASON = "br"  # arg: reason code
    WAIVE = "w"
    URGENT = "u"
    NOT_URGENT = "nu"
    SPAM = "s"
    SPAM_YES = "sy"
    SPAM_NO = "sn"
    PETITION = "p"
    FEEDBACK = "f"
    INSUFFICIENT = "in"
    SHOW = "sh"  # draw the card anew in this chat
    MY_QUEUE = "vq"  # arg: a page of /viec (no ticket)
    CANCEL = "x"  # forget the dialogue
    # of plans; a task's or a document's id stands in the place of a ticket's
    TASK_ACK = "ta"
    TASK_ACK_ALL = "tl"  # id: the notice that told of them
    TASK_PROGRESS = "tp"  # arg: none = ask | 25 | 50 | 75 | 100
    TASK_SUBMIT = "td"
    TASK_OBSTRUCT = "to"
    TASK_EXTEND = "te"
    TASK_ACCEPT = "ty"
    TASK_RETURN = "tr"
    TASK_SHOW = "ts"
    TASK_DAY = "dy"
    TASK_OUTPUT = "ou"
    EXTEND_YES = "ey"  # arg: the day that was asked for
    EXTEND_NO = "en"  # arg: as above
    MY_TASKS = "mt"  # arg: unit | all (no id)
    FIGURES_ALL = "fa"  # arg: the month, "2026-11" (no id)
    CALENDAR_NEW = "ln"  # arg: mine | unit | all (no id)
    CALENDAR_STOP = "lx"  # arg: as above
    PLAN_APPLY = "pa"
    PLAN_DROP = "pd"
    PLAN_CHECKINS = "pc"  # arg: monthly | quarterly | none


@dataclass(frozen=True, slots=True)
class Payload:
    action: Action
    ticket_id: int = 0
    argument: str = ""


_SHAPE = re.compile(r"([a-z]{1,2}):([0-9a-z]{1,13})(?::([!-~]{0,40}))?")
SURE = ".y"
LARGEST_ID = 2**63 - 1  # what a column holds: a larger number would fail in the database, not at the door
_DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"


def write(action: Action, ticket_id: int = 0, argument: str | int = "") -> str:
    """The payload of one button, 1–64 ASCII characters. Raises ValueError when it would not fit."""
    payload = f"{action}:{_base36(ticket_id)}" + (f":{argument}" if argument != "" else "")
    if not _SHAPE.fullmatch(payload):
        raise ValueError(f"a payload that cannot be read back: {action}")
    return payload


def read(payload: str) -> Payload | None:
    """What a pressed button asks for; None when it was never one of ours."""
    shape = _SHAPE.fullmatch(payload)
    if not shape or shape[1] not in set(Action) or int(shape[2], 36) > LARGEST_ID:
        return None
    return Payload(Action(shape[1]), int(shape[2], 36), shape[3] or "")


@lru_cache(maxsize=256)  # twenty buttons of a card carry the same ticket
def _base36(number: int) -> str:
    digits = ""
    while True:
        number, digit = divmod(number, 36)
        digits = _DIGITS[digit] + digits
        if not number:
            return digits
