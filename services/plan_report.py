"""`hotline report plan` and /baocao: the plans in force and what became of their tasks, as core/plan_report.py counts them."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time

from core.calendar import TZ
from core.plan import Draft, ProblemCode
from core.plan_report import (
    Extension,
    PlanReport,
    Question,
    ReportedPlan,
    Said,
    TaskLine,
    is_of_period,
    late_days,
    outcome,
)
from core.plan_values import from_values
from core.reminders import colour
from core.task import Relevance, Task, TaskEvent, TaskEventKind
from services import reports
from services.config import Config
from services.plan_review import unit_name
from services.planning import is_own
from services.reference import Reference, reference
from storage import data_files, messages, plans
from storage.database import Connection
from storage.messages import Attachment
from storage.plans import Document

_TOLD = (
    TaskEventKind.PROGRESSED,
    TaskEventKind.SUBMITTED,
    TaskEventKind.RETURNED,
    TaskEventKind.OBSTRUCTED,
    TaskEventKind.EXTENSION_DECIDED,
)
# Answered since, when the tasks of that row have a day.
_ABOUT_DAYS = {
    ProblemCode.IMPOSSIBLE_DATE,
    ProblemCode.MISSING_DEADLINE,
    ProblemCode.OPEN_DEADLINE,
    ProblemCode.NO_YEAR,
    ProblemCode.UNREADABLE_DEADLINE,
}
_LOST = {"failed", "erased"}  # nobody can look at these


@dataclass(frozen=True, slots=True)
class _Kept:
    """What was said about all tasks: events by task, texts and files by message."""

    events: Mapping[int, Sequence[TaskEvent]]
    texts: Mapping[int, str]
    files: Mapping[int, Sequence[Attachment]]


def plan_report(
    db: Connection,
    cfg: Config,
    now: datetime,
    first: date | None = None,
    last: date | None = None,
) -> PlanReport:
    """The report on all plans in force from `first` to `last`, both included; None: from 1 January to today, in Hanoi.

    Of a time that is over, outcomes are told as of its end; progress and units as they are now.
    """
    today = now.astimezone(TZ).date()
    until = last or today
    since = first or date(until.year, 1, 1)
    at = min(now, datetime.combine(until, time.max, TZ))
    ref, known = reference(db), plans.applied(db)
    drafts = {document.id: from_values(document.draft) for document in known}
    tasks = _in_order(plans.all_tasks(db), drafts)
    lines = _lines(db, ref, tasks, drafts, at)
    ours = [task.relevance is not Relevance.OTHER and is_of_period(task, since, until) for task in tasks]
    hotline = reports.report(db, cfg, now, since, until)
    return PlanReport(
        first=since,
        last=until,
        at=at,
        plans=_plans(ref, known, drafts, tasks),
        tasks=tuple(line for line, own in zip(lines, ours, strict=True) if own),
        every=tuple(lines),
        questions=tuple(_questions(drafts, tasks)),
        hotline=hotline.whole,
        petitions=hotline.petitions,
        drill=data_files.fact(db, data_files.DRILL) is not None,
    )


def _in_order(tasks: Iterable[Task], drafts: Mapping[int, Draft]) -> list[Task]:
    """As the documents have them: a row that a later version added stands where it belongs."""
    place = {
        (document_id, row.number): n
        for document_id, draft in drafts.items()
        for n, row in enumerate(draft.tasks)
    }
    of_plans = [task for task in tasks if task.document_id in drafts]
    return sorted(
        of_plans,
        key=lambda task: (
            task.document_id,
            place.get((task.document_id, task.number), len(place)),
            task.part,
            task.occurrence,
        ),
    )


def _plans(
    ref: Reference, known: Iterable[Document], drafts: Mapping[int, Draft], tasks: Sequence[Task]
) -> tuple[ReportedPlan, ...]:
    """The board's own first: the report is about it."""
    others = [task for task in tasks if task.relevance is Relevance.OTHER]
    listed = [
        ReportedPlan(
            id=document.id,
            number=document.number,
            title=document.title,
            version=document.version,
            own=is_own(ref, drafts[document.id].document),
            not_ours=len({task.number for task in others if task.document_id == document.id}),
            issued_on=drafts[document.id].document.issued_on,
        )
        for document in known
    ]
    return tuple(sorted(listed, key=lambda plan: (not plan.own, plan.id)))


def _lines(
    db: Connection, ref: Reference, tasks: Sequence[Task], drafts: Mapping[int, Draft], at: datetime
) -> list[TaskLine]:
    groups = {
        (document_id, row.number): row.criteria_groups
        for document_id, draft in drafts.items()
        for row in draft.tasks
    }
    kept = _kept(db, at)
    return [_line(ref, task, groups.get((task.document_id, task.number)), kept, at) for task in tasks]


def _kept(db: Connection, at: datetime) -> _Kept:
    events: dict[int, list[TaskEvent]] = {}
    for stored in plans.events_of_kinds(db, _TOLD):
        if stored.event.at <= at:
            events.setdefault(stored.task_id, []).append(stored.event)
    files: dict[int, list[Attachment]] = {}
    for file in messages.attachments_of_tasks(db):
        if file.status not in _LOST:
            files.setdefault(file.message_id, []).append(file)
    return _Kept(events, messages.texts_of_tasks(db), files)


def _line(ref: Reference, task: Task, groups: tuple[int, ...] | None, kept: _Kept, at: datetime) -> TaskLine:
    own = (task.criteria_group,) if task.criteria_group is not None else ()
    events = kept.events.get(task.id, ())
    completed = task.completed_at if task.completed_at is not None and task.completed_at <= at else None
    ours = task.relevance is not Relevance.OTHER
    return TaskLine(
        document_id=task.document_id,
        number=task.number,
        part=task.part,
        occurrence=task.occurrence,
        title=task.title,
        clause=task.section,
        clause_title=task.section_title,
        groups=groups if groups is not None else own,
        relevance=task.relevance,
        unit="; ".join(unit_name(ref, code) for code in task.units),
        leads=task.lead_units,
        cooperating=task.cooperating_units,
        period_text=task.period_text,
        expected_output=task.expected_output,
        start_on=task.start_on,
        due_on=task.due_on,
        outcome=outcome(task, at),
        progress=task.progress,
        acknowledged=task.acknowledged_at is not None,
        late_at_import=task.overdue_at_import,
        completed_on=_day(completed) if completed else None,
        late_days=late_days(task, at),
        colour=colour(task, at, ref.office()) if task.is_open and ours else "",
        extensions=tuple(_extensions(events)),
        asked_until=task.asked_due_on,
        obstacles=tuple(_said(event, kept) for event in events if event.kind is TaskEventKind.OBSTRUCTED),
        evidence=_evidence(events, kept),
    )


def _extensions(events: Iterable[TaskEvent]) -> Iterable[Extension]:
    for event in events:
        if event.kind is TaskEventKind.EXTENSION_DECIDED and event.data.get("granted"):
            was, until = event.data.get("from"), event.data["until"]
            yield Extension(
                date.fromisoformat(str(was)) if was else None,
                date.fromisoformat(str(until)),
                _day(event.at),
            )


def _evidence(events: Iterable[TaskEvent], kept: _Kept) -> tuple[Said, ...]:
    """What was handed in, with every file that was sent on the way. While it is returned nothing is proved; handed in again,
    the earlier files count with the new ones: often only one was missing."""
    sent: list[Said] = []
    proved: tuple[Said, ...] = ()
    for event in events:
        match event.kind:
            case TaskEventKind.RETURNED:
                sent, proved = [said for said in sent if said.files], ()
            case TaskEventKind.PROGRESSED if (said := _said(event, kept)).files:
                sent.append(said)
            case TaskEventKind.SUBMITTED:
                sent.append(_said(event, kept))
                proved = tuple(sent)
    return proved


def _said(event: TaskEvent, kept: _Kept) -> Said:
    message = int(str(event.data.get("message") or 0))
    names = tuple(file.name or file.kind for file in kept.files.get(message, ()))
    return Said(_day(event.at), kept.texts.get(message, ""), names)


def _questions(drafts: Mapping[int, Draft], tasks: Sequence[Task]) -> Iterable[Question]:
    """What was odd in the documents, and was not answered since."""
    without_day = {(task.document_id, task.number) for task in tasks if task.due_on is None}
    without_output = {(task.document_id, task.number) for task in tasks if not task.expected_output}
    for document_id, draft in drafts.items():
        for problem in draft.problems:
            row = (document_id, problem.row)
            if problem.code in _ABOUT_DAYS and problem.row and row not in without_day:
                continue
            if problem.code is ProblemCode.MISSING_OUTPUT and row not in without_output:
                continue
            yield Question(document_id, problem.row, problem.message, problem.serious)


def _day(at: datetime) -> date:
    return at.astimezone(TZ).date()
