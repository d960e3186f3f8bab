"""What the page's own script owes a person on a bad line: nothing that was written is lost, nothing arrives twice."""

import sqlite3

import pytest
from playwright.async_api import Browser, Page, Route, expect

from tests.browser.conftest import Running

pytestmark = [pytest.mark.browser, pytest.mark.enable_socket]
PHONE = {"width": 390, "height": 844}
WORDS = "Xe 12C-123.45 chờ từ 5 giờ sáng ở bãi Xuân Cương"


async def test_what_was_written_offline_outlives_the_page(hotline: Running, browser: Browser) -> None:
    driver = await _arrives(hotline, browser)
    await driver.context.set_offline(True)
    await _write(driver, WORDS)
    await expect(driver.get_by_text("chưa gửi được").first).to_be_visible()
    await driver.close()

    await driver.context.set_offline(False)
    again = await driver.context.new_page()
    await again.goto(f"{hotline.url}/chat?gate=HN")

    await expect(again.get_by_text("Hẹn trả lời:").first).to_be_visible(timeout=20_000)
    await expect(again.locator("#log li.in .bubble", has_text=WORDS)).to_have_count(1)
    assert _tickets(hotline) == 1
    await again.context.close()


async def test_a_lost_answer_makes_no_second_message(hotline: Running, browser: Browser) -> None:
    driver = await _arrives(hotline, browser)
    tries: list[int] = []

    async def lose_the_first_answer(route: Route) -> None:
        answer = await route.fetch()
        tries.append(answer.status)
        await (route.abort() if len(tries) == 1 else route.fulfill(response=answer))

    await driver.route("**/chat/messages", lose_the_first_answer)
    await _write(driver, WORDS)

    await expect(driver.get_by_text("✓ đã gửi").first).to_be_visible(timeout=20_000)
    await expect(driver.get_by_text("Hẹn trả lời:").first).to_be_visible(timeout=20_000)
    await expect(driver.locator("#log li.pending")).to_have_count(0, timeout=20_000)
    await expect(driver.locator("#log li.in .bubble", has_text=WORDS)).to_have_count(1)
    # The page may learn from its feed that the first try arrived, before it tries again: both are right.
    assert set(tries) == {200}
    assert _messages(hotline) == 1
    await driver.context.close()


async def test_a_half_written_text_outlives_a_killed_tab(hotline: Running, browser: Browser) -> None:
    driver = await _arrives(hotline, browser)
    await driver.fill("#text", WORDS)

    await driver.reload()

    await expect(driver.locator("#text")).to_have_value(WORDS)
    await driver.context.close()


async def test_a_file_of_25_mb_is_told_at_once_and_the_text_stays(hotline: Running, browser: Browser) -> None:
    driver = await _arrives(hotline, browser)
    await driver.fill("#text", WORDS)
    video = {"name": "bai.mp4", "mimeType": "video/mp4", "buffer": bytes(25 * 1024 * 1024)}
    await driver.locator("#files").set_input_files(video)

    await expect(driver.get_by_role("alert")).to_contain_text("lớn hơn 20 MB")
    await expect(driver.locator("#text")).to_have_value(WORDS)
    await expect(driver.locator("#chosen")).to_be_hidden()
    await driver.context.close()


async def test_a_text_of_more_than_100_kb_is_told_and_stays_in_the_box(
    hotline: Running, browser: Browser
) -> None:
    driver = await _arrives(hotline, browser)
    long = "tắc " * 26_000
    await _write(driver, long)

    await expect(driver.get_by_role("alert")).to_contain_text("100 KB")
    await expect(driver.locator("#text")).to_have_value(long)
    await driver.context.close()


async def test_what_the_server_refuses_can_be_taken_back_into_the_box(
    hotline: Running, browser: Browser
) -> None:
    driver = await _arrives(hotline, browser)
    refusal = {"error": "Tin này lớn quá mức nhận được.", "code": "web.error.too_big"}
    await driver.route("**/chat/messages", lambda route: route.fulfill(status=413, json=refusal))
    await _write(driver, WORDS)
    await expect(driver.locator("#log li.failed")).to_contain_text("lớn quá mức")

    await driver.get_by_role("button", name="Sửa lại").click()

    await expect(driver.locator("#text")).to_have_value(WORDS)
    await expect(driver.locator("#log li.failed")).to_have_count(0)
    await driver.context.close()


async def test_where_streams_are_blocked_the_page_asks(hotline: Running, browser: Browser) -> None:
    context = await browser.new_context(viewport=PHONE, locale="vi-VN")
    await context.route("**/chat/stream*", lambda route: route.abort())
    driver = await context.new_page()
    await driver.goto(f"{hotline.url}/chat?gate=HN")
    await expect(driver.get_by_text("Xin chào Anh/Chị")).to_be_visible(timeout=20_000)
    await _write(driver, WORDS)

    await expect(driver.get_by_text("Hẹn trả lời:").first).to_be_visible(timeout=20_000)
    await context.close()


@pytest.mark.parametrize("line", ["streams", "asking"])
async def test_a_staff_page_whose_session_has_ended_says_so_and_what_to_do(
    hotline: Running, browser: Browser, line: str
) -> None:
    context = await browser.new_context(viewport=PHONE, locale="vi-VN")
    if line == "asking":
        await context.route("**/staff/stream*", lambda route: route.abort())
    officer = await context.new_page()
    await officer.goto(hotline.links["Cán bộ trực (mẫu)"])
    await officer.get_by_role("button", name="Đăng nhập").click()
    await expect(officer.locator("#log")).to_contain_text("Cán bộ trực (mẫu)")
    with sqlite3.connect(hotline.data / "hotline.db") as db:
        db.execute("UPDATE web_sessions SET last_seen_at = replace(last_seen_at, '2026-11-22', '2026-10-22')")
    db.close()

    await expect(officer.get_by_role("alert")).to_contain_text("đường dẫn đăng nhập mới", timeout=25_000)
    await expect(officer.locator("#status")).to_be_hidden()
    await officer.fill("#text", "Lời chưa gửi")
    await expect(officer.get_by_role("alert")).to_contain_text("đường dẫn đăng nhập mới")
    await context.close()


async def test_markup_in_a_message_stays_text_on_both_pages(hotline: Running, browser: Browser) -> None:
    driver = await _arrives(hotline, browser)
    officer = await driver.context.new_page()
    await officer.goto(hotline.links["Cán bộ trực (mẫu)"])
    await officer.get_by_role("button", name="Đăng nhập").click()
    await expect(officer.locator("#log")).to_contain_text("Cán bộ trực (mẫu)")
    markup = '<img src=x onerror="document.title=1"><script>document.title=2</script> tắc đường'
    await _write(driver, markup)

    await expect(officer.get_by_text(markup).first).to_be_visible(timeout=20_000)
    for page in (driver, officer):
        assert await page.locator("#log img, #log script").count() == 0
        assert await page.title() not in ("1", "2")
    await driver.context.close()


async def test_everything_is_reached_by_keyboard_and_named(hotline: Running, browser: Browser) -> None:
    driver = await _arrives(hotline, browser)
    nameless = await driver.evaluate(
        """() => [...document.querySelectorAll('button, a, input, textarea')].filter((e) => {
            const labels = e.labels ? [...e.labels].map((l) => l.textContent.trim()).join('') : '';
            return e.offsetParent && !(e.textContent.trim() || e.getAttribute('aria-label') || labels);
        }).map((e) => e.outerHTML)"""
    )
    assert nameless == []

    await driver.focus("#text")
    await driver.keyboard.type("Bãi thu phí không hóa đơn")
    await driver.keyboard.press("Tab")
    await driver.keyboard.press("Enter")

    await expect(driver.get_by_text("Hẹn trả lời:").first).to_be_visible(timeout=20_000)
    await driver.context.close()


async def _arrives(hotline: Running, browser: Browser) -> Page:
    context = await browser.new_context(viewport=PHONE, locale="vi-VN")
    page = await context.new_page()
    await page.goto(f"{hotline.url}/chat?gate=HN")
    await expect(page.get_by_text("Xin chào Anh/Chị")).to_be_visible(timeout=20_000)
    return page


async def _write(page: Page, text: str) -> None:
    await page.fill("#text", text)
    await page.click("#send")


def _tickets(hotline: Running) -> int:
    return _count(hotline, "SELECT count(*) FROM tickets")


def _messages(hotline: Running) -> int:
    return _count(hotline, "SELECT count(*) FROM messages WHERE direction = 'in'")


def _count(hotline: Running, query: str) -> int:
    with sqlite3.connect(hotline.data / "hotline.db") as db:
        found: int = db.execute(query).fetchone()[0]
    db.close()
    return found
