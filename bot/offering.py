"""What was offered under which number or words, noted with the sending: where a card has no buttons, an answer presses it."""

import asyncio
from functools import partial

from bot.outgoing import Outgoing
from core.notices import NoticeKind
from services import waiting
from services.sender import Delivery
from storage import choices
from storage.choices import Place, Shown
from storage.database import Database, Unavailable

PERSONS_WORDS = {NoticeKind.ANSWER, NoticeKind.QUESTION, NoticeKind.INTERIM}
"""After these a bare number answers what a person wrote, and presses nothing."""


async def offers_nothing_new(db: Database, delivery: Delivery, last: Outgoing) -> bool:
    """Whether a changed card offers its reader what it offered before. Nothing can be edited, and every message counts."""
    if delivery.part or not delivery.edits:
        return False
    wanted = partial(choices.of_message, place=_place(delivery), provider_id=delivery.edits)
    before = await db.read(lambda connection: wanted(connection))
    return before is not None and [one for _, one in before.offered] == [b.payload for b in last.choices]


async def note(db: Database, delivery: Delivery, outgoing: Outgoing, message_id: str) -> None:
    """Writes down what the accepted message offers. While nothing can be written it waits: given up, it would be sent again."""
    if not outgoing.choices and delivery.kind not in PERSONS_WORDS:
        return
    offered = tuple((button.label, button.payload) for button in outgoing.choices)
    shown = Shown(delivery.outbox_id, message_id, _about(delivery), offered, heard=False)
    while True:
        try:
            await db.write(lambda connection: choices.keep(connection, _place(delivery), shown, delivery.now))
            return
        except Unavailable:
            await asyncio.sleep(waiting.TROUBLE_SECONDS)


def _place(delivery: Delivery) -> Place:
    return Place(delivery.channel, delivery.bot, delivery.chat_id)


def _about(delivery: Delivery) -> str:
    """The code of the ticket; "" for what is about none."""
    ticket = delivery.facts.get("ticket")
    code = ticket.get("code") if isinstance(ticket, dict) else None
    return code if isinstance(code, str) else ""
