"""What is wrong with a setting, in words for whoever set it."""

from typing import Any

from pydantic_core import ErrorDetails


def sentence(prefix: str, error: ErrorDetails) -> str:
    """One sentence that names the setting (`prefix` stands before every name) and what it has to be."""
    name = prefix + "_".join(str(part) for part in error["loc"] if isinstance(part, str)).upper()
    limits = error.get("ctx", {})
    if name.endswith("SEALED_READERS"):
        return f"{name} phải là tối đa hai mã số người, cách nhau bằng dấu phẩy."
    if name.endswith("CODE_PREFIX"):
        return f"{name} phải có từ 2 đến 8 chữ cái in hoa không dấu, ví dụ DDLS."
    if name.endswith("ZALO_OA_APP_ID"):
        return f"{name} phải là dãy số, như trang ứng dụng của Zalo hiện (tối đa 32 chữ số)."
    match error["type"]:
        case "value_error":
            return f"{name} {limits['error']}."
        case "literal_error":
            return f"{name} phải là {str(limits['expected']).replace(' or ', ' hoặc ')}."
        case "int_parsing" | "int_type" | "int_from_float":
            return f"{name} phải là số nguyên."
        case "float_parsing" | "float_type" | "finite_number":
            return f"{name} phải là một số."
        case "greater_than_equal" | "greater_than" | "less_than_equal":
            bound = limits.get("ge", limits.get("gt", limits.get("le")))
            return f"{name} phải {'lớn hơn' if 'greater' in error['type'] else 'không quá'} {_bound(error['type'], bound)}."
        case _:
            return f"{name} không dùng được, xem bảng cài đặt trong README."


def _bound(kind: str, bound: Any) -> str:
    return f"hoặc bằng {bound:g}" if kind == "greater_than_equal" else f"{bound:g}"
