"""`hotline doctor`: is everything that the program needs there, and does anything lie undone? Looks only, changes nothing."""

import os
import platform
import shutil
import stat
import sys
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

from app.cli_words import hanoi, not_reached_in_words, schema_in_words
from app.clock import DRILL, reading_clock
from app.doctor_data import Check, Level, data_checks
from app.doctor_telegram import telegram_checks
from app.doctor_zalo import zalo_checks, zalo_quota
from app.doctor_zalo_oa import zalo_oa_checks
from app.lock import is_held
from app.sealing import FileSeal
from app.settings import Settings, unknown_names
from storage import survey
from storage.backup import RESTORED_AT
from storage.data_files import fact
from storage.database import Connection
from storage.migrate import Age, NotReached
from storage.reading import DATABASE_TROUBLE, look, state

OLDEST_PYTHON = (3, 11)
LEAST_FREE, LITTLE_FREE = 200 * 2**20, 2 * 2**30


async def examine(settings: Settings) -> list[Check]:
    """Every check in reading order."""
    checks = [*_machine(settings), *await _database(settings)]
    checks += await zalo_checks(settings)
    checks += await zalo_oa_checks(settings)
    checks += await telegram_checks(settings)
    return checks


def _machine(settings: Settings) -> Iterator[Check]:
    good = sys.version_info[:2] >= OLDEST_PYTHON
    yield Check("python", Level.OK if good else Level.BAD, f"Python {platform.python_version()}.")
    unknown = unknown_names()
    said = f"Không hiểu: {', '.join(unknown)}." if unknown else "Đọc được tất cả."
    yield Check("settings", Level.WARN if unknown else Level.OK, said)
    yield _folder(settings.data_dir)
    yield _disk(settings.data_dir)
    running = is_held(settings.lock_file)
    yield Check("running", Level.OK, "Chương trình đang chạy." if running else "Chương trình đang dừng.")


def _folder(folder: Path) -> Check:
    near = _existing(folder)
    if not os.access(near, os.W_OK | os.X_OK):
        return Check("data_dir", Level.BAD, f"Không ghi được vào thư mục {near}.")
    return Check("data_dir", Level.OK, f"Ghi được vào thư mục dữ liệu {folder}.")


def _disk(folder: Path) -> Check:
    free = shutil.disk_usage(_existing(folder)).free
    level = Level.BAD if free < LEAST_FREE else Level.WARN if free < LITTLE_FREE else Level.OK
    return Check("disk", level, f"Đĩa còn trống {free / 2**30:.1f} GB.")


def _existing(folder: Path) -> Path:
    path = folder.absolute()
    while not path.exists():
        path = path.parent
    return path


async def _database(settings: Settings) -> list[Check]:
    try:
        found = await state(settings.database)
        if found.age is not Age.CURRENT:
            level = Level.WARN if found.age in {Age.EMPTY, Age.BEHIND} else Level.BAD
            return [Check("database", level, schema_in_words(found, settings))]
        return await look(settings.database, lambda db: _database_checks(db, settings))
    except NotReached as away:
        return [Check("database", Level.BAD, not_reached_in_words(away))]
    except (*DATABASE_TROUBLE, OSError) as error:
        text = str(getattr(error, "orig", None) or error).partition("\n")[0]
        return [Check("database", Level.BAD, f"Không mở được cơ sở dữ liệu: {text[:200]}.")]


def _database_checks(db: Connection, settings: Settings) -> list[Check]:
    broken = survey.integrity(db)
    if broken is not None:
        return [Check("database", Level.BAD, f"Cơ sở dữ liệu bị hỏng: {broken[:200]}.")]
    now = reading_clock(db, settings).now()
    return [
        Check("database", Level.OK, "Mở được, đúng phiên bản, không hỏng."),
        _drill(db, settings),
        _clock(db, settings, now),
        _sealing(db, settings),
        *_restored(db),
        *data_checks(db, settings, now, is_held(settings.lock_file)),
        *zalo_quota(db, settings, now),
    ]


def _drill(db: Connection, settings: Settings) -> Check:
    marked = fact(db, DRILL)
    if marked is None and settings.is_drill and survey.is_used(db):
        return Check(
            "drill", Level.BAD, "Đặt giờ diễn tập trên cơ sở dữ liệu thật: chương trình sẽ không chạy."
        )
    if marked is not None and not settings.is_drill:
        return Check(
            "drill",
            Level.BAD,
            "Cơ sở dữ liệu diễn tập mà không đặt HOTLINE_CLOCK_START: chương trình sẽ không chạy.",
        )
    return Check("drill", Level.OK, "Đây là một buổi diễn tập." if marked else "Không phải diễn tập.")


def _restored(db: Connection) -> Iterator[Check]:
    at = fact(db, RESTORED_AT)
    if at is not None:
        yield Check(
            "restored",
            Level.OK,
            f"Khôi phục từ bản sao lưu lúc {hanoi(datetime.fromisoformat(at))}.",
        )


def _clock(db: Connection, settings: Settings, now: datetime) -> Check:
    newest = survey.newest_time(db)
    if fact(db, DRILL) is None and newest is not None and newest > now:
        return Check("clock", Level.BAD, f"Đồng hồ máy chậm hơn dữ liệu đã ghi ({hanoi(newest)}).")
    return Check("clock", Level.OK, f"Bây giờ là {hanoi(now)}.")


def _sealing(db: Connection, settings: Settings) -> Check:
    seal, sealed = FileSeal(settings.key_file), survey.a_sealed_text(db)
    if sealed is None and not settings.key_file.exists():
        return Check("sealing_key", Level.OK, "Chưa có gì niêm phong; khóa sẽ được tạo khi cần.")
    if not seal.is_there():
        return Check(
            "sealing_key",
            Level.BAD,
            f"Thiếu khóa niêm phong {settings.key_file}: không đọc được nội dung đã niêm phong.",
        )
    if sealed is not None and not seal.opens(sealed):
        return Check(
            "sealing_key", Level.BAD, f"Khóa {settings.key_file} không mở được nội dung đã niêm phong."
        )
    if stat.S_IMODE(settings.key_file.stat().st_mode) & 0o077:
        return Check(
            "sealing_key",
            Level.WARN,
            f"Người khác trên máy này đọc được khóa {settings.key_file}: hãy chmod 600.",
        )
    return Check("sealing_key", Level.OK, "Khóa niêm phong dùng được; hãy cất một bản ở nơi khác.")
