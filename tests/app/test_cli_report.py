"""`hotline report plan`: the ending says which paper; what somebody may have edited is kept; a refusal is one line."""

from collections.abc import Callable
from pathlib import Path

import pytest
from openpyxl import load_workbook
from typer.testing import Result

import plan_data
from tests.papers_cast import opened, texts

Run = Callable[..., Result]
OWN = Path(plan_data.__file__).parent / "documents" / "ke-hoach-bqlkktck-2026.md"


@pytest.fixture
def applied(hotline: Run) -> Run:
    """The board's own plan is in force."""
    assert hotline("plan", "import", str(OWN), "--apply").exit_code == 0
    return hotline


def test_a_docx_is_the_draft_report(applied: Run, here: Path) -> None:
    result = applied("report", "plan", "--out", "bao-cao.docx")
    assert result.exit_code == 0, result.stderr
    assert "Đã ghi bao-cao.docx: 1 kế hoạch, 32 nhiệm vụ" in result.stdout
    told = texts(opened((here / "bao-cao.docx").read_bytes()))
    assert "Kính gửi: Sở Văn hóa, Thể thao và Du lịch" in told
    assert any("Ban Quản lý có 32 nhiệm vụ: chủ trì 32" in text for text in told)


def test_an_xlsx_is_the_working_table_whatever_the_case_of_its_ending(applied: Run, here: Path) -> None:
    assert applied("report", "plan", "--out", "Ke-Hoach.XLSX").exit_code == 0
    assert load_workbook(here / "Ke-Hoach.XLSX")["Nhiệm vụ"].max_row == 33


def test_a_quarter_is_a_period(applied: Run, here: Path) -> None:
    assert applied("report", "plan", "--out", "q.docx", "--quarter", "III/2026").exit_code == 0
    assert "(Kỳ báo cáo: Quý III năm 2026)" in texts(opened((here / "q.docx").read_bytes()))


def test_what_somebody_may_have_edited_is_overwritten_only_when_told_so(applied: Run, here: Path) -> None:
    (here / "bao-cao.docx").write_bytes(b"edited by hand")
    result = applied("report", "plan", "--out", "bao-cao.docx")
    assert result.exit_code == 1
    assert (here / "bao-cao.docx").read_bytes() == b"edited by hand"
    assert applied("report", "plan", "--out", "bao-cao.docx", "--force").exit_code == 0
    assert [file.name for file in here.iterdir() if file.suffix == ".docx"] == ["bao-cao.docx"]
    assert opened((here / "bao-cao.docx").read_bytes())


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--out", "bao-cao.pdf"), "chỉ ghi được .docx"),
        (("--out", "bao-cao"), "chỉ ghi được .docx"),
        (("--out", "khong-co/bao-cao.docx"), "Không có thư mục khong-co"),
        (("--out", "b.docx", "--from", "2026-03-01", "--to", "2026-01-01"), "--to phải không trước"),
    ],
)
def test_a_refusal_is_one_clear_line_and_writes_nothing(
    hotline: Run, here: Path, arguments: tuple[str, ...], words: str
) -> None:
    result = hotline("report", "plan", *arguments)
    assert result.exit_code == 1
    assert words in result.stderr
    assert len(result.stderr.strip().splitlines()) == 1
    assert not list(here.glob("b*.*"))


def test_a_time_that_has_not_come_is_refused(applied: Run, here: Path) -> None:
    result = applied("report", "plan", "--out", "b.docx", "--from", "2099-01-01")
    assert (result.exit_code, result.stderr.strip()) == (1, "Ngày --from phải không sau hôm nay.")
    assert not (here / "b.docx").exists()


@pytest.mark.parametrize(
    "arguments", [("--quarter", "V/2026"), ("--quarter", "IV/2026", "--to", "2026-12-31")]
)
def test_a_quarter_that_is_none_is_wrong_usage(hotline: Run, arguments: tuple[str, ...]) -> None:
    assert hotline("report", "plan", "--out", "b.docx", *arguments).exit_code == 2


def test_without_a_database_it_says_what_to_do(hotline: Run) -> None:
    result = hotline("report", "plan", "--out", "b.docx")
    assert result.exit_code == 1
    assert "Chưa có cơ sở dữ liệu" in result.stderr
