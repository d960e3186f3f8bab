"""When somebody cannot be written to any more, and when an update breaks us: nobody waits in vain, everything else goes on."""

from typing import Any

import pytest
import structlog

from bot.inbound import Incoming
from core.people import Role
from core.ticket import Status
from services.sender import GiveUp
from storage import people
from tests.town import Citizen, Town
from tests.witness import words_of

RESULT = "Đã điều tiết xong, xe của anh đã qua."
BLOCKED = GiveUp("bot was blocked by the user", unreachable=True)


async def taken(town: Town) -> tuple[Citizen, Citizen]:
    driver, an = town.citizen("Lái xe"), await town.staff("An", gate="HN")
    await driver.says("Hữu Nghị: xe chờ lâu")
    await driver.presses("Bỏ qua")
    await driver.presses("Bỏ qua")
    await driver.says("0912 345 678")
    await an.presses("Nhận xử lý")
    return driver, an


@pytest.mark.parametrize("how", ["blocked before", "blocked while it is sent"])
@pytest.mark.parametrize(
    ("button", "words"), [("Trả lời", "Xe sẽ qua ngay."), ("Hỏi thêm", "Anh đang đỗ ở bãi nào?")]
)
async def test_an_answer_that_cannot_arrive_becomes_a_call(
    town: Town, how: str, button: str, words: str
) -> None:
    driver, an = await taken(town)
    if how == "blocked before":
        await driver.blocks()
    else:
        town.channel.verdicts[driver.chat_id] = [BLOCKED]
    await an.presses(button)
    await an.says(words)
    task = an.newest("84912345678")
    assert words in task.text
    assert task.button("Đã gọi điện") is not None
    assert not driver.sees(words)
    assert (await town.ticket()).status is Status.IN_PROGRESS, "a question that did not arrive pauses nothing"


@pytest.mark.parametrize("how", ["blocked before", "blocked while it is sent"])
async def test_a_result_that_cannot_arrive_leaves_the_ticket_open_until_somebody_has_called(
    town: Town, how: str
) -> None:
    driver, an = await taken(town)
    if how == "blocked before":
        await driver.blocks()
    else:
        town.channel.verdicts[driver.chat_id] = [BLOCKED]
    await an.presses("Đóng phiếu")
    await an.says(RESULT)
    assert (await town.ticket()).status is Status.IN_PROGRESS
    await an.presses("Đã gọi điện")
    await an.says("Đã gọi, lái xe xác nhận xe đã qua cửa khẩu.")
    ticket = await town.ticket()
    assert ticket.status is Status.RESOLVED
    assert ticket.resolution_delivered_at is not None
    assert "called" in await town.events(ticket)
    await town.passes(hours=25)
    assert (await town.ticket()).status is Status.CLOSED


async def test_what_waited_for_a_chat_that_is_blocked_meanwhile_becomes_a_call_too(town: Town) -> None:
    driver, an = await taken(town)
    await an.presses("Trả lời")
    await town.stores(an._message("Xe sẽ qua ngay."))
    await town.worker.handle_waiting()
    await driver.blocks()
    assert "Xe sẽ qua ngay." in an.newest("84912345678").text


async def test_who_writes_again_is_reachable_again(town: Town) -> None:
    driver, an = await taken(town)
    await driver.blocks()
    assert not (await town.identity_of(driver)).reachable
    await driver.says("Tôi đây, có tin gì chưa?")
    assert (await town.identity_of(driver)).reachable
    await an.presses("Trả lời")
    await an.says("Xe sẽ qua ngay.")
    assert driver.sees("Xe sẽ qua ngay.")


async def test_an_officer_who_blocked_the_bot_gets_nothing_and_others_do(town: Town) -> None:
    an, binh = await town.staff("An", gate="HN"), await town.staff("Bình", gate="HN")
    await an.blocks()
    before = len(an.bubbles())
    await town.citizen("Lái xe").says("Hữu Nghị: xe chờ lâu")
    assert len(an.bubbles()) == before
    assert binh.sees("xe chờ lâu")


async def test_with_nobody_on_duty_the_next_level_and_the_administrator_hear_at_once(town: Town) -> None:
    hoa, admin = await town.staff("Hoa", Role.OFFICE), await town.staff("Quản", Role.ADMIN)
    await town.citizen("Lái xe").says("Hữu Nghị: xe chờ lâu")
    assert hoa.newest("xe chờ lâu").button("Nhận xử lý") is not None
    assert admin.sees((await town.ticket()).code)


SHUT = GiveUp("the interaction window is shut", elsewhere=True)


@pytest.mark.parametrize("why", [BLOCKED, SHUT], ids=["blocked", "shut"])
async def test_when_the_last_on_duty_cannot_be_sent_the_card_the_next_level_hears_at_once(
    town: Town, why: GiveUp
) -> None:
    an, binh = await town.staff("An", gate="HN"), await town.staff("Bình", gate="HN")
    hoa, admin = await town.staff("Hoa", Role.OFFICE), await town.staff("Quản", Role.ADMIN)
    town.channel.verdicts[an.chat_id] = [why]
    await town.citizen("Lái xe").says("Hữu Nghị: xe chờ lâu")
    assert binh.sees("xe chờ lâu")
    assert not hoa.sees("xe chờ lâu")

    town.channel.verdicts[an.chat_id] = [why] if why is SHUT else []
    town.channel.verdicts[binh.chat_id] = [why]
    await town.citizen("Người khác").says("Hữu Nghị: mất điện ở bãi xe")
    assert hoa.newest("mất điện").button("Nhận xử lý") is not None
    assert admin.sees("DDLS-261122-0002")


async def test_when_the_next_level_cannot_be_sent_it_either_it_ends_there(town: Town) -> None:
    an, hoa = await town.staff("An", gate="HN"), await town.staff("Hoa", Role.OFFICE)
    for officer in (an, hoa):
        town.channel.verdicts[officer.chat_id] = [SHUT] * 5
    await town.citizen("Lái xe").says("Hữu Nghị: xe chờ lâu")
    assert len(town.channel.verdicts[an.chat_id]) == 4
    assert len(town.channel.verdicts[hoa.chat_id]) == 3  # the card, and that no shift was entered


@pytest.mark.parametrize("how", ["blocked before", "blocked while it is sent"])
async def test_all_the_first_cards_that_waited_for_a_lost_chat_go_to_the_next_level(
    town: Town, how: str
) -> None:
    an, hoa = await town.staff("An", gate="HN"), await town.staff("Hoa", Role.OFFICE)
    for words in ("Hữu Nghị: xe chờ lâu", "Hữu Nghị: mất điện ở bãi xe"):
        await town.stores(town.citizen("Lái xe")._message(words))
    await town.worker.handle_waiting()
    if how == "blocked before":
        await an.blocks()
    else:
        town.channel.verdicts[an.chat_id] = [BLOCKED]
        await town.settles()
    assert hoa.sees("xe chờ lâu")
    assert hoa.sees("mất điện")


def breaks_on(town: Town, words: str) -> None:
    """The parser of the channel fails on updates with these words, as it would on something nobody foresaw."""
    parse = town.worker.parsers["town"]

    def broken(bot: str, update: str, raw: Any) -> Incoming | None:
        if words in str(raw.get("text", "")):
            raise RuntimeError("nobody foresaw this")
        return parse(bot, update, raw)

    town.worker.parsers = {"town": broken}


async def test_an_update_that_breaks_us_is_set_aside_and_everything_else_goes_on(town: Town) -> None:
    admin, _an = await town.staff("Quản", Role.ADMIN), await town.staff("An", gate="HN")
    driver, other = town.citizen("Lái xe"), town.citizen("Người khác")
    await driver.says("Hữu Nghị: tin đầu")
    breaks_on(town, "độc")
    with structlog.testing.capture_logs() as logs:
        await town.stores(
            driver._message("tin độc"), driver._message("tin sau"), other._message("Chi Ma kẹt xe")
        )
        await town.settles()
    first, second = await town.tickets()
    assert await words_of(town, first) == ["Hữu Nghị: tin đầu", "tin sau"]
    assert await words_of(town, second) == ["Chi Ma kẹt xe"]
    assert sum("hộp thư số" in text for text in admin.reads()) == 1, "the administrator hears of it once"
    assert driver.sees("Hệ thống gặp trục trặc")
    assert "độc" not in str([line for line in logs if line.get("log_level") != "debug"])


async def test_an_unreadable_first_update_of_a_stranger_is_set_aside_in_silence(town: Town) -> None:
    admin, stranger = await town.staff("Quản", Role.ADMIN), town.citizen("Người lạ")
    breaks_on(town, "độc")
    told = len(admin.bubbles())
    await stranger.says("độc")
    assert len(admin.bubbles()) == told + 1
    assert stranger.reads() == []
    await stranger.says("Hữu Nghị: xe chờ")
    assert len(await town.tickets()) == 1


async def test_a_reader_lost_for_good_is_known_as_such(town: Town) -> None:
    driver, an = await taken(town)
    town.channel.verdicts[driver.chat_id] = [BLOCKED]
    await an.presses("Trả lời")
    await an.says("Xe sẽ qua ngay.")
    identity = await town.identity_of(driver)
    found = await town.db.read(lambda db: people.identity_by_id(db, identity.id))
    assert found is not None
    assert not found.reachable
    assert "Không nhắn được cho người phản ánh" in an.newest("xe chờ lâu").text
