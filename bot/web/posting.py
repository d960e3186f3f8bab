"""What a page may do: write, press a button, arrive at a gate, sign in and out. Answered only after the commit."""

import re
from datetime import datetime
from functools import partial
from typing import Any
from uuid import UUID

from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response

from bot import payloads
from bot.web import frames, guard, rates, sessions
from bot.web.multipart import Form, Limits, read_form
from bot.web.problems import Problem, require_same_origin
from bot.web.rows import drawn
from bot.web.sessions import Visitor
from bot.web.settings import BOT, CHANNEL, LANGUAGES, STAFF, Side, Web
from bot.web.templates import page
from bot.web.words import LANGUAGE_COOKIE, language_of
from core.errors import Refused
from services import linking
from storage import people, web_feed

LINK_CODE = re.compile(r"[A-Za-z0-9_-]{4,59}")
_PAYLOAD = re.compile(r"[!-~]{1,64}")
_ROW_ID = re.compile(r"[0-9]{1,19}")
_FORM_LIMIT = 1024
SIGNED_IN = "signed_in"
LINK, LINK_COMMAND = "link", "/start link_"
_SIGN_IN_REFUSED = {"bad_link_code": "wrong", "used_link_code": "used", "expired_link_code": "expired"}


async def take_message(web: Web, side: Side, request: Request) -> Response:
    """POST …/messages: text and files → the inbox and the person's own page, once for each client_id."""
    limits = Limits(web.settings.text_limit, web.settings.file_limit, web.settings.files)
    visitor = await guard.writer(web, side, request, guard.length_of(request, limits.body))
    async with read_form(request, web.settings.data_dir, limits) as form:
        client_id = _client_id(form.fields.get("client_id"))
        # A retry keeps no file: the first one's may be sealed already, and this unsealed copy would stay for ever.
        row = await _echo(web, visitor, client_id)
        if row is None:
            row = await _take(web, visitor, client_id, form, language_of(request))
    return JSONResponse({"row": row and drawn(row)})


async def take_press(web: Web, side: Side, request: Request) -> Response:
    """POST …/presses {client_id, payload, message_id}: a button, once for each client_id."""
    visitor = await guard.writer(web, side, request, 0)
    body = await guard.small_json(request)
    payload = body.get("payload")
    if not isinstance(payload, str) or not _PAYLOAD.fullmatch(payload):
        raise Problem(400, "web.error.bad")
    frame = frames.press(
        visitor.chat_id,
        _client_id(body.get("client_id")),
        payload,
        _row_id(body.get("message_id")),
        language_of(request),
        web.clock(),
    )
    await _post(web, visitor, frame)
    return JSONResponse({})


async def arrive(web: Web, side: Side, request: Request) -> Response:
    """POST …/start {gate}: the page was opened. The person is greeted once for each gate that they come to."""
    visitor = await guard.writer(web, side, request, 0)
    wanted = (await guard.small_json(request)).get("gate")
    gate = next((gate.code for gate in await web.gates() if gate.code == wanted), "")
    text = f"/start gate_{gate}" if gate else "/start"
    now = web.clock()
    frame = frames.command(visitor.chat_id, "start", text, language_of(request), now)

    def errand(db: Any) -> web_feed.FeedRow | None:
        web_feed.open_session(db, visitor.session, now)
        return web_feed.start(db, visitor.chat_id, gate, frame, now)

    row = await web.db.write(errand)
    return JSONResponse({"row": row and drawn(row)})


async def change_language(web: Web, side: Side, request: Request) -> Response:
    """POST …/language (a plain form): the page's words from now on, and the language button pressed so that the bot follows."""
    require_same_origin(request, web.settings.public_url)
    language = (await _small_form(request)).get("language", "")
    if language not in LANGUAGES:
        raise Problem(400, "web.error.bad")
    visitor = await sessions.visitor(web, side, request)
    if visitor and visitor.stored:
        guard.slow_down(web, request, visitor, 0)
        now = web.clock()
        name = f"language:{int(now.timestamp() * 1000)}"
        payload = payloads.write(payloads.Action.LANGUAGE, argument=language)
        await _post(web, visitor, frames.press(visitor.chat_id, name, payload, None, language, now))
    return with_language(RedirectResponse(side.path, 303), web, language)


async def sign_in(web: Web, request: Request) -> Response:
    """POST /staff/sign-in (a plain form): a fresh staff chat whose first frame is `/start link_<code>`.

    The code itself is judged by the same errand as on every channel, and only when a person pressed the button: programs
    that preview links open pages, they do not post forms.
    """
    require_same_origin(request, web.settings.public_url)
    _slow_down_guessing(web, request)
    code = (await _small_form(request)).get("code", "")
    if not LINK_CODE.fullmatch(code):
        raise Problem(400, "web.error.sign_in")
    before, now = await sessions.visitor(web, STAFF, request), web.clock()
    refusal = await web.db.read(partial(_why_not, before=before, code=code, now=now))
    if refusal == SIGNED_IN:
        return RedirectResponse(STAFF.path, 303)
    if refusal:
        return page("sign_in_failed.html", language_of(request), status=403, why=refusal, side=STAFF)
    visitor = sessions.new_visitor(STAFF, now)
    frame = frames.command(visitor.chat_id, LINK, f"{LINK_COMMAND}{code}", language_of(request), now)

    def errand(db: Any) -> None:
        if before:
            _leave(db, before, now)
        web_feed.open_session(db, visitor.session, now)
        web_feed.post(db, visitor.chat_id, frame, now)

    await web.db.write(errand)
    response = RedirectResponse(STAFF.path, 303)
    sessions.keep(response, web, STAFF, visitor.secret)
    return response


def _why_not(db: Any, before: Visitor | None, code: str, now: datetime) -> str:
    """Which words say why this code signs nobody in; SIGNED_IN when this browser is in by it already, "" when it does.

    The errand that links asks again: between the two somebody else may use the code up.
    """
    chat = people.identity(db, CHANNEL, BOT, before.chat_id) if before else None
    try:
        known, person = linking.check_link_code(db, code, chat.person_id if chat else None, now)
    except Refused as refusal:
        return _SIGN_IN_REFUSED[refusal.code]
    if not person.is_staff:
        return "wrong"  # a sender's code is written where senders write: here it would be used up for nothing
    return SIGNED_IN if known.used_at else ""


async def sign_out(web: Web, request: Request) -> Response:
    """POST /staff/logout (a plain form): the session is forgotten, and the bot learns that nobody reads this chat."""
    require_same_origin(request, web.settings.public_url)
    visitor = await sessions.visitor(web, STAFF, request)
    if visitor:
        await web.db.write(partial(_leave, before=visitor, now=web.clock()))
    response = RedirectResponse(STAFF.path, 303)
    sessions.forget(response, web, STAFF)
    return response


def with_language(response: Response, web: Web, language: str) -> Response:
    response.set_cookie(
        LANGUAGE_COOKIE,
        language,
        max_age=365 * 86_400,
        secure=web.settings.secure,
        httponly=True,
        samesite="lax",
    )
    return response


async def _echo(web: Web, visitor: Visitor, client_id: str) -> web_feed.FeedRow | None:
    update_id = frames.update_id(visitor.chat_id, client_id)
    return await web.db.read(partial(web_feed.echo_of, chat_id=visitor.chat_id, update_id=update_id))


async def _take(
    web: Web, visitor: Visitor, client_id: str, form: Form, language: str
) -> web_feed.FeedRow | None:
    text, reply_to = _lines(form.fields.get("text", "")), _row_id(form.fields.get("reply_to"))
    written = frames.Written(client_id, text, await form.keep(), reply_to)
    if not written.text.strip() and not written.files:
        raise Problem(422, "web.error.empty")
    return await _post(web, visitor, frames.message(visitor.chat_id, written, language, web.clock()))


async def _post(web: Web, visitor: Visitor, frame: web_feed.Post) -> web_feed.FeedRow | None:
    now = web.clock()

    def errand(db: Any) -> web_feed.FeedRow | None:
        web_feed.open_session(db, visitor.session, now)
        return web_feed.post(db, visitor.chat_id, frame, now)

    return await web.db.write(errand)


def _leave(db: Any, before: Visitor, now: Any) -> None:
    if web_feed.end_session(db, before.session.secret_hash):
        web_feed.post(db, before.chat_id, frames.reachable(before.chat_id, False, now), now)


def _slow_down_guessing(web: Web, request: Request) -> None:
    address = f"address {guard.address_of(request)}"
    seconds = web.rates.wait([(address, rates.SIGN_INS, 1)], web.clock().timestamp())
    if seconds:
        raise Problem(429, "web.error.too_fast", retry_after=seconds, seconds=seconds)


async def _small_form(request: Request) -> dict[str, str]:
    guard.length_of(request, _FORM_LIMIT)
    return {key: value for key, value in (await request.form()).items() if isinstance(value, str)}


def _client_id(value: object) -> str:
    try:
        return str(UUID(str(value)))
    except ValueError as error:
        raise Problem(400, "web.error.bad") from error


def _row_id(value: object) -> str | None:
    return value if isinstance(value, str) and _ROW_ID.fullmatch(value) else None


def _lines(text: str) -> str:
    # Browsers turn every line end of a form into CR LF; NUL cannot be stored by PostgreSQL.
    return text.replace("\r\n", "\n").replace("\x00", "")
