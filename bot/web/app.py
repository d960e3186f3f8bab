"""The web chat's routes, to be mounted into the one web server of the program."""

from collections.abc import Awaitable, Callable
from datetime import datetime
from functools import partial

from fastapi import APIRouter, FastAPI
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from bot.web import assets, calendars, posting, reading, sessions, showing
from bot.web.feed import Feed
from bot.web.problems import CalmRoute, Problem, told, with_headers
from bot.web.settings import SENDER, STAFF, Gates, Side, Web, WebSettings
from storage.database import Database

Answer = Callable[..., Awaitable[Response]]


def web_routes(
    db: Database, feed: Feed, settings: WebSettings, gates: Gates, clock: Callable[[], datetime]
) -> APIRouter:
    """Every route of the web chat: senders under /chat, staff under /staff, and the pages around them.

    `feed.close()` must be called when the server begins to stop, or open streams keep it waiting.
    """
    web = Web(db, feed, settings, gates, clock)
    router = APIRouter(route_class=CalmRoute, include_in_schema=False)
    for side in (SENDER, STAFF):
        _add_side(router, web, side)
    _add(router, "GET", "/", partial(showing.choose_gate, web))
    _add(router, "GET", "/in/{code}", partial(showing.sign_in, web))
    _add(router, "GET", "/poster/{gate}", partial(showing.poster, web))
    _add(router, "GET", "/qr/{gate}.svg", partial(showing.qr, web))
    _add(router, "GET", "/lich/{secret}.ics", partial(calendars.calendar, web))
    _add(router, "GET", "/assets/{version}/{name}", _asset)
    _add(router, "POST", "/chat/start", partial(posting.arrive, web, SENDER))
    _add(router, "POST", "/staff/sign-in", partial(posting.sign_in, web))
    _add(router, "POST", "/staff/logout", partial(posting.sign_out, web))
    return router


def add_not_found(app: FastAPI) -> None:
    """Addresses that nobody serves, or not in this way, are answered by a page in words instead of by JSON."""

    async def not_found(request: Request, error: Exception) -> Response:
        status = error.status_code if isinstance(error, HTTPException) else 404
        return with_headers(told(request, Problem(status, "web.error.not_found")))

    app.add_exception_handler(404, not_found)
    app.add_exception_handler(405, not_found)


def _add_side(router: APIRouter, web: Web, side: Side) -> None:
    for path, read in (("", showing.chat), ("/stream", reading.stream), ("/history", reading.history)):
        _add(router, "GET", f"{side.path}{path}", partial(_read, web, side, read))
    _add(router, "GET", f"{side.path}/files/{{sha256}}", partial(reading.file, web, side))
    _add(router, "POST", f"{side.path}/messages", partial(posting.take_message, web, side))
    _add(router, "POST", f"{side.path}/presses", partial(posting.take_press, web, side))
    _add(router, "POST", f"{side.path}/language", partial(posting.change_language, web, side))


async def _read(web: Web, side: Side, read: Answer, request: Request) -> Response:
    """Reading is what keeps a page alive: every open one does it, whether its person writes or not."""
    response = await read(web, side, request)
    if response.status_code == 200:
        await sessions.renew(web, side, request, response)
    return response


def _add(router: APIRouter, method: str, path: str, answer: Answer) -> None:
    async def endpoint(request: Request) -> Response:
        return await answer(request)

    router.add_api_route(path, endpoint, methods=[method], response_model=None)


async def _asset(request: Request) -> Response:
    return assets.answer(request, request.path_params["name"])
