"""A Zalo bot's mouth: a notice becomes text with numbered choices, a failure of Zalo a verdict.

What was offered under which number is noted with the sending, and what the month's plan has left is counted.
"""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from functools import partial
from pathlib import Path

import structlog

from bot.outgoing import Outgoing
from bot.texts import say
from bot.zalo.app import QUOTA_WAIT, TOKEN_WAIT
from bot.zalo.client import (
    AuthError,
    BadCall,
    Forbidden,
    QuotaError,
    ZaloClient,
    ZaloError,
)
from bot.zalo.quota import count_one, used_up
from bot.zalo.updates import CHANNEL
from core.errors import Refused
from core.notices import NoticeKind
from services import waiting
from services.sender import ChannelFacts, Delivery, GiveUp, Sent, TryAgain, Verdict
from storage import choices
from storage.choices import Place, Shown
from storage.database import Connection, Database, Unavailable

ZALO = ChannelFacts(
    CHANNEL, text_limit=2000, measure="chars", buttons=False, edits=False, per_second=5.0, per_chat_second=1.0
)
"""The platform names no rate: a modest one."""
PERSONS_WORDS = {NoticeKind.ANSWER, NoticeKind.QUESTION, NoticeKind.INTERIM}
"""After these a bare number answers what a person wrote, and presses nothing."""
Render = Callable[[Delivery, ChannelFacts], tuple[Outgoing, ...]]
_log = structlog.get_logger("bot.zalo")


class ZaloSender:
    """Implements services.sender.Sender. `picture_url` is where the platform can fetch a picture, None when nowhere."""

    def __init__(
        self,
        db: Database,
        client: ZaloClient,
        facts: ChannelFacts,
        render: Render,
        picture_url: Callable[[Path], str | None] = lambda picture: None,
        *,
        quota: int = 3000,
    ) -> None:
        self.client, self.facts, self.render = client, facts, render
        self._db, self._picture_url, self._quota = db, picture_url, quota
        self._token_refused = False

    async def send(self, delivery: Delivery) -> Verdict:
        """Send part `delivery.part`. A failure of Zalo is a verdict; what is raised is a bug."""
        parts = self.render(delivery, self.facts)
        if delivery.part >= len(parts):
            return Sent("")
        if delivery.part == 0 and delivery.edits and await self._offers_nothing_new(delivery, parts[-1]):
            # Nothing can be edited here, and every message counts: a card is said again only when it offers something else.
            return Sent(delivery.edits)
        outgoing = parts[delivery.part]
        try:
            message_id = await self._posted(delivery, outgoing)
        except ZaloError as error:
            return await self._judged(delivery, error)
        self._token_refused = False
        await self._note(delivery, outgoing, message_id)
        return Sent(message_id, more=delivery.part + 1 < len(parts))

    async def fetch_file(self, provider_id: str) -> bytes:
        """What a person sent. Raises Refused("file_gone"), or ConnectionError (try again later)."""
        content = await self.client.fetch(provider_id)
        if content is None:
            raise Refused("file_gone")
        return content

    async def _posted(self, delivery: Delivery, outgoing: Outgoing) -> str:
        text, language = outgoing.text.strip(), delivery.language
        if outgoing.document is not None:
            text = self._with_note(text, say(language, "channel.no_file"))
        if outgoing.photo is not None:
            address = self._picture_url(outgoing.photo)
            # A picture that the platform cannot fetch or show must not take the words with it.
            with suppress(BadCall):
                if address is not None:
                    return await self.client.send_photo(delivery.chat_id, address, text)
            text = self._with_note(text, say(language, "channel.no_picture"))
        return await self.client.send_message(delivery.chat_id, text)

    def _with_note(self, text: str, note: str) -> str:
        """In front: the numbers stay at the end. Where there is no room the text goes alone."""
        noted = f"{note}\n{text}".strip()
        return noted if len(noted) <= self.facts.text_limit else text

    async def _offers_nothing_new(self, delivery: Delivery, last: Outgoing) -> bool:
        wanted = partial(choices.of_message, place=_place(delivery), provider_id=delivery.edits or "")
        before = await self._db.read(lambda db: wanted(db))
        return before is not None and [one for _, one in before.offered] == [b.payload for b in last.choices]

    async def _note(self, delivery: Delivery, outgoing: Outgoing, message_id: str) -> None:
        """Writes down what the platform has accepted; while nothing can be written it waits: given up, it would be sent again."""
        while True:
            try:
                await self._db.write(partial(self._accepted, delivery, outgoing, message_id))
                return
            except Unavailable:
                await asyncio.sleep(waiting.TROUBLE_SECONDS)

    def _accepted(self, delivery: Delivery, outgoing: Outgoing, message_id: str, db: Connection) -> None:
        if outgoing.choices or delivery.kind in PERSONS_WORDS:
            offered = tuple((button.label, button.payload) for button in outgoing.choices)
            shown = Shown(delivery.outbox_id, message_id, _about(delivery), offered, heard=False)
            choices.keep(db, _place(delivery), shown, delivery.now)
        count_one(db, delivery.bot, delivery.now, self._quota)

    async def _judged(self, delivery: Delivery, error: ZaloError) -> Verdict:
        reason = str(error)
        match error:
            case AuthError():
                if not self._token_refused:
                    self._token_refused = True
                    _log.critical(
                        "zalo_token_refused", advice="set HOTLINE_ZALO_BOT_TOKEN to the bot's present token"
                    )
                return TryAgain(timedelta(seconds=TOKEN_WAIT), reason, whole_bot=True)
            case QuotaError():
                pause = timedelta(seconds=QUOTA_WAIT)
                await self._db.write(lambda db: used_up(db, delivery.now, self._quota, pause))
                return TryAgain(pause, reason, whole_bot=True)
            case Forbidden() | BadCall():
                _log.error("zalo_gave_up", outbox_id=delivery.outbox_id, why=reason)
                return GiveUp(reason, unreachable=isinstance(error, Forbidden))
        return TryAgain(reason=reason)


def _place(delivery: Delivery) -> Place:
    return Place(delivery.channel, delivery.bot, delivery.chat_id)


def _about(delivery: Delivery) -> str:
    """The code of the ticket; "" for what is about none."""
    ticket = delivery.facts.get("ticket")
    code = ticket.get("code") if isinstance(ticket, dict) else None
    return code if isinstance(code, str) else ""
