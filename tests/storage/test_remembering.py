"""What a transaction remembers, and when it must not."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from core.people import Role
from storage import data_files, people, shifts
from storage.database import apart, writer_engine
from storage.remembering import remembered
from storage.schema import metadata

NOW = datetime(2026, 11, 22, 2, 0, tzinfo=UTC)


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[sa.Engine]:
    engine = writer_engine(sa.make_url(f"sqlite:///{tmp_path / 'hotline.db'}"))
    metadata.create_all(engine)
    yield engine
    engine.dispose()


def names(db: sa.Connection) -> list[str]:
    return [person.name for person in people.staff(db, Role.DUTY)]


def test_a_question_is_asked_once_in_a_transaction_and_anew_in_the_next(engine: sa.Engine) -> None:
    asked: list[int] = []

    def ask() -> int:
        asked.append(1)
        return len(asked)

    with engine.connect() as db:
        with db.begin():
            assert [remembered(db, "how many", ask) for _ in range(3)] == [1, 1, 1]
        with db.begin():
            assert remembered(db, "how many", ask) == 2


def test_a_new_officer_is_on_the_list_that_was_read_a_moment_ago(engine: sa.Engine) -> None:
    with engine.begin() as db:
        assert names(db) == []
        officer = people.add_person(db, "An", Role.DUTY, NOW)
        assert names(db) == ["An"]
        people.add_person(db, "Lái xe", Role.SENDER, NOW)
        people.update_person(db, officer, active=False)
        assert names(db) == []


def test_what_was_taken_back_is_not_remembered(engine: sa.Engine) -> None:
    def half_done(db: sa.Connection) -> None:
        with apart(db):
            people.add_person(db, "An", Role.DUTY, NOW)
            assert names(db) == ["An"]
            raise LookupError

    with engine.begin() as db:
        with pytest.raises(LookupError):
            half_done(db)
        assert names(db) == []


def test_a_group_that_is_linked_gets_the_very_next_card(engine: sa.Engine) -> None:
    with engine.begin() as db:
        group = people.add_identity(db, None, "town", "bot", "-1", NOW, kind="group")
        assert not people.groups(db, "HN")
        people.update_identity(db, group.id, gate="HN")
        assert [one.id for one in people.groups(db, "HN")] == [group.id]
        people.update_identity(db, group.id, reachable=False)
        assert not people.groups(db, "HN")


def test_a_shift_that_is_entered_or_ended_counts_at_once(engine: sa.Engine) -> None:
    hour = timedelta(hours=1)
    with engine.begin() as db:
        assert not shifts.around(db, "HN", NOW, NOW + hour)
        first = shifts.add(db, "HN", NOW, NOW + 8 * hour, [], NOW)
        assert [one.id for one in shifts.around(db, "HN", NOW + hour, NOW + 2 * hour)] == [first]
        other = shifts.add(db, "HN", NOW + 8 * hour, NOW + 9 * hour, [], NOW)
        assert [one.id for one in shifts.around(db, "HN", NOW + 7 * hour, NOW + 9 * hour)] == [first, other]
        # Nobody then: any shift of the gate tells that it has a roster (core.roster.on_shift).
        assert len(shifts.around(db, "HN", NOW + 10 * hour, NOW + 11 * hour)) == 1
        shifts.remove(db, first)
        assert not [one for one in shifts.around(db, "HN", NOW, NOW + hour) if one.id == first]


def test_edited_data_and_facts_are_read_anew(engine: sa.Engine) -> None:
    with engine.begin() as db:
        before = data_files.version(db)
        data_files.store(db, "gates", "…", NOW)
        assert data_files.version(db) != before
        assert data_files.fact(db, "drill") is None
        data_files.remember(db, "drill", "yes")
        assert data_files.fact(db, "drill") == "yes"
