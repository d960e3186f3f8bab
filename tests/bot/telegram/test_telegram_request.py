"""HTTP to the Bot API: what goes out is right, what goes wrong has a name, and the token is told to nobody."""

import asyncio
import logging
import traceback

import pytest
from aiohttp import web
from telegram import InputMediaPhoto, ReplyParameters
from telegram.error import (
    BadRequest,
    ChatMigrated,
    Forbidden,
    InvalidToken,
    NetworkError,
    RetryAfter,
    TimedOut,
)

from bot.telegram.app import HotlineBot, make_bot
from bot.telegram.request import AiohttpRequest, redact
from tests.doubles.botapi import BotApiDouble


async def test_a_message_arrives_with_its_parameters(double: BotApiDouble, bot: HotlineBot) -> None:
    driver = double.user("An")
    question = await driver.says("Xe kẹt ở bãi Xuân Cương")
    await bot.send_message(driver.id, "Đã nhận & ghi sổ +1 <b>", reply_parameters=ReplyParameters(question))
    assert driver.messages() == ("Đã nhận & ghi sổ +1 <b>",)
    assert driver.seen()[0].reply_to == question


async def test_an_upload_arrives_byte_for_byte(double: BotApiDouble, bot: HotlineBot) -> None:
    driver = double.user("An")
    picture = bytes(range(256)) * 40
    await bot.send_photo(driver.id, picture, caption="Ảnh", filename="anh.jpg")
    assert driver.seen()[0].photo == picture
    assert double.calls("sendPhoto")[0].uploads["photo"].mime == "image/jpeg"


async def test_an_album_is_sent_by_attachments(double: BotApiDouble, bot: HotlineBot) -> None:
    driver = double.user("An")
    await bot.send_media_group(driver.id, [InputMediaPhoto(b"a" * 99), InputMediaPhoto(b"b" * 99)])
    assert [seen.photo for seen in driver.seen()] == [b"a" * 99, b"b" * 99]


async def test_a_large_burst_on_one_session_is_answered(double: BotApiDouble, bot: HotlineBot) -> None:
    drivers = [double.user(f"Lái xe {n}") for n in range(100)]
    await asyncio.gather(*(bot.send_message(driver.id, "Đã nhận") for driver in drivers))
    assert all(driver.messages() == ("Đã nhận",) for driver in drivers)


@pytest.mark.parametrize(
    ("kind", "error"),
    [
        ("too_many", RetryAfter),
        ("blocked", Forbidden),
        ("deactivated", Forbidden),
        ("chat_not_found", BadRequest),
        ("server_error", NetworkError),
        ("bad_gateway", NetworkError),
        ("unauthorized", InvalidToken),
        ("garbage", NetworkError),
        ("reset", NetworkError),
        ("reply_lost", NetworkError),
    ],
)
async def test_every_misfortune_has_its_name(
    double: BotApiDouble, bot: HotlineBot, kind: str, error: type[Exception]
) -> None:
    driver = double.user("An")
    double.breaks(kind, method="sendMessage")
    with pytest.raises(error) as caught:
        await bot.send_message(driver.id, "Đã nhận")
    assert double.token not in _everything_said(caught.value)


async def test_a_migrated_group_tells_its_new_id(double: BotApiDouble, bot: HotlineBot) -> None:
    duty = double.user("Bình")
    group = double.group("Ca trực HN", supergroup=False)
    after = await group.migrates(duty)
    with pytest.raises(ChatMigrated) as caught:
        await bot.send_message(group.id, "Có phiếu mới")
    assert caught.value.new_chat_id == after.id


async def test_silence_is_a_timeout(double: BotApiDouble) -> None:
    request = AiohttpRequest(read=0.1)
    bot = HotlineBot(double.token, f"{double.base_url}/bot", request=request, get_updates_request=request)
    double.breaks("slow", method="getMe", seconds=1.0)
    with pytest.raises(TimedOut):
        await bot.get_me()
    await bot.shutdown()


async def test_nobody_listening_is_a_network_error_without_the_token(double: BotApiDouble) -> None:
    bot = make_bot(double.token, "http://127.0.0.1:9")
    with pytest.raises(NetworkError) as caught:
        await bot.get_me()
    assert double.token not in _everything_said(caught.value)
    await bot.shutdown()


async def test_a_wrong_base_url_is_worth_another_try(double: BotApiDouble) -> None:
    bot = make_bot(double.token, "no-address")
    with pytest.raises(NetworkError) as caught:
        await bot.get_me()
    assert not isinstance(caught.value, BadRequest)
    assert double.token not in _everything_said(caught.value)
    await bot.shutdown()


async def test_half_a_surrogate_pair_is_refused_before_it_leaves(
    double: BotApiDouble, bot: HotlineBot
) -> None:
    driver = double.user("An")
    with pytest.raises(BadRequest):
        await bot.send_message(driver.id, "kẹt xe \ud83d")
    assert double.calls("sendMessage") == []


async def test_the_token_reaches_no_log_and_no_repr(
    double: BotApiDouble, bot: HotlineBot, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    logging.getLogger("telegram").setLevel(logging.INFO)
    driver = double.user("An")
    await bot.send_message(driver.id, "Chuyện riêng của tài xế")
    double.breaks("unauthorized")
    with pytest.raises(InvalidToken):
        await bot.get_me()
    assert double.token not in caplog.text
    assert "Chuyện riêng" not in caplog.text
    assert double.token not in repr(bot)


async def test_entering_the_bot_asks_nothing_and_leaving_closes_it(double: BotApiDouble) -> None:
    async with make_bot(double.token, double.base_url) as bot:
        await bot.get_me()
    assert [request.method for request in double.requests] == ["getMe"]


async def test_a_redirect_is_not_followed(double: BotApiDouble) -> None:
    async def portal(_: web.BaseRequest) -> web.Response:
        return web.Response(status=307, headers={"Location": f"{double.base_url}/portal"})

    runner = web.ServerRunner(web.Server(portal))
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    bot = make_bot(double.token, f"http://127.0.0.1:{runner.addresses[0][1]}")
    with pytest.raises(NetworkError):
        await bot.get_me()
    assert double.requests == []
    await bot.shutdown()
    await runner.cleanup()


def test_whatever_looks_like_a_token_is_blackened() -> None:
    assert redact("at /bot123456:AAE-x_yzAAE-x_yzAAE-x_yzAAE-x/getMe") == "at /bot<token>/getMe"
    assert redact("phiếu DDLS-261122-0001 lúc 19:00") == "phiếu DDLS-261122-0001 lúc 19:00"


def _everything_said(error: BaseException) -> str:
    """The error with its chain, as a log would print it."""
    return "".join(traceback.format_exception(error)) + repr(error)
