"""HOTLINE_SLA_FILE: a TOML file with changed numbers of the promise and the `decision` (document number) behind them."""

import tomllib
from collections.abc import Mapping
from dataclasses import fields
from datetime import time
from pathlib import Path
from typing import Any

from core.sla_settings import DEFAULTS, SlaSettings

LARGEST = 100_000


class BadSlaFile(Exception):
    """The file cannot be used; `str()` is one Vietnamese sentence without its full stop."""


def read_sla(path: Path) -> SlaSettings:
    """The settings in the file: one line a number, named as in core/sla_settings.py. Raises BadSlaFile."""
    document = _document(path)
    known = {field.name: getattr(DEFAULTS, field.name) for field in fields(SlaSettings)}
    if unknown := sorted(document.keys() - known.keys()):
        raise BadSlaFile(f"không có con số nào tên “{unknown[0]}” (tệp {path})")
    values = {name: _value(name, document[name], known[name]) for name in document}
    try:
        return SlaSettings(**values)
    except ValueError:
        raise BadSlaFile(
            f"tệp {path} đổi số của lời hẹn mà chưa ghi decision (số văn bản quyết định)"
        ) from None


def _document(path: Path) -> Mapping[str, Any]:
    try:
        return tomllib.loads(path.read_text("utf-8"))
    except (OSError, UnicodeDecodeError):
        raise BadSlaFile(f"không đọc được tệp {path}") from None
    except tomllib.TOMLDecodeError as error:
        raise BadSlaFile(f"tệp {path} sai cú pháp TOML ({error})") from None


def _value(name: str, given: Any, default: Any) -> Any:
    match default:
        case str():
            return _is(isinstance(given, str), given, name, "là chữ trong ngoặc kép")
        case time():
            return _clock(name, given)
        case tuple():
            rows = isinstance(given, list) and len(given) == len(default)
            return tuple(_number(name, item) for item in _is(rows, given, name, f"gồm {len(default)} số"))
        case _:
            return _number(name, given)


def _number(name: str, given: Any) -> int:
    whole = isinstance(given, int) and not isinstance(given, bool)
    number: int = _is(whole and 0 < given <= LARGEST, given, name, f"là số nguyên từ 1 đến {LARGEST}")
    return number


def _clock(name: str, given: Any) -> time:
    try:
        return given if isinstance(given, time) else time.fromisoformat(given)
    except (TypeError, ValueError):
        raise BadSlaFile(f"{name} phải là giờ, ví dụ 21:00") from None


def _is(right: bool, given: Any, name: str, what: str) -> Any:
    if not right:
        raise BadSlaFile(f"{name} phải {what}")
    return given
