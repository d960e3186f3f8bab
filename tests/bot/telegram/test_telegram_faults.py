"""Every fault of the platform on every method that we use: what the table in docs/flows.md says is what happens."""

import asyncio
import re
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from bot.inbound import RawUpdate
from bot.outgoing import Outgoing
from bot.telegram.app import HotlineBot, TelegramApp, TelegramSettings, answer_callback
from bot.telegram.files import FileGone
from bot.telegram.request import AiohttpRequest
from bot.telegram.sender import TELEGRAM, TelegramSender
from services.sender import ChannelFacts, Delivery, GiveUp, MovedTo, Sent, TryAgain, Verdict
from tests.doubles.botapi import BotApiDouble
from tests.doubles.botapi_people import Group, Person

ROOT = Path(__file__).resolve().parents[3]
NOW = datetime(2026, 11, 22, 3, 0, tzinfo=UTC)
PATIENCE = 1.0
"""Seconds that the bot of these tests waits for an answer."""
CANNOT_HAPPEN = "–"
PICTURE = Path("anh.png")

FAULTS: Mapping[str, Mapping[str, Any]] = {
    "429 for a chat": {"kind": "too_many", "seconds": 7},
    "429 for a group": {"kind": "too_many", "seconds": 7},
    "429 for the bot": {"kind": "too_many_bot", "seconds": 7},
    "500": {"kind": "server_error"},
    "502": {"kind": "bad_gateway"},
    "connection reset": {"kind": "reset"},
    "no answer in time": {"kind": "slow", "seconds": 60 * PATIENCE},
    "slow": {"kind": "slow", "seconds": PATIENCE / 10},
    "done, but the reply is lost": {"kind": "reply_lost"},
    "no JSON: a captive portal": {"kind": "garbage"},
    "401": {"kind": "unauthorized"},
    "409: a second poller": {"kind": "conflict"},
    "403 blocked": {"kind": "blocked"},
    "403 deactivated": {"kind": "deactivated"},
    "403 kicked": {"kind": "kicked"},
    "400 chat not found": {"kind": "chat_not_found"},
    "400 chat migrated": {"kind": "migrated", "to": -1009},
    "400 topic deleted": {"kind": "bad_request", "words": "message thread not found"},
    "400 message to edit gone": {"kind": "bad_request", "words": "message to edit not found"},
    "400 message not modified": {"kind": "bad_request", "words": "message is not modified: the same"},
    "400 query too old": {
        "kind": "bad_request",
        "words": "query is too old and response timeout expired or query ID is invalid",
    },
    "400 anything else": {"kind": "bad_request", "words": "BUTTON_DATA_INVALID"},
}
METHODS = {
    "send": ("sendMessage", "sendPhoto", "sendDocument"),
    "edit": ("editMessageText", "editMessageCaption"),
    "answer": ("answerCallbackQuery",),
    "receive": ("getUpdates",),
    "file": ("getFile",),
    "introduce": ("getMe", "setWebhook", "deleteWebhook", "getWebhookInfo"),
}
NAPS = {"told": [7.0], "again": [1.0], "all wait": [120.0], "conflict": [15.0], "done": []}
"""What receiving waits for, in seconds, before it tries again."""


def table() -> Mapping[str, Mapping[str, str]]:
    """Fault → column → outcome, as docs/flows.md has it."""
    text = (ROOT / "docs" / "flows.md").read_text().partition("### Every fault on every method")[2]
    rows = [line.strip("|").split("|") for line in re.findall(r"^\|.*\|$", text.partition("*told*")[0], re.M)]
    head, _, *body = [[cell.strip() for cell in row] for row in rows]
    return {row[0]: dict(zip(head[1:], row[1:], strict=True)) for row in body}


TABLE = table()
CASES = [
    pytest.param(fault, column, method, outcome, id=f"{fault} – {method}")
    for fault, outcomes in TABLE.items()
    for column, outcome in outcomes.items()
    for method in METHODS[column]
    if outcome != CANNOT_HAPPEN
]


@pytest.fixture(autouse=True)
def _a_picture_on_the_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    PICTURE.write_bytes(b"\x89PNG" + bytes(500))


def test_the_table_speaks_of_every_fault_and_every_method_that_we_use() -> None:
    assert set(TABLE) == set(FAULTS)
    source = "".join(path.read_text() for path in (ROOT / "bot" / "telegram").glob("*.py"))
    used = {_camel(name) for name in re.findall(r"\bbot\.([a-z]+_[a-z_]+)\(", source)}
    plumbing = {"rawUpdates", "setMyCommands"}
    assert used - plumbing == {method for methods in METHODS.values() for method in methods} - {"getUpdates"}


@pytest.mark.parametrize(("fault", "column", "method", "outcome"), CASES)
async def test_what_the_table_says_is_what_happens(
    double: BotApiDouble, fault: str, column: str, method: str, outcome: str
) -> None:
    check = {
        "send": _speaks,
        "edit": _speaks,
        "answer": _answers,
        "receive": _receives,
        "file": _fetches,
        "introduce": _introduces,
    }[column]
    await check(double, fault, method, outcome)


# --- speaking ----------------------------------------------------------------------------------------------------


async def _speaks(double: BotApiDouble, fault: str, method: str, outcome: str) -> None:
    place = (
        double.group("Tổ trực") if fault in ("429 for a group", "400 topic deleted") else double.user("An")
    )
    topic = place.topic("Hữu Nghị") if isinstance(place, Group) and "topic" in fault else None
    async with _bot(double) as bot:
        sender = TelegramSender(bot, TELEGRAM, _as_given)
        first = await _first_message(sender, method, place) if method.startswith("edit") else None
        if method == "sendDocument":
            double.breaks("bad_request", method="sendPhoto", words="PHOTO_INVALID_DIMENSIONS")
        double.breaks(method=method, **FAULTS[fault])
        verdict = await sender.send(_delivery(place, method, topic, first))
    _agrees(verdict, outcome, first)
    if outcome == "general part":
        assert place.seen()[-1].topic is None


def _agrees(verdict: Verdict, outcome: str, first: str | None) -> None:
    match outcome:
        case "done":
            assert isinstance(verdict, Sent)
            assert first in (None, verdict.provider_id)
        case "anew" | "general part":
            assert isinstance(verdict, Sent)
            assert verdict.provider_id != first
        case "told":
            assert isinstance(verdict, TryAgain)
            assert verdict.after == timedelta(seconds=7)
        case "again":
            assert isinstance(verdict, TryAgain)
            assert (verdict.after, verdict.whole_bot) == (None, False)
        case "all wait":
            assert isinstance(verdict, TryAgain)
            assert verdict.whole_bot
        case "moved":
            assert verdict == MovedTo("-1009")
        case _:
            assert isinstance(verdict, GiveUp)
            assert verdict.unreachable == (outcome == "unreachable")


async def _first_message(sender: TelegramSender, method: str, place: Person | Group) -> str:
    """What is edited afterwards: a text, or a picture with a caption."""
    verdict = await sender.send(
        _delivery(place, "sendMessage" if method == "editMessageText" else "sendPhoto")
    )
    assert isinstance(verdict, Sent)
    return verdict.provider_id


def _delivery(
    place: Person | Group, method: str, topic: int | None = None, edits: str | None = None
) -> Delivery:
    photo = PICTURE if method in ("sendPhoto", "sendDocument") else None
    words = Outgoing("Đã nhận" if edits else "Phiếu mới", photo=photo)
    return Delivery(
        outbox_id=1,
        channel="telegram",
        bot="123456",
        chat_id=str(place.id),
        chat_kind="private",
        language="vi",
        kind="card",
        facts={"parts": (words,)},
        now=NOW,
        edits=edits,
        topic=str(topic) if topic else None,
    )


def _as_given(delivery: Delivery, facts: ChannelFacts) -> tuple[Outgoing, ...]:
    return tuple(delivery.facts["parts"])


# --- answering, fetching, receiving ------------------------------------------------------------------------------


async def _answers(double: BotApiDouble, fault: str, method: str, outcome: str) -> None:
    pressed = double.world.press()
    double.breaks(method=method, **FAULTS[fault])
    async with _bot(double) as bot:
        assert await answer_callback(bot, pressed.id) == (outcome == "done")


async def _fetches(double: BotApiDouble, fault: str, method: str, outcome: str) -> None:
    driver = double.user("An")
    sent = driver.chat.messages[await driver.sends_document(b"%PDF")]["document"]["file_id"]
    double.breaks(method=method, **FAULTS[fault])
    async with _bot(double) as bot:
        fetching = TelegramSender(bot, TELEGRAM, _as_given).fetch_file(sent)
        if outcome == "done":
            assert await fetching == b"%PDF"
            return
        with pytest.raises(FileGone if outcome == "gone" else ConnectionError):
            await fetching


async def _receives(double: BotApiDouble, fault: str, method: str, outcome: str) -> None:
    await _hears_after(double, fault, method, outcome, "poll")


async def _introduces(double: BotApiDouble, fault: str, method: str, outcome: str) -> None:
    mode = "webhook" if method in ("setWebhook", "getWebhookInfo") else "poll"
    await _hears_after(double, fault, method, outcome, mode)


async def _hears_after(double: BotApiDouble, fault: str, method: str, outcome: str, mode: str) -> None:
    """The trouble is waited out as long as it should be, the method works the next time, and no message is lost."""
    naps, shelf = list[float](), list[RawUpdate]()

    async def sleep(seconds: float) -> None:
        naps.append(seconds)
        await asyncio.sleep(0.01)

    async def store(batch: Any) -> None:
        shelf.extend(batch)

    settings = TelegramSettings(double.token, double.base_url, mode, "https://cuakhau.example", "s3cret")
    app = TelegramApp(settings, store, sleep=sleep, poll_seconds=5)
    async with _bot(double) as bot:
        app.bot = bot
        double.breaks(method=method, **FAULTS[fault])
        await double.user("An").says("kẹt xe")
        run = asyncio.create_task(app.run())
        await _until(
            double,
            lambda: (
                (mode == "webhook" or shelf)
                and 200 in _answers_to(double, method, outcome)
                and app.trouble is None
            ),
        )
        run.cancel()
        await asyncio.gather(run, return_exceptions=True)
    assert [seconds for seconds in naps if seconds != 600] == NAPS[outcome]
    assert len(shelf) == (mode == "poll")


def _answers_to(double: BotApiDouble, method: str, outcome: str) -> list[int]:
    """The HTTP answers to the method, without the one that the fault made."""
    found = [call.status for call in double.calls(method)]
    return found if outcome == "done" else found[1:]


async def _until(double: BotApiDouble, fits: Callable[[], Any]) -> None:
    async with asyncio.timeout(10):
        while not fits():
            await double.world.wait(0.01)


# --- both ends ---------------------------------------------------------------------------------------------------


@asynccontextmanager
async def _bot(double: BotApiDouble) -> AsyncIterator[HotlineBot]:
    """Our bot, less patient than in service."""
    speaking, listening = (AiohttpRequest(read=PATIENCE, upload=PATIENCE) for _ in range(2))
    base = f"{double.base_url}/bot"
    bot = HotlineBot(
        double.token,
        base_url=base,
        base_file_url=f"{double.base_url}/file/bot",
        request=speaking,
        get_updates_request=listening,
    )
    try:
        yield bot
    finally:
        await bot.shutdown()


def _camel(name: str) -> str:
    head, *rest = name.split("_")
    return head + "".join(word.title() for word in rest)
