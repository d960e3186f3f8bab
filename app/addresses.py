"""Addresses among the settings: whether one can be used, in words for whoever set it, and as what it is kept."""

import ipaddress
import re
from urllib.parse import urlsplit

_URL = re.compile(r"(sqlite|postgresql|postgres)(?:\+(aiosqlite|asyncpg))?(://.*)", re.DOTALL)


def web_address(value: str) -> str:
    """Without a slash at the end; "" stays. Raises ValueError for what is no http address."""
    parts = urlsplit(value)
    if value and (parts.scheme not in {"http", "https"} or not parts.hostname):
        raise ValueError("phải là địa chỉ bắt đầu bằng https:// hoặc http://")
    return value.rstrip("/")


def database_address(value: str) -> str:
    """As SQLAlchemy writes it; "" stays. Raises ValueError for another database, or for one that is kept nowhere."""
    found = _URL.fullmatch(value.strip())
    if value and (found is None or found[2] == ("asyncpg" if found[1] == "sqlite" else "aiosqlite")):
        raise ValueError("phải bắt đầu bằng sqlite+aiosqlite:/// hoặc postgresql+asyncpg://")
    if found and found[1] == "sqlite" and (found[3] == "://" or ":memory:" in found[3]):
        raise ValueError("phải nêu một tệp, ví dụ sqlite+aiosqlite:///var/hotline.db")
    return _with_driver(found) if found else value


def is_pushed_to(url: str) -> bool:
    """Whether a platform pushes there: to https alone (docs/zalo.md). This machine itself may be asked in the open, by a double."""
    parts = urlsplit(url)
    return parts.scheme == "https" or _is_this_machine(parts.hostname or "")


def _is_this_machine(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _with_driver(found: re.Match[str]) -> str:
    return ("sqlite+aiosqlite" if found[1] == "sqlite" else "postgresql+asyncpg") + found[3]
