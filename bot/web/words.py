"""The words of the page's frame (catalogue keys `web.*`), and which language a browser wants to read."""

from starlette.requests import Request

from bot.texts import say as say
from bot.web.settings import LANGUAGES

LANGUAGE_COOKIE = "hotline_language"


def language_of(request: Request) -> str:
    """What the person chose; else Vietnamese wherever the browser names it; else Chinese or English when it comes first."""
    chosen = request.cookies.get(LANGUAGE_COOKIE, "")
    if chosen in LANGUAGES:
        return chosen
    wanted = [part.strip().lower()[:2] for part in request.headers.get("accept-language", "").split(",")]
    # Many phones here are set to English by people who read Vietnamese: then both are in the list.
    return wanted[0] if "vi" not in wanted and wanted[0] in LANGUAGES else "vi"
