"""Which format a file has – by its ending and by its bytes, which must agree – and the reader for it."""

from collections.abc import Callable
from pathlib import PurePath

from plan_data.reading.source import MAX_FILE_BYTES, BadPlan, Source, checked

FORMATS = (".docx", ".xlsx", ".csv", ".pdf", ".txt", ".md")
_OLD_OFFICE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_MACRO_ENDINGS = (".docm", ".xlsm", ".dotm", ".xltm", ".xlsb")
_OLD_ENDINGS = (".doc", ".xls", ".rtf", ".odt", ".ods")
_SIGNS: tuple[tuple[bytes, str], ...] = (
    (b"PK\x03\x04", "tệp Word hoặc Excel (hay tệp nén)"),
    (b"PK\x05\x06", "tệp nén trống"),
    (b"%PDF-", "PDF"),
    (_OLD_OFFICE, "tệp Office định dạng cũ hoặc đặt mật khẩu"),
    (b"{\\rtf", "RTF"),
    (b"\x89PNG", "ảnh PNG"),
    (b"\xff\xd8\xff", "ảnh JPEG"),
    (b"GIF8", "ảnh GIF"),
    (b"\x1f\x8b", "tệp nén gzip"),
    (b"Rar!", "tệp nén RAR"),
    (b"7z\xbc\xaf", "tệp nén 7z"),
    (b"MZ", "chương trình Windows"),
    (b"\x7fELF", "chương trình"),
)


def read_source(data: bytes, file_name: str) -> Source:
    """The file taken apart. Raises BadPlan: as `check_bytes`, and when it is broken, locked or no plan's size."""
    check_bytes(data, file_name)
    return checked(_reader(_ending(file_name))(data))


def check_bytes(data: bytes, file_name: str) -> None:
    """Raises BadPlan: unknown ending, empty, too large, not what the ending says."""
    ending = _ending(file_name)
    _check_ending(ending)
    if len(data) > MAX_FILE_BYTES:
        raise too_large(len(data))
    if not data.strip(b"\x00 \t\r\n"):
        raise BadPlan("Tệp trống: không có nội dung nào.")
    _check_sign(data, ending)


def too_large(size: int) -> BadPlan:
    """The refusal of a file of `size` bytes."""
    return BadPlan(
        f"Tệp nặng {size / 1_000_000:.0f} MB, quá mức {MAX_FILE_BYTES // 1_000_000} MB của một kế hoạch."
    )


def _ending(file_name: str) -> str:
    return PurePath(file_name).suffix.casefold()


def _check_ending(ending: str) -> None:
    if ending in _MACRO_ENDINGS:
        raise BadPlan(f"Không nhận tệp có macro ({ending}): hãy lưu lại thành .docx hoặc .xlsx.")
    if ending in _OLD_ENDINGS:
        raise BadPlan(f"Không đọc được định dạng {ending}: hãy lưu lại thành .docx, .xlsx hoặc .pdf.")
    if ending not in FORMATS:
        named = f"đuôi “{ending[:12]}”" if ending else "không có đuôi"
        raise BadPlan(f"Không biết loại tệp này ({named}): chỉ nhận {', '.join(FORMATS)}.")


def _check_sign(data: bytes, ending: str) -> None:
    """Raises BadPlan when the first bytes are those of another kind of file."""
    found = next((name for sign, name in _SIGNS if data.startswith(sign)), None)
    if data.startswith(_OLD_OFFICE) and ending in (".docx", ".xlsx"):
        raise BadPlan(
            "Tệp được đặt mật khẩu hoặc là định dạng Office cũ: hãy bỏ mật khẩu, lưu lại thành .docx, .xlsx."
        )
    if ending in (".docx", ".xlsx"):
        if not data.startswith(b"PK"):
            raise BadPlan(f"Tệp có đuôi {ending} nhưng bên trong {_inside(found)}.")
        return
    if ending == ".pdf":
        if b"%PDF-" not in data[:1024]:
            raise BadPlan(f"Tệp có đuôi .pdf nhưng bên trong {_inside(found)}.")
        return
    if found is not None:
        raise BadPlan(f"Tệp có đuôi {ending} nhưng bên trong {_inside(found)}.")


def _inside(found: str | None) -> str:
    return f"là {found}" if found else "là dữ liệu khác"


def _reader(ending: str) -> Callable[[bytes], Source]:
    # Only here: each library takes a tenth of a second, and a plan needs one of them.
    match ending:
        case ".docx":
            from plan_data.reading.docx_file import read_docx

            return read_docx
        case ".xlsx":
            from plan_data.reading.xlsx_file import read_xlsx

            return read_xlsx
        case ".pdf":
            from plan_data.reading.pdf_file import read_pdf

            return read_pdf
        case ".csv":
            from plan_data.reading.csv_file import read_csv

            return read_csv
    from plan_data.reading.text_file import read_text

    return lambda data: read_text(data, ending.lstrip("."))
