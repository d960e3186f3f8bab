"""One scene of the script being played: what its sender does, and who of the staff answers it."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta

from app.demo_chat import Chat
from app.demo_script import SENDERS, Scene, Script, Step, Verb
from app.program import Program
from bot.payloads import Action
from bot.web.settings import SENDER
from core.calendar import TZ
from core.ids import PersonId
from core.ticket import Status, Ticket
from services import duty
from services.reference import reference
from storage.database import Connection

# From a scene's message to its ticket there are milliseconds; after so long it was somebody else's doing.
PATIENCE = 5.0
PRESSED: Mapping[Verb, Action] = {
    Verb.CLAIM: Action.CLAIM,
    Verb.KEEP: Action.KEEP,
    Verb.SPAM: Action.SPAM,
    Verb.SPAM_YES: Action.SPAM_YES,
    Verb.PETITION: Action.PETITION,
    Verb.INSUFFICIENT: Action.INSUFFICIENT,
}
CHOSEN: Mapping[Verb, Action] = {
    Verb.PICKS: Action.DETAIL,
    Verb.SKIPS: Action.SKIP,
    Verb.TRANSFER: Action.TRANSFER,
    Verb.EXPLAIN: Action.BREACH_REASON,
}
WRITTEN: Mapping[Verb, Action] = {
    Verb.REPLY: Action.REPLY,
    Verb.NOTE: Action.NOTE,
    Verb.ASK: Action.ASK,
    Verb.RESOLVE: Action.RESOLVE,
    Verb.CALL: Action.CALLED,
}
# What only the holder does: a ticket that lies in the pool is taken first.
HOLDERS = frozenset(
    {Verb.REPLY, Verb.ASK, Verb.RESOLVE, Verb.CALL, Verb.AGENCY, Verb.KEEP, Verb.INSUFFICIENT, Verb.EXPLAIN}
)
# What may be said of a ticket that is over.
AFTERWARDS = frozenset({Verb.EXPLAIN, Verb.NOTE})


@dataclass(slots=True, kw_only=True)
class Cast:
    """Who plays, by the keys of the script. `live`: people watch, and their parts are left to them."""

    program: Program
    script: Script
    live: bool = False
    chats: dict[str, Chat] = field(default_factory=dict)
    persons: dict[str, PersonId] = field(default_factory=dict)


@dataclass(slots=True)
class Told:
    """One scene being played: its sender's chat, and who of the staff does what."""

    cast: Cast
    scene: Scene
    number: int
    chat: Chat | None = None

    async def opens(self) -> None:
        """The sender arrives and writes."""
        self.chat = await Chat.opens(self.cast.program, SENDER, self.scene.language, gate=self.scene.gate)
        await self.chat.says(self.scene.says, late=self.scene.late)

    async def goes_on(self, step: Step) -> None:
        """One more step; nothing when the ticket went another way (somebody who watches has taken it)."""
        ticket = await self._ticket()
        if self.chat is None or ticket is None:
            return
        if step.verb in SENDERS:
            await self._sender(self.chat, step, ticket)
            return
        doer = await self._doer(step, ticket)
        if doer is None or not (ticket.is_open or step.verb in AFTERWARDS):
            return
        if ticket.status is Status.NEW and step.verb in HOLDERS:
            await doer.presses(Action.CLAIM, ticket.id)
        await self._staff(doer, step, ticket)

    async def _sender(self, chat: Chat, step: Step, ticket: Ticket) -> None:
        match step.verb:
            case Verb.SAYS:
                await chat.says(step.words)
            case Verb.SHOWS:
                await chat.shows(step.words)
            case Verb.LEAVES:
                await chat.leaves()
            case Verb.RATES if not ticket.is_open:
                await chat.presses(Action.RATE, ticket.id, f"{step.words}.{ticket.cycle}")
            case Verb.REOPENS if not ticket.is_open:
                await chat.presses(Action.REOPEN, ticket.id)
            case Verb.PICKS | Verb.SKIPS:
                await chat.presses(CHOSEN[step.verb], ticket.id, step.words)

    async def _staff(self, doer: Chat, step: Step, ticket: Ticket) -> None:
        match step.verb:
            case Verb.CLAIM if ticket.holder_id is not None:
                return
            case Verb.AGENCY:
                await self._agency(doer, step.words, ticket)
            case verb if verb in WRITTEN:
                await doer.presses(WRITTEN[verb], ticket.id)
                await doer.says(step.words)
            case verb if verb in CHOSEN:
                await doer.presses(CHOSEN[verb], ticket.id, step.words)
            case verb:
                await doer.presses(PRESSED[verb], ticket.id)

    async def _agency(self, doer: Chat, words: str, ticket: Ticket) -> None:
        """Which agency, by when, who approved."""
        unit, _, days = words.partition(" ")
        day = self.cast.program.clock.now().astimezone(TZ).date() + timedelta(days=int(days))
        await doer.presses(Action.AGENCY, ticket.id)
        await doer.presses(Action.AGENCY, ticket.id, unit)
        await doer.presses(Action.AGENCY, ticket.id, f"date={day.isoformat()}")
        await doer.presses(Action.AGENCY, ticket.id, f"by={self.cast.persons['head']}")

    async def _doer(self, step: Step, ticket: Ticket) -> Chat | None:
        """Whoever the script names, else the holder, else somebody on shift; None when that is a person who watches."""
        known = {one.key: one for one in self.cast.script.members}
        holder = [key for key, person in self.cast.persons.items() if person == ticket.holder_id]
        keys = [step.by] if step.by else holder if ticket.holder_id else await self._on_shift(ticket)
        free = [key for key in keys if not (self.cast.live and known[key].yours)]
        if step.by is None and ticket.holder_id is None:
            free = [key for key in free if not known[key].yours]
        return self.cast.chats[free[self.number % len(free)]] if free else None

    async def _on_shift(self, ticket: Ticket) -> list[str]:
        now = self.cast.program.clock.now()

        def errand(db: Connection) -> set[PersonId]:
            return {person.id for person in duty.on_shift(db, reference(db), ticket.gate, now)}

        present = await self.cast.program.db.read(errand)
        return [key for key, person in self.cast.persons.items() if person in present]

    async def _ticket(self) -> Ticket | None:
        if self.chat is None:
            return None
        deadline = asyncio.get_running_loop().time() + PATIENCE
        while (ticket := await self.chat.ticket()) is None:
            if not self.cast.live or asyncio.get_running_loop().time() > deadline:
                return None
            await asyncio.sleep(0.02)
        return ticket
