"""The PostgreSQL server dies under the running program, which says so, waits, and goes on by itself. More of it:
`make crash DATABASE=postgresql SERVER_KILLS=50`."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
import structlog

from services import timers
from storage.database import Conflict, Connection, Unavailable
from tests.crash.lives import MOST_IN_FLIGHT, database_of, endured
from tests.town import Town, opened_town


@pytest.mark.kill
async def test_what_was_acknowledged_outlives_the_server_and_the_program_goes_on_by_itself(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)  # no .env of the developer's
    async with database_of("postgresql", tmp_path / "data") as database:
        result = await endured(tmp_path / "data", database, kills=1, seed=2031, server_kills=3)
    assert result.findings == []
    assert result.at["the server"] == 3
    assert result.most_in_flight <= MOST_IN_FLIGHT


async def test_a_server_that_goes_while_timers_fire_is_no_timers_fault_and_all_fire_when_it_is_back(
    server: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with opened_town(tmp_path, database=server) as town:
        due = await _rung_is_due(town)
        real = timers._fire

        def dies(db: Connection, *more: Any) -> None:
            db.execute(sa.text("SELECT pg_terminate_backend(pg_backend_pid())"))
            real(db, *more)

        with monkeypatch.context() as away, structlog.testing.capture_logs() as said:
            away.setattr(timers, "_fire", dies)
            with pytest.raises(Unavailable):
                await town.db.write(lambda db: timers.fire_due(db, town.cfg, due))
        assert not said
        assert await town.db.read(timers.timers.next_due_at) == due
        assert await town.beats() > 0


async def test_a_timer_that_meets_another_change_of_its_ticket_fires_in_a_moment_not_in_five_minutes(
    server: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with opened_town(tmp_path, database=server) as town:
        due = await _rung_is_due(town)

        def meets(db: Connection, *more: Any) -> None:
            raise Conflict("the ticket was changed")

        with monkeypatch.context() as crossing:
            crossing.setattr(timers, "_fire", meets)
            await town.db.write(lambda db: timers.fire_due(db, town.cfg, due))
        again = await town.db.read(timers.timers.next_due_at)
        assert again is not None
        assert timedelta() < again - due <= timedelta(seconds=1)


async def _rung_is_due(town: Town) -> Any:
    """The first rung of a ticket that nobody took: its time, which is now."""
    await town.staff("An")
    await town.citizen("Lái xe").says("Hữu Nghị: kẹt xe ở barie")
    due = await town.db.read(timers.timers.next_due_at)
    assert due is not None
    town.clock.at = due
    return due
