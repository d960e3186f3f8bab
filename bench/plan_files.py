"""Plans of any length as .docx and .xlsx, for measuring: every row differs, as in a real plan."""

import io
import random
from collections.abc import Iterator

from docx import Document
from lxml import etree
from openpyxl import Workbook

HEADER = ("STT", "Nội dung, nhiệm vụ", "Chủ trì", "Phối hợp", "Thời gian thực hiện", "Sản phẩm")
_W = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
_LEADS = (
    "Sở Văn hóa, Thể thao và Du lịch",
    "Sở Tài chính, Sở Công Thương",
    "Ban Quản lý Khu KTCK Đồng Đăng",
    "Sở Nội vụ; MTTQ tỉnh",
    "Trung tâm Quản lý cửa khẩu",
    "Sở VHTT&DL và Văn phòng UBND tỉnh",
)
_HELPERS = (
    "Các sở, ban, ngành liên quan",
    "UBND các xã, phường",
    "Sở, ban, ngành liên quan; UBND xã, phường",
    "",
)
_TEXT = "tổ chức triển khai hướng dẫn kiểm tra giám sát nâng cao chất lượng phục vụ người dân doanh nghiệp cửa khẩu"
_WORDS = tuple(_TEXT.split())


def rows(count: int) -> Iterator[tuple[str, ...]]:
    """`count` task rows with a section row before every hundredth."""
    chance = random.Random(20260529)
    for number in range(1, count + 1):
        title = " ".join(chance.choices(_WORDS, k=chance.randint(8, 30))).capitalize()
        day = f"{chance.randint(1, 28):02d}/{chance.randint(1, 12):02d}/2026"
        period = chance.choice(
            (f"trước ngày {day}", f"Quý {chance.choice(('I', 'II', 'III', 'IV'))}/2026", "Cả năm")
        )
        lead, helper = chance.choice(_LEADS), chance.choice(_HELPERS)
        yield str(number), f"{title} đợt {number}", lead, helper, period, f"Báo cáo số {number}"


def xlsx(count: int) -> bytes:
    """A workbook: title block, header, rows."""
    book = Workbook(write_only=True)
    sheet = book.create_sheet("Kế hoạch")
    sheet.append(["KẾ HOẠCH THỰC HIỆN NHIỆM VỤ NĂM 2026"])
    sheet.append([])
    sheet.append(HEADER)
    for row in rows(count):
        sheet.append(row)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def docx(count: int) -> bytes:
    """A Word file with one table, as Word writes it: run properties and revision marks in every cell."""
    document = Document()
    document.add_paragraph("KẾ HOẠCH THỰC HIỆN NHIỆM VỤ NĂM 2026")
    body = document.element.body
    table = etree.fromstring(
        f'<w:tbl xmlns:w="{_W}">{_xml_row(HEADER)}{"".join(map(_xml_row, rows(count)))}</w:tbl>'
    )
    body.insert(len(body) - 1, table)
    out = io.BytesIO()
    document.save(out)
    return out.getvalue()


def _xml_row(cells: tuple[str, ...]) -> str:
    return f'<w:tr w:rsidR="00A77B3E">{"".join(map(_xml_cell, cells))}</w:tr>'


def _xml_cell(text: str) -> str:
    style = '<w:rPr><w:rFonts w:ascii="Times New Roman" w:hAnsi="Times New Roman"/><w:sz w:val="26"/></w:rPr>'
    return (
        '<w:tc><w:tcPr><w:tcW w:w="1700" w:type="dxa"/></w:tcPr><w:p w:rsidR="00A77B3E"><w:pPr><w:jc w:val="both"/></w:pPr>'
        f'<w:r>{style}<w:t xml:space="preserve">{text.replace("&", "&amp;")}</w:t></w:r></w:p></w:tc>'
    )
