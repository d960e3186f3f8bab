"""The flat roster: who is on shift, who is missing, and the handover."""

from datetime import date, datetime, timedelta

import pytest

from core.calendar import TZ, GateCalendar, SpecialDay, Window
from core.ids import PersonId, TicketId
from core.roster import (
    Handover,
    Held,
    Shift,
    confirm_by,
    handover,
    handover_at,
    is_last_of_day,
    on_shift,
    unstaffed,
    unstaffed_alarm_at,
)

LAN, MINH, HOA = PersonId(1), PersonId(2), PersonId(3)
SUNDAY = date(2026, 11, 22)
HN = GateCalendar("HN")


def on(clock: str, day: int = 22) -> datetime:
    return datetime.strptime(f"{day}/11/2026 {clock}", "%d/%m/%Y %H:%M").replace(tzinfo=TZ)


MORNING = Shift(1, "HN", on("07:00"), on("13:00"), (LAN, MINH))
AFTERNOON = Shift(2, "HN", on("13:00"), on("19:00"), (HOA,))
ELSEWHERE = Shift(3, "CM", on("07:00"), on("19:00"), (HOA,))


def test_everybody_on_shift_at_the_gate_is_equal() -> None:
    assert on_shift("HN", on("08:00"), [MORNING, AFTERNOON, ELSEWHERE], [HOA]).people == (LAN, MINH)


def test_a_shift_starts_with_its_first_minute_and_ends_before_its_last() -> None:
    assert on_shift("HN", on("07:00"), [MORNING, AFTERNOON], []).people == (LAN, MINH)
    assert on_shift("HN", on("13:00"), [MORNING, AFTERNOON], []).people == (HOA,)


def test_overlapping_shifts_add_up_and_nobody_counts_twice() -> None:
    extra = Shift(4, "HN", on("12:00"), on("14:00"), (HOA, LAN))
    assert on_shift("HN", on("12:30"), [MORNING, extra], []).people == (LAN, MINH, HOA)


def test_as_long_as_no_shift_was_entered_everyone_with_duty_there_counts() -> None:
    found = on_shift("HN", on("08:00"), [ELSEWHERE], [MINH, LAN, MINH])
    assert found.people == (LAN, MINH)
    assert found.roster_empty


def test_an_hour_without_a_shift_is_unstaffed_not_an_empty_roster() -> None:
    found = on_shift("HN", on("14:00"), [MORNING], [LAN, MINH])
    assert found.people == ()
    assert not found.roster_empty


def test_unstaffed_is_the_service_time_that_no_shift_covers() -> None:
    assert unstaffed("HN", SUNDAY, [MORNING, ELSEWHERE], HN) == (Window(on("13:00"), on("19:00")),)
    assert unstaffed("HN", SUNDAY, [MORNING, AFTERNOON], HN) == ()


def test_a_shift_without_people_leaves_its_time_unstaffed() -> None:
    nobody = Shift(5, "HN", on("07:00"), on("19:00"), ())
    assert unstaffed("HN", SUNDAY, [nobody], HN) == (Window(on("07:00"), on("19:00")),)


def test_a_whole_day_without_shifts_is_unstaffed_once_a_roster_exists() -> None:
    assert unstaffed("HN", SUNDAY + timedelta(1), [MORNING], HN) == (
        Window(on("07:00", 23), on("19:00", 23)),
    )


def test_nothing_is_unstaffed_while_the_roster_is_empty_or_the_gate_is_shut() -> None:
    assert unstaffed("HN", SUNDAY, [], HN) == ()
    shut = GateCalendar("HN", special_days=(SpecialDay(SUNDAY + timedelta(1), ()),))
    assert unstaffed("HN", SUNDAY + timedelta(1), [MORNING], shut) == ()


def test_an_unstaffed_shift_is_alarmed_24_hours_ahead() -> None:
    assert unstaffed_alarm_at(Window(on("13:00", 23), on("19:00", 23))) == on("13:00")


def test_holders_get_their_list_thirty_minutes_before_the_end() -> None:
    assert handover_at(MORNING) == on("12:30")
    assert handover_at(Shift(6, "HN", on("12:45"), on("13:00"), (LAN,))) == on("12:45")


def test_the_incoming_shift_confirms_within_fifteen_minutes() -> None:
    assert confirm_by(AFTERNOON) == on("13:15")


def test_what_is_not_marked_returns_to_the_pool() -> None:
    first, second, foreign = Held(TicketId(10), LAN), Held(TicketId(11), MINH), Held(TicketId(12), HOA)
    done = handover(MORNING, [first, second, foreign], frozenset({TicketId(11)}))
    assert done == Handover(to_pool=(TicketId(10),), kept=(TicketId(11),))


@pytest.mark.parametrize(
    "item",
    [
        Held(TicketId(10), HOA, has_outcome=True),
        Held(TicketId(10), HOA, has_interim_answer=True),
        Held(TicketId(10), HOA, is_breached=True),
    ],
)
def test_the_last_shift_hands_over_with_an_outcome_an_interim_answer_or_a_breach(item: Held) -> None:
    assert handover(AFTERNOON, [item], frozenset(), last_of_day=True).to_pool == (TicketId(10),)


def test_the_last_shift_may_not_hand_over_an_unanswered_ticket() -> None:
    done = handover(AFTERNOON, [Held(TicketId(10), HOA)], frozenset(), last_of_day=True)
    assert done == Handover(to_pool=(), kept=(), refused=(TicketId(10),))


def test_the_last_shift_is_the_one_after_which_nobody_serves_that_day() -> None:
    shifts = [MORNING, AFTERNOON, Shift(7, "HN", on("07:00", 23), on("13:00", 23), (LAN,))]
    assert not is_last_of_day(MORNING, shifts, HN)
    assert is_last_of_day(AFTERNOON, shifts, HN)
    assert is_last_of_day(MORNING, [MORNING, ELSEWHERE], HN)


def test_a_shift_that_ends_before_the_window_is_last_when_only_earlier_ones_are_beside_it() -> None:
    early_end = Shift(8, "HN", on("13:00"), on("18:00"), (HOA,))
    assert is_last_of_day(early_end, [MORNING, early_end], HN)
