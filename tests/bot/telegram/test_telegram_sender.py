"""Speaking on Telegram: what arrives looks right, and every refusal becomes the right verdict."""

import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from structlog.testing import capture_logs
from telegram.error import (
    BadRequest,
    ChatMigrated,
    Forbidden,
    InvalidToken,
    NetworkError,
    RetryAfter,
    TelegramError,
    TimedOut,
)

from bot.outgoing import Button, Outgoing
from bot.telegram.app import HotlineBot, make_bot
from bot.telegram.files import FileGone, FileTooLarge
from bot.telegram.sender import TELEGRAM, TelegramSender
from bot.telegram.verdicts import verdict_of
from services.sender import (
    ChannelFacts,
    Delivery,
    Document,
    GiveUp,
    MovedTo,
    Sender,
    Sent,
    TryAgain,
    Verdict,
)
from tests.doubles.botapi import BotApiDouble
from tests.doubles.botapi_people import Group, Person

NOW = datetime(2026, 11, 22, 3, 0, tzinfo=UTC)
CLAIM = ((Button("Nhận xử lý", "claim:7"), Button("Chuyển", "move:7")),)
PNG = b"\x89PNG" + bytes(500)


def as_given(delivery: Delivery, facts: ChannelFacts) -> tuple[Outgoing, ...]:
    """A render that finds the finished parts among the facts."""
    assert facts.name == "telegram"
    return tuple(delivery.facts["parts"])


def delivery(to: Person | Group, *parts: Outgoing | str, **more: Any) -> Delivery:
    made = [part if isinstance(part, Outgoing) else Outgoing(part) for part in parts]
    base: dict[str, Any] = {
        "outbox_id": 1, "channel": "telegram", "bot": "123456", "chat_id": str(to.id), "chat_kind": "private",
        "language": "vi", "kind": "card", "facts": {"parts": made}, "now": NOW,
    }  # fmt: skip
    return Delivery(**base | more)


@pytest.fixture
def sender(bot: HotlineBot) -> TelegramSender:
    return TelegramSender(bot, TELEGRAM, as_given)


def edit_of(sent: Verdict) -> dict[str, Any]:
    assert isinstance(sent, Sent)
    return {"edits": sent.provider_id}


# --- what arrives ------------------------------------------------------------------------------------------------


async def test_a_card_arrives_with_its_buttons(double: BotApiDouble, sender: TelegramSender) -> None:
    duty = double.user("Bình")
    links = (Button("Xem trên bàn trực", url="https://hotline.example.vn/desk"),)
    verdict = await sender.send(delivery(duty, Outgoing("Phiếu DDLS-261122-0001", (*CLAIM, links))))
    (seen,) = duty.seen()
    assert verdict == Sent(str(seen.message_id))
    assert seen.rows == (("Nhận xử lý", "Chuyển"), ("Xem trên bàn trực",))
    assert seen.payloads["Nhận xử lý"] == "claim:7"


def test_it_is_what_the_outbox_asks_for(sender: TelegramSender) -> None:
    outbox_view: Sender = sender
    assert outbox_view.facts == ChannelFacts("telegram", mirrors=True)


async def test_markup_in_words_of_people_is_shown_as_written(
    double: BotApiDouble, sender: TelegramSender
) -> None:
    driver = double.user("An")
    await sender.send(delivery(driver, "<b>xe</b> *12C-123.45* _[x](y)_ & \u202ekẹt"))
    assert driver.messages() == ("<b>xe</b> *12C-123.45* _[x](y)_ & \u202ekẹt",)
    assert double.calls("sendMessage")[0].values["link_preview_options"] == {"is_disabled": True}


async def test_parts_go_out_one_by_one(double: BotApiDouble, sender: TelegramSender) -> None:
    driver = double.user("An")
    first = await sender.send(delivery(driver, "một", "hai"))
    last = await sender.send(delivery(driver, "một", "hai", part=1))
    nothing_left = await sender.send(delivery(driver, "một", part=1))
    assert [v.more for v in (first, last) if isinstance(v, Sent)] == [True, False]
    assert nothing_left == Sent("")
    assert driver.messages() == ("một", "hai")


async def test_an_edit_changes_the_card_in_place(double: BotApiDouble, sender: TelegramSender) -> None:
    duty = double.user("Bình")
    sent = await sender.send(delivery(duty, Outgoing("Phiếu mới", CLAIM)))
    edited = await sender.send(delivery(duty, "Đồng chí Bình đã nhận", **edit_of(sent)))
    assert edited == sent
    assert [(seen.text, seen.rows) for seen in duty.seen()] == [("Đồng chí Bình đã nhận", ())]


async def test_an_edit_that_changes_nothing_is_done(double: BotApiDouble, sender: TelegramSender) -> None:
    duty = double.user("Bình")
    sent = await sender.send(delivery(duty, Outgoing("Phiếu mới", CLAIM)))
    assert await sender.send(delivery(duty, Outgoing("Phiếu mới", CLAIM), **edit_of(sent))) == sent
    assert len(duty.seen()) == 1


async def test_a_deleted_card_is_sent_anew(double: BotApiDouble, sender: TelegramSender) -> None:
    duty = double.user("Bình")
    sent = await sender.send(delivery(duty, "Phiếu mới"))
    duty.deletes(int(edit_of(sent)["edits"]))
    again = await sender.send(delivery(duty, "Phiếu đã nhận", **edit_of(sent)))
    assert isinstance(again, Sent)
    assert again != sent
    assert duty.messages() == ("Phiếu đã nhận",)


async def test_a_colleagues_copy_that_was_deleted_is_not_said_again(
    double: BotApiDouble, sender: TelegramSender
) -> None:
    duty = double.user("Bình")
    sent = await sender.send(delivery(duty, "Nhiệm vụ"))
    duty.deletes(int(edit_of(sent)["edits"]))
    facts = {"parts": [Outgoing("Nhiệm vụ, đã nhận")], "only_edits": True}
    again = await sender.send(delivery(duty, facts=facts, **edit_of(sent)))
    assert again == Sent(edit_of(sent)["edits"], said=False)
    assert duty.messages() == ()


@pytest.mark.parametrize("words", ["message can't be edited", "MESSAGE_ID_INVALID"])
async def test_a_card_that_cannot_be_edited_is_sent_anew(
    double: BotApiDouble, sender: TelegramSender, words: str
) -> None:
    duty = double.user("Bình")
    sent = await sender.send(delivery(duty, "Phiếu mới"))
    double.breaks("bad_request", method="editMessageText", words=words)
    await sender.send(delivery(duty, "Phiếu đã nhận", **edit_of(sent)))
    assert duty.messages() == ("Phiếu mới", "Phiếu đã nhận")


async def test_an_edit_refused_for_another_reason_gives_up(
    double: BotApiDouble, sender: TelegramSender
) -> None:
    duty = double.user("Bình")
    sent = await sender.send(delivery(duty, "Phiếu mới"))
    double.breaks("bad_request", method="editMessageText", words="BUTTON_DATA_INVALID")
    assert isinstance(await sender.send(delivery(duty, "Phiếu đã nhận", **edit_of(sent))), GiveUp)
    assert duty.messages() == ("Phiếu mới",)


async def test_a_photo_carries_its_words_as_caption(
    double: BotApiDouble, sender: TelegramSender, tmp_path: Path
) -> None:
    photo = tmp_path / "3f7a"  # stored by its hash: no suffix
    photo.write_bytes(PNG)
    driver = double.user("An")
    sent = await sender.send(delivery(driver, Outgoing("Đã vá ổ gà", CLAIM, photo)))
    (seen,) = driver.seen()
    assert (seen.text, seen.photo, seen.labels) == ("Đã vá ổ gà", PNG, ("Nhận xử lý", "Chuyển"))
    assert double.calls("sendPhoto")[0].uploads["photo"].name == "photo.jpg"
    edited = await sender.send(delivery(driver, Outgoing("Đã nhận"), **edit_of(sent)))
    assert edited == sent
    assert driver.messages() == ("Đã nhận",)


async def test_words_too_long_for_a_caption_follow_the_photo(
    double: BotApiDouble, sender: TelegramSender, tmp_path: Path
) -> None:
    photo = tmp_path / "anh.png"
    photo.write_bytes(PNG)
    driver = double.user("An")
    at_limit, over = "ă" * 1024, "😀" * 513
    await sender.send(delivery(driver, Outgoing(at_limit, CLAIM, photo)))
    verdict = await sender.send(delivery(driver, Outgoing(over, CLAIM, photo), outbox_id=2))
    assert driver.messages() == (at_limit, "", over)
    assert verdict == Sent(str(driver.seen()[-1].message_id))
    assert driver.seen()[-1].labels == ("Nhận xử lý", "Chuyển")


async def test_a_retry_does_not_send_the_photo_twice(
    double: BotApiDouble, sender: TelegramSender, tmp_path: Path
) -> None:
    photo = tmp_path / "anh.png"
    photo.write_bytes(PNG)
    driver = double.user("An")
    double.breaks("server_error", method="sendMessage")
    long = delivery(driver, Outgoing("a" * 1025, photo=photo))
    assert isinstance(await sender.send(long), TryAgain)
    assert isinstance(await sender.send(long), Sent)
    assert driver.messages() == ("", "a" * 1025)


async def test_a_file_travels_by_its_name_with_its_words(
    double: BotApiDouble, sender: TelegramSender
) -> None:
    officer = double.user("Phúc")
    document = Document("bao-cao-45.pdf", lambda: b"%PDF-1.7 report")
    sent = await sender.send(delivery(officer, Outgoing("Tệp minh chứng", document=document)))
    assert isinstance(sent, Sent)
    assert officer.messages() == ("Tệp minh chứng",)
    upload = double.calls("sendDocument")[0].uploads["document"]
    assert (upload.name, upload.content) == ("bao-cao-45.pdf", b"%PDF-1.7 report")


async def test_a_file_that_is_gone_leaves_its_words(double: BotApiDouble, sender: TelegramSender) -> None:
    def gone() -> bytes:
        raise FileNotFoundError

    officer = double.user("Phúc")
    await sender.send(delivery(officer, Outgoing("Tệp minh chứng", document=Document("a.pdf", gone))))
    assert officer.messages() == ("Tệp minh chứng",)
    assert double.calls("sendDocument") == []


async def test_a_photo_telegram_cannot_show_goes_as_a_file(
    double: BotApiDouble, sender: TelegramSender, tmp_path: Path
) -> None:
    photo = tmp_path / "anh.png"
    photo.write_bytes(PNG)
    driver = double.user("An")
    double.breaks("bad_request", method="sendPhoto", words="PHOTO_INVALID_DIMENSIONS")
    await sender.send(delivery(driver, Outgoing("Bản đồ", photo=photo)))
    photo.write_bytes(bytes(10 * 1024**2 + 1))
    await sender.send(delivery(driver, Outgoing("Ảnh lớn", photo=photo), outbox_id=2))
    assert driver.messages() == ("Bản đồ", "Ảnh lớn")
    assert len(double.calls("sendDocument")) == 2


async def test_a_photo_missing_on_disk_does_not_hold_back_the_words(
    double: BotApiDouble, sender: TelegramSender, tmp_path: Path
) -> None:
    driver = double.user("An")
    with capture_logs() as logs:
        await sender.send(delivery(driver, Outgoing("Đã vá ổ gà", photo=tmp_path / "gone")))
    assert driver.messages() == ("Đã vá ổ gà",)
    assert logs[0]["event"] == "telegram_photo_missing"


async def test_a_reply_hangs_on_its_message_or_arrives_without(
    double: BotApiDouble, sender: TelegramSender
) -> None:
    driver = double.user("An")
    asked = await driver.says("Bao giờ thông xe?")
    await sender.send(delivery(driver, "Trước 19:00", replies_to=str(asked)))
    await sender.send(delivery(driver, "Đã thông", replies_to="999"))
    assert [seen.reply_to for seen in driver.seen()] == [asked, None]


async def test_a_topic_is_kept_and_a_deleted_one_is_left(
    double: BotApiDouble, sender: TelegramSender
) -> None:
    group = double.group("Ca trực")
    topic = group.topic("Tân Thanh")
    mark = group.mark()
    await sender.send(delivery(group, "một", topic=str(topic), chat_kind="group"))
    group.deletes_topic(topic)
    await sender.send(delivery(group, "hai", topic=str(topic), chat_kind="group"))
    assert [(seen.text, seen.topic) for seen in group.seen(mark)] == [("một", topic), ("hai", None)]


async def test_the_phone_is_asked_for_in_private_only(double: BotApiDouble, sender: TelegramSender) -> None:
    driver, group = double.user("An"), double.group("Ca trực")
    ask = Outgoing("Số điện thoại?", contact_request="Gửi số của tôi")
    await sender.send(delivery(driver, ask))
    await sender.send(delivery(group, ask, chat_kind="group"))
    private, public = double.calls("sendMessage")
    assert private.values["reply_markup"]["keyboard"] == [
        [{"text": "Gửi số của tôi", "request_contact": True}]
    ]
    assert "reply_markup" not in public.values


async def test_a_link_to_this_machine_is_left_out(double: BotApiDouble, sender: TelegramSender) -> None:
    duty = double.user("Bình")
    links = (Button("Bàn trực", url="http://localhost:8080/desk"),)
    await sender.send(delivery(duty, Outgoing("Phiếu mới", (links, *CLAIM))))
    assert duty.seen()[0].rows == (("Nhận xử lý", "Chuyển"),)


async def test_half_a_surrogate_pair_becomes_a_replacement_sign(
    double: BotApiDouble, sender: TelegramSender
) -> None:
    driver = double.user("An")
    await sender.send(delivery(driver, "kẹt \ud83d xe \udc00 😀"))
    assert driver.messages() == ("kẹt \ufffd xe \ufffd 😀",)


async def test_an_empty_text_is_given_up_loudly(double: BotApiDouble, sender: TelegramSender) -> None:
    driver = double.user("An")
    with capture_logs() as logs:
        verdict = await sender.send(delivery(driver, " \n"))
    assert isinstance(verdict, GiveUp)
    assert (logs[0]["event"], logs[0]["log_level"]) == ("telegram_gave_up", "error")
    assert double.calls("sendMessage") == []


# --- verdicts ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("error", "verdict"),
    [
        (RetryAfter(7), TryAgain(timedelta(seconds=7))),
        (ChatMigrated(-1001), MovedTo("-1001")),
        (Forbidden("Forbidden: bot was blocked by the user"), GiveUp("", unreachable=True)),
        (Forbidden("Forbidden: user is deactivated"), GiveUp("", unreachable=True)),
        (Forbidden("Forbidden: bot was kicked from the supergroup chat"), GiveUp("", unreachable=True)),
        (Forbidden("Forbidden: bot can't initiate conversation with a user"), GiveUp("", unreachable=True)),
        (BadRequest("Bad Request: chat not found"), GiveUp("", unreachable=True)),
        (BadRequest("Bad Request: PEER_ID_INVALID"), GiveUp("", unreachable=True)),
        (BadRequest("Bad Request: group chat was deactivated"), GiveUp("", unreachable=True)),
        (
            BadRequest("Bad Request: not enough rights to send text messages to the chat"),
            GiveUp("", unreachable=True),
        ),
        (BadRequest("Bad Request: message is too long"), GiveUp("")),
        (NetworkError("Request Entity Too Large"), GiveUp("")),
        (TimedOut(), TryAgain()),
        (NetworkError("Bad Gateway"), TryAgain()),
        (TelegramError("something new"), TryAgain()),
        (InvalidToken(), TryAgain(timedelta(seconds=120), whole_bot=True)),
    ],
)
def test_every_refusal_has_its_verdict(error: TelegramError, verdict: Verdict) -> None:
    match verdict_of(error), verdict:
        case TryAgain() as got, TryAgain() as wanted:
            assert (got.after, got.whole_bot) == (wanted.after, wanted.whole_bot)
        case GiveUp() as got_up, GiveUp() as wanted_up:
            assert got_up.unreachable == wanted_up.unreachable
            assert got_up.reason
        case got, wanted:
            assert got == wanted


def test_a_reason_is_short_and_shows_no_token() -> None:
    verdict = verdict_of(BadRequest("Not Found: /bot123456:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA/x" + "y" * 500))
    assert isinstance(verdict, GiveUp)
    assert "AAAA" not in verdict.reason
    assert len(verdict.reason) <= 200


async def test_a_blocking_person_is_unreachable(double: BotApiDouble, sender: TelegramSender) -> None:
    driver = double.user("An")
    await driver.blocks()
    assert await sender.send(delivery(driver, "a")) == GiveUp(
        "Forbidden: bot was blocked by the user", unreachable=True
    )


async def test_a_migrated_group_is_followed(double: BotApiDouble, sender: TelegramSender) -> None:
    group = double.group("Ca trực", supergroup=False)
    after = await group.migrates(double.user("Lãnh đạo"), tells=False)
    verdict = await sender.send(delivery(group, "a", chat_kind="group"))
    assert verdict == MovedTo(str(after.id))
    assert isinstance(await sender.send(delivery(after, "a", chat_kind="group")), Sent)


async def test_one_chat_told_to_wait_holds_up_nobody_else(
    double: BotApiDouble, sender: TelegramSender
) -> None:
    driver = double.user("An")
    double.breaks("too_many", chat=driver, seconds=30)
    verdict = await sender.send(delivery(driver, "a"))
    assert isinstance(verdict, TryAgain)
    assert (verdict.after, verdict.whole_bot) == (timedelta(seconds=30), False)


async def test_many_chats_told_to_wait_mean_the_whole_bot(
    double: BotApiDouble, sender: TelegramSender
) -> None:
    drivers = [double.user(f"Lái xe {n}") for n in range(4)]
    double.breaks("too_many_bot", seconds=30)
    verdicts = [await sender.send(delivery(driver, "a")) for driver in drivers[:3]]
    double.heals()
    double.breaks("too_many", seconds=5, chat=drivers[3])
    later = await sender.send(delivery(drivers[3], "a", now=NOW + timedelta(minutes=1)))
    assert [v.whole_bot for v in (*verdicts, later) if isinstance(v, TryAgain)] == [False, False, True, False]


async def test_a_lost_line_is_tried_again(double: BotApiDouble, sender: TelegramSender) -> None:
    driver = double.user("An")
    for kind in ("reset", "reply_lost", "bad_gateway", "garbage"):
        double.breaks(kind, method="sendMessage")
        assert isinstance(await sender.send(delivery(driver, "a")), TryAgain)
    assert driver.messages() == ("a",), "only the lost reply was done"


async def test_a_dead_token_stops_the_bot_and_is_shouted_once(
    double: BotApiDouble, sender: TelegramSender
) -> None:
    driver = double.user("An")
    double.token_valid = False
    with capture_logs() as logs:
        verdicts = [await sender.send(delivery(driver, "a")) for _ in range(3)]
    assert all(isinstance(verdict, TryAgain) and verdict.whole_bot for verdict in verdicts)
    assert [entry["event"] for entry in logs] == ["telegram_token_refused"]
    assert double.token not in str(logs) + str(verdicts)


async def test_many_chats_are_written_to_at_once(double: BotApiDouble, sender: TelegramSender) -> None:
    drivers = [double.user(f"Lái xe {n}") for n in range(50)]
    verdicts = await asyncio.gather(*(sender.send(delivery(driver, "a")) for driver in drivers))
    assert all(isinstance(verdict, Sent) for verdict in verdicts)


# --- files -------------------------------------------------------------------------------------------------------


async def test_what_a_person_sent_can_be_fetched(double: BotApiDouble, sender: TelegramSender) -> None:
    driver = double.user("An")
    sent = await driver.sends_photo(PNG)
    assert await sender.fetch_file(driver.chat.messages[sent]["photo"][-1]["file_id"]) == PNG


async def test_what_cannot_be_fetched_says_why(double: BotApiDouble, sender: TelegramSender) -> None:
    driver = double.user("An")
    large = driver.chat.messages[await driver.sends_document(size=25 * 1024**2)]["document"]["file_id"]
    expired = driver.chat.messages[await driver.sends_document()]["document"]["file_id"]
    double.world.files[expired].served = False
    with pytest.raises(FileTooLarge) as too_large:
        await sender.fetch_file(large)
    assert too_large.value.data == {"megabytes": 20}
    with pytest.raises(FileGone):
        await sender.fetch_file(expired)
    with pytest.raises(FileGone):
        await sender.fetch_file("nobody's")


async def test_a_file_longer_than_it_said_is_not_swallowed(
    double: BotApiDouble, sender: TelegramSender
) -> None:
    driver = double.user("An")
    content = bytes(22 * 1024**2)
    liar = driver.chat.messages[await driver.sends_document(content, size=1000)]["document"]["file_id"]
    with pytest.raises(FileTooLarge):
        await sender.fetch_file(liar)


@pytest.mark.parametrize("kind", ["reset", "server_error", "too_many", "unauthorized"])
async def test_a_fetch_that_may_work_later_is_a_connection_error(
    double: BotApiDouble, sender: TelegramSender, kind: str
) -> None:
    double.breaks(kind, method="getFile")
    with pytest.raises(ConnectionError):
        await sender.fetch_file("any")


# --- whatever the words, the rules of the Bot API are kept --------------------------------------------------------


@given(
    text=st.text(st.characters(exclude_categories=()), max_size=300),
    label=st.text(min_size=1, max_size=20).filter(str.strip),
    payload=st.text("abcdefghijklmnopqrstuvwxyz0123456789:", min_size=1, max_size=64),
)
@settings(max_examples=50, deadline=None)
def test_no_text_breaks_a_rule(text: str, label: str, payload: str) -> None:
    async def say() -> Verdict:
        async with BotApiDouble() as double:
            bot = make_bot(double.token, double.base_url)
            outgoing = Outgoing(text, ((Button(label, payload),),))
            verdict = await TelegramSender(bot, TELEGRAM, as_given).send(
                delivery(double.user("An"), outgoing)
            )
            await bot.shutdown()
            return verdict

    verdict = asyncio.run(say())
    assert isinstance(verdict, Sent if text.strip() else GiveUp)


async def test_a_copy_of_what_was_said_in_another_chat_rings_nobody(
    double: BotApiDouble, sender: TelegramSender
) -> None:
    driver = double.user("An")
    await sender.send(delivery(driver, "Trước 19:00", quiet=True))
    await sender.send(delivery(driver, "Đã thông"))
    assert [call.values.get("disable_notification") for call in double.calls("sendMessage")] == [True, None]
