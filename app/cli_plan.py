"""`hotline plan …`: plan documents. `plan read` shows what would be taken from a file, and writes nothing."""

from collections import Counter
from datetime import date, time
from pathlib import Path
from typing import Annotated, Any

import typer

from app.cli_base import AsJson, print_json, print_table, run
from app.cli_usage import system_in_words
from app.refusal import Refusal
from app.settings import load_settings
from core.plan import Confidence, Deadline, Draft, DraftTask, NamedUnit, Problem, SubDeadline, legal_end
from plan_data.reading import BadPlan
from plan_data.reading.apart import read_plan_apart
from plan_data.reading.files import too_large
from plan_data.reading.source import MAX_FILE_BYTES
from plan_data.unit_gazetteer import gazetteer
from services.lists import local
from services.reference import Reference, reference, seed_reference
from storage.migrate import Age
from storage.reading import NotReady, look

plan = typer.Typer(help="Văn bản kế hoạch: đọc thử, áp dụng, liệt kê nhiệm vụ.", no_args_is_help=True)
YEARS = range(2000, 2101)
SHOWN_PROBLEMS = 200
_SURE = {Confidence.SURE: "", Confidence.LIKELY: " (?)", Confidence.ASK: " (hỏi)"}
_RECURRENCES = {
    "yearly": "hằng năm",
    "half-yearly": "6 tháng một lần",
    "quarterly": "hằng quý",
    "monthly": "hằng tháng",
    "weekly": "hằng tuần",
    "periodic": "định kỳ",
}


def add_to(app: typer.Typer) -> None:
    app.add_typer(plan, name="plan")


@plan.callback()
def _group() -> None:
    """Văn bản kế hoạch: đọc thử, áp dụng, liệt kê nhiệm vụ."""


@plan.command("read")
def read(
    file: Annotated[
        Path, typer.Argument(metavar="FILE", help="Tệp .docx, .xlsx, .csv, .pdf, .txt hoặc .md.")
    ],
    year: Annotated[int | None, typer.Option(help="Năm của kế hoạch, khi văn bản không ghi.")] = None,
    as_json: AsJson = False,
) -> None:
    """Đọc một văn bản kế hoạch và cho xem các nhiệm vụ, các chỗ cần hỏi lại. Không ghi gì."""
    if year is not None and year not in YEARS:
        raise typer.BadParameter(f"chỉ nhận năm từ {YEARS[0]} đến {YEARS[-1]}", param_hint="--year")
    draft = draft_from(file, year)
    if as_json:
        print_json(plain_draft(draft))
    else:
        _show(draft)


def draft_from(file: Path, year: int | None) -> Draft:
    """The draft of a file with the units and holidays in use. Raises Refusal with one sentence."""
    known = run(_known())
    try:
        data = _bytes_of(file)
        names = gazetteer(tuple(known.units.values()))
        return read_plan_apart(data, file.name, names=names, office=known.office(), year=year)
    except BadPlan as bad:
        raise Refusal(f"{file.name}: {bad}") from None


def plain_draft(draft: Draft) -> dict[str, Any]:
    """A draft as `--json` prints it (design.md); `confidence` and the fields of the document come on top of it."""
    document = draft.document
    return {
        "document": {
            "title": document.title,
            "number": document.number,
            "issuer": document.issuer,
            "issued_on": _iso(document.issued_on),
            "year": document.year,
            "form": str(document.form),
            "format": document.file_format,
            "sha256": document.sha256,
            "groups": _groups(draft),
        },
        "tasks": [_plain_task(task) for task in draft.tasks],
        "problems": [_plain_problem(problem) for problem in draft.problems],
    }


async def _known() -> Reference:
    try:
        return await look(load_settings().database, reference)
    except NotReady as not_ready:
        if not_ready.state.age is not Age.EMPTY:
            raise
        return seed_reference()


def _bytes_of(file: Path) -> bytes:
    try:
        if (size := file.stat().st_size) > MAX_FILE_BYTES:
            raise too_large(size)
        return file.read_bytes()
    except OSError as error:
        raise Refusal(f"Không đọc được tệp {file}: {system_in_words(error)}.") from None


def _plain_task(task: DraftTask) -> dict[str, Any]:
    groups = list(task.criteria_groups)
    return {
        "stt": task.number,
        "section": task.section,
        "section_title": task.section_title,
        "criteria_group": groups[0] if len(groups) == 1 else groups or None,
        "title": task.title,
        "lead_units": [unit.name for unit in task.leads],
        "cooperating_units": [unit.name for unit in task.cooperating],
        "period_text": task.deadline.text,
        **_plain_days(task.deadline),
        "sub_deadlines": [_plain_part(part) for part in task.deadline.parts],
        "expected_output": task.expected_output,
        "quote": task.quote,
    }


def _plain_days(deadline: Deadline) -> dict[str, Any]:
    return {
        "start": _iso(deadline.start),
        "due": _iso(deadline.due, deadline.due_time),
        "working_due": local(deadline.working_due),
        "recurrence": str(deadline.recurrence) if deadline.recurrence else None,
        "confidence": str(deadline.confidence),
    }


def _plain_part(part: SubDeadline) -> dict[str, Any]:
    return {"label": part.label, "period_text": part.deadline.text, **_plain_days(part.deadline)}


def _plain_problem(problem: Problem) -> dict[str, Any]:
    return {"row": problem.row, "code": str(problem.code), "message": problem.message}


def _groups(draft: Draft) -> list[str]:
    """The collective names among the units: nobody's own."""
    units = (unit for task in draft.tasks for unit in (*task.leads, *task.cooperating))
    return list(dict.fromkeys(unit.name for unit in units if unit.group))


def _iso(day: date | None, at: time | None = None) -> str | None:
    """A day; with an hour when the document gives one."""
    if day is None:
        return None
    return local(legal_end(day, at)) if at else day.isoformat()


def _show(draft: Draft) -> None:
    document = draft.document
    issued = f", ngày {document.issued_on:%d/%m/%Y}" if document.issued_on else ""
    typer.echo(
        f"{document.title}\n{document.issuer or ''} {document.number or '(chưa có số)'}{issued}".rstrip()
    )
    columns = ("Số", "Nhiệm vụ", "Chủ trì", "Phối hợp", "Thời hạn", "Hạn cuối", "Hạn làm việc", "Sản phẩm")
    print_table(f"{len(draft.tasks)} nhiệm vụ", columns, [_row(task) for task in draft.tasks])
    if not draft.problems:
        typer.echo("Không có chỗ nào cần hỏi lại.")
        return
    typer.echo(f"{len(draft.problems)} chỗ cần xem lại:")
    for sentence in _in_short(draft.problems)[:SHOWN_PROBLEMS]:
        typer.echo(f"- {sentence}")


def _row(task: DraftTask) -> tuple[str, ...]:
    deadline = task.deadline
    due = f"{deadline.due:%d/%m/%Y}" if deadline.due else "chưa rõ"
    often = f" {_RECURRENCES[deadline.recurrence]}" if deadline.recurrence else ""
    working = f"{deadline.working_due:%d/%m/%Y %H:%M}" if deadline.working_due else ""
    return (
        task.number,
        task.title,
        _named(task.leads),
        _named(task.cooperating),
        deadline.text,
        f"{due}{often}{_SURE[deadline.confidence]}",
        working,
        task.expected_output,
    )


def _named(units: tuple[NamedUnit, ...]) -> str:
    return "; ".join(unit.name if unit.sure else f"{unit.name} (?)" for unit in units)


def _in_short(problems: tuple[Problem, ...]) -> list[str]:
    """One line for the same question about many rows."""
    alike = Counter((problem.code, problem.message.partition(": ")[2]) for problem in problems)
    rows: dict[tuple[str, str], list[str]] = {}
    for problem in problems:
        rows.setdefault((problem.code, problem.message.partition(": ")[2]), []).append(problem.row or "")
    shown = []
    for problem in problems:
        key = (problem.code, problem.message.partition(": ")[2])
        if alike[key] == 1 or problem.row is None:
            shown.append(problem.message)
        elif (numbers := rows.pop(key, None)) is not None:
            shown.append(f"{len(numbers)} nhiệm vụ ({', '.join(numbers)}): {key[1]}")
    return shown
