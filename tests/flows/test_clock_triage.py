"""Nobody has said which gate: Văn phòng sorts it, after as many minutes as the settings say (promise.md, Edge cases)."""

from dataclasses import replace
from datetime import timedelta

import pytest

from core.sla_settings import SlaSettings
from storage import timers
from tests.town import Town


@pytest.mark.parametrize("minutes", [15, 40])
async def test_a_ticket_without_a_gate_is_sorted_after_the_minutes_of_the_settings(
    town: Town, minutes: int
) -> None:
    town.worker.cfg = replace(town.cfg, sla=SlaSettings(triage_minutes=minutes, decision="45/QĐ"))
    await town.citizen("Tài").says("Xe không qua được, chờ ba giờ rồi")
    ticket = await town.ticket()
    waiting = await town.db.read(lambda db: timers.of_subject(db, "ticket", ticket.id))
    assert [due for stage, _, due, _ in waiting if stage == "triage"] == [
        town.clock.now() + timedelta(minutes=minutes)
    ]
