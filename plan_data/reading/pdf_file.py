"""PDF files with a text layer: the tables by their lines, and the words around them."""

import io
import logging
import re
from collections.abc import Iterator
from typing import Any

import pdfplumber
from pdfminer.pdfdocument import PDFEncryptionError, PDFPasswordIncorrect
from pdfplumber.utils.exceptions import PdfminerException

from plan_data.plain_text import clean, flat
from plan_data.reading.source import MAX_CELL_CHARACTERS, MAX_COLUMNS, BadPlan, Paragraph, Row, Source

MAX_PAGES = 300
MAX_PAGE_CHARACTERS = 30_000
_TAIL_BYTES = 4_096
_PAGE_NUMBER = re.compile(r"(?:trang\s*)?-?\s*\d{1,3}\s*(?:/\s*\d{1,3})?\s*-?", re.IGNORECASE)


def read_pdf(data: bytes) -> Source:
    """The table rows and text lines of a .pdf file, page after page. Raises BadPlan."""
    if b"%%EOF" not in data[-_TAIL_BYTES:]:
        raise BadPlan("Tệp PDF bị cắt cụt: thiếu phần cuối.")
    # pdfminer warns of every oddity of every font; nothing of a document may reach a log.
    logging.getLogger("pdfminer").setLevel(logging.CRITICAL)
    try:
        with pdfplumber.open(io.BytesIO(data)) as pdf:
            blocks = tuple(_blocks(pdf))
    except (PDFPasswordIncorrect, PDFEncryptionError):
        raise BadPlan("Tệp PDF được đặt mật khẩu: hãy bỏ mật khẩu rồi gửi lại.") from None
    except PdfminerException as error:
        raise _refusal(error) from None
    except (BadPlan, MemoryError, KeyboardInterrupt):
        raise
    except Exception as error:  # pdfminer answers broken files with whatever broke inside it
        raise _refusal(error) from None
    if not blocks:
        raise BadPlan("Tệp PDF chỉ có ảnh chụp, không có chữ: hãy gửi bản Word, Excel hoặc PDF có chữ.")
    return Source("pdf", blocks, cuts_lines=True)


def _refusal(error: Exception) -> BadPlan:
    causes = [error, *error.args]
    if any(isinstance(cause, PDFPasswordIncorrect | PDFEncryptionError) for cause in causes):
        return BadPlan("Tệp PDF được đặt mật khẩu: hãy bỏ mật khẩu rồi gửi lại.")
    return BadPlan("Tệp PDF bị hỏng: không đọc được nội dung.")


def _blocks(pdf: Any) -> Iterator[Paragraph | Row]:
    if len(pdf.pages) > MAX_PAGES:
        raise BadPlan(f"Tệp PDF dài {len(pdf.pages)} trang, nhiều hơn mức {MAX_PAGES} trang đọc được.")
    table = 0
    for number, page in enumerate(pdf.pages, start=1):
        if len(page.chars) > MAX_PAGE_CHARACTERS:
            raise BadPlan(f"Trang {number} của tệp PDF có quá nhiều chữ: không phải một kế hoạch.")
        found = [one for one in page.find_tables() if len(one.rows) > 1 or len(one.rows[0].cells) > 2]
        found.sort(key=lambda one: one.bbox[1])
        top = 0.0
        for one in found:
            yield from _lines(page, number, top, one.bbox[1])
            table += 1
            yield from _rows(one, number, table)
            top = one.bbox[3]
        yield from _lines(page, number, top, float(page.height))
        page.close()


def _rows(table: Any, page: int, count: int) -> Iterator[Row]:
    for number, cells in enumerate(table.extract(), start=1):
        if len(cells) > MAX_COLUMNS:
            raise BadPlan(f"Bảng ở trang {page} có hơn {MAX_COLUMNS} cột: không phải một kế hoạch.")
        # A line ends where the column does: it says nothing.
        texts = tuple(flat(cell or "")[:MAX_CELL_CHARACTERS] for cell in cells)
        spans = _spans(cells)
        wide = max((width for _, width in spans), default=1)
        place = f"trang {page}, dòng {number} của bảng"
        yield Row(texts, place, count, wide, (), number == 1, spans)


def _spans(cells: list[str | None]) -> tuple[tuple[int, int], ...]:
    """A cell that is None is covered by the one to its left."""
    spans = []
    for start, cell in enumerate(cells):
        end = start + 1
        while end < len(cells) and cells[end] is None:
            end += 1
        if cell is not None and end - start > 1:
            spans.append((start, end - start))
    return tuple(spans)


def _lines(page: Any, number: int, top: float, bottom: float) -> Iterator[Paragraph]:
    if bottom - top < 4:
        return
    text = page.crop((0, top, page.width, bottom), strict=False).extract_text() or ""
    for line, words in enumerate(clean(text).split("\n"), start=1):
        if words and not _PAGE_NUMBER.fullmatch(words):
            yield Paragraph(words[:MAX_CELL_CHARACTERS], f"trang {number}, dòng {line}", 0, False)
