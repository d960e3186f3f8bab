"""The door for pushed updates, for a platform that signs what it says; the doors of our channels are tested with them."""

import hashlib
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

import httpx
import pytest
from fastapi import FastAPI, Request
from structlog.testing import capture_logs

from bot.hooks import carries, decoded, door
from bot.inbound import RawUpdate

KEY = b"shared"


def signature(body: bytes) -> str:
    return hashlib.sha256(body + KEY).hexdigest()


def is_signed(request: Request, body: bytes) -> bool:
    return request.headers.get("x-signature") == signature(body)


def read(body: bytes) -> RawUpdate | None:
    said = decoded(body)
    if not isinstance(said, dict):
        raise ValueError("no update")
    return RawUpdate("gate", "1", said["id"], "5", said) if "id" in said else None


class Shelf:
    def __init__(self, *, broken: bool = False) -> None:
        self.rows: list[RawUpdate] = []
        self.broken = broken

    async def store(self, batch: Sequence[RawUpdate]) -> None:
        if self.broken:
            raise OSError("disk full: xe 29H-12345")
        self.rows += batch


@asynccontextmanager
async def knocking(shelf: Shelf, largest: int = 100) -> AsyncIterator[httpx.AsyncClient]:
    app = FastAPI()
    app.include_router(door("gate", "/hooks/gate", is_signed, read, shelf.store, largest=largest))
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://hotline.test") as client:
        yield client


async def pushed(shelf: Shelf, body: bytes, signed: bytes | None = None) -> int:
    headers = {"x-signature": signature(body if signed is None else signed)}
    async with knocking(shelf) as client:
        return (await client.post("/hooks/gate", content=body, headers=headers)).status_code


async def test_what_is_signed_is_stored_and_then_acknowledged() -> None:
    shelf = Shelf()
    assert await pushed(shelf, b'{"id": "9"}') == 200
    assert [row.update_id for row in shelf.rows] == ["9"]


@pytest.mark.parametrize("body", [b'{"id":"9"}', b'{"id": "8"}', b'{"id": "9"} ', b"no json"])
async def test_a_signature_of_other_bytes_opens_nothing(body: bytes) -> None:
    shelf = Shelf()
    assert (await pushed(shelf, body, signed=b'{"id": "9"}'), shelf.rows) == (403, [])


async def test_a_wrong_secret_is_told_once_not_at_every_knock_and_again_after_a_right_one() -> None:
    body = b'{"id": "9", "text": "xe 29H-12345"}'
    right = {"x-signature": signature(body)}
    with capture_logs() as told:
        async with knocking(Shelf()) as client:
            for headers in ({}, {}, right, {}):
                await client.post("/hooks/gate", content=body, headers=headers)
    assert [line["event"] for line in told] == ["gate_webhook_refused"] * 2
    assert "29H" not in str(told)


async def test_what_says_nothing_to_us_is_acknowledged_and_forgotten() -> None:
    shelf = Shelf()
    assert (await pushed(shelf, b'{"event": "read"}'), shelf.rows) == (200, [])


@pytest.mark.parametrize(("body", "status"), [(b"[]", 400), (b"{", 400), (b" " * 101, 413)])
async def test_what_is_no_update_is_refused(body: bytes, status: int) -> None:
    shelf = Shelf()
    assert (await pushed(shelf, body), shelf.rows) == (status, [])


async def test_what_could_not_be_stored_is_not_acknowledged_and_its_words_are_not_told() -> None:
    with capture_logs() as told:
        assert await pushed(Shelf(broken=True), b'{"id": "9"}') == 503
    assert [line["event"] for line in told] == ["gate_update_not_stored"]
    assert "29H" not in str(told)


@pytest.mark.parametrize(("secret", "shortest"), [("seven77", 8), ("", 1), ("a" * 257, 1), ("ngắn", 1)])
def test_a_secret_that_the_platform_would_refuse_is_refused_at_start(secret: str, shortest: int) -> None:
    with pytest.raises(ValueError, match=f"{shortest} to 256 characters"):
        carries("x-secret", secret, shortest)
