"""Who a browser is: a secret in a cookie that only the browser knows, one for each side."""

import hashlib
from pathlib import Path

import httpx

from tests.web_page import House, open_house
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


async def test_a_staff_session_ends_after_its_days(house: House) -> None:
    browser = house.browser()
    await house.signs_in(browser, await house.code_for("An"))
    house.seconds = 31 * 86_400
    secret = browser.cookies["hotline_staff"]
    assert (await browser.get("/staff", headers={"cookie": f"hotline_staff={secret}"})).status_code == 401
