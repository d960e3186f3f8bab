"""The chain of a history: one spelling for one fact, and any change, loss or move breaks it."""

import hashlib
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone

from hypothesis import given
from hypothesis import strategies as st

from core.events import Datum, Event, EventKind, event_hash
from core.ids import PersonId

NOW = datetime(2026, 11, 22, 2, 0, 0, 1, tzinfo=UTC)
CLAIMED = Event(EventKind.CLAIMED, NOW, PersonId(7), data={"why": "x", "n": 1})

times = st.integers(0, 10**9).map(lambda seconds: NOW + timedelta(seconds=seconds))
data = st.dictionaries(
    st.text(max_size=8), st.none() | st.booleans() | st.integers() | st.text(max_size=20), max_size=4
)
events = st.builds(
    Event,
    st.sampled_from(list(EventKind)),
    times,
    st.none() | st.integers(1, 2**63 - 1).map(PersonId),
    st.none() | times,
    data,
)


def test_the_spelling_is_fixed_for_ever() -> None:
    """A changed spelling would make every history that was ever written look forged."""
    spelling = (
        '{"actor":7,"at":"2026-11-22T02:00:00.000001+00:00","data":{"n":1,"why":"x"},'
        '"kind":"claimed","noticed_at":null,"seq":1,"ticket":42}'
    )
    assert event_hash("before", 42, 1, CLAIMED) == hashlib.sha256(f"before\n{spelling}".encode()).hexdigest()


@given(events)
def test_the_same_instant_in_another_zone_is_the_same_fact(event: Event) -> None:
    hanoi = timezone(timedelta(hours=7))
    elsewhere = replace(
        event,
        at=event.at.astimezone(hanoi),
        noticed_at=event.noticed_at.astimezone(hanoi) if event.noticed_at else None,
    )
    assert event_hash("p", 1, 1, elsewhere) == event_hash("p", 1, 1, event)


@given(events, st.data())
def test_the_order_in_which_data_was_written_down_does_not_matter(
    event: Event, chance: st.DataObject
) -> None:
    shuffled: dict[str, Datum] = dict(chance.draw(st.permutations(list(event.data.items()))))
    assert event_hash("p", 1, 1, replace(event, data=shuffled)) == event_hash("p", 1, 1, event)


@given(events, events)
def test_two_facts_never_share_a_hash(first: Event, second: Event) -> None:
    same = spelt(first) == spelt(second)
    assert (event_hash("p", 1, 1, first) == event_hash("p", 1, 1, second)) is same


def spelt(event: Event) -> tuple[object, ...]:
    # In JSON 1 and True differ, in Python they are equal.
    told = {name: (type(value), value) for name, value in event.data.items()}
    return event.kind, event.at, event.noticed_at, event.actor, told


def test_place_predecessor_and_ticket_are_part_of_the_hash() -> None:
    hashes = {
        event_hash("", 42, 1, CLAIMED),
        event_hash("", 42, 2, CLAIMED),
        event_hash("", 43, 1, CLAIMED),
        event_hash("x", 42, 1, CLAIMED),
        event_hash("", 42, 1, replace(CLAIMED, actor=None)),
        event_hash("", 42, 1, replace(CLAIMED, noticed_at=NOW)),
        event_hash("", 42, 1, replace(CLAIMED, at=NOW + timedelta(microseconds=1))),
        event_hash("", 42, 1, replace(CLAIMED, data={"why": "x", "n": 2})),
    }
    assert len(hashes) == 8
