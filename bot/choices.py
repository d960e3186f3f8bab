"""Words as presses, for channels without buttons of their own: a number, or the words of a choice, presses what was offered last.

Only a whole message counts, never a part of a sentence, and only what was offered in the last 24 hours (docs/adr/0010).
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

from bot import presses
from bot.inbound import Message, Press
from bot.payloads import Action, write
from bot.turn import Turn
from core.folding import clean, fold
from core.notices import NoticeKind
from services.reference import reference
from storage import choices, people
from storage.choices import Place, Shown

PATIENCE = timedelta(hours=24)
_NUMBER = re.compile(r"(\d{1,2})\s*[.)。、）]?")
_NO_FREE_WORDS = {"plate", "phone", "new_ticket"}
_WORD = re.compile(r"\w+")


@dataclass(frozen=True, slots=True)
class Hit:
    """One choice that the words could mean."""

    card: Shown
    label: str
    payload: str


def pressed(turn: Turn, message: Message) -> bool:
    """Whether the message was a press, done here, or too unclear to be one: then it is asked. Raises what a press raises."""
    place = _place(turn)
    shown = choices.newest_first(turn.db, place, turn.now - PATIENCE)
    choices.heard(turn.db, place)
    words = clean(message.text)
    if not shown or not words or message.files or message.edited:
        return False
    number = _NUMBER.fullmatch(words)
    waits = words_awaited(turn)
    hits = _numbered(shown, int(number[1])) if number else _spoken(turn, shown, words, waits)
    # Something else came while these words were being written for a dialogue: a number may be meant for either.
    unsure = waits and number is not None and bool(_rivals(shown))
    if len(hits) == 1 and not unsure:
        presses.press(turn, Press(message.origin, message.at, hits[0].payload, hits[0].card.provider_id))
        return True
    if not hits and (not number or waits or not shown[0].offered):
        return False
    turn.say(NoticeKind.WHICH_CHOICE, options=_options(hits, shown[0]))
    return True


def found(turn: Turn, press: Press) -> Press:
    """A press that came as a message: its person has written, and it belongs to the newest message that offers it."""
    place = _place(turn)
    shown = choices.newest_first(turn.db, place, turn.now - choices.KEPT)
    choices.heard(turn.db, place)
    offering = (card for card in shown if press.payload in (payload for _, payload in card.offered))
    holder = next(offering, None)
    return replace(press, message_id=holder.provider_id) if holder else press


def heard(turn: Turn) -> None:
    """Somebody sent what cannot be a press, such as a photo: what stands above it was read, and is no rival of what follows."""
    choices.heard(turn.db, _place(turn))


def words_awaited(turn: Turn) -> bool:
    """Whether the next message is to be somebody's free words: an answer, a note, a reason."""
    draft = people.draft(turn.db, turn.chat.id, turn.now)
    return draft is not None and draft.kind not in _NO_FREE_WORDS


def spoken(text: str) -> str:
    """Words as they are compared: no diacritics, no case, no punctuation, no emoji."""
    return " ".join(_WORD.findall(fold(text)))


def _place(turn: Turn) -> Place:
    return Place(turn.chat.channel, turn.chat.bot, turn.chat.chat_id)


def _numbered(shown: Sequence[Shown], number: int) -> list[Hit]:
    """The choice of that number in the last message; and in others that were not answered, when they are about something else."""
    newest = _of_number(shown[0], number)
    if not newest:
        return []
    return [*newest, *(hit for card in _rivals(shown) for hit in _of_number(card, number))]


def _of_number(card: Shown, number: int) -> list[Hit]:
    return [Hit(card, *card.offered[number - 1])] if 1 <= number <= len(card.offered) else []


def _spoken(turn: Turn, shown: Sequence[Shown], words: str, waits: bool) -> list[Hit]:
    """The choices with these very words, in the newest message that has them; while a dialogue waits for words, in the last."""
    said = spoken(words)
    if not said:
        return []
    gate = gate_named(turn, said)
    for card in shown[:1] if waits else shown:
        if hits := _of_words(card, said) or _of_gate(card, gate):
            others = [] if card.heard else [hit for one in _rivals(shown) for hit in _of_words(one, said)]
            return [*hits, *(hit for hit in others if hit.card is not card)]
    return []


def _of_words(card: Shown, said: str) -> list[Hit]:
    return [
        Hit(card, label, payload)
        for number, (label, payload) in enumerate(card.offered, start=1)
        if said in (spoken(label), f"{number} {spoken(label)}")
    ]


def _of_gate(card: Shown, gate: str | None) -> list[Hit]:
    """ "HN" where the gates are offered by their names."""
    ends = write(Action.DETAIL, 0, f"gate={gate}").rpartition(":")[2] if gate else None
    return [Hit(card, *pair) for pair in card.offered if ends and pair[1].endswith(f":{ends}")]


def _rivals(shown: Sequence[Shown]) -> list[Shown]:
    """What came since the person last wrote, about something else than the last message: the newest about each."""
    about = {shown[0].about}
    rivals = []
    for card in shown[1:]:
        if not card.heard and card.about not in about:
            about.add(card.about)
            rivals.append(card)
    return rivals


def _options(hits: Sequence[Hit], newest: Shown) -> list[list[str]]:
    """What is asked: the hits with what they are about, or once more everything that the last message offers."""
    if not hits:
        return [list(pair) for pair in newest.offered]
    return [[f"{hit.label} – {hit.card.about}" if hit.card.about else hit.label, hit.payload] for hit in hits]


def gate_named(turn: Turn, said: str) -> str | None:
    """The gate whose code or name is all that was `said` (see `spoken`)."""
    gates = reference(turn.db).gate_names()
    return next((code for code, names in gates.items() if said in map(spoken, (code, *names))), None)
