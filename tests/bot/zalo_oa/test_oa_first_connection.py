"""Connecting for the first time: Zalo asks the address before it shows the key with which it signs."""

from collections.abc import Sequence

import httpx
from fastapi import FastAPI

from bot.inbound import RawUpdate
from bot.zalo_oa.app import OaApp
from bot.zalo_oa.client import OaClient
from bot.zalo_oa.webhook import PATH, Signing

EVENT = (
    b'{"app_id":"12","event_name":"user_send_text","timestamp":"1750316131602","sender":{"id":"u"},'
    b'"recipient":{"id":"9"},"message":{"msg_id":"m1","text":"forged"}}'
)


class Hands:
    async def access(self) -> str:
        return "access"

    async def refused(self, token: str) -> None:
        return


async def test_without_the_key_the_address_answers_and_nothing_is_taken() -> None:
    stored: list[RawUpdate] = []

    async def store(batch: Sequence[RawUpdate]) -> None:
        stored.extend(batch)

    async def nothing() -> None:
        return

    ears = OaApp(OaClient(Hands(), "https://oa.example"), Signing("12", ""), store, nothing)
    app = FastAPI()
    app.include_router(ears.router())
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="https://h.example") as zalo:
        answers = [await zalo.post(PATH, content=body) for body in (EVENT, b"{}", b"")]
    await ears.close()

    assert [answer.status_code for answer in answers] == [200, 200, 200]
    assert stored == []
