"""The calendar at a secret address: what a telephone fetches, reads and is refused."""

import unicodedata
from collections.abc import AsyncIterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import httpx
import icalendar
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.web.calendars import written
from core.calendar import TZ
from core.feeds import Dated, FeedScope, occasions
from core.office import OfficeCalendar
from core.people import Role
from core.plan import Recurrence, days_of_series, legal_end, working_due
from core.reminders import DEFAULTS
from core.task import Relevance, Task, TaskId, TaskStatus
from services import directory, feeds, planning
from services.reference import reference
from storage import people, plans
from storage.database import Connection
from tests.plan_cast import REPORT, draft, due, row
from tests.web_page import House, open_house

OFFICE = OfficeCalendar()
CHANGED = datetime(2026, 10, 1, 9, tzinfo=TZ)


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    """A report before 30/11/2026 is in force, and Minh of the centre has a person's number."""
    async with open_house(tmp_path / "var") as opened:
        await opened.program.db.write(_plan(opened.program.clock.now()))
        yield opened


def _plan(now: datetime) -> object:
    def errand(db: Connection) -> None:
        kept = planning.keep_draft(
            db, draft(row("1", REPORT, due(date(2026, 11, 29)))), "k.docx", DEFAULTS, None, now
        )
        planning.apply(db, None, kept.id, None, now)  # type: ignore[arg-type]

    return errand


async def a_person(house: House, role: Role, unit: str | None = None) -> int:
    now = house.program.clock.now()
    added = await house.program.db.write(
        lambda db: directory.add_person(db, reference(db), "Minh", role, now, unit=unit)
    )
    return int(added[0])


async def the_address(house: House, person_id: int, scope: str = "unit") -> str:
    """The path of a new address, as its notice will tell it."""
    program = house.program

    def errand(db: Connection) -> str:
        person = people.person(db, person_id)
        assert person is not None
        return feeds.new_address(db, program.cfg, person, scope, program.clock.now())

    url = feeds.address(program.cfg, await program.db.write(errand))
    assert url.startswith(program.cfg.contact.public_url)
    return url.removeprefix(program.cfg.contact.public_url)


def events(answer: httpx.Response) -> list[icalendar.Event]:
    assert answer.status_code == 200, answer.text
    return list(icalendar.Calendar.from_ical(answer.content).walk("VEVENT"))


async def test_a_telephone_reads_the_deadline_at_the_last_office_hour(house: House) -> None:
    path = await the_address(house, await a_person(house, Role.OFFICER, "TTQLCK"))
    answer = await house.browser().get(path)

    (event,) = events(answer)
    assert answer.headers["content-type"] == "text/calendar; charset=utf-8"
    assert answer.headers["cache-control"] == "private, no-cache"
    assert event.start == datetime(2026, 11, 27, 17, tzinfo=TZ)
    assert event["dtstart"].params["TZID"] == "Asia/Ho_Chi_Minh"
    assert (str(event["status"]), str(event["transp"])) == ("CONFIRMED", "TRANSPARENT")
    assert REPORT in str(event["summary"])
    assert "hết 23:59 29/11/2026" in str(event["description"])
    assert "Minh" not in answer.text.replace("Ho_Chi_Minh", "")
    alarms = [event.start + alarm["trigger"].dt for alarm in event.walk("VALARM")]
    # 24/11 is a day off: three working days before the 27th is Monday the 23rd.
    assert datetime(2026, 11, 23, 7, 45, tzinfo=TZ) in alarms
    assert answer.content.count(b"BEGIN:VTIMEZONE") == 1


async def test_lines_are_folded_and_end_as_the_standard_says(house: House) -> None:
    path = await the_address(house, await a_person(house, Role.OFFICE), "all")
    body = (await house.browser().get(path)).content
    assert body.startswith(b"BEGIN:VCALENDAR\r\n")
    assert all(len(line) <= 75 for line in body.split(b"\r\n"))
    assert b"\n" not in body.replace(b"\r\n", b"")


async def test_a_real_server_answers_not_modified_to_who_has_it(served_house: House) -> None:
    await served_house.program.db.write(_plan(served_house.program.clock.now()))
    path = await the_address(served_house, await a_person(served_house, Role.OFFICE), "all")
    telephone = served_house.browser()
    first = await telephone.get(path)
    again = await telephone.get(path, headers={"if-none-match": first.headers["etag"]})
    assert (first.status_code, again.status_code, again.content) == (200, 304, b"")
    assert again.headers["cache-control"] == "private, no-cache"

    await served_house.program.db.write(_reports_progress)
    changed = await telephone.get(path, headers={"if-none-match": first.headers["etag"]})
    assert "Tiến độ: 40%" in str(events(changed)[0]["description"])


def _reports_progress(db: Connection) -> None:
    from core.task_lifecycle import report_progress

    (task,) = plans.all_tasks(db)
    (person, *_) = people.staff(db, Role.OFFICE)
    told, happened = report_progress(task, person.id, CHANGED, 40, 1, "d")
    plans.record(db, task, told, happened)


async def test_a_new_address_takes_the_place_of_the_old_and_only_its_digest_is_kept(house: House) -> None:
    person = await a_person(house, Role.OFFICER, "TTQLCK")
    old = await the_address(house, person)
    new = await the_address(house, person)
    browser = house.browser()
    assert (await browser.get(old)).status_code == 404
    assert (await browser.get(new)).status_code == 200

    secret = new.removeprefix("/lich/").removesuffix(".ics")
    files = house.program.settings.data_dir.rglob("*")
    assert [file for file in files if file.is_file() and secret.encode() in file.read_bytes()] == []


async def test_whoever_left_or_moved_reads_nothing_any_more(house: House) -> None:
    person = await a_person(house, Role.OFFICER, "TTQLCK")
    path = await the_address(house, person)
    await house.program.db.write(lambda db: people.update_person(db, person, unit="PCM"))  # type: ignore[arg-type]
    assert events(await house.browser().get(path)) == []
    await house.program.db.write(lambda db: people.update_person(db, person, active=False))  # type: ignore[arg-type]
    assert (await house.browser().get(path)).status_code == 404


@pytest.mark.parametrize("secret", ["x", "a" * 22, "a" * 5000, "%00", "..%2f..%2fhotline", "é"])
async def test_a_wrong_address_is_not_found(house: House, secret: str) -> None:
    assert (await house.browser().get(f"/lich/{secret}.ics")).status_code == 404


async def test_whoever_guesses_is_slowed_down_and_others_are_not(house: House) -> None:
    path = await the_address(house, await a_person(house, Role.OFFICER, "TTQLCK"))
    guesser = house.browser("10.9.9.9")
    answers = [(await guesser.get(f"/lich/{'g' * 20}{n:02}.ics")).status_code for n in range(12)]
    assert (answers[0], answers[-1]) == (404, 429)
    assert (await guesser.get(path)).status_code == 429
    assert (await house.browser("10.1.1.1").get(path)).status_code == 200


# --- whatever the tasks


def a_task(number: int, day: date, **more: object) -> Task:
    dates = {"due_on": day, "due_at": legal_end(day), "working_due_at": working_due(day, OFFICE)}
    known: dict[str, object] = {"unit": "VP", **dates, **more}
    return Task(TaskId(number), 1, "plan", "1", str(known.pop("title", "Việc")), Relevance.LEADS, **known)  # type: ignore[arg-type]


def file_of(*tasks: Task) -> icalendar.Calendar:
    dated = [Dated(task, 1, CHANGED) for task in tasks]
    shown = occasions(dated, {1: DEFAULTS}, OFFICE, date(2026, 1, 1))
    units = {one.task.id: "Văn phòng" for one in shown}
    found = feeds.Calendar(FeedScope.ALL, "", shown, units, {1: "12/KH-BQLKKTCK"})
    return icalendar.Calendar.from_ical(written(found))


def test_a_monthly_series_is_a_rule_that_readers_expand() -> None:
    days = days_of_series(date(2026, 1, 31), Recurrence.MONTHLY, date(2026, 12, 31))
    series = [
        a_task(n, day, occurrence=day.isoformat(), recurrence="monthly")
        for n, day in enumerate(days, start=1)
    ]
    master, *times = file_of(*series).walk("VEVENT")
    assert master["rrule"].to_ical() == b"FREQ=MONTHLY;UNTIL=20261231T100000Z;BYMONTHDAY=-1"
    assert len(times) == 12
    assert {str(event["uid"]) for event in (master, *times)} == {"task-1@hotline"}
    assert {event["recurrence-id"].dt.date() for event in times} == set(days)


def test_a_long_title_is_cut_and_stands_whole_in_the_description() -> None:
    long = "Tăng cường phối hợp nắm tình hình, điều tiết phương tiện tại cửa khẩu " * 3
    (event,) = file_of(a_task(1, date(2026, 5, 4), title=long, part="KH công tác")).walk("VEVENT")
    assert str(event["summary"]).endswith("… – KH công tác")
    assert len(str(event["summary"])) < 130
    assert long.strip() in str(event["description"])


def test_done_is_said_and_gone_is_cancelled() -> None:
    done = a_task(1, date(2026, 5, 4), status=TaskStatus.DONE)
    gone = a_task(2, date(2026, 5, 5), status=TaskStatus.REMOVED)
    first, second = file_of(done, gone).walk("VEVENT")
    assert str(first["summary"]).startswith("✅ Đã xong")
    assert str(second["status"]) == "CANCELLED"
    assert [*first.walk("VALARM"), *second.walk("VALARM")] == []


@given(
    title=st.text(max_size=300),
    output=st.text(max_size=300),
    day=st.dates(date(2026, 1, 1), date(2030, 12, 31)),
    status=st.sampled_from(TaskStatus),
)
def test_whatever_a_task_says_comes_back_from_the_file(
    title: str, output: str, day: date, status: TaskStatus
) -> None:
    task = a_task(1, day, title=title, expected_output=output, status=status)
    file = file_of(task)
    (event,) = file.walk("VEVENT")
    assert not [c for c in file.to_ical().decode() if unicodedata.category(c) == "Cc" and c not in "\t\r\n"]
    assert event.start.astimezone(UTC) == working_due(day, OFFICE).astimezone(UTC)
    assert event.start <= legal_end(day)
    assert all(alarm["trigger"].dt < timedelta() for alarm in event.walk("VALARM"))
    assert (int(event["sequence"]), event["last-modified"].dt) == (1, CHANGED.astimezone(UTC))
