"""A chat, or all that was written from it, belongs to somebody else from now on."""

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from core.ids import PersonId
from storage.people import Identity
from storage.personal import went_under
from storage.remembering import forget
from storage.schema import identities, messages, ratings, tickets


def hand_to(db: Connection, chat: Identity, person: PersonId) -> None:
    """The chat belongs to a new person, of whom nothing is known: not even that the privacy notice was shown."""
    blank = {"name": "", "language": None, "gate": None, "privacy_shown_at": None, "greeted_at": None}
    alone = {"preferred": False, "linked_at": None}
    mine = identities.c.id == chat.id
    db.execute(sa.update(identities).where(mine).values(person_id=person, **blank, **alone))
    forget(db)


def hand_chats(db: Connection, former: PersonId, person: PersonId) -> None:
    """All chats of one person are the other's from now on; which of them that one prefers stays."""
    theirs = sa.update(identities).where(identities.c.person_id == former)
    db.execute(theirs.values(person_id=person, preferred=False))
    forget(db)


def hand_tickets(db: Connection, former: PersonId, person: PersonId) -> None:
    """What was written from a chat belongs to the person that the chat turned out to be. The history is not touched."""
    own = list(db.execute(sa.select(tickets.c.id).where(tickets.c.sender_id == former)).scalars())
    places = [*own, *went_under(db, own)]
    # By their tickets: of all the messages there are, none is found by its author.
    for table in (messages, ratings):
        theirs = sa.and_(table.c.ticket_id.in_(places), table.c.author_id == former)
        db.execute(sa.update(table).where(theirs).values(author_id=person))
    db.execute(sa.update(tickets).where(tickets.c.sender_id == former).values(sender_id=person))
