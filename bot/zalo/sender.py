"""A Zalo bot's mouth: a notice becomes text with numbered choices, a failure of Zalo a verdict.

What was offered under which number is noted with the sending.
"""

from collections.abc import Callable
from datetime import timedelta
from functools import partial
from pathlib import Path

import structlog

from bot.carrying import carried, fetched_once
from bot.offering import note, offers_nothing_new
from bot.outgoing import Outgoing
from bot.zalo.app import QUOTA_WAIT, TOKEN_WAIT
from bot.zalo.client import (
    AuthError,
    BadCall,
    Forbidden,
    QuotaError,
    ZaloClient,
    ZaloError,
)
from bot.zalo.updates import CHANNEL
from services.sender import ChannelFacts, Delivery, GiveUp, Sent, TryAgain, Verdict
from storage.database import Database

ZALO = ChannelFacts(
    CHANNEL, text_limit=2000, measure="chars", buttons=False, edits=False, per_second=5.0, per_chat_second=1.0
)
"""The platform names no rate: a modest one."""
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
    ) -> None:
        self.client, self.facts, self.render = client, facts, render
        self._db, self._picture_url = db, picture_url
        self._token_refused = False

    async def send(self, delivery: Delivery) -> Verdict:
        """Send part `delivery.part`. A failure of Zalo is a verdict; what is raised is a bug."""
        parts = self.render(delivery, self.facts)
        if delivery.part >= len(parts):
            return Sent("", said=False)
        if delivery.edits and await offers_nothing_new(self._db, delivery, parts[-1]):
            return Sent(delivery.edits, said=False)
        outgoing = parts[delivery.part]
        try:
            message_id = await self._posted(delivery, outgoing)
        except ZaloError as error:
            return self._judged(delivery, error)
        self._token_refused = False
        await note(self._db, delivery, outgoing, message_id)
        return Sent(message_id, more=delivery.part + 1 < len(parts))

    async def fetch_file(self, provider_id: str) -> bytes:
        """What a person sent. Raises Refused("file_gone"), or ConnectionError (try again later)."""
        return await fetched_once(self.client.fetch, provider_id)

    async def _posted(self, delivery: Delivery, outgoing: Outgoing) -> str:
        chat, address = delivery.chat_id, self._picture_url(outgoing.photo) if outgoing.photo else None
        words = partial(self.client.send_message, chat)
        picture = partial(self.client.send_photo, chat, address) if address else None
        return await carried(outgoing, delivery.language, self.facts.text_limit, words, picture, BadCall)

    def _judged(self, delivery: Delivery, error: ZaloError) -> Verdict:
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
                return TryAgain(timedelta(seconds=QUOTA_WAIT), reason, whole_bot=True, used_up=True)
            case Forbidden() | BadCall():
                _log.error("zalo_gave_up", outbox_id=delivery.outbox_id, why=reason)
                return GiveUp(reason, unreachable=isinstance(error, Forbidden))
        return TryAgain(reason=reason)
