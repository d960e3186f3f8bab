"""The interaction window of a channel: free, billed, shut – by how long ago the person wrote."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.interaction import Passage, Window, passage

WROTE = datetime(2026, 11, 22, 2, 0, tzinfo=UTC)
OA = Window(timedelta(hours=48), timedelta(days=7))
ORDER = [Passage.FREE, Passage.BILLED, Passage.SHUT]
spans = st.timedeltas(timedelta(), timedelta(days=30))


@pytest.mark.parametrize(
    ("silent", "expected"),
    [
        (timedelta(), Passage.FREE),
        (timedelta(hours=47, minutes=59, seconds=59), Passage.FREE),
        (timedelta(hours=48), Passage.BILLED),
        (timedelta(days=7) - timedelta(seconds=1), Passage.BILLED),
        (timedelta(days=7), Passage.SHUT),
        (timedelta(days=400), Passage.SHUT),
        (timedelta(seconds=-5), Passage.FREE),
    ],
)
def test_each_end_belongs_to_what_follows_it(silent: timedelta, expected: Passage) -> None:
    assert passage(OA, WROTE, WROTE + silent) is expected


def test_whoever_never_wrote_cannot_be_written_to() -> None:
    assert passage(OA, None, WROTE) is Passage.SHUT


@given(st.none() | st.datetimes(timezones=st.just(UTC)))
def test_a_channel_without_a_window_is_always_free(heard_at: datetime | None) -> None:
    assert passage(None, heard_at, WROTE) is Passage.FREE


@given(spans, spans)
def test_waiting_never_opens_a_window(first: timedelta, more: timedelta) -> None:
    before, after = (passage(OA, WROTE, WROTE + silent) for silent in (first, first + more))
    assert ORDER.index(before) <= ORDER.index(after)


@given(spans, spans)
def test_another_message_never_shuts_it(silent: timedelta, later: timedelta) -> None:
    now = WROTE + silent + later
    before, after = passage(OA, WROTE, now), passage(OA, WROTE + later, now)
    assert ORDER.index(after) <= ORDER.index(before)


@given(spans, spans, spans)
def test_only_the_two_spans_decide(free: timedelta, more: timedelta, silent: timedelta) -> None:
    window = Window(free + timedelta(seconds=1), free + timedelta(seconds=1) + more)
    found = passage(window, WROTE, WROTE + silent)
    assert (found is Passage.FREE) == (silent < window.free_for)
    assert (found is Passage.SHUT) == (silent >= window.billed_for)


@pytest.mark.parametrize("free", [timedelta(), timedelta(days=8), timedelta(hours=-1)])
def test_a_window_that_makes_no_sense_is_refused(free: timedelta) -> None:
    with pytest.raises(ValueError):
        Window(free, timedelta(days=7))
