"""`hotline plan read`: what is printed, in the shape others build on, and what is refused."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import Result

from plan_data.documents import BOARD_PLAN, PROVINCIAL_ANNEX, document

Run = Callable[..., Result]

TASK = [
    "stt",
    "section",
    "section_title",
    "criteria_group",
    "title",
    "lead_units",
    "cooperating_units",
    "period_text",
    "start",
    "due",
    "working_due",
    "recurrence",
    "confidence",
    "sub_deadlines",
    "expected_output",
    "quote",
]


@pytest.fixture
def annex(here: Path) -> Path:
    (here / PROVINCIAL_ANNEX).write_bytes(document(PROVINCIAL_ANNEX))
    return here / PROVINCIAL_ANNEX


@pytest.fixture
def board(here: Path) -> Path:
    (here / BOARD_PLAN).write_bytes(document(BOARD_PLAN))
    return here / BOARD_PLAN


def test_json_has_the_agreed_shape(hotline: Run, annex: Path) -> None:
    made = json.loads(hotline("plan", "read", str(annex), "--json").stdout)
    assert list(made) == ["document", "tasks", "problems"]
    assert all(list(task) == TASK for task in made["tasks"])
    assert list(made["problems"][0]) == ["row", "code", "message"]
    assert made["document"]["number"] == "215/KH-UBND"
    assert "Các sở, ban, ngành" in made["document"]["groups"]


def test_days_are_iso_and_the_working_end_has_its_offset(hotline: Run, board: Path) -> None:
    tasks = json.loads(hotline("plan", "read", str(board), "--json").stdout)["tasks"]
    (report,) = [task for task in tasks if task["due"]]
    assert (report["stt"], report["lead_units"]) == ("IV.1.2", ["Văn phòng"])
    assert (report["due"], report["working_due"]) == ("2026-11-29", "2026-11-27T17:00:00+07:00")


def test_several_criteria_groups_are_a_list(hotline: Run, board: Path) -> None:
    tasks = json.loads(hotline("plan", "read", str(board), "--json").stdout)["tasks"]
    groups = {task["stt"]: task["criteria_group"] for task in tasks}
    assert (groups["III.1.2"], groups["III.2.1a"], groups["IV.3"]) == (1, [2, 4], None)


def test_an_hour_is_part_of_the_legal_end(hotline: Run, here: Path) -> None:
    header, row = "STT;Nội dung;Chủ trì;Thời gian", "1;Báo cáo;Sở Nội vụ;trước 10h00 ngày 15/6/2026"
    (here / "a.csv").write_text(f"{header}\n{row}\n", "utf-8")
    (task,) = json.loads(hotline("plan", "read", "a.csv", "--json").stdout)["tasks"]
    assert (task["due"], task["working_due"]) == ("2026-06-15T10:00:00+07:00", "2026-06-15T10:00:00+07:00")


def test_people_read_a_table_and_each_question_once(hotline: Run, board: Path) -> None:
    shown = hotline("plan", "read", str(board)).stdout
    assert "32 nhiệm vụ" in shown
    assert "29/11/2026" in shown
    assert "27/11/2026 17:00" in shown
    assert shown.count("văn bản không nêu đơn vị chủ trì") == 1


def test_reading_writes_nothing(hotline: Run, annex: Path) -> None:
    assert hotline("plan", "read", str(annex)).exit_code == 0
    assert [path.name for path in annex.parent.iterdir()] == [annex.name]


@pytest.mark.parametrize(("name", "says"), [("a.docx", "Tệp trống"), ("missing.docx", "Không đọc được tệp")])
def test_a_bad_file_is_refused_in_one_line(hotline: Run, here: Path, name: str, says: str) -> None:
    (here / "a.docx").write_bytes(b"")
    result = hotline("plan", "read", name, "--json")
    assert (result.exit_code, result.stdout) == (1, "")
    assert says in result.stderr
    assert result.stderr.count("\n") == 1


def test_a_year_out_of_range_is_wrong_usage(hotline: Run, annex: Path) -> None:
    assert hotline("plan", "read", str(annex), "--year", "26").exit_code == 2


def test_units_as_edited_are_the_ones_that_are_known(hotline: Run, here: Path) -> None:
    (here / "a.csv").write_text(
        "STT;Nội dung;Chủ trì;Thời gian\n1;Báo cáo;Phòng Quy hoạch;Cả năm 2026\n", "utf-8"
    )
    assert "unknown_unit" in hotline("plan", "read", "a.csv", "--json").stdout
    units = hotline("data", "export", "units").stdout
    (here / "units.csv").write_text(units.rstrip("\n") + "\nPQH,Phòng Quy hoạch,,board,\n", "utf-8")
    assert hotline("data", "import", "units", "units.csv").exit_code == 0
    assert "unknown_unit" not in hotline("plan", "read", "a.csv", "--json").stdout
