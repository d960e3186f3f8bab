"""`hotline report figures`: the stored cycles as the facts that core/figures.py counts."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from core.calendar import TZ
from core.errors import NoServiceDay
from core.figures import CycleFact, Figures, by_category, by_gate, by_shift, figures
from core.roster import Shift
from core.sla import Kind, reopen_until
from core.ticket import Closure, Score, Status, TicketClass
from services.config import Config
from services.reference import Reference, reference
from storage import shifts, tickets
from storage.database import Connection


@dataclass(frozen=True, slots=True)
class Report:
    """`petitions` are only counted; every other figure leaves them out (domain.md, "What is not a ticket").

    Shifts of one person are left out, and of gates and categories that one person alone held only the number is told: who
    reads is not known.
    """

    first: date | None
    last: date | None
    whole: Figures
    gates: Mapping[str | None, Figures]
    categories: Mapping[str | None, Figures]
    shifts: Mapping[str | None, Figures]
    petitions: int


def report(
    db: Connection, cfg: Config, now: datetime, first: date | None = None, last: date | None = None
) -> Report:
    """The figures of the cycles received from `first` to `last`, both dates included, Hanoi time."""
    facts, petitions = counted(db, cfg, first, last)
    least = cfg.sla.smallest_group
    return Report(
        first,
        last,
        figures(facts, now, least),
        by_gate(facts, now, least),
        by_category(facts, now, least),
        by_shift(facts, now, least),
        petitions,
    )


def counted(
    db: Connection, cfg: Config, first: date | None = None, last: date | None = None
) -> tuple[Sequence[CycleFact], int]:
    """What is counted of that time, and how many petitions came, which count nowhere else."""
    ref = reference(db)
    since = datetime.combine(first, time(0), TZ) if first else None
    every = tickets.cycle_rows(db, since)
    rows = [row for row in every if _counts(row) and _between(row.received_at, first, last)]
    began = {(row.ticket_id, row.cycle): row.received_at for row in every}
    facts = _facts(db, cfg, ref, [row for row in rows if row.due_at is not None], began)
    return facts, len({row.ticket_id for row in rows if row.due_at is None})


def _counts(row: Any) -> bool:
    """Not what was no complaint, nor the cycle that goes on under another code; the finished ones before it stay counted."""
    goes_on = row.closure == Closure.JOINED and row.cycle == row.last_cycle
    return not goes_on and bool(row.closure != Closure.SPAM)


def _between(at: datetime, first: date | None, last: date | None) -> bool:
    day = at.astimezone(TZ).date()
    return (first is None or first <= day) and (last is None or day <= last)


def _facts(
    db: Connection,
    cfg: Config,
    ref: Reference,
    rows: Sequence[Any],
    began: Mapping[tuple[int, int], datetime],
) -> list[CycleFact]:
    roster, rated = _roster(db, rows), tickets.scores(db)
    return [
        _fact(
            cfg,
            ref,
            row,
            began.get((row.ticket_id, row.cycle + 1)),
            roster.get(row.gate, ()),
            rated.get((row.ticket_id, row.cycle), ()),
        )
        for row in rows
    ]


def _roster(db: Connection, rows: Sequence[Any]) -> dict[str, list[Shift]]:
    if not rows:
        return {}
    times = [row.received_at for row in rows]
    known: dict[str, list[Shift]] = {}
    for shift in shifts.between(db, min(times), max(times) + timedelta(minutes=1)):
        known.setdefault(shift.gate, []).append(shift)
    return known


def _fact(
    cfg: Config,
    ref: Reference,
    row: Any,
    reopened_at: datetime | None,
    roster: Iterable[Shift],
    ratings: Iterable[str],
) -> CycleFact:
    service_day, first_reply_by = _owed(cfg, ref, row)
    around = [shift for shift in roster if shift.starts_at <= row.received_at < shift.ends_at]
    return CycleFact(
        gate=row.gate,
        category=row.category,
        shift=_label(around[0]) if around else None,
        received_at=row.received_at,
        service_day=service_day,
        # A promise issued anew after the breach undoes nothing.
        due_at=row.breached_at or row.due_at,
        kind=_kind(row.promise_kind),
        first_reply_by=first_reply_by,
        resolved_at=row.resolved_at,
        human_replied_at=row.first_reply_at,
        amber=row.amber,
        reopened_in_time=_in_time(cfg, ref, row, reopened_at),
        paused=_is_paused(row),
        ratings=tuple(Score(score) for score in ratings),
        waived=row.waived_by is not None,
        person=row.holder_id,
        roster=frozenset(person for shift in around for person in shift.people),
    )


def _owed(cfg: Config, ref: Reference, row: Any) -> tuple[date, datetime]:
    calendar, received = ref.calendar(row.gate), row.received_at
    try:
        service_day = calendar.first_service_instant(received).date()
        if row.ticket_class == TicketClass.URGENT:
            return service_day, received + timedelta(minutes=cfg.sla.urgent_reply_minutes)
        return service_day, calendar.add_service_minutes(received, cfg.sla.first_reply_minutes)
    except NoServiceDay:
        # The calendar was edited since: the promise stands as it was made.
        return received.astimezone(TZ).date(), row.due_at


def _is_paused(row: Any) -> bool:
    waits = row.status == Status.WAITING_SENDER and row.cycle == row.last_cycle
    return bool(waits and row.breached_at is None)


def _kind(stored: str) -> Kind:
    return Kind(stored) if stored in set(Kind) else Kind.SAME_DAY


def _in_time(cfg: Config, ref: Reference, row: Any, reopened_at: datetime | None) -> bool:
    if reopened_at is None or row.resolved_at is None:
        return False
    try:
        return reopened_at <= reopen_until(row.resolved_at, ref.calendar(row.gate), cfg.sla)
    except NoServiceDay:
        return False


def _label(shift: Shift) -> str:
    starts, ends = shift.starts_at.astimezone(TZ), shift.ends_at.astimezone(TZ)
    return f"{shift.gate} {starts:%d/%m/%Y %H:%M}–{ends:%H:%M}"
