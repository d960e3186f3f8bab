"""Waiting for another agency (promise.md): no pause, an interim answer; amber, with reminders of its own, and never green."""

from core.notices import NoticeKind
from core.sla_settings import DEFAULTS
from core.ticket import Status
from services import reports
from tests.clock_cast import CALM, Cast, cast, cycles, hanoi, reminded, rungs, to_come
from tests.town import Citizen, Town

AGENCY = "Chi cục Hải quan cửa khẩu"


async def held(town: Town) -> Cast:
    people = await cast(town)
    await people.driver.says(CALM)
    await people.takes()
    return people


async def test_the_sender_hears_the_agency_and_the_day_and_no_name_of_anybody(town: Town) -> None:
    people = await held(town)
    await people.awaits_agency("24/11")
    ticket = await town.ticket()
    assert (ticket.status, ticket.amber, ticket.agency) == (Status.WAITING_AGENCY, True, AGENCY)
    assert str(ticket.agency_promise_on) == "2026-11-24"
    assert ticket.agency_approver == people.leader.name
    interim = people.driver.newest(AGENCY)
    assert "Hẹn báo kết quả: ngày 24/11/2026" in interim.text
    for member in (people.an, people.binh, people.head, people.leader):
        assert not people.driver.sees(member.name)


async def test_the_interim_answer_stops_the_clock_of_the_human_reply(town: Town) -> None:
    people = await held(town)
    await people.awaits_agency("24/11")
    await town.until(10)
    assert await rungs(town) == []
    assert hanoi((await town.ticket()).first_reply_at) == "22/11 09:00"


async def test_a_promised_day_in_the_past_is_refused(town: Town) -> None:
    people = await held(town)
    await people.an.presses("Chờ cơ quan khác")
    await people.an.says(AGENCY)
    await people.an.says("21/11/2026")
    assert people.an.sees("Ngày hẹn đã qua")
    assert (await town.ticket()).status is Status.IN_PROGRESS


async def test_without_all_three_nothing_is_promised(town: Town) -> None:
    people = await held(town)
    await people.an.presses("Chờ cơ quan khác")
    await people.an.says(AGENCY)
    await people.an.says("24/11")
    assert (await town.ticket()).status is Status.IN_PROGRESS
    assert not people.driver.sees(AGENCY)
    # The approver is pressed too late: agency and day are forgotten, and that is said.
    town.clock.passes(minutes=31)
    await people.an.presses(people.leader.name)
    assert people.an.sees("Bước này đã hết hạn")
    assert (await town.ticket()).status is Status.IN_PROGRESS


async def test_only_a_leader_a_head_or_the_office_approves(town: Town) -> None:
    people = await held(town)
    await people.an.presses("Chờ cơ quan khác")
    await people.an.says(AGENCY)
    await people.an.says("24/11")
    offered = {button.label for row in people.an.bubbles()[-1].buttons for button in row}
    assert {people.leader.name, people.head.name, people.office.name} <= offered
    assert people.binh.name not in offered


async def test_amber_is_not_broken_at_the_due_time_and_the_ladder_is_quiet(town: Town) -> None:
    people = await held(town)
    await people.awaits_agency("24/11")
    await town.until(8, days=1)
    ticket = await town.ticket()
    assert ticket.breached_at is None
    assert await rungs(town) == []
    assert not people.driver.sees("xin lỗi")


async def test_the_holder_is_reminded_on_the_promised_day_and_the_office_in_its_evening(town: Town) -> None:
    people = await held(town)
    await people.awaits_agency("24/11")
    await town.until(6, 59, days=2)
    assert not people.an.sees("đến ngày hẹn")
    await town.until(7)
    assert people.an.sees(f"đến ngày hẹn 24/11/2026 của {AGENCY}")
    assert not people.office.sees("đã qua ngày hẹn")
    await town.until(19)
    assert people.an.sees("đã qua ngày hẹn 24/11/2026")
    assert people.office.sees("đã qua ngày hẹn 24/11/2026")


async def test_a_promised_day_that_passed_is_never_forgotten(town: Town) -> None:
    people = await held(town)
    await people.awaits_agency("23/11")
    await town.until(20, days=4)
    assert await reminded(town, people.an, NoticeKind.AGENCY_DUE) == 1 + 4
    await people.resolves()
    await town.until(20, days=2)
    assert await reminded(town, people.an, NoticeKind.AGENCY_DUE) == 1 + 4


async def test_a_day_that_has_begun_already_is_not_announced_at_once(town: Town) -> None:
    people = await held(town)
    await people.awaits_agency("22/11")
    await town.passes(minutes=5)
    assert not people.an.sees("đến ngày hẹn")
    looks = {stage: at for stage, at in (await to_come(town)).items() if stage.startswith("agency")}
    assert looks == {"agency_end": "22/11 19:00"}


async def test_whoever_has_the_ticket_by_then_is_reminded(town: Town) -> None:
    people = await held(town)
    await people.awaits_agency("24/11")
    await people.an.presses("Chuyển")
    await people.an.presses("Người")
    await people.an.presses(people.binh.name)
    await town.until(7, days=2)
    assert people.binh.sees("đến ngày hẹn 24/11/2026")
    assert not people.an.sees("đến ngày hẹn")


async def test_a_question_to_the_sender_does_not_lose_the_agencys_day(town: Town) -> None:
    people = await held(town)
    await people.awaits_agency("24/11")
    await people.asks()
    await people.driver.says("Làn 3")
    assert (await town.ticket()).promise_no == 2
    await town.until(7, days=2)
    assert people.an.sees("đến ngày hẹn 24/11/2026")


async def test_a_new_day_takes_the_place_of_the_old_one(town: Town) -> None:
    people = await held(town)
    await people.awaits_agency("23/11")
    await people.awaits_agency("25/11")
    await town.until(20, days=2)
    assert not people.an.sees("ngày hẹn 23/11/2026")
    await town.until(7, days=1)
    assert people.an.sees("đến ngày hẹn 25/11/2026")


async def test_amber_is_never_green_in_the_figures(town: Town) -> None:
    people = await cast(town)
    for n in range(DEFAULTS.smallest_group):
        driver: Citizen = town.citizen(f"Lái xe {n}")
        await driver.says(CALM)
        await people.takes()
        if n == 0:
            await people.awaits_agency("22/11")
        await people.resolves()
        await town.passes(minutes=3)  # at a quieter pace than one that would make a list of them
    told = await town.db.read(lambda db: reports.report(db, town.cfg, town.clock.now()))
    assert (told.whole.same_day.kept, told.whole.same_day.of) == (4, 5)
    assert (told.whole.amber.kept, told.whole.amber.of) == (1, 5)


async def test_the_cycle_remembers_that_it_was_amber(town: Town) -> None:
    people = await held(town)
    await people.awaits_agency("24/11")
    await people.resolves()
    assert [row.amber for row in await cycles(town)] == [True]
