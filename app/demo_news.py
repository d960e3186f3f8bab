"""What happens in a demonstration, one line an event: codes, gates and times; people only by their initials."""

import asyncio
from collections.abc import Callable
from datetime import datetime
from functools import partial

from app.cli_words import EVENTS
from app.program import Program
from core.calendar import TZ
from core.events import Event, EventKind
from core.ids import PersonId
from core.people import Role
from storage import people
from storage.database import Connection
from storage.news import News, newest, news_after

LOOK_SECONDS = 0.25
SCORES = {"good": "hài lòng", "fair": "chấp nhận được", "bad": "không hài lòng"}
# What follows from another event of the same moment says nothing new.
UNTOLD = frozenset({EventKind.QUESTION_DELIVERED, EventKind.RESOLUTION_DELIVERED, EventKind.DETAIL_SET})


async def tell(program: Program, out: Callable[[str], None]) -> None:
    """Until the program stops: a line for every event from now on."""
    seen = await program.db.read(newest)
    while not program.stop.is_set():
        found = await program.db.read(partial(_told, after=seen))
        for text in found.values():
            if text:
                out(text)
        seen = max(found, default=seen)
        try:
            await asyncio.wait_for(program.stop.wait(), LOOK_SECONDS)
        except TimeoutError:
            continue


def _told(db: Connection, after: int) -> dict[int, str]:
    return {one.id: line(db, one) for one in news_after(db, after)}


def line(db: Connection, news: News) -> str:
    """ "15:42  HN       DDLS-261122-0031  nhận xử lý · H.V.T."; empty for what is not worth a line."""
    event = news.event
    if event.kind in UNTOLD:
        return ""
    at = (event.noticed_at or event.at).astimezone(TZ)
    parts = [EVENTS[event.kind], *_more(event), _who(db, event.actor)]
    told = " · ".join(part for part in parts if part)
    return f"{at:%d/%m %H:%M}  {news.gate or '–':<8} {news.code}  {told}"


def _more(event: Event) -> list[str]:
    data = event.data
    match event.kind:
        case EventKind.PROMISED:
            return [f"trước {datetime.fromisoformat(str(data['due_at'])).astimezone(TZ):%H:%M %d/%m}"]
        case EventKind.RUNG:
            return [f"bậc {data.get('rung')}, tới {data.get('reached')} người"]
        case EventKind.RATED:
            return [SCORES.get(str(data.get("score")), "")]
        case EventKind.TRANSFERRED:
            return [str(data.get("gate") or data.get("unit") or "")]
        case EventKind.REOPENED:
            return [f"lần {data.get('cycle')}"]
        case _:
            return []


def _who(db: Connection, actor: PersonId | None) -> str:
    person = people.person(db, actor) if actor is not None else None
    if person is None:
        return ""
    if person.role is Role.SENDER:
        return "người gửi"
    return "".join(f"{word[0]}." for word in person.name.split())
