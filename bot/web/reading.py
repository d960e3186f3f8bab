"""What a page reads: its feed (live, or by asking), older bubbles, and the files that its own bubbles show."""

import asyncio
import json
from collections.abc import AsyncIterator
from functools import partial
from typing import Any
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, Response, StreamingResponse

from bot.web import guard, sessions
from bot.web.feed import Listener
from bot.web.files import path_of
from bot.web.problems import Problem
from bot.web.rows import drawn
from bot.web.sessions import Visitor
from bot.web.settings import Side, Web
from storage import web_feed

_BATCH = 200
_RETRY = "retry: 3000\n\n"
_BEAT = "event: beat\ndata: \n\n"


async def stream(web: Web, side: Side, request: Request) -> Response:
    """GET …/stream?chat=&after=: server-sent events. `row` (id: its seq) for each new or changed bubble after the last one
    seen; `beat` while nothing happens; `reset` when the page is ahead of us (restored or erased); `gone` when signed out.
    """
    visitor = await guard.reader(web, side, request, request.query_params.get("chat", ""))
    seen = _number(request.headers.get("last-event-id") or request.query_params.get("after"))
    events = _events(web, side, visitor, request, seen)
    return StreamingResponse(
        events,
        media_type="text/event-stream",
        headers={"x-accel-buffering": "no", "cache-control": "no-store"},
    )


async def history(web: Web, side: Side, request: Request) -> Response:
    """GET …/history?chat=: the newest page; `&before=ID` the page before that bubble; `&after=SEQ` what changed since.

    {"rows": oldest first, "seq": where to go on from, "older": there may be more before, "reset": begin anew}
    """
    visitor = await guard.reader(web, side, request, request.query_params.get("chat", ""))
    since = request.query_params.get("after")
    if since is not None:
        return await _changes(web, visitor, _number(since))
    before = _number(request.query_params.get("before")) or None
    newest, rows = await web.db.read(lambda db: _page(db, visitor.chat_id, before))
    older = len(rows) == web_feed.PAGE
    return JSONResponse(
        {"rows": [drawn(row) for row in rows], "seq": str(newest), "older": older, "reset": False}
    )


async def file(web: Web, side: Side, request: Request) -> Response:
    """GET …/files/{sha256}: a file that a bubble of this very chat shows. Raises Problem 404 for every other one."""
    visitor = await sessions.visitor(web, side, request)
    sha256 = request.path_params["sha256"]
    if visitor is None or len(sha256) != 64 or not sha256.isalnum():
        raise Problem(404, "web.error.not_found")
    found = await web.db.read(partial(web_feed.file_of, chat_id=visitor.chat_id, sha256=sha256))
    path = found and path_of(web.settings.data_dir, found["place"], sha256)
    if not found or not path or not path.is_file():
        raise Problem(404, "web.error.not_found")
    # Only pictures that we recognised by their bytes are shown; whatever else people send is saved, never opened.
    shown = found["kind"] == "photo"
    headers = {
        "cache-control": "private, max-age=31536000, immutable",
        "content-security-policy": "default-src 'none'; sandbox",
        "content-disposition": f"{'inline' if shown else 'attachment'}; filename*=UTF-8''{quote(found['name'], safe='')}",
    }
    return FileResponse(
        path, media_type=found["mime"] if shown else "application/octet-stream", headers=headers
    )


def _page(db: Any, chat_id: str, before: int | None) -> tuple[int, list[web_feed.FeedRow]]:
    # First the seq, then the rows: a change between the two is drawn twice, never missed.
    newest = web_feed.last_seq(db, chat_id)
    return newest, list(web_feed.page_before(db, chat_id, before))


def _page_since(db: Any, chat_id: str, since: int) -> tuple[int, list[web_feed.FeedRow]]:
    """(where to go on from, rows): in one snapshot, or a bubble that comes between the two would never be drawn."""
    rows = list(web_feed.after(db, chat_id, since, _BATCH))
    return (rows[-1].seq if rows else web_feed.last_seq(db, chat_id)), rows


async def _changes(web: Web, visitor: Visitor, since: int) -> Response:
    newest, rows = await web.db.read(lambda db: _page_since(db, visitor.chat_id, since))
    return JSONResponse(
        {"rows": [drawn(row) for row in rows], "seq": str(newest), "older": False, "reset": newest < since}
    )


async def _events(web: Web, side: Side, visitor: Visitor, request: Request, seen: int) -> AsyncIterator[str]:
    chat_id = visitor.chat_id
    with web.feed.listen(chat_id) as page:
        yield _RETRY
        if await web.db.read(partial(web_feed.last_seq, chat_id=chat_id)) < seen:
            yield "event: reset\ndata: \n\n"
            return
        while not (web.feed.closed or page.over):
            page.rung.clear()
            rows = await web.db.read(partial(web_feed.after, chat_id=chat_id, seq=seen, limit=_BATCH))
            for row in rows:
                seen = row.seq
                yield f"id: {seen}\nevent: row\ndata: {json.dumps(drawn(row), ensure_ascii=False)}\n\n"
            if len(rows) < _BATCH and not await _rung(page, web.settings.heartbeat.total_seconds()):
                known = await sessions.visitor(web, side, request)
                if known is None:
                    break
                if sessions.wants_renewal(known, web.clock()):
                    return  # the page comes back at once: only a new answer can renew its cookie
                yield _BEAT
        if not web.feed.closed:
            gone = await sessions.visitor(web, side, request) is None
            yield f"event: {'gone' if gone else 'poll'}\ndata: \n\n"


async def _rung(page: Listener, seconds: float) -> bool:
    try:
        await asyncio.wait_for(page.rung.wait(), seconds)
    except TimeoutError:
        return False
    return True


def _number(value: str | None) -> int:
    # More than 64 bits no database takes; it is "ahead of us" all the same.
    return min(int(value), 2**63 - 1) if value and value.isdecimal() and len(value) < 20 else 0
