"""Who somebody is to the board."""

from dataclasses import dataclass
from enum import StrEnum

from core.ids import PersonId


class Role(StrEnum):
    """What a person may do; docs/states.md gives the Vietnamese."""

    SENDER = "sender"
    DUTY = "duty"
    OFFICER = "officer"
    OFFICE = "office"
    LEADER = "leader"
    ADMIN = "admin"


STAFF = frozenset(Role) - {Role.SENDER}


@dataclass(frozen=True, slots=True)
class Person:
    """`unit` and `gate` are codes of the editable data; `is_head` heads the unit or gate.

    `gates` holds the person's gate and those below it; it is empty for somebody who serves every gate.
    """

    id: PersonId
    name: str
    role: Role
    unit: str | None = None
    gate: str | None = None
    gates: frozenset[str] = frozenset()
    is_head: bool = False
    language: str = "vi"
    active: bool = True
    phone: str | None = None

    @property
    def is_staff(self) -> bool:
        return self.active and self.role in STAFF
