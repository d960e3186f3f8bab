"""An Official Account's door for pushed events (bot/hooks.py): the platform signs every byte of the body."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field

import structlog
from fastapi import APIRouter, Request, Response

from bot.hooks import decoded, door, is_same
from bot.inbound import RawUpdate, Store
from bot.zalo_oa.updates import CHANNEL, account_of, raw_update, stamp_of

PATH = "/hooks/zalo-oa"
SIGNATURE_HEADER = "X-ZEvent-Signature"

_log = structlog.get_logger("bot.zalo_oa")


@dataclass(frozen=True, slots=True)
class Signing:
    """What the platform signs with: the app that the account is linked to, and the account's secret key."""

    app_id: str
    secret: str = field(repr=False)


def webhook_router(signing: Signing, account: Callable[[], str | None], store: Store) -> APIRouter:
    """POST /hooks/zalo-oa: 403 without the right signature, 400 for another app's or account's event.

    `account` is the Official Account's own id, None as long as nobody has told it: until then the signature is enough.
    Without a secret nothing can be checked, so everything is acknowledged and forgotten: the platform shows the secret only
    when the address has answered 200.
    """
    if not signing.secret:
        return _unsigned()

    def read(body: bytes) -> RawUpdate | None:
        return _update(body, signing.app_id, account())

    return door(CHANNEL, PATH, lambda request, body: _is_signed(request, body, signing), read, store)


def signature(body: bytes, stamp: str, signing: Signing) -> str:
    """sha256(app id + body + timestamp + secret) in hex; the timestamp is the body's own."""
    signed = signing.app_id.encode() + body + stamp.encode() + signing.secret.encode()
    return hashlib.sha256(signed).hexdigest()


def _unsigned() -> APIRouter:
    router = APIRouter()

    @router.post(PATH, include_in_schema=False)
    async def forget() -> Response:
        _log.warning("zalo_oa_event_forgotten", advice="set HOTLINE_ZALO_OA_OA_SECRET (docs/zalo.md)")
        return Response(status_code=200)

    return router


def _is_signed(request: Request, body: bytes, signing: Signing) -> bool:
    try:
        stamp = stamp_of(decoded(body))
    except ValueError:
        return False
    given = request.headers.get(SIGNATURE_HEADER, "").strip().lower().removeprefix("mac=").strip()
    return bool(stamp) and is_same(given, signature(body, stamp, signing))


def _update(body: bytes, app_id: str, account: str | None) -> RawUpdate | None:
    event = decoded(body)
    update = raw_update(event)
    if str(event.get("app_id") or app_id) != app_id:
        raise ValueError("an event of another app")
    if update is not None and account and account_of(event) != account:
        raise ValueError("an event of another account")
    return update
