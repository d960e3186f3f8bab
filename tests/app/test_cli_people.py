"""`hotline people`, `gates`, `data`, `shifts`: who and what the program works with."""

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from typer.testing import Result

Run = Callable[..., Result]


def answer(result: Result) -> Any:
    assert result.exit_code == 0, result.stderr
    assert result.stderr == ""
    return json.loads(result.stdout)


def add(hotline: Run, name: str, role: str = "duty", *more: str) -> dict[str, Any]:
    added: dict[str, Any] = answer(hotline("people", "add", "--name", name, "--role", role, *more, "--json"))
    return added


def refusal(result: Result) -> str:
    """The one line that a refused command says."""
    assert result.exit_code == 1
    assert result.stdout == ""
    assert result.stderr.count("\n") == 1
    return str(result.stderr)


def test_a_person_is_added_on_an_empty_folder(hotline: Run, here: Path) -> None:
    added = add(hotline, " Trần Thị B ", "duty", "--gate", "hn")

    assert added.keys() == {"person_id", "name", "role", "link_code", "expires_at"}
    assert (added["name"], added["role"]) == ("Trần Thị B", "duty")
    assert added["expires_at"].endswith("+07:00")
    assert (here / "var" / "hotline.db").exists()


def test_beside_a_drill_a_command_takes_the_drills_time_from_the_database_and_says_so(hotline: Run) -> None:
    drill = {"HOTLINE_CLOCK_START": "2026-12-01T06:30:00+07:00"}
    added = hotline("people", "add", "--name", "Lan", "--role", "duty", "--json", **drill)

    done = hotline("people", "link", str(json.loads(added.stdout)["person_id"]), "--json")

    assert done.exit_code == 0, done.stderr
    assert json.loads(done.stdout)["expires_at"].startswith("2026-12-02T06:30")
    assert "giờ diễn tập là 01/12/2026 06:30" in done.stderr
    assert done.stderr.count("\n") == 1


def test_a_person_is_told_every_way_to_link_a_chat(hotline: Run) -> None:
    said = hotline(
        *("people", "add", "--name", "Lê C", "--role", "leader"),
        HOTLINE_PUBLIC_URL="https://h.example/",
        HOTLINE_TELEGRAM_TOKEN="123456:" + "A" * 35,
        HOTLINE_ZALO_BOT_TOKEN="123456:B",
        HOTLINE_ZALO_BOT_MODE="poll",
        HOTLINE_ZALO_OA_APP_ID="12",
        HOTLINE_ZALO_OA_APP_SECRET="s",
    ).stdout

    assert "/start link_" in said
    assert "gửi cho bot  lienket " in said
    assert "quan tâm rồi nhắn  lienket " in said
    assert "https://h.example/in/" in said


def test_channels_that_are_not_set_up_are_not_offered_and_the_hour_is_hanois(hotline: Run) -> None:
    said = hotline("people", "add", "--name", "Lê C", "--role", "leader").stdout

    assert "Trang chat" in said
    assert "Zalo" not in said
    assert "Telegram" not in said
    assert re.search(r"đến \d\d/\d\d/\d{4} \d\d:\d\d giờ Hà Nội\)", said)


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("--name", " ", "--role", "duty"), "Họ và tên không được để trống."),
        (("--name", "A", "--role", "duty", "--gate", "ZZ"), "Không có cửa khẩu nào mang mã “ZZ”"),
        (("--name", "A", "--role", "duty", "--unit", "ZZ"), "Không có đơn vị nào mang mã “ZZ”"),
    ],
)
def test_a_person_that_cannot_be_added_is_refused_in_words(
    hotline: Run, arguments: tuple[str, ...], sentence: str
) -> None:
    assert refusal(hotline("people", "add", *arguments)).startswith(sentence)


@pytest.mark.parametrize("arguments", [("--name", "A"), ("--name", "A", "--role", "king"), ("--nom", "A")])
def test_wrong_usage_ends_with_two(hotline: Run, arguments: tuple[str, ...]) -> None:
    assert hotline("people", "add", *arguments).exit_code == 2


def test_a_removed_person_has_no_say_any_more(hotline: Run) -> None:
    gone, stays = add(hotline, "Người đi"), add(hotline, "Người ở")

    removed = answer(hotline("people", "remove", str(gone["person_id"]), "--json"))

    assert removed["released"] == 0
    assert [row["person_id"] for row in answer(hotline("people", "list", "--json"))] == [stays["person_id"]]
    assert "Không có cán bộ" in refusal(hotline("people", "link", str(gone["person_id"])))


def test_a_new_code_is_another_code(hotline: Run) -> None:
    added = add(hotline, "Trần B")

    again = answer(hotline("people", "link", str(added["person_id"]), "--json"))

    assert again["person_id"] == added["person_id"]
    assert again["link_code"] != added["link_code"]


def test_the_gates_that_were_exported_are_taken_back(hotline: Run, here: Path) -> None:
    exported = hotline("gates", "export").stdout
    (here / "gates.toml").write_text(exported.replace("Cửa khẩu quốc tế Hữu Nghị", "Hữu Nghị mới"), "utf-8")

    taken = hotline("gates", "import", "gates.toml")

    assert taken.exit_code == 0
    assert "Hữu Nghị mới" in hotline("gates", "export").stdout


def test_exporting_makes_no_database(hotline: Run, here: Path) -> None:
    assert "[[gate]]" in hotline("gates", "export").stdout
    assert list(here.iterdir()) == []


def test_gates_come_in_from_stdin_with_their_closures(hotline: Run) -> None:
    closed = '[[gate]]\ncode = "HN"\nname = "Hữu Nghị"\n[[gate.day]]\ndate = 2030-02-19\nwindows = [["09:00", "14:00"]]\n'
    assert hotline("gates", "import", "-", stdin=closed).exit_code == 0

    promised = answer(hotline("promise", "--gate", "HN", "--at", "2030-02-19T12:00", "--json"))

    assert promised[0]["due_at"] == "2030-02-19T14:00:00+07:00"


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("x =", "Tệp cửa khẩu: sai cú pháp TOML ở cuối tệp."),
        ('[[gate]]\ncode = "HN"\n', "Cửa khẩu HN: thiếu “name”."),
        (
            '[[gate]]\ncode = "HN"\nname = "Hữu Nghị"\n'
            '[[gate.window]]\ndays = [1]\nopen = "19:00"\nclose = "07:00"\nfrom = 2026-01-01\n',
            "Cửa khẩu HN, khung giờ thứ 1: giờ đóng",
        ),
    ],
)
def test_bad_gates_are_refused_and_nothing_changes(hotline: Run, text: str, sentence: str) -> None:
    before = hotline("gates", "export").stdout

    assert refusal(hotline("gates", "import", "-", stdin=text)).startswith(sentence)
    assert hotline("gates", "export").stdout == before


def test_a_gate_that_somebody_works_at_cannot_be_left_out(hotline: Run) -> None:
    add(hotline, "Trần B", "duty", "--gate", "CM")
    only = '[[gate]]\ncode = "HN"\nname = "Hữu Nghị"\n'

    said = refusal(hotline("gates", "import", "-", stdin=only))

    assert said == "Không bỏ được cửa khẩu CM: còn người thuộc cửa khẩu này.\n"


def test_a_unit_that_a_category_names_cannot_be_left_out(hotline: Run) -> None:
    said = refusal(
        hotline("data", "import", "units", "-", stdin="code,name,abbrev,kind,aliases\nVP,Văn phòng,,board,\n")
    )

    assert "categories.toml" in said


@pytest.mark.parametrize("kind", ["categories", "units", "markers", "holidays"])
def test_every_kind_of_data_goes_out_and_in(hotline: Run, here: Path, kind: str) -> None:
    (here / "file").write_text(hotline("data", "export", kind).stdout, "utf-8")

    assert hotline("data", "import", kind, "file").exit_code == 0


def test_a_file_that_is_no_text_is_refused(hotline: Run, here: Path) -> None:
    (here / "file").write_bytes(b"\xff\xfe\x00")

    assert "UTF-8" in refusal(hotline("gates", "import", "file"))
    assert "Không đọc được tệp nowhere" in refusal(hotline("gates", "import", "nowhere"))


def test_a_roster_goes_in_by_names_and_out_by_ids(hotline: Run, here: Path) -> None:
    first, second = add(hotline, "Trần B"), add(hotline, "Lê C")
    (here / "roster.csv").write_text(
        "gate,start,end,people\nHN,2030-11-22T07:00,2030-11-22T13:00,Trần B;lê c\nHN,2030-11-22T13:00,2030-11-22T19:00,\n",
        "utf-8",
    )

    assert hotline("shifts", "import", "roster.csv").exit_code == 0
    shifts = answer(hotline("shifts", "export", "--from", "2030-11-22", "--json"))
    exported = hotline("shifts", "export", "--from", "2030-11-22").stdout

    assert [len(shift["people"]) for shift in shifts] == [2, 0]
    assert {person["id"] for person in shifts[0]["people"]} == {first["person_id"], second["person_id"]}
    assert shifts[0]["start"] == "2030-11-22T07:00:00+07:00"
    assert hotline("shifts", "import", "-", stdin=exported).exit_code == 0
    assert hotline("shifts", "export", "--from", "2030-11-22").stdout == exported


@pytest.mark.parametrize(
    ("row", "sentence"),
    [
        ("HN,2030-11-22T07:00,2030-11-22T06:00,", "Dòng 3: ca trực phải kết thúc sau khi bắt đầu"),
        ("HN,2030-11-22T07:00,2030-11-29T07:00,", "Dòng 3: ca trực phải kết thúc sau khi bắt đầu"),
        ("HN,hôm nay,2030-11-22T19:00,", "Dòng 3, cột start: “hôm nay” không phải là ngày giờ"),
        ("ZZ,2030-11-22T07:00,2030-11-22T19:00,", "Dòng 3: Không có cửa khẩu nào mang mã “ZZ”"),
        ("HN,2030-11-22T07:00,2030-11-22T19:00,Không Ai", "Dòng 3: Không có cán bộ nào"),
        ("HN,2030-11-22T07:00,2030-11-22T19:00,Trùng Tên", "Dòng 3: Có nhiều người tên “Trùng Tên”"),
        ("HN,2030-11-22T07:00", "Dòng 3: phải có đúng 4 cột."),
    ],
)
def test_one_bad_line_takes_the_whole_roster_back(hotline: Run, row: str, sentence: str) -> None:
    add(hotline, "Trùng Tên")
    add(hotline, "Trùng Tên")
    text = f"gate,start,end,people\nHN,2030-11-21T07:00,2030-11-21T19:00,\n{row}\n"

    assert refusal(hotline("shifts", "import", "-", stdin=text)).startswith(sentence)
    assert answer(hotline("shifts", "export", "--from", "2030-11-20", "--json")) == []
