"""The Bot API double keeps its word: it refuses what Telegram refuses, and behaves as Telegram behaves."""

import asyncio
import json
import subprocess
import sys
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from aiohttp import web

from tests.doubles.botapi import BotApiDouble
from tests.doubles.botapi_rules import METHODS, TYPES, check_value, smallest, utf16
from tests.doubles.botapi_weather import FloodLimits

Json = dict[str, Any]
CARD = {
    "inline_keyboard": [
        [{"text": "Nhận xử lý", "callback_data": "claim:1"}, {"text": "Chuyển", "callback_data": "m"}]
    ]
}


class Line:
    """A bare client: one call, (status, body)."""

    def __init__(self, double: BotApiDouble, session: aiohttp.ClientSession) -> None:
        self.double, self.session = double, session

    async def __call__(self, method: str, /, token: str = "", **values: Any) -> tuple[int, Json]:
        form = {name: v if isinstance(v, str) else json.dumps(v) for name, v in values.items()}
        url = f"{self.double.base_url}/bot{token or self.double.token}/{method}"
        async with self.session.post(url, data=form) as answer:
            return answer.status, await answer.json()

    async def ok(self, method: str, /, **values: Any) -> Any:
        status, body = await self(method, **values)
        assert status == 200, body
        return body["result"]

    async def refused(self, method: str, /, **values: Any) -> str:
        """The words of a refusal."""
        status, body = await self(method, **values)
        assert status == body["error_code"] != 200
        assert body["ok"] is False
        return str(body["description"])


@pytest.fixture
async def double() -> AsyncIterator[BotApiDouble]:
    async with BotApiDouble() as double:
        yield double


@pytest.fixture
async def line(double: BotApiDouble) -> AsyncIterator[Line]:
    async with aiohttp.ClientSession() as session:
        yield Line(double, session)


# --- what is refused ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("values", "complaint"),
    [
        ({"text": "ă" * 4097}, "4097 is outside 1-4096"),
        ({"text": "😀" * 2049}, "4098 is outside 1-4096"),
        ({"text": ""}, "message text is empty"),
        ({"text": " \n"}, "message text is empty"),
        ({}, "text is required"),
        ({"text": "a", "chatid": 5}, "unknown parameter 'chatid'"),
        ({"text": "a", "disable_notification": "perhaps"}, "Boolean expected"),
        ({"text": "a", "message_thread_id": "one"}, "Integer expected"),
        ({"text": "a", "parse_mode": "BBCode"}, "unsupported parse_mode"),
        ({"text": "a < b", "parse_mode": "HTML"}, "can't parse entities"),
        ({"text": "a", "reply_parameters": "{"}, "ReplyParameters expected"),
        ({"text": "a", "reply_parameters": {"message_id": "7"}}, "Integer expected"),
    ],
)
async def test_a_message_against_the_rules_is_refused_and_told(
    double: BotApiDouble, line: Line, values: Json, complaint: str
) -> None:
    driver = double.user("An")
    words = await line.refused("sendMessage", chat_id=driver.id, **values)
    assert complaint in words
    with pytest.raises(AssertionError, match="the Bot API would refuse"):
        double.assert_clean()
    double.violations.clear()


@pytest.mark.parametrize(
    ("button", "complaint"),
    [
        ({"text": "", "callback_data": "x"}, "button text is empty"),
        ({"text": "a", "callback_data": ""}, "0 is outside 1-64 bytes"),
        ({"text": "a", "callback_data": "ă" * 33}, "66 is outside 1-64 bytes"),
        ({"text": "a"}, "exactly one action"),
        ({"text": "a", "callback_data": "x", "url": "https://example.org"}, "exactly one action"),
        ({"text": "a", "url": "http://localhost:8080/chat"}, "Wrong HTTP URL"),
        ({"text": "a", "callback_data": "x", "colour": "red"}, "has no 'colour'"),
        ({"text": "a\ud83d", "callback_data": "x"}, "lone surrogate"),
    ],
)
async def test_a_bad_button_is_refused(
    double: BotApiDouble, line: Line, button: Json, complaint: str
) -> None:
    driver = double.user("An")
    keyboard = {"inline_keyboard": [[button]]}
    assert complaint in await line.refused("sendMessage", chat_id=driver.id, text="a", reply_markup=keyboard)
    double.violations.clear()


async def test_a_keyboard_has_at_most_a_hundred_buttons(double: BotApiDouble, line: Line) -> None:
    driver = double.user("An")
    rows = [[{"text": "a", "callback_data": "x"}] for _ in range(101)]
    words = await line.refused(
        "sendMessage", chat_id=driver.id, text="a", reply_markup={"inline_keyboard": rows}
    )
    assert "over 100 buttons" in words
    double.violations.clear()


async def test_answers_captions_secrets_and_commands_have_their_limits(
    double: BotApiDouble, line: Line
) -> None:
    assert "201 is outside 0-200" in await line.refused(
        "answerCallbackQuery", callback_query_id="q", text="a" * 201
    )
    assert "outside 1-256" in await line.refused("setWebhook", url="http://127.0.0.1:1/", secret_token="")
    command = {"command": "Việc", "description": "x"}
    assert "bad command" in await line.refused("setMyCommands", commands=[command])
    driver = double.user("An")
    await driver.sends_photo(b"jpeg")
    known = driver.chat.messages[1]["photo"][-1]["file_id"]
    assert "1025" in await line.refused("sendPhoto", chat_id=driver.id, photo=known, caption="a" * 1025)
    await line.ok("sendPhoto", chat_id=driver.id, photo=known, caption="a" * 1024)
    double.violations.clear()


async def test_an_unused_or_missing_attachment_is_refused(double: BotApiDouble, line: Line) -> None:
    driver = double.user("An")
    album = [{"type": "photo", "media": "attach://one"}, {"type": "photo", "media": "attach://two"}]
    assert "attach://one has no file" in await line.refused("sendMediaGroup", chat_id=driver.id, media=album)
    form = aiohttp.FormData({"chat_id": str(driver.id), "text": "a"})
    form.add_field("extra", b"x", filename="x.bin")
    async with line.session.post(f"{double.base_url}/bot{double.token}/sendMessage", data=form) as answer:
        assert answer.status == 400
    double.violations.clear()


async def test_html_is_counted_after_entities(double: BotApiDouble, line: Line) -> None:
    driver = double.user("An")
    await line.ok("sendMessage", chat_id=driver.id, text=f"<b>{'a' * 4090}</b>&amp;", parse_mode="HTML")
    assert len(driver.messages()) == 1


async def test_a_test_that_breaks_a_rule_fails() -> None:
    async def careless() -> None:
        async with BotApiDouble() as double, aiohttp.ClientSession() as session:
            await Line(double, session)("sendMessage", chat_id=double.user("An").id, text="")

    with pytest.raises(AssertionError, match="message text is empty"):
        await careless()


@pytest.mark.parametrize("method", sorted(METHODS))
async def test_every_method_is_known(double: BotApiDouble, line: Line, method: str) -> None:
    status, body = await line(method, nonsense="1")
    assert (status, body["error_code"]) == (400, 400)
    assert "unknown parameter 'nonsense'" in body["description"]
    double.violations.clear()


@pytest.mark.parametrize("name", sorted(TYPES))
def test_the_smallest_value_of_every_type_is_right(name: str) -> None:
    value = "attach://x" if name == "InputFile" else smallest(name)
    problems = [
        p for p in check_value(value, name, name) if "Wrong HTTP URL" not in p and "is outside" not in p
    ]
    assert [p for p in problems if "exactly one action" not in p and "keyboard is empty" not in p] == []


async def test_token_and_method_are_checked(double: BotApiDouble, line: Line) -> None:
    assert await line.refused("getMe", token="1:other") == "Unauthorized"
    assert (await line("noSuchMethod"))[0] == 404
    double.token_valid = False
    assert await line.refused("getMe") == "Unauthorized"


# --- chats -------------------------------------------------------------------------------------------------------


async def test_people_see_what_was_sent_with_edits_applied(double: BotApiDouble, line: Line) -> None:
    driver = double.user("An")
    sent = await line.ok("sendMessage", chat_id=driver.id, text="Phiếu 1", reply_markup=CARD)
    mark = driver.mark()
    await line.ok("editMessageText", chat_id=driver.id, message_id=sent["message_id"], text="Phiếu 1: xong")
    seen = await driver.waits_for("xong", since=mark)
    assert driver.messages() == ("Phiếu 1: xong",)
    assert (seen.edited, seen.rows) == (True, ())


async def test_waiting_for_what_does_not_come_tells_what_came(double: BotApiDouble, line: Line) -> None:
    driver = double.user("An")
    await line.ok("sendMessage", chat_id=driver.id, text="Chào Anh/Chị")
    with pytest.raises(AssertionError, match="Chào Anh/Chị"):
        await driver.waits_for("phiếu", 0.05)


async def test_a_press_finds_the_newest_button_and_shows_the_answer(double: BotApiDouble, line: Line) -> None:
    duty = double.user("Bình")
    await line.ok("sendMessage", chat_id=duty.id, text="cũ", reply_markup=CARD)
    newest = await line.ok("sendMessage", chat_id=duty.id, text="mới", reply_markup=CARD)
    pressed = await duty.presses("Nhận")
    (update,) = await line.ok("getUpdates")
    assert update["callback_query"]["message"]["message_id"] == newest["message_id"]
    assert update["callback_query"]["data"] == "claim:1"
    await line.ok("answerCallbackQuery", callback_query_id=pressed.id, text="Đã nhận")
    assert (pressed.answered, pressed.answer) == (True, "Đã nhận")


async def test_a_press_can_be_answered_for_150_seconds(double: BotApiDouble, line: Line) -> None:
    duty = double.user("Bình")
    double.world.callback_seconds = 0.01
    pressed = await duty.presses_data("claim:1", 7)
    await asyncio.sleep(0.02)
    assert "query is too old" in await line.refused("answerCallbackQuery", callback_query_id=pressed.id)
    assert "query is too old" in await line.refused("answerCallbackQuery", callback_query_id="nobody's")


async def test_chats_that_cannot_be_written_to_say_why(double: BotApiDouble, line: Line) -> None:
    shy, blocker, ghost = double.user("Chưa viết", started=False), double.user("Chặn"), double.user("Xóa")
    group, boss = double.group("HN"), double.user("Lãnh đạo")
    await blocker.blocks()
    ghost.vanishes()
    await group.kicks_bot(boss)
    said = [await line.refused("sendMessage", chat_id=p.id, text="a") for p in (shy, blocker, ghost, group)]
    assert said == [
        "Forbidden: bot can't initiate conversation with a user",
        "Forbidden: bot was blocked by the user",
        "Forbidden: user is deactivated",
        "Forbidden: bot was kicked from the supergroup chat",
    ]
    assert "chat not found" in await line.refused("sendMessage", chat_id=404, text="a")
    await blocker.unblocks()
    await shy.starts("gate_HN")
    assert (await line("sendMessage", chat_id=shy.id, text="a"))[0] == 200
    assert (await line("sendMessage", chat_id=blocker.id, text="a"))[0] == 200


async def test_a_migrated_group_names_its_successor(double: BotApiDouble, line: Line) -> None:
    group = double.group("HN", supergroup=False)
    after = await group.migrates(double.user("Lãnh đạo"))
    _, body = await line("sendMessage", chat_id=group.id, text="a")
    assert body["parameters"] == {"migrate_to_chat_id": after.id}
    told = [
        next(iter(u["message"].keys() & {"migrate_to_chat_id", "migrate_from_chat_id"}))
        for u in await line.ok("getUpdates")
    ]
    assert told == ["migrate_to_chat_id", "migrate_from_chat_id"]


async def test_topics_exist_until_they_are_deleted(double: BotApiDouble, line: Line) -> None:
    group = double.group("HN")
    topic = group.topic("Tân Thanh")
    await line.ok("sendMessage", chat_id=group.id, text="a", message_thread_id=topic)
    assert group.seen()[-1].topic == topic
    group.deletes_topic(topic)
    words = await line.refused("sendMessage", chat_id=group.id, text="a", message_thread_id=topic)
    assert "message thread not found" in words


async def test_edits_are_refused_as_telegram_refuses_them(double: BotApiDouble, line: Line) -> None:
    driver = double.user("An")
    own = await driver.says("của tôi")
    sent = (await line.ok("sendMessage", chat_id=driver.id, text="a"))["message_id"]
    await driver.sends_photo(b"jpeg")
    photo_id = driver.chat.messages[sent + 1]["photo"][-1]["file_id"]
    photo = (await line.ok("sendPhoto", chat_id=driver.id, photo=photo_id))["message_id"]
    edits = [(sent, "a"), (own, "b"), (9999, "b"), (photo, "b")]
    said = [await line.refused("editMessageText", chat_id=driver.id, message_id=m, text=t) for m, t in edits]
    expected = ["is not modified", "can't be edited", "to edit not found", "there is no text in the message"]
    assert all(part in words for part, words in zip(expected, said, strict=True))
    await line.ok("editMessageCaption", chat_id=driver.id, message_id=photo, caption="b")
    await line.ok("deleteMessage", chat_id=driver.id, message_id=sent)
    assert driver.messages() == ("b",)


async def test_files_are_served_up_to_twenty_megabytes(double: BotApiDouble, line: Line) -> None:
    driver = double.user("An")
    small = driver.chat.messages[await driver.sends_document(b"%PDF")]["document"]["file_id"]
    large = driver.chat.messages[await driver.sends_document(size=25 * 1024**2)]["document"]["file_id"]
    path = (await line.ok("getFile", file_id=small))["file_path"]
    async with line.session.get(f"{double.base_url}/file/bot{double.token}/{path}") as answer:
        assert await answer.read() == b"%PDF"
    assert "file is too big" in await line.refused("getFile", file_id=large)
    assert "invalid file_id" in await line.refused("getFile", file_id="nobody's")


async def test_commands_are_kept_by_scope_and_language(double: BotApiDouble, line: Line) -> None:
    commands = [{"command": "phieu", "description": "Phiếu của tôi"}]
    await line.ok("setMyCommands", commands=commands, scope={"type": "all_private_chats"}, language_code="vi")
    assert await line.ok("getMyCommands", scope={"type": "all_private_chats"}, language_code="vi") == commands
    assert await line.ok("getMyCommands") == []


# --- updates -----------------------------------------------------------------------------------------------------


async def test_an_offset_acknowledges_and_nothing_else_does(double: BotApiDouble, line: Line) -> None:
    driver = double.user("An")
    for text in ("một", "hai", "ba"):
        await driver.says(text)
    first = await line.ok("getUpdates", limit=2)
    assert [u["message"]["text"] for u in await line.ok("getUpdates")] == ["một", "hai", "ba"]
    left = await line.ok("getUpdates", offset=first[-1]["update_id"] + 1)
    assert [u["message"]["text"] for u in left] == ["ba"]


async def test_a_long_poll_ends_when_something_comes(double: BotApiDouble, line: Line) -> None:
    driver = double.user("An")
    poll = asyncio.create_task(line.ok("getUpdates", timeout=10))
    await asyncio.sleep(0.05)
    await driver.says("Xe kẹt")
    assert len(await asyncio.wait_for(poll, 1)) == 1


async def test_a_second_poller_ends_the_first(double: BotApiDouble, line: Line) -> None:
    first = asyncio.create_task(line.refused("getUpdates", timeout=10))
    await asyncio.sleep(0.05)
    assert await line.ok("getUpdates") == []
    assert "terminated by other getUpdates request" in await asyncio.wait_for(first, 1)


async def test_kinds_that_were_not_asked_for_do_not_come(double: BotApiDouble, line: Line) -> None:
    driver = double.user("An")
    await line.ok("getUpdates", allowed_updates=["callback_query"])
    await driver.says("Xe kẹt")
    assert await line.ok("getUpdates") == []
    assert double.world.refused_updates == ["message"]


async def test_a_webhook_is_pushed_in_order_with_its_secret_until_it_answers(
    double: BotApiDouble, line: Line
) -> None:
    got: list[tuple[str, str | None]] = []
    answers = iter([500, 200, 200])

    async def hook(request: web.BaseRequest) -> web.Response:
        update = await request.json()
        got.append((update["message"]["text"], request.headers.get("X-Telegram-Bot-Api-Secret-Token")))
        return web.Response(status=next(answers))

    runner = web.ServerRunner(web.Server(hook))
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    driver = double.user("An")
    url = f"http://127.0.0.1:{runner.addresses[0][1]}/hooks/telegram"
    await line.ok("setWebhook", url=url, secret_token="s3cret")
    await driver.says("một")
    await driver.says("hai")
    await double.settles(0.1)
    assert got == [("một", "s3cret"), ("một", "s3cret"), ("hai", "s3cret")]
    assert "webhook is active" in await line.refused("getUpdates")
    assert (await line.ok("getWebhookInfo"))["url"] == url
    await line.ok("deleteWebhook")
    assert await line.ok("getUpdates") == []
    await runner.cleanup()


async def test_a_webhook_needs_https_outside_this_machine(double: BotApiDouble, line: Line) -> None:
    assert "HTTPS" in await line.refused("setWebhook", url="http://example.org/hooks")


# --- weather -----------------------------------------------------------------------------------------------------


async def test_a_scripted_429_lasts_and_names_the_rest(double: BotApiDouble, line: Line) -> None:
    driver, other = double.user("An"), double.user("Bình")
    double.breaks("too_many", chat=driver, seconds=0.2)
    _, body = await line("sendMessage", chat_id=driver.id, text="a")
    assert (body["error_code"], body["parameters"]) == (429, {"retry_after": 1})
    assert (await line("sendMessage", chat_id=driver.id, text="a"))[0] == 429
    assert (await line("sendMessage", chat_id=other.id, text="a"))[0] == 200
    await asyncio.sleep(0.25)
    assert (await line("sendMessage", chat_id=driver.id, text="a"))[0] == 200


async def test_a_429_can_silence_the_whole_bot(double: BotApiDouble, line: Line) -> None:
    driver, other = double.user("An"), double.user("Bình")
    double.breaks("too_many_bot", seconds=5)
    statuses = [(await line("sendMessage", chat_id=p.id, text="a"))[0] for p in (driver, other)]
    double.heals()
    assert statuses == [429, 429]
    assert (await line("sendMessage", chat_id=other.id, text="a"))[0] == 200


async def test_a_lost_reply_was_done_and_a_reset_was_not(double: BotApiDouble, line: Line) -> None:
    driver = double.user("An")
    for kind in ("reply_lost", "reset"):
        double.breaks(kind, method="sendMessage", chat=driver)
        with pytest.raises(aiohttp.ClientError):
            await line("sendMessage", chat_id=driver.id, text=kind)
    assert driver.messages() == ("reply_lost",)
    assert [request.status for request in double.calls("sendMessage")] == [0, 0]


async def test_faults_wait_for_their_turn(double: BotApiDouble, line: Line) -> None:
    driver = double.user("An")
    double.breaks("server_error", method="sendMessage", after=1, times=2)
    statuses = [(await line("sendMessage", chat_id=driver.id, text="a"))[0] for _ in range(4)]
    assert statuses == [200, 500, 500, 200]


async def test_the_flood_limits_are_telegrams() -> None:
    limits = FloodLimits()
    chat = [limits.wait_seconds("sendMessage", 1, False, now) for now in (0.0, 0.1, 0.2, 0.3, 1.4)]
    assert chat == [0, 0, 0, 1, 0]
    group = [FloodLimits(chat_burst=99).wait_seconds("sendMessage", -1, True, 0.0)]
    crowded = FloodLimits(chat_burst=99)
    group = [crowded.wait_seconds("sendMessage", -1, True, float(second)) for second in range(21)]
    assert group == [0] * 20 + [40]
    bot = FloodLimits()
    many = [bot.wait_seconds("sendMessage", chat_id, False, 0.0) for chat_id in range(31)]
    assert many == [0] * 30 + [1]
    assert bot.wait_seconds("answerCallbackQuery", 1, False, 0.0) == 0


async def test_limits_and_latency_can_be_switched_on(double: BotApiDouble, line: Line) -> None:
    driver = double.user("An")
    double.limits, double.latency = FloodLimits(), 0.03
    started = time.monotonic()
    statuses = [(await line("sendMessage", chat_id=driver.id, text="a"))[0] for _ in range(4)]
    assert statuses == [200, 200, 200, 429]
    assert time.monotonic() - started >= 0.12
    assert len(double.sent_times(driver)) == 3


async def test_what_people_send_is_what_telegram_would_send(double: BotApiDouble, line: Line) -> None:
    driver, group = double.user("An"), double.group("HN")
    first = await driver.says("/start gate_HN")
    await driver.says("có", reply_to=first)
    await driver.sends_album([b"1", b"2"], "ảnh", chat=group)
    await driver.sends_sticker()
    await driver.edits(first, "sửa")
    await driver.presses_data("x", first)
    await driver.blocks()
    await group.adds_bot(driver)
    updates = await line.ok("getUpdates")
    assert [problem for u in updates for problem in check_value(u, "Update", "update")] == []
    assert len(updates) == 9


async def test_a_message_with_half_a_surrogate_pair_is_delivered(double: BotApiDouble, line: Line) -> None:
    driver = double.user("An")
    await driver.says("kẹt \ud83d")
    (update,) = await line.ok("getUpdates")
    assert update["message"]["text"] == "kẹt \ud83d"


def test_lengths_are_utf16() -> None:
    assert [utf16(text) for text in ("ă", "😀", "\ud83d", "中")] == [1, 2, 1, 1]


# --- as a process ------------------------------------------------------------------------------------------------


@pytest.mark.kill
async def test_it_also_runs_as_a_process() -> None:
    script = Path(__file__).with_name("botapi.py")
    process = await asyncio.create_subprocess_exec(
        sys.executable, str(script), "--port", "0", stdout=subprocess.PIPE
    )
    assert process.stdout is not None
    base = (await asyncio.wait_for(process.stdout.readline(), 20)).decode().strip()
    async with aiohttp.ClientSession() as session:

        async def control(verb: str, **asked: Any) -> Any:
            async with session.post(f"{base}/control/{verb}", json=asked) as answer:
                return await answer.json()

        driver = (await control("user", name="An"))["id"]
        await control("says", user=driver, text="Xe kẹt")
        state = await control("state")
    process.terminate()
    await process.wait()
    assert (state["pending"], state["violations"]) == (1, [])


async def test_a_client_that_dies_in_the_middle_of_a_call_breaks_no_rule(
    double: BotApiDouble, line: Line
) -> None:
    head = f"POST /bot{double.token}/sendMessage HTTP/1.1\r\nHost: x\r\nContent-Length: 500\r\n"
    for kind in ("application/x-www-form-urlencoded", "multipart/form-data; boundary=b", "application/json"):
        _, writer = await asyncio.open_connection("127.0.0.1", double.port)
        writer.write(f"{head}Content-Type: {kind}\r\n\r\n--b\r\n".encode())
        await writer.drain()
        await asyncio.sleep(0.02)
        writer.transport.abort()
    await asyncio.sleep(0.05)
    await line.ok("getMe")
    assert double.violations == []
