"""Unit names made comparable: spelling, punctuation and the usual long and short forms do not count."""

import re

from plan_data.plain_text import plain

_WORD = re.compile(r"[a-z0-9]+")
# Both sides of a comparison go through these: the long form and the short one are one name.
_SHORT_FORMS = (
    ("uy ban nhan dan", "ubnd"),
    ("ubmttq", "mttq"),
    ("ub mttq", "mttq"),
    ("uy ban mttq", "mttq"),
    ("mat tran to quoc viet nam", "mttq"),
    ("mttq viet nam", "mttq"),
    ("mat tran to quoc", "mttq"),
    ("uy ban mttq", "mttq"),
    ("chinh tri xa hoi", "ct xh"),
    ("ctxh", "ct xh"),
    ("hoi dong nhan dan", "hdnd"),
)
_TAILS = (
    "co lien quan",
    "lien quan",
    "tinh lang son",
    "cua tinh",
    "tinh",
    "lang son",
    "va",
)
_COLLECTIVE_WORDS = "cac so ban nganh co quan don vi lien thuoc tinh khac huu chuc nang truc cap moi tat ca"
_COMMUNAL_WORDS = "cac xa phuong thi tran dac khu cap lien quan co tren dia ban tinh"
_COLLECTIVE = frozenset(_COLLECTIVE_WORDS.split())
_COMMUNAL = frozenset(_COMMUNAL_WORDS.split())


def words_of(name: str) -> tuple[str, ...]:
    """The folded words of a name without "và" and "&", short forms taken: "Ủy ban nhân dân tỉnh" → ubnd, tinh."""
    words = " ".join(word for word in _WORD.findall(plain(name)) if word != "va")
    padded = f" {words} "
    for long, short in _SHORT_FORMS:
        padded = padded.replace(f" {long} ", f" {short} ")
    return tuple(padded.split())


def key_of(name: str) -> str:
    """What two spellings of one name have in common."""
    return " ".join(words_of(name))


def looser_keys(key: str) -> tuple[str, ...]:
    """`key` without "các" in front and "liên quan", "tỉnh" behind, the nearest first."""
    made = []
    bare = key.removeprefix("cac ")
    for one in (key, bare):
        for tail in _TAILS:
            if one.endswith(f" {tail}"):
                made.append(one.removesuffix(f" {tail}"))
    return (*((bare,) if bare != key else ()), *made, *(f"{one} tinh" for one in (key, bare)))


def group_key(key: str) -> str | None:
    """The key of the collective name that `key` spells in its own way ("sở, ban, ngành có liên quan"); None for no group."""
    words = key.split()
    if len(words) >= 2 and set(words) <= _COLLECTIVE:
        if "nganh" in words:
            return "cac so ban nganh"
        if "don" in words or "quan" in words:
            return "cac co quan don vi"
    if len(words) >= 2 and words[0] == "ubnd" and set(words[1:]) <= _COMMUNAL:
        if "xa" in words or "phuong" in words:
            return "ubnd cac xa phuong"
        if "cap" in words:
            return "ubnd cac cap"
    return None


def spells(written: tuple[str, ...], name: tuple[str, ...]) -> bool:
    """Whether `written` is `name` with some words shortened to their initials: so, vhttdl ↔ so van hoa the thao du lich.

    At least three letters must be initials, or a whole word must be the same; the place at the end of the name may be left
    out ("Đồng Đăng – Lạng Sơn").
    """
    short = [word for word in written if word not in name and word not in _AT_THE_END]
    if not short or (len("".join(short)) < 3 and len(short) == len(written)):
        return False
    return _spells(written, name)


def is_short_for_part(word: str, name: tuple[str, ...]) -> bool:
    """Whether one `word` of four letters or more gives the initials of words that follow each other in `name` (KTCK)."""
    return len(word) >= 4 and word.isalpha() and word in "".join(one[0] for one in name) and word not in name


_AT_THE_END = frozenset(["tinh", "lang", "son", "viet", "nam"])
_PLACES = _AT_THE_END | {"dong", "dang"}


def _spells(written: tuple[str, ...], name: tuple[str, ...]) -> bool:
    if not written:
        return set(name) <= _PLACES
    if not name:
        return set(written) <= _AT_THE_END
    first, rest = written[0], written[1:]
    if name and first == name[0] and _spells(rest, name[1:]):
        return True
    size = len(first)
    initials = "".join(word[0] for word in name[:size])
    return bool(first.isalpha() and size <= len(name) and first == initials and _spells(rest, name[size:]))
