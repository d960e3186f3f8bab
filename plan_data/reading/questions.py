"""What a person is asked about a draft, in Vietnamese: one sentence each, naming the row."""

from collections.abc import Iterator, Sequence

from core.plan import DraftTask, NamedUnit, Problem, ProblemCode, Trouble
from plan_data.reading.outline import Chapter
from plan_data.reading.source import Source
from plan_data.unit_gazetteer import Gazetteer, guesses

_TROUBLES = {
    Trouble.IMPOSSIBLE: (
        ProblemCode.IMPOSSIBLE_DATE,
        "“{quote}” không có trong lịch: đề nghị cho biết thời hạn đúng.",
    ),
    Trouble.OPEN: (
        ProblemCode.OPEN_DEADLINE,
        "“{quote}” chưa phải một ngày: đề nghị cho biết hạn cuối.",
    ),
    Trouble.NO_YEAR: (
        ProblemCode.NO_YEAR,
        "“{quote}” không ghi năm và văn bản cũng không cho biết năm: đề nghị cho biết năm.",
    ),
    Trouble.UNREADABLE: (
        ProblemCode.UNREADABLE_DEADLINE,
        "không hiểu thời hạn “{quote}”: đề nghị cho biết ngày.",
    ),
    Trouble.MISSING: (
        ProblemCode.MISSING_DEADLINE,
        "văn bản không ghi thời hạn: đề nghị cho biết ngày hoặc kỳ theo dõi.",
    ),
}
_NO_LAST_DAY = "văn bản ghi “{quote}”, không ghi ngày cuối: đề nghị cho biết ngày hoặc kỳ theo dõi."
_QUOTED = 120


def questions_about(
    task: DraftTask,
    names: Gazetteer,
    *,
    numbered: bool = True,
    asks_output: bool = True,
    hint: tuple[str, str] | None = None,
    year: int | None = None,
) -> Iterator[Problem]:
    """Everything about one task that a person has to look at.

    `hint`: (unit, where) when another clause gives the whole chapter to a unit. `asks_output`: the document has a column for
    products. `year`: of a plan in prose, for the hint at its last day.
    """
    where = f"{'Số' if task.number[:1].isdecimal() else 'Mục'} {task.number} ({task.place})"
    yield from _about_deadline(task, where, year)
    yield from _about_units(task, where, names, hint)
    if asks_output and not task.expected_output:
        words = f"{where}: chưa ghi sản phẩm, kết quả cần đạt; đề nghị Văn phòng bổ sung."
        yield Problem(task.number, ProblemCode.MISSING_OUTPUT, words)
    if not numbered:
        words = f"{where}: dòng không có số thứ tự, tạm gọi là {task.number}."
        yield Problem(task.number, ProblemCode.MISSING_NUMBER, words)


def unread_parts(source: Source, duties: Sequence[Chapter]) -> list[Problem]:
    """Parts of the document that gave no tasks although they may hold some."""
    made = [f"Trang tính “{name}” cũng có bảng nhiệm vụ nhưng chưa được đọc." for name in source.unread]
    made += [
        f"Mục {one.number} “{one.title}” viết thành lời, chưa được đọc thành nhiệm vụ." for one in duties
    ]
    return [Problem(None, ProblemCode.UNREAD_PART, words) for words in made]


def not_closed() -> Problem:
    """The document has no end."""
    words = "Văn bản không có phần kết (“./.” hoặc Nơi nhận): kiểm tra tệp có bị cắt cụt không."
    return Problem(None, ProblemCode.UNREAD_PART, words)


def _about_deadline(task: DraftTask, where: str, year: int | None) -> Iterator[Problem]:
    deadline = task.deadline
    troubled = [(part.label, part.deadline) for part in deadline.parts if part.deadline.trouble]
    if not troubled and deadline.trouble:
        troubled = [("", deadline)]
    for label, one in troubled:
        assert one.trouble is not None
        code, words = _TROUBLES[one.trouble]
        if one.trouble is Trouble.MISSING and one.text:
            words = _NO_LAST_DAY
        named = f"{where}, phần “{label}”" if label and label != one.trouble_quote else where
        sentence = f"{named}: {words.format(quote=_short(one.trouble_quote or one.text))}"
        if one.trouble is Trouble.MISSING and year:
            sentence += f" Kế hoạch của năm {year}, ngày cuối là 31/12/{year}."
        yield Problem(task.number, code, sentence)


def _about_units(
    task: DraftTask, where: str, names: Gazetteer, hint: tuple[str, str] | None
) -> Iterator[Problem]:
    for unit in (*task.leads, *task.cooperating):
        if not unit.sure:
            yield _about_unit(task, unit, where, names)
    if not task.leads:
        words = f"{where}: văn bản không nêu đơn vị chủ trì; đề nghị Văn phòng phân công."
        if hint:
            words += f" Mục {hint[1]} giao {hint[0]} căn cứ nội dung của mục này."
        yield Problem(task.number, ProblemCode.MISSING_LEAD, words)
    helping = {unit.code for unit in task.cooperating if unit.code}
    for unit in task.leads:
        if unit.code in helping:
            words = f"{where}: {unit.name} vừa chủ trì vừa phối hợp; đề nghị kiểm tra lại."
            yield Problem(task.number, ProblemCode.UNIT_TWICE, words)


def _about_unit(task: DraftTask, unit: NamedUnit, where: str, names: Gazetteer) -> Problem:
    if unit.code:
        words = f"{where}: “{_short(unit.written)}” được hiểu là {unit.name}; đề nghị xác nhận."
        return Problem(task.number, ProblemCode.GUESSED_UNIT, words)
    nearest = guesses(unit.written, names)
    near = f" Gần nhất: {'; '.join(nearest)}." if nearest else ""
    words = f"{where}: không có đơn vị nào tên “{_short(unit.written)}”.{near}"
    return Problem(task.number, ProblemCode.UNKNOWN_UNIT, words)


def _short(text: str) -> str:
    return text if len(text) <= _QUOTED else text[: _QUOTED - 1] + "…"
