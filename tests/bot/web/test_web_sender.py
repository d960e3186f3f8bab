"""The web chat's mouth: a notice is a row, an edit changes it in place, a signed-out page is nobody."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from bot.outgoing import Button, Outgoing
from bot.web.sender import WebSender
from core.notices import NoticeKind
from services import telling
from services.sender import ChannelFacts, Delivery, Document, GiveUp, Sent, TryAgain
from storage import people
from storage.database import Connection
from tests.web_page import House, Window
from tests.witness import picture_with_place


def sender(house: House, *parts: Outgoing) -> WebSender:
    def render(delivery: Delivery, facts: ChannelFacts) -> tuple[Outgoing, ...]:
        return parts

    return WebSender(house.program.db, render, house.program.settings.data_dir)


def to(house: House, chat: str, outbox_id: int = 1) -> Delivery:
    return Delivery(outbox_id, "web", "web", chat, "private", "vi", "receipt", {}, house.program.clock.now())


async def sent(window: Window) -> list[dict[str, object]]:
    return [row for row in await window.rows() if row["direction"] == "out"]


async def test_a_notice_is_a_row_of_the_feed(house: House) -> None:
    window = await house.window()
    card = Outgoing("Đã nhận <b>", ((Button("Xem", "x:1"), Button("Gọi", url="https://example.org")),))
    verdict = await sender(house, card).send(to(house, window.chat))
    (row,) = await sent(window)
    assert verdict == Sent(row["id"])
    assert row["text"] == "Đã nhận <b>"
    show, call = row["buttons"][0]
    assert show == {"label": "Xem", "payload": "x:1", "url": ""}
    assert call == {"label": "Gọi", "payload": "", "url": "https://example.org"}


async def test_the_same_notice_again_is_the_same_row(house: House) -> None:
    window, mouth = await house.window(), sender(house, Outgoing("Đã nhận"))
    delivery = to(house, window.chat)
    assert await mouth.send(delivery) == await mouth.send(delivery)
    assert len(await sent(window)) == 1


async def test_parts_are_sent_one_after_another(house: House) -> None:
    window, mouth = await house.window(), sender(house, Outgoing("một"), Outgoing("hai"))
    first = await mouth.send(to(house, window.chat))
    second = await mouth.send(replace(to(house, window.chat), part=1))
    assert isinstance(first, Sent)
    assert isinstance(second, Sent)
    assert (first.more, second.more) == (True, False)
    assert [row["text"] for row in await sent(window)] == ["một", "hai"]


async def test_an_edit_changes_the_row_in_its_place(house: House) -> None:
    window = await house.window()
    first = await sender(house, Outgoing("cũ", ((Button("Nhận", "x:1"),),))).send(to(house, window.chat, 1))
    assert isinstance(first, Sent)
    verdict = await sender(house, Outgoing("mới")).send(
        replace(to(house, window.chat, 2), edits=first.provider_id)
    )
    (row,) = await sent(window)
    assert verdict == first
    assert (row["text"], row["buttons"], row["edited"]) == ("mới", [], True)


@pytest.mark.parametrize("gone", ["123", "not-a-row"])
async def test_an_edit_of_what_is_gone_is_a_new_row(house: House, gone: str) -> None:
    window = await house.window()
    verdict = await sender(house, Outgoing("mới")).send(replace(to(house, window.chat), edits=gone))
    (row,) = await sent(window)
    assert verdict == Sent(row["id"])


async def test_a_colleagues_copy_that_is_gone_is_not_said_again(house: House) -> None:
    window = await house.window()
    copy = replace(to(house, window.chat), edits="123", facts={"only_edits": True})
    assert await sender(house, Outgoing("mới")).send(copy) == Sent("123")
    assert await sent(window) == []


async def test_an_edit_never_reaches_another_chat_or_what_the_person_wrote(house: House) -> None:
    mine, other = await house.window(), await house.window()
    own = (await mine.says("Lời của tôi")).json()["row"]["id"]
    await sender(house, Outgoing("mới")).send(replace(to(house, mine.chat), edits=own))
    theirs = await sender(house, Outgoing("của anh")).send(to(house, other.chat, 2))
    assert isinstance(theirs, Sent)
    await sender(house, Outgoing("lạc")).send(replace(to(house, mine.chat, 3), edits=theirs.provider_id))
    assert "Lời của tôi" in [row["text"] for row in await mine.rows()]
    assert [row["text"] for row in await sent(other)] == ["của anh"]


async def test_a_signed_out_page_is_given_up_as_unreachable(house: House) -> None:
    browser = house.browser()
    await house.signs_in(browser, await house.code_for("An"))
    staff = await house.window(browser, "/staff")
    await browser.post("/staff/logout", headers=staff.headers())
    mouth = sender(house, Outgoing("Phiếu mới"))
    for delivery in (to(house, staff.chat), replace(to(house, staff.chat), edits="5")):
        verdict = await mouth.send(delivery)
        assert isinstance(verdict, GiveUp)
        assert verdict.unreachable


async def test_a_staff_page_that_nobody_used_for_thirty_days_is_given_up_as_unreachable(house: House) -> None:
    browser = house.browser()
    await house.signs_in(browser, await house.code_for("An"))
    staff = await house.window(browser, "/staff")
    mouth = sender(house, Outgoing("Phiếu mới"))
    house.seconds = 30 * 86_400
    first = await mouth.send(to(house, staff.chat, 1))
    assert isinstance(first, Sent), "the last moment at which the page still opens"
    house.seconds += 1
    for delivery in (to(house, staff.chat, 2), replace(to(house, staff.chat, 3), edits=first.provider_id)):
        verdict = await mouth.send(delivery)
        assert isinstance(verdict, GiveUp)
        assert verdict.unreachable


async def test_a_senders_page_takes_an_answer_however_late(house: House) -> None:
    window = await house.window()
    house.seconds = 100 * 86_400
    assert isinstance(await sender(house, Outgoing("Trả lời")).send(to(house, window.chat)), Sent)


async def test_the_list_of_staff_tells_of_a_page_that_has_ended(house: House) -> None:
    browser = house.browser()
    await house.signs_in(browser, await house.code_for("An"))
    await house.program.settle()
    chat = (await house.window(browser, "/staff")).chat
    house.seconds = 33 * 86_400
    now = house.program.clock.now()

    def reminded(db: Connection) -> None:
        known = people.identity(db, "web", "web", chat)
        assert known is not None
        telling.tell_chat(db, known.id, NoticeKind.HELP, now)

    await house.program.db.write(reminded)
    await house.program.settle()
    known = await house.program.db.read(lambda db: people.identity(db, "web", "web", chat))
    assert known is not None
    assert not known.reachable


async def test_nothing_to_show_is_given_up_but_the_person_stays_reachable(house: House) -> None:
    window = await house.window()
    verdict = await sender(house).send(to(house, window.chat))
    assert isinstance(verdict, GiveUp)
    assert not verdict.unreachable


async def test_a_picture_is_shown_to_its_chat_alone(house: House, tmp_path: Path) -> None:
    photo = tmp_path / "copy.jpg"
    photo.write_bytes(picture_with_place())
    window, other = await house.window(), await house.window()
    await sender(house, Outgoing("Ảnh", photo=photo)).send(to(house, window.chat))
    (row,) = await sent(window)
    (file,) = row["files"]
    assert file["kind"] == "photo"
    address = f"/chat/files/{file['sha256']}"
    assert (await window.browser.get(address)).content == photo.read_bytes()
    assert (await other.browser.get(address)).status_code == 404


async def test_a_file_is_saved_by_its_name_in_its_chat_alone(house: House) -> None:
    window, other = await house.window(), await house.window()
    document = Document("báo cáo.pdf", lambda: b"%PDF-1.7 report")
    await sender(house, Outgoing("Tệp", document=document)).send(to(house, window.chat))
    (row,) = await sent(window)
    (file,) = row["files"]
    assert (file["kind"], file["name"]) == ("document", "báo cáo.pdf")
    address = f"/chat/files/{file['sha256']}"
    answer = await window.browser.get(address)
    assert answer.content == b"%PDF-1.7 report"
    assert answer.headers["content-disposition"].startswith("attachment; filename*=UTF-8''b%C3%A1o")
    assert (await other.browser.get(address)).status_code == 404


async def test_a_picture_that_cannot_be_read_now_is_tried_again(house: House, tmp_path: Path) -> None:
    window = await house.window()
    verdict = await sender(house, Outgoing("Ảnh", photo=tmp_path / "missing.jpg")).send(
        to(house, window.chat)
    )
    assert isinstance(verdict, TryAgain)
    assert await sent(window) == []


async def test_a_jam_is_one_list_on_the_page_which_is_changed_in_place(house: House) -> None:
    browser, post = house.browser(), house.program.post
    await house.signs_in(browser, await house.code_for("An"))
    staff = await house.window(browser, "/staff")
    drivers = [await house.window(house.browser(f"10.0.1.{number}")) for number in range(5)]
    for driver in drivers:
        await driver.says("Hữu Nghị: kẹt xe ở barie")
    while await house.program.worker.handle_waiting():
        pass
    await post.send_all()
    (listed,) = [row for row in await sent(staff) if "Có 5 phiếu mới chờ nhận" in str(row["text"])]

    await staff.presses(payload_of(listed, "0002"), str(listed["id"]))
    await house.program.worker.handle_waiting()
    await post.send_all()
    assert any(payload_of(row, "Trả lời") for row in await sent(staff))
    house.seconds += 20
    await post.send_all()

    (changed,) = [row for row in await sent(staff) if "Có 4 phiếu mới chờ nhận" in str(row["text"])]
    assert changed["id"] == listed["id"]
    assert not payload_of(changed, "0002")


def payload_of(row: dict[str, Any], label: str) -> str:
    buttons = [button for line in row["buttons"] for button in line]
    return next((button["payload"] for button in buttons if label in button["label"]), "")
