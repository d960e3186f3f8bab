"""The rules of the Bot API, read from its own description: is this call allowed? Types, required fields, written limits.

Limits of text are counted in UTF-16 units. What stands in no description (100 buttons, 8 a row) has its source beside it.
"""

import html
import json
import math
import re
from collections.abc import Collection, Mapping
from functools import cache
from pathlib import Path
from typing import Any

SPEC: dict[str, Any] = json.loads(Path(__file__).with_name("botapi_spec.json").read_text(encoding="utf-8"))
METHODS: dict[str, Any] = SPEC["methods"]
TYPES: dict[str, Any] = SPEC["types"]

_SPAN = re.compile(r"(\d+)-(\d+) (\w+)")
_CONSTANT = re.compile(r"(?:must be|[Aa]lways) [“\"]?(\w+)")
_HTML_TAG = re.compile(
    r"</?(?:b|strong|i|em|u|ins|s|strike|del|span|tg-spoiler|a|code|pre|blockquote|tg-emoji)\b[^<>]*>"
)
_MARKUPS = ("InlineKeyboardMarkup", "ReplyKeyboardMarkup", "ReplyKeyboardRemove", "ForceReply")

Problems = list[str]


def utf16(text: str) -> int:
    """Length as Telegram counts it; a lone surrogate counts one."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def check_call(
    method: str, raw: Mapping[str, Any], files: Mapping[str, int], *, form: bool
) -> tuple[dict[str, Any], Problems]:
    """The coerced parameters of one call and what is wrong with it. `files`: part name → size in bytes."""
    fields = {field["name"]: field for field in METHODS[method].get("fields", ())}
    values: dict[str, Any] = {}
    problems: Problems = []
    for name, value in raw.items():
        if name not in fields:
            problems.append(f"{method}: unknown parameter {name!r}")
            continue
        types = fields[name]["types"]
        values[name], found = _coerced(value, types, name) if form else (value, check_any(value, types, name))
        problems += found
    for name, value in values.items():
        problems += _limits(fields[name], value, values.get("parse_mode"), f"{method}.{name}")
    problems += [
        f"{method}: {name} is required"
        for name, field in fields.items()
        if field["required"] and name not in values and not (name in files and "InputFile" in field["types"])
    ]
    return values, problems + _check_files(method, fields, values, files) + _check_oddities(method, values)


def check_any(value: Any, types: Collection[str], path: str) -> Problems:
    """The problems of `value` under the most forgiving of `types`; [] when one of them takes it."""
    best: Problems | None = None
    for name in types:
        problems = check_value(value, name, path)
        if not problems:
            return []
        if best is None or len(problems) < len(best):
            best = problems
    return best or []


def check_value(value: Any, type_name: str, path: str) -> Problems:
    """The problems of `value` as one `type_name` of the description, whole tree."""
    if type_name.startswith("Array of "):
        if not isinstance(value, list):
            return [f"{path}: {type_name} expected"]
        return [p for i, item in enumerate(value) for p in check_value(item, type_name[9:], f"{path}[{i}]")]
    match type_name:
        case "String":
            return _check_string(value, path)
        case "Integer":
            right = isinstance(value, int) and not isinstance(value, bool) and abs(value) < 2**63
        case "Float":
            right = isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
        case "Boolean":
            right = isinstance(value, bool)
        case "InputFile":
            right = isinstance(value, str) and value.startswith("attach://")
        case _:
            return _check_object(value, type_name, path)
    return [] if right else [f"{path}: {type_name} expected"]


def _check_string(value: Any, path: str) -> Problems:
    if not isinstance(value, str):
        return [f"{path}: String expected"]
    if any("\ud800" <= char <= "\udfff" for char in value):
        return [f"{path}: strings must be encoded in UTF-8 (lone surrogate)"]
    return []


def _check_object(value: Any, type_name: str, path: str) -> Problems:
    declared = TYPES[type_name]
    if subtypes := declared.get("subtypes"):
        return check_any(value, _likely(value, subtypes), path)
    if not isinstance(value, dict):
        return [f"{path}: {type_name} expected"]
    fields = _fields(type_name)
    problems = [f"{path}: {type_name} has no {name!r}" for name in value if name not in fields]
    for name, field in fields.items():
        if name in value:
            here = f"{path}.{name}"
            problems += check_any(value[name], field["types"], here)
            problems += _limits(field, value[name], value.get("parse_mode"), here)
            if (constant := _constant(type_name, name)) and value[name] != constant:
                problems.append(f"{here}: must be {constant!r}")
        elif field["required"]:
            problems.append(f"{path}.{name} is required")
    return problems + _check_keyboards(type_name, value, path)


@cache
def _fields(type_name: str) -> dict[str, Any]:
    return {field["name"]: field for field in TYPES[type_name].get("fields", ())}


@cache
def _constant(type_name: str, name: str) -> str | None:
    """The one value that tells a subtype from its sisters, for example `type` = photo."""
    if name not in ("type", "status", "source") or not TYPES[type_name].get("subtype_of"):
        return None
    field = _fields(type_name)[name]
    found = _CONSTANT.search(field["description"]) if field["types"] == ["String"] else None
    return found[1] if found else None


def _likely(value: Any, subtypes: list[str]) -> list[str]:
    """The subtypes that `value` says it is; all of them when it does not say."""
    if not isinstance(value, dict):
        return subtypes
    fitting = [
        name
        for name in subtypes
        for field in ("type", "status", "source")
        if field in value and field in _fields(name) and _constant(name, field) == value[field]
    ]
    return fitting or subtypes


def _coerced(value: Any, types: list[str], path: str) -> tuple[Any, Problems]:
    """A form value as the first declared type that takes it."""
    best: tuple[Any, Problems] | None = None
    for name in types:
        try:
            made = _from_text(value, name)
        except ValueError as error:
            made, problems = value, [f"{path}: {name} expected ({error})"]
        else:
            problems = check_value(made, name, path)
        if not problems:
            return made, []
        if best is None or len(problems) < len(best[1]):
            best = made, problems
    assert best is not None
    return best


def _from_text(value: str, type_name: str) -> Any:
    match type_name:
        case "String" | "InputFile":
            return value
        case "Integer":
            return int(value) if re.fullmatch(r"-?\d+", value) else value
        case "Float":
            return float(value)
        case "Boolean":
            return {"true": True, "false": False}.get(value.lower(), value)
        case _:
            return json.loads(value)


def _limits(field: Mapping[str, Any], value: Any, parse_mode: str | None, path: str) -> Problems:
    """The span in the field's description ("1-4096 characters after entities parsing"), where it has one."""
    span = _span_of(field["description"])
    if span is None:
        return []
    low, high, unit = span
    if isinstance(value, str) and unit in ("characters", "bytes"):
        shown = _after_entities(value, parse_mode) if "entities parsing" in field["description"] else value
        size = len(shown.encode("utf-8", "replace")) if unit == "bytes" else utf16(shown)
    elif isinstance(value, list) and unit not in ("characters", "bytes"):
        size = len(value)
    elif isinstance(value, int) and "Values between" in field["description"]:
        size = value
    else:
        return []
    return [] if low <= size <= high else [f"{path}: {size} is outside {low}-{high} {unit}"]


@cache
def _span_of(description: str) -> tuple[int, int, str] | None:
    found = _SPAN.search(description)
    if found is None or int(found[1]) > int(found[2]):
        return None
    return int(found[1]), int(found[2]), found[3]


def _after_entities(text: str, parse_mode: str | None) -> str:
    return html.unescape(_HTML_TAG.sub("", text)) if parse_mode == "HTML" else text


def _check_files(
    method: str, fields: Mapping[str, Any], values: Mapping[str, Any], files: Mapping[str, int]
) -> Problems:
    """Every part of the body is used, every attach:// has its part; photos ≤ 10 MB, other uploads ≤ 50 MB."""
    wanted = set(re.findall(r"attach://([^\"\s]+)", json.dumps(values)))
    direct = {name for name in files if name in fields and "InputFile" in fields[name]["types"]}
    problems = [f"{method}: attach://{name} has no file" for name in wanted - set(files)]
    problems += [f"{method}: file part {name!r} is not used" for name in set(files) - wanted - direct]
    photos = direct & {"photo"}
    problems += [f"{method}: photo over 10 MB" for name in photos if files[name] > 10 * 1024**2]
    return problems + [f"{method}: {name} over 50 MB" for name in files if files[name] > 50 * 1024**2]


def _check_oddities(method: str, values: Mapping[str, Any]) -> Problems:
    """What the descriptions say in words only."""
    problems: Problems = []
    text = values.get("text")
    if method in ("sendMessage", "editMessageText") and isinstance(text, str) and not text.strip():
        problems.append(f"{method}: message text is empty")
    if values.get("parse_mode") not in (None, "HTML", "Markdown", "MarkdownV2"):
        problems.append(f"{method}: unsupported parse_mode")
    if values.get("parse_mode") == "HTML" and re.search(
        r"[<>]|&(?!\w+;|#\w+;)", _HTML_TAG.sub("", text or "")
    ):
        problems.append(f"{method}: can't parse entities")
    if method == "setMyCommands":
        problems += _check_commands(values.get("commands", []))
    if not re.fullmatch(r"[A-Za-z0-9_-]*", str(values.get("secret_token", ""))):
        problems.append(f"{method}: secret token contains unallowed characters")
    return problems


def _check_commands(commands: list[Any]) -> Problems:
    problems = [] if len(commands) <= 100 else ["setMyCommands: more than 100 commands"]
    names = [c.get("command", "") for c in commands if isinstance(c, dict)]
    return problems + [
        f"setMyCommands: bad command {n!r}" for n in names if not re.fullmatch(r"[a-z0-9_]{1,32}", n)
    ]


def _check_keyboards(type_name: str, value: Mapping[str, Any], path: str) -> Problems:
    """Keyboards as the clients and the server take them (observed: at most 100 inline buttons, 8 in a row)."""
    match type_name:
        case "InlineKeyboardMarkup":
            rows = [row for row in value.get("inline_keyboard", []) if isinstance(row, list)]
            many = [f"{path}: over 100 buttons"] if sum(map(len, rows)) > 100 else []
            return many + [f"{path}: over 8 buttons in a row" for row in rows if len(row) > 8]
        case "InlineKeyboardButton":
            return _check_inline_button(value, path)
        case "KeyboardButton" if not str(value.get("text", "")).strip():
            return [f"{path}: keyboard button text is empty"]
        case "ReplyKeyboardMarkup" if not value.get("keyboard"):
            return [f"{path}: keyboard is empty"]
    return []


def _check_inline_button(button: Mapping[str, Any], path: str) -> Problems:
    problems = [] if str(button.get("text", "")).strip() else [f"{path}: button text is empty"]
    actions = set(button) - {"text", "icon_custom_emoji_id", "style"}
    if len(actions) != 1:
        problems.append(f"{path}: exactly one action expected, not {sorted(actions)}")
    url = button.get("url")
    # Observed: a host without a dot (localhost) is refused with "Wrong HTTP URL".
    if url is not None and not re.match(r"tg://|https?://[^/?#]*\.[^/?#]+", str(url)):
        problems.append(f"{path}: Wrong HTTP URL")
    return problems


def smallest(type_name: str) -> Any:
    """The smallest value that the description allows: what a call that nobody plays in earnest is answered with."""
    if type_name.startswith("Array of "):
        return []
    plain = {"String": "x", "Integer": 1, "Float": 1.0, "Boolean": True, "True": True}
    if type_name in plain:
        return plain[type_name]
    if subtypes := TYPES[type_name].get("subtypes"):
        return smallest(subtypes[0])
    return {
        name: _constant(type_name, name) or smallest(field["types"][0])
        for name, field in _fields(type_name).items()
        if field["required"]
    }
