"""Who issues the report, to whom, under which sign: the editable data beside this module."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources


@dataclass(frozen=True, slots=True)
class Letterhead:
    """`code` stands behind the blank number ("Số:      /BC-…"); `issuer_lines`: its name as the head of the paper breaks it;
    `groups`: the names of the HPI groups 1–9."""

    superior: str
    issuer: str
    issuer_lines: tuple[str, ...]
    code: str
    place: str
    to: str
    copies: tuple[str, ...]
    groups: Mapping[int, str]


@cache
def letterhead() -> Letterhead:
    """The letterhead of letterhead.toml. Raises KeyError, ValueError or TypeError when the file is not that."""
    text = resources.files(__package__).joinpath("letterhead.toml").read_text("utf-8")
    known = tomllib.loads(text)
    return Letterhead(
        **{
            **known,
            "issuer_lines": tuple(known["issuer_lines"]),
            "copies": tuple(known["copies"]),
            "groups": {int(group): str(name) for group, name in known["groups"].items()},
        }
    )
