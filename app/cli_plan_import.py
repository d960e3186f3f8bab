"""`hotline plan import` puts a plan in force after a review; `plan list` shows the tasks in force."""

import sys
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from app.cli_base import AsJson, looked, opened, print_json, print_table, run
from app.cli_plan import YEARS, draft_from, plan
from app.settings import load_settings
from core.calendar import TZ
from core.plan import Draft
from services import planning
from services.plan_facts import many
from services.plan_review import review
from services.reference import reference
from storage import plans
from storage.database import Connection
from storage.plans import Document

RELEVANCE = {
    "leads": "chủ trì",
    "named": "được nêu tên",
    "group": "các sở, ban, ngành",
    "other": "không liên quan",
}
STATUS = {"open": "đang mở", "submitted": "chờ chấp nhận", "done": "đã xong", "removed": "đã bỏ"}
COLOURS = {"red": "đỏ", "orange": "cam", "green": "xanh"}
CHANGES = {"added": "mới", "changed": "sửa", "same": ""}
SHOWN_PROBLEMS = 200


class Checkins(StrEnum):
    """How often work that takes the whole year is asked after."""

    MONTHLY = "monthly"
    QUARTERLY = "quarterly"
    NONE = "none"


class _OnlyLooking(Exception):
    def __init__(self, found: dict[str, Any]) -> None:
        super().__init__()
        self.found = found


def add_to(app: typer.Typer) -> None:
    plan.command("import")(import_)
    plan.command("list")(list_)


def import_(
    file: Annotated[
        Path, typer.Argument(metavar="FILE", help="Tệp .docx, .xlsx, .csv, .pdf, .txt hoặc .md.")
    ],
    apply: Annotated[bool, typer.Option("--apply", help="Áp dụng ngay, không hỏi lại.")] = False,
    checkins: Annotated[
        Checkins | None,
        typer.Option(
            help="Việc cả năm: nhắc cập nhật hằng tháng, hằng quý, hay không; không ghi: như bản đang dùng, hoặc hằng quý."
        ),
    ] = None,
    year: Annotated[int | None, typer.Option(help="Năm của kế hoạch, khi văn bản không ghi.")] = None,
) -> None:
    """Đọc một kế hoạch, cho xem lại, rồi đưa vào nhắc việc. Không đồng ý thì không ghi gì."""
    if year is not None and year not in YEARS:
        raise typer.BadParameter(f"chỉ nhận năm từ {YEARS[0]} đến {YEARS[-1]}", param_hint="--year")
    draft = draft_from(file, year)
    _show(run(_reviewed(draft, file.name, checkins)))
    if not apply and not _agreed():
        typer.echo("Chưa áp dụng: không có gì được ghi. Để áp dụng, chạy lại với --apply.")
        return
    applied = run(_applied(draft, file.name, checkins))
    typer.echo(
        f"Đã áp dụng bản {applied.version}: thêm {applied.added}, sửa {applied.changed}, bỏ {applied.removed}, "
        f"giữ nguyên {applied.same}; nhắc {applied.reminded} nhiệm vụ."
    )
    if applied.unlinked:
        typer.echo(f"Chưa có ai liên kết để nhận nhắc việc: {', '.join(applied.unlinked)}.")


def list_(as_json: AsJson = False) -> None:
    """Các nhiệm vụ đang dùng, của mọi kế hoạch."""
    rows = run(looked(load_settings(), lambda db, clock: _listed(db, clock.now())))
    if as_json:
        print_json(rows)
        return
    columns = (
        "Kế hoạch",
        "Số",
        "Nhiệm vụ",
        "Liên quan",
        "Đơn vị",
        "Hạn cuối",
        "Tiến độ",
        "Trạng thái",
        "Màu",
    )
    shown = [
        (
            row["document"],
            row["number"],
            " – ".join(filter(None, (row["title"], row["part"]))),
            RELEVANCE[row["relevance"]],
            row["unit_name"],
            _day(row["due_on"]),
            f"{row['progress']}%",
            STATUS[row["status"]],
            COLOURS[row["colour"]] if row["status"] in ("open", "submitted") else "",
        )
        for row in rows
    ]
    print_table(f"{len(rows)} nhiệm vụ", columns, shown)


async def _reviewed(draft: Draft, name: str, checkins: Checkins | None) -> dict[str, Any]:
    """What applying would do, asked of the database itself and taken back again."""
    async with opened() as desk:
        now = desk.clock.now()

        def errand(db: Connection) -> None:
            kept = _kept(db, draft, name, checkins, now)
            raise _OnlyLooking(review(db, reference(db), kept.id, now))

        try:
            await desk.db.write(errand)
        except _OnlyLooking as looked_at:
            return looked_at.found
        raise RuntimeError("a review without a result")


async def _applied(draft: Draft, name: str, checkins: Checkins | None) -> planning.Applied:
    async with opened() as desk:
        now = desk.clock.now()

        def errand(db: Connection) -> planning.Applied:
            kept = _kept(db, draft, name, checkins, now)
            return planning.apply(db, desk.cfg, kept.id, None, now)

        return await desk.db.write(errand)


def _kept(db: Connection, draft: Draft, name: str, checkins: Checkins | None, now: datetime) -> Document:
    kept = planning.keep_draft(db, draft, name, None, None, now)
    if checkins is not None:
        planning.choose_checkins(db, kept.id, str(checkins))
    return kept


def _agreed() -> bool:
    return sys.stdin.isatty() and typer.confirm("Áp dụng kế hoạch này?", default=False)


def _show(found: dict[str, Any]) -> None:
    counts = found["counts"]
    typer.echo(f"{found['title']} {found['number'] or '(chưa có số)'}, bản {found['version']}")
    columns = (
        "Số",
        "Nhiệm vụ",
        "Liên quan",
        "Nhắc đơn vị",
        "Thời hạn",
        "Hạn cuối",
        "Hạn làm việc",
        "Ghi chú",
    )
    print_table(f"{counts['total']} nhiệm vụ", columns, [_row(task) for task in found["tasks"]])
    typer.echo("; ".join(f"{words} {counts.get(name, 0)}" for name, words in RELEVANCE.items()) + ".")
    typer.echo(
        f"So với bản đang dùng: thêm {counts['added']}, sửa {counts['changed']}, bỏ {counts['removed']}, "
        f"giữ nguyên {counts['same']}."
    )
    for gone in found["removed"]:
        typer.echo(f"- bỏ {gone['number']}. {gone['title']}")
    if found["unlinked"]:
        typer.echo(f"Chưa có ai liên kết để nhận nhắc việc: {', '.join(found['unlinked'])}.")
    if found["problems"]:
        typer.echo(f"{len(found['problems'])} chỗ cần xem lại:")
    for problem in sorted(found["problems"], key=lambda one: not one["serious"])[:SHOWN_PROBLEMS]:
        typer.echo(f"{'!' if problem['serious'] else '-'} {problem['message']}")


def _row(task: dict[str, Any]) -> tuple[str, ...]:
    working = datetime.fromisoformat(task["working_due_at"]) if task["working_due_at"] else None
    notes = (
        CHANGES[task["change"]],
        "quá hạn khi nhập" if task["overdue_at_import"] else "",
        "nhắc giữa kỳ" if task["checkins"] else "",
        "" if task["expected_output"] else "chưa ghi sản phẩm",
    )
    return (
        task["number"],
        " – ".join(filter(None, (task["title"], task["part"]))),
        RELEVANCE[task["relevance"]],
        task["unit_name"] or "",
        task["period_text"],
        _day(task["due_on"]),
        f"{working.astimezone(TZ):%d/%m/%Y %H:%M}" if working else "",
        ", ".join(filter(None, notes)),
    )


def _listed(db: Connection, now: datetime) -> list[dict[str, Any]]:
    ref = reference(db)
    return [_plain(item) for item in many(db, ref, plans.all_tasks(db), None, now)]


def _plain(item: dict[str, Any]) -> dict[str, Any]:
    """A stored task as --json prints it: names and days of `plan read`, and what became of it."""
    times = ("working_due_at", "acknowledged_at", "submitted_at", "completed_at", "overdue_at")
    return {
        "id": item["id"],
        "document": item["document_number"] or item["document_title"],
        "document_key": item["document_key"],
        **{name: item[name] for name in ("number", "part", "occurrence", "section", "section_title")},
        "criteria_group": item["criteria_group"],
        "title": item["title"],
        "lead_units": list(item["lead_units"]),
        "cooperating_units": list(item["cooperating_units"]),
        "relevance": str(item["relevance"]),
        "unit": item["unit"],
        "co_units": list(item["co_units"]),
        "unit_name": item["unit_name"],
        "period_text": item["period_text"],
        "start_on": item["start_on"].isoformat() if item["start_on"] else None,
        "due_on": item["due_on"].isoformat() if item["due_on"] else None,
        "due_at": _instant(item["due_at"]),
        "recurrence": item["recurrence"],
        "expected_output": item["expected_output"],
        "status": str(item["status"]),
        "progress": item["progress"],
        "colour": item["colour"],
        "is_overdue": item["is_overdue"],
        "overdue_at_import": item["overdue_at_import"],
        **{name: _instant(item[name]) for name in times},
    }


def _day(iso: str | None) -> str:
    return f"{datetime.fromisoformat(iso):%d/%m/%Y}" if iso else "chưa rõ"


def _instant(at: datetime | None) -> str | None:
    return at.astimezone(TZ).isoformat(timespec="seconds") if at else None
