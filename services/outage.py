"""After downtime: of a ticket's rungs that are due only the highest fires, and one digest tells of the rest (promise.md)."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from core.notices import NoticeKind, Priority
from core.people import Role
from core.sla import BREACH_RUNG, Rung, highest
from services import promises, telling
from services.reference import Reference
from storage import people, tickets, timers
from storage.database import Connection
from storage.timers import Timer

OUTAGE = timedelta(minutes=10)
LINES = 50


def pass_over(db: Connection, now: datetime) -> list[Timer]:
    """Skips every rung above which another one of the same ticket is due as well. All of them at once, however many
    there are: a batch would see only the lower rungs of some tickets, and fire them. (Rung 0 is never skipped.)"""
    rungs: dict[int, list[Timer]] = {}
    for timer in timers.due_at_stages(db, promises.TICKET, promises.LADDER, now):
        rungs.setdefault(timer.subject_id, []).append(timer)
    lower = []
    for due in rungs.values():
        top = highest(map(rung_of, due))
        lower += [timer for timer in due if top and timer.stage != top.stage]
    return [timer for timer in lower if timers.fired(db, timer.id, now, "skipped")]


def tell_after_outage(db: Connection, ref: Reference, skipped: Sequence[Timer], now: datetime) -> None:
    """One digest to Văn phòng, in service time: nobody is woken for what is past."""
    passed_over = [timer for timer in skipped if now - timer.due_at > OUTAGE]
    if not passed_over:
        return
    until = ref.calendar_at(None, now).first_service_instant(now)
    items = [
        {
            "ticket_id": timer.subject_id,
            "code": ticket.code,
            "rung": number_of(timer),
            "due_at": timer.due_at.isoformat(),
        }
        for timer in passed_over[:LINES]
        if (ticket := tickets.find(db, timer.subject_id)) is not None
    ]
    office = [person.id for person in people.staff(db, Role.OFFICE)]
    more = max(0, len(passed_over) - len(items))
    telling.tell_people(
        db,
        office,
        NoticeKind.DIGEST_AFTER_OUTAGE,
        now,
        priority=Priority.DIGEST,
        until=until,
        items=items,
        more=more,
    )


def number_of(timer: Timer) -> int | None:
    return (
        int(timer.stage[4:])
        if timer.stage.startswith("rung") and int(timer.stage[4:]) <= BREACH_RUNG
        else None
    )


def rung_of(timer: Timer) -> Rung:
    return Rung(number_of(timer) or 0, timer.stage, timer.due_at)
