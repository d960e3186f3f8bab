"""The pages that people open: choose a gate, the chat itself, the staff's sign-in, the printable poster of a gate."""

import io
import json
from collections.abc import Callable, Sequence
from datetime import datetime
from functools import partial
from typing import Any

import segno
from starlette.requests import Request
from starlette.responses import Response

from bot.web import frames, posting, sessions
from bot.web.problems import Problem
from bot.web.settings import BOT, CHANNEL, LANGUAGES, SENDER, STAFF, GateName, Side, Web
from bot.web.templates import page
from bot.web.words import language_of, say
from core import access
from core.errors import Refused
from core.feeds import scopes_of
from core.people import Person
from services import linking
from storage import inbox, people

_SCRIPT_WORDS = (
    "sending", "sent", "unsent", "offline", "edited", "photo", "file", "cite", "cited", "remove", "retry_edit", "discard",
    "files_lost", "you", "board_says", "pressed", "new_below", "error.signed_out", "error.too_long", "error.file_too_large",
    "error.too_many_files", "error.empty", "connection",
)  # fmt: skip
_COMMANDS = {
    SENDER: (
        ("/phieu", "my_tickets"),
        ("/tracuu", "look_up"),
        ("/trogiup", "help"),
        ("/kenh", "my_chats"),
        ("/dulieucuatoi", "my_data"),
    ),
    STAFF: (
        ("/viec", "my_queue"),
        ("/ca", "my_shift"),
        ("/nhiemvu", "my_tasks"),
        ("/lich", "my_calendar"),
        ("/solieu", "figures"),
        ("/baocao", "report"),
        ("/kenh", "my_chats"),
        ("/trogiup", "help"),
    ),
}
_MAY: dict[str, Callable[[Person], bool]] = {
    "/baocao": access.may_see_figures,
    "/lich": lambda person: bool(scopes_of(person)),
}


async def choose_gate(web: Web, request: Request) -> Response:
    """GET /: every gate as a large link."""
    language = language_of(request)
    return _choose(web, language, await web.gates())


async def chat(web: Web, side: Side, request: Request) -> Response:
    """GET /chat[?gate=CODE] and GET /staff. A first visit gets its cookie here; the database hears of it when it writes."""
    language = language_of(request)
    visitor = await sessions.visitor(web, side, request)
    if side is STAFF and (visitor is None or await web.db.read(partial(_is_no_staff, visitor=visitor))):
        return page("signed_out.html", language, status=401, **_frame(STAFF))
    visitor = visitor or sessions.new_visitor(side, web.clock())
    gates, wanted = await web.gates(), request.query_params.get("gate", "")
    gate = _gate(gates, wanted)
    if wanted and gate is None:
        return _choose(web, language, gates, unknown=True)
    response = page(
        "chat.html",
        language,
        chat=visitor.chat_id,
        gate=gate,
        gate_names=json.dumps({known.code: known.name(language) for known in gates}, ensure_ascii=False),
        words=json.dumps({key: _raw(language, key) for key in _SCRIPT_WORDS}, ensure_ascii=False),
        commands=await web.db.read(partial(_commands, side=side, visitor=visitor, now=web.clock())),
        settings=web.settings,
        **_frame(side),
    )
    # What is stored already is renewed once a day (sessions.renew).
    if not visitor.stored:
        sessions.keep(response, web, side, visitor.secret)
    return response


async def sign_in(web: Web, request: Request) -> Response:
    """GET /in/{code}: one button, nothing else. Opening the page uses nothing up."""
    code = request.path_params["code"]
    if not posting.LINK_CODE.fullmatch(code):
        raise Problem(404, "web.error.sign_in")
    return page("sign_in.html", language_of(request), code=code, **_frame(STAFF))


async def poster(web: Web, request: Request) -> Response:
    """GET /poster/{gate}: one A4 sheet in three languages. Raises Problem 404 for an unknown gate."""
    gate = _gate(await web.gates(), request.path_params["gate"])
    if gate is None:
        raise Problem(404, "web.error.gate")
    words = {language: {key: say(language, f"web.poster.{key}") for key in _POSTER} for language in LANGUAGES}
    return page(
        "poster.html",
        "vi",
        gate=gate,
        words=words,
        url=_chat_url(web, request, gate.code),
        settings=web.settings,
    )


async def qr(web: Web, request: Request) -> Response:
    """GET /qr/{gate}.svg: the chat's address for one gate. Error correction Q: a poster in the weather loses corners."""
    gate = _gate(await web.gates(), request.path_params["gate"])
    if gate is None:
        raise Problem(404, "web.error.gate")
    picture = io.BytesIO()
    code = segno.make(_chat_url(web, request, gate.code), error="q", micro=False)
    code.save(picture, kind="svg", scale=8, border=4, light="#fff", svgclass=None, lineclass=None)
    return Response(picture.getvalue(), media_type="image/svg+xml")


def _choose(web: Web, language: str, gates: Sequence[GateName], unknown: bool = False) -> Response:
    """Every gate as a large link; above them that the address names an unknown one (an old poster, a mistyped code)."""
    status, frame = 404 if unknown else 200, _frame(SENDER)
    return page(
        "gates.html", language, status=status, gates=gates, unknown=unknown, web=web.settings, **frame
    )


def _is_no_staff(db: Any, visitor: sessions.Visitor) -> bool:
    """Whether this chat was turned away: its code linked nobody, or whoever it linked has left.

    A chat that the program has not heard of yet has only just signed in.
    """
    chat = people.identity(db, CHANNEL, BOT, visitor.chat_id)
    person = people.person(db, chat.person_id) if chat and chat.person_id else None
    return chat is not None and not (person and person.is_staff)


def _commands(db: Any, side: Side, visitor: sessions.Visitor, now: datetime) -> list[tuple[str, str]]:
    """The menu of this reader: what would be refused is not offered."""
    person = _reader(db, visitor, now) if side is STAFF else None
    return [
        (command, label)
        for command, label in _COMMANDS[side]
        if command not in _MAY or (person is not None and _MAY[command](person))
    ]


def _reader(db: Any, visitor: sessions.Visitor, now: datetime) -> Person | None:
    """Whose page this is; of one that has only just signed in, whom its code will link."""
    chat = people.identity(db, CHANNEL, BOT, visitor.chat_id)
    if chat is not None:
        return people.person(db, chat.person_id) if chat.person_id else None
    frame = inbox.raw_of(db, CHANNEL, BOT, frames.update_id(visitor.chat_id, posting.LINK))
    code = str(frame["text"]).removeprefix(posting.LINK_COMMAND) if frame and "text" in frame else ""
    try:
        return linking.check_link_code(db, code, None, now)[1]
    except Refused:
        return None


_POSTER = ("title", "lead", "step1", "step2", "step3", "emergency")


def _frame(side: Side) -> dict[str, Any]:
    return {"side": side, "languages": (("vi", "Tiếng Việt"), ("en", "English"), ("zh", "中文"))}


def _gate(gates: Sequence[GateName], code: str) -> GateName | None:
    return next((gate for gate in gates if gate.code == code.upper()), None)


def _raw(language: str, key: str) -> str:
    # The script fills these blanks itself, in the same notation.
    return say(
        language, f"web.{key}", name="{name}", megabytes="{megabytes}", kilobytes="{kilobytes}", most="{most}"
    )


def _chat_url(web: Web, request: Request, gate: str) -> str:
    base = (
        web.settings.public_url or f"{request.url.scheme}://{request.headers.get('host', request.url.netloc)}"
    )
    return f"{base}/chat?gate={gate}"
