"""A message as the browser posts it, read piece by piece: files go straight to the disk, and every limit is checked on the way.

Too much is read to its end and thrown away: a browser whose upload is cut off shows a network error, not our sentence.
"""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from python_multipart.exceptions import MultipartParseError
from python_multipart.multipart import MultipartParser, parse_options_header
from starlette.requests import ClientDisconnect, Request

from bot.web.files import FileWriter, photo_mime
from bot.web.frames import StoredFile
from bot.web.problems import Problem

_MEGABYTE = 1024 * 1024
_SMALL_FIELD = 200
_KINDS = ("video", "audio")


@dataclass(frozen=True, slots=True)
class Limits:
    """Bytes of the text (UTF-8) and of one file; files of one message."""

    text: int
    file: int
    files: int

    @property
    def body(self) -> int:
        """More than any honest message: beyond it nothing is read at all."""
        return self.text + (self.file + 4096) * self.files + 16 * _MEGABYTE


@dataclass(slots=True)
class Form:
    """What came: fields by name, and files that vanish with the form unless `keep` puts them on the disk for good."""

    fields: dict[str, str]
    _reader: "_Reader"

    async def keep(self) -> list[StoredFile]:
        """The files, durable. Raises OSError."""
        return await asyncio.to_thread(self._reader.keep)


@asynccontextmanager
async def read_form(request: Request, data_dir: Path, limits: Limits) -> AsyncIterator[Form]:
    """The whole form. Raises Problem 400 (malformed), 413 (a limit), OSError (the disk); then no file of it is kept."""
    mime, options = parse_options_header(request.headers.get("content-type", ""))
    if mime != b"multipart/form-data" or b"boundary" not in options:
        raise Problem(400, "web.error.bad")
    reader = _Reader(data_dir, limits)
    parser = MultipartParser(options[b"boundary"], reader.callbacks())  # type: ignore[arg-type]  # its TypedDict
    try:
        await _read(request, parser)
        yield Form(reader.fields(), reader)
    finally:
        reader.drop()


async def _read(request: Request, parser: MultipartParser) -> None:
    try:
        async for piece in request.stream():
            # The disk may be slow, and it must be slow for this one message alone.
            await asyncio.to_thread(parser.write, piece)
        parser.finalize()
    except (MultipartParseError, ClientDisconnect, UnicodeDecodeError) as error:
        raise Problem(400, "web.error.bad") from error


class _Reader:
    """Follows the parser's events; remembers the first limit that was crossed."""

    def __init__(self, data_dir: Path, limits: Limits) -> None:
        self._data_dir = data_dir
        self._limits = limits
        self._fields: dict[str, str] = {}
        self._problem: Problem | None = None
        self._headers: dict[str, bytes] = {}
        self._header = b""
        self._value = b""
        self._field: bytearray | None = None
        self._writer: FileWriter | None = None
        self._done: list[tuple[FileWriter, str, str]] = []

    def callbacks(self) -> dict[str, Callable[..., None]]:
        return {
            "on_part_begin": self._begin,
            "on_header_field": self._add_header,
            "on_header_value": self._add_value,
            "on_header_end": self._end_header,
            "on_headers_finished": self._open_part,
            "on_part_data": self._add_data,
            "on_part_end": self._end_part,
        }

    def fields(self) -> dict[str, str]:
        if self._problem:
            raise self._problem
        return self._fields

    def keep(self) -> list[StoredFile]:
        files: list[StoredFile] = []
        while self._done:
            writer, name, mime = self._done[0]
            sha256, seen = writer.keep(), photo_mime(writer.head)
            files.append(StoredFile(sha256, _kind(seen, mime), name, seen or mime, writer.size))
            self._done.pop(0)
        return files

    def drop(self) -> None:
        for writer in [self._writer, *(writer for writer, _, _ in self._done)]:
            if writer:
                writer.drop()

    def _begin(self) -> None:
        self._headers = {}

    def _add_header(self, data: bytes, start: int, end: int) -> None:
        self._header += data[start:end]

    def _add_value(self, data: bytes, start: int, end: int) -> None:
        self._value += data[start:end]

    def _end_header(self) -> None:
        self._headers[self._header.decode("latin-1").lower()] = self._value
        self._header = self._value = b""

    def _open_part(self) -> None:
        if self._file_name() is None:
            self._field = bytearray()
        elif len(self._done) >= self._limits.files:
            self._cross("web.error.too_many_files", most=self._limits.files)
        elif self._file_name():
            self._writer = FileWriter(self._data_dir)

    def _add_data(self, data: bytes, start: int, end: int) -> None:
        if self._field is not None:
            self._add_to_field(data[start:end])
        elif self._writer is not None:
            self._add_to_file(data[start:end])

    def _add_to_field(self, piece: bytes) -> None:
        assert self._field is not None
        limit = self._limits.text if self._field_name() == "text" else _SMALL_FIELD
        if len(self._field) + len(piece) > limit:
            self._cross("web.error.too_long", kilobytes=self._limits.text // 1024)
        else:
            self._field += piece

    def _add_to_file(self, piece: bytes) -> None:
        assert self._writer is not None
        if self._writer.size + len(piece) > self._limits.file:
            self._cross(
                "web.error.file_too_large",
                name=self._file_name() or "",
                megabytes=self._limits.file // _MEGABYTE,
            )
            self._writer.drop()
            self._writer = None
        else:
            self._writer.write(piece)

    def _end_part(self) -> None:
        if self._field is not None:
            self._fields[self._field_name()] = self._field.decode("utf-8", "replace")
        elif self._writer is not None:
            mime = self._headers.get("content-type", b"application/octet-stream")[:100]
            self._done.append((self._writer, self._file_name() or "", mime.decode("latin-1")))
        self._field = self._writer = None

    def _cross(self, key: str, **fields: str | int) -> None:
        self._problem = self._problem or Problem(413, key, 0, **fields)

    def _field_name(self) -> str:
        return self._disposition(b"name") or ""

    def _file_name(self) -> str | None:
        name = self._disposition(b"filename")
        return name and name.replace("\\", "/").rsplit("/", 1)[-1][-120:]

    def _disposition(self, option: bytes) -> str | None:
        _, options = parse_options_header(self._headers.get("content-disposition", b""))
        return options[option].decode("utf-8", "replace") if option in options else None


def _kind(photo: str | None, mime: str) -> str:
    if photo:
        return "photo"
    general = mime.split("/", 1)[0]
    return general if general in _KINDS else "document"
