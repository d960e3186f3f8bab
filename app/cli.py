"""`hotline`: the command line. Exit codes: 0 done, 1 refused with one clear line on stderr, 2 wrong usage or settings."""

import asyncio
import os
import sys
from importlib import import_module

import typer

from app import (
    cli_care,
    cli_data,
    cli_people,
    cli_plan,
    cli_plan_import,
    cli_plan_settings,
    cli_privacy,
    cli_promise,
    cli_report,
    cli_shifts,
    cli_tickets,
    logs,
)
from app.cli_base import Polite
from app.settings import load_settings

app = typer.Typer(
    name="hotline",
    cls=Polite,
    help="Đường dây nóng cửa khẩu: chạy chương trình và trông nom dữ liệu của nó.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)
for part in (
    cli_people,
    cli_data,
    cli_promise,
    cli_plan,
    cli_plan_import,
    cli_plan_settings,
    cli_tickets,
    cli_report,
    cli_shifts,
    cli_privacy,
    cli_care,
):
    part.add_to(app)


@app.command("run")
def run() -> None:
    """Chạy chương trình: trang chat, các kênh đã cài mã, nhịp nhắc hẹn."""
    _start("run")


@app.command("demo")
def demo() -> None:
    """Chạy thử trên một cơ sở dữ liệu tạm đã có sẵn một ngày làm việc."""
    _start("demo")


def main() -> None:
    """What the console script `hotline` calls."""
    # Whatever it writes – the database, files, backups, keys – holds people's data: for its owner only.
    os.umask(0o077)
    for stream in (sys.stdin, sys.stdout, sys.stderr):
        # A terminal or a pipe of another encoding must not make Vietnamese words an error.
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(encoding="utf-8", errors="replace")
    app()


def _start(name: str) -> None:
    settings = load_settings()
    logs.configure(settings.log_format, settings.log_level, settings.secrets())
    # Only here: the other commands start in a third of the time without the channels and the web server.
    work = getattr(import_module("app.run"), name)(settings)
    try:
        asyncio.run(work)
    except KeyboardInterrupt:
        raise typer.Exit(130) from None
