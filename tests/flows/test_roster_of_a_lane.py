"""A lane or a yard is served by the people of the gate above it."""

from datetime import timedelta
from typing import Any

from core.calendar import TZ
from core.ids import PersonId
from core.people import Role
from services import handover
from services.reference import reference
from tests.town import Town


async def test_a_lane_whose_gate_has_a_roster_is_no_gate_without_one(town: Town) -> None:
    office, driver = await town.staff("Nga", Role.OFFICE), town.citizen("Lái xe")
    an, now = await town.staff("An", gate="HN"), town.clock.now()
    midnight = now.astimezone(TZ).replace(hour=0, minute=0)

    def errand(db: Any) -> None:
        begins, ends = midnight + timedelta(hours=7), midnight + timedelta(hours=19)
        handover.enter_shift(db, reference(db), "HN", begins, ends, [PersonId(an.person_id)], now)

    await town.db.write(errand)

    await driver.says("Barie làn 3 mốc 1119 không mở")

    assert (await town.ticket()).gate == "HN-1119"
    assert an.sees("Barie làn 3")
    assert not office.sees("chưa nhập ca trực")


async def test_a_gate_without_any_roster_is_told_of_once(town: Town) -> None:
    office, driver = await town.staff("Nga", Role.OFFICE), town.citizen("Lái xe")

    await driver.says("Barie làn 3 mốc 1119 không mở")
    await town.citizen("Lái xe khác").says("Làn 2 mốc 1119 tắc")

    assert sum("chưa nhập ca trực" in text for text in office.reads()) == 1
