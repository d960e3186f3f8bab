"""People with several chats: on a metered channel ("town"), and on a page that shows everything and costs nothing."""

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from services.sender import ChannelFacts, GiveUp
from tests.town import Citizen, Town, opened_town

PAGE = ChannelFacts(
    "web", per_second=100_000, per_chat_second=100_000, per_group_minute=100_000, mirrors=True
)
BLOCKED = GiveUp("bot was blocked by the user", unreachable=True)
SHUT = GiveUp("the window is shut", elsewhere=True)
QUESTION, ANSWER = "Anh đang đỗ ở bãi nào?", "Xe sẽ qua trong 30 phút."
RESULT = "Đã điều tiết xong, xe của anh đã qua."


@asynccontextmanager
async def town_with_a_page(folder: Path) -> AsyncIterator[Town]:
    async with opened_town(folder, beside=(PAGE,)) as town:
        yield town


async def code_of(somebody: Citizen) -> str:
    """Asks for a code for one more chat, as people do."""
    await somebody.says("/kenh")
    await somebody.presses("lấy mã")
    found = re.search(r": ([2-9B-Z]{10})$", somebody.newest("Mã liên kết").text, re.MULTILINE)
    assert found, somebody.reads()[-1]
    return found[1]


async def links(somebody: Citizen, also: Citizen) -> None:
    """`also` is another chat of `somebody` from now on."""
    code = await code_of(somebody)
    somebody.town.clock.passes(minutes=1)
    await also.says(f"/lienket {code}")


async def taken(town: Town, driver: Citizen) -> Citizen:
    """The driver has complained, An has it in hand."""
    an = await town.staff("An", gate="HN")
    await driver.says("Hữu Nghị: xe chờ lâu")
    await driver.presses("Bỏ qua")
    await driver.presses("Bỏ qua")
    await driver.says("0912 345 678")
    await an.presses("Nhận xử lý")
    return an


async def answers(an: Citizen, words: str = ANSWER) -> None:
    await an.presses("Trả lời")
    await an.says(words)


async def closes(an: Citizen) -> None:
    await an.presses("Đóng phiếu")
    await an.says(RESULT)
