"""Deadlines as a cell or a sentence says them, by the grammar of Vietnamese administrative time (promise.md)."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

from core.plan import Confidence, Deadline, Recurrence, SubDeadline, Trouble
from plan_data.deadline_days import reading_of
from plan_data.deadline_grammar import Bound, Time, times_in
from plan_data.deadline_phrases import FILLERS
from plan_data.deadline_points import Kind
from plan_data.plain_text import flat, plain

READ_CHARACTERS = 1_000  # a longer cell is no deadline; what stands behind is a person's to read
_STRONG = re.compile(r"[;\n•●]")
_EDGES = " \t\n-–—−+*•●:;,./()[]\"“”'"
_WORDS = re.compile(r"[a-z]+|\d+")


@lru_cache(maxsize=4096)
def read_deadline(text: str, plan_year: int | None) -> Deadline:
    """What a whole period cell says. Dates without a year belong to `plan_year`.

    "trước ngày X" is exclusive, "đến / chậm nhất ngày X" inclusive; a month, quarter or half-year is due on its last day;
    "cả năm" on 31/12; a series on the first time in the plan's year. Several deadlines become `parts`, and the whole is due
    with the last of them – not at all when one of them is impossible.
    """
    written = flat(text)
    shown = written[:READ_CHARACTERS]
    items = _items(shown, times_in(shown))
    deadlines = [SubDeadline(item.label, _deadline(item, plan_year)) for item in items]
    if not deadlines:
        return Deadline(
            written, trouble=Trouble.UNREADABLE if written else Trouble.MISSING, trouble_quote=written
        )
    if len(deadlines) == 1:
        return replace(deadlines[0].deadline, text=written)
    return _together(written, deadlines)


def find_deadline(sentence: str, plan_year: int | None) -> Deadline:
    """The deadline said within a sentence of prose; Trouble.MISSING when none is.

    Only words that lead to a date count ("trước ngày", "chậm nhất", "xong trong quý"): other dates belong to decisions and
    programmes. "định kỳ" and "hằng quý" alone give the recurrence without a date. `text` is the words found.
    """
    written = flat(sentence)
    times = times_in(written[:READ_CHARACTERS])
    bound = next((one for one in times if _leads(one, written)), None)
    series = next((one.every for one in times if one.every and not _is_adjective(one, written)), None)
    if bound is None:
        quote = next((written[one.start : one.end] for one in times if one.every is series and series), "")
        return Deadline(quote, recurrence=series)
    return _deadline(_Item("", bound, written[bound.start : bound.end], False), plan_year)


@dataclass(frozen=True, slots=True)
class _Item:
    """One deadline of a cell: its label, its time, the words it was read from, and whether other words stood around."""

    label: str
    time: Time
    quote: str
    loose: bool


def _items(text: str, times: Sequence[Time]) -> list[_Item]:
    """The times of a cell with their labels; words that only narrow their neighbour are taken into it."""
    kept: list[Time] = []
    loose: set[int] = set()
    for one in _alike(text, times):
        before = kept[-1] if kept else None
        gap = text[before.end : one.start] if before else ""
        joined = _joined(before, one, gap) if before else None
        if joined is None:
            kept.append(one)
            continue
        kept[-1] = replace(joined, start=before.start if before else one.start, end=one.end)
        if one.open or (before and before.open):
            loose.add(kept[-1].start)
    return _labelled(text, kept, loose)


_AND = re.compile(r"\s*(?:,|và|&)?\s*", re.IGNORECASE)


def _alike(text: str, times: Sequence[Time]) -> list[Time]:
    """ "trước 15/6 và 15/12 hằng năm": the bound is said before the first, the series behind the last, of both."""
    made = list(times)
    for n in range(1, len(made)):
        if _same_list(text, made[n - 1], made[n]) and made[n].bound is Bound.AT and not made[n].marked:
            made[n] = replace(made[n], bound=made[n - 1].bound, marked=made[n - 1].marked)
    for n in range(len(made) - 1, 0, -1):
        if _same_list(text, made[n - 1], made[n]) and made[n - 1].every is None:
            made[n - 1] = replace(made[n - 1], every=made[n].every)
    return made


def _same_list(text: str, before: Time, one: Time) -> bool:
    if not before.points or not one.points or not _AND.fullmatch(text[before.end : one.start]):
        return False
    return (
        before.points[0].kind is one.points[0].kind is not Kind.YEAR and before.to is None and one.to is None
    )


def _joined(before: Time, one: Time, gap: str) -> Time | None:
    """One time made of two neighbours, None when they are two deadlines."""
    if _STRONG.search(gap):
        return None
    if before.open or one.open:
        return _without_open(before, one)
    if not _says_nothing(gap):
        return None
    if _is_whole_year(before) and one.every and not one.points:
        return replace(one, points=before.points, to=before.to)
    if before.every and not before.points and _is_whole_year(one):
        return replace(before, points=one.points, to=one.to)
    if before.every is Recurrence.PERIODIC and one.every:
        return one
    if one.every is Recurrence.PERIODIC and before.every:
        return before
    if "(" in gap and one.bound is not Bound.AT:
        return one
    return None


def _without_open(before: Time, one: Time) -> Time | None:
    """ "theo tiến độ, xong trong quý III": the date counts. A day cited inside "theo Kế hoạch … ngày 29/5" does not."""
    if before.open and one.open:
        return before
    if one.open:
        return before
    cited = one.bound is Bound.AT and not one.marked and one.points and one.points[0].kind is Kind.DAY
    return before if cited or one.bound is Bound.FROM else one


def _is_whole_year(one: Time) -> bool:
    years = bool(one.points) and all(point.kind is Kind.YEAR and point.part is None for point in one.points)
    return years and one.bound is Bound.AT and one.every is None


def _says_nothing(gap: str) -> bool:
    return all(word in FILLERS for word in _WORDS.findall(plain(gap)))


def _labelled(text: str, times: Sequence[Time], loose: set[int]) -> list[_Item]:
    ends = [0, *(one.end for one in times)]
    gaps = [text[end : one.start] for end, one in zip(ends, times, strict=False)]
    tail = text[ends[-1] :] if times else ""
    # "Quý II: ban hành kế hoạch; Quý IV (báo cáo)": here the label stands behind.
    behind = (
        bool(times) and not gaps[0].strip(_EDGES) and [*gaps[1:], tail][0].lstrip().startswith((":", "("))
    )
    labels = [*gaps[1:], tail] if behind else gaps
    items = []
    for one, label in zip(times, labels, strict=True):
        name = _label(label)
        around = len(times) == 1 and (bool(name) or not _says_nothing(tail))
        items.append(_Item(name, one, text[one.start : one.end], around or one.start in loose))
    if len(items) == 1:
        return [replace(items[0], label="")]
    return [replace(item, label=item.label or item.quote) for item in items]


def _label(gap: str) -> str:
    words = gap.strip(_EDGES)
    return "" if _says_nothing(words) else words


def _deadline(item: _Item, plan_year: int | None) -> Deadline:
    readings = reading_of(item.time, item.quote, plan_year)
    if len(readings) > 1:
        return _together(item.quote, [SubDeadline(one.text, one) for one in readings])
    made = readings[0]
    # Words around a single deadline are a doubt; a label of one among several is none.
    doubt = item.loose and made.confidence is Confidence.SURE
    return replace(made, confidence=Confidence.LIKELY) if doubt else made


def _together(text: str, parts: Sequence[SubDeadline]) -> Deadline:
    """The whole of several deadlines: from the first start to the last due; undated when a part is impossible."""
    flattened = tuple(_flattened(parts))
    deadlines = [part.deadline for part in flattened]
    troubled = next((one for one in deadlines if one.trouble is Trouble.IMPOSSIBLE), None)
    dated = [one for one in deadlines if one.due]
    if troubled is None and not dated:
        troubled = deadlines[0]
    if troubled is not None:
        return Deadline(text, trouble=troubled.trouble, trouble_quote=troubled.trouble_quote, parts=flattened)
    series = {one.recurrence for one in deadlines}
    sure = all(one.confidence is Confidence.SURE for one in deadlines)
    return Deadline(
        text,
        start=min((one.start for one in dated if one.start), default=None),
        due=max(one.due for one in dated if one.due),
        recurrence=series.pop() if len(series) == 1 else None,
        confidence=Confidence.SURE if sure else Confidence.LIKELY,
        trouble=None,
        parts=flattened,
    )


def _flattened(parts: Sequence[SubDeadline]) -> list[SubDeadline]:
    made: list[SubDeadline] = []
    for part in parts:
        inner = part.deadline.parts
        made.extend(_under(part.label, one) for one in inner) if inner else made.append(part)
    return made


def _under(label: str, part: SubDeadline) -> SubDeadline:
    return part if not label or label == part.label else SubDeadline(f"{label}: {part.label}", part.deadline)


def _leads(one: Time, text: str) -> bool:
    """Whether the words before the date make it a deadline, every mark as it should be ("từ" is not "tư")."""
    if not one.points or one.open or not one.marked or one.every:
        return bool(one.points and one.every and one.marked)
    quote = text[one.start : one.end].casefold()
    if one.bound is Bound.FROM:
        return one.to is not None and quote.startswith("từ") and one.to.kind is not Kind.YEAR
    years = one.points[0].kind is Kind.YEAR
    led = (
        "trước",
        "xong",
        "hoàn thành",
        "chậm",
        "muộn",
        "không",
        "đến",
        "hết",
        "trong",
        "vào",
        "tới",
        "cho đến",
    )
    return quote.startswith(led) and not (years and one.bound is Bound.AT)


def _is_adjective(one: Time, text: str) -> bool:
    """ "lịch tiếp công dân thường xuyên": how the schedule is called, not how often the task comes back."""
    return text[one.start : one.end].casefold().startswith(("thường xuyên", "liên tục", "24"))
