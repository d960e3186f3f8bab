"""A shift from its entry in the roster to its end: who is asked, who is told, and where the tickets go."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from core import access
from core.calendar import TZ
from core.errors import Refused
from core.events import EventKind
from core.ids import PersonId
from core.notices import NoticeKind
from core.people import Person, Role
from core.ticket import Status, Ticket
from services import complaints, handling, handover, timers
from services.casework import Act
from services.config import Config
from services.opening import TakeMessage
from services.reference import reference
from storage import people, shifts, tickets
from storage import timers as stored_timers
from storage.database import Connection, writer_engine
from storage.people import Identity
from storage.schema import metadata, outbox

SECOND = timedelta(seconds=1)


def at(clock: str, day: int = 22) -> datetime:
    """A time in November 2026, Hanoi; the 22nd is a Sunday, and the gates are open 07:00–19:00 on every day."""
    return datetime.strptime(f"{day}/11/2026 {clock}", "%d/%m/%Y %H:%M").replace(tzinfo=TZ)


class OpenSeal:
    """A seal that anybody can open: nothing here is sealed."""

    def close(self, text: str) -> bytes:
        return text.encode()

    def open(self, sealed: bytes) -> str:
        return sealed.decode()

    def close_bytes(self, content: bytes) -> bytes:
        return content


@dataclass
class Gate:
    """A database with one gate's people in it, and a hand on the clock."""

    db: Connection
    cfg: Config
    count: int = 0

    def person(self, name: str, role: Role = Role.DUTY, gate: str | None = "HN", **values: Any) -> PersonId:
        person_id = people.add_person(self.db, name, role, at("06:00", 1), gate=gate, **values)
        people.add_identity(self.db, person_id, "telegram", "bot", f"chat-{name}", at("06:00", 1), name=name)
        return person_id

    def chat(self, person: PersonId) -> Identity:
        return people.identities_of(self.db, person)[0]

    def shift(self, starts: datetime, ends: datetime, *persons: PersonId, now: datetime | None = None) -> int:
        ref = reference(self.db)
        return handover.enter_shift(self.db, ref, "HN", starts, ends, persons, now or at("06:00", 20))

    def complaint(self, now: datetime, text: str = "Xe chờ lâu quá") -> Ticket:
        self.count += 1
        sender = self.person(f"driver-{self.count}", Role.SENDER, None)
        people.update_identity(self.db, self.chat(sender).id, gate="HN")
        person = people.person(self.db, sender)
        assert person is not None
        told = TakeMessage(self.chat(sender), person, None, f"m{self.count}", text, at=now)
        ticket_id = complaints.take_message(self.db, self.cfg, told, now)
        assert ticket_id is not None
        return self.ticket(ticket_id)

    def ticket(self, ticket_id: int) -> Ticket:
        ticket = tickets.load(self.db, ticket_id)
        assert ticket is not None
        return ticket

    def act(self, person: PersonId, ticket: Ticket) -> Act:
        known = people.person(self.db, person)
        assert known is not None
        return Act(self.chat(person), known, ticket.id)

    def claimed(self, person: PersonId, now: datetime) -> Ticket:
        ticket = self.complaint(now)
        return handling.claim(self.db, self.cfg, self.act(person, ticket), now)

    def fire(self, now: datetime) -> None:
        timers.fire_due(self.db, self.cfg, now)

    def told(
        self, person: PersonId, kind: NoticeKind, since: datetime | None = None
    ) -> list[Mapping[str, Any]]:
        """What was queued to this person of that kind, oldest first: the notices' data with their ticket."""
        query = sa.select(outbox.c.data, outbox.c.ticket_id).where(
            outbox.c.identity_id == self.chat(person).id, outbox.c.kind == kind
        )
        if since is not None:
            query = query.where(outbox.c.created_at >= since)
        return [{**row.data, "ticket": row.ticket_id} for row in self.db.execute(query.order_by(outbox.c.id))]

    def fresh_cards(self, person: PersonId, since: datetime) -> list[int]:
        return [card["ticket"] for card in self.told(person, NoticeKind.CARD, since) if card.get("fresh")]


@pytest.fixture
def gate(tmp_path: Path) -> Iterator[Gate]:
    engine = writer_engine(sa.make_url(f"sqlite+aiosqlite:///{tmp_path}/hotline.db"))
    metadata.create_all(engine)
    with engine.begin() as db:
        yield Gate(db, Config(OpenSeal(), tmp_path))
    engine.dispose()


@pytest.fixture
def lan(gate: Gate) -> PersonId:
    return gate.person("Lan")


@pytest.fixture
def hoa(gate: Gate) -> PersonId:
    return gate.person("Hoa")


@pytest.fixture
def office(gate: Gate) -> PersonId:
    return gate.person("Office", Role.OFFICE, None)


@pytest.fixture
def head(gate: Gate) -> PersonId:
    return gate.person("Head", Role.OFFICER, "HN", is_head=True)


@pytest.fixture
def two_shifts(gate: Gate, lan: PersonId, hoa: PersonId) -> tuple[int, int]:
    """Lan from 07:00 to 13:00, Hoa from 13:00 to 19:00."""
    return gate.shift(at("07:00"), at("13:00"), lan), gate.shift(at("13:00"), at("19:00"), hoa)


def test_a_shift_has_its_four_timers(gate: Gate, lan: PersonId) -> None:
    shift = gate.shift(at("07:00"), at("13:00"), lan)
    due = {
        stage: due_at.replace(microsecond=0)
        for stage, _, due_at, _ in stored_timers.of_subject(gate.db, "shift", shift)
    }
    assert due == {
        "begins": at("07:00"),
        "confirm": at("07:15"),
        "handover": at("12:30"),
        "ends": at("13:00"),
    }


def test_the_same_shift_entered_again_is_the_same_shift(gate: Gate, lan: PersonId) -> None:
    first = gate.shift(at("07:00"), at("13:00"), lan)
    handover.confirm(gate.db, _person(gate, lan), first, at("07:05"))
    assert gate.shift(at("07:00"), at("13:00"), lan, now=at("08:00")) == first
    assert shifts.confirmed(gate.db, first)


def test_a_changed_shift_moves_its_timers(gate: Gate, lan: PersonId, hoa: PersonId) -> None:
    shift = gate.shift(at("07:00"), at("13:00"), lan)
    assert gate.shift(at("07:00"), at("14:00"), lan, hoa) == shift
    ends = [
        due for stage, _, due, _ in stored_timers.of_subject(gate.db, "shift", shift) if stage == "handover"
    ]
    assert ends == [at("13:30")]
    assert shifts.get(gate.db, shift).people == (lan, hoa)


@pytest.mark.parametrize(
    ("wrong", "code"),
    [
        ({"gate": "XX"}, "unknown_gate"),
        ({"ends_at": at("06:00")}, "bad_date"),
        ({"persons": [PersonId(1)]}, "unknown_person"),
    ],
)
def test_a_wrong_shift_is_refused(gate: Gate, lan: PersonId, wrong: dict[str, Any], code: str) -> None:
    shift: dict[str, Any] = {
        "gate": "HN",
        "starts_at": at("07:00"),
        "ends_at": at("13:00"),
        "persons": [lan],
    } | wrong
    with pytest.raises(Refused) as refusal:
        handover.enter_shift(gate.db, reference(gate.db), now=at("06:00"), **shift)
    assert refusal.value.code == code
    assert shifts.gates_with_shifts(gate.db) == []


def test_a_sender_stands_on_no_roster(gate: Gate) -> None:
    driver = gate.person("driver", Role.SENDER, None)
    with pytest.raises(Refused, match="unknown_person"):
        gate.shift(at("07:00"), at("13:00"), driver)


def test_the_incoming_shift_gets_the_number_and_the_cards(
    gate: Gate, lan: PersonId, two_shifts: tuple[int, int]
) -> None:
    left_over = gate.complaint(at("18:30", 21))
    gate.fire(at("07:00") + SECOND)
    begins = gate.told(lan, NoticeKind.SHIFT_BEGINS)
    assert [(told["shift_id"], told["count"]) for told in begins] == [(two_shifts[0], 1)]
    assert gate.fresh_cards(lan, at("07:00")) == [left_over.id]


def test_nobody_confirmed_after_fifteen_minutes_and_head_and_office_hear_of_it(
    gate: Gate, office: PersonId, head: PersonId, two_shifts: tuple[int, int]
) -> None:
    gate.fire(at("07:00") + SECOND)
    gate.fire(at("07:15"))
    for person in (office, head):
        told = gate.told(person, NoticeKind.SHIFT_UNCONFIRMED)
        assert [(notice["shift_id"], notice["gate"]) for notice in told] == [(two_shifts[0], "HN")]


def test_one_confirmation_is_enough(
    gate: Gate, lan: PersonId, office: PersonId, two_shifts: tuple[int, int]
) -> None:
    gate.fire(at("07:00") + SECOND)
    assert handover.confirm(gate.db, _person(gate, lan), two_shifts[0], at("07:10"))
    assert not handover.confirm(gate.db, _person(gate, lan), two_shifts[0], at("07:11"))
    gate.fire(at("07:15"))
    assert gate.told(office, NoticeKind.SHIFT_UNCONFIRMED) == []


def test_only_the_people_of_a_shift_confirm_it_and_not_after_its_end(
    gate: Gate, lan: PersonId, hoa: PersonId, two_shifts: tuple[int, int]
) -> None:
    with pytest.raises(Refused, match="not_allowed"):
        handover.confirm(gate.db, _person(gate, hoa), two_shifts[0], at("07:10"))
    with pytest.raises(Refused, match="old_button"):
        handover.confirm(gate.db, _person(gate, lan), two_shifts[0], at("13:00"))
    with pytest.raises(Refused, match="old_button"):
        handover.confirm(gate.db, _person(gate, lan), 12345, at("07:10"))


def test_after_an_outage_the_shift_has_its_fifteen_minutes_from_when_it_heard(
    gate: Gate, lan: PersonId, office: PersonId, two_shifts: tuple[int, int]
) -> None:
    gate.fire(at("10:00"))
    assert len(gate.told(lan, NoticeKind.SHIFT_BEGINS)) == 1
    assert gate.told(office, NoticeKind.SHIFT_UNCONFIRMED) == []
    gate.fire(at("10:15"))
    assert len(gate.told(office, NoticeKind.SHIFT_UNCONFIRMED)) == 1


def test_holders_get_their_list_half_an_hour_before_the_end(
    gate: Gate, lan: PersonId, hoa: PersonId, two_shifts: tuple[int, int]
) -> None:
    mine = gate.claimed(lan, at("09:00"))
    gate.fire(at("12:30"))
    told = gate.told(lan, NoticeKind.SHIFT_ENDING)
    assert [[item["code"] for item in notice["items"]] for notice in told] == [[mine.code]]
    assert not told[0]["refused"]
    assert not told[0]["is_last"]
    assert gate.told(hoa, NoticeKind.SHIFT_ENDING) == []


def test_what_is_not_kept_returns_to_the_pool_and_no_clock_resets(
    gate: Gate, lan: PersonId, hoa: PersonId, two_shifts: tuple[int, int]
) -> None:
    mine = gate.claimed(lan, at("09:00"))
    kept = gate.claimed(lan, at("09:30"))
    gate.fire(at("12:30"))
    handover.keep(gate.db, gate.cfg, gate.act(lan, kept), at("12:40"))
    gate.fire(at("13:00") + SECOND)
    after = gate.ticket(mine.id)
    assert (after.status, after.holder_id, after.due_at, after.promise_no) == (
        Status.NEW,
        None,
        mine.due_at,
        mine.promise_no,
    )
    assert gate.ticket(kept.id).holder_id == lan
    released = [
        stored.event
        for stored in tickets.history(gate.db, mine.id)
        if stored.event.kind is EventKind.RELEASED
    ]
    assert [dict(event.data) for event in released] == [{"why": "shift_end", "held_by": lan}]


def test_the_incoming_shift_gets_one_fresh_card_and_the_old_copies_change(
    gate: Gate, lan: PersonId, hoa: PersonId, two_shifts: tuple[int, int]
) -> None:
    gate.fire(at("07:00") + SECOND)
    mine = gate.claimed(lan, at("09:00"))
    gate.db.execute(sa.update(outbox).values(status="sent", sent_at=at("09:01"), provider_id="7"))
    gate.fire(at("13:00") + SECOND)
    assert gate.fresh_cards(hoa, at("13:00")) == [mine.id]
    assert [told["count"] for told in gate.told(hoa, NoticeKind.SHIFT_BEGINS)] == [1]
    edits = [card for card in gate.told(lan, NoticeKind.CARD, at("13:00")) if not card.get("fresh")]
    assert [card["ticket"] for card in edits] == [mine.id]


def test_the_new_shift_can_take_what_the_old_one_left(
    gate: Gate, lan: PersonId, hoa: PersonId, two_shifts: tuple[int, int]
) -> None:
    mine = gate.claimed(lan, at("09:00"))
    gate.fire(at("13:00") + SECOND)
    taken = handling.claim(gate.db, gate.cfg, gate.act(hoa, mine), at("13:05"))
    assert taken.holder_id == hoa
    assert not access.may_work_on(_person(gate, lan), taken)


def test_the_handover_happens_once_however_often_the_heartbeat_comes(
    gate: Gate, lan: PersonId, hoa: PersonId, two_shifts: tuple[int, int]
) -> None:
    mine = gate.claimed(lan, at("09:00"))
    for _ in range(3):
        gate.fire(at("13:00") + SECOND)
    assert gate.fresh_cards(hoa, at("13:00")) == [mine.id]
    assert len(gate.told(hoa, NoticeKind.SHIFT_BEGINS)) == 1


def test_whoever_goes_straight_on_keeps_what_they_hold(gate: Gate, lan: PersonId, hoa: PersonId) -> None:
    gate.shift(at("07:00"), at("13:00"), lan, hoa)
    gate.shift(at("13:00"), at("19:00"), lan)
    mine, hers = gate.claimed(lan, at("09:00")), gate.claimed(hoa, at("09:10"))
    gate.fire(at("12:30"))
    assert gate.told(lan, NoticeKind.SHIFT_ENDING) == []
    gate.fire(at("13:00") + SECOND)
    assert gate.ticket(mine.id).holder_id == lan
    assert gate.ticket(hers.id).holder_id is None


def test_a_ticket_that_waits_for_its_sender_stays_and_its_pause_with_it(
    gate: Gate, lan: PersonId, two_shifts: tuple[int, int]
) -> None:
    mine = gate.claimed(lan, at("09:00"))
    handling.ask(gate.db, gate.cfg, gate.act(lan, mine), "Xe mang biển số nào?", at("09:05"))
    handling.question_delivered(gate.db, reference(gate.db), mine.id, at("09:06"))
    gate.fire(at("13:00") + SECOND)
    after = gate.ticket(mine.id)
    assert (after.status, after.holder_id, after.waiting_since) == (
        Status.WAITING_SENDER,
        lan,
        at("09:06"),
    )


def test_its_answer_comes_later_and_the_next_shift_gets_it(
    gate: Gate, lan: PersonId, hoa: PersonId, two_shifts: tuple[int, int]
) -> None:
    minh = gate.person("Minh")
    gate.shift(at("07:00", 23), at("13:00", 23), minh)
    mine = gate.claimed(lan, at("09:00"))
    handling.ask(gate.db, gate.cfg, gate.act(lan, mine), "Xe mang biển số nào?", at("09:05"))
    handling.question_delivered(gate.db, reference(gate.db), mine.id, at("09:06"))
    gate.fire(at("13:00") + SECOND)
    driver = gate.ticket(mine.id).sender_id
    chat, person = gate.chat(driver), _person(gate, driver)
    answer = TakeMessage(chat, person, None, "answer", "Biển số 12C-123.45", at=at("18:00"))
    complaints.take_message(gate.db, gate.cfg, answer, at("18:00"))
    assert gate.ticket(mine.id).holder_id == lan
    gate.fire(at("07:00", 23) + SECOND)
    assert gate.ticket(mine.id).holder_id is None
    assert mine.id in gate.fresh_cards(minh, at("07:00", 23))


class TestTheLastShiftOfTheDay:
    """It hands over only with an outcome, an interim answer, or a breach."""

    def test_what_nobody_answered_stays_and_its_holder_is_told(
        self, gate: Gate, hoa: PersonId, two_shifts: tuple[int, int]
    ) -> None:
        late = gate.claimed(hoa, at("18:30"))
        gate.fire(at("18:30") + SECOND)
        gate.fire(at("19:00") + SECOND)
        assert gate.ticket(late.id).holder_id == hoa
        refused = [told for told in gate.told(hoa, NoticeKind.SHIFT_ENDING) if told["refused"]]
        assert [[item["ticket_id"] for item in told["items"]] for told in refused] == [[late.id]]

    def test_the_list_says_before_the_end_what_cannot_be_left(
        self, gate: Gate, hoa: PersonId, two_shifts: tuple[int, int]
    ) -> None:
        gate.claimed(hoa, at("18:10"))
        gate.fire(at("18:30"))
        told = gate.told(hoa, NoticeKind.SHIFT_ENDING)
        assert told[0]["is_last"]
        assert [item["may_leave"] for item in told[0]["items"]] == [False]

    def test_an_answered_one_that_is_due_tomorrow_may_wait_in_the_pool(
        self, gate: Gate, hoa: PersonId, two_shifts: tuple[int, int]
    ) -> None:
        late = gate.claimed(hoa, at("18:30"))
        handling.reply(
            gate.db, gate.cfg, gate.act(hoa, late), "Sáng mai 8 giờ chúng tôi điều xe.", at("18:40")
        )
        gate.fire(at("19:00") + SECOND)
        assert gate.ticket(late.id).holder_id is None

    def test_a_promise_broken_at_the_very_end_is_a_breach_and_may_be_handed_over(
        self, gate: Gate, hoa: PersonId, two_shifts: tuple[int, int]
    ) -> None:
        today = gate.claimed(hoa, at("14:00"))
        assert today.due_at == at("19:00")
        gate.fire(at("19:00") + SECOND)
        after = gate.ticket(today.id)
        assert (after.breached_at, after.holder_id) == (at("19:00"), None)
        assert len(gate.told(hoa, NoticeKind.BREACH)) == 1

    def test_what_was_answered_overnight_goes_to_the_morning_shift(
        self, gate: Gate, lan: PersonId, hoa: PersonId, two_shifts: tuple[int, int]
    ) -> None:
        gate.shift(at("07:00", 23), at("13:00", 23), lan)
        late = gate.claimed(hoa, at("18:30"))
        gate.fire(at("19:00") + SECOND)
        handling.reply(
            gate.db, gate.cfg, gate.act(hoa, late), "Sáng mai 8 giờ chúng tôi điều xe.", at("20:00")
        )
        gate.fire(at("07:00", 23) + SECOND)
        assert gate.ticket(late.id).holder_id is None
        assert gate.fresh_cards(lan, at("07:00", 23)) == [late.id]

    def test_in_the_night_nobody_is_rung_for_what_waits_in_the_pool(
        self, gate: Gate, hoa: PersonId, head: PersonId, two_shifts: tuple[int, int]
    ) -> None:
        late = gate.claimed(hoa, at("18:30"))
        handling.reply(gate.db, gate.cfg, gate.act(hoa, late), "Sáng mai chúng tôi điều xe.", at("18:40"))
        gate.fire(at("19:00") + SECOND)
        assert gate.fresh_cards(head, at("19:00")) == []


def test_keeping_is_for_the_holder_on_shift(
    gate: Gate, lan: PersonId, hoa: PersonId, two_shifts: tuple[int, int]
) -> None:
    mine = gate.claimed(lan, at("09:00"))
    with pytest.raises(Refused, match="not_held"):
        handover.keep(gate.db, gate.cfg, gate.act(hoa, mine), at("12:40"))
    with pytest.raises(Refused, match="old_button"):
        handover.keep(gate.db, gate.cfg, gate.act(lan, mine), at("13:01"))
    handover.keep(gate.db, gate.cfg, gate.act(lan, mine), at("12:41"))
    assert handover.keep(gate.db, gate.cfg, gate.act(lan, mine), at("12:42")).holder_id == lan


def test_a_kept_ticket_stays_through_the_shifts_of_others_until_its_holders_next_one_ends(
    gate: Gate, lan: PersonId, hoa: PersonId, two_shifts: tuple[int, int]
) -> None:
    gate.shift(at("07:00", 23), at("13:00", 23), lan)
    mine = gate.claimed(lan, at("09:00"))
    handover.keep(gate.db, gate.cfg, gate.act(lan, mine), at("12:40"))
    for moment in (at("13:00"), at("19:00"), at("07:00", 23)):
        gate.fire(moment + SECOND)
        assert gate.ticket(mine.id).holder_id == lan
    gate.fire(at("13:00", 23) + SECOND)
    assert gate.ticket(mine.id).holder_id is None


def test_claimed_then_sick(gate: Gate, lan: PersonId, hoa: PersonId) -> None:
    gate.shift(at("07:00"), at("13:00"), lan)
    mine = gate.claimed(lan, at("09:00"))
    gate.shift(at("07:00"), at("13:00"), hoa, now=at("09:30"))
    gate.fire(at("09:30") + SECOND)
    assert gate.ticket(mine.id).holder_id is None
    assert mine.id in gate.fresh_cards(hoa, at("09:30"))
    assert [told["count"] for told in gate.told(hoa, NoticeKind.SHIFT_BEGINS)] == [1]


def test_a_removed_shift_rings_nobody(gate: Gate, lan: PersonId, two_shifts: tuple[int, int]) -> None:
    assert handover.remove_shift(gate.db, two_shifts[0], at("06:00"))
    assert not handover.remove_shift(gate.db, two_shifts[0], at("06:00"))
    gate.fire(at("07:20"))
    assert gate.told(lan, NoticeKind.SHIFT_BEGINS) == []


def test_a_shift_with_kept_tickets_can_be_removed(
    gate: Gate, lan: PersonId, two_shifts: tuple[int, int]
) -> None:
    mine = gate.claimed(lan, at("09:00"))
    handover.keep(gate.db, gate.cfg, gate.act(lan, mine), at("12:40"))
    assert handover.remove_shift(gate.db, two_shifts[0], at("20:00"))
    assert gate.ticket(mine.id).holder_id == lan


class TestUnstaffed:
    """Service time that nobody covers is alarmed 24 hours ahead, once."""

    @pytest.fixture
    def afternoon_missing(self, gate: Gate, lan: PersonId) -> int:
        """Lan on Sunday and Monday morning; 13:00–19:00 on Sunday is covered, on Monday it is not."""
        gate.shift(at("07:00"), at("19:00"), lan)
        return gate.shift(at("07:00", 23), at("13:00", 23), lan)

    def alarms(self, gate: Gate, office: PersonId) -> list[tuple[str, str]]:
        return [
            (told["starts_at"], told["ends_at"]) for told in gate.told(office, NoticeKind.SHIFT_UNSTAFFED)
        ]

    def test_a_gap_is_alarmed_24_hours_ahead_and_once(
        self, gate: Gate, office: PersonId, afternoon_missing: int
    ) -> None:
        gate.fire(at("08:00"))
        gap = (at("13:00", 23).isoformat(), at("19:00", 23).isoformat())
        assert gap not in self.alarms(gate, office)
        for moment in (at("13:00"), at("13:01"), at("18:00")):
            gate.fire(moment)
        assert self.alarms(gate, office).count(gap) == 1

    def test_looking_often_alarms_once(self, gate: Gate, office: PersonId, afternoon_missing: int) -> None:
        for _ in range(3):
            handover.check_roster(gate.db, gate.cfg, reference(gate.db), at("14:00"))
            gate.fire(at("14:00"))
        monday = at("13:00", 23).isoformat()
        assert [starts for starts, _ in self.alarms(gate, office) if starts == monday] == [monday]

    def test_a_gap_that_was_filled_in_time_is_no_alarm(
        self, gate: Gate, lan: PersonId, office: PersonId, afternoon_missing: int
    ) -> None:
        handover.check_roster(gate.db, gate.cfg, reference(gate.db), at("08:00"))
        gate.shift(at("13:00", 23), at("19:00", 23), lan, now=at("10:00"))
        gate.fire(at("13:30"))
        assert at("13:00", 23).isoformat() not in {starts for starts, _ in self.alarms(gate, office)}

    def test_a_gap_that_opens_again_is_alarmed_after_all(
        self, gate: Gate, lan: PersonId, office: PersonId, afternoon_missing: int
    ) -> None:
        handover.check_roster(gate.db, gate.cfg, reference(gate.db), at("08:00"))
        filled = gate.shift(at("13:00", 23), at("19:00", 23), lan, now=at("10:00"))
        gate.fire(at("13:30"))
        handover.remove_shift(gate.db, filled, at("15:00"))
        gate.fire(at("15:15"))
        gate.fire(at("15:15") + SECOND)
        assert at("13:00", 23).isoformat() in {starts for starts, _ in self.alarms(gate, office)}

    def test_a_gate_without_a_roster_is_not_alarmed(self, gate: Gate, office: PersonId) -> None:
        handover.check_roster(gate.db, gate.cfg, reference(gate.db), at("08:00"))
        gate.fire(at("08:00"))
        assert self.alarms(gate, office) == []

    def test_the_look_comes_again_every_day(self, gate: Gate) -> None:
        handover.check_roster(gate.db, gate.cfg, reference(gate.db), at("09:00"))
        looks = stored_timers.of_subject(gate.db, "roster", 0)
        assert [(stage, due, status) for stage, _, due, status in looks] == [
            ("look", at("08:00", 23), "waiting")
        ]

    def test_while_a_roster_is_being_typed_nobody_is_alarmed(
        self, gate: Gate, lan: PersonId, office: PersonId
    ) -> None:
        gate.shift(at("07:00"), at("13:00"), lan, now=at("06:00"))
        gate.fire(at("06:10"))
        assert self.alarms(gate, office) == []
        gate.fire(at("06:15"))
        gate.fire(at("06:15") + SECOND)
        assert (at("13:00").isoformat(), at("19:00").isoformat()) in self.alarms(gate, office)


class TestAnOfficerLeft:
    """The account is closed: tickets back to the pool, off the roster, no button works any more."""

    def test_their_tickets_return_and_the_others_get_cards(
        self, gate: Gate, lan: PersonId, hoa: PersonId
    ) -> None:
        mine = gate.claimed(lan, at("09:00"))
        assert handover.officer_left(gate.db, gate.cfg, _person(gate, lan), at("10:00")) == 1
        assert gate.ticket(mine.id).status is Status.NEW
        assert gate.fresh_cards(hoa, at("10:00")) == [mine.id]
        assert gate.fresh_cards(lan, at("10:00")) == []
        with pytest.raises(Refused):
            handling.claim(gate.db, gate.cfg, gate.act(lan, mine), at("10:01"))

    def test_a_paused_ticket_runs_again_with_its_old_due_time(self, gate: Gate, lan: PersonId) -> None:
        mine = gate.claimed(lan, at("09:00"))
        handling.ask(gate.db, gate.cfg, gate.act(lan, mine), "Xe mang biển số nào?", at("09:05"))
        handling.question_delivered(gate.db, reference(gate.db), mine.id, at("09:06"))
        handover.officer_left(gate.db, gate.cfg, _person(gate, lan), at("10:00"))
        after = gate.ticket(mine.id)
        assert (after.status, after.due_at, after.waiting_since) == (Status.NEW, mine.due_at, None)
        waiting = {
            stage
            for stage, _, _, status in stored_timers.of_subject(gate.db, "ticket", mine.id)
            if status == "waiting"
        }
        assert "rung7" in waiting

    def test_they_are_off_every_shift_to_come_and_the_gap_is_seen(
        self, gate: Gate, lan: PersonId, office: PersonId
    ) -> None:
        shift = gate.shift(at("07:00"), at("19:00"), lan)
        handover.officer_left(gate.db, gate.cfg, _person(gate, lan), at("10:00", 21))
        stored = shifts.get(gate.db, shift)
        assert stored is not None
        assert stored.people == ()
        gate.fire(at("10:15", 21))
        gate.fire(at("10:15", 21) + SECOND)
        starts = {told["starts_at"] for told in gate.told(office, NoticeKind.SHIFT_UNSTAFFED)}
        assert at("07:00").isoformat() in starts

    def test_with_nobody_on_shift_the_next_level_hears_at_once(
        self, gate: Gate, lan: PersonId, head: PersonId
    ) -> None:
        admin = gate.person("Admin", Role.ADMIN, None)
        mine = gate.claimed(lan, at("09:00"))
        handover.officer_left(gate.db, gate.cfg, _person(gate, lan), at("10:00"))
        assert gate.fresh_cards(head, at("10:00")) == [mine.id]
        assert [told["ticket"] for told in gate.told(admin, NoticeKind.NOBODY_REACHABLE)] == [mine.id]


def _person(gate: Gate, person_id: PersonId) -> Person:
    person = people.person(gate.db, person_id)
    assert person is not None
    return replace(person, gates=frozenset({"HN"}))
