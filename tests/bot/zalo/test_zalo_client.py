"""The platform's answers as results and typed errors, and a token that nobody reads."""

import logging
import traceback
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from bot.zalo.client import (
    AuthError,
    BadCall,
    Forbidden,
    NoAnswer,
    Passing,
    QuotaError,
    ZaloClient,
    ZaloError,
    bot_id,
)

TOKEN = "4107322:a-token-that-nobody-reads"
Answer = Callable[[httpx.Request], httpx.Response]


def client(answer: Answer, base: str = "https://bot.example") -> ZaloClient:
    return ZaloClient(TOKEN, base, httpx.MockTransport(answer))


def says(status: int, **body: Any) -> Answer:
    return lambda request: httpx.Response(status, json=body)


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        (400, BadCall),
        (401, AuthError),
        (403, Forbidden),
        (404, BadCall),
        (408, NoAnswer),
        (429, QuotaError),
        (503, Passing),
    ],
)
@pytest.mark.parametrize("by_status", [True, False], ids=["HTTP status", "HTTP 200"])
async def test_a_refusal_is_its_own_error_however_it_is_told(
    code: int, kind: type[ZaloError], by_status: bool
) -> None:
    told = client(says(code if by_status else 200, ok=False, description=f"no {TOKEN}", error_code=code))
    with pytest.raises(kind) as raised:
        await told.send_message("c", "x")
    assert raised.value.code == code
    assert TOKEN not in "".join(traceback.format_exception(raised.value))


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (lambda request: httpx.Response(502, text="<html>"), Passing),
        (lambda request: httpx.Response(200, text="<html>"), Passing),
        (lambda request: httpx.Response(200, json=[1]), Passing),
        (lambda request: (_ for _ in ()).throw(httpx.ReadTimeout("slow", request=request)), NoAnswer),
        (lambda request: (_ for _ in ()).throw(httpx.ConnectError("no", request=request)), Passing),
    ],
)
async def test_a_broken_line_is_worth_another_try(answer: Answer, kind: type[ZaloError]) -> None:
    with pytest.raises(kind):
        await client(answer).send_message("c", "x")


async def test_an_empty_poll_is_no_error() -> None:
    assert await client(says(200, ok=False, error_code=408, description="timeout")).next_update(1) is None


async def test_a_call_is_json_with_the_token_in_the_address_and_in_no_log(
    caplog: pytest.LogCaptureFixture,
) -> None:
    seen: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return httpx.Response(200, json={"ok": True, "result": {"message_id": "m1"}})

    told = client(answer)
    with caplog.at_level(logging.INFO):
        assert await told.send_photo("c", "https://ours.example/p.jpg") == "m1"
    assert seen[0].url.path == f"/bot{TOKEN}/sendPhoto"
    assert seen[0].read() == b'{"chat_id":"c","photo":"https://ours.example/p.jpg"}'
    assert TOKEN not in caplog.text + repr(told)


@pytest.mark.parametrize(
    "url", ["http://photo.example/x", "file:///etc/passwd", "http://127.0.0.1:8080/", ""]
)
async def test_only_secure_addresses_are_fetched(url: str) -> None:
    assert await client(lambda request: httpx.Response(200, content=b"secret")).fetch(url) is None


async def test_a_picture_is_fetched_gone_or_tried_again() -> None:
    url = "https://photo.example/x"
    assert await client(lambda request: httpx.Response(200, content=b"jpeg")).fetch(url) == b"jpeg"
    assert await client(lambda request: httpx.Response(404)).fetch(url) is None
    assert (
        await client(lambda request: httpx.Response(302, headers={"location": "http://x"})).fetch(url) is None
    )
    with pytest.raises(ConnectionError):
        await client(lambda request: httpx.Response(503)).fetch(url)


def test_the_bots_id_is_never_the_token() -> None:
    assert bot_id(TOKEN) == "4107322"
    assert bot_id("a-token-without-a-colon") == "zalo"
