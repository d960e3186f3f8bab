"""A mistyped command line is answered in one Vietnamese sentence and the way to its help; never in Typer's English."""

import pytest

from app.cli_usage import system_in_words, usage_in_words
from tests.app.conftest import Run


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("foo", "Không có lệnh “foo”."),
        ("people lis", "Không có lệnh “lis”; có phải là 'list'?"),
        ("people add", "Thiếu --name."),
        ("people add --name", "Tùy chọn --name phải có giá trị theo sau."),
        ("people add --nam x", "Không có tùy chọn --nam; có phải là --name?"),
        ("people add --name An --role guard", "--role: “guard” không phải là một trong"),
        ("people link", "Thiếu ID."),
        ("people link một", "ID là mã số của một người, không phải tên"),
        ("people channels An", "ID là mã số của một người, không phải tên"),
        ("inbox retry một", "ID: phải là một số nguyên."),
        ("people link 1 2", "Thừa: 2."),
        ("people list --json=3", "Tùy chọn --json không nhận giá trị."),
        ("shifts export --days 0", "--days: phải từ 1 trở lên."),
        ("report figures --from x", "--from: phải là ngày dạng 2026-11-22."),
    ],
)
def test_wrong_usage_is_told_in_vietnamese(hotline: Run, typed: str, said: str) -> None:
    answer = hotline(*typed.split())

    assert answer.exit_code == 2
    assert answer.stderr.startswith(said)
    assert "--help" in answer.stderr
    assert not any(word in answer.stderr for word in ("Error", "Usage", "Missing", "No such", "Try "))
    assert answer.stdout == ""


def test_a_group_without_a_command_shows_its_help(hotline: Run) -> None:
    answer = hotline("people")

    assert answer.exit_code == 2
    assert "Người làm việc với chương trình." in answer.stderr


def test_a_sentence_that_is_new_to_us_is_not_hidden() -> None:
    assert "a novelty" in usage_in_words("a novelty", "hotline")


def test_a_file_that_is_not_there_is_told_in_vietnamese(hotline: Run) -> None:
    answer = hotline("gates", "import", "gone.toml")

    assert answer.exit_code == 1
    assert answer.stderr.strip() == "Không đọc được tệp gone.toml: không có tệp hoặc thư mục này."


def test_an_unusual_refusal_of_the_system_keeps_its_own_words() -> None:
    assert system_in_words(OSError(9999, "odd thing")) == "odd thing"
