"""`hotline plan import` and `plan list`: a review first, nothing without a yes, a second version as a difference."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from typer.testing import Result

import plan_data

Run = Callable[..., Result]
OWN = Path(plan_data.__file__).parent / "documents" / "ke-hoach-bqlkktck-2026.md"
TABLE = """STT,Nội dung nhiệm vụ,Chủ trì,Phối hợp,Thời gian thực hiện,Sản phẩm
1,Báo cáo kết quả,Văn phòng,Trung tâm QLCK,Trước ngày 30/11/2026,Báo cáo
2,Nâng cấp camera tại bãi,Trung tâm QLCK,Văn phòng,{camera},Biên bản
"""


def plan(here: Path, camera: str = "Quý IV/2026") -> str:
    path = here / "ke-hoach.csv"
    path.write_text(TABLE.format(camera=camera), "utf-8")
    return str(path)


def listed(hotline: Run) -> list[dict[str, Any]]:
    result = hotline("plan", "list", "--json")
    assert result.exit_code == 0, result.stderr
    found: list[dict[str, Any]] = json.loads(result.stdout)
    return found


def test_without_a_yes_nothing_is_written(hotline: Run, here: Path) -> None:
    result = hotline("plan", "import", plan(here))
    assert result.exit_code == 0, result.stderr
    assert "Nâng cấp camera" in result.stdout
    assert "Chưa có ai liên kết để nhận nhắc việc: Trung tâm Quản lý cửa khẩu, Văn phòng." in result.stdout
    assert "Chưa áp dụng" in result.stdout
    assert listed(hotline) == []


def test_applied_it_is_listed_with_both_deadlines(hotline: Run, here: Path) -> None:
    result = hotline("plan", "import", plan(here), "--apply", "--checkins", "monthly")
    assert result.exit_code == 0, result.stderr
    report = next(task for task in listed(hotline) if task["number"] == "1")
    assert (report["due_on"], report["due_at"]) == ("2026-11-29", "2026-11-29T23:59:00+07:00")
    assert report["working_due_at"] == "2026-11-27T17:00:00+07:00"
    assert (report["relevance"], report["unit"], report["status"]) == ("leads", "VP", "open")
    assert hotline("verify").exit_code == 0


def test_a_second_version_is_told_as_a_difference(hotline: Run, here: Path) -> None:
    hotline("plan", "import", plan(here), "--apply")
    again = hotline("plan", "import", plan(here), "--apply")
    assert "thêm 0, sửa 0, bỏ 0, giữ nguyên 2" in again.stdout
    moved = hotline("plan", "import", plan(here, "Trước ngày 15/12/2026"), "--apply")
    assert "bản 3: thêm 0, sửa 1, bỏ 0, giữ nguyên 1" in moved.stdout
    assert [task["due_on"] for task in listed(hotline)] == ["2026-11-29", "2026-12-14"]


def test_the_boards_own_plan_is_all_its_own(hotline: Run) -> None:
    result = hotline("plan", "import", str(OWN), "--apply")
    assert result.exit_code == 0, result.stderr
    tasks = listed(hotline)
    assert {task["relevance"] for task in tasks} == {"leads"}
    assert {task["unit"] for task in tasks} == {"VP", "PCM", "TTQLCK", "CD"}
    assert [task["due_on"] for task in tasks if task["due_on"]] == ["2026-11-29"]


@pytest.mark.parametrize("content", ["", "a,b\n1,2\n"])
def test_a_bad_file_is_one_sentence_and_stores_nothing(hotline: Run, here: Path, content: str) -> None:
    path = here / "xau.csv"
    path.write_text(content)
    result = hotline("plan", "import", str(path), "--apply")
    assert result.exit_code == 1
    assert len(result.stderr.strip().splitlines()) == 1
    assert not (here / "var" / "hotline.db").exists()


def test_a_wrong_choice_is_wrong_usage(hotline: Run, here: Path) -> None:
    assert hotline("plan", "import", plan(here), "--checkins", "daily").exit_code == 2


def settings_of(hotline: Run, *arguments: str) -> dict[str, Any]:
    result = hotline("plan", "settings", *arguments, "--json")
    assert result.exit_code == 0, result.stderr
    (document,) = json.loads(result.stdout)
    return dict(document["settings"])


def test_how_a_plan_is_reminded_of_is_shown_and_changed(hotline: Run, here: Path) -> None:
    hotline("plan", "import", plan(here), "--apply")
    (document,) = json.loads(hotline("plan", "settings", "--json").stdout)
    key = document["key"]
    changed = settings_of(hotline, key, "--days-before", "3,10", "--morning", "08:00", "--overdue-every", "1")
    assert changed == {
        "days_before": [10, 3],
        "overdue_every": 1,
        "morning": "08:00:00",
        "checkins": "quarterly",
    }
    assert settings_of(hotline, document["title"], "--checkins", "monthly")["checkins"] == "monthly"
    assert settings_of(hotline)["days_before"] == [10, 3]

    hotline("plan", "import", plan(here, "Trước ngày 15/12/2026"), "--apply")
    (newer,) = json.loads(hotline("plan", "settings", "--json").stdout)
    assert (newer["version"], newer["settings"]["days_before"]) == (2, [10, 3])
    assert newer["settings"]["checkins"] == "monthly"
    assert "10, 3" in hotline("plan", "settings", key).stdout


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (("99/KH",), 1, "Không có kế hoạch đang dùng nào"),
        (("99/KH", "--overdue-every", "2"), 1, "Không có kế hoạch đang dùng nào"),
        (("ke-hoach", "--overdue-every", "31"), 1, "--overdue-every phải từ 1 đến 30"),
        (("ke-hoach", "--days-before", "0"), 1, "--days-before phải là"),
        (("ke-hoach", "--days-before", "ba"), 2, "phải là các số"),
        (("ke-hoach", "--morning", "18:00"), 1, "--morning phải từ 05:00 đến trước 17:00"),
        (("ke-hoach", "--morning", "sáng"), 2, "giờ:phút"),
        (("--morning", "08:00"), 2, "hãy ghi kế hoạch nào"),
    ],
)
def test_settings_that_make_no_sense_are_refused_in_words(
    hotline: Run, here: Path, arguments: tuple[str, ...], code: int, said: str
) -> None:
    hotline("plan", "import", plan(here), "--apply")
    key = json.loads(hotline("plan", "settings", "--json").stdout)[0]["key"]
    result = hotline("plan", "settings", *(key if word == "ke-hoach" else word for word in arguments))
    assert (result.exit_code, said in " ".join(result.stderr.replace("│", " ").split())) == (code, True), (
        result.stderr
    )
