"""Who a browser is: a secret in a cookie that only the browser knows, one for each side."""

import hashlib
from functools import partial
from pathlib import Path

import httpx

from services.housekeeping import Housekeeper
from storage import people, web_feed
from tests.web_page import House, Window, open_house
from tests.witness import in_the_clear


def cookie_line(answer: httpx.Response, name: str) -> str:
    return next(line for line in answer.headers.get_list("set-cookie") if line.startswith(f"{name}="))


async def test_the_cookie_is_kept_from_scripts_and_stays_under_its_path(house: House) -> None:
    line = cookie_line(await house.browser().get("/chat?gate=HN"), "hotline_chat")
    assert "HttpOnly" in line
    assert "SameSite=lax" in line
    assert "Path=/chat" in line
    assert "Secure" not in line


async def test_on_https_the_cookie_never_travels_in_the_open(tmp_path: Path) -> None:
    async with open_house(tmp_path / "https", public_url="https://hotline.example") as house:
        assert "Secure" in cookie_line(await house.browser().get("/chat"), "hotline_chat")


async def test_only_the_hash_of_the_secret_is_kept(house: House) -> None:
    window = await house.window()
    await window.says("Xe chờ từ sáng")
    secret = window.browser.cookies["hotline_chat"]
    kept = await in_the_clear(house.program)
    assert secret not in kept
    assert hashlib.sha256(secret.encode()).hexdigest() in kept


async def test_opening_the_page_stores_nothing(house: House) -> None:
    before = await in_the_clear(house.program)
    await house.browser().get("/chat?gate=HN")
    assert await in_the_clear(house.program) == before


async def test_a_browser_that_comes_back_has_its_chat(house: House) -> None:
    first = await house.window()
    await first.says("Xe chờ từ sáng")
    again = await house.window(first.browser)
    assert again.chat == first.chat
    assert "Xe chờ từ sáng" in [row["text"] for row in await again.rows()]


async def test_coming_again_to_the_same_gate_greets_once(house: House) -> None:
    window = await house.window()
    await house.window(window.browser)
    assert [frame["text"] for frame in await house.waiting()] == ["/start gate_HN"]


async def test_sender_and_staff_of_one_browser_do_not_meet(house: House) -> None:
    browser = house.browser()
    sender = await house.window(browser)
    assert (await house.signs_in(browser, await house.code_for("An"))).status_code == 303
    staff = await house.window(browser, "/staff")
    assert staff.chat != sender.chat
    await sender.says("Lời của lái xe")
    assert "Lời của lái xe" not in [row["text"] for row in await staff.rows()]
    assert (await browser.get("/chat/history", params={"chat": staff.chat})).status_code == 409


async def test_a_broken_cookie_is_a_new_visitor(house: House) -> None:
    browser = house.browser()
    browser.cookies.set("hotline_chat", "../../etc", path="/chat")
    answer = await browser.get("/chat")
    assert answer.status_code == 200
    assert cookie_line(answer, "hotline_chat")


async def test_a_senders_secret_opens_no_staff_page(house: House) -> None:
    window = await house.window()
    thief = house.browser()
    thief.cookies.set("hotline_staff", window.browser.cookies["hotline_chat"], path="/staff")
    assert (await thief.get("/staff")).status_code == 401


DAY = 86_400


async def on_duty(house: House) -> Window:
    """An's open staff page; its browser keeps the cookie, whatever the hand clock says."""
    browser = house.browser()
    await house.signs_in(browser, await house.code_for("An"))
    await house.program.settle()
    return await house.window(browser, "/staff")


async def asks(page: Window, address: str = "/staff/history") -> httpx.Response:
    """What the open page asks, with the cookie as a browser of that hour would send it."""
    secret = page.browser.cookies["hotline_staff"]
    headers = {**page.headers(), "cookie": f"hotline_staff={secret}"}
    return await page.browser.get(address, params={"chat": page.chat}, headers=headers)


async def test_a_staff_session_ends_after_thirty_days_without_use(house: House) -> None:
    page = await on_duty(house)
    house.seconds = 30 * DAY + 1
    assert (await asks(page, "/staff")).status_code == 401


async def test_an_open_page_hears_that_its_session_has_ended_and_what_to_do(house: House) -> None:
    page = await on_duty(house)
    house.seconds = 30 * DAY + 1
    answer = await asks(page)
    assert answer.status_code == 409
    assert "đường dẫn đăng nhập mới" in answer.json()["error"]


async def test_a_page_that_has_ended_counts_as_not_reachable_before_anything_is_sent_there(
    house: House,
) -> None:
    """What is addressed goes up the ladder at once; a page in use is written to as before."""
    page, program = await on_duty(house), house.program
    keeper = Housekeeper(program.db, program.cfg, program.clock.now, program.clock.now)

    async def reachable() -> int:
        (an,) = await program.db.read(people.staff)
        return len(await program.db.read(lambda db: people.reachable_identities(db, [an.id])))

    house.seconds += 29 * DAY
    assert await keeper.leave_unused_pages() == 0
    assert await reachable() == 1
    house.seconds += 2 * DAY
    assert await keeper.leave_unused_pages() == 1
    assert await reachable() == 0
    assert await keeper.leave_unused_pages() == 0

    await house.window(page.browser, "/chat?gate=HN")  # a sender's page of the same browser goes on
    house.seconds += 40 * DAY
    assert await keeper.leave_unused_pages() == 0


async def test_a_staff_page_in_use_never_ends(house: House) -> None:
    page = await on_duty(house)
    for day in (20, 40, 60):
        house.seconds = day * DAY
        assert (await asks(page)).status_code == 200
    assert (await asks(page, "/staff")).status_code == 200


async def test_a_page_that_only_writes_and_listens_keeps_its_cookie_too(house: House) -> None:
    page = await on_duty(house)
    house.seconds = 0.9 * DAY
    assert (await page.says("/viec")).status_code == 200
    house.seconds = 1.1 * DAY
    assert "Max-Age=2592000" in cookie_line(await asks(page), "hotline_staff")


async def test_the_use_of_a_page_is_noted_once_a_day(house: House) -> None:
    page = await on_duty(house)
    house.seconds = DAY
    assert "set-cookie" in (await asks(page)).headers
    house.seconds = 2 * DAY - 1
    assert "set-cookie" not in (await asks(page)).headers
    house.seconds = 2 * DAY
    assert "set-cookie" in (await asks(page)).headers


async def test_a_session_that_was_signed_out_is_not_renewed_back_to_life(house: House) -> None:
    page = await on_duty(house)
    secret_hash = hashlib.sha256(page.browser.cookies["hotline_staff"].encode()).hexdigest()
    now = house.program.clock.now()
    await house.program.db.write(partial(web_feed.end_session, secret_hash=secret_hash))
    await house.program.db.write(partial(web_feed.renew_session, secret_hash=secret_hash, now=now))
    assert (await asks(page)).status_code == 409


async def test_a_senders_cookie_is_renewed_by_coming_back(house: House) -> None:
    window = await house.window()
    house.seconds = 90 * DAY
    secret = window.browser.cookies["hotline_chat"]
    answer = await window.browser.get("/chat", headers={"cookie": f"hotline_chat={secret}"})
    assert "Max-Age=15552000" in cookie_line(answer, "hotline_chat")
