"""`hotline shifts …`: the roster as a CSV file with the columns gate, start, end, people (ids or names, split by ";")."""

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated, Any

import typer

from app.cli_base import AsJson, Desk, looked, opened, print_json, read_text, run
from app.cli_words import in_words
from app.refusal import Refusal
from app.settings import load_settings
from core.errors import Refused
from core.ids import PersonId
from core.people import Person
from services import handover
from services.lists import shifts_listed
from services.reference import TZ, reference
from storage import people as people_rows
from storage import shifts as shift_rows
from storage.database import Connection

shifts = typer.Typer(help="Lịch trực.", no_args_is_help=True)
COLUMNS = ["gate", "start", "end", "people"]
LONGEST = timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the file, read but not yet looked up."""

    line: int
    gate: str
    starts_at: datetime
    ends_at: datetime
    people: tuple[str, ...]


def add_to(app: typer.Typer) -> None:
    app.add_typer(shifts, name="shifts")


@shifts.command("import")
def import_(
    file: Annotated[str, typer.Argument(metavar="FILE", help="Tệp CSV, hoặc - để đọc từ stdin.")],
) -> None:
    """Nhập ca trực; ca cùng cửa khẩu và giờ bắt đầu được thay. Sai một dòng thì không dòng nào được nhập."""
    rows = _rows(read_text(file))
    run(_import(rows))
    typer.echo(f"Đã nhập {len(rows)} ca trực.")


@shifts.command("export")
def export(
    first: Annotated[str | None, typer.Option("--from", help="Từ ngày (mặc định hôm nay).")] = None,
    days: Annotated[int, typer.Option(min=1, max=3660, help="Số ngày.")] = 60,
    as_json: AsJson = False,
) -> None:
    """In lịch trực dạng CSV, đúng dạng mà shifts import đọc lại được."""
    day = _time("--from", f"{first}T00:00") if first else None
    settings = load_settings()

    def query(db: Connection, now: datetime) -> list[dict[str, Any]]:
        since = day or now.astimezone(TZ).replace(hour=0, minute=0, second=0, microsecond=0)
        return shifts_listed(db, since, since + timedelta(days=days))

    found = run(looked(settings, lambda db, clock: query(db, clock.now())))
    if as_json:
        print_json(found)
        return
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(COLUMNS)
    for shift in found:
        names = ";".join(str(person["id"]) for person in shift["people"])
        writer.writerow([shift["gate"], shift["start"], shift["end"], names])
    typer.echo(out.getvalue(), nl=False)


@shifts.command("remove")
def remove(
    gate: Annotated[str, typer.Argument(metavar="GATE", help="Mã cửa khẩu.")],
    start: Annotated[str, typer.Argument(metavar="START", help="Giờ bắt đầu, ví dụ 2026-12-01T07:00.")],
) -> None:
    """Xóa một ca trực nhập nhầm; ca đang chạy thì người trực bàn giao phiếu ngay."""
    starts_at = _time("START", start)
    run(_remove(gate, starts_at))
    typer.echo(f"Đã xóa ca trực {gate.upper()} bắt đầu {starts_at.astimezone(TZ):%d/%m/%Y %H:%M}.")


async def _remove(gate: str, starts_at: datetime) -> None:
    async with opened() as desk:
        now = desk.clock.now()

        def errand(db: Connection) -> None:
            code = reference(db).known_gate(gate).code
            shift = shift_rows.starting(db, code, starts_at)
            if shift is None:
                raise Refused("unknown_shift", gate=code)
            handover.remove_shift(db, shift.id, now)

        await desk.db.write(errand)


def _rows(text: str) -> list[Row]:
    reader = csv.DictReader(io.StringIO(text), strict=True)
    try:
        given = [name.strip().lower() for name in reader.fieldnames or []]
        if given != COLUMNS:
            raise Refusal(f"Dòng đầu của tệp phải là {','.join(COLUMNS)}.")
        reader.fieldnames = COLUMNS
        rows = [_row(reader.line_num, cells) for cells in reader]
    except csv.Error as error:
        raise Refusal(f"Dòng {reader.line_num}: không đọc được CSV ({error}).") from None
    if not rows:
        raise Refusal("Tệp không có ca trực nào.")
    return rows


def _row(line: int, cells: dict[str | None, str | None]) -> Row:
    if None in cells or None in cells.values():
        raise Refusal(f"Dòng {line}: phải có đúng {len(COLUMNS)} cột.")
    gate, start, end, names = ((cells[column] or "").strip() for column in COLUMNS)
    starts_at, ends_at = _time(f"Dòng {line}, cột start", start), _time(f"Dòng {line}, cột end", end)
    if not starts_at < ends_at <= starts_at + LONGEST:
        raise Refusal(f"Dòng {line}: ca trực phải kết thúc sau khi bắt đầu và dài không quá 24 giờ.")
    people = tuple(name.strip() for name in names.split(";") if name.strip())
    return Row(line, gate, starts_at, ends_at, people)


def _time(where: str, text: str) -> datetime:
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        raise Refusal(f"{where}: “{text[:40]}” không phải là ngày giờ, ví dụ 2026-11-22T07:00.") from None
    if not 2000 <= at.year <= 2100:
        raise Refusal(f"{where}: chỉ nhận các năm từ 2000 đến 2100.")
    return at if at.tzinfo else at.replace(tzinfo=TZ)


async def _import(rows: list[Row]) -> None:
    async with opened() as desk:
        # One errand: an exception in any line takes all of them back.
        await desk.db.write(lambda db: _enter(db, desk, rows))


def _enter(db: Connection, desk: Desk, rows: list[Row]) -> None:
    ref, now, staff = reference(db), desk.clock.now(), people_rows.staff(db)
    for row in rows:
        try:
            wanted = [_meant(staff, name) for name in row.people]
            handover.enter_shift(db, ref, row.gate, row.starts_at, row.ends_at, wanted, now, desk.cfg.sla)
        except Refused as refused:
            raise Refusal(f"Dòng {row.line}: {in_words(refused)}") from None


def _meant(staff: Sequence[Person], word: str) -> PersonId:
    found = [
        person for person in staff if str(person.id) == word or person.name.casefold() == word.casefold()
    ]
    if not found:
        raise Refused("unknown_person", value=word[:40])
    if len(found) > 1:
        raise Refused("same_name", value=word[:40])
    return found[0].id
