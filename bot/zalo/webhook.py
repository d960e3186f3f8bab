"""The door for pushed updates: the secret is checked, the update is stored, and only then is it acknowledged."""

import re
from collections.abc import Awaitable, Callable, Sequence

import structlog
from fastapi import APIRouter, Request, Response

from bot.hooks import body_of, decoded, is_same
from bot.inbound import RawUpdate
from bot.zalo.updates import raw_update

Store = Callable[[Sequence[RawUpdate]], Awaitable[None]]
"""Commits the batch before it returns; an update that is there already is no error. Whatever it raises, nothing is acknowledged."""

PATH = "/hooks/zalo"
SECRET_HEADER = "X-Bot-Api-Secret-Token"  # noqa: S105 - the header's name, not the secret
LARGEST_UPDATE = 1_000_000
"""Bytes. A text has 2,000 characters."""

_log = structlog.get_logger("bot.zalo")


def webhook_router(secret: str, bot_id: str, store: Store, *, largest: int = LARGEST_UPDATE) -> APIRouter:
    """POST /hooks/zalo: 200 after `store`, 403 without the secret, 413, 400 for what is no update, 503 when storing failed.

    An event that carries no message is acknowledged and forgotten. Raises ValueError for a secret that Zalo would not accept.
    """
    if not re.fullmatch(r"[A-Za-z0-9_-]{8,256}", secret):
        raise ValueError("the webhook secret needs 8 to 256 characters of A-Z a-z 0-9 _ -")
    router = APIRouter()

    @router.post(PATH, include_in_schema=False)
    async def receive(request: Request) -> Response:
        if not is_same(request.headers.get(SECRET_HEADER, ""), secret):
            return Response(status_code=403)
        body = await body_of(request, largest)
        if body is None:
            return Response(status_code=413)
        try:
            update = raw_update(bot_id, decoded(body))
        except ValueError:
            _log.warning("zalo_webhook_bad_body", size=len(body))
            return Response(status_code=400)
        return Response(status_code=200 if update is None or await _stored(store, update) else 503)

    return router


async def _stored(store: Store, update: RawUpdate) -> bool:
    try:
        await store([update])
    except Exception as error:  # the catch-all of this edge: what is not acknowledged comes again
        _log.error("zalo_update_not_stored", error=type(error).__name__)
        return False
    return True
