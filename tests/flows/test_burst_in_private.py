"""A jam on an officer's telephone: a few cards, and then lists; what is urgent, and what one holds, stays a card."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

import pytest

from bot.inbound import File
from bot.payloads import Action, write
from bot.zalo.sender import ZALO
from core.people import Role
from services.sender import TryAgain
from storage import outbox, people
from storage.outbox import Row
from tests.town import Bubble, Citizen, Town
from tests.witness import picture_with_place

MINUTE = timedelta(minutes=1)
FIRE = "Cháy xe container trong bãi, có người bị thương, cần cứu ngay"


async def jam(town: Town, count: int, words: str = "Hữu Nghị kẹt xe, không ai điều tiết") -> None:
    drivers = [town.citizen(f"Lái xe {number}") for number in range(count)]
    await town.receives(*(driver._message(words) for driver in drivers))


def with_claims(officer: Citizen) -> list[Bubble]:
    return [
        bubble for bubble in officer.bubbles() if bubble.button("Nhận xử lý") or "Nhận xử lý" in bubble.text
    ]


async def waiting_of(town: Town, officer: Citizen) -> Sequence[Row]:
    chat = await town.db.read(lambda db: people.identity(db, "town", "bot", officer.chat_id))
    assert chat is not None
    return await town.db.read(lambda db: outbox.waiting_of(db, chat.id))


@pytest.mark.parametrize(("cards", "messages"), [(3, 3), (4, 1), (30, 1)])
async def test_more_than_three_cards_for_one_telephone_are_one_list(
    town: Town, cards: int, messages: int
) -> None:
    an = await town.staff("An", gate="HN")
    await jam(town, cards)
    shown = with_claims(an)
    assert len(shown) == messages
    assert all(any(f"{n:04}" in bubble.text for bubble in shown) for n in range(1, cards + 1))


async def test_what_comes_after_a_list_waits_for_the_next_one(town: Town) -> None:
    an = await town.staff("An", gate="HN")
    await jam(town, 5)
    await jam(town, 5)
    await jam(town, 5)
    assert len(with_claims(an)) == 1

    await town.passes(seconds=59)
    assert len(with_claims(an)) == 1

    await town.passes(seconds=1)

    first, second = with_claims(an)
    assert "Có 5 phiếu mới chờ nhận" in first.text
    assert "Có 10 phiếu mới chờ nhận" in second.text


async def test_a_single_ticket_after_a_list_is_a_card_again(town: Town) -> None:
    an = await town.staff("An", gate="HN")
    await jam(town, 5)
    await town.passes(minutes=1)
    await jam(town, 1)
    assert "DDLS-261122-0006" in an.newest("Ùn tắc").text
    assert an.bubbles()[-1].button("Nhận xử lý") is not None


async def test_a_complaint_every_ten_seconds_rings_once_a_minute(town: Town) -> None:
    an = await town.staff("An", gate="HN")
    for _ in range(60):
        await jam(town, 1)
        await town.passes(seconds=10)
    await town.passes(minutes=1)

    shown = [bubble for bubble in with_claims(an) if "chưa ai nhận" not in bubble.text]

    cards, lists = shown[:4], shown[4:]
    assert not any("phiếu mới chờ nhận" in bubble.text for bubble in cards)
    assert all("phiếu mới chờ nhận" in bubble.text for bubble in lists)
    assert len(lists) <= 10
    assert all(sum(f"{n:04}" in bubble.text for bubble in shown) == 1 for n in range(1, 61))


async def test_after_two_quiet_minutes_a_telephone_rings_for_each_again(town: Town) -> None:
    an = await town.staff("An", gate="HN")
    await jam(town, 5)
    await town.passes(minutes=2)
    for _ in range(3):
        await jam(town, 1)
    assert len(with_claims(an)) == 4


async def test_a_fire_amid_single_cards_comes_at_once(town: Town) -> None:
    an = await town.staff("An", gate="HN")
    for _ in range(6):
        await jam(town, 1)
    assert len(with_claims(an)) == 4

    await jam(town, 1, FIRE)

    assert "DDLS-261122-0007" in with_claims(an)[-1].text


async def test_a_groups_cards_do_not_wait(town: Town) -> None:
    office = await town.staff("Hà", Role.OFFICE)
    await office.says("/nhom HN", group="-100")
    before = len(town.channel.chats["-100"])
    for _ in range(6):
        await jam(town, 1)
    assert len(town.channel.chats["-100"]) == before + 6


async def test_a_fire_is_told_at_once_on_a_card_of_its_own(town: Town) -> None:
    an = await town.staff("An", gate="HN")
    await jam(town, 6)
    await jam(town, 1, FIRE)
    (fire,) = [bubble for bubble in with_claims(an) if "DDLS-261122-0007" in bubble.text]
    assert "0001" not in fire.text
    assert fire.button("Nhận xử lý") is not None


async def test_fires_are_never_gathered(town: Town) -> None:
    an = await town.staff("An", gate="HN")
    await jam(town, 5, FIRE)
    assert len([bubble for bubble in an.bubbles() if bubble.button("Nhận xử lý")]) == 5


async def test_what_is_taken_from_the_list_becomes_a_card_to_work_with_and_the_lists_say_so(
    town: Town,
) -> None:
    an, bich = await town.staff("An", gate="HN"), await town.staff("Bích", gate="HN")
    await jam(town, 5)

    await an.presses("Nhận xử lý …261122-0002")

    assert an.bubbles()[-1].button("Trả lời") is not None
    assert "DDLS-261122-0002" in an.bubbles()[-1].text
    await town.passes(seconds=20)
    for officer in (an, bich):
        assert "✔ 0002 · An" in officer.newest("Có 4 phiếu mới").text
    assert bich.newest("Có 4 phiếu mới").button("0002") is None


async def test_whoever_takes_a_ticket_from_a_list_sees_its_pictures(town: Town) -> None:
    an = await town.staff("An", gate="HN")
    drivers = [town.citizen(f"Lái xe {number}") for number in range(5)]
    town.channel.files["f1"] = picture_with_place()
    photo = drivers[0]._message("Hữu Nghị: ổ gà", kind="photo", files=(File("photo", "f1", size=10_000),))
    await town.receives(photo, *(driver._message("Hữu Nghị kẹt xe") for driver in drivers[1:]))
    assert not any(bubble.photo for bubble in an.bubbles())

    await an.presses("…261122-0001")

    assert any(bubble.photo for bubble in an.bubbles())


async def test_two_who_press_the_same_line_are_told_who_has_it(town: Town) -> None:
    an, bich = await town.staff("An", gate="HN"), await town.staff("Bích", gate="HN")
    await jam(town, 5)
    await an.presses("…261122-0003")
    await bich.presses("…261122-0003")
    assert bich.sees("An")
    assert not any(bubble.button("Trả lời") for bubble in bich.bubbles())


async def test_the_card_of_whoever_has_taken_it_already_is_not_lost_in_a_list(town: Town) -> None:
    office = await town.staff("Hà", Role.OFFICE)
    an = await town.staff("An", gate="HN")
    await office.says("/nhom HN", group="-100")
    town.channel.verdicts[an.chat_id] = [TryAgain(MINUTE, "429")]
    await jam(town, 6)

    await an.presses("…261122-0002", group="-100")
    await town.passes(minutes=1)

    assert "Có 5 phiếu mới chờ nhận" in an.newest("phiếu mới").text
    assert [bubble for bubble in an.bubbles() if bubble.button("Trả lời") and "0002" in bubble.text]


async def test_everything_else_goes_on_while_cards_wait_for_the_next_list(town: Town) -> None:
    an = await town.staff("An", gate="HN")
    await jam(town, 5)
    await jam(town, 5)
    assert len(await waiting_of(town, an)) == 5
    await an.says("/viec")
    assert "DDLS-261122-0006" in an.bubbles()[-1].text


async def test_a_gate_that_becomes_known_brings_no_second_copy_of_what_a_list_shows(town: Town) -> None:
    an = await town.staff("An", gate="HN")
    driver = town.citizen("Lái xe")
    others = [town.citizen(f"Khác {number}") for number in range(4)]
    await town.receives(*(one._message("Kẹt xe lâu quá") for one in (driver, *others)))
    told = len(an.bubbles())
    await driver.presses("Hữu Nghị")
    await town.passes(minutes=1)
    assert len(an.bubbles()) == told


async def test_full_lists_do_not_wait_and_none_is_longer_than_a_message(town: Town) -> None:
    town.channel.facts = replace(ZALO, name="town", per_second=100_000, per_chat_second=100_000)
    an = await town.staff("An", gate="HN")
    await jam(town, 45)
    assert [text.count("⚪") + text.count("🟢") for text in shown_lists(an)] == [20, 20]

    await town.passes(minutes=1)

    assert [text.count("🟢") for text in shown_lists(an)] == [20, 20, 5]
    assert all(len(text) <= ZALO.text_limit for text in an.reads())


async def test_a_list_that_cannot_be_changed_is_not_told_again_for_every_claim(town: Town) -> None:
    town.channel.facts = replace(ZALO, name="town", per_second=100_000, per_chat_second=100_000)
    an, bich = await town.staff("An", gate="HN"), await town.staff("Bích", gate="HN")
    await jam(town, 5)
    tickets = await town.tickets()
    for ticket in tickets[:3]:
        await an.presses_payload(write(Action.CLAIM, ticket.id))
        await town.passes(seconds=30)
    assert len(shown_lists(bich)) == 1


def shown_lists(officer: Citizen) -> list[str]:
    return [text for text in officer.reads() if "phiếu mới chờ nhận" in text]
