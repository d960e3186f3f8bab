"""`hotline verify`: walks every history and says where it is not what it was when it was written."""

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from core.events import chained_hash
from storage import plans, survey, tickets
from storage.database import Connection
from storage.plans import StoredTaskEvent
from storage.tickets import StoredEvent

COUNTER = "ticket-"


class Problem(StrEnum):
    """What can be wrong; app/cli gives the words."""

    EVENT_MISSING = "event_missing"
    EVENT_CHANGED = "event_changed"
    CHAIN_BROKEN = "chain_broken"
    HISTORY_SHORTER = "history_shorter"
    HISTORY_LONGER = "history_longer"
    HEAD_DIFFERS = "head_differs"
    MESSAGE_CHANGED = "message_changed"
    MESSAGE_UNKNOWN = "message_unknown"
    MESSAGE_MISSING = "message_missing"
    CODE_MISSING = "code_missing"
    CODE_UNCOUNTED = "code_uncounted"


@dataclass(frozen=True, slots=True)
class Finding:
    """`ticket` is a code (for CODE_MISSING day and number, "261122-0007"; of a plan's task its plan and number, "215-kh-ubnd
    #10"), `event` its number in the history, `message` an id."""

    problem: Problem
    ticket: str
    event: int | None = None
    message: int | None = None


@dataclass(frozen=True, slots=True)
class Verdict:
    """What was walked, and what was found, in the order of the tickets."""

    tickets: int
    events: int
    messages: int
    findings: tuple[Finding, ...]
    tasks: int = 0


@dataclass(slots=True)
class _Walk:
    """`told`: which digest the histories last named for a message, and where."""

    tickets: int = 0
    tasks: int = 0
    events: int = 0
    told: dict[int, tuple[str, str, int]] = field(default_factory=dict)


def verify(db: Connection) -> Verdict:
    """Every chain, every message that is not erased, every ticket code. Reads only."""
    walk = _Walk()
    findings = [*_chains(db, walk), *_task_chains(db, walk)]
    seen = _messages(db, walk)
    findings += [*seen[1], *_codes(db)]
    return Verdict(walk.tickets, walk.events, seen[0], tuple(findings), walk.tasks)


def _chains(db: Connection, walk: _Walk) -> Iterator[Finding]:
    for code, length, head, events in survey.histories(db):
        walk.tickets += 1
        yield from _walked(walk, code, length, head, events)


def _task_chains(db: Connection, walk: _Walk) -> Iterator[Finding]:
    for code, length, head, events in plans.histories(db):
        walk.tasks += 1
        yield from _walked(walk, code, length, head, events)


def _walked(
    walk: _Walk, code: str, length: int, head: str, events: Sequence[StoredEvent | StoredTaskEvent]
) -> Iterator[Finding]:
    walk.events += len(events)
    _note_messages(walk, code, events)
    found = _first_break(code, events) or _ending(code, length, head, events)
    if found is not None:
        yield found


def _note_messages(walk: _Walk, code: str, events: Sequence[StoredEvent | StoredTaskEvent]) -> None:
    for stored in events:
        message, digest = stored.event.data.get("message"), stored.event.data.get("digest")
        if isinstance(message, int) and isinstance(digest, str):
            walk.told[message] = (digest, code, stored.seq)


def _first_break(code: str, events: Sequence[StoredEvent | StoredTaskEvent]) -> Finding | None:
    previous = ""
    for expected, stored in enumerate(events, start=1):
        if stored.seq != expected:
            return Finding(Problem.EVENT_MISSING, code, expected)
        if stored.hash != _hash(stored):
            return Finding(Problem.EVENT_CHANGED, code, stored.seq)
        if stored.previous_hash != previous:
            return Finding(Problem.CHAIN_BROKEN, code, stored.seq)
        previous = stored.hash
    return None


def _hash(stored: StoredEvent | StoredTaskEvent) -> str:
    if isinstance(stored, StoredTaskEvent):
        return chained_hash(stored.previous_hash, "task", stored.task_id, stored.seq, stored.event)
    return chained_hash(stored.previous_hash, "ticket", stored.ticket_id, stored.seq, stored.event)


def _ending(
    code: str, length: int, head: str, events: Sequence[StoredEvent | StoredTaskEvent]
) -> Finding | None:
    if len(events) != length:
        cut = len(events) < length
        problem = Problem.HISTORY_SHORTER if cut else Problem.HISTORY_LONGER
        return Finding(problem, code, min(len(events), length) + 1)
    if (events[-1].hash if events else "") != head:
        return Finding(Problem.HEAD_DIFFERS, code, length)
    return None


def _messages(db: Connection, walk: _Walk) -> tuple[int, list[Finding]]:
    told, findings, count = dict(walk.told), [], 0
    for message in survey.told_messages(db):
        count += 1
        digest, code, seq = told.pop(message.id, ("", "", 0))
        if not digest:
            findings.append(Finding(Problem.MESSAGE_UNKNOWN, message.ticket_code, None, message.id))
        elif digest != message.digest or not _fits(message):
            findings.append(Finding(Problem.MESSAGE_CHANGED, code, seq, message.id))
    gone = [Finding(Problem.MESSAGE_MISSING, code, seq, number) for number, (_, code, seq) in told.items()]
    return count, findings + gone


def _fits(message: survey.Told) -> bool:
    if message.content is None:
        return True
    try:
        return hashlib.sha256(bytes.fromhex(message.salt) + message.content).hexdigest() == message.digest
    except ValueError:
        return False


def _codes(db: Connection) -> Iterator[Finding]:
    """Numbers 1 … n of each day, n as counted: a ticket that was deleted leaves a hole."""
    given: dict[str, dict[int, str]] = {}
    for code in tickets.codes(db):
        _, day, number = code.rsplit("-", 2) if code.count("-") >= 2 else ("", "", "")
        given.setdefault(day, {})[int(number) if number.isdecimal() else 0] = code
    for name, count in sorted(tickets.counted(db).items()):
        day = name.removeprefix(COUNTER)
        there = given.pop(day, {})
        missing = sorted(set(range(1, count + 1)) - there.keys())
        yield from (Finding(Problem.CODE_MISSING, f"{day}-{number:04d}") for number in missing)
        extra = sorted(there.keys() - set(range(1, count + 1)))
        yield from (Finding(Problem.CODE_UNCOUNTED, there[number]) for number in extra)
    for codes in given.values():
        yield from (Finding(Problem.CODE_UNCOUNTED, code) for code in codes.values())
