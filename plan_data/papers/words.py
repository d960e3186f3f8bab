"""What the report and the working table have in common: names of outcomes, periods and dates as an official paper writes them."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta

from core.calendar import TZ
from core.figures import Share
from core.plan_report import Outcome, PlanReport, ReportedPlan, Said, TaskLine
from core.task import Relevance

OUTCOMES = {
    Outcome.DONE_ON_TIME: "Hoàn thành đúng hạn",
    Outcome.DONE_LATE: "Hoàn thành sau hạn",
    Outcome.DONE_UNDATED: "Hoàn thành (không quy định hạn)",
    Outcome.SUBMITTED: "Đã báo hoàn thành, chờ chấp nhận",
    Outcome.OVERDUE: "Quá hạn, chưa hoàn thành",
    Outcome.RUNNING: "Đang thực hiện",
}
RELEVANCES = {
    Relevance.LEADS: "Chủ trì",
    Relevance.NAMED: "Được nêu tên",
    Relevance.GROUP: "Cùng thực hiện",
    Relevance.OTHER: "Không thuộc Ban",
}
NO_DAY = "không quy định hạn"
DRILL = "SỐ LIỆU DIỄN TẬP"
_QUARTERS = ("I", "II", "III", "IV")
_FILES = {"photo": "ảnh", "video": "phim", "voice": "tin thoại", "audio": "ghi âm", "document": "tệp"}


def day(on: date | None) -> str:
    """ "29/11/2026", or "" for none."""
    return f"{on:%d/%m/%Y}" if on else ""


def moment(at: datetime) -> str:
    """ "15:30 ngày 22/11/2026", Hanoi time."""
    return f"{at.astimezone(TZ):%H:%M} ngày {at.astimezone(TZ):%d/%m/%Y}"


def period(first: date, last: date) -> str:
    """ "năm 2026", "Quý IV năm 2026", "tháng 11 năm 2026", else its two days."""
    if first.day == 1 and (last + timedelta(days=1)).day == 1 and first.year == last.year:
        match (first.month, last.month):
            case (1, 12):
                return f"năm {first.year}"
            case (begin, end) if begin == end:
                return f"tháng {begin} năm {first.year}"
            case (begin, end) if end - begin == 2 and end % 3 == 0:
                return f"Quý {_QUARTERS[end // 3 - 1]} năm {first.year}"
    return f"từ ngày {day(first)} đến ngày {day(last)}"


def named(plan: ReportedPlan) -> str:
    """How the text speaks of a plan: by its number and day, a draft by its title."""
    if plan.number is None:
        return f"{titled(plan)} (chưa có số)"
    issued = f" ngày {day(plan.issued_on)}" if plan.issued_on else ""
    return f"Kế hoạch số {plan.number}{issued}"


def titled(plan: ReportedPlan) -> str:
    """The title as part of a sentence: "KẾ HOẠCH Triển khai …" is "Kế hoạch triển khai …"."""
    title = " ".join(plan.title.split())
    head, rest = title[:8], title[8:].strip()
    if head.casefold() != "kế hoạch" or not rest or title.isupper():
        return title
    return f"Kế hoạch {rest[0].lower()}{rest[1:]}"


def of_total(count: int, total: int) -> str:
    """ "3/8 (37,5%)": never a percentage without its denominator, and none of nothing."""
    return f"{count}/{total}" + (f" ({_percent(100 * count / total)})" if total else "")


def share(known: Share) -> str:
    """As `of_total`; a group that is too small says only how small it is."""
    if known.kept is None:
        return f"không nêu tỷ lệ (n = {known.of})"
    return of_total(known.kept, known.of)


def label(report: PlanReport, task: TaskLine) -> str:
    """The number of a task where those of several plans stand together: "6 (215/KH-UBND)"."""
    number = next((plan.number for plan in report.plans if plan.id == task.document_id), None)
    return f"{task.label} ({number})" if number and len(report.plans) > 1 else task.label


def due(task: TaskLine) -> str:
    """The legal due day; after an extension with the days that it had before."""
    if task.due_on is None:
        return " – ".join(part for part in (NO_DAY, task.period_text) if part)
    earlier = [day(one.was) for one in task.extensions if one.was]
    return day(task.due_on) + (f" (được lùi từ {', '.join(earlier)})" if earlier else "")


def result(task: TaskLine) -> str:
    """What became of a task, in one cell."""
    told = OUTCOMES[task.outcome]
    if task.completed_on:
        told += f" (ngày {day(task.completed_on)})"
    elif task.progress:
        told += f", tiến độ {task.progress}%"
    if task.late_at_import and task.outcome is Outcome.OVERDUE:
        told += ", đã quá hạn trước khi theo dõi"
    if task.late_days:
        told += f", chậm {task.late_days} ngày"
    return told + ("; có vướng mắc" if task.obstacles else "")


def proof(said: Said) -> str:
    """What was handed in: the words, then the files by their names."""
    files = "; ".join(_FILES.get(name, name) for name in said.files)
    return " ".join(part for part in (said.text, f"[{files}]" if files else "") if part) or "(đã xóa)"


def tasks_of(report: PlanReport, plan: ReportedPlan, every: bool = False) -> Sequence[TaskLine]:
    """The tasks of one plan, in its order."""
    return [task for task in (report.every if every else report.tasks) if task.document_id == plan.id]


def _percent(value: float) -> str:
    return f"{value:.1f}%".replace(".", ",")
