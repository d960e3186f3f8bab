"""What every command of the command line shares: settings, the database, output, and refusals as one clear line."""

import asyncio
import json
import secrets
import sys
from collections.abc import AsyncIterator, Callable, Coroutine, Sequence
from contextlib import asynccontextmanager, redirect_stderr
from dataclasses import dataclass
from typing import Annotated, Any, TypeVar

import structlog
import typer
from rich.console import Console
from rich.table import Table
from typer.core import TyperGroup

from app import logs
from app.cli_usage import system_in_words, usage_in_words
from app.cli_words import hanoi, in_words, not_reached_in_words, schema_in_words
from app.clock import Clock, clock_beside, reading_clock
from app.refusal import Refusal
from app.sealing import FileSeal
from app.settings import BadSettings, Settings, load_settings
from core.errors import Refused
from services.config import Config
from services.reference import load_seeds
from storage.archive import BadBackup
from storage.database import Connection, Database
from storage.migrate import CannotMigrate, NotReached, upgrade
from storage.reading import DATABASE_TROUBLE, NotReady, look

T = TypeVar("T")
DONE, REFUSED, WRONG_USAGE = 0, 1, 2
LOG_FILE = "command-errors.log"

AsJson = Annotated[bool, typer.Option("--json", help="In đúng một tài liệu JSON.")]


class Polite(TyperGroup):
    """The whole command line: whatever goes wrong, a person reads one Vietnamese sentence and never a traceback."""

    def main(
        self,
        args: Sequence[str] | None = None,
        prog_name: str | None = None,
        complete_var: str | None = None,
        standalone_mode: bool = True,
        windows_expand_args: bool = True,
        **extra: Any,
    ) -> Any:
        """Runs the command line and ends the process, as Typer does. Wrong usage is told in our words (Typer's are English)."""
        try:
            code = super().main(args, prog_name, complete_var, False, windows_expand_args, **extra)
        except typer.Abort:
            sys.exit(REFUSED)
        except Exception as error:
            # Typer's usage errors have no public name; `no_args_is_help` raises one whose sentence is the help itself.
            if not hasattr(error, "format_message"):
                raise
            sentence, context = error.format_message(), getattr(error, "ctx", None)
            if type(error).__name__ != "NoArgsIsHelpError":
                sentence = usage_in_words(sentence, context.command_path if context else self.name or "")
            typer.echo(sentence, err=True)
            sys.exit(WRONG_USAGE)
        return code if not standalone_mode else sys.exit(code if isinstance(code, int) else DONE)

    def invoke(self, ctx: Any) -> Any:
        logs.configure("console", "warning")
        try:
            return super().invoke(ctx)
        except BrokenPipeError:
            raise
        except Exception as error:
            if hasattr(error, "exit_code"):  # Typer's own: usage errors and orderly exits
                raise
            sentence, code = _answer(error)
            typer.echo(sentence, err=True)
            raise typer.Exit(code) from None


@dataclass(frozen=True, slots=True)
class Desk:
    """An open database to write to, its clock and the settings of the errands."""

    db: Database
    clock: Clock
    cfg: Config
    settings: Settings


@asynccontextmanager
async def opened(settings: Settings | None = None) -> AsyncIterator[Desk]:
    """The migrated, seeded database. Beside a drill the command takes the drill's time and says so; a drill's settings on real
    data raise Refusal."""
    settings = settings or load_settings()
    await upgrade(settings.database)
    async with Database(settings.database) as db:
        clock = await clock_beside(db, settings)
        if clock.is_drill and not settings.is_drill:
            typer.echo(
                f"Cơ sở dữ liệu của một buổi diễn tập: giờ diễn tập là {hanoi(clock.now())}.", err=True
            )
        await db.write(lambda connection: load_seeds(connection, clock.now()))
        yield Desk(db, clock, settings.config(FileSeal(settings.key_file)), settings)


async def looked(settings: Settings, query: Callable[[Connection, Clock], T]) -> T:
    """What `query` finds; nothing is written. Raises Refusal when there is no database yet."""
    try:
        return await look(settings.database, lambda db: query(db, reading_clock(db, settings)))
    except NotReady as not_ready:
        raise Refusal(schema_in_words(not_ready.state, settings)) from None


def run(work: Coroutine[Any, Any, T]) -> T:
    """Runs one command's work to its end."""
    return asyncio.run(work)


def print_json(value: Any) -> None:
    """Exactly one JSON document."""
    typer.echo(json.dumps(value, ensure_ascii=False, indent=2))


def print_table(title: str, columns: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    """A table for people; lines are wrapped to the terminal, or as long as needed when it goes into a file."""
    table = Table(title=title, title_justify="left", show_edge=False, pad_edge=False)
    for column in columns:
        table.add_column(column, overflow="fold")
    for row in rows:
        table.add_row(*("" if cell is None else str(cell) for cell in row))
    console = Console(file=sys.stdout, markup=False, highlight=False)
    if not console.is_terminal:
        console = Console(file=sys.stdout, markup=False, highlight=False, width=160)
    console.print(table)


def print_pairs(pairs: Sequence[tuple[str, object]]) -> None:
    """One fact a line."""
    width = max(len(name) for name, _ in pairs)
    for name, value in pairs:
        typer.echo(f"{name:<{width}}  {'' if value is None else value}")


def read_text(path: str) -> str:
    """The text of a file, or of stdin for "-". Raises Refusal when it cannot be read as UTF-8."""
    try:
        if path == "-":
            return sys.stdin.buffer.read().decode("utf-8-sig")
        with open(path, encoding="utf-8-sig", newline="") as file:
            return file.read()
    except UnicodeDecodeError:
        raise Refusal(f"Tệp {path} phải viết bằng UTF-8.") from None
    except OSError as error:
        raise Refusal(f"Không đọc được tệp {path}: {system_in_words(error)}.") from None


def _answer(error: Exception) -> tuple[str, int]:
    match error:
        case BadSettings():
            return str(error), WRONG_USAGE
        case Refusal():
            return str(error), REFUSED
        case Refused():
            return in_words(error), REFUSED
        case NotReached():
            return not_reached_in_words(error), REFUSED
        case CannotMigrate():
            return schema_in_words(error.state, None), REFUSED
        case BadBackup():
            return in_words(Refused(f"backup_{error.fault}", name=error.name)), REFUSED
        case OSError() if error.strerror:
            where = f" ({error.filename})" if error.filename else ""
            return f"Hệ thống từ chối: {system_in_words(error)}{where}.", REFUSED
        case _ if isinstance(error, DATABASE_TROUBLE) or type(error).__module__.startswith("asyncpg"):
            return f"Cơ sở dữ liệu không làm được việc này: {_first_line(error)}.", REFUSED
        case _:
            return _bug(error), REFUSED


def _first_line(error: Exception) -> str:
    text = str(getattr(error, "orig", None) or error)
    return text.partition("\n")[0].rpartition(": ")[2].rstrip(".")


def _bug(error: Exception) -> str:
    """Logs the error into a file of its own, and answers what the person may quote."""
    reference = secrets.token_hex(3).upper()
    try:
        settings = load_settings()
        settings.data_dir.mkdir(parents=True, exist_ok=True)
        path = settings.data_dir / LOG_FILE
        with open(path, "a", encoding="utf-8") as file, redirect_stderr(file):
            logs.configure("json", "error", settings.secrets())
            structlog.get_logger().error("a command failed", reference=reference, exc_info=error)
        logs.configure("console", "warning", settings.secrets())
        where = f" Chi tiết: {path}."
    except (OSError, BadSettings):
        where = f" Loại lỗi: {type(error).__name__}."
    return f"Chương trình gặp lỗi, mã {reference}. Không có gì được ghi dở dang.{where}"
