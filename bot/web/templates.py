"""Pages from templates. Everything is escaped; no page carries a script or a style of its own (the security policy forbids it)."""

from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from starlette.responses import HTMLResponse, Response

from bot.web.assets import url_of
from bot.web.words import say

_PAGES = Environment(
    loader=PackageLoader("bot.web", "pages"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
_PAGES.globals["asset"] = url_of
HTML_LANGUAGE = {"vi": "vi", "en": "en", "zh": "zh-Hans"}


def page(name: str, language: str, *, status: int = 200, **blanks: Any) -> Response:
    """The page `name` in `language`; `blanks` fill it."""

    def words(key: str, **fields: str | int) -> str:
        return say(language, f"web.{key}", **fields)

    text = _PAGES.get_template(name).render(
        say=words, language=language, html_language=HTML_LANGUAGE[language], **blanks
    )
    return HTMLResponse(text, status)
