"""The staff's way in: a one-time link that only a pressed button uses up, and the way out."""

from tests.web_page import House


async def test_opening_the_link_uses_nothing_up(house: House) -> None:
    code = await house.code_for("An")
    for _ in range(3):
        page = await house.browser().get(f"/in/{code}")
        assert page.status_code == 200
        assert "Đăng nhập" in page.text
        assert "set-cookie" not in page.headers
    assert await house.waiting() == []


async def test_the_button_links_and_the_second_press_of_the_same_code_is_refused(house: House) -> None:
    code, browser = await house.code_for("An"), house.browser()
    answer = await house.signs_in(browser, code)
    assert (answer.status_code, answer.headers["location"]) == (303, "/staff")
    assert "Path=/staff" in answer.headers["set-cookie"]
    assert "HttpOnly" in answer.headers["set-cookie"]
    await house.program.settle()
    assert any(
        "Đã liên kết tài khoản: An" in text for text in await (await house.window(browser, "/staff")).reads()
    )
    late = house.browser()
    await house.signs_in(late, code)
    await house.program.settle()
    said = await (await house.window(late, "/staff")).reads()
    assert said
    assert not any("Đã liên kết" in text for text in said)


async def test_the_one_time_code_is_not_shown_in_the_chat(house: House) -> None:
    code, browser = await house.code_for("An"), house.browser()
    await house.signs_in(browser, code)
    await house.program.settle()
    assert code not in str(await (await house.window(browser, "/staff")).rows())


async def test_a_malformed_code_is_told(house: House) -> None:
    for bad in ("x", "a b c d", "ab'<script>", "a" * 70):
        answer = await house.signs_in(house.browser(), bad)
        assert answer.status_code == 400
        assert "đăng nhập" in answer.text
    assert (await house.browser().get("/in/x")).status_code == 404


async def test_signing_out_ends_the_page_and_tells_the_bot(house: House) -> None:
    browser = house.browser()
    await house.signs_in(browser, await house.code_for("An"))
    await house.program.settle()
    staff = await house.window(browser, "/staff")
    secret = browser.cookies["hotline_staff"]
    answer = await browser.post("/staff/logout", headers=staff.headers())
    assert answer.status_code == 303
    assert "hotline_staff" not in browser.cookies
    assert [frame["kind"] for frame in await house.waiting()] == ["reachable"]
    thief = house.browser()
    thief.cookies.set("hotline_staff", secret, path="/staff")
    assert (await thief.get("/staff")).status_code == 401
    assert (await thief.get("/staff/history", params={"chat": staff.chat})).status_code == 409
    assert (await staff.says("Sau khi ra")).status_code == 409


async def test_signing_out_leaves_the_senders_chat_alone(house: House) -> None:
    browser = house.browser()
    sender = await house.window(browser)
    await house.signs_in(browser, await house.code_for("An"))
    staff = await house.window(browser, "/staff")
    await browser.post("/staff/logout", headers=staff.headers())
    assert (await sender.says("Xe chờ từ sáng")).status_code == 200


async def test_the_next_one_who_signs_in_takes_the_place(house: House) -> None:
    browser = house.browser()
    await house.signs_in(browser, await house.code_for("An"))
    an = await house.window(browser, "/staff")
    await house.signs_in(browser, await house.code_for("Bình"))
    binh = await house.window(browser, "/staff")
    assert an.chat != binh.chat
    answer = await an.says("Lời của An trên trang cũ")
    assert answer.status_code == 409, "An's open page does not speak in Bình's name"


async def test_without_a_session_the_page_says_how_to_sign_in(house: House) -> None:
    answer = await house.browser().get("/staff")
    assert answer.status_code == 401
    assert "<html" in answer.text
    assert (
        await house.browser().post("/staff/logout", headers={"origin": "http://gate.test"})
    ).status_code == 303
