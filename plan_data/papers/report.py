"""The draft report on plans (.docx) in the layout of an official paper: number, date and signature are a person's to add.

Every figure is counted from rows; what the data does not hold is a dotted line, never a guess.
"""

from datetime import date
from io import BytesIO

from docx.document import Document as Paper
from docx.shared import Pt

from core.calendar import TZ
from core.plan_report import Outcome, PlanReport, Tally, tally
from core.task import Relevance
from plan_data.papers import report_tables as tables
from plan_data.papers import words
from plan_data.papers.layout import (
    SMALL,
    TEXT_WIDTH,
    blank_lines,
    body,
    centred,
    heading,
    new_page,
    new_paper,
    rule,
    two_columns,
    write,
)
from plan_data.papers.letterhead import Letterhead, letterhead

HEAD = (68, TEXT_WIDTH - 68)  # mm: the issuer, and the country's name
NUMBER_BLANK = DAY_BLANK = " " * 6
SIGNATURE_LINES = 5


def report_docx(report: PlanReport, head: Letterhead | None = None) -> bytes:
    """The report as a .docx file."""
    head = head or letterhead()
    subject = _subject(report)
    paper = new_paper(subject, head.issuer, report.at)
    _head(paper, head, report.drill)
    _title(paper, head, subject, report)
    _opening(paper, head, report)
    _results(paper, head, report)
    _hotline(paper, report)
    _limits(paper, report)
    _left_to_a_person(paper)
    closing = body(paper, f"Trên đây là báo cáo {_lower(subject)} của {head.issuer}./.")
    closing.paragraph_format.keep_with_next = True
    _signature(paper, head)
    _annexes(paper, head, report)
    made = BytesIO()
    paper.save(made)
    return made.getvalue()


def _head(paper: Paper, head: Letterhead, drill: bool) -> None:
    left, right = two_columns(paper, *HEAD)
    centred(left, head.superior, SMALL)
    for line in head.issuer_lines:
        centred(left, line, SMALL, bold=True)
    rule(left, HEAD[0] - 4, 25)
    centred(left, f"Số:{NUMBER_BLANK}/{head.code}", 13)
    centred(left, "DỰ THẢO", 13, bold=True)
    if drill:
        centred(left, words.DRILL, SMALL, bold=True)
    centred(right, "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM", SMALL, bold=True)
    centred(right, "Độc lập - Tự do - Hạnh phúc", 13, bold=True)
    rule(right, HEAD[1] - 4, 56)  # as long as the motto
    centred(right, f"{head.place}, ngày{DAY_BLANK}tháng{DAY_BLANK}năm{DAY_BLANK}", 13, italic=True)


def _title(paper: Paper, head: Letterhead, subject: str, report: PlanReport) -> None:
    centred(paper, "BÁO CÁO", 14, bold=True).paragraph_format.space_before = Pt(14)
    centred(paper, subject, 14, bold=True)
    centred(paper, f"(Kỳ báo cáo: {words.period(report.first, report.last)})", 14, bold=True)
    rule(paper, TEXT_WIDTH, 50)
    addressed = centred(paper, f"Kính gửi: {head.to}", 14)
    addressed.paragraph_format.space_before = addressed.paragraph_format.space_after = Pt(10)


def _opening(paper: Paper, head: Letterhead, report: PlanReport) -> None:
    done = f"Thực hiện {'; '.join(words.named(plan) for plan in report.plans)}, " if report.plans else ""
    body(paper, f"{done}{head.issuer} báo cáo kết quả thực hiện như sau:")
    if not report.plans:
        body(paper, "Chưa có kế hoạch nào được đưa vào theo dõi, nên chưa có nhiệm vụ để tổng hợp.")


def _results(paper: Paper, head: Letterhead, report: PlanReport) -> None:
    heading(paper, "I. KẾT QUẢ THỰC HIỆN")
    heading(paper, "1. Kết quả chung", 2)
    _overall(paper, report)
    heading(paper, "2. Theo từng mục của kế hoạch", 2)
    for plan in report.plans:
        body(paper, f"{words.named(plan)}:", italic=True).paragraph_format.keep_with_next = True
        tables.clauses(paper, words.tasks_of(report, plan))
    heading(paper, "3. Theo nhóm tiêu chí của Chỉ số hạnh phúc", 2)
    tables.groups(paper, report.tasks, head.groups)
    heading(paper, "4. Các chỉ tiêu của kế hoạch", 2)
    tables.targets(paper, report, [task for task in report.tasks if task.is_target])
    heading(paper, "5. Nhiệm vụ được lùi hạn", 2)
    tables.extended(paper, report, [task for task in report.tasks if task.extensions])


def _overall(paper: Paper, report: PlanReport) -> None:
    counts, at = tally(report.tasks), words.day(_last_day(report))
    whose = {one: sum(task.relevance is one for task in report.tasks) for one in Relevance}
    body(
        paper,
        f"Trong kỳ, Ban Quản lý có {counts.total} nhiệm vụ: chủ trì {whose[Relevance.LEADS]}, được nêu tên phối hợp "
        f"{whose[Relevance.NAMED]}, cùng thực hiện với các sở, ban, ngành {whose[Relevance.GROUP]}. Tính đến ngày {at}:",
    )
    for line in _outcome_lines(counts, report):
        body(paper, f"- {line}")


def _outcome_lines(counts: Tally, report: PlanReport) -> tuple[str, ...]:
    told, total = counts.outcomes, counts.total
    known = sum(task.acknowledged for task in report.tasks)
    on_time = words.of_total(told[Outcome.DONE_ON_TIME], counts.done_with_day)
    late = words.of_total(told[Outcome.DONE_LATE], counts.done_with_day)
    return (
        f"Hoàn thành: {words.of_total(counts.done, total)}. Trong số nhiệm vụ có hạn đã hoàn thành: đúng hạn {on_time}, "
        f"sau hạn {late}; hoàn thành, không quy định hạn: {told[Outcome.DONE_UNDATED]}.",
        f"Đã báo hoàn thành, chờ chấp nhận: {words.of_total(told[Outcome.SUBMITTED], total)}.",
        f"Quá hạn, chưa hoàn thành: {words.of_total(told[Outcome.OVERDUE], total)}, "
        f"trong đó đã quá hạn từ trước khi đưa vào theo dõi: {_late_before(report)}.",
        f"Đang thực hiện: {words.of_total(told[Outcome.RUNNING], total)}.",
        f"Có vướng mắc được báo: {words.of_total(counts.obstructed, total)}; "
        f"được lùi hạn: {words.of_total(counts.extended, total)}.",
        f"Đơn vị đã xác nhận tiếp nhận: {words.of_total(known, total)}.",
    )


def _late_before(report: PlanReport) -> int:
    return sum(task.late_at_import and task.outcome is Outcome.OVERDUE for task in report.tasks)


def _hotline(paper: Paper, report: PlanReport) -> None:
    heading(paper, "II. TIẾP NHẬN, GIẢI QUYẾT PHẢN ÁNH, KIẾN NGHỊ QUA ĐƯỜNG DÂY NÓNG")
    told = f"Số lượt phản ánh, kiến nghị tiếp nhận trong kỳ: {report.hotline.cycles}."
    if report.petitions:
        told += f" Tin có dấu hiệu đơn khiếu nại, tố cáo, được hướng dẫn theo trình tự riêng (chỉ đếm): {report.petitions}."
    body(paper, told)
    if report.hotline.cycles:
        tables.hotline(paper, report.hotline)
        body(
            paper,
            "Đánh giá của người gửi chỉ để tham khảo trong điều hành, không phải kết quả đo lường SIPAS, PAPI hay PCI.",
            italic=True,
        )


def _limits(paper: Paper, report: PlanReport) -> None:
    heading(paper, "III. TỒN TẠI, HẠN CHẾ")
    heading(paper, "1. Nhiệm vụ chậm hạn", 2)
    tables.late(paper, report, [task for task in report.tasks if task.late_days])
    if before := _late_before(report):
        body(paper, f"Ngoài ra có {before} nhiệm vụ đã quá hạn trước khi theo dõi, không tính số ngày chậm.")
    heading(paper, "2. Vướng mắc đơn vị đã báo", 2)
    tables.obstacles(paper, report, [task for task in report.tasks if task.obstacles])
    heading(paper, "3. Giới hạn của số liệu", 2)
    for line in _what_the_data_lacks(report):
        body(paper, f"- {line}")
    heading(paper, "4. Nguyên nhân", 2)
    blank_lines(paper, 3)


def _what_the_data_lacks(report: PlanReport) -> list[str]:
    undated = sum(task.due_on is None for task in report.tasks)
    not_ours = sum(plan.not_ours for plan in report.plans)
    told = [
        f"Số liệu được tổng hợp tự động từ dữ liệu lưu đến {words.moment(report.at)} (giờ Hà Nội); việc đã làm nhưng chưa được "
        "ghi nhận thì không có trong báo cáo này.",
        "Tỷ lệ luôn kèm mẫu số; nhóm có quá ít trường hợp thì không nêu tỷ lệ.",
    ]
    if undated:
        told.append(f"{undated} nhiệm vụ không quy định hạn, nên không tính được đúng hạn hay chậm hạn.")
    if not_ours:
        told.append(
            f"{not_ours} mục của kế hoạch không thuộc trách nhiệm của Ban Quản lý và không được tính."
        )
    if report.questions:
        told.append(
            f"{len(report.questions)} chỗ trong văn bản kế hoạch cần người xem lại (thời hạn, đơn vị, sản phẩm)."
        )
    return told


def _left_to_a_person(paper: Paper) -> None:
    heading(paper, "IV. PHƯƠNG HƯỚNG, NHIỆM VỤ TRỌNG TÂM THỜI GIAN TỚI")
    blank_lines(paper, 4)
    heading(paper, "V. ĐỀ XUẤT, KIẾN NGHỊ")
    blank_lines(paper, 4)


def _signature(paper: Paper, head: Letterhead) -> None:
    left, right = two_columns(paper, TEXT_WIDTH / 2, TEXT_WIDTH / 2)
    first = left.paragraphs[0]
    write(first, "Nơi nhận:", SMALL, bold=True, italic=True)
    for n, copy in enumerate(head.copies, start=1):
        end = "." if n == len(head.copies) else ";"
        write(left.add_paragraph(), f"- {copy}{end}", 11)
    for _ in range(SIGNATURE_LINES):  # office, signature, name: blank until somebody signs
        centred(right, "", 14, bold=True)


def _annexes(paper: Paper, head: Letterhead, report: PlanReport) -> None:
    _annex(paper, head, "PHỤ LỤC I", "KẾT QUẢ TỪNG NHIỆM VỤ")
    for plan in report.plans:
        body(paper, f"{words.named(plan)}:", bold=True).paragraph_format.keep_with_next = True
        tables.every_task(paper, words.tasks_of(report, plan))
    _annex(paper, head, "PHỤ LỤC II", "DANH MỤC MINH CHỨNG")
    tables.evidence(paper, report, [task for task in report.tasks if task.evidence])


def _annex(paper: Paper, head: Letterhead, number: str, title: str) -> None:
    new_page(paper)
    centred(paper, number, 14, bold=True)
    centred(paper, title, 14, bold=True)
    attached = (
        f"(Kèm theo Báo cáo số:{NUMBER_BLANK}/{head.code} ngày{DAY_BLANK}tháng{DAY_BLANK}năm{DAY_BLANK})"
    )
    centred(paper, attached, 14, italic=True).paragraph_format.space_after = Pt(10)


def _subject(report: PlanReport) -> str:
    return f"Kết quả thực hiện {words.titled(report.plans[0]) if report.plans else 'kế hoạch'}"


def _lower(text: str) -> str:
    return text[:1].lower() + text[1:]


def _last_day(report: PlanReport) -> date:
    return report.at.astimezone(TZ).date()
