"""What `hotline run` prints about an Official Account: first where its events have to be sent, then that it listens."""

import asyncio
from pathlib import Path

import pytest

from app.program import opened
from app.settings import load_settings
from app.welcome import later, welcome
from tests.doubles.zalooa import ZaloOaDouble
from tests.zalo_oa_line import settings_for

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
        (
            {**ACCOUNT, "zalo_oa_oa_secret": "khoa-cua-official-account"},
            "Zalo OA: đang hỏi Zalo; kết quả hiện ở dòng dưới.",
        ),
        ({}, None),
    ],
)
async def test_an_official_account_is_told_as_far_as_it_is_set_up(
    here: Path, given: dict[str, str], said: str | None
) -> None:
    async with opened(load_settings(**given)) as program:
        text = await welcome(program)

    assert (said in text) if said else ("Zalo OA" not in text)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({}, "Zalo OA: đã nối với "),
        ({"zalo_oa_oa_secret": None}, "nhưng chưa nhận tin: còn thiếu HOTLINE_ZALO_OA_OA_SECRET."),
        ({"zalo_oa_app_secret": "sai-khoa"}, "HOTLINE_ZALO_OA_APP_ID và HOTLINE_ZALO_OA_APP_SECRET trước"),
        ({"zalo_oa_app_id": "99"}, "HOTLINE_ZALO_OA_APP_ID và HOTLINE_ZALO_OA_APP_SECRET trước"),
        ({"zalo_oa_refresh_token": "da-dung-roi"}, "đặt HOTLINE_ZALO_OA_REFRESH_TOKEN"),
        ({"zalo_oa_refresh_token": None}, "chưa có mã dùng được"),
        ({"zalo_oa_oauth_url": "http://127.0.0.1:1"}, "chương trình tự hỏi lại"),
    ],
)
async def test_what_zalo_answered_is_told_as_soon_as_it_is_known(
    here: Path, given: dict[str, str | None], said: str
) -> None:
    async with ZaloOaDouble() as double:
        url = "http://127.0.0.1:8080"
        account = {**settings_for(double, url), **given}
        async with opened(load_settings(public_url=url, **account)) as program:
            work = asyncio.create_task(program.run())
            line = await later(program)
            program.stop.set()
            await work

    assert said in line
    assert line.startswith("Zalo OA: ")
    assert ("đã nối" in line) == ("zalo_oa_oa_secret" in given or not given)


async def test_a_program_that_is_stopped_before_zalo_answers_has_nothing_to_tell(here: Path) -> None:
    async with opened(load_settings(**ACCOUNT)) as program:
        program.stop.set()
        assert await later(program) == ""


async def test_a_misspelt_setting_is_named_at_the_start(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOTLINE_TELEGRAM_TOKE", "1:gia-tri")
    async with opened(load_settings()) as program:
        text = await welcome(program)

    assert "Cài đặt không hiểu, đang bị bỏ qua: HOTLINE_TELEGRAM_TOKE." in text
    assert "gia-tri" not in text
