"""Whatever an Official Account's door is sent: unsigned it is refused, signed it is kept or refused, and nothing ever fails."""

import asyncio
import json
from collections.abc import Iterator, Sequence
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from hypothesis import given
from hypothesis import strategies as st

from bot.inbound import RawUpdate
from bot.payloads import Action, write
from bot.zalo_oa.updates import as_words
from bot.zalo_oa.webhook import PATH, SIGNATURE_HEADER, Signing, signature, webhook_router
from tests.fuzz.house import House
from tests.fuzz.sizes import examples

SIGNING, ACCOUNT = Signing("1", "secret"), "579"
PEOPLE = ("7000001", "7000002", "7000003")
NAMES = (
    *("user_send_text",) * 8,
    *(
        f"user_send_{kind}"
        for kind in ("image", "file", "location", "sticker", "audio", "link", "group_text")
    ),
    "follow",
    "unfollow",
    "oa_send_text",
    "user_reacted_message",
)
WORDS = st.one_of(
    st.text(max_size=60),
    st.sampled_from(
        ("1", "2.", "hai long", "viec", "trogiup", "HN", "lienket ABCDEFGHJK", "tra cuu DDLS-261122-0001")
    ),
    st.sampled_from(
        ("Xe hàng chờ 4 tiếng ở Hữu Nghị chưa được qua", "/start gate_HN", "cháy ở bãi xe", "#", " #c:1z")
    ),
    st.builds(
        as_words, st.text(max_size=20), st.builds(write, st.sampled_from(Action), st.integers(0, 2**63 - 1))
    ),
)
PLAIN = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)
ATTACHED = st.fixed_dictionaries(
    {"type": st.sampled_from(("image", "file", "location"))},
    optional={
        "payload": st.fixed_dictionaries(
            {},
            optional={
                "url": st.sampled_from(("https://zalo.example/x.jpg", "file:///etc/passwd", "")) | PLAIN,
                "coordinates": st.fixed_dictionaries({"latitude": PLAIN, "longitude": PLAIN}) | PLAIN,
                "name": PLAIN,
                "size": PLAIN,
            },
        )
        | PLAIN
    },
)
PERSON = st.builds(lambda number: {"id": number}, st.sampled_from(PEOPLE))
EVENTS = st.fixed_dictionaries(
    {
        "app_id": st.just("1"),
        "event_name": st.sampled_from(NAMES),
        "timestamp": st.sampled_from(("1795312800000", 1795312800000)) | st.integers() | st.text(max_size=5),
        "sender": PERSON,
        "follower": PERSON,
        "recipient": st.just({"id": ACCOUNT}),
        "oa_id": st.just(ACCOUNT),
        "message": st.fixed_dictionaries(
            {"msg_id": st.text(min_size=1, max_size=8)},
            optional={
                "text": WORDS | PLAIN,
                "attachments": st.lists(ATTACHED | PLAIN, max_size=2) | PLAIN,
                "quote_msg_id": PLAIN,
            },
        )
        | PLAIN,
    }
)


@pytest.fixture(scope="module")
def house() -> Iterator[House]:
    with House() as opened:
        yield opened


@examples(6)
@given(st.lists(EVENTS, min_size=1, max_size=2))
def test_any_event_is_handled_or_refused_at_the_door(house: House, events: list[dict[str, Any]]) -> None:
    house.hears(*events)


@examples(3)
@given(
    st.one_of(
        st.binary(max_size=200),
        PLAIN.map(lambda value: json.dumps(value).encode()),
        EVENTS.map(lambda event: json.dumps(event, ensure_ascii=False).encode("utf-8", "replace")),
    ),
    st.sampled_from(("right", "prefixed", "none", "forged")),
)
def test_any_body_at_the_door_is_kept_or_refused(body: bytes, signed: str) -> None:
    stored: list[RawUpdate] = []
    status = asyncio.run(_knocks(body, signed, stored))
    if signed in ("none", "forged"):
        assert status == 403
    assert status in (200, 400, 403)
    assert not stored or status == 200


async def _knocks(body: bytes, signed: str, stored: list[RawUpdate]) -> int:
    async def store(batch: Sequence[RawUpdate]) -> None:
        stored.extend(batch)

    app = FastAPI()
    app.include_router(webhook_router(SIGNING, lambda: ACCOUNT, store))
    right = signature(body, _stamp(body), SIGNING)
    headers = {"right": right, "prefixed": f"mac={right}", "none": "", "forged": right[::-1]}
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(app), base_url="http://hotline.test"
    ) as client:
        answer = await client.post(PATH, content=body, headers={SIGNATURE_HEADER: headers[signed]})
    return answer.status_code


def _stamp(body: bytes) -> str:
    try:
        return str(json.loads(body)["timestamp"])
    except (ValueError, TypeError, KeyError):
        return ""
