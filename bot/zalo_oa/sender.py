"""An Official Account's mouth: a notice becomes text with up to five buttons or numbered choices, a refusal a verdict.

The platform carries words freely for 48 hours after the person's last message, then for money, after seven days not at all
(core/interaction.py). What cannot go freely goes as the setting says: not at all (somebody calls), billed, or as a template.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Literal

import structlog

from bot.cards import STAFF_LANGUAGE
from bot.carrying import carried, fetched_once
from bot.offering import note, offers_nothing_new
from bot.outgoing import Outgoing
from bot.texts import say
from bot.zalo_oa.app import QUOTA_WAIT, RATE_WAIT, TOKEN_WAIT
from bot.zalo_oa.client import (
    MOST_BUTTONS,
    AuthError,
    BadCall,
    NotFollower,
    OaClient,
    OaError,
    OptedOut,
    QuotaUsedUp,
    RateLimited,
    WindowShut,
)
from bot.zalo_oa.updates import CHANNEL, as_title, as_words
from core.interaction import Passage, Window, passage
from core.notices import NoticeKind
from services.sender import ChannelFacts, Delivery, GiveUp, Sent, TryAgain, Verdict
from services.settling import OWED_TO_THE_SENDER
from storage.database import Database

ZALO_OA = ChannelFacts(
    CHANNEL,
    text_limit=2000,
    measure="chars",
    buttons=False,
    edits=False,
    per_second=20.0,
    per_chat_second=1.0,
    few_choices=MOST_BUTTONS,
    window=Window(free_for=timedelta(hours=48), billed_for=timedelta(days=7)),
)
"""-32 comes at 4,000 calls a minute: a third of that leaves room for files and for asking."""
CODE, WORDS = "ma_phieu", "noi_dung"
"""The template's two parameters, as it must have been approved (docs/zalo.md)."""
NO_DELIVERY = {NoticeKind.RESOLVED, NoticeKind.QUESTION}
"""A clock stops when these were delivered. A template says that there is something to read, and nobody has read it yet."""
KNOCKS = OWED_TO_THE_SENDER | {NoticeKind.CARD, NoticeKind.RUNG, NoticeKind.BREACH, NoticeKind.CALL_TASK}
"""What is worth a template: every one costs."""
Render = Callable[[Delivery, ChannelFacts], tuple[Outgoing, ...]]
_log = structlog.get_logger("bot.zalo_oa")


@dataclass(frozen=True, slots=True)
class OutsideWindow:
    """What becomes of a notice that cannot go freely (`template_id`: of the one that Zalo has approved)."""

    way: Literal["call", "billed", "template"] = "call"
    template_id: str = ""


class OaSender:
    """Implements services.sender.Sender. `picture_url` is where the platform can fetch a picture, None when nowhere."""

    def __init__(
        self,
        db: Database,
        client: OaClient,
        facts: ChannelFacts,
        render: Render,
        picture_url: Callable[[Path], str | None] = lambda picture: None,
        *,
        outside: OutsideWindow = OutsideWindow(),
    ) -> None:
        self.client, self.facts, self.render = client, facts, render
        self._db, self._picture_url, self._outside = db, picture_url, outside

    async def send(self, delivery: Delivery) -> Verdict:
        """Send part `delivery.part`. A refusal of Zalo's is a verdict; what is raised is a bug."""
        parts = self.render(delivery, self.facts)
        if delivery.part >= len(parts):
            return Sent("", said=False)
        if delivery.edits and await offers_nothing_new(self._db, delivery, parts[-1]):
            return Sent(delivery.edits, said=False)
        how, outgoing = passage(self.facts.window, delivery.heard_at, delivery.now), parts[delivery.part]
        if how is Passage.SHUT or (how is Passage.BILLED and self._outside.way != "billed"):
            return await self._otherwise(delivery, f"the interaction window is {how}")
        try:
            message_id = await self._posted(delivery, outgoing)
        except WindowShut as error:  # the platform knows better when it was written to
            return await self._otherwise(delivery, str(error))
        except OaError as error:
            return self._judged(delivery, error, how)
        await note(self._db, delivery, outgoing, message_id)
        return Sent(message_id, more=delivery.part + 1 < len(parts), billed=how is Passage.BILLED)

    async def fetch_file(self, provider_id: str) -> bytes:
        """What a person sent. Raises Refused("file_gone"), or ConnectionError (try again later)."""
        return await fetched_once(self.client.fetch, provider_id)

    async def _posted(self, delivery: Delivery, outgoing: Outgoing) -> str:
        chat, address = delivery.chat_id, self._picture_url(outgoing.photo) if outgoing.photo else None
        words = partial(self.client.send_text, chat, buttons=self._buttons(outgoing))
        picture = partial(self.client.send_picture, chat, address) if address else None
        return await carried(outgoing, delivery.language, self.facts.text_limit, words, picture, BadCall)

    def _buttons(self, outgoing: Outgoing) -> list[tuple[str, str]]:
        """The title carries the choice's number: typed, it presses the same. More than fit are lines of the text."""
        if len(outgoing.choices) > self.facts.few_choices:
            return []
        return [
            (as_title(f"{number}. {button.label}"), as_words(button.label, button.payload))
            for number, button in enumerate(outgoing.choices, start=1)
        ]

    async def _otherwise(self, delivery: Delivery, reason: str) -> Verdict:
        """The window is shut to words of ours; the chat is not lost: the person's next message opens it."""
        if self._outside.way != "template" or delivery.kind not in KNOCKS or not (code := _code(delivery)):
            return GiveUp(reason, elsewhere=True, window_shut=True)
        words = (
            say(delivery.language, "channel.template_sender", code=code)
            if delivery.kind in OWED_TO_THE_SENDER
            else say(STAFF_LANGUAGE, "staff.channel.template", code=code)
        )
        filled = {CODE: code, WORDS: words}
        try:
            message_id = await self.client.send_template(delivery.chat_id, self._outside.template_id, filled)
        except OaError as error:
            return self._judged(delivery, error, Passage.SHUT)
        if delivery.kind in NO_DELIVERY:
            return GiveUp(f"{reason}; a template was sent", elsewhere=True, billed=True, window_shut=True)
        return Sent(message_id, billed=True)

    def _judged(self, delivery: Delivery, error: OaError, how: Passage) -> Verdict:
        reason = str(error)
        match error:
            case AuthError():  # refreshed once already, and told by the tokens themselves
                return TryAgain(timedelta(seconds=TOKEN_WAIT), reason, whole_bot=True)
            case RateLimited():
                return TryAgain(timedelta(seconds=RATE_WAIT), reason, whole_bot=True)
            case QuotaUsedUp() if how is Passage.FREE:
                return TryAgain(timedelta(seconds=QUOTA_WAIT), reason, whole_bot=True, used_up=True)
            case QuotaUsedUp():  # no money for this one: what goes freely must not wait for it
                _log.error("zalo_oa_cannot_pay", outbox_id=delivery.outbox_id, why=reason)
                return GiveUp(reason, elsewhere=True)
            case WindowShut():
                return GiveUp(reason, elsewhere=True, window_shut=True)
            case NotFollower() | OptedOut() | BadCall():
                _log.error("zalo_oa_gave_up", outbox_id=delivery.outbox_id, why=reason)
                return GiveUp(reason, unreachable=not isinstance(error, BadCall))
        return TryAgain(reason=reason)


def _code(delivery: Delivery) -> str:
    """The ticket's code; "" for what is about none, and of a matter that is sealed."""
    ticket = delivery.facts.get("ticket")
    if not isinstance(ticket, dict) or ticket.get("sealed"):
        return ""
    return str(ticket.get("code") or "")
