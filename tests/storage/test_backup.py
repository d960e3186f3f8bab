"""Backups: whole, checked, taken while somebody writes; restores that lose nothing and send nothing twice."""

import io
import sqlite3
import tarfile
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from core.notices import Notice, NoticeKind
from core.people import Role
from storage import outbox, people
from storage.archive import BadBackup, Fault, check
from storage.backup import back_up, is_used, restore
from storage.data_files import fact
from storage.database import writer_engine
from storage.migrate import Age, state_of, upgrade_connection
from storage.schema import outbox as outbox_table

NOW = datetime(2026, 11, 22, 2, 0, tzinfo=UTC)
PHOTO = "a" * 64


@dataclass(frozen=True, slots=True)
class House:
    """A data folder with a database and a file, and where its backup goes."""

    folder: Path

    @property
    def database(self) -> Path:
        return self.folder / "hotline.db"

    @property
    def files(self) -> Path:
        return self.folder / "files"

    @property
    def target(self) -> Path:
        return self.folder / "backups" / "one.tar.gz"

    def engine(self) -> sa.Engine:
        return writer_engine(sa.make_url(f"sqlite:///{self.database}"))

    def names(self) -> list[str]:
        engine = self.engine()
        with engine.begin() as connection:
            found = [person.name for person in people.staff(connection)]
        engine.dispose()
        return found

    def add(self, name: str) -> None:
        engine = self.engine()
        with engine.begin() as connection:
            people.add_person(connection, name, Role.DUTY, NOW)
        engine.dispose()


@pytest.fixture
def house(tmp_path: Path) -> House:
    """One duty officer with a chat, to whom one notice waits to be sent; one photo."""
    made = House(tmp_path / "var")
    (made.files / "public").mkdir(parents=True)
    (made.files / "public" / f"{PHOTO}.jpg").write_bytes(b"picture")
    (made.files / "public" / ".part-1").write_bytes(b"half a pic")
    engine = made.engine()
    with engine.begin() as connection:
        upgrade_connection(connection)
        person = people.add_person(connection, "Trần B", Role.DUTY, NOW)
        chat = people.add_identity(connection, person, "web", "web", "c1", NOW)
        outbox.add(connection, [Notice(NoticeKind.WELCOME, chat.id)], NOW)
    engine.dispose()
    return made


def test_a_backup_is_restored_into_an_empty_folder(house: House, tmp_path: Path) -> None:
    made = back_up(house.database, house.files, house.target, NOW)
    new = House(tmp_path / "new")

    done = restore(house.target, new.database, new.folder, NOW)

    assert [entry.name for entry in made.entries] == ["database.sqlite3", f"files/public/{PHOTO}.jpg"]
    assert done.manifest == made
    assert done.aside is None
    assert new.names() == ["Trần B"]
    assert (new.files / "public" / f"{PHOTO}.jpg").read_bytes() == b"picture"
    assert house.target.stat().st_mode & 0o777 == 0o600


def test_notices_that_waited_are_not_sent_again(house: House, tmp_path: Path) -> None:
    back_up(house.database, house.files, house.target, NOW)
    new = House(tmp_path / "new")

    done = restore(house.target, new.database, new.folder, NOW)

    engine = new.engine()
    with engine.begin() as connection:
        statuses = list(connection.execute(sa.select(outbox_table.c.status)).scalars())
        claimed = outbox.claim(connection, NOW + timedelta(hours=1), timedelta(minutes=1))
        restored_at = fact(connection, "restored_at")
    engine.dispose()
    assert done.not_sent == 1
    assert statuses == ["superseded"]
    assert claimed == []
    assert restored_at == NOW.isoformat()


def test_the_present_database_is_moved_aside_with_what_its_log_holds(house: House) -> None:
    back_up(house.database, house.files, house.target, NOW)
    with closing(sqlite3.connect(house.database)) as busy:
        # An open reader keeps the newest rows in the -wal file.
        busy.execute("SELECT 1 FROM people").fetchall()
        house.add("Người mới")
        done = restore(house.target, house.database, house.folder, NOW)

    assert house.names() == ["Trần B"]
    assert done.aside is not None
    engine = writer_engine(sa.make_url(f"sqlite:///{done.aside}"))
    with engine.begin() as connection:
        kept = [person.name for person in people.staff(connection)]
    engine.dispose()
    assert kept == ["Người mới", "Trần B"]


def test_a_backup_is_one_instant_while_somebody_writes(house: House) -> None:
    engine = house.engine()
    with engine.begin() as connection:
        people.add_person(connection, "chưa xong", Role.DUTY, NOW)
        back_up(house.database, house.files, house.target, NOW)
    engine.dispose()

    restore(house.target, house.database, house.folder, NOW)

    assert house.names() == ["Trần B"]


def test_keys_stay_out_unless_asked_for(house: House, tmp_path: Path) -> None:
    keys = house.folder / "keys"
    keys.mkdir()
    (keys / "sealed.key").write_text("key")
    back_up(house.database, house.files, house.target, NOW)
    whole = house.folder / "backups" / "whole.tar.gz"
    back_up(house.database, house.files, whole, NOW, keys)
    new = House(tmp_path / "new")

    restore(whole, new.database, new.folder, NOW)

    assert all(not entry.name.startswith("keys/") for entry in check(house.target).entries)
    assert (new.folder / "keys" / "sealed.key").read_text() == "key"


def test_a_key_in_use_is_not_replaced_by_a_restore(house: House) -> None:
    keys = house.folder / "keys"
    keys.mkdir()
    (keys / "sealed.key").write_text("old")
    back_up(house.database, house.files, house.target, NOW, keys)
    (keys / "sealed.key").write_text("new")

    restore(house.target, house.database, house.folder, NOW)

    assert (keys / "sealed.key").read_text() == "new"


@pytest.mark.parametrize("cut", [0.3, 0.9])
def test_a_backup_that_was_cut_off_is_refused_before_anything_changes(house: House, cut: float) -> None:
    (house.files / "public" / f"{'b' * 64}.jpg").write_bytes(bytes(range(256)) * 2000)
    back_up(house.database, house.files, house.target, NOW)
    whole = house.target.read_bytes()
    house.target.write_bytes(whole[: int(len(whole) * cut)])

    with pytest.raises(BadBackup) as refused:
        restore(house.target, house.database, house.folder, NOW)

    assert refused.value.fault in {Fault.UNREADABLE, Fault.NO_MANIFEST}
    assert house.names() == ["Trần B"]
    assert sorted(path.name for path in house.folder.iterdir()) == ["backups", "files", "hotline.db"]


def test_a_changed_file_is_named(house: House) -> None:
    back_up(house.database, house.files, house.target, NOW)
    rewrite(house.target, f"files/public/{PHOTO}.jpg", b"forgery")

    with pytest.raises(BadBackup) as refused:
        restore(house.target, house.database, house.folder, NOW)

    assert (refused.value.fault, refused.value.name) == (Fault.CHANGED, f"files/public/{PHOTO}.jpg")


@pytest.mark.parametrize("name", ["../evil", "/etc/passwd", "files/../../x", "hotline.db", "files/.hidden"])
def test_a_name_that_leads_elsewhere_is_refused(house: House, name: str) -> None:
    back_up(house.database, house.files, house.target, NOW)
    with tarfile.open(house.target, "w:gz") as tar:
        header = tarfile.TarInfo(name)
        header.size = 1
        tar.addfile(header, io.BytesIO(b"x"))

    with pytest.raises(BadBackup) as refused:
        restore(house.target, house.database, house.folder, NOW)

    assert refused.value.name == name
    assert not (house.folder.parent / "evil").exists()


def test_what_is_no_archive_is_refused(house: House) -> None:
    house.target.parent.mkdir()
    house.target.write_bytes(b"hello")

    with pytest.raises(BadBackup) as refused:
        check(house.target)

    assert refused.value.fault is Fault.UNREADABLE


def test_a_backup_from_a_newer_program_is_refused(house: House) -> None:
    engine = house.engine()
    with engine.begin() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")
    engine.dispose()
    back_up(house.database, house.files, house.target, NOW)

    with pytest.raises(BadBackup) as refused:
        restore(house.target, house.database, house.folder, NOW)

    assert refused.value.fault is Fault.NEWER


def test_a_broken_database_is_not_backed_up_as_if_it_were_whole(house: House) -> None:
    engine = house.engine()
    with engine.connect() as connection:
        connection.exec_driver_sql("ROLLBACK")
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    engine.dispose()
    content = bytearray(house.database.read_bytes())
    content[4096 * 3 : 4096 * 6] = b"\xff" * (4096 * 3)
    house.database.write_bytes(content)

    with pytest.raises(BadBackup) as refused:
        back_up(house.database, house.files, house.target, NOW)

    assert refused.value.fault is Fault.DATABASE_BROKEN
    assert list(house.target.parent.iterdir()) == []


def test_only_a_database_with_somebody_in_it_counts_as_used(house: House, tmp_path: Path) -> None:
    empty, rubbish = tmp_path / "empty.db", tmp_path / "rubbish.db"
    empty.touch()
    rubbish.write_text("no database at all, but somebody's")
    fresh = House(tmp_path / "fresh")
    engine = fresh.engine()
    with engine.begin() as connection:
        upgrade_connection(connection)
        assert state_of(connection).age is Age.CURRENT
    engine.dispose()

    assert is_used(house.database)
    assert is_used(rubbish)
    assert not is_used(empty)
    assert not is_used(fresh.database)
    assert not is_used(tmp_path / "nowhere.db")


def rewrite(archive: Path, name: str, content: bytes) -> None:
    """The same archive with one file changed."""
    with tarfile.open(archive, "r:gz") as tar:
        members = [(member, tar.extractfile(member)) for member in tar]
        kept = [(member, stream.read()) for member, stream in members if stream is not None]
    with tarfile.open(archive, "w:gz") as tar:
        for member, old in kept:
            new = content if member.name == name else old
            member.size = len(new)
            tar.addfile(member, io.BytesIO(new))
