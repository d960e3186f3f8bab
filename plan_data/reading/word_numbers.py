"""The numbers that Word writes by itself in front of paragraphs: they stand nowhere in the text, yet tasks are named by them."""

import re
from typing import Any

_VALUE = re.compile(r"%([1-9])")
_HEADING = re.compile(r"(?:heading|ti[eê]u đ[eề])\s*([1-9])", re.IGNORECASE)
_ROMAN = (("x", 10), ("ix", 9), ("v", 5), ("iv", 4), ("i", 1))
_MOST = 9_999


class Numbering:
    """The lists of a document (word/numbering.xml) and how far each has counted."""

    def __init__(self, root: Any) -> None:
        self._abstract: dict[str, dict[str, tuple[str, str, int]]] = {}
        self._lists: dict[str, str] = {}
        self._counts: dict[str, dict[int, int]] = {}
        if root is not None:
            space = root.nsmap.get(root.prefix) or ""
            self._load(root, f"{{{space}}}")

    def next(self, list_id: str | None, level: str | None) -> str:
        """The number of the next paragraph at `level` with a space behind, "- " for bullets, "" when it is no list."""
        abstract = self._lists.get(list_id or "")
        if abstract is None or level is None or not level.isdecimal():
            return ""
        form, text, _ = self._abstract[abstract].get(level, ("none", "", 1))
        if form in ("none", ""):
            return ""
        if form == "bullet":
            return "- "
        self._count(abstract, int(level))
        return _VALUE.sub(lambda found: self._value(abstract, int(found[1]) - 1), text).strip() + " "

    def _count(self, abstract: str, level: int) -> None:
        counts = self._counts.setdefault(abstract, {})
        counts[level] = counts.get(level, self._start(abstract, level) - 1) + 1
        for deeper in [one for one in counts if one > level]:
            del counts[deeper]

    def _start(self, abstract: str, level: int) -> int:
        return self._abstract[abstract].get(str(level), ("", "", 1))[2]

    def _value(self, abstract: str, level: int) -> str:
        form = self._abstract[abstract].get(str(level), ("decimal", "", 1))[0]
        value = self._counts.get(abstract, {}).get(level, self._start(abstract, level))
        return _written(form, min(value, _MOST))

    def _load(self, root: Any, w: str) -> None:
        for abstract in root.iter(f"{w}abstractNum"):
            levels = {one.get(f"{w}ilvl", ""): _level(one, w) for one in abstract.iter(f"{w}lvl")}
            self._abstract[abstract.get(f"{w}abstractNumId", "")] = levels
        for number in root.iter(f"{w}num"):
            link = number.find(f"{w}abstractNumId")
            target = link.get(f"{w}val", "") if link is not None else ""
            if target in self._abstract:
                self._lists[number.get(f"{w}numId", "")] = target


class Styles:
    """What the styles of a document (word/styles.xml) say of headings and numbers."""

    def __init__(self, root: Any) -> None:
        self._levels: dict[str, int] = {}
        self._numbers: dict[str, tuple[str, str]] = {}
        if root is not None:
            space = root.nsmap.get(root.prefix) or ""
            self._load(root, f"{{{space}}}")

    def heading_level(self, style: str | None) -> int:
        """1–9 for a heading, 0 for text."""
        return self._levels.get(style or "", 0)

    def numbering(self, style: str | None) -> tuple[str, str] | None:
        """(list, level) of paragraphs in this style."""
        return self._numbers.get(style or "")

    def _load(self, root: Any, w: str) -> None:
        for style in root.iter(f"{w}style"):
            name = style.find(f"{w}name")
            code = style.get(f"{w}styleId", "")
            heading = _HEADING.match(name.get(f"{w}val", "") if name is not None else "")
            if heading:
                self._levels[code] = int(heading[1])
            number = style.find(f"{w}pPr/{w}numPr/{w}numId")
            level = style.find(f"{w}pPr/{w}numPr/{w}ilvl")
            if number is not None:
                self._numbers[code] = (
                    number.get(f"{w}val", ""),
                    level.get(f"{w}val", "0") if level is not None else "0",
                )


def _level(element: Any, w: str) -> tuple[str, str, int]:
    def value(name: str, otherwise: str) -> str:
        found = element.find(f"{w}{name}")
        return otherwise if found is None else str(found.get(f"{w}val", otherwise))

    start = value("start", "1")
    return value("numFmt", "decimal"), value("lvlText", "")[:40], int(start) if start.isdecimal() else 1


def _written(form: str, value: int) -> str:
    match form:
        case "upperRoman":
            return _roman(value).upper()
        case "lowerRoman":
            return _roman(value)
        case "upperLetter":
            return _letter(value).upper()
        case "lowerLetter":
            return _letter(value)
        case "decimalZero":
            return f"{value:02d}"
        case _:
            return str(value)


def _roman(value: int) -> str:
    made = ""
    for sign, worth in _ROMAN:
        while value >= worth and len(made) < 20:
            made, value = made + sign, value - worth
    return made


def _letter(value: int) -> str:
    return chr(ord("a") + (value - 1) % 26) * min(1 + (value - 1) // 26, 5) if value > 0 else ""
