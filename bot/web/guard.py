"""Before anything is believed: from our own page, of this browser, not too fast, not too big."""

import json
from typing import Any

from starlette.requests import Request

from bot.web import rates, sessions
from bot.web.problems import PAGE_HEADER, Problem, require_same_origin
from bot.web.sessions import Visitor
from bot.web.settings import STAFF, Side, Web

_JSON_LIMIT = 4096


async def writer(web: Web, side: Side, request: Request, cost: int) -> Visitor:
    """The visitor who may write `cost` bytes now. Raises Problem 403, 409 (the page is an old one) or 429."""
    require_same_origin(request, web.settings.public_url)
    visitor = await reader(web, side, request, request.headers.get(PAGE_HEADER, ""))
    slow_down(web, request, visitor, cost)
    return visitor


async def reader(web: Web, side: Side, request: Request, page_chat: str) -> Visitor:
    """The visitor whose chat the page shows. Raises Problem 409 when the session has ended or is another chat's.

    A page that was open while somebody else signed in must not send the first person's words in the second one's name.
    """
    visitor = await sessions.visitor(web, side, request)
    if visitor is None and side is STAFF:
        raise Problem(409, "web.error.signed_out")
    if visitor is None or visitor.chat_id != page_chat:
        raise Problem(409, "web.error.stale")
    return visitor


def length_of(request: Request, most: int) -> int:
    """The announced length of the body. Raises Problem 411 when there is none, 413 when it is over `most`."""
    announced = request.headers.get("content-length", "")
    if not announced.isdecimal():
        raise Problem(411, "web.error.bad")
    if int(announced) > most:
        raise Problem(413, "web.error.too_big")
    return int(announced)


async def small_json(request: Request) -> dict[str, Any]:
    """A small JSON object. Raises Problem 400, 411 or 413."""
    length_of(request, _JSON_LIMIT)
    try:
        found = json.loads(await request.body())
    except ValueError as error:
        raise Problem(400, "web.error.bad") from error
    if not isinstance(found, dict):
        raise Problem(400, "web.error.bad")
    return found


def address_of(request: Request) -> str:
    """The peer's address; behind a proxy the server has already replaced it by the forwarded one."""
    return request.client.host if request.client else ""


def slow_down(web: Web, request: Request, visitor: Visitor, cost: int) -> None:
    """Raises Problem 429 when this browser, or this address, writes too fast for `cost` bytes more."""
    address = f"address {address_of(request)}"
    wanted: list[tuple[str, rates.Rate, float]] = [
        (visitor.chat_id, rates.SESSION_MESSAGES, 1),
        (visitor.chat_id, rates.SESSION_BYTES, cost),
        (address, rates.ADDRESS_MESSAGES, 1),
        (address, rates.ADDRESS_BYTES, cost),
    ]
    seconds = web.rates.wait(wanted, web.clock().timestamp())
    if seconds:
        raise Problem(429, "web.error.too_fast", retry_after=seconds, seconds=seconds)
