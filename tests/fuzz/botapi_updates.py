"""Any update that the Bot API's description allows, as Hypothesis strategies made from that description.

Where the description says only "Integer" or "String", the values that matter to a hotline are mixed in: known chats, commands,
codes, markup, broken characters. Source of the types: tests/doubles/botapi_spec.json.
"""

import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from hypothesis import strategies as st

Json = dict[str, Any]
SPEC: Mapping[str, Json] = json.loads(
    (Path(__file__).parents[1] / "doubles/botapi_spec.json").read_text("utf-8")
)["types"]
DEEPEST = 3
MOST_OPTIONAL = 3

PEOPLE = (101, 102, 103, 104)
"""Few, so that their updates meet. 103 and 104 are linked to members of staff by the house (house.py)."""
GROUPS = (-200, -1002)

TEXTS = st.one_of(
    st.sampled_from(
        (
            "Xe hàng chờ 4 tiếng ở Hữu Nghị chưa được qua",
            "hữu nghị kẹt xe",
            "Bảo vệ bãi thu tiền không có hóa đơn",
            "Tôi tố cáo cán bộ nhận tiền",
            "Cháy xe ở Tân Thanh!",
            "12C-123.45",
            "0912 345 678",
            "Cảm ơn",
            "ok",
            "友谊关堵车",
            "<b>&amp;*_`[x](tg://user?id=1)",
            "\u202eđảo\u202c",
            "\x00",
            "\ud800",
            "a" * 4096,
        )
    ),
    st.text(max_size=60),
    st.sampled_from(
        (
            "/start",
            "/start gate_HN",
            "/start gate_",
            "/start link_",
            "/start " + "x" * 64,
            "/phieu",
            "/viec",
            "/ca",
            "/nhiemvu",
            "/trogiup",
            "/ngonngu",
            "/dulieucuatoi",
            "/xoadulieu",
            "/nhom HN",
            "/tracuu",
            "/tracuu DDLS-261122-0001 AAAA",
            "/",
            "/unknown@bot",
        )
    ),
    st.text(max_size=40).map(lambda text: f"/tracuu {text}"),
    st.text("ABCDEFGHJKLMNPQRSTUVWXYZ23456789", min_size=6, max_size=14).map(
        lambda code: f"/start link_{code}"
    ),
)
INTEGERS = st.one_of(
    st.integers(0, 40),
    st.sampled_from(PEOPLE),
    st.integers(-(2**52), 2**52),
    st.sampled_from((-(2**63), 2**63 - 1)),
)


def updates(presses: st.SearchStrategy[str]) -> st.SearchStrategy[Json]:
    """Updates of the kinds that the program asks for, and of all others. `presses`: what a button's press may carry."""
    told = _told(presses)
    asked = st.sampled_from(
        ("message", "message", "message", "edited_message", "callback_query", "my_chat_member")
    )
    others = st.sampled_from(
        [field["name"] for field in SPEC["Update"]["fields"] if field["name"] != "update_id"]
    )
    return st.one_of(asked, asked, asked, others).flatmap(
        lambda kind: st.builds(lambda content: {kind: content}, _content(kind, told))
    )


Told = Mapping[tuple[str, str], st.SearchStrategy[Any]]


def _told(presses: st.SearchStrategy[str]) -> Told:
    """Fields whose meaning the description gives in prose only."""
    return _frozen(
        {
            ("Chat", "id"): st.sampled_from(PEOPLE + PEOPLE + GROUPS),
            ("User", "id"): st.sampled_from(PEOPLE),
            ("User", "is_bot"): st.sampled_from((False, False, False, True)),
            ("User", "language_code"): st.sampled_from(("vi", "en", "zh-hans", "xx", "")),
            ("Message", "date"): st.sampled_from((0, 1763776800, 1795312800, 2**31, 2**40)),
            ("Message", "text"): TEXTS,
            ("Message", "caption"): TEXTS,
            ("CallbackQuery", "data"): presses,
        }
    )


class _Told(dict[tuple[str, str], st.SearchStrategy[Any]]):
    """Hashable by identity, so that the strategies made with it can be kept."""

    __hash__ = object.__hash__  # type: ignore[assignment]


def _frozen(values: dict[tuple[str, str], st.SearchStrategy[Any]]) -> _Told:
    return _Told(values)


def _content(kind: str, told: Told) -> st.SearchStrategy[Any]:
    field = next(field for field in SPEC["Update"]["fields"] if field["name"] == kind)
    return _value(field["types"], 0, told)


def _value(types: list[str], depth: int, told: Told) -> st.SearchStrategy[Any]:
    return st.sampled_from(types).flatmap(lambda name: _one(name, depth, told))


@cache
def _one(name: str, depth: int, told: Told) -> st.SearchStrategy[Any]:
    if name.startswith("Array of "):
        return st.lists(_one(name.removeprefix("Array of "), depth + 1, told), max_size=2)
    match name:
        case "Integer":
            return INTEGERS
        case "String":
            return st.text(max_size=20)
        case "Boolean" | "True":
            return st.booleans()
        case "Float" | "Float number":
            return st.floats(-180, 180)
    description = SPEC.get(name)
    if description is None:
        return st.text(max_size=8)
    if subtypes := description.get("subtypes"):
        return st.sampled_from(subtypes).flatmap(lambda subtype: _one(subtype, depth, told))
    return _object(name, description.get("fields", []), depth, told)


@st.composite
def _object(draw: st.DrawFn, name: str, fields: list[Json], depth: int, told: Told) -> Json:
    required = [field for field in fields if field["required"]]
    optional = [field for field in fields if not field["required"]]
    chosen = (
        draw(
            st.lists(st.sampled_from(optional), max_size=MOST_OPTIONAL, unique_by=lambda field: field["name"])
        )
        if optional and depth < DEEPEST
        else []
    )
    # What a person writes is most often a text, with its author.
    if name == "Message" and depth == 0:
        usual = {"from", "text"} if draw(st.booleans()) else {"from"}
        chosen += [field for field in optional if field["name"] in usual and field not in chosen]
    if name == "CallbackQuery" and draw(st.booleans()):
        chosen += [
            field for field in optional if field["name"] in {"data", "message"} and field not in chosen
        ]
    made = {}
    for field in required + chosen:
        strategy = told.get((name, field["name"]))
        made[field["name"]] = draw(
            strategy if strategy is not None else _value(field["types"], depth + 1, told)
        )
    if name == "Chat":
        # A number above 0 is always a person's chat, one below never is.
        kinds = ("private",) if made["id"] > 0 else ("group", "supergroup", "channel")
        made["type"] = draw(st.sampled_from(kinds))
    return made
