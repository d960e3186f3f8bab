"""Tasks in the database: a history that shows tampering, a sweep that is an index search, versions side by side."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy.engine import Connection

from core import task_lifecycle as rules
from core.ids import PersonId
from core.people import Role
from core.plan_diff import added
from core.task import Relevance, Task
from services.verify import Problem, verify
from storage import people, plans, timers
from storage.database import Conflict, writer_engine
from storage.schema import metadata

NOW = datetime(2026, 10, 1, 2, 0, tzinfo=UTC)
DUE = datetime(2026, 11, 29, 16, 59, tzinfo=UTC)


@pytest.fixture
def db(tmp_path: Path) -> Iterator[Connection]:
    engine = writer_engine(sa.make_url(f"sqlite:///{tmp_path / 'plans.db'}"))
    metadata.create_all(engine)
    with engine.begin() as connection:
        yield connection
    engine.dispose()


def document(db: Connection, key: str = "plan") -> plans.Document:
    values = {"number": "1/KH", "title": "Kế hoạch", "source_name": "a.docx", "source_sha256": "0" * 64}
    return plans.add_document(
        db, NOW, key=key, status="draft", settings={}, draft={}, stored_by=None, **values
    )


def a_task(db: Connection, of: plans.Document, number: str = "1") -> Task:
    task = Task(
        plans.new_task_id(NOW),
        of.id,
        of.key,
        number,
        "Báo cáo",
        Relevance.LEADS,
        unit="VP",
        lead_units=("Văn phòng",),
        due_on=date(2026, 11, 29),
        due_at=DUE,
        working_due_at=DUE - timedelta(days=2),
    )
    plans.add_tasks(db, [(task, added(task, NOW, None, of.version))])
    return task


def officer(db: Connection) -> PersonId:
    return people.add_person(db, "Minh", Role.OFFICER, NOW, unit="VP")


def test_a_task_comes_back_as_it_was_stored(db: Connection) -> None:
    task = a_task(db, document(db))
    assert plans.task(db, task.id) == task
    assert plans.of_document(db, "plan") == [task]


def test_a_change_of_what_somebody_else_changed_is_refused(db: Connection) -> None:
    task, by = a_task(db, document(db)), officer(db)
    known, events = rules.acknowledge(task, by, NOW)
    plans.record(db, task, known, events)
    stale, later = rules.report_progress(task, by, NOW, 10, 1, "d")
    plans.record(db, known, replace(stale, acknowledged_at=known.acknowledged_at), later)
    assert [one.seq for one in plans.history(db, task.id)] == [1, 2, 3]


def test_the_same_number_lives_once_in_a_version_and_again_in_the_next(db: Connection) -> None:
    first = document(db)
    a_task(db, first)
    second = document(db)
    assert second.version == 2
    a_task(db, second)
    with pytest.raises(sa.exc.IntegrityError):
        a_task(db, second)


@pytest.mark.parametrize(
    "broken",
    [
        {"status": "submitted"},
        {"status": "done"},
        {"progress": 101},
        {"acknowledged_at": NOW},
        {"working_due_at": DUE + timedelta(minutes=1)},
        {"relevance": "mine"},
    ],
)
def test_the_schema_refuses_what_the_rules_never_do(db: Connection, broken: dict[str, object]) -> None:
    task = a_task(db, document(db))
    with pytest.raises(sa.exc.IntegrityError):
        db.execute(
            sa.update(metadata.tables["plan_tasks"]).where(sa.column("id") == task.id).values(**broken)
        )


def test_verify_walks_the_histories_of_tasks(db: Connection) -> None:
    task, by = a_task(db, document(db)), officer(db)
    known, events = rules.acknowledge(task, by, NOW)
    plans.record(db, task, known, events)
    whole = verify(db)
    assert (whole.tasks, whole.events, whole.findings) == (1, 2, ())

    db.execute(sa.text("UPDATE task_events SET at = '2026-10-02 00:00:00' WHERE kind = 'acknowledged'"))

    found = verify(db).findings
    assert [(one.problem, one.ticket, one.event) for one in found] == [(Problem.EVENT_CHANGED, "plan #1", 2)]


@pytest.mark.parametrize(
    ("sql", "problem"),
    [
        ("DELETE FROM task_events WHERE seq = 2", Problem.HISTORY_SHORTER),
        ("UPDATE task_events SET kind = 'nonsense' WHERE seq = 2", Problem.HISTORY_SHORTER),
        ("UPDATE plan_tasks SET history_head = 'x'", Problem.HEAD_DIFFERS),
    ],
)
def test_verify_finds_a_history_that_was_cut(db: Connection, sql: str, problem: Problem) -> None:
    task, by = a_task(db, document(db)), officer(db)
    known, events = rules.acknowledge(task, by, NOW)
    plans.record(db, task, known, events)
    db.execute(sa.text(sql))
    assert [one.problem for one in verify(db).findings] == [problem]


def test_the_sweep_is_an_index_search_however_many_reminders_wait(db: Connection) -> None:
    seen: list[str] = []

    def note(
        connection: Connection, cursor: object, statement: str, parameters: object, *rest: object
    ) -> None:
        if statement.lstrip().upper().startswith("SELECT") and "timers" in statement:
            explained = cursor.connection.execute(f"EXPLAIN QUERY PLAN {statement}", parameters)  # type: ignore[attr-defined]
            seen.append(" / ".join(str(row[3]) for row in explained))

    for n in range(50):
        timers.add(
            db, "task", n, 1, {"T-7": NOW + timedelta(days=n), "T-3": NOW + timedelta(days=n + 4)}, NOW
        )
    sa.event.listen(db, "before_cursor_execute", note)
    timers.due(db, NOW)
    timers.due_of(db, "task", NOW)
    timers.due_at_stages(db, "ticket", ("rung1", "rung2"), NOW)
    timers.next_due_at(db)

    assert seen[:3] == ["SEARCH timers USING INDEX ix_timers_waiting (due_at<?)"] * 3
    # The first entry of the index that holds only what waits: nothing is searched, nothing is sorted.
    assert seen[3] == "SCAN timers USING INDEX ix_timers_waiting"


def test_two_drafts_of_one_document_are_told_apart(db: Connection) -> None:
    first, second = document(db), document(db)
    plans.set_document(db, second.id, status="applied")
    plans.supersede_documents(db, "plan", but=second.id)
    assert [one.id for one in plans.applied(db)] == [second.id]
    known = plans.document(db, first.id)
    assert known is not None
    assert known.status == "superseded"


def test_a_conflict_is_loud(db: Connection) -> None:
    task = a_task(db, document(db))
    gone = replace(task, id=task.id)
    db.execute(sa.text("DELETE FROM task_events"))
    db.execute(sa.text("DELETE FROM plan_tasks"))
    with pytest.raises((Conflict, sa.exc.NoResultFound)):
        plans.record(db, gone, replace(gone, progress=10), ())
