"""The cast of the plan flows: Văn phòng, a unit with its head, leaders – and plans, written by hand or read from the seeds."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from pathlib import Path

import plan_data
from core.calendar import TZ
from core.people import Role
from core.plan import (
    Confidence,
    Deadline,
    Draft,
    DraftTask,
    Form,
    NamedUnit,
    PlanDocument,
)
from core.reminders import DEFAULTS, ReminderSettings
from core.task import Task, TaskEvent
from plan_data.reading import read_plan
from services import planning
from storage import plans, timers
from tests.town import Citizen, Town

DOCUMENTS = Path(plan_data.__file__).parent / "documents"
OWN_PLAN, ANNEX = "ke-hoach-bqlkktck-2026.md", "phu-luc-ke-hoach-215-2026.txt"
OFFICE = NamedUnit("Văn phòng", "Văn phòng", "VP")
CENTRE = NamedUnit("Trung tâm QLCK", "Trung tâm Quản lý cửa khẩu", "TTQLCK")
BOARD = NamedUnit("Ban Quản lý", "Ban Quản lý Khu kinh tế cửa khẩu Đồng Đăng – Lạng Sơn", "BQLKKTCK")
AGENCIES = NamedUnit("Các sở, ban, ngành", "Các sở, ban, ngành", "CSBN", group=True)
FINANCE = NamedUnit("Sở Tài chính", "Sở Tài chính", "STC")
REPORT = "Báo cáo kết quả thực hiện gửi Sở Văn hóa, Thể thao và Du lịch"


@dataclass(frozen=True, slots=True)
class Office:
    """Who works with plans. The unit of the tasks is the centre: two officers and their head."""

    clerk: Citizen
    officer: Citizen
    colleague: Citizen
    head: Citizen
    leader: Citizen


async def office(town: Town) -> Office:
    return Office(
        clerk=await town.staff("Dung Văn phòng", Role.OFFICE),
        officer=await town.staff("Minh", Role.OFFICER, unit="TTQLCK"),
        colleague=await town.staff("Nga", Role.OFFICER, unit="TTQLCK"),
        head=await town.staff("Trưởng Trung tâm Phúc", Role.OFFICER, unit="TTQLCK", is_head=True),
        leader=await town.staff("Lãnh đạo Giang", Role.LEADER),
    )


def due(day: date | None, start: date | None = None, **more: object) -> Deadline:
    """A deadline as a reader gives it."""
    if day is None:
        return Deadline()
    known = Deadline(f"trước ngày {day:%d/%m/%Y}", start, day, confidence=Confidence.SURE, trouble=None)
    return replace(known, **more)


def row(number: str, title: str, deadline: Deadline, *leads: NamedUnit, **more: object) -> DraftTask:
    """One row of a plan."""
    made = DraftTask(
        number=number,
        section="I",
        section_title="Nhiệm vụ",
        criteria_groups=(1,),
        title=title,
        leads=leads or (CENTRE,),
        cooperating=(),
        deadline=deadline,
        expected_output="Báo cáo",
        quote="",
        place=f"dòng {number}",
    )
    return replace(made, **more)


def draft(
    *tasks: DraftTask, title: str = "Kế hoạch của Ban năm 2026", number: str | None = "12/KH-BQLKKTCK"
) -> Draft:
    document = PlanDocument(
        title,
        number,
        "Ban Quản lý Khu kinh tế cửa khẩu Đồng Đăng – Lạng Sơn",
        None,
        2026,
        Form.TABLE,
        "docx",
        "0" * 64,
    )
    return Draft(document, tasks, ())


def seed(name: str) -> Draft:
    return read_plan((DOCUMENTS / name).read_bytes(), name)


async def applies(town: Town, plan: Draft, settings: ReminderSettings = DEFAULTS) -> planning.Applied:
    """Somebody at the terminal reviews and applies."""
    now = town.clock.now()

    def errand(db: object) -> planning.Applied:
        kept = planning.keep_draft(db, plan, "ke-hoach.docx", settings, None, now)  # type: ignore[arg-type]
        return planning.apply(db, town.cfg, kept.id, None, now)  # type: ignore[arg-type]

    applied = await town.db.write(errand)
    await town.settles()
    return applied


async def the_tasks(town: Town) -> Sequence[Task]:
    return await town.db.read(plans.all_tasks)


async def the_task(town: Town, number: str = "1") -> Task:
    found = [task for task in await the_tasks(town) if task.number == number]
    assert len(found) == 1, [task.number for task in found]
    return found[0]


async def history(town: Town, task: Task) -> list[TaskEvent]:
    stored = await town.db.read(lambda db: plans.history(db, task.id))
    return [one.event for one in stored]


async def kinds(town: Town, task: Task) -> list[str]:
    return [str(event.kind) for event in await history(town, task)]


async def to_come(town: Town, task: Task) -> dict[str, str]:
    """The timers of a task that wait: stage → "dd/mm HH:MM" in Hanoi."""
    known = await town.db.read(lambda db: timers.of_subject(db, "task", task.id))
    return {stage: hanoi(at) for stage, _, at, status in known if status == "waiting"}


def hanoi(at: datetime) -> str:
    return at.astimezone(TZ).strftime("%d/%m %H:%M")


def count(citizen: Citizen, words: str) -> int:
    return sum(words in text for text in citizen.reads())
