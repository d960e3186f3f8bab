"""Whoever erases their data takes along what they wrote under other codes, whatever was joined, parted or linked since."""

from bot.payloads import Action, write
from services.verify import verify
from storage import messages
from tests.chats_cast import links
from tests.flows.test_joining_keeps_what_was import DONE, JAM, SAME, THIRD, held, join, says
from tests.flows.test_staff_joining import erases, rated_in, told_of
from tests.town import Town

OWN = "Tôi tên Lan, số 0912345678"


async def words(town: Town) -> list[str]:
    """All that senders have written, in the order of their tickets."""
    return [
        one.text
        for ticket in await town.tickets()
        for one in await town.db.read(lambda db, number=ticket.id: messages.of_ticket(db, number, "in"))
    ]


async def test_from_a_carrier_that_was_joined_once_more(town: Town) -> None:
    an, (lan, _, third), (own, carrier, last) = await held(town, SAME, JAM, THIRD)
    await join(an, own, carrier)
    await lan.says(OWN)
    await join(an, carrier, last)
    await says(an, Action.RESOLVE, last, DONE)
    await third.presses("Hài lòng")
    assert OWN in await told_of(town, lan)
    assert await erases(town, lan) == 0
    assert await words(town) == ["", JAM, "", THIRD]
    assert not (await town.db.read(verify)).findings


async def test_but_the_carriers_own_sender_takes_nothing_of_theirs(town: Town) -> None:
    an, (lan, nam, third), (own, carrier, last) = await held(town, SAME, JAM, THIRD)
    await join(an, own, carrier)
    await lan.says(OWN)
    await join(an, carrier, last)
    await says(an, Action.RESOLVE, last, DONE)
    await third.presses("Hài lòng")
    assert await erases(town, nam) == 0
    assert await words(town) == [SAME, "", OWN, THIRD]


async def test_a_comment_under_another_code_goes_after_the_two_have_parted(town: Town) -> None:
    an, (lan, nam), (own, main) = await held(town, SAME, JAM)
    await join(an, own, main)
    await says(an, Action.RESOLVE, main, DONE)
    await lan.presses("Không hài lòng")
    await lan.says(OWN)
    await lan.presses("Mở lại")
    await an.presses_payload(write(Action.CLAIM, main.id))
    await an.presses_payload(write(Action.PART, main.id, own.id))
    own, main = await town.tickets()
    assert own.joined_to is None
    for ticket, driver in ((own, lan), (main, nam)):
        await an.presses_payload(write(Action.CLAIM, ticket.id))
        await says(an, Action.RESOLVE, ticket, DONE)
        await driver.presses("Hài lòng")
    assert ("bad", OWN) in await rated_in(town)
    assert OWN in await told_of(town, lan)
    assert await erases(town, lan) == 0
    assert OWN not in [comment for _, comment in await rated_in(town)]


async def test_and_what_a_linked_chat_wrote_before(town: Town) -> None:
    an, (lan, _, third), (own, carrier, last) = await held(town, SAME, JAM, THIRD)
    await join(an, own, carrier)
    await lan.says(OWN)
    await join(an, carrier, last)
    await says(an, Action.RESOLVE, last, DONE)
    await third.presses("Hài lòng")
    page = town.citizen("Chị Lan", channel="town")
    await links(page, lan)
    assert OWN in await told_of(town, page)
    assert await erases(town, page) == 0
    assert await words(town) == ["", JAM, "", THIRD]
