"""Which of a person's chats gets a notice: the preferred one, else the one used last – of those that can be reached."""

from collections.abc import Collection, Iterable
from datetime import datetime
from typing import Protocol, TypeVar


class Way(Protocol):
    """A chat by which a person may be reached. At most one of a person's is preferred."""

    @property
    def id(self) -> int: ...

    @property
    def reachable(self) -> bool: ...

    @property
    def preferred(self) -> bool: ...

    @property
    def last_seen_at(self) -> datetime: ...


W = TypeVar("W", bound=Way)


def way_to(ways: Iterable[W], tried: Collection[int] = ()) -> W | None:
    """The chat that a notice goes to next; None when it can go nowhere (any more).

    `tried`: the ids of the chats that this notice could not be sent to. It never comes back to one of them, so it is moved
    fewer times than there are chats.
    """
    open_ways = [way for way in ways if way.reachable and way.id not in tried]
    # The id decides between chats used at the same moment: the same question has one answer.
    return max(open_ways, key=lambda way: (way.preferred, way.last_seen_at, way.id), default=None)
