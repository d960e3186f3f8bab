"""`hotline gates …` and `hotline data …`: the editable data, out as a file and in again after it was checked."""

from enum import StrEnum
from typing import Annotated

import typer

from app.cli_base import opened, read_text, run
from app.settings import load_settings
from services import editing
from services.reference import reference
from storage.database import Connection
from storage.reading import NotReady, look

gates = typer.Typer(help="Cửa khẩu, giờ tiếp nhận, thông báo (TOML).", no_args_is_help=True)
data = typer.Typer(help="Dữ liệu khác: loại việc, đơn vị, từ khóa, ngày nghỉ.", no_args_is_help=True)

File = Annotated[str, typer.Argument(metavar="FILE", help="Tên tệp, hoặc - để đọc từ stdin.")]


class Kind(StrEnum):
    """The kinds of data besides the gates."""

    CATEGORIES = "categories"
    UNITS = "units"
    MARKERS = "markers"
    HOLIDAYS = "holidays"
    GATES = "gates"


def add_to(app: typer.Typer) -> None:
    app.add_typer(gates, name="gates")
    app.add_typer(data, name="data")


@gates.command("import")
def import_gates(file: File) -> None:
    """Thay toàn bộ danh sách cửa khẩu và lịch bằng nội dung tệp, sau khi kiểm tra."""
    run(_import("gates", file))


@gates.command("export")
def export_gates() -> None:
    """In tệp cửa khẩu đang dùng."""
    run(_export("gates"))


@data.command("import")
def import_data(kind: Kind, file: File) -> None:
    """Thay một loại dữ liệu bằng nội dung tệp, sau khi kiểm tra cùng các dữ liệu khác."""
    run(_import(kind, file))


@data.command("export")
def export_data(kind: Kind) -> None:
    """In tệp dữ liệu đang dùng."""
    run(_export(kind))


async def _import(kind: str, file: str) -> None:
    text = read_text(file)
    async with opened() as desk:
        now = desk.clock.now()
        changed = await desk.db.write(lambda db: editing.store_text(db, str(kind), text, now))
        summary = await desk.db.read(_summary)
    typer.echo(
        f"Đã nhận: {summary}." if changed else "Nội dung không khác bản đang dùng: không có gì thay đổi."
    )


async def _export(kind: str) -> None:
    try:
        text = await look(load_settings().database, lambda db: editing.text_of(db, str(kind)))
    except NotReady:
        # Before the first start there is only what the program brings along.
        text = editing.seed_text(str(kind))
    typer.echo(text, nl=not text.endswith("\n"))


def _summary(db: Connection) -> str:
    known = reference(db)
    return f"{len(known.gates)} cửa khẩu, {len(known.categories)} loại việc, {len(known.units)} đơn vị"
