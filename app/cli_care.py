"""`hotline verify`, `doctor`, `backup`, `restore` and `inbox …`: taking care of what is stored."""

from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from app.cli_base import REFUSED, AsJson, looked, opened, print_json, print_table, run
from app.cli_words import finding_in_words
from app.clock import Clock
from app.doctor import examine
from app.doctor_data import BACKUPS, Check, Level
from app.lock import Lock
from app.refusal import Refusal
from app.settings import Settings, load_settings
from core.calendar import TZ
from services.verify import Verdict, verify
from storage import backup as backups
from storage import survey
from storage.migrate import file_of

inbox = typer.Typer(help="Tin đến bị gạt ra vì xử lý lỗi nhiều lần.", no_args_is_help=True)
_MARKS = {Level.OK: "✓", Level.WARN: "!", Level.BAD: "✗"}
SHOWN = 20


def add_to(app: typer.Typer) -> None:
    app.command("verify")(verify_)
    app.command("doctor")(doctor)
    app.command("backup")(backup)
    app.command("restore")(restore)
    app.add_typer(inbox, name="inbox")


def verify_(as_json: AsJson = False) -> None:
    """Kiểm tra lịch sử mọi phiếu: không sự kiện, tin nhắn hay mã phiếu nào bị sửa, bị mất."""
    verdict = run(looked(load_settings(), lambda db, clock: verify(db)))
    if as_json:
        print_json(_verdict(verdict))
    elif not verdict.findings:
        counted = f"{verdict.tickets} phiếu, {verdict.tasks} nhiệm vụ, {verdict.events} sự kiện, {verdict.messages} tin nhắn"
        typer.echo(f"Nguyên vẹn: {counted}.")
    if verdict.findings:
        if not as_json:
            for finding in verdict.findings[1:SHOWN]:
                typer.echo(finding_in_words(finding))
        more = f" (cùng {len(verdict.findings) - 1} chỗ khác)" if len(verdict.findings) > 1 else ""
        raise Refusal(f"Không nguyên vẹn{more}. {finding_in_words(verdict.findings[0])}")


def doctor(as_json: AsJson = False) -> None:
    """Xem máy, cài đặt, dữ liệu, hàng chờ, con người: thứ gì thiếu, thứ gì đang ứ lại."""
    checks = run(examine(load_settings()))
    bad = any(check.level is Level.BAD for check in checks)
    if as_json:
        print_json({"ok": not bad, "checks": [asdict(check) for check in checks]})
    else:
        for check in checks:
            typer.echo(_line(check))
    if bad:
        raise typer.Exit(REFUSED)


def backup(
    file: Annotated[Path | None, typer.Argument(metavar="[FILE]", help="Tệp .tar.gz sẽ ghi.")] = None,
    with_keys: Annotated[
        bool, typer.Option("--with-keys", help="Kèm khóa niêm phong (chỉ khi tệp được cất như khóa).")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Sao lưu cơ sở dữ liệu và các tệp vào một tệp, trong lúc chương trình vẫn chạy; đọc lại để kiểm tra."""
    settings = load_settings()
    database, now = _sqlite_file(settings, "pg_dump"), run(looked(settings, lambda db, clock: clock.now()))
    # Named by the wall's time: of a drill as of real work, the newest file is the last one made.
    made_at = Clock().now().astimezone(TZ)
    target = file or settings.data_dir / BACKUPS / f"hotline-{made_at:%Y%m%d-%H%M%S}.tar.gz"
    if target.exists():
        raise Refusal(f"Tệp {target} đã có: hãy chọn tên khác.")
    keys = settings.key_file.parent if with_keys else None
    made = backups.back_up(database, settings.files, target, now, keys)
    size = target.stat().st_size
    if as_json:
        print_json({"file": str(target), "made_at": made.made_at, "entries": len(made.entries), "size": size})
        return
    typer.echo(
        f"Đã sao lưu {len(made.entries)} phần vào {target} ({size / 2**20:.1f} MB), đã đọc lại và khớp."
    )
    if not with_keys and settings.key_file.exists():
        typer.echo(f"Khóa niêm phong không nằm trong đó: hãy cất riêng {settings.key_file}.")


def restore(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="Tệp do hotline backup ghi.")],
    force: Annotated[bool, typer.Option("--force", help="Thay cơ sở dữ liệu đang có dữ liệu.")] = False,
    as_json: AsJson = False,
) -> None:
    """Khôi phục từ bản sao lưu. Cơ sở dữ liệu hiện có được đổi tên, không bị xóa; tin chờ gửi cũ không được gửi lại."""
    settings = load_settings()
    database = _sqlite_file(settings, "pg_restore")
    if not file.is_file():
        raise Refusal(f"Không có tệp {file}.")
    with Lock(settings.lock_file):
        if not force and backups.is_used(database):
            raise Refusal(
                f"{database} đang có dữ liệu: thêm --force nếu thật sự muốn thay (bản cũ vẫn được giữ)."
            )
        done = backups.restore(file, database, settings.data_dir, Clock().now())
    if as_json:
        aside = str(done.aside) if done.aside else None
        print_json({"made_at": done.manifest.made_at, "not_sent": done.not_sent, "aside": aside})
        return
    made_at = datetime.fromisoformat(done.manifest.made_at).astimezone(TZ)
    typer.echo(
        f"Đã khôi phục bản sao lưu lúc {made_at:%d/%m/%Y %H:%M}; {done.not_sent} tin chờ gửi cũ sẽ không gửi lại."
    )
    if done.aside:
        typer.echo(f"Cơ sở dữ liệu trước đó còn ở {done.aside}.")


@inbox.command("list")
def list_(as_json: AsJson = False) -> None:
    """Các tin bị gạt ra (không hiện nội dung)."""
    rows = run(looked(load_settings(), lambda db, clock: survey.poison(db)))
    if as_json:
        print_json([_poison(row) for row in rows])
        return
    shown = [
        (number, channel, f"{at.astimezone(TZ):%d/%m/%Y %H:%M}", why) for number, channel, at, why in rows
    ]
    print_table("Tin bị gạt ra", ("Mã số", "Kênh", "Nhận lúc", "Lỗi"), shown)


@inbox.command("retry")
def retry(update_id: Annotated[int, typer.Argument(metavar="ID")]) -> None:
    """Đưa một tin bị gạt ra trở lại hàng chờ."""
    run(_retry(update_id))
    typer.echo("Tin đã trở lại hàng chờ; chương trình sẽ xử lý lại.")


async def _retry(update_id: int) -> None:
    async with opened() as desk:
        if not await desk.db.write(lambda db: survey.retry_update(db, update_id)):
            raise Refusal(f"Không có tin bị gạt ra nào mang mã số {update_id}.")


def _sqlite_file(settings: Settings, tool: str) -> Path:
    database = file_of(settings.database)
    if database is None:
        raise Refusal(
            f"Cơ sở dữ liệu là PostgreSQL: hãy dùng {tool} của PostgreSQL, và chép riêng thư mục {settings.files}."
        )
    return database


def _verdict(verdict: Verdict) -> dict[str, Any]:
    found = [{**asdict(one), "message_vi": finding_in_words(one)} for one in verdict.findings]
    return {**asdict(verdict), "ok": not verdict.findings, "findings": found}


def _line(check: Check) -> str:
    return f"{_MARKS[check.level]} {check.name}: {check.message}"


def _poison(row: tuple[int, str, datetime, str | None]) -> dict[str, Any]:
    number, channel, at, error = row
    return {"id": number, "channel": channel, "received_at": at.astimezone(TZ).isoformat(), "error": error}
