"""The scenes of the guide for Văn phòng: a plan comes in, is reviewed and applied; reminders; a later date; Monday's list."""

from dataclasses import dataclass
from pathlib import Path

from cast import DESK, Hotline, Person, somebody
from playwright.async_api import Browser

PLAN = "ke-hoach-cua-khau.csv"
TASKS = """STT,Nội dung nhiệm vụ,Đơn vị chủ trì,Đơn vị phối hợp,Thời gian hoàn thành,Sản phẩm
1,Rà soát bảng niêm yết phí tại bến bãi,Trung tâm Quản lý cửa khẩu,Văn phòng,Chậm nhất ngày 04/12/2026,Báo cáo rà soát
2,Đối thoại với doanh nghiệp xuất nhập khẩu,Văn phòng,Trung tâm Quản lý cửa khẩu,Trước ngày 15/12/2026,Biên bản
3,Sửa hệ thống chiếu sáng đường vào cửa khẩu Hữu Nghị,Trung tâm Quản lý cửa khẩu,,,Biên bản nghiệm thu
"""
FEES = "bảng niêm yết phí"


@dataclass(slots=True)
class Office:
    """Hà of Văn phòng at a desk, Mai of the gate centre on the telephone, a leader."""

    hotline: Hotline
    ha: Person
    mai: Person
    long: Person


async def hired(hotline: Hotline) -> dict[str, str]:
    """Their sign-in codes."""
    return {
        "ha": await hotline.sign_in_code("Phạm Thu Hà", "office"),
        "mai": await hotline.sign_in_code("Vũ Thị Mai", "officer", "--unit", "TTQLCK"),
        "long": await hotline.sign_in_code("Hoàng Văn Long", "leader"),
    }


async def signed_in(hotline: Hotline, browser: Browser, codes: dict[str, str]) -> Office:
    """On the day that they were hired: the codes live for 24 hours, the browsers remember for 30 days."""
    ha = await somebody(browser, hotline, DESK)
    mai, long = await somebody(browser, hotline), await somebody(browser, hotline)
    for person, name in ((ha, "ha"), (mai, "mai"), (long, "long")):
        await person.signs_in(codes[name])
    return Office(hotline, ha, mai, long)


async def plan_is_applied(office: Office) -> None:
    """Thursday: the file, its draft with a question, *Áp dụng*, and the day that the plan left out."""
    file = Path(office.hotline.folder) / PLAN
    file.write_text(TASKS, encoding="utf-8")
    await office.ha.page.set_input_files("#files", file)
    await office.ha.page.click("#send")
    await office.ha.reads("Dự thảo nhiệm vụ")
    await office.ha.is_pictured("ke-hoach-du-thao")
    await office.ha.presses("Áp dụng")
    await office.ha.reads("Đã áp dụng")
    await office.ha.says("/nhiemvu 3")
    await office.ha.presses("Đặt hạn")
    await office.ha.reads("Viết hạn của nhiệm vụ này")
    await office.ha.says("20/12/2026")
    await office.ha.reads("hết Chủ nhật 20/12/2026")


async def unit_is_reminded(office: Office) -> None:
    """Friday, 07:45: the unit's first reminder; it acknowledges, and asks for a later date."""
    await office.mai.reads(FEES)
    await office.mai.presses("Đã nhận tất cả", exact=False)
    await office.mai.says("/nhiemvu 1")
    await office.mai.reads("Báo cáo rà soát")
    await office.mai.is_pictured("ke-hoach-nhiem-vu")
    await office.mai.presses("Xin lùi hạn")
    await office.mai.reads("Viết ngày xin lùi tới")
    await office.mai.says("11/12/2026 vì bãi Xuân Cương đang đổi bảng giá, ngày 08/12 mới niêm yết lại.")
    await office.long.reads("đổi bảng giá")
    await office.long.is_pictured("ke-hoach-xin-lui-han")
    await office.long.presses("Đồng ý")
    await office.mai.reads("Lãnh đạo đồng ý lùi hạn")


async def week_begins(office: Office) -> None:
    """Monday, 07:45: the list of Văn phòng."""
    await office.ha.reads("tuần từ 30/11/2026")
    await office.ha.is_pictured("ke-hoach-dau-tuan", top="tuần từ")
