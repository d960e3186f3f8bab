"""Whatever comes back – from a proxy, a changed API, somebody in between – is an error of ours, a result, and no bug."""

import asyncio
import json
from contextlib import suppress
from datetime import UTC, datetime, timedelta

import httpx
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.zalo_oa.client import OaClient, OaError
from bot.zalo_oa.exchange import Exchange, OaAccount

NOW = datetime(2026, 11, 22, 2, 0, tzinfo=UTC)
NAMES = st.sampled_from(
    [
        "error",
        "message",
        "data",
        "message_id",
        "total",
        "remain",
        "access_token",
        "refresh_token",
        "expires_in",
        "error_name",
    ]
)
SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8)
JSON = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=5),
    max_leaves=8,
)
ANSWERS = st.tuples(st.sampled_from([200, 200, 200, 302, 400, 401, 404, 429, 500]), JSON)


class Hands:
    async def access(self) -> str:
        return "access-1"

    async def refused(self, token: str) -> None:
        return


def says(answer: tuple[int, object]) -> httpx.MockTransport:
    status, body = answer
    # json.dumps writes NaN and Infinity, as a sloppy server does.
    return httpx.MockTransport(lambda request: httpx.Response(status, text=json.dumps(body)))


@settings(max_examples=150)
@given(ANSWERS)
def test_every_call_has_a_result_or_a_typed_error(answer: tuple[int, object]) -> None:
    async def asked() -> None:
        client = OaClient(Hands(), "https://oa.example", says(answer))
        with suppress(OaError):
            assert isinstance(await client.send_text("u", "x"), str)
        with suppress(OaError):
            assert (await client.about()).keys() is not None
        with suppress(OaError):
            assert all(isinstance(number, int) for number in (await client.quota()).values())
        await client.close()

    asyncio.run(asked())


@settings(max_examples=150)
@given(ANSWERS)
def test_an_exchange_brings_a_pair_that_can_be_used_or_a_typed_error(answer: tuple[int, object]) -> None:
    async def asked() -> None:
        exchange = Exchange(lambda: NOW, says(answer))
        with suppress(OaError):
            pair = await exchange.ask(OaAccount("1", "s", "r"), "refresh-1")
            httpx.Headers({"access_token": pair.access})
            assert pair.access
            assert NOW < pair.access_until <= NOW + timedelta(seconds=10**9)
            assert pair.refresh_until > NOW
        await exchange.close()

    asyncio.run(asked())
