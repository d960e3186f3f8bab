"""How text is cleaned and folded: examples from domain.md ("Language") and laws over arbitrary text."""

import time
import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.folding import clean, fold, is_plain, words_of

# Lone surrogates included: a client's broken UTF-16 must not stop the intake.
any_text = st.text(st.characters(exclude_categories=[]), max_size=80)
readable = st.text(max_size=80)


def written_out(text: str) -> str:
    """The folded words of a text, one space between."""
    return " ".join(word.folded for word in words_of(text))


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("  Xe bị kẹt \r\n ở Tân Thanh\r", "Xe bị kẹt \n ở Tân Thanh"),
        ("a\x00b\x07c\td", "abc\td"),
        ("phi\u0301", "phí"),
        ("\ud83d\ude00", "😀"),
        ("hỏng \ud83d rồi", "hỏng \ufffd rồi"),
        ("rồi \udc00", "rồi \ufffd"),
        ("👨\u200d👩\u200d👧 🇻🇳", "👨\u200d👩\u200d👧 🇻🇳"),
        ("شكرا\u200f 友谊关", "شكرا\u200f 友谊关"),
        ("\u202e123\u202c và \u2066x\u2069", "123 và x"),
        ("dòng\u2028mới\u0085nữa", "dòng\nmới\nnữa"),
        ("\ufeff", ""),
        ("", ""),
    ],
)
def test_cleaning_keeps_what_is_seen_and_drops_what_disorders(typed: str, kept: str) -> None:
    assert clean(typed) == kept


@given(any_text)
def test_cleaning_twice_is_cleaning_once_and_the_result_can_be_stored(text: str) -> None:
    once = clean(text)
    assert clean(once) == once
    assert once.encode("utf-8").decode("utf-8") == once
    assert unicodedata.is_normalized("NFC", once)


@given(st.text(max_size=12))
def test_what_is_plain_would_not_change_by_cleaning_it_the_long_way(text: str) -> None:
    cleaned = clean(f"\ufeff{text}")  # the mark in front is no plain character, and goes

    assert not is_plain(text) or cleaned == text.strip()


def test_every_plain_character_stands_alone_and_is_its_own_normal_form() -> None:
    plain = [letter for letter in map(chr, range(0x110000)) if is_plain(letter)]

    assert not [letter for letter in plain if unicodedata.combining(letter)]
    assert not [letter for letter in plain if unicodedata.normalize("NFC", f"a{letter}") != f"a{letter}"]


def test_a_storm_of_marks_is_cleaned_and_folded_in_linear_time() -> None:
    storm = "a" + "\u0316\u0301" * 50_000
    started = time.process_time()
    cleaned, folded = clean(storm), fold(storm)
    assert time.process_time() - started < 2  # the plain normalisation of this text takes about eight seconds
    assert cleaned.replace("\u034f", "").startswith("á")
    assert folded == "a"


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        ("Ùn tắc ở Cửa khẩu", "un tac o cua khau"),
        ("ĐƯỜNG Đồng Đăng", "duong dong dang"),
        ("Ðồng Ðăng", "dong dang"),  # the Icelandic capital that old keyboards give
        ("友谊关堵车", "友谊 谊关 关堵 堵车"),
        ("桂F12345 关", "桂 f12345 关"),
        ("１１１９－１１２０", "1119-1120"),
        ("", ""),
    ],
)
def test_folding_makes_one_form_of_many_spellings(text: str, folded: str) -> None:
    assert fold(text) == folded


@given(any_text)
def test_folding_twice_is_folding_once(text: str) -> None:
    assert fold(fold(text)) == fold(text)


@given(readable)
def test_both_normal_forms_fold_alike(text: str) -> None:
    composed, apart = unicodedata.normalize("NFC", text), unicodedata.normalize("NFD", text)
    assert fold(composed) == fold(apart)
    assert words_of(composed) == words_of(apart)


@given(st.text("aăâđeêioôơuưy áạíị友谊关", max_size=40))
def test_vietnamese_folds_to_plain_letters(text: str) -> None:
    assert all(c.isascii() or c in "友谊关" for c in fold(text))


@pytest.mark.parametrize(
    ("typed", "key"),
    [
        ("Ko qua đc", "khong qua duoc"),
        ("k dc, hok dc", "khong duoc khong duoc"),
        ("BKS 12C-123.45", "bien so 12c 123 45"),
        ("cont hàng xk", "container hang xuat khau"),
        ("hq bp cks nk", "hai quan bien phong cua khau so nhap khau"),
        ("ck tk bt kd", "ck tk bt kd"),
        ("thu 500 k", "thu 500 k"),
        ("海关hq", "海 关 hai quan"),
    ],
)
def test_typed_short_forms_are_written_out_and_ambiguous_ones_stay(typed: str, key: str) -> None:
    assert written_out(typed) == key


@given(any_text)
@settings(max_examples=200)
def test_words_written_out_stay_as_they_are_and_are_folded(text: str) -> None:
    key = written_out(text)
    assert written_out(key) == key
    assert key == key.casefold()


def test_the_two_ways_to_place_a_tone_are_one_word() -> None:
    assert words_of("hoá uỷ") == words_of("hóa ủy")


def test_a_hook_for_a_tilde_is_the_same_word_but_another_tone_is_not() -> None:
    assert words_of("hửu nghị") == words_of("hữu nghị")
    assert words_of("cháy") != words_of("chạy")
