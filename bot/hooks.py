"""What every door for pushed updates needs: a secret compared in constant time, a bounded body, JSON that can be kept."""

import hmac
import json
from typing import Any, NoReturn

from fastapi import Request


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
