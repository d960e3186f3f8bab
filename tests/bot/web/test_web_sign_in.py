"""The staff's way in: a one-time link that only a pressed button uses up, and the way out."""

import re

import pytest

from core.people import Role
from services import directory, handover, linking
from services.reference import reference
from storage import people
from storage.database import Connection
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
    refused = await house.signs_in(late, code)
    assert refused.status_code == 403
    assert "đã được dùng rồi" in refused.text
    assert "xin quản trị viên một đường dẫn mới" in refused.text
    assert "<textarea" not in refused.text, "a page that only says so"
    assert "set-cookie" not in refused.headers
    assert await house.waiting() == []


async def test_a_link_that_is_too_old_or_never_was_says_so_and_what_to_do(house: House) -> None:
    code = await house.code_for("An")
    house.seconds += 25 * 3600
    for wrong, said in ((code, "quá 24 giờ"), ("BCDFGHJKMN", "không đúng")):
        answer = await house.signs_in(house.browser(), wrong)
        assert answer.status_code == 403
        assert said in answer.text
        assert "Việc cần làm" in answer.text


async def test_the_same_link_pressed_twice_in_one_browser_stays_signed_in(house: House) -> None:
    code, browser = await house.code_for("An"), house.browser()
    await house.signs_in(browser, code)
    await house.program.settle()
    before = browser.cookies["hotline_staff"]
    answer = await house.signs_in(browser, code)
    assert (answer.status_code, answer.headers["location"]) == (303, "/staff")
    assert browser.cookies["hotline_staff"] == before


async def test_two_browsers_at_once_with_one_link_leave_a_staff_page_to_one_of_them(house: House) -> None:
    code, first, second = await house.code_for("An"), house.browser(), house.browser()
    await house.signs_in(first, code)
    await house.signs_in(second, code)
    await house.program.settle()
    # Both are strangers until their codes are looked at; which one is looked at first does not matter.
    pages = [await browser.get("/staff") for browser in (first, second)]
    let_in, turned_away = sorted(pages, key=lambda answer: answer.status_code)
    assert (let_in.status_code, turned_away.status_code) == (200, 401)
    assert "chưa đăng nhập" in turned_away.text


async def test_whoever_has_left_sees_no_staff_page_any_more(house: House) -> None:
    browser = house.browser()
    await house.signs_in(browser, await house.code_for("An"))
    await house.program.settle()
    assert (await browser.get("/staff")).status_code == 200

    def leaves(db: Connection) -> None:
        (an,) = people.staff(db)
        handover.officer_left(db, house.program.cfg, an, house.program.clock.now())

    await house.program.db.write(leaves)
    assert (await browser.get("/staff")).status_code == 401


@pytest.mark.parametrize(
    ("role", "more", "offered"),
    [
        (Role.DUTY, {"gate": "HN"}, {"/solieu"}),
        (Role.OFFICER, {"unit": "TTQLCK"}, {"/solieu", "/lich"}),
        (Role.OFFICE, {}, {"/solieu", "/lich", "/baocao"}),
        (Role.LEADER, {}, {"/solieu", "/lich", "/baocao"}),
        (Role.ADMIN, {}, {"/solieu", "/lich"}),
    ],
)
async def test_the_menu_offers_figures_report_and_calendar_to_whoever_may_use_them(
    house: House, role: Role, more: dict[str, str], offered: set[str]
) -> None:
    now = house.program.clock.now()
    _, code, _ = await house.program.db.write(
        lambda db: directory.add_person(db, reference(db), "An", role, now, **more)
    )
    browser = house.browser()
    await house.signs_in(browser, code)
    for _ in ("before the program has handled the link", "and after"):
        page = (await browser.get("/staff")).text
        shown = set(re.findall(r'data-command="(/\w+)"', page))
        assert shown & {"/solieu", "/baocao", "/lich"} == offered
        assert {"/viec", "/ca", "/nhiemvu", "/trogiup"} <= shown
        await house.program.settle()


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


async def test_a_senders_code_signs_nobody_in_to_the_staff_page_and_is_not_used_up(house: House) -> None:
    now = house.program.clock.now()

    def codes(db: Connection) -> str:
        return linking.new_link_code(db, people.add_person(db, "Lái xe", Role.SENDER, now), now)[0]

    code = await house.program.db.write(codes)
    refused = await house.signs_in(house.browser(), code)
    assert refused.status_code == 403
    assert "không đúng" in refused.text
    assert await house.program.db.read(lambda db: linking.check_link_code(db, code, None, now))
    assert await house.waiting() == []
