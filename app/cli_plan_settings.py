"""`hotline plan settings`: how each document in force is reminded of, shown and changed."""

from datetime import datetime, time
from typing import Annotated, Any

import typer

from app.cli_base import AsJson, looked, opened, print_json, print_table, run
from app.cli_plan import plan
from app.cli_plan_import import Checkins
from app.settings import load_settings
from services import retiming
from storage import plans
from storage.database import Connection
from storage.plans import Document

CHECKINS = {"monthly": "hằng tháng", "quarterly": "hằng quý", "none": "không"}


def add_to(app: typer.Typer) -> None:
    plan.command("settings")(settings)


def settings(
    number: Annotated[
        str | None, typer.Argument(metavar="NUMBER", help="Số, mã hoặc tên của kế hoạch đang dùng.")
    ] = None,
    days_before: Annotated[
        str | None, typer.Option(help="Nhắc trước hạn bao nhiêu ngày làm việc, ví dụ 30,14,7,3,1.")
    ] = None,
    overdue_every: Annotated[
        int | None, typer.Option(help="Quá hạn: nhắc lại sau bao nhiêu ngày làm việc.")
    ] = None,
    morning: Annotated[str | None, typer.Option(help="Giờ nhắc buổi sáng, ví dụ 07:45.")] = None,
    checkins: Annotated[Checkins | None, typer.Option(help="Việc cả năm: nhắc cập nhật khi nào.")] = None,
    as_json: AsJson = False,
) -> None:
    """Xem, hoặc đổi, cách nhắc của một kế hoạch đang dùng. Nhắc việc còn lại được tính lại ngay."""
    changes = {
        "days_before": _numbers(days_before) if days_before is not None else None,
        "overdue_every": overdue_every,
        "morning": _hour(morning) if morning is not None else None,
        "checkins": str(checkins) if checkins is not None else None,
    }
    wanted = {name: value for name, value in changes.items() if value is not None}
    if wanted and number is None:
        raise typer.BadParameter("hãy ghi kế hoạch nào", param_hint="NUMBER")
    shown = [run(_changed(number, wanted))] if number and wanted else run(_known(number))
    if as_json:
        print_json([_plain(document) for document in shown])
        return
    columns = ("Mã", "Số", "Kế hoạch", "Trước hạn (ngày làm việc)", "Quá hạn, mỗi", "Giờ nhắc", "Giữa kỳ")
    print_table(f"{len(shown)} kế hoạch đang dùng", columns, [_row(document) for document in shown])


async def _changed(number: str, wanted: dict[str, Any]) -> Document:
    async with opened() as desk:
        now: datetime = desk.clock.now()
        return await desk.db.write(lambda db: retiming.change_settings(db, number, now, **wanted))


async def _known(number: str | None) -> list[Document]:
    def found(db: Connection) -> list[Document]:
        return [retiming.in_force(db, number)] if number else list(plans.applied(db))

    return await looked(load_settings(), lambda db, _: found(db))


def _plain(document: Document) -> dict[str, Any]:
    return {
        "key": document.key,
        "number": document.number,
        "title": document.title,
        "version": document.version,
        "settings": dict(document.settings),
    }


def _row(document: Document) -> tuple[object, ...]:
    known = document.settings
    return (
        document.key,
        document.number or "(chưa có số)",
        document.title,
        ", ".join(str(n) for n in known["days_before"]),
        f"{known['overdue_every']} ngày",
        str(known["morning"])[:5],
        CHECKINS[str(known["checkins"])],
    )


def _numbers(text: str) -> tuple[int, ...]:
    try:
        return tuple(sorted((int(part) for part in text.split(",")), reverse=True))
    except ValueError:
        raise typer.BadParameter(
            "phải là các số cách nhau bằng dấu phẩy", param_hint="--days-before"
        ) from None


def _hour(text: str) -> time:
    try:
        return datetime.strptime(text, "%H:%M").time()  # noqa: DTZ007 - an hour of the day, of no day
    except ValueError:
        raise typer.BadParameter("phải viết giờ:phút, ví dụ 07:45", param_hint="--morning") from None
