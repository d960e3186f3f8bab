"""One update being handled: who is speaking, where, and how the answer goes back."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from bot.inbound import Origin, Parse
from core.ids import IdentityId, TicketId
from core.notices import NoticeKind
from core.people import Person
from services import telling
from services.casework import Act
from services.config import Config
from storage import people
from storage.database import Connection
from storage.people import Identity


@dataclass(frozen=True, slots=True)
class Turn:
    """`person` is None for a passer-by in a group. Answers go to `answers_to`: in private, also when the button was in a group."""

    db: Connection
    cfg: Config
    origin: Origin
    chat: Identity
    person: Person | None
    answers_to: IdentityId
    inbox_id: int
    now: datetime
    parse: Parse
    pressed: str | None = None  # the message whose button this is
    is_new: bool = False  # the first that was ever heard of this person: there is nothing to look for

    def say(self, kind: NoticeKind, ticket_id: int | None = None, /, **data: Any) -> None:
        """Answers whoever wrote or pressed."""
        ticket = TicketId(ticket_id) if ticket_id else None
        telling.tell_chat(self.db, self.answers_to, kind, self.now, ticket, **data)

    def act(self, ticket_id: int) -> Act:
        """This person doing something with a ticket; call only when there is a person."""
        if self.person is None:
            raise ValueError("nobody acts")
        return Act(self.chat, self.person, ticket_id)


def private_chat(db: Connection, chat: Identity, person: Person | None) -> Identity:
    """Where this person is answered: in private when that is possible, in the group when it is not."""
    if chat.kind != "group" or person is None:
        return chat
    return people.reachable_identities(db, [person.id]).get(person.id, chat)
