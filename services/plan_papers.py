"""The papers on the plans in force as files: asked for by /baocao, drawn only while they are sent."""

from collections.abc import Mapping
from datetime import date, datetime
from enum import StrEnum
from functools import partial
from typing import Any

from core import access
from core.calendar import TZ
from core.errors import Refused
from core.ids import IdentityId
from core.notices import NoticeKind
from core.people import Person
from core.plan_report import PlanReport, quarter
from services import telling
from services.config import Config
from services.plan_report import plan_report
from services.sender import Document
from storage.database import Connection


class Paper(StrEnum):
    """REPORT: the draft report. TABLE: the working table."""

    REPORT = "report"
    TABLE = "table"

    @property
    def ending(self) -> str:
        return ".docx" if self is Paper.REPORT else ".xlsx"


_NAMES = {Paper.REPORT: "du-thao-bao-cao", Paper.TABLE: "ke-hoach"}


def ask(db: Connection, chat: IdentityId, person: Person, text: str, now: datetime) -> None:
    """Both papers into this chat, of the quarter in `text` or of the year up to today. Raises `not_allowed`, `bad_quarter`."""
    if not access.may_see_figures(person):
        raise Refused("not_allowed")
    today = now.astimezone(TZ).date()
    period = quarter(text) if text.strip() else (date(today.year, 1, 1), today)
    if period is None:
        raise Refused("bad_quarter")
    first, last = (day.isoformat() for day in period)
    for paper in Paper:
        told = {"paper": str(paper), "first": first, "last": last}
        telling.tell_chat(db, chat, NoticeKind.PLAN_PAPER, now, None, **told)


def document_of(db: Connection, cfg: Config, data: Mapping[str, Any], now: datetime) -> Document:
    """The paper that a PLAN_PAPER notice asks for; its rows are read here, it is drawn when `read` is called."""
    paper = Paper(data["paper"])
    first, last = date.fromisoformat(data["first"]), date.fromisoformat(data["last"])
    report = plan_report(db, cfg, now, first, last)
    until = report.at.astimezone(TZ).date()  # of a period that goes on: as far as there is anything to tell
    name = f"{_NAMES[paper]}-{until:%Y-%m-%d}{paper.ending}"
    return Document(name, partial(drawn, paper, report))


def drawn(paper: Paper, report: PlanReport) -> bytes:
    """The file's content; takes up to seconds for thousands of tasks."""
    # Only here: the writers of Word and Excel files take longer to load than all the rest of the program.
    match paper:
        case Paper.REPORT:
            from plan_data.papers.report import report_docx

            return report_docx(report)
        case Paper.TABLE:
            from plan_data.papers.workbook import plan_workbook

            return plan_workbook(report)
