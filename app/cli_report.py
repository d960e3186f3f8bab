"""`hotline report plan`: the draft report on the plans (.docx) and the working table (.xlsx), written into a file."""

import os
from collections.abc import Callable
from datetime import date
from functools import partial
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Annotated

import typer

from app.cli_base import looked, run
from app.cli_tickets import day_of, reports
from app.clock import Clock
from app.refusal import Refusal
from app.sealing import FileSeal
from app.settings import load_settings
from core.calendar import TZ
from core.plan_report import PlanReport, tally
from core.plan_report import quarter as quarter_of
from services.plan_papers import Paper, drawn
from services.plan_report import plan_report
from storage.database import Connection


def add_to(app: typer.Typer) -> None:
    reports.command("plan")(plan)


def plan(
    out: Annotated[
        Path,
        typer.Option(metavar="FILE", help="Tệp sẽ ghi: .docx là dự thảo báo cáo, .xlsx là bảng theo dõi."),
    ],
    first: Annotated[
        str | None, typer.Option("--from", help="Từ ngày, ví dụ 2026-01-01; bỏ trống là từ đầu năm.")
    ] = None,
    last: Annotated[str | None, typer.Option("--to", help="Đến hết ngày; bỏ trống là đến hôm nay.")] = None,
    quarter: Annotated[
        str | None, typer.Option(help="Cả một quý thay cho --from và --to, ví dụ IV/2026.")
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Ghi đè tệp đã có.")] = False,
) -> None:
    """Dự thảo báo cáo kết quả thực hiện kế hoạch, hoặc bảng theo dõi nhiệm vụ. Số, ngày và chữ ký để trống."""
    draw = _drawing(out)
    since, until = _period(first, last, quarter)
    if not out.parent.is_dir():
        raise Refusal(f"Không có thư mục {out.parent}.")
    if out.exists() and not force:
        raise Refusal(f"Tệp {out} đã có, có thể đã có người sửa: hãy chọn tên khác hoặc thêm --force.")
    settings = load_settings()
    cfg = settings.config(FileSeal(settings.key_file))

    def query(db: Connection, clock: Clock) -> PlanReport:
        now = clock.now()
        if since and until is None and since > now.astimezone(TZ).date():
            raise Refusal("Ngày --from phải không sau hôm nay.")
        return plan_report(db, cfg, now, since, until)

    report = run(looked(settings, query))
    _write(out, draw(report))
    counts = tally(report.tasks)
    typer.echo(
        f"Đã ghi {out}: {len(report.plans)} kế hoạch, {counts.total} nhiệm vụ của Ban Quản lý trong kỳ "
        f"{report.first:%d/%m/%Y} – {report.last:%d/%m/%Y}, hoàn thành {counts.done}."
    )


def _drawing(out: Path) -> Callable[[PlanReport], bytes]:
    paper = next((paper for paper in Paper if paper.ending == out.suffix.lower()), None)
    if paper is None:
        raise Refusal(f"Tệp {out.name}: chỉ ghi được .docx (dự thảo báo cáo) hoặc .xlsx (bảng theo dõi).")
    return partial(drawn, paper)


def _period(first: str | None, last: str | None, quarter: str | None) -> tuple[date | None, date | None]:
    if quarter is not None:
        if first or last:
            raise typer.BadParameter("không dùng cùng --from, --to", param_hint="--quarter")
        known = quarter_of(quarter)
        if known is None:
            raise typer.BadParameter("phải là quý dạng IV/2026 hoặc 4/2026", param_hint="--quarter")
        return known
    since, until = day_of("--from", first), day_of("--to", last)
    if since and until and until < since:
        raise Refusal("Ngày --to phải không trước ngày --from.")
    return since, until


def _write(out: Path, content: bytes) -> None:
    """Whole or not at all: a full disk leaves no half a report under this name."""
    with NamedTemporaryFile(dir=out.parent, prefix=".", suffix=out.suffix, delete=False) as file:
        try:
            file.write(content)
            file.flush()
            os.replace(file.name, out)
        except BaseException:
            Path(file.name).unlink(missing_ok=True)
            raise
