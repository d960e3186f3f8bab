"""The part of `hotline doctor` that asks the database: queues, people, gates, files, backups."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from pathlib import Path

from app.cli_words import ROLES, hanoi
from app.settings import Settings
from core.calendar import TZ, check_calendar
from core.errors import NoServiceDay
from core.people import Role
from services.holding import held_of
from services.housekeeping import TIDIED
from services.reference import reference
from storage import shifts, survey, tidying
from storage.data_files import fact
from storage.database import Connection
from storage.migrate import file_of
from storage.survey import Backlog

# Longer than any pause between two tries of a running program.
STUCK = timedelta(minutes=10)
BACKUP_AGE = timedelta(days=2)
BACKUPS = "backups"
# Those with a rate of their own; the web chat is ours.
CHANNELS = ("telegram", "zalo", "zalo_oa")
_NEEDED = (Role.DUTY, Role.OFFICE, Role.LEADER, Role.ADMIN)
_FILES_LOOKED_FOR = 10_000


class Level(StrEnum):
    """BAD ends the command with 1."""

    OK = "ok"
    WARN = "warn"
    BAD = "bad"


@dataclass(frozen=True, slots=True)
class Check:
    """One line of the answer; `message` is a Vietnamese sentence without anybody's words in it."""

    name: str
    level: Level
    message: str


def data_checks(db: Connection, settings: Settings, now: datetime, running: bool) -> Iterator[Check]:
    """The checks of a database that can be read. `running`: late work is then a fault, otherwise only to be expected."""
    yield from _queues(db, now, running)
    yield from _held(db, now)
    yield _sizes(db, settings)
    yield _files(db, settings)
    yield from _staff(db, settings)
    yield _roster(db)
    yield _gates(db, now)
    yield _backups(settings, now)


def _queues(db: Connection, now: datetime, running: bool) -> Iterator[Check]:
    late = Level.BAD if running else Level.WARN
    inbox = survey.inbox_backlog(db)
    level = late if _is_stuck(inbox, now) else Level.WARN if inbox.set_aside else Level.OK
    hint = "; xem: hotline inbox list" if inbox.set_aside else ""
    yield Check("inbox", level, f"Tin đến: {inbox.waiting} chờ, {inbox.set_aside} bị gạt ra{hint}.")
    outbox = survey.outbox_backlog(db, now)
    level = late if _is_stuck(outbox, now) else Level.WARN if outbox.set_aside else Level.OK
    yield Check(
        "outbox",
        level,
        f"Tin đi: {outbox.waiting} chờ, {outbox.late} quá giờ{_since(outbox)}, {outbox.set_aside} không gửi được.",
    )
    timers = survey.timer_backlog(db, now)
    level = late if _is_stuck(timers, now) else Level.OK
    yield Check("timers", level, f"Nhắc hẹn: {timers.waiting} chờ, {timers.late} quá giờ{_since(timers)}.")


def _held(db: Connection, now: datetime) -> Iterator[Check]:
    """Whether a platform makes a channel wait ("429"), or did today: the reason why answers come late."""
    for channel in CHANNELS:
        held = held_of(db, channel)
        lasts = held is not None and held.lasts(now)
        if held is None or not (lasts or held.since.astimezone(TZ).date() == now.astimezone(TZ).date()):
            continue
        minutes = (now if lasts else held.until) - held.since
        said = "đang bị nền tảng bắt chờ" if lasts else "hôm nay đã bị nền tảng bắt chờ, lần cuối"
        yield Check(
            f"held_{channel}",
            Level.WARN if lasts else Level.OK,
            f"Kênh {channel} {said} từ {hanoi(held.since)} đến {hanoi(held.until)} "
            f"(được {minutes.total_seconds() / 60:.0f} phút; {held.waits} lần trong ngày).",
        )


def _sizes(db: Connection, settings: Settings) -> Check:
    """How far the tables have grown; the nightly tidying keeps all but the first four from growing for ever."""
    counted = ", ".join(f"{name} {rows}" for name, rows in tidying.sizes(db).items())
    file = file_of(settings.database)
    whole = f" Tệp cơ sở dữ liệu {file.stat().st_size / 2**20:.1f} MB." if file and file.exists() else ""
    at = fact(db, TIDIED)
    tidied = f"{datetime.fromisoformat(at).astimezone(TZ):%d/%m/%Y %H:%M}" if at else "chưa lần nào"
    return Check("size", Level.OK, f"Số dòng: {counted}.{whole} Dọn dẹp lần cuối: {tidied}.")


def _is_stuck(queue: Backlog, now: datetime) -> bool:
    return queue.late_since is not None and now - queue.late_since > STUCK


def _since(queue: Backlog) -> str:
    at = queue.late_since
    return f" (cũ nhất {at.astimezone(TZ):%d/%m/%Y %H:%M})" if at else ""


def _files(db: Connection, settings: Settings) -> Check:
    queue = survey.attachment_backlog(db)
    missing = sum(not _is_there(settings.files, sha) for sha in survey.stored_files(db, _FILES_LOOKED_FOR))
    level = Level.BAD if missing else Level.WARN if queue.set_aside else Level.OK
    said = f"Tệp: {queue.waiting} chờ tải, {queue.set_aside} không tải được, {missing} đã mất trên đĩa."
    return Check("files", level, said)


def _is_there(files: Path, sha256: str) -> bool:
    return any((files / place / sha256).exists() for place in ("sealed", "incoming"))


def _staff(db: Connection, settings: Settings) -> Iterator[Check]:
    staff = survey.staff_chats(db)
    for role in _NEEDED:
        reached = sum(1 for _, _, own, chats in staff if own == role and chats)
        alone = sum(1 for _, _, own, chats in staff if own == role and not chats)
        level = Level.OK if reached else Level.WARN
        said = f"Vai trò {ROLES[role]}: {reached} người liên lạc được, {alone} người chưa liên kết kênh chat."
        yield Check(f"staff_{role}", level, said)
    known = {number for number, _, _, _ in staff}
    if lost := [number for number in settings.sealed_readers if number not in known]:
        said = f"HOTLINE_SEALED_READERS nêu mã số không có: {', '.join(map(str, lost))}."
        yield Check("sealed_readers", Level.BAD, said)


def _roster(db: Connection) -> Check:
    entered = shifts.gates_with_shifts(db)
    if not entered:
        return Check(
            "roster", Level.WARN, "Chưa nhập lịch trực: mọi cán bộ trực của cửa khẩu đều nhận phiếu."
        )
    return Check("roster", Level.OK, f"Có lịch trực cho: {', '.join(entered)}.")


def _gates(db: Connection, now: datetime) -> Check:
    known, closed = reference(db), []
    for code in known.gates:
        try:
            check_calendar(known.calendar(code), now.astimezone(TZ).date())
        except NoServiceDay:
            closed.append(code)
    if closed:
        said = f"Không có ngày phục vụ nào trong 30 ngày tới: {', '.join(closed)}."
        return Check("gates", Level.BAD, said)
    return Check("gates", Level.OK, f"{len(known.gates)} cửa khẩu đều có ngày phục vụ trong 30 ngày tới.")


def _backups(settings: Settings, now: datetime) -> Check:
    if not settings.database.startswith("sqlite"):
        return Check("backup", Level.OK, "PostgreSQL: sao lưu bằng pg_dump.")
    made = [path.stat().st_mtime for path in (settings.data_dir / BACKUPS).glob("*.tar.gz")]
    if not made:
        return Check("backup", Level.WARN, "Chưa có bản sao lưu nào: hãy đặt lịch chạy hotline backup.")
    age = now.timestamp() - max(made)
    level = Level.WARN if age > BACKUP_AGE.total_seconds() else Level.OK
    return Check("backup", level, f"Bản sao lưu mới nhất cách đây {max(0, age) / 3600:.0f} giờ.")
