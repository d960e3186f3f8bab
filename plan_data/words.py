"""The word lists of the hotline: categories, markers and units, read from the data files beside this module."""

import csv
import io
import tomllib
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from enum import StrEnum
from importlib import resources

from core.intake import Category, MarkerKind, MarkerRule, Markers

NAME_LANGUAGES = ("vi", "en", "zh")
_UNIT_COLUMNS = ["code", "name", "abbrev", "kind", "aliases"]
_CATEGORY_KEYS = {"code", "names", "owner", "forwarded_to", "hpi", "urgent", "internal", "words", "marked"}
_HPI_GROUPS = range(1, 10)
_WORD_LISTS = ("negations", "negation_fillers", "contrasts", "thanks", "courtesies", "cross_emoji")
_RULE_LISTS = ("words", "marked", "harmless", "together")


class BadWordFile(ValueError):
    """An edited data file cannot be used. The text is one Vietnamese sentence naming the file and the place."""


class UnitKind(StrEnum):
    """Whether a unit belongs to the board or is another body that messages are forwarded to."""

    BOARD = "board"
    AGENCY = "agency"


@dataclass(frozen=True, slots=True)
class Unit:
    """A unit under its canonical name; `aliases` are the other spellings met in messages and plan documents."""

    code: str
    name: str
    abbrev: str
    kind: UnitKind
    aliases: tuple[str, ...]


def load_units() -> tuple[Unit, ...]:
    """The units of units.csv, in its order. Raises BadWordFile."""
    return read_units(_stored("units.csv"))


def read_units(text: str) -> tuple[Unit, ...]:
    """The units of a CSV text with the columns code, name, abbrev, kind, aliases (split by ";"). Raises BadWordFile."""
    rows = csv.DictReader(io.StringIO(text), strict=True)
    try:
        if rows.fieldnames != _UNIT_COLUMNS:
            raise BadWordFile(f"units.csv: dòng đầu phải là {','.join(_UNIT_COLUMNS)}.")
        units = tuple(_unit(row, f"units.csv, dòng {rows.line_num}") for row in rows)
    except csv.Error as error:
        raise BadWordFile(f"units.csv, dòng {rows.line_num}: không đọc được ({error}).") from error
    _check_different([unit.code for unit in units], "units.csv: mã đơn vị")
    _check_different([name for unit in units for name in _spellings(unit)], "units.csv: tên gọi")
    return units


def read_categories(text: str, unit_codes: Collection[str]) -> tuple[Category, ...]:
    """The `[[category]]` tables of a TOML text whose owners are among `unit_codes`. Raises BadWordFile."""
    document = _toml(text, "categories.toml")
    _check_keys(document, {"category"}, "categories.toml")
    tables = _tables(document, "category", "categories.toml")
    categories = tuple(_category(table, number) for number, table in enumerate(tables, 1))
    _check_different([category.code for category in categories], "categories.toml: mã loại")
    for category in categories:
        for unit in (category.owner_unit, *category.forwarded_to):
            if unit not in unit_codes:
                raise BadWordFile(
                    f"categories.toml, loại {category.code}: không có đơn vị mã {unit} trong units.csv."
                )
    return categories


def read_markers(text: str) -> Markers:
    """The word lists and `[[rule]]` tables of a TOML text. Raises BadWordFile."""
    where = "markers.toml"
    document = _toml(text, where)
    _check_keys(document, {"rule", *_WORD_LISTS}, where)
    rules = tuple(_rule(table, number) for number, table in enumerate(_tables(document, "rule", where), 1))
    missing = sorted(kind.value for kind in set(MarkerKind) - {rule.kind for rule in rules})
    if missing:
        raise BadWordFile(f"{where}: thiếu [[rule]] cho {', '.join(missing)}.")
    return Markers(rules, **{name: _texts(document, name, where) for name in _WORD_LISTS})


def _stored(name: str) -> str:
    return resources.files(__package__).joinpath(name).read_text(encoding="utf-8")


def _unit(row: Mapping[str, str | None], where: str) -> Unit:
    # A short row leaves None in its last columns, a long one puts the rest under the key None.
    if None in row or None in row.values():
        raise BadWordFile(f"{where}: phải có đúng {len(_UNIT_COLUMNS)} cột.")
    code, name, abbrev, kind, aliases = ((row[column] or "").strip() for column in _UNIT_COLUMNS)
    if not code or not name:
        raise BadWordFile(f"{where}: thiếu mã hoặc tên đơn vị.")
    if kind not in set(UnitKind):
        raise BadWordFile(f"{where}: cột kind phải là {' hoặc '.join(UnitKind)}, không phải {kind!r}.")
    return Unit(code, name, abbrev, UnitKind(kind), tuple(a.strip() for a in aliases.split(";") if a.strip()))


def _spellings(unit: Unit) -> set[str]:
    return {name.casefold() for name in (unit.name, unit.abbrev, *unit.aliases) if name}


def _category(table: Mapping[str, object], number: int) -> Category:
    code = _text(table, "code", f"categories.toml, [[category]] thứ {number}")
    where = f"categories.toml, loại {code}"
    _check_keys(table, _CATEGORY_KEYS, where)
    return Category(
        code=code,
        names=_names(table, where),
        words=_texts(table, "words", where),
        owner_unit=_text(table, "owner", where),
        forwarded_to=_texts(table, "forwarded_to", where),
        hpi=_hpi(table, where),
        urgent=_flag(table, "urgent", where),
        internal=_flag(table, "internal", where),
        marked=_texts(table, "marked", where),
    )


def _names(table: Mapping[str, object], where: str) -> Mapping[str, str]:
    names = table.get("names")
    if not isinstance(names, dict) or set(names) != set(NAME_LANGUAGES):
        raise BadWordFile(f"{where}: names phải có đủ tên {', '.join(NAME_LANGUAGES)}.")
    return {language: _text(names, language, where) for language in NAME_LANGUAGES}


def _hpi(table: Mapping[str, object], where: str) -> tuple[int, ...]:
    groups = table.get("hpi", [])
    if not isinstance(groups, list) or any(
        type(group) is not int or group not in _HPI_GROUPS for group in groups
    ):
        raise BadWordFile(f"{where}: hpi phải là danh sách số từ 1 đến 9.")
    return tuple(groups)


def _rule(table: Mapping[str, object], number: int) -> MarkerRule:
    where = f"markers.toml, [[rule]] thứ {number}"
    _check_keys(table, {"kind", "twice", *_RULE_LISTS}, where)
    kind = _text(table, "kind", where)
    if kind not in set(MarkerKind):
        raise BadWordFile(f"{where}: kind phải là một trong {', '.join(MarkerKind)}, không phải {kind!r}.")
    lists = {name: _texts(table, name, where) for name in _RULE_LISTS}
    return MarkerRule(MarkerKind(kind), twice=_flag(table, "twice", where), **lists)


def _toml(text: str, where: str) -> Mapping[str, object]:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise BadWordFile(f"{where}: sai cú pháp TOML ({error}).") from error


def _tables(document: Mapping[str, object], key: str, where: str) -> list[Mapping[str, object]]:
    tables = document.get(key)
    if not isinstance(tables, list) or not tables or not all(isinstance(table, dict) for table in tables):
        raise BadWordFile(f"{where}: phải có ít nhất một bảng [[{key}]].")
    return tables


def _text(table: Mapping[str, object], key: str, where: str) -> str:
    value = table.get(key)
    if not isinstance(value, str) or not value.strip():
        raise BadWordFile(f"{where}: {key} phải là chữ, không được trống.")
    return value.strip()


def _texts(table: Mapping[str, object], key: str, where: str) -> tuple[str, ...]:
    """A list of texts, () when left out. Repeated words are kept once."""
    values = table.get(key, [])
    if not isinstance(values, list) or not all(isinstance(value, str) and value.strip() for value in values):
        raise BadWordFile(f"{where}: {key} phải là danh sách chữ, không có mục trống.")
    return tuple(dict.fromkeys(values))


def _flag(table: Mapping[str, object], key: str, where: str) -> bool:
    value = table.get(key, False)
    if not isinstance(value, bool):
        raise BadWordFile(f"{where}: {key} phải là true hoặc false.")
    return value


def _check_keys(table: Mapping[str, object], known: Collection[str], where: str) -> None:
    if unknown := sorted(set(table) - set(known)):
        raise BadWordFile(f"{where}: không hiểu mục {', '.join(unknown)}.")


def _check_different(values: list[str], what: str) -> None:
    if twice := sorted({value for value in values if values.count(value) > 1}):
        raise BadWordFile(f"{what} bị trùng: {', '.join(twice)}.")
