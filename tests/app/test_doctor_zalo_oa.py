"""`hotline doctor` on the Official Account: what a person has to do, and nothing is used up by looking."""

import sqlite3
from collections.abc import AsyncIterator, Callable
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from app.doctor_data import Check, Level
from app.doctor_zalo_oa import zalo_oa_checks
from app.lock import Lock
from app.sealing import FileSeal
from app.settings import Settings, load_settings
from bot.zalo_oa.exchange import Exchange, OaAccount
from bot.zalo_oa.tokens import Tokens
from storage.database import Database
from storage.migrate import upgrade
from tests.doubles.zalooa_oauth import APP_ID, APP_SECRET, OauthDouble

OA_SECRET = "khoa-cua-official-account"
Given = Callable[..., dict[str, Any]]


class Account:
    """An Official Account behind an OAuth server: answers who it is, and what is left."""

    def __init__(self, oauth: OauthDouble) -> None:
        self.oauth, self.base_url, self.left = oauth, "", {"total": 500, "remain": 400}

    async def about(self, request: web.Request) -> web.Response:
        return self._answer(request, {"oa_id": "9", "name": "Cửa khẩu Hữu Nghị"})

    async def quota(self, request: web.Request) -> web.Response:
        return self._answer(request, [self.left])

    def _answer(self, request: web.Request, data: object) -> web.Response:
        code = self.oauth.accepts(request.headers.get("access_token", ""))
        return web.json_response({"error": code, "message": "told"} if code else {"error": 0, "data": data})


@pytest.fixture
async def account() -> AsyncIterator[Account]:
    async with OauthDouble() as oauth:
        made, app = Account(oauth), web.Application()
        app.router.add_get("/v2.0/oa/getoa", made.about)
        app.router.add_post("/v3.0/oa/quota/message", made.quota)
        async with TestServer(app) as server:
            made.base_url = str(server.make_url("")).rstrip("/")
            yield made


@pytest.fixture
def given(here: Path, account: Account) -> Given:
    """The settings of an account that is set up, in an empty folder."""
    return lambda **more: {
        "zalo_oa_app_id": APP_ID,
        "zalo_oa_app_secret": APP_SECRET,
        "zalo_oa_oa_secret": OA_SECRET,
        "zalo_oa_base_url": account.base_url,
        "zalo_oa_oauth_url": account.oauth.base_url,
        "public_url": "https://gate.example",
        **more,
    }


async def checked(settings: Settings) -> dict[str, Check]:
    return {check.name: check for check in await zalo_oa_checks(settings)}


async def connected(settings: Settings, *, age: timedelta = timedelta(0)) -> None:
    """The program ran and has exchanged the seed, `age` ago as far as it knows."""
    await upgrade(settings.database)
    seed = settings.zalo_oa_refresh_token
    wanted = OaAccount(
        APP_ID, APP_SECRET, seed.get_secret_value() if seed else "", settings.zalo_oa_oauth_url
    )

    def wall() -> datetime:
        return datetime.now(UTC) - age

    async with Database(settings.database) as db:
        tokens = Tokens(db, FileSeal(settings.key_file), wanted, Exchange(wall), wall, wall)
        await tokens.access()
        await tokens.close()


async def test_without_an_app_the_channel_is_off(here: Path) -> None:
    (check,) = (await checked(load_settings())).values()
    assert check.level is Level.OK


async def test_a_connected_account_is_told_with_its_times(given: Given, account: Account) -> None:
    settings = load_settings(**given(zalo_oa_refresh_token=account.oauth.consents()))
    await connected(settings)

    found = await checked(settings)

    assert found["zalo_oa"].level is Level.OK
    assert "Cửa khẩu Hữu Nghị" in found["zalo_oa"].message
    assert found["zalo_oa_clock"].level is Level.OK
    assert found["zalo_oa_secret"].level is Level.OK
    assert "còn 400 trong 500" in found["zalo_oa_quota"].message
    assert account.oauth.exchanges == 1


async def test_looking_never_uses_a_token_up(given: Given, account: Account) -> None:
    settings = load_settings(**given(zalo_oa_refresh_token=account.oauth.consents()))
    before = await checked(settings)
    await connected(settings, age=timedelta(hours=30))
    over = await checked(settings)
    account.oauth.withdraws()

    assert [found["zalo_oa"].level for found in (before, over)] == [Level.WARN, Level.WARN]
    assert "hết hạn" in over["zalo_oa"].message
    assert account.oauth.exchanges == 1


async def test_what_a_person_has_to_do_is_bad_and_named(given: Given, account: Account) -> None:
    nothing = await checked(load_settings(**given()))
    settings = load_settings(**given(zalo_oa_refresh_token=account.oauth.consents()))
    await connected(settings)
    fresh = await checked(load_settings(**given(zalo_oa_refresh_token=account.oauth.consents())))
    account.oauth.withdraws()
    refused = await checked(settings)
    settings.key_file.unlink()
    sealed = await checked(settings)

    assert nothing["zalo_oa"].level is Level.BAD
    assert "HOTLINE_ZALO_OA_REFRESH_TOKEN" in nothing["zalo_oa"].message
    assert fresh["zalo_oa"].level is Level.WARN
    assert (refused["zalo_oa"].level, sealed["zalo_oa"].level) == (Level.BAD, Level.BAD)
    assert "-216" in refused["zalo_oa"].message


async def test_a_program_that_runs_and_got_no_token_is_bad_and_names_the_app_first(
    given: Given, account: Account
) -> None:
    settings = load_settings(**given(zalo_oa_refresh_token=account.oauth.consents()))
    with Lock(settings.lock_file):
        found = await checked(settings)
    assert found["zalo_oa"].level is Level.BAD
    assert "HOTLINE_ZALO_OA_APP_SECRET" in found["zalo_oa"].message
    assert "zalo_oa_token_refused" in found["zalo_oa"].message


async def test_what_is_not_counted_is_not_told_as_none(given: Given, account: Account) -> None:
    seed = account.oauth.consents()
    free = await checked(load_settings(**given(zalo_oa_refresh_token=seed)))
    counted = await checked(load_settings(**given(zalo_oa_refresh_token=seed, zalo_oa_quota=100)))
    assert "chỉ đếm khi đặt HOTLINE_ZALO_OA_QUOTA" in free["zalo_oa_quota"].message
    assert "đã gửi 0 tin" in counted["zalo_oa_quota"].message


@pytest.mark.parametrize(
    ("secret", "level"),
    [(OA_SECRET, Level.OK), (APP_SECRET, Level.BAD), ("dat-tam-1", Level.WARN), (None, Level.WARN)],
)
async def test_a_secret_in_the_wrong_place_is_seen(given: Given, secret: str | None, level: Level) -> None:
    found = await checked(load_settings(**given(zalo_oa_oa_secret=secret)))

    assert found["zalo_oa_secret"].level is level
    assert secret is None or secret not in found["zalo_oa_secret"].message


async def test_the_address_for_zalos_page_is_told_until_the_first_event_came(given: Given) -> None:
    settings = load_settings(**given())
    await upgrade(settings.database)
    plain = await checked(load_settings(**given(public_url="http://127.0.0.1:8080")))
    silent = await checked(settings)
    with closing(sqlite3.connect("var/hotline.db")) as raw:
        raw.execute(
            "INSERT INTO inbox (id, channel, bot, update_id, chat_id, raw, received_at, status, attempts)"
            " VALUES (1, 'zalo_oa', '9', 'm1', 'u', '{}', '2026-11-22 02:00:00', 'waiting', 0)"
        )
        raw.commit()
    heard = await checked(settings)

    assert plain["zalo_oa_webhook"].level is Level.BAD
    assert silent["zalo_oa_webhook"].level is Level.WARN
    assert "https://gate.example/hooks/zalo-oa" in silent["zalo_oa_webhook"].message
    assert heard["zalo_oa_webhook"].level is Level.OK
    assert "22/11/2026 09:00" in heard["zalo_oa_webhook"].message


@pytest.mark.parametrize(("remain", "level"), [(101, Level.OK), (100, Level.WARN), (0, Level.WARN)])
async def test_a_plan_that_nears_its_end_is_told(
    given: Given, account: Account, remain: int, level: Level
) -> None:
    settings = load_settings(**given(zalo_oa_refresh_token=account.oauth.consents()))
    await connected(settings)
    account.left["remain"] = remain

    assert (await checked(settings))["zalo_oa_quota"].level is level
