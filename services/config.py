"""What errands need besides the database and the time: numbers of the promise, the key of sealed texts, the board's address."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from core.sla_settings import DEFAULTS, SlaSettings

# The folders of the copies that are shown, and of the sealed originals.
PUBLIC, SEALED = "public", "sealed"
STAFF_PAGE_DAYS = 30  # a staff page that is not opened for so long is signed out


class Seal(Protocol):
    """Encrypts what only named readers may see; its key is apart from the database."""

    def close(self, text: str) -> bytes: ...

    def open(self, sealed: bytes) -> str: ...

    def close_bytes(self, content: bytes) -> bytes: ...

    def open_bytes(self, sealed: bytes) -> bytes: ...


@dataclass(frozen=True, slots=True)
class Contact:
    """Where a person turns outside the chat. Empty words are shown as "chưa rõ"; the board fills them in by settings."""

    board: str = "Ban Quản lý Khu kinh tế cửa khẩu Đồng Đăng – Lạng Sơn"
    hotline_phone: str = ""
    reception: str = ""
    public_url: str = ""


@dataclass(frozen=True, slots=True)
class Config:
    """`sealed_readers`: at most two named people; when none is named, the first two of Văn phòng (domain.md).

    `retention_days`: so long queues and pages keep what is done; tickets and their history are kept for good. `mirrors`: the
    channels on which a person finds what they were told in another chat (services/sender.py).
    """

    seal: Seal
    files: Path
    sla: SlaSettings = DEFAULTS
    contact: Contact = field(default_factory=Contact)
    code_prefix: str = "DDLS"
    file_limit_mb: int = 20
    sealed_readers: tuple[int, ...] = ()
    retention_days: int = 365
    mirrors: frozenset[str] = frozenset()
