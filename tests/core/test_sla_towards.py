"""A due time that stands while the class changes: the ladder has to lead to it (promise.md, Waiting)."""

from datetime import datetime

from core.calendar import DEFAULT_WEEKLY, TZ, GateCalendar
from core.sla import promise, towards
from core.ticket import TicketClass

CALENDAR = GateCalendar("HN", (DEFAULT_WEEKLY,))


def at(hour: int, minute: int = 0) -> datetime:
    return datetime(2026, 11, 22, hour, minute, tzinfo=TZ)


def last_rungs(received: datetime, due: datetime, ticket_class: TicketClass, now: datetime) -> dict[int, str]:
    promised = promise(received, CALENDAR, ticket_class, made_at=now)
    ladder = towards(due, promised, CALENDAR, ticket_class, made_at=now)
    assert ladder.due_at == due
    return {rung.number: rung.at.strftime("%H:%M") for rung in ladder.rungs if rung.number > 3}


def test_a_calmed_ticket_keeps_its_earlier_due_time_and_the_last_rungs_lead_to_that() -> None:
    wanted = {4: "11:00", 5: "12:00", 6: "12:45", 7: "13:00"}
    assert last_rungs(at(9), at(13), TicketClass.NORMAL, at(10)) == wanted


def test_a_ticket_made_urgent_late_in_the_day_keeps_its_nearer_due_time() -> None:
    assert last_rungs(at(17, 30), at(19), TicketClass.URGENT, at(17, 30)) == {
        5: "18:00",
        6: "18:45",
        7: "19:00",
    }


def test_the_first_rungs_count_from_the_message_whatever_the_due_time() -> None:
    promised = promise(at(9), CALENDAR, TicketClass.NORMAL)
    ladder = towards(at(13), promised, CALENDAR, TicketClass.NORMAL)
    early = [rung for rung in promised.rungs if rung.number < 4]
    assert [rung for rung in ladder.rungs if rung.number < 4] == early


def test_the_same_due_time_changes_nothing() -> None:
    promised = promise(at(9), CALENDAR, TicketClass.NORMAL)
    assert towards(promised.due_at, promised, CALENDAR, TicketClass.NORMAL) is promised
