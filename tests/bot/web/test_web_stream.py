"""Live pages over a real server: nothing is missed and nothing is left out, whoever reconnects, whatever was edited."""

import asyncio
import time
from contextlib import AsyncExitStack
from datetime import timedelta
from pathlib import Path

import pytest
from fastapi import FastAPI

from bot.web.app import web_routes
from bot.web.settings import GateName, WebSettings
from storage import web_feed
from tests.telegram_line import until
from tests.web_page import Events, House, Window, open_house, served


async def edits(house: House, window: Window, row_id: str, text: str, rings: bool = True) -> None:
    """The board's bubble changes in its place; without a ring it was another process that changed it."""
    now = house.program.clock.now()
    body = {"kind": "notice", "text": text}
    row = await house.program.db.write(lambda db: web_feed.edit(db, window.chat, int(row_id), body, now))
    assert row is not None
    if rings:
        house.program.feed.ring(window.chat)


def beats_every(house: House, span: timedelta) -> None:
    """The same routes with a quicker heart."""

    async def gates() -> list[GateName]:
        return [GateName("HN", "Hữu Nghị")]

    program = house.program
    settings = WebSettings(program.settings.data_dir, heartbeat=span)
    program.http = FastAPI()
    program.http.include_router(web_routes(program.db, program.feed, settings, gates, program.clock.now))


async def greeted(house: House) -> Window:
    """A page that shows its gate and the board's greeting."""
    window = await house.window()
    await house.program.settle()
    return window


async def rows_until(events: Events, text: str) -> list[dict[str, object]]:
    rows = [await events.row()]
    while rows[-1]["text"] != text:
        rows.append(await events.row())
    return rows


async def test_a_new_bubble_reaches_an_open_page(served_house: House) -> None:
    window = await greeted(served_house)
    async with window.listens((await window.history())["seq"]) as events:
        await window.says("Xe chờ từ sáng")
        assert (await events.row())["text"] == "Xe chờ từ sáng"


async def test_a_page_without_a_last_event_hears_everything_in_order(served_house: House) -> None:
    window = await greeted(served_house)
    await window.says("tin cuối")
    async with window.listens() as events:
        rows = await rows_until(events, "tin cuối")
    assert rows == await window.rows()


async def test_it_goes_on_where_the_connection_broke(served_house: House) -> None:
    window = await greeted(served_house)
    async with window.listens((await window.history())["seq"]) as events:
        await window.says("trước")
        seen = await events.row()
    await window.says("lúc mất mạng một")
    await window.says("lúc mất mạng hai")
    async with window.listens(seen["seq"]) as events:
        assert [(await events.row())["text"] for _ in range(2)] == ["lúc mất mạng một", "lúc mất mạng hai"]


async def test_an_edited_bubble_comes_again_under_its_id(served_house: House) -> None:
    window = await greeted(served_house)
    first = next(row for row in await window.rows() if row["direction"] == "out")
    async with window.listens((await window.history())["seq"]) as events:
        await edits(served_house, window, first["id"], "mới hơn")
        again = await events.row()
    assert (again["id"], again["text"], again["edited"]) == (first["id"], "mới hơn", True)
    assert int(again["seq"]) > int(first["seq"])


async def test_what_was_edited_while_away_comes_once_as_it_is_now(served_house: House) -> None:
    window = await greeted(served_house)
    first = next(row for row in await window.rows() if row["direction"] == "out")
    seq = (await window.history())["seq"]
    await edits(served_house, window, first["id"], "một")
    await edits(served_house, window, first["id"], "hai")
    await window.says("xong")
    async with window.listens(seq) as events:
        assert [row["text"] for row in await rows_until(events, "xong")] == ["hai", "xong"]


async def test_two_tabs_both_hear_everything(served_house: House) -> None:
    window = await greeted(served_house)
    seq = (await window.history())["seq"]
    async with window.listens(seq) as one, window.listens(seq) as two:
        for text in ("một", "hai"):
            await window.says(text)
        for events in (one, two):
            assert [(await events.row())["text"] for _ in range(2)] == ["một", "hai"]


async def test_a_third_tab_sends_the_oldest_one_to_asking(served_house: House) -> None:
    window = await greeted(served_house)
    seq = (await window.history())["seq"]
    async with AsyncExitStack() as stack:
        tabs = [await stack.enter_async_context(window.listens(seq)) for _ in range(3)]
        assert (await tabs[0].next())[0] == "poll"
        await window.says("Xe chờ từ sáng")
        for tab in tabs[1:]:
            assert (await tab.row())["text"] == "Xe chờ từ sáng"


async def test_another_chat_hears_nothing(served_house: House) -> None:
    window, other = await greeted(served_house), await greeted(served_house)
    async with other.listens((await other.history())["seq"]) as events:
        await window.says("chỉ cho Ban Quản lý")
        await other.says("của tôi")
        assert (await events.row())["text"] == "của tôi"


async def test_a_stranger_cannot_listen(served_house: House) -> None:
    window = await greeted(served_house)
    for browser in (served_house.browser(), (await greeted(served_house)).browser):
        answer = await browser.get("/chat/stream", params={"chat": window.chat})
        assert answer.status_code == 409


@pytest.mark.parametrize("ahead", ["500", "9" * 19])
async def test_a_page_ahead_of_the_server_begins_anew(served_house: House, ahead: str) -> None:
    window = await greeted(served_house)
    async with window.listens(ahead) as events:
        assert (await events.next())[0] == "reset"


async def test_a_quiet_page_hears_a_beat_and_finds_what_no_bell_told_it(house: House) -> None:
    beats_every(house, timedelta(milliseconds=50))
    async with served(house):
        window = await greeted(house)
        first = next(row for row in await window.rows() if row["direction"] == "out")
        async with window.listens((await window.history())["seq"]) as events:
            async with asyncio.timeout(10):
                assert (await events.any())[0] == "beat"
            await edits(house, window, first["id"], "từ nơi khác", rings=False)
            assert (await events.row())["id"] == first["id"]


async def test_signing_out_ends_the_stream(served_house: House) -> None:
    browser = served_house.browser()
    await served_house.signs_in(browser, await served_house.code_for("An"))
    staff = await served_house.window(browser, "/staff")
    async with staff.listens((await staff.history())["seq"]) as events:
        await browser.post("/staff/logout", headers=staff.headers())
        assert (await events.next())[0] == "gone"


async def test_a_stream_of_a_day_ends_so_that_its_successor_renews_the_cookie(house: House) -> None:
    beats_every(house, timedelta(milliseconds=50))
    async with served(house):
        window = await greeted(house)
        async with window.listens((await window.history())["seq"]) as events:
            house.seconds = 86_400
            with pytest.raises(AssertionError, match="the stream has ended"):
                await events.next()
        asked = window.browser.stream("GET", "/chat/stream", params={"chat": window.chat})
        async with asked as answer:
            assert "hotline_chat=" in answer.headers["set-cookie"]


async def test_an_open_page_does_not_hold_up_the_end(tmp_path: Path) -> None:
    async with open_house(tmp_path / "ends") as house, AsyncExitStack() as stack:
        async with served(house):
            window = await greeted(house)
            events = await stack.enter_async_context(window.listens())
            for _ in await window.rows():
                await events.row()
            began = time.monotonic()
        # An open stream would hold the server for its whole grace, five seconds.
        assert time.monotonic() - began < 4.9


async def test_a_page_that_closes_is_forgotten(served_house: House) -> None:
    window = await greeted(served_house)
    async with window.listens() as events:
        await events.row()
        with served_house.program.feed.listen("another"):
            assert set(served_house.program.feed._listeners) == {window.chat, "another"}
    await until(lambda: not served_house.program.feed._listeners)
    assert not served_house.program.feed.closed
