"""The Official Account's door: what is signed is stored before it is acknowledged, and nothing else is."""

import json
from collections.abc import Sequence
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from bot.inbound import RawUpdate
from bot.zalo_oa.webhook import Signing, signature, webhook_router

SIGNING = Signing("3205917402285571841", "khoa-ky-cua-oa")
EVENT = {
    "app_id": SIGNING.app_id,
    "sender": {"id": "7"},
    "recipient": {"id": "579"},
    "event_name": "user_send_text",
    "message": {"text": "Xe chờ ở Hữu Nghị", "msg_id": "m1"},
    "timestamp": "1750316131602",
}
BODY = json.dumps(EVENT, ensure_ascii=False, indent=2).encode()
SIGNED = signature(BODY, "1750316131602", SIGNING)


class Door:
    """The route with a shelf behind it. `account` is what the platform has told us of ourselves."""

    def __init__(
        self, account: str | None = "579", *, broken: bool = False, signing: Signing = SIGNING
    ) -> None:
        self.stored: list[RawUpdate] = []
        self._broken = broken
        self._app = FastAPI()
        self._app.include_router(webhook_router(signing, lambda: account, self._store))

    async def knocks(self, body: bytes, signed: str | None = None) -> int:
        headers = {} if signed is None else {"X-ZEvent-Signature": signed.encode()}
        transport = httpx.ASGITransport(self._app)
        async with httpx.AsyncClient(transport=transport, base_url="http://hotline.test") as client:
            return (await client.post("/hooks/zalo-oa", content=body, headers=headers)).status_code

    async def says(self, event: Any) -> int:
        body = json.dumps(event).encode()
        return await self.knocks(body, signature(body, str(event.get("timestamp")), SIGNING))

    async def _store(self, batch: Sequence[RawUpdate]) -> None:
        if self._broken:
            raise OSError("disk full")
        self.stored += batch


def test_the_signature_is_the_one_of_the_documentation() -> None:
    # echo -n '1{"timestamp":"2"}2s' | sha256sum
    expected = "9d8b7a703447a117465d7d97fa0101d1f4fafaefc6e4c2ada58b317a2073276c"
    assert signature(b'{"timestamp":"2"}', "2", Signing("1", "s")) == expected


@pytest.mark.parametrize("signed", [SIGNED, f"mac={SIGNED}", f"MAC={SIGNED.upper()}", f" mac= {SIGNED} "])
async def test_what_is_signed_is_stored_with_and_without_its_prefix(signed: str) -> None:
    door = Door()
    assert await door.knocks(BODY, signed) == 200
    assert [row.update_id for row in door.stored] == ["m1"]


@pytest.mark.parametrize(
    ("body", "signed"),
    [
        (BODY, None),
        (BODY, ""),
        (BODY, "mac="),
        (BODY, SIGNED[:-1]),
        (BODY, "0" * 64),
        (BODY, "é" * 64),
        (BODY + b" ", SIGNED),
        (BODY.replace(b"1750316131602", b"1750316131603"), SIGNED),
        (BODY, signature(BODY, "1750316131602", Signing(SIGNING.app_id, "another secret"))),
        (BODY, signature(BODY, "1750316131602", Signing("1", SIGNING.secret))),
        (b"{}", signature(b"{}", "", SIGNING)),
        (b"no json", signature(b"no json", "", SIGNING)),
        (b'{"timestamp": NaN}', signature(b'{"timestamp": NaN}', "NaN", SIGNING)),
        (b"[" * 100_000, signature(b"", "", SIGNING)),
    ],
)
async def test_what_is_not_signed_is_refused_and_stored_nowhere(body: bytes, signed: str | None) -> None:
    door = Door()
    assert await door.knocks(body, signed) == 403
    assert door.stored == []


@pytest.mark.parametrize("other", [{"app_id": "1"}, {"recipient": {"id": "580"}}, {"recipient": {}}])
async def test_an_event_of_another_app_or_account_is_refused(other: dict[str, Any]) -> None:
    door = Door()
    assert await door.says({**EVENT, **other}) == 400
    assert door.stored == []


async def test_as_long_as_nobody_knows_the_account_the_signature_is_enough() -> None:
    door = Door(account=None)
    assert await door.says(EVENT) == 200
    assert len(door.stored) == 1


@pytest.mark.parametrize("name", ["oa_send_text", "user_seen_message", "shop_has_order"])
async def test_echoes_and_unknown_events_are_acknowledged_and_forgotten(name: str) -> None:
    door = Door()
    assert await door.says({**EVENT, "event_name": name, "sender": {"id": "579"}}) == 200
    assert door.stored == []


async def test_a_signed_body_that_is_no_event_is_refused() -> None:
    assert await Door().says({"timestamp": "5"}) == 400


async def test_what_cannot_be_stored_is_not_acknowledged() -> None:
    assert await Door(broken=True).says(EVENT) == 503


async def test_before_the_secret_is_known_everything_is_acknowledged_and_forgotten() -> None:
    """Zalo shows the secret only when the address has answered 200."""
    door = Door(signing=Signing(SIGNING.app_id, ""))
    assert await door.knocks(b"anything", None) == 200
    assert await door.says(EVENT) == 200
    assert door.stored == []
