"""What leaders see: shares with their denominators, from plain facts (promise.md, Figures). Waivers never touch them."""

import sys
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from core.calendar import TZ
from core.ids import PersonId
from core.sla import Kind, kept
from core.sla_settings import DEFAULTS
from core.ticket import Score

SUPPRESSED = sys.maxsize  # larger than any group


@dataclass(frozen=True, slots=True)
class CycleFact:
    """One cycle of one ticket, as it stands. Times aware.

    `service_day`: the date of the first service instant at or after `received_at`. `due_at`, `kind`: the promise in force,
    a breached one staying as it was. `amber`: the day's answer was "đã trả lời – chờ cơ quan khác". `human_replied_at`: the
    first word of a person to the sender; it was owed by `first_reply_by`. `ratings`: the last one of each sender.
    `paused`: we wait for the sender, whose answer brings a new promise: neither kept nor missed, whatever the hour.
    `waived`: a leader's waiver exists; it changes no figure here. `person`: who held the ticket last in this cycle.
    `roster`: the people of the shift.
    """

    gate: str | None
    category: str | None
    shift: str | None
    received_at: datetime
    service_day: date
    due_at: datetime
    kind: Kind
    first_reply_by: datetime
    resolved_at: datetime | None = None
    human_replied_at: datetime | None = None
    amber: bool = False
    reopened_in_time: bool = False
    paused: bool = False
    ratings: tuple[Score, ...] = ()
    waived: bool = False
    person: PersonId | None = None
    roster: frozenset[PersonId] = frozenset()

    @property
    def is_same_day(self) -> bool:
        """Due on the received service day; a window that closes at 24:00 still belongs to its day."""
        return _last_day_before(self.due_at) == self.service_day


@dataclass(frozen=True, slots=True)
class Share:
    """`kept` of `of`. The denominator is always told; a group under 5 is suppressed: `kept` and `percent` are None."""

    kept: int | None
    of: int

    @property
    def percent(self) -> float | None:
        """0–100, None when suppressed."""
        return None if self.kept is None else 100 * self.kept / self.of


@dataclass(frozen=True, slots=True)
class Figures:
    """All figures of one group. A cycle whose question is still open (neither done nor late) is in no denominator.

    `rated`: the response rate, over resolved cycles. `scores`: over all ratings, of joined tickets every sender's.
    `waived`: missed cycles with a waiver, told beside the raw figure. `open_overdue` is a count of work to do, never suppressed.
    """

    cycles: int
    same_day: Share
    calendar_day: Share
    after_cut_off: Share
    amber: Share
    human_reply: Share
    reopened: Share
    rated: Share
    scores: Mapping[Score, Share]
    waived: Share
    open_overdue: int


def figures(
    facts: Sequence[CycleFact], now: datetime, smallest_group: int = DEFAULTS.smallest_group
) -> Figures:
    """The figures of `facts` as seen at `now`. Suppressed below `smallest_group`."""

    def share(group: Sequence[CycleFact], counts: Callable[[CycleFact], bool]) -> Share:
        return Share(sum(map(counts, group)) if len(group) >= smallest_group else None, len(group))

    decided = [fact for fact in facts if fact.resolved_at is not None or _is_late(fact, now)]
    missed = [fact for fact in decided if not kept(fact.resolved_at, fact.due_at)]
    resolved = [fact for fact in facts if fact.resolved_at is not None]
    scores = [score for fact in facts for score in fact.ratings]
    cut = [fact for fact in facts if fact.kind in (Kind.SAME_DAY, Kind.AFTER_CUT_OFF)]
    return Figures(
        cycles=len(facts),
        same_day=share([fact for fact in decided if fact.is_same_day], _is_green),
        calendar_day=share([fact for fact in facts if _day_is_over(fact, now)], _resolved_on_received_date),
        after_cut_off=share(cut, lambda fact: fact.kind is Kind.AFTER_CUT_OFF),
        amber=share(facts, lambda fact: fact.amber),
        human_reply=share([fact for fact in facts if _reply_is_decided(fact, now)], _replied_in_time),
        reopened=share(resolved, lambda fact: fact.reopened_in_time),
        rated=share(resolved, lambda fact: bool(fact.ratings)),
        scores={
            score: Share(scores.count(score) if len(scores) >= smallest_group else None, len(scores))
            for score in Score
        },
        waived=share(missed, lambda fact: fact.waived),
        open_overdue=sum(fact.resolved_at is None and _is_late(fact, now) for fact in facts),
    )


def _is_late(fact: CycleFact, now: datetime) -> bool:
    return fact.due_at < now and not fact.paused


def _is_green(fact: CycleFact) -> bool:
    return kept(fact.resolved_at, fact.due_at) and not fact.amber


def _day_is_over(fact: CycleFact, now: datetime) -> bool:
    return fact.resolved_at is not None or _local_date(fact.received_at) < _local_date(now)


def _resolved_on_received_date(fact: CycleFact) -> bool:
    return fact.resolved_at is not None and _local_date(fact.resolved_at) == _local_date(fact.received_at)


def _reply_is_decided(fact: CycleFact, now: datetime) -> bool:
    return fact.human_replied_at is not None or fact.first_reply_by < now


def _replied_in_time(fact: CycleFact) -> bool:
    return kept(fact.human_replied_at, fact.first_reply_by)


def _local_date(at: datetime) -> date:
    return at.astimezone(TZ).date()


def _last_day_before(at: datetime) -> date:
    return _local_date(at - timedelta(microseconds=1))


def by_gate(
    facts: Iterable[CycleFact],
    now: datetime,
    smallest_group: int = DEFAULTS.smallest_group,
    seen: Collection[PersonId] = (),
) -> dict[str | None, Figures]:
    """Figures of each gate; None is "gate not told". What one person alone did there is suppressed unless the reader may see
    that person's figures (`seen`): only how many cycles there are is told, and how much is overdue."""
    return _grouped(facts, lambda fact: fact.gate, now, smallest_group, seen)


def by_category(
    facts: Iterable[CycleFact],
    now: datetime,
    smallest_group: int = DEFAULTS.smallest_group,
    seen: Collection[PersonId] = (),
) -> dict[str | None, Figures]:
    """Figures of each category; None is "not chosen". As by_gate."""
    return _grouped(facts, lambda fact: fact.category, now, smallest_group, seen)


def by_shift(
    facts: Iterable[CycleFact],
    now: datetime,
    smallest_group: int = DEFAULTS.smallest_group,
    seen: Collection[PersonId] = (),
) -> dict[str | None, Figures]:
    """Figures of each shift; None is "no shift was entered".

    A shift of one person would tell that person's figures: it is left out unless the reader may see them (`seen`).
    """
    told = [
        fact
        for group in _groups(facts, _shift_of)
        if group[0].shift is None or _alone_in(group) <= set(seen)
        for fact in group
    ]
    return _grouped(told, _shift_of, now, smallest_group, seen)


def _shift_of(fact: CycleFact) -> str | None:
    return fact.shift


def _alone_in(group: Sequence[CycleFact]) -> frozenset[PersonId]:
    """Who stood there alone in every shift, or alone held what came; nobody where several did."""
    roster = frozenset(person for fact in group for person in fact.roster)
    holders = frozenset(fact.person for fact in group if fact.person is not None)
    return frozenset().union(*(some for some in (roster, holders) if len(some) == 1))


def _grouped(
    facts: Iterable[CycleFact],
    key: Callable[[CycleFact], str | None],
    now: datetime,
    smallest_group: int,
    seen: Collection[PersonId],
) -> dict[str | None, Figures]:
    known = set(seen)
    return {
        key(group[0]): figures(group, now, smallest_group if _alone_in(group) <= known else SUPPRESSED)
        for group in _groups(facts, key)
    }


def _groups(
    facts: Iterable[CycleFact], key: Callable[[CycleFact], str | None]
) -> Collection[Sequence[CycleFact]]:
    groups: dict[str | None, list[CycleFact]] = {}
    for fact in facts:
        groups.setdefault(key(fact), []).append(fact)
    return groups.values()


def of_person(
    facts: Iterable[CycleFact], person: PersonId, now: datetime, smallest_group: int = DEFAULTS.smallest_group
) -> Figures:
    """The figures of one person's cycles. Ask `may_see_person` first."""
    return figures([fact for fact in facts if fact.person == person], now, smallest_group)


def may_see_person(viewer: PersonId, person: PersonId, direct_heads: Collection[PersonId]) -> bool:
    """Figures by person are only for that person and the direct head; access.direct_heads names who that is."""
    return viewer == person or viewer in direct_heads
