"""The promise, sentence by sentence, and its three laws over random calendars."""

from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from core.calendar import TZ, GateCalendar, GateNotice, SpecialDay, WeeklyWindow, check_calendar
from core.errors import NoServiceDay
from core.sla import (
    Kind,
    Promise,
    Rung,
    SlaSettings,
    accepted_received_at,
    auto_close_at,
    breach_reason_by,
    downgraded_due,
    fire_at,
    highest,
    joined_due,
    kept,
    late_answer_reopens_until,
    leader_hold_until,
    may_close_unanswered_from,
    may_wait_for_sender,
    next_nag_at,
    promise,
    reissued,
    reopen_until,
    reopening_goes_to_leader,
)
from core.ticket import TicketClass

NORMAL, URGENT, SUGGESTION = TicketClass.NORMAL, TicketClass.URGENT, TicketClass.SUGGESTION
SEVEN_TO_SEVEN = GateCalendar("HN")
TET = GateCalendar(
    "HN",
    notices=(
        GateNotice(
            "1/TB", datetime(2026, 2, 15, tzinfo=TZ), datetime(2026, 2, 19, tzinfo=TZ), stream="goods"
        ),
    ),
    special_days=(SpecialDay(date(2026, 2, 19), ((time(9), time(14)),)),),
)


def at(text: str) -> datetime:
    return datetime.strptime(text, "%d/%m/%Y %H:%M").replace(tzinfo=TZ)


def on(clock: str) -> datetime:
    """A Sunday in November with an ordinary day after it."""
    return at(f"22/11/2026 {clock}")


def rungs(made: Promise) -> dict[int, datetime]:
    return {rung.number: rung.at for rung in made.rungs}


# The due time


@pytest.mark.parametrize(
    ("received", "due", "kind"),
    [
        ("06:10", "22/11/2026 19:00", Kind.SAME_DAY),
        ("16:59", "22/11/2026 19:00", Kind.SAME_DAY),
        ("17:00", "22/11/2026 19:00", Kind.SAME_DAY),
        ("17:01", "23/11/2026 11:00", Kind.AFTER_CUT_OFF),
        ("18:59", "23/11/2026 11:00", Kind.AFTER_CUT_OFF),
        ("19:00", "23/11/2026 19:00", Kind.SAME_DAY),
        ("23:59", "23/11/2026 19:00", Kind.SAME_DAY),
        ("00:01", "22/11/2026 19:00", Kind.SAME_DAY),
    ],
)
def test_the_examples_of_an_ordinary_day(received: str, due: str, kind: Kind) -> None:
    made = promise(on(received), SEVEN_TO_SEVEN, NORMAL)
    assert (made.due_at, made.kind) == (at(due), kind)


@pytest.mark.parametrize(
    ("received", "due"),
    [
        ("14/02/2026 16:00", "14/02/2026 19:00"),
        ("14/02/2026 18:00", "19/02/2026 13:00"),
        ("16/02/2026 10:00", "19/02/2026 14:00"),
        ("19/02/2026 12:40", "19/02/2026 14:00"),
        ("19/02/2026 12:50", "20/02/2026 11:00"),
    ],
)
def test_the_examples_of_tet(received: str, due: str) -> None:
    assert promise(at(received), TET, NORMAL).due_at == at(due)


def test_the_cut_off_is_a_quarter_of_a_short_day() -> None:
    short = GateCalendar("CM", special_days=(SpecialDay(date(2026, 11, 22), ((time(9), time(13)),)),))
    assert promise(on("12:00"), short, NORMAL).kind is Kind.SAME_DAY
    assert promise(on("12:01"), short, NORMAL).kind is Kind.AFTER_CUT_OFF


def test_seconds_count_one_second_after_the_cut_off_is_after_it() -> None:
    assert promise(on("17:00") + timedelta(seconds=1), SEVEN_TO_SEVEN, NORMAL).kind is Kind.AFTER_CUT_OFF


def test_after_the_cut_off_a_short_next_day_ends_the_promise_earlier() -> None:
    short = GateCalendar("CM", special_days=(SpecialDay(date(2026, 11, 23), ((time(9), time(12)),)),))
    assert promise(on("18:00"), short, NORMAL).due_at == at("23/11/2026 12:00")


def test_a_day_of_several_windows_ends_with_the_last_one() -> None:
    split_day = GateCalendar(
        "CM", special_days=(SpecialDay(date(2026, 11, 22), ((time(7), time(9)), (time(15), time(19)))),)
    )
    assert promise(on("10:00"), split_day, NORMAL).due_at == on("19:00")
    assert promise(on("08:59"), split_day, NORMAL).due_at == on("19:00")


def test_a_message_in_utc_gets_the_same_promise() -> None:
    assert promise(on("16:59").astimezone(UTC), SEVEN_TO_SEVEN, NORMAL) == promise(
        on("16:59"), SEVEN_TO_SEVEN, NORMAL
    )


def test_a_gate_that_never_opens_is_refused_not_searched_for_ever() -> None:
    with pytest.raises(NoServiceDay):
        promise(on("10:00"), GateCalendar("NH", default=()), NORMAL)


@pytest.mark.parametrize(
    ("received", "owed"),
    [
        ("17:01", "19:00"),
        ("18:45", "19:00"),
        ("18:46", None),
        ("18:59", None),
        ("17:00", None),
        ("23:59", None),
    ],
)
def test_after_the_cut_off_a_human_reply_is_owed_the_same_day_when_fifteen_minutes_remain(
    received: str, owed: str | None
) -> None:
    assert promise(on(received), SEVEN_TO_SEVEN, NORMAL).human_reply_by == (owed and on(owed))


# The three laws


hours = st.integers(0, 23).flatmap(
    lambda start: st.integers(start + 1, 24).map(lambda end: (time(start), time(end % 24)))
)
days = st.integers(0, 20).map(lambda n: date(2026, 2, 10) + timedelta(n))
instants = st.integers(0, 18 * 24 * 60).map(lambda n: datetime(2026, 2, 10, tzinfo=TZ) + timedelta(minutes=n))
weekly_rows = st.builds(
    lambda weekdays, opening, since: WeeklyWindow(weekdays, opening[0], opening[1], since),
    st.frozensets(st.integers(1, 7), min_size=1),
    hours,
    st.sampled_from([date(2026, 1, 1), date(2026, 2, 18)]),
)
special_days = st.builds(SpecialDay, days, st.lists(hours, max_size=3).map(tuple))
notices = st.builds(
    lambda start, length, hotline: GateNotice("1/TB", start, start + length, hotline_open=hotline),
    instants,
    st.timedeltas(timedelta(minutes=1), timedelta(days=4)),
    st.sampled_from([None, True, False]),
)
calendars = st.builds(
    lambda weekly, special, closures: GateCalendar("HN", (weekly,), special, closures),
    st.lists(weekly_rows, max_size=4).map(tuple),
    st.lists(special_days, max_size=4).map(tuple),
    st.lists(notices, max_size=3).map(tuple),
)
quick = settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def made(received: datetime, calendar: GateCalendar, ticket_class: TicketClass = NORMAL) -> Promise:
    try:
        return promise(received, calendar, ticket_class)
    except NoServiceDay:
        assume(False)
        raise


@quick
@given(instants, calendars, st.sampled_from([NORMAL, SUGGESTION, URGENT]))
def test_law_the_due_time_is_later_than_the_receipt(
    received: datetime, calendar: GateCalendar, ticket_class: TicketClass
) -> None:
    assert made(received, calendar, ticket_class).due_at > received


@quick
@given(
    instants,
    st.timedeltas(timedelta(), timedelta(days=3)),
    calendars,
    st.sampled_from([NORMAL, SUGGESTION, URGENT]),
)
def test_law_a_message_received_later_is_never_due_earlier(
    received: datetime, later: timedelta, calendar: GateCalendar, ticket_class: TicketClass
) -> None:
    first, second = made(received, calendar, ticket_class), made(received + later, calendar, ticket_class)
    assert first.due_at <= second.due_at


@quick
@given(instants, calendars, st.sampled_from([NORMAL, SUGGESTION]))
def test_law_the_due_time_lies_inside_a_window_or_at_its_end(
    received: datetime, calendar: GateCalendar, ticket_class: TicketClass
) -> None:
    due = made(received, calendar, ticket_class).due_at
    assert calendar.is_open(due - timedelta(microseconds=1))


@quick
@given(instants, calendars, st.timedeltas(timedelta(), timedelta(days=2)))
def test_every_ladder_starts_with_the_card_ends_in_a_breach_and_speaks_only_in_the_windows(
    received: datetime, calendar: GateCalendar, delay: timedelta
) -> None:
    made(received, calendar)
    ladder = promise(received, calendar, NORMAL, made_at=received + delay).rungs
    numbers = [rung.number for rung in ladder]
    assert {0, 7} <= set(numbers)
    assert len(numbers) == len(set(numbers))
    assert [rung.at for rung in ladder] == sorted(rung.at for rung in ladder)
    assert all(rung.at > received + delay for rung in ladder if rung.number in range(1, 7))
    firing = (fire_at(rung, rung.at, calendar, NORMAL) for rung in ladder if rung.number != 7)
    assert all(calendar.is_open(moment) for moment in firing)


@quick
@given(instants, st.floats(1, 2000), calendars)
def test_adding_and_counting_service_minutes_agree(
    start: datetime, minutes: float, calendar: GateCalendar
) -> None:
    try:
        end = calendar.add_service_minutes(start, minutes)
    except NoServiceDay:
        assume(False)
        raise
    assert calendar.service_minutes(start, end) == pytest.approx(minutes)
    back = calendar.subtract_service_minutes(end, minutes)
    assert calendar.service_minutes(back, end) == pytest.approx(minutes)
    assert calendar.is_open(back)


@quick
@given(calendars, days)
def test_windows_of_a_day_are_in_order_apart_and_on_that_day(calendar: GateCalendar, day: date) -> None:
    windows = calendar.windows_on(day)
    assert all(first.end < second.start for first, second in pairwise(windows))
    assert all(window.start.date() == day for window in windows)
    assert all((window.end - timedelta(microseconds=1)).date() == day for window in windows)


@quick
@given(calendars, days)
def test_a_checked_calendar_has_a_promise_for_the_next_message(calendar: GateCalendar, today: date) -> None:
    try:
        check_calendar(calendar, today)
    except NoServiceDay:
        assume(False)
    assert calendar.first_service_instant(datetime.combine(today, time(), TZ))


# Receipt of the message


def test_a_message_from_the_future_counts_as_received_now() -> None:
    assert accepted_received_at(on("10:05"), on("10:00")) == (on("10:00"), False)


def test_a_message_of_yesterday_keeps_its_own_time_up_to_24_hours() -> None:
    assert accepted_received_at(at("21/11/2026 10:00"), on("10:00")) == (at("21/11/2026 10:00"), False)


def test_a_message_older_than_24_hours_counts_from_now_and_is_flagged_late() -> None:
    assert accepted_received_at(at("21/11/2026 09:59"), on("10:00")) == (on("10:00"), True)


# Classes


def test_urgent_runs_on_the_wall_clock_day_and_night() -> None:
    night = promise(on("23:00"), SEVEN_TO_SEVEN, URGENT)
    assert (night.claim_by, night.due_at, night.kind) == (on("23:10"), at("23/11/2026 03:00"), Kind.URGENT)
    assert night.human_reply_by is None


def test_urgent_needs_no_calendar_that_opens() -> None:
    assert promise(on("23:00"), GateCalendar("NH", default=()), URGENT).due_at == at("23/11/2026 03:00")


def test_the_urgent_ladder_is_on_the_wall_clock_too() -> None:
    assert rungs(promise(on("20:00"), SEVEN_TO_SEVEN, URGENT)) == {
        0: on("20:00"),
        1: on("20:05"),
        2: on("20:10"),
        3: on("20:30"),
        4: on("22:00"),
        5: on("23:00"),
        6: on("23:45"),
        7: at("23/11/2026 00:00"),
    }


def test_a_changed_class_downwards_never_extends_the_due_time() -> None:
    assert downgraded_due(on("14:00"), on("19:00"), now=on("11:00")) == on("14:00")
    assert downgraded_due(on("20:00"), on("19:00"), now=on("17:00")) == on("19:00")


def test_a_changed_class_downwards_cannot_move_a_due_time_already_past() -> None:
    assert downgraded_due(on("14:00"), on("13:00"), now=on("15:00")) == on("14:00")


def test_a_changed_class_downwards_never_makes_a_due_time_already_past() -> None:
    assert downgraded_due(on("20:30"), on("19:00"), now=on("19:30")) == on("20:30")


@pytest.mark.parametrize("received", ["06:00", "10:00", "18:59", "23:59"])
def test_praise_and_suggestions_are_answered_within_three_service_days(received: str) -> None:
    made = promise(on(received), SEVEN_TO_SEVEN, SUGGESTION)
    assert (made.due_at, made.kind) == (at("25/11/2026 19:00"), Kind.SUGGESTION)


def test_a_petition_has_no_clock() -> None:
    with pytest.raises(ValueError, match="petition"):
        promise(on("10:00"), SEVEN_TO_SEVEN, TicketClass.PETITION)


# Three clocks


def test_the_three_clocks_count_service_minutes() -> None:
    made = promise(on("10:00"), SEVEN_TO_SEVEN, NORMAL)
    assert (made.claim_by, made.first_reply_by, made.due_at) == (on("10:15"), on("10:30"), on("19:00"))


def test_the_clocks_of_a_message_at_night_start_with_the_window() -> None:
    made = promise(on("03:00"), SEVEN_TO_SEVEN, NORMAL)
    assert (made.claim_by, made.first_reply_by) == (on("07:15"), on("07:30"))


# Waiting


def test_the_senders_answer_re_issues_the_promise_never_to_an_earlier_due() -> None:
    assert reissued(on("19:00"), at("23/11/2026 09:00"), SEVEN_TO_SEVEN).due_at == at("23/11/2026 19:00")
    assert reissued(at("24/11/2026 19:00"), on("09:00"), SEVEN_TO_SEVEN).due_at == at("24/11/2026 19:00")


def test_a_re_issued_promise_has_a_ladder_before_its_own_due() -> None:
    again = reissued(at("24/11/2026 19:00"), on("09:00"), SEVEN_TO_SEVEN)
    assert rungs(again)[4] == at("24/11/2026 17:00")
    assert rungs(again)[7] == again.due_at == at("24/11/2026 19:00")


def test_an_urgent_ticket_has_no_pause_its_due_time_stays() -> None:
    assert not may_wait_for_sender(0, URGENT)
    again = reissued(on("14:00"), on("13:30"), SEVEN_TO_SEVEN, URGENT)
    assert again.due_at == on("14:00")
    assert set(rungs(again)) == {0, 6, 7}


def test_waiting_for_the_sender_happens_at_most_twice() -> None:
    assert [may_wait_for_sender(asked) for asked in (0, 1, 2)] == [True, True, False]


def test_an_unanswered_question_may_close_at_the_end_of_the_next_service_day() -> None:
    assert may_close_unanswered_from(on("09:00"), SEVEN_TO_SEVEN) == at("23/11/2026 19:00")
    assert may_close_unanswered_from(at("14/02/2026 09:00"), TET) == at("19/02/2026 14:00")


def test_an_answer_within_thirty_days_reopens() -> None:
    assert late_answer_reopens_until(on("09:00")) == at("22/12/2026 09:00")


def test_joined_tickets_take_the_earliest_due() -> None:
    assert joined_due([on("19:00"), on("11:00"), on("12:00")]) == on("11:00")


# Resolve, rate, reopen


def test_a_resolution_at_the_due_minute_is_on_time_and_a_second_later_is_not() -> None:
    assert kept(on("19:00"), on("19:00"))
    assert not kept(on("19:00") + timedelta(seconds=1), on("19:00"))
    assert not kept(None, on("19:00"))


def test_silence_closes_after_24_hours() -> None:
    assert auto_close_at(on("10:00")) == at("23/11/2026 10:00")


def test_reopening_is_possible_for_three_service_days() -> None:
    assert reopen_until(on("10:00"), SEVEN_TO_SEVEN) == at("25/11/2026 19:00")
    assert reopen_until(at("14/02/2026 10:00"), TET) == at("21/02/2026 19:00")


def test_the_third_reopening_goes_to_a_leader() -> None:
    assert [reopening_goes_to_leader(n) for n in (1, 2, 3, 4)] == [False, False, True, True]


# The ladder


def test_the_ladder_of_a_message_in_the_morning() -> None:
    assert promise(on("08:00"), SEVEN_TO_SEVEN, NORMAL).rungs == (
        Rung(0, "rung0", on("08:00")),
        Rung(1, "rung1", on("08:10")),
        Rung(2, "rung2", on("08:20")),
        Rung(3, "rung3", on("08:30")),
        Rung(4, "rung4", on("17:00")),
        Rung(5, "rung5", on("18:00")),
        Rung(6, "rung6", on("18:45")),
        Rung(7, "rung7", on("19:00")),
    )


def test_the_ladder_counts_service_minutes_across_the_night() -> None:
    assert rungs(promise(on("18:55"), SEVEN_TO_SEVEN, NORMAL)) == {
        0: on("18:55"),
        1: at("23/11/2026 07:05"),
        2: at("23/11/2026 07:15"),
        3: at("23/11/2026 07:25"),
        4: at("23/11/2026 09:00"),
        5: at("23/11/2026 10:00"),
        6: at("23/11/2026 10:45"),
        7: at("23/11/2026 11:00"),
    }


def test_the_card_of_a_message_at_night_waits_for_the_window() -> None:
    assert rungs(promise(on("23:00"), SEVEN_TO_SEVEN, NORMAL))[0] == at("23/11/2026 07:00")


def test_a_rung_already_past_when_the_promise_is_made_is_skipped_but_never_the_card() -> None:
    late = promise(on("08:00"), SEVEN_TO_SEVEN, NORMAL, made_at=on("18:30"))
    assert rungs(late) == {0: on("18:30"), 6: on("18:45"), 7: on("19:00")}


def test_a_rung_of_the_very_instant_of_the_promise_is_past_the_card_says_it_all() -> None:
    assert 4 not in rungs(promise(on("17:00"), SEVEN_TO_SEVEN, NORMAL))


def test_the_breach_is_kept_even_when_the_promise_is_made_after_its_due_time() -> None:
    late = promise(at("21/11/2026 12:00"), SEVEN_TO_SEVEN, NORMAL, made_at=on("08:00"))
    assert rungs(late) == {7: at("21/11/2026 19:00"), 0: on("08:00")}


def test_outside_the_windows_nothing_fires_but_urgent_and_the_breach() -> None:
    reminder, breach = Rung(3, "rung3", on("19:00")), Rung(7, "rung7", on("19:00"))
    assert fire_at(reminder, on("19:00"), SEVEN_TO_SEVEN, NORMAL) == at("23/11/2026 07:00")
    assert fire_at(reminder, on("19:00"), SEVEN_TO_SEVEN, URGENT) == on("19:00")
    assert fire_at(breach, on("19:00"), SEVEN_TO_SEVEN, NORMAL) == on("19:00")


def test_a_rung_outside_the_windows_fires_with_the_next_one() -> None:
    reminder = Rung(3, "rung3", on("19:00"))
    assert fire_at(reminder, on("19:00"), SEVEN_TO_SEVEN, NORMAL) == at("23/11/2026 07:00")
    assert fire_at(reminder, on("10:00"), SEVEN_TO_SEVEN, URGENT) == on("19:00")
    assert fire_at(reminder, at("23/11/2026 08:00"), SEVEN_TO_SEVEN, NORMAL) == at("23/11/2026 08:00")


def test_after_downtime_only_the_highest_due_rung_fires() -> None:
    due = [Rung(n, f"rung{n}", on("10:00")) for n in (0, 5, 2)]
    assert highest(due) == due[1]
    assert highest([]) is None


@pytest.mark.parametrize(
    ("due", "goes"),
    [
        ("22/11/2026 20:59", "22/11/2026 20:59"),
        ("22/11/2026 21:00", "23/11/2026 06:00"),
        ("23/11/2026 00:30", "23/11/2026 06:00"),
        ("23/11/2026 05:59", "23/11/2026 06:00"),
        ("23/11/2026 06:00", "23/11/2026 06:00"),
    ],
)
def test_leaders_texts_wait_for_the_morning_unless_urgent(due: str, goes: str) -> None:
    assert leader_hold_until(at(due), urgent=False) == at(goes)
    assert leader_hold_until(at(due), urgent=True) == at(due)


# Breach


def test_a_reason_is_asked_within_thirty_service_minutes_of_the_breach() -> None:
    assert breach_reason_by(on("19:00"), SEVEN_TO_SEVEN) == at("23/11/2026 07:30")
    assert breach_reason_by(on("11:00"), SEVEN_TO_SEVEN) == on("11:30")


def test_a_breach_nags_at_each_window_start_and_every_120_service_minutes() -> None:
    nags, moment = [], on("16:00")
    for _ in range(5):
        moment = next_nag_at(moment, SEVEN_TO_SEVEN)
        nags.append(f"{moment:%d %H:%M}")
    assert nags == ["22 18:00", "23 07:00", "23 09:00", "23 11:00", "23 13:00"]


def test_no_nag_falls_on_the_closing_minute() -> None:
    assert next_nag_at(on("17:00"), SEVEN_TO_SEVEN) == at("23/11/2026 07:00")


# Settings


def test_a_changed_setting_names_the_decision_behind_it() -> None:
    with pytest.raises(ValueError, match="cut_minutes"):
        SlaSettings(cut_minutes=60)
    assert SlaSettings("12/QĐ-BQL", cut_minutes=60).cut_minutes == 60


def test_a_changed_setting_changes_the_promise() -> None:
    shorter = SlaSettings("12/QĐ-BQL", cut_minutes=60)
    assert promise(on("18:00"), SEVEN_TO_SEVEN, NORMAL, shorter).due_at == on("19:00")
