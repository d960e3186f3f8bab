"""Backup and restore of an SQLite database with its files. PostgreSQL has tools of its own (pg_dump).

A backup is read back and checked before it takes its name; a restore is checked whole before it touches anything.
"""

import os
import shutil
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import sqlalchemy as sa

from storage import archive, survey
from storage.archive import DATABASE, BadBackup, Fault, Manifest
from storage.data_files import remember
from storage.database import writer_engine
from storage.migrate import Age, CannotMigrate, upgrade_connection
from storage.reading import open_read_only
from storage.schema import outbox

RESTORED_AT = "restored_at"


@dataclass(frozen=True, slots=True)
class Restored:
    """`not_sent`: notices that waited in the backup and will not be sent again. `aside`: where the old database went."""

    manifest: Manifest
    not_sent: int
    aside: Path | None


def back_up(database: Path, files: Path, target: Path, now: datetime, keys: Path | None = None) -> Manifest:
    """Writes `target` (.tar.gz, readable by its owner only) while the program may run. Raises BadBackup, OSError.

    `keys`: the folder of keys, left out unless it is given: who finds the backup must not read sealed texts with it.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    part = target.with_name(f".{target.name}.part")
    with tempfile.TemporaryDirectory(dir=target.parent, prefix=".backup-") as folder:
        snapshot = Path(folder) / DATABASE
        # The database first: whatever file it names was on the disk before.
        _snapshot(database, snapshot)
        parts = [(snapshot, DATABASE), *_below(files, "files/"), *(_below(keys, "keys/") if keys else ())]
        try:
            with open(part, "wb", opener=archive.private) as out:
                made = archive.write(out, parts, now)
            _sync(part)
            archive.check(part)
            part.replace(target)
            _sync(target.parent)
        finally:
            part.unlink(missing_ok=True)
    return made


def restore(source: Path, database: Path, data_dir: Path, now: datetime) -> Restored:
    """Puts the archive's database and files in place; the present database is moved aside, never removed.

    Notices that waited when the backup was made are not sent: by now they were, or they are stale. Raises BadBackup
    before anything is changed.
    """
    for folder in (data_dir, database.parent):
        folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=data_dir, prefix=".restore-") as name:
        unpacked = Path(name)
        manifest = archive.unpack(source, unpacked)
        not_sent = _made_ready(unpacked / DATABASE, now)
        for entry in manifest.entries:
            if entry.name != DATABASE:
                _put(unpacked / entry.name, data_dir / entry.name)
        aside = _move_aside(database, now)
        _take_place(unpacked / DATABASE, database)
    return Restored(manifest, not_sent, aside)


def is_used(database: Path) -> bool:
    """Whether a file is there that holds anything worth keeping; one that cannot be read counts as such."""
    if not database.exists() or database.stat().st_size == 0:
        return False
    engine = sa.create_engine("sqlite://", creator=lambda: open_read_only(database), poolclass=sa.NullPool)
    try:
        with engine.connect() as connection:
            return survey.is_used(connection)
    except (sa.exc.DatabaseError, sqlite3.DatabaseError):
        return True
    finally:
        engine.dispose()


def _snapshot(database: Path, target: Path) -> None:
    try:
        with closing(open_read_only(database)) as source, closing(sqlite3.connect(target)) as copy:
            source.backup(copy)
    except sqlite3.DatabaseError:
        raise BadBackup(Fault.DATABASE_BROKEN) from None
    _settle(target)


def _settle(database: Path) -> None:
    """Makes the file whole without a -wal beside it, and checks it."""
    try:
        with closing(sqlite3.connect(database)) as raw:
            raw.execute("PRAGMA journal_mode=DELETE").close()
            found = raw.execute("PRAGMA integrity_check(1)").fetchone()
    except sqlite3.DatabaseError:
        raise BadBackup(Fault.DATABASE_BROKEN) from None
    if found != ("ok",):
        raise BadBackup(Fault.DATABASE_BROKEN)


def _below(folder: Path, prefix: str) -> Iterator[tuple[Path, str]]:
    for path in sorted(folder.rglob("*")):
        name = prefix + path.relative_to(folder).as_posix()
        # Files on their way in are hidden (".part-…"); nothing points at them yet.
        if path.is_file() and not path.is_symlink() and archive.may_hold(name):
            yield path, name


def _made_ready(database: Path, now: datetime) -> int:
    """Brings the unpacked database to this program's schema and takes back what it would send."""
    _settle(database)
    engine = writer_engine(sa.make_url(f"sqlite:///{database}"))
    try:
        with engine.begin() as connection:
            if upgrade_connection(connection).age is Age.EMPTY:
                raise BadBackup(Fault.DATABASE_BROKEN)
            remember(connection, RESTORED_AT, now.isoformat())
            waiting = sa.update(outbox).where(outbox.c.status == "waiting")
            not_sent = connection.execute(waiting.values(status="superseded", lease_until=None)).rowcount
    except CannotMigrate as cannot:
        fault = Fault.NEWER if cannot.state.age is Age.NEWER else Fault.DATABASE_BROKEN
        raise BadBackup(fault) from None
    finally:
        engine.dispose()
    _settle(database)
    return not_sent


def _put(source: Path, target: Path) -> None:
    if target.exists():
        return  # named by its own digest, or a key that is in use
    target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    _sync(source)
    source.replace(target)
    _sync(target.parent)


def _move_aside(database: Path, now: datetime) -> Path | None:
    if not database.exists():
        return None
    aside = database.with_name(f"{database.name}.before-{now:%Y%m%d-%H%M%S}")
    for tail in ("-wal", "-shm", ""):
        old = database.with_name(database.name + tail)
        if old.exists():
            old.replace(aside.with_name(aside.name + tail))
    return aside


def _take_place(fresh: Path, database: Path) -> None:
    # Copied beside it first: across file systems a rename is impossible, and the swap itself must be one step.
    beside = database.with_name(f".{database.name}.restored")
    shutil.copyfile(fresh, beside)
    beside.chmod(0o600)
    _sync(beside)
    beside.replace(database)
    _sync(database.parent)


def _sync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
