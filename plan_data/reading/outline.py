"""The outline of a plan in prose: chapters, headings and items, with paragraphs put together that a page had split."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from enum import Enum, auto

from plan_data.plain_text import flat, plain
from plan_data.reading.source import Paragraph
from plan_data.unit_gazetteer import Gazetteer
from plan_data.unit_names import unit_named

_CHAPTER = re.compile(r"(?:phần\s+)?([IVX]{1,5})[.):]\s*(\S.*)")
_NUMBERED = re.compile(r"(\d{1,2}(?:\.\d{1,2}){0,3})[.)]?\s+(\S.*)|(\d{1,2})[.)](\S.*)")
_BULLET = re.compile(r"[-–+*•●]\s*(\S.*)")
_LETTERED = re.compile(r"([a-zđ])[.)]\s+(\S.*)")
_ENDS = (".", ";", ":", "!", "?", "…", "./.")
_CLOSING = re.compile(r"tren day la|noi nhan|\*?kt\. |tm\. ")
# Without a number only these begin a chapter: "CÁC NHIỆM VỤ … NĂM 2026" is the title of the whole.
_CHAPTER_WORDS = re.compile(r"(?:MỤC TIÊU|CHỈ TIÊU|NHIỆM VỤ|GIẢI PHÁP|TỔ CHỨC THỰC HIỆN|PHÂN CÔNG)\b")
_CHAPTER_CHARACTERS = 80
_HEADING_CHARACTERS = 200
_FULL_LINE = 0.75


class ChapterKind(Enum):
    """What a chapter is read for."""

    TARGETS = auto()
    TASKS = auto()
    DUTIES = auto()
    OTHER = auto()


@dataclass(slots=True)
class Item:
    """One bullet, numbered or plain paragraph; `number` as written, "" without."""

    text: str
    place: str
    number: str = ""


@dataclass(slots=True)
class Heading:
    """A numbered heading and its items; number "" for items that stand directly below the chapter."""

    number: str
    title: str
    items: list[Item] = field(default_factory=list)


@dataclass(slots=True)
class Chapter:
    """A chapter of the plan: "III", "NHIỆM VỤ, GIẢI PHÁP CỤ THỂ"."""

    number: str
    title: str
    kind: ChapterKind
    headings: list[Heading] = field(default_factory=list)


def outline_of(paragraphs: Sequence[Paragraph], names: Gazetteer, *, cut_lines: bool) -> list[Chapter]:
    """The chapters from the first numbered one up to the closing words."""
    chapters: list[Chapter] = []
    whole = list(_whole(paragraphs, names, cut_lines=cut_lines))
    for place, paragraph in enumerate(whole):
        if chapters and _CLOSING.match(plain(paragraph.text)):
            break
        chapter = _chapter(paragraph)
        if chapter is not None:
            chapters.append(chapter)
        elif chapters:
            following = whole[place + 1] if place + 1 < len(whole) else None
            _put(chapters[-1], paragraph, following, names)
    return chapters


def kind_of(title: str) -> ChapterKind:
    """What a chapter holds, by the words of its title."""
    words = plain(title)
    if "to chuc thuc hien" in words or "phan cong" in words:
        return ChapterKind.DUTIES
    if "nhiem vu" in words or "giai phap" in words:
        return ChapterKind.TASKS
    if "muc tieu" in words or "chi tieu" in words:
        return ChapterKind.TARGETS
    return ChapterKind.OTHER


def _whole(paragraphs: Sequence[Paragraph], names: Gazetteer, *, cut_lines: bool) -> Iterator[Paragraph]:
    """Paragraphs as they were before pages and lines cut them."""
    # Lines that reach so far were cut by the page: even a full stop may stand there by chance.
    full = max((len(one.text) for one in paragraphs), default=0) * _FULL_LINE if cut_lines else None
    kept: Paragraph | None = None
    last = ""
    for one in paragraphs:
        text = flat(one.text)
        if not text:
            continue
        if kept is not None and _goes_on(kept, one, names, full_line=full, was_full=len(last) > (full or 0)):
            kept = Paragraph(f"{kept.text} {text}", kept.place, kept.level, kept.apart)
        else:
            if kept is not None:
                yield kept
            kept = Paragraph(text, one.place, one.level, one.apart)
        last = text
    if kept is not None:
        yield kept


def _goes_on(
    kept: Paragraph, one: Paragraph, names: Gazetteer, *, full_line: float | None, was_full: bool
) -> bool:
    text = flat(one.text)
    if one.level or kept.level or _begins(text):
        return False
    if kept.text.endswith(_ENDS):
        return full_line is not None and was_full
    if text[0].islower():
        return True
    if one.apart or (full_line is None and not _begins(kept.text)):
        return False
    # A heading that is a unit's name, or in capitals, ends with its line.
    return not _is_shouted(kept.text) and not _names_a_unit(kept.text, names)


def _begins(text: str) -> bool:
    marks = (_CHAPTER, _NUMBERED, _BULLET, _LETTERED)
    return any(mark.match(text) for mark in marks) or bool(_CLOSING.match(plain(text)))


def _chapter(paragraph: Paragraph) -> Chapter | None:
    found = _CHAPTER.match(paragraph.text)
    if found and (paragraph.level or _is_shouted(found[2]) or kind_of(found[2]) is not ChapterKind.OTHER):
        return Chapter(found[1], found[2].strip(), kind_of(found[2]))
    if found is None and _CHAPTER_WORDS.match(paragraph.text) and len(paragraph.text) < _CHAPTER_CHARACTERS:
        return Chapter("", paragraph.text, kind_of(paragraph.text))
    return None


def _put(chapter: Chapter, paragraph: Paragraph, following: Paragraph | None, names: Gazetteer) -> None:
    text = paragraph.text
    if found := _NUMBERED.match(text):
        number, words = found[1] or found[3], found[2] or found[4]
        if _is_heading(paragraph, words, following, names):
            chapter.headings.append(Heading(number, words.rstrip(" :")))
            return
        chapter.headings.append(Heading(number, "", [Item(words, paragraph.place, number)]))
        return
    bullet = _BULLET.match(text) or _LETTERED.match(text)
    words = bullet[bullet.lastindex or 1] if bullet else text
    if paragraph.level and not bullet:
        chapter.headings.append(Heading("", words))
        return
    if not chapter.headings:
        chapter.headings.append(Heading("", ""))
    chapter.headings[-1].items.append(Item(words, paragraph.place))


def _is_heading(paragraph: Paragraph, words: str, following: Paragraph | None, names: Gazetteer) -> bool:
    if paragraph.level or _names_a_unit(paragraph.text, names):
        return True
    if len(words) > _HEADING_CHARACTERS or words.endswith((".", ";")) or following is None:
        return False
    return not _NUMBERED.match(following.text) and not _CHAPTER.match(following.text)


def _names_a_unit(text: str, names: Gazetteer) -> bool:
    found = _NUMBERED.match(text)
    words = (found[2] or found[4]) if found else text
    return len(words) < _HEADING_CHARACTERS and unit_named(words.strip(" :."), names) is not None


def _is_shouted(text: str) -> bool:
    letters = [c for c in text if c.isalpha()]
    return len(letters) >= 6 and sum(c.isupper() for c in letters) > 0.8 * len(letters)
