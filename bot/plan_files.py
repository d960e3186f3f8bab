"""A plan that is sent to the bot in private: it is queued to be read; nobody's errand waits for it."""

from bot.inbound import Message
from bot.turn import Turn
from core.folding import clean
from services import plan_intake


def taken(turn: Turn, message: Message) -> bool:
    """Whether the message brought a plan, from somebody who keeps plans. Every file of it is read by itself."""
    person = turn.person
    if person is None or message.edited:
        return False
    plans = [file for file in message.files if plan_intake.is_plan(person, file.kind, file.name)]
    for file in plans:
        name = clean(file.name or "")[:120]
        plan_intake.take(turn.db, turn.chat, person, file.provider_id, name, turn.now)
    return bool(plans)
