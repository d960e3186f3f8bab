"""Long texts in parts: limits kept, nothing lost, nothing cut that belongs together."""

import pytest
import regex
from hypothesis import given
from hypothesis import strategies as st

from bot.splitting import Measure, split

CODE = "DDLS-261122-0001"
HEAD = regex.compile(r"^(?:DDLS-261122-0001 )?\((\d+)/(\d+)\)\n")

pieces = st.sampled_from(
    [
        "Phí bãi. ",
        "友谊关堵车，",
        "等了三天。",
        "👨\u200d👩\u200d👧",
        "🇻🇳",
        "e\u0323\u0302",
        "\n",
        "\n\n",
        " ",
        "0912 345 678 ",
        "https://a.vn/x?y=1 ",
        "@cuakhau ",
        "xe",
        "\r\n",
        " \u0301",
    ]
)
long_texts = st.lists(pieces, min_size=1, max_size=80).map("".join)


def units(text: str, measure: Measure) -> int:
    return len(text.encode("utf-16-le", "surrogatepass")) // 2 if measure == "utf16" else len(text)


def bodies(parts: list[str]) -> list[str]:
    return [HEAD.sub("", part, count=1) for part in parts] if len(parts) > 1 else parts


def test_a_text_that_fits_stays_one_part_without_a_head() -> None:
    assert split("x" * 4096, 4096, CODE) == ["x" * 4096]


def test_one_unit_more_makes_two_parts_that_both_carry_the_code() -> None:
    parts = split("x" * 4097, 4096, CODE)
    assert [part.split("\n")[0] for part in parts] == [f"{CODE} (1/2)", f"{CODE} (2/2)"]
    assert "".join(bodies(parts)) == "x" * 4097


def test_emoji_count_twice_for_telegram_and_once_for_zalo() -> None:
    text = "👍" * 1500
    assert len(split(text, 2000, CODE, measure="utf16")) == 2
    assert split(text, 2000, CODE, measure="chars") == [text]


def test_a_blank_text_has_no_parts() -> None:
    assert split(" \n\t", 4096) == []
    assert split("", 4096, CODE) == []


@pytest.mark.parametrize(
    ("text", "first"),
    [
        ("Một hai ba.\n\nBốn năm sáu.\nBảy tám chín mười mười một.", "Một hai ba."),
        ("Một hai ba bốn.\nNăm sáu. Bảy tám chín mười mười một", "Một hai ba bốn."),
        ("Một hai ba bốn. Năm sáu bảy tám chín mười mười một", "Một hai ba bốn."),
        ("Một hai ba bốn năm sáu bảy tám chín mười mười một", "Một hai ba bốn năm"),
        ("堵车三天了没有人管我们。请尽快处理这个问题谢谢你们大家辛苦了", "堵车三天了没有人管我们。"),
    ],
)
def test_cuts_fall_where_a_reader_pauses(text: str, first: str) -> None:
    assert bodies(split(text, 26, "", measure="chars"))[0] == first


@pytest.mark.parametrize(
    "entity",
    [
        "https://cuakhau.example/a/b?c=d",
        "0912 345 678",
        "+84 912 345 678",
        "lienhe@cuakhau.example",
        "@cuakhau_langson",
        "/tracuu@hotline_bot",
        "DDLS-261122-0007",
        "cuakhau.example/tra",
    ],
)
@pytest.mark.parametrize("before", range(0, 60, 3))
def test_an_entity_is_never_cut(entity: str, before: int) -> None:
    text = f"{'ă' * before} {entity} {'ô' * 60}"
    assert any(entity in part for part in split(text, 70, CODE))


def test_an_entity_longer_than_a_part_is_cut_rather_than_lost() -> None:
    link = "https://example.vn/" + "a" * 300
    parts = split(f"Xem {link} nhé", 100, CODE)
    assert "".join(bodies(parts)).replace(" ", "") == f"Xem{link}nhé"
    assert all(units(part, "utf16") <= 100 for part in parts)


def test_a_letter_under_thousands_of_marks_is_cut_rather_than_refused() -> None:
    monster = "a" + "\u0301" * 9000
    parts = split(monster, 4096, CODE)
    assert "".join(bodies(parts)) == monster
    assert all(units(part, "utf16") <= 4096 for part in parts)


def test_more_than_nine_parts_are_numbered_with_two_digits() -> None:
    parts = split("phí bãi " * 200, 120, CODE)
    assert parts[-1].startswith(f"{CODE} ({len(parts)}/{len(parts)})\n")
    assert len(parts) > 9
    assert all(len(part) <= 120 for part in parts)


def test_a_limit_without_room_beside_the_head_is_refused() -> None:
    with pytest.raises(ValueError, match="no room"):
        split("x" * 100, 20, CODE)


@given(
    text=long_texts,
    limit=st.integers(50, 120),
    head=st.sampled_from(["", CODE]),
    measure=st.sampled_from(["utf16", "chars"]),
)
def test_parts_keep_the_limit_and_lose_only_white_space_at_cuts(
    text: str, limit: int, head: str, measure: Measure
) -> None:
    parts = split(text, limit, head, measure)
    assert all(units(part, measure) <= limit for part in parts)
    assert all(part.strip() for part in parts)
    rest = text
    for body in bodies(parts):
        before, found, rest = rest.partition(body)
        assert found
        assert before.strip() == ""
    assert rest.strip() == ""


@given(text=long_texts, limit=st.integers(50, 90))
def test_no_grapheme_is_cut(text: str, limit: int) -> None:
    whole = regex.findall(r"\X", text)
    in_parts = [g for body in bodies(split(text, limit, CODE)) for g in regex.findall(r"\X", body)]
    assert [g for g in in_parts if not g.isspace()] == [g for g in whole if not g.isspace()]


@given(st.text(st.characters(exclude_categories=[]), max_size=300))
def test_any_text_can_be_split(text: str) -> None:
    assert all(units(part, "utf16") <= 60 for part in split(text, 60, CODE))
