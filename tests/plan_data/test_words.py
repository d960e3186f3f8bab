"""The data files that ship with the program, and what a bad edit is told."""

import pytest

from core.intake import MarkerKind
from plan_data import seeds
from plan_data.words import (
    BadWordFile,
    UnitKind,
    load_units,
    read_categories,
    read_markers,
    read_units,
)

CODES = [
    "UT",
    "CKS",
    "PHI",
    "BX",
    "TTHC",
    "TD",
    "TDX",
    "HQ",
    "BP",
    "KD",
    "HT",
    "VS",
    "AN",
    "AT",
    "CS",
    "QDHC",
    "SK",
    "NB",
    "KHAC",
]
CATEGORIES = read_categories(seeds.texts()["categories"], [unit.code for unit in load_units()])
HEADER = "code,name,abbrev,kind,aliases\n"
GOOD = '[[category]]\ncode="A"\nowner="VP"\nwords=["xe"]\nnames={vi="a",en="b",zh="c"}\n'


def test_every_category_of_the_field_is_there_with_a_name_in_each_language() -> None:
    categories = CATEGORIES
    assert sorted(category.code for category in categories) == sorted(CODES)
    assert all(set(category.names) == {"vi", "en", "zh"} for category in categories)


def test_owners_and_forwarding_are_those_of_the_field() -> None:
    by_code = {category.code: category for category in CATEGORIES}
    assert (by_code["UT"].owner_unit, by_code["UT"].forwarded_to, by_code["UT"].hpi) == (
        "TTQLCK",
        ("CSGT", "BP"),
        (1, 9),
    )
    assert by_code["TD"].owner_unit == "VP"
    assert by_code["TTHC"].owner_unit == "PCM"
    assert {code for code, category in by_code.items() if category.urgent} == {"AN", "AT"}
    assert {code for code, category in by_code.items() if category.internal} == {"NB"}


def test_every_category_but_the_last_has_words_of_three_languages() -> None:
    for category in CATEGORIES:
        if category.code not in ("KHAC", "NB"):
            text = " ".join(category.words)
            assert any("\u4e00" <= c <= "\u9fff" for c in text), category.code
            assert any(c in text for c in "ăâđêôơưáàảạíìệọộứ"), category.code


def test_units_of_the_board_and_other_bodies_are_told_apart() -> None:
    units = {unit.code: unit for unit in load_units()}
    assert units["TTQLCK"].name == "Trung tâm Quản lý cửa khẩu"
    assert [code for code, unit in units.items() if unit.kind is UnitKind.BOARD] == [
        "VP",
        "TTQLCK",
        "PCM",
        "CD",
        "LD",
        "BQLKKTCK",
    ]
    assert "Sở VH TT&DL" in units["SVHTTDL"].aliases


def test_every_kind_of_marker_has_a_rule() -> None:
    markers = read_markers(seeds.texts()["markers"])
    assert {rule.kind for rule in markers.rules} == set(MarkerKind)
    assert "không" in markers.negations


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[[category]", "cú pháp"),
        ("", "ít nhất một"),
        ("x=1\n" + GOOD, "không hiểu mục x"),
        (GOOD + GOOD, "trùng: A"),
        (GOOD.replace('"VP"', '"ZZ"'), "không có đơn vị mã ZZ"),
        (GOOD.replace(',zh="c"', ""), "names"),
        (GOOD.replace('["xe"]', '"xe"'), "words phải là danh sách"),
        (GOOD.replace('["xe"]', '[""]'), "words phải là danh sách"),
        (GOOD + "hpi=[10]", "hpi"),
        (GOOD + "hpi=[true]", "hpi"),
        (GOOD + 'urgent="yes"', "urgent"),
        (GOOD + "word=[]", "không hiểu mục word"),
        (GOOD.replace('code="A"\n', ""), "code phải là chữ"),
    ],
)
def test_a_bad_category_file_is_refused_in_words(text: str, said: str) -> None:
    with pytest.raises(BadWordFile, match=r"^categories\.toml") as refused:
        read_categories(text, {"VP"})
    assert said in str(refused.value)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("code,name\n", "dòng đầu"),
        (HEADER + "VP,Văn phòng,,board\n", "dòng 2: phải có đúng 5 cột"),
        (HEADER + "VP,Văn phòng,,board,a,b\n", "đúng 5 cột"),
        (HEADER + "VP,,,board,\n", "thiếu mã hoặc tên"),
        (HEADER + "VP,Văn phòng,,phòng,\n", "kind"),
        (HEADER + "VP,Văn phòng,,board,\nVP,Văn thư,,board,\n", "trùng: VP"),
        (HEADER + "VP,Văn phòng,,board,\nVT,Văn thư,,board,văn phòng\n", "trùng: văn phòng"),
        (HEADER + 'VP,"Văn phòng,,board,\n', "không đọc được"),
    ],
)
def test_a_bad_unit_file_is_refused_in_words(text: str, said: str) -> None:
    with pytest.raises(BadWordFile, match=r"^units\.csv") as refused:
        read_units(text)
    assert said in str(refused.value)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("rule=1", "[[rule]]"),
        ('[[rule]]\nkind="nonsense"', "kind phải là một trong"),
        ('[[rule]]\nkind="fire"\nwords=["cháy"]', "thiếu [[rule]] cho"),
        ('[[rule]]\nkind="fire"\nword=["cháy"]', "không hiểu mục word"),
        ('[[rule]]\nkind="fire"\ntwice=1', "twice phải là"),
        ('negations="no"\n[[rule]]\nkind="fire"', "thiếu [[rule]] cho"),
    ],
)
def test_a_bad_marker_file_is_refused_in_words(text: str, said: str) -> None:
    with pytest.raises(BadWordFile, match=r"^markers\.toml") as refused:
        read_markers(text)
    assert said in str(refused.value)
