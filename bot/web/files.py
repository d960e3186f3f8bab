"""Files on disk, named by their SHA-256: a file is whole and durable before anything points at it."""

import hashlib
import os
import secrets
from pathlib import Path

INCOMING = "incoming"
OUTGOING = "outgoing"

_PHOTO_HEADS = (
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"GIF87a", "image/gif"),
    (b"GIF89a", "image/gif"),
)


def path_of(data_dir: Path, place: str, sha256: str) -> Path:
    """Where the file with this digest lies; `place` is INCOMING (people's originals) or OUTGOING (copies that may be shown)."""
    return data_dir / "files" / place / sha256


def save_file(data_dir: Path, content: bytes, place: str = INCOMING) -> str:
    """Keeps `content` durably and answers its SHA-256 (hex). The same content again is the same file."""
    writer = FileWriter(data_dir, place)
    try:
        writer.write(content)
        return writer.keep()
    except BaseException:
        writer.drop()
        raise


def photo_mime(head: bytes) -> str | None:
    """The type of a picture that browsers can show, told by its first bytes (a sent type is only a claim); None otherwise."""
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return "image/webp"
    return next((mime for start, mime in _PHOTO_HEADS if head.startswith(start)), None)


class FileWriter:
    """A file on its way in: `write` pieces, then `keep` it or `drop` it. Raises OSError when the disk refuses."""

    def __init__(self, data_dir: Path, place: str = INCOMING) -> None:
        self.size = 0
        self.head = b""
        self._folder = data_dir / "files" / place
        self._folder.mkdir(parents=True, exist_ok=True)
        self._part = self._folder / f".part-{secrets.token_hex(8)}"
        # Pieces come over many calls: `keep` or `drop` closes it, no block can.
        self._file = open(self._part, "xb", opener=_private)  # noqa: SIM115
        self._digest = hashlib.sha256()

    def write(self, piece: bytes) -> None:
        self._file.write(piece)
        self._digest.update(piece)
        self.head += piece[: 16 - len(self.head)]
        self.size += len(piece)

    def keep(self) -> str:
        """The digest, once the bytes and the name are on the disk."""
        self._file.flush()
        os.fsync(self._file.fileno())
        self._file.close()
        sha256 = self._digest.hexdigest()
        self._part.replace(self._folder / sha256)
        _sync_folder(self._folder)
        return sha256

    def drop(self) -> None:
        self._file.close()
        self._part.unlink(missing_ok=True)


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)


def _sync_folder(folder: Path) -> None:
    # Without this a power cut can lose the name of a file whose bytes are safe.
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
