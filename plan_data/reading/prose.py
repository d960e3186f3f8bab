"""A plan in prose as tasks: the numeric targets, the tasks of each chapter, and who must do what."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from core.plan import NamedUnit
from plan_data.plain_text import plain
from plan_data.reading.obligations import measure, obligations, targets
from plan_data.reading.outline import Chapter, ChapterKind, Heading, Item
from plan_data.unit_gazetteer import Gazetteer
from plan_data.unit_names import unit_at_start, units_in

_ORDERED = re.compile(r"(?:giao|phân công|đề nghị|yêu cầu)\s+(?:cho\s+)?", re.IGNORECASE)
_TOGETHER_WITH = re.compile(r"phối hợp (?:với|cùng)\s+(?:các đơn vị:\s*)?", re.IGNORECASE)
_BETWEEN_NAMES = re.compile(r"\s*(?:,|;|\bvà\b)\s*")
_THE_AGENCY = re.compile(r"(?:toan )?co quan\b|ban quan ly\b")
_CONTENT_OF_CHAPTER = re.compile(
    r"(?:nội dung|nhiệm vụ)[^.;]{0,40}?(?:tại|của)?\s*(?:mục|phần)\s+([IVX]{1,5})\b"
)
_UNIT_CHARACTERS = 160


@dataclass(frozen=True, slots=True)
class ProseTask:
    """One obligation with where it stands. `chapter` is the number of its chapter; `item` the whole paragraph."""

    number: str
    chapter: str
    section: str
    section_title: str
    criteria_from: str
    title: str
    leads: tuple[NamedUnit, ...]
    cooperating: tuple[NamedUnit, ...]
    expected_output: str
    item: str
    place: str


def tasks_of(chapters: Sequence[Chapter], issuer: NamedUnit | None, names: Gazetteer) -> list[ProseTask]:
    """All obligations in the order of the document."""
    made: list[ProseTask] = []
    for place, chapter in enumerate(chapters, start=1):
        number = chapter.number or str(place)
        if chapter.kind is not ChapterKind.OTHER:
            made.extend(_of_chapter(chapter, number, issuer, names))
    return made


def referred_chapters(chapters: Sequence[Chapter], names: Gazetteer) -> dict[str, tuple[str, str]]:
    """Chapters that a unit is told to carry out as a whole: chapter → (unit, where that is said).

    "Các phòng chuyên môn: căn cứ … nội dung tại mục III": told to a person as a hint, never taken for the lead.
    """
    found: dict[str, tuple[str, str]] = {}
    for chapter in chapters:
        if chapter.kind is not ChapterKind.DUTIES:
            continue
        for heading in chapter.headings:
            text = " ".join(item.text for item in heading.items)
            for referred in _CONTENT_OF_CHAPTER.findall(text):
                where = f"{chapter.number}.{heading.number}".strip(".")
                units = units_in(heading.title, names).leads
                found.setdefault(referred, (", ".join(unit.name for unit in units) or heading.title, where))
    return found


def _of_chapter(
    chapter: Chapter, number: str, issuer: NamedUnit | None, names: Gazetteer
) -> Iterator[ProseTask]:
    for heading in chapter.headings:
        section = f"{number}.{heading.number}" if heading.title and heading.number else number
        title = heading.title or chapter.title
        lead_of_items: tuple[NamedUnit, ...] = ()
        if chapter.kind is ChapterKind.DUTIES and heading.title:
            lead_of_items = _heading_units(heading.title, names)
        for n, item in enumerate(heading.items, start=1):
            base = _item_number(number, heading, item, n)
            yield from _of_item(chapter, (base, number, section, title), item, lead_of_items, issuer, names)


def _heading_units(title: str, names: Gazetteer) -> tuple[NamedUnit, ...]:
    found = units_in(title, names).leads
    # "Phân công nhiệm vụ" is no unit: only short headings with a known one, or one that looks like a name, count.
    known = [unit for unit in found if unit.code]
    return found if known or (len(title) < 60 and not plain(title).startswith("phan cong")) else ()


def _item_number(chapter: str, heading: Heading, item: Item, n: int) -> str:
    if not heading.title:
        return f"{chapter}.{heading.number}" if heading.number else f"{chapter}.{n}"
    parts = [chapter, heading.number]
    if len(heading.items) > 1:
        parts.append(str(n))
    return ".".join(part for part in parts if part)


def _of_item(
    chapter: Chapter,
    where: tuple[str, str, str, str],
    item: Item,
    leads: tuple[NamedUnit, ...],
    issuer: NamedUnit | None,
    names: Gazetteer,
) -> Iterator[ProseTask]:
    base, number, section, title = where
    text = item.text
    if chapter.kind is ChapterKind.DUTIES and not leads:
        leads, text = _inline_units(text, names)
    is_target = chapter.kind is ChapterKind.TARGETS
    found = targets(text) if is_target else obligations(text)
    subject: tuple[NamedUnit, ...] = ()
    for n, one in enumerate(found):
        if is_target:
            subject = _subject(one, issuer, names) or subject
        yield ProseTask(
            number=f"{base}{chr(ord('a') + min(n, 25))}" if len(found) > 1 else base,
            chapter=number,
            section=section,
            section_title=title,
            criteria_from=f"{chapter.title} {title}",
            title=one,
            leads=leads or subject,
            cooperating=_cooperating(one, names),
            expected_output=measure(one) if is_target else "",
            item=item.text,
            place=item.place,
        )


def _inline_units(text: str, names: Gazetteer) -> tuple[tuple[NamedUnit, ...], str]:
    """ "Văn phòng: …", "Giao Văn phòng chủ trì, …": the units, and what they must do."""
    ordered = _ORDERED.match(text)
    rest = text[ordered.end() :] if ordered else text
    head, colon, behind = rest.partition(":")
    if colon and len(head) < _UNIT_CHARACTERS:
        units = units_in(head, names)
        if any(unit.code for unit in units.leads):
            return units.leads, behind.strip()
    found = unit_at_start(rest, names)
    if found is None:
        return (), text
    return (found[0],), rest[found[1] :].strip(" ,:") or text


def _subject(sentence: str, issuer: NamedUnit | None, names: Gazetteer) -> tuple[NamedUnit, ...]:
    """Whom a target counts or binds: "100% các phòng chuyên môn …"; "cơ quan" is the issuer."""
    bare = re.sub(r"^[\d.,]+\s*%\s*(?:số\s+)?", "", sentence)
    if issuer is not None and _THE_AGENCY.match(plain(bare)):
        return (issuer,)
    found = unit_at_start(bare, names)
    return (found[0],) if found else ()


def _cooperating(sentence: str, names: Gazetteer) -> tuple[NamedUnit, ...]:
    """The listed units right behind "phối hợp với"."""
    found: dict[str, NamedUnit] = {}
    for start in _TOGETHER_WITH.finditer(sentence):
        rest = sentence[start.end() :]
        while (one := unit_at_start(rest, names)) is not None:
            found.setdefault(one[0].name, one[0])
            rest = rest[one[1] :]
            between = _BETWEEN_NAMES.match(rest)
            if between is None or not between[0]:
                break
            rest = rest[between.end() :]
    return tuple(found.values())
