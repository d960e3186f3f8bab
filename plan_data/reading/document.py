"""What a plan says of itself above its tasks: title, number, issuer, date, and the year its dates belong to."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from plan_data.plain_text import flat, plain
from plan_data.unit_gazetteer import Gazetteer
from plan_data.unit_names import unit_named

_KINDS = ("ke hoach", "phu luc", "chuong trinh", "de an", "quyet dinh", "cong van", "chi thi", "thong bao")
_KIND_LINE = re.compile(rf"(?:{'|'.join(_KINDS)})(?:\s+(?:so\s*)?[ivx\d]{{1,4}})?[.:]?")
_LETTERHEAD = re.compile(
    r"cong hoa xa hoi|doc lap|so\s*:|lang son, ngay|(?:uy ban nhan dan|ubnd|ban quan ly|tinh uy|so)\b.{0,80}$"
)
_BODY = re.compile(
    r"can cu|nham |thuc hien (?:ke hoach|nghi quyet|quyet dinh)|de (?:trien khai|thuc hien)|\("
)
_OWN_NUMBER = re.compile(r"\bsố\s*:\s*(\d{0,6})\s*/\s*([A-ZĐ]{2,}(?:-[A-ZĐ0-9]+)*)", re.IGNORECASE)
_ISSUED_WITH = re.compile(
    r"ban hành kèm(?:\s+theo)?\s+\S.{0,40}?\bsố\s*(\d{0,6})\s*/\s*([\wĐ-]+)(.{0,120})", re.IGNORECASE
)
_DAY = re.compile(r"ngày\s+(\d{1,2})\s+tháng\s+(\d{1,2})\s*(?:năm\s*|/)\s*(\d{4})", re.IGNORECASE)
_SHORT_DAY = re.compile(r"ngày\s+(\d{1,2})[/.-](\d{1,2})[/.-](\d{4})", re.IGNORECASE)
_OF = re.compile(r"\bcủa\s+([^()]{3,120})")
_YEAR = re.compile(r"\bnăm\s+(20\d{2})\b", re.IGNORECASE)
_PLACE_AND_DAY = re.compile(r",\s*ngày.{0,30}?\b(20\d{2})\b", re.IGNORECASE)
HEAD_LINES = 40
_TITLE_CHARACTERS = 400


@dataclass(frozen=True, slots=True)
class Description:
    """What the head of a document says; None for what it leaves blank."""

    title: str
    number: str | None
    issuer: str | None
    issued_on: date | None
    year: int | None


def described(lines: Sequence[str], names: Gazetteer, file_name: str) -> Description:
    """The head of a document from the lines above its tasks."""
    head = [flat(line) for line in lines[:HEAD_LINES] if flat(line)]
    whole = "\n".join(head)
    title = _title(head) or file_name
    with_ = _ISSUED_WITH.search(whole.replace("\n", " "))
    own = _OWN_NUMBER.search(whole)
    number, symbol = (own[1], own[2].upper()) if own else (with_[1], with_[2].upper()) if with_ else ("", "")
    behind = with_[3] if with_ and not own else ""
    issued_on = _day(behind) if with_ and not own else _day(_dated_line(head))
    return Description(
        title=title,
        number=f"{number}/{symbol}" if number and symbol else None,
        issuer=_issuer(behind, symbol, names),
        issued_on=issued_on,
        year=_year(title, whole, issued_on),
    )


def _title(head: Sequence[str]) -> str:
    for place, line in enumerate(head):
        if _KIND_LINE.fullmatch(plain(line)):
            below = _run(head[place + 1 :])
            return f"{line.rstrip('.:')} {below}".strip() if below else line
    for place, line in enumerate(head):
        if _is_shouted(line) and not _LETTERHEAD.match(plain(line)):
            return _run(head[place:], shouted=True)
    found = next((line for line in head if any(kind in plain(line) for kind in (*_KINDS, "nhiem vu"))), "")
    return found[:_TITLE_CHARACTERS]


def _run(lines: Sequence[str], *, shouted: bool = False) -> str:
    """The lines of one title: up to the text, a parenthesis, or – for capitals – the first line without."""
    taken: list[str] = []
    for line in lines[:4]:
        if (
            _BODY.match(plain(line))
            or (shouted and not _is_shouted(line))
            or (taken and _ends(taken[-1], line))
        ):
            break
        taken.append(line)
    return " ".join(taken)[:_TITLE_CHARACTERS]


def _ends(before: str, line: str) -> bool:
    return before.endswith((".", ";", ":")) or (_is_shouted(line) != _is_shouted(before))


def _is_shouted(line: str) -> bool:
    letters = [c for c in line if c.isalpha()]
    return len(letters) >= 8 and sum(c.isupper() for c in letters) > 0.8 * len(letters)


def _dated_line(head: Sequence[str]) -> str:
    """The line of place and day ("Lạng Sơn, ngày 29 tháng 5 năm 2026"), not one that cites another document."""
    return next((line for line in head if ", ngày" in line.casefold() and len(line) < 70), "")


def _day(text: str) -> date | None:
    found = _DAY.search(text) or _SHORT_DAY.search(text)
    if not found:
        return None
    try:
        return date(int(found[3]), int(found[2]), int(found[1]))
    except ValueError:
        return None


def _issuer(behind: str, symbol: str, names: Gazetteer) -> str | None:
    written = _OF.search(behind)
    named = unit_named(written[1].strip(" .)"), names) if written else None
    if named is None and "-" in symbol:
        office = symbol.rpartition("-")[2]
        named = unit_named("UBND tỉnh" if office == "UBND" else office, names)
    return named.name if named and named.code else None


def _year(title: str, whole: str, issued_on: date | None) -> int | None:
    years = _YEAR.findall(title)
    if years:
        return int(years[-1])
    if issued_on:
        return issued_on.year
    found = _PLACE_AND_DAY.search(whole) or _YEAR.search(whole)
    return int(found[1]) if found else None
