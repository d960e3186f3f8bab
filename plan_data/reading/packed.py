"""Office files are zip archives: opened with care, for they may be bombs, locked, broken, or carry programs."""

import io
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO

from lxml import etree

from plan_data.reading.source import MAX_UNPACKED_BYTES, BadPlan

MAX_PARTS = 2_000
_MACROS = "vbaproject.bin"


@contextmanager
def opened(data: bytes, kind: str) -> Iterator[zipfile.ZipFile]:
    """The archive of a "Word" or "Excel" file. Raises BadPlan for whatever makes it unfit, also while it is read."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            _check(archive, kind)
            yield archive
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError):
        raise BadPlan(f"Tệp {kind} bị hỏng hoặc bị cắt cụt: không mở được.") from None
    except etree.XMLSyntaxError:
        raise BadPlan(f"Tệp {kind} bị hỏng: nội dung bên trong sai cấu trúc.") from None


def part(archive: zipfile.ZipFile, name: str) -> bytes | None:
    """The bytes of a part, None when there is none."""
    try:
        return archive.read(name)
    except KeyError:
        return None


def tree(archive: zipfile.ZipFile, name: str) -> etree._Element | None:
    """A small part as XML, None when there is none. Entities and foreign files are not read."""
    content = part(archive, name)
    return None if content is None else etree.fromstring(content, etree.XMLParser(**SAFE))


SAFE = {"resolve_entities": False, "no_network": True, "load_dtd": False, "huge_tree": False}


def part_stream(archive: zipfile.ZipFile, name: str) -> IO[bytes]:
    """A large part to be read bit by bit."""
    return archive.open(name)


def _check(archive: zipfile.ZipFile, kind: str) -> None:
    parts = archive.infolist()
    if len(parts) > MAX_PARTS or sum(part.file_size for part in parts) > MAX_UNPACKED_BYTES:
        raise BadPlan(f"Tệp {kind} giải nén ra quá lớn: không phải một kế hoạch.")
    if any(part.flag_bits & 1 for part in parts):
        raise BadPlan(f"Tệp {kind} được đặt mật khẩu: hãy bỏ mật khẩu rồi gửi lại.")
    if any(part.filename.casefold().endswith(_MACROS) for part in parts):
        raise BadPlan(f"Tệp {kind} có chứa macro: hãy lưu lại thành .docx hoặc .xlsx không macro.")
