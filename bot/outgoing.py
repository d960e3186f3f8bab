"""A message ready to leave: plain text (no markup, so nothing has to be escaped), buttons that carry ids, at most one file."""

from dataclasses import dataclass
from pathlib import Path

from services.sender import Document


@dataclass(frozen=True, slots=True)
class Button:
    """`label` is what the person reads, `payload` (1–64 bytes of ASCII) what comes back when it is pressed; or a `url`."""

    label: str
    payload: str = ""
    url: str = ""


@dataclass(frozen=True, slots=True)
class Outgoing:
    """One part of a notice. `buttons` are rows of buttons; only the last part of a long text has them.

    `choices`: the same for a channel without buttons, in the order of the numbers that the text gives them.
    """

    text: str
    buttons: tuple[tuple[Button, ...], ...] = ()
    photo: Path | None = None
    document: Document | None = None
    contact_request: str = ""  # the label of a "share my phone" key, where the channel has one
    choices: tuple[Button, ...] = ()
