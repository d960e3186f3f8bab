"""Plates, telephone numbers and identity cards: what can be told by its form alone. All of it is personal data."""

import re
import unicodedata

_CN_PROVINCES = "京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼"
_START = r"(?<![0-9A-Za-z])"
_END = r"(?![0-9A-Za-z])"
# 12C-123.45, 29H12345, 12 LD 012.34, 29-H1 123.45. Four digits, as on older plates, only without a space: "14h 1200".
_VN_SERIES = r"([A-HK-NPR-VXYZ]|LD|DA|KT|HC|MK|RM|NN|NG|QT|[A-HK-NPR-VXYZ][0-9](?=[ .-]))"
_VN_PLATE = re.compile(
    _START
    + r"([1-9][0-9])[ -]?"
    + _VN_SERIES
    + r"(?:[ .-]{0,3}([0-9]{3})[ .-]?([0-9]{2})|-?([0-9]{4}))"
    + _END,
    re.IGNORECASE | re.ASCII,
)
_CN_PLATE = re.compile(
    rf"([{_CN_PROVINCES}])[ ]?([A-HJ-NP-Z])[ ·•・.-]{{0,3}}([A-HJ-NP-Z0-9]{{5,6}}(?![A-Z0-9])|[A-HJ-NP-Z0-9]{{4}}[挂学警港澳])",
    re.IGNORECASE,
)
_GAP = r"[ .()-]{0,2}"
_VN_PHONE = re.compile(
    r"(?<![0-9A-Za-z+.])(?:\+84|0084|84|0)"
    + _GAP
    + r"(?:\(0\))?"
    + rf"([35789](?:{_GAP}[0-9]){{8}}|2(?:{_GAP}[0-9]){{9}})(?![0-9A-Za-z])"
)
_CN_PHONE = re.compile(
    rf"(?<![0-9A-Za-z+.])(?:\+86|0086|86)?{_GAP}(1[3-9](?:{_GAP}[0-9]){{9}})(?![0-9A-Za-z])"
)
_TICKET_CODE = re.compile(r"DDLS-[0-9]{6}-[0-9]{4,}", re.IGNORECASE)
# Thông tư 59/2021/TT-BCA, Điều 4 and 5: province 001–096, century and sex 0–3, two digits of the year of birth, six more.
_VN_CARD = re.compile(
    rf"(?<![0-9])0(?:[0-8][0-9]|9[0-6]){_GAP}[0-3]{_GAP}[0-9]{_GAP}[0-9](?:{_GAP}[0-9]){{6}}(?![0-9])"
)
_CN_CARD = re.compile(
    r"(?<![0-9])[1-8][0-9]{5}(?:19|20)[0-9]{2}[01][0-9][0-3][0-9]{4}[0-9X](?![0-9A-Za-z])", re.IGNORECASE
)


def find_plate(text: str) -> str | None:
    """The first plate in `text`, spelt one way: "12c 12345" → "12C-123.45", "桂F12345" → "桂F·12345"; None without one."""
    plain = unicodedata.normalize("NFKC", text)
    found = [match for pattern in (_VN_PLATE, _CN_PLATE) if (match := pattern.search(plain))]
    if not found:
        return None
    first = min(found, key=lambda match: match.start())
    return _vn_plate(first) if first.re is _VN_PLATE else _cn_plate(first)


def find_phone(text: str) -> str | None:
    """The first Vietnamese or Chinese telephone number in `text` with its country: "0912 345 678" → "+84912345678"."""
    plain = _without(unicodedata.normalize("NFKC", text), _TICKET_CODE, _VN_CARD)
    calls = [(m.start(), "+84" + _digits(m[1])) for m in _VN_PHONE.finditer(plain)]
    calls += [(m.start(), "+86" + _digits(m[1])) for m in _CN_PHONE.finditer(plain)]
    return min(calls)[1] if calls else None


def without_numbers(text: str) -> str:
    """`text` without its plates, telephone numbers, identity cards and ticket codes."""
    return _without(
        unicodedata.normalize("NFKC", text),
        _TICKET_CODE,
        _VN_CARD,
        _CN_CARD,
        _VN_PHONE,
        _CN_PHONE,
        _VN_PLATE,
        _CN_PLATE,
    )


def _without(text: str, *patterns: re.Pattern[str]) -> str:
    for pattern in patterns:
        text = pattern.sub(" ", text)
    return text


def _vn_plate(match: re.Match[str]) -> str:
    province, series, head, tail, four = match.groups()
    return f"{province}{series.upper()}-{four or f'{head}.{tail}'}"


def _cn_plate(match: re.Match[str]) -> str:
    return f"{match[1]}{match[2].upper()}·{match[3].upper()}"


def _digits(number: str) -> str:
    return re.sub(r"[^0-9]", "", number)
