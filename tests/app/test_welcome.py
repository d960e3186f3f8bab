"""What `hotline run` prints about an Official Account: first where its events have to be sent, then that it listens."""

from pathlib import Path

import pytest

from app.program import opened
from app.settings import load_settings
from app.welcome import welcome

ACCOUNT = {
    "zalo_oa_app_id": "12",
    "zalo_oa_app_secret": "s-1",
    "zalo_oa_base_url": "http://127.0.0.1:1",
    "zalo_oa_oauth_url": "http://127.0.0.1:1",
    "public_url": "https://gate.example",
}


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (ACCOUNT, "Zalo OA: chưa nhận tin. Nhập https://gate.example/hooks/zalo-oa ở trang Webhook"),
        ({**ACCOUNT, "zalo_oa_oa_secret": "khoa-cua-official-account"}, "Zalo OA: đã nối."),
        ({}, None),
    ],
)
async def test_an_official_account_is_told_as_far_as_it_is_set_up(
    here: Path, given: dict[str, str], said: str | None
) -> None:
    async with opened(load_settings(**given)) as program:
        text = await welcome(program)

    assert (said in text) if said else ("Zalo OA" not in text)
