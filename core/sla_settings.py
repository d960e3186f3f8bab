"""Every number of the promise (promise.md), each a setting with its default."""

from dataclasses import dataclass, fields
from datetime import time


@dataclass(frozen=True, slots=True)
class SlaSettings:
    """Every number of the promise. Minutes are service minutes unless the name says `urgent` (wall clock) or `hours`.

    `decision` is the number of the document behind any number that differs from the default: without it a changed
    setting raises ValueError.
    """

    decision: str = ""
    cut_minutes: int = 120
    cut_share: int = 4  # the cut-off is never more than one part in `cut_share` of the day's service time
    next_day_minutes: int = 240
    human_reply_floor_minutes: int = 15
    claim_minutes: int = 15
    first_reply_minutes: int = 30
    late_message_hours: int = 24
    urgent_claim_minutes: int = 10
    urgent_reply_minutes: int = 30
    urgent_outcome_minutes: int = 240
    suggestion_service_days: int = 3
    waits_for_sender: int = 2
    late_answer_reopens_days: int = 30
    resolution_characters: int = 20
    auto_close_hours: int = 24
    reopen_service_days: int = 3
    leader_reopening: int = 3
    unclaimed_minutes: tuple[int, int] = (10, 20)  # rungs 1 and 2
    urgent_unclaimed_minutes: tuple[int, int] = (5, 10)
    before_due_minutes: tuple[int, int, int] = (120, 60, 15)  # rungs 4, 5 and 6
    nag_minutes: int = 120
    breach_reason_minutes: int = 30
    quiet_from: time = time(21)  # leaders' texts wait from here …
    quiet_until: time = time(6)  # … to here
    triage_minutes: int = 15
    unstaffed_alarm_hours: int = 24
    handover_minutes: int = 30
    handover_confirm_minutes: int = 15
    smallest_group: int = 5

    def __post_init__(self) -> None:
        changed = [f.name for f in fields(self)[1:] if getattr(self, f.name) != f.default]
        if changed and not self.decision.strip():
            raise ValueError(f"changed without a decision behind it: {', '.join(changed)}")


DEFAULTS = SlaSettings()
