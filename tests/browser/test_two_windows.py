"""The whole path by hand, in one browser with two windows: the sender's telephone and the duty officer's desk."""

import io
import sqlite3

import pytest
from PIL import Image
from playwright.async_api import Browser, Page, expect

from tests.browser.conftest import Running, picture

pytestmark = [pytest.mark.browser, pytest.mark.enable_socket]
PHONE = {"width": 390, "height": 844}
DESK = {"width": 1280, "height": 900}


async def test_a_complaint_is_taken_answered_closed_and_rated_in_two_windows(
    hotline: Running, browser: Browser
) -> None:
    context = await browser.new_context(viewport=PHONE, locale="vi-VN")
    driver, officer = await context.new_page(), await context.new_page()
    await officer.set_viewport_size(DESK)
    await driver.goto(f"{hotline.url}/chat?gate=HN")
    await expect(driver.get_by_text("Xin chào Anh/Chị")).to_be_visible()
    await officer.goto(hotline.links["Cán bộ trực (mẫu)"])
    await officer.get_by_role("button", name="Đăng nhập").click()
    await expect(officer.locator("#log")).to_contain_text("Cán bộ trực (mẫu)")

    await _write(driver, "Bai Xuan Cuong thu phi 300k khong co hoa don <b>kiểm tra giúp</b>")
    await expect(
        driver.get_by_text("Hẹn trả lời: trước 19:00 hôm nay, 22/11/2026 (giờ Hà Nội)")
    ).to_be_visible()
    await picture(driver, "sender-receipt-390")
    await expect(officer.get_by_text("<b>kiểm tra giúp</b>").first).to_be_visible()

    await officer.get_by_role("button", name="Nhận xử lý").last.click()
    await officer.get_by_role("button", name="Trả lời").last.click()
    await expect(officer.get_by_text("Viết trả lời gửi người phản ánh").last).to_be_visible()
    await _write(officer, "Trung tâm đang kiểm tra bãi, 15 phút nữa có người tới.")
    await expect(driver.get_by_text("15 phút nữa có người tới")).to_be_visible()

    await officer.get_by_role("button", name="Ghi chú nội bộ").last.click()
    await expect(officer.get_by_text("nội bộ").last).to_be_visible()
    await _write(officer, "Bãi này đã bị nhắc lần thứ hai.")
    await officer.get_by_role("button", name="Đóng phiếu").last.click()
    await expect(officer.get_by_text("ít nhất 20 ký tự").last).to_be_visible()
    await _write(officer, "Bãi đã xuất hóa đơn và hoàn lại phần thu thừa cho Anh/Chị.")
    await expect(driver.get_by_text("hoàn lại phần thu thừa")).to_be_visible()
    await picture(officer, "officer-closed-1280")
    await officer.set_viewport_size(PHONE)
    await picture(officer, "officer-closed-390")
    for page in (driver, officer):
        # The page itself never scrolls: its header and its box stay where they are, only the talk between them moves.
        assert await page.evaluate("document.documentElement.scrollHeight <= window.innerHeight")

    await driver.get_by_role("button", name="Hài lòng", exact=True).click()
    await expect(driver.get_by_text("Cảm ơn Anh/Chị đã đánh giá")).to_be_visible()
    assert "nhắc lần thứ hai" not in await driver.locator("#log").inner_text()
    await driver.set_viewport_size(DESK)
    await picture(driver, "sender-rated-1280")
    await context.close()

    assert _one(hotline, "SELECT status, closure FROM tickets") == ("closed", "rated")


async def test_a_photo_reaches_the_officer_and_nothing_unsealed_of_it_stays_on_the_disk(
    hotline: Running, browser: Browser
) -> None:
    context = await browser.new_context(viewport=PHONE, locale="vi-VN")
    driver, officer = await context.new_page(), await context.new_page()
    await officer.goto(hotline.links["Cán bộ trực (mẫu)"])
    await officer.get_by_role("button", name="Đăng nhập").click()
    await driver.goto(f"{hotline.url}/chat?gate=TT")
    await expect(driver.get_by_text("Xin chào Anh/Chị")).to_be_visible()
    picture_file = {"name": "bai.jpg", "mimeType": "image/jpeg", "buffer": _photo_with_position()}
    await driver.locator("#files").set_input_files(picture_file)
    await _write(driver, "Ảnh chụp hố ga mất nắp ở bãi xe Tân Thanh")
    await expect(driver.get_by_text("DDLS-261122-0001").first).to_be_visible()

    await expect(officer.locator("#log img").first).to_be_visible(timeout=15_000)
    await picture(officer, "officer-photo-390")
    await expect(driver.locator("#log img").first).to_be_visible()
    await context.close()

    assert list((hotline.data / "files" / "incoming").glob("[0-9a-f]*")) == []
    shown = [path.read_bytes() for path in (hotline.data / "files").rglob("*") if path.is_file()]
    assert not any(b"Exif" in content for content in shown)


async def test_what_is_written_without_a_network_is_sent_when_it_is_back(
    hotline: Running, browser: Browser
) -> None:
    context = await browser.new_context(viewport=PHONE, locale="vi-VN")
    driver = await context.new_page()
    await driver.goto(f"{hotline.url}/chat?gate=HN")
    await expect(driver.get_by_text("Xin chào Anh/Chị")).to_be_visible()

    await context.set_offline(True)
    await _write(driver, "Đường vào Hữu Nghị đang tắc dài")
    await expect(driver.get_by_text("chưa gửi được").first).to_be_visible()
    await picture(driver, "sender-offline-390")
    await context.set_offline(False)
    await driver.evaluate("window.dispatchEvent(new Event('online'))")

    await expect(driver.get_by_text("Hẹn trả lời:").first).to_be_visible(timeout=20_000)
    await context.close()
    assert _one(hotline, "SELECT count(*) FROM tickets") == (1,)


async def test_a_chinese_driver_reads_chinese_and_beijing_time(hotline: Running, browser: Browser) -> None:
    context = await browser.new_context(viewport=PHONE, locale="zh-CN")
    driver = await context.new_page()
    await driver.goto(f"{hotline.url}/chat?gate=HN")
    await _write(driver, "友谊关排队四个小时了，没有人管")
    await expect(driver.locator("#log")).to_contain_text("北京时间20:00")
    await picture(driver, "sender-chinese-390")
    await context.close()
    assert _one(hotline, "SELECT gate FROM tickets") == ("HN",)


async def _write(page: Page, text: str) -> None:
    await page.fill("#text", text)
    await page.click("#send")


def _photo_with_position() -> bytes:
    picture, out = Image.new("RGB", (640, 480), "gray"), io.BytesIO()
    exif = Image.Exif()
    exif[0x8825] = {1: "N", 2: (21.0, 58.0, 30.0), 3: "E", 4: (106.0, 41.0, 10.0)}
    picture.save(out, "JPEG", exif=exif)
    return out.getvalue()


def _one(hotline: Running, query: str) -> tuple[object, ...]:
    with sqlite3.connect(hotline.data / "hotline.db") as db:
        row: tuple[object, ...] = db.execute(query).fetchone()
    db.close()
    return row
