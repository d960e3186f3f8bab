"""A jam: more tickets at once than a group takes messages. It reads lists, takes tickets from them, and sees them change."""

from core.people import Role
from services.sender import Delivery, Verdict
from tests.town import Bubble, Channel, Citizen, Town

GROUP = "-100"


async def a_group_of_duty(town: Town) -> tuple[Citizen, Citizen]:
    """Two officers of Hữu Nghị, and the group that serves it."""
    office = await town.staff("Hà", Role.OFFICE)
    an, bich = await town.staff("An", gate="HN"), await town.staff("Bích", gate="HN")
    await office.says("/nhom HN", group=GROUP)
    town.channel.chats[GROUP].clear()
    return an, bich


async def write_at_once(town: Town, count: int) -> None:
    drivers = [town.citizen(f"Lái xe {number}") for number in range(count)]
    await town.receives(*(driver._message("Hữu Nghị kẹt xe, không ai điều tiết") for driver in drivers))


def in_group(town: Town) -> list[Bubble]:
    return town.channel.chats[GROUP]


async def test_a_burst_is_one_message_in_the_group_and_each_ticket_has_its_line(town: Town) -> None:
    await a_group_of_duty(town)
    await write_at_once(town, 30)
    (shown,) = in_group(town)
    assert "Có 30 phiếu mới chờ nhận" in shown.text
    assert all(f" {number:04} · Ùn tắc" in shown.text for number in range(1, 31))


async def test_two_tickets_are_two_cards(town: Town) -> None:
    await a_group_of_duty(town)
    await write_at_once(town, 2)
    assert [bubble.button("Nhận xử lý") is not None for bubble in in_group(town)] == [True, True]


async def test_a_ticket_that_is_taken_from_the_list_goes_on_in_private_and_is_marked_there(
    town: Town,
) -> None:
    an, _ = await a_group_of_duty(town)
    await write_at_once(town, 5)

    await an.presses("Nhận xử lý …261122-0002", group=GROUP)

    assert an.bubbles()[-1].button("Trả lời") is not None
    assert "0002 · An" not in in_group(town)[0].text
    await town.passes(seconds=6)
    (shown,) = in_group(town)
    assert "✔ 0002 · An" in shown.text
    assert "Có 4 phiếu mới chờ nhận" in shown.text
    assert shown.button("0002") is None


async def test_many_claims_are_one_edit_of_the_list(town: Town) -> None:
    an, bich = await a_group_of_duty(town)
    await write_at_once(town, 6)
    edits = edits_of_lists(town)

    for number in (1, 3, 5):
        await an.presses(f"…261122-{number:04}", group=GROUP)
        await bich.presses(f"…261122-{number + 1:04}", group=GROUP)
    await town.passes(seconds=6)

    assert len(edits) == 1
    assert "đều đã có người nhận" in in_group(town)[0].text


async def test_several_lists_of_a_group_are_edited_one_after_another(town: Town) -> None:
    an, _ = await a_group_of_duty(town)
    await write_at_once(town, 5)
    await write_at_once(town, 5)
    edits = edits_of_lists(town)

    await an.presses("…261122-0001", group=GROUP)
    await an.presses("…261122-0006", group=GROUP)
    await town.passes(seconds=6)
    assert len(edits) == 1
    await town.passes(seconds=6)

    assert len(edits) == 2
    first, second = in_group(town)
    assert "✔ 0001 · An" in first.text
    assert "✔ 0006 · An" in second.text


async def test_a_list_in_the_group_does_not_wait_behind_a_thousand_receipts(town: Town) -> None:
    await a_group_of_duty(town)
    drivers = [town.citizen(f"Lái xe {number}") for number in range(100)]
    await town.stores(*(driver._message("Hữu Nghị kẹt xe") for driver in drivers))
    while await town.worker.handle_waiting():
        pass
    ((first, _), *_) = await town.post._claim(1)
    assert (first.chat_id, first.kind) == (GROUP, "cards_list")


def edits_of_lists(town: Town) -> list[str]:
    """What is edited in the group from now on."""
    watched = Watched(town.channel)
    town.post.senders = {"town": watched}
    return watched.edits


class Watched:
    """The channel, and which of the group's messages it was asked to edit."""

    def __init__(self, channel: Channel) -> None:
        self.facts, self._channel = channel.facts, channel
        self.edits: list[str] = []

    async def send(self, delivery: Delivery) -> Verdict:
        if delivery.chat_id == GROUP and delivery.edits:
            self.edits.append(delivery.edits)
        return await self._channel.send(delivery)
