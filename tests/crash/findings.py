"""What must be true of a folder after any number of kills, asked of the rows, of the chats and of the web pages."""

import json
from collections import Counter
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from services.verify import verify
from storage.database import Database
from tests.crash.rows import rows
from tests.crash.traffic import Ledger

RECEIPT = "Mã phiếu"
SECOND = len("2026-11-23 19:00:00")
"""Of a stored time. A breach is true a microsecond after the due time, which is still on time."""
_SENT = "SELECT count(*) FROM outbox WHERE kind = 'receipt' AND channel = 'telegram' AND status = 'sent'"
_MESSAGES = "SELECT text, count(*), count(ticket_id) FROM messages WHERE direction = 'in' GROUP BY text"
_PICTURES = "SELECT status, count(*) FROM attachments GROUP BY status"
_LEFT = """
SELECT 'inbox ' || status, count(*) FROM inbox WHERE status <> 'done' GROUP BY 1
UNION ALL SELECT 'outbox ' || status || ' ' || kind, count(*) FROM outbox
WHERE status NOT IN ('sent', 'superseded') AND next_try_at <= (SELECT max(fired_at) FROM timers) GROUP BY 1
UNION ALL SELECT 'timer overdue: ' || stage, count(*) FROM timers
WHERE status = 'waiting' AND due_at <= (SELECT max(fired_at) FROM timers) GROUP BY 1
UNION ALL SELECT 'timer fired before its time: ' || stage, count(*) FROM timers
WHERE status = 'fired' AND fired_at < due_at GROUP BY 1
UNION ALL SELECT 'claims of one ticket', count(*) FROM ticket_events WHERE kind = 'claimed' GROUP BY ticket_id HAVING count(*) <> 1
UNION ALL SELECT 'tickets of one code', count(*) FROM tickets GROUP BY code HAVING count(*) <> 1
"""
_FIRED = "SELECT subject, subject_id, stage, due_at FROM timers WHERE status = 'fired'"
_TOLD = """
SELECT 'ticket', ticket_id, kind, at, CAST(data AS text) FROM ticket_events WHERE kind IN ('rung', 'breached')
UNION ALL SELECT 'task', task_id, kind, at, CAST(data AS text) FROM task_events WHERE kind = 'reminded'
"""


@dataclass(frozen=True, slots=True)
class Sight:
    """Where to look, and what people remember. `lost`: receipts that Telegram took while the program died."""

    database: str  # its address, SQLite or PostgreSQL
    log: Path
    ledger: Ledger
    received: Sequence[Sequence[str]]  # what each driver reads in Telegram
    pages: Mapping[str, Sequence[str]]  # matter told on the web → what its page shows
    lost: int


async def receipts_known(database: str) -> int:
    """Receipts in Telegram that the program knows to be sent."""
    return int((await rows(database, _SENT))[0][0])


async def fired(database: str) -> int:
    """How many timers have fired."""
    return len(await rows(database, _FIRED))


def receipts_in(received: Sequence[Sequence[str]]) -> int:
    return sum(RECEIPT in text for texts in received for text in texts)


async def findings_of(sight: Sight) -> list[str]:
    """What is wrong, one sentence each; none when nothing is."""
    asked = (_lost, _pictures, _left, _receipts, _timers, _whole)
    found = [one for findings in asked async for one in findings(sight)]
    return [*found, *_unanswered(sight), *_log(sight)]


async def _lost(sight: Sight) -> AsyncIterator[str]:
    """Every message is in exactly one ticket, and nothing else is."""
    kept = {text: (count, on_tickets) for text, count, on_tickets in await rows(sight.database, _MESSAGES)}
    for words in sight.ledger.messages:
        if kept.get(words) != (1, 1):
            yield f"not in exactly one ticket but {kept.get(words, 'nowhere')}: {words}"
    for words in set(kept) - set(sight.ledger.messages):
        yield f"said by nobody: {words}"


async def _pictures(sight: Sight) -> AsyncIterator[str]:
    kept = dict(await rows(sight.database, _PICTURES))
    if kept != ({"stored": sight.ledger.pictures} if sight.ledger.pictures else {}):
        yield f"{sight.ledger.pictures} pictures were sent, kept are {kept}"


async def _left(sight: Sight) -> AsyncIterator[str]:
    for what, count in await rows(sight.database, _LEFT):
        yield f"left: {what} × {count}"


async def _receipts(sight: Sight) -> AsyncIterator[str]:
    """One for each ticket, and again only what Telegram had taken when the program died."""
    got, known = receipts_in(sight.received), await receipts_known(sight.database)
    if not known <= got <= known + sight.lost:
        yield f"{got} receipts for {known} tickets in Telegram, {sight.lost} were in flight"
    silent = sum(not any(RECEIPT in text for text in texts) for texts in sight.received)
    if silent:
        yield f"{silent} drivers have no receipt"
    for words, shown in sight.pages.items():
        if (count := sum(RECEIPT in text for text in shown)) != 1:
            yield f"{count} receipts on the page of: {words}"


def _unanswered(sight: Sight) -> Iterator[str]:
    """Every answer reached whoever told the matter; on the web, where nothing can be lost on the way, once."""
    everything = [text for texts in sight.received for text in texts]
    for answer, matter in sight.ledger.answers.items():
        page = sight.pages.get(matter)
        count = sum(answer in text for text in (everything if page is None else page))
        if count < 1 or (page is not None and count > 1):
            yield f"came {count} times: {answer}"


async def _timers(sight: Sight) -> AsyncIterator[str]:
    """What a timer made others hear stands in the history once, at the time the timer was due."""
    due_at = {tuple(timer): str(due)[:SECOND] for *timer, due in await rows(sight.database, _FIRED)}
    told = Counter(
        ((subject, number, _stage(kind, json.loads(data))), str(at)[:SECOND])
        for subject, number, kind, at, data in await rows(sight.database, _TOLD)
    )
    for (timer, at), count in told.items():
        if timer[2] != "nag" and (count != 1 or due_at.get(timer) != at):
            yield f"{timer} was told {count} times at {at}, due {due_at.get(timer)}"
    reminders = {timer for timer in due_at if timer[0] == "task" and timer[2] not in ("nag", "overdue")}
    for timer in reminders - {timer for timer, _ in told}:
        yield f"never told: {timer}"


async def _whole(sight: Sight) -> AsyncIterator[str]:
    """Every history verifies; and the file is sound, where the database is a file."""
    async with Database(sight.database) as db:
        for one in (await db.read(verify)).findings:
            yield f"verify: {one}"
        if db.is_sqlite:
            for (said,) in await rows(sight.database, "PRAGMA integrity_check"):
                if said != "ok":
                    yield f"integrity: {said}"


def _stage(kind: str, data: Mapping[str, object]) -> str:
    return "rung7" if kind == "breached" else f"rung{data['rung']}" if kind == "rung" else str(data["stage"])


def _log(sight: Sight) -> Iterator[str]:
    """Nobody's power failing is a fault of our code."""
    for line in sight.log.read_text(errors="replace").splitlines():
        if any(
            words in line for words in ("Traceback", "an update failed", "a timer failed", "could not be")
        ):
            yield f"in the log: {line[:200]}"
