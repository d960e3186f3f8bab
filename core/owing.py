"""Words that were owed to a sender and could not be sent: do they still say something when the sender can be written to again?"""

from collections.abc import Sequence

from core.events import Event, EventKind
from core.notices import NoticeKind
from core.ticket import HELD, Status, Ticket

CALLS = {EventKind.CALLED, EventKind.CALL_NOTED}
TOLD_OTHERWISE = CALLS | {EventKind.CLOSED, EventKind.REOPENED}
# Whoever did one of these after a result had something newer in mind, or is somebody else.
DECIDED_ANEW = {
    EventKind.REPLIED,
    EventKind.ASKED,
    EventKind.AGENCY_AWAITED,
    EventKind.RESOLVED,
    EventKind.RELEASED,
    EventKind.ASSIGNED,
    EventKind.TRANSFERRED,
    EventKind.CLASS_CHANGED,
}
SENT_LATER = (NoticeKind.ANSWER, NoticeKind.QUESTION, NoticeKind.INTERIM, NoticeKind.RESOLVED)
"""What is sent after all. An apology names a time that may have passed: that stays a call."""


def since(events: Sequence[Event], message_id: int | None) -> Sequence[Event]:
    """What happened after these words were written; of an interim answer without words, after the agency was named."""
    told = [number for number, one in enumerate(events, start=1) if _tells(one, message_id)]
    return events[max(told, default=0) :]


def _tells(event: Event, message_id: int | None) -> bool:
    if message_id is None:
        return event.kind == EventKind.AGENCY_AWAITED
    return event.data.get("message") == message_id


def still_owed(kind: NoticeKind, ticket: Ticket, later: Sequence[Event], joined: bool = False) -> bool:
    """Whether words of this `kind` on `ticket` are sent after all, when `later` is what happened since.

    Never what was told by telephone. A result only as long as it is its holder's last word; to whoever was `joined`, while it
    stands.
    """
    happened = {event.kind for event in later}
    if ticket.sealed or happened & TOLD_OTHERWISE:
        return False
    match kind:
        case NoticeKind.RESOLVED if joined:
            return ticket.status is Status.RESOLVED
        case NoticeKind.RESOLVED:
            return ticket.status in HELD and not happened & DECIDED_ANEW
        case NoticeKind.QUESTION:
            return ticket.status in HELD and EventKind.RESOLVED not in happened
        case NoticeKind.INTERIM:
            return ticket.status is Status.WAITING_AGENCY
    return ticket.is_open
