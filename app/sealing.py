"""The key of sealed texts and of original files: a file of its own, apart from the database and from its backups."""

import os
import tempfile
from pathlib import Path

from cryptography.fernet import Fernet, InvalidToken

from app.refusal import Refusal


class FileSeal:
    """services.config.Seal with a key file that is made, readable by its owner only, when something is sealed first.

    Raises Refusal when something cannot be opened: the key file is missing, or another one.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._fernet: Fernet | None = None

    def close(self, text: str) -> bytes:
        """The encrypted text."""
        return self._lock(make=True).encrypt(text.encode())

    def close_bytes(self, content: bytes) -> bytes:
        """The encrypted file."""
        return self._lock(make=True).encrypt(content)

    def open(self, sealed: bytes) -> str:
        """The text again."""
        return self.open_bytes(sealed).decode()

    def open_bytes(self, sealed: bytes) -> bytes:
        """The file again."""
        try:
            return self._lock(make=False).decrypt(sealed)
        except InvalidToken:
            raise Refusal(
                f"Khóa niêm phong {self.path} không mở được nội dung này: đây là một khóa khác."
            ) from None

    def opens(self, sealed: bytes) -> bool:
        """Whether this key is the one that the text was sealed with."""
        try:
            self.open_bytes(sealed)
        except Refusal:
            return False
        return True

    def is_there(self) -> bool:
        """Whether the key file can be read and holds a key."""
        try:
            self._lock(make=False)
        except Refusal:
            return False
        return True

    def _lock(self, make: bool) -> Fernet:
        if self._fernet is None:
            if make and not self.path.exists():
                _make_key(self.path)
            self._fernet = _read_key(self.path)
        return self._fernet


def _make_key(path: Path) -> None:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    # Written aside and linked: a crash leaves no half a key, and of two that make one at once one key wins for both.
    # A name of its own for each: two threads of one process (a text and a picture) would take each other's away.
    handle, part = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    with os.fdopen(handle, "wb") as file:
        file.write(Fernet.generate_key() + b"\n")
        file.flush()
        os.fsync(file.fileno())
    try:
        os.link(part, path)
    except FileExistsError:
        return
    finally:
        os.unlink(part)
        _sync_folder(path.parent)


def _sync_folder(folder: Path) -> None:
    # A text must not be sealed with a key whose name a power cut can lose.
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _read_key(path: Path) -> Fernet:
    try:
        return Fernet(path.read_bytes().strip())
    except OSError:
        raise Refusal(f"Không có khóa niêm phong {path}: hãy đặt lại tệp khóa đã cất riêng.") from None
    except ValueError:
        raise Refusal(f"Tệp {path} không phải là một khóa niêm phong.") from None
