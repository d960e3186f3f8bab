"""`hotline promise`: what the bot would promise to a message received at a given instant. Writes nothing."""

import sys
from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Annotated, Any

import typer

from app.cli_base import AsJson, print_json, print_table, run
from app.clock import Clock, reading_clock
from app.refusal import Refusal
from app.settings import Settings, load_settings
from core.errors import NoServiceDay
from core.sla import Kind, Promise, promise
from core.ticket import TicketClass
from services.lists import local
from services.reference import TZ, Reference, reference, seed_reference
from storage.migrate import Age
from storage.reading import NotReady, look

YEARS = range(2000, 2101)
_KINDS = {
    Kind.SAME_DAY: "trong ngày",
    Kind.AFTER_CUT_OFF: "sau giờ chốt",
    Kind.URGENT: "khẩn",
    Kind.SUGGESTION: "góp ý",
}
_CLASSES = {"normal": TicketClass.NORMAL, "urgent": TicketClass.URGENT, "suggestion": TicketClass.SUGGESTION}


def add_to(app: typer.Typer) -> None:
    app.command("promise")(show)


def show(
    gate: Annotated[str, typer.Option(help="Mã cửa khẩu.")],
    at: Annotated[
        list[str] | None, typer.Option(help="Lúc nhận tin, ISO; - để đọc mỗi dòng một giờ từ stdin.")
    ] = None,
    more: Annotated[list[str] | None, typer.Argument(metavar="[ISO]...", help="Thêm các giờ khác.")] = None,
    ticket_class: Annotated[str, typer.Option("--class", help="normal, urgent hoặc suggestion.")] = "normal",
    as_json: AsJson = False,
) -> None:
    """Lời hẹn cho một tin nhận vào các giờ đã cho (giờ không ghi múi là giờ Hà Nội)."""
    if ticket_class not in _CLASSES:
        raise typer.BadParameter(f"chỉ nhận {', '.join(_CLASSES)}", param_hint="--class")
    settings = load_settings()
    known, now = run(_known(settings))
    calendar = known.calendar(known.known_gate(gate).code)
    asked = [*(at or []), *(more or [])]
    made = []
    for where, received_at in _instants(asked or [now.isoformat()]):
        try:
            made.append(promise(received_at, calendar, _CLASSES[ticket_class], settings.sla))
        except NoServiceDay:
            raise Refusal(f"{where}: cửa khẩu không mở ngày nào trong 30 ngày kể từ lúc đó.") from None
    if as_json:
        print_json([_plain(one) for one in made])
        return
    columns = ("Nhận lúc", "Hẹn trước", "Loại", "Trả lời ban đầu trước")
    print_table(f"Cửa khẩu {calendar.gate}", columns, [_row(one) for one in made])


async def _known(settings: Settings) -> tuple[Reference, datetime]:
    try:
        return await look(settings.database, lambda db: (reference(db), reading_clock(db, settings).now()))
    except NotReady as not_ready:
        if not_ready.state.age is not Age.EMPTY:
            raise
        return seed_reference(), Clock.from_settings(settings).now()


def _instants(asked: Iterable[str]) -> Iterator[tuple[str, datetime]]:
    """Each instant with the words that name its place."""
    for n, text in enumerate(asked, start=1):
        if text != "-":
            yield f"Giờ thứ {n}", _instant(f"Giờ thứ {n}", text)
            continue
        for line, written in enumerate(sys.stdin, start=1):
            if written.strip():
                yield f"Dòng {line}", _instant(f"Dòng {line}", written)


def _instant(where: str, text: str) -> datetime:
    clean = text.strip()
    try:
        at = datetime.fromisoformat(clean)
        if len(clean) <= len("2026-11-22"):
            raise ValueError("a date alone is no instant")
        local_at = at.astimezone(TZ) if at.tzinfo else at.replace(tzinfo=TZ)
    except (ValueError, OverflowError):
        raise Refusal(
            f"{where}: “{clean[:40]}” không phải là ngày giờ ISO, ví dụ 2026-11-22T16:59+07:00."
        ) from None
    if local_at.year not in YEARS:
        raise Refusal(f"{where}: chỉ nhận các năm từ {YEARS[0]} đến {YEARS[-1]}.")
    return local_at


def _plain(made: Promise) -> dict[str, Any]:
    return {
        "received_at": local(made.received_at),
        "due_at": local(made.due_at),
        "kind": str(made.kind),
        "human_reply_by": local(made.human_reply_by),
        "claim_by": local(made.claim_by),
        "first_reply_by": local(made.first_reply_by),
        "rungs": [{"rung": rung.number, "stage": rung.stage, "at": local(rung.at)} for rung in made.rungs],
    }


def _row(made: Promise) -> tuple[str, ...]:
    owed = _clock(made.human_reply_by) if made.human_reply_by else ""
    return _clock(made.received_at), _clock(made.due_at), _KINDS[made.kind], owed


def _clock(at: datetime) -> str:
    return f"{at.astimezone(TZ):%d/%m/%Y %H:%M}"
