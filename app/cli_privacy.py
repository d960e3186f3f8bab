"""`hotline privacy …`: what a sender may ask for by law when the request comes by letter or at the counter."""

import json
import os
import sys
from pathlib import Path
from typing import Annotated

import typer

from app.cli_base import AsJson, looked, opened, print_json, run
from app.refusal import Refusal
from app.settings import load_settings
from services import privacy

personal = typer.Typer(help="Dữ liệu cá nhân của người phản ánh.", no_args_is_help=True)
Code = Annotated[str, typer.Argument(metavar="CODE", help="Mã một phiếu của người yêu cầu.")]
Key = Annotated[
    str, typer.Argument(metavar="[KEY]", help="Mã tra cứu trên biên nhận; phiếu niêm phong thì bắt buộc.")
]


def add_to(app: typer.Typer) -> None:
    app.add_typer(personal, name="privacy")


@personal.command("export")
def export(
    code: Code,
    key: Key = "",
    out: Annotated[Path | None, typer.Option(help="Tệp .json sẽ ghi; không nêu thì in ra.")] = None,
) -> None:
    """Bản sao dữ liệu của người đã gửi phiếu này, không che số: chỉ trao cho chính người đó.

    Không có mã tra cứu thì không nêu phiếu niêm phong của người đó.
    """
    copy = run(
        looked(
            load_settings(),
            lambda db, clock: privacy.export(db, privacy.sender_of(db, code, key), proven=bool(key)),
        )
    )
    if out is None:
        typer.echo(copy)
        return
    _write(out, copy)
    typer.echo(
        f"Đã ghi bản sao vào {out}: {len(json.loads(copy)['tickets'])} phiếu. Giữ như giấy tờ cá nhân."
    )


@personal.command("erase")
def erase(
    code: Code,
    key: Key = "",
    yes: Annotated[bool, typer.Option("--yes", help="Không hỏi lại.")] = False,
    as_json: AsJson = False,
) -> None:
    """Xóa dữ liệu của người đã gửi phiếu này: như khi người đó viết /xoadulieu. Không lấy lại được."""
    if not yes and not _agreed(code):
        raise Refusal("Chưa xóa gì: thêm --yes nếu thật sự muốn xóa.")
    kept = run(_erase(code, key))
    if as_json:
        print_json({"open": kept})
        return
    later = f" {kept} phiếu chưa đóng được xóa khi xong việc." if kept else ""
    typer.echo(f"Đã xóa.{later}")


def _agreed(code: str) -> bool:
    return sys.stdin.isatty() and typer.confirm(f"Xóa mọi dữ liệu của người gửi phiếu {code.upper()}?")


async def _erase(code: str, key: str) -> int:
    async with opened() as desk:
        now = desk.clock.now()
        return await desk.db.write(
            lambda db: privacy.erase_on_request(db, desk.cfg, privacy.sender_of(db, code, key), now)
        )


def _write(path: Path, text: str) -> None:
    """For its owner only, whatever the terminal's umask says; never over a file that is there."""
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        raise Refusal(f"Tệp {path} đã có: hãy chọn tên khác.") from None
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        file.write(text)
