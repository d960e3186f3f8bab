"""What leaves the disk and the queues, when, and what never does."""

import asyncio
import os
from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from core.people import Role
from services.attachments import Files
from services.housekeeping import NEVER_ATTACHED, TIDIED, Housekeeper
from services.verify import verify
from storage import inbox, schema, tidying, timers
from storage.data_files import fact
from storage.database import Connection
from tests.town import Citizen, Town

CONTENT = b"a photo of a lorry"
YEAR = 366
ENDED = "Đã mở thêm một làn, xe đang qua bình thường."
WORDS = "Hữu Nghị: xe không qua được, đã ba giờ"


class Wall:
    """The disk's time."""

    def __init__(self) -> None:
        self.at = datetime.now().astimezone()

    def __call__(self) -> datetime:
        return self.at


@pytest.fixture(autouse=True)
def _ids_begin_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ids rise with the newest time that this process has seen, also in the tests before this one."""
    monkeypatch.setattr("storage.ids._last", 0)


@pytest.fixture
def wall() -> Wall:
    return Wall()


@pytest.fixture
def keeper(town: Town, wall: Wall) -> Housekeeper:
    return Housekeeper(town.db, town.cfg, town.clock.now, wall)


async def closed_ticket(town: Town, driver: Citizen, *photos: bytes) -> None:
    """Told, taken, ended, closed a day later."""
    officer = await town.staff("An", gate="HN")
    await driver.says(WORDS)
    for photo in photos:
        await driver.sends_photo(photo)
    await officer.presses("Nhận xử lý")
    await officer.presses("Đóng phiếu")
    await officer.says(ENDED)
    await town.passes(days=2)


async def erased(driver: Citizen) -> None:
    await driver.says("/xoadulieu")
    await driver.presses("Xóa")


def on_disk(town: Town) -> Sequence[Path]:
    return [path for path in town.cfg.files.rglob("*") if path.is_file()]


async def rows(town: Town, table: sa.Table, *where: sa.ColumnElement[bool]) -> Sequence[Any]:
    return await town.db.read(lambda db: db.execute(sa.select(table).where(*where)).all())


# --- files that were erased


async def test_the_files_of_who_was_erased_leave_the_disk(
    town: Town, keeper: Housekeeper, wall: Wall
) -> None:
    driver = town.citizen("Tài")
    await closed_ticket(town, driver, CONTENT)
    assert on_disk(town)
    wall.at += timedelta(hours=1)

    await erased(driver)
    assert await keeper.drop_erased() == 1

    assert on_disk(town) == []
    (row,) = await rows(town, schema.attachments)
    assert (row.sha256, row.public_sha256, row.provider_id, row.status) == (None, None, "", "erased")
    assert await keeper.drop_erased() == 0


async def test_a_file_that_somebody_else_sent_as_well_stays(
    town: Town, keeper: Housekeeper, wall: Wall
) -> None:
    driver, other = town.citizen("Tài"), town.citizen("Bạn")
    await closed_ticket(town, driver, CONTENT)
    await other.sends_photo(CONTENT, WORDS)
    wall.at += timedelta(hours=1)

    await erased(driver)
    assert await keeper.drop_erased() == 1

    assert on_disk(town)
    assert await keeper.drop_erased() == 0


async def test_a_file_that_is_just_being_sent_again_is_left_until_the_next_look(
    town: Town, keeper: Housekeeper, wall: Wall
) -> None:
    driver = town.citizen("Tài")
    await closed_ticket(town, driver, CONTENT)
    before = on_disk(town)
    for path in before:
        os.utime(path, (0, 0))
    await erased(driver)

    Files(town.cfg).keep(CONTENT, is_picture=False)  # written, its row not yet committed
    assert await keeper.drop_erased() == 0
    assert on_disk(town) == before

    wall.at += timedelta(hours=1)
    assert await keeper.drop_erased() == 1
    assert on_disk(town) == []


async def test_a_disk_that_refuses_is_tried_again(town: Town, keeper: Housekeeper, wall: Wall) -> None:
    driver = town.citizen("Tài")
    await closed_ticket(town, driver, CONTENT)
    (sealed,) = on_disk(town)
    wall.at += timedelta(hours=1)
    sealed.unlink()
    sealed.mkdir()  # a directory cannot be unlinked
    await erased(driver)
    assert await keeper.drop_erased() == 0

    sealed.rmdir()
    sealed.write_bytes(CONTENT)
    os.utime(sealed, (0, 0))
    assert await keeper.drop_erased() == 1
    assert not sealed.exists()


# --- leftovers


def left(path: Path, at: datetime) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(CONTENT)
    os.utime(path, (at.timestamp(), at.timestamp()))
    return path


async def test_broken_off_and_never_attached_files_go_and_the_others_stay(
    town: Town, keeper: Housekeeper, wall: Wall
) -> None:
    files, long_ago = town.cfg.files, wall.at - NEVER_ATTACHED - timedelta(hours=1)
    waits, plan, lonely, young = ("a" * 64, "b" * 64, "c" * 64, "d" * 64)
    go = [
        left(files / "incoming" / ".part-0123456789abcdef", long_ago),
        left(files / "sealed" / f".{lonely}.77.part", long_ago),
        left(files / "incoming" / lonely, long_ago),
    ]
    stay = [
        left(files / "incoming" / waits, long_ago),
        left(files / "incoming" / plan, long_ago),
        left(files / "incoming" / young, wall.at),
        left(files / "incoming" / ".part-fedcba9876543210", wall.at),
        left(files / "sealed" / lonely, long_ago),
    ]
    clerk = await town.staff("Nga", Role.OFFICE)
    chat = await town.identity_of(clerk)
    now = town.clock.now()

    def entered(db: Connection) -> None:
        inbox.store(db, "web", "web", "u1", "c1", {"files": [{"sha256": waits}]}, now)
        db.execute(
            sa.insert(schema.plan_uploads).values(
                id=1,
                identity_id=chat.id,
                person_id=clerk.person_id,
                channel="web",
                provider_id=plan,
                name="ke-hoach.docx",
                status="read",
                next_try_at=now,
                created_at=now,
            )
        )

    await town.db.write(entered)
    assert await keeper.tidy_at_night()

    assert [path.name for path in go if path.exists()] == []
    assert [path.name for path in stay if not path.exists()] == []


async def test_a_pages_own_copy_of_what_was_sealed_does_not_stay(
    town: Town, keeper: Housekeeper, wall: Wall
) -> None:
    await town.citizen("Lái xe").sends_photo(CONTENT, "Hữu Nghị: tờ khai bị giữ")
    sealed = next((town.cfg.files / "sealed").iterdir())
    same = sa.update(schema.attachments).values(provider_id=sealed.name)
    await town.db.write(lambda db: db.execute(same))
    behind = left(town.cfg.files / "incoming" / sealed.name, wall.at - NEVER_ATTACHED - timedelta(hours=1))

    assert await keeper.tidy_at_night()

    assert not behind.exists()
    assert sealed.exists()


async def test_a_copy_leaves_the_disk_when_no_page_shows_it_any_more(
    town: Town, keeper: Housekeeper, wall: Wall
) -> None:
    folder, long_ago = town.cfg.files / "outgoing", wall.at - timedelta(days=YEAR + 1)
    forgotten, shown = left(folder / ("a" * 64), long_ago), left(folder / ("b" * 64), long_ago)
    young = left(folder / ("c" * 64), wall.at - NEVER_ATTACHED - timedelta(days=1))
    now, body = town.clock.now(), {"files": [{"sha256": shown.name, "place": "outgoing"}]}
    values = {"id": 1, "chat_id": "page", "seq": 1, "direction": "out", "body": body, "created_at": now}
    await town.db.write(lambda db: db.execute(sa.insert(schema.web_feed).values(**values)))

    assert await keeper.tidy_at_night()

    assert [path.exists() for path in (forgotten, shown, young)] == [False, True, True]


# --- queues


async def test_a_year_later_the_queues_are_empty_and_the_tickets_whole(
    town: Town, keeper: Housekeeper
) -> None:
    await closed_ticket(town, town.citizen("Tài"), CONTENT)
    whole = (schema.tickets, schema.ticket_events, schema.ticket_cycles, schema.attachments, schema.people)
    before = [await rows(town, table) for table in whole]
    said = [row.text for row in await rows(town, schema.messages)]
    town.clock.passes(days=YEAR)

    assert await keeper.tidy_at_night()

    assert [await rows(town, table) for table in whole] == before
    assert [row.text for row in await rows(town, schema.messages)] == said
    assert (await town.db.read(verify)).findings == ()
    assert await rows(town, schema.outbox) == []
    assert await rows(town, schema.timers, schema.timers.c.status != "waiting") == []
    assert await rows(town, schema.link_codes) == []


async def test_of_a_tickets_update_only_what_a_repetition_is_known_by_is_kept(
    town: Town, keeper: Housekeeper
) -> None:
    await closed_ticket(town, town.citizen("Tài"))
    of_ticket = {row.inbox_id for row in await rows(town, schema.messages) if row.inbox_id}
    known = {row.id: (row.channel, row.bot, row.update_id) for row in await rows(town, schema.inbox)}
    assert of_ticket < known.keys()
    town.clock.passes(days=YEAR)

    await keeper.tidy_at_night()

    kept = await rows(town, schema.inbox)
    assert {row.id: (row.channel, row.bot, row.update_id) for row in kept} == {
        number: known[number] for number in of_ticket
    }
    assert {(str(row.raw), row.chat_id) for row in kept} == {("{}", "")}
    now = town.clock.now()
    again = known[next(iter(of_ticket))]
    assert not await town.db.write(lambda db: inbox.store(db, *again, "c1", {"text": WORDS}, now))


async def test_what_belongs_to_an_open_ticket_stays_however_old(town: Town, keeper: Housekeeper) -> None:
    await town.staff("An", gate="HN")
    await town.citizen("Tài").says(WORDS)
    (ticket,) = await town.tickets()
    of_ticket = schema.outbox.c.ticket_id == ticket.id
    notices = [row.id for row in await rows(town, schema.outbox, of_ticket)]
    assert notices
    await town.db.write(
        lambda db: db.execute(sa.update(schema.timers).values(status="fired", fired_at=town.clock.now()))
    )
    fired = await rows(town, schema.timers, schema.timers.c.subject == "ticket")
    town.clock.passes(days=YEAR)

    await keeper.tidy_at_night()

    assert [row.id for row in await rows(town, schema.outbox, of_ticket)] == notices
    assert await rows(town, schema.timers, schema.timers.c.subject == "ticket") == fired
    assert WORDS in str([row.raw for row in await rows(town, schema.inbox)])


async def test_what_still_waits_or_was_set_aside_is_never_tidied_away(
    town: Town, keeper: Housekeeper
) -> None:
    now = town.clock.now()

    def entered(db: Connection) -> None:
        for name in ("waits", "poison"):
            inbox.store(db, "web", "web", name, "c1", {"text": name}, now)
        one = schema.inbox.c.update_id == "poison"
        db.execute(sa.update(schema.inbox).where(one).values(status="poison", handled_at=now))
        timers.add(db, "roster", 1, 0, {"look": now}, now)

    await town.db.write(entered)
    town.clock.passes(days=YEAR)
    await keeper.tidy_at_night()
    assert {row.update_id for row in await rows(town, schema.inbox)} == {"waits", "poison"}
    assert [row.stage for row in await rows(town, schema.timers)] == ["look"]


async def test_the_newest_bubble_of_a_page_stays_so_that_the_next_one_is_counted_from_it(
    town: Town, keeper: Housekeeper
) -> None:
    now = town.clock.now()

    def entered(db: Connection) -> None:
        for seq in (1, 2, 3):
            values = {"id": seq, "chat_id": "page", "seq": seq, "direction": "in", "body": {}}
            db.execute(sa.insert(schema.web_feed).values(**values, created_at=now))

    await town.db.write(entered)
    town.clock.passes(days=YEAR)
    await keeper.tidy_at_night()
    assert [row.seq for row in await rows(town, schema.web_feed)] == [3]


async def test_what_is_younger_than_the_setting_stays(town: Town, keeper: Housekeeper) -> None:
    await closed_ticket(town, town.citizen("Tài"))
    tables = (schema.inbox, schema.outbox, schema.timers)
    before = [len(await rows(town, table)) for table in tables]
    town.clock.passes(days=360)
    await keeper.tidy_at_night()
    assert [len(await rows(town, table)) for table in tables] == before


async def test_it_is_done_once_a_night_and_caught_up_with_after_a_night_off(
    town: Town, keeper: Housekeeper
) -> None:
    assert await keeper.tidy_at_night()
    assert await town.db.read(lambda db: fact(db, TIDIED)) == town.clock.now().isoformat()
    town.clock.is_now(23, 59)
    assert not await keeper.tidy_at_night()
    town.clock.passes(hours=2)  # 01:59
    assert not await keeper.tidy_at_night()
    town.clock.passes(minutes=1)
    assert await keeper.tidy_at_night()
    assert not await keeper.tidy_at_night()
    town.clock.passes(days=3)
    assert await keeper.tidy_at_night()


async def test_a_bug_in_it_does_not_end_the_program(
    town: Town, keeper: Housekeeper, monkeypatch: pytest.MonkeyPatch
) -> None:
    stop = asyncio.Event()
    looks: list[int] = []

    async def breaks(self: Housekeeper) -> bool:
        looks.append(1)
        if len(looks) == 2:
            stop.set()
        self.woken.set()
        raise ZeroDivisionError

    monkeypatch.setattr(Housekeeper, "tidy_at_night", breaks)
    await keeper.run(stop)
    assert len(looks) == 2


async def test_of_many_processes_one_does_it_and_after_its_death_another(
    town: Town, keeper: Housekeeper, wall: Wall, monkeypatch: pytest.MonkeyPatch
) -> None:
    dies = Housekeeper(town.db, town.cfg, town.clock.now, wall)
    with monkeypatch.context() as broken:
        broken.setattr(tidying, "batch_of_small_things", lambda *_: 1 // 0)
        with pytest.raises(ZeroDivisionError):
            await dies.tidy_at_night()
    assert not await keeper.tidy_at_night()
    town.clock.passes(hours=1)
    assert await keeper.tidy_at_night()
    assert not await dies.tidy_at_night()


async def test_a_batch_looks_at_no_more_rows_than_it_was_told(town: Town) -> None:
    now = town.clock.now()

    def entered(db: Connection) -> None:
        for number in range(5):
            inbox.store(db, "web", "web", f"u{number}", "c1", {}, now)
        db.execute(sa.update(schema.inbox).values(status="done", handled_at=now))

    await town.db.write(entered)
    before = now + timedelta(days=1)
    reached = await town.db.write(lambda db: tidying.batch_of_inbox(db, before, 0, 2))
    assert reached is not None
    assert len(await rows(town, schema.inbox)) == 3
    assert await town.db.write(lambda db: tidying.batch_of_inbox(db, before, reached, 100)) is not None
    assert await rows(town, schema.inbox) == []
