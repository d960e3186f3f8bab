"""Single obligations out of a paragraph: sentence by sentence, clause by clause, and the targets that have a number."""

import re

from plan_data.plain_text import plain

# A clause behind a semicolon is an obligation of its own when it begins with something to do.
_VERBS = (
    "theo doi|don doc|kiem tra|giam sat|to chuc|duy tri|cong khai|dam bao|bao dam|xay dung|trien khai|tham muu|bao cao|"
    "tong hop|phoi hop|huong dan|thuc hien|tiep tuc|day manh|tang cuong|nang cao|ra soat|chu dong|chu tri|phat dong|"
    "tuyen truyen|ban hanh|hoan thanh|hoan thien|bo tri|quan triet|phan cong|lap|trinh|xu ly|giai quyet|tiep nhan|"
    "cap nhat|danh gia|de xuat|khuyen khich|mo rong|quan tam|tao|thanh lap|van dong|ap dung|ung dung|gan|phat huy"
)
_BEGINS_WITH_A_VERB = re.compile(rf"(?:va\s+)?(?:{_VERBS})\b")
# These only say more about the sentence before.
_CONNECTIVES = re.compile(
    r"(?:qua do|tu do|trong do|nho do|theo do|do la|day la|dieu nay|bao gom|cu the|nham|dong thoi la|viec nay|ket qua la)\b"
)
_SENTENCE = re.compile(r"(?<=[.!?…])[\"”’)]*\s+(?=[\"“‘(]?[^\W\d_a-z])|(?<=[\"”’])\.\s+")
_QUANTITY = re.compile(
    r"(?:(?:ít nhất|tối thiểu|trên|đạt|từ|khoảng|không dưới)\s+)?\d+(?:[.,]\d+)?\s*%"
    r"|(?:ít nhất|tối thiểu|không dưới|hơn|trên|từ)\s+\d{1,4}\b(?!\s*[/-]\s*\d)(?!\s*năm)"
    r"|(?<![\w/.,-])0\d\b(?!\s*[/-])",
    re.IGNORECASE,
)
_SECOND_COUNT = re.compile(r"\s+và\s+(?=(?:ít nhất\s+)?0?\d{1,3}\s+\w)", re.IGNORECASE)
_COUNT_WORD = re.compile(r"(?:ít nhất|tối thiểu|không dưới|trên)\s+(?=\d)", re.IGNORECASE)
_PAIRS = {"“": "”", "(": ")", "‘": "’"}


def obligations(text: str) -> tuple[str, ...]:
    """The obligations of a paragraph as written, without the mark at their end; never empty for a text with words."""
    made: list[str] = []
    for sentence in _sentences(text):
        for clause in _clauses(sentence):
            if made and _CONNECTIVES.match(plain(clause)):
                made[-1] = f"{made[-1]}. {clause}" if made[-1][-1].isalnum() else f"{made[-1]} {clause}"
            else:
                made.append(clause)
    return tuple(bare for one in made if (bare := one.strip(" ;")))


def targets(text: str) -> tuple[str, ...]:
    """The obligations of a paragraph that have a number to reach; one for each number that counts something.

    "ít nhất 01 Mô hình A và 01 mô hình B" are two targets, both "ít nhất".
    """
    return tuple(
        part for one in obligations(text) if _QUANTITY.search(_without_quoted(one)) for part in _counted(one)
    )


def measure(target: str) -> str:
    """What the target counts: "100%", "ít nhất 01 sáng kiến nhằm …"."""
    found = _QUANTITY.search(target)
    if not found:
        return ""
    return found[0] if found[0].endswith("%") else target[found.start() :]


def _counted(sentence: str) -> list[str]:
    parts = [part for part in _SECOND_COUNT.split(sentence) if part]
    first = _QUANTITY.search(parts[0])
    if len(parts) == 1 or first is None:
        return [sentence]
    lead = parts[0][: first.start()]
    word = _COUNT_WORD.match(parts[0], first.start())
    return [
        parts[0],
        *(f"{lead}{'' if not word or _COUNT_WORD.match(part) else word[0]}{part}" for part in parts[1:]),
    ]


def _without_quoted(text: str) -> str:
    return re.sub(r"“[^”]*”", lambda found: " " * len(found[0]), text)


def _sentences(text: str) -> list[str]:
    made, start = [], 0
    for found in _SENTENCE.finditer(text):
        before = text[start : found.start()]
        if _is_abbreviation(before) or _is_inside(text, start, found.start()):
            continue
        made.append(_ended(before + found[0].strip()))
        start = found.end()
    made.append(_ended(text[start:]))
    return [one for one in made if one]


def _ended(sentence: str) -> str:
    """Without the full stop; "…" and "..." stay."""
    bare = sentence.strip().removesuffix("./.").strip()
    return bare if bare.endswith("...") else bare.removesuffix(".")


def _is_abbreviation(before: str) -> bool:
    last = before.rstrip(".").rpartition(" ")[2]
    return len(last) <= 3 and last.isupper() and last.isalpha()


def _clauses(sentence: str) -> list[str]:
    made, start = [], 0
    for found in re.finditer(r";\s*", sentence):
        after = sentence[found.end() :]
        own = after[:1].isupper() or _BEGINS_WITH_A_VERB.match(plain(after))
        if after and own and not _is_inside(sentence, start, found.start()):
            made.append(sentence[start : found.start()].strip())
            start = found.end()
    made.append(sentence[start:].strip())
    return [one for one in made if one]


def _is_inside(text: str, start: int, end: int) -> bool:
    """Whether a quotation or a parenthesis is open at `end`."""
    part = text[start:end]
    return any(part.count(opening) > part.count(closing) for opening, closing in _PAIRS.items())
