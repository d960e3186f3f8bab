"""Remakes every picture of the papers: a real `hotline run` on a scratch folder, driven in a real Chromium.

    .venv/bin/python docs/pictures/make_pictures.py

Needs Chromium and a font with emoji (Debian: chromium, fonts-noto-color-emoji). The program runs as a drill, so that the
pictures show the same Wednesday each time: it is stopped and started again wherever some hours must pass. Every person and
every complaint is invented. Takes about three minutes. Look at each picture before it is used.
"""

import asyncio
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

import plan_scenes
from cast import DAY, DESK, Hotline, Person, chromium, free_port, somebody
from playwright.async_api import Browser

SHIFTS = f"""gate,start,end,people
HN,{DAY}T07:00,{DAY}T13:00,Nguyễn Thị An;Trần Văn Bình
HN,{DAY}T13:00,{DAY}T19:00,Trần Văn Bình
"""
COMPLAINT = "Xe tôi 12C-123.45 vào bãi Xuân Cương lúc 5 giờ sáng. Bãi thu 300 nghìn mà không đưa hóa đơn, hỏi thì không ai trả lời."
OTHER = "Cửa khẩu Hữu Nghị: tờ khai trên Cửa khẩu số báo lỗi từ sáng, xe hoa quả không vào được"
LIGHTS = "Đèn chiếu sáng ở đường vào cửa khẩu Hữu Nghị hỏng ba hôm nay, tối rất nguy hiểm"


@dataclass(slots=True)
class Gate:
    """The cast: a driver, two officers on shift, the head of the gate, Văn phòng, a leader."""

    hotline: Hotline
    driver: Person
    an: Person
    binh: Person
    duc: Person
    codes: dict[str, str] = field(default_factory=dict)


async def make() -> None:
    """All scenes, in the order of the day."""
    with tempfile.TemporaryDirectory() as folder:
        hotline = Hotline(Path(folder), free_port())
        codes = await _hire(hotline)
        async with chromium() as browser:
            try:
                await _day(hotline, browser, codes)
            finally:
                await hotline.stop()


async def _hire(hotline: Hotline) -> dict[str, str]:
    codes = {
        "an": await hotline.sign_in_code("Nguyễn Thị An", "duty", "--gate", "HN"),
        "binh": await hotline.sign_in_code("Trần Văn Bình", "duty", "--gate", "HN"),
        "duc": await hotline.sign_in_code("Lê Minh Đức", "duty", "--gate", "HN", "--head"),
        **await plan_scenes.hired(hotline),
    }
    await hotline.command("shifts", "import", "-", stdin=SHIFTS)
    return codes


async def _day(hotline: Hotline, browser: Browser, codes: dict[str, str]) -> None:
    await hotline.start("06:59:50")
    gate = Gate(
        hotline,
        driver=await somebody(browser, hotline),
        an=await somebody(browser, hotline),
        binh=await somebody(browser, hotline, DESK),
        duc=await somebody(browser, hotline),
        codes=codes,
    )
    await _morning(gate)
    office = await plan_scenes.signed_in(hotline, browser, codes)
    await _again(hotline, "09:12:00")
    await _complaint(gate)
    await _answer(gate)
    await _note(gate)
    await _question(gate)
    await _closing(gate)
    await _again(hotline, "10:20:00")
    await _agency(gate, browser)
    await _transfer(gate)
    await _again(hotline, "12:29:55")
    await _shift_end(gate)
    await _again(hotline, "18:59:50")
    await _breach(gate)
    await _again(hotline, "08:05:00", "2026-11-26")
    await plan_scenes.plan_is_applied(office)
    await _again(hotline, "07:44:50", "2026-11-27")
    await plan_scenes.unit_is_reminded(office)
    await _again(hotline, "07:44:50", "2026-11-30")
    await plan_scenes.week_begins(office)


async def _morning(gate: Gate) -> None:
    """Sign-in, and the shift that begins at seven."""
    await gate.an.signs_in(gate.codes["an"], picture="dang-nhap")
    await gate.binh.signs_in(gate.codes["binh"])
    await gate.duc.signs_in(gate.codes["duc"])
    await gate.an.reads("bắt đầu")
    await gate.an.is_pictured("bat-dau-ca")
    await gate.an.presses("Đã nhận ca", exact=False)
    await gate.an.reads("Đã nhận ca.")
    await gate.binh.presses("Đã nhận ca", exact=False)


async def _complaint(gate: Gate) -> None:
    await gate.driver.opens("/chat?gate=HN")
    await gate.driver.reads("Xin chào")
    await gate.driver.says(COMPLAINT)
    await gate.driver.reads("Mã phiếu")
    await gate.driver.is_pictured("nguoi-gui-nhan-ma-phieu", top=COMPLAINT)
    await gate.an.reads("Nhận xử lý")
    await gate.an.is_pictured("the-phieu")
    await gate.binh.is_pictured("the-phieu-1280")
    await gate.an.presses("Nhận xử lý")
    await gate.an.reads("Đang xử lý: Nguyễn Thị An")
    await gate.an.is_pictured("da-nhan-xu-ly")
    await gate.binh.is_pictured("nguoi-khac-da-nhan")


async def _answer(gate: Gate) -> None:
    await gate.an.presses("Trả lời")
    await gate.an.reads("Viết trả lời")
    await gate.an.says(
        "Trung tâm đã yêu cầu bãi xuất hóa đơn. Anh/Chị đến cửa số 2 để nhận, gặp ca trực nếu bãi không đưa."
    )
    await gate.an.reads("Đã gửi trả lời")
    await gate.an.is_pictured("tra-loi")
    await gate.driver.reads("Anh/Chị đến cửa số 2")
    await gate.driver.is_pictured("nguoi-gui-nhan-tra-loi")


async def _note(gate: Gate) -> None:
    await gate.an.presses("Ghi chú nội bộ")
    await gate.an.says("Bãi hứa 10 giờ có hóa đơn. Gọi lại quản lý bãi lúc 10 giờ 15.")
    await gate.an.reads("Đã ghi chú nội bộ")
    await gate.an.replies_to("Người phản ánh viết", "Đã gọi quản lý bãi, họ đang in hóa đơn.")
    await gate.an.reads("Gửi cho người phản ánh?")
    await gate.an.is_pictured("ghi-chu-noi-bo")
    await gate.an.presses("Giữ làm ghi chú")


async def _question(gate: Gate) -> None:
    await gate.an.presses("Hỏi thêm")
    await gate.an.says("Anh/Chị trả tiền ở quầy nào, lúc mấy giờ?")
    await gate.an.reads("Chờ người phản ánh trả lời")
    await gate.an.is_pictured("hoi-them")
    await gate.driver.reads("lúc mấy giờ")
    await gate.driver.says("Quầy bên phải cổng ra, khoảng 5 giờ 20")
    await gate.an.reads("Quầy bên phải cổng ra")


async def _closing(gate: Gate) -> None:
    await gate.an.presses("Đóng phiếu")
    await gate.an.says("Đã xong.")
    await gate.an.reads("cần ít nhất 20 ký tự")
    await gate.an.says(
        "Bãi Xuân Cương đã xuất hóa đơn và trả lại 100 nghìn thu thừa cho lái xe lúc 9 giờ 40."
    )
    await gate.an.reads("Đã gửi kết quả")
    await gate.an.is_pictured("dong-phieu")
    await gate.driver.reads("Anh/Chị đánh giá")
    await gate.driver.is_pictured("nguoi-gui-danh-gia")
    await gate.driver.presses("Hài lòng")
    await gate.an.reads("Hài lòng")


async def _agency(gate: Gate, browser: Browser) -> None:
    trader = await somebody(browser, gate.hotline)
    await trader.opens("/chat?gate=HN")
    await trader.reads("Xin chào")
    await trader.says(OTHER)
    await gate.an.reads("xe hoa quả không vào được")
    await gate.an.presses("Nhận xử lý", on="xe hoa quả không vào được")
    await gate.an.presses("Chờ cơ quan khác", on="xe hoa quả không vào được")
    await gate.an.presses("Đơn vị vận hành", exact=False)
    await gate.an.reads("cơ quan hẹn ngày nào")
    await gate.an.presses("25/11/2026")
    await gate.an.reads("ai duyệt việc chờ này")
    await gate.an.is_pictured("cho-co-quan-khac")
    await gate.an.presses("Lê Minh Đức")
    await gate.an.reads("người phản ánh đã được báo")
    await trader.reads("Hẹn báo kết quả")
    await trader.is_pictured("nguoi-gui-cho-co-quan-khac")


async def _transfer(gate: Gate) -> None:
    await gate.driver.presses("Việc khác: mở phiếu mới", exact=False)
    await gate.driver.reads("mở một phiếu mới")
    await gate.driver.says(LIGHTS)
    await gate.an.reads("ba hôm nay")
    await gate.an.presses("Nhận xử lý", on="ba hôm nay")
    await gate.an.presses("Chuyển", on="ba hôm nay")
    await gate.an.reads("cho ai?")
    await gate.an.is_pictured("chuyen")
    await gate.an.presses("Cửa khẩu")
    await gate.an.reads("tới cửa khẩu nào?")
    await gate.an.says("/viec")
    await gate.an.reads("Việc của Anh/Chị")
    await gate.an.is_pictured("viec")


async def _shift_end(gate: Gate) -> None:
    """Half an hour before the end: An keeps the lights, the rest goes back to the pool."""
    await gate.an.reads("Ca trực sắp hết")
    await gate.an.is_pictured("het-ca")
    await gate.an.presses("0003", exact=False, on="Ca trực sắp hết")
    await gate.an.reads("Anh/Chị giữ tiếp phiếu")


async def _breach(gate: Gate) -> None:
    await gate.an.reads("Vì sao quá hạn?")
    await gate.an.is_pictured("qua-han", top="Vì sao quá hạn?")
    await gate.an.presses("Quá tải", on="Vì sao quá hạn?")
    await gate.an.reads("Đã ghi lý do")


async def _again(hotline: Hotline, clock: str, day: str = DAY) -> None:
    await hotline.stop()
    await hotline.start(clock, day)


if __name__ == "__main__":
    asyncio.run(make())
