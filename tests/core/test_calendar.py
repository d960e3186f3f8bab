"""The layers of a gate's calendar, the arithmetic of service minutes, and the office's own calendar."""

from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta

import pytest

from core.calendar import (
    MIDNIGHT,
    TZ,
    WHOLE_WEEK,
    Gate,
    GateCalendar,
    GateNotice,
    LeaderOverride,
    NationalDays,
    OfficeCalendar,
    SpecialDay,
    WeeklyWindow,
    Window,
    calendar_of,
    check_calendar,
)
from core.errors import NoServiceDay

SUNDAY = date(2026, 11, 22)
HOLIDAYS = NationalDays(
    off=frozenset({date(2026, 11, 24), date(2026, 8, 31)}), worked=frozenset({date(2026, 8, 22)})
)
ALWAYS = date(2026, 1, 1)


def at(text: str) -> datetime:
    return datetime.strptime(text, "%d/%m/%Y %H:%M").replace(tzinfo=TZ)


def hours(calendar: GateCalendar, day: date) -> list[str]:
    def clock(moment: datetime) -> str:
        return "24:00" if moment.date() > day else f"{moment:%H:%M}"

    return [f"{clock(window.start)}–{clock(window.end)}" for window in calendar.windows_on(day)]


def row(
    opens: time, closes: time, days: frozenset[int] = WHOLE_WEEK, since: date = ALWAYS, **more: bool
) -> WeeklyWindow:
    return WeeklyWindow(days, opens, closes, since, **more)


def notice(starts: str, ends: str, hotline_open: bool | None = None, **more: str) -> GateNotice:
    return GateNotice("516/BQLKKTCK-DN", at(starts), at(ends), hotline_open=hotline_open, **more)


def never() -> GateCalendar:
    return GateCalendar("NH", default=())


# Layer 1: the weekly template


def test_the_default_is_seven_to_seven_every_day_weekends_too() -> None:
    assert {tuple(hours(GateCalendar("HN"), SUNDAY + timedelta(n))) for n in range(7)} == {("07:00–19:00",)}


def test_a_day_may_have_several_windows_and_they_come_in_order() -> None:
    calendar = GateCalendar("CM", ((row(time(13), time(17)), row(time(7), time(11))),))
    assert hours(calendar, SUNDAY) == ["07:00–11:00", "13:00–17:00"]


def test_a_window_may_close_at_24_00_and_is_half_open() -> None:
    calendar = GateCalendar("HN", ((row(time(7), MIDNIGHT),),))
    assert hours(calendar, SUNDAY) == ["07:00–24:00"]
    assert calendar.is_open(at("22/11/2026 07:00"))
    assert calendar.is_open(at("22/11/2026 23:59"))
    assert not calendar.is_open(at("23/11/2026 00:00"))


def test_a_row_opens_only_on_its_days_of_the_week() -> None:
    calendar = GateCalendar("CM", ((row(time(8), time(12), frozenset({6})),),))
    assert hours(calendar, date(2026, 11, 21)) == ["08:00–12:00"]
    assert hours(calendar, SUNDAY) == []


def test_the_newest_rows_in_force_win_as_a_set() -> None:
    old = row(time(7), time(19))
    new = row(time(8), time(18), frozenset({1, 2, 3, 4, 5}), date(2026, 12, 1))
    calendar = GateCalendar("HN", ((old, new),))
    assert hours(calendar, date(2026, 11, 30)) == ["07:00–19:00"]
    assert hours(calendar, date(2026, 12, 1)) == ["08:00–18:00"]
    assert hours(calendar, date(2026, 12, 5)) == [], "the old Saturday is gone with the old set"


def test_a_gate_without_rows_uses_its_parents_and_then_the_default() -> None:
    parent = Gate("HN", "Hữu Nghị", weekly=(row(time(6), time(20), since=date(2026, 6, 1)),))
    child = Gate("HN-1119", "Mốc 1119", parent="HN")
    gates = {"HN": parent, "HN-1119": child}
    assert hours(calendar_of("HN-1119", gates), SUNDAY) == ["06:00–20:00"]
    assert hours(calendar_of("HN-1119", gates), date(2026, 5, 31)) == ["07:00–19:00"]


def test_a_gate_with_own_rows_does_not_look_at_its_parent() -> None:
    gates = {
        "HN": Gate("HN", "Hữu Nghị", weekly=(row(time(6), time(20)),)),
        "TT": Gate("TT", "Tân Thanh", parent="HN", weekly=(row(time(9), time(10)),)),
    }
    assert hours(calendar_of("TT", gates), SUNDAY) == ["09:00–10:00"]


def test_an_unknown_gate_has_the_board_wide_default() -> None:
    assert hours(calendar_of("", {}), SUNDAY) == ["07:00–19:00"]


def test_gates_that_are_each_others_parent_do_not_hang_the_calendar() -> None:
    gates = {"A": Gate("A", "A", parent="B"), "B": Gate("B", "B", parent="A")}
    assert hours(calendar_of("A", gates), SUNDAY) == ["07:00–19:00"]


# Layer 2: national holidays and swapped working days


def test_a_national_holiday_does_not_shut_the_hotline_by_itself() -> None:
    assert hours(GateCalendar("HN", national=HOLIDAYS), date(2026, 11, 24)) == ["07:00–19:00"]


def test_a_row_that_keeps_holidays_is_shut_on_them() -> None:
    calendar = GateCalendar("HN", ((row(time(7), time(19), on_holidays=False),),), national=HOLIDAYS)
    assert hours(calendar, date(2026, 11, 24)) == []
    assert hours(calendar, date(2026, 11, 25)) == ["07:00–19:00"]


def test_a_swapped_saturday_is_a_working_day_for_rows_that_keep_holidays() -> None:
    office_like = row(time(8), time(17), frozenset({1, 2, 3, 4, 5}), on_holidays=False)
    calendar = GateCalendar("HN", ((office_like,),), national=HOLIDAYS)
    assert hours(calendar, date(2026, 8, 22)) == ["08:00–17:00"]
    assert hours(calendar, date(2026, 8, 29)) == []
    assert hours(calendar, date(2026, 8, 31)) == []


# Special days of the gate


def test_a_special_day_replaces_the_weekly_hours() -> None:
    calendar = GateCalendar("CM", special_days=(SpecialDay(SUNDAY, ((time(9), time(14)),)),))
    assert hours(calendar, SUNDAY) == ["09:00–14:00"]


def test_a_special_day_without_windows_is_closed() -> None:
    assert hours(GateCalendar("CM", special_days=(SpecialDay(SUNDAY, ()),)), SUNDAY) == []


# Layer 3: notices


def test_a_closure_for_part_of_a_day_leaves_the_hotline_open() -> None:
    closed = (notice("22/11/2026 07:00", "22/11/2026 10:00"), notice("22/11/2026 15:30", "22/11/2026 17:30"))
    assert hours(GateCalendar("HN", notices=closed), SUNDAY) == ["07:00–19:00"]


def test_a_whole_day_closure_shuts_the_hotline() -> None:
    calendar = GateCalendar("HN", notices=(notice("22/11/2026 00:00", "24/11/2026 00:00", stream="goods"),))
    assert hours(calendar, SUNDAY) == []
    assert hours(calendar, date(2026, 11, 23)) == []
    assert hours(calendar, date(2026, 11, 24)) == ["07:00–19:00"]


def test_a_closure_of_every_service_minute_is_a_whole_day_closure() -> None:
    morning = notice("22/11/2026 07:00", "22/11/2026 13:00")
    afternoon = notice("22/11/2026 13:00", "22/11/2026 19:00")
    assert hours(GateCalendar("HN", notices=(morning, afternoon)), SUNDAY) == []


def test_a_whole_day_closure_may_say_that_the_hotline_stays_open() -> None:
    calendar = GateCalendar(
        "HN", notices=(notice("22/11/2026 00:00", "23/11/2026 00:00", hotline_open=True),)
    )
    assert hours(calendar, SUNDAY) == ["07:00–19:00"]


def test_a_notice_may_shut_the_hotline_for_part_of_a_day() -> None:
    calendar = GateCalendar(
        "HN", notices=(notice("22/11/2026 10:00", "22/11/2026 12:00", hotline_open=False),)
    )
    assert hours(calendar, SUNDAY) == ["07:00–10:00", "12:00–19:00"]


def test_a_later_notice_reopens_what_an_earlier_one_shut() -> None:
    shut = notice("22/11/2026 00:00", "23/11/2026 00:00", hotline_open=False)
    again = notice("22/11/2026 12:00", "22/11/2026 22:00", hotline_open=True)
    assert hours(GateCalendar("HN", notices=(shut, again)), SUNDAY) == ["12:00–19:00"]


def test_a_notice_kept_in_utc_cuts_the_same_hours_in_hanoi_time() -> None:
    shut = GateNotice(
        "1/TB",
        datetime(2026, 11, 22, 3, tzinfo=UTC),
        datetime(2026, 11, 22, 5, tzinfo=UTC),
        hotline_open=False,
    )
    calendar = GateCalendar("HN", notices=(shut,))
    assert hours(calendar, SUNDAY) == ["07:00–10:00", "12:00–19:00"]


# Layer 4: a leader's override


def test_a_leaders_override_wins_over_every_other_layer() -> None:
    calendar = GateCalendar(
        "HN",
        special_days=(SpecialDay(SUNDAY, ()),),
        notices=(notice("22/11/2026 00:00", "23/11/2026 00:00", hotline_open=False),),
        overrides=(LeaderOverride(SUNDAY, ((time(8), time(20)),), "12/QĐ-BQL"),),
    )
    assert hours(calendar, SUNDAY) == ["08:00–20:00"]


def test_a_leader_may_shut_a_day() -> None:
    calendar = GateCalendar("HN", overrides=(LeaderOverride(SUNDAY, (), "12/QĐ-BQL"),))
    assert hours(calendar, SUNDAY) == []


# Searches and arithmetic


def test_service_minutes_count_only_inside_the_windows() -> None:
    calendar = GateCalendar("HN", ((row(time(7), time(11)), row(time(13), time(17))),))
    assert calendar.service_minutes(at("22/11/2026 10:30"), at("22/11/2026 13:15")) == 45
    assert calendar.service_minutes(at("22/11/2026 16:00"), at("23/11/2026 08:00")) == 120
    assert calendar.service_minutes(at("22/11/2026 18:00"), at("22/11/2026 23:00")) == 0
    assert calendar.service_minutes(at("22/11/2026 12:00"), at("22/11/2026 11:00")) == 0


def test_added_service_minutes_may_end_with_the_window_but_not_beyond_it() -> None:
    calendar = GateCalendar("HN")
    assert calendar.add_service_minutes(at("22/11/2026 18:30"), 30) == at("22/11/2026 19:00")
    assert calendar.add_service_minutes(at("22/11/2026 18:30"), 31) == at("23/11/2026 07:01")
    assert calendar.add_service_minutes(at("22/11/2026 23:00"), 10) == at("23/11/2026 07:10")


def test_subtracted_service_minutes_land_inside_a_window() -> None:
    calendar = GateCalendar("HN")
    assert calendar.subtract_service_minutes(at("23/11/2026 08:00"), 60) == at("23/11/2026 07:00")
    assert calendar.subtract_service_minutes(at("23/11/2026 08:00"), 90) == at("22/11/2026 18:30")


def test_the_next_window_start_is_strictly_later() -> None:
    calendar = GateCalendar("HN")
    assert calendar.next_window_start(at("22/11/2026 06:59")) == at("22/11/2026 07:00")
    assert calendar.next_window_start(at("22/11/2026 07:00")) == at("23/11/2026 07:00")


def test_an_instant_in_another_zone_is_read_in_hanoi_time() -> None:
    calendar = GateCalendar("HN")
    assert calendar.is_open(datetime(2026, 11, 22, 0, 0, tzinfo=UTC))
    assert not calendar.is_open(datetime(2026, 11, 22, 12, 0, tzinfo=UTC))


def test_the_next_service_day_skips_closed_days() -> None:
    shut = tuple(SpecialDay(SUNDAY + timedelta(n), ()) for n in range(1, 4))
    assert GateCalendar("HN", special_days=shut).next_service_day(SUNDAY) == date(2026, 11, 26)


@pytest.mark.parametrize(
    "search",
    [
        lambda: never().next_service_day(SUNDAY),
        lambda: never().next_window_start(at("22/11/2026 07:00")),
        lambda: never().add_service_minutes(at("22/11/2026 07:00"), 1),
        lambda: never().subtract_service_minutes(at("22/11/2026 07:00"), 1),
        lambda: never().first_service_instant(at("22/11/2026 07:00")),
        lambda: check_calendar(never(), SUNDAY),
    ],
)
def test_every_search_is_bounded_and_names_the_gate(search: Callable[[], object]) -> None:
    with pytest.raises(NoServiceDay) as refusal:
        search()
    assert refusal.value.data == {"gate": "NH"}


def test_a_calendar_that_opens_within_thirty_days_is_accepted_and_a_later_one_refused() -> None:
    def opening_after(days: int) -> GateCalendar:
        return GateCalendar("NH", ((row(time(7), time(19), since=SUNDAY + timedelta(days)),),), default=())

    check_calendar(opening_after(29), SUNDAY)
    with pytest.raises(NoServiceDay):
        check_calendar(opening_after(30), SUNDAY)


def test_a_window_must_end_after_it_starts() -> None:
    with pytest.raises(ValueError, match="must end after"):
        Window(at("22/11/2026 07:00"), at("22/11/2026 07:00"))


# The office


def test_the_office_works_monday_to_friday_without_holidays_and_on_swapped_saturdays() -> None:
    office = OfficeCalendar(HOLIDAYS)
    assert office.is_working_day(date(2026, 11, 23))
    assert not office.is_working_day(date(2026, 11, 24))
    assert not office.is_working_day(date(2026, 11, 21))
    assert office.is_working_day(date(2026, 8, 22))


def test_working_days_are_counted_without_the_day_itself() -> None:
    office = OfficeCalendar(HOLIDAYS)
    assert office.working_day_before(date(2026, 11, 25)) == date(2026, 11, 23)
    assert office.working_day_before(date(2026, 11, 25), 5) == date(2026, 11, 17)
    assert office.working_day_after(date(2026, 11, 23)) == date(2026, 11, 25)
    assert office.working_day_after(date(2026, 11, 23), 0) == date(2026, 11, 23)


@pytest.mark.parametrize(
    ("legal", "working"),
    [
        ("29/11/2026 23:59", "27/11/2026 17:00"),
        ("24/11/2026 23:59", "23/11/2026 17:00"),
        ("27/11/2026 12:00", "27/11/2026 11:30"),
        ("27/11/2026 10:00", "27/11/2026 10:00"),
        ("27/11/2026 07:00", "26/11/2026 17:00"),
        ("27/11/2026 07:30", "27/11/2026 07:30"),
        ("31/08/2026 23:59", "28/08/2026 17:00"),
    ],
)
def test_the_working_due_is_the_last_office_time_not_after_the_legal_due(legal: str, working: str) -> None:
    assert OfficeCalendar(HOLIDAYS).last_office_minute_not_after(at(legal)) == at(working)


def test_an_office_that_never_works_is_a_bounded_search_too() -> None:
    shut = OfficeCalendar(NationalDays(off=frozenset(SUNDAY + timedelta(n) for n in range(-60, 60))))
    for search in (shut.working_day_after, shut.working_day_before):
        with pytest.raises(NoServiceDay):
            search(SUNDAY)
    with pytest.raises(NoServiceDay):
        shut.last_office_minute_not_after(at("22/11/2026 10:00"))
