"""What a sender may ask by law: to see, to have a copy, to be erased – and what erasing leaves as it was."""

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from core.calendar import TZ
from core.errors import Refused
from core.events import EventKind
from core.ids import PersonId
from core.notices import Notice, NoticeKind
from core.people import Person, Role
from core.ticket import Score, Status, Ticket
from services import complaints, directory, handling, judging, privacy, rating, timers
from services.casework import Act
from services.config import Config
from services.directory import Chat
from services.opening import File, TakeMessage
from services.verify import verify
from storage import inbox, messages, outbox, people, personal, tickets, web_feed
from storage.database import Connection, take_wakes, writer_engine
from storage.people import Identity
from storage.schema import identities as identity_rows
from storage.schema import inbox as inbox_rows
from storage.schema import messages as message_rows
from storage.schema import metadata
from storage.schema import outbox as outbox_rows

SECRET = "Xe 12C-123.45 của tôi bị chặn"
PHONE, PLATE, NAME = "+84912345678", "12C-123.45", "Nguyễn Văn Tài"
ANSWER = "Anh Tài: đã điều xe nâng tới bãi, 15 phút nữa xong."
RESOLUTION = "Xe 12C-123.45 đã được sang tải xong lúc 10 giờ."


def at(clock: str, day: int = 22) -> datetime:
    """A time in November 2026, Hanoi."""
    return datetime.strptime(f"{day}/11/2026 {clock}", "%d/%m/%Y %H:%M").replace(tzinfo=TZ)


class Reversed:
    """A seal of the simplest kind: backwards."""

    def close(self, text: str) -> bytes:
        return text[::-1].encode()

    def open(self, sealed: bytes) -> str:
        return sealed.decode()[::-1]

    def close_bytes(self, content: bytes) -> bytes:
        return content[::-1]


@dataclass
class Gate:
    """A driver on Telegram, one officer, and everything that is stored between them."""

    db: Connection
    cfg: Config
    officer: PersonId
    count: int = 0

    def driver(
        self, chat_id: str = "driver", channel: str = "telegram", now: datetime | None = None
    ) -> Identity:
        chat = Chat(channel, "bot", chat_id, chat_id, name=NAME, language="vi")
        return directory.identify(self.db, chat, now or at("08:00")).chat

    def person(self, person_id: int | None) -> Person:
        person = people.person(self.db, person_id or 0)
        assert person is not None
        return person

    def writes(self, chat: Identity, text: str, now: datetime, **more: Any) -> Ticket:
        self.count += 1
        update, raw = f"u{self.count}", {"message": {"text": text, "from": NAME}}
        inbox.store(self.db, chat.channel, chat.bot, update, chat.chat_id, raw, now)
        stored = self.db.execute(sa.select(sa.func.max(inbox_rows.c.id))).scalar_one()
        inbox.mark_done(self.db, stored, now)
        told = TakeMessage(chat, self.person(chat.person_id), stored, f"m{self.count}", text, at=now, **more)
        ticket_id = complaints.take_message(self.db, self.cfg, told, now)
        assert ticket_id is not None
        return self.ticket(ticket_id)

    def ticket(self, ticket_id: int) -> Ticket:
        ticket = tickets.load(self.db, ticket_id)
        assert ticket is not None
        return ticket

    def works(self, ticket: Ticket) -> Act:
        chat = people.identities_of(self.db, self.officer)[0]
        return Act(chat, self.person(self.officer), ticket.id)

    def closes(self, ticket: Ticket, chat: Identity, now: datetime) -> Ticket:
        """Claimed, answered, resolved, delivered and rated good with a comment."""
        handling.claim(self.db, self.cfg, self.works(ticket), now)
        handling.reply(self.db, self.cfg, self.works(ticket), ANSWER, now)
        handling.resolve(self.db, self.cfg, self.works(ticket), RESOLUTION, now)
        handling.resolution_delivered(self.db, self.cfg, ticket.id, now)
        sender = Act(chat, self.person(chat.person_id), ticket.id)
        rating.rate(self.db, self.cfg, sender, Score.GOOD, 1, now)
        rating.comment(self.db, sender, "Cảm ơn, số tôi là 0912345678", now)
        return self.ticket(ticket.id)

    def erase(self, chat: Identity, now: datetime) -> int:
        return privacy.erase(self.db, self.cfg, self.person(chat.person_id), now)

    def sends_everything(self, now: datetime) -> None:
        waiting = sa.update(outbox_rows).where(outbox_rows.c.status == "waiting")
        self.db.execute(waiting.values(status="sent", sent_at=now, provider_id="9"))

    def everything_stored(self) -> str:
        """The whole database as text."""
        rows = (self.db.execute(sa.select(table)).all() for table in metadata.sorted_tables)
        return "\n".join(str(row) for table in rows for row in table)


@pytest.fixture
def gate(tmp_path: Path) -> Iterator[Gate]:
    engine = writer_engine(sa.make_url(f"sqlite+aiosqlite:///{tmp_path}/hotline.db"))
    metadata.create_all(engine)
    with engine.begin() as db:
        officer = people.add_person(db, "Lan", Role.DUTY, at("06:00"), gate="HN")
        people.add_identity(db, officer, "telegram", "bot", "lan", at("06:00"), name="Lan")
        yield Gate(db, Config(Reversed(), tmp_path / "files"), officer)
    engine.dispose()


@pytest.fixture
def chat(gate: Gate) -> Identity:
    return gate.driver()


@pytest.fixture
def closed(gate: Gate, chat: Identity) -> Ticket:
    """A finished ticket with words, a photo, a plate and a telephone number; all its notices are sent."""
    ticket = gate.writes(chat, SECRET, at("09:00"), kind="photo", files=(File("photo", "file-1", name=NAME),))
    with_numbers(gate, ticket)
    ended = gate.closes(ticket, chat, at("10:00"))
    gate.sends_everything(at("10:05"))
    return ended


def with_numbers(gate: Gate, ticket: Ticket) -> None:
    now = gate.ticket(ticket.id)
    tickets.record(gate.db, now, replace(now, plate=PLATE, phone=PHONE), [])


def test_my_data_counts_and_masks(gate: Gate, chat: Identity, closed: Ticket) -> None:
    shown = privacy.my_data(gate.db, gate.person(chat.person_id))
    assert shown["counts"] == {"tickets": 1, "messages": 1, "files": 1, "ratings": 1}
    assert shown["fields"]["name"] == NAME
    assert shown["fields"]["phone"] == ["•••••••••678"]
    assert shown["fields"]["plate"] == ["•••••••.45"]
    assert shown["fields"]["channel"] == ["telegram"]
    assert shown["consent"] == privacy.CONSENT_VERSION
    assert json.loads(json.dumps(shown)) == shown


@pytest.mark.parametrize(
    ("value", "shown"), [("", ""), ("12", "••"), ("1234", "•••4"), ("+84912345678", "•••••••••678")]
)
def test_never_more_than_a_third_is_shown(value: str, shown: str) -> None:
    assert privacy.masked(value) == shown


def test_the_copy_holds_the_words_of_both_sides_and_no_internal_note(
    gate: Gate, chat: Identity, closed: Ticket
) -> None:
    handling.note(gate.db, gate.cfg, gate.works(closed), "Người này hay gọi", at("10:10"))
    copy = json.loads(privacy.export(gate.db, gate.person(chat.person_id)))
    [ticket] = copy["tickets"]
    assert (ticket["code"], ticket["plate"], ticket["phone"]) == (closed.code, PLATE, PHONE)
    said = [(message["from"], message["text"]) for message in ticket["messages"]]
    assert said == [("you", SECRET), ("board", ANSWER), ("board", RESOLUTION)]
    assert copy["person"]["name"] == NAME
    assert [given["version"] for given in copy["consent"]] == [privacy.CONSENT_VERSION]
    assert copy["consent"][0]["shown_at"] is not None


def test_a_sealed_text_is_named_but_not_opened(gate: Gate, chat: Identity) -> None:
    gate.writes(chat, "Tôi tố cáo cán bộ vòi tiền", at("09:00"))
    copy = json.loads(privacy.export(gate.db, gate.person(chat.person_id)))
    [message] = copy["tickets"][0]["messages"]
    assert (message["text"], message["sealed"]) == ("", True)


def test_nothing_personal_is_left_anywhere(gate: Gate, chat: Identity, closed: Ticket) -> None:
    for trace in (SECRET, PHONE, PLATE, NAME, ANSWER, RESOLUTION, "0912345678"):
        assert trace in gate.everything_stored(), trace
    assert gate.erase(chat, at("11:00")) == 0
    after = gate.everything_stored()
    for trace in (SECRET, PHONE, PLATE, NAME, ANSWER, RESOLUTION, "0912345678", "bi chan", "file-1"):
        assert trace not in after, trace


def test_the_history_stays_whole_and_tells_of_the_erasure_once(
    gate: Gate, chat: Identity, closed: Ticket
) -> None:
    gate.erase(chat, at("11:00"))
    assert verify(gate.db).findings == ()
    last = tickets.history(gate.db, closed.id)[-1].event
    assert (last.kind, last.at, dict(last.data)) == (
        EventKind.ERASED,
        at("11:00"),
        {"messages": 3, "files": 1},
    )


def test_the_figures_count_what_they_counted(gate: Gate, chat: Identity, closed: Ticket) -> None:
    before = tickets.cycle_rows(gate.db)
    gate.erase(chat, at("11:00"))
    assert tickets.cycle_rows(gate.db) == before
    after = gate.ticket(closed.id)
    assert (after.status, after.gate, after.category, after.resolved_at) == (
        Status.CLOSED,
        closed.gate,
        closed.category,
        closed.resolved_at,
    )


def test_whoever_writes_again_is_a_new_person(gate: Gate, chat: Identity, closed: Ticket) -> None:
    former = chat.person_id
    gate.erase(chat, at("11:00"))
    again = gate.driver(now=at("12:00"))
    assert again.person_id != former
    assert again.privacy_shown_at is None
    fresh = gate.writes(again, "Xe lại bị chặn", at("12:00"))
    assert fresh.sender_id == again.person_id
    assert fresh.previous_id is None
    assert [ticket.id for ticket in tickets.of_sender(gate.db, PersonId(former or 0))] == [closed.id]


def test_the_last_word_still_reaches_the_chat(gate: Gate, chat: Identity, closed: Ticket) -> None:
    gate.erase(chat, at("11:00"))
    outbox.add(gate.db, [Notice(NoticeKind.ERASED, chat.id, data={"open": 0})], at("11:00"))
    waiting = outbox.waiting_of(gate.db, chat.id)
    assert [(row.kind, row.chat_id) for row in waiting] == [("erased", "driver")]


def test_a_day_later_the_address_of_the_chat_is_forgotten_too(
    gate: Gate, chat: Identity, closed: Ticket
) -> None:
    gate.erase(chat, at("11:00"))
    gate.sends_everything(at("11:00"))
    timers.fire_due(gate.db, gate.cfg, at("11:01", 23))
    chats = gate.db.execute(sa.select(identity_rows.c.chat_id)).scalars().all()
    assert "driver" not in chats
    assert gate.db.execute(sa.select(inbox_rows.c.chat_id)).scalars().all() == [""]
    again = gate.driver(now=at("12:00", 23))
    assert again.id != chat.id


def test_the_address_of_somebody_who_came_back_is_kept(gate: Gate, chat: Identity, closed: Ticket) -> None:
    gate.erase(chat, at("11:00"))
    again = gate.driver(now=at("12:00"))
    fresh = gate.writes(again, "Xe lại bị chặn", at("12:00"))
    timers.fire_due(gate.db, gate.cfg, at("13:00", 24))
    assert people.identity(gate.db, "telegram", "bot", "driver") is not None
    assert gate.ticket(fresh.id).sender_id == again.person_id
    assert messages.of_ticket(gate.db, fresh.id, "in")[0].text == "Xe lại bị chặn"


class TestWithAnOpenTicket:
    """What is still worked on keeps its words until it ends."""

    @pytest.fixture
    def open_one(self, gate: Gate, chat: Identity, closed: Ticket) -> Ticket:
        ticket = gate.writes(chat, "Đường trơn, xe trượt ở mốc 1119", at("10:30"), anew=True)
        with_numbers(gate, ticket)
        return gate.ticket(ticket.id)

    def test_it_is_told_how_many_are_kept(self, gate: Gate, chat: Identity, open_one: Ticket) -> None:
        assert gate.erase(chat, at("11:00")) == 1

    def test_the_closed_one_is_erased_and_the_open_one_is_not(
        self, gate: Gate, chat: Identity, closed: Ticket, open_one: Ticket
    ) -> None:
        gate.erase(chat, at("11:00"))
        assert SECRET not in gate.everything_stored()
        assert gate.person(chat.person_id).name == ""
        kept = gate.ticket(open_one.id)
        assert (kept.phone, kept.plate) == (PHONE, PLATE)
        assert messages.of_ticket(gate.db, open_one.id, "in")[0].text == "Đường trơn, xe trượt ở mốc 1119"
        assert not any(s.event.kind is EventKind.ERASED for s in tickets.history(gate.db, open_one.id))

    def test_its_sender_can_still_be_answered(self, gate: Gate, chat: Identity, open_one: Ticket) -> None:
        gate.erase(chat, at("11:00"))
        handling.claim(gate.db, gate.cfg, gate.works(open_one), at("11:05"))
        handling.reply(gate.db, gate.cfg, gate.works(open_one), ANSWER, at("11:06"))
        assert "answer" in [row.kind for row in outbox.waiting_of(gate.db, chat.id)]

    def test_when_it_has_closed_the_rest_goes(self, gate: Gate, chat: Identity, open_one: Ticket) -> None:
        former = chat.person_id
        gate.erase(chat, at("11:00"))
        timers.fire_due(gate.db, gate.cfg, at("12:30"))
        assert gate.ticket(open_one.id).phone == PHONE
        gate.closes(open_one, chat, at("13:00"))
        gate.sends_everything(at("13:01"))
        timers.fire_due(gate.db, gate.cfg, at("14:00"))
        after = gate.everything_stored()
        for trace in ("xe trượt", PHONE, PLATE, NAME, ANSWER, RESOLUTION):
            assert trace not in after, trace
        assert gate.driver(now=at("15:00")).person_id != former
        assert verify(gate.db).findings == ()

    def test_asking_twice_changes_nothing(
        self, gate: Gate, chat: Identity, closed: Ticket, open_one: Ticket
    ) -> None:
        gate.erase(chat, at("11:00"))
        length = len(tickets.history(gate.db, closed.id))
        assert gate.erase(chat, at("11:10")) == 1
        assert len(tickets.history(gate.db, closed.id)) == length


def test_a_page_s_file_that_was_never_fetched_is_named_for_dropping(gate: Gate) -> None:
    """services/housekeeping.py takes it off the disk: tests/services/test_housekeeping.py."""
    digest = hashlib.sha256(b"a photo of a lorry").hexdigest()
    browser = gate.driver("page", "web")
    ticket = gate.writes(browser, SECRET, at("09:00"), files=(File("photo", digest),))
    gate.closes(ticket, browser, at("10:00"))
    assert personal.erased_files(gate.db) == []
    gate.erase(browser, at("11:00"))
    (row,) = personal.erased_files(gate.db)
    assert row.digests == {digest}
    assert personal.unshared(gate.db, row.digests) == {digest}


def test_an_erasure_wakes_whoever_takes_files_off_the_disk(
    gate: Gate, chat: Identity, closed: Ticket
) -> None:
    take_wakes(gate.db)
    gate.erase(chat, at("11:00"))
    assert "files" in take_wakes(gate.db)


def test_the_pages_of_both_sides_forget_the_words(gate: Gate) -> None:
    browser = gate.driver("page", "web")
    people.update_identity(
        gate.db, people.identities_of(gate.db, gate.officer)[0].id, channel="web", chat_id="desk"
    )
    for chat_id in ("page", "desk"):
        session = web_feed.Session(chat_id, f"hash-{chat_id}", "sender", at("08:00"))
        web_feed.open_session(gate.db, session, at("08:00"))
    web_feed.append_once(gate.db, "page", "0:0", {"kind": "notice", "text": SECRET}, at("09:00"))
    ticket = gate.writes(browser, SECRET, at("09:00"))
    card = next(row for row in outbox.waiting_of(gate.db, _desk(gate)) if row.kind == "card")
    bubble = web_feed.append_once(
        gate.db, "desk", f"{card.id}:0", {"kind": "notice", "text": SECRET}, at("09:01")
    )
    assert bubble is not None
    gate.closes(ticket, browser, at("10:00"))
    gate.sends_everything(at("10:05"))
    gate.erase(browser, at("11:00"))
    assert web_feed.after(gate.db, "page", 0) == []
    assert web_feed.after(gate.db, "desk", 0) == []


def test_what_waits_to_be_handled_is_not_lost(gate: Gate, chat: Identity, closed: Ticket) -> None:
    inbox.store(gate.db, "telegram", "bot", "late", "driver", {"message": {"text": "còn nữa"}}, at("10:59"))
    gate.erase(chat, at("11:00"))
    assert [waiting.raw for waiting in inbox.waiting(gate.db)] == [{"message": {"text": "còn nữa"}}]


def test_a_repeated_update_is_still_known(gate: Gate, chat: Identity, closed: Ticket) -> None:
    gate.erase(chat, at("11:00"))
    assert not inbox.store(gate.db, "telegram", "bot", "u1", "driver", {}, at("11:01"))


def test_a_sealed_ticket_that_has_ended_is_erased_like_any_other(gate: Gate, chat: Identity) -> None:
    reader = people.add_person(gate.db, "Office", Role.OFFICE, at("06:00"))
    people.add_identity(gate.db, reader, "telegram", "bot", "office", at("06:00"))
    petition = gate.writes(chat, "Tôi tố cáo cán bộ vòi tiền", at("09:00"))
    assert petition.sealed
    act = Act(people.identities_of(gate.db, reader)[0], gate.person(reader), petition.id)
    judging.decide_petition(gate.db, gate.cfg, act, True, at("10:00"))
    gate.erase(chat, at("11:00"))
    assert gate.db.execute(sa.select(message_rows.c.sealed_text)).scalars().all() == [None]


def test_staff_are_not_erased_by_a_button(gate: Gate) -> None:
    with pytest.raises(Refused, match="not_allowed"):
        privacy.erase(gate.db, gate.cfg, gate.person(gate.officer), at("11:00"))
    assert gate.person(gate.officer).name == "Lan"


def test_somebody_who_wrote_nothing_can_be_erased(gate: Gate, chat: Identity) -> None:
    assert gate.erase(chat, at("11:00")) == 0
    assert NAME not in gate.everything_stored()


def _desk(gate: Gate) -> int:
    return people.identities_of(gate.db, gate.officer)[0].id
