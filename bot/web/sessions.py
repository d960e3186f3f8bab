"""Who is this browser? A 256-bit secret in a cookie; the database keeps its SHA-256, and the chat id is the head of that hash."""

import hashlib
import re
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

from starlette.requests import Request
from starlette.responses import Response

from bot.web.settings import STAFF, STAFF_DAYS, Side, Web
from storage import web_feed

RENEWED_EVERY = timedelta(days=1)
_SECRET = re.compile(r"[A-Za-z0-9_-]{43}")


@dataclass(frozen=True, slots=True)
class Visitor:
    """`stored` is False for a sender's browser that has written nothing yet: such a chat costs the database nothing."""

    secret: str
    session: web_feed.Session
    stored: bool

    @property
    def chat_id(self) -> str:
        return self.session.chat_id


async def visitor(web: Web, side: Side, request: Request) -> Visitor | None:
    """The visitor that the cookie names. None without a cookie, with a broken, foreign, outdated or (staff) unknown one."""
    secret = request.cookies.get(side.cookie, "")
    if not _SECRET.fullmatch(secret):
        return None
    fresh = session_of(secret, side, web.clock())
    known = await web.db.read(partial(web_feed.session, secret_hash=fresh.secret_hash))
    if known is None:
        return None if side is STAFF else Visitor(secret, fresh, stored=False)
    if known.audience != side.audience or outdated(known, web.clock()):
        return None
    return Visitor(secret, known, stored=True)


def outdated(session: web_feed.Session, now: datetime) -> bool:
    """Whether this staff page was not used for more than STAFF_DAYS; a sender's never ends on its own."""
    return session.audience == STAFF.audience and session.seen_at + timedelta(days=STAFF_DAYS) < now


def wants_renewal(visitor: Visitor, now: datetime) -> bool:
    """Whether its use is to be noted again: once a day, so that reading hardly writes."""
    return visitor.stored and visitor.session.seen_at + RENEWED_EVERY <= now


async def renew(web: Web, side: Side, request: Request, response: Response) -> None:
    """A page in use never ends: once a day its days, here and in the browser, are counted anew."""
    now, known = web.clock(), await visitor(web, side, request)
    if known is None or not wants_renewal(known, now):
        return
    await web.db.write(partial(web_feed.renew_session, secret_hash=known.session.secret_hash, now=now))
    keep(response, web, side, known.secret)


def new_visitor(side: Side, now: datetime) -> Visitor:
    """A browser that we see for the first time; nothing is stored yet."""
    secret = secrets.token_urlsafe(32)
    return Visitor(secret, session_of(secret, side, now), stored=False)


def session_of(secret: str, side: Side, now: datetime) -> web_feed.Session:
    digest = hashlib.sha256(secret.encode()).hexdigest()
    return web_feed.Session(digest[:32], digest, side.audience, now)


def keep(response: Response, web: Web, side: Side, secret: str) -> None:
    """Sets the cookie. Lax, not Strict: people come from a QR code or from a link in another program."""
    days = STAFF_DAYS if side is STAFF else web.settings.sender_days
    response.set_cookie(
        side.cookie,
        secret,
        max_age=days * 86_400,
        path=side.path,
        secure=web.settings.secure,
        httponly=True,
        samesite="lax",
    )


def forget(response: Response, web: Web, side: Side) -> None:
    response.delete_cookie(
        side.cookie, path=side.path, secure=web.settings.secure, httponly=True, samesite="lax"
    )
