"""The door for pushed updates: who calls is checked, the update is stored, and only then is it acknowledged."""

import hmac
import json
import re
from collections.abc import Callable
from typing import Any, NoReturn

import structlog
from fastapi import APIRouter, Request, Response

from bot.inbound import RawUpdate, Store

LARGEST_UPDATE = 1_000_000
"""Bytes. The largest real update (a long text that answers a long text) has some tens of thousands."""

Check = Callable[[Request, bytes], bool]
"""Whether the platform is calling, by the headers and the body as it came: some sign every byte of it."""
Read = Callable[[bytes], RawUpdate | None]
"""The update in a body; None for what says nothing to us. Raises ValueError for what is no update."""


def door(
    channel: str, path: str, check: Check, read: Read, store: Store, *, largest: int = LARGEST_UPDATE
) -> APIRouter:
    """POST `path`: 200 after `store`, 413, 403 for whom `check` refuses, 400 for what is no update, 503 when storing failed.

    What `read` answers with None is acknowledged and forgotten. Whatever gets no 200, the platform sends again.
    """
    router, log = APIRouter(), structlog.get_logger(f"bot.{channel}")
    refusing = False

    async def stored(update: RawUpdate) -> bool:
        try:
            await store([update])
        except Exception as error:  # the catch-all of this edge: what is not acknowledged comes again
            log.error(f"{channel}_update_not_stored", update_id=update.update_id, error=type(error).__name__)
            return False
        return True

    @router.post(path, include_in_schema=False)
    async def receive(request: Request) -> Response:
        nonlocal refusing
        body = await body_of(request, largest)
        if body is None:
            return Response(status_code=413)
        was_refusing, refusing = refusing, not check(request, body)
        if refusing:
            if not was_refusing:  # once, until the next that is right: whoever knocks could fill the log
                log.warning(f"{channel}_webhook_refused", advice="a stranger, or a secret that was set wrong")
            return Response(status_code=403)
        try:
            update = read(body)
        except ValueError:
            log.warning(f"{channel}_webhook_bad_body", size=len(body))
            return Response(status_code=400)
        return Response(status_code=200 if update is None or await stored(update) else 503)

    return router


def carries(header: str, secret: str, shortest: int) -> Check:
    """The check of a platform that sends our `secret` in a `header`. Raises ValueError for a secret that it would not accept."""
    if not re.fullmatch(rf"[A-Za-z0-9_-]{{{shortest},256}}", secret):
        raise ValueError(f"the webhook secret needs {shortest} to 256 characters of A-Z a-z 0-9 _ -")
    return lambda request, body: is_same(request.headers.get(header, ""), secret)


def is_same(given: str, secret: str) -> bool:
    """Whether two secrets are equal, in a time that tells nothing about where they differ."""
    # Bytes: compare_digest refuses to compare strings that are not ASCII.
    return hmac.compare_digest(given.encode(), secret.encode())


async def body_of(request: Request, largest: int) -> bytes | None:
    """The body, or None as soon as it is seen to be longer than `largest` bytes (whatever its Content-Length says)."""
    body = bytearray()
    async for piece in request.stream():
        body += piece
        if len(body) > largest:
            return None
    return bytes(body)


def decoded(body: bytes) -> Any:
    """JSON in UTF-8 without NaN and Infinity, which PostgreSQL could not store. Raises ValueError."""
    try:
        return json.loads(body, parse_constant=_refuse)
    except RecursionError:
        raise ValueError("nested too deeply") from None


def _refuse(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is no JSON")
