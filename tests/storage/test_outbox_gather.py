"""Many notices for one chat become one list at the moment when the first of them is to be sent."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy.engine import Connection

from core.ids import IdentityId
from core.notices import Notice, NoticeKind
from core.people import Role
from storage import gathering, outbox, people
from storage.database import writer_engine
from storage.schema import metadata
from storage.schema import outbox as rows

NOW = datetime(2026, 10, 2, 0, 45, tzinfo=UTC)
LEASE = timedelta(minutes=1)


@pytest.fixture
def db(tmp_path: Path) -> Iterator[Connection]:
    engine = writer_engine(sa.make_url(f"sqlite:///{tmp_path / 'outbox.db'}"))
    metadata.create_all(engine)
    with engine.begin() as connection:
        yield connection
    engine.dispose()


def a_chat(db: Connection, chat_id: str) -> IdentityId:
    person = people.add_person(db, "Minh", Role.OFFICER, NOW)
    return people.add_identity(db, person, "town", "bot", chat_id, NOW).id


def reminder(chat: IdentityId, task_id: int) -> Notice:
    return Notice(NoticeKind.TASK_REMINDER, chat, data={"task_id": task_id, "stage": "T-7", "level": 1})


def gathered(db: Connection) -> list[outbox.Row]:
    taken = (gathering.gather(db, row, NOW) for row in outbox.claim(db, NOW, LEASE))
    return [row for row in taken if row is not None]


def test_the_mornings_reminders_of_one_chat_become_one_digest(db: Connection) -> None:
    one, other = a_chat(db, "c1"), a_chat(db, "c2")
    outbox.add(db, [reminder(one, 1), reminder(one, 2), reminder(other, 1), reminder(one, 3)], NOW)

    rows = {row.chat_id: row for row in gathered(db)}

    assert rows["c1"].kind == NoticeKind.TASK_DIGEST
    assert [item["task_id"] for item in rows["c1"].data["items"]] == [1, 2, 3]
    assert rows["c2"].kind == NoticeKind.TASK_REMINDER
    assert len(outbox.waiting_of(db, one)) == 1
    assert outbox.data_of(db, rows["c1"].id, one) == rows["c1"].data
    assert outbox.data_of(db, rows["c1"].id, other) is None


def test_what_must_not_be_read_yet_is_left_where_it_is(db: Connection) -> None:
    chat = a_chat(db, "c1")
    outbox.add(db, [reminder(chat, 1)], NOW)
    outbox.add_delayed(db, reminder(chat, 2), NOW, NOW + timedelta(hours=1))
    assert [row.kind for row in gathered(db)] == [NoticeKind.TASK_REMINDER]
    assert len(outbox.waiting_of(db, chat)) == 2


def test_what_is_half_said_is_said_to_its_end(db: Connection) -> None:
    chat = a_chat(db, "c1")
    outbox.add(db, [reminder(chat, 1), reminder(chat, 2)], NOW)
    first = outbox.waiting_of(db, chat)[0]
    outbox.part_sent(db, first, 1, NOW)
    assert [(row.kind, row.part) for row in gathered(db)] == [(NoticeKind.TASK_REMINDER, 1)]


def test_what_is_on_its_way_is_gathered_into_nothing(db: Connection) -> None:
    chat = a_chat(db, "c1")
    outbox.add(db, [reminder(chat, 1), reminder(chat, 2), reminder(chat, 3)], NOW)
    first, second, _ = outbox.waiting_of(db, chat)
    db.execute(sa.update(rows).where(rows.c.id == second.id).values(lease_until=NOW + LEASE))

    digest = gathering.gather(db, first, NOW)

    assert digest is not None
    assert [item["task_id"] for item in digest.data["items"]] == [1, 3]
    assert [row.id for row in outbox.waiting_of(db, chat)] == [first.id, second.id]
