"""What a page says when something cannot be done: one sentence in the reader's language, and the headers that keep pages safe."""

from collections.abc import Callable, Coroutine
from typing import Any
from urllib.parse import urlsplit

import structlog
from fastapi.routing import APIRoute
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from bot.web.templates import page
from bot.web.words import language_of, say
from storage.database import Unavailable

PAGE_HEADER = "x-hotline-chat"
SECURITY_HEADERS = {
    "content-security-policy": "default-src 'self'; img-src 'self' blob:; object-src 'none'; base-uri 'none'; "
    "form-action 'self'; frame-ancestors 'none'",
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    # Not "no-referrer": browsers would then send `Origin: null` with our own forms.
    "referrer-policy": "same-origin",
    "permissions-policy": "geolocation=(), microphone=(), camera=()",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "cache-control": "no-store",
}
_BY_STATUS = {403: "web.error.origin", 404: "web.error.not_found", 405: "web.error.not_found"}

log = structlog.get_logger(__name__)


class Problem(Exception):
    """`key` names the sentence; `status` says to the page's script whether it may try again (429 and 5xx) or must not."""

    def __init__(self, status: int, key: str, retry_after: int = 0, **fields: str | int) -> None:
        super().__init__(key)
        self.status = status
        self.key = key
        self.retry_after = retry_after
        self.fields = fields


class CalmRoute(APIRoute):
    """A route of the web chat: failures become words, every answer carries the security headers."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        handle = super().get_route_handler()

        async def calm(request: Request) -> Response:
            try:
                response = await handle(request)
            except Problem as problem:
                response = told(request, problem)
            except HTTPException as error:
                response = told(
                    request, Problem(error.status_code, _BY_STATUS.get(error.status_code, "web.error.bad"))
                )
            except (OSError, Unavailable) as error:
                # The disk is full or gone, the database locked: nothing was promised yet, the page keeps what was written.
                if isinstance(error, Unavailable):
                    # Said aloud by whoever watches it; here it comes with every open page.
                    log.warning("the database is unavailable", why=str(error), route=self.path)
                else:
                    _note(self.path, error)
                response = told(request, Problem(503, "web.error.storage", retry_after=10))
            except Exception as error:
                _note(self.path, error)
                response = told(request, Problem(500, "web.error.server", retry_after=5))
            return with_headers(response)

        return calm


def with_headers(response: Response) -> Response:
    """The same answer, with every security header that it did not set itself."""
    for name, value in SECURITY_HEADERS.items():
        response.headers.setdefault(name, value)
    return response


def told(request: Request, problem: Problem) -> Response:
    """The problem as JSON for the page's script, as a page for everybody else."""
    language = language_of(request)
    sentence = say(language, problem.key, **problem.fields)
    response: Response
    if PAGE_HEADER in request.headers:
        response = JSONResponse({"error": sentence, "code": problem.key}, problem.status)
    else:
        response = page("problem.html", language, status=problem.status, sentence=sentence)
    if problem.retry_after:
        response.headers["retry-after"] = str(problem.retry_after)
    return response


def require_same_origin(request: Request, public_url: str) -> None:
    """Only our own pages may post. Raises Problem 403 for another origin, and when the browser does not say which."""
    origin = request.headers.get("origin") or _origin(request.headers.get("referer", ""))
    here = {
        f"http://{request.headers.get('host')}",
        f"https://{request.headers.get('host')}",
        _origin(public_url),
    }
    if not origin or origin not in here:
        raise Problem(403, "web.error.origin")


def _origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}" if parts.netloc else ""


def _note(path: str, error: Exception) -> None:
    # Neither the text of the error nor the address that was asked for: they can hold people's words and one-time codes.
    place = error.__traceback__
    while place and place.tb_next:
        place = place.tb_next
    where = f"{place.tb_frame.f_code.co_filename.rsplit('/', 1)[-1]}:{place.tb_lineno}" if place else ""
    log.error("web request failed", route=path, error=type(error).__name__, where=where)
