"""Ids follow the time, so that a time can be asked for by an id."""

from datetime import UTC, datetime, timedelta

from storage.ids import earlier_id, first_id

NOON = datetime(2026, 11, 22, 5, tzinfo=UTC)


def test_an_earlier_id_is_one_of_its_time() -> None:
    for span in (timedelta(milliseconds=1), timedelta(hours=3), timedelta(days=30)):
        assert earlier_id(first_id(NOON), span) == first_id(NOON - span)
