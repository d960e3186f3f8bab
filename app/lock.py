"""One process at a time on one data folder: a lock that the system itself lets go when the process dies."""

import fcntl
import os
from pathlib import Path
from types import TracebackType

from app.refusal import Refusal


class Lock:
    """Held from `with` to its end. Raises Refusal when another process holds it."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._handle: int | None = None

    def __enter__(self) -> "Lock":
        self.path.parent.mkdir(parents=True, exist_ok=True)
        handle = os.open(self.path, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            os.close(handle)
            raise Refusal(
                f"Chương trình đang chạy trên thư mục {self.path.parent}: hãy dừng nó trước."
            ) from None
        # The number helps a person to find the process; only the lock itself counts.
        os.truncate(handle, 0)
        os.write(handle, f"{os.getpid()}\n".encode())
        self._handle = handle
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        # The file stays: removing it would let two processes lock two files of the same name.
        if self._handle is not None:
            os.close(self._handle)
            self._handle = None


def is_held(path: Path) -> bool:
    """Whether a living process holds the lock; asks without keeping it."""
    if not path.exists():
        return False
    try:
        with Lock(path):
            return False
    except Refusal:
        return True
