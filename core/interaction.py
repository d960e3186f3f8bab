"""The interaction window: until when a platform carries our words to somebody who wrote, and what it takes for that."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum


class Passage(StrEnum):
    """How a message can go to a person now."""

    FREE = "free"
    BILLED = "billed"
    SHUT = "shut"


@dataclass(frozen=True, slots=True)
class Window:
    """Since the person's last message: free for a while, then (perhaps) for money, then not at all.

    `free_for` must not be longer than `billed_for`. Zalo Official Account: 48 hours, 7 days.
    """

    free_for: timedelta
    billed_for: timedelta

    def __post_init__(self) -> None:
        if not timedelta() < self.free_for <= self.billed_for:
            raise ValueError("a window is free first, and billed at least as long")


def passage(window: Window | None, heard_at: datetime | None, now: datetime) -> Passage:
    """How a message goes at `now` to a person who last wrote at `heard_at` (None: never); both aware.

    Without a window everything is free. The end of a span belongs to what follows it: 48 hours after the message it is
    billed. A message from the future (clocks differ) has just come.
    """
    if window is None:
        return Passage.FREE
    if heard_at is None:
        return Passage.SHUT
    silent = now - heard_at
    if silent < window.free_for:
        return Passage.FREE
    return Passage.BILLED if silent < window.billed_for else Passage.SHUT
