"""The tables of the report on plans: what stands in their cells. An empty one is a sentence, not a heading over nothing."""

from collections.abc import Mapping, Sequence

from docx.document import Document as Paper

from core.figures import Figures
from core.plan_report import Outcome, PlanReport, Tally, TaskLine, by_clause, by_group
from core.ticket import Score
from plan_data.papers import words
from plan_data.papers.layout import body, grid

NUMBER = 34  # mm: the second half of "6 (12/KH-BQLKKTCK)" stays in one line
_OUTCOME_COLUMNS = (
    ("Tổng số", 14),
    ("Xong đúng hạn", 15),
    ("Xong sau hạn", 15),
    ("Xong, không có hạn", 16),
    ("Chờ chấp nhận", 15),
    ("Quá hạn", 14),
    ("Đang làm", 14),
)
_SCORES = {
    Score.GOOD: "Hài lòng (tham khảo)",
    Score.FAIR: "Chấp nhận được (tham khảo)",
    Score.BAD: "Không hài lòng (tham khảo)",
}


def clauses(paper: Paper, tasks: Sequence[TaskLine]) -> None:
    """How the tasks of one plan stand, by its clauses."""
    if not tasks:
        body(paper, "Không có nhiệm vụ của Ban Quản lý trong kỳ.")
        return
    lines = [
        _counted(f"{clause} {title}".strip(), counts) for (clause, title), counts in by_clause(tasks).items()
    ]
    grid(paper, (("Mục", 62), *_OUTCOME_COLUMNS), lines, range(1, 8))


def groups(paper: Paper, tasks: Sequence[TaskLine], names: Mapping[int, str]) -> None:
    """How they stand by HPI group."""
    known = by_group(tasks)
    lines = [
        _counted(f"{group}. {names.get(group, '')}" if group else "Không gắn với nhóm nào", counts)
        for group, counts in known.items()
    ]
    grid(paper, (("Nhóm tiêu chí", 62), *_OUTCOME_COLUMNS), lines, range(1, 8))
    if any(len(task.groups) > 1 for task in tasks):
        body(paper, "Nhiệm vụ gắn với nhiều nhóm được tính ở từng nhóm.", italic=True)


def targets(paper: Paper, report: PlanReport, tasks: Sequence[TaskLine]) -> None:
    """What the plans set themselves to reach."""
    if not tasks:
        body(paper, "Không có chỉ tiêu nào được nêu riêng trong các kế hoạch của kỳ.")
        return
    lines = [
        (
            words.label(report, task),
            task.title,
            words.result(task),
            str(len(task.evidence)) if task.evidence else "chưa có",
        )
        for task in tasks
    ]
    grid(paper, (("Số", NUMBER), ("Chỉ tiêu", 57), ("Kết quả đến nay", 50), ("Minh chứng", 24)), lines)


def extended(paper: Paper, report: PlanReport, tasks: Sequence[TaskLine]) -> None:
    """Every later deadline that was granted, with both days."""
    lines = [
        (
            words.label(report, task),
            task.title,
            words.day(one.was) or words.NO_DAY,
            words.day(one.until),
            words.day(one.decided_on),
        )
        for task in tasks
        for one in task.extensions
    ]
    columns = (("Số", NUMBER), ("Nhiệm vụ", 59), ("Hạn cũ", 24), ("Hạn mới", 24), ("Ngày cho lùi", 24))
    _or_none(paper, columns, lines, "Không có nhiệm vụ nào được lùi hạn.")


def hotline(paper: Paper, known: Figures) -> None:
    """The figures of the hotline, each with what it is a share of."""
    shares = (
        ("Giải quyết ngay trong ngày", "lượt hẹn trong ngày, đã xong hoặc đã đến hạn", known.same_day),
        ("Xong trong ngày dương lịch nhận tin", "lượt đã xong hoặc đã qua ngày nhận", known.calendar_day),
        ("Nhận sau giờ chốt", "lượt loại thường", known.after_cut_off),
        ("Đã trả lời, chờ cơ quan khác (vàng)", "tổng số lượt", known.amber),
        (
            "Cán bộ trả lời lần đầu trong 30 phút",
            "lượt đã trả lời hoặc đã đến hạn trả lời",
            known.human_reply,
        ),
        ("Mở lại trong 3 ngày làm việc", "lượt đã kết luận", known.reopened),
        ("Người gửi có đánh giá (tỷ lệ phản hồi)", "lượt đã kết luận", known.rated),
        *((_SCORES[score], "lượt có đánh giá", share) for score, share in known.scores.items()),
        ("Trễ hẹn được miễn trừ", "lượt trễ hẹn", known.waived),
    )
    lines = [(name, words.share(value), of) for name, of, value in shares]
    lines.append(("Quá hạn chưa xong", str(known.open_overdue), "tại thời điểm lập"))
    grid(paper, (("Nội dung", 65), ("Kết quả", 45), ("Mẫu số là", 55)), lines, (1,))


def late(paper: Paper, report: PlanReport, tasks: Sequence[TaskLine]) -> None:
    """What was or is late, by how much, and why as far as the unit has said so."""
    lines = [
        (
            words.label(report, task),
            task.title,
            task.unit,
            words.due(task),
            str(task.late_days),
            task.obstacles[-1].text if task.obstacles else "",
        )
        for task in tasks
    ]
    columns = (
        ("Số", NUMBER),
        ("Nhiệm vụ", 40),
        ("Đơn vị", 25),
        ("Hạn", 24),
        ("Chậm (ngày)", 15),
        ("Lý do", 27),
    )
    if _or_none(paper, columns, lines, "Không có nhiệm vụ nào chậm hạn."):
        body(paper, "Lý do ghi theo báo vướng mắc của đơn vị; ô trống do người soạn bổ sung.", italic=True)


def obstacles(paper: Paper, report: PlanReport, tasks: Sequence[TaskLine]) -> None:
    """Every obstacle in the words of the unit."""
    lines = [
        (words.label(report, task), task.title, task.unit, words.day(said.on), words.proof(said))
        for task in tasks
        for said in task.obstacles
    ]
    columns = (("Số", NUMBER), ("Nhiệm vụ", 38), ("Đơn vị", 25), ("Ngày báo", 24), ("Nội dung", 44))
    _or_none(paper, columns, lines, "Không có đơn vị nào báo vướng mắc.")


def every_task(paper: Paper, tasks: Sequence[TaskLine]) -> None:
    """All tasks of one plan with their results."""
    lines = [(task.label, task.title, task.unit, words.due(task), words.result(task)) for task in tasks]
    columns = (("Số", 18), ("Nhiệm vụ", 64), ("Đơn vị", 25), ("Hạn", 26), ("Kết quả", 32))
    _or_none(paper, columns, lines, "Không có nhiệm vụ của Ban Quản lý trong kỳ.")


def evidence(paper: Paper, report: PlanReport, tasks: Sequence[TaskLine]) -> None:
    """What was handed in to prove that something is done."""
    lines = [
        (
            words.label(report, task),
            task.title,
            words.day(said.on),
            words.proof(said),
            words.OUTCOMES[task.outcome],
        )
        for task in tasks
        for said in task.evidence
    ]
    columns = (("Số", NUMBER), ("Nhiệm vụ", 38), ("Ngày gửi", 24), ("Minh chứng", 41), ("Tình trạng", 28))
    _or_none(paper, columns, lines, "Chưa có minh chứng nào được gửi.")


def _or_none(
    paper: Paper, columns: Sequence[tuple[str, float]], lines: Sequence[Sequence[str]], none: str
) -> bool:
    if not lines:
        body(paper, none)
        return False
    grid(paper, columns, lines)
    return True


def _counted(name: str, counts: Tally) -> tuple[str, ...]:
    return (name, str(counts.total), *(str(counts.outcomes[one]) for one in Outcome))
