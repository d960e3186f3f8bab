"""The figures leaders see: what counts as kept, with which denominator, and what is suppressed."""

from dataclasses import replace
from datetime import UTC, date, datetime

from core.calendar import TZ
from core.figures import CycleFact, Share, by_category, by_gate, by_shift, figures, may_see_person, of_person
from core.ids import PersonId
from core.sla import Kind
from core.ticket import Score


def on(clock: str, day: int = 22) -> datetime:
    return datetime.strptime(f"{day}/11/2026 {clock}", "%d/%m/%Y %H:%M").replace(tzinfo=TZ)


NEXT_WEEK = on("12:00", 29)
KEPT = CycleFact(
    gate="HN",
    category="UT",
    shift="1",
    received_at=on("08:00"),
    service_day=date(2026, 11, 22),
    due_at=on("19:00"),
    kind=Kind.SAME_DAY,
    first_reply_by=on("08:30"),
    resolved_at=on("15:00"),
    human_replied_at=on("08:20"),
    person=PersonId(1),
)
MISSED = replace(KEPT, resolved_at=on("19:01"))
OPEN = replace(KEPT, resolved_at=None, human_replied_at=None)
AFTER = replace(
    KEPT,
    received_at=on("18:00"),
    kind=Kind.AFTER_CUT_OFF,
    due_at=on("11:00", 23),
    resolved_at=on("10:00", 23),
)


def test_same_day_is_kept_cycles_of_those_due_on_the_received_service_day() -> None:
    assert figures([KEPT] * 5 + [MISSED] + [AFTER] * 9, NEXT_WEEK).same_day == Share(5, 6)


def test_a_resolution_at_the_due_minute_is_kept() -> None:
    assert figures([replace(KEPT, resolved_at=on("19:00"))] * 5, NEXT_WEEK).same_day == Share(5, 5)


def test_a_message_at_night_is_same_day_on_the_next_service_day() -> None:
    night = replace(KEPT, received_at=on("23:00", 21))
    seen = figures([night] * 5, NEXT_WEEK)
    assert seen.same_day == Share(5, 5)
    assert seen.calendar_day == Share(0, 5)


def test_a_promise_re_issued_for_a_later_day_is_no_same_day_cycle() -> None:
    paused = replace(KEPT, due_at=on("19:00", 23), resolved_at=on("15:00", 23))
    assert figures([paused] * 5, NEXT_WEEK).same_day.of == 0


def test_a_day_that_ends_at_24_00_still_counts_as_that_day() -> None:
    late = replace(KEPT, due_at=on("00:00", 23), resolved_at=on("23:30"))
    assert figures([late] * 5, NEXT_WEEK).same_day == Share(5, 5)


def test_calendar_day_is_resolved_on_the_received_date() -> None:
    assert figures([KEPT] * 4 + [MISSED, AFTER], NEXT_WEEK).calendar_day == Share(5, 6)


def test_a_cycle_still_open_before_its_due_is_in_no_denominator_yet() -> None:
    seen = figures([KEPT] * 5 + [OPEN], on("08:10"))
    assert seen.same_day == Share(5, 5)
    assert seen.calendar_day == Share(5, 5)
    assert seen.human_reply == Share(5, 5)
    assert seen.cycles == 6


def test_an_open_cycle_past_its_due_is_missed_and_open_overdue() -> None:
    seen = figures([KEPT] * 5 + [OPEN], NEXT_WEEK)
    assert seen.same_day == Share(5, 6)
    assert seen.open_overdue == 1


def test_the_due_minute_itself_is_not_overdue() -> None:
    assert figures([OPEN], on("19:00")).open_overdue == 0


def test_amber_is_never_green_and_has_its_own_share() -> None:
    seen = figures([KEPT] * 5 + [replace(KEPT, amber=True)], NEXT_WEEK)
    assert seen.same_day == Share(5, 6)
    assert seen.amber == Share(1, 6)


def test_the_after_cut_off_share_is_among_the_classes_that_have_a_cut_off() -> None:
    urgent = replace(KEPT, kind=Kind.URGENT)
    assert figures([KEPT] * 4 + [AFTER, urgent], NEXT_WEEK).after_cut_off == Share(1, 5)


def test_a_human_reply_counts_up_to_its_last_minute() -> None:
    in_time = replace(KEPT, human_replied_at=on("08:30"))
    late = replace(KEPT, human_replied_at=on("08:31"))
    assert figures([in_time] * 4 + [late, OPEN], NEXT_WEEK).human_reply == Share(4, 6)


def test_a_human_reply_still_possible_this_minute_is_not_missed_yet() -> None:
    assert figures([OPEN] * 5, on("08:30")).human_reply.of == 0
    assert figures([OPEN] * 5, on("08:31")).human_reply == Share(0, 5)


def test_reopened_is_a_share_of_resolved_cycles() -> None:
    assert figures([KEPT] * 4 + [replace(KEPT, reopened_in_time=True), OPEN], NEXT_WEEK).reopened == Share(
        1, 5
    )


def test_ratings_come_with_their_response_rate() -> None:
    good, bad = replace(KEPT, ratings=(Score.GOOD,)), replace(KEPT, ratings=(Score.BAD,))
    seen = figures([good] * 4 + [bad] + [KEPT] * 5, NEXT_WEEK)
    assert seen.rated == Share(5, 10)
    assert seen.scores == {Score.GOOD: Share(4, 5), Score.FAIR: Share(0, 5), Score.BAD: Share(1, 5)}


def test_of_joined_tickets_the_rating_of_every_sender_counts() -> None:
    both = replace(KEPT, ratings=(Score.BAD, Score.GOOD))
    seen = figures([both] * 3 + [KEPT] * 2, NEXT_WEEK)
    assert seen.rated == Share(3, 5)
    assert seen.scores == {Score.GOOD: Share(3, 6), Score.FAIR: Share(0, 6), Score.BAD: Share(3, 6)}


def test_while_we_wait_for_the_sender_nothing_is_kept_or_missed() -> None:
    seen = figures([replace(OPEN, paused=True)] * 5 + [KEPT] * 5, NEXT_WEEK)
    assert seen.same_day == Share(5, 5)
    assert seen.open_overdue == 0


def test_a_waiver_leaves_the_raw_figure_as_it_is() -> None:
    waived = replace(MISSED, waived=True)
    seen = figures([KEPT] * 5 + [waived] * 5, NEXT_WEEK)
    assert seen.same_day == figures([KEPT] * 5 + [MISSED] * 5, NEXT_WEEK).same_day == Share(5, 10)
    assert seen.waived == Share(5, 5)


def test_groups_under_five_are_suppressed_but_print_their_denominator() -> None:
    seen = figures([KEPT] * 4, NEXT_WEEK)
    assert seen.same_day == Share(None, 4)
    assert seen.same_day.percent is None
    assert figures([KEPT] * 5, NEXT_WEEK).same_day.percent == 100


def test_no_cycles_give_no_figures_and_no_division_by_zero() -> None:
    seen = figures([], NEXT_WEEK)
    assert (seen.same_day.percent, seen.same_day.of, seen.open_overdue) == (None, 0, 0)


def test_figures_are_told_by_gate_category_and_shift() -> None:
    facts = [KEPT] * 5 + [replace(KEPT, gate="CM", category=None, shift="2")]
    assert {gate: seen.cycles for gate, seen in by_gate(facts, NEXT_WEEK).items()} == {"HN": 5, "CM": 1}
    assert {name: seen.cycles for name, seen in by_category(facts, NEXT_WEEK).items()} == {"UT": 5, None: 1}
    assert by_shift(facts, NEXT_WEEK, seen={PersonId(1)})["2"].same_day == Share(None, 1)


def test_a_shift_that_one_person_kept_is_told_only_to_who_may_see_that_person() -> None:
    lan, mai = PersonId(1), PersonId(2)
    several = [replace(KEPT, roster=frozenset({lan, mai}), person=one) for one in (lan, mai)]
    of_one = replace(KEPT, shift="2", roster=frozenset({lan}))
    held_by_one = replace(KEPT, shift="3", roster=frozenset({lan, mai}))
    facts = [*several, of_one, held_by_one, replace(KEPT, shift=None)]
    assert set(by_shift(facts, NEXT_WEEK)) == {"1", None}
    assert set(by_shift(facts, NEXT_WEEK, seen={mai})) == {"1", None}
    assert set(by_shift(facts, NEXT_WEEK, seen={lan})) == {"1", "2", "3", None}


def test_a_shift_kept_alone_whose_work_another_held_is_told_to_who_may_see_both() -> None:
    lan, mai = PersonId(1), PersonId(2)
    facts = [replace(KEPT, roster=frozenset({lan}), person=mai)]
    assert by_shift(facts, NEXT_WEEK, seen={lan}) == by_shift(facts, NEXT_WEEK, seen={mai}) == {}
    assert set(by_shift(facts, NEXT_WEEK, seen={lan, mai})) == {"1"}


def test_what_one_person_alone_held_at_a_gate_or_of_a_kind_is_told_by_its_number_to_others() -> None:
    lan, mai = PersonId(1), PersonId(2)
    facts = [replace(KEPT, gate="CM", category="HT", person=lan) for _ in range(5)]
    facts += [replace(KEPT, person=one) for one in (lan, mai) for _ in range(5)]
    for by, alone, shared in ((by_gate, "CM", "HN"), (by_category, "HT", "UT")):
        seen = by(facts, NEXT_WEEK)
        assert (seen[alone].cycles, seen[alone].same_day, seen[shared].same_day) == (
            5,
            Share(None, 5),
            Share(10, 10),
        )
        assert by(facts, NEXT_WEEK, seen={lan})[alone].same_day == Share(5, 5)
        assert by(facts, NEXT_WEEK, seen={mai})[alone].same_day == Share(None, 5)


def test_figures_by_person_are_only_for_that_person_and_the_direct_head() -> None:
    lan, head, other = PersonId(1), PersonId(2), PersonId(3)
    assert may_see_person(lan, lan, {head})
    assert may_see_person(head, lan, {head})
    assert not may_see_person(other, lan, {head})
    assert not may_see_person(other, lan, ())
    assert of_person([KEPT] * 5 + [replace(KEPT, person=other)], lan, NEXT_WEEK).cycles == 5


def test_times_in_utc_count_on_the_hanoi_date() -> None:
    early = replace(KEPT, received_at=on("00:30").astimezone(UTC), resolved_at=on("08:00").astimezone(UTC))
    assert figures([early] * 5, NEXT_WEEK).calendar_day == Share(5, 5)
