"""What a burst costs: statements are counted, for they do not depend on the machine."""

from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest
import sqlalchemy as sa

from core.ids import IdentityId
from core.notices import Notice, NoticeKind
from storage import outbox
from storage.database import Connection
from tests.town import Town


@pytest.fixture
def asked() -> Iterator[Counter[str]]:
    """Statements sent to any database, by their words."""
    found: Counter[str] = Counter()

    def count(connection: Any, cursor: Any, statement: str, *more: Any) -> None:
        found[statement] += 1

    sa.event.listen(sa.Engine, "before_cursor_execute", count)
    yield found
    sa.event.remove(sa.Engine, "before_cursor_execute", count)


async def test_a_first_message_of_a_burst_costs_at_most_eighteen_statements(
    town: Town, asked: Counter[str]
) -> None:
    if not town.db.is_sqlite:
        pytest.skip("there each message is a transaction of its own")
    for number in range(3):
        await town.staff(f"Cán bộ {number}", gate="HN")
    drivers = [town.citizen(f"Lái xe {number}") for number in range(64)]
    await town.stores(
        *(driver._message("Hữu Nghị: xe chờ 4 tiếng, không ai điều tiết") for driver in drivers)
    )
    asked.clear()

    assert await town.worker.handle_waiting() == 64

    assert sum(asked.values()) / 64 <= 18  # with the savepoint's two, and what the group asks once
    names = [statement for statement in asked if statement.startswith("SAVEPOINT")]
    assert names == ["SAVEPOINT errand"]


async def test_a_notice_to_nobody_is_a_bug_and_refused(town: Town) -> None:
    def errand(db: Connection) -> None:
        outbox.add(db, [Notice(NoticeKind.HELP, IdentityId(404))], town.clock.now())

    with pytest.raises(sa.exc.IntegrityError):
        await town.db.write(errand)
