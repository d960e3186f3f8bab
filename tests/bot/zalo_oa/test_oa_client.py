"""The OpenAPI's answers as results and typed errors, a token that is refreshed once, and that nobody reads."""

import json
import logging
import traceback
from collections.abc import Callable, Iterable
from typing import Any

import httpx
import pytest

from bot.zalo_oa.client import (
    AuthError,
    BadCall,
    NoAnswer,
    NotFollower,
    OaClient,
    OaError,
    OptedOut,
    Passing,
    QuotaUsedUp,
    RateLimited,
    WindowShut,
)

BASE = "https://oa.example"
SENT = {"error": 0, "message": "Success", "data": {"message_id": "m1", "user_id": "u"}}
Answer = Callable[[httpx.Request], httpx.Response]


class Hands:
    """Tokens that somebody hands over: each is replaced by the next when it is refused."""

    def __init__(self, *tokens: str) -> None:
        self.tokens, self.told = list(tokens), list[str]()

    async def access(self) -> str:
        return self.tokens[0]

    async def refused(self, token: str) -> None:
        self.told.append(token)
        if len(self.tokens) > 1:
            self.tokens.pop(0)


class Platform:
    """Answers one call after another, the last for ever; notes what it was asked."""

    def __init__(self, *answers: httpx.Response | type[httpx.HTTPError]) -> None:
        self.answers, self.seen = list(answers), list[httpx.Request]()

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.seen.append(request)
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, type):
            raise answer("secret-address", request=request)
        return answer

    @property
    def bodies(self) -> Iterable[Any]:
        return [json.loads(request.read()) for request in self.seen]


def says(error: int = 0, status: int = 200, **told: Any) -> httpx.Response:
    return httpx.Response(status, json={"error": error, "message": "no access-1", **told})


def client(platform: Answer, *tokens: str) -> OaClient:
    return OaClient(Hands(*(tokens or ("access-1",))), BASE, httpx.MockTransport(platform))


async def test_a_text_goes_with_its_buttons_and_the_token_in_a_header() -> None:
    platform = Platform(httpx.Response(200, json=SENT))

    assert await client(platform).send_text("u", "Chọn", [("Nhận", "v1:claim"), ("Xem", "v1:show")]) == "m1"

    (asked,) = platform.seen
    assert (asked.method, str(asked.url)) == ("POST", f"{BASE}/v3.0/oa/message/cs")
    assert asked.headers["access_token"] == "access-1"
    (body,) = platform.bodies
    assert body["recipient"] == {"user_id": "u"}
    assert body["message"]["text"] == "Chọn"
    assert body["message"]["attachment"]["payload"]["buttons"] == [
        {"title": "Nhận", "type": "oa.query.show", "payload": "v1:claim"},
        {"title": "Xem", "type": "oa.query.show", "payload": "v1:show"},
    ]


async def test_a_text_without_buttons_is_a_text() -> None:
    platform = Platform(httpx.Response(200, json=SENT))

    await client(platform).send_text("u", "Chào")

    assert list(platform.bodies) == [{"recipient": {"user_id": "u"}, "message": {"text": "Chào"}}]


async def test_a_picture_and_a_template_have_their_own_shape() -> None:
    platform = Platform(httpx.Response(200, json=SENT), says(data={"msg_id": "m2"}))
    told = client(platform)

    assert await told.send_picture("u", "https://ours.example/p.jpg", "Ảnh") == "m1"
    assert await told.send_template("u", "t9", {"ma": "DDLS-1"}) == "m2"

    picture, template = platform.bodies
    assert picture["message"]["attachment"]["payload"] == {
        "template_type": "media",
        "elements": [{"media_type": "image", "url": "https://ours.example/p.jpg"}],
    }
    assert template == {"user_id": "u", "template_id": "t9", "template_data": {"ma": "DDLS-1"}}
    assert platform.seen[1].url.path == "/v3.0/oa/message/template"


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        (-32, RateLimited),
        (-211, QuotaUsedUp),
        (-213, NotFollower),
        (-227, NotFollower),
        (-230, WindowShut),
        (-232, WindowShut),
        (-244, OptedOut),
        (-321, QuotaUsedUp),
        (-201, BadCall),
        (-99999, BadCall),
    ],
)
async def test_a_refusal_is_its_own_error_though_the_status_is_200(code: int, kind: type[OaError]) -> None:
    platform = Platform(says(code))

    with pytest.raises(kind) as raised:
        await client(platform).send_text("u", "x")

    assert raised.value.code == code
    assert "access-1" not in "".join(traceback.format_exception(raised.value))
    assert len(platform.seen) == 1


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (httpx.Response(502, text="<html>"), Passing),
        (httpx.Response(200, text="<html>"), Passing),
        (httpx.Response(200, json=[1]), Passing),
        (says(0, 503), Passing),
        (says(0, 429), RateLimited),
        (says(0, 400), BadCall),
        (httpx.ConnectError, Passing),
        (httpx.ConnectTimeout, Passing),
        (httpx.ReadTimeout, NoAnswer),
        (httpx.RemoteProtocolError, NoAnswer),
    ],
)
async def test_a_broken_line_tells_whether_the_message_may_have_been_sent(
    answer: httpx.Response | type[httpx.HTTPError], kind: type[OaError]
) -> None:
    with pytest.raises(kind) as raised:
        await client(Platform(answer)).send_text("u", "x")
    assert "secret-address" not in "".join(traceback.format_exception(raised.value))


@pytest.mark.parametrize("code", [-216, -220])
async def test_a_token_that_is_over_is_refreshed_and_the_call_made_once_more(code: int) -> None:
    platform = Platform(says(code), httpx.Response(200, json=SENT))

    assert await client(platform, "access-1", "access-2").send_text("u", "x") == "m1"

    assert [request.headers["access_token"] for request in platform.seen] == ["access-1", "access-2"]


@pytest.mark.parametrize("tokens", [("access-1",), ("access-1", "access-2", "access-3")])
async def test_a_token_is_refreshed_only_once(tokens: tuple[str, ...]) -> None:
    platform = Platform(says(-216))

    with pytest.raises(AuthError):
        await client(platform, *tokens).send_text("u", "x")

    assert len(platform.seen) == min(2, len(tokens))


async def test_the_account_tells_its_name_its_quota_and_its_time() -> None:
    grants = [{"total": "500", "remain": 120}, {"total": 50, "remain": 50}]
    about = httpx.Response(
        200,
        json={"error": 0, "data": {"oa_id": "9", "name": "Cửa khẩu"}},
        headers={"date": "Sun, 22 Nov 2026 02:00:00 GMT"},
    )
    told = client(Platform(about, says(data=grants), says(data={}), says()))

    assert (await told.about())["name"] == "Cửa khẩu"
    assert told.told_at is not None
    assert told.told_at.isoformat() == "2026-11-22T02:00:00+00:00"
    assert await told.quota() == {"total": 550, "remain": 170}
    assert await told.quota() == {}
    assert await told.quota() == {}


async def test_no_address_and_no_token_reaches_a_log(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO):
        told = client(Platform(httpx.Response(200, json=SENT)))
        await told.send_picture("u", "https://ours.example/once/p.jpg", "")
    assert caplog.text == ""


async def test_a_picture_is_fetched_gone_or_tried_again() -> None:
    url = "https://photo.example/x"
    assert await client(Platform(httpx.Response(200, content=b"jpeg"))).fetch(url) == b"jpeg"
    assert await client(Platform(httpx.Response(404))).fetch(url) is None
    assert await client(Platform(httpx.Response(200, content=b"x"))).fetch("http://photo.example/x") is None
    with pytest.raises(ConnectionError):
        await client(Platform(httpx.Response(503))).fetch(url)
