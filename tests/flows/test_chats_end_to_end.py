"""One driver on real channels: a web page and a telephone, linked by code; each platform's own way to send it."""

import asyncio
import re
from collections.abc import Sequence
from pathlib import Path

import pytest

from app.demo_chat import Chat
from app.program import Program
from bot.payloads import Action
from bot.web.settings import SENDER
from services import quota
from storage import tickets, web_feed
from tests.doubles.zalobot import ZaloBotDouble
from tests.telegram_line import Line
from tests.zalo_line import open_zalo_line

ANSWER = "Trung tâm đã cử người điều tiết."


async def read_on(program: Program, page: Chat) -> Sequence[str]:
    rows = await program.db.read(lambda db: web_feed.after(db, page.chat_id, 0))
    return [str(row.body.get("text", "")) for row in rows]


async def shown(program: Program, page: Chat, words: str) -> str:
    """What the page shows with these words, once it does."""
    for _ in range(1000):
        found = [text for text in await read_on(program, page) if words in text]
        if found:
            return found[-1]
        await asyncio.sleep(0.01)
    raise AssertionError(f"the page shows nothing with {words!r}: {(await read_on(program, page))[-3:]}")


async def test_a_page_and_telegram_are_one_person_by_the_link_that_the_page_names(line: Line) -> None:
    program, double = line.program, line.double
    an, nam = await line.staff("An"), double.user("Nam")
    page = await Chat.opens(program, SENDER, gate="HN")
    await page.says("Xe chờ 4 tiếng, không ai điều tiết")
    await shown(program, page, "Mã phiếu")
    await program.db.write(program._noted)
    await page.presses(Action.CHAT_CODE)
    told = await shown(program, page, "Mã liên kết")
    link = re.search(rf"https://t\.me/{program.ears[0].name}\?start=(link_\w+)", told)
    assert link, told
    await nam.starts(link[1])
    await nam.waits_for("Đã liên kết")
    await nam.says("/kenh")
    offered = (await nam.waits_for("Các kênh")).labels
    await nam.presses(next(label for label in offered if re.fullmatch(r"Ưu tiên \d\. Telegram", label)))
    await nam.waits_for("được ưu tiên")

    await an.waits_for("Xe chờ 4 tiếng")
    await an.presses("Nhận xử lý")
    await an.waits_for("Đang xử lý: An")
    await an.presses("Trả lời")
    await an.waits_for("Viết trả lời")
    await an.says(ANSWER)
    await nam.waits_for(ANSWER)
    await shown(program, page, ANSWER)
    (answer,) = [call for call in double.calls("sendMessage", nam) if ANSWER in call.values["text"]]
    assert "disable_notification" not in answer.values

    await page.says("Cảm ơn, còn xe sau nữa")
    await nam.waits_for("Anh/Chị đã viết ở trang chat")
    await line.rests()
    (own,) = [call for call in double.calls("sendMessage", nam) if "đã viết" in call.values["text"]]
    assert own.values["disable_notification"] is True
    assert len(await line.tickets()) == 1


async def test_zalo_and_a_page_are_one_person_by_words_and_zalo_is_not_written_to_for_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)  # no .env of the developer's
    async with ZaloBotDouble() as double, open_zalo_line(tmp_path, double) as line:
        khue, nam = await line.staff("Khuê"), double.user("Nam")
        await nam.says("Hữu Nghị: kẹt xe ở barie")
        await nam.waits_for("Mã phiếu")
        await nam.says("kenh")
        await nam.waits_for("Các kênh")
        await nam.says("Thêm kênh: lấy mã")
        told = await nam.waits_for("Mã liên kết")
        code = re.search(r"/lienket ([2-9B-Z]{10})", told.text)
        assert code, told.text
        page = await Chat.opens(line.program, SENDER)
        await page.says(f"/lienket {code[1]}")
        await shown(line.program, page, "Đã liên kết")
        assert await page.person() == (await line.program.db.read(tickets.listed))[0].sender_id

        await nam.waits_for("vừa được liên kết")
        await page.says("/kenh")
        await shown(line.program, page, "Các kênh")
        await line.rests()
        before = await line.program.db.read(lambda db: quota.used(db, "zalo", line.program.clock.now()))
        to_nam = len(nam.messages())
        await khue.waits_for("kẹt xe")
        await khue.presses("Nhận xử lý")
        await khue.waits_for("Đang xử lý: Khuê")
        await khue.presses("Trả lời")
        await khue.waits_for("Viết trả lời")
        await khue.says(ANSWER)
        await shown(line.program, page, ANSWER)  # the page was used last
        await line.rests()
        assert len(nam.messages()) == to_nam, "no copy on a metered channel"
        await nam.says(f"tra cuu {(await line.ticket()).code}")
        await nam.waits_for(ANSWER)
        await line.rests()
        after = await line.program.db.read(lambda db: quota.used(db, "zalo", line.program.clock.now()))
        assert after.sent > before.sent
